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

// The entry of a record that says that another operator took over. It stands
// among the alarms, which are the record's journal: it is appended, and on disk
// within their 250 ms. It is no alarm, and is counted as none.
const (
	// MarkHandOver is its mark. By is who took over and At when; who was at work
	// before is By of the entry before, or who opened the treatment.
	MarkHandOver AlarmMark = "hand_over"
	// TextHandOver is its stable name.
	TextHandOver = "hand_over"
)

// HandOver is one change of the operator while a treatment was open.
type HandOver struct {
	At       time.Time
	From, To string // the operators' names at that time
}

// HandOvers lists the changes of the operator in a treatment that was read with
// its alarms, in their order.
func (t Treatment) HandOvers() []HandOver {
	var out []HandOver
	from := t.Operator.Name
	for _, a := range t.Alarms {
		if a.Mark == MarkHandOver {
			out = append(out, HandOver{At: a.At, From: from, To: a.By})
			from = a.By
		}
	}
	return out
}
