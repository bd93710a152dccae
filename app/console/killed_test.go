//go:build !windows

package console_test

import (
	"bufio"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/store"
	"stipple/assets"
	"stipple/device"
	"stipple/device/serialport"
	"stipple/device/sim"
	"stipple/device/sim/ptyport"
	"stipple/protocol"
)

// A test that kills a console starts the test binary again, with childEnv set to
// the stage at which the child says so and waits for its end. The child is a desk
// over a real store and a real serial port; the simulated pen lives in the test.
const childEnv = "STIPPLE_CONSOLE_CHILD"

// The stages, in the order in which one run of consoles goes through them.
const (
	stageIntent   = "intent"   // the intent is on disk, and ARM has not left
	stageReady    = "ready"    // the pen is READY
	stageTreating = "treating" // the trigger is held, and a pulse is on disk
	stageAsked    = "asked"    // the pen has told all, and none of it is on disk
	stageSigning  = "signing"  // the operator has signed, and it is not on disk
	stageSigned   = "signed"   // the signature is on disk, and nobody knows
)

// childLimit is the patience with a child.
const childLimit = 20 * time.Second

func TestMain(m *testing.M) {
	stage := os.Getenv(childEnv)
	if stage == "" {
		os.Exit(m.Run())
	}
	c := child{stage: stage}
	if err := c.run(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// said is what a child says.
type said struct {
	Stage   string `json:"stage"`
	Pulses  int    `json:"pulses"`  // of the run that is shown
	Known   bool   `json:"known"`   // down to the last one
	Blocked bool   `json:"blocked"` // nothing could be armed from the start on
}

// child is a console that waits to be killed.
type child struct {
	stage   string
	desk    *console.Desk
	blocked atomic.Bool   // told on the recorder's goroutine
	changed chan struct{} // capacity 1: there is a new view
}

// tell says that the stage is reached and never returns.
func (c *child) tell() {
	s := said{Stage: c.stage, Blocked: c.blocked.Load()}
	if v := c.desk.View(); len(v.Uncertain) > 0 {
		s.Pulses, s.Known = len(v.Uncertain[0].Treatment.Pulses), v.Uncertain[0].Treatment.Reconciled.Known()
	}
	if json.NewEncoder(os.Stdout).Encode(s) != nil {
		os.Exit(3) // the test is gone
	}
	select {}
}

// childRecords are the store's, with the stages that lie within a write.
type childRecords struct {
	*store.Store
	c *child
}

func (r childRecords) BeginTreatment(ctx context.Context, t clinical.Treatment) (clinical.Treatment, error) {
	t, err := r.Store.BeginTreatment(ctx, t)
	if err == nil && r.c.stage == stageIntent {
		r.c.tell()
	}
	return t, err
}

func (r childRecords) ReconcileTreatment(ctx context.Context, t clinical.Treatment) (clinical.Treatment, error) {
	signed := t.Reconciled.Signature.Verdict != ""
	switch {
	case r.c.stage == stageAsked && t.Reconciled.LedgerWhole, r.c.stage == stageSigning && signed:
		r.c.tell()
	}
	t, err := r.Store.ReconcileTreatment(ctx, t)
	if err == nil && r.c.stage == stageSigned && signed {
		r.c.tell()
	}
	return t, err
}

func (c *child) run(path, port string) error {
	lib, err := clinical.LoadLibrary(assets.Limits)
	if err != nil {
		return err
	}
	s, err := store.OpenTraining(path, store.Options{})
	if err != nil {
		return err
	}
	sup := device.NewSupervisor(device.SupervisorConfig{
		Find: serialport.Named(port), Open: serialport.Opener(0), Named: true, Options: device.Options{Rand: rand.Reader, StatusRate: 100},
	})
	c.desk = console.New(console.Config{
		Link: sup, Library: lib, Patients: s, Presets: s, Records: childRecords{s, c}, Operators: s, Staff: list{s}, Journal: s, Exports: exports{}, Now: time.Now, Rand: rand.Reader, Training: true,
	})
	c.changed = make(chan struct{}, 1)
	c.desk.Watch(func() {
		select {
		case c.changed <- struct{}{}:
		default:
		}
	})
	c.desk.Prepare(context.Background())
	c.blocked.Store(len(c.desk.View().Uncertain) == 1) // in the very first view
	go func() { _ = sup.Run(context.Background()) }()
	go func() { _ = c.desk.Run(context.Background()) }()
	go func() {
		for range time.Tick(50 * time.Millisecond) {
			c.desk.Touch()
		}
	}()
	switch c.stage {
	case stageIntent, stageReady, stageTreating:
		return c.treat(s)
	}
	return c.reconcile()
}

// until waits for the view to be so.
func (c *child) until(what string, so func(*console.View) bool) (*console.View, error) {
	limit := time.After(childLimit)
	for {
		if v := c.desk.View(); so(v) {
			return v, nil
		}
		select {
		case <-c.changed:
		case <-limit:
			return nil, fmt.Errorf("never: %s: %+v", what, c.desk.View().Blocks)
		}
	}
}

// treat brings a patient's treatment to the stage.
func (c *child) treat(s *store.Store) error {
	hits, _, err := s.SearchPatients(context.Background(), "Ruiz", 1)
	if err != nil || len(hits) != 1 {
		return errors.Join(err, errors.New("no patient"))
	}
	for _, step := range []struct {
		what string
		so   func(*console.View) bool
		do   func(*console.View)
	}{
		{"standby", func(v *console.View) bool { return v.Pen.Phase == console.Standby }, func(*console.View) { c.desk.ChoosePatient(hits[0].ID) }},
		{"patient", func(v *console.View) bool { return v.Patient != nil }, func(*console.View) {
			c.desk.ChooseIndication("acne_scars")
			c.desk.ChooseZone("cheek_left")
		}},
		{"limits", func(v *console.View) bool { return len(v.Controls) == 4 && v.Controls[0].Limit.Max.Value == 2500 }, func(*console.View) {
			for p, text := range map[clinical.Parameter]string{clinical.Depth: "1.5", clinical.Speed: "60", clinical.Duration: "100", clinical.Power: "12"} {
				c.desk.Type(p, text)
			}
		}},
		{"may be applied", func(v *console.View) bool { return v.Apply.Can }, func(*console.View) { c.desk.Apply() }},
		{"nothing blocks", func(v *console.View) bool { return len(v.Blocks) == 0 && v.Arm.State == console.ArmReady }, func(v *console.View) { c.desk.Arm(v.Arm.Shown) }},
		{"ready", func(v *console.View) bool {
			if v.Arm.State == console.ArmReady && v.Arm.Err != nil { // what was shown has changed meanwhile
				c.desk.Arm(v.Arm.Shown)
			}
			return v.Arm.State == console.ArmArmed
		}, func(*console.View) {
			if c.stage == stageReady {
				c.tell()
			}
		}},
		{"a pulse on disk, and another one to come", func(v *console.View) bool { return v.Run.Durable > 0 && v.Pen.Phase == console.Treating }, func(*console.View) { c.tell() }},
	} {
		v, err := c.until(step.what, step.so)
		if err != nil {
			return err
		}
		step.do(v)
	}
	return nil
}

// reconcile signs what is known once all is. From its first view on nothing may
// be armed.
func (c *child) reconcile() error {
	v, err := c.until("all is known", func(v *console.View) bool {
		if !slices.ContainsFunc(v.Blocks, func(b clinical.Block) bool { return b.Code == clinical.BlockUncertain }) {
			c.blocked.Store(false)
		}
		return len(v.Uncertain) == 1 && v.Uncertain[0].CanReconciled && v.Operator.Role.MayTreat()
	})
	if err != nil {
		return err
	}
	c.desk.Sign(v.Uncertain[0].Treatment.ID, clinical.AsReconciled, v.Uncertain[0].Version)
	_, err = c.until("killed", func(*console.View) bool { return false })
	return err
}

// killAt starts a console and kills it at a stage, after do.
func killAt(t *testing.T, stage, path, port string, do func()) said {
	t.Helper()
	binary, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*childLimit)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, path, port)
	cmd.Env = append(os.Environ(), childEnv+"="+stage)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	do()
	var s said
	err = json.NewDecoder(bufio.NewReader(out)).Decode(&s)
	if kill := cmd.Process.Kill(); err == nil {
		err = kill
	}
	_, _ = io.Copy(io.Discard, out)
	_ = cmd.Wait() // killed
	if err != nil || s.Stage != stage {
		t.Fatalf("console at %s: %+v, %v", stage, s, err)
	}
	return s
}

// A console is killed with an intent on disk, in READY, and in a pulse; then
// before what the pen told is on disk, before the signature is, and right after.
// Each console that opens after it finds the run, arms nothing, and knows what
// the pen's ledger has; the run is signed once.
func TestKilledConsoleComesBackToItsRun(t *testing.T) {
	for _, stage := range []string{stageIntent, stageReady, stageTreating} {
		t.Run(stage, func(t *testing.T) {
			pen, err := sim.New(sim.Config{Model: sim.R1, Seed: 1})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(t.Context())
			ended := make(chan error, 1)
			go func() { ended <- pen.Run(ctx) }()
			defer func() {
				cancel()
				if err := <-ended; err != nil {
					t.Error(err)
				}
			}()
			port, err := ptyport.Open("")
			if err != nil {
				t.Fatal(err)
			}
			defer port.Close()
			pen.Attach(port)
			path := filepath.Join(t.TempDir(), store.FileName)
			seed(t, path)

			hand := pen.Hand()
			release := func() {}
			killAt(t, stage, path, port.Path(), func() {
				if stage == stageTreating {
					release = pull(t, hand)
				}
			})
			if stage == stageTreating { // its lease is running out
				_ = hand.Fault(sim.SwitchReboot, true)
			}
			release()
			var shown said
			for _, next := range []string{stageAsked, stageSigning, stageSigned} {
				shown = killAt(t, next, path, port.Path(), func() {})
				if !shown.Blocked {
					t.Errorf("%s: something could be armed before the run was signed", next)
				}
			}
			checkSigned(t, path, pen, shown)
		})
	}
}

// pull holds the trigger from READY on and touches one spot after the other, until
// the function that it returns is called.
func pull(t *testing.T, hand sim.Handpiece) (release func()) {
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		held, touched := false, time.Now()
		for {
			select {
			case <-stop:
				if err := errors.Join(hand.Trigger(false), hand.Contact(false)); err != nil {
					t.Error(err)
				}
				return
			case now := <-tick.C:
				s, err := hand.State()
				switch {
				case err != nil:
					t.Error(err)
					return
				case !held && s.State == protocol.StateReady.String():
					held = hand.Trigger(true) == nil && hand.Contact(true) == nil
					touched = now
				case held && now.Sub(touched) > 400*time.Millisecond:
					_ = hand.Contact(!s.Contact)
					touched = now
				}
			}
		}
	}()
	return func() {
		close(stop)
		<-done
	}
}

func seed(t *testing.T, path string) {
	t.Helper()
	s, err := store.OpenTraining(path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(store.SeedSampleClinic(t.Context(), s), s.Close()); err != nil {
		t.Fatal(err)
	}
}

// checkSigned holds the record that the last console has signed against what the
// pen really did.
func checkSigned(t *testing.T, path string, pen *sim.Pen, shown said) {
	t.Helper()
	s, err := store.OpenTraining(path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	open, err := s.OpenTreatments(t.Context())
	if err != nil || len(open) != 0 {
		t.Fatalf("%d treatments are open: %v", len(open), err)
	}
	hits, _, err := s.SearchPatients(t.Context(), "Ruiz", 1)
	if err != nil {
		t.Fatal(err)
	}
	all, err := s.Treatments(t.Context(), hits[0].ID)
	if err != nil || len(all) == 0 {
		t.Fatalf("%d treatments: %v", len(all), err)
	}
	rec := all[0]
	r := rec.Reconciled
	if rec.Outcome != clinical.OutcomeReconciled || r.Cause != clinical.CauseCrash || r.Signature.Verdict != clinical.AsReconciled || rec.Ended.IsZero() {
		t.Errorf("outcome %s, cause %s, signature %+v", rec.Outcome, r.Cause, r.Signature)
	}
	truth := ledgerOf(t, pen, rec.ID)
	agrees(t, rec, truth)
	if len(rec.Pulses) != len(truth) || shown.Pulses != len(truth) || !shown.Known {
		t.Errorf("%d pulses in the record, %d shown, %d in the pen", len(rec.Pulses), shown.Pulses, len(truth))
	}
	heads, err := s.TreatmentHistory(t.Context(), rec.ID)
	signed := 0
	for _, h := range heads {
		if h.Reconciled.Signature.Verdict != "" {
			signed++
		}
	}
	if err != nil || signed != 1 {
		t.Errorf("signed %d times: %v", signed, err)
	}
	t.Logf("%d pulses, %s", len(truth), r.Arms[0].Result)
}
