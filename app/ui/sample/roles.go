package sample

import (
	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/protocol"
)

// technician is the one of the sample clinic.
func technician() clinical.Operator { return operators()[2] }

// senior is the desk of a senior clinician.
func (c Clinic) senior() *scene {
	s := c.notApplied()
	s.view.Operator = operators()[1]
	return s
}

// closed is the desk of somebody who may neither treat nor see patients: the desk
// has taken all of a patient off it. The zero operator is nobody.
func (c Clinic) closed(kind clinical.PenKind, who clinical.Operator) *scene {
	s := c.begin(kind, -1)
	s.view.Operator = who
	return s.facts(closedFacts())
}

func closedFacts() clinical.Facts {
	f := allHolds()
	f.OperatorMayTreat, f.PatientChosen, f.PlaceChosen, f.SettingsApplied = clinical.FactFails, clinical.FactFails, clinical.FactFails, clinical.FactFails
	return f
}

// withheld is a run as whoever may not know patients is told of it.
func withheld(u console.UncertainView) console.UncertainView {
	t, r := u.Treatment, u.Treatment.Reconciled
	return console.UncertainView{
		Treatment: clinical.Treatment{
			ID: t.ID, Revision: t.Revision, Operator: t.Operator, PenKind: t.PenKind, PenModel: t.PenModel, PenSerial: t.PenSerial,
			Started: t.Started, Outcome: t.Outcome, Reconciled: clinical.Reconciliation{
				Cause: r.Cause, LostAt: r.LostAt, BootThen: r.BootThen, AskedAt: r.AskedAt, BootNow: r.BootNow, Arms: []clinical.ArmFinding{{}},
			},
		},
		Place: u.Place, Other: u.Other, Version: u.Version, Withheld: true,
	}
}

// runTechnician is a run that whoever works here may neither know nor sign.
func (c Clinic) runTechnician(place console.UncertainPlace) *scene {
	u := c.runTold(told(3)).view.Uncertain[0]
	u.Place = place
	s := c.closed(clinical.RF, technician())
	f := closedFacts()
	f.OutcomeKnown = clinical.FactFails
	s.facts(f)
	s.view.Pen.Phase = console.Uncertain
	s.view.Uncertain = []console.UncertainView{withheld(u)}
	s.toSign(&console.WithheldError{Pen: u.Treatment.PenSerial})
	if place == console.PlaceAway {
		s.view.Pen, s.view.Controls, s.desk.live, s.desk.hand = console.PenView{Phase: console.Uncertain, Battery: -1}, nil, console.LiveView{}, nil
	}
	return s
}

// practice is the desk of a practice, which only who signed in may be chosen at.
func (c Clinic) practice() *scene {
	s := c.notApplied()
	s.view.Training, s.view.ThrowAway = false, false
	s.view.Operators = operators()[:1]
	return s
}

// handedOver is a record of a treatment that a second operator took over.
func handedOver(row console.TreatmentRow) console.TreatmentRow {
	row.HandOvers = append(row.HandOvers, clinical.HandOver{
		At: row.Started.Add(row.Ended.Sub(row.Started) / 2), From: row.Operator, To: operators()[1],
	})
	return row
}

func (c Clinic) roleScenes() []Scene {
	on := func(page, name string, s *scene, tap ...string) Scene {
		return Scene{Name: page + "-" + name, Page: page, Tap: tap, Desk: s.done()}
	}
	nobody := clinical.Operator{}
	stopped := c.closed(clinical.RF, nobody).phase(console.Stopped, protocol.StateStopped)
	stopped.view.Stop = console.StopView{Active: true, Confirmed: true, NeedleBack: true, CanClear: true}
	return []Scene{
		on("treat", "technician", c.closed(clinical.RF, technician())),
		on("treat", "technician-why", c.closed(clinical.Needling, technician()), "treat.why"),
		on("treat", "technician-run", c.runTechnician(console.PlaceHere)),
		on("treat", "signed-out", stopped),
		on("treat", "operators", c.practice(), "strip.operator"),
		on("patients", "technician", c.closed(clinical.RF, technician())),
		on("patients", "signed-out", c.closed(clinical.RF, nobody)),
		on("outcome", "technician", c.runTechnician(console.PlaceHere)),
		on("outcome", "technician-away", c.runTechnician(console.PlaceAway)),
	}
}
