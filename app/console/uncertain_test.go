package console_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/device"
	"stipple/device/link"
	"stipple/device/sim"
	"stipple/protocol"
)

// ledger reads the pulses of a treatment from the pen itself, over a session of
// the test's own: what really happened.
func (b *bench) ledger(id clinical.ID) []protocol.Pulse {
	b.t.Helper()
	b.plugged.Store(false)
	return ledgerOf(b.t, b.pen, id)
}

func ledgerOf(t testing.TB, pen *sim.Pen, id clinical.ID) []protocol.Pulse {
	t.Helper()
	ours, theirs := link.Pipe()
	pen.Attach(theirs)
	s, err := device.Open(context.Background(), ours, device.Options{Rand: reader{rand.New(rand.NewPCG(5, 6))}, StatusRate: 20})
	if err != nil {
		t.Fatal(err)
	}
	all, _, _, err := s.Pulses(context.Background(), 1)
	if err := errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(all, func(p protocol.Pulse) bool { return p.TreatmentID != console.WireTreatment(id) })
}

// agrees holds a record against what the pen really did: each pulse of the
// record is one of the pen's ledger, and each of the ledger is in the record or
// among the pulses that it calls not known.
func agrees(t testing.TB, rec clinical.Treatment, truth []protocol.Pulse) {
	t.Helper()
	real := make(map[uint32]protocol.Pulse)
	for _, p := range truth {
		real[p.Index] = p
	}
	for _, p := range rec.Pulses {
		was, ok := real[p.Index]
		if !ok || p.Energy != protocol.Microjoules(was.Energy) || p.Result != was.Result.String() || p.Duration != protocol.Milliseconds(was.Duration) ||
			p.Boot != was.Boot || p.ArmID != was.ArmID {
			t.Errorf("the record has %+v, the pen %+v", p, was)
		}
		delete(real, p.Index)
	}
	for i := range real {
		if f, _ := rec.Reconciled.Of(i); f != clinical.PulseUnknown {
			t.Errorf("pulse %d is in the pen's ledger, and the record says %q", i, f)
		}
	}
}

// spots gives so many more pulses, each on a spot of its own.
func (b *bench) spots(n int) {
	b.t.Helper()
	for range n {
		before := b.desk.Live().Status.NewestPulse
		b.pull()
		b.until("a pulse", func(*console.View) bool { return b.desk.Live().Status.NewestPulse > before })
		b.release()
		time.Sleep(300 * time.Millisecond)
	}
}

// moment is one at which the link is lost; where it is silent, the line carries
// nothing from then on, and else it is cut.
type moment struct {
	name   string
	silent bool
	cut    func(b *bench)
}

// bendsAway is a line that loses what is of a type.
func bendsAway(types ...protocol.Type) *lie {
	l := lie(func(_ *protocol.Header, m protocol.Message) protocol.Message {
		if slices.Contains(types, m.Type()) {
			return nil
		}
		return m
	})
	return &l
}

// losePulses makes the line lose whatever tells of a pulse but STATUS.
func (b *bench) losePulses() { b.lie.Store(bendsAway(protocol.TypePulse, protocol.TypePulsePage)) }

// moments are all of them.
func moments() []moment {
	return []moment{
		{"before ARM arrives", true, func(b *bench) {
			b.look(func(m protocol.Message) {
				if m.Type() == protocol.TypeArm {
					b.dead.Store(true)
				}
			})
			b.desk.Arm(b.desk.View().Arm.Shown)
		}},
		{"ARM arrived, and its reply is lost", true, func(b *bench) {
			var sent atomic.Bool
			mute := lie(func(_ *protocol.Header, m protocol.Message) protocol.Message {
				if sent.Load() {
					return nil
				}
				return m
			})
			b.lie.Store(&mute)
			b.look(func(m protocol.Message) {
				if m.Type() == protocol.TypeArm {
					sent.Store(true)
				}
			})
			b.desk.Arm(b.desk.View().Arm.Shown)
		}},
		{"in READY", false, func(b *bench) { b.armed() }},
		{"in READY, after two pulses", false, func(b *bench) {
			b.armed()
			b.spots(2)
			b.until("ready", func(v *console.View) bool { return v.Pen.Phase == console.Ready })
		}},
		{"in a pulse", false, func(b *bench) {
			b.armed()
			b.pull()
			b.until("RF flows", func(*console.View) bool { return b.desk.Live().Status.Flags&protocol.FlagRFOn != 0 })
		}},
		{"just disarmed in a pulse, of which nothing is heard", false, func(b *bench) {
			b.armed()
			b.pull()
			b.until("RF flows", func(*console.View) bool { return b.desk.Live().Status.Flags&protocol.FlagRFOn != 0 })
			before := b.desk.Live().Status.NewestPulse
			late := lie(func(_ *protocol.Header, m protocol.Message) protocol.Message {
				switch m := m.(type) {
				case *protocol.Pulse:
					return nil
				case *protocol.Status:
					m.NewestPulse = before
				}
				return m
			})
			b.lie.Store(&late)
			b.desk.Disarm()
			b.until("standby", func(v *console.View) bool { return v.Pen.Phase == console.Standby })
		}},
		{"in STANDBY, and a pulse that is counted has not come", false, func(b *bench) {
			b.armed()
			b.losePulses()
			b.spots(1)
			b.desk.Disarm()
			b.until("standby", func(v *console.View) bool { return v.Pen.Phase == console.Standby })
			time.Sleep(2 * time.Second)
		}},
		{"neither ARM nor RESULT_OF has an answer", false, func(b *bench) {
			b.look(func(m protocol.Message) {
				if m.Type() == protocol.TypeArm {
					b.lie.Store(bendsAway(protocol.TypeResult))
				}
			})
			b.desk.Arm(b.desk.View().Arm.Shown)
			time.Sleep(5 * time.Second)
		}},
		{"a pulse has closed, and PULSE is lost", false, func(b *bench) {
			b.armed()
			before := b.desk.Live().Status.NewestPulse
			b.losePulses()
			b.pull()
			b.until("counted", func(*console.View) bool { return b.desk.Live().Status.NewestPulse > before })
			b.release()
		}},
	}
}

// lose cuts the link at a moment and waits until the run is uncertain.
func (b *bench) lose(m moment) *console.View {
	b.t.Helper()
	b.applied()
	b.until("nothing blocks", func(v *console.View) bool { return len(v.Blocks) == 0 && v.Arm.State == console.ArmReady })
	m.cut(b)
	if !m.silent {
		b.cut()
	}
	v := b.until("uncertain", func(v *console.View) bool { return len(v.Uncertain) == 1 && v.Pen.Phase == console.Uncertain })
	b.plugged.Store(false)
	b.cut()
	b.dead.Store(false)
	b.lie.Store(nil)
	b.look(func(protocol.Message) {})
	return v
}

// Whatever the moment at which the link is lost, and however the pen comes back:
// what the record says in the end is what the pen's own ledger says, all of it
// is known, and nothing is begun again.
func TestUncertainRunIsReconciled(t *testing.T) {
	for _, moment := range moments() {
		for name, back := range map[string]func(b *bench){
			"same": func(b *bench) { time.Sleep(5 * time.Second) },
			"rebooted at once": func(b *bench) {
				_ = b.pen.Hand().Fault(sim.SwitchReboot, true)
				time.Sleep(5 * time.Second)
			},
			"rebooted later": func(b *bench) {
				time.Sleep(5 * time.Second)
				_ = b.pen.Hand().Fault(sim.SwitchReboot, true)
				time.Sleep(time.Second)
			},
			"another pen before": func(b *bench) {
				mine := b.pen
				b.replacePen("0099")
				b.plugged.Store(true)
				b.until("the other one is named", func(v *console.View) bool {
					return v.Uncertain[0].Place == console.PlaceOther && v.Uncertain[0].Other == "0099"
				})
				b.cut()
				time.Sleep(2 * time.Second)
				b.pen = mine
			},
		} {
			t.Run(moment.name+", "+name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					b := newBench(t, sim.R1, true)
					defer b.stop()
					v := b.lose(moment)
					before := v.Uncertain[0].Treatment
					back(b)
					b.release()
					b.look(func(m protocol.Message) {
						switch m.Type() {
						case protocol.TypeArm, protocol.TypePutSettings, protocol.TypePutEnvelope:
							t.Errorf("%v left while a run was not settled", m.Type())
						}
					})
					b.plugged.Store(true)
					v = b.until("all is known", func(v *console.View) bool {
						return v.Uncertain[0].CanReconciled
					})
					b.desk.Apply()
					b.desk.Arm(v.Arm.Shown)
					synctest.Wait()
					u := v.Uncertain[0].Treatment
					if !slices.Equal(u.Pulses[:len(before.Pulses)], before.Pulses) {
						t.Error("what was recorded has changed")
					}
					if r := u.Reconciled; (r.BootNow == r.BootThen) != (name == "same" || name == "another pen before") {
						t.Errorf("boot %d then, %d now", r.BootThen, r.BootNow)
					}
					b.sign(b.desk.View(), clinical.AsReconciled)
					rec := b.lastRecord(v.Patient.ID)
					if rec.Outcome != clinical.OutcomeReconciled || rec.Reconciled.Signature.Verdict != clinical.AsReconciled {
						t.Errorf("outcome %s, signature %+v", rec.Outcome, rec.Reconciled.Signature)
					}
					truth := b.ledger(rec.ID)
					agrees(t, rec, truth)
					if len(rec.Pulses) != len(truth) || len(rec.Reconciled.Unknown()) > 0 {
						t.Errorf("%d pulses, the pen gave %d; not known: %+v", len(rec.Pulses), len(truth), rec.Reconciled.Unknown())
					}
				})
			})
		}
	}
}

// A run whose pen never comes back ends as uncertain, stays so, and says from
// which pulse on nothing is known. After that any pen will do.
func TestUncertainRunWhosePenNeverReturns(t *testing.T) {
	for _, moment := range moments() {
		t.Run(moment.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, sim.R1, true)
				defer b.stop()
				v := b.lose(moment)
				b.release()
				u := v.Uncertain[0]
				if u.CanReconciled || u.Place != console.PlaceAway {
					t.Errorf("%+v", u)
				}
				b.desk.Sign(u.Treatment.ID, clinical.AsReconciled, u.Version)
				b.until("refused", func(v *console.View) bool { return errors.Is(v.Uncertain[0].SignErr, console.ErrNotAnswered) })
				b.sign(b.desk.View(), clinical.AsUncertain)
				mine := b.pen
				rec := b.lastRecord(v.Patient.ID)
				if rec.Outcome != clinical.OutcomeUncertain || rec.Reconciled.Signature.By != v.Operator {
					t.Errorf("outcome %s, signed by %+v", rec.Outcome, rec.Reconciled.Signature.By)
				}
				b.replacePen("0099")
				b.plugged.Store(true)
				b.until("another pen", func(v *console.View) bool { return v.Pen.Serial == "0099" && v.Pen.Phase == console.Standby })
				b.plugged.Store(false)
				b.pen = mine
				agrees(t, rec, b.ledger(rec.ID))
			})
		})
	}
}

// A ledger that has rolled over tells the rest, and what is gone is never known.
// The log of the pen still says that a pulse has ended, where it does.
func TestLedgerThatHasRolledOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sim.R1, true)
		defer b.stop()
		v := b.lose(moments()[8])
		run := v.Uncertain[0].Treatment
		b.lie.Store(pages(func(m *protocol.PulsePage) {
			m.Oldest, m.Newest, m.Pulses = run.FirstPulse()+2, run.FirstPulse()+2, nil
			p := protocol.Pulse{Index: m.Newest, ArmID: 1, Result: protocol.PulseComplete} // of a later treatment
			m.Pulses = append(m.Pulses, p)
		}))
		b.plugged.Store(true)
		v = b.until("asked", func(v *console.View) bool { return v.Uncertain[0].Treatment.Reconciled.Answered() })
		r := v.Uncertain[0].Treatment.Reconciled
		if v.Uncertain[0].CanReconciled {
			t.Error("may be signed as reconciled")
		}
		want := []clinical.PulseSpan{
			{From: run.FirstPulse(), To: run.FirstPulse(), Finding: clinical.PulseLogged}, {From: run.FirstPulse() + 1, To: run.FirstPulse() + 1, Finding: clinical.PulseUnknown},
		}
		if !slices.Equal(r.Spans, want) || r.Known() {
			t.Errorf("%+v", r.Spans)
		}
		b.desk.Sign(run.ID, clinical.AsReconciled, v.Uncertain[0].Version)
		v = b.until("refused", func(v *console.View) bool { return len(v.Uncertain) == 1 && v.Uncertain[0].SignErr != nil })
		if !errors.Is(v.Uncertain[0].SignErr, console.ErrNotKnown) {
			t.Error(v.Uncertain[0].SignErr)
		}
		b.sign(v, clinical.AsUncertain)
		if rec := b.lastRecord(v.Patient.ID); rec.Outcome != clinical.OutcomeUncertain || !slices.Equal(rec.Reconciled.Spans, want) {
			t.Errorf("outcome %s, %+v", rec.Outcome, rec.Reconciled.Spans)
		}
	})
}

// What the pen told before it was lost again is kept, on disk too; the rest is
// asked for at the next connection.
func TestPartOfAnAnswerIsKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sim.R1, true)
		defer b.stop()
		b.applied()
		b.armed()
		b.spots(1)
		b.losePulses()
		b.spots(4) // which only the pen knows
		b.cut()
		v := b.until("uncertain", func(v *console.View) bool { return len(v.Uncertain) == 1 })
		b.release()
		have := len(v.Uncertain[0].Treatment.Pulses)
		served := 0
		half := lie(func(_ *protocol.Header, m protocol.Message) protocol.Message {
			if m.Type() == protocol.TypePulsePage {
				if served++; served > 1 {
					return nil
				}
			}
			return m
		})
		b.lie.Store(&half)
		b.plugged.Store(true)
		time.Sleep(10 * time.Second) // the second page is asked for three times
		v = b.until("half of it", func(v *console.View) bool { return len(v.Uncertain[0].Treatment.Pulses) > have })
		if v.Uncertain[0].CanReconciled {
			t.Fatal("all of it came")
		}
		b.cut()
		time.Sleep(time.Second)
		synctest.Wait()
		id := v.Uncertain[0].Treatment.ID
		disk, err := b.store.Treatment(context.Background(), id)
		if err != nil || len(disk.Pulses) <= have || disk.Tally().Told != len(disk.Pulses)-have {
			t.Errorf("%d pulses on disk, %d told, %v", len(disk.Pulses), disk.Tally().Told, err)
		}
		b.lie.Store(nil)
		b.plugged.Store(true)
		b.until("the rest", func(v *console.View) bool { return v.Uncertain[0].CanReconciled })
		b.sign(b.desk.View(), clinical.AsReconciled)
		rec := b.lastRecord(v.Patient.ID)
		if truth := b.ledger(id); len(truth) != len(rec.Pulses) || len(truth) < have+3 {
			t.Errorf("%d pulses of %d", len(rec.Pulses), len(truth))
		} else {
			agrees(t, rec, truth)
		}
	})
}
