package words

import (
	"testing"

	"stipple/app/clinical"
	"stipple/app/console"
)

// Whatever is not permitted says whose it is, and what to do.
func TestEveryPermissionHasItsWords(t *testing.T) {
	w := English()
	seen := make(map[string]clinical.Permission)
	for _, p := range clinical.Permissions() {
		s := w.Error(&console.NotPermittedError{Permission: p, Role: clinical.RoleTechnician})
		if s.Do == "" || !w.Has("error.not_permitted_"+string(p)) {
			t.Errorf("%s has no words: %+v", p, s)
		}
		if other, again := seen[s.What]; again {
			t.Errorf("%s and %s say the same", p, other)
		}
		seen[s.What] = p
		if s := w.Error(&console.NotPermittedError{Permission: p}); s.What != w.T("error.nobody_at_work") {
			t.Errorf("%s, for nobody: %+v", p, s)
		}
	}
}

// What is withheld names the pen and nobody.
func TestWithheldHasItsWords(t *testing.T) {
	w := English()
	for _, e := range []*console.WithheldError{{Pen: "0042"}, {Pen: "0042", Contradicted: true}} {
		if s := w.Error(e); s.What != w.T("error."+e.Code(), "0042") || s.Do == "" {
			t.Errorf("%+v", s)
		}
	}
}

// Whatever is refused about the staff says what to do.
func TestStaffRefusalsHaveTheirWords(t *testing.T) {
	w := English()
	for _, err := range []error{
		clinical.ErrFirstAdministrator, clinical.ErrSelf, clinical.ErrLastAdministrator, clinical.ErrLastSenior, clinical.ErrNotStaff,
		clinical.ErrStranger, clinical.ErrOpenStaff, clinical.ErrNameTaken, clinical.ErrWorks, clinical.ErrSigner, clinical.ErrUnsigned,
		&console.HalfError{Name: "T. Roth", Cause: clinical.ErrSelf}, &console.StaffError{},
		&coded{code: "last_slot"}, &coded{code: "no_slot"}, &coded{code: "slots_full"}, &coded{code: "wait"},
	} {
		if s := w.Error(err); s.Do == "" || s.Do == w.T("error.unknown.do") {
			t.Errorf("%v: %+v", err, s)
		}
	}
	if s := w.Error(&console.HalfError{Name: "T. Roth"}); s.What != "Only the first half of the change of T. Roth was done." {
		t.Errorf("%+v", s)
	}
}
