package console_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/store"
	"stipple/device/sim"
	"stipple/protocol"
)

// setClock is a reading of the clock as the program has it, after the time of day
// was set by so much: the other clock, which it carries too, does not jump. No
// call of package time makes such a reading, and none in a bubble has two clocks.
func setClock(t time.Time, by time.Duration) time.Time {
	const (
		both     = 1 << 63    // the reading has two clocks
		from1885 = 2682288000 // seconds from 1885 to 1970, from where it counts
	)
	at := t.Add(by)
	reading := struct {
		wall  uint64
		other int64
		loc   *time.Location
	}{both | uint64(at.Unix()+from1885)<<30 | uint64(at.Nanosecond()), t.UnixNano(), time.UTC}
	return *(*time.Time)(unsafe.Pointer(&reading))
}

// The reading is what it is taken for.
func TestSetClock(t *testing.T) {
	now := time.Now()
	before, after := setClock(now, 0), setClock(now.Add(time.Second), -time.Hour)
	if !before.Round(0).Equal(now) || after.Sub(before) != time.Second || after.Round(0).Sub(before.Round(0)) != time.Second-time.Hour {
		t.Errorf("%v %v", before, after)
	}
}

// treatedOnce leaves an open treatment in STANDBY whose pulses are all there.
func (b *bench) treatedOnce() *console.View {
	b.t.Helper()
	b.applied()
	b.armed()
	b.pull()
	b.until("a pulse", func(v *console.View) bool { return v.Run.Pulses > 0 })
	b.release()
	b.desk.Disarm()
	b.until("standby", func(v *console.View) bool { return v.Pen.Phase == console.Standby && v.Run.Open })
	time.Sleep(time.Second) // a pulse that was on its way has come
	synctest.Wait()
	return b.desk.View()
}

// What another pen has counted says nothing of a treatment with this one.
func TestAnotherUnitThatHasCountedMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sim.R1, true)
		defer b.stop()
		patient := b.treatedOnce().Patient.ID
		b.cut()
		b.until("gone", func(v *console.View) bool { return !v.Pen.Connected })
		b.lie.Store(bends(func(m *protocol.Status) { m.NewestPulse += 5000 }))
		b.replacePen("0099")
		b.plugged.Store(true)
		b.until("the other unit", func(v *console.View) bool { return v.Pen.Connected && v.Pen.Serial == "0099" })
		time.Sleep(15 * time.Second)
		synctest.Wait()
		if n := len(b.desk.View().Uncertain); n != 0 {
			t.Fatalf("%d runs are uncertain: %+v", n, b.desk.View().Uncertain[0].Treatment.Reconciled)
		}
		if rec := b.lastRecord(patient); rec.Outcome != clinical.OutcomeComplete || rec.PenSerial != "0042" {
			t.Errorf("outcome %s of pen %s", rec.Outcome, rec.PenSerial)
		}
	})
}

// The same where the pen is swapped while the intent is on its way to the disk.
func TestAnotherUnitWhileArming(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sim.R1, true)
		defer b.stop()
		v := b.mayBeArmed()
		b.slow.Store(int64(10 * time.Second))
		b.desk.Arm(v.Arm.Shown)
		b.until("arming", func(v *console.View) bool { return v.Arm.State == console.Arming })
		b.cut()
		b.until("gone", func(v *console.View) bool { return !v.Pen.Connected })
		b.lie.Store(bends(func(m *protocol.Status) { m.NewestPulse += 5000 }))
		b.replacePen("0099")
		b.plugged.Store(true)
		b.until("the other unit", func(v *console.View) bool { return v.Pen.Connected && v.Pen.Serial == "0099" })
		time.Sleep(30 * time.Second)
		synctest.Wait()
		if n := len(b.desk.View().Uncertain); n != 0 {
			t.Fatalf("%d runs are uncertain: %+v", n, b.desk.View().Uncertain[0].Treatment.Reconciled)
		}
		if v := b.desk.View(); v.Run.Open {
			t.Error("a run is open with the other unit")
		}
	})
}

// A clock that was set back in the middle of a treatment keeps no record open.
func TestClockSetBackBeforeTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sim.R1, true)
		defer b.stop()
		b.real.Store(true)
		patient := b.treatedOnce().Patient.ID
		b.jumped.Store(-int64(time.Hour))
		b.desk.EndTreatment()
		if rec := b.lastRecord(patient); rec.Outcome != clinical.OutcomeComplete || rec.Ended.Before(rec.Started) {
			t.Errorf("outcome %s, %v to %v", rec.Outcome, rec.Started, rec.Ended)
		}
	})
}

// Nor one whose outcome is uncertain: it can be signed.
func TestClockSetBackBeforeTheSignature(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sim.R1, true)
		defer b.stop()
		b.real.Store(true)
		b.applied()
		b.armed()
		b.pull()
		b.until("treating", func(v *console.View) bool { return v.Pen.Phase == console.Treating })
		b.cut()
		b.until("uncertain", func(v *console.View) bool { return len(v.Uncertain) == 1 })
		b.release()
		b.jumped.Store(-int64(time.Hour))
		v := b.desk.View()
		b.sign(v, clinical.AsUncertain)
		if rec := b.lastRecord(v.Patient.ID); rec.Outcome != clinical.OutcomeUncertain || rec.Reconciled.Signature.By.Name == "" {
			t.Errorf("outcome %s, %+v", rec.Outcome, rec.Reconciled.Signature)
		}
	})
}

// The clock of the program has two readings, and the one that does not jump says
// nothing about what stands on the disk.
func TestClockSetBackBetweenArmings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sim.R1, true)
		defer b.stop()
		b.real.Store(true)
		b.treatedOnce()
		b.jumped.Store(-int64(time.Hour))
		v := b.until("blocked by the clock", func(v *console.View) bool {
			for _, bl := range v.Blocks {
				if bl.Code == clinical.BlockClock {
					return true
				}
			}
			return false
		})
		if v.Arm.State != console.ArmBlocked {
			t.Errorf("%s", v.Arm.State)
		}
	})
}

// An input of before the clock was set back is none of the future.
func TestIdleLimitAfterTheClockWasSetBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sim.R1, true)
		defer b.stop()
		b.jumped.Store(int64(time.Hour))
		b.desk.Here()
		b.jumped.Store(0)
		b.applied()
		b.armed()
		// A pen that would stay READY for ever.
		var arm uint32
		disarmed := make(chan struct{}, 1)
		b.look(func(m protocol.Message) {
			if m.Type() == protocol.TypeDisarm {
				select {
				case disarmed <- struct{}{}:
				default:
				}
			}
		})
		over := false
		b.lie.Store(bends(func(m *protocol.Status) {
			over = over || len(disarmed) > 0
			if m.State.Armed() {
				arm = m.ArmID
			} else if arm != 0 && m.State == protocol.StateStandby && !over {
				m.State, m.ArmID = protocol.StateReady, arm
			}
		}))
		select {
		case <-disarmed:
		case <-time.After(2 * time.Minute):
			t.Error("never disarmed")
		}
		b.lie.Store(nil)
	})
}

// The one who was chosen last is the one at the desk, however long the disk took
// for the one before.
func TestThePatientChosenLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sim.R1, true)
		defer b.stop()
		b.until("pen in standby", func(v *console.View) bool { return v.Pen.Phase == console.Standby })
		first, last := b.patient("Ruiz"), b.patient("Okafor")
		late := func(id clinical.ID) time.Duration {
			if id == first {
				return time.Second
			}
			return 0
		}
		b.lateOf.Store(&late)
		b.desk.ChoosePatient(first)
		b.desk.ChoosePatient(last)
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if p := b.desk.View().Patient; p == nil || p.ID != last {
			t.Errorf("at the desk: %+v", p)
		}
	})
}

// What was edited while the patient was read is not undone at the desk.
func TestPatientEditedWhileItIsRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sim.R1, true)
		defer b.stop()
		b.applied()
		p := *b.desk.View().Patient
		late := func(clinical.ID) time.Duration { return time.Second }
		b.lateOf.Store(&late)
		b.desk.ChoosePatient(p.ID)
		time.Sleep(100 * time.Millisecond)
		p.Fitzpatrick = clinical.FitzpatrickVI
		b.desk.SavePatient(p, func(_ clinical.Patient, err error) {
			if err != nil {
				t.Error(err)
			}
		})
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if now := b.desk.View().Patient; now.Fitzpatrick != clinical.FitzpatrickVI {
			t.Errorf("skin type %v at the desk", now.Fitzpatrick)
		}
	})
}

// A window that is closed while the intent is on its way leaves no record that
// the next start takes for a crash.
func TestClosedWhileArming(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sim.R1, true)
		v := b.mayBeArmed()
		b.slow.Store(int64(300 * time.Millisecond))
		b.desk.Arm(v.Arm.Shown)
		b.until("arming", func(v *console.View) bool { return v.Arm.State == console.Arming })
		b.stop()
		again, err := store.Open(b.path, store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer again.Close()
		open, err := again.OpenTreatments(context.Background())
		if err != nil || len(open) != 0 {
			t.Errorf("%d records are open, %v", len(open), err)
		}
	})
}

// An end that the disk refuses once is written when it can be.
func TestEndThatTheDiskRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sim.R1, true)
		defer b.stop()
		patient := b.treatedOnce().Patient.ID
		b.endFails.Store(3)
		b.desk.EndTreatment()
		if rec := b.lastRecord(patient); rec.Outcome != clinical.OutcomeComplete {
			t.Errorf("outcome %s", rec.Outcome)
		}
	})
}

// A disk that does not tell the newest record at the start is asked again.
func TestNewestRecordIsAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBenchWith(t, sim.R1, true, func(b *bench) { b.newestFails.Store(3) })
		defer b.stop()
		b.applied()
		b.armed()
	})
}

// A run that became uncertain after its patient had left the desk says whose it
// is.
func TestUncertainRunOfThePatientBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sim.R1, true)
		defer b.stop()
		b.applied()
		b.armed()
		b.pull()
		b.until("treating", func(v *console.View) bool { return v.Pen.Phase == console.Treating })
		b.desk.ChoosePatient(b.patient("Okafor"))
		b.until("the other patient", func(v *console.View) bool { return v.Patient.FamilyName == "Okafor" })
		b.cut()
		v := b.until("uncertain", func(v *console.View) bool { return len(v.Uncertain) == 1 })
		b.release()
		if v.Uncertain[0].Patient == nil || v.Uncertain[0].Patient.FamilyName != "Ruiz" {
			t.Errorf("of %+v", v.Uncertain[0].Patient)
		}
	})
}

// Who has acknowledged the loss of the link stands in the record of the run that
// was lost.
func TestAcknowledgedAfterTheRunWasLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sim.R1, true)
		defer b.stop()
		b.applied()
		b.armed()
		b.pull()
		b.until("treating", func(v *console.View) bool { return v.Pen.Phase == console.Treating })
		b.cut()
		v := b.until("uncertain", func(v *console.View) bool { return len(v.Uncertain) == 1 })
		b.release()
		for _, o := range v.Alarms.Present {
			b.desk.Acknowledge(o.ID)
		}
		rec := b.record(v.Uncertain[0].Treatment.ID)
		acknowledged := false
		for _, a := range rec.Alarms {
			acknowledged = acknowledged || a.Mark == clinical.AlarmAcknowledged
		}
		if !acknowledged {
			t.Errorf("%+v", rec.Alarms)
		}
	})
}
