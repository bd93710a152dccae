package store

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"stipple/app/clinical"
)

// What arming writes beside its intent: the figure of the stop check, and why
// each READY ended.
func TestRecordKeepsStopCheckAndFallBacks(t *testing.T) {
	s, clock := newStore(t)
	ctx := t.Context()
	p := must(s.SavePatient(ctx, ana()))(t)
	v := must(s.BeginTreatment(ctx, aTreatment(p.ID)))(t)
	v.Outcome, v.StopCheck = clinical.OutcomeOpen, 7*time.Millisecond
	for _, reason := range clinical.FallBackReasons() {
		clock.add(time.Minute)
		v.FallBacks = append(v.FallBacks, clinical.FallBack{At: clock.now(), Reason: reason})
	}
	v = must(s.AmendTreatment(ctx, v))(t)
	got := must(s.Treatment(ctx, v.ID))(t)
	if diff := cmp.Diff(v, got); diff != "" || got.StopLatency != 0 {
		t.Errorf("stop latency %v, %s", got.StopLatency, diff)
	}
	for field, bend := range map[string]func(*clinical.Treatment){
		"StopCheck":        func(v *clinical.Treatment) { v.StopCheck = -1 },
		"FallBacks.Reason": func(v *clinical.Treatment) { v.FallBacks[0].Reason = "no reason" },
		"FallBacks.At":     func(v *clinical.Treatment) { v.FallBacks[0].At = time.Date(-5, 1, 1, 0, 0, 0, 0, time.UTC) },
	} {
		bad := got
		bad.FallBacks = append([]clinical.FallBack(nil), got.FallBacks...)
		bend(&bad)
		var invalid *InvalidError
		if _, err := s.AmendTreatment(ctx, bad); !errors.As(err, &invalid) || invalid.Fields[0].Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func TestNewestRecord(t *testing.T) {
	s, clock := newStore(t)
	ctx := t.Context()
	newest := func() time.Time { return must(s.NewestRecord(ctx))(t) }
	if at := newest(); !at.IsZero() {
		t.Errorf("an empty store: %v", at)
	}
	p := must(s.SavePatient(ctx, ana()))(t)
	if at := newest(); !at.Equal(p.Updated) {
		t.Errorf("a patient: %v, want %v", at, p.Updated)
	}
	clock.add(time.Hour)
	must(s.BeginTreatment(ctx, aTreatment(p.ID)))(t)
	clock.add(time.Hour)
	v := must(s.BeginTreatment(ctx, aTreatment(p.ID)))(t)
	if at := newest(); !at.Equal(v.Started) {
		t.Errorf("begun: %v, want %v", at, v.Started)
	}
	clock.add(time.Hour)
	v.Outcome = clinical.OutcomeComplete
	v = must(s.EndTreatment(ctx, v))(t)
	if at := newest(); !at.Equal(v.Ended) {
		t.Errorf("ended: %v, want %v", at, v.Ended)
	}
	clock.add(-48 * time.Hour) // set back
	must(s.SavePatient(ctx, must(s.Patient(ctx, p.ID))(t)))(t)
	if at := newest(); !at.Equal(v.Ended) {
		t.Errorf("with the clock set back: %v, want %v", at, v.Ended)
	}
}
