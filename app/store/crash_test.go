package store

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"stipple/app/audit"
	"stipple/app/clinical"
	"stipple/app/vault"
	"stipple/protocol"
)

var kills = flag.Int("kills", 25, "how many times a process that writes is killed")

const (
	killsOfOne = 25                     // of one store: all that it acknowledged is read after each
	killWithin = 120 * time.Millisecond // after a process has begun to open its store
	openWithin = 3 * time.Millisecond   // the same for the first ones, which are to hit set-up and opening
	crashBatch = 7                      // pulses in one write
	crashTimes = 10                     // such writes in one treatment

	crashPassphrase = "four words beat one"
)

// openSealed opens the practice of a folder as the program does: it sets up what nobody
// has set up, or what ended before there was a store, and signs in to what is there.
func openSealed(dir string) (_ *Store, end func() error, err error) {
	path := filepath.Join(dir, FileName)
	cheap := vault.Options{KDF: vault.KDF{Time: 1, Memory: 64, Threads: 1}}
	slots, err := vault.Load(dir, cheap)
	none := errors.Is(err, fs.ErrNotExist)
	if err != nil && !none {
		return nil, nil, err
	}
	found, err := Look(path)
	if err != nil {
		return nil, nil, err
	}
	var keys *vault.Vault
	if found == Nothing && (none || slots.Pending()) {
		var code string
		if code, err = vault.NewRecoveryCode(); err == nil {
			slots, keys, err = vault.Create(dir, vault.Person{ID: meyer().ID, SignIn: "meyer"}, []byte(crashPassphrase), code, cheap)
		}
	} else if none {
		err = errors.New("a store without its keys")
	} else {
		keys, _, err = slots.SignIn("meyer", []byte(crashPassphrase), time.Now())
	}
	if err != nil {
		return nil, nil, err
	}
	s, err := Open(path, Options{Sealer: keys})
	if err == nil && slots.Pending() {
		if _, err = s.AddOperator(context.Background(), meyer()); errors.Is(err, ErrConflict) {
			err = nil // added by one that was killed behind it
		}
		err = errors.Join(err, slots.Complete())
	}
	if err != nil {
		return nil, nil, errors.Join(err, keys.Close())
	}
	return s, func() error { return errors.Join(s.Close(), keys.Close()) }, nil
}

// childCrash writes for ever, four things at a time, and says each after it was
// acknowledged.
func childCrash(path string, say func(line)) error {
	say(line{What: "start"})
	s, _, err := openSealed(filepath.Dir(path))
	if err != nil {
		return err
	}
	var mu sync.Mutex
	w := &crashWriter{s: s, ctx: audit.By(context.Background(), audit.Actor{Operator: meyer()}), say: func(l line) {
		mu.Lock()
		defer mu.Unlock()
		say(l)
	}}
	w.say(line{What: "open"})
	failed := make(chan error)
	for _, write := range []func(round int) error{w.treat, w.keep, w.note, w.giveUp} {
		go func() {
			for round := 0; ; round++ {
				if err := write(round); err != nil {
					failed <- err
				}
			}
		}()
	}
	return <-failed
}

type crashWriter struct {
	s   *Store
	ctx context.Context
	say func(line)
}

// patientNow is a revision of a patient.
func patientNow(p clinical.Patient, revision int) clinical.Patient {
	p.GivenName = fmt.Sprintf("Ana %d", revision)
	return p
}

// keep saves a patient, a preset and what the patient answers, each twice.
func (w *crashWriter) keep(int) (err error) {
	p := ana()
	p.FileNumber = fmt.Sprintf("C-%s", w.s.NewID())
	preset, asked := aPreset(""), aScreening("")
	for n := range 2 {
		if p, err = w.s.SavePatient(w.ctx, patientNow(p, n+1)); err != nil {
			return err
		}
		w.say(line{What: "patient", ID: string(p.ID), Name: p.FileNumber, N: p.Revision})
		preset.Patient, preset.Settings.Depth = p.ID, protocol.Micrometres(1500+100*n)
		if preset, err = w.s.SavePreset(w.ctx, preset); err != nil {
			return err
		}
		w.say(line{What: "preset", ID: string(p.ID), Name: string(preset.ID), N: preset.Revision})
		asked.Patient = p.ID
		if asked, err = w.s.SaveScreening(w.ctx, asked); err != nil {
			return err
		}
		w.say(line{What: "screening", ID: string(p.ID), Name: string(asked.ID), N: asked.Revision})
	}
	return nil
}

// giveUp begins to import, and gives up once all have keys: those go, beside the others'
// coming.
func (w *crashWriter) giveUp(int) error {
	ctx, end := context.WithCancel(w.ctx)
	defer end()
	all := make([]clinical.Dossier, crashBatch)
	for i := range all {
		all[i].Patient = ana()
		all[i].Patient.FileNumber = fmt.Sprintf("G-%s", w.s.NewID())
	}
	_, err := w.s.ImportPatients(ctx, all, Import{Kind: "table", Whole: true, Told: func(int) { end() }})
	if !errors.Is(err, context.Canceled) {
		return fmt.Errorf("it was not given up: %w", err)
	}
	return nil
}

// note writes an entry of its own into the audit chain, and says its head.
func (w *crashWriter) note(int) error {
	if err := w.s.Audit(w.ctx, audit.Entry{Action: audit.SignIn}); err != nil {
		return err
	}
	end, err := w.s.AuditEnd(w.ctx)
	if err == nil {
		w.say(line{What: "audit", N: int(end.Seq), Name: end.Head.String()})
	}
	return err
}

// treat treats a patient of its own, with pulses and an alarm, to one of two ends.
func (w *crashWriter) treat(round int) error {
	p := ana()
	p.FileNumber = fmt.Sprintf("T-%s", w.s.NewID())
	p, err := w.s.SavePatient(w.ctx, p)
	if err != nil {
		return err
	}
	v, err := w.s.BeginTreatment(w.ctx, aTreatment(p.ID))
	if err != nil {
		return err
	}
	w.say(line{What: "begin", ID: string(v.ID)})
	for i := range crashTimes {
		if err := w.s.AppendPulses(w.ctx, v.ID, pulsesOf(1, uint32(i*crashBatch), crashBatch)); err != nil {
			return err
		}
		w.say(line{What: "pulses", ID: string(v.ID), N: (i + 1) * crashBatch})
	}
	if err := w.s.AppendAlarms(w.ctx, v.ID, []clinical.Alarm{crashAlarm()}); err != nil {
		return err
	}
	w.say(line{What: "alarm", ID: string(v.ID)})
	second := clinical.Operator{Name: "B. Roth", Role: clinical.RoleClinician}
	if err := w.s.AppendHandOvers(w.ctx, v.ID, []clinical.HandOver{{From: v.Operator, To: second}}); err != nil {
		return err
	}
	w.say(line{What: "hand-over", ID: string(v.ID)})
	if round%2 == 1 {
		err = reconcileAndSign(w.s, v, w.say)
	} else {
		v.Outcome = clinical.OutcomeComplete
		_, err = w.s.EndTreatment(w.ctx, v)
	}
	if err != nil {
		return err
	}
	w.say(line{What: "end", ID: string(v.ID)})
	return nil
}

func crashAlarm() clinical.Alarm {
	return clinical.Alarm{At: newClock().now(), Code: 4, Priority: "medium", Text: "impedance", Expected: "100-600 Ω", Measured: "812 Ω"}
}

// reconcileAndSign ends a treatment as one whose outcome was not known: first
// what the pen told, then the signature.
func reconcileAndSign(s *Store, v clinical.Treatment, say func(line)) error {
	const before = crashTimes * crashBatch
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

// Processes that write to sealed stores are killed at random moments. Each store opens
// again, whole; what had been said to be saved is there, and nothing is there by half.
func TestKilledProcessLosesNothing(t *testing.T) {
	rng := rand.New(rand.NewPCG(9, uint64(time.Now().UnixNano())))
	all := map[string]int{}
	unopened := 0
	for done := 0; done < *kills; {
		dir := t.TempDir()
		a := newAcknowledged()
		for round := 0; round < killsOfOne && done < *kills; round++ {
			within := killWithin
			if round < killsOfOne/5 {
				within = openWithin
			}
			if !killOne(t, filepath.Join(dir, FileName), time.Duration(rng.Int64N(int64(within))), a) {
				unopened++
			}
			done++
			a.check(t, dir)
			if t.Failed() {
				t.Fatalf("kill %d, the store's %d", done, round+1)
			}
		}
		for what, n := range a.count {
			all[what] += n
		}
	}
	written := 0
	for _, n := range all {
		written += n
	}
	t.Logf("%d kills, %d before the store was open; %d writes acknowledged, none lost: %v", *kills, unopened, written, all)
}

// killOne kills a process at a moment after its start, and says whether it had opened
// its store.
func killOne(t *testing.T, path string, after time.Duration, a *acknowledged) (opened bool) {
	t.Helper()
	cmd, out := startChild(t, "crash", path)
	next := func() (l line, more bool) {
		err := out.Decode(&l)
		if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) { // killed in the middle of a line at the latest
			t.Fatal(err)
		}
		return l, err == nil
	}
	if _, more := next(); !more {
		t.Fatal("the child never began")
	}
	kill := time.AfterFunc(after, func() { _ = cmd.Process.Kill() }) // it may have ended, which is told below
	defer kill.Stop()
	for l, more := next(); more; l, more = next() {
		if l.What == "open" {
			opened = true
			continue
		}
		a.add(l)
	}
	var exit *exec.ExitError
	if err := cmd.Wait(); !errors.As(err, &exit) || exit.Exited() {
		t.Fatalf("the child ended by itself: %v", err)
	}
	return opened
}
