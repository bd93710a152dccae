package console

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"stipple/app/clinical"
	"stipple/device"
)

// Errors of arming.
var (
	// ErrNotShown means that the pen's settings changed between what the window
	// showed and the end of the hold.
	ErrNotShown = errors.New("the settings on the pen are not the ones that were shown")
	// ErrBlocked means that an arm block applies.
	ErrBlocked = errors.New("arming is blocked")
	// ErrFellBack means that something that was confirmed changed, or somebody
	// disarmed, before the pen was armed.
	ErrFellBack = errors.New("fell back before the pen was armed")
)

// attempt is one act of arming, from the end of the hold to the pen's answer.
// Its intent is written first, which may take a while on a slow disk; whatever
// falls back meanwhile cancels it, and nothing is sent then.
type attempt struct {
	command uint64
	shown   [8]byte
	purpose confirmed
	begun   bool // the record was there before
	ctx     context.Context
	cancel  context.CancelFunc
	end     clinical.Outcome   // set where the treatment was ended meanwhile
	fell    *clinical.FallBack // why it comes to nothing; nil: it does not
}

// Arm asks the pen for READY for exactly the settings whose hash was shown to
// the operator. The intent is on disk before ARM leaves.
func (d *Desk) Arm(shown [8]byte) {
	d.post(func() {
		if d.attempt != nil || d.armed() {
			return
		}
		if d.armErr = d.mayArm(shown); d.armErr == nil {
			d.arm(shown)
		}
	})
}

// mayArm says why the pen can't be armed for what was shown.
func (d *Desk) mayArm(shown [8]byte) error {
	switch {
	case len(d.blocks()) > 0:
		return ErrBlocked
	case !d.settled() || shown != d.applied.snapshot.Hash:
		return ErrNotShown
	}
	return nil
}

// arm writes the intent; intentWritten goes on.
func (d *Desk) arm(shown [8]byte) {
	command, err := d.commandID()
	if err != nil {
		d.armErr = err
		return
	}
	a := &attempt{command: command, shown: shown, purpose: d.confirmation(), begun: d.run != nil}
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
	arm := clinical.ArmIntent{
		At: now, CommandID: a.command, SettingsHash: a.shown, Settings: d.applied.settings, PulsesBefore: d.live().NewestPulse,
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
		Tip:            d.pen.tip,
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

// intentWritten sends ARM, if everything that was confirmed still holds.
//
// Model: IntentWritten.
func (d *Desk) intentWritten(a *attempt, record clinical.Treatment, err error) {
	if err != nil {
		d.attemptEnded(a, fmt.Errorf("record the intent: %w", err))
		return
	}
	if !a.begun {
		d.run = &run{record: record, pass: 1, seen: make(map[uint64]bool)}
		for _, o := range d.alarms.Present() { // what stands when it begins is part of it
			d.recordBegan(o)
		}
		if a.fell != nil {
			d.recordFall(*a.fell)
		}
	}
	s := d.session.Load()
	if a.ctx.Err() != nil || s == nil || d.run == nil || a.purpose != d.confirmation() {
		d.attemptEnded(a, ErrFellBack)
		return
	}
	if err := d.mayArm(a.shown); err != nil {
		d.attemptEnded(a, err)
		return
	}
	d.run.armed = true // from here on it is not known until the pen says so
	d.job(func(context.Context) func() {
		// A fall back after this line ends what Arm does: with the context
		// canceled, a request that has left is followed by DISARM.
		err := s.Arm(a.ctx, device.ArmRequest{Hash: a.shown, TreatmentID: WireTreatment(record.ID), CommandID: a.command})
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
	if a.end != "" {
		d.endRun(a.end)
	}
}

// commandID makes an id whose low 32 bits, the arm id, are not 0.
func (d *Desk) commandID() (uint64, error) {
	var b [8]byte
	for {
		if _, err := d.cfg.Rand.Read(b[:]); err != nil {
			return 0, fmt.Errorf("make a command id: %w", err)
		}
		if id := binary.LittleEndian.Uint64(b[:]); uint32(id) != 0 {
			return id, nil
		}
	}
}
