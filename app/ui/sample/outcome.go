package sample

import (
	"errors"
	"slices"
	"time"

	"stipple/app/alarm"
	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/protocol"
)

// The arm ids of the sample run that was cut off.
const (
	firstARM, secondARM = 0x1_0000_0011, 0x1_0000_0022
	firstArm, secondArm = 0x11, 0x22
)

// wireRun is the run's name in the pen's ledger.
func wireRun() [16]byte { return [16]byte{1} }

func (c Clinic) outcomeScenes() []Scene {
	on := func(name string, s *scene, tap ...string) Scene {
		return Scene{Name: "outcome-" + name, Page: "outcome", Tap: tap, Desk: s.done()}
	}
	return []Scene{
		on("lost", c.runLost()),
		on("delivered", c.runTold(told(3))),
		on("delivered-chosen", c.runTold(told(3)), "outcome.as.As reconciled"),
		on("unknown", c.runUnknown()),
		on("unknown-question", c.runUnknown(), "outcome.as.As reconciled", "outcome.sign"),
		on("contradiction", c.runDisputed()),
		on("other-pen", c.runOther()),
		on("crash", c.runCrash()),
		on("needling", c.runNeedling()),
		on("none", c.notApplied()),
		Scene{Name: "patients-uncertain", Page: "patients", Tap: []string{"patients.tab.1", "patients.treatments.choice.4"}, Desk: c.notApplied().done()},
		Scene{Name: "patients-reconciled", Page: "patients", Tap: []string{"patients.tab.1", "patients.treatments.choice.2"}, Desk: c.notApplied().done()},
		Scene{Name: "patients-reconciled-lines", Page: "patients", Tap: []string{"patients.tab.1", "patients.treatments.choice.2", "record.outcome"}, Desk: c.notApplied().done()},
	}
}

// cutOff is the sample run whose link was lost after so many pulses, as the
// console knows it.
func (s *scene) cutOff(pulses int) console.UncertainView {
	t := treatment(*s.view.Patient, 2, 0, pulses, clinical.OutcomeUncertain).Treatment
	t.Ended = time.Time{}
	first := t.Pulses[0].Index - 1
	t.Arms = []clinical.ArmIntent{
		{At: t.Started, CommandID: firstARM, PulsesBefore: first, Boot: 16, Result: clinical.ArmExecuted},
		{At: t.Started.Add(5 * time.Minute), CommandID: secondARM, PulsesBefore: t.Pulses[pulses/2].Index, Boot: 16},
	}
	for i := range t.Pulses {
		t.Pulses[i].Boot, t.Pulses[i].ArmID = 16, secondArm
		if i <= pulses/2 {
			t.Pulses[i].ArmID = firstArm
		}
	}
	t.Reconciled = clinical.Reconciliation{Cause: clinical.CauseLink, LostAt: Now().Add(-3 * time.Second), BootThen: 16, LastCounted: first + uint32(pulses)}
	t.Reconciled, _ = clinical.Reconcile(t, clinical.PenTold{})
	return console.UncertainView{
		Treatment: t, Patient: s.view.Patient, IndicationName: "Acne scars", ZoneName: "Left cheek",
		Place: console.PlaceAway, Version: 1,
	}
}

// ledger is what the sample pen's ledger has of the run: all that was recorded,
// and more pulses of the second arming.
func ledger(t clinical.Treatment, more int) []clinical.LedgerPulse {
	var all []clinical.LedgerPulse
	for _, p := range t.Pulses {
		all = append(all, clinical.LedgerPulse{Pulse: p, Treatment: wireRun()})
	}
	for range more {
		p := all[len(all)-1]
		p.Index++
		all = append(all, p)
	}
	return all
}

// told is a pen that tells all of the run, with so many pulses that the console
// did not have.
func told(more int) func(clinical.Treatment) clinical.PenTold {
	return func(t clinical.Treatment) clinical.PenTold {
		all := ledger(t, more)
		last := &all[len(all)-1]
		last.Result, last.Duration, last.Energy = protocol.PulseLease.String(), 40, 472_000
		return clinical.PenTold{
			At: Now().Add(-time.Second), Boot: 17, Treatment: wireRun(), Results: map[uint64]clinical.ArmResult{secondARM: clinical.ArmExecuted},
			Ledger: all, LedgerWhole: true, Oldest: 1, Newest: last.Index, LogWhole: true,
			Events: []clinical.PenEvent{
				{Index: 5120, Boot: 16, At: Now().Add(-4 * time.Second), Code: protocol.EventLeaseExpired},
				{Index: 5121, Boot: 17, At: Now().Add(-2 * time.Second), Code: protocol.EventBoot},
			},
		}
	}
}

// runTold is the run with its pen back, which has told what it can.
func (c Clinic) runTold(tell func(clinical.Treatment) clinical.PenTold) *scene {
	f := allHolds()
	f.SettingsApplied, f.OutcomeKnown = clinical.FactFails, clinical.FactFails
	s := c.rf().facts(f)
	s.view.Pen.Phase = console.Uncertain
	s.view.Arm.State, s.view.Apply.Can = console.ArmBlocked, false
	u := s.cutOff(86)
	answer := tell(u.Treatment)
	r, extra := clinical.Reconcile(u.Treatment, answer)
	u.Treatment.Reconciled, u.Treatment.Pulses = r, append(slices.Clone(u.Treatment.Pulses), extra...)
	u.Place, u.CanReconciled = console.PlaceHere, r.Settled()
	s.view.Uncertain = []console.UncertainView{u}
	settled := &console.SettledError{Treatment: u.Treatment}
	return s.toSign(worded{settled, "settled", []any{s.view.Patient.FamilyName, len(extra), 1}})
}

// toSign is the alarm of a run that has to be signed.
func (s *scene) toSign(why error) *scene {
	return s.alarms(func(b *alarm.Book) { raise(b, alarm.RunUncertain, 3*time.Second, 1, named("run"), about(why)) })
}

// runUnknown is a ledger that has rolled over, and a pulse that a reset of the
// pen interrupted.
func (c Clinic) runUnknown() *scene {
	s := c.runTold(func(t clinical.Treatment) clinical.PenTold {
		all := ledger(t, 6)
		a := told(0)(t)
		last := &all[len(all)-1]
		last.Result, last.Duration, last.Energy = protocol.PulseInterrupted.String(), 0, 0
		a.Ledger, a.Oldest, a.Newest = all[len(all)-2:], all[len(all)-2].Index, last.Index
		a.Results[secondARM] = clinical.ArmForgotten
		return a
	})
	cut := &console.UnsettledError{Treatment: s.view.Uncertain[0].Treatment}
	return s.toSign(worded{cut, "ledger_lost", []any{s.view.Patient.FamilyName}})
}

// runDisputed is a pen that tells one pulse otherwise, does not know another one,
// and says that it was never armed.
func (c Clinic) runDisputed() *scene {
	s := c.runTold(func(t clinical.Treatment) clinical.PenTold {
		a := told(1)(t)
		a.Ledger[80].Energy += 400_000
		a.Ledger = slices.Delete(a.Ledger, 84, 85)
		a.Results[secondARM] = clinical.ArmNeverSeen
		return a
	})
	err := &console.ContradictedError{Treatment: s.view.Uncertain[0].Treatment}
	serial, name := s.view.Pen.Serial, s.view.Patient.FamilyName
	return s.alarms(func(b *alarm.Book) {
		raise(b, alarm.Contradicted, time.Second, 1, named("run"), about(worded{err, "contradicted", []any{serial, name}}),
			figures(alarm.AtMost(alarm.Count, 0), alarm.Count, 3))
	})
}

// runLost is the run with its pen away.
func (c Clinic) runLost() *scene { return c.linkLostArmed() }

// runOther is the run with another pen in the place of its own.
func (c Clinic) runOther() *scene {
	s := c.linkLostArmed()
	s.view.Uncertain[0].Place, s.view.Uncertain[0].Other = console.PlaceOther, "0099"
	s.view.Pen.Problem = worded{errors.New("another unit"), "other_unit", []any{s.view.Pen.Serial, "0099"}}
	return s
}

// runCrash is the first page after a crash of the console: two runs, no pen yet,
// nobody at the desk but the operator.
func (c Clinic) runCrash() *scene {
	s := c.noPen()
	u := s.cutOff(86)
	u.Treatment.Reconciled.Cause, u.Treatment.Reconciled.LastCounted = clinical.CauseCrash, 0
	u.Treatment.Reconciled.LostAt = Now().Add(-4 * time.Minute)
	second := u
	second.Treatment.ID = "second"
	s.view.Uncertain = []console.UncertainView{u, second}
	s.view.Patient, s.view.Pen.Phase = nil, console.Uncertain
	cut := &console.UnsettledError{Treatment: u.Treatment}
	return s.toSign(worded{cut, "unsettled", []any{u.Patient.FamilyName, u.Treatment.PenSerial}})
}

// runNeedling is a run of a needling pen: pulls of the trigger with their strokes.
func (c Clinic) runNeedling() *scene {
	s := c.runTold(told(3))
	t := &s.view.Uncertain[0].Treatment
	t.PenKind, t.PenModel, t.PenSerial = clinical.Needling, "N1", "0107"
	s.view.Pen.Kind, s.view.Pen.Model, s.view.Pen.Serial = t.PenKind, t.PenModel, t.PenSerial
	for i := range t.Pulses {
		p := &t.Pulses[i]
		p.Power, p.Energy, p.Strokes, p.Duration = 0, 0, 420, 4200
		if p.Result == protocol.PulseComplete.String() {
			p.Result = protocol.PulseReleased.String()
		}
	}
	return s
}

// unknown is a record of a run whose pen never came back.
func unknown(p clinical.Patient) console.TreatmentRow {
	s := scene{view: console.View{Patient: &p}}
	row := treatment(p, 1, 60, 43, clinical.OutcomeUncertain)
	t := s.cutOff(43).Treatment
	t.Reconciled.Signature = clinical.Signature{At: day(59), By: operators()[0], Verdict: clinical.AsUncertain}
	t.ID, t.Started, t.Ended, t.Outcome = row.ID, row.Started, day(59), row.Outcome
	row.Treatment = t
	return row
}

// reconciled is a record that was reconciled and signed by somebody else than
// the one who treated.
func reconciled(p clinical.Patient) console.TreatmentRow {
	s := scene{view: console.View{Patient: &p}}
	row := treatment(p, 1, 30, 41, clinical.OutcomeReconciled)
	t := s.cutOff(41).Treatment
	r, extra := clinical.Reconcile(t, told(2)(t))
	r.Signature = clinical.Signature{At: day(30).Add(12 * time.Minute), By: operators()[1], Verdict: clinical.AsReconciled}
	t.ID, t.Started, t.Ended, t.Outcome, t.Pulses = row.ID, row.Started, row.Ended, row.Outcome, append(t.Pulses, extra...)
	t.Reconciled = r
	row.Treatment, row.PulseCount = t, len(t.Pulses)
	return row
}
