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
	"stipple/app/store"
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
						return v.Uncertain[0].CanReconciled && !v.Uncertain[0].CanUncertain
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
				if u.CanReconciled || !u.CanUncertain || u.Place != console.PlaceAway {
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

// pages bends the pages of the ledger.
func pages(change func(*protocol.PulsePage)) *lie { return bends(change) }

// A pen that contradicts the record, itself or what is possible: nothing of the
// record is overwritten, both versions are kept, an alarm of high priority says
// so, the run stays uncertain, and what the console had counts as it was.
func TestPenThatLiesAboutARun(t *testing.T) {
	later := func(m *protocol.PulsePage, change func(*protocol.Pulse)) {
		for i := range m.Pulses {
			change(&m.Pulses[i])
		}
	}
	for _, c := range []struct {
		name string
		lie  *lie
		want clinical.Dispute
	}{
		{"the treatment of another", pages(func(m *protocol.PulsePage) {
			later(m, func(p *protocol.Pulse) { p.TreatmentID[0]++ })
		}), clinical.DisputeTreatment},
		{"an arming that was none", pages(func(m *protocol.PulsePage) {
			later(m, func(p *protocol.Pulse) { p.Index += 100; p.ArmID++ })
			m.Newest += 100
		}), clinical.DisputeArming},
		{"a pulse with another content", pages(func(m *protocol.PulsePage) {
			later(m, func(p *protocol.Pulse) { p.Energy++ })
		}), clinical.DisputeDiffers},
		{"a counter that goes back", pages(func(m *protocol.PulsePage) { *m = protocol.PulsePage{} }), clinical.DisputeCounter},
		{"a pulse that it does not know", pages(func(m *protocol.PulsePage) {
			if len(m.Pulses) > 0 {
				m.Pulses = m.Pulses[1:]
			}
		}), clinical.DisputeDenied},
		{"an index before the one that was asked for", pages(func(m *protocol.PulsePage) {
			later(m, func(p *protocol.Pulse) { p.Index = 1 })
			m.Pulses = m.Pulses[:min(len(m.Pulses), 1)]
			m.Oldest = 2
		}), clinical.DisputeLedger},
		{"a pulse that is open", pages(func(m *protocol.PulsePage) {
			later(m, func(p *protocol.Pulse) { p.Result = protocol.PulseOpen })
		}), clinical.DisputeOpen},
		{"a log that says another end", bends(func(m *protocol.LogPage) {
			for i := range m.Records {
				if m.Records[i].Code == protocol.EventPulseEnd {
					m.Records[i].Args[1] = int32(protocol.PulseFault)
					m.Records[i].Seal()
				}
			}
		}), clinical.DisputeLog},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, sim.R1, true)
				defer b.stop()
				v := b.lose(moments()[3])
				before := v.Uncertain[0].Treatment
				if len(before.Pulses) != 2 {
					t.Fatalf("%d pulses recorded", len(before.Pulses))
				}
				b.lie.Store(c.lie)
				b.plugged.Store(true)
				v = b.until("the contradiction", func(v *console.View) bool {
					r := v.Uncertain[0].Treatment.Reconciled
					return slices.ContainsFunc(r.Contradiction, func(d clinical.Contradiction) bool { return d.Kind == c.want })
				})
				if !b.alarmed(v, "contradicted") {
					t.Errorf("no alarm: %+v", v.Notices)
				}
				time.Sleep(15 * time.Second) // what is asked again is no better
				synctest.Wait()
				v = b.desk.View()
				u := v.Uncertain[0].Treatment
				if !slices.Equal(u.Pulses[:2], before.Pulses) {
					t.Errorf("what was recorded has changed: %+v", u.Pulses)
				}
				if u.Reconciled.Known() || v.Pen.Phase != console.Uncertain {
					t.Errorf("known, or phase %s: %+v", v.Pen.Phase, u.Reconciled)
				}
				b.sign(v, clinical.AsUncertain)
				rec := b.lastRecord(v.Patient.ID)
				kept := slices.ContainsFunc(rec.Reconciled.Contradiction, func(d clinical.Contradiction) bool { return d.Kind == c.want })
				if rec.Outcome != clinical.OutcomeUncertain || !kept {
					t.Errorf("outcome %s, contradictions %+v", rec.Outcome, rec.Reconciled.Contradiction)
				}
				b.recorded(rec.ID, "contradicted")
			})
		})
	}
}

// A pen that says of an ARM that it never came, or was refused, and has a pulse
// under it.
func TestPenThatDeniesAnArming(t *testing.T) {
	for _, outcome := range []protocol.Outcome{protocol.OutcomeNeverSeen, protocol.OutcomeRejected} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, sim.R1, true)
			defer b.stop()
			v := b.lose(moments()[1])
			run := v.Uncertain[0].Treatment
			arm := run.Arms[len(run.Arms)-1]
			l := lie(func(_ *protocol.Header, m protocol.Message) protocol.Message {
				switch m := m.(type) {
				case *protocol.Result:
					m.Outcome = outcome
				case *protocol.PulsePage:
					m.Oldest, m.Newest = 1, m.Newest+1
					m.Pulses = append(m.Pulses, protocol.Pulse{Index: m.Newest, ArmID: uint32(arm.CommandID), TreatmentID: console.WireTreatment(run.ID), Result: protocol.PulseComplete})
				}
				return m
			})
			b.lie.Store(&l)
			b.plugged.Store(true)
			b.until("the contradiction", func(v *console.View) bool {
				r := v.Uncertain[0].Treatment.Reconciled
				return slices.ContainsFunc(r.Contradiction, func(d clinical.Contradiction) bool { return d.Kind == clinical.DisputeArmDenied })
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
		v = b.until("asked", func(v *console.View) bool { return v.Uncertain[0].CanReconciled })
		r := v.Uncertain[0].Treatment.Reconciled
		want := []clinical.PulseSpan{
			{From: run.FirstPulse(), To: run.FirstPulse(), Finding: clinical.PulseLogged}, {From: run.FirstPulse() + 1, To: run.FirstPulse() + 1, Finding: clinical.PulseUnknown},
		}
		if !slices.Equal(r.Spans, want) || r.Known() {
			t.Errorf("%+v", r.Spans)
		}
		b.sign(v, clinical.AsReconciled)
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

// A signature is one act on disk: one that the store refuses has not happened,
// can be given again, and counts once. Only who may treat gives it, for what was
// shown.
func TestSignature(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sim.R1, true)
		defer b.stop()
		b.lose(moments()[4])
		b.release()
		b.plugged.Store(true)
		v := b.until("all is known", func(v *console.View) bool { return v.Uncertain[0].CanReconciled })
		u := v.Uncertain[0]
		id := u.Treatment.ID
		try := func(verdict clinical.Verdict, shown int, want error) {
			t.Helper()
			b.desk.Sign(id, verdict, shown)
			b.until("refused", func(v *console.View) bool {
				return len(v.Uncertain) == 1 && !v.Uncertain[0].Signing && errors.Is(v.Uncertain[0].SignErr, want)
			})
		}
		try(clinical.AsReconciled, u.Version-1, console.ErrShownOtherwise)
		try(clinical.AsUncertain, u.Version, console.ErrAllKnown)
		for _, o := range v.Operators {
			if !o.Role.MayTreat() {
				b.desk.ChooseOperator(o.ID)
			}
		}
		try(clinical.AsReconciled, u.Version, console.ErrMayNotSign)
		// Another one than who treated may sign.
		for _, o := range v.Operators {
			if o.Role.MayTreat() && o.ID != v.Operator.ID {
				b.desk.ChooseOperator(o.ID)
			}
		}
		b.broken.Store(true)
		try(clinical.AsReconciled, u.Version, store.ErrDiskFull)
		if open, err := b.store.OpenTreatments(context.Background()); err != nil || len(open) != 1 {
			t.Errorf("%d open: %v", len(open), err)
		}
		b.broken.Store(false)
		for range 3 {
			b.desk.Sign(id, clinical.AsReconciled, u.Version)
		}
		b.until("signed", func(v *console.View) bool { return len(v.Uncertain) == 0 && v.Pen.Phase == console.Standby })
		rec := b.lastRecord(v.Patient.ID)
		if by := rec.Reconciled.Signature.By; by.ID == rec.Operator.ID || !by.Role.MayTreat() {
			t.Errorf("treated by %+v, signed by %+v", rec.Operator, by)
		}
	})
}

// A treatment that is ended in the middle of a pulse has that pulse in its record.
func TestEndInTheMiddleOfAPulse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sim.R1, true)
		defer b.stop()
		b.applied()
		b.armed()
		b.pull()
		b.until("RF flows", func(*console.View) bool { return b.desk.Live().Status.Flags&protocol.FlagRFOn != 0 })
		v := b.desk.View()
		b.desk.EndTreatment()
		b.until("ended", func(v *console.View) bool { return !v.Run.Open })
		rec := b.lastRecord(v.Patient.ID)
		b.release()
		truth := b.ledger(rec.ID)
		if rec.Outcome != clinical.OutcomeComplete || len(rec.Pulses) != len(truth) || len(truth) == 0 {
			t.Errorf("outcome %s, %d pulses of %d", rec.Outcome, len(rec.Pulses), len(truth))
		}
	})
}

// A treatment that is ended and whose pulses the pen counts and does not tell is
// uncertain; once it tells them, they are reconciled like any other.
func TestEndWithoutTheLastPulses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sim.R1, true)
		defer b.stop()
		b.applied()
		b.armed()
		b.losePulses()
		b.spots(2)
		b.desk.EndTreatment()
		time.Sleep(15 * time.Second)
		v := b.until("uncertain", func(v *console.View) bool { return len(v.Uncertain) == 1 })
		if cause := v.Uncertain[0].Treatment.Reconciled.Cause; cause != clinical.CausePulses {
			t.Errorf("cause %s", cause)
		}
		time.Sleep(10 * time.Second) // it is asked in vain
		b.lie.Store(nil)
		time.Sleep(30 * time.Second)
		b.sign(b.until("all is known", func(v *console.View) bool { return v.Uncertain[0].CanReconciled }), clinical.AsReconciled)
		rec := b.lastRecord(v.Patient.ID)
		agrees(t, rec, b.ledger(rec.ID))
		if rec.Outcome != clinical.OutcomeReconciled || len(rec.Pulses) != 2 {
			t.Errorf("outcome %s, %d pulses", rec.Outcome, len(rec.Pulses))
		}
	})
}

// A pen that does not know what became of ARM, while it is there: the run is
// uncertain. Where it knows, nothing is.
func TestArmWithoutAnAnswerWhileThePenIsThere(t *testing.T) {
	for _, c := range []struct {
		name    string
		outcome protocol.Outcome
		unsure  bool
	}{
		{"done", protocol.OutcomeDone, false}, {"never came", protocol.OutcomeNeverSeen, false}, {"forgotten", protocol.OutcomeForgotten, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, sim.R1, true)
				defer b.stop()
				b.applied()
				v := b.until("nothing blocks", func(v *console.View) bool { return len(v.Blocks) == 0 && v.Arm.State == console.ArmReady })
				var asked, sent atomic.Bool
				l := lie(func(_ *protocol.Header, m protocol.Message) protocol.Message {
					r, ok := m.(*protocol.Result)
					switch {
					case !ok || !sent.Load():
						return m
					case !asked.Load():
						return nil
					}
					r.Outcome = c.outcome
					return r
				})
				b.lie.Store(&l)
				b.look(func(m protocol.Message) {
					switch m.Type() {
					case protocol.TypeArm:
						sent.Store(true)
					case protocol.TypeResultOf:
						asked.Store(true)
					}
				})
				b.desk.Arm(v.Arm.Shown)
				time.Sleep(10 * time.Second)
				synctest.Wait()
				v = b.desk.View()
				if (len(v.Uncertain) == 1) != c.unsure || !asked.Load() {
					t.Fatalf("%d uncertain runs, asked %v", len(v.Uncertain), asked.Load())
				}
				if c.unsure && v.Uncertain[0].Treatment.Reconciled.Cause != clinical.CauseReply {
					t.Errorf("cause %s", v.Uncertain[0].Treatment.Reconciled.Cause)
				}
			})
		})
	}
}
