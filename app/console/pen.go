package console

import (
	"context"
	"errors"
	"time"

	"stipple/app/alarm"
	"stipple/app/clinical"
	"stipple/device"
	"stipple/protocol"
)

// penState is what the desk knows of the pen that it has, or had last.
type penState struct {
	known      bool // a pen was here in this run of the program
	info       device.Info
	capability clinical.PenCapability
	tip        clinical.Tip
	bound      [16]byte // treatment that the tip belongs to; zeros: none
	uses       uint32   // pulses or pulls of the tip since it was read
}

// tipNow is the tip with what it has given since it was read: the pen counts on,
// and tells it only when it is asked.
func (p *penState) tipNow() clinical.Tip {
	t := p.tip
	t.UseCount += p.uses
	return t
}

// live is the newest status, or a zero one without a pen.
func (d *Desk) live() protocol.Status {
	if s := d.session.Load(); s != nil {
		return unchecked(s.Live())
	}
	return protocol.Status{}
}

// unchecked is a status in which the stop of a check does not count as one: the
// pen is in STANDBY before it and after it.
func unchecked(l device.Live) protocol.Status {
	st := l.Status
	if l.Checking {
		st.State, st.ArmBlocks = protocol.StateStandby, st.ArmBlocks&^protocol.BlockStop
	}
	return st
}

// armed says whether the pen may give output at the next trigger.
func (d *Desk) armed() bool { return d.live().State.Armed() }

// linkChanged follows the supervisor.
func (d *Desk) linkChanged() {
	old := d.link
	d.link = d.cfg.Link.State()
	if d.link.Session == old.Session {
		return
	}
	if old.Session != nil {
		d.penLost(old.Session)
	}
	if d.link.Session != nil {
		d.penFound(d.link.Session)
	}
}

// penFound takes a new session. Whatever was applied before is not: the pen
// starts in STANDBY and the operator applies again.
func (d *Desk) penFound(s *device.Session) {
	s.SetRole(d.operator.Role.Wire())
	d.session.Store(s)
	d.events = s.Events()
	info := s.Info()
	other := !d.pen.known || d.pen.info.Serial != info.Serial || d.pen.info.Model != info.Model
	if other { // a record is of one pen
		d.fell(clinical.FellLink)
		d.endRun(clinical.OutcomeComplete)
	}
	d.pen = penState{known: info.Descriptor != nil, info: info, capability: capability(info)}
	if t, ok := s.Tip(); ok {
		d.pen.tip, d.pen.bound = tip(t), t.BoundTreatment
	}
	d.applied = applied{}
	d.stop = StopView{}
	d.over(alarm.LinkLost, "")
	d.over(alarm.LinkLostTreating, "")
	d.stopOver()
	if other {
		d.draft = draft{}
		d.sel.fit(d.cfg.Library, d.pen.capability.Kind)
	}
	d.reselect(clinical.FellLink)
	d.refreshPresets()
	d.reconcile()
}

// penLost ends a session. A pen that was armed leaves an uncertain run.
func (d *Desk) penLost(s *device.Session) {
	last := s.Live()
	d.heard = last
	d.drain()
	d.session.CompareAndSwap(s, nil)
	d.applied = applied{}
	d.fallBack(clinical.FellLink)
	code := alarm.LinkLost
	uncertain := d.run != nil && (d.run.owed(d.cfg.Now(), last) || errors.Is(s.Err(), device.ErrUncertain))
	if uncertain {
		code = alarm.LinkLostTreating
	}
	d.endPenAll()
	lost := found(code, device.ErrLinkLost)
	lost.Expected = alarm.AtMost(alarm.Duration, protocol.LinkSilence.Microseconds())
	if last.Valid {
		lost.Measured = alarm.Lasting(time.Since(last.At))
	}
	d.raise(lost)
	if uncertain { // after the notice, which belongs into its record
		d.recordStanding(d.run)
		r := d.run
		d.run = nil
		d.suspend(r, clinical.CauseLink, s.Err(), last)
	}
	if d.stop.Active && !d.stop.Confirmed && (d.stop.Unconfirmed || d.lostArmed()) {
		d.stopNotSent() // not any more
	}
	d.tickEnding() // the endings that were owed something end as uncertain, too
	for _, u := range d.unsettled {
		u.tries, u.next = 0, time.Time{}
	}
}

// drain takes the events that the old session still held.
func (d *Desk) drain() {
	for d.events != nil {
		select {
		case e, ok := <-d.events:
			d.took(e, ok)
		default:
			d.events = nil
		}
	}
}

// capability is what the limits need of a descriptor.
func capability(info device.Info) clinical.PenCapability {
	desc := info.Descriptor
	if desc == nil {
		return clinical.PenCapability{}
	}
	c := clinical.PenCapability{
		Kind:         clinical.PenKind(desc.Kind),
		Model:        info.Model,
		RatedPower:   desc.RatedPowerMW,
		NeedleTravel: desc.NeedleTravelMS,
	}
	for p, name := range parameterNames() {
		if i := desc.Index(name); i >= 0 {
			spec := desc.Parameters[i]
			c.Parameters[p] = clinical.Range{Min: spec.Min, Max: spec.Max, Step: spec.Step, Default: spec.Default}
		}
	}
	return c
}

// parameterNames are the descriptor's names in the order of clinical's
// parameters, which is that of every descriptor of version 1.
func parameterNames() [clinical.ParameterCount]string {
	return [...]string{protocol.ParamDepth, protocol.ParamSpeed, protocol.ParamPower, protocol.ParamDuration}
}

// tip is the tip as the console keeps it.
func tip(t protocol.TipInfo) clinical.Tip {
	out := clinical.Tip{
		ID:           t.ID,
		Present:      t.ID != 0,
		Lot:          t.Lot,
		Pins:         int(t.Pins),
		Insulated:    t.Insulated,
		NeedleLength: protocol.Micrometres(t.NeedleLength),
		RatedPower:   protocol.Milliwatts(t.RatedPower),
		UseCount:     t.UseCount,
		UseLimit:     t.UseLimit,
	}
	if t.ExpiryDays != 0 {
		y, m, day := time.Unix(int64(t.ExpiryDays)*24*60*60, 0).UTC().Date()
		out.Expiry = clinical.Date{Year: y, Month: m, Day: day}
	}
	return out
}

// values lists settings in descriptor order, as the link sends them.
func values(desc *protocol.Descriptor, s clinical.Settings) []int32 {
	out := make([]int32, len(desc.Parameters))
	for i, spec := range desc.Parameters {
		out[i] = spec.Default
	}
	for p, name := range parameterNames() {
		if i := desc.Index(name); i >= 0 {
			out[i] = clinical.Parameter(p).Of(s)
		}
	}
	return out
}

// settingsOf reads settings out of values in descriptor order.
func settingsOf(desc *protocol.Descriptor, vals []int32) clinical.Settings {
	var s clinical.Settings
	for p, name := range parameterNames() {
		if i := desc.Index(name); i >= 0 && i < len(vals) {
			s = clinical.Parameter(p).With(s, vals[i])
		}
	}
	return s
}

// wireEnvelope is an envelope as the link sends it. A parameter that the
// console does not know keeps to its default.
func wireEnvelope(desc *protocol.Descriptor, e clinical.Envelope) protocol.Envelope {
	out := protocol.Envelope{
		DosePerPin:    e.DosePerPin,
		PulsesPerSpot: uint8(max(e.PulsesPerSpot, 1)),
		Pins:          uint16(e.Pins),
	}
	lo, hi := values(desc, e.Min), values(desc, e.Max)
	for i := range desc.Parameters {
		out.Ranges = append(out.Ranges, protocol.Range{Index: uint8(i), Min: lo[i], Max: hi[i]})
	}
	return out
}

// penEvent is one thing that the session tells, in order and never conflated.
func (d *Desk) penEvent(e device.Event) {
	switch e.Kind {
	case device.EventPulse:
		if !e.Reread {
			d.pulseEnds(e.Pulse)
		}
		d.pulse(*e.Pulse)
	case device.EventTip:
		d.tipChanged(*e.Tip)
	case device.EventState:
		d.stateChanged(e.Old, e.State)
	case device.EventArmEnded:
		d.armEnded(e)
	case device.EventStopSent, device.EventStopConfirmed, device.EventNeedleBack, device.EventStopUnconfirmed:
		d.stopEvent(e)
	case device.EventPen:
		if !e.Check {
			d.penTells(*e.Pen)
		}
	case device.EventPulsesLost, device.EventUnconfirmedReady, device.EventStatusSilence, device.EventContradiction, device.EventOverflow:
		d.safetyEvent(e)
	}
}

// tipChanged takes the tip that the session has read. The pen has fallen back
// to STANDBY itself; the limits may be others now.
func (d *Desk) tipChanged(t protocol.TipInfo) {
	d.pen.bound, d.pen.uses = t.BoundTreatment, 0
	if now := tip(t); now != d.pen.tip {
		d.fallBack(clinical.FellTip)
		if now.ID != d.pen.tip.ID {
			d.endPen(endsByTip)
		}
		d.pen.tip = now
		d.reselect(clinical.FellTip)
	}
}

// penJob is job with the present session. It does nothing without one.
func (d *Desk) penJob(work func(context.Context, *device.Session) (then func())) {
	s := d.session.Load()
	if s == nil {
		return
	}
	d.job(func(ctx context.Context) func() { return work(ctx, s) })
}
