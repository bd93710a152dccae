package ui

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/ui/sample"
	"stipple/app/ui/theme"
	"stipple/app/ui/widgets"
)

// exchangeDesk notes what is asked of imports and exports, and answers as the sample
// or as it is told.
type exchangeDesk struct {
	*deskLog
	hold  bool // the next read of a table waits
	held  func(console.TablePreview, error)
	told  console.Told
	needs []console.TableNeed
	fail  error
	kept  bool // somebody was erased
}

func (d *exchangeDesk) ReadTable(path string, how console.TableChoice, told console.Told, done func(console.TablePreview, error)) {
	d.note("read %s %v %s%s", path, how.Columns, how.Encoding, how.DateOrder)
	if d.hold {
		d.held, d.told = done, told
		return
	}
	d.deskLog.ReadTable(path, how, told, func(p console.TablePreview, err error) {
		p.Needs = d.needs
		done(p, err)
	})
}

func (d *exchangeDesk) ImportTable(p console.TablePreview, leaveOut bool, told console.Told, done func(console.ImportReport, error)) {
	d.note("import table %v", leaveOut)
	if d.fail != nil {
		done(console.ImportReport{}, d.fail)
		return
	}
	d.deskLog.ImportTable(p, leaveOut, told, done)
}

func (d *exchangeDesk) SaveFaults(_ console.TablePreview, path string, done func(error)) {
	d.note("save faults %s", path)
	done(d.fail)
}

func (d *exchangeDesk) ReadRoom(path, code string, told console.Told, done func(console.RoomPreview, error)) {
	d.note("read room %s", code)
	if d.fail != nil {
		done(console.RoomPreview{}, d.fail)
		return
	}
	d.deskLog.ReadRoom(path, code, told, done)
}

func (d *exchangeDesk) ImportRoom(p console.RoomPreview, decided map[int]clinical.Decision, told console.Told, done func(console.ImportReport, error)) {
	d.note("import room %v", decided)
	if d.fail != nil {
		done(console.ImportReport{Patients: 3}, d.fail)
		return
	}
	d.deskLog.ImportRoom(p, decided, told, done)
}

func (d *exchangeDesk) ExportTable(e console.TableExport, told console.Told, done func(console.Exported, error)) {
	d.note("export %s %s %s %q", e.Kind, e.Format, e.Patient, e.Reason)
	if d.fail != nil {
		done(console.Exported{}, d.fail)
		return
	}
	if d.kept {
		done(console.Exported{Path: e.Path, Records: 2}, nil)
		return
	}
	d.deskLog.ExportTable(e, told, done)
}

func (d *exchangeDesk) ExportRoom(e console.RoomExport, told console.Told, done func(console.Exported, error)) {
	d.note("export room %q %q", e.Query, e.Reason)
	d.deskLog.ExportRoom(e, told, done)
}

func (d *exchangeDesk) CancelExchange() { d.note("cancel") }

// exchangeAt opens the window at a scene with a clock of its own.
func exchangeAt(t *testing.T, name string) (*Window, *exchangeDesk, *time.Time) {
	t.Helper()
	test.NewApp()
	s := scene(t, name)
	d := &exchangeDesk{deskLog: &deskLog{Desk: s.Desk}}
	w, _ := openDesk(s, d, Prefs{Mode: theme.Dark, Scale: theme.Scale100})
	now := sample.Now()
	w.cfg.Now = func() time.Time { return now }
	w.env.Now = w.cfg.Now
	everything(w.root)
	d.take()
	return w, d, &now
}

func disabled(w *Window, name string) bool {
	o, ok := w.find(name).(fyne.Disableable)
	return !ok || o.Disabled()
}

func TestATableComesIn(t *testing.T) {
	w, d, _ := exchangeAt(t, "exchange-table")
	tapName(t, w, "exchange.list.choice.4")
	tapName(t, w, "overlay.choice.Sex")
	expect(t, d.deskLog, "read /home/clinic/patients-2026-11.csv map[1:FileNumber 2:FamilyName 3:GivenName 4:Sex] ")
	tapName(t, w, "exchange.list.choice.order")
	tapName(t, w, "overlay.choice.month_first")
	if got := d.take(); len(got) != 1 {
		t.Error(got)
	}
	tapName(t, w, "exchange.go")
	expect(t, d.deskLog)
	tapName(t, w, "overlay.button.no")
	expect(t, d.deskLog)
	d.fail = coded("disk_full")
	tapName(t, w, "exchange.go")
	tapName(t, w, "overlay.button.yes")
	expect(t, d.deskLog, "import table true")
	if !shows(w, "The disk is full.") || !shows(w, "Windows-1252") {
		t.Error("the preview is gone, or does not say why nothing came in")
	}
	d.fail = nil
	tapName(t, w, "exchange.go")
	tapName(t, w, "overlay.button.yes")
	expect(t, d.deskLog, "import table true")
	if !shows(w, "Stored: 1\u202f187 patients") {
		t.Error("no report")
	}
	tapName(t, w, "exchange.go")
	if !shows(w, "Patients from practice software") {
		t.Error("not back at the start")
	}
}

// Lines that the store refuses are shown as faulty ones are, and the file is read again.
func TestATableWhoseLinesAreRefused(t *testing.T) {
	w, d, _ := exchangeAt(t, "exchange-table")
	d.fail = &console.LinesRefusedError{Cause: coded("invalid"), Faults: []console.TableFault{
		{Line: 318, Column: 1, Name: "MRN", Field: "FileNumber", Problem: "duplicate", Text: "K-10330"}, {Line: 644, Field: "GivenName", Problem: "too_long"},
	}}
	tapName(t, w, "exchange.go")
	tapName(t, w, "overlay.button.yes")
	for _, text := range []string{"Line 318 can't be stored", "Nothing was imported.", "K-10330", "File number is taken by another patient", "Line 644", "Given name is too long"} {
		if !shows(w, text) {
			t.Error("does not say", text)
		}
	}
	d.take()
	tapName(t, w, "exchange.go")
	expect(t, d.deskLog, "read /home/clinic/patients-2026-11.csv map[] ")
	if !shows(w, "Import 1\u202f187 new") {
		t.Error("the file was not read again")
	}
}

func TestATableThatIsNotSettledWaits(t *testing.T) {
	w, d, _ := exchangeAt(t, "exchange-start")
	d.needs = []console.TableNeed{{Kind: "date_order", Field: "BirthDate"}}
	tapName(t, w, "exchange.list.choice.table_in")
	tapName(t, w, "path.list.choice.4")
	if !disabled(w, "exchange.go") || !shows(w, "Choose the order of dates below") {
		t.Error("it can be imported, or does not say what is missing")
	}
	d.needs = nil
	tapName(t, w, "exchange.list.choice.order")
	tapName(t, w, "overlay.choice.day_first")
	if disabled(w, "exchange.go") {
		t.Error("it can't be imported")
	}
	tapName(t, w, "exchange.more")
	tapName(t, w, "overlay.button.choose")
	if !slices.Contains(d.take(), "save faults /home/clinic/stipple-faulty-lines-2026-11-23.csv") || !shows(w, "The list is in") {
		t.Error("the list of faulty lines was not saved")
	}
}

// What takes long says how far it is, and can be cancelled; its answer after a
// cancelled one is another's.
func TestAnImportThatTakesLong(t *testing.T) {
	w, d, now := exchangeAt(t, "exchange-start")
	d.hold = true
	tapName(t, w, "exchange.list.choice.table_in")
	tapName(t, w, "path.list.choice.4")
	w.tick()
	if shows(w, "Reading the file") {
		t.Error("it flickers")
	}
	tapName(t, w, "exchange.list.choice.table_in")
	if w.layer.IsOpen() {
		t.Error("a second one can be begun")
	}
	d.told(30, 120)
	*now = now.Add(400 * time.Millisecond)
	w.tick()
	if !shows(w, "Reading the file") || !shows(w, "25 %") || shown(w, "exchange.back") {
		t.Error("no progress, or a way to cancel too early")
	}
	*now = now.Add(2 * time.Second)
	w.tick()
	d.take()
	tapName(t, w, "exchange.back")
	if got := d.take(); !slices.Contains(got, "cancel") {
		t.Error(got)
	}
	d.held(console.TablePreview{}, coded("cancelled"))
	if !shows(w, "It was cancelled") {
		t.Error("not said")
	}
}

func shown(w *Window, name string) bool {
	everything(w.root)
	return slices.Contains(controlNames(w), name)
}

func typeCode(t *testing.T, w *Window, code string) {
	t.Helper()
	everything(w.root)
	f, ok := w.find("exchange.code").(*widgets.CodeField)
	if !ok {
		t.Fatal("no field for the code")
	}
	for _, r := range code {
		f.TypedRune(r)
	}
}

func TestAnotherRoomsFile(t *testing.T) {
	w, d, _ := exchangeAt(t, "exchange-code")
	const code = "7KQ2M9XW4TPA0CV6RHE8"
	typeCode(t, w, code[:9])
	tapName(t, w, "overlay.button.open")
	expect(t, d.deskLog)
	d.fail = coded("file_code")
	typeCode(t, w, code[9:])
	tapName(t, w, "overlay.button.open")
	expect(t, d.deskLog, "read room "+code)
	if !shows(w, "This code does not open the file.") {
		t.Fatal("the code is not asked for again")
	}
	d.fail = nil
	typeCode(t, w, code)
	tapName(t, w, "overlay.button.open")
	d.take()
	tapName(t, w, "exchange.list.choice.0")
	if !shows(w, "Forehead, follow-up") || !shows(w, "In the file") {
		t.Error("the sides are not shown")
	}
	tapName(t, w, "overlay.button.both")
	tapName(t, w, "exchange.list.choice.2")
	for _, d := range []clinical.Decision{clinical.KeepMine, clinical.TakeTheirs, clinical.KeepBoth} {
		if shown(w, "overlay.button."+string(d)) {
			t.Errorf("%s for two people", d)
		}
	}
	tapName(t, w, "overlay.button.cancel")
	tapName(t, w, "exchange.go")
	if !shows(w, "1 conflict is not decided") {
		t.Error("what is not decided is not said")
	}
	tapName(t, w, "overlay.button.yes")
	expect(t, d.deskLog, fmt.Sprintf("import room %v", map[int]clinical.Decision{0: clinical.KeepBoth}))
	for _, text := range []string{"Import finished", "not decided: left as here", "somebody else's here"} {
		if !shows(w, text) {
			t.Errorf("the report lacks %q", text)
		}
	}
}

func TestAnImportThatEndedEarlySaysWhatWasDone(t *testing.T) {
	w, d, _ := exchangeAt(t, "exchange-room")
	d.fail = coded("disk_full")
	tapName(t, w, "exchange.go")
	tapName(t, w, "overlay.button.yes")
	if !shows(w, "The import ended early") || !shows(w, "Stored: 3 patients") || !shows(w, "The disk is full.") {
		t.Error("not said")
	}
}

func TestAnExportNeedsAReason(t *testing.T) {
	w, d, _ := exchangeAt(t, "exchange-start")
	tapName(t, w, "exchange.list.choice.table_out")
	tapName(t, w, "overlay.button.where")
	expect(t, d.deskLog)
	if !shows(w, "Say what it is for.") || !shows(w, "Anybody who has this file can read it") {
		t.Error("not said")
	}
	w.find("exchange.reason").(*widgets.TextEntry).SetText("Yearly report")
	w.layer.Aside() // a stop
	tapName(t, w, "exchange.list.choice.table_out")
	if got := w.find("exchange.reason").(*widgets.TextEntry).Text; got != "Yearly report" {
		t.Errorf("what was typed is %q", got)
	}
	tapName(t, w, "overlay.button.where")
	tapName(t, w, "overlay.button.choose")
	expect(t, d.deskLog, `export patients csv  "Yearly report"`)
	if !shows(w, "/home/clinic/stipple-patients-2026-11-23.csv") {
		t.Error("not said where it is")
	}
}

// What is kept of those who were erased is beside the other tables, of nobody alone; that
// nobody was erased is said where one began.
func TestSafetyRecordsAreATable(t *testing.T) {
	w, d, _ := exchangeAt(t, "exchange-start")
	out := func() {
		tapName(t, w, "exchange.list.choice.table_out")
		w.find("exchange.reason").(*widgets.TextEntry).SetText("Report on the pen")
		tapName(t, w, "exchange.kind.Safety")
		if !shows(w, "patients who were erased: what the pen did") {
			t.Error("not said what they are")
		}
		tapName(t, w, "overlay.button.where")
		tapName(t, w, "overlay.button.choose")
		expect(t, d.deskLog, `export safety csv  "Report on the pen"`)
	}
	out()
	if !shows(w, "nobody who had been treated here was ever erased") || !shows(w, "Table for other programs") {
		t.Error("an empty state that is not said, or leads nowhere")
	}
	d.kept = true
	out()
	if !shows(w, "stipple-safety-2026-11-23.csv") {
		t.Error("not said where it is")
	}
	w, _, _ = exchangeAt(t, "patients-details")
	tapName(t, w, "patients.export")
	if shown(w, "exchange.kind.Safety") || !shown(w, "exchange.kind.Treatments") {
		t.Error("what is of nobody is offered of a patient")
	}
}

func TestAPatientsOwnFile(t *testing.T) {
	w, d, _ := exchangeAt(t, "patients-details")
	tapName(t, w, "patients.export")
	w.find("exchange.reason").(*widgets.TextEntry).SetText("Ms Ruiz asked for it")
	d.fail = errors.New("pulled")
	tapName(t, w, "overlay.button.where")
	if !shows(w, "stipple-patients-2026-11-23") && w.find("path.name").(*widgets.TextEntry).Text != "stipple-patients-2026-11-23.csv" {
		t.Error("the name tells who it is, or is none")
	}
	tapName(t, w, "overlay.button.choose")
	if !shows(w, "The file was not written") {
		t.Error("not said")
	}
	tapName(t, w, "overlay.button.close")
	d.fail = nil
	d.take()
	tapName(t, w, "patients.export")
	tapName(t, w, "overlay.button.where")
	tapName(t, w, "overlay.button.choose")
	expect(t, d.deskLog, `export patients csv p01 "Ms Ruiz asked for it"`)
	if !shows(w, "The file is written") {
		t.Error("not said")
	}
}

// The code is shown once, stays while the same person looks elsewhere, and is nobody
// else's.
func TestTheCodeIsShownOnce(t *testing.T) {
	const code = "7KQ2M9XW4TPA0CV6RHE8"
	field := func(w *Window) string { return string(w.find("exchange.shown").(*widgets.CodeField).Bytes()) }
	w, _, _ := exchangeAt(t, "exchange-sealed-code")
	if field(w) != code {
		t.Fatal("no code")
	}
	for _, text := range w.Snapshot().Texts {
		if text == code || text == code[:4] {
			t.Error("the trace has it")
		}
	}
	w.ShowPage("patients")
	w.ShowPage("clinic")
	if field(w) != code {
		t.Error("it is gone before it was written down")
	}
	tapName(t, w, "exchange.go")
	if shown(w, "exchange.shown") {
		t.Error("it is still there")
	}

	w, d, _ := exchangeAt(t, "exchange-sealed-code")
	other := *d.View()
	other.Operator = clinical.Operator{ID: "x", Name: "Somebody", Role: clinical.RoleSeniorClinician}
	d.view = &other
	w.tick()
	if shown(w, "exchange.shown") || !shows(w, "Patients from practice software") {
		t.Error("somebody else sees it")
	}
}
