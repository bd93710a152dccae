package clinical

import (
	"slices"
	"time"

	"stipple/app/coded"
)

// Member is somebody on the clinic's list, with their way in.
type Member struct {
	Operator             // without a name: a way in that belongs to nobody
	SignIn        string // the name that is typed; empty: there is no way in
	HoldsPatients bool   // the way in holds the patients' key
	Since         time.Time
}

// Works says whether the member is somebody who works here.
func (m Member) Works() bool { return m.Name != "" && !m.Left }

// CanSignIn says whether somebody who works here has a way in.
func (m Member) CanSignIn() bool { return m.Works() && m.SignIn != "" }

// Whole says whether the way in of somebody who works here is there and holds what the
// role needs. It is not where a change came only half way, and such a change can be
// made again.
func (m Member) Whole() bool {
	return m.CanSignIn() && m.HoldsPatients == m.Role.HoldsPatients()
}

// Staff are all who are or were on the clinic's list, and the ways in that belong to
// nobody.
type Staff []Member

// Find is the member of an id; false if there is none.
func (s Staff) Find(id ID) (Member, bool) {
	i := slices.IndexFunc(s, func(m Member) bool { return m.ID == id })
	if i < 0 {
		return Member{}, false
	}
	return s[i], true
}

// Vacant says that nobody who can sign in is an administrator.
func (s Staff) Vacant() bool { return !s.others(RoleAdministrator, "") }

// others says whether somebody else of a role can sign in and do what it is there for.
func (s Staff) others(r Role, but ID) bool {
	return slices.ContainsFunc(s, func(m Member) bool {
		return m.ID != but && m.Role == r && m.CanSignIn() && (m.HoldsPatients || !r.HoldsPatients())
	})
}

// Why a change of the staff is refused.
var (
	// ErrFirstAdministrator: who acts in the place of an administrator may only add
	// one. Code "first_administrator".
	ErrFirstAdministrator = coded.New("first_administrator", "until there is an administrator, only that one can be added")
	// ErrSelf: one's own role or place on the list is another administrator's matter.
	// Code "staff_self".
	ErrSelf = coded.New("staff_self", "nobody changes their own role or removes themselves")
	// ErrLastAdministrator: the clinic would be without one. Code "last_administrator".
	ErrLastAdministrator = coded.New("last_administrator", "nobody else is administrator")
	// ErrLastSenior: nobody could make a clinician any more. Code "last_senior".
	ErrLastSenior = coded.New("last_senior", "nobody else is senior clinician")
	// ErrNotStaff: nobody who works here is that. Code "not_staff".
	ErrNotStaff = coded.New("not_staff", "that is nobody who works here")
	// ErrStranger: who signed in is nobody who works here. Code "stranger".
	ErrStranger = coded.New("stranger", "this sign-in belongs to nobody who works here")
	// ErrOpenStaff: in a training store nobody signs in. Code "staff_open".
	ErrOpenStaff = coded.New("staff_open", "in a training store nobody signs in")
	// ErrNameTaken: somebody who works here, or did, has the name. Code "name_taken".
	ErrNameTaken = coded.New("name_taken", "somebody on the list has that name")
	// ErrWorks: who is to be taken up works here and can sign in. Code "staff_works".
	ErrWorks = coded.New("staff_works", "that person works here already")
	// ErrSigner: who signed is no senior clinician. Code "signer".
	ErrSigner = coded.New("signer", "only a senior clinician can sign that")
	// ErrUnsigned: the signature is missing. Code "unsigned".
	ErrUnsigned = coded.New("unsigned", "a senior clinician has to sign that")
)

// MayAdd says whether by may take somebody up in a role: with an id one who is on the
// list and has left, or has no way in.
func (s Staff) MayAdd(by Operator, id ID, role Role) error {
	if !by.Role.May(PermitOperators) && (role != RoleAdministrator || !s.Vacant()) {
		return ErrFirstAdministrator
	}
	if id == "" {
		return nil
	}
	switch m, found := s.Find(id); {
	case !found || m.Name == "":
		return ErrNotStaff
	case m.CanSignIn():
		return ErrWorks
	}
	return nil
}

// MayChange says whether by may give somebody who works here a role, which may be the
// one that they have.
func (s Staff) MayChange(by Operator, id ID, role Role) error {
	m, found := s.Find(id)
	if !found || !m.Works() {
		return ErrNotStaff
	}
	if m.Role == role {
		return s.mayTouch(by)
	}
	return s.mayTake(by, m)
}

// MayRenew says whether by may give somebody who works here a new passphrase.
func (s Staff) MayRenew(by Operator, id ID) error {
	if m, found := s.Find(id); !found || !m.CanSignIn() {
		return ErrNotStaff
	}
	return s.mayTouch(by)
}

// MayRemove says whether by may take somebody off the list, or away a way in that
// belongs to nobody.
func (s Staff) MayRemove(by Operator, id ID) error {
	m, found := s.Find(id)
	if !found || m.Left && m.SignIn == "" {
		return ErrNotStaff
	}
	return s.mayTake(by, m)
}

// mayTouch says whether by may change those who work here at all.
func (s Staff) mayTouch(by Operator) error {
	if !by.Role.May(PermitOperators) {
		return ErrFirstAdministrator
	}
	return nil
}

// mayTake says whether by may take its role from a member.
func (s Staff) mayTake(by Operator, m Member) error {
	last := func(r Role) bool { return m.Works() && m.Role == r && !s.others(r, m.ID) }
	switch {
	case s.mayTouch(by) != nil:
		return s.mayTouch(by)
	case last(RoleAdministrator):
		return ErrLastAdministrator
	case last(RoleSeniorClinician):
		return ErrLastSenior
	case m.ID == by.ID:
		return ErrSelf
	}
	return nil
}

// GrantsClinical says whether a new role needs a senior clinician's signature: it makes
// somebody a clinician, or a clinician a senior one. before is zero for who is new.
func GrantsClinical(before, after Role) bool {
	return after.HoldsPatients() && after != before && before != RoleSeniorClinician
}
