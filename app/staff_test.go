package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"stipple/app/audit"
	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/store"
	"stipple/app/vault"
)

// clinic is a practice with real files: a senior clinician who set it up, and whoever a
// test adds. Each has their sign-in name as name and the same passphrase.
type clinic struct {
	*staff
	t   *testing.T
	d   *door
	e   *entry // who opened it
	at  time.Time
	ids map[string]clinical.ID
}

// newClinic sets a practice up: "senior", and one of each of the roles.
func newClinic(t *testing.T, roles ...clinical.Role) *clinic {
	t.Helper()
	d := doorAt(t, t.TempDir())
	e, err := d.setUp(newcomer{name: "senior", signIn: "senior", passphrase: []byte(goodPassphrase), code: recoveryCode(t)})
	if err != nil {
		t.Fatal(err)
	}
	c := &clinic{t: t, d: d, ids: map[string]clinical.ID{"senior": e.who}}
	c.use(e)
	t.Cleanup(func() { c.leave() })
	if len(roles) == 0 {
		return c
	}
	c.add("senior", "admin", clinical.RoleAdministrator)
	for _, r := range roles {
		c.add("admin", strings.ReplaceAll(string(r), " ", "-"), r)
	}
	return c
}

// use opens the store for who came in.
func (c *clinic) use(e *entry) {
	c.t.Helper()
	s, err := e.open(c.t.Context(), c.d.path)
	if err != nil {
		c.t.Fatal(err)
	}
	c.e = e
	c.staff = &staff{store: s, slots: e.slots, keys: func() *vault.Vault { return e.keys }, now: func() time.Time { return c.at }}
}

func (c *clinic) leave() {
	c.t.Helper()
	if err := errors.Join(c.store.Close(), c.e.keys.Close()); err != nil {
		c.t.Error(err)
	}
}

// again ends the program and lets somebody in.
func (c *clinic) again(signIn string) {
	c.t.Helper()
	c.leave()
	c.d = doorAt(c.t, c.d.dir)
	e, err := c.d.signIn(signIn, []byte(goodPassphrase))
	if err != nil {
		c.t.Fatal(err)
	}
	c.use(e)
}

// as is a context in which somebody is at work.
func (c *clinic) as(name string) context.Context {
	return audit.By(c.t.Context(), audit.Actor{Operator: c.member(name).Operator})
}

// member is somebody on the list, by the name that they had first.
func (c *clinic) member(name string) clinical.Member {
	c.t.Helper()
	all, err := c.Staff(c.t.Context())
	if err != nil {
		c.t.Fatal(err)
	}
	m, _ := all.Find(c.ids[name])
	return m
}

// sign is a signature by a sign-in name.
func sign(name string) console.Signature {
	return console.Signature{SignIn: name, Passphrase: []byte(goodPassphrase)}
}

func newcomerOf(name string, r clinical.Role) console.NewOperator {
	return console.NewOperator{Name: name, Role: r, SignIn: name, Passphrase: []byte(goodPassphrase), Signature: sign("senior")}
}

// add adds somebody by somebody, with the senior clinician's signature.
func (c *clinic) add(by, name string, r clinical.Role) {
	c.t.Helper()
	all, err := c.AddOperator(c.as(by), newcomerOf(name, r))
	if err != nil {
		c.t.Fatal(name, err)
	}
	i := slices.IndexFunc(all, func(m clinical.Member) bool { return m.Name == name })
	c.ids[name] = all[i].ID
}

// opens says whether a passphrase opens a slot, and whether patients with it.
func (c *clinic) opens(signIn, passphrase string) (in, patients bool) {
	c.t.Helper()
	slots, err := vault.Load(c.d.dir, cheapKeys())
	if err != nil {
		c.t.Fatal(err)
	}
	keys, _, err := slots.SignIn(signIn, []byte(passphrase), c.at)
	if errors.Is(err, vault.ErrWrong) {
		return false, false
	}
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = keys.Close() }()
	return true, keys.HoldsPatients()
}

// said are the newest entries of the audit chain: who, with whom, what, about whom, and
// the changes.
func (c *clinic) said(n int) []string {
	c.t.Helper()
	all, err := c.store.AuditEntries(c.t.Context(), 0, 1000)
	if err != nil {
		c.t.Fatal(err)
	}
	var out []string
	for _, e := range all[max(len(all)-n, 0):] {
		line := e.Operator.Name
		if e.Second.Name != "" {
			line += "+" + e.Second.Name
		}
		line += " " + string(e.Action)
		for name, id := range c.ids {
			if string(id) == e.Subject.ID {
				line += " " + name
			}
		}
		for _, ch := range e.Changes {
			line += fmt.Sprintf(" %s:%v>%v", ch.Field, ch.Before, ch.After)
		}
		out = append(out, line)
	}
	return out
}

func (c *clinic) expect(want ...string) {
	c.t.Helper()
	if got := c.said(len(want)); !slices.Equal(got, want) {
		c.t.Errorf("the audit says\n%q\nwant\n%q", got, want)
	}
}

// slots are the bytes of the key slots.
func (c *clinic) slotBytes() string {
	c.t.Helper()
	b, err := os.ReadFile(filepath.Join(c.d.dir, vault.SlotsName))
	if err != nil {
		c.t.Fatal(err)
	}
	return string(b)
}

// field is what is wrong with a field of a form.
func field(err error, f console.StaffField) error {
	var form *console.StaffError
	if !errors.As(err, &form) {
		return nil
	}
	return form.Fields[f]
}

// The first administrator is added by the senior clinician alone; from then on only the
// administrator adds anybody, and a clinician only with a senior clinician's signature.
func TestStaffGrows(t *testing.T) {
	c := newClinic(t)
	if _, err := c.AddOperator(c.as("senior"), newcomerOf("tech", clinical.RoleTechnician)); !errors.Is(err, clinical.ErrFirstAdministrator) {
		t.Errorf("a technician, before there is an administrator: %v", err)
	}
	c.add("senior", "admin", clinical.RoleAdministrator)
	c.expect("senior operator.add admin name:>admin role:>administrator",
		"senior passphrase.change admin sign_in:>admin")
	if in, patients := c.opens("admin", goodPassphrase); !in || patients {
		t.Errorf("the administrator: in %v, patients %v", in, patients)
	}
	if _, err := c.AddOperator(c.as("senior"), newcomerOf("other", clinical.RoleAdministrator)); !errors.Is(err, clinical.ErrFirstAdministrator) {
		t.Errorf("a second administrator by the senior clinician: %v", err)
	}
	c.again("admin") // holds no patient key
	n := newcomerOf("Dr B", clinical.RoleClinician)
	n.SignIn = "B.Berg"
	all, err := c.AddOperator(c.as("admin"), n)
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(all, func(m clinical.Member) bool { return m.Name == "Dr B" })
	if m := all[i]; !m.Whole() || m.SignIn != "b.berg" || time.Since(m.Since).Abs() > time.Hour {
		t.Errorf("%+v", m)
	}
	c.ids["Dr B"] = all[i].ID
	c.expect("admin+senior operator.add Dr B name:>Dr B role:>clinician",
		"admin+senior passphrase.change Dr B sign_in:>b.berg patient_key:no>yes")
	if in, patients := c.opens("b.berg", goodPassphrase); !in || !patients {
		t.Errorf("the clinician: in %v, patients %v", in, patients)
	}
}

// Who may not sign, and what happens to whoever tries: nothing but an entry.
func TestSignaturesThatAreRefused(t *testing.T) {
	c := newClinic(t, clinical.RoleClinician, clinical.RoleTechnician)
	wrong := console.Signature{SignIn: "senior", Passphrase: []byte("another passphrase")}
	for name, row := range map[string]struct {
		sig  console.Signature
		want error
	}{
		"none":               {console.Signature{}, clinical.ErrUnsigned},
		"without a name":     {console.Signature{Passphrase: []byte(goodPassphrase)}, clinical.ErrUnsigned},
		"a wrong passphrase": {wrong, vault.ErrWrong},
		"nobody's":           {sign("nobody"), vault.ErrWrong},
		"a clinician's":      {sign("clinician"), clinical.ErrSigner},
		"a technician's":     {sign("technician"), clinical.ErrSigner},
		"one's own":          {sign("admin"), clinical.ErrSigner},
	} {
		before := c.slotBytes()
		list, err := c.store.Everybody(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		n := newcomerOf("berg", clinical.RoleClinician)
		n.Signature = row.sig
		_, added := c.AddOperator(c.as("admin"), n)
		_, changed := c.ChangeOperator(c.as("admin"), console.OperatorChange{
			ID: c.ids["technician"], Name: "technician", Role: clinical.RoleClinician, Passphrase: []byte(goodPassphrase), Signature: row.sig,
		})
		_, raised := c.ChangeOperator(c.as("admin"), console.OperatorChange{
			ID: c.ids["clinician"], Name: "clinician", Role: clinical.RoleSeniorClinician, Signature: row.sig,
		})
		_, renewed := c.RenewPassphrase(c.as("admin"), console.NewPassphrase{
			ID: c.ids["clinician"], Passphrase: []byte("a new set of words"), Signature: row.sig,
		})
		for what, err := range map[string]error{"add": added, "change": changed, "raise": raised, "renew": renewed} {
			var wait *vault.WaitError
			if got := field(err, console.StaffSignature); !errors.Is(got, row.want) && !errors.As(got, &wait) {
				t.Errorf("%s, %s: %v", name, what, err)
			}
		}
		after, err := c.store.Everybody(t.Context())
		if err != nil || !slices.Equal(list, after) || c.slotBytes() != before {
			t.Errorf("%s: something was changed: %v", name, err)
		}
		c.at = c.at.Add(time.Hour)
	}
	if got := c.said(100); !slices.Contains(got, "admin sign_in.failed senior tries:>1") {
		t.Errorf("a wrong signature is not in the audit: %q", got)
	}
}

// Wrong signatures are slowed down like sign-ins.
func TestSignaturesAreSlowedDown(t *testing.T) {
	c := newClinic(t, clinical.RoleTechnician)
	n := newcomerOf("berg", clinical.RoleClinician)
	var last error
	for range 5 {
		n.Signature = console.Signature{SignIn: "senior", Passphrase: []byte("another passphrase")}
		_, err := c.AddOperator(c.as("admin"), n)
		last = field(err, console.StaffSignature)
	}
	var wait *vault.WaitError
	if !errors.As(last, &wait) {
		t.Errorf("after five: %v", last)
	}
	c.at = c.at.Add(time.Hour)
	n.Signature = sign("senior")
	if _, err := c.AddOperator(c.as("admin"), n); err != nil {
		t.Error(err)
	}
}

// An administrator who chose a clinician's passphrase knows it: it opens nothing and signs
// nothing, and whoever sets another one with it is seen by its owner.
func TestPassphrasesThatSomebodyElseHasSet(t *testing.T) {
	c := newClinic(t, clinical.RoleTechnician)
	if _, err := c.AddOperator(c.as("admin"), newcomerOf("second", clinical.RoleSeniorClinician)); err != nil {
		t.Fatal(err)
	}
	n := newcomerOf("third", clinical.RoleClinician)
	n.Signature = sign("second")
	if _, err := c.AddOperator(c.as("admin"), n); !errors.Is(field(err, console.StaffSignature), errLent) {
		t.Errorf("it signs: %v", err)
	}
	l := &locker{room: &room{store: c.store}, now: func() time.Time { return c.at }}
	l.room.who.Store(c.e)
	if _, _, err := l.second("second", []byte(goodPassphrase)); !errors.Is(err, errLent) {
		t.Errorf("it takes over: %v", err)
	}
	c.leave()
	d := doorAt(t, c.d.dir)
	e, err := d.signIn("second", []byte(goodPassphrase))
	if err != nil || !e.person().Lent || e.own() != errLent {
		t.Fatal(err, e)
	}
	if e, err = d.signIn("second", []byte(goodPassphrase)); err != nil {
		t.Fatal(err)
	}
	if _, err := d.ownPassphrase(e.keys, "second", []byte(goodPassphrase)); !errors.Is(err, vault.ErrNotOwn) {
		t.Errorf("the same: %v", err)
	}
	if e, err = d.ownPassphrase(e.keys, "second", []byte("a new set of words")); err != nil || e.own() != nil {
		t.Fatal(err)
	}
	c.use(e)
	if got := c.said(2); len(got) != 2 || !strings.HasPrefix(got[0], "second passphrase.change done_at:>") || got[1] != "second sign_in" {
		t.Errorf("%q", got)
	}
	if in, _ := c.opens("second", goodPassphrase); in {
		t.Error("the old passphrase opens")
	}
	// One's own is one's own, also where an administrator sets it.
	c.again("admin")
	if _, err := c.RenewPassphrase(c.as("admin"), console.NewPassphrase{ID: c.ids["admin"], Passphrase: []byte("a new set of words")}); err != nil {
		t.Fatal(err)
	}
	if p := c.e.person(); p.Lent {
		t.Errorf("%+v", p)
	}
}

// Everything that is wrong with a form is said at once, field by field, and nothing of
// it is done.
func TestStaffFormsAreRefusedByField(t *testing.T) {
	c := newClinic(t, clinical.RoleTechnician)
	before := c.slotBytes()
	_, err := c.AddOperator(c.as("admin"), console.NewOperator{Name: "New One", Role: "surgeon", SignIn: "SENIOR", Passphrase: []byte("short")})
	if field(err, console.StaffRole) == nil || !errors.Is(field(err, console.StaffSignIn), vault.ErrTaken) || !errors.Is(field(err, console.StaffPassphrase), vault.ErrWeak) {
		t.Error(err)
	}
	_, err = c.AddOperator(c.as("admin"), console.NewOperator{Name: "TECHNICIAN", Role: clinical.RoleTechnician, SignIn: "a b", Passphrase: []byte(goodPassphrase)})
	if !errors.Is(field(err, console.StaffName), clinical.ErrNameTaken) || !errors.Is(field(err, console.StaffSignIn), vault.ErrName) {
		t.Error(err)
	}
	_, err = c.ChangeOperator(c.as("admin"), console.OperatorChange{ID: c.ids["technician"], Name: "", Role: clinical.RoleClinician, Passphrase: []byte("short")})
	if field(err, console.StaffName) == nil || !errors.Is(field(err, console.StaffPassphrase), vault.ErrWeak) {
		t.Error(err)
	}
	_, err = c.RenewPassphrase(c.as("admin"), console.NewPassphrase{ID: c.ids["technician"], Passphrase: []byte("technician")})
	if !errors.Is(field(err, console.StaffPassphrase), vault.ErrWeak) {
		t.Error(err)
	}
	if c.slotBytes() != before {
		t.Error("the slots were changed")
	}
}

// What each change of a role does to the keys, and what it takes.
func TestChangingRoles(t *testing.T) {
	c := newClinic(t, clinical.RoleClinician, clinical.RoleTechnician, clinical.RoleAdministrator)
	change := func(name string, r clinical.Role, passphrase string, sig console.Signature) error {
		_, err := c.ChangeOperator(c.as("admin"), console.OperatorChange{
			ID: c.ids[name], Name: name, Role: r, Passphrase: []byte(passphrase), Signature: sig,
		})
		return err
	}
	none := console.Signature{}
	for _, row := range []struct {
		name       string
		to         clinical.Role
		passphrase string
		sig        console.Signature
		opensWith  string
		patients   bool
	}{
		{"technician", clinical.RoleServiceEngineer, "", none, goodPassphrase, false},
		{"technician", clinical.RoleClinician, "a new set of words", sign("senior"), "a new set of words", true},
		{"technician", clinical.RoleSeniorClinician, "", sign("senior"), "a new set of words", true},
		{"technician", clinical.RoleClinician, "", none, "a new set of words", true},
		{"clinician", clinical.RoleTechnician, "", none, goodPassphrase, false},
		{"clinician", clinical.RoleTechnician, "", none, goodPassphrase, false}, // once more
		{"administrator", clinical.RoleTechnician, "", none, goodPassphrase, false},
	} {
		if err := change(row.name, row.to, row.passphrase, row.sig); err != nil {
			t.Fatalf("%s to %s: %v", row.name, row.to, err)
		}
		in, patients := c.opens(row.name, row.opensWith)
		if m := c.member(row.name); !in || patients != row.patients || m.Role != row.to || !m.Whole() {
			t.Errorf("%s to %s: in %v, patients %v, %+v", row.name, row.to, in, patients, m)
		}
	}
	c.expect("admin operator.change clinician role:clinician>technician", "admin operator.change clinician",
		"admin operator.change administrator role:administrator>technician")
	for name, want := range map[string]error{"admin": clinical.ErrLastAdministrator, "senior": clinical.ErrLastSenior} {
		if err := change(name, clinical.RoleTechnician, "", none); !errors.Is(err, want) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := c.RemoveOperator(c.as("admin"), c.ids[name]); !errors.Is(err, want) {
			t.Errorf("remove %s: %v", name, err)
		}
	}
	if err := change("technician", clinical.RoleAdministrator, "", none); err != nil {
		t.Fatal(err)
	}
	if err := change("admin", clinical.RoleTechnician, "", none); !errors.Is(err, clinical.ErrSelf) {
		t.Errorf("one's own role: %v", err)
	}
	if _, err := c.ChangeOperator(c.as("admin"), console.OperatorChange{ID: c.ids["admin"], Name: "A. Admin", Role: clinical.RoleAdministrator}); err != nil {
		t.Errorf("one's own name: %v", err)
	}
}

// A new passphrase replaces the old one, with the keys of the role.
func TestForgottenPassphrases(t *testing.T) {
	c := newClinic(t, clinical.RoleClinician, clinical.RoleTechnician)
	const fresh = "a new set of words"
	for name, patients := range map[string]bool{"clinician": true, "technician": false} {
		p := console.NewPassphrase{ID: c.ids[name], Passphrase: []byte(fresh)}
		if patients {
			p.Signature = sign("senior")
		}
		if _, err := c.RenewPassphrase(c.as("admin"), p); err != nil {
			t.Fatal(err)
		}
		if in, holds := c.opens(name, fresh); !in || holds != patients {
			t.Errorf("%s: in %v, patients %v", name, in, holds)
		}
		if in, _ := c.opens(name, goodPassphrase); in {
			t.Errorf("%s: the old passphrase opens", name)
		}
	}
	// What a backup has taken out of a slot comes back with the new passphrase.
	if err := c.slots.Restrict(c.ids["clinician"]); err != nil {
		t.Fatal(err)
	}
	if _, err := c.RenewPassphrase(c.as("admin"), console.NewPassphrase{ID: c.ids["clinician"], Passphrase: []byte(fresh), Signature: sign("senior")}); err != nil {
		t.Fatal(err)
	}
	c.expect("admin+senior passphrase.change clinician patient_key:no>yes")
}

// Who was removed can't sign in and is offered nowhere; what names them stays, and they
// can come back.
func TestRemovedAndBack(t *testing.T) {
	c := newClinic(t, clinical.RoleClinician)
	if _, err := c.RemoveOperator(c.as("admin"), c.ids["clinician"]); err != nil {
		t.Fatal(err)
	}
	c.expect("admin operator.remove clinician left:no>yes")
	if in, _ := c.opens("clinician", goodPassphrase); in {
		t.Error("they can sign in")
	}
	here, err := c.store.Operators(t.Context())
	if err != nil || slices.ContainsFunc(here, func(o clinical.Operator) bool { return o.Name == "clinician" }) {
		t.Errorf("they are offered: %v, %v", here, err)
	}
	if m := c.member("clinician"); !m.Left || m.Name != "clinician" || m.Role != clinical.RoleClinician {
		t.Errorf("%+v", m)
	}
	if _, err := c.RemoveOperator(c.as("admin"), c.ids["clinician"]); !errors.Is(err, clinical.ErrNotStaff) {
		t.Errorf("once more: %v", err)
	}
	if _, err := c.AddOperator(c.as("admin"), newcomerOf("clinician", clinical.RoleTechnician)); !errors.Is(field(err, console.StaffName), clinical.ErrNameTaken) {
		t.Errorf("somebody of their name: %v", err)
	}
	n := newcomerOf("clinician", clinical.RoleTechnician)
	n.ID, n.Signature = c.ids["clinician"], console.Signature{}
	if _, err := c.AddOperator(c.as("admin"), n); err != nil {
		t.Fatal(err)
	}
	if m := c.member("clinician"); m.Left || !m.Whole() || m.Role != clinical.RoleTechnician {
		t.Errorf("%+v", m)
	}
	if _, err := c.AddOperator(c.as("admin"), n); !errors.Is(err, clinical.ErrWorks) {
		t.Errorf("twice: %v", err)
	}
	c.expect("admin operator.add clinician role:clinician>technician left:yes>no", "admin passphrase.change clinician sign_in:>clinician")
}

// crashed runs a change that ends between the two files, and comes back as somebody.
func (c *clinic) crashed(signIn string, change func()) {
	c.t.Helper()
	c.between = func() { panic("power cut") }
	func() {
		defer func() {
			if recover() == nil {
				c.t.Error("it did not end between the files")
			}
		}()
		change()
	}()
	c.again(signIn)
}

// A power cut between the two files leaves somebody who can open less than the list
// says, never more, and the same change finishes it.
func TestStaffAfterACrashBetweenTheFiles(t *testing.T) {
	c := newClinic(t, clinical.RoleClinician, clinical.RoleTechnician)
	remember := func(name string) {
		all, err := c.Staff(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(all, func(m clinical.Member) bool { return m.Name == name })
		c.ids[name] = all[i].ID
	}

	c.crashed("admin", func() { _, _ = c.AddOperator(c.as("admin"), newcomerOf("late", clinical.RoleClinician)) })
	remember("late")
	if m := c.member("late"); m.CanSignIn() || !m.Works() {
		t.Errorf("added: %+v", m)
	}
	n := newcomerOf("late", clinical.RoleClinician)
	n.ID = c.ids["late"]
	if _, err := c.AddOperator(c.as("admin"), n); err != nil || !c.member("late").Whole() {
		t.Errorf("finished: %v", err)
	}

	change := console.OperatorChange{ID: c.ids["clinician"], Name: "clinician", Role: clinical.RoleTechnician}
	c.crashed("admin", func() { _, _ = c.ChangeOperator(c.as("admin"), change) })
	if _, patients := c.opens("clinician", goodPassphrase); patients {
		t.Error("who was to lose the key has it")
	}
	if m := c.member("clinician"); m.Role != clinical.RoleClinician || m.Whole() {
		t.Errorf("lowered: %+v", m)
	}
	if _, err := c.ChangeOperator(c.as("admin"), change); err != nil || !c.member("clinician").Whole() {
		t.Errorf("lowered at last: %v", err)
	}

	raise := func() console.OperatorChange {
		return console.OperatorChange{ID: c.ids["technician"], Name: "technician", Role: clinical.RoleClinician, Passphrase: []byte("a new set of words"), Signature: sign("senior")}
	}
	c.crashed("admin", func() { _, _ = c.ChangeOperator(c.as("admin"), raise()) })
	if in, patients := c.opens("technician", goodPassphrase); !in || patients {
		t.Errorf("raised: in %v, patients %v", in, patients)
	}
	if _, err := c.RenewPassphrase(c.as("admin"), console.NewPassphrase{ID: c.ids["technician"], Passphrase: []byte(goodPassphrase), Signature: sign("senior")}); err != nil || !c.member("technician").Whole() {
		t.Errorf("raised at last: %v", err)
	}

	c.crashed("admin", func() { _, _ = c.RemoveOperator(c.as("admin"), c.ids["late"]) })
	if in, _ := c.opens("late", goodPassphrase); in {
		t.Error("who was to be removed can sign in")
	}
	if m := c.member("late"); !m.Works() || m.CanSignIn() {
		t.Errorf("removed: %+v", m)
	}
	if _, err := c.RemoveOperator(c.as("admin"), c.ids["late"]); err != nil || !c.member("late").Left {
		t.Errorf("removed at last: %v", err)
	}
	report, err := c.store.VerifyAudit(t.Context(), nil)
	if err != nil || !report.OK() {
		t.Error(err, report)
	}
}

// A disk that refuses the second half says what is half done.
func TestHalfOfAChange(t *testing.T) {
	c := newClinic(t, clinical.RoleTechnician)
	path := filepath.Join(c.d.dir, vault.SlotsName)
	c.between = func() {
		if err := os.Rename(path, path+".away"); err != nil {
			t.Fatal(err)
		}
	}
	_, err := c.AddOperator(c.as("admin"), newcomerOf("late", clinical.RoleTechnician))
	var half *console.HalfError
	if !errors.As(err, &half) || half.Name != "late" {
		t.Error(err)
	}
	if err := os.Rename(path+".away", path); err != nil {
		t.Fatal(err)
	}
	c.between = func() {
		if err := c.store.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := c.RemoveOperator(c.as("admin"), c.ids["technician"]); !errors.As(err, &half) || !errors.Is(err, store.ErrClosed) {
		t.Error(err)
	}
	c.between = nil
	c.again("admin")
	if m := c.member("technician"); m.SignIn != "" || !m.Works() {
		t.Errorf("%+v", m)
	}
}

// A way in that belongs to nobody, or to somebody who left, lets nobody in, and can be
// removed.
func TestAWayInOfNobody(t *testing.T) {
	c := newClinic(t, clinical.RoleTechnician)
	id, err := store.NewID()
	if err == nil {
		err = c.slots.Add(c.e.keys, vault.Person{ID: id, SignIn: "ghost"}, []byte(goodPassphrase))
	}
	if err != nil {
		t.Fatal(err)
	}
	c.ids["ghost"] = id
	left := c.member("technician").Operator
	left.Left = true
	if _, err := c.store.SaveOperator(c.as("admin"), left); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"ghost", "technician"} {
		if m := c.member(name); m.SignIn != name || m.Works() {
			t.Errorf("%+v", m)
		}
		c.leave()
		e, err := doorAt(t, c.d.dir).signIn(name, []byte(goodPassphrase))
		if err != nil {
			t.Fatal(err)
		}
		if s, err := e.open(t.Context(), c.d.path); !errors.Is(err, clinical.ErrStranger) || s != nil {
			t.Errorf("%s came in: %v", name, err)
		}
		if err := e.keys.Close(); err != nil {
			t.Fatal(err)
		}
		if e, err = doorAt(t, c.d.dir).signIn("admin", []byte(goodPassphrase)); err != nil {
			t.Fatal(err)
		}
		c.use(e)
		if _, err := c.RemoveOperator(c.as("admin"), c.ids[name]); err != nil {
			t.Fatal(err)
		}
		c.expect("admin operator.remove " + name + " sign_in:" + name + ">")
		if in, _ := c.opens(name, goodPassphrase); in {
			t.Error("the way in is there still")
		}
	}
}
