package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"stipple/app/clinical"
)

const (
	crashRounds = 12  // children that are killed
	crashLines  = 400 // at most so many acknowledged writes before the kill
	crashBatch  = 7   // pulses in one write
)

// childCrash writes for ever and says each thing after it was acknowledged.
func childCrash(path string, say func(line)) error {
	ctx := context.Background()
	say(line{What: "start"})
	s, err := OpenTraining(path, Options{})
	if err != nil {
		return err
	}
	for round := 0; ; round++ {
		p := ana()
		p.FileNumber = fmt.Sprintf("C-%s", s.NewID())
		if p, err = s.SavePatient(ctx, p); err != nil {
			return err
		}
		say(line{What: "patient", ID: string(p.ID), Name: p.FileNumber, N: p.Revision})
		preset, err := s.SavePreset(ctx, aPreset(p.ID))
		if err != nil {
			return err
		}
		say(line{What: "preset", ID: string(p.ID), Name: string(preset.ID), N: preset.Revision})
		v, err := s.BeginTreatment(ctx, aTreatment(p.ID))
		if err != nil {
			return err
		}
		say(line{What: "begin", ID: string(v.ID)})
		for i := range 10 {
			if err := s.AppendPulses(ctx, v.ID, pulsesOf(1, uint32(i*crashBatch), crashBatch)); err != nil {
				return err
			}
			say(line{What: "pulses", ID: string(v.ID), N: (i + 1) * crashBatch})
		}
		if round%2 == 1 {
			err = reconcileAndSign(s, v, say)
		} else {
			v.Outcome = clinical.OutcomeComplete
			_, err = s.EndTreatment(ctx, v)
		}
		if err != nil {
			return err
		}
		say(line{What: "end", ID: string(v.ID)})
	}
}

// reconcileAndSign ends a treatment as one whose outcome was not known: first
// what the pen told, then the signature.
func reconcileAndSign(s *Store, v clinical.Treatment, say func(line)) error {
	const before = 10 * crashBatch
	v.Outcome, v.Pulses = clinical.OutcomeUncertain, pulsesOf(1, before, crashBatch)
	v.Reconciled = clinical.Reconciliation{Cause: clinical.CauseLink, LedgerWhole: true, Spans: []clinical.PulseSpan{
		{From: before, To: before + crashBatch - 1, Finding: clinical.PulseTold},
	}}
	v, err := s.ReconcileTreatment(context.Background(), v)
	if err != nil {
		return err
	}
	say(line{What: "told", ID: string(v.ID)})
	v.Outcome, v.Reconciled.Signature = clinical.OutcomeReconciled, signed(clinical.AsReconciled).Signature
	_, err = s.ReconcileTreatment(context.Background(), v)
	return err
}

// A process is killed at random points, on one and the same store. What it had
// said to be saved is there afterwards, and nothing is there by half.
func TestKilledProcessLosesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), FileName)
	rng := rand.New(rand.NewPCG(9, 10))
	acknowledged := []line{}
	for round := range crashRounds {
		cmd, out := startChild(t, "crash", path)
		// The first rounds hit the creation and the opening.
		lines := rng.IntN(1 + crashLines*round/crashRounds)
		for n := 0; ; n++ {
			if n == lines+1 {
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
			var l line
			err := out.Decode(&l)
			if err != nil { // killed in the middle of a line at the latest
				if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
					t.Fatal(err)
				}
				break
			}
			acknowledged = append(acknowledged, l)
		}
		if err := cmd.Wait(); err == nil {
			t.Fatal("the child ended by itself")
		}
		checkAcknowledged(t, path, acknowledged)
		if t.Failed() {
			t.Fatalf("round %d", round)
		}
	}
	t.Logf("%d writes acknowledged", len(acknowledged))
}

func checkAcknowledged(t *testing.T, path string, acknowledged []line) {
	t.Helper()
	ctx := t.Context()
	s, err := OpenTraining(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := errors.Join(s.Verify(ctx), s.Close()); err != nil {
			t.Error(err)
		}
	}()
	pulses := map[string]int{}
	ended := map[string]bool{}
	told := map[string]bool{}
	for _, l := range acknowledged {
		switch l.What {
		case "patient":
			if p, err := s.Patient(ctx, clinical.ID(l.ID)); err != nil || p.FileNumber != l.Name || p.Revision != l.N {
				t.Errorf("%+v: %+v, %v", l, p, err)
			}
		case "preset":
			if all, err := s.PresetHistory(ctx, clinical.ID(l.ID), clinical.ID(l.Name)); err != nil || len(all) != l.N {
				t.Errorf("%+v: %+v, %v", l, all, err)
			}
		case "begin":
			pulses[l.ID] = 0
		case "pulses":
			pulses[l.ID] = l.N
		case "told":
			pulses[l.ID] += crashBatch
			told[l.ID] = true
		case "end":
			ended[l.ID] = true
		}
	}
	for id, n := range pulses {
		v, err := s.Treatment(ctx, clinical.ID(id))
		// A write that was not acknowledged any more may be there, but whole.
		if err != nil || len(v.Pulses) < n || len(v.Pulses) > n+crashBatch || len(v.Pulses)%crashBatch != 0 || ended[id] && v.Ended.IsZero() {
			t.Errorf("treatment %s: %d pulses acknowledged, %d there, ended %v, %v", id, n, len(v.Pulses), v.Ended, err)
		}
		// What the pen told and its pulses come together, and so do the signature
		// and the end.
		r := v.Reconciled
		if told[id] && r.Cause == "" || r.Cause != "" && v.Tally().Told != crashBatch || (v.Outcome == clinical.OutcomeReconciled) != (r.Signature.Verdict != "") {
			t.Errorf("treatment %s: %s, told %v, %+v", id, v.Outcome, told[id], r)
		}
	}
	open, err := s.OpenTreatments(ctx)
	if err != nil {
		t.Error(err)
	}
	for _, v := range open {
		if ended[string(v.ID)] || !v.Ended.IsZero() {
			t.Errorf("treatment %s has ended and counts as open", v.ID)
		}
	}
}
