package ui

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/ui/widgets"
)

// staffDesk notes what is asked about the staff, and answers when a test says so.
type staffDesk struct {
	*deskLog
	done func(clinical.Staff, error)
}

func (d *staffDesk) AddOperator(n console.NewOperator, done func(clinical.Staff, error)) {
	d.note("add %q %q %q as %s, %q, signed by %q %q", n.ID, n.Name, n.SignIn, n.Role, n.Passphrase, n.Signature.SignIn, n.Signature.Passphrase)
	d.done = done
}

func (d *staffDesk) ChangeOperator(c console.OperatorChange, done func(clinical.Staff, error)) {
	d.note("change %s to %q as %s, %q, signed by %q %q", c.ID, c.Name, c.Role, c.Passphrase, c.Signature.SignIn, c.Signature.Passphrase)
	d.done = done
}

func (d *staffDesk) RenewPassphrase(p console.NewPassphrase, done func(clinical.Staff, error)) {
	d.note("renew %s, %q, signed by %q %q", p.ID, p.Passphrase, p.Signature.SignIn, p.Signature.Passphrase)
	d.done = done
}

func (d *staffDesk) RemoveOperator(id clinical.ID, done func(clinical.Staff, error)) {
	d.note("remove %s", id)
	d.done = done
}

// useStaff is use with a desk that answers about the staff when a test says so.
func useStaff(t *testing.T, name string) (*Window, *staffDesk) {
	t.Helper()
	w, d := use(t, name)
	s := &staffDesk{deskLog: d}
	w.env.Desk = s
	return w, s
}

// list is the staff of the sample, with a change.
func (d *staffDesk) list(change func(clinical.Staff) clinical.Staff) (all clinical.Staff) {
	d.Desk.Staff(func(s clinical.Staff, _ error) { all = change(slices.Clone(s)) })
	return all
}

// fillIn types into a field of a form as a person does.
func fillIn(t *testing.T, w *Window, name, text string) {
	t.Helper()
	everything(w.root)
	switch f := w.find(name).(type) {
	case *widgets.TextEntry:
		f.SetText(text)
	case *widgets.SecretField:
		f.Clear()
		for _, c := range text {
			f.Input().TypedRune(c)
		}
	default:
		t.Fatalf("%s is a %T", name, f)
	}
}

// has says whether a control is there to be used.
func has(w *Window, name string) bool {
	everything(w.root)
	return slices.Contains(controlNames(w), name)
}

const words4 = "four words beat one"

func TestAddingSomebody(t *testing.T) {
	w, d := useStaff(t, "clinic-operator-add")
	tapName(t, w, "overlay.button.save")
	if expect(t, d.deskLog); !says(w, "choose a role") {
		t.Error("no role, and nothing is said")
	}
	fillIn(t, w, "operator.name", "R. Sato")
	fillIn(t, w, "operator.sign_in", "sato")
	fillIn(t, w, "operator.passphrase", words4)
	fillIn(t, w, "operator.passphrase.again", words4+"s")
	tapName(t, w, "operator.role.choice.technician")
	if has(w, "operator.signer") {
		t.Error("a technician needs no signature")
	}
	tapName(t, w, "overlay.button.save")
	if expect(t, d.deskLog); !says(w, "differs from the first") {
		t.Error("two passphrases that differ")
	}
	fillIn(t, w, "operator.passphrase.again", words4)
	tapName(t, w, "overlay.button.save")
	tapName(t, w, "overlay.button.save") // a second tap while it is done
	expect(t, d.deskLog, `add "" "R. Sato" "sato" as technician, "four words beat one", signed by "" ""`)
	if !says(w, "The keys are being made") {
		t.Error("nothing says that it takes a moment")
	}
	// What is wrong stands at its field, and what was typed stays.
	d.done(nil, &console.StaffError{Fields: map[console.StaffField]error{
		console.StaffName: coded("name_taken"), console.StaffSignIn: coded("sign_in_taken"),
	}})
	if !says(w, "has this name") || !says(w, "has this sign-in name") || w.find("operator.passphrase").(*widgets.SecretField).Len() != len(words4) {
		t.Errorf("%q", w.Snapshot().Texts)
	}
	if any(w.cfg.Canvas.Focused()) != any(w.find("operator.name")) {
		t.Errorf("the focus is at %T", w.cfg.Canvas.Focused())
	}
	fillIn(t, w, "operator.name", "Rei Sato")
	tapName(t, w, "overlay.button.save")
	d.take()
	d.done(d.list(func(s clinical.Staff) clinical.Staff {
		return append(s, clinical.Member{Operator: clinical.Operator{ID: "op9", Name: "Rei Sato", Role: clinical.RoleTechnician}, SignIn: "sato"})
	}), nil)
	if !says(w, "Rei Sato can sign in now") || !says(w, "choose sato from the list") {
		t.Errorf("how they sign in: %q", w.Snapshot().Texts)
	}
	tapName(t, w, "overlay.button.close")
	if s := w.Snapshot().States; s["clinic.chosen"] != "op9" || s["clinic.operators"] != "8" || w.layer.IsOpen() {
		t.Errorf("%v", s)
	}
	tapName(t, w, "clinic.operators.add")
	if f := w.find("operator.passphrase").(*widgets.SecretField); f.Len() > 0 || w.find("operator.name").(*widgets.TextEntry).Text != "" {
		t.Error("the form begins with what was typed before")
	}
}

// A clinician takes a senior clinician's signature, which is asked for anew where it
// was wrong.
func TestAddingAClinician(t *testing.T) {
	w, d := useStaff(t, "clinic-operator-add-clinician")
	fillIn(t, w, "operator.name", "Dr B")
	fillIn(t, w, "operator.sign_in", "b")
	fillIn(t, w, "operator.passphrase", words4)
	fillIn(t, w, "operator.passphrase.again", words4)
	fillIn(t, w, "operator.signature", "not this one") // the only senior clinician's name is there
	tapName(t, w, "overlay.button.save")
	expect(t, d.deskLog, `add "" "Dr B" "b" as clinician, "four words beat one", signed by "okonkwo" "not this one"`)
	d.done(nil, &console.StaffError{Fields: map[console.StaffField]error{console.StaffSignature: coded("wrong_passphrase")}})
	signature := w.find("operator.signature").(*widgets.SecretField)
	if !says(w, "That is not the passphrase") || signature.Len() > 0 || w.cfg.Canvas.Focused() != signature.Input() {
		t.Errorf("%q", w.Snapshot().Texts)
	}
	// What was typed as a signature goes nowhere once none is asked for.
	fillIn(t, w, "operator.signature", words4)
	tapName(t, w, "operator.role.choice.administrator")
	tapName(t, w, "overlay.button.save")
	expect(t, d.deskLog, `add "" "Dr B" "b" as administrator, "four words beat one", signed by "" ""`)
}

// Each change of a role asks for what it takes, and says what comes of it.
func TestChangingARole(t *testing.T) {
	for _, c := range []struct {
		who, to string
		asks    []string // of passphrase and signature
		want    string
	}{
		{"op3", "administrator", nil, `change op3 to "T. Roth" as administrator, "", signed by "" ""`},
		{"op3", "clinician", []string{"passphrase", "signature"}, `change op3 to "T. Roth" as clinician, "four words beat one", signed by "okonkwo" "four words beat one"`},
		{"op1", "senior clinician", []string{"signature"}, `change op1 to "Dr A. Meyer" as senior clinician, "", signed by "okonkwo" "four words beat one"`},
		{"op1", "technician", nil, `change op1 to "Dr A. Meyer" as technician, "", signed by "" ""`},
	} {
		w, d := useStaff(t, "clinic-operators")
		tapName(t, w, "clinic.operators.choice."+c.who)
		tapName(t, w, "clinic.operators.change")
		tapName(t, w, "operator.role.choice."+c.to)
		for _, part := range []string{"passphrase", "signature"} {
			if asked := has(w, "operator."+part); asked != slices.Contains(c.asks, part) {
				t.Errorf("%s to %s: %s is asked for: %v", c.who, c.to, part, asked)
			}
		}
		for field, text := range map[string]string{
			"passphrase": words4, "passphrase.again": words4, "signer": "okonkwo", "signature": words4,
		} {
			if has(w, "operator."+field) {
				fillIn(t, w, "operator."+field, text)
			}
		}
		tapName(t, w, "overlay.button.save")
		expect(t, d.deskLog, c.want)
		d.done(d.list(func(s clinical.Staff) clinical.Staff {
			i := slices.IndexFunc(s, func(m clinical.Member) bool { return string(m.ID) == c.who })
			s[i].Role = clinical.Role(c.to)
			s[i].HoldsPatients = s[i].Role.HoldsPatients()
			return s
		}), nil)
		told := w.Snapshot().States["clinic.said"]
		if rekey := strings.Contains(told, "change the keys"); w.layer.IsOpen() || told == "" || rekey != (c.to == "technician") {
			t.Errorf("%s to %s: %q", c.who, c.to, told)
		}
	}
}

func TestANewPassphraseForSomebody(t *testing.T) {
	w, d := useStaff(t, "clinic-operator-renew")
	fillIn(t, w, "operator.passphrase", words4)
	fillIn(t, w, "operator.passphrase.again", words4)
	fillIn(t, w, "operator.signer", "okonkwo")
	fillIn(t, w, "operator.signature", words4)
	again := w.find("operator.passphrase.again").(*widgets.SecretField).Input()
	again.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn}) // Enter does as the button
	expect(t, d.deskLog, `renew op1, "four words beat one", signed by "okonkwo" "four words beat one"`)
	d.done(nil, coded("disk_full"))
	if !w.layer.IsOpen() || !says(w, "The disk is full") {
		t.Error("a disk that is full says nothing")
	}
	again.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEnter})
	d.done(d.list(func(s clinical.Staff) clinical.Staff { return s }), nil)
	if told := w.Snapshot().States["clinic.said"]; w.layer.IsOpen() || !strings.Contains(told, "Dr A. Meyer has a new passphrase") {
		t.Errorf("%q", told)
	}
}

// Removing asks first, unless it would be refused; half of it says so and reads the list
// anew.
func TestRemovingSomebody(t *testing.T) {
	w, d := useStaff(t, "clinic-operators")
	tapName(t, w, "clinic.operators.choice.op2")
	tapName(t, w, "clinic.operators.remove")
	if w.layer.IsOpen() || !says(w, "Nobody else who can sign in is senior clinician") {
		t.Error("the last senior clinician")
	}
	tapName(t, w, "clinic.operators.choice.op4")
	tapName(t, w, "clinic.operators.remove")
	if w.layer.IsOpen() || !says(w, "Nobody else is administrator") {
		t.Error("oneself, the last administrator")
	}
	tapName(t, w, "clinic.operators.choice.op1")
	tapName(t, w, "clinic.operators.remove")
	if !says(w, "may have kept it") {
		t.Error("nothing is said of the keys")
	}
	tapName(t, w, "overlay.button.no")
	expect(t, d.deskLog)
	tapName(t, w, "clinic.operators.remove")
	tapName(t, w, "overlay.button.yes")
	expect(t, d.deskLog, "remove op1")
	d.done(nil, &console.HalfError{Name: "Dr A. Meyer", Cause: coded("disk_full")})
	if told := w.Snapshot().States["clinic.said"]; !strings.Contains(told, "The disk is full") || !strings.Contains(told, "first half") {
		t.Errorf("%q", told)
	}
	tapName(t, w, "clinic.operators.choice.op6")
	if has(w, "clinic.operators.remove") || !has(w, "clinic.operators.again") {
		t.Error("who left can be removed again, or can't come back")
	}
}

// A form that a person did not close comes back without its passphrases; one that was
// closed does not, and what comes of it is told all the same.
func TestFormsAboutTheStaffKeepNoSecret(t *testing.T) {
	w, d := useStaff(t, "clinic-operator-add")
	fill := func() *widgets.SecretField {
		fillIn(t, w, "operator.name", "R. Sato")
		fillIn(t, w, "operator.passphrase", words4)
		fillIn(t, w, "operator.passphrase.again", words4)
		tapName(t, w, "operator.role.choice.technician")
		return w.find("operator.passphrase").(*widgets.SecretField)
	}
	secret := fill()
	w.layer.Aside()
	if secret.Len() > 0 {
		t.Error("a passphrase stays")
	}
	tapName(t, w, "clinic.operators.add")
	if name := w.find("operator.name").(*widgets.TextEntry).Text; name != "R. Sato" {
		t.Errorf("the name %q", name)
	}
	fill()
	tapName(t, w, "overlay.button.save")
	w.layer.Close()
	d.done(nil, errors.New("broken"))
	if told := w.Snapshot().States["clinic.said"]; !strings.Contains(told, "broken") {
		t.Errorf("%q", told)
	}
	tapName(t, w, "clinic.operators.add")
	if name := w.find("operator.name").(*widgets.TextEntry).Text; name != "" {
		t.Errorf("the name %q", name)
	}
}

// Whoever comes next sees nothing of it, and hears no answer.
func TestTheNextOneHearsNothingOfTheStaff(t *testing.T) {
	w, d := useStaff(t, "clinic-operators")
	tapName(t, w, "clinic.operators.choice.op1")
	tapName(t, w, "clinic.operators.remove")
	tapName(t, w, "overlay.button.yes")
	d.change(w, func(v *console.View) {
		v.Operator = clinical.Operator{ID: "op2", Name: "Dr S. Okonkwo", Role: clinical.RoleSeniorClinician}
	})
	d.done(nil, errors.New("broken"))
	if says(w, "broken") || shows(w, "T. Roth") || !says(w, "Who works here is for the administrator") {
		t.Errorf("%q", w.Snapshot().Texts)
	}
}

// Until there is an administrator the tab is open to a senior clinician, says why, and
// offers that one act; in a training store there is nothing to set up.
func TestWhoStandsInAndTraining(t *testing.T) {
	w, d := useStaff(t, "clinic-operators-first")
	if !says(w, "There is no administrator yet") || has(w, "clinic.operators.remove") {
		t.Errorf("%q", w.Snapshot().Texts)
	}
	tapName(t, w, "clinic.operators.add")
	if has(w, "operator.role.choice.technician") || !has(w, "operator.role.choice.administrator") {
		t.Error("other roles are offered")
	}
	fillIn(t, w, "operator.name", "L. Brandt")
	fillIn(t, w, "operator.sign_in", "brandt")
	fillIn(t, w, "operator.passphrase", words4)
	fillIn(t, w, "operator.passphrase.again", words4)
	tapName(t, w, "overlay.button.save")
	expect(t, d.deskLog, `add "" "L. Brandt" "brandt" as administrator, "four words beat one", signed by "" ""`)
	d.change(w, func(v *console.View) { v.Vacant = false })
	d.done(d.list(func(s clinical.Staff) clinical.Staff { return s }), nil)
	if !says(w, "L. Brandt can sign in now") {
		t.Errorf("how they sign in: %q", w.Snapshot().Texts)
	}
	tapName(t, w, "overlay.button.close")
	if !says(w, "Who works here is for the administrator") {
		t.Error("the tab is still open")
	}

	w, _ = useStaff(t, "clinic-operators-training")
	for _, act := range []string{"add", "change", "renew", "remove", "admit", "again"} {
		if has(w, "clinic.operators."+act) {
			t.Errorf("%s is offered in a training store", act)
		}
	}
	if !says(w, "In a training store nobody signs in") || says(w, "can't sign in yet") {
		t.Errorf("%q", w.Snapshot().Texts)
	}
}

// A new name of one's own does not take away what was said.
func TestOnesOwnName(t *testing.T) {
	w, d := useStaff(t, "clinic-operators")
	tapName(t, w, "clinic.operators.choice.op4")
	tapName(t, w, "clinic.operators.change")
	fillIn(t, w, "operator.name", "L. Brandt-Ito")
	tapName(t, w, "overlay.button.save")
	all := d.list(func(s clinical.Staff) clinical.Staff {
		s[3].Name = "L. Brandt-Ito"
		return s
	})
	d.done(all, nil)
	d.change(w, func(v *console.View) { v.Operator.Name = "L. Brandt-Ito" })
	if told := w.Snapshot().States["clinic.said"]; told != fmt.Sprintf("The change of %s is saved.", "L. Brandt-Ito") {
		t.Errorf("%q", told)
	}
}
