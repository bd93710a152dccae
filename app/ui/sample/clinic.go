package sample

import (
	"stipple/app/clinical"
	"stipple/app/console"
)

// Staff is who works in the sample clinic.
func (d *Desk) Staff(done func(clinical.Staff, error)) { done(nil, nil) }

// AddOperator does nothing.
func (d *Desk) AddOperator(_ console.NewOperator, done func(clinical.Staff, error)) { done(nil, nil) }

// ChangeOperator does nothing.
func (d *Desk) ChangeOperator(_ console.OperatorChange, done func(clinical.Staff, error)) {
	done(nil, nil)
}

// RenewPassphrase does nothing.
func (d *Desk) RenewPassphrase(_ console.NewPassphrase, done func(clinical.Staff, error)) {
	done(nil, nil)
}

// RemoveOperator does nothing.
func (d *Desk) RemoveOperator(_ clinical.ID, done func(clinical.Staff, error)) { done(nil, nil) }

// administrator is the one of the sample clinic.
func administrator() clinical.Operator { return operators()[3] }

// clinicScenes are the page of the practice as a whole.
func (c Clinic) clinicScenes() []Scene {
	on := func(name string, s *scene, tap ...string) Scene {
		return Scene{Name: "clinic-" + name, Page: "clinic", Tap: tap, Desk: s.done()}
	}
	return []Scene{
		on("operators", c.closed("rf", administrator())),
		on("closed", c.practice()),
	}
}
