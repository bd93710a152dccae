package chart

// Ticks appends to dst the positions of at most the given number of marks
// between low and high: whole multiples of 1, 2 or 5 times a power of ten,
// both ends included where they are such. It appends nothing where low is not
// below high or fewer than two marks are asked for.
func Ticks(dst []int32, low, high int32, most int) []int32 {
	if low >= high || most < 2 {
		return dst
	}
	step := int64(1)
	for i := 0; count(int64(low), int64(high), step) > most; i++ {
		// 1, 2, 5, 10, 20, 50, …
		if i%3 == 1 {
			step = step / 2 * 5
		} else {
			step *= 2
		}
	}
	for v := ceilTo(int64(low), step); v <= int64(high); v += step {
		dst = append(dst, int32(v))
	}
	return dst
}

func count(low, high, step int64) int {
	first := ceilTo(low, step)
	if first > high {
		return 0
	}
	return int((high-first)/step) + 1
}

// ceilTo is the least multiple of step that is not below v.
func ceilTo(v, step int64) int64 {
	m := v % step
	if m > 0 {
		return v - m + step
	}
	return v - m
}
