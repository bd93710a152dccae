package console_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/store"
	"stipple/device/sim"
	"stipple/protocol"
)

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
		b.desk.Sign(id, clinical.AsReconciled, u.Version)
		b.until("refused", func(v *console.View) bool {
			var not *console.NotPermittedError
			return len(v.Uncertain) == 1 && errors.As(v.Uncertain[0].SignErr, &not) && not.Permission == clinical.PermitSign && not.Role == v.Operator.Role
		})
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
