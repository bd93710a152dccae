package console_test

import (
	"errors"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"stipple/app/alarm"
	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/device/sim"
)

// A stop at any moment between the hold and READY, and one during the CLEAR
// behind it: nothing is armed.
func TestStopAtEachMomentOfArming(t *testing.T) {
	for _, begun := range []bool{false, true} {
		for ms := 0; ms <= 320; ms += 20 {
			t.Run(fmt.Sprint(begun, ms), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					b := newBench(t, sim.R1, true)
					defer b.stop()
					if begun {
						b.applied()
						b.armed()
						b.desk.Disarm()
						b.until("standby", func(v *console.View) bool { return v.Pen.Phase == console.Standby })
						time.Sleep(time.Second)
					}
					var v *console.View
					if begun {
						v = b.until("may", func(v *console.View) bool { return len(v.Blocks) == 0 && v.Arm.State == console.ArmReady })
					} else {
						v = b.mayBeArmed()
					}
					b.slow.Store(int64(30 * time.Millisecond))
					b.desk.Arm(v.Arm.Shown)
					time.Sleep(time.Duration(ms) * time.Millisecond)
					b.desk.Stop()
					b.until("stopped", func(v *console.View) bool { return v.Pen.Phase == console.Stopped && v.Stop.Confirmed })
					armed := false
					b.desk.Watch(func() { armed = armed || b.desk.Live().Armed })
					time.Sleep(3 * time.Second)
					synctest.Wait()
					v = b.desk.View()
					if armed || v.Pen.Phase != console.Stopped || v.Arm.State == console.Arming {
						t.Errorf("armed %v phase %s arm %s", armed, v.Pen.Phase, v.Arm.State)
					}
					if !v.Stop.CanClear {
						t.Error("can't clear")
					}
					b.desk.Clear()
					time.Sleep(10 * time.Millisecond)
					b.desk.Stop() // during CLEAR
					time.Sleep(2 * time.Second)
					synctest.Wait()
					if v := b.desk.View(); v.Pen.Phase != console.Stopped {
						t.Errorf("after stop during clear: %s", v.Pen.Phase)
					}
					if n := len(b.desk.View().Uncertain); n != 0 {
						t.Errorf("%d uncertain: %+v", n, b.desk.View().Uncertain[0].Treatment.Reconciled)
					}
				})
			})
		}
	}
}

// Connections leave no goroutine behind.
func TestReconnectsLeaveNothingBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sim.R1, true)
		defer b.stop()
		goroutines := func() int {
			b.until("here", func(v *console.View) bool { return v.Pen.Phase == console.Standby })
			synctest.Wait()
			return runtime.NumGoroutine()
		}
		reconnect := func() {
			b.until("here", func(v *console.View) bool { return v.Pen.Phase == console.Standby })
			b.cut()
			b.until("gone", func(v *console.View) bool { return !v.Pen.Connected })
			b.plugged.Store(true)
		}
		for range 20 {
			reconnect()
		}
		before := goroutines()
		for range 200 {
			reconnect()
		}
		if after := goroutines(); after > before {
			t.Errorf("%d goroutines, %d after 200 connections", before, after)
		}
	})
}

// Two runs of one pen are lost one after the other, and the disk refuses a
// signature: each record has its own pulses, once.
func TestTwoLostRunsOfOnePen(t *testing.T) {
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
		b.sign(v, clinical.AsUncertain) // never asked
		b.plugged.Store(true)
		b.until("standby", func(v *console.View) bool { return v.Pen.Phase == console.Standby })
		_ = b.pen.Hand().ChangeTip(sim.TipFor(sim.R1))
		time.Sleep(time.Second)
		b.until("can", func(v *console.View) bool { return v.Apply.Can })
		b.desk.Apply()
		b.until("applied", func(v *console.View) bool { return v.Apply.State == console.AppliedOK })
		b.armed()
		b.pull()
		b.until("a pulse", func(v *console.View) bool { return v.Run.Pulses > 0 })
		b.cut()
		b.until("uncertain", func(v *console.View) bool { return len(v.Uncertain) == 1 })
		b.release()
		b.plugged.Store(true)
		v = b.until("settled", func(v *console.View) bool { return settled(v) != nil })
		b.broken.Store(true)
		b.desk.Sign(v.Uncertain[0].Treatment.ID, clinical.AsReconciled, v.Uncertain[0].Version)
		time.Sleep(time.Second)
		b.cut()
		time.Sleep(3 * time.Second)
		b.broken.Store(false)
		b.plugged.Store(true)
		v = b.until("back", func(v *console.View) bool { return v.Pen.Connected && len(v.Uncertain) == 1 && settled(v) != nil })
		b.sign(v, clinical.AsReconciled)
		rec := b.lastRecord(v.Patient.ID)
		seen := map[uint32]bool{}
		for _, p := range rec.Pulses {
			if seen[p.Index] {
				t.Error("twice", p.Index)
			}
			seen[p.Index] = true
		}
		if rec.Outcome != clinical.OutcomeReconciled || len(rec.Pulses) == 0 {
			t.Errorf("%s %d", rec.Outcome, len(rec.Pulses))
		}
		if v := b.desk.View(); len(v.Uncertain) != 0 {
			t.Error("still")
		}
	})
}

// A pause of the sound ends by the clock that nobody sets.
func TestPauseOfTheSoundWhileTheClockIsSetBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sim.R1, true)
		defer b.stop()
		b.real.Store(true)
		b.until("pen in standby", func(v *console.View) bool { return v.Pen.Phase == console.Standby })
		b.desk.Report(errors.New("x"))
		b.until("sounds", func(v *console.View) bool { return v.Alarms.Signal.Sound != alarm.None })
		b.desk.PauseSound()
		b.until("paused", func(v *console.View) bool { return v.Alarms.Signal.Sound == alarm.None })
		b.jumped.Store(-int64(time.Hour))
		time.Sleep(121 * time.Second)
		synctest.Wait()
		if b.desk.View().Alarms.Signal.Sound == alarm.None {
			t.Error("paused for ever")
		}
	})
}
