package alarm

import (
	"testing"
	"time"
)

// in checks that a time lies within a range of the standard.
func in(t *testing.T, what string, got, low, high time.Duration) {
	t.Helper()
	if got < low || got > high {
		t.Errorf("%s is %v, the standard has %v to %v", what, got, low, high)
	}
}

// TestPatternsLieInTheStandard compares every number with tables 3 and 4 of IEC
// 60601-1-8, with pulses and gaps measured from end to end and between the 90 %
// points.
func TestPatternsLieInTheStandard(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		p                      Priority
		pulses                 [2]int
		length, gap            [2]time.Duration
		interLow, interHigh    time.Duration
		mayBeOnce              bool
		places                 []int // gaps that are the short one
		between4, betweenHalfs []int
	}{
		{High, [2]int{10, 10}, [2]time.Duration{75 * ms, 200 * ms}, [2]time.Duration{50 * ms, 125 * ms},
			2500 * ms, 15_000 * ms, false, []int{0, 1, 3, 5, 6, 8}, []int{2, 7}, []int{4}},
		{Medium, [2]int{3, 3}, [2]time.Duration{125 * ms, 250 * ms}, [2]time.Duration{125 * ms, 250 * ms},
			2500 * ms, 30_000 * ms, false, []int{0, 1}, nil, nil},
		{Low, [2]int{1, 2}, [2]time.Duration{125 * ms, 250 * ms}, [2]time.Duration{125 * ms, 250 * ms},
			15_000 * ms, time.Hour, true, []int{0}, nil, nil},
	} {
		t.Run(c.p.String(), func(t *testing.T) {
			p := PatternOf(c.p)
			if n := len(p.Pulses); n < c.pulses[0] || n > c.pulses[1] {
				t.Fatalf("%d pulses", n)
			}
			// From one 90 % point to the other the edges lie outside.
			edges := (p.Tone.Rise + p.Tone.Fall) * 9 / 10
			for _, pulse := range p.Pulses {
				in(t, "pulse", pulse.Length, c.length[0], c.length[1])
				in(t, "pulse between its 90 % points", pulse.Length-edges, c.length[0], c.length[1])
				in(t, "rise", p.Tone.Rise*8/10, pulse.Length/10, pulse.Length/5)
			}
			gap := func(i int) time.Duration {
				return p.Pulses[i+1].Start - p.Pulses[i].Start - p.Pulses[i].Length
			}
			for _, i := range c.places {
				in(t, "gap", gap(i), c.gap[0], c.gap[1])
				in(t, "gap between the 90 % points", gap(i)+edges, c.gap[0], c.gap[1])
				if gap(i) != gap(0) {
					t.Errorf("gap %d is %v, the first is %v", i, gap(i), gap(0))
				}
				if p.Tone.Fall > gap(i)-p.Tone.Rise {
					t.Errorf("a fall of %v does not end within a gap of %v", p.Tone.Fall, gap(i))
				}
			}
			for _, i := range c.between4 {
				if want := 2*gap(0) + p.Pulses[0].Length; gap(i) != want {
					t.Errorf("gap %d is %v, want 2x + t = %v", i, gap(i), want)
				}
			}
			for _, i := range c.betweenHalfs {
				in(t, "gap between the groups", gap(i), 350*ms, 1300*ms)
			}
			if p.Repeats() {
				in(t, "interburst interval", p.Interburst, c.interLow, c.interHigh)
			} else if !c.mayBeOnce {
				t.Error("it is not repeated")
			}
			inTone(t, p.Tone)
		})
	}
	if p := PatternOf(None); len(p.Pulses) != 0 || p.Repeats() || p.Length() != 0 {
		t.Errorf("no alarm sounds: %+v", p)
	}
}

func inTone(t *testing.T, tone Tone) {
	t.Helper()
	if tone.Fundamental < 150 || tone.Fundamental > 1000 {
		t.Errorf("fundamental %d Hz, the standard has 150 to 1000", tone.Fundamental)
	}
	counted := 0
	for i, level := range tone.Harmonics {
		f := tone.Fundamental * (i + 2)
		if f >= 300 && f <= 4000 && level >= -15 && level <= 15 {
			counted++
		}
	}
	if counted < 4 {
		t.Errorf("%d harmonics between 300 Hz and 4 kHz within 15 dB, the standard wants 4", counted)
	}
}

// A person tells the priorities apart by how many pulses there are and how
// quickly they come.
func TestGraverIsQuicker(t *testing.T) {
	pace := func(p Priority) time.Duration {
		pulses := PatternOf(p).Pulses
		return pulses[1].Start - pulses[0].Start
	}
	if pace(High) >= pace(Medium) || pace(Medium) > pace(Low) {
		t.Errorf("%v, %v, %v", pace(High), pace(Medium), pace(Low))
	}
	if PatternOf(High).Interburst > PatternOf(Medium).Interburst {
		t.Error("high comes again later than medium")
	}
}
