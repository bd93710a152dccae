package console

import (
	"context"
	"errors"
	"fmt"

	"stipple/app/alarm"
	"stipple/app/clinical"
	"stipple/device"
)

// Errors of arming.
var (
	// ErrNotShown means that something changed between what the window showed
	// for review and the end of the hold.
	ErrNotShown = errors.New("what is to be armed is not what was shown")
	// ErrBlocked means that an arm block applies.
	ErrBlocked = errors.New("arming is blocked")
	// ErrFellBack means that something that was confirmed changed, or somebody
	// disarmed, before the pen was armed.
	ErrFellBack = errors.New("fell back before the pen was armed")
)

// attempt is one act of arming, from the end of the hold to the pen's answer.
// Its intent is written first, which may take a while on a slow disk; then the
// stop is checked, once in a treatment; then ARM leaves. Whatever falls back
// meanwhile cancels it, and nothing more is sent then.
type attempt struct {
	command  uint64
	shown    clinical.Digest
	hash     [8]byte // of the settings that were shown
	purpose  confirmed
	patient  *clinical.Patient
	begun    bool // the record was there before
	checking bool // the stop is being checked
	sent     bool // ARM is on its way, or was
	ctx      context.Context
	cancel   context.CancelFunc
	end      clinical.Outcome   // set where the treatment was ended meanwhile
	fell     *clinical.FallBack // why it comes to nothing; nil: it does not
}

// review is what the operator has to be shown before arming: what the pen
// reports, for whom and where, and what differs from the last time. It is nil
// while the pen does not hold what is on the controls, confirmed for just that.
func (d *Desk) review() *clinical.Review {
	if d.patient == nil || !d.settled() {
		return nil
	}
	p, a := *d.patient, d.applied
	r := clinical.Review{
		Patient: p.ID, FamilyName: p.FamilyName, GivenName: p.GivenName, BirthDate: p.BirthDate, FileNumber: p.FileNumber,
		Fitzpatrick: p.Fitzpatrick, Operator: d.operator, Indication: d.sel.indication, Zone: d.sel.zone,
		PenKind: d.pen.capability.Kind, PenModel: d.pen.info.Model, PenSerial: d.pen.info.Serial, PenBoot: d.pen.info.Boot,
		Settings: a.settings, SettingsHash: a.snapshot.Hash, Envelope: a.envelope, Tip: d.pen.tipNow(), LibraryHash: d.cfg.Library.Hash,
	}
	for _, w := range clinical.Warnings(d.facts()) {
		r.Warnings = append(r.Warnings, w.Code)
	}
	var open clinical.ID
	if d.run != nil {
		open = d.run.record.ID
	}
	past := d.history
	for _, e := range d.ending { // those that wait for their last pulses are past, too
		past = append(past[:len(past):len(past)], e.run.record)
	}
	r = r.Compare(past, open)
	return &r
}

// Arm asks the pen for READY for exactly what the review showed whose digest
// that is. The intent is on disk before anything leaves for the pen.
func (d *Desk) Arm(shown clinical.Digest) {
	d.permittedTo(clinical.PermitTreat, func(err error) { d.armErr = err }, func() {
		if d.attempt != nil || d.armed() {
			return
		}
		if d.armErr = d.mayArm(shown); d.armErr == nil {
			d.arm(shown)
		}
	})
}

// mayArm says why the pen can't be armed for what was shown.
func (d *Desk) mayArm(shown clinical.Digest) error {
	if len(d.blocks()) > 0 {
		return ErrBlocked
	}
	if err := d.storeHeld(); err != nil {
		return err
	}
	if r := d.review(); r == nil || shown == (clinical.Digest{}) || shown != r.Digest() {
		return ErrNotShown
	}
	return nil
}

// arm writes the intent; intentWritten goes on.
func (d *Desk) arm(shown clinical.Digest) {
	command, err := device.NewCommandID(d.cfg.Rand)
	if err != nil {
		d.armErr = err
		return
	}
	a := &attempt{command: command, shown: shown, hash: d.applied.snapshot.Hash, purpose: d.confirmation(), patient: d.patient, begun: d.run != nil}
	a.ctx, a.cancel = context.WithCancel(d.ctx)
	d.attempt, d.up, d.fellLast = a, true, nil
	write := d.cfg.Records.BeginTreatment
	if a.begun {
		write = d.cfg.Records.AmendTreatment
	}
	d.rec.head(write, d.intent(a), func(written clinical.Treatment, err error) { d.intentWritten(a, written, err) })
}

// intent is the record as it must be on disk before ARM.
func (d *Desk) intent(a *attempt) clinical.Treatment {
	now := d.cfg.Now()
	d.written(now)
	arm := clinical.ArmIntent{
		At: now, Operator: d.operator, CommandID: a.command, SettingsHash: a.hash, Settings: d.applied.settings, PulsesBefore: d.live().NewestPulse,
		LogBefore: d.live().NewestLog, Boot: d.pen.info.Boot,
	}
	if d.run != nil {
		d.run.record.Arms = append(d.run.record.Arms, arm)
		return d.run.record
	}
	return clinical.Treatment{
		Patient:        d.patient.ID,
		Operator:       d.operator,
		PenKind:        d.pen.capability.Kind,
		PenModel:       d.pen.info.Model,
		PenSerial:      d.pen.info.Serial,
		PenFirmware:    d.pen.info.Firmware,
		PenBoot:        d.pen.info.Boot,
		Simulated:      d.pen.info.Simulated,
		Tip:            d.pen.tipNow(),
		Indication:     d.sel.indication,
		Zone:           d.sel.zone,
		Fitzpatrick:    d.patient.Fitzpatrick,
		LibraryVersion: d.cfg.Library.Version,
		LibraryHash:    d.cfg.Library.Hash,
		Preset:         d.loaded.ID,
		PresetRevision: d.loaded.Revision,
		Applied:        []clinical.Applied{d.appliedRecord()},
		Arms:           []clinical.ArmIntent{arm},
		Passes:         1,
		Started:        now,
		Outcome:        clinical.OutcomeIntent,
	}
}

// intentWritten goes on once the intent is on disk: with the check of the stop
// in a treatment that has none yet, else with ARM.
//
// Model: IntentWritten.
func (d *Desk) intentWritten(a *attempt, record clinical.Treatment, err error) {
	if err != nil {
		d.attemptEnded(a, fmt.Errorf("record the intent: %w", err))
		return
	}
	if !a.begun {
		d.run = &run{record: record, patient: a.patient, pass: 1, seen: make(map[uint64]bool)}
		for _, o := range d.alarms.Present() { // what stands when it begins is part of it
			d.recordBegan(o)
		}
		if a.fell != nil {
			d.recordFall(*a.fell)
		}
		if d.operator != record.Operator { // who took over while it was on its way
			d.recordHandOver()
		}
	}
	s := d.mayGoOn(a)
	switch {
	case s == nil:
	case d.run.record.StopCheck == 0:
		d.checkStop(a, s)
	default:
		d.sendArm(a, s)
	}
}

// mayGoOn returns the session if everything that was confirmed still holds, and
// else ends the attempt.
func (d *Desk) mayGoOn(a *attempt) *device.Session {
	s := d.session.Load()
	if a.ctx.Err() != nil || s == nil || d.run == nil || a.purpose != d.confirmation() {
		d.attemptEnded(a, ErrFellBack)
		return nil
	}
	if err := d.mayArm(a.shown); err != nil {
		d.fell(clinical.FellReview)
		d.attemptEnded(a, err)
		return nil
	}
	return s
}

// checkStop measures the stop, before the first ARM of a treatment.
func (d *Desk) checkStop(a *attempt, s *device.Session) {
	a.checking = true
	d.job(func(context.Context) func() {
		check, err := s.CheckStop(a.ctx)
		return func() { d.stopChecked(a, check, err) }
	})
}

// stopChecked takes the figure of the check, or that it failed: then nothing is
// armed. What the session has told of already is no second alarm.
func (d *Desk) stopChecked(a *attempt, check device.StopCheck, err error) {
	a.checking = false
	if err == nil && d.run != nil {
		d.run.record.StopCheck = check.Latency
		if s := d.mayGoOn(a); s != nil {
			d.sendArm(a, s)
		}
		return
	}
	var failed *device.StopCheckError
	if errors.As(err, &failed) && !failed.Told {
		d.raise(found(alarm.StopCheck, err))
	}
	if a.ctx.Err() != nil && failed == nil && !errors.Is(err, device.ErrStopped) {
		err = ErrFellBack
	}
	d.attemptEnded(a, err)
}

// sendArm sends ARM.
func (d *Desk) sendArm(a *attempt, s *device.Session) {
	a.sent, d.run.armed = true, true // from here on it is not known until the pen says so
	id := d.run.record.ID
	d.job(func(context.Context) func() {
		// A fall back after this line ends what Arm does: with the context
		// canceled, a request that has left is followed by DISARM.
		err := s.Arm(a.ctx, device.ArmRequest{Hash: a.hash, TreatmentID: WireTreatment(id), CommandID: a.command})
		return func() { d.armAnswered(a, err) }
	})
}

// armAnswered takes the pen's answer, or that there is none.
func (d *Desk) armAnswered(a *attempt, err error) {
	if d.run == nil { // the link was lost meanwhile, and the run is unsettled
		d.attemptEnded(a, err)
		return
	}
	d.run.armed, d.run.left = err == nil || d.armed(), d.cfg.Now()
	d.armResult(a.command, err)
	if err == nil {
		d.run.stopped = false
		d.run.record.Outcome = clinical.OutcomeOpen
		d.stop = StopView{Latency: d.stop.Latency}
		d.amend()
	}
	d.attemptEnded(a, err)
}

// armResult writes down what became of an ARM, or asks for it.
func (d *Desk) armResult(command uint64, err error) {
	var refused *device.RefusedError
	switch {
	case err == nil:
		d.run.result(command, clinical.ArmExecuted)
	case errors.As(err, &refused):
		d.run.result(command, clinical.ArmRejected)
	case errors.Is(err, device.ErrUncertain):
		d.askArm(command, err)
	}
}

// attemptEnded is the end of an attempt, however it went.
func (d *Desk) attemptEnded(a *attempt, err error) {
	a.cancel()
	d.attempt, d.armErr = nil, err
	d.up = d.up && err == nil
	if !a.sent && d.run != nil {
		d.run.result(a.command, clinical.ArmNotSent)
		d.amend()
	}
	if a.end != "" {
		d.endRun(a.end)
	}
}
