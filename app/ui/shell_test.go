package ui

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/ui/sample"
	"stipple/app/ui/theme"
	"stipple/app/ui/trace"
	"stipple/app/ui/widgets"
)

// A last value is never drawn as live (safety.md section 6).
func TestStaleness(t *testing.T) {
	w, d := use(t, "treat-treating")
	live := d.Desk.Live()
	d.live = &live
	at := func(age time.Duration) {
		live.Age = age
		w.tick()
	}
	at(10 * time.Millisecond)
	if !shows(w, "11.8") || shows(w, "LINK LOST") {
		t.Error("a fresh value is not shown")
	}
	at(200 * time.Millisecond)
	if p := w.live.panels[panelPower]; w.live.state(panelPower, p, live).Quality != widgets.Stale {
		t.Error("a value older than 150 ms is not marked")
	}
	at(300 * time.Millisecond)
	if shows(w, "11.8") || !shows(w, "--") {
		t.Error("a value older than 250 ms is shown while treating")
	}
	at(1200 * time.Millisecond)
	if !shows(w, "LINK LOST") {
		t.Error("no banner after a second of silence")
	}
}

func TestStopNotConfirmedFillsThePage(t *testing.T) {
	w, d := use(t, "treat-stop-not-confirmed")
	if !shows(w, "STOP NOT CONFIRMED") || !shows(w, "Unplug the pen") {
		t.Error("the warning is not there")
	}
	for _, c := range w.Snapshot().Controls {
		if c.Enabled && (strings.HasPrefix(c.Name, "treat.") || strings.HasPrefix(c.Name, "nav.")) {
			t.Errorf("%s shows through", c.Name)
		}
	}
	w.stop.MouseDown(&desktop.MouseEvent{})
	expect(t, d, "stop")
	const sends, away = "keeps sending STOP", "Acknowledge the alarm to go on"
	if !shows(w, sends) || shows(w, away) {
		t.Error("it does not say what Stipple does")
	}
	d.change(w, func(v *console.View) { v.Stop.OutOfReach = true })
	if shows(w, sends) || !shows(w, away) {
		t.Error("it does not say that the pen is out of reach")
	}
}

func TestHandpieceDrawer(t *testing.T) {
	w, d := use(t, "treat-handpiece")
	hand := &handLog{}
	d2 := &handDesk{deskLog: d, hand: hand}
	w.cfg.Desk = d2
	pad := w.find("hand.trigger").(*widgets.HoldPad)
	pad.KeyDown(&fyne.KeyEvent{Name: fyne.KeyReturn})
	pad.KeyUp(&fyne.KeyEvent{Name: fyne.KeyReturn})
	pad.MouseDown(&desktop.MouseEvent{Button: desktop.MouseButtonPrimary})
	w.LostFocus(clinical.FellFocus)
	tapName(t, w, "hand.contact")
	tapName(t, w, "hand.contact")
	tapName(t, w, "hand.change_tip")
	tapName(t, w, "hand.remove_tip")
	tapName(t, w, "hand.faults")
	tapName(t, w, "overlay.choice.open_pin")
	want := []string{"trigger true", "trigger false", "trigger true", "trigger false", "contact false", "contact true", "change", "remove", "fault open_pin true"}
	if !slices.Equal(hand.calls, want) {
		t.Errorf("the handpiece was asked %q, want %q", hand.calls, want)
	}
	w.tick()
	tapName(t, w, "hand.close")
	if w.drawer.object.Visible() {
		t.Error("the drawer stays open")
	}
}

type handDesk struct {
	*deskLog
	hand console.Handpiece
}

func (d *handDesk) Handpiece() console.Handpiece { return d.hand }

type handLog struct{ calls []string }

func (h *handLog) note(format string, args ...any) error {
	h.calls = append(h.calls, fmt.Sprintf(format, args...))
	return nil
}

func (h *handLog) Trigger(down bool) error { return h.note("trigger %v", down) }

func (h *handLog) Contact(on bool) error { return h.note("contact %v", on) }

func (h *handLog) ChangeTip() error { return h.note("change") }

func (h *handLog) RemoveTip() error { return h.note("remove") }

func (h *handLog) Fault(name string, on bool) error { return h.note("fault %s %v", name, on) }

func (h *handLog) Faults() []string { return []string{"open_pin"} }

func (h *handLog) State() (console.HandState, error) { return console.HandState{Tip: true}, nil }

func TestSnapshotNamesWhatATestNeeds(t *testing.T) {
	w, _ := use(t, "treat-handpiece")
	names := controlNames(w)
	for _, want := range []string{
		"stop", "nav.treat", "nav.patients", "strip.operator", "treat.patient", "treat.indication", "treat.zone", "treat.preset",
		"treat.apply", "treat.save_as", "treat.arm", "treat.arm.disarm", "treat.depth.value", "treat.depth.plus", "treat.depth.minus",
		"treat.speed.value", "treat.power.value", "treat.pulse.value", "treat.next_pass", "treat.end",
		"hand.trigger", "hand.contact", "hand.change_tip", "hand.remove_tip", "hand.faults", "live.depth", "live.temp",
	} {
		if !slices.Contains(names, want) {
			t.Errorf("%q is not among %v", want, names)
		}
	}
	s := w.Snapshot()
	stop, _ := s.Find("stop")
	if stop != (trace.Control{Name: "stop", Kind: "stop", X: 1086, Y: 640, W: 262, H: 112, Enabled: true}) {
		t.Errorf("stop is %+v", stop)
	}
	for state, want := range map[string]string{"chip": "TREATING", "apply": "applied", "arm": "armed", "pulses": "86", "depth": "1.50", "drawer": "open", "overlay": "closed"} {
		if s.States[state] != want {
			t.Errorf("state %s is %q, want %q", state, s.States[state], want)
		}
	}
	seen := map[string]bool{}
	for _, n := range names {
		if seen[n] {
			t.Errorf("%q is there twice", n)
		}
		seen[n] = true
	}
}

// What lies under an open layer can't be used, and the trace says so.
func TestSnapshotKnowsWhatIsCovered(t *testing.T) {
	w, _ := use(t, "treat-standby")
	tapName(t, w, "treat.indication")
	everything(w.root)
	s := w.Snapshot()
	if c, ok := s.Find("treat.apply"); !ok || c.Enabled {
		t.Errorf("apply under the picker is %+v", c)
	}
	if c, ok := s.Find("overlay.choice.wrinkles"); !ok || !c.Enabled {
		t.Errorf("the row is %+v", c)
	}
	if c, ok := s.Find("overlay.choice.keloid"); ok && c.Enabled {
		t.Errorf("a row that can't be chosen is %+v", c)
	}
	if c, _ := s.Find("stop"); !c.Enabled {
		t.Error("STOP is covered")
	}
}

// STOP, the strip and the band of alarms never move.
func TestStopNeverMoves(t *testing.T) {
	test.NewApp()
	for _, s := range sample.New(library(t)).Scenes() {
		for _, scale := range []theme.Scale{theme.Scale100, theme.Scale150} {
			w, _ := open(s, Prefs{Mode: theme.Light, Scale: scale})
			if got := box(w.stop); got != (rect{1086, 640, 1348, 752}) {
				t.Errorf("%s: STOP is at %v", s.Name, got)
			}
			if got := box(w.strip); got != (rect{0, 0, 1366, theme.StripHeight}) {
				t.Errorf("%s: the strip is at %v", s.Name, got)
			}
		}
	}
}

func TestEachTickIsASignOfLife(t *testing.T) {
	test.NewApp()
	s := scene(t, "treat-standby")
	w, _ := openDesk(s, s.Desk, Prefs{})
	touched := 0
	w.cfg.OnTouch = func() { touched++ }
	w.Refresh()
	w.Refresh()
	if touched != 2 {
		t.Errorf("touched %d times", touched)
	}
}

func TestChartsTakeEachSampleOnce(t *testing.T) {
	w, d := use(t, "treat-treating")
	before := w.live.panels[panelDepth].series.Len()
	w.tick()
	w.tick()
	if after := w.live.panels[panelDepth].series.Len(); after != before || before == 0 {
		t.Errorf("%d samples, then %d", before, after)
	}
	d.change(w, func(v *console.View) { v.Pen.Kind = clinical.Needling })
	if w.live.panels[panelImpedance].widget.Visible() {
		t.Error("a needling pen has an impedance")
	}
}
