package store

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"stipple/app/clinical"
)

// model is what a store promises, in the simplest form: maps of slices.
type model struct {
	dir   string
	clock *testClock
	rand  *counter
	s     *Store

	patients   map[clinical.ID][]clinical.Patient // all revisions
	used       []clinical.ID                      // least recently used first
	presets    map[clinical.ID][]clinical.Preset  // all saved revisions
	deleted    map[clinical.ID]bool
	treatments map[clinical.ID]clinical.Treatment
	kept       int // safety records
}

// Whatever is done in whatever order, and however often the store is opened
// again, it answers like the model.
func TestStoreAgainstModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "stipple-model-*")
		if err != nil {
			t.Fatal(err)
		}
		m := &model{
			dir: dir, clock: newClock(), rand: &counter{}, patients: map[clinical.ID][]clinical.Patient{},
			presets: map[clinical.ID][]clinical.Preset{}, deleted: map[clinical.ID]bool{}, treatments: map[clinical.ID]clinical.Treatment{},
		}
		defer func() { _ = os.RemoveAll(dir) }()
		m.open(t)
		defer func() { _ = m.s.Close() }()
		t.Repeat(map[string]func(*rapid.T){
			"":              m.check,
			"patient":       m.savePatient,
			"touch":         m.touch,
			"preset":        m.savePreset,
			"delete preset": m.deletePreset,
			"begin":         m.begin,
			"amend":         m.amend,
			"pulses":        m.appendPulses,
			"alarms":        m.appendAlarms,
			"end":           m.end,
			"erase":         m.erase,
			"open again":    m.openAgain,
		})
	})
}

func (m *model) open(t *rapid.T) {
	s, err := OpenTraining(filepath.Join(m.dir, FileName), Options{Now: m.clock.now, Rand: m.rand})
	if err != nil {
		t.Fatal(err)
	}
	m.s = s
}

func (m *model) openAgain(t *rapid.T) {
	if err := errors.Join(m.s.Verify(t.Context()), m.s.Close()); err != nil {
		t.Fatal(err)
	}
	m.open(t)
}

// pick draws one of the keys in a fixed order, or skips the action.
func pick[V any](t *rapid.T, of map[clinical.ID]V, label string) clinical.ID {
	if len(of) == 0 {
		t.Skip("none yet")
	}
	return rapid.SampledFrom(slices.Sorted(maps.Keys(of))).Draw(t, label)
}

func last[V any](all []V) V { return all[len(all)-1] }

func (m *model) use(id clinical.ID) {
	m.used = append(slices.DeleteFunc(m.used, func(other clinical.ID) bool { return other == id }), id)
}

func (m *model) savePatient(t *rapid.T) {
	m.clock.add(time.Second)
	p := clinical.Patient{BirthDate: clinical.Date{Year: 1980, Month: 1, Day: 1}}
	if len(m.patients) > 0 && rapid.Bool().Draw(t, "known") {
		p = rapid.SampledFrom(m.patients[pick(t, m.patients, "patient")]).Draw(t, "revision")
	}
	p.FamilyName = rapid.SampledFrom([]string{"Ruiz", "Okafor", "Žák"}).Draw(t, "name")
	p.FileNumber = fmt.Sprintf("F-%d", rapid.IntRange(1, 6).Draw(t, "number"))
	got, err := m.s.SavePatient(t.Context(), p)

	known := m.patients[p.ID]
	taken := slices.ContainsFunc(slices.Collect(maps.Values(m.patients)), func(other []clinical.Patient) bool {
		return last(other).FileNumber == p.FileNumber && last(other).ID != p.ID
	})
	switch {
	case len(known) > 0 && p.Revision != len(known):
		wantError(t, err, ErrConflict)
		return
	case taken:
		if fieldsOf(err)["FileNumber"] != "duplicate" {
			t.Fatalf("file number taken: %v", err)
		}
		return
	}
	wantError(t, err, nil)
	p.ID, p.Revision, p.Updated = got.ID, len(known)+1, m.clock.now()
	if len(known) == 0 {
		p.Created = p.Updated
	}
	same(t, p, got)
	m.patients[p.ID] = append(known, p)
	m.use(p.ID)
}

func (m *model) touch(t *rapid.T) {
	id := pick(t, m.patients, "patient")
	wantError(t, m.s.Touch(t.Context(), id), nil)
	m.use(id)
}

func (m *model) savePreset(t *rapid.T) {
	m.clock.add(time.Second)
	p := aPreset(pick(t, m.patients, "patient"))
	if len(m.presets) > 0 && rapid.Bool().Draw(t, "known") {
		p = rapid.SampledFrom(m.presets[pick(t, m.presets, "preset")]).Draw(t, "revision")
	}
	p.Name = rapid.StringMatching(`[A-Z][a-z]{1,5}`).Draw(t, "name")
	got, err := m.s.SavePreset(t.Context(), p)
	known := m.presets[p.ID]
	switch {
	case m.deleted[p.ID]: // the deletion is the newest revision
		wantError(t, err, ErrConflict)
		return
	case len(known) > 0 && p.Revision != len(known):
		wantError(t, err, ErrConflict)
		return
	}
	wantError(t, err, nil)
	p.ID, p.Revision, p.SavedAt = got.ID, len(known)+1, m.clock.now()
	same(t, p, got)
	m.presets[p.ID] = append(known, p)
}

func (m *model) deletePreset(t *rapid.T) {
	p := last(m.presets[pick(t, m.presets, "preset")])
	err := m.s.DeletePreset(t.Context(), p.Patient, p.ID)
	if m.deleted[p.ID] {
		wantError(t, err, ErrNotFound)
		return
	}
	wantError(t, err, nil)
	m.deleted[p.ID] = true
}

func (m *model) begin(t *rapid.T) {
	m.clock.add(time.Second)
	v := aTreatment(pick(t, m.patients, "patient"))
	got, err := m.s.BeginTreatment(t.Context(), v)
	wantError(t, err, nil)
	v.ID, v.Revision, v.Started, v.Outcome = got.ID, 1, m.clock.now(), clinical.OutcomeIntent
	same(t, v, got)
	m.treatments[v.ID] = v
	m.use(v.Patient)
}

// head is the treatment as the console hands it over: with an old revision now
// and then.
func (m *model) head(t *rapid.T) (v clinical.Treatment, old bool) {
	v = m.treatments[pick(t, m.treatments, "treatment")]
	if rapid.IntRange(0, 9).Draw(t, "old revision") == 0 {
		v.Revision--
		old = true
	}
	return v, old
}

func (m *model) amend(t *rapid.T) {
	v, old := m.head(t)
	ended := !v.Ended.IsZero()
	v.Outcome, v.Ended = clinical.OutcomeOpen, time.Time{}
	v.Passes = rapid.IntRange(0, 5).Draw(t, "passes")
	got, err := m.s.AmendTreatment(t.Context(), v)
	m.revised(t, v, got, err, ended, old)
}

func (m *model) end(t *rapid.T) {
	v, old := m.head(t)
	ended := !v.Ended.IsZero()
	m.clock.add(time.Second)
	v.Outcome, v.Ended = clinical.OutcomeStopped, m.clock.now()
	got, err := m.s.EndTreatment(t.Context(), v)
	m.revised(t, v, got, err, ended, old)
}

func (m *model) revised(t *rapid.T, v, got clinical.Treatment, err error, ended, old bool) {
	switch {
	case ended:
		wantError(t, err, ErrEnded)
	case old:
		wantError(t, err, ErrConflict)
	default:
		wantError(t, err, nil)
		v.Revision++
		same(t, v, got)
		m.treatments[v.ID] = v
	}
}

func (m *model) appendPulses(t *rapid.T) {
	id := pick(t, m.treatments, "treatment")
	v := m.treatments[id]
	group := pulsesOf(1, rapid.Uint32Range(0, 20).Draw(t, "from"), rapid.IntRange(0, 6).Draw(t, "count"))
	err := m.s.AppendPulses(t.Context(), id, group)
	if !v.Ended.IsZero() {
		wantError(t, err, ErrEnded)
		return
	}
	wantError(t, err, nil)
	have := slices.Clone(v.Pulses)
	for _, p := range group {
		if !slices.ContainsFunc(have, func(o clinical.Pulse) bool { return o.Index == p.Index }) {
			have = append(have, p)
		}
	}
	slices.SortFunc(have, func(a, b clinical.Pulse) int { return cmp.Compare(a.Index, b.Index) })
	v.Pulses = have
	m.treatments[id] = v
}

func (m *model) appendAlarms(t *rapid.T) {
	id := pick(t, m.treatments, "treatment")
	v := m.treatments[id]
	a := clinical.Alarm{At: m.clock.now(), Code: rapid.Uint16Range(1, 3).Draw(t, "code"), Priority: "low"}
	err := m.s.AppendAlarms(t.Context(), id, []clinical.Alarm{a, a})
	if !v.Ended.IsZero() {
		wantError(t, err, ErrEnded)
		return
	}
	wantError(t, err, nil)
	if !slices.Contains(v.Alarms, a) {
		v.Alarms = append(slices.Clone(v.Alarms), a)
	}
	m.treatments[id] = v
}

func (m *model) erase(t *rapid.T) {
	id := pick(t, m.patients, "patient")
	mine := m.newest(func(v clinical.Treatment) bool { return v.Patient == id })
	_, err := m.s.ErasePatient(t.Context(), id, "asked for")
	if slices.ContainsFunc(mine, func(v clinical.Treatment) bool { return v.Ended.IsZero() }) {
		wantError(t, err, ErrTreatmentOpen)
		return
	}
	wantError(t, err, nil)
	m.kept += len(mine)
	for _, v := range mine {
		delete(m.treatments, v.ID)
	}
	maps.DeleteFunc(m.presets, func(_ clinical.ID, p []clinical.Preset) bool { return p[0].Patient == id })
	delete(m.patients, id)
	if m.used = slices.DeleteFunc(m.used, func(other clinical.ID) bool { return other == id }); len(m.used) == 0 {
		m.used = nil
	}
}

// check compares all that can be read.
func (m *model) check(t *rapid.T) {
	ctx := t.Context()
	hits, total, err := m.s.SearchPatients(ctx, "", len(m.used))
	wantError(t, err, nil)
	var order []clinical.ID
	for _, p := range hits {
		order = append([]clinical.ID{p.ID}, order...)
	}
	same(t, m.used, order)
	same(t, len(m.used), total)
	kept, err := m.s.SafetyRecords(ctx)
	wantError(t, err, nil)
	same(t, m.kept, len(kept))
	for id, revisions := range m.patients {
		history, err := m.s.PatientHistory(ctx, id)
		wantError(t, err, nil)
		same(t, revisions, history)
		p, err := m.s.Patient(ctx, id)
		wantError(t, err, nil)
		same(t, last(revisions), p)
		m.checkOf(t, id)
	}
	for id, revisions := range m.presets {
		history, err := m.s.PresetHistory(ctx, revisions[0].Patient, id)
		wantError(t, err, nil)
		slices.Reverse(history)
		same(t, revisions, history)
	}
	open, err := m.s.OpenTreatments(ctx)
	wantError(t, err, nil)
	same(t, m.newest(func(v clinical.Treatment) bool { return v.Ended.IsZero() }), open)
}

// checkOf compares a patient's presets and treatments.
func (m *model) checkOf(t *rapid.T, patient clinical.ID) {
	var want []clinical.Preset
	for id, revisions := range m.presets {
		if revisions[0].Patient == patient && !m.deleted[id] {
			want = append(want, last(revisions))
		}
	}
	slices.SortFunc(want, func(a, b clinical.Preset) int { return b.SavedAt.Compare(a.SavedAt) })
	presets, err := m.s.Presets(t.Context(), patient)
	wantError(t, err, nil)
	same(t, want, presets)
	treatments, err := m.s.Treatments(t.Context(), patient)
	wantError(t, err, nil)
	same(t, m.newest(func(v clinical.Treatment) bool { return v.Patient == patient }), treatments)
}

func (m *model) newest(keep func(clinical.Treatment) bool) []clinical.Treatment {
	var all []clinical.Treatment
	for _, v := range m.treatments {
		if keep(v) {
			all = append(all, v)
		}
	}
	slices.SortFunc(all, func(a, b clinical.Treatment) int { return b.Started.Compare(a.Started) })
	return all
}

func wantError(t *rapid.T, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Fatalf("error %v, want %v", got, want)
	}
}

func same[V any](t *rapid.T, want, got V) {
	t.Helper()
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Fatal(diff)
	}
}
