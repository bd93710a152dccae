package tone

import (
	"encoding/binary"
	"fmt"
	"math"
	"testing"
	"time"

	"stipple/app/alarm"
)

func priorities() []alarm.Priority { return []alarm.Priority{alarm.Low, alarm.Medium, alarm.High} }

// level is the strength of a frequency in samples, in dB (Goertzel).
func level(samples []float32, hz float64) float64 {
	w := 2 * math.Pi * hz / Rate
	var a, b float64
	for _, v := range samples {
		a, b = float64(v)+2*math.Cos(w)*a-b, a
	}
	power := a*a + b*b - 2*math.Cos(w)*a*b
	return 10 * math.Log10(power/float64(len(samples)*len(samples))+1e-20)
}

// TestSpectrum measures the flat part of a pulse: four harmonics between 300 Hz
// and 4 kHz within 15 dB of the fundamental, and nothing between them (table 4
// of IEC 60601-1-8).
func TestSpectrum(t *testing.T) {
	for _, p := range priorities() {
		pattern := alarm.PatternOf(p)
		pulse := pattern.Pulses[0]
		flat := Burst(pattern)[Frames(pattern.Tone.Rise):Frames(pulse.Length-pattern.Tone.Fall)]
		f := float64(pattern.Tone.Fundamental)
		base, near := level(flat, f), 0
		for k := 2.0; k*f <= 4000; k++ {
			if l := level(flat, k*f); k*f >= 300 && math.Abs(l-base) <= 15 {
				near++
			}
		}
		if near < 4 {
			t.Errorf("%v: %d harmonics", p, near)
		}
		if between := level(flat, 1.5*f); between > base-15 {
			t.Errorf("%v: %.0f dB between fundamental and harmonic, the fundamental has %.0f", p, between, base)
		}
	}
}

// TestDurations measures pulses and gaps by what is not silent.
func TestDurations(t *testing.T) {
	for _, p := range priorities() {
		pattern := alarm.PatternOf(p)
		samples := Burst(pattern)
		for i, pulse := range pattern.Pulses {
			first, end := Frames(pulse.Start), Frames(pulse.Start+pulse.Length)
			if loud := peak(samples[first:end]); loud < 0.7*Peak || loud > Peak+1e-6 {
				t.Errorf("%v: pulse %d peaks at %f", p, i, loud)
			}
			if i+1 < len(pattern.Pulses) {
				if gap := samples[end:Frames(pattern.Pulses[i+1].Start)]; len(gap) == 0 || peak(gap) != 0 {
					t.Errorf("%v: %d frames behind pulse %d, as loud as %f", p, len(gap), i, peak(gap))
				}
			}
			// It rises from silence and falls back into it.
			edge := Frames(time.Millisecond)
			if peak(samples[first:first+edge]) > 0.05 || peak(samples[end-edge:end]) > 0.05 {
				t.Errorf("%v: pulse %d begins with %f and ends with %f", p, i, peak(samples[first:first+edge]), peak(samples[end-edge:end]))
			}
		}
	}
}

func peak(samples []float32) float64 {
	most := 0.0
	for _, v := range samples {
		most = max(most, math.Abs(float64(v)))
	}
	return most
}

// steepest is the largest step from one sample to the next.
func steepest(samples []float32) float64 {
	most := 0.0
	for i := 1; i < len(samples); i++ {
		most = max(most, math.Abs(float64(samples[i])-float64(samples[i-1])))
	}
	return most
}

// steep is more than any of the tones needs: a click.
const steep = 0.45

func TestNoClicks(t *testing.T) {
	for _, p := range priorities() {
		if got := steepest(Burst(alarm.PatternOf(p))); got > steep {
			t.Errorf("%v: a step of %f", p, got)
		}
	}
	// Whenever something else takes its place.
	for at := range 40 {
		s := NewStream()
		s.Play(alarm.High, 1)
		heard := read(s, time.Duration(at)*7*time.Millisecond)
		s.Play(alarm.Medium, 2)
		heard = append(heard, read(s, 3*time.Millisecond)...)
		s.Play(alarm.None, 3)
		heard = append(heard, read(s, 50*time.Millisecond)...)
		if got := steepest(heard); got > steep {
			t.Errorf("changed after %d ms: a step of %f", at*7, got)
		}
	}
}

// read takes some time out of a stream, and checks that all channels are alike.
func read(s *Stream, d time.Duration) []float32 {
	buf := make([]byte, Frames(d)*FrameSize+3) // and half a frame that must stay untouched
	n, err := s.Read(buf)
	if err != nil || n != Frames(d)*FrameSize {
		panic(fmt.Sprint(n, err))
	}
	out := make([]float32, Frames(d))
	for i := range out {
		left, right := buf[i*FrameSize:], buf[i*FrameSize+4:]
		out[i] = math.Float32frombits(binary.LittleEndian.Uint32(left))
		if binary.LittleEndian.Uint32(right) != binary.LittleEndian.Uint32(left) {
			panic("the channels differ")
		}
	}
	return out
}

func TestStreamRepeatsWithItsPause(t *testing.T) {
	for _, p := range priorities() {
		pattern := alarm.PatternOf(p)
		s := NewStream()
		s.Play(p, 1)
		burst := read(s, pattern.Length())
		want := Burst(pattern)
		for i := range want {
			if burst[i] != want[i] {
				t.Fatalf("%v: frame %d is %f, want %f", p, i, burst[i], want[i])
			}
		}
		wait := pattern.Interburst
		if !pattern.Repeats() {
			wait = time.Minute
		}
		if loud := peak(read(s, wait)); loud != 0 {
			t.Errorf("%v: %f between the bursts", p, loud)
		}
		if again := peak(read(s, 100*time.Millisecond)) > 0; again != pattern.Repeats() {
			t.Errorf("%v: sounds again: %v", p, again)
		}
	}
}

func TestFirstFrameIsTold(t *testing.T) {
	var told []uint64
	s := NewStream()
	s.First = func(n uint64) { told = append(told, n) }
	read(s, 10*time.Millisecond)
	s.Play(alarm.Medium, 7)
	if len(told) != 0 {
		t.Errorf("told before anything was read: %v", told)
	}
	read(s, 20*time.Millisecond)
	s.Play(alarm.High, 8)
	read(s, 20*time.Millisecond)
	s.Play(alarm.None, 9)
	read(s, 20*time.Millisecond)
	if fmt.Sprint(told) != "[7 8]" {
		t.Errorf("told %v", told)
	}
	if s.Frames() != uint64(Frames(70*time.Millisecond)) {
		t.Errorf("%d frames", s.Frames())
	}
}

// What takes the place of something else is heard after the fade, not after the
// burst.
func TestChangeIsAtOnce(t *testing.T) {
	s := NewStream()
	s.Play(alarm.Medium, 1)
	read(s, 100*time.Millisecond)
	s.Play(alarm.High, 2)
	read(s, cutLength)
	got, want := read(s, 50*time.Millisecond), Burst(alarm.PatternOf(alarm.High))
	for i := range got {
		if got[i] != want[i] {
			t.Fatalf("frame %d is %f, want %f", i, got[i], want[i])
		}
	}
}

func BenchmarkRead(b *testing.B) {
	s := NewStream()
	s.Play(alarm.High, 1)
	buf := make([]byte, Frames(10*time.Millisecond)*FrameSize)
	b.SetBytes(int64(len(buf)))
	for b.Loop() {
		_, _ = s.Read(buf)
	}
}
