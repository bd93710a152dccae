package console_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"stipple/app/alarm"
	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/device/sim"
	"stipple/protocol"
)

// standing is the occurrence of a code, or nil.
func standing(v *console.View, code alarm.Code) *alarm.Occurrence {
	for i := range v.Alarms.Present {
		if v.Alarms.Present[i].Code == code {
			return &v.Alarms.Present[i]
		}
	}
	return nil
}

// raised waits for an alarm.
func (b *bench) raised(code alarm.Code) alarm.Occurrence {
	b.t.Helper()
	v := b.until(string(code), func(v *console.View) bool { return standing(v, code) != nil })
	return *standing(v, code)
}

// record reads the open or newest record.
func (b *bench) record(id clinical.ID) clinical.Treatment {
	b.t.Helper()
	time.Sleep(time.Second) // for the disk
	synctest.Wait()
	rec, err := b.store.Treatment(context.Background(), id)
	if err != nil {
		b.t.Fatal(err)
	}
	return rec
}

// marks are the marks of the entries about one alarm.
func marks(rec clinical.Treatment, text string) []clinical.AlarmMark {
	var out []clinical.AlarmMark
	for _, a := range rec.Alarms {
		if a.Text == text {
			out = append(out, a.Mark)
		}
	}
	return out
}

// An amplifier that is too weak: each pulse has too little power. The alarm says
// what was expected, by what was applied and by the descriptor's tolerance, and
// what was measured; it counts; it is acknowledged by name; it is gone when a
// pulse is right again, and then, and only then, is history.
func TestPowerAlarmFromPulseToRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sim.R1, true)
		defer b.stop()
		b.applied()
		b.armed()
		id := b.desk.View().Run.ID
		hand := b.pen.Hand()
		if err := hand.Fault("rf_amplifier_low", true); err != nil {
			t.Fatal(err)
		}
		b.stamp()
		o := b.raised(alarm.PowerDeviation)
		if o.Priority != alarm.Medium || o.Expected != alarm.About(alarm.Power, 12_000, 9600, 14_400) || o.Measured.Quantity != alarm.Power ||
			o.Measured.N <= 0 || o.Expected.Holds(o.Measured) || o.Since.IsZero() || !o.Present() {
			t.Errorf("%+v", o)
		}
		b.stamp()
		b.until("counted", func(v *console.View) bool {
			again := standing(v, alarm.PowerDeviation)
			return again != nil && again.Count == 2 && again.ID == o.ID
		})
		if v := b.desk.View(); v.Alarms.Signal.Sound != alarm.Medium || !v.Alarms.Signal.Flash {
			t.Errorf("%+v", v.Alarms.Signal)
		}
		b.desk.Acknowledge(o.ID)
		v := b.until("acknowledged", func(v *console.View) bool { return standing(v, alarm.PowerDeviation).Acknowledged() })
		if got := standing(v, alarm.PowerDeviation); got.By != v.Operator.Name || v.Alarms.Signal.Sound != alarm.None || v.Alarms.Signal.Flash {
			t.Errorf("%+v %+v", got, v.Alarms.Signal)
		}
		if err := hand.Fault("rf_amplifier_low", false); err != nil {
			t.Fatal(err)
		}
		b.stamp()
		v = b.until("over", func(v *console.View) bool { return standing(v, alarm.PowerDeviation) == nil })
		if len(v.Alarms.History) == 0 || v.Alarms.History[0].Code != alarm.PowerDeviation || v.Alarms.History[0].Count != 2 {
			t.Errorf("history %+v", v.Alarms.History)
		}
		rec := b.record(id)
		if got := marks(rec, "power_deviation"); !slices.Equal(got, []clinical.AlarmMark{"", "acknowledged", "over"}) {
			t.Fatalf("the record has %q", got)
		}
		rec.Alarms = slices.DeleteFunc(rec.Alarms, func(a clinical.Alarm) bool { return a.Text != "power_deviation" })
		for _, a := range rec.Alarms {
			if a.Expected != "12.0 W" || a.Measured == "" || a.Code != protocol.EventAlarm || a.Priority != "medium" {
				t.Errorf("entry %+v", a)
			}
		}
		if a := rec.Alarms[1]; a.By != v.Operator.Name || a.At.IsZero() {
			t.Errorf("acknowledged: %+v", a)
		}
		if a := rec.Alarms[2]; a.Count != 2 {
			t.Errorf("over: %+v", a)
		}
	})
}

// stamp delivers one pulse and waits for it.
func (b *bench) stamp() {
	b.t.Helper()
	before := b.desk.View().Run.Pulses
	b.pull()
	b.until("a pulse", func(v *console.View) bool { return v.Run.Pulses > before })
	b.release()
	time.Sleep(300 * time.Millisecond)
	synctest.Wait()
}

// A fault is one high alarm, not two; it latches while it is cleared on the pen,
// and is history only once somebody has acknowledged it.
func TestFaultIsOneAlarmAndLatches(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sim.R1, true)
		defer b.stop()
		b.applied()
		b.armed()
		id := b.desk.View().Run.ID
		b.pull()
		b.until("treating", func(v *console.View) bool { return v.Pen.Phase == console.Treating })
		if err := b.pen.Hand().Fault("over_temperature", true); err != nil {
			t.Fatal(err)
		}
		o := b.raised(alarm.OverTemperature)
		if o.Priority != alarm.High || o.Expected != alarm.AtMost(alarm.Temperature, 8500) || o.Measured.N <= 8500 {
			t.Errorf("%+v", o)
		}
		b.until("fault", func(v *console.View) bool { return v.Pen.Phase == console.Fault })
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if v := b.desk.View(); standing(v, alarm.PenFault) != nil || standing(v, alarm.OverTemperature).Count != 1 {
			t.Errorf("alarms %+v", v.Alarms.Present)
		}
		_ = b.pen.Hand().Fault("over_temperature", false)
		b.release()
		time.Sleep(20 * time.Second) // it cools
		b.desk.Clear()
		v := b.until("standby", func(v *console.View) bool { return v.Pen.Phase == console.Standby })
		got := standing(v, alarm.OverTemperature)
		if got == nil || got.Present() || got.Acknowledged() || v.Alarms.Signal.Sound != alarm.High {
			t.Fatalf("cleared and not acknowledged: %+v %+v", got, v.Alarms.Signal)
		}
		b.desk.Acknowledge(got.ID)
		b.until("history", func(v *console.View) bool { return standing(v, alarm.OverTemperature) == nil })
		if got := marks(b.record(id), "over_temperature"); !slices.Equal(got, []clinical.AlarmMark{"", "acknowledged"}) {
			t.Errorf("the record has %q", got)
		}
	})
}

// A fault that the pen has kept from before is an alarm of this session, too.
func TestFaultFromBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sim.R1, true)
		defer b.stop()
		b.until("standby", func(v *console.View) bool { return v.Pen.Phase == console.Standby })
		b.cut()
		b.until("gone", func(v *console.View) bool { return !v.Pen.Connected })
		if err := b.pen.Hand().Fault("over_temperature", true); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		b.plugged.Store(true)
		b.until("fault", func(v *console.View) bool { return v.Pen.Phase == console.Fault })
		if o := b.raised(alarm.PenFault); o.Instance != protocol.FaultOverTemperature.String() || o.Priority != alarm.High {
			t.Errorf("%+v", o)
		}
	})
}

// A link that is lost while the pen is at rest is medium, and high while it is
// armed; it is gone with the pen's return and latched until it is acknowledged.
func TestLinkAlarms(t *testing.T) {
	for _, armed := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, sim.R1, true)
			defer b.stop()
			b.applied()
			code := alarm.LinkLost
			if armed {
				code = alarm.LinkLostTreating
				b.armed()
			}
			b.dead.Store(true)
			o := b.raised(code)
			if o.Expected != alarm.AtMost(alarm.Duration, 1_000_000) || o.Measured.N < 250_000 {
				t.Errorf("%+v", o)
			}
			b.dead.Store(false)
			v := b.until("back", func(v *console.View) bool { return v.Pen.Connected })
			if got := standing(v, code); got == nil || got.Present() {
				t.Errorf("%+v", got)
			}
			b.desk.Acknowledge(o.ID)
			b.until("history", func(v *console.View) bool { return standing(v, code) == nil })
		})
	}
}

// The battery of a pen is low until it is charged.
func TestLowBattery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sim.R1, true)
		defer b.stop()
		b.until("standby", func(v *console.View) bool { return v.Pen.Phase == console.Standby })
		if err := b.pen.Hand().Fault("battery_low", true); err != nil {
			t.Fatal(err)
		}
		if o := b.raised(alarm.BatteryLow); o.Priority != alarm.Low || o.Measured.Quantity != alarm.Charge {
			t.Errorf("%+v", o)
		}
		if err := b.pen.Hand().Fault("battery_low", false); err != nil {
			t.Fatal(err)
		}
		b.until("charged", func(v *console.View) bool { return standing(v, alarm.BatteryLow) == nil })
	})
}

// What the composition root tells: told twice it is one occurrence, and gone
// when it says so.
func TestConditionsOfTheConsole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sim.R1, true)
		defer b.stop()
		b.until("standby", func(v *console.View) bool { return v.Pen.Phase == console.Standby })
		for _, code := range []alarm.Code{alarm.DiskLow, alarm.ClockOff, alarm.BackupOld} {
			f := alarm.Finding{Condition: alarm.Of(code), Expected: alarm.AtLeast(alarm.Storage, 2e9), Measured: alarm.Value{Quantity: alarm.Storage, N: 1e9}}
			b.desk.Tell(f, true)
			b.desk.Tell(f, true)
			if o := b.raised(code); o.Count != 1 || o.Priority != alarm.Low {
				t.Errorf("%+v", o)
			}
			b.desk.Tell(f, false)
			b.until("gone", func(v *console.View) bool { return standing(v, code) == nil })
		}
	})
}

func TestSoundDeviceIsAFactAndAnAlarm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sim.R1, true)
		defer b.stop()
		b.until("standby", func(v *console.View) bool { return v.Pen.Phase == console.Standby })
		warned := func(v *console.View) bool {
			return slices.ContainsFunc(v.Warnings, func(w clinical.Block) bool { return w.Code == clinical.WarnSound })
		}
		if warned(b.desk.View()) {
			t.Error("a warning before anybody has looked")
		}
		why := errors.New("no card")
		b.desk.SoundDevice(why)
		v := b.until("no sound", warned)
		if o := standing(v, alarm.NoSound); o == nil || o.Priority != alarm.Low || !errors.Is(o.Cause, why) || !errors.Is(v.Alarms.Sound.Err, why) {
			t.Errorf("%+v %+v", o, v.Alarms.Sound)
		}
		b.desk.SoundDevice(nil)
		b.until("sound", func(v *console.View) bool {
			return !warned(v) && standing(v, alarm.NoSound) == nil && v.Alarms.Sound.Err == nil
		})
	})
}

// Pause, resume and test reach the model, and each change is told to whoever
// plays.
func TestSoundIsToldOfEachChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sim.R1, true)
		defer b.stop()
		b.until("standby", func(v *console.View) bool { return v.Pen.Phase == console.Standby })
		expect := func(want ...alarm.Priority) {
			t.Helper()
			time.Sleep(200 * time.Millisecond)
			synctest.Wait()
			got := b.heard()
			if !slices.Equal(got, want) {
				t.Errorf("told %v, want %v", got, want)
			}
		}
		expect()
		b.desk.TestSound(alarm.Low)
		expect(alarm.Low)
		time.Sleep(time.Second)
		expect(alarm.None)
		b.desk.Report(errors.New("damaged"))
		expect(alarm.High)
		b.desk.PauseSound()
		expect(alarm.None)
		b.desk.ResumeSound()
		expect(alarm.High)
		b.desk.PauseSound()
		expect(alarm.None)
		time.Sleep(alarm.AudioPause)
		expect(alarm.High)
	})
}
