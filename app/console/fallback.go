package console

import (
	"errors"
	"time"

	"stipple/app/clinical"
	"stipple/device"
	"stipple/protocol"
)

// jumpLimit is how far the time of day may run ahead of, or behind, the desk's
// own ticks while the pen is armed. Clocks are slewed by less than a millisecond
// a tick; a jump of as much as it takes to lose the link is a laptop that slept
// without a word, or a clock that was set.
const jumpLimit = protocol.LinkSilence

// FallBack takes a pen that is armed, or about to be, to STANDBY because the
// window or the system says so: the Treat page was left, the focus was lost, the
// window was minimised, the laptop goes to sleep, the screen was locked. It does not wait for Run: DISARM is on its way when it returns.
func (d *Desk) FallBack(why clinical.FallBackReason) {
	if s := d.session.Load(); s != nil {
		s.Disarm()
	}
	d.post(func() { d.fallBack(why) })
}

// Disarm takes the pen to STANDBY because a person says so.
func (d *Desk) Disarm() { d.FallBack(clinical.FellByHand) }

// Here tells that a person is here: a key or a pointer was pressed. It waits
// for nothing and may be called as often as there is input.
func (d *Desk) Here() { d.here.Store(d.cfg.Now().UnixNano()) }

// LastHere is when a person last pressed something; long ago if nobody has.
func (d *Desk) LastHere() time.Time { return time.Unix(0, d.here.Load()) }

// fallBack disarms an armed pen, or ends an attempt to arm it: something that
// the operator confirmed is about to change. The reason is shown, and goes into
// the record of the treatment.
func (d *Desk) fallBack(why clinical.FallBackReason) {
	d.cancelAttempt()
	if s := d.session.Load(); s != nil && d.armed() {
		s.Disarm()
	}
	d.fell(why)
}

// fell notes why READY, or an attempt, ends. Of what ends the same READY only
// the first reason counts.
func (d *Desk) fell(why clinical.FallBackReason) {
	if !d.up {
		return
	}
	d.up = false
	d.fellLast = &clinical.FallBack{At: d.cfg.Now(), Reason: why}
	switch {
	case d.attempt != nil && !d.attempt.begun && d.run == nil:
		d.attempt.fell = d.fellLast // its record is on its way to the disk
	case d.run != nil:
		d.recordFall(*d.fellLast)
	}
}

// recordFall writes a return to STANDBY into the open record.
func (d *Desk) recordFall(f clinical.FallBack) {
	d.run.record.FallBacks = append(d.run.record.FallBacks, f)
	d.amend()
}

// amend writes the head of the open record.
func (d *Desk) amend() {
	d.rec.head(d.cfg.Records.AmendTreatment, d.run.record, func(t clinical.Treatment, err error) {
		if err != nil {
			d.wrote(t.ID, 0, err)
		}
	})
}

// cancelAttempt makes sure that an attempt to arm comes to nothing: ARM does
// not leave any more, or is followed by DISARM.
func (d *Desk) cancelAttempt() {
	if d.attempt != nil {
		d.attempt.cancel()
	}
}

// penFell is the end of READY as the session tells it, where nobody at the desk
// ended it before.
func (d *Desk) penFell(e device.Event) {
	switch {
	case errors.Is(e.Err, device.ErrNotAlive):
		d.fell(clinical.FellFrozen)
	case errors.Is(e.Err, device.ErrStale):
		d.fell(clinical.FellLink)
	case errors.Is(e.Err, device.ErrPenDisarmed):
		d.fell(d.penReason())
	}
}

// penReason is why the pen itself left READY, as far as its newest STATUS tells.
func (d *Desk) penReason() clinical.FallBackReason {
	st := d.live()
	switch {
	case st.TipID != d.pen.tip.ID:
		return clinical.FellTip
	case st.SettingsHash != d.applied.snapshot.Hash:
		return clinical.FellSettings
	case !d.idleSince.IsZero() && d.cfg.Now().Sub(d.triggered) >= protocol.IdleStandby-tickEvery:
		return clinical.FellIdle
	}
	return clinical.FellPen
}

// watchReady sees to what ends READY with time alone: nobody is here, or time itself
// jumped. Behind is the time of the tick before.
func (d *Desk) watchReady(now, behind time.Time) {
	st := d.live()
	if !d.up {
		d.idleSince = time.Time{}
		return
	}
	if d.idleSince.IsZero() {
		d.idleSince, d.triggered = now, now
	}
	if st.Flags&protocol.FlagTrigger != 0 {
		d.idleSince, d.triggered = now, now
	}
	// An input of before the clock was set back is none of the future.
	if here := time.Unix(0, d.here.Load()); here.After(d.idleSince) && !here.After(now) {
		d.idleSince = here
	}
	// By the time of day: the other clock of a laptop stands while it sleeps.
	jump := now.Round(0).Sub(behind.Round(0)) - tickEvery
	switch {
	case jump > jumpLimit || jump < -jumpLimit:
		d.fallBack(clinical.FellAwoke)
	case now.Sub(d.idleSince) >= protocol.IdleStandby:
		d.fallBack(clinical.FellIdle)
	}
}
