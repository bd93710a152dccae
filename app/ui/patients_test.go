package ui

import (
	"testing"

	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/ui/widgets"
)

// The newest search wins, whatever order the answers come in.
func TestNewestSearchWins(t *testing.T) {
	w, d := use(t, "patients-presets")
	d.hold = true
	entry := w.find("patients.search").(*widgets.TextEntry)
	entry.OnChanged("r")
	entry.OnChanged("ru")
	newest := console.PatientList{Query: "ru", Rows: []console.PatientRow{{Patient: clinical.Patient{ID: "x", FamilyName: "Newest"}}}, Found: 1, Total: 12}
	d.held[1](newest, nil)
	d.held[0](console.PatientList{Query: "r"}, nil)
	if !shows(w, "Newest") {
		t.Error("an older answer replaced the newest")
	}
	entry.OnChanged("zzz")
	d.held[2](console.PatientList{Query: "zzz", Total: 12}, nil)
	if !shows(w, "Nobody found for “zzz”") {
		t.Error("an empty list does not say what to do")
	}
}

func TestPatientFormShowsErrorsAtTheirFields(t *testing.T) {
	w, d := use(t, "patients-edit")
	birth := w.find("edit.birth").(*widgets.TextEntry)
	birth.SetText("2/11/1984")
	tapName(t, w, "overlay.button.save")
	expect(t, d)
	if !shows(w, "type it as 1984-02-11") {
		t.Error("an odd date is not explained")
	}
	birth.SetText("11.2.1984")
	d.save = fieldProblems{"FileNumber": "duplicate"}
	tapName(t, w, "overlay.button.save")
	expect(t, d, "save patient Ruiz {1984 February 11}")
	if !shows(w, "is taken by another patient") || !w.layer.IsOpen() {
		t.Error("the refusal is not at its field")
	}
	d.save = nil
	tapName(t, w, "overlay.button.save")
	if w.layer.IsOpen() {
		t.Error("the form stays open")
	}
}

func TestDeletingAPresetAsksFirst(t *testing.T) {
	w, d := use(t, "patients-presets")
	tapName(t, w, "patients.preset.1.more")
	tapName(t, w, "overlay.choice.delete")
	expect(t, d)
	tapName(t, w, "overlay.button.no")
	expect(t, d)
	tapName(t, w, "patients.preset.1.more")
	tapName(t, w, "overlay.choice.delete")
	tapName(t, w, "overlay.button.yes")
	expect(t, d, "delete preset2")
}

func TestTreatButtonTakesThePatientAlong(t *testing.T) {
	w, d := use(t, "patients-presets")
	tapName(t, w, "patients.list.choice.p03")
	tapName(t, w, "patients.treat")
	expect(t, d, "patient p03")
	if w.Page() != "treat" {
		t.Error("the page stays")
	}
}

// Nobody is erased by a slip: it takes the patient's own file number, and a reason that the
// desk takes.
func TestErasingAPatientAsksFirst(t *testing.T) {
	w, d := use(t, "patients-erase")
	for _, text := range []string{"This can't be undone.", "8 backups still have this patient", "until somebody deletes it"} {
		if !shows(w, text) {
			t.Errorf("the question does not say %q", text)
		}
	}
	number, reason := w.find("erase.number").(*widgets.TextEntry), w.find("erase.reason").(*widgets.TextEntry)
	tapName(t, w, "overlay.button.erase")
	number.SetText("F-1")
	tapName(t, w, "overlay.button.erase")
	expect(t, d)
	if !shows(w, "is not this patient's") {
		t.Error("a wrong number is not explained")
	}
	number.SetText(" f-20417 ")
	d.save = fieldProblems{"Reason": "names_person"}
	tapName(t, w, "overlay.button.erase")
	expect(t, d, `erase p01 ""`)
	if !shows(w, "must not name the patient") || !w.layer.IsOpen() {
		t.Error("the refusal is not at its field")
	}
	d.save = nil
	reason.SetText("Asked for in writing.")
	tapName(t, w, "overlay.button.erase")
	expect(t, d, `erase p01 "Asked for in writing."`)
	for _, text := range []string{"The patient is erased", "safety records stay without a name", "8 backups still have this patient"} {
		if !shows(w, text) {
			t.Errorf("the result does not say %q", text)
		}
	}
	tapName(t, w, "overlay.button.close")
	if shows(w, "Ruiz, Ana") && w.layer.IsOpen() || !shows(w, "Choose a patient on the left") {
		t.Error("the page still shows the patient")
	}
}

// Who may not erase is not offered it.
func TestErasingIsOffered(t *testing.T) {
	for name, want := range map[string]bool{"patients-details": false, "patients-details-senior": true} {
		w, _ := use(t, name)
		if got := shows(w, "Erase this patient"); got != want {
			t.Errorf("%s: offered %v", name, got)
		}
	}
}
