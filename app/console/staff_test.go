package console_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"

	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/device/sim"
)

// vacantStaff is a list without an administrator until one is added.
type vacantStaff struct {
	list
	added *bool
}

func (s vacantStaff) Staff(ctx context.Context) (clinical.Staff, error) {
	all, err := s.list.Staff(ctx)
	return slices.DeleteFunc(all, func(m clinical.Member) bool { return m.Role == clinical.RoleAdministrator && !*s.added }), err
}

func (s vacantStaff) AddOperator(ctx context.Context, n console.NewOperator) (clinical.Staff, error) {
	*s.added = true
	n.Passphrase[0] = 'x' // it is there until the change has ended
	return s.Staff(ctx)
}

// While nobody is administrator a senior clinician may see the staff, and nobody else;
// once there is one it is over.
func TestASeniorClinicianStandsIn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		added := false
		b := newBenchFrom(t, sim.R1, false, func(*bench) {}, func(cfg *console.Config) {
			cfg.Staff = vacantStaff{list{cfg.Records.(records).Store}, &added}
		})
		defer b.stop()
		b.until("no administrator", func(v *console.View) bool { return v.Vacant })
		may := func(want bool) {
			t.Helper()
			var got error
			b.desk.Staff(func(_ clinical.Staff, err error) { got = err })
			synctest.Wait()
			var not *console.NotPermittedError
			if errors.As(got, &not) == want {
				t.Errorf("%s: %v", b.desk.View().Operator.Role, got)
			}
		}
		for _, r := range []clinical.Role{clinical.RoleTechnician, clinical.RoleServiceEngineer, ""} {
			b.work(r)
			may(false)
		}
		b.work(clinical.RoleSeniorClinician)
		may(true)
		secret, sign := []byte("four words beat one"), []byte("and a second set")
		b.desk.AddOperator(console.NewOperator{Passphrase: secret, Signature: console.Signature{Passphrase: sign}}, func(_ clinical.Staff, err error) {
			if err != nil {
				t.Error(err)
			}
		})
		b.until("an administrator", func(v *console.View) bool { return !v.Vacant })
		may(false)
		for _, s := range [][]byte{secret, sign} {
			if slices.ContainsFunc(s, func(c byte) bool { return c != 0 }) {
				t.Errorf("a secret is left: %q", s)
			}
		}
		again := []byte("four words beat one")
		b.desk.AddOperator(console.NewOperator{Passphrase: again}, func(clinical.Staff, error) {})
		synctest.Wait()
		if again[0] != 0 {
			t.Error("a secret of what was refused is left")
		}
	})
}

// Whose name is changed while they are at work has the new one at once.
func TestRenamedWhileAtWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sim.R1, true)
		defer b.stop()
		o := b.work(clinical.RoleAdministrator)
		b.desk.ChangeOperator(console.OperatorChange{ID: o.ID, Name: "M. Ortega-Ruiz", Role: o.Role}, func(clinical.Staff, error) {})
		b.until("the new name", func(v *console.View) bool {
			return v.Operator.Name == "M. Ortega-Ruiz" && slices.ContainsFunc(v.Operators, func(p clinical.Operator) bool { return p == v.Operator })
		})
	})
}

// onlyOne is who has signed in to a practice.
type onlyOne struct{ who clinical.Operator }

func (o onlyOne) Operators(context.Context) ([]clinical.Operator, error) {
	return []clinical.Operator{o.who}, nil
}

// Who has signed in is at work, whatever they may do there.
func TestWhoSignedInIsAtWork(t *testing.T) {
	for _, r := range clinical.Roles() {
		synctest.Test(t, func(t *testing.T) {
			who := clinical.Operator{ID: "x", Name: "X", Role: r}
			b := newBenchFrom(t, sim.R1, false, func(*bench) {}, func(cfg *console.Config) { cfg.Operators = onlyOne{who} })
			defer b.stop()
			b.until(string(r), func(v *console.View) bool { return v.Operator == who })
		})
	}
}
