package clinical

import "stipple/protocol"

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

// MayTreat says whether the role treats patients at all (safety.md section 8).
func (r Role) MayTreat() bool { return r == RoleClinician || r == RoleSeniorClinician }

// MayLeaveRecommended says whether the role may set a value outside the
// recommended range, with a reason.
func (r Role) MayLeaveRecommended() bool { return r.MayTreat() }

// MayOverride says whether the role may activate a specialist's override.
func (r Role) MayOverride() bool { return r == RoleSeniorClinician }

// roleRefusal words why the role does not treat.
func roleRefusal(r Role) string {
	if r == "" {
		return "nobody has signed in"
	}
	return "a " + string(r) + " does not treat"
}
