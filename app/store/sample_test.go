package store

import (
	"errors"
	"os"
	"testing"
	"time"

	"stipple/app/clinical"
)

// samplePens are the two simulated pens as the limits see them (issue of the
// first slice: N1 and R1).
func samplePens() map[clinical.PenKind]clinical.PenCapability {
	n1 := clinical.PenCapability{Kind: clinical.Needling, Model: "N1"}
	n1.Parameters[clinical.Depth] = clinical.Range{Min: 0, Max: 2500, Step: 50}
	n1.Parameters[clinical.Speed] = clinical.Range{Min: 3000, Max: 9000, Step: 100}
	r1 := clinical.PenCapability{Kind: clinical.RF, Model: "R1", RatedPower: 50000}
	r1.Parameters[clinical.Depth] = clinical.Range{Min: 500, Max: 3500, Step: 100}
	r1.Parameters[clinical.Speed] = clinical.Range{Min: 30, Max: 120, Step: 1}
	r1.Parameters[clinical.Power] = clinical.Range{Min: 0, Max: 50000, Step: 1000}
	r1.Parameters[clinical.Duration] = clinical.Range{Min: 10, Max: 1000, Step: 10}
	return map[clinical.PenKind]clinical.PenCapability{clinical.Needling: n1, clinical.RF: r1}
}

func TestSampleClinic(t *testing.T) {
	ctx := t.Context()
	s, clock := newStore(t)
	if err := SeedSampleClinic(ctx, s); err != nil {
		t.Fatal(err)
	}
	if err := SeedSampleClinic(ctx, s); !errors.Is(err, ErrConflict) {
		t.Errorf("second time: %v", err)
	}
	patients, total, err := s.SearchPatients(ctx, "", 100)
	if err != nil || total != 12 || patients[0].FamilyName != "Ruiz" {
		t.Fatalf("%d patients, %v", total, err)
	}
	if open := must(s.OpenTreatments(ctx))(t); len(open) != 0 {
		t.Errorf("%d open treatments", len(open))
	}
	if operators := must(s.Operators(ctx))(t); len(operators) != len(sampleOperators()) {
		t.Errorf("%d operators", len(operators))
	}
	for _, p := range patients {
		for _, v := range must(s.Treatments(ctx, p.ID))(t) {
			if !v.Simulated || len(v.Pulses) == 0 || v.Ended.After(clock.now()) || v.Ended.Before(v.Started) {
				t.Errorf("%s: %+v", p.FamilyName, v)
			}
			for i, pulse := range v.Pulses {
				if pulse.At.Before(v.Started) || pulse.At.After(v.Ended) || (pulse.Energy > 0) != (v.PenKind == clinical.RF) ||
					pulse.Pass < 1 || pulse.Pass > v.Passes || i > 0 && pulse.Index != v.Pulses[i-1].Index+1 {
					t.Errorf("%s: pulse %d: %+v", p.FamilyName, i, pulse)
				}
			}
		}
	}
	// As on the picture of the patients' page.
	presets := must(s.Presets(ctx, patients[0].ID))(t)
	if len(presets) != 3 || presets[0].Name != "Cheek, second session" || presets[0].Revision != 3 ||
		presets[0].Settings != rfSet(1500, 60, 12, 100) || presets[2].Name != "Cheek, first session" || presets[2].Revision != 2 {
		t.Errorf("%+v", presets)
	}
}

// Every sample preset and treatment names an indication and a zone of the limit
// library that the pen may treat, and the presets fit its limits, save the one
// that shows what an unfitting preset looks like.
func TestSampleFitsTheLibrary(t *testing.T) {
	library, err := clinical.LoadLibrary(os.DirFS("../../assets"))
	if err != nil {
		t.Fatal(err)
	}
	check := func(p samplePatient, name string, kind clinical.PenKind, indication clinical.IndicationKey, zone clinical.ZoneKey, set clinical.Settings) {
		limits, err := library.Effective(clinical.Query{
			Pen: samplePens()[kind], Tip: samplePen(kind).tip, Indication: indication, Zone: zone,
			Fitzpatrick: p.Fitzpatrick, Role: clinical.RoleClinician, Draft: set,
		})
		if err != nil {
			t.Errorf("%s, %s: %v", p.FamilyName, name, err)
			return
		}
		fits := len(limits.Check(set)) == 0
		if want := name != "Cheek, first session"; fits != want {
			t.Errorf("%s, %s: fits %v: %v", p.FamilyName, name, fits, limits.Check(set))
		}
	}
	for _, p := range samplePatients() {
		for _, preset := range p.presets {
			check(p, preset.name, preset.kind, preset.indication, preset.zone, preset.revisions[len(preset.revisions)-1])
		}
		for _, v := range p.treatments {
			check(p, (time.Duration(v.daysAgo)*24*time.Hour).String()+" ago", v.kind, v.indication, v.zone, v.settings)
		}
	}
}
