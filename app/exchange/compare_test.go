package exchange

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stipple/app/clinical"
)

// The matrix of what a patient of another room comes to, and what each decision writes.
func TestCompare(t *testing.T) {
	here, other := dossier(1, 2), dossier(5, 0)
	other.Patient.FamilyName, other.Patient.GivenName, other.Patient.BirthDate = "Ruiz", "Ana", date(1984, 2, 11)
	cases := []struct {
		name    string
		change  func(*clinical.Dossier)
		state   MatchState
		by      MatchedBy
		fields  []Field
		presets int
		may     []Decision
	}{
		{"the same", func(*clinical.Dossier) {}, Identical, ByID, nil, 0, nil},
		{"another revision alone", func(d *clinical.Dossier) { d.Patient.Revision, d.Presets[0].Revision = 7, 9 }, Identical, ByID, nil, 0, nil},
		{"fewer presets", func(d *clinical.Dossier) { d.Presets = nil }, Identical, ByID, nil, 0, nil},
		{"other skin", func(d *clinical.Dossier) { d.Patient.Fitzpatrick = clinical.FitzpatrickV }, Conflict, ByID, []Field{Fitzpatrick}, 0, []Decision{TakeTheirs}},
		{"skin left open", func(d *clinical.Dossier) { d.Patient.Fitzpatrick = 0 }, Conflict, ByID, []Field{Fitzpatrick}, 0, []Decision{TakeTheirs}},
		{"married", func(d *clinical.Dossier) { d.Patient.FamilyName = "Ruiz" }, Conflict, ByID, []Field{FamilyName}, 0, []Decision{TakeTheirs}},
		{"other depth", func(d *clinical.Dossier) { d.Presets[0].Settings.Depth = 900 }, Conflict, ByID, nil, 1, []Decision{TakeTheirs, KeepBoth}},
		{"one preset more", func(d *clinical.Dossier) {
			d.Presets = append(d.Presets, dossier(7, 1).Presets[0])
			d.Presets[2].Name = "More"
		}, Conflict, ByID, nil, 1, []Decision{TakeTheirs, KeepBoth}},
		{"a preset under another id", func(d *clinical.Dossier) { d.Presets[1].ID = id(99) }, Identical, ByID, nil, 0, nil},
		{"another id", func(d *clinical.Dossier) { d.Patient.ID = id(9) }, Identical, ByNumber, nil, 0, nil},
		{"another id and first name", func(d *clinical.Dossier) { d.Patient.ID, d.Patient.GivenName = id(9), "Tom" }, Conflict, ByNumber, []Field{GivenName}, 0, []Decision{TakeTheirs}},
		{"another number", func(d *clinical.Dossier) { d.Patient.ID, d.Patient.FileNumber = id(9), "X-1" }, Conflict, ByName, []Field{FileNumber}, 0, []Decision{TakeTheirs}},
		{"accents", func(d *clinical.Dossier) {
			d.Patient.ID, d.Patient.FileNumber, d.Patient.FamilyName = id(9), "X-1", "NOVAK"
		}, Conflict, ByName, []Field{FileNumber, FamilyName}, 0, []Decision{TakeTheirs}},
		{"somebody else with the number", func(d *clinical.Dossier) {
			d.Patient.ID, d.Patient.FamilyName, d.Patient.BirthDate = id(9), "Else", date(1950, 1, 1)
		}, Another, ByNumber, []Field{FamilyName, BirthDate}, 0, nil},
		{"a number that is taken", func(d *clinical.Dossier) { d.Patient.FileNumber = "f5" }, Conflict, ByID, []Field{FileNumber}, 0, nil},
		{"nobody", func(d *clinical.Dossier) {
			d.Patient.ID, d.Patient.FileNumber, d.Patient.GivenName = id(9), "X-1", "Eva"
		}, Fresh, "", nil, 0, nil},
	}
	presets := func(of clinical.ID) ([]clinical.Preset, error) {
		if of == here.Patient.ID {
			return here.Presets, nil
		}
		return nil, nil
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			theirs := dossier(1, 2)
			c.change(&theirs)
			all, err := Compare([]clinical.Dossier{theirs}, []clinical.Patient{here.Patient, other.Patient}, presets, nil)
			if err != nil {
				t.Fatal(err)
			}
			m := all[0]
			if m.State != c.state || m.By != c.by || len(m.Presets) != c.presets {
				t.Errorf("%s by %s, %d presets", m.State, m.By, len(m.Presets))
			}
			if diff := cmp.Diff(c.fields, m.Fields); diff != "" {
				t.Error(diff)
			}
			var may []Decision
			for _, d := range []Decision{TakeTheirs, KeepBoth} {
				if m.May(d) {
					may = append(may, d)
				}
				if _, writes := m.Apply(d); writes != (m.May(d) || m.State == Fresh) {
					t.Errorf("%s writes %v", d, writes)
				}
			}
			if diff := cmp.Diff(c.may, may); diff != "" {
				t.Error(diff)
			}
			for _, d := range []Decision{KeepMine, Undecided} {
				if _, writes := m.Apply(d); writes != (m.State == Fresh) {
					t.Errorf("%q writes %v", d, writes)
				}
			}
		})
	}
}

func TestWhatADecisionWrites(t *testing.T) {
	mine, theirs := dossier(1, 2), dossier(1, 2)
	mine.Patient.Revision, theirs.Patient.Revision, theirs.Patient.GivenName = 4, 9, "Tom"
	mine.Presets[0].Revision, theirs.Presets[0].Revision, theirs.Presets[0].Settings.Depth = 3, 8, 900
	more := dossier(7, 1).Presets[0]
	more.Name = "More"
	theirs.Presets = append(theirs.Presets, more)
	all, err := Compare([]clinical.Dossier{theirs}, []clinical.Patient{mine.Patient}, func(clinical.ID) ([]clinical.Preset, error) { return mine.Presets, nil }, nil)
	if err != nil {
		t.Fatal(err)
	}
	got, _ := all[0].Apply(TakeTheirs)
	if got.Patient.Revision != 4 || got.Patient.GivenName != "Tom" || got.Patient.ID != mine.Patient.ID {
		t.Errorf("theirs: %+v", got.Patient)
	}
	if p := got.Presets; len(p) != 2 || p[0].ID != mine.Presets[0].ID || p[0].Revision != 3 || p[0].Settings.Depth != 900 || p[1].ID != more.ID || p[1].Revision != 0 {
		t.Errorf("theirs: %+v", p)
	}
	got, _ = all[0].Apply(KeepBoth)
	if got.Patient != mine.Patient {
		t.Errorf("both: %+v", got.Patient)
	}
	if p := got.Presets; len(p) != 2 || p[0].ID != "" || p[0].Revision != 0 || p[0].Settings.Depth != 900 || p[1].ID != more.ID {
		t.Errorf("both: %+v", p)
	}
	broken := errors.New("broken")
	if _, err := Compare([]clinical.Dossier{theirs}, []clinical.Patient{mine.Patient}, func(clinical.ID) ([]clinical.Preset, error) { return nil, broken }, nil); !errors.Is(err, broken) {
		t.Error(err)
	}
}
