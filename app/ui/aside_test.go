package ui

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/ui/widgets"
)

func pressStop(w *Window) { w.stop.MouseDown(&desktop.MouseEvent{}) }

// pressStopKeys presses Ctrl+., which is STOP on every page.
func pressStopKeys(w *Window) {
	w.keys.KeyDown(&fyne.KeyEvent{Name: desktop.KeyControlLeft})
	w.keys.KeyDown(&fyne.KeyEvent{Name: fyne.KeyPeriod})
	w.keys.KeyUp(&fyne.KeyEvent{Name: fyne.KeyPeriod})
	w.keys.KeyUp(&fyne.KeyEvent{Name: desktop.KeyControlLeft})
}

// Whatever is open closes at a STOP, so that what says STOPPED is seen: a person's,
// by button or key, and one that the desk tells of. The stop is sent first.
func TestStopClosesWhatIsOpen(t *testing.T) {
	stops := map[string]func(*Window, *deskLog){
		"button": func(w *Window, _ *deskLog) { pressStop(w) },
		"keys":   func(w *Window, _ *deskLog) { pressStopKeys(w) },
		"desk": func(w *Window, d *deskLog) {
			d.change(w, func(v *console.View) { v.Stop = console.StopView{Active: true} })
		},
	}
	w, d := use(t, "treat-standby")
	w.drawer.setOpen(true)
	sent := false
	w.layer.OnChange = func(bool) { sent = len(d.calls) > 0 }
	for name, stop := range stops {
		for _, opener := range []string{"nav.help", "nav.view", "treat.indication", "treat.patient", "treat.save_as", "hand.faults"} {
			d.change(w, func(v *console.View) { v.Stop = console.StopView{} })
			d.take()
			tapName(t, w, opener)
			if !w.layer.IsOpen() {
				t.Fatalf("%s opens nothing", opener)
			}
			stop(w, d)
			if w.layer.IsOpen() {
				t.Errorf("%s: what %s opened is still there", name, opener)
			}
			if name != "desk" && !sent {
				t.Errorf("%s: %s was closed before the stop was sent", name, opener)
			}
		}
	}
}

// The window that says that a stop is not confirmed goes with no stop.
func TestStopLeavesNotConfirmed(t *testing.T) {
	w, _ := use(t, "treat-stop-not-confirmed")
	pressStop(w)
	w.tick()
	if !w.alarm.object.Visible() || !shows(w, "STOP NOT CONFIRMED") {
		t.Error("it was closed")
	}
}

// closers close a form that nobody has closed.
func closers() map[string]func(*Window, *deskLog) {
	return map[string]func(*Window, *deskLog){
		"a stop": func(w *Window, _ *deskLog) { pressStop(w) },
		"a pen that is armed": func(w *Window, d *deskLog) {
			d.change(w, func(v *console.View) { v.Pen.Phase = console.Ready })
		},
		"another page": func(w *Window, _ *deskLog) { w.ShowPage("outcome") },
		"help":         func(w *Window, _ *deskLog) { w.keys.OnHelp() },
	}
}

// What was typed into the form of a patient is there again, whatever closed it,
// until it is saved or cancelled.
func TestHalfWrittenPatientIsKept(t *testing.T) {
	for name, shut := range closers() {
		w, d := use(t, "patients-edit")
		w.find("edit.family").(*widgets.TextEntry).SetText("Ruiz Vega")
		w.find("edit.birth").(*widgets.TextEntry).SetText("1984")
		shut(w, d)
		w.layer.Close()
		w.ShowPage("patients")
		d.view = nil
		w.tick()
		if !shows(w, "Go on editing") {
			t.Errorf("%s: nothing says that a form waits", name)
		}
		tapName(t, w, "patients.edit")
		family, birth := w.find("edit.family").(*widgets.TextEntry), w.find("edit.birth").(*widgets.TextEntry)
		if family.Text != "Ruiz Vega" || birth.Text != "1984" || !shows(w, "what you had typed") {
			t.Errorf("%s: the form has %q and %q", name, family.Text, birth.Text)
		}
		birth.SetText("1984-02-11")
		d.take()
		tapName(t, w, "overlay.button.save")
		expect(t, d, "save patient Ruiz Vega {1984 February 11}")
		if w.layer.IsOpen() || shows(w, "Go on editing") {
			t.Errorf("%s: the form waits after it was saved", name)
		}
	}
}

// A form that nothing was typed into is opened anew, and one that was cancelled.
func TestOnlyHalfWrittenIsKept(t *testing.T) {
	w, _ := use(t, "patients-edit")
	pressStop(w)
	if shows(w, "Go on") {
		t.Error("a form waits that nothing was typed into")
	}
	tapName(t, w, "patients.new")
	w.find("edit.family").(*widgets.TextEntry).SetText("Novák")
	pressStop(w)
	if w.layer.IsOpen() || !shows(w, "Go on") || shows(w, "Go on editing") {
		t.Error("the new patient does not wait, or another does")
	}
	tapName(t, w, "patients.new")
	tapName(t, w, "overlay.button.cancel")
	tapName(t, w, "patients.new")
	if got := w.find("edit.family").(*widgets.TextEntry).Text; got != "" || shows(w, "Go on") {
		t.Errorf("a cancelled form came back with %q", got)
	}
}

// lateDesk saves a patient when it is told to.
type lateDesk struct {
	*deskLog
	saved func()
}

func (d *lateDesk) SavePatient(p clinical.Patient, done func(clinical.Patient, error)) {
	d.saved = func() { done(p, nil) }
}

// A form that was being saved when a STOP closed it is saved, and takes nothing
// away that was opened meanwhile.
func TestStopWhileAPatientIsSaved(t *testing.T) {
	w, d := use(t, "patients-edit")
	late := &lateDesk{deskLog: d}
	w.env.Desk = late
	tapName(t, w, "overlay.button.save")
	pressStop(w)
	w.keys.OnHelp()
	late.saved()
	if !w.layer.IsOpen() {
		t.Error("the help was closed")
	}
	w.layer.Close()
	if shows(w, "Go on editing") {
		t.Error("the form waits although it was saved")
	}
}

// So is the name of a preset.
func TestHalfTypedNameIsKept(t *testing.T) {
	w, d := use(t, "treat-standby")
	tapName(t, w, "treat.save_as")
	w.find("overlay.name").(*widgets.TextEntry).SetText("Cheek, third")
	pressStop(w)
	tapName(t, w, "treat.save_as")
	if got := w.find("overlay.name").(*widgets.TextEntry).Text; got != "Cheek, third" {
		t.Fatalf("the name is %q", got)
	}
	d.take()
	tapName(t, w, "overlay.button.new")
	expect(t, d, `save "Cheek, third" true`)
	tapName(t, w, "treat.save_as")
	if got := w.find("overlay.name").(*widgets.TextEntry).Text; got == "Cheek, third" {
		t.Error("the name is offered again after it was saved")
	}
}
