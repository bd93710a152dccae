package console_test

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"stipple/app/alarm"
	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/store"
	"stipple/assets"
	"stipple/device"
	"stipple/device/link"
	"stipple/device/sim"
	"stipple/protocol"
)

// bench is a whole console without its window: a real store, the simulated pen
// on a line in memory, the supervisor and the desk, in virtual time.
type bench struct {
	t     *testing.T
	desk  *console.Desk
	pen   *sim.Pen
	store *store.Store
	cut   func() // pulls the cable
	// replacePen puts a pen with an empty memory into the place of the one that
	// was there; serial "" is the same number as before.
	replacePen func(serial string)
	stop       func() // ends the desk and the rest
	// plugged is false while the cable is out.
	plugged atomic.Bool
	lib     *clinical.Library
	// wire sees every message that leaves for the pen; nil: nobody looks.
	wire atomic.Pointer[func(protocol.Message)]
	// dead makes the line carry nothing in either direction, as a pen does
	// whose processor has stopped.
	dead atomic.Bool
	// lie bends what the pen says; nil: it is honest.
	lie atomic.Pointer[lie]
	// sounds is what whoever plays alarms was told since the last look.
	sounds   []alarm.Priority
	soundsMu sync.Mutex
	// broken makes the records fail.
	broken atomic.Bool
	// hang makes the disk take no alarms and answer nothing.
	hang atomic.Bool
	slow atomic.Int64
	// never is the number of a pulse that no record takes.
	never atomic.Uint32
	// endFails is how many ends of a record the disk still refuses, and
	// newestFails how often it does not tell its newest record.
	endFails, newestFails atomic.Int64
	// lateOf delays the reading of a patient, in ns; nil: of none.
	lateOf atomic.Pointer[func(clinical.ID) time.Duration]
	path   string // of the store
	// frozen is a window whose thread does not move.
	frozen atomic.Bool
	// jumped is how far the time of day has run away from the clock that stands
	// while a laptop sleeps, in ns.
	jumped atomic.Int64
	// real makes the time of day carry the other clock, as the program's does.
	real atomic.Bool
}

// tap shows what is written to the pen.
type tap struct {
	io.ReadWriteCloser
	dec  protocol.Decoder
	seen func(protocol.Message)
	dead *atomic.Bool
}

func (t *tap) Read(p []byte) (int, error) {
	for {
		n, err := t.ReadWriteCloser.Read(p)
		if err != nil || !t.dead.Load() {
			return n, err
		}
	}
}

func (t *tap) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		var f protocol.Frame
		var err error
		if f, rest, err = t.dec.Next(rest); err != nil {
			continue
		}
		if m, err := protocol.Decode(f); err == nil {
			t.seen(m)
		}
	}
	if t.dead.Load() {
		return len(p), nil
	}
	return t.ReadWriteCloser.Write(p)
}

// records are the store's, with a disk that can fail or be slow.
type records struct {
	*store.Store
	broken *atomic.Bool
	hang   *atomic.Bool
	slow   *atomic.Int64 // ns that a new record takes

	endFails, newestFails *atomic.Int64
	// never is the number of a pulse that no record takes; 0: none.
	never *atomic.Uint32
}

func (r records) EndTreatment(ctx context.Context, t clinical.Treatment) (clinical.Treatment, error) {
	if r.endFails.Add(-1) >= 0 {
		return clinical.Treatment{}, store.ErrDiskFull
	}
	return r.Store.EndTreatment(ctx, t)
}

func (r records) NewestRecord(ctx context.Context) (time.Time, error) {
	if r.newestFails.Add(-1) >= 0 {
		return time.Time{}, store.ErrDiskFull
	}
	return r.Store.NewestRecord(ctx)
}

// patients are the store's, some of which take their time.
type patients struct {
	*store.Store
	lateOf *atomic.Pointer[func(clinical.ID) time.Duration]
}

func (p patients) Patient(ctx context.Context, id clinical.ID) (clinical.Patient, error) {
	out, err := p.Store.Patient(ctx, id)
	if f := p.lateOf.Load(); f != nil {
		time.Sleep((*f)(id))
	}
	return out, err
}

func (r records) AppendAlarms(ctx context.Context, id clinical.ID, a []clinical.Alarm) error {
	for r.hang.Load() {
		time.Sleep(100 * time.Millisecond)
	}
	return r.Store.AppendAlarms(ctx, id, a)
}

func (r records) AppendPulses(ctx context.Context, id clinical.ID, p []clinical.Pulse) error {
	if r.broken.Load() {
		return store.ErrDiskFull
	}
	if n := r.never.Load(); n != 0 && slices.ContainsFunc(p, func(p clinical.Pulse) bool { return p.Index == n }) {
		return store.ErrTooLarge
	}
	return r.Store.AppendPulses(ctx, id, p)
}

func (r records) BeginTreatment(ctx context.Context, t clinical.Treatment) (clinical.Treatment, error) {
	if r.broken.Load() {
		return clinical.Treatment{}, store.ErrDiskFull
	}
	time.Sleep(time.Duration(r.slow.Load()))
	return r.Store.BeginTreatment(ctx, t)
}

func (r records) ReconcileTreatment(ctx context.Context, t clinical.Treatment) (clinical.Treatment, error) {
	if r.broken.Load() {
		return clinical.Treatment{}, store.ErrDiskFull
	}
	return r.Store.ReconcileTreatment(ctx, t)
}

// newBench starts a bench inside a synctest bubble.
func newBench(t *testing.T, model sim.Model, training bool) *bench {
	t.Helper()
	return newBenchWith(t, model, training, func(*bench) {})
}

// newBenchWith is newBench with something that is so before the desk runs.
func newBenchWith(t *testing.T, model sim.Model, training bool, before func(*bench)) *bench {
	t.Helper()
	return newBenchFrom(t, model, training, before, func(*console.Config) {})
}

// newBenchFrom is newBenchWith with a desk that is configured otherwise.
func newBenchFrom(t *testing.T, model sim.Model, training bool, before func(*bench), change func(*console.Config)) *bench {
	t.Helper()
	// A bubble begins in the year 2000, before some sample patients were born.
	time.Sleep(time.Until(time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)))
	b := &bench{t: t}
	b.plugged.Store(true)
	lib, err := clinical.LoadLibrary(assets.Limits)
	if err != nil {
		t.Fatal(err)
	}
	b.lib = lib
	b.path = filepath.Join(t.TempDir(), "s.db")
	b.store, err = store.OpenTraining(b.path, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := store.SeedSampleClinic(t.Context(), b.store); err != nil {
		t.Fatal(err)
	}
	b.pen, err = sim.New(sim.Config{Model: model, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	port := device.Port{Path: "memory"}
	var detach func()
	sup := device.NewSupervisor(device.SupervisorConfig{
		Find: func(context.Context) ([]device.Port, error) {
			if !b.plugged.Load() {
				return nil, nil
			}
			return []device.Port{port}, nil
		},
		Open: func(context.Context, device.Port) (io.ReadWriteCloser, error) {
			ours, theirs := link.Pipe()
			detach = b.pen.Attach(theirs)
			return &tap{ReadWriteCloser: &liar{ReadWriteCloser: ours, lie: &b.lie}, seen: b.see, dead: &b.dead}, nil
		},
		Named:   true,
		Options: device.Options{Rand: reader{rand.New(rand.NewPCG(1, 2))}, StatusRate: 20},
	})
	b.cut = func() { b.plugged.Store(false); detach() }
	cfg := console.Config{
		Link: sup, Library: lib, Patients: patients{b.store, &b.lateOf}, Presets: b.store, Records: records{b.store, &b.broken, &b.hang, &b.slow, &b.endFails, &b.newestFails, &b.never}, Operators: b.store, Staff: list{b.store}, Journal: b.store, Exports: exports{}, Erasures: b.store,
		Now: b.now, Rand: reader{rand.New(rand.NewPCG(3, 4))}, Training: training, Sound: b.hears,
	}
	change(&cfg)
	b.desk = console.New(cfg)
	before(b)
	ctx, cancel := context.WithCancel(context.Background())
	var ends []chan struct{}
	for _, run := range []func(context.Context) error{b.pen.Run, sup.Run, b.desk.Run, b.alive} {
		done := make(chan struct{})
		ends = append(ends, done)
		go func() {
			defer close(done)
			if err := run(ctx); err != nil {
				t.Error(err)
			}
		}()
	}
	b.replacePen = func(serial string) {
		pen, err := sim.New(sim.Config{Model: model, Seed: 2, Serial: serial})
		if err != nil {
			t.Fatal(err)
		}
		b.pen = pen
		done := make(chan struct{})
		ends = append(ends, done)
		go func() {
			defer close(done)
			if err := pen.Run(ctx); err != nil {
				t.Error(err)
			}
		}()
	}
	b.stop = func() {
		cancel()
		for _, e := range ends {
			<-e
		}
		if err := b.store.Close(); err != nil {
			t.Error(err)
		}
	}
	return b
}

// hears is whoever plays alarms.
func (b *bench) hears(s alarm.Signal) {
	b.soundsMu.Lock()
	defer b.soundsMu.Unlock()
	b.sounds = append(b.sounds, s.Sound)
}

// heard is what it was told since the last time.
func (b *bench) heard() []alarm.Priority {
	b.soundsMu.Lock()
	defer b.soundsMu.Unlock()
	out := b.sounds
	b.sounds = nil
	return out
}

// see hands a message that leaves for the pen to whoever looks.
func (b *bench) see(m protocol.Message) {
	if f := b.wire.Load(); f != nil {
		(*f)(m)
	}
}

// look makes f see every message that leaves for the pen.
func (b *bench) look(f func(protocol.Message)) { b.wire.Store(&f) }

// now is the time of day.
func (b *bench) now() time.Time {
	if b.real.Load() {
		return setClock(time.Now(), time.Duration(b.jumped.Load()))
	}
	return time.Now().Round(0).Add(time.Duration(b.jumped.Load()))
}

// alive is the window's thread.
func (b *bench) alive(ctx context.Context) error {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if !b.frozen.Load() {
				b.desk.Touch()
			}
		}
	}
}

// reader is a seeded source of bytes.
type reader struct{ r *rand.Rand }

func (r reader) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(r.r.Uint32())
	}
	return len(p), nil
}

// until waits in virtual time for the view to be so.
func (b *bench) until(what string, so func(*console.View) bool) *console.View {
	b.t.Helper()
	for range 500 {
		synctest.Wait()
		if v := b.desk.View(); so(v) {
			return v
		}
		time.Sleep(10 * time.Millisecond)
	}
	v := b.desk.View()
	b.t.Fatalf("never: %s\nphase %s apply %+v arm %+v stop %+v blocks %+v\nalarms %+v", what, v.Pen.Phase, v.Apply, v.Arm, v.Stop, v.Blocks, v.Alarms.Present)
	return nil
}

// patient finds a sample patient by family name.
func (b *bench) patient(name string) clinical.ID {
	b.t.Helper()
	hits, _, err := b.store.SearchPatients(context.Background(), name, 1)
	if err != nil || len(hits) != 1 {
		b.t.Fatalf("patient %s: %v %v", name, hits, err)
	}
	return hits[0].ID
}

// applied brings the RF pen to applied settings: Ruiz, acne scars, left cheek,
// 1.50 mm, 60 /min, 12 W, 100 ms.
func (b *bench) applied() *console.View {
	b.t.Helper()
	b.until("pen in standby", func(v *console.View) bool { return v.Pen.Phase == console.Standby })
	b.desk.ChoosePatient(b.patient("Ruiz"))
	b.until("patient", func(v *console.View) bool { return v.Patient != nil })
	b.desk.ChooseIndication("acne_scars")
	b.desk.ChooseZone("cheek_left")
	b.until("limits", func(v *console.View) bool { return len(v.Controls) == 4 && v.Controls[0].Limit.Max.Value == 2500 })
	for p, text := range map[clinical.Parameter]string{clinical.Depth: "1.5", clinical.Speed: "60", clinical.Duration: "100", clinical.Power: "12"} {
		b.desk.Type(p, text)
	}
	b.until("may be applied", func(v *console.View) bool { return v.Apply.Can })
	b.desk.Apply()
	return b.until("applied", func(v *console.View) bool { return v.Apply.State == console.AppliedOK })
}

// armed arms what is applied.
func (b *bench) armed() {
	b.t.Helper()
	v := b.until("nothing blocks", func(v *console.View) bool { return len(v.Blocks) == 0 && v.Arm.State == console.ArmReady })
	b.desk.Arm(v.Arm.Shown)
	b.until("armed", func(v *console.View) bool { return v.Arm.State == console.ArmArmed })
}

func TestTreatment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sim.R1, true)
		defer b.stop()
		b.applied()
		b.armed()
		hand := b.pen.Hand()
		for range 3 {
			hand.Contact(true)
			hand.Trigger(true)
			time.Sleep(1500 * time.Millisecond)
			hand.Trigger(false)
			hand.Contact(false)
			time.Sleep(200 * time.Millisecond)
		}
		v := b.until("pulses on disk", func(v *console.View) bool { return v.Run.Pulses >= 3 && v.Run.Durable == v.Run.Pulses })
		if v.Run.Energy < 3*1_000_000 {
			t.Errorf("energy %d µJ after %d pulses of 12 W x 100 ms", v.Run.Energy, v.Run.Pulses)
		}
		b.desk.Stop()
		v = b.until("stopped", func(v *console.View) bool { return v.Pen.Phase == console.Stopped && v.Stop.Confirmed })
		if v.Stop.Latency > 10*time.Millisecond {
			t.Errorf("stop took %v", v.Stop.Latency)
		}
		b.until("clearable", func(v *console.View) bool { return v.Stop.CanClear })
		b.desk.Clear()
		b.until("standby", func(v *console.View) bool { return v.Pen.Phase == console.Standby })
		id := b.desk.View().Run.ID
		b.desk.EndTreatment()
		b.until("ended", func(v *console.View) bool { return !v.Run.Open })
		b.desk.Touch()
		time.Sleep(time.Second)
		synctest.Wait()
		rec, err := b.store.Treatment(context.Background(), id)
		if err != nil {
			t.Fatal(err)
		}
		if rec.Outcome != clinical.OutcomeStopped || len(rec.Pulses) != v.Run.Pulses || rec.StopLatency == 0 || len(rec.Arms) != 1 || len(rec.Applied) != 1 {
			t.Errorf("record: outcome %s, %d pulses, stop %v, %d arms, %d applied", rec.Outcome, len(rec.Pulses), rec.StopLatency, len(rec.Arms), len(rec.Applied))
		}
	})
}

func TestDepthBeyondTheZoneIsRefusedWithTheReason(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sim.R1, true)
		defer b.stop()
		b.applied()
		b.desk.Type(clinical.Depth, "2,6")
		v := b.until("refused", func(v *console.View) bool { return v.Controls[0].Refused != nil })
		r := v.Controls[0].Refused
		if !r.Over || r.Bound.Value != 2500 || !strings.Contains(r.Bound.Reason.Text, "left cheek") {
			t.Errorf("refusal %+v", r)
		}
		if v.Controls[0].Draft != 1500 || v.Apply.Can {
			t.Errorf("draft %d, apply %v", v.Controls[0].Draft, v.Apply.Can)
		}
		b.desk.Apply() // pressed all the same
		synctest.Wait()
		if got := b.desk.Live().Status; got.State != protocol.StateStandby {
			t.Errorf("state %v", got.State)
		}
	})
}

func TestCableOutWhileTreating(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sim.R1, true)
		defer b.stop()
		b.applied()
		b.armed()
		hand := b.pen.Hand()
		hand.Contact(true)
		hand.Trigger(true)
		b.until("treating", func(v *console.View) bool { return v.Pen.Phase == console.Treating })
		b.cut()
		b.until("uncertain", func(v *console.View) bool { return v.Pen.Phase == console.Uncertain })
		time.Sleep(5 * time.Second)
		hand.Trigger(false)
		hand.Contact(false)
		b.plugged.Store(true)
		v := b.until("compared with the ledger", func(v *console.View) bool { return settled(v) != nil })
		if v.Pen.Phase != console.Uncertain || v.Arm.State != console.ArmBlocked || v.Apply.State == console.AppliedOK {
			t.Errorf("before anybody signed: phase %s, arm %v, apply %v", v.Pen.Phase, v.Arm.State, v.Apply.State)
		}
		b.sign(v, clinical.AsReconciled)
		v = b.until("standby again", func(v *console.View) bool { return v.Pen.Phase == console.Standby })
		if v.Arm.State == console.ArmArmed || v.Apply.State == console.AppliedOK {
			t.Errorf("something resumed: arm %v apply %v", v.Arm.State, v.Apply.State)
		}
		// The pulse that the pen ended for want of a lease is in the record, and
		// so is who signed.
		rec := b.lastRecord(v.Patient.ID)
		if rec.Outcome != clinical.OutcomeReconciled || len(rec.Pulses) == 0 {
			t.Errorf("outcome %s with %d pulses", rec.Outcome, len(rec.Pulses))
		}
		if by := rec.Reconciled.Signature.By; by != v.Operator || by.Name == "" {
			t.Errorf("signed by %+v", by)
		}
	})
}

// settled is the alarm of a run that the pen's ledger has settled.
func settled(v *console.View) *alarm.Occurrence {
	for i := range v.Alarms.Present {
		var e *console.SettledError
		if errors.As(v.Alarms.Present[i].Cause, &e) {
			return &v.Alarms.Present[i]
		}
	}
	return nil
}

// sign signs the first unsettled run as it is shown.
func (b *bench) sign(v *console.View, verdict clinical.Verdict) {
	b.t.Helper()
	u := v.Uncertain[0]
	b.desk.Sign(u.Treatment.ID, verdict, u.Version)
	b.until("signed", func(v *console.View) bool {
		return len(v.Uncertain) == 0 || v.Uncertain[0].Treatment.ID != u.Treatment.ID
	})
}

// lastRecord is the newest treatment of a patient, once it has ended.
func (b *bench) lastRecord(patient clinical.ID) clinical.Treatment {
	b.t.Helper()
	for range 100 {
		time.Sleep(100 * time.Millisecond)
		synctest.Wait()
		all, err := b.store.Treatments(context.Background(), patient)
		if err != nil {
			b.t.Fatal(err)
		}
		if all[0].Ended.IsZero() {
			continue
		}
		rec, err := b.store.Treatment(context.Background(), all[0].ID)
		if err != nil {
			b.t.Fatal(err)
		}
		return rec
	}
	b.t.Fatalf("no record has ended: %+v", b.desk.View().Alarms.Present)
	return clinical.Treatment{}
}

// A pen that comes back without its ledger settles nothing.
func TestPenThatForgot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sim.R1, true)
		defer b.stop()
		b.applied()
		b.armed()
		hand := b.pen.Hand()
		_ = hand.Contact(true)
		_ = hand.Trigger(true)
		b.until("a pulse", func(v *console.View) bool { return v.Run.Pulses > 0 })
		b.cut()
		b.until("uncertain", func(v *console.View) bool { return v.Pen.Phase == console.Uncertain })
		_ = hand.Trigger(false)
		b.replacePen("")
		b.plugged.Store(true)
		v := b.until("the ledger can't say", func(v *console.View) bool {
			for _, o := range v.Alarms.Present {
				var e *console.UnsettledError
				var lost *console.LedgerLostError
				if errors.As(o.Cause, &e) && errors.As(e.Lost, &lost) {
					return true
				}
			}
			return false
		})
		if v.Pen.Phase != console.Uncertain || settled(v) != nil {
			t.Errorf("phase %s, settled %v", v.Pen.Phase, settled(v))
		}
	})
}

// A record is of one pen: another unit ends it.
func TestAnotherUnitEndsTheTreatment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sim.R1, true)
		defer b.stop()
		b.applied()
		b.armed()
		patient := b.desk.View().Patient.ID
		b.desk.Disarm()
		b.until("standby", func(v *console.View) bool { return v.Pen.Phase == console.Standby && v.Run.Open })
		time.Sleep(time.Second) // a pulse that was on its way would have come
		b.cut()
		b.until("gone", func(v *console.View) bool { return !v.Pen.Connected })
		b.replacePen("0099")
		b.plugged.Store(true)
		v := b.until("the other unit", func(v *console.View) bool { return v.Pen.Connected && v.Pen.Serial == "0099" })
		if v.Run.Open {
			t.Error("the record of one pen goes on with another")
		}
		if rec := b.lastRecord(patient); rec.PenSerial != "0042" {
			t.Errorf("the record is of pen %s", rec.PenSerial)
		}
	})
}

func TestPenThatFallsSilentWhileTreating(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sim.R1, true)
		defer b.stop()
		b.applied()
		b.armed()
		hand := b.pen.Hand()
		_ = hand.Contact(true)
		_ = hand.Trigger(true)
		b.until("treating", func(v *console.View) bool { return v.Pen.Phase == console.Treating })
		b.dead.Store(true)
		v := b.until("uncertain", func(v *console.View) bool { return v.Pen.Phase == console.Uncertain })
		if v.Arm.State == console.ArmArmed || v.Run.Open {
			t.Errorf("arm %s, run open %v", v.Arm.State, v.Run.Open)
		}
		found := false
		for _, o := range v.Alarms.Present {
			var u *console.UnsettledError
			found = found || errors.As(o.Cause, &u)
		}
		if !found {
			t.Errorf("nothing says so: %+v", v.Alarms.Present)
		}
		// The pen never comes back: the operator closes the record as uncertain.
		b.plugged.Store(false)
		for _, o := range v.Alarms.Present {
			b.desk.Acknowledge(o.ID) // which signs nothing
		}
		synctest.Wait()
		if v := b.desk.View(); v.Pen.Phase != console.Uncertain || len(v.Uncertain) != 1 {
			t.Errorf("acknowledged away: phase %s", v.Pen.Phase)
		}
		b.sign(b.desk.View(), clinical.AsUncertain)
		b.until("closed", func(v *console.View) bool { return v.Pen.Phase == console.Disconnected })
		time.Sleep(time.Second)
		synctest.Wait()
		all, err := b.store.Treatments(context.Background(), v.Patient.ID)
		if err != nil || all[0].Outcome != clinical.OutcomeUncertain || all[0].Ended.IsZero() {
			t.Errorf("%+v %v", all[0].Outcome, err)
		}
	})
}

func TestRealPenNeedsAnApprovedLibrary(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sim.R1, false)
		defer b.stop()
		v := b.applied()
		found := false
		for _, bl := range v.Blocks {
			found = found || bl.Code == clinical.BlockLibrary
		}
		if !found {
			t.Errorf("blocks %+v", v.Blocks)
		}
		b.desk.Arm(v.Arm.Shown)
		time.Sleep(time.Second)
		synctest.Wait()
		if st := b.desk.Live().Status.State; st != protocol.StateStandby {
			t.Errorf("state %v", st)
		}
	})
}
