package console_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"

	"stipple/app/alarm"
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
		again, err := store.OpenTraining(b.path, store.Options{})
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
		v := b.desk.View()
		if !slices.ContainsFunc(v.Blocks, func(bl clinical.Block) bool { return bl.Code == clinical.BlockRecords }) {
			t.Errorf("blocks %+v", v.Blocks)
		}
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

// STOP while the pen that was armed is out of reach is no stop, and says so until
// somebody has seen it or the pen is back; without such a pen there is nothing to
// stop.
func TestStopOutOfReach(t *testing.T) {
	lost := func(b *bench) *console.View {
		b.applied()
		b.armed()
		b.cut()
		return b.until("uncertain", func(v *console.View) bool { return len(v.Uncertain) == 1 && !v.Pen.Connected })
	}
	unconfirmed := func(b *bench) alarm.Occurrence {
		v := b.until("not confirmed", func(v *console.View) bool { return v.Stop.Unconfirmed && v.Stop.OutOfReach })
		i := slices.IndexFunc(v.Alarms.Present, func(o alarm.Occurrence) bool { return o.Code == alarm.StopUnconfirmed })
		if i < 0 {
			b.t.Fatalf("no alarm in %+v", v.Alarms.Present)
		}
		if shown := v.Alarms.Signal.Shown; shown.ID != v.Alarms.Present[i].ID || shown.Acknowledged() {
			b.t.Errorf("what is shown, and may be acknowledged, is %+v", shown)
		}
		return v.Alarms.Present[i]
	}
	calm := func(v *console.View) bool { return !v.Stop.Active && !v.Stop.Unconfirmed }
	for name, c := range map[string]func(*bench){
		"seen": func(b *bench) {
			lost(b)
			b.desk.Stop()
			o := unconfirmed(b)
			b.desk.Acknowledge(o.ID)
			b.until("on", calm)
		},
		"back": func(b *bench) {
			lost(b)
			b.desk.Stop()
			unconfirmed(b)
			b.plugged.Store(true)
			b.until("on", func(v *console.View) bool { return calm(v) && v.Pen.Connected })
		},
		"on its way when the link was lost": func(b *bench) {
			b.applied()
			b.armed()
			b.dead.Store(true)
			b.desk.Stop()
			b.cut()
			unconfirmed(b)
		},
		"not confirmed, and then lost": func(b *bench) {
			b.applied()
			b.armed()
			b.dead.Store(true)
			b.desk.Stop()
			v := b.until("not confirmed", func(v *console.View) bool { return v.Stop.Unconfirmed })
			b.desk.Acknowledge(v.Alarms.Signal.Shown.ID)
			b.cut()
			o := unconfirmed(b)
			b.desk.Acknowledge(o.ID)
			b.until("on", calm)
		},
		"nothing was armed": func(b *bench) {
			b.applied()
			b.cut()
			b.until("lost", func(v *console.View) bool { return !v.Pen.Connected })
			b.desk.Stop()
			time.Sleep(time.Second)
			synctest.Wait()
			if v := b.desk.View(); !calm(v) {
				b.t.Errorf("%+v", v.Stop)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, sim.R1, true)
				defer b.stop()
				c(b)
			})
		})
	}
}

// Who holds to arm stands with that arming, in a treatment that another opened.
func TestArmingOfASecondOperator(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sim.R1, true)
		defer b.stop()
		v := b.treatedOnce()
		first, patient := v.Operator, v.Patient.ID
		i := slices.IndexFunc(v.Operators, func(o clinical.Operator) bool { return o.Role.MayTreat() && o.ID != first.ID })
		second := v.Operators[i]
		b.desk.ChooseOperator(second.ID)
		b.until("another operator", func(v *console.View) bool { return v.Operator.ID == second.ID && v.Apply.Can })
		b.desk.Apply()
		b.armed()
		b.desk.EndTreatment()
		rec := b.lastRecord(patient)
		if got := rec.Armers(); !slices.Equal(got, []clinical.Operator{first, second}) {
			t.Errorf("%+v", got)
		}
		if rec.Arms[0].Operator != first || rec.Arms[1].Operator != second {
			t.Errorf("%+v", rec.Arms)
		}
	})
}

// An arming that was called off before ARM left is no treatment: the record says
// so, and it is no session of the series. One that is armed afterwards is.
func TestCalledOffBeforeArm(t *testing.T) {
	for _, again := range []bool{false, true} {
		t.Run(map[bool]string{false: "ended", true: "armed afterwards"}[again], func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, sim.R1, true)
				defer b.stop()
				v := b.mayBeArmed()
				patient, session := v.Patient.ID, v.Session
				b.slow.Store(int64(300 * time.Millisecond))
				b.desk.Arm(v.Arm.Shown)
				time.Sleep(50 * time.Millisecond)
				b.desk.Disarm()
				b.until("called off", func(v *console.View) bool { return v.Arm.State != console.Arming && v.Run.Open })
				want, results := clinical.OutcomeNotArmed, []clinical.ArmResult{clinical.ArmNotSent}
				if again {
					b.armed()
					want, results = clinical.OutcomeComplete, append(results, clinical.ArmExecuted)
				}
				b.desk.EndTreatment()
				rec := b.lastRecord(patient)
				var got []clinical.ArmResult
				for _, a := range rec.Arms {
					got = append(got, a.Result)
				}
				if rec.Outcome != want || !slices.Equal(got, results) {
					t.Errorf("outcome %s, armings %v", rec.Outcome, got)
				}
				if v := b.desk.View(); v.Session != session {
					t.Errorf("session %d, was %d", v.Session, session)
				}
			})
		})
	}
}

// An entry that no record takes is told of, and holds back nothing behind it.
func TestEntryThatIsNeverTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sim.R1, true)
		defer b.stop()
		b.applied()
		b.armed()
		b.never.Store(1)
		b.spots(1)
		v := b.until("told", func(v *console.View) bool {
			return slices.ContainsFunc(v.Alarms.Present, func(o alarm.Occurrence) bool {
				var left *console.NotTakenError
				return o.Code == alarm.RecordFailed && errors.As(o.Cause, &left) && left.Pulse.Index == 1
			})
		})
		b.until("standby", func(v *console.View) bool { return v.Pen.Phase == console.Standby })
		b.armed()
		b.spots(1)
		b.desk.EndTreatment()
		rec := b.lastRecord(v.Patient.ID)
		if rec.Outcome != clinical.OutcomeComplete || len(rec.Pulses) != 1 || rec.Pulses[0].Index != 2 {
			t.Errorf("outcome %s, pulses %+v", rec.Outcome, rec.Pulses)
		}
	})
}

// The tip counts on with the pulses that come.
func TestTipCountsOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sim.R1, true)
		defer b.stop()
		v := b.treatedOnce()
		now := v.Pen.Tip.UseCount
		if now != uint32(v.Run.Pulses) {
			t.Errorf("%d pulses, %d uses of a new tip", v.Run.Pulses, now)
		}
		b.cut() // the next session reads the tip anew
		b.until("lost", func(v *console.View) bool { return !v.Pen.Connected })
		b.plugged.Store(true)
		v = b.until("back", func(v *console.View) bool { return v.Pen.Phase == console.Standby && v.Pen.Tip.Present })
		if v.Pen.Tip.UseCount != now {
			t.Errorf("the pen says %d uses, the console had counted %d", v.Pen.Tip.UseCount, now)
		}
	})
}

// Nothing is applied while an arming is on its way.
func TestApplyWhileArming(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sim.R1, true)
		defer b.stop()
		v := b.mayBeArmed()
		b.slow.Store(int64(300 * time.Millisecond))
		b.desk.Arm(v.Arm.Shown)
		time.Sleep(50 * time.Millisecond)
		b.desk.Apply()
		b.until("ready", func(v *console.View) bool { return v.Arm.State == console.ArmArmed && v.Arm.Err == nil })
	})
}
