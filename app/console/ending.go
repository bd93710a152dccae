package console

import (
	"slices"
	"time"

	"stipple/app/clinical"
	"stipple/device"
	"stipple/protocol"
)

// The times of a run's end.
const (
	// quietAfter is how long after READY a run's last pulse can still be on its
	// way: the needle's way back, and two STATUS that count it.
	quietAfter = 500 * time.Millisecond
	// endingLimit is how long a run that was ended waits for what it is owed. Then
	// its outcome is not known: a pulse was lost for which the session has asked
	// for longer than that.
	endingLimit = 10 * time.Second
)

// ending is a run that was ended and whose last pulse may be on its way.
type ending struct {
	run     *run
	outcome clinical.Outcome
	since   time.Time
}

// owed says whether the pen may have given a pulse that the run does not have:
// it is armed, or was until a moment ago, or counts more than has arrived.
func (r *run) owed(now time.Time, live device.Live) bool {
	if r.armed || r.unsure > 0 || now.Sub(r.left) < quietAfter {
		return true
	}
	first := r.record.FirstPulse()
	newest := live.Status.NewestPulse
	if !live.Valid || first == 0 || newest < first {
		return false
	}
	have := r.strange
	for _, p := range r.record.Pulses {
		if p.Index >= first && p.Index <= newest {
			have++
		}
	}
	return have < uint64(newest-first)+1
}

// result writes down what became of an ARM; it reaches the disk with the next
// revision.
func (r *run) result(command uint64, result clinical.ArmResult) {
	r.record.Arms = slices.Clone(r.record.Arms)
	for i := range r.record.Arms {
		if r.record.Arms[i].CommandID == command {
			r.record.Arms[i].Result = result
		}
	}
}

// close ends a run: at once, or when its last pulses have come.
func (d *Desk) close(r *run, outcome clinical.Outcome) {
	switch {
	case r.stopped:
		outcome = clinical.OutcomeStopped
	case r.record.NeverArmed():
		outcome = clinical.OutcomeNotArmed
	}
	e := &ending{run: r, outcome: outcome, since: d.cfg.Now()}
	if !d.closed(e) {
		d.ending = append(d.ending, e)
	}
}

// closed ends a run that is owed nothing, or too long.
func (d *Desk) closed(e *ending) bool {
	now, live := d.cfg.Now(), d.lastLive()
	s := d.session.Load()
	here := s != nil && sameUnit(e.run.record, s.Info().Model, s.Info().Serial)
	if s != nil && !here {
		live = device.Live{} // another pen counts for itself
	}
	waits := here && now.Sub(e.since) < endingLimit
	if e.run.owed(now, live) && waits {
		return false
	}
	d.recordStanding(e.run)
	switch {
	case !e.run.owed(now, live):
		d.end(e.run.record, e.outcome)
	case !here:
		d.suspend(e.run, clinical.CauseLink, device.ErrLinkLost, live)
	case e.run.unsure > 0:
		d.suspend(e.run, clinical.CauseReply, nil, live)
	default:
		d.suspend(e.run, clinical.CausePulses, nil, live)
	}
	return true
}

// lastLive is what the pen said last, also after its session.
func (d *Desk) lastLive() device.Live {
	if s := d.session.Load(); s != nil {
		d.heard = s.Live()
	}
	return d.heard
}

// tickEnding ends the runs that have got what they were owed.
func (d *Desk) tickEnding() {
	d.ending = slices.DeleteFunc(d.ending, d.closed)
}

// await gives runs that end with the program the time for their last pulses,
// while the session goes on, and an intent that is on its way the time to reach
// the disk: one that nobody ends is a crash to the next start.
func (d *Desk) await(limit time.Duration) {
	over := time.NewTimer(limit)
	defer over.Stop()
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	for d.attempt != nil || len(d.ending) > 0 && d.session.Load() != nil {
		select {
		case <-over.C:
			return
		case f := <-d.inbox:
			f()
		case <-d.cfg.Link.Changes():
			d.linkChanged()
		case e, ok := <-d.events:
			d.took(e, ok)
		case <-tick.C:
		}
		d.tickEnding()
	}
}

// wireRun is the run that a pulse of the pen's ledger belongs to; nil: none.
func (d *Desk) wireRun(p protocol.Pulse) *run {
	if d.run != nil && p.TreatmentID == WireTreatment(d.run.record.ID) {
		return d.run
	}
	for _, e := range d.ending {
		if p.TreatmentID == WireTreatment(e.run.record.ID) {
			return e.run
		}
	}
	return nil
}

// strangePulse counts a pulse that the pen gave while a run was open and that is
// not the run's, such as one of a SERVICE output. One under an arming of the run
// is no such pulse: the run is owed its own.
func (d *Desk) strangePulse(p protocol.Pulse) {
	for _, r := range d.runs() {
		key := pulseKey(clinical.Pulse{Boot: p.Boot, Index: p.Index})
		ours := slices.ContainsFunc(r.record.Arms, func(a clinical.ArmIntent) bool { return uint32(a.CommandID) == p.ArmID })
		if !ours && !r.seen[key] && p.Index >= r.record.FirstPulse() {
			r.seen[key] = true
			r.strange++
		}
	}
}

// runs are the open run and those that are ending.
func (d *Desk) runs() []*run {
	var all []*run
	if d.run != nil {
		all = append(all, d.run)
	}
	for _, e := range d.ending {
		all = append(all, e.run)
	}
	return all
}
