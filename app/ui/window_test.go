package ui

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"stipple/app/alarm"
	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/ui/sample"
	"stipple/app/ui/theme"
)

// deskLog shows a view that a test may replace and notes every call.
type deskLog struct {
	*sample.Desk
	view  *console.View
	live  *console.LiveView
	calls []string
	held  []func(console.PatientList, error) // searches that wait for an answer
	hold  bool
	save  error
}

func (d *deskLog) note(format string, args ...any) {
	d.calls = append(d.calls, fmt.Sprintf(format, args...))
}

func (d *deskLog) View() *console.View {
	if d.view != nil {
		return d.view
	}
	return d.Desk.View()
}

func (d *deskLog) Live() console.LiveView {
	if d.live != nil {
		return *d.live
	}
	return d.Desk.Live()
}

func (d *deskLog) Stop()                                { d.note("stop") }
func (d *deskLog) Clear()                               { d.note("clear") }
func (d *deskLog) Apply()                               { d.note("apply") }
func (d *deskLog) Disarm()                              { d.note("disarm") }
func (d *deskLog) FallBack(why clinical.FallBackReason) { d.note("fall back: %s", why) }
func (d *deskLog) Arm(shown clinical.Digest)            { d.note("arm %x", shown[:8]) }
func (d *deskLog) NextPass()                            { d.note("next pass") }
func (d *deskLog) EndTreatment()                        { d.note("end") }
func (d *deskLog) Acknowledge(n int)                    { d.note("acknowledge %d", n) }
func (d *deskLog) PauseSound()                          { d.note("pause sound") }
func (d *deskLog) ResumeSound()                         { d.note("resume sound") }
func (d *deskLog) TestSound(p alarm.Priority)           { d.note("test sound %v", p) }
func (d *deskLog) Sign(id clinical.ID, v clinical.Verdict, n int) {
	d.note("sign %s %s %d", id, v, n)
}
func (d *deskLog) Step(p clinical.Parameter, n int)          { d.note("step %v %d", p, n) }
func (d *deskLog) Type(p clinical.Parameter, text string)    { d.note("type %v %s", p, text) }
func (d *deskLog) Set(p clinical.Parameter, v int32)         { d.note("set %v %d", p, v) }
func (d *deskLog) ChooseIndication(k clinical.IndicationKey) { d.note("indication %s", k) }
func (d *deskLog) ChooseZone(k clinical.ZoneKey)             { d.note("zone %s", k) }
func (d *deskLog) ChoosePatient(id clinical.ID)              { d.note("patient %s", id) }
func (d *deskLog) ChooseOperator(id clinical.ID)             { d.note("operator %s", id) }
func (d *deskLog) UseSimulated(k clinical.PenKind)           { d.note("simulated %s", k) }
func (d *deskLog) LoadPreset(p, id clinical.ID, rev int)     { d.note("load %s %s %d", p, id, rev) }
func (d *deskLog) DeletePreset(p, id clinical.ID, done func(error)) {
	d.note("delete %s", id)
	done(nil)
}

func (d *deskLog) SavePreset(name string, asNew bool, done func(error)) {
	d.note("save %q %v", name, asNew)
	done(d.save)
}

func (d *deskLog) SavePatient(p clinical.Patient, done func(clinical.Patient, error)) {
	d.note("save patient %s %v", p.FamilyName, p.BirthDate)
	done(p, d.save)
}

func (d *deskLog) ErasePatient(id clinical.ID, reason string, done func(console.Erasure, error)) {
	d.note("erase %s %q", id, reason)
	if d.save != nil {
		done(console.Erasure{}, d.save)
		return
	}
	d.Desk.ErasePatient(id, reason, done)
}

func (d *deskLog) SearchPatients(q string, done func(console.PatientList, error)) {
	if d.hold {
		d.held = append(d.held, done)
		return
	}
	d.Desk.SearchPatients(q, done)
}

// take returns the calls since the last time.
func (d *deskLog) take() []string {
	c := d.calls
	d.calls = nil
	return c
}

// change replaces the view by a copy that f has changed.
func (d *deskLog) change(w *Window, f func(*console.View)) {
	v := *d.View()
	f(&v)
	d.view = &v
	w.tick()
}

func scene(t *testing.T, name string) sample.Scene {
	t.Helper()
	for _, s := range sample.New(library(t)).Scenes() {
		if s.Name == name {
			return s
		}
	}
	t.Fatalf("no scene %q", name)
	return sample.Scene{}
}

// use opens a scene with a desk that notes calls.
func use(t *testing.T, name string) (*Window, *deskLog) {
	t.Helper()
	test.NewApp()
	s := scene(t, name)
	d := &deskLog{Desk: s.Desk}
	w, _ := openDesk(s, d, Prefs{Mode: theme.Dark, Scale: theme.Scale100})
	everything(w.root)
	d.take()
	return w, d
}

func tapName(t *testing.T, w *Window, name string) {
	t.Helper()
	everything(w.root)
	o, ok := w.find(name).(fyne.Tappable)
	if !ok {
		t.Fatalf("nothing to tap is called %q; there are %v", name, controlNames(w))
	}
	o.Tapped(&fyne.PointEvent{})
}

func controlNames(w *Window) []string {
	var names []string
	for _, c := range w.Snapshot().Controls {
		names = append(names, c.Name)
	}
	return names
}

func expect(t *testing.T, d *deskLog, want ...string) {
	t.Helper()
	if got := d.take(); !slices.Equal(got, want) {
		t.Errorf("the desk was asked %q, want %q", got, want)
	}
}

func shows(w *Window, text string) bool {
	everything(w.root)
	for _, s := range w.Snapshot().Texts {
		if strings.Contains(s, text) {
			return true
		}
	}
	return false
}
