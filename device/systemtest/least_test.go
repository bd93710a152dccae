package systemtest

import (
	"math"
	"testing"
)

// least is how often something must happen, or a run has proved nothing about
// it.
type least struct {
	hourly float64 // a third of what happens in a simulated hour
	rf     bool    // … of an RF pen; a needling pen knows no such thing
	spells float64 // in so many separate spells an hour; 0: each stands alone
}

// The statistics of a short run.
const (
	// usually is how much more often than hourly a thing happens.
	usually = 3
	// doubt is how many standard deviations a run may be below what is usual. Things
	// come in clusters, and there are some fifty of them.
	doubt = 5
)

// in is the count that a run of so many hours must reach: hourly in each, but no
// more than is all but certain. 0: the run is too short to ask for it.
func (l least) in(hours float64) int {
	usual := usually * l.hourly * hours
	spells := usual
	if l.spells > 0 {
		spells = l.spells * hours
	}
	sure := usual
	if spells > 0 {
		sure -= doubt * usual / math.Sqrt(spells)
	}
	return max(0, int(min(sure, l.hourly*hours)))
}

// garbled is how many spells of one fault on the line there are in an hour, each
// way.
const garbled = 4

// leastAnHour names what must happen.
func leastAnHour() map[string]least {
	all := map[string]least{
		"ESTOP while RF flows": {hourly: 1.5, rf: true}, "boots with the tip on the skin": {hourly: 1.7}, "pulse ended: dose": {hourly: 2, rf: true},
		"FAULT RF_UNPERMITTED": {hourly: 0.8, rf: true}, "FAULT ENERGY": {hourly: 0.5, rf: true}, "FAULT DEPTH": {hourly: 0.1},
		"FAULT MOTOR_STALL": {hourly: 0.6}, "FAULT OVER_TEMPERATURE": {hourly: 1.2}, "FAULT SENSOR": {hourly: 1.6}, "FAULT SELF_TEST": {hourly: 0.08},
		"pen switched off and on in FAULT": {hourly: 1}, "pulse ended: contact lost": {hourly: 1, rf: true}, "pulse ended: interrupted": {hourly: 0.8},
		"pulse ended: lease expired": {hourly: 2}, "pulse ended: stopped": {hourly: 4.5}, "tip removed": {hourly: 2},
	}
	for name, hourly := range map[string]float64{
		"pulses": 130, "leases": 2000, "leases that ran out": 4, "ESTOP": 15, "ESTOP with an output on": 6, "boots": 6, "armed": 28, "refused": 10,
		"SERVICE outputs": 7, "cleared": 15, "sessions": 23, "reconciled": 23, "uncertain ends": 5, "window frozen": 8, "cable pulled": 5.5,
		"console killed": 4.5, "line spoilt": 9,
	} {
		all[name] = least{hourly: hourly}
	}
	for name, hourly := range map[string]float64{
		"dropped to the pen": 20, "dropped to the console": 100, "doubled to the pen": 22, "reordered to the pen": 30, "truncated to the pen": 10,
		"bits flipped to the pen": 5, "garbage bytes to the pen": 2000, "disconnects": 1.3,
	} {
		all["line: "+name] = least{hourly: hourly, spells: garbled}
	}
	return all
}

// A long run must have each thing as often as leastAnHour says, a short one what
// is certain, a very short one nothing.
func TestLeast(t *testing.T) {
	for _, c := range []struct {
		name  string
		l     least
		hours float64
		want  int
	}{
		{"often, in a night", least{hourly: 10}, 1000, 10_000},
		{"often, in an hour", least{hourly: 30}, 1, 30},
		{"often, in minutes", least{hourly: 30}, 0.2, 0},
		{"rare, in a night", least{hourly: 0.1}, 1000, 100},
		{"rare, in an hour", least{hourly: 0.1}, 1, 0},
		{"rarish", least{hourly: 10}, 1.5, 11},
		{"in spells, in an hour", least{hourly: 2000, spells: 4}, 1, 0},
		{"in spells, in ten", least{hourly: 2000, spells: 4}, 10, 12_565},
		{"in spells, in a night", least{hourly: 2000, spells: 4}, 1000, 2_000_000},
		{"no time", least{hourly: 10}, 0, 0},
	} {
		if got := c.l.in(c.hours); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
	for name, l := range leastAnHour() {
		if l.in(1000) == 0 {
			t.Errorf("%s is never asked for", name)
		}
	}
}
