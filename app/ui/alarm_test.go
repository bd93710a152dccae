package ui

import (
	"errors"
	"strings"
	"testing"
	"time"

	"stipple/app/alarm"
	"stipple/app/console"
	"stipple/app/ui/sample"
	"stipple/app/ui/widgets"
	"stipple/protocol"
)

// alarmed shows what a book of alarms comes to.
func (d *deskLog) alarmed(w *Window, do func(b *alarm.Book)) {
	var b alarm.Book
	do(&b)
	d.change(w, func(v *console.View) {
		v.Alarms.Present, v.Alarms.History, v.Alarms.Signal = b.Present(), b.History(), b.Signal(sample.Now())
	})
}

func finding(code alarm.Code, cause error) alarm.Finding {
	return alarm.Finding{Condition: alarm.Of(code), Cause: cause}
}

func TestTheGravestStandsInTheBar(t *testing.T) {
	w, d := use(t, "treat-alarm")
	id := 0
	d.alarmed(w, func(b *alarm.Book) {
		b.Raise(finding(alarm.OpenPin, nil), sample.Now())
		o, _ := b.Raise(finding(alarm.Contradiction, errors.New("odd")), sample.Now())
		b.Raise(finding(alarm.BatteryLow, nil), sample.Now())
		id = o.ID
	})
	s := w.band.banner.State()
	if s.Level != widgets.HighAlarm || !strings.Contains(s.Text, "odd") || !strings.Contains(s.Text, "and 2 more") || s.Acknowledged {
		t.Errorf("the bar says %+v", s)
	}
	tapName(t, w, "banner.first")
	expect(t, d, "acknowledge 2")
	if id != 2 {
		t.Fatal(id)
	}
}

func TestTheBarSaysExpectedMeasuredAndSince(t *testing.T) {
	w, _ := use(t, "treat-alarm")
	s := w.band.banner.State()
	for _, want := range []string{"Power 23 % below what was set, 2 times", "expected 12.0\u202fW, measured 9.2\u202fW", "since 14:02:11"} {
		if !strings.Contains(s.Text, want) {
			t.Errorf("%q lacks %q", s.Text, want)
		}
	}
}

func TestAcknowledgedStaysSteadyAndOpensTheList(t *testing.T) {
	w, d := use(t, "treat-alarm")
	d.alarmed(w, func(b *alarm.Book) {
		o, _ := b.Raise(finding(alarm.EnergyOver, nil), sample.Now())
		b.Acknowledge(o.ID, "x", sample.Now())
	})
	s := w.band.banner.State()
	if !s.Acknowledged || s.Level != widgets.HighAlarm || s.First != "" || s.Second != "" {
		t.Errorf("the bar says %+v", s)
	}
	d.alarmed(w, func(b *alarm.Book) {
		o, _ := b.Raise(finding(alarm.EnergyOver, nil), sample.Now())
		b.Acknowledge(o.ID, "x", sample.Now())
		b.Raise(finding(alarm.OpenPin, nil), sample.Now())
	})
	tapName(t, w, "banner.first")
	expect(t, d)
	if !w.layer.IsOpen() {
		t.Error("the other alarm can't be reached")
	}
}

func TestPauseOfTheSound(t *testing.T) {
	w, d := use(t, "treat-alarm")
	if s := w.band.banner.State(); s.Second != "Pause sound 120 s" {
		t.Errorf("the bar offers %q", s.Second)
	}
	tapName(t, w, "banner.second")
	expect(t, d, "pause sound")
	w, d = use(t, "treat-alarm-paused")
	if s := w.band.banner.State(); s.Second != "Sound in 01:47" {
		t.Errorf("13 s later it says %q", s.Second)
	}
	tapName(t, w, "banner.second")
	expect(t, d, "resume sound")
}

// The list lies over any page, follows what alarms, and acknowledges what is
// chosen.
func TestListOfAlarms(t *testing.T) {
	w, d := use(t, "treat-alarm-high")
	tapName(t, w, "banner.open")
	if !w.layer.IsOpen() {
		t.Fatal("the list is not open")
	}
	tapName(t, w, "alarmlist.rows.choice.2")
	tapName(t, w, "alarmlist.ack")
	expect(t, d, "acknowledge 2")
	d.alarmed(w, func(b *alarm.Book) {
		b.Raise(finding(alarm.MotorStall, nil), sample.Now())
	})
	if !shows(w, "The motor stalls") {
		t.Error("the open list is not up to date")
	}
	tapName(t, w, "alarmlist.page")
	if w.layer.IsOpen() || w.Page() != "alarms" {
		t.Errorf("open %v on %s", w.layer.IsOpen(), w.Page())
	}
}

func TestPageOfAlarms(t *testing.T) {
	w, d := use(t, "alarms-full")
	for _, want := range []string{"The tip is too hot", "expected at most 85.0", "acknowledged 14:00:31 by Dr A. Meyer", "Alarms can be heard"} {
		if !shows(w, want) {
			t.Errorf("%q is not there", want)
		}
	}
	tapName(t, w, "alarms.filter.Low")
	if shows(w, "The impedance is out of its window") {
		t.Error("the filter shows a medium alarm")
	}
	if !shows(w, "Alarms make no sound on this laptop") {
		t.Error("the filter hides a low alarm")
	}
	expect(t, d)
	w, d = use(t, "alarms-empty")
	for _, p := range []string{"high", "medium", "low"} {
		tapName(t, w, "alarms.test."+p)
	}
	expect(t, d, "test sound high", "test sound medium", "test sound low")
	if c, _ := w.Snapshot().Find("alarms.pause"); c.Enabled {
		t.Error("nothing sounds and it can be paused")
	}
}

// A real alarm is never taken for a test.
func TestNoTestWhileSomethingAlarms(t *testing.T) {
	w, _ := use(t, "alarms-full")
	if c, ok := w.Snapshot().Find("alarms.test.high"); !ok || c.Enabled {
		t.Errorf("%v %+v", ok, c)
	}
}

func TestTraceTellsTheAlarmAndItsTime(t *testing.T) {
	w, _ := use(t, "treat-alarm-high")
	s := w.Snapshot().States
	for state, want := range map[string]string{
		"alarm": "over_temperature", "alarm.priority": "high", "alarm.sound": "high", "alarms": "3", "alarm.device": "here",
		"alarm.since": sample.Now().Add(-12 * time.Second).Format(time.RFC3339Nano), "alarm.acknowledged": "false",
	} {
		if s[state] != want {
			t.Errorf("state %s is %q, want %q", state, s[state], want)
		}
	}
}

func TestAlarmsHaveWords(t *testing.T) {
	w, _ := use(t, "treat-standby")
	for _, c := range []struct {
		f    alarm.Finding
		want string
	}{
		{alarm.Finding{Condition: alarm.Of(alarm.PenEvent), Instance: "4"}, "The pen obeyed STOP"},
		{alarm.Finding{Condition: alarm.Of(alarm.PenFault), Instance: protocol.FaultMotorStall.String()}, "the motor stalls"},
		{alarm.Finding{Condition: alarm.Of(alarm.PowerDeviation), Measured: alarm.Value{Quantity: alarm.Power, N: 9200}}, "The power differs from what was set · measured 9.2\u202fW"},
		{alarm.Finding{Condition: alarm.Of(alarm.PenAlarm), Instance: "odd"}, "The pen raised an alarm odd"},
		{alarm.Finding{Condition: alarm.Of(alarm.PenEvent), Instance: "32769"}, "Pen event 32\u202f769"},
	} {
		var b alarm.Book
		o, _ := b.Raise(c.f, sample.Now())
		if got := w.words.AlarmOf(o).Bar(); !strings.Contains(got, c.want) {
			t.Errorf("%+v is %q", c.f, got)
		}
	}
	for _, row := range alarm.Table() {
		if row.Code == alarm.PenFault || row.Code == alarm.PenEvent || row.Code == alarm.PenAlarm {
			continue
		}
		if row.Code == alarm.LinkLostTreating || row.Code == alarm.RunUncertain {
			continue // always about an error that has words
		}
		if !w.words.Has("alarm."+string(row.Code)) && !w.words.Has("error."+string(row.Code)) {
			t.Errorf("%s has no words", row.Code)
		}
	}
}

// Where nothing can be heard there is nothing to pause and nothing to test, and
// the bar says why.
func TestNoSoundDevice(t *testing.T) {
	w, _ := use(t, "alarms-no-sound")
	s := w.band.banner.State()
	if s.Level != widgets.LowAlarm || !strings.Contains(s.Text, "Alarms make no sound") || s.Second != "" {
		t.Errorf("the bar says %+v", s)
	}
	for _, name := range []string{"alarms.pause", "alarms.test.high", "alarms.test.low"} {
		if c, ok := w.Snapshot().Find(name); !ok || c.Enabled {
			t.Errorf("%s: %v %+v", name, ok, c)
		}
	}
	if !shows(w, "No sound device was found. Connect a") { // which goes on in the next line
		t.Error("what to do is not said")
	}
}

// The handpiece of a simulated pen can be opened while something alarms.
func TestHandpieceBesideTheBar(t *testing.T) {
	w, _ := use(t, "treat-alarm-high")
	c, ok := w.Snapshot().Find("nav.handpiece")
	b, _ := w.Snapshot().Find("banner")
	if !ok || !c.Enabled || c.X < b.X+b.W {
		t.Errorf("handpiece %v %+v, bar %+v", ok, c, b)
	}
}

// The buttons of the bar keep their places, whatever they say and whether the
// other one is there.
func TestButtonsOfTheBarDoNotMove(t *testing.T) {
	w, d := use(t, "treat-alarm")
	place := func(name string) (x, wide int) {
		everything(w.root)
		c, ok := w.Snapshot().Find(name)
		if !ok {
			t.Fatalf("no %s", name)
		}
		return c.X, c.W
	}
	ackX, ackW := place("banner.first")
	soundX, soundW := place("banner.second")
	d.alarmed(w, func(b *alarm.Book) {
		b.Raise(finding(alarm.OpenPin, nil), sample.Now())
		b.Pause(sample.Now())
	})
	if x, wide := place("banner.second"); x != soundX || wide != soundW {
		t.Errorf("the countdown stands at %d, %d wide, the pause at %d, %d wide", x, wide, soundX, soundW)
	}
	if x, wide := place("banner.first"); x != ackX || wide != ackW {
		t.Errorf("Acknowledge moved to %d, %d wide", x, wide)
	}
	d.change(w, func(v *console.View) { v.Alarms.Signal.PausedUntil = time.Time{}; v.Alarms.Signal.Sound = alarm.None })
	if x, _ := place("banner.first"); x != ackX {
		t.Errorf("without the pause Acknowledge moved to %d", x)
	}
}
