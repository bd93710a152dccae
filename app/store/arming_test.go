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
