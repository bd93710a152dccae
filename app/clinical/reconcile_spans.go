package clinical

import (
	"math"
	"slices"
)

// spans puts the numbers in a row together, with what is missing between them.
func (c *comparison) spans() {
	c.out.Spans = nil
	next := c.record.FirstPulse()
	if next == 0 {
		return
	}
	end := max(c.top, c.out.LastCounted)
	if c.out.LedgerWhole {
		end = max(end, c.out.Newest)
	} else {
		c.open = !c.neverArmed()
	}
	for i := range c.log {
		if _, have := c.found[i]; !have && !c.other[i] && i >= next && i <= end {
			c.found[i] = PulseLogged
		}
	}
	for _, i := range c.numbers() {
		if i > next {
			c.gap(next, i-1)
		}
		if !c.other[i] {
			c.span(i, i, c.found[i])
		}
		if i == math.MaxUint32 {
			return
		}
		next = max(next, i+1)
	}
	if next <= end {
		c.gap(next, end)
		next = end + 1
	}
	if c.open {
		c.span(next, 0, PulseUnknown)
	}
}

// numbers are those that are accounted for, ascending.
func (c *comparison) numbers() []uint32 {
	numbers := make([]uint32, 0, len(c.found)+len(c.other))
	for i := range c.found {
		numbers = append(numbers, i)
	}
	for i := range c.other {
		numbers = append(numbers, i)
	}
	slices.Sort(numbers)
	return slices.Compact(numbers)
}

// gap is numbers that nobody has accounted for. In the middle of a ledger that
// was read whole there is none, unless the pen contradicts itself.
func (c *comparison) gap(from, to uint32) {
	low, high := max(from, c.told.Oldest), min(to, c.told.Newest)
	if !c.told.LedgerWhole || low > high {
		c.span(from, to, PulseUnknown)
		return
	}
	c.dispute(Contradiction{Kind: DisputeHole, Index: low})
	if from < low {
		c.span(from, low-1, PulseUnknown)
	}
	c.span(low, high, PulseDisputed)
	if high < to {
		c.span(high+1, to, PulseUnknown)
	}
}

// span appends numbers in a row. A ledger that is too scattered to be kept is not
// believed from there on.
func (c *comparison) span(from, to uint32, f PulseFinding) {
	n := len(c.out.Spans)
	if n > 0 && c.out.Spans[n-1].To == 0 {
		return
	}
	if n > 0 && c.out.Spans[n-1].Finding == f && c.out.Spans[n-1].To == from-1 {
		c.out.Spans[n-1].To = to
		return
	}
	if n == maxSpans-1 && to != 0 {
		c.dispute(Contradiction{Kind: DisputeLedger, Index: from})
		to, f = 0, PulseUnknown
	}
	c.out.Spans = append(c.out.Spans, PulseSpan{From: from, To: to, Finding: f})
}
