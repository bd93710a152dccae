package protocol

import "fmt"

// Role is who asks for a change. The console says it; the pen holds each
// request against SPEC.md section 4.4, so that a console with a mistake in its
// own table of roles still can't arm a pen for a technician.
type Role uint8

// The roles; safety.md section 8.
const (
	RoleNone            Role = 0 // not said: may ask, and change nothing
	RoleClinician       Role = 1
	RoleSeniorClinician Role = 2
	RoleTechnician      Role = 3
	RoleServiceEngineer Role = 4
	RoleAdministrator   Role = 5
)

// roleNames are the words of the descriptor's write_role and of the vectors.
var roleNames = [...]string{"none", "clinician", "senior_clinician", "technician", "service_engineer", "administrator"}

// String is the word that the descriptor uses for the role.
func (r Role) String() string {
	if int(r) < len(roleNames) {
		return roleNames[r]
	}
	return fmt.Sprintf("role_%d", uint8(r))
}

// RoleNamed is the role with that word; false where there is none. RoleNone
// has a word, but nobody may be it.
func RoleNamed(name string) (Role, bool) {
	for r, n := range roleNames {
		if n == name && r != 0 {
			return Role(r), true
		}
	}
	return RoleNone, false
}

// May says whether r may write a parameter whose write_role is least. A senior
// clinician may what a clinician may; apart from that each role has its own.
func (r Role) May(least Role) bool {
	return r != RoleNone && (r == least || least == RoleClinician && r == RoleSeniorClinician)
}

// rolesOf is the table of SPEC.md section 4.4: who may send a request that
// changes something. A request that is not in it needs no role.
var rolesOf = map[Type][]Role{
	TypePutEnvelope:    {RoleClinician, RoleSeniorClinician},
	TypePutSettings:    {RoleClinician, RoleSeniorClinician, RoleTechnician, RoleServiceEngineer, RoleAdministrator}, // and each parameter's write_role
	TypeArm:            {RoleClinician, RoleSeniorClinician},
	TypeClear:          {RoleClinician, RoleSeniorClinician, RoleTechnician, RoleServiceEngineer, RoleAdministrator},
	TypeTipBind:        {RoleClinician, RoleSeniorClinician},
	TypeCounterReset:   {RoleTechnician, RoleServiceEngineer},
	TypeService:        {RoleTechnician, RoleServiceEngineer},
	TypeSelfTest:       {RoleTechnician, RoleServiceEngineer},
	TypeTestOutput:     {RoleTechnician, RoleServiceEngineer},
	TypeCalWrite:       {RoleTechnician},
	TypeCalCommit:      {RoleTechnician},
	TypeCalRestore:     {RoleTechnician},
	TypeUTCSet:         {RoleTechnician, RoleServiceEngineer, RoleAdministrator},
	TypeLogErase:       {RoleServiceEngineer},
	TypeLogNote:        {RoleClinician, RoleSeniorClinician, RoleTechnician, RoleServiceEngineer, RoleAdministrator},
	TypeFirmwareBegin:  {RoleServiceEngineer},
	TypeFirmwareVerify: {RoleServiceEngineer},
	TypeFirmwareCommit: {RoleServiceEngineer},
	TypeFirmwareAbort:  {RoleServiceEngineer},
}

// MaySend says whether r may send a request of type t; true for one that needs
// no role.
func (r Role) MaySend(t Type) bool {
	roles, needed := rolesOf[t]
	if !needed {
		return true
	}
	for _, allowed := range roles {
		if r == allowed {
			return true
		}
	}
	return false
}

// RolesOf lists the roles that may send t, in ascending order; nil for a
// request that needs none. The caller must not change it.
func RolesOf(t Type) []Role { return rolesOf[t] }

// Once is a command that must not happen twice: it carries a command id, and
// the pen answers RESULT.
type Once interface {
	Message
	// ID is the command id.
	ID() uint64
	// Writer is the role that the command was sent in.
	Writer() Role
}
