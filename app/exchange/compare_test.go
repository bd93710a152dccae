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
		state   clinical.MatchState
		by      clinical.MatchedBy
		fields  []string
		presets int
		may     []clinical.Decision
	}{
		{"the same", func(*clinical.Dossier) {}, clinical.Identical, clinical.ByID, nil, 0, nil},
		{"another revision alone", func(d *clinical.Dossier) { d.Patient.Revision, d.Presets[0].Revision = 7, 9 }, clinical.Identical, clinical.ByID, nil, 0, nil},
		{"fewer presets", func(d *clinical.Dossier) { d.Presets = nil }, clinical.Identical, clinical.ByID, nil, 0, nil},
		{"other skin", func(d *clinical.Dossier) { d.Patient.Fitzpatrick = clinical.FitzpatrickV }, clinical.Conflict, clinical.ByID, []string{"Fitzpatrick"}, 0, []clinical.Decision{clinical.TakeTheirs}},
		{"skin left open", func(d *clinical.Dossier) { d.Patient.Fitzpatrick = 0 }, clinical.Conflict, clinical.ByID, []string{"Fitzpatrick"}, 0, []clinical.Decision{clinical.TakeTheirs}},
		{"married", func(d *clinical.Dossier) { d.Patient.FamilyName = "Ruiz" }, clinical.Conflict, clinical.ByID, []string{"FamilyName"}, 0, []clinical.Decision{clinical.TakeTheirs}},
		{"other depth", func(d *clinical.Dossier) { d.Presets[0].Settings.Depth = 900 }, clinical.Conflict, clinical.ByID, nil, 1, []clinical.Decision{clinical.TakeTheirs, clinical.KeepBoth}},
		{"one preset more", func(d *clinical.Dossier) {
			d.Presets = append(d.Presets, dossier(7, 1).Presets[0])
			d.Presets[2].Name = "More"
		}, clinical.Conflict, clinical.ByID, nil, 1, []clinical.Decision{clinical.TakeTheirs, clinical.KeepBoth}},
		{"a preset under another id", func(d *clinical.Dossier) { d.Presets[1].ID = id(99) }, clinical.Identical, clinical.ByID, nil, 0, nil},
		{"another id", func(d *clinical.Dossier) { d.Patient.ID = id(9) }, clinical.Identical, clinical.ByNumber, nil, 0, nil},
		{"another id and first name", func(d *clinical.Dossier) { d.Patient.ID, d.Patient.GivenName = id(9), "Tom" }, clinical.Conflict, clinical.ByNumber, []string{"GivenName"}, 0, []clinical.Decision{clinical.TakeTheirs}},
		{"another number", func(d *clinical.Dossier) { d.Patient.ID, d.Patient.FileNumber = id(9), "X-1" }, clinical.Conflict, clinical.ByName, []string{"FileNumber"}, 0, []clinical.Decision{clinical.TakeTheirs}},
		{"accents", func(d *clinical.Dossier) {
			d.Patient.ID, d.Patient.FileNumber, d.Patient.FamilyName = id(9), "X-1", "NOVAK"
		}, clinical.Conflict, clinical.ByName, []string{"FileNumber", "FamilyName"}, 0, []clinical.Decision{clinical.TakeTheirs}},
		{"somebody else with the number", func(d *clinical.Dossier) {
			d.Patient.ID, d.Patient.FamilyName, d.Patient.BirthDate = id(9), "Else", date(1950, 1, 1)
		}, clinical.Another, clinical.ByNumber, []string{"FamilyName", "BirthDate"}, 0, nil},
		{"a number that is taken", func(d *clinical.Dossier) { d.Patient.FileNumber = "f5" }, clinical.Conflict, clinical.ByID, []string{"FileNumber"}, 0, nil},
		{"nobody", func(d *clinical.Dossier) {
			d.Patient.ID, d.Patient.FileNumber, d.Patient.GivenName = id(9), "X-1", "Eva"
		}, clinical.Fresh, "", nil, 0, nil},
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
			all, err := Compare([]clinical.Dossier{theirs}, []clinical.Patient{here.Patient, other.Patient}, presets, on)
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
			var may []clinical.Decision
			for _, d := range []clinical.Decision{clinical.TakeTheirs, clinical.KeepBoth} {
				if m.May(d) {
					may = append(may, d)
				}
				if _, writes := m.Apply(d); writes != (m.May(d) || m.State == clinical.Fresh) {
					t.Errorf("%s writes %v", d, writes)
				}
			}
			if diff := cmp.Diff(c.may, may); diff != "" {
				t.Error(diff)
			}
			for _, d := range []clinical.Decision{clinical.KeepMine, clinical.Undecided} {
				if _, writes := m.Apply(d); writes != (m.State == clinical.Fresh) {
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
	all, err := Compare([]clinical.Dossier{theirs}, []clinical.Patient{mine.Patient}, func(clinical.ID) ([]clinical.Preset, error) { return mine.Presets, nil }, on)
	if err != nil {
		t.Fatal(err)
	}
	got, _ := all[0].Apply(clinical.TakeTheirs)
	if got.Patient.Revision != 4 || got.Patient.GivenName != "Tom" || got.Patient.ID != mine.Patient.ID {
		t.Errorf("theirs: %+v", got.Patient)
	}
	if p := got.Presets; len(p) != 2 || p[0].ID != mine.Presets[0].ID || p[0].Revision != 3 || p[0].Settings.Depth != 900 || p[1].ID != more.ID || p[1].Revision != 0 {
		t.Errorf("theirs: %+v", p)
	}
	got, _ = all[0].Apply(clinical.KeepBoth)
	if got.Patient != mine.Patient {
		t.Errorf("both: %+v", got.Patient)
	}
	if p := got.Presets; len(p) != 2 || p[0].ID != "" || p[0].Revision != 0 || p[0].Settings.Depth != 900 || p[1].ID != more.ID {
		t.Errorf("both: %+v", p)
	}
	broken := errors.New("broken")
	if _, err := Compare([]clinical.Dossier{theirs}, []clinical.Patient{mine.Patient}, func(clinical.ID) ([]clinical.Preset, error) { return nil, broken }, on); !errors.Is(err, broken) {
		t.Error(err)
	}
	// Somebody has ended it: with those who are here, or with those of the file.
	for at := range 2 {
		steps := 0
		end := func(done, of int) error {
			if steps++; done == at {
				return broken
			}
			return nil
		}
		if _, err := Compare([]clinical.Dossier{theirs}, []clinical.Patient{mine.Patient}, func(clinical.ID) ([]clinical.Preset, error) { return nil, nil }, end); !errors.Is(err, broken) || steps != 1+at {
			t.Errorf("%d steps, %v", steps, err)
		}
	}
}

// on goes on to the end.
func on(int, int) error { return nil }
