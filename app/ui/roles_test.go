package ui

import (
	"slices"
	"strings"
	"testing"

	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/ui/widgets"
)

// takeOver puts another operator to work, as the desk does.
func (d *deskLog) takeOver(w *Window, i int) {
	d.change(w, func(v *console.View) {
		v.Operator = v.Operators[i]
		if !v.Operator.Role.May(clinical.PermitPatientData) {
			v.Patient, v.Presets = nil, nil
		}
	})
}

// Nothing of a patient outlives the operator who looked at it: neither what was
// read, nor what was looked for, nor what was half written.
func TestAnotherOperatorBeginsWithNothing(t *testing.T) {
	for who, next := range map[string]int{"clinician": 1, "technician": 2} {
		w, d := use(t, "patients-edit")
		search := w.find("patients.search").(*widgets.TextEntry)
		search.SetText("rui")
		w.find("edit.family").(*widgets.TextEntry).SetText("Ruiz Vega")
		d.hold = true
		d.takeOver(w, next)
		if w.layer.IsOpen() || shows(w, "F-20417") && next == 2 || shows(w, "Go on editing") {
			t.Errorf("%s: something of the one before is there: %q", who, w.Snapshot().Texts)
		}
		if search.Text != "" {
			t.Errorf("%s: %q is still looked for", who, search.Text)
		}
		if asked := len(d.held); next == 1 && asked != 1 || next == 2 && asked != 0 {
			t.Errorf("%s: %d lists were asked for", who, asked)
		}
		d.hold = false
		d.takeOver(w, 0)
		tapName(t, w, "patients.list.choice.p01")
		tapName(t, w, "patients.tab.2")
		tapName(t, w, "patients.edit")
		if got := w.find("edit.family").(*widgets.TextEntry).Text; got != "Ruiz" {
			t.Errorf("%s: the form came back with %q", who, got)
		}
	}
}

// What the one before asked for does not come, and the page is as empty when it was
// not in front.
func TestAnswersForTheOneBeforeGoNowhere(t *testing.T) {
	w, d := use(t, "patients-presets")
	d.hold = true
	list := w.find("patients.list").(*widgets.RowList)
	w.find("patients.search").(*widgets.TextEntry).OnChanged("r")
	w.ShowPage("alarms")
	d.takeOver(w, 2)
	d.held[0](console.PatientList{Rows: []console.PatientRow{{Patient: clinical.Patient{ID: "x", FamilyName: "Late"}}}}, nil)
	w.ShowPage("patients")
	if len(list.Rows()) > 0 || shows(w, "Late") || shows(w, "Ruiz") || len(d.held) != 1 {
		t.Errorf("%d questions, %q", len(d.held), w.Snapshot().Texts)
	}
}

// What the one before had saved is saved, and does not open for the next.
func TestWhatTheOneBeforeSavedDoesNotOpen(t *testing.T) {
	w, d := use(t, "patients-edit")
	late := &lateDesk{deskLog: d}
	w.env.Desk = late
	w.find("edit.family").(*widgets.TextEntry).SetText("Vega")
	tapName(t, w, "overlay.button.save")
	d.takeOver(w, 1)
	d.change(w, func(v *console.View) { v.Pen.Battery = 50 })
	read := 0
	w.env.Desk = &readDesk{deskLog: d, read: &read}
	late.saved()
	if read != 0 {
		t.Error("the patient of the one before was opened")
	}
}

// readDesk counts the files that are read.
type readDesk struct {
	*deskLog
	read *int
}

func (d *readDesk) PatientFile(id clinical.ID, done func(console.PatientFile, error)) {
	*d.read++
	d.deskLog.PatientFile(id, done)
}

// Who may not see patients reads why and who can, and is led there.
func TestPatientsAreForClinicians(t *testing.T) {
	for name, text := range map[string]string{
		"patients-technician": "As technician, T. Roth sees no patients. This takes Dr A. Meyer or Dr S. Okonkwo",
		"patients-signed-out": "Nobody has signed in.",
	} {
		w, _ := use(t, name)
		if !says(w, text) || shows(w, "New") {
			t.Errorf("%s: %q", name, w.Snapshot().Texts)
		}
		w.keys.OnSearch()
		if !w.layer.IsOpen() || !says(w, text) {
			t.Errorf("%s: the search says %q", name, w.Snapshot().Texts)
		}
		tapName(t, w, "overlay.button.yes")
		if !shows(w, "Who works at this console?") {
			t.Errorf("%s: it leads nowhere", name)
		}
		w.layer.Close()
		tapName(t, w, "patients.operator")
		if !w.layer.IsOpen() {
			t.Errorf("%s: the button leads nowhere", name)
		}
	}
}

// The row that says why it can't be armed leads to who may treat; where a run is to be
// signed, that run's page does.
func TestWhyItCantBeArmedLeadsToTheOperators(t *testing.T) {
	for name, want := range map[string]bool{"treat-technician": true, "treat-technician-run": false, "treat-signed-out": true, "treat-standby": false, "treat-ready": false} {
		w, _ := use(t, name)
		if got := w.find("treat.operator") != nil; got != want {
			t.Errorf("%s: a button: %v", name, got)
		}
		if want {
			if tapName(t, w, "treat.operator"); !says(w, "Who works at this console?") {
				t.Errorf("%s: the button leads nowhere", name)
			}
		}
	}
}

// Who may not treat is offered nothing to treat with, and told once whose it is.
func TestTreatingIsForClinicians(t *testing.T) {
	w, d := use(t, "treat-technician")
	d.change(w, func(v *console.View) {
		v.Zones, v.Patient = []console.Choice{{Key: "z", Name: "z"}}, &clinical.Patient{ID: "p"}
	})
	for _, c := range w.Snapshot().Controls {
		switch {
		case slices.Contains([]string{"treat.indication", "treat.zone", "treat.preset", "treat.save_as", "treat.apply"}, c.Name),
			strings.HasSuffix(c.Name, ".plus"), strings.HasSuffix(c.Name, ".value"):
			if c.Enabled {
				t.Errorf("%s is offered", c.Name)
			}
		}
	}
	for _, text := range []string{"Treating is for clinicians", "this takes Dr A. Meyer or Dr S. Okonkwo", "Arming is for clinicians", "set by clinicians"} {
		if !says(w, text) {
			t.Errorf("%q is not said", text)
		}
	}
	for _, text := range []string{"No patient is chosen", "Settings not applied", "Choose a patient"} {
		if says(w, text) {
			t.Errorf("%q asks for what would be refused", text)
		}
	}
	tapName(t, w, "treat.patient")
	if !shows(w, "Who works at this console?") {
		t.Error("the remedy leads nowhere")
	}
	expect(t, d)
}

// Nobody clears a stop without having signed in, and nothing pretends otherwise.
func TestNobodyClears(t *testing.T) {
	w, _ := use(t, "treat-signed-out")
	if c, ok := w.Snapshot().Find("treat.clear"); !ok || c.Enabled || !says(w, "sign in to clear it") {
		t.Errorf("%v %+v", ok, c)
	}
}

// Who may not sign a run that can be read is told who must.
func TestWhoMaySign(t *testing.T) {
	w, d := use(t, "outcome-delivered")
	d.takeOver(w, 2)
	tapName(t, w, asReconciled)
	tapName(t, w, "outcome.sign")
	expect(t, d)
	if !says(w, "T. Roth may not sign: Dr A. Meyer or Dr S. Okonkwo must.") {
		t.Errorf("%q", w.Snapshot().Texts)
	}
}

// A run that is withheld has its pen, its time and its operator, and nothing to sign.
func TestWithheldRun(t *testing.T) {
	w, d := use(t, "outcome-technician")
	for _, text := range []string{"R1 SN 0042", "Dr A. Meyer", "today, 12:02", "Dr A. Meyer or Dr S. Okonkwo can see the rest and sign"} {
		if !says(w, text) {
			t.Errorf("%q is not said: %q", text, w.Snapshot().Texts)
		}
	}
	if says(w, "can't be read") || says(w, "The pen says") {
		t.Errorf("%q", w.Snapshot().Texts)
	}
	for _, name := range []string{"outcome.sign", asReconciled, asUncertain} {
		if c, ok := w.Snapshot().Find(name); ok {
			t.Errorf("offered: %+v", c)
		}
	}
	expect(t, d)
}

// A record names who took over, and when; that is no alarm.
func TestRecordNamesWhoTookOver(t *testing.T) {
	w, _ := use(t, "patients-record")
	if !says(w, "Took over") || !says(w, "Dr S. Okonkwo, 12:07") {
		t.Errorf("%q", w.Snapshot().Texts)
	}
	if says(w, "0 alarms") {
		t.Error("it is counted as an alarm")
	}
	tapName(t, w, "record.alarms")
	if !says(w, "Dr S. Okonkwo took over") {
		t.Errorf("%q", w.Snapshot().Texts)
	}
}

// The picker of operators leads out, where there is a way out, and not while a pen
// can put anything out.
func TestSignOut(t *testing.T) {
	out := 0
	w, d := use(t, "treat-operators")
	w.layer.Close()
	w.cfg.OnSignOut = func() { out++ }
	w.pickOperator()
	if !shows(w, "Dr A. Meyer") || shows(w, "T. Roth") || !shows(w, "Sign out") {
		t.Errorf("%q", w.Snapshot().Texts)
	}
	tapName(t, w, "overlay.choice.sign_out")
	if expect(t, d); out != 1 || w.layer.IsOpen() {
		t.Errorf("signed out %d times", out)
	}
	w.pickOperator()
	live := d.Desk.Live()
	live.Armed, d.live = true, &live // nothing has been drawn of it yet
	if tapName(t, w, "overlay.choice.sign_out"); out != 1 {
		t.Error("it left a pen that is armed")
	}
	d.change(w, func(v *console.View) { v.Pen.Phase = console.Ready })
	if w.pickOperator(); w.layer.IsOpen() {
		t.Error("the picker opens over a pen that is armed")
	}
	w, _ = use(t, "treat-standby")
	if w.pickOperator(); shows(w, "Sign out") {
		t.Error("a way out of a store that nobody signs in to")
	}
}
