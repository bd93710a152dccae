package store

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stipple/app/clinical"
)

// signed is a reconciliation with nothing but a clinician's signature.
func signed(v clinical.Verdict) clinical.Reconciliation {
	return clinical.Reconciliation{Cause: clinical.CauseLink, Signature: clinical.Signature{
		By: clinical.Operator{ID: "o", Name: "Dr B. Novak", Role: clinical.RoleSeniorClinician}, Verdict: v,
	}}
}

// A run whose outcome is not known: found again by its console, told by its pen,
// signed by somebody else than the one who treated, and shut for ever.
func TestReconcileTreatment(t *testing.T) {
	ctx := t.Context()
	s, clock := newStore(t)
	patient := must(s.SavePatient(ctx, ana()))(t).ID
	v := must(s.BeginTreatment(ctx, aTreatment(patient)))(t)
	recorded, told := pulsesOf(9, 141, 1), pulsesOf(9, 142, 2)
	if err := s.AppendPulses(ctx, v.ID, recorded); err != nil {
		t.Fatal(err)
	}
	v.Outcome, v.Arms = clinical.OutcomeUncertain, []clinical.ArmIntent{{At: clock.now(), CommandID: 5, PulsesBefore: 140, LogBefore: 7, Boot: 9}}
	v.Reconciled = clinical.Reconciliation{Cause: clinical.CauseCrash, LostAt: clock.now(), BootThen: 9}
	v = must(s.ReconcileTreatment(ctx, v))(t)

	other := told[0]
	other.Energy++
	v.Reconciled.AskedAt, v.Reconciled.LedgerWhole = clock.now(), true
	v.Reconciled.Spans = []clinical.PulseSpan{{From: 141, To: 141, Finding: clinical.PulseAgreed}, {From: 142, To: 143, Finding: clinical.PulseTold}, {From: 144, Finding: clinical.PulseUnknown}}
	v.Reconciled.Contradicted, v.Reconciled.Contradiction = 1, []clinical.Contradiction{{Kind: clinical.DisputeDiffers, Index: 142, Console: told[0], Pen: other}}
	v.Pulses = told
	v = must(s.ReconcileTreatment(ctx, v))(t)

	// What was told and its pulses are one write: where a pulse contradicts a
	// stored one, neither is kept.
	wrong := v
	wrong.Pulses = []clinical.Pulse{recorded[0], other}
	wrong.Pulses[0].Energy++
	wrong.Reconciled.Oldest = 77
	if _, err := s.ReconcileTreatment(ctx, wrong); !errors.Is(err, ErrConflict) {
		t.Errorf("a pulse told otherwise: %v", err)
	}
	want := v
	want.Pulses = append(recorded, told...)
	if diff := cmp.Diff([]clinical.Treatment{want}, must(s.OpenTreatments(ctx))(t)); diff != "" {
		t.Error(diff)
	}

	for name, c := range map[string]struct {
		change func(*clinical.Treatment)
		want   map[string]string
	}{
		"signed by a technician": {func(v *clinical.Treatment) { v.Reconciled.Signature.By.Role = clinical.RoleTechnician },
			map[string]string{"Reconciled.Signature.By.Role": "not_allowed"}},
		"signed by nobody": {func(v *clinical.Treatment) { v.Reconciled.Signature.By = clinical.Operator{} },
			map[string]string{"Reconciled.Signature.By.Name": "missing", "Reconciled.Signature.By.Role": "not_allowed"}},
		"as known, and it is not": {func(v *clinical.Treatment) {
			v.Outcome, v.Reconciled.Signature.Verdict = clinical.OutcomeReconciled, clinical.AsReconciled
		}, map[string]string{"Outcome": "not_allowed"}},
		"as known, and signed as uncertain": {func(v *clinical.Treatment) {
			v.Outcome, v.Reconciled.Spans, v.Reconciled.Contradicted = clinical.OutcomeReconciled, nil, 0
		}, map[string]string{"Outcome": "not_allowed"}},
		"as if nothing had been":   {func(v *clinical.Treatment) { v.Outcome = clinical.OutcomeComplete }, map[string]string{"Outcome": "not_allowed"}},
		"without a cause":          {func(v *clinical.Treatment) { v.Reconciled.Cause = "" }, map[string]string{"Reconciled.Cause": "missing"}},
		"a verdict that is none":   {func(v *clinical.Treatment) { v.Reconciled.Signature.Verdict = "whatever" }, map[string]string{"Reconciled.Signature.Verdict": "bad_value"}},
		"an end without signature": {func(v *clinical.Treatment) { v.Reconciled.Signature = clinical.Signature{}; v.Ended = clock.now() }, map[string]string{"Ended": "not_allowed"}},
		"unsigned and all is known": {func(v *clinical.Treatment) {
			v.Reconciled.Signature = clinical.Signature{}
			v.Outcome = clinical.OutcomeReconciled
		}, map[string]string{"Outcome": "not_allowed"}},
	} {
		bad := v
		bad.Reconciled.Signature = signed(clinical.AsUncertain).Signature
		c.change(&bad)
		_, err := s.ReconcileTreatment(ctx, bad)
		got := fieldsOf(err)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: %v %s", name, err, diff)
		}
	}
	// No other way leads out of uncertain.
	back := v
	back.Outcome = clinical.OutcomeOpen
	if _, err := s.AmendTreatment(ctx, back); fieldsOf(err)["Outcome"] != "can't_change" {
		t.Errorf("taken back: %v", err)
	}
	back.Outcome = clinical.OutcomeComplete
	if _, err := s.EndTreatment(ctx, back); fieldsOf(err)["Outcome"] != "can't_change" {
		t.Errorf("ended without a signature: %v", err)
	}

	v.Pulses, v.Reconciled.Signature = nil, signed(clinical.AsUncertain).Signature
	v.Reconciled.Signature.At = clock.now()
	v = must(s.ReconcileTreatment(ctx, v))(t)
	want.Revision, want.Ended, want.Reconciled = v.Revision, v.Ended, v.Reconciled
	if diff := cmp.Diff(want, must(s.Treatment(ctx, v.ID))(t)); diff != "" || v.Ended.IsZero() {
		t.Error(diff)
	}
	if _, err := s.ReconcileTreatment(ctx, v); !errors.Is(err, ErrEnded) {
		t.Errorf("signed twice: %v", err)
	}
	if left := must(s.OpenTreatments(ctx))(t); len(left) != 0 {
		t.Errorf("%d open", len(left))
	}
}

// A head from before there were reconciliations reads as one that has none.
func TestHeadWithoutReconciliation(t *testing.T) {
	old := `{"patient":"p","operator":{"name":"A","role":"clinician"},"pen_kind":"rf","tip":{"id":1,"present":true},"indication":"i","zone":"z",` +
		`"arms":[{"at":"2026-01-02T03:04:05Z","command_id":7,"settings_hash":"0102030405060708","settings":{"depth_um":1,"speed_spm":1},"pulses_before":3}],` +
		`"started":"2026-01-02T03:04:05Z","outcome":"uncertain"}`
	v, _, err := unpackTreatment("t", 2, []byte(old))
	if err != nil || v.Reconciled.Cause != "" || v.Arms[0].PulsesBefore != 3 || v.Arms[0].Result != clinical.ArmUnknown || v.Arms[0].Boot != 0 {
		t.Errorf("%+v %v", v, err)
	}
}

// A disputed pulse that is cut off in the file is damage.
func TestDisputedPulseThatIsDamaged(t *testing.T) {
	whole := packNumbered(pulsesOf(9, 141, 1)[0])
	for n := 1; n < len(whole); n++ {
		if p, err := unpackNumbered(whole[:n]); !errors.Is(err, ErrDamaged) {
			t.Fatalf("%d bytes of %d: %+v %v", n, len(whole), p, err)
		}
	}
}
