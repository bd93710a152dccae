package ui

import (
	"errors"
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

func (d *deskLog) Stop()                                     { d.note("stop") }
func (d *deskLog) Clear()                                    { d.note("clear") }
func (d *deskLog) Apply()                                    { d.note("apply") }
func (d *deskLog) Disarm()                                   { d.note("disarm") }
func (d *deskLog) Arm(h [8]byte)                             { d.note("arm %x", h) }
func (d *deskLog) NextPass()                                 { d.note("next pass") }
func (d *deskLog) EndTreatment()                             { d.note("end") }
func (d *deskLog) Acknowledge(n int)                         { d.note("acknowledge %d", n) }
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
		case strings.HasPrefix(c.Name, "treat.arm"), c.Name == "treat.next_pass", c.Name == "treat.end", c.Name == "treat.save_as",
			strings.HasSuffix(c.Name, ".bar"), strings.HasSuffix(c.Name, ".value"):
			continue
		case strings.HasPrefix(c.Name, "treat.") && c.Enabled && strings.Count(c.Name, ".") == 1 && c.Kind != "setting" && c.Name != "treat.patient":
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

// The hash that was on show from the first moment of the hold to its last is
// what is armed.
func TestHoldArmsWhatIsShown(t *testing.T) {
	w, d := use(t, "treat-standby")
	hash := [8]byte{1, 2, 3, 4, 5, 6, 7, 8}
	d.change(w, func(v *console.View) {
		v.Blocks = nil
		v.Arm = console.ArmView{State: console.ArmReady, Hash: hash}
	})
	w.treat.Show(d.View())
	hold := w.find("treat.arm").(*widgets.HoldButton)
	if s := hold.State(); s.Mode != widgets.HoldReady || s.Confirms != "0102030405060708" {
		t.Fatalf("the bar shows %+v", s)
	}
	d.change(w, func(v *console.View) { v.Arm = console.ArmView{State: console.ArmArmed, Hash: hash} })
	if !shows(w, "ARMED for these settings") {
		t.Error("does not say that it is armed")
	}
	tapName(t, w, "treat.arm.disarm")
	expect(t, d, "disarm")
}

func TestLeavingTheTreatPageOrTheWindowDisarms(t *testing.T) {
	w, d := use(t, "treat-ready")
	w.ShowPage("patients")
	expect(t, d, "disarm")
	if w.Page() != "patients" {
		t.Error("the page did not change")
	}
	w, d = use(t, "treat-ready")
	w.LostFocus()
	expect(t, d, "disarm")
	w, d = use(t, "treat-standby")
	w.ShowPage("patients")
	w.LostFocus()
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

func (fieldProblems) Error() string                      { return "refused" }
func (fieldProblems) Code() string                       { return "invalid" }
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

func TestAlarmsAreAcknowledgedAndTheGravestStands(t *testing.T) {
	w, d := use(t, "treat-alarm")
	d.change(w, func(v *console.View) {
		v.Notices = append(slices.Clone(v.Notices),
			console.Notice{ID: 7, Kind: console.NoticeHigh, Key: "safety", Err: errors.New("odd")},
			console.Notice{ID: 8, Kind: console.NoticeInfo, Text: "saved"})
	})
	if s := w.band.banner.State(); s.Level != widgets.HighAlarm || !strings.Contains(s.Text, "and 1 more") {
		t.Errorf("the banner says %+v", s)
	}
	tapName(t, w, "banner.first")
	expect(t, d, "acknowledge 7")
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
}

// The newest search wins, whatever order the answers come in.
func TestNewestSearchWins(t *testing.T) {
	w, d := use(t, "patients-presets")
	d.hold = true
	entry := w.find("patients.search").(*widgets.TextEntry)
	entry.OnChanged("r")
	entry.OnChanged("ru")
	newest := console.PatientList{Query: "ru", Rows: []console.PatientRow{{Patient: clinical.Patient{ID: "x", FamilyName: "Newest"}}}, Found: 1, Total: 12}
	d.held[1](newest, nil)
	d.held[0](console.PatientList{Query: "r"}, nil)
	if !shows(w, "Newest") {
		t.Error("an older answer replaced the newest")
	}
	entry.OnChanged("zzz")
	d.held[2](console.PatientList{Query: "zzz", Total: 12}, nil)
	if !shows(w, "Nobody found for “zzz”") {
		t.Error("an empty list does not say what to do")
	}
}

func TestPatientFormShowsErrorsAtTheirFields(t *testing.T) {
	w, d := use(t, "patients-edit")
	birth := w.find("edit.birth").(*widgets.TextEntry)
	birth.SetText("2/11/1984")
	tapName(t, w, "overlay.button.save")
	expect(t, d)
	if !shows(w, "type it as 1984-02-11") {
		t.Error("an odd date is not explained")
	}
	birth.SetText("11.2.1984")
	d.save = fieldProblems{"FileNumber": "duplicate"}
	tapName(t, w, "overlay.button.save")
	expect(t, d, "save patient Ruiz {1984 February 11}")
	if !shows(w, "is taken by another patient") || !w.layer.IsOpen() {
		t.Error("the refusal is not at its field")
	}
	d.save = nil
	tapName(t, w, "overlay.button.save")
	if w.layer.IsOpen() {
		t.Error("the form stays open")
	}
}

func TestDeletingAPresetAsksFirst(t *testing.T) {
	w, d := use(t, "patients-presets")
	tapName(t, w, "patients.preset.1.more")
	tapName(t, w, "overlay.choice.delete")
	expect(t, d)
	tapName(t, w, "overlay.button.no")
	expect(t, d)
	tapName(t, w, "patients.preset.1.more")
	tapName(t, w, "overlay.choice.delete")
	tapName(t, w, "overlay.button.yes")
	expect(t, d, "delete preset2")
}

func TestTreatButtonTakesThePatientAlong(t *testing.T) {
	w, d := use(t, "patients-presets")
	tapName(t, w, "patients.list.choice.p03")
	tapName(t, w, "patients.treat")
	expect(t, d, "patient p03")
	if w.Page() != "treat" {
		t.Error("the page stays")
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
	w.LostFocus()
	tapName(t, w, "hand.contact")
	tapName(t, w, "hand.contact")
	tapName(t, w, "hand.change_tip")
	tapName(t, w, "hand.remove_tip")
	tapName(t, w, "hand.faults")
	tapName(t, w, "overlay.choice.open_pin")
	want := []string{"trigger true", "trigger false", "trigger true", "trigger false", "contact true", "contact false", "change", "remove", "fault open_pin true"}
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
func (h *handLog) Trigger(down bool) error          { return h.note("trigger %v", down) }
func (h *handLog) Contact(on bool) error            { return h.note("contact %v", on) }
func (h *handLog) ChangeTip() error                 { return h.note("change") }
func (h *handLog) RemoveTip() error                 { return h.note("remove") }
func (h *handLog) Fault(name string, on bool) error { return h.note("fault %s %v", name, on) }
func (h *handLog) Faults() []string                 { return []string{"open_pin"} }

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
