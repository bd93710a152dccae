package sample

import (
	"stipple/app/clinical"
)

// Staff is who works in the sample clinic.
func (d *Desk) Staff(done func([]clinical.Operator, error)) { done(operators(), nil) }

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
