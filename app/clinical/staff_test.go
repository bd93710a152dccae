package clinical

import (
	"errors"
	"testing"
)

// While nobody is administrator, a senior clinician has what somebody has to do, and
// nobody else has anything more than else.
func TestPermissionsWhileThereIsNoAdministrator(t *testing.T) {
	for _, r := range append(Roles(), "") {
		for _, p := range Permissions() {
			deputy := r == RoleSeniorClinician && (p == PermitOperators || p == PermitBackup)
			if got := r.MayWhile(true, p); got != (r.May(p) || deputy) {
				t.Errorf("%q, %s: %v", r, p, got)
			}
			if r.MayWhile(false, p) != r.May(p) {
				t.Errorf("%q, %s: otherwise with an administrator", r, p)
			}
		}
	}
}

// A new role that opens patients, or that lets somebody grant one, takes a signature.
func TestGrantsClinical(t *testing.T) {
	asks := map[[2]Role]bool{{RoleClinician, RoleSeniorClinician}: true}
	for _, before := range []Role{"", RoleTechnician, RoleServiceEngineer, RoleAdministrator} {
		asks[[2]Role{before, RoleClinician}] = true
		asks[[2]Role{before, RoleSeniorClinician}] = true
	}
	for _, before := range append(Roles(), "") {
		for _, after := range Roles() {
			if got := GrantsClinical(before, after); got != asks[[2]Role{before, after}] {
				t.Errorf("%q to %s: %v", before, after, got)
			}
		}
	}
}

// someone is a member with a way in that holds what the role needs.
func someone(id ID, r Role) Member {
	return Member{Operator: Operator{ID: id, Name: string(id), Role: r}, SignIn: string(id), HoldsPatients: r.HoldsPatients()}
}

// without is a member without a way in.
func without(m Member) Member {
	m.SignIn, m.HoldsPatients = "", false
	return m
}

func TestStaffRules(t *testing.T) {
	senior, admin := someone("senior", RoleSeniorClinician), someone("admin", RoleAdministrator)
	second, other := someone("second", RoleAdministrator), someone("other", RoleSeniorClinician)
	tech := someone("tech", RoleTechnician)
	left := without(tech)
	left.Left = true
	stayed := tech
	stayed.Left = true
	ghost := Member{Operator: Operator{ID: "ghost"}, SignIn: "ghost"}
	locked := other // a backup took the patients' key out of the slot
	locked.HoldsPatients = false

	add := func(id ID, r Role) func(Staff, Operator) error {
		return func(s Staff, by Operator) error { return s.MayAdd(by, id, r) }
	}
	change := func(id ID, r Role) func(Staff, Operator) error {
		return func(s Staff, by Operator) error { return s.MayChange(by, id, r) }
	}
	remove := func(id ID) func(Staff, Operator) error {
		return func(s Staff, by Operator) error { return s.MayRemove(by, id) }
	}
	renew := func(id ID) func(Staff, Operator) error {
		return func(s Staff, by Operator) error { return s.MayRenew(by, id) }
	}
	for name, c := range map[string]struct {
		staff Staff
		by    Member
		ask   func(Staff, Operator) error
		want  error
	}{
		"the first administrator":            {Staff{senior}, senior, add("", RoleAdministrator), nil},
		"another before the first":           {Staff{senior}, senior, add("", RoleTechnician), ErrFirstAdministrator},
		"a second by the senior clinician":   {Staff{senior, admin}, senior, add("", RoleAdministrator), ErrFirstAdministrator},
		"the first was never given a way in": {Staff{senior, without(admin)}, senior, add("admin", RoleAdministrator), nil},
		"change before the first":            {Staff{senior, tech}, senior, change("tech", RoleAdministrator), ErrFirstAdministrator},
		"rename before the first":            {Staff{senior, tech}, senior, change("tech", RoleTechnician), ErrFirstAdministrator},
		"renew before the first":             {Staff{senior, tech}, senior, renew("tech"), ErrFirstAdministrator},
		"remove before the first":            {Staff{senior, tech}, senior, remove("tech"), ErrFirstAdministrator},
		"anybody by the administrator":       {Staff{senior, admin}, admin, add("", RoleClinician), nil},
		"who left":                           {Staff{senior, admin, left}, admin, add("tech", RoleTechnician), nil},
		"who works here":                     {Staff{senior, admin, tech}, admin, add("tech", RoleTechnician), ErrWorks},
		"nobody":                             {Staff{senior, admin}, admin, add("x", RoleTechnician), ErrNotStaff},
		"a way in of nobody as somebody":     {Staff{senior, admin, ghost}, admin, add("ghost", RoleTechnician), ErrNotStaff},
		"another role":                       {Staff{senior, admin, tech}, admin, change("tech", RoleServiceEngineer), nil},
		"a role for who left":                {Staff{senior, admin, left}, admin, change("tech", RoleServiceEngineer), ErrNotStaff},
		"one's own role":                     {Staff{senior, admin, second}, admin, change("admin", RoleTechnician), ErrSelf},
		"one's own name":                     {Staff{senior, admin}, admin, change("admin", RoleAdministrator), nil},
		"the last administrator":             {Staff{senior, admin}, admin, change("admin", RoleTechnician), ErrLastAdministrator},
		"the other administrator":            {Staff{senior, admin, second}, admin, change("second", RoleTechnician), nil},
		"the last senior clinician":          {Staff{senior, admin}, admin, change("senior", RoleClinician), ErrLastSenior},
		"one of two senior clinicians":       {Staff{senior, admin, other}, admin, change("senior", RoleClinician), nil},
		"the other one can't sign in":        {Staff{senior, admin, without(other)}, admin, change("senior", RoleClinician), ErrLastSenior},
		"the other one can't open patients":  {Staff{senior, admin, locked}, admin, remove("senior"), ErrLastSenior},
		"remove":                             {Staff{senior, admin, tech}, admin, remove("tech"), nil},
		"remove oneself":                     {Staff{senior, admin, second}, admin, remove("admin"), ErrSelf},
		"remove the last administrator":      {Staff{senior, admin}, admin, remove("admin"), ErrLastAdministrator},
		"remove the last senior clinician":   {Staff{senior, admin}, admin, remove("senior"), ErrLastSenior},
		"remove who left":                    {Staff{senior, admin, left}, admin, remove("tech"), ErrNotStaff},
		"remove the way in of who left":      {Staff{senior, admin, stayed}, admin, remove("tech"), nil},
		"remove a way in of nobody":          {Staff{senior, admin, ghost}, admin, remove("ghost"), nil},
		"renew":                              {Staff{senior, admin, tech}, admin, renew("tech"), nil},
		"renew one's own":                    {Staff{senior, admin}, admin, renew("admin"), nil},
		"renew who has no way in":            {Staff{senior, admin, without(tech)}, admin, renew("tech"), ErrNotStaff},
		"renew a way in of nobody":           {Staff{senior, admin, ghost}, admin, renew("ghost"), ErrNotStaff},
		"a technician adds":                  {Staff{senior, admin, tech}, tech, add("", RoleTechnician), ErrFirstAdministrator},
		"a technician removes":               {Staff{senior, admin, tech}, tech, remove("senior"), ErrFirstAdministrator},
	} {
		if err := c.ask(c.staff, c.by.Operator); !errors.Is(err, c.want) || c.want == nil && err != nil {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
	}
}
