package link

import (
	"math/rand/v2"
	"sync"
	"time"
)

// ProxyConfig says what goes wrong between two ends. The zero value is a line
// without a fault.
type ProxyConfig struct {
	Script Script
	// Seed decides all that is left to chance. The same seed, script and bytes at
	// the same times make the same faults.
	Seed uint64
	// Tap is told of every piece of bytes just before it is handed to the end
	// that it travels to; what is read from it later was told before. It is called
	// by two goroutines, one for each direction, must not keep bytes and must not
	// wait. Nil: nobody is told.
	Tap func(to Direction, at time.Time, bytes []byte)
}

// Counts is what passed in one direction, and what went wrong on the way.
type Counts struct {
	BytesIn    uint64 // taken from the sending end
	BytesOut   uint64 // given to the receiving end
	Frames     uint64 // ends of frames that came in
	Dropped    uint64 // frames
	Duplicated uint64 // frames
	Reordered  uint64 // frames that were overtaken
	Flipped    uint64 // bits
	Truncated  uint64 // frames
	Garbage    uint64 // bytes made up
	Delayed    uint64 // frames, by a Delay with a chance
}

// ProxyStats counts since the Faults were made.
type ProxyStats struct {
	ToPen, ToConsole Counts
	Disconnects      uint64
}

// Faults is what goes wrong on a line, with the state of chance, of the script
// and the counts. It outlives a connection: each that is made after the last one
// ended gets a Proxy of its own. At most one Proxy of it may run at a time.
type Faults struct {
	tap func(to Direction, at time.Time, bytes []byte)

	mu          sync.Mutex
	start       time.Time // zero of all times here; zero before the first Run
	rules       []Rule    // their At count from start
	random      [directionCount]*rand.Rand
	fired       [directionCount][]int64 // by rule: how often one that happens once has happened
	stats       [directionCount]Counts
	disconnects uint64
	running     *Proxy
}

// NewFaults makes the faults of a line.
func NewFaults(cfg ProxyConfig) *Faults {
	f := &Faults{tap: cfg.Tap}
	for d := range f.random {
		f.random[d] = rand.New(rand.NewPCG(cfg.Seed, uint64(d)))
	}
	f.set(cfg.Script, 0)
	return f
}

// set makes s the script, from t on.
func (f *Faults) set(s Script, t time.Duration) {
	f.rules = s.Rules()
	for i := range f.rules {
		f.rules[i].At += t
	}
	for d := range f.fired {
		f.fired[d] = make([]int64, len(s.rules))
	}
}

// SetScript replaces the script, also while a Proxy runs. The new one's times
// count from now. Bytes on their way keep the times that they have; chance goes
// on where it was.
func (f *Faults) SetScript(s Script) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var t time.Duration
	if !f.start.IsZero() {
		t = time.Since(f.start)
	}
	f.set(s, t)
	if f.running != nil {
		f.running.wake()
	}
}

// Stats returns the counts so far.
func (f *Faults) Stats() ProxyStats {
	f.mu.Lock()
	defer f.mu.Unlock()
	return ProxyStats{ToPen: f.stats[ToPen], ToConsole: f.stats[ToConsole], Disconnects: f.disconnects}
}

// began is how often a rule has begun to hold at time t.
func (r Rule) began(t time.Duration) int64 {
	switch {
	case t < r.At:
		return 0
	case r.Every == 0:
		return 1
	}
	return int64((t-r.At)/r.Every) + 1
}

// begin is when a rule begins to hold for the nth time, from 0; it may never.
func (r Rule) begin(n int64) (at time.Duration, ok bool) {
	if n > 0 && (r.Every == 0 || n > int64(maxScriptTime/r.Every)) {
		return 0, false
	}
	return r.At + time.Duration(n)*r.Every, true
}

// holds says whether a rule that is not once holds at t, and when it ends;
// end 0: never.
func (r Rule) holds(t time.Duration) (end time.Duration, ok bool) {
	n := r.began(t)
	if n == 0 {
		return 0, false
	}
	if r.For == 0 {
		return 0, true
	}
	at, _ := r.begin(n - 1)
	return at + r.For, t < at+r.For
}

// due says whether rule i, which happens once, is to happen at t, and takes
// note that it does. What it missed, while no byte came, is not made up for.
func (f *Faults) due(d Direction, i int, t time.Duration) bool {
	n := f.rules[i].began(t)
	if n <= f.fired[d][i] {
		return false
	}
	f.fired[d][i] = n
	return true
}

// hit says whether rule i strikes the frame, or with Flip the byte, that has
// come at t.
func (f *Faults) hit(d Direction, i int, t time.Duration) bool {
	r := f.rules[i]
	if r.once() {
		return f.due(d, i, t)
	}
	if _, ok := r.holds(t); !ok {
		return false
	}
	return r.Chance == 0 || r.Chance == 1 || f.random[d].Float64() < r.Chance
}

// wantsFrames says whether something may strike whole frames at t.
func (f *Faults) wantsFrames(d Direction, t time.Duration) bool {
	for i, r := range f.rules {
		if !r.To.covers(d) {
			continue
		}
		switch {
		case r.once():
			if (r.Fault != Garbage && r.Fault != Disconnect) && r.began(t) > f.fired[d][i] {
				return true
			}
		case r.event() && r.Fault != Flip, r.Fault == Jitter, r.Fault == Delay && r.Chance > 0:
			if _, ok := r.holds(t); ok {
				return true
			}
		}
	}
	return false
}

// fate is what happens to one frame.
type fate struct {
	drop, duplicate, reorder, truncate, flip, disconnect bool
	garbage                                              []byte
	delay                                                time.Duration
}

// judge decides the fate of a frame that has come at t.
func (f *Faults) judge(d Direction, t time.Duration) fate {
	var its fate
	for i, r := range f.rules {
		instant := r.once() && (r.Fault == Garbage || r.Fault == Disconnect) // needs no frame
		bytes := r.Fault == Flip && !r.once()
		if !r.To.covers(d) || instant || bytes || !r.event() && r.Fault != Jitter && r.Chance == 0 || !f.hit(d, i, t) {
			continue
		}
		switch r.Fault {
		case Drop:
			its.drop = true
		case Duplicate:
			its.duplicate = true
		case Reorder:
			its.reorder = true
		case Truncate:
			its.truncate = true
		case Flip:
			its.flip = true
		case Disconnect:
			its.disconnect = true
		case Garbage:
			its.garbage = append(its.garbage, f.garbage(d, r)...)
		case Delay:
			its.delay += r.Time
			f.stats[d].Delayed++
		case Jitter:
			its.delay += time.Duration(f.random[d].Int64N(int64(r.Time) + 1))
		}
	}
	return its
}

// garbage makes up bytes.
func (f *Faults) garbage(d Direction, r Rule) []byte {
	most := r.Bytes
	if most == 0 {
		most = defaultGarbage
	}
	made := make([]byte, 1+f.random[d].IntN(most))
	for i := range made {
		made[i] = byte(f.random[d].Uint32())
	}
	f.stats[d].Garbage += uint64(len(made))
	return made
}

// flip flips a bit of each byte that a Flip strikes.
func (f *Faults) flip(d Direction, t time.Duration, b []byte) {
	var flips []int
	for i, r := range f.rules {
		if r.Fault != Flip || r.once() || !r.To.covers(d) {
			continue
		}
		if _, ok := r.holds(t); ok {
			flips = append(flips, i)
		}
	}
	if len(flips) == 0 {
		return
	}
	for i := range b {
		for _, rule := range flips {
			if f.hit(d, rule, t) {
				b[i] ^= 1 << f.random[d].IntN(8)
				f.stats[d].Flipped++
			}
		}
	}
}

// spontaneous makes up the garbage that is due at t without a frame, and says
// when the next is.
func (f *Faults) spontaneous(d Direction, t time.Duration) (made []byte, next time.Duration, more bool) {
	for i, r := range f.rules {
		if r.Fault != Garbage || !r.once() || !r.To.covers(d) {
			continue
		}
		if f.due(d, i, t) {
			made = append(made, f.garbage(d, r)...)
		}
		next, more = sooner(next, more, r, f.fired[d][i])
	}
	return made, next, more
}

// disconnect says whether a disconnect is due at t, and when the next is.
//
// Model: PortGone.
func (f *Faults) disconnect(t time.Duration) (now bool, next time.Duration, more bool) {
	for i, r := range f.rules {
		if r.Fault != Disconnect || !r.once() {
			continue
		}
		if f.due(ToPen, i, t) {
			now = true
		}
		next, more = sooner(next, more, r, f.fired[ToPen][i])
	}
	return now, next, more
}

// sooner is the earlier of next, if there is one, and when r begins for the
// nth time.
func sooner(next time.Duration, more bool, r Rule, n int64) (time.Duration, bool) {
	at, ok := r.begin(n)
	if ok && (!more || at < next) {
		return at, true
	}
	return next, more
}

// skip forgets what should have happened without a frame before t: there was
// no connection.
func (f *Faults) skip(t time.Duration) {
	for i, r := range f.rules {
		if r.once() && (r.Fault == Garbage || r.Fault == Disconnect) {
			for d := range f.fired {
				f.fired[d][i] = max(f.fired[d][i], r.began(t-1))
			}
		}
	}
}

// stalled says whether reading or writing stands still at t, and until when;
// end 0: for ever.
func (f *Faults) stalled(kind Fault, d Direction, t time.Duration) (end time.Duration, still bool) {
	for _, r := range f.rules {
		if r.Fault != kind || !r.To.covers(d) {
			continue
		}
		e, ok := r.holds(t)
		switch {
		case !ok:
		case e == 0:
			return 0, true
		default:
			end, still = max(end, e), true
		}
	}
	return end, still
}

// delay is how long every byte is under way at t.
func (f *Faults) delay(d Direction, t time.Duration) (all time.Duration) {
	for _, r := range f.rules {
		if r.Fault == Delay && r.Chance == 0 && r.To.covers(d) {
			if _, ok := r.holds(t); ok {
				all += r.Time
			}
		}
	}
	return all
}

// baud is the rate of the line at t, the lowest that holds; 0: no limit.
func (f *Faults) baud(d Direction, t time.Duration) (rate int) {
	for _, r := range f.rules {
		if r.Fault == Baud && r.To.covers(d) {
			if _, ok := r.holds(t); ok && (rate == 0 || r.Rate < rate) {
				rate = r.Rate
			}
		}
	}
	return rate
}
