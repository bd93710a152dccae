package main

import (
	"strings"
	"testing"
	"time"
)

func upTo(n int) []time.Duration {
	var d []time.Duration
	for i := n; i >= 1; i-- { // the order must not matter
		d = append(d, time.Duration(i)*time.Millisecond)
	}
	return d
}

func TestFigures(t *testing.T) {
	for _, c := range []struct {
		n              int
		p50, p99, most time.Duration // ms
	}{{0, 0, 0, 0}, {1, 1, 1, 1}, {2, 1, 2, 2}, {100, 50, 99, 100}, {101, 51, 100, 101}, {1000, 500, 990, 1000}} {
		f := figure{values: upTo(c.n)}
		p50, p99, most := f.figures()
		if p50 != c.p50*time.Millisecond || p99 != c.p99*time.Millisecond || most != c.most*time.Millisecond {
			t.Errorf("%d values: %v, %v, %v", c.n, p50, p99, most)
		}
	}
}

func TestTable(t *testing.T) {
	all := []*figure{
		{what: "one of a hundred may be late", target: 99 * time.Millisecond, values: upTo(100)},
		{what: "none may", target: 99 * time.Millisecond, worst: true, values: upTo(100)},
		{what: "too late", target: 98 * time.Millisecond, values: upTo(100)},
		{what: "never measured", target: time.Second},
	}
	var b strings.Builder
	if missed := table(&b, all); missed != 3 {
		t.Errorf("%d missed, want 3", missed)
	}
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	if len(lines) != len(all)+1 {
		t.Fatalf("%d lines:\n%s", len(lines), b.String())
	}
	for i, want := range []string{"held", "MISSED", "MISSED", "MISSED"} {
		if l := lines[i+1]; !strings.HasPrefix(l, all[i].what) || !strings.HasSuffix(l, want) {
			t.Errorf("line %q, want %s", l, want)
		}
	}
	if !strings.Contains(lines[1], "50.000     99.000    100.000  p99 ≤   99") {
		t.Errorf("line %q", lines[1])
	}
}

func TestEveryMeasurementHasABudget(t *testing.T) {
	names := map[string]bool{}
	for _, f := range newMeasurements().all(measureSize{}) {
		if f.target <= 0 || names[f.what] {
			t.Errorf("%+v", f)
		}
		names[f.what] = true
	}
}
