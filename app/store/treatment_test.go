package store

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stipple/app/clinical"
	"stipple/app/vault"
)

func aTreatment(patient clinical.ID) clinical.Treatment {
	return clinical.Treatment{
		Patient: patient, Operator: clinical.Operator{Name: "Dr A. Meyer", Role: clinical.RoleClinician},
		PenKind: clinical.RF, PenModel: "R1", PenSerial: "0042", Indication: "acne_scars", Zone: "cheek_left",
	}
}

// pulsesOf makes n pulses of a boot, from an index on.
func pulsesOf(boot, from uint32, n int) []clinical.Pulse {
	var all []clinical.Pulse
	for i := range uint32(n) {
		all = append(all, clinical.Pulse{
			Boot: boot, Index: from + i, ArmID: 7, At: time.Date(2026, 11, 23, 9, 31, int(i%60), 0, time.UTC),
			Set: rfSet(1500, 60, 12, 100), Depth: 1490, Speed: 60, Power: 11900, Duration: 100, Energy: 1190000,
			Strokes: 1, ImpedanceMin: 280, Impedance: 300, ImpedanceMax: 330, PeakTemp: 5710, Result: "complete", Pass: 1,
		})
	}
	return all
}

func TestTreatmentLife(t *testing.T) {
	ctx := t.Context()
	s, clock := newStore(t)
	patient := must(s.SavePatient(ctx, ana()))(t).ID

	v := must(s.BeginTreatment(ctx, aTreatment(patient)))(t)
	if v.Revision != 1 || v.Outcome != clinical.OutcomeIntent || !v.Started.Equal(clock.now()) || !validID(v.ID) {
		t.Fatalf("%+v", v)
	}
	intent := v
	v.Outcome = clinical.OutcomeOpen
	v.Applied = []clinical.Applied{{At: clock.now(), Generation: 3, Settings: rfSet(1500, 60, 12, 100), SettingsHash: [8]byte{1, 255}}}
	v = must(s.AmendTreatment(ctx, v))(t)
	pulses := pulsesOf(9, 100, 3)
	alarms := []clinical.Alarm{{At: clock.now(), Code: 4, Priority: "medium", Text: "impedance", Expected: "100-600 Ω", Measured: "812 Ω"}}
	if err := errors.Join(s.AppendPulses(ctx, v.ID, pulses[:2]), s.AppendPulses(ctx, v.ID, pulses), s.AppendAlarms(ctx, v.ID, alarms), s.AppendAlarms(ctx, v.ID, alarms)); err != nil {
		t.Fatal(err)
	}
	second := clinical.Operator{ID: s.NewID(), Name: "Dr B. Roth", Role: clinical.RoleSeniorClinician}
	hands := []clinical.HandOver{{At: clock.now(), From: v.Operator, To: second}, {At: clock.now(), From: second, To: v.Operator}}
	if err := errors.Join(s.AppendHandOvers(ctx, v.ID, hands[:1]), s.AppendHandOvers(ctx, v.ID, hands)); err != nil {
		t.Fatal(err)
	}
	v.Pulses, v.Alarms, v.HandOvers = pulses, alarms, hands
	if diff := cmp.Diff(v, must(s.Treatment(ctx, v.ID))(t)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]clinical.Treatment{v}, must(s.OpenTreatments(ctx))(t)); diff != "" {
		t.Error(diff)
	}
	clock.add(5 * time.Minute)
	v.Outcome, v.Passes = clinical.OutcomeComplete, 1
	v = must(s.EndTreatment(ctx, v))(t)
	if !v.Ended.Equal(clock.now()) || len(v.Pulses) != 3 || len(v.HandOvers) != 2 || v.Revision != 3 {
		t.Errorf("%+v", v)
	}
	if got := must(s.OpenTreatments(ctx))(t); len(got) != 0 {
		t.Errorf("%d open", len(got))
	}
	if diff := cmp.Diff([]clinical.Treatment{v}, must(s.Treatments(ctx, patient))(t)); diff != "" {
		t.Error(diff)
	}
	heads := must(s.TreatmentHistory(ctx, v.ID))(t)
	if len(heads) != 3 || !cmp.Equal(heads[0], intent) {
		t.Errorf("history: %+v", heads)
	}
	// An ended record is never changed again.
	again := v
	again.Outcome, again.Ended = clinical.OutcomeOpen, time.Time{}
	calls := map[string]error{
		"pulses": s.AppendPulses(ctx, v.ID, pulsesOf(9, 200, 1)), "no pulses": s.AppendPulses(ctx, v.ID, nil),
		"alarms": s.AppendAlarms(ctx, v.ID, alarms), "hand-overs": s.AppendHandOvers(ctx, v.ID, hands),
	}
	_, calls["amend"] = s.AmendTreatment(ctx, again)
	_, calls["end"] = s.EndTreatment(ctx, v)
	for name, err := range calls {
		if !errors.Is(err, ErrEnded) {
			t.Errorf("%s after the end: %v", name, err)
		}
	}
	if diff := cmp.Diff(v, must(s.Treatment(ctx, v.ID))(t)); diff != "" {
		t.Error(diff)
	}
}

func TestTreatmentIsRefused(t *testing.T) {
	ctx := t.Context()
	s, clock := newStore(t)
	patient := must(s.SavePatient(ctx, ana()))(t).ID
	open := must(s.BeginTreatment(ctx, aTreatment(patient)))(t)
	begin := func(change func(*clinical.Treatment)) error {
		v := aTreatment(patient)
		change(&v)
		_, err := s.BeginTreatment(ctx, v)
		return err
	}
	amend := func(change func(*clinical.Treatment)) error {
		v := open
		change(&v)
		_, err := s.AmendTreatment(ctx, v)
		return err
	}
	end := func(change func(*clinical.Treatment)) error {
		v := open
		v.Outcome = clinical.OutcomeStopped
		change(&v)
		_, err := s.EndTreatment(ctx, v)
		return err
	}
	fields := []struct {
		name string
		err  error
		want map[string]string
	}{
		{"pulses at begin", begin(func(v *clinical.Treatment) { v.Pulses = pulsesOf(1, 1, 1); v.Alarms = make([]clinical.Alarm, 1) }),
			map[string]string{"Pulses": "not_allowed", "Alarms": "not_allowed"}},
		{"ended at begin", begin(func(v *clinical.Treatment) { v.Ended = clock.now(); v.Outcome = clinical.OutcomeComplete }),
			map[string]string{"Ended": "not_allowed", "Outcome": "not_allowed"}},
		{"nobody", begin(func(v *clinical.Treatment) { v.Operator = clinical.Operator{} }),
			map[string]string{"Operator.Name": "missing", "Operator.Role": "missing"}},
		{"broken serial", begin(func(v *clinical.Treatment) { v.PenSerial = "\xff" }), map[string]string{"PenSerial": "bad_text"}},
		{"endless lot", begin(func(v *clinical.Treatment) { v.Tip.Lot = strings.Repeat("x", maxWordRunes+1) }), map[string]string{"Tip.Lot": "too_long"}},
		{"a year that can't be stored", begin(func(v *clinical.Treatment) { v.Started = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) }), map[string]string{"Started": "bad_value"}},
		{"bad id", begin(func(v *clinical.Treatment) { v.ID = "../x" }), map[string]string{"ID": "bad_value"}},
		{"another patient", amend(func(v *clinical.Treatment) { v.Patient = s.NewID() }), map[string]string{"Patient": "can't_change"}},
		{"another start", amend(func(v *clinical.Treatment) { v.Started = v.Started.Add(1) }), map[string]string{"Started": "can't_change"}},
		{"amended to an end", amend(func(v *clinical.Treatment) { v.Outcome = clinical.OutcomeComplete }), map[string]string{"Outcome": "not_allowed"}},
		{"ended as open", end(func(v *clinical.Treatment) { v.Outcome = clinical.OutcomeOpen }), map[string]string{"Outcome": "not_allowed"}},
		{"ended before it began", end(func(v *clinical.Treatment) { v.Ended = v.Started.Add(-1) }), map[string]string{"Ended": "bad_value"}},
	}
	for _, c := range fields {
		if diff := cmp.Diff(c.want, fieldsOf(c.err)); diff != "" {
			t.Errorf("%s: %v %s", c.name, c.err, diff)
		}
	}
	sentinels := []struct {
		name string
		err  error
		want error
	}{
		{"unknown patient", begin(func(v *clinical.Treatment) { v.Patient = s.NewID() }), ErrNotFound},
		{"id taken", begin(func(v *clinical.Treatment) { v.ID = open.ID }), ErrConflict},
		{"old revision", amend(func(v *clinical.Treatment) { v.Revision = 0 }), ErrConflict},
		{"unknown treatment", amend(func(v *clinical.Treatment) { v.ID = s.NewID() }), ErrNotFound},
		{"pulses of an unknown one", s.AppendPulses(ctx, s.NewID(), pulsesOf(1, 1, 1)), ErrNotFound},
		{"alarms of none", s.AppendAlarms(ctx, "", nil), ErrNotFound},
	}
	for _, c := range sentinels {
		if !errors.Is(c.err, c.want) {
			t.Errorf("%s: %v", c.name, c.err)
		}
	}
	if got := must(s.Treatments(ctx, patient))(t); len(got) != 1 || got[0].Revision != 1 {
		t.Errorf("a refused call left something: %+v", got)
	}
}

func TestPulsesAreKnownByBootAndIndex(t *testing.T) {
	ctx := t.Context()
	s, _ := newStore(t)
	patient := must(s.SavePatient(ctx, ana()))(t).ID
	v := must(s.BeginTreatment(ctx, aTreatment(patient)))(t)

	// The pen restarts with a smaller boot number; a ledger read brings a gap's
	// pulse late, and those known once more with the console's own fields changed.
	before, after := pulsesOf(900, 10, 3), pulsesOf(4, 13, 2)
	late := append([]clinical.Pulse(nil), before...)
	for i := range late {
		late[i].At, late[i].Pass, late[i].Set = late[i].At.Add(time.Second), 9, clinical.Settings{}
	}
	for _, group := range [][]clinical.Pulse{{before[0]}, {before[2]}, after, late} {
		if err := s.AppendPulses(ctx, v.ID, group); err != nil {
			t.Fatal(err)
		}
	}
	want := []clinical.Pulse{before[0], late[1], before[2], after[0], after[1]}
	if diff := cmp.Diff(want, must(s.Treatment(ctx, v.ID))(t).Pulses); diff != "" {
		t.Error(diff)
	}

	// A pulse that the pen now tells otherwise: the first stays, the new one of
	// the same call is kept.
	other := pulsesOf(900, 12, 2)
	other[0].Energy++
	if err := s.AppendPulses(ctx, v.ID, other); !errors.Is(err, ErrConflict) || !strings.Contains(err.Error(), "pulse 12 of boot 900") {
		t.Errorf("%v", err)
	}
	want = []clinical.Pulse{before[0], late[1], before[2], other[1], after[0], after[1]}
	if diff := cmp.Diff(want, must(s.Treatment(ctx, v.ID))(t).Pulses); diff != "" {
		t.Error(diff)
	}

	bad := pulsesOf(900, 50, 2)
	bad[1].Result = strings.Repeat("x", maxWordRunes+1)
	if err := s.AppendPulses(ctx, v.ID, bad); fieldsOf(err)["Result"] != "too_long" {
		t.Errorf("%v", err)
	}
	if err := s.AppendPulses(ctx, v.ID, make([]clinical.Pulse, maxBatch+1)); fieldsOf(err)["Pulses"] != "too_long" {
		t.Errorf("%v", err)
	}
	if got := must(s.Treatment(ctx, v.ID))(t).Pulses; len(got) != len(want) {
		t.Errorf("a refused call left something: %d pulses", len(got))
	}
}

// A treatment that a crash interrupted is found again when the store is opened.
func TestOpenTreatmentsAfterOpeningAgain(t *testing.T) {
	ctx := t.Context()
	clock := newClock()
	path := filepath.Join(t.TempDir(), FileName)
	s, err := OpenTraining(path, Options{Now: clock.now})
	if err != nil {
		t.Fatal(err)
	}
	patient := must(s.SavePatient(ctx, ana()))(t).ID
	older := must(s.BeginTreatment(ctx, aTreatment(patient)))(t)
	clock.add(time.Hour)
	ended := must(s.BeginTreatment(ctx, aTreatment(patient)))(t)
	ended.Outcome = clinical.OutcomeUncertain
	ended.Reconciled = signed(clinical.AsUncertain)
	must(s.ReconcileTreatment(ctx, ended))(t)
	clock.add(time.Hour)
	brought := aTreatment(patient)
	brought.ID = s.NewID()
	newer := must(s.BeginTreatment(ctx, brought))(t)
	if newer.ID != brought.ID {
		t.Errorf("id %s, want %s", newer.ID, brought.ID)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = openTest(t, path, clock)
	if diff := cmp.Diff([]clinical.Treatment{newer, older}, must(s.OpenTreatments(ctx))(t)); diff != "" {
		t.Error(diff)
	}
}

// A hand-over is checked in its form; one that is lost or belongs to another shows.
func TestHandOvers(t *testing.T) {
	s, _, keys, p, other, v := heldStore(t)
	ctx := t.Context()
	a, b := clinical.Operator{Name: "A", Role: clinical.RoleClinician}, clinical.Operator{Name: "B", Role: clinical.RoleClinician}
	for field, h := range map[string]clinical.HandOver{
		"At": {At: time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC), From: a, To: b}, "From.Name": {From: clinical.Operator{Role: a.Role}, To: b},
		"To.Role": {From: a, To: clinical.Operator{Name: "B", Role: "cook"}}, "To": {From: a, To: a},
	} {
		if err := s.AppendHandOvers(ctx, v.ID, []clinical.HandOver{h}); fieldsOf(err)[field] == "" {
			t.Errorf("%s: %v", field, err)
		}
	}
	if err := s.AppendHandOvers(ctx, "", nil); !errors.Is(err, ErrNotFound) {
		t.Error(err)
	}
	if err := s.AppendHandOvers(ctx, v.ID, []clinical.HandOver{{From: a, To: b}}); err != nil {
		t.Fatal(err)
	}
	v.Outcome = clinical.OutcomeStopped
	v = must(s.EndTreatment(ctx, v))(t)
	k := numbered(key(v.ID), 1)
	sealed := must(keys.Seal(vault.Place{Bucket: bucketHandOvers, Key: k, Schema: SchemaVersion}, other.ID, asJSON(t, packHandOver(clinical.HandOver{From: a, To: b}))))(t)
	var was []byte
	write(t, s, bucketHandOvers, k, func(old []byte) []byte { was = old; return sealed })
	if _, err := s.Treatment(ctx, v.ID); !errors.Is(err, ErrDamaged) {
		t.Error("of another:", err)
	}
	write(t, s, bucketHandOvers, k, func([]byte) []byte { return was })
	if err := s.update(ctx, func(t *txn) error { return t.delete(bucketHandOvers, k) }); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Treatments(ctx, p.ID); !errors.Is(err, ErrDamaged) {
		t.Error("lost:", err)
	}
}
