package ui

import (
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/ui/theme"
	"stipple/app/ui/widgets"
	"stipple/protocol"
)

// Between two stamps an RF pen measures nothing; its cards show the newest
// pulse against what that was to be, and no speed where it tells none.
func TestAnRFPenShowsItsNewestPulse(t *testing.T) {
	w, d := use(t, "treat-treating")
	live := d.Desk.Live()
	d.live = &live
	live.Status.Flags &^= protocol.FlagAtDepth | protocol.FlagRFOn
	live.Status.Depth, live.Status.Speed, live.Status.PowerMax = protocol.Swing{}, protocol.Swing{}, 0
	last := *d.View().Run.Last
	says := func(name, text string, q widgets.Quality) {
		t.Helper()
		if s := w.find("treat." + name).(*widgets.ValueCard).State(); s.Measured != text || text != "" && s.Quality != q {
			t.Errorf("%s says %q as %v, want %q as %v", name, s.Measured, s.Quality, text, q)
		}
	}
	all := func(f func(*console.View)) {
		t.Helper()
		d.change(w, func(v *console.View) {
			p := last
			v.Run.Last = &p
			f(v)
		})
	}
	for _, state := range []protocol.State{protocol.StateTreating, protocol.StateReady} {
		live.Status.State = state
		all(func(*console.View) {})
		says("depth", "measured 1.48", widgets.InTolerance)
		says("speed", "measured 59", widgets.InTolerance)
		says("power", "measured 11.8", widgets.InTolerance)
		says("pulse", "measured 100", widgets.InTolerance)
	}
	if q := w.live.state(panelSpeed, w.live.panels[panelSpeed], live).Quality; q == widgets.OutOfTolerance {
		t.Error("a pen that stands between two stamps is called too slow")
	}
	all(func(v *console.View) { v.Run.Last.Speed, v.Run.Last.Power = 0, 9200 })
	says("speed", "", 0)
	says("power", "measured 9.2", widgets.OutOfTolerance)
	all(func(v *console.View) { v.Run.Last.Set.Power = 20_000 })
	says("power", "measured 11.8", widgets.OutOfTolerance)
	all(func(v *console.View) { v.Run.Last.Set.Power = 11_000 }) // made before the settings changed
	says("power", "measured 11.8", widgets.Neutral)
	all(func(v *console.View) { v.Run.Last.Duration, v.Run.Last.Result = 60, "released" })
	says("pulse", "measured 60", widgets.Neutral)
	for _, f := range []func(*console.View){
		func(v *console.View) { v.Run.Last = nil },
		func(v *console.View) { v.Run.Open = false },
		func(*console.View) { live.Status.State = protocol.StateStandby },
	} {
		all(f)
		says("depth", "", 0)
	}
}

func TestANeedlingPenShowsWhatItMeasuresNow(t *testing.T) {
	w, d := use(t, "treat-needling-treating")
	live := d.Desk.Live()
	d.live = &live
	speed := func() widgets.ValueCardState { return w.find("treat.speed").(*widgets.ValueCard).State() }
	d.change(w, func(v *console.View) {
		v.Controls = slices.Clone(v.Controls)
		v.Controls[1].Rounded = true
	})
	if s := speed(); s.Measured != "measured 5\u202f986" || s.Message != "" || s.Quality != widgets.InTolerance {
		t.Errorf("while treating the card says %+v", s)
	}
	live.Status.Speed.Now = 0
	w.tick()
	if s := speed(); s.Quality != widgets.OutOfTolerance {
		t.Errorf("a motor that stands is shown as %+v", s)
	}
	live.Status.State = protocol.StateStandby
	d.change(w, func(v *console.View) { v.Pen.Phase, v.Arm.State = console.Standby, console.ArmReady })
	if s := speed(); s.Message != "rounded down to the step" {
		t.Errorf("at rest the card says %+v", s)
	}
}

// What the desk refused stays to be seen, with the reason.
func TestRefusedTextStaysWithItsReason(t *testing.T) {
	for text, why := range map[string]string{"0x1": "0x1", "1e3": "1e3", "NaN": "NaN", "-1": "", "1.5 W": "W"} {
		w, d := use(t, "treat-standby")
		field := w.find("treat.depth.value").(*widgets.ValueField)
		for _, r := range text {
			field.TypedRune(r)
		}
		field.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
		expect(t, d, "type Depth "+text)
		_, err := clinical.ParseInput(clinical.Depth, text)
		if err == nil {
			t.Fatalf("%q is a depth", text)
		}
		d.change(w, func(v *console.View) {
			v.Controls = slices.Clone(v.Controls)
			v.Controls[0].Refused = &console.Refusal{Err: err, Text: text}
		})
		s := w.find("treat.depth").(*widgets.ValueCard).State()
		if !s.Refused || field.TraceValue() != text || s.Message == "" || !strings.Contains(s.Message, why) {
			t.Errorf("after %q the card says %+v", text, s)
		}
	}
}

// Before there are limits a card is calm: no numbers that are not there, no
// warning, nothing to press.
func TestCardsWithoutLimitsSayWhatIsMissing(t *testing.T) {
	for name, want := range map[string]string{
		"treat-no-patient":    "choose patient, indication and zone",
		"treat-not-treatable": "not treatable",
	} {
		w, d := use(t, name)
		for _, c := range []string{"treat.depth", "treat.speed", "treat.power", "treat.pulse"} {
			s := w.find(c).(*widgets.ValueCard).State()
			if s.Value != "" || s.Message != "" || s.Detail != "" || !s.Locked || !s.Bar.NoBounds || s.Reason[0].Text != want {
				t.Errorf("%s: %s says %+v", name, c, s)
			}
			if got, _ := w.Snapshot().Find(c + ".value"); got.Enabled || got.Value != "–" {
				t.Errorf("%s: the value is %+v", name, got)
			}
		}
		for _, c := range []string{"treat.depth.plus", "treat.depth.minus"} {
			w.find(c).(desktop.Mouseable).MouseDown(&desktop.MouseEvent{Button: desktop.MouseButtonPrimary})
		}
		expect(t, d)
	}
	w, d := use(t, "treat-no-patient")
	d.change(w, func(v *console.View) { v.Patient = scene(t, "treat-standby").Desk.View().Patient })
	if got := w.find("treat.depth").(*widgets.ValueCard).State().Reason[0].Text; got != "choose indication and zone" {
		t.Errorf("with a patient it says %q", got)
	}
}

// A session is counted by its indication.
func TestNoSessionBeforeAnIndication(t *testing.T) {
	w, d := use(t, "treat-standby")
	if !shows(w, "session 2") {
		t.Error("the session is not shown")
	}
	d.change(w, func(v *console.View) { v.Indication, v.Session = "", 1 })
	if shows(w, "type IV · session") {
		t.Error("a session of no indication is shown")
	}
}

// Armed, a reason not to arm, such as the held trigger, is no news.
func TestWhileArmedNothingAsksWhyItCantBe(t *testing.T) {
	w, d := use(t, "treat-treating")
	d.change(w, func(v *console.View) { v.Blocks = clinical.Blocks(clinical.Facts{TriggerReleased: clinical.FactFails}) })
	if _, ok := w.Snapshot().Find("treat.why"); ok || shows(w, "Why it can't be armed") {
		t.Error("asks why it can't be armed while it is")
	}
}

// A hold that is blocked on its way ends as a tap; that must not put the list
// of reasons over the page.
func TestABlockedHoldOpensNothing(t *testing.T) {
	w, d := use(t, "treat-standby")
	d.change(w, func(v *console.View) { v.Blocks, v.Arm.State = nil, console.ArmReady })
	hold := w.find("treat.arm").(*widgets.HoldButton)
	press := func(change func()) {
		hold.MouseDown(&desktop.MouseEvent{Button: desktop.MouseButtonPrimary})
		change()
		hold.MouseUp(&desktop.MouseEvent{Button: desktop.MouseButtonPrimary})
		hold.Tapped(&fyne.PointEvent{})
	}
	press(func() {
		d.change(w, func(v *console.View) {
			v.Blocks, v.Arm.State = clinical.Blocks(clinical.Facts{TriggerReleased: clinical.FactFails}), console.ArmBlocked
		})
	})
	if w.layer.IsOpen() {
		t.Fatal("the end of a hold opened the reasons")
	}
	press(func() {})
	if !w.layer.IsOpen() {
		t.Error("a plain tap does not open the reasons")
	}
}

// While a table is stored the bar says in the place of the hold why nothing can be armed,
// and a tap opens no empty list of reasons.
func TestTheBarSaysThatTheStoreIsHeld(t *testing.T) {
	w, d := use(t, "treat-standby")
	d.change(w, func(v *console.View) { v.Blocks, v.Held, v.Arm.State = nil, coded("importing"), console.ArmBlocked })
	if text := w.find("treat.arm").(*widgets.HoldButton).State().Text; text != "Not armed: Patients are being imported." {
		t.Error(text)
	}
	w.find("treat.arm").(*widgets.HoldButton).Tapped(&fyne.PointEvent{})
	if w.layer.IsOpen() {
		t.Error("an empty list is open")
	}
}

func TestNeedlingRecordSpeaksOfNeedlesAndPulls(t *testing.T) {
	w, _ := use(t, "patients-needling-record")
	w.tap(w.cfg.Canvas, "patients.tab.1")
	w.tap(w.cfg.Canvas, "patients.treatments.choice.0")
	tapName(t, w, "record.alarms")
	for _, text := range []string{"12 needles", "Pull", "Strokes", "14 pulls · 6\u202f", " strokes · ", "3 alarms",
		"2 × The pen switched off by itself", "The speed differs from what was set"} {
		if !shows(w, text) {
			t.Errorf("does not show %q", text)
		}
	}
	for _, text := range []string{"Dose", "Pulse", "pins", "lease_expired"} {
		if shows(w, text) {
			t.Errorf("shows %q", text)
		}
	}
}

// At every text scale the drawer leaves the steppers free, and what is set
// stands beside what is measured.
func TestLargeTextKeepsSteppersAndSetValues(t *testing.T) {
	test.NewApp()
	s := scene(t, "treat-handpiece")
	for _, scale := range []theme.Scale{theme.Scale100, theme.Scale125, theme.Scale150} {
		w, _ := open(s, Prefs{Mode: theme.Dark, Scale: scale})
		everything(w.root)
		drawer := box(w.drawer.object)
		for _, name := range []string{"depth", "speed", "power", "pulse"} {
			for _, part := range []string{".minus", ".plus"} {
				c, ok := w.Snapshot().Find("treat." + name + part)
				if !ok || float32(c.X+c.W) > drawer.x0 && float32(c.Y+c.H) > drawer.y0 {
					t.Errorf("at %d %% the drawer covers %s%s: %v, %+v", scale, name, part, drawer, c)
				}
			}
		}
		for _, text := range []string{"set 1.50", "set 60", "set 12"} {
			if !shows(w, text) {
				t.Errorf("at %d %% the live column does not say %q", scale, text)
			}
		}
	}
}
