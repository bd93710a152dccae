package protocol

// maxStuffing is how many bytes COBS adds to a raw frame of MaxRaw bytes: one
// code byte at the front and one more after each 254 bytes without a zero.
const maxStuffing = 1 + MaxRaw/254

// appendCOBS appends src to dst with every zero byte stuffed, without
// delimiters. Consistent Overhead Byte Stuffing (Cheshire and Baker, 1999):
// each code byte n stands before n-1 bytes that are not zero, and, unless n is
// 255 or the data ends, for one zero after them.
func appendCOBS(dst, src []byte) []byte {
	code := len(dst)
	dst = append(dst, 0)
	n := byte(1)
	for _, b := range src {
		if n == 0xFF {
			dst[code] = n
			code = len(dst)
			dst = append(dst, 0)
			n = 1
		}
		if b == 0 {
			dst[code] = n
			code = len(dst)
			dst = append(dst, 0)
			n = 1
			continue
		}
		dst = append(dst, b)
		n++
	}
	dst[code] = n
	return dst
}

// decodeCOBS undoes appendCOBS in place and returns the shortened slice. It
// accepts exactly one encoding of each payload: what appendCOBS makes.
func decodeCOBS(b []byte) ([]byte, error) {
	in, out := 0, 0
	for in < len(b) {
		n := int(b[in])
		in++
		if n == 0 || in+n-1 > len(b) {
			return nil, ErrCOBS
		}
		for range n - 1 {
			if b[in] == 0 {
				return nil, ErrCOBS
			}
			b[out] = b[in]
			out++
			in++
		}
		if in == len(b) {
			break
		}
		if n != 0xFF {
			b[out] = 0
			out++
		}
	}
	return b[:out], nil
}
