package console

import (
	"time"

	"stipple/app/clinical"
	"stipple/device"
	"stipple/protocol"
)

// stateStandby is the only state in which settings are applied.
const stateStandby = protocol.StateStandby

// publish makes a new View of all that Run knows and tells the window.
func (d *Desk) publish() {
	v := &View{
		Pen:        d.penView(),
		Operator:   d.operator,
		Operators:  d.operators,
		Vacant:     d.vacant,
		Patient:    d.patient,
		Indication: d.sel.indication,
		Zone:       d.sel.zone,
		Preset:     d.loaded,
		Stop:       d.stop,
		Training:   d.cfg.Training,
		ThrowAway:  d.cfg.ThrowAway,
		Rekey:      d.rekey,
		Held:       explain(d.storeHeld()),
		Notices:    d.notices,
		Alarms:     d.alarmsView(),
		Uncertain:  d.uncertainViews(),
		Backups:    d.backupsView(),
	}
	if d.pen.known {
		v.Indications, v.Zones = d.indicationChoices(), d.zoneChoices()
		v.Controls = d.controls()
	}
	if d.patient != nil {
		v.Session = d.sessionNumber()
		v.Presets = d.presetViews()
	}
	if d.draft.problem != errNoContext {
		v.Limits = d.draft.problem
	}
	v.Preset.Changed = d.loaded.ID != "" && (d.loaded.Changed || d.draft.value != d.loadedSet)
	v.Apply = d.applyView()
	v.Dose = d.doseView()
	v.Spot = SpotView{Pulses: d.sel.spot, Max: max(d.draft.limits.MaxPulsesPerSpot, 1)}
	v.Run = d.runView()
	facts := d.facts()
	v.Blocks, v.Warnings, v.Checks = clinical.Blocks(facts), clinical.Warnings(facts), clinical.Passed(facts)
	v.Arm = d.armView(v.Blocks)
	st := d.live()
	if st.State == protocol.StateStopped && !v.Stop.Active { // not by a STOP of this session
		v.Stop.Active, v.Stop.Confirmed = true, true
	}
	v.Stop.OutOfReach = v.Stop.Unconfirmed && d.session.Load() == nil
	v.Stop.NeedleBack = v.Stop.NeedleBack || latched(st.State) && st.Flags&protocol.FlagNeedleBack != 0
	v.Stop.CanClear = (st.State == protocol.StateStopped || st.State == protocol.StateFault) && st.Flags&protocol.FlagTrigger == 0
	d.view.Store(v)
	if f := d.watch.Load(); f != nil {
		(*f)()
	}
}

func (d *Desk) penView() PenView {
	v := PenView{
		Phase:        d.phase(),
		Connected:    d.session.Load() != nil,
		Port:         d.link.Port.Path,
		Problem:      explain(d.link.Problem),
		LostAt:       d.link.LostSince,
		Battery:      -1,
		CanSimulate:  d.cfg.Simulate != nil,
		HasHandpiece: d.Handpiece() != nil,
	}
	if !d.pen.known && d.pen.info.Model == "" {
		return v
	}
	v.Kind = d.pen.capability.Kind
	v.Model, v.Serial, v.Firmware = d.pen.info.Model, d.pen.info.Serial, d.pen.info.Firmware
	v.Simulated = d.pen.info.Simulated
	v.Tip = d.pen.tipNow()
	if desc := d.pen.info.Descriptor; desc != nil {
		if w, ok := desc.Sensor("impedance"); ok {
			v.ImpedanceLow, v.ImpedanceHigh = protocol.Ohms(w.Min), protocol.Ohms(w.Max)
		}
		if w, ok := desc.Sensor("temperature"); ok {
			v.TempMax = protocol.Centidegrees(w.Max)
		}
	}
	if d.pen.info.Monitor && v.Connected {
		v.Problem = explain(d.pen.info.MonitorReason)
	}
	if s := d.session.Load(); s != nil {
		if l := s.Live(); l.Valid {
			v.Fault, v.Battery = l.Status.Fault, int(l.Status.Battery)
		}
	}
	return v
}

// phase is the state chip's word.
func (d *Desk) phase() Phase {
	s := d.session.Load()
	switch {
	case s == nil && len(d.unsettled) > 0:
		return Uncertain
	case s == nil && d.link.Phase == device.PhaseConnecting:
		return Handshake
	case s == nil:
		return Disconnected
	case d.pen.info.Monitor:
		return Monitor
	}
	if !s.Live().Valid {
		return Handshake
	}
	switch d.live().State {
	case protocol.StateStandby:
		if len(d.unsettled) > 0 {
			return Uncertain
		}
		return Standby
	case protocol.StateReady:
		return Ready
	case protocol.StateTreating:
		return Treating
	case protocol.StateStopped:
		return Stopped
	case protocol.StateFault:
		return Fault
	case protocol.StateService, protocol.StateUpdate:
		return Service
	}
	return Monitor
}

func (d *Desk) controls() []Control {
	var out []Control
	for _, p := range clinical.AllParameters() {
		if !d.pen.capability.Has(p) {
			continue
		}
		c := Control{Limit: d.draft.limits.ByParameter[p]}
		if !c.Limit.Present { // no limits yet: the pen's own scale, nothing to set
			r := d.pen.capability.Parameters[p]
			c.Limit = clinical.Limit{Parameter: p, Step: r.Step, ScaleMin: r.Min, ScaleMax: r.Max}
		}
		f := d.draft.field[p]
		c.Has, c.Draft, c.Rounded, c.Refused = f.has, p.Of(d.draft.value), f.rounded, f.refused
		c.Stale = f.has && d.draft.problem == nil && (c.Draft > c.Limit.Max.Value || c.Draft < c.Limit.Min.Value)
		if d.applied.has {
			c.IsSet, c.Applied = true, p.Of(d.applied.settings)
		}
		out = append(out, c)
	}
	return out
}

func (d *Desk) applyView() ApplyView {
	v := ApplyView{At: d.applied.at, Err: explain(d.applied.err), Violations: d.violations(), Can: d.canApply()}
	settings, whole := d.draft.settings()
	for _, p := range clinical.AllParameters() {
		f := d.draft.field[p]
		if !d.pen.capability.Has(p) || d.draft.problem != nil {
			continue
		}
		if !f.has || f.refused != nil || !d.applied.has || p.Of(settings) != p.Of(d.applied.settings) {
			v.Parameters = append(v.Parameters, p)
		}
	}
	switch {
	case d.applied.busy:
		v.State = Applying
	case d.settled():
		v.State, v.Can = AppliedOK, false
	case d.applied.err != nil:
		v.State = ApplyRefused
	case d.draft.problem != nil || !whole && len(v.Parameters) == 0:
		v.State = NothingToApply
	default:
		v.State = NotApplied
	}
	return v
}

func (d *Desk) doseView() DoseView {
	l := d.draft.limits
	if d.draft.problem != nil || l.Kind != clinical.RF {
		return DoseView{}
	}
	v := DoseView{Cap: l.DoseCapPerPin, CapReason: l.DoseReason}
	v.PerPin, v.Present = clinical.DosePerPin(d.draft.value, l.Pins, l.PulsesPerSpot)
	return v
}

func (d *Desk) runView() RunView {
	r := d.run
	if r == nil || d.may(clinical.PermitPatientData) != nil { // one that ends as soon as ARM is answered
		return RunView{Pass: 1}
	}
	v := RunView{
		ID: r.record.ID, Open: true, Outcome: r.record.Outcome,
		Pulses: len(r.record.Pulses), Durable: r.durable, Pass: r.pass,
		Energy: r.record.Energy(), Strokes: r.strokes,
		Started: r.record.Started, ZoneTime: r.zoneTime, StopTime: stopTime(r.record),
	}
	if n := len(r.record.Pulses); n > 0 {
		last := r.record.Pulses[n-1]
		v.Last = &last
	}
	return v
}

// stopTime is the figure of the stop that a treatment shows: that of its newest
// stop, and of the check before it.
func stopTime(t clinical.Treatment) time.Duration {
	if t.StopLatency > 0 {
		return t.StopLatency
	}
	return t.StopCheck
}

func (d *Desk) armView(blocks []clinical.Block) ArmView {
	v := ArmView{Err: explain(d.armErr), State: ArmReady, Fell: d.fellLast}
	if r := d.review(); r != nil {
		v.Review, v.Shown = r, r.Digest()
	}
	switch {
	case d.attempt != nil:
		v.State, v.Checking = Arming, d.attempt.checking
	case d.armed():
		v.State = ArmArmed
	case len(blocks) > 0 || d.storeHeld() != nil:
		v.State = ArmBlocked
	}
	return v
}

func (d *Desk) presetViews() []PresetView {
	var out []PresetView
	for _, p := range d.presets {
		if !d.pen.known || p.PenKind == d.pen.capability.Kind {
			out = append(out, d.judgePreset(p, d.patient.Fitzpatrick))
		}
	}
	return out
}

// sessionNumber is the number of today's session for the chosen indication.
func (d *Desk) sessionNumber() int {
	now := d.cfg.Now()
	return sessionOf(d.history, clinical.Treatment{Indication: d.sel.indication, Started: now}) + d.todayIsNew(now)
}

// todayIsNew is 1 if there is an earlier session and today's has not begun.
func (d *Desk) todayIsNew(now time.Time) int {
	earlier := false
	for _, t := range d.history {
		if t.Indication != d.sel.indication || t.Outcome == clinical.OutcomeNotArmed {
			continue
		}
		if dayOf(t.Started) == dayOf(now) {
			return 0
		}
		earlier = true
	}
	if earlier {
		return 1
	}
	return 0
}
