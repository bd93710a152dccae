package protocol

import (
	"math"
	"time"
)

// The base units of the link. A value is stored, sent and compared in these
// units and no other; millimetres, watts and degrees appear only where a
// person reads or types them. They are distinct types so that the compiler
// refuses to add a depth to a power.
type (
	// Micrometres is a needle depth or length in µm.
	Micrometres int32
	// StrokesPerMinute is a needle speed: strokes of a needling pen, stamps
	// of an RF pen, each per minute.
	StrokesPerMinute int32
	// Milliwatts is an RF power for the whole tip in mW.
	Milliwatts int32
	// Milliseconds is a length of time on the pen, such as an RF pulse.
	Milliseconds int32
	// Microjoules is an energy in µJ. 1 mW for 1 ms is 1 µJ.
	Microjoules int64
	// Ohms is an impedance in Ω.
	Ohms int32
	// Centidegrees is a temperature in 0.01 °C.
	Centidegrees int32
)

// Energy is the energy that power p delivers in time t over the whole tip. It
// cannot overflow: both factors are 32 bits wide.
func Energy(p Milliwatts, t Milliseconds) Microjoules {
	return Microjoules(int64(p) * int64(t))
}

// PenClock is the pen's own clock: microseconds since its boot. Clocks of two
// boots are not comparable; every record that carries one carries the boot id
// too.
type PenClock uint64

// Add moves a pen clock by d, of which whole microseconds count. It stops at
// zero and at the highest clock instead of wrapping round: a clock that came
// over the link may be anything.
func (c PenClock) Add(d time.Duration) PenClock {
	us := d.Microseconds()
	if us < 0 {
		return c - min(c, PenClock(-us))
	}
	return c + min(PenClock(us), math.MaxUint64-c)
}

// Sub is the time from o to c; negative when c is the older one. A distance
// that a Duration can't hold, over 292 years, becomes the longest Duration.
func (c PenClock) Sub(o PenClock) time.Duration {
	if c < o {
		return -o.Sub(c)
	}
	const longest = math.MaxInt64 / uint64(time.Microsecond)
	if uint64(c-o) > longest {
		return math.MaxInt64
	}
	return time.Duration(c-o) * time.Microsecond
}
