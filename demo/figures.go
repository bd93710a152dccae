package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// figure is one line of the table: what was measured how often, and what it is
// held against (safety.md section 4, and the issue's own 200 ms for alarms).
type figure struct {
	what   string
	target time.Duration
	worst  bool // the target holds for every one; else for 99 of 100
	values []time.Duration
}

func (f *figure) add(d time.Duration) { f.values = append(f.values, d) }

// quantile is the smallest value that at least share of all are not above,
// by the nearest rank; 0 where there are none.
func quantile(sorted []time.Duration, share float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	rank := int(share * float64(len(sorted)))
	if float64(rank) < share*float64(len(sorted)) {
		rank++
	}
	return sorted[min(max(rank, 1), len(sorted))-1]
}

// figures says p50, p99 and the greatest.
func (f *figure) figures() (p50, p99, most time.Duration) {
	s := slices.Sorted(slices.Values(f.values))
	return quantile(s, 0.50), quantile(s, 0.99), quantile(s, 1)
}

// holds says whether the target is met. What was never measured is not.
func (f *figure) holds() bool {
	_, p99, most := f.figures()
	if f.worst {
		p99 = most
	}
	return len(f.values) > 0 && p99 <= f.target
}

// table prints the figures in milliseconds, each beside its target.
func table(out io.Writer, all []*figure) (missed int) {
	wide := 0
	for _, f := range all {
		wide = max(wide, len([]rune(f.what)))
	}
	fmt.Fprintf(out, "%-*s  %6s  %9s  %9s  %9s  %14s\n", wide, "ms", "n", "p50", "p99", "max", "target")
	for _, f := range all {
		p50, p99, most := f.figures()
		which, verdict := "p99", "held"
		if f.worst {
			which = "max"
		}
		if !f.holds() {
			missed++
			verdict = "MISSED"
		}
		pad := strings.Repeat(" ", wide-len([]rune(f.what)))
		fmt.Fprintf(out, "%s%s  %6d  %9s  %9s  %9s  %s ≤ %4s  %s\n", f.what, pad, len(f.values), ms(p50), ms(p99), ms(most), which, fmt.Sprint(f.target.Milliseconds()), verdict)
	}
	return missed
}

// ms is a time in milliseconds, to the microsecond.
func ms(d time.Duration) string { return fmt.Sprintf("%.3f", d.Seconds()*1000) }
