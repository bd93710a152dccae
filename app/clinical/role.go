package clinical

import (
	"time"

	"stipple/protocol"
)

// Roles lists all of them, in the order of safety.md section 8.
func Roles() []Role {
	return []Role{RoleClinician, RoleSeniorClinician, RoleTechnician, RoleServiceEngineer, RoleAdministrator}
}

// Wire is the role as the link names it; RoleNone for one that is not known.
func (r Role) Wire() protocol.Role {
	switch r {
	case RoleClinician:
		return protocol.RoleClinician
	case RoleSeniorClinician:
		return protocol.RoleSeniorClinician
	case RoleTechnician:
		return protocol.RoleTechnician
	case RoleServiceEngineer:
		return protocol.RoleServiceEngineer
	case RoleAdministrator:
		return protocol.RoleAdministrator
	}
	return protocol.RoleNone
}

// MayTreat is May(PermitTreat): the question that is asked most.
func (r Role) MayTreat() bool { return r.May(PermitTreat) }

// HoldsPatients says whether who has the role holds the patients' key: without it
// there is nothing of a patient to see (safety.md section 9).
func (r Role) HoldsPatients() bool { return r.May(PermitPatientData) }

// roleRefusal words why the role does not treat.
func roleRefusal(r Role) string {
	if r == "" {
		return "nobody has signed in"
	}
	return "a " + string(r) + " does not treat"
}

// HandOver is one change of the operator while a treatment was open. It is appended to
// the record, and on disk within the 250 ms of pulses and alarms.
type HandOver struct {
	At       time.Time
	From, To Operator // as they were then
}

// AtWork is who is at work in the treatment by its record: who took over last, or who
// opened it.
func (t Treatment) AtWork() Operator {
	if n := len(t.HandOvers); n > 0 {
		return t.HandOvers[n-1].To
	}
	return t.Operator
}
