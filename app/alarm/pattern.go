package alarm

import "time"

// Pattern is one burst of pulses and how it is repeated, as data; package sound
// turns it into samples. The numbers lie within tables 3 and 4 of IEC 60601-1-8
// (2006 with amendments 1 of 2012 and 2 of 2020): pulses in a burst, gaps x and
// y, interburst interval, frequency, harmonics, duration, rise and fall. Within
// those ranges they are those of the ramps and pauses that TI's DAC53701, a chip
// for medical alarm tones, offers (datasheet SLASEY5, tables 8-8 to 8-10). A
// pulse is short enough from end to end and long enough between its 90 % points,
// a gap the other way round, so that it does not matter from where the standard
// is taken to measure.
type Pattern struct {
	Pulses []Pulse
	// Interburst is the silence between a burst's end and the next one's
	// beginning; 0: it is not repeated.
	Interburst time.Duration
	Tone       Tone
}

// Pulse is one tone within a burst.
type Pulse struct {
	Start, Length time.Duration // from the burst's beginning
}

// Tone is what a pulse is made of.
type Tone struct {
	// Fundamental is in Hz.
	Fundamental int
	// Harmonics are the levels of the 2nd, 3rd, ... multiple in dB against the
	// fundamental.
	Harmonics []int
	// Rise and Fall are a pulse's edges, from silence to full level.
	Rise, Fall time.Duration
}

// Repeats says whether the burst is repeated while the alarm stands.
func (p Pattern) Repeats() bool { return p.Interburst > 0 }

// Length is that of one burst.
func (p Pattern) Length() time.Duration {
	if len(p.Pulses) == 0 {
		return 0
	}
	last := p.Pulses[len(p.Pulses)-1]
	return last.Start + last.Length
}

// The times of the patterns.
const (
	highPulse  = 140 * time.Millisecond // table 4: 75 to 200 ms
	highGap    = 80 * time.Millisecond  // x of table 3: 50 to 125 ms
	groupGap   = 600 * time.Millisecond // between the two groups of five: 0.35 to 1.30 s
	otherPulse = 200 * time.Millisecond // table 4: 125 to 250 ms
	otherGap   = 170 * time.Millisecond // y of table 3: 125 to 250 ms
	highPause  = 3 * time.Second        // table 3: 2.5 to 15 s
	otherPause = 6 * time.Second        // table 3: 2.5 to 30 s
	// The edges: 10 to 20 % of the pulse; the fall ends within the gap.
	highRise, highFall   = 20 * time.Millisecond, 25 * time.Millisecond
	otherRise, otherFall = 30 * time.Millisecond, 40 * time.Millisecond
)

// The pitches, in Hz: that of the high priority lies higher. All have four
// harmonics between 300 Hz and 4 kHz, which small loudspeakers still give.
const (
	highPitch   = 523 // C5
	mediumPitch = 440 // A4
	lowPitch    = 349 // F4
)

// PatternOf is the sound of a priority; that of None is silence.
func PatternOf(p Priority) Pattern {
	other := Tone{Harmonics: []int{-3, -6, -9, -12}, Rise: otherRise, Fall: otherFall}
	switch p {
	case High:
		return Pattern{
			// Two groups of five, each of 3 and 2: the 4th pulse comes a pulse and
			// two gaps after the 3rd.
			Pulses: pulses(highPulse, highGap, highGap, 2*highGap+highPulse, highGap, groupGap,
				highGap, highGap, 2*highGap+highPulse, highGap),
			Interburst: highPause,
			Tone:       Tone{Fundamental: highPitch, Harmonics: []int{-2, -4, -6, -8, -10}, Rise: highRise, Fall: highFall},
		}
	case Medium:
		other.Fundamental = mediumPitch
		return Pattern{Pulses: pulses(otherPulse, otherGap, otherGap), Interburst: otherPause, Tone: other}
	case Low:
		other.Fundamental = lowPitch
		return Pattern{Pulses: pulses(otherPulse, otherGap), Tone: other}
	}
	return Pattern{}
}

// pulses are pulses of one length with gaps between them.
func pulses(length time.Duration, gaps ...time.Duration) []Pulse {
	out := []Pulse{{0, length}}
	at := length
	for _, gap := range gaps {
		out = append(out, Pulse{at + gap, length})
		at += gap + length
	}
	return out
}
