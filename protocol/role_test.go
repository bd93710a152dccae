package protocol

import (
	"slices"
	"testing"
)

// TestRoles: every request that carries a role has its roles, every other one
// needs none, and a role that is not in the table may send nothing that needs
// one.
func TestRoles(t *testing.T) {
	all := []Role{RoleNone, RoleClinician, RoleSeniorClinician, RoleTechnician, RoleServiceEngineer, RoleAdministrator, 200}
	for _, typ := range allTypes() {
		info, _ := describe(typ)
		_, carries := jsonOf(t, messageFields(info.make()))["role"]
		roles := RolesOf(typ)
		if carries != (roles != nil) {
			t.Errorf("%v carries a role: %v, the table has %v", typ, carries, roles)
		}
		if !slices.IsSorted(roles) {
			t.Errorf("%v: %v is not in order", typ, roles)
		}
		for _, r := range all {
			if got, want := r.MaySend(typ), !carries || slices.Contains(roles, r); got != want {
				t.Errorf("%v may send %v: %v, want %v", r, typ, got, want)
			}
		}
		if once, ok := info.make().(Once); ok && (once.Writer() != RoleNone || once.ID() != 0 || !carries) {
			t.Errorf("%v: an empty one has id %d and role %v, carries one: %v", typ, once.ID(), once.Writer(), carries)
		}
	}
}

// TestRoleMay: a senior clinician may what a clinician may; apart from that
// each role has its own.
func TestRoleMay(t *testing.T) {
	for r := RoleNone; r <= RoleAdministrator+1; r++ {
		for least := RoleClinician; least <= RoleAdministrator; least++ {
			want := r == least || r == RoleSeniorClinician && least == RoleClinician
			if got := r.May(least); got != want {
				t.Errorf("%v may write what is %v's: %v, want %v", r, least, got, want)
			}
		}
		name, ok := RoleNamed(r.String())
		if known := r >= RoleClinician && r <= RoleAdministrator; ok != known || known && name != r {
			t.Errorf("%q is %v, %v", r, name, ok)
		}
	}
	if RoleNone.May(RoleNone) {
		t.Error("nobody may something")
	}
}
