package sim

// noise is a splitmix64 generator (Steele, Lea and Flood, 2014): one word of
// state, the same numbers on every machine. It is for the sensors only, never
// for a session number.
type noise struct{ state uint64 }

func (n *noise) next() uint64 {
	n.state += 0x9E3779B97F4A7C15
	z := n.state
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

// within returns a number in -amplitude..amplitude, each as likely.
func (n *noise) within(amplitude int64) int64 {
	if amplitude <= 0 {
		return 0
	}
	return int64(n.next()%uint64(2*amplitude+1)) - amplitude
}

// scatter returns v with an error of at most permyriad ten-thousandths of it.
func (n *noise) scatter(v, permyriad int64) int64 {
	return v + v*n.within(permyriad)/10_000
}
