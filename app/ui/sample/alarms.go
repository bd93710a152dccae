package sample

import (
	"errors"
	"time"

	"stipple/app/alarm"
	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/protocol"
)

// alarms lets a book of alarms decide what the scene shows. What was raised
// seconds ago is told with raise.
func (s *scene) alarms(do func(b *alarm.Book)) *scene {
	var b alarm.Book
	do(&b)
	s.view.Alarms = console.AlarmsView{
		Present: b.Present(), History: b.History(), Signal: b.Signal(Now()), Sound: console.SoundView{Known: true},
	}
	return s
}

// raise raises an alarm of the table, some time ago and so many times.
func raise(b *alarm.Book, code alarm.Code, ago time.Duration, times int, more ...func(*alarm.Finding)) int {
	f := alarm.Finding{Condition: alarm.Of(code)}
	for _, m := range more {
		m(&f)
	}
	id := 0
	for i := range times {
		o, _ := b.Raise(f, Now().Add(-ago/time.Duration(i+1)))
		id = o.ID
	}
	return id
}

func figures(e alarm.Expected, q alarm.Quantity, n int64) func(*alarm.Finding) {
	return func(f *alarm.Finding) { f.Expected, f.Measured = e, alarm.Value{Quantity: q, N: n} }
}

func about(err error) func(*alarm.Finding) { return func(f *alarm.Finding) { f.Cause = err } }

func named(instance string) func(*alarm.Finding) {
	return func(f *alarm.Finding) { f.Instance = instance }
}

// lowPower is measured power far below what is set.
func lowPower(b *alarm.Book) int {
	return raise(b, alarm.PowerDeviation, 20*time.Second, 2, figures(alarm.About(alarm.Power, 12_000, 9600, 14_400), alarm.Power, 9200))
}

func tooHot(b *alarm.Book) int {
	return raise(b, alarm.OverTemperature, 12*time.Second, 1, figures(alarm.AtMost(alarm.Temperature, 8500), alarm.Temperature, 8730))
}

func weakBattery(b *alarm.Book) int {
	return raise(b, alarm.BatteryLow, 3*time.Minute, 1, figures(alarm.Expected{}, alarm.Charge, 18))
}

// alarming is a treatment in which something alarms.
func (c Clinic) alarming(do func(*alarm.Book)) *scene {
	s := c.rf().applied().run(86, 2, 192*time.Second).facts(allHolds()).treating()
	return s.alarms(do)
}

// alarm is measured power far below what is set.
func (c Clinic) alarm() *scene {
	s := c.alarming(func(b *alarm.Book) { lowPower(b) })
	s.desk.live.Status.PowerMax = 9200
	s.view.Run.Last.Power = 9200
	return s
}

// faulted is a pen that latched a fault, with what went before it.
func (c Clinic) faulted(do func(*alarm.Book)) *scene {
	s := c.rf().run(86, 2, 192*time.Second)
	f := allHolds()
	f.NoFault, f.SettingsApplied = clinical.FactFails, clinical.FactFails
	s.facts(f).phase(console.Fault, protocol.StateFault)
	s.view.Pen.Fault = protocol.FaultOverTemperature
	s.view.Arm.State = console.ArmBlocked
	s.view.Stop.CanClear = true
	s.desk.live.Status.Temp = 8730
	return s.alarms(do)
}

// alarmScenes are the bar in each of its states.
func (c Clinic) alarmScenes() []Scene {
	on := func(name string, s *scene, tap ...string) Scene {
		return Scene{Name: "treat-alarm-" + name, Page: "treat", Tap: tap, Desk: s.done()}
	}
	return []Scene{
		on("high", c.faulted(func(b *alarm.Book) { weakBattery(b); lowPower(b); tooHot(b) })),
		on("low", c.alarming(func(b *alarm.Book) { weakBattery(b) })),
		on("acknowledged", c.alarming(func(b *alarm.Book) { b.Acknowledge(lowPower(b), "Dr A. Meyer", Now()) })),
		on("paused", c.alarming(func(b *alarm.Book) { lowPower(b); b.Pause(Now().Add(-13 * time.Second)) })),
		on("no-sound", c.silent()),
		on("list", c.faulted(func(b *alarm.Book) { weakBattery(b); lowPower(b); tooHot(b) }), "banner.open"),
		c.onAlarms("full", c.faulted(c.long)),
		c.onAlarms("chosen", c.faulted(c.long), "alarms.present.choice.2"),
		c.onAlarms("empty", c.rf().alarms(func(*alarm.Book) {})),
		c.onAlarms("no-sound", c.silent()),
	}
}

// onAlarms is a picture of the page of alarms.
func (c Clinic) onAlarms(name string, s *scene, tap ...string) Scene {
	return Scene{Name: "alarms-" + name, Page: "alarms", Tap: tap, Desk: s.done()}
}

// long is an afternoon with many alarms.
func (c Clinic) long(b *alarm.Book) {
	id := weakBattery(b)
	lowPower(b)
	ohms := func(n int64) func(*alarm.Finding) {
		return figures(alarm.Within(alarm.Impedance, 50, 800), alarm.Impedance, n)
	}
	past := func(code alarm.Code, ago time.Duration, by string, more ...func(*alarm.Finding)) {
		id := raise(b, code, ago, 1, more...)
		b.Acknowledge(id, by, Now().Add(10*time.Second-ago))
		b.End(alarm.Key{Code: code}, Now().Add(25*time.Second-ago))
	}
	past(alarm.NoSound, 4*time.Hour, "")
	past(alarm.LinkLost, 3*time.Hour, "Dr A. Meyer", about(worded{errors.New("link lost"), "link_lost", nil}),
		figures(alarm.AtMost(alarm.Duration, protocol.LinkSilence.Microseconds()), alarm.Duration, 1_020_000))
	past(alarm.ImpedanceWindow, 2*time.Hour, "Dr A. Meyer", ohms(1240))
	past(alarm.ImpedanceWindow, 118*time.Minute, "Dr A. Meyer", ohms(22))
	past(alarm.StoreFailed, time.Hour, "Dr A. Meyer", about(worded{errors.New("no access"), "no_access", nil}))
	past(alarm.DepthDeviation, 9*time.Minute, "Dr A. Meyer", figures(alarm.About(alarm.Depth, 1500, 1350, 1650), alarm.Depth, 1690))
	b.Acknowledge(id, "Dr A. Meyer", Now().Add(-2*time.Minute))
	tooHot(b)
}

// silent is a laptop without a sound device.
func (c Clinic) silent() *scene {
	err := worded{errors.New("no sound device"), "no_sound_device", nil}
	f := allHolds()
	f.SoundDeviceHere, f.SettingsApplied = clinical.FactFails, clinical.FactFails
	s := c.rf().facts(f).alarms(func(b *alarm.Book) { raise(b, alarm.NoSound, time.Minute, 1, about(err)) })
	s.view.Alarms.Sound.Err = err
	return s
}
