package observer

import (
	"fmt"
	"slices"
	"time"
)

// fact is something that the Observer was told, until its time is reached.
type fact struct {
	at    time.Duration
	apply func(*Observer)
}

// told is what was told, and when.
type told struct {
	now, at time.Duration
	what    string
	arg     uint64
}

func (t told) String() string {
	return fmt.Sprintf("%v: %s %x of %v", t.now, t.what, t.arg, t.at)
}

// keptTold is how many facts a violation comes with: an armed pen's STATUS and
// leases are thirty a second, so it is what was told in three seconds or more.
const keptTold = 96

// toldLast are the newest facts that were told, in a ring.
type toldLast struct {
	list [keptTold]told
	next int
}

func (l *toldLast) add(t told) {
	l.list[l.next] = t
	l.next = (l.next + 1) % keptTold
}

// strings are the facts in the order in which they were told.
func (l *toldLast) strings() (list []string) {
	for i := range keptTold {
		if t := l.list[(l.next+i)%keptTold]; t.what != "" {
			list = append(list, t.String())
		}
	}
	return list
}

// tell queues a fact. Facts may come a little out of order, since several
// witnesses tell them.
func (o *Observer) tell(at time.Duration, what string, arg uint64, apply func(*Observer)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.told.add(told{o.last.At, at, what, arg})
	i := len(o.facts)
	for i > 0 && o.facts[i-1].at > at {
		i--
	}
	o.facts = slices.Insert(o.facts, i, fact{at, apply})
}

// apply makes the facts up to t true.
func (o *Observer) apply(t time.Duration) {
	n := 0
	for n < len(o.facts) && o.facts[n].at <= t {
		o.facts[n].apply(o)
		n++
	}
	if n > 0 {
		o.facts = slices.Delete(o.facts, 0, n)
	}
}

// Armed tells that the pen has accepted an ARM under that arm id: its word left
// the pen at time at, ARM had arrived at from.
func (o *Observer) Armed(at, from time.Duration, id uint32, s Settings) {
	o.tell(at, "armed", uint64(id), func(o *Observer) { o.arm(at, from, id, s) })
}

// Lease tells that a lease has arrived: for which arm id, and when, on the
// Observer's own clock, the pen's clock was what it echoes.
func (o *Observer) Lease(at time.Duration, id uint32, echoed time.Duration) {
	o.tell(at, "lease", uint64(id), func(o *Observer) { o.lease(lease{at, id, echoed}) })
}

// Over tells that an armed state has been ended, by DISARM, another session,
// another tip, or as the pen says. 0 stands for any arm id.
func (o *Observer) Over(at time.Duration, id uint32) {
	o.tell(at, "over", uint64(id), func(o *Observer) {
		if id == 0 || id == o.permit.id {
			o.expire(at)
			o.permit.end(at, endOther)
		}
	})
}

// SaysArmed tells that the pen's own word, of time at, is READY or TREATING
// under that arm id.
func (o *Observer) SaysArmed(at time.Duration, id uint32) {
	o.tell(at, "says armed", uint64(id), func(o *Observer) {
		o.expire(at)
		p := &o.permit
		switch grace := notice + o.lag(); {
		case p.id != id && p.from < at-grace:
			o.violate(RuleReady, at, "armed under "+hex(p.id), "armed under %s", hex(id))
		case p.id == id && p.over && p.why == endLease && at > p.ended+grace,
			p.id == id && p.over && p.why == endOther && at > p.ended+rfAfterEnd+grace:
			o.violate(RuleReady, at, hex(id)+" over at "+p.ended.String(), "armed under it")
		}
	})
}

// SaysStopped tells that the pen has said STOPPED, of the time at. It may have
// been cleared and begun anew before that has left it.
func (o *Observer) SaysStopped(at time.Duration, back bool) {
	judged := at + 2*step // the sample of that moment has come, too
	if o.cfg.Coarse {
		judged = at + o.lag() // and one that was taken behind it
	}
	o.tell(judged, "says stopped", 0, func(o *Observer) {
		just := at - notice - o.lag()
		switch {
		case o.cfg.Coarse && o.last.At < at: // nobody has looked since: it says nothing
		case o.last.PowerMW > o.floor && !o.defects.blind && o.rf.dark < just:
			o.violate(RuleStopped, at, "RF measures off", "%d mW", o.last.PowerMW)
		case back && o.last.out() && !o.needle.within(o.last.DepthUM) && o.needle.stood < just:
			o.violate(RuleStopped, at, "needle back", "%d um out, moving %v", o.last.DepthUM, o.last.Moving)
		}
	})
}

// Stop tells that an ESTOP has arrived.
func (o *Observer) Stop(at time.Duration) {
	o.tell(at, "ESTOP", 0, func(o *Observer) {
		o.expire(at)
		o.permit.end(at, endOther)
		if o.stopped {
			return
		}
		o.stopped, o.stopAt = true, at
		o.counts.Stops++
		if o.last.PowerMW > o.floor || o.last.out() {
			o.counts.StopsOn++
		}
		if o.last.PowerMW > o.floor {
			o.counts.StopsRF++
		}
	})
}

// Cleared tells that the pen has accepted a CLEAR that came behind every stop.
func (o *Observer) Cleared(at time.Duration) {
	o.tell(at, "cleared", 0, func(o *Observer) {
		o.stopped = false
		o.free(at)
	})
}

// Dark tells that the pen's supply has failed: it forgets what it was.
func (o *Observer) Dark(at time.Duration) {
	o.tell(at, "dark", 0, func(o *Observer) {
		o.defects.dark = true
		o.darkFrom = at
		o.held()
		o.expire(at)
		o.permit.end(at, endOther)
	})
}

// Boot tells that the pen has started; it may be told late. A pen knows of no
// stop from before and not what the spot under its tip has had.
func (o *Observer) Boot(at time.Duration) {
	o.tell(at, "boot", 0, func(o *Observer) {
		o.boot(at)
		o.bootAt = at
		sure := at - notice - o.lag() // a touch about that time may have come behind it
		o.spot.spent = o.spot.since < sure && o.hand.touched(sure)
		if o.spot.spent {
			o.counts.BootsOnSkin++
		}
	})
}

// Booted tells the same where it is not known when that was, only that it was
// before at.
func (o *Observer) Booted(at time.Duration) {
	o.tell(at, "booted before", 0, func(o *Observer) {
		o.boot(at)
		o.bootAt = never
	})
}

func (o *Observer) boot(at time.Duration) {
	o.counts.Boots++
	o.defects.dark, o.defects.supply = false, false
	o.leak.stray = 0 // the supply of the amplifier is closed again
	o.free(at)
	o.stopped = o.stopped && o.stopAt > at
	o.permit.end(at, endOther)
}

// Defect is something in the pen's hardware that is broken on purpose. An
// Observer knows what it excuses, and for how long.
type Defect uint8

// The defects that outputs show.
const (
	DefectNone          Defect = iota // one that no output shows
	DefectDrive                       // the needle drive does not turn
	DefectTrigger                     // the trigger's switch reads as held
	DefectAmplifierHigh               // the RF amplifier gives 30 % too much
	DefectLeak                        // the RF amplifier gives 2 W uncommanded
	DefectOverrun                     // the needle goes 0.3 mm too deep
	DefectPowerSensor                 // the RF power sensor has frozen
	DefectSupply                      // the supply may fail; it is back with the next boot
	defectCount
)

// defects are those that hold now.
type defects struct {
	drive, stuckTrigger, high, overrun, blind bool
	supply                                    bool // it may be gone
	dark                                      bool // it is
}

// Defect tells that a defect begins or ends.
func (o *Observer) Defect(at time.Duration, d Defect, on bool) {
	what := "defect ends"
	if on {
		what = "defect begins"
	}
	o.tell(at, what, uint64(d), func(o *Observer) {
		o.breaks(at, d, on)
		switch d {
		case DefectDrive:
			o.drive(at, on)
		case DefectTrigger:
			o.defects.stuckTrigger = on
			o.hold(at, o.last.Trigger)
		case DefectAmplifierHigh:
			if o.defects.high && !on {
				o.highTo = at
			}
			o.defects.high = on
		case DefectLeak:
			o.leakOn(at, on)
		case DefectOverrun:
			o.defects.overrun = on
			o.needle.deepExcused = true
			o.needle.overran = at
		case DefectPowerSensor:
			o.defects.blind = on
			o.spot.blind++
		case DefectSupply:
			o.supply(at, on)
		}
	})
}
