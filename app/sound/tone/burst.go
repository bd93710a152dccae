package tone

import (
	"math"
	"time"

	"stipple/app/alarm"
)

// The form of the samples.
const (
	// Rate is in samples a second: what every sound device takes as it is.
	Rate = 48_000
	// Channels are filled alike, so that an alarm comes out of each loudspeaker.
	Channels = 2
	// FrameSize is the length of one frame in bytes: a float32, little-endian, for
	// each channel.
	FrameSize = 4 * Channels
	// Peak is the largest sample, a little below full scale: the loudness is the
	// system's, and nothing is cut off.
	Peak = 0.8
)

// Frames is how many samples a time has.
func Frames(d time.Duration) int { return int(int64(d) * Rate / int64(time.Second)) }

// Burst is one burst of a pattern, in one channel. It is empty for silence.
func Burst(p alarm.Pattern) []float32 {
	out := make([]float32, Frames(p.Length()))
	scale := Peak / crest(p.Tone)
	for _, pulse := range p.Pulses {
		first, n := Frames(pulse.Start), Frames(pulse.Length)
		for i := range n {
			if at := first + i; at < len(out) {
				out[at] = float32(scale * edge(i, n, p.Tone) * wave(p.Tone, 2*math.Pi*float64(p.Tone.Fundamental)*float64(i)/Rate))
			}
		}
	}
	return out
}

// wave is the tone without its edges at an angle of its fundamental. Each pulse
// begins at 0, the zero of all of its parts.
func wave(t alarm.Tone, at float64) float64 {
	sum := math.Sin(at)
	for k, level := range t.Harmonics {
		sum += amplitude(level) * math.Sin(at*float64(k+2))
	}
	return sum
}

// amplitude is that of a level in dB.
func amplitude(level int) float64 {
	const decade = 20 // dB for a factor of ten in amplitude
	return math.Pow(10, float64(level)/decade)
}

// edge is the envelope at a sample of a pulse: half a cosine up, flat, half a
// cosine down. A straight ramp would have corners that can be heard.
func edge(i, n int, t alarm.Tone) float64 {
	level := 1.0
	if rise := Frames(t.Rise); i < rise {
		level = slope(float64(i) / float64(rise))
	}
	if fall := Frames(t.Fall); n-1-i < fall {
		level = min(level, slope(float64(n-1-i)/float64(fall)))
	}
	return level
}

func slope(x float64) float64 { return (1 - math.Cos(math.Pi*x)) / 2 }

// crestSteps is how finely crest looks at a period: its error is far below that
// of a float32.
const crestSteps = 1 << 14

// crest is the largest value of a tone over one period of its fundamental.
func crest(t alarm.Tone) float64 {
	most := 0.0
	for i := range crestSteps {
		most = max(most, math.Abs(wave(t, 2*math.Pi*float64(i)/crestSteps)))
	}
	return most
}
