package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"stipple/app/audit"
	"stipple/app/clinical"
	"stipple/app/vault"
)

// acknowledged is what processes have said to be saved in one store.
type acknowledged struct {
	count       map[string]int
	patients    map[clinical.ID]line    // the newest revision
	presets     map[[2]clinical.ID]line // by patient and preset
	pulses      map[clinical.ID]int     // of each treatment
	screenings  map[[2]clinical.ID]line // by patient and screening
	alarm, told map[clinical.ID]bool
	second      map[clinical.ID]bool // took over
	ended       map[clinical.ID]bool
	heads       []audit.Known
	broken      error
}

func newAcknowledged() *acknowledged {
	return &acknowledged{
		count: map[string]int{}, patients: map[clinical.ID]line{}, presets: map[[2]clinical.ID]line{}, pulses: map[clinical.ID]int{},
		alarm: map[clinical.ID]bool{}, told: map[clinical.ID]bool{}, ended: map[clinical.ID]bool{},
		screenings: map[[2]clinical.ID]line{}, second: map[clinical.ID]bool{},
	}
}

func (a *acknowledged) add(l line) {
	id := clinical.ID(l.ID)
	a.count[l.What]++
	switch l.What {
	case "patient":
		a.patients[id] = l
	case "preset":
		a.presets[[2]clinical.ID{id, clinical.ID(l.Name)}] = l
	case "screening":
		a.screenings[[2]clinical.ID{id, clinical.ID(l.Name)}] = l
	case "begin":
		a.pulses[id] = 0
	case "pulses":
		a.pulses[id] = l.N
	case "alarm":
		a.alarm[id] = true
	case "hand-over":
		a.second[id] = true
	case "told":
		a.pulses[id] += crashBatch
		a.told[id] = true
	case "end":
		a.ended[id] = true
	case "audit":
		k, err := audit.ParseKnown(uint64(l.N), l.Name, "a process that was killed")
		a.heads, a.broken = append(a.heads, k), errors.Join(a.broken, err)
	default:
		text, _ := json.Marshal(l)
		a.broken = errors.Join(a.broken, fmt.Errorf("not understood: %s", text))
	}
}

// check opens the store and holds it against what was acknowledged.
func (a *acknowledged) check(t *testing.T, dir string) {
	t.Helper()
	ctx := t.Context()
	s, end, err := openSealed(dir)
	if err := errors.Join(a.broken, err); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := errors.Join(s.Verify(ctx), end()); err != nil {
			t.Error(err)
		}
	}()
	for id, l := range a.patients {
		all, err := s.PatientHistory(ctx, id)
		if err != nil || len(all) < l.N || len(all) > l.N+1 {
			t.Errorf("%+v: %d revisions, %v", l, len(all), err)
			continue
		}
		for i, p := range all {
			if p.FileNumber != l.Name || p.Revision != i+1 || p.GivenName != patientNow(p, i+1).GivenName {
				t.Errorf("%+v: %+v", l, p)
			}
		}
	}
	for ids, l := range a.presets {
		all, err := s.PresetHistory(ctx, ids[0], ids[1])
		if err != nil || len(all) < l.N || len(all) > l.N+1 {
			t.Errorf("%+v: %d revisions, %v", l, len(all), err)
		}
	}
	for ids, l := range a.screenings {
		all, err := s.ScreeningHistory(ctx, ids[0], ids[1])
		if err != nil || len(all) < l.N || len(all) > l.N+1 {
			t.Errorf("%+v: %d revisions, %v", l, len(all), err)
		}
	}
	a.checkTreatments(t, s)
	report, err := s.VerifyAudit(ctx, a.heads)
	if err != nil || !report.OK() || report.Agreed != len(a.heads) {
		t.Errorf("audit: %d heads acknowledged, %+v, %v", len(a.heads), report, err)
	}
	for _, name := range filesIn(t, dir) {
		if name != FileName && !strings.HasPrefix(name, vault.SlotsName) && !strings.HasPrefix(name, vault.PatientsName) || strings.Contains(name, ".new-") {
			t.Errorf("left over: %s", name)
		}
	}
}

func (a *acknowledged) checkTreatments(t *testing.T, s *Store) {
	t.Helper()
	for id, n := range a.pulses {
		v, err := s.Treatment(t.Context(), id)
		// A write that was not acknowledged any more may be there, but whole.
		if err != nil || len(v.Pulses) < n || len(v.Pulses) > n+crashBatch || len(v.Pulses)%crashBatch != 0 || a.ended[id] && v.Ended.IsZero() {
			t.Errorf("treatment %s: %d pulses acknowledged, %d there, ended %v, %v", id, n, len(v.Pulses), v.Ended, err)
			continue
		}
		for from := 0; from < len(v.Pulses); from += crashBatch {
			if !slices.EqualFunc(v.Pulses[from:from+crashBatch], pulsesOf(1, uint32(from), crashBatch), samePulse) {
				t.Errorf("treatment %s: other pulses than were written", id)
			}
		}
		if a.alarm[id] && (len(v.Alarms) != 1 || v.Alarms[0] != crashAlarm()) || len(v.Alarms) > 1 {
			t.Errorf("treatment %s: alarms %+v", id, v.Alarms)
		}
		if n := len(v.HandOvers); a.second[id] && n != 1 || n > 1 {
			t.Errorf("treatment %s: hand-overs %+v", id, v.HandOvers)
		}
		// What the pen told and its pulses come together, and so do the signature
		// and the end.
		r := v.Reconciled
		if (len(v.Pulses) > crashTimes*crashBatch) != (r.Cause != "") || a.told[id] && r.Cause == "" || r.Cause != "" && v.Tally().Told != crashBatch || (v.Outcome == clinical.OutcomeReconciled) != (r.Signature.Verdict != "") {
			t.Errorf("treatment %s: %s, told %v, %+v", id, v.Outcome, a.told[id], r)
		}
	}
	open, err := s.OpenTreatments(t.Context())
	if err != nil {
		t.Error(err)
	}
	for _, v := range open {
		if a.ended[v.ID] || !v.Ended.IsZero() {
			t.Errorf("treatment %s has ended and counts as open", v.ID)
		}
	}
}

func samePulse(a, b clinical.Pulse) bool {
	same := a.At.Equal(b.At)
	a.At, b.At = time.Time{}, time.Time{}
	return same && a == b
}
