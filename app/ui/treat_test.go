package ui

import (
	"fmt"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/ui/theme"
	"stipple/app/ui/widgets"
)

func TestControlsReachTheDesk(t *testing.T) {
	w, d := use(t, "treat-standby")
	tapName(t, w, "treat.apply")
	expect(t, d, "apply")

	plus := w.find("treat.depth.plus").(desktop.Mouseable)
	plus.MouseDown(&desktop.MouseEvent{Button: desktop.MouseButtonPrimary})
	plus.MouseUp(&desktop.MouseEvent{Button: desktop.MouseButtonPrimary})
	expect(t, d, "step Depth 1")

	field := w.find("treat.power.value").(fyne.Focusable)
	for _, r := range "18" {
		field.TypedRune(r)
	}
	field.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	expect(t, d, "type RF power 18")
}

// Dragging on the bar previews; only its end reaches the desk, and a drag
// never applies.
func TestDraggingPreviews(t *testing.T) {
	w, d := use(t, "treat-standby")
	bar := w.find("treat.depth.bar").(*widgets.LimitBar)
	bar.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(bar.Size().Width, 4)}})
	expect(t, d)
	if !shows(w, "2.50") {
		t.Error("the preview does not stop at the bound")
	}
	bar.DragEnd()
	expect(t, d, "set Depth 2500")
}

func TestWhileArmedNothingCanBeChosenOrSet(t *testing.T) {
	w, d := use(t, "treat-ready")
	for _, c := range w.Snapshot().Controls {
		switch {
		case strings.HasPrefix(c.Name, "treat.arm"), c.Name == "treat.next_pass", c.Name == "treat.end", c.Name == "treat.save_as":
			continue
		case strings.HasSuffix(c.Name, ".bar") || strings.HasSuffix(c.Name, ".value"):
			if c.Enabled {
				t.Errorf("%s can be used while armed", c.Name)
			}
		case strings.HasPrefix(c.Name, "treat.") && c.Enabled && strings.Count(c.Name, ".") == 1 && c.Kind != "setting":
			t.Errorf("%s can be used while armed", c.Name)
		}
	}
	tapName(t, w, "treat.patient")
	w.keys.OnSearch()
	if w.layer.IsOpen() {
		t.Error("another patient can be picked while armed")
	}
	field := w.find("treat.depth.value").(fyne.Focusable)
	field.TypedRune('2')
	field.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	field.TypedKey(&fyne.KeyEvent{Name: fyne.KeyUp})
	bar := w.find("treat.depth.bar").(*widgets.LimitBar)
	bar.Dragged(&fyne.DragEvent{})
	bar.DragEnd()
	expect(t, d)
}

// What was on show from the first moment of the hold to its last is what is
// armed.
func TestHoldArmsWhatIsShown(t *testing.T) {
	w, d := use(t, "treat-review")
	hold := w.find("treat.arm").(*widgets.HoldButton)
	shown := d.View().Arm.Shown
	if s := hold.State(); s.Mode != widgets.HoldReady || s.Confirms != fmt.Sprintf("%x", shown[:]) {
		t.Fatalf("the bar shows %+v", s)
	}
	d.change(w, func(v *console.View) { v.Arm.State = console.ArmArmed })
	if !shows(w, "ARMED for these settings") {
		t.Error("does not say that it is armed")
	}
	tapName(t, w, "treat.arm.disarm")
	expect(t, d, "disarm")
}

func TestLeavingTheTreatPageOrTheWindowDisarms(t *testing.T) {
	w, d := use(t, "treat-ready")
	w.ShowPage("patients")
	expect(t, d, "fall back: page")
	if w.Page() != "patients" {
		t.Error("the page did not change")
	}
	w, d = use(t, "treat-ready")
	w.LostFocus(clinical.FellFocus)
	expect(t, d, "fall back: focus")
	w, d = use(t, "treat-standby")
	w.ShowPage("patients")
	w.LostFocus(clinical.FellFocus)
	expect(t, d)
}

// What is open when the pen becomes READY closes: nothing may hide what is
// armed.
func TestReadyClosesWhatIsOpen(t *testing.T) {
	w, d := use(t, "treat-standby")
	tapName(t, w, "treat.indication")
	if !w.layer.IsOpen() {
		t.Fatal("nothing opened")
	}
	d.change(w, func(v *console.View) { v.Pen.Phase = console.Ready })
	if w.layer.IsOpen() {
		t.Error("the picker stays open over an armed pen")
	}
}

func TestPresetThatNoLongerFitsIsNotLoaded(t *testing.T) {
	w, d := use(t, "treat-standby")
	tapName(t, w, "treat.preset")
	tapName(t, w, "overlay.choice.preset3")
	expect(t, d)
	for _, text := range []string{"This preset no longer fits", "RF power 18 W is over 15 W", "Nothing of it was applied"} {
		if !shows(w, text) {
			t.Errorf("does not show %q", text)
		}
	}
	tapName(t, w, "overlay.button.close")
	tapName(t, w, "treat.preset")
	tapName(t, w, "overlay.choice.preset2")
	expect(t, d, "load p01 preset2 0")
}

func TestSavingAPresetKeepsAskingUntilItIsTaken(t *testing.T) {
	w, d := use(t, "treat-standby")
	d.save = fieldProblems{"Name": "duplicate"}
	tapName(t, w, "treat.save_as")
	tapName(t, w, "overlay.button.new")
	expect(t, d, `save "Cheek, second session" true`)
	if !w.layer.IsOpen() || !shows(w, "is taken by another patient") {
		t.Error("the refusal is not shown in the form")
	}
	d.save = nil
	tapName(t, w, "overlay.button.revision")
	expect(t, d, `save "Cheek, second session" false`)
	if w.layer.IsOpen() {
		t.Error("the form stays open")
	}
}

type fieldProblems map[string]string

func (fieldProblems) Error() string { return "refused" }

func (fieldProblems) Code() string { return "invalid" }

func (f fieldProblems) FieldProblems() map[string]string { return f }

func TestEndAsksFirst(t *testing.T) {
	w, d := use(t, "treat-stopped")
	tapName(t, w, "treat.end")
	expect(t, d)
	tapName(t, w, "overlay.button.no")
	expect(t, d)
	tapName(t, w, "treat.end")
	tapName(t, w, "overlay.button.yes")
	expect(t, d, "end")
	tapName(t, w, "treat.clear")
	expect(t, d, "clear")
}

func TestWithoutAPenBothWaysAreButtons(t *testing.T) {
	w, d := use(t, "treat-no-pen")
	tapName(t, w, "treat.empty.sim_rf")
	tapName(t, w, "treat.empty.sim_needling")
	expect(t, d, "simulated rf", "simulated needling")
	tapName(t, w, "treat.empty.plug")
	if !shows(w, "once a second") {
		t.Error("does not say how a pen is found")
	}
}

func TestNeedlingPenHasNoRFControls(t *testing.T) {
	w, _ := use(t, "treat-needling-treating")
	for _, c := range w.Snapshot().Controls {
		for _, rf := range []string{"power", "pulse", "impedance", "temp", "spot"} {
			if strings.HasPrefix(c.Name, "treat."+rf) || c.Name == "live."+rf {
				t.Errorf("%s is there", c.Name)
			}
		}
	}
}

// Whatever the text scale, the acts of a run are there and big enough.
func TestActsOfARunAreReachableAtEveryScale(t *testing.T) {
	test.NewApp()
	for _, name := range []string{"treat-ready", "treat-handpiece", "treat-stopped", "treat-needling-treating"} {
		s := scene(t, name)
		for _, scale := range []theme.Scale{theme.Scale100, theme.Scale125, theme.Scale150} {
			w, _ := open(s, Prefs{Mode: theme.Dark, Scale: scale})
			everything(w.root)
			for _, c := range []string{"treat.next_pass", "treat.end"} {
				got, ok := w.Snapshot().Find(c)
				if !ok || float32(got.H) < theme.Touch {
					t.Errorf("%s at %d %%: %s is %+v", name, scale, c, got)
				}
			}
		}
	}
}
