package console

import (
	"context"
	"errors"
	"time"

	"stipple/app/clinical"
	"stipple/protocol"
)

// blocks are the reasons why the pen can't be armed now, gravest first.
func (d *Desk) blocks() []clinical.Block { return clinical.Blocks(d.facts()) }

// facts gathers what is known. A fact without a source yet (screening,
// consent, calibration, …) stays "not applicable".
func (d *Desk) facts() clinical.Facts {
	s := d.session.Load()
	st := d.live()
	here := s != nil && s.Live().Valid
	f := clinical.Facts{
		PenKind:          d.pen.capability.Kind,
		LinkAlive:        clinical.FactOf(here),
		RecordsRead:      clinical.FactOf(d.checked && d.newestKnown),
		RunClosed:        clinical.FactOf(len(d.ending) == 0),
		OutcomeKnown:     clinical.FactOf(len(d.unsettled) == 0),
		OperatorMayTreat: clinical.FactOf(d.may(clinical.PermitTreat) == nil),
		PatientChosen:    clinical.FactOf(d.patient != nil),
		PlaceChosen:      clinical.FactOf(d.sel.indication != "" && d.sel.zone != ""),
		Violations:       append(d.refusals(), d.violations()...),
	}
	f.ClockInOrder = clinical.FactOf(!d.cfg.Now().Round(0).Before(d.newest.Add(-clockSlack)))
	if d.patient != nil {
		f.Fitzpatrick = d.patient.Fitzpatrick
	}
	if d.draft.problem != nil && d.draft.problem != errNoContext {
		f.Treatable, f.NotTreatable = clinical.FactFails, d.draft.problem.Error()
		var rules *clinical.NotTreatableError
		if errors.As(d.draft.problem, &rules) {
			f.NotTreatable = rules.Rules[0].Text + ", " + rules.Rules[1].Text
		}
	}
	if d.sound.Known {
		f.SoundDeviceHere = clinical.FactOf(d.sound.Err == nil)
	}
	if d.cfg.Backups != nil {
		f.BackupUpToDate = clinical.FactOf(!d.cfg.Backups.State().Old)
	}
	if here {
		d.penFacts(&f, st)
	}
	return f
}

// clockSlack is how far the laptop's clock may be behind the newest record: what
// a time server steps it by.
const clockSlack = 2 * time.Second

// loadNewest reads when the newest record was written. Until the store has told
// it, nothing is armed.
func (d *Desk) loadNewest() {
	d.again(func(ctx context.Context) (func(), error) {
		at, err := d.cfg.Records.NewestRecord(ctx)
		return func() {
			d.newestKnown = true
			d.written(at)
		}, err
	})
}

// written notes that something was written at a time. It is the time of day that
// is on the disk: the other clock of the program runs on when that is set back.
func (d *Desk) written(at time.Time) {
	at = at.Round(0)
	if at.After(d.newest) {
		d.newest = at
	}
}

// refusals are the values that were typed and not taken, as violations, so that
// the block says what to set instead.
func (d *Desk) refusals() []clinical.Violation {
	var out []clinical.Violation
	for _, p := range clinical.AllParameters() {
		r := d.draft.field[p].refused
		if r == nil || r.Err != nil {
			continue
		}
		v := clinical.Violation{Parameter: p, Breach: clinical.Under, Value: r.Value, Bound: r.Bound}
		if r.Over {
			v.Breach = clinical.Over
		}
		out = append(out, v)
	}
	return out
}

// penFacts are the facts that the pen reports, and what follows from them.
func (d *Desk) penFacts(f *clinical.Facts, st protocol.Status) {
	// With ESTOP and FAULT both latched the state is ESTOP.
	f.EmergencyStopReleased = clinical.FactOf(st.State != protocol.StateStopped && !d.stop.Active)
	f.NoFault = clinical.FactOf(st.State != protocol.StateFault)
	f.VersionSupported = clinical.FactOf(!d.pen.info.Monitor)
	// Nobody can approve a library yet: a simulated pen in a training store
	// needs no approval, and any other pen stays in STANDBY.
	if !d.believedSimulated() {
		f.LibraryApproved = clinical.FactFails
	}
	f.SelfTestPassed, f.TemperatureInRange, f.BatteryCharged = clinical.FactHolds, clinical.FactHolds, clinical.FactHolds
	tip := st.TipID != 0 && d.pen.tip.Present
	f.TipPresent = clinical.FactOf(tip)
	if tip {
		f.TipInDate = clinical.FactOf(!expired(d.pen.tip.Expiry, d.cfg.Now()))
		f.TipFree = clinical.FactOf(d.tipFree())
		f.TipKnown = clinical.FactOf(d.pen.tip.Pins > 0)
		f.TipInsulated = clinical.FactOf(d.pen.tip.Insulated)
	}
	f.TriggerReleased = clinical.FactOf(st.Flags&protocol.FlagTrigger == 0 || st.State.Armed())
	f.ServiceModeOff = clinical.FactOf(st.State != protocol.StateService && st.State != protocol.StateUpdate)
	f.SettingsApplied = clinical.FactOf(d.settled())
	if d.settled() {
		// What the session verified at Apply must still be what STATUS says.
		f.LimitsAgree = clinical.FactOf(st.SettingsHash == d.applied.snapshot.Hash)
	}
	said := st.ArmBlocks
	if st.State.Armed() {
		said &^= protocol.BlockTriggerHeld // a trigger that is held fires
	}
	if !tip {
		said &^= protocol.BlockTipExpired | protocol.BlockTipUsed
	}
	if !d.settled() {
		said &^= protocol.BlockLimitMismatch
	}
	blocked(f, said)
}

// blocked are the facts that fail by the pen's own arm blocks.
func blocked(f *clinical.Facts, b protocol.ArmBlocks) {
	for bit, fact := range map[protocol.ArmBlocks]*clinical.Fact{
		protocol.BlockStop:                &f.EmergencyStopReleased,
		protocol.BlockFault:               &f.NoFault,
		protocol.BlockSelfTest:            &f.SelfTestPassed,
		protocol.BlockTipMissing:          &f.TipPresent,
		protocol.BlockTipExpired:          &f.TipInDate,
		protocol.BlockTipUsed:             &f.TipFree,
		protocol.BlockSettingsUnconfirmed: &f.SettingsApplied,
		protocol.BlockLimitMismatch:       &f.LimitsAgree,
		protocol.BlockVersion:             &f.VersionSupported,
		protocol.BlockTemperature:         &f.TemperatureInRange,
		protocol.BlockBattery:             &f.BatteryCharged,
		protocol.BlockTriggerHeld:         &f.TriggerReleased,
		protocol.BlockServiceMode:         &f.ServiceModeOff,
	} {
		if b&bit != 0 {
			*fact = clinical.FactFails
		}
	}
	if b&protocol.BlockCalExpired != 0 {
		f.CalibrationRF, f.CalibrationDepth, f.CalibrationSpeed = clinical.CalibrationOverdue, clinical.CalibrationOverdue, clinical.CalibrationOverdue
	}
}

// tipFree says whether the tip may be used in the treatment that is open, or in
// a new one. The pen judges that only when it is asked to arm, and STATUS does
// not tell: a hold would end in a refusal that could have been foreseen.
func (d *Desk) tipFree() bool {
	return d.pen.bound == [16]byte{} || d.run != nil && d.pen.bound == WireTreatment(d.run.record.ID)
}

// believedSimulated says whether the pen is a simulated one that needs no
// approved library: only in a training store, and never over USB.
func (d *Desk) believedSimulated() bool {
	return d.cfg.Training && d.pen.info.Simulated && !d.pen.info.Port.USB()
}

// expired says whether a tip's date is past. A tip may be used on its last day.
func expired(e clinical.Date, now time.Time) bool {
	if e == (clinical.Date{}) {
		return false
	}
	end := time.Date(e.Year, e.Month, e.Day+1, 0, 0, 0, 0, now.Location())
	return !now.Before(end)
}
