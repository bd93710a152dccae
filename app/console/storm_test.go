package console_test

import (
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"stipple/app/alarm"
	"stipple/app/console"
	"stipple/device"
	"stipple/device/sim"
	"stipple/protocol"
)

// TestAlarmStorm sends 10,000 events a second to a desk with an open treatment
// for twelve seconds, from all that can tell: the pen's own alarms, alarms that nobody
// knows, warnings, faults, and what the session finds. One alarm that is graver
// than the rest stands from its beginning to the end; the view is up to date all
// the time and is not made anew for each event; the record stays small and says
// how often; and the desk still does what it is asked.
func TestAlarmStorm(t *testing.T) {
	const perSecond, seconds = 10_000, 12
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sim.R1, true)
		defer b.stop()
		b.applied()
		b.armed()
		id := b.desk.View().Run.ID
		var views atomic.Int64
		b.desk.Watch(func() { views.Add(1) })
		events := make(chan device.Event)
		b.desk.Inject(events)
		r := rand.New(rand.NewPCG(5, 6))
		before := views.Load()
		for second := range seconds {
			for range perSecond / 100 {
				for range 100 {
					events <- stormEvent(r)
				}
				// Somebody acknowledges all that stands, but for one, as fast as that.
				for _, o := range b.desk.View().Alarms.Present {
					if o.Code != alarm.EnergyOver && !o.Acknowledged() && r.IntN(4) == 0 {
						b.desk.Acknowledge(o.ID)
					}
				}
				time.Sleep(10 * time.Millisecond)
			}
			if second == 2 {
				events <- device.Event{Kind: device.EventPen, Pen: &protocol.Event{
					Code: protocol.EventAlarm, Level: protocol.LevelWarning, Args: [2]int32{int32(sim.AlarmEnergyOver), 1_900_000},
				}}
			}
			time.Sleep(10 * time.Millisecond) // twice as long as a view may be late
			synctest.Wait()
			v := b.desk.View()
			if len(v.Alarms.Present) > alarm.MaxPresent+1 || len(v.Alarms.History) > alarm.MaxHistory {
				t.Fatalf("after %d s: %d stand, %d are history", second, len(v.Alarms.Present), len(v.Alarms.History))
			}
			if o := standing(v, alarm.EnergyOver); second >= 2 && (o == nil || v.Alarms.Signal.Sound != alarm.High || v.Alarms.Signal.Shown.Priority != alarm.High) {
				t.Fatalf("after %d s: %+v, %v sounds", second, o, v.Alarms.Signal.Sound)
			}
		}
		if n := views.Load() - before; n < 10*seconds || n > seconds*perSecond/5 {
			t.Errorf("%d views of %d events", n, seconds*perSecond)
		}
		// Still at work.
		o := b.raised(alarm.EnergyOver)
		b.desk.Acknowledge(o.ID)
		b.until("acknowledged", func(v *console.View) bool {
			o := standing(v, alarm.EnergyOver)
			return o == nil || o.Acknowledged()
		})
		b.desk.EndTreatment()
		b.until("ended", func(v *console.View) bool { return !v.Run.Open })
		time.Sleep(15 * time.Second)
		rec := b.record(id)
		if n := len(rec.Alarms); n < 20 || n > console.RecordedMost() {
			t.Errorf("the record has %d entries", n)
		}
		counted, high := 0, false
		for _, a := range rec.Alarms {
			counted += a.Count
			high = high || a.Text == string(alarm.EnergyOver) && a.Mark == "" && a.Priority == "high" && a.Expected != ""
		}
		if counted < seconds*perSecond/10 {
			t.Errorf("the record counts %d of %d", counted, seconds*perSecond)
		}
		if !high {
			t.Error("the gravest is not in the record")
		}
	})
}

// stormEvent is something that alarms, of any kind.
func stormEvent(r *rand.Rand) device.Event {
	pen := func(code uint16, level protocol.Level, args ...int32) device.Event {
		e := &protocol.Event{Code: code, Level: level}
		copy(e.Args[:], args)
		return device.Event{Kind: device.EventPen, Pen: e}
	}
	if r.IntN(20) == 0 { // at which what is low is over, and begins anew
		return device.Event{Kind: device.EventState, Old: protocol.StateStandby, State: protocol.StateReady}
	}
	switch r.IntN(8) {
	case 0, 1:
		return pen(protocol.EventAlarm, protocol.LevelWarning, int32(sim.AlarmPower)+r.Int32N(8), r.Int32N(20_000)) // medium and low
	case 2:
		return pen(protocol.EventAlarm, protocol.LevelWarning, 1000+r.Int32N(5000), 1) // that nobody knows
	case 3, 4:
		return pen(protocol.EventMaker+uint16(r.IntN(2000)), protocol.LevelWarning)
	case 5:
		return pen(protocol.EventMaker+uint16(r.IntN(2000)), protocol.LevelError)
	case 6:
		return pen(protocol.EventFault, protocol.LevelError, r.Int32N(12))
	}
	return []device.Event{
		{Kind: device.EventOverflow, Lost: 17},
		{Kind: device.EventContradiction, Err: errors.New("odd")},
		{Kind: device.EventPulsesLost, From: 3, To: 9},
	}[r.IntN(3)]
}

// TestRecordThatHangsHoldsUpNobody: with a disk that takes nothing the desk goes
// on, and says so.
func TestRecordThatHangsHoldsUpNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sim.R1, true)
		defer b.stop()
		b.applied()
		b.armed()
		b.hang.Store(true)
		events := make(chan device.Event)
		b.desk.Inject(events)
		r := rand.New(rand.NewPCG(7, 8))
		for range 20_000 {
			events <- stormEvent(r)
		}
		v := b.until("alarms", func(v *console.View) bool { return len(v.Alarms.Present) > 10 })
		b.desk.Acknowledge(v.Alarms.Signal.Shown.ID)
		b.until("acknowledged", func(v *console.View) bool { return len(v.Alarms.History) > 0 || !v.Alarms.Signal.Flash })
		b.hang.Store(false)
	})
}
