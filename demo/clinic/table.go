package main

import (
	"fmt"
	"slices"
	"time"
)

// series are the times of one thing that was done many times.
type series struct {
	wall []time.Duration
	cpu  time.Duration // of all together
}

// add times one more.
func (s *series) add(f func() error) error {
	cpu, begun := cpuTime(), time.Now()
	err := f()
	s.wall = append(s.wall, time.Since(begun))
	s.cpu += cpuTime() - cpu
	return err
}

// at is the time that a share of them stays within.
func (s *series) at(share float64) time.Duration {
	sorted := slices.Sorted(slices.Values(s.wall))
	return sorted[min(int(share*float64(len(sorted))), len(sorted)-1)]
}

// row prints a series without a target.
func (s *series) row(what string) { s.print(what, "", "") }

// within prints a series whose share must stay within a target.
func (s *series) within(what string, share float64, target time.Duration) {
	s.print(what, fmt.Sprintf("p%.0f %.0f ms", 100*share, ms(target)), verdict(s.at(share) <= target))
}

func (s *series) print(what, target, verdict string) {
	n := len(s.wall)
	fmt.Printf("%-38s %5d %9.3f %9.3f %9.3f %9.3f  %-12s %s\n", what, n, ms(s.at(0.5)), ms(s.at(0.99)), ms(s.at(1)), ms(s.cpu)/float64(n), target, verdict)
}

func heading() {
	fmt.Printf("%-38s %5s %9s %9s %9s %9s  %-12s\n", "milliseconds", "n", "p50", "p99", "max", "CPU each", "target")
}

// times prints how many times one figure is of another.
func times(what string, is, of, target float64) {
	fmt.Printf("%-38s %35.2f %7s  %-12s %s\n", what, is/of, "", fmt.Sprintf("%.1f times", target), verdict(is/of <= target))
}

func verdict(held bool) string {
	if held {
		return "held"
	}
	return "MISSED"
}

func ms(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e6 }
