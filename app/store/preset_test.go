package store

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stipple/app/clinical"
)

func aPreset(patient clinical.ID) clinical.Preset {
	return clinical.Preset{
		Patient: patient, Name: "Cheek, second session", PenKind: clinical.RF, Indication: "acne_scars",
		Zone: "cheek_left", Settings: rfSet(1500, 60, 12, 100), SavedBy: "Dr A. Meyer",
	}
}

func TestPresetIsRefusedByField(t *testing.T) {
	s, _ := newStore(t)
	patient := must(s.SavePatient(t.Context(), ana()))(t).ID
	cases := []struct {
		name   string
		change func(*clinical.Preset)
		want   map[string]string
	}{
		{"as it should be", func(*clinical.Preset) {}, nil},
		{"a needling pen has no power", func(p *clinical.Preset) { p.PenKind = clinical.Needling },
			map[string]string{"Settings.Power": "not_allowed", "Settings.Duration": "not_allowed"}},
		{"needling", func(p *clinical.Preset) { p.PenKind, p.Settings = clinical.Needling, needleSet(0, 3000) }, nil},
		{"below zero", func(p *clinical.Preset) {
			p.Settings = clinical.Settings{Depth: -1, Speed: -1, Power: -1, Duration: -1}
		},
			map[string]string{"Settings.Depth": "bad_value", "Settings.Speed": "bad_value", "Settings.Power": "bad_value", "Settings.Duration": "bad_value"}},
		{"missing", func(p *clinical.Preset) { p.Name, p.PenKind, p.Indication, p.Zone = " ", "", "", "" },
			map[string]string{"Name": "missing", "PenKind": "missing", "Indication": "missing", "Zone": "missing"}},
		{"no such kind", func(p *clinical.Preset) { p.PenKind = "laser" }, map[string]string{"PenKind": "bad_value"}},
		{"a name for a key", func(p *clinical.Preset) { p.Zone = "Left cheek" }, map[string]string{"Zone": "bad_value"}},
	}
	for _, c := range cases {
		p := aPreset(patient)
		c.change(&p)
		_, err := s.SavePreset(t.Context(), p)
		if (err == nil) != (c.want == nil) {
			t.Errorf("%s: %v", c.name, err)
		}
		if diff := cmp.Diff(c.want, fieldsOf(err)); diff != "" {
			t.Errorf("%s: %s", c.name, diff)
		}
	}
}

func TestPresetRevisions(t *testing.T) {
	s, clock := newStore(t)
	patient := must(s.SavePatient(t.Context(), ana()))(t).ID
	other := ana()
	other.FileNumber = "F-2"
	stranger := must(s.SavePatient(t.Context(), other))(t).ID

	first := must(s.SavePreset(t.Context(), aPreset(patient)))(t)
	clock.add(time.Minute)
	second := must(s.SavePreset(t.Context(), aPreset(patient)))(t)
	clock.add(time.Minute)
	renamed := first
	renamed.Name = "Cheek, renamed"
	renamed = must(s.SavePreset(t.Context(), renamed))(t)
	if renamed.ID != first.ID || renamed.Revision != 2 || !renamed.SavedAt.Equal(clock.now()) {
		t.Errorf("%+v", renamed)
	}
	if diff := cmp.Diff([]clinical.Preset{renamed, second}, must(s.Presets(t.Context(), patient))(t)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]clinical.Preset{renamed, first}, must(s.PresetHistory(t.Context(), patient, first.ID))(t)); diff != "" {
		t.Error(diff)
	}
	if _, err := s.SavePreset(t.Context(), first); !errors.Is(err, ErrConflict) {
		t.Errorf("old revision: %v", err)
	}
	moved := renamed
	moved.Patient = stranger
	if _, err := s.SavePreset(t.Context(), moved); !errors.Is(err, ErrNotFound) {
		t.Errorf("another patient's: %v", err)
	}
	if _, err := s.SavePreset(t.Context(), aPreset(s.NewID())); !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown patient: %v", err)
	}

	if err := s.DeletePreset(t.Context(), patient, first.ID); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]clinical.Preset{second}, must(s.Presets(t.Context(), patient))(t)); diff != "" {
		t.Error(diff)
	}
	if got := must(s.PresetHistory(t.Context(), patient, first.ID))(t); len(got) != 2 {
		t.Errorf("history after deletion: %d", len(got))
	}
	for _, based := range []int{2, 3} { // the last saved, the deletion
		again := renamed
		again.Revision = based
		if _, err := s.SavePreset(t.Context(), again); err == nil {
			t.Errorf("a deleted preset was saved on revision %d", based)
		}
	}
	for _, id := range []clinical.ID{first.ID, s.NewID(), ""} {
		if err := s.DeletePreset(t.Context(), patient, id); !errors.Is(err, ErrNotFound) {
			t.Errorf("delete %q: %v", id, err)
		}
	}
	if _, err := s.PresetHistory(t.Context(), stranger, second.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("history under another patient: %v", err)
	}
}
