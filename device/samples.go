package device

import (
	"sync"
	"time"

	"stipple/protocol"
)

// Sample is one STATUS as the charts draw it.
type Sample struct {
	Seq   uint64 // from 1 in each session
	At    int64  // arrival in µs since 1970 on the console's clock; never goes back within a session
	Gap   bool   // something is missing between the sample before and this one
	State protocol.State

	SetDepth           protocol.Micrometres // commanded; 0 while nothing is driven
	Depth              protocol.Micrometres
	DepthMin, DepthMax protocol.Micrometres // since the sample before, as in the next two
	SetSpeed           protocol.StrokesPerMinute
	Speed              protocol.StrokesPerMinute
	SpeedMin, SpeedMax protocol.StrokesPerMinute
	SetPower           protocol.Milliwatts
	Power, PowerMax    protocol.Milliwatts
	Impedance          protocol.Ohms
	Temp, TempMax      protocol.Centidegrees
}

// sampleRing keeps the newest samples. The lock is held for a copy and never
// while anything waits.
type sampleRing struct {
	mu   sync.Mutex
	buf  []Sample
	last uint64 // Seq of the newest
}

func (r *sampleRing) add(at int64, gap bool, st *protocol.Status) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last++
	r.buf[r.last%uint64(len(r.buf))] = Sample{
		Seq: r.last, At: at, Gap: gap || r.last == 1, State: st.State,
		SetDepth: protocol.Micrometres(st.SetDepth), Depth: protocol.Micrometres(st.Depth.Now),
		DepthMin: protocol.Micrometres(st.Depth.Min), DepthMax: protocol.Micrometres(st.Depth.Max),
		SetSpeed: protocol.StrokesPerMinute(st.SetSpeed), Speed: protocol.StrokesPerMinute(st.Speed.Now),
		SpeedMin: protocol.StrokesPerMinute(st.Speed.Min), SpeedMax: protocol.StrokesPerMinute(st.Speed.Max),
		SetPower: protocol.Milliwatts(st.SetPower), Power: protocol.Milliwatts(st.Power), PowerMax: protocol.Milliwatts(st.PowerMax),
		Impedance: protocol.Ohms(st.Impedance),
		Temp:      protocol.Centidegrees(st.Temp), TempMax: protocol.Centidegrees(st.TempMax),
	}
}

func (r *sampleRing) read(after uint64, dst []Sample) (n int, next uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(dst) == 0 {
		return 0, after
	}
	if after >= r.last {
		return 0, r.last
	}
	first, overrun := after+1, false
	if r.last-after > uint64(len(r.buf)) {
		first, overrun = r.last-uint64(len(r.buf))+1, true
	}
	for ; n < len(dst) && first+uint64(n) <= r.last; n++ {
		dst[n] = r.buf[(first+uint64(n))%uint64(len(r.buf))]
	}
	if overrun {
		dst[0].Gap = true
	}
	return n, first + uint64(n) - 1
}

// Samples copies samples newer than sequence number after to dst, oldest
// first, and returns how many and the sequence number to pass next. The ring
// holds 120 s at the highest rate; where it has overrun the caller, the first
// sample is marked as behind a gap.
func (s *Session) Samples(after uint64, dst []Sample) (n int, next uint64) {
	return s.samples.read(after, dst)
}

// isGap says whether a sample after a pause that long is behind a gap even
// though no frame is missing: a line across it would be invented.
func isGap(pause time.Duration) bool { return pause > protocol.StatusSilence }
