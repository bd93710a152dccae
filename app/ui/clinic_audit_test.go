package ui

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"stipple/app/audit"
	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/ui/widgets"
)

// auditDesk answers about the audit chain when a test says so.
type auditDesk struct {
	*deskLog
	pages    []auditQuestion
	verdicts []auditVerdict
	exports  []auditExport
}

type auditQuestion struct {
	filter    console.AuditFilter
	from      uint64
	tell      func(console.AuditProgress)
	done      func(console.AuditPage, error)
	cancelled bool
}

type auditVerdict struct {
	pen       bool
	tell      func(console.AuditProgress)
	done      func(*console.AuditVerdict, error)
	cancelled bool
}

type auditExport struct {
	want      console.AuditExport
	done      func(console.AuditExported, error)
	cancelled bool
}

func (d *auditDesk) AuditPage(f console.AuditFilter, from uint64, tell func(console.AuditProgress), done func(console.AuditPage, error)) func() {
	d.pages = append(d.pages, auditQuestion{filter: f, from: from, tell: tell, done: done})
	n := len(d.pages) - 1
	return func() { d.pages[n].cancelled = true }
}

func (d *auditDesk) VerifyAudit(pen bool, tell func(console.AuditProgress), done func(*console.AuditVerdict, error)) func() {
	d.verdicts = append(d.verdicts, auditVerdict{pen: pen, tell: tell, done: done})
	n := len(d.verdicts) - 1
	return func() { d.verdicts[n].cancelled = true }
}

func (d *auditDesk) ExportAudit(x console.AuditExport, _ func(console.AuditProgress), done func(console.AuditExported, error)) func() {
	d.exports = append(d.exports, auditExport{want: x, done: done})
	n := len(d.exports) - 1
	return func() { d.exports[n].cancelled = true }
}

// newest is the newest question.
func (d *auditDesk) newest() *auditQuestion { return &d.pages[len(d.pages)-1] }

// onAudit is the sheet of the audit chain with a desk that waits.
func onAudit(t *testing.T, scene string) (*Window, *auditDesk) {
	t.Helper()
	w, log := use(t, scene)
	d := &auditDesk{deskLog: log}
	w.env.Desk = d
	w.ShowPage("treat")
	w.ShowPage("clinic")
	if len(d.pages) != 1 || d.pages[0].filter != (console.AuditFilter{}) || d.pages[0].from != 0 {
		t.Fatalf("it begins with %+v", d.pages)
	}
	return w, d
}

// entries are rows from one number down to another.
func entries(from, to uint64) (rows []console.AuditRow) {
	for n := from; n >= to; n-- {
		rows = append(rows, console.AuditRow{Seq: n, Action: "lock", Area: "access", Operator: clinical.Operator{ID: "op4", Name: "L. Brandt", Role: clinical.RoleAdministrator}})
	}
	return rows
}

// The newest question wins, and the one before it is given up; one that takes its time
// says how far it is and can be stopped.
func TestAuditNewestQuestionWins(t *testing.T) {
	w, d := onAudit(t, "clinic-audit-list")
	search := w.find("audit.search").(*widgets.TextEntry)
	search.SetText("r")
	search.SetText("ru")
	if len(d.pages) != 3 || !d.pages[0].cancelled || !d.pages[1].cancelled || d.pages[2].cancelled || d.pages[2].filter.Text != "ru" {
		t.Fatalf("%+v", d.pages)
	}
	d.pages[1].tell(console.AuditProgress{Seen: 77, Of: 1000})
	if shows(w, "77 of") {
		t.Error("an older question tells how far it is")
	}
	d.newest().tell(console.AuditProgress{Seen: 400, Of: 1000, Found: 3})
	if !shows(w, "400 of 1\u202f000 entries searched, 3 found") {
		t.Errorf("%q", w.Snapshot().Texts)
	}
	tapName(t, w, "audit.stop")
	if !d.newest().cancelled {
		t.Error("it goes on")
	}
	d.newest().done(console.AuditPage{Cut: true, Next: 600, Newest: 1000}, nil)
	d.pages[1].done(console.AuditPage{Rows: entries(9, 9)}, nil)
	if !shows(w, "was stopped") || len(w.find("audit.list").(*widgets.RowList).Rows()) != 0 {
		t.Errorf("%q", w.Snapshot().Texts)
	}
	tapName(t, w, "audit.older")
	if q := d.newest(); q.from != 600 || q.filter.Text != "ru" {
		t.Errorf("it goes on with %+v", q)
	}
}

// Older and newer pages follow each other, and back.
func TestAuditPagesTurn(t *testing.T) {
	w, d := onAudit(t, "clinic-audit-list")
	d.newest().done(console.AuditPage{Rows: entries(120, 71), Next: 71, Newest: 120}, nil)
	tapName(t, w, "audit.older")
	d.newest().done(console.AuditPage{Rows: entries(70, 21), Next: 21, Newest: 120}, nil)
	tapName(t, w, "audit.older")
	d.newest().done(console.AuditPage{Rows: entries(20, 1), Newest: 120}, nil)
	if !w.find("audit.older").(*widgets.Button).Disabled() || !shows(w, "Entries 20 to 1 of 120") {
		t.Errorf("%q", w.Snapshot().Texts)
	}
	tapName(t, w, "audit.newer")
	d.newest().done(console.AuditPage{Rows: entries(70, 21), Next: 21, Newest: 120}, nil)
	tapName(t, w, "audit.newer")
	var from []uint64
	for _, q := range d.pages {
		from = append(from, q.from)
	}
	if fmt.Sprint(from) != "[0 71 21 71 0]" {
		t.Errorf("asked for %v", from)
	}
}

// A day that is none is said and not asked for.
func TestAuditDays(t *testing.T) {
	w, d := onAudit(t, "clinic-audit-list")
	from := w.find("audit.from").(*widgets.TextEntry)
	from.SetText("11/23/2026")
	if len(d.pages) != 1 || !shows(w, "“11/23/2026” is no day") {
		t.Errorf("%d questions, %q", len(d.pages), w.Snapshot().Texts)
	}
	from.SetText("23.11.2026")
	if len(d.pages) != 2 || d.newest().filter.From != (clinical.Date{Year: 2026, Month: 11, Day: 23}) {
		t.Errorf("%+v", d.pages)
	}
}

// Nothing outlives the operator who looked at it.
func TestAuditOfTheOneBeforeIsGone(t *testing.T) {
	w, d := onAudit(t, "clinic-audit-list")
	w.find("audit.search").(*widgets.TextEntry).SetText("Ruiz")
	row := entries(7, 7)
	row[0].Name, row[0].Patient = "Ruiz, Ana", "p01"
	d.newest().done(console.AuditPage{Rows: row, Newest: 7}, nil)
	tapName(t, w, "audit.list.choice.7")
	tapName(t, w, "audit.verify")
	asked := len(d.pages)
	d.takeOver(w, 3)
	if len(d.pages) != asked+1 || d.newest().filter != (console.AuditFilter{}) || !d.verdicts[0].cancelled {
		t.Errorf("asked for %+v", d.newest())
	}
	d.newest().done(console.AuditPage{Rows: entries(8, 8), Newest: 8}, nil)
	d.verdicts[0].done(&console.AuditVerdict{Entries: 7}, nil)
	if shows(w, "Ruiz") || shows(w, "7 entries") {
		t.Errorf("%q", w.Snapshot().Texts)
	}
}

// A chain that is not as it was written says what, where, and what to do.
func TestAuditBroken(t *testing.T) {
	w, d := onAudit(t, "clinic-audit-list")
	d.newest().done(console.AuditPage{Rows: entries(120, 71), Next: 71, Newest: 120}, nil)
	tapName(t, w, "audit.verify.pen")
	if !d.verdicts[0].pen || !shows(w, "Verifying") {
		t.Errorf("%+v", d.verdicts)
	}
	d.verdicts[0].tell(console.AuditProgress{Seen: 60, Of: 120})
	if !shows(w, "60 of 120 entries") {
		t.Errorf("%q", w.Snapshot().Texts)
	}
	d.verdicts[0].done(&console.AuditVerdict{Entries: 120, Findings: []console.AuditFinding{{Kind: "changed", From: 99, To: 100}, {Kind: "cut_off", From: 121, To: 130, Where: "known from the log of pen 0042"}}}, nil)
	if !shows(w, "Entries 99 to 100: changed") || !shows(w, "Change nothing here") {
		t.Errorf("%q", w.Snapshot().Texts)
	}
	for _, r := range w.find("audit.list").(*widgets.RowList).Rows() {
		if found := r.Key == "99" || r.Key == "100"; found != (r.Mark != widgets.IconNone) {
			t.Errorf("entry %s: marked %q", r.Key, r.Mark)
		}
	}
	tapName(t, w, "audit.finding.all")
	if !shows(w, "121 to 130: cut off the end (known from the log of pen 0042)") {
		t.Errorf("%q", w.Snapshot().Texts)
	}
	tapName(t, w, "overlay.button.close")
	tapName(t, w, "audit.finding.show")
	if d.newest().from != 101 {
		t.Errorf("it shows from %d", d.newest().from)
	}
}

// A verification is cancelled, and one that can't be made says why.
func TestAuditVerifyEnds(t *testing.T) {
	w, d := onAudit(t, "clinic-audit-list")
	d.newest().done(console.AuditPage{}, nil)
	tapName(t, w, "audit.verify")
	tapName(t, w, "audit.verify.stop")
	if !d.verdicts[0].cancelled {
		t.Error("it goes on")
	}
	d.verdicts[0].done(nil, console.ErrCancelled)
	if !shows(w, "Not verified since the start") {
		t.Errorf("%q", w.Snapshot().Texts)
	}
	tapName(t, w, "audit.verify.pen")
	d.verdicts[1].done(nil, wordedError{"no_pen"})
	if !shows(w, "No pen with a log is connected") {
		t.Errorf("%q", w.Snapshot().Texts)
	}
	tapName(t, w, "audit.verify.pen")
	d.verdicts[2].done(nil, wordedError{"armed"})
	if !shows(w, "Not possible while the pen is armed.") || !shows(w, "Disarm first.") {
		t.Errorf("%q", w.Snapshot().Texts)
	}
}

// wordedError is an error as the desk hands it on.
type wordedError struct{ code string }

func (e wordedError) Error() string { return e.code }
func (e wordedError) Code() string  { return e.code }

// Every field of an entry can be seen, with what it held before, however many there are.
func TestAuditDetailsAreWhole(t *testing.T) {
	w, d := onAudit(t, "clinic-audit-list")
	row := entries(7, 7)[0]
	row.Why, row.Second, row.Head = "As agreed", clinical.Operator{Name: "Dr S. Okonkwo", Role: clinical.RoleSeniorClinician}, "a3f1 09bc"
	for i := range audit.MaxChanges {
		row.Changes = append(row.Changes, console.AuditChange{Field: fmt.Sprintf("f%d", i), Before: audit.Amount(audit.Depth, int64(1000+i*10)), After: audit.Amount(audit.Depth, 5000)})
	}
	d.newest().done(console.AuditPage{Rows: []console.AuditRow{row}, Newest: 7}, nil)
	tapName(t, w, "audit.list.choice.7")
	seen := strings.Join(w.Snapshot().Texts, "\n")
	for next := w.find("audit.details.next").(*widgets.Button); !next.Disabled(); {
		tapName(t, w, "audit.details.next")
		seen += "\n" + strings.Join(w.Snapshot().Texts, "\n")
	}
	wants := []string{"Why: As agreed", "Dr S. Okonkwo · senior clinician", "a3f1 09bc", "Entry 7"}
	for i := range audit.MaxChanges {
		wants = append(wants, fmt.Sprintf("f%d: 5.00\u202fmm (before: 1.%02d\u202fmm)", i, i))
	}
	for _, want := range wants {
		if !strings.Contains(seen, want) {
			t.Errorf("%q can't be seen", want)
		}
	}
}

// What is sealed or erased says so, in the list and in full.
func TestAuditSealed(t *testing.T) {
	w, d := onAudit(t, "clinic-audit-administrator")
	rows := entries(8, 7)
	rows[0].Patient, rows[0].State = "p01", console.AuditSealed
	rows[1].Patient, rows[1].State = "p99", console.AuditErased
	d.newest().done(console.AuditPage{Rows: rows, Newest: 8}, nil)
	for _, of := range []struct{ entry, says string }{{"8", "sealed with the patient's key"}, {"7", "The patient was erased"}} {
		tapName(t, w, "audit.list.choice."+of.entry)
		if !shows(w, of.says) {
			t.Errorf("entry %s: %q", of.entry, w.Snapshot().Texts)
		}
	}
	tapName(t, w, "audit.only") // about whom the entry that was chosen last is
	if d.newest().filter.About != "p99" {
		t.Errorf("%+v", d.newest().filter)
	}
	d.newest().done(console.AuditPage{Rows: rows[1:], Newest: 8}, nil)
	tapName(t, w, "audit.about")
	if shows(w, "A patient") {
		t.Error("an administrator may look for patients")
	}
}

// An export goes where it was asked to, is cancelled, and says what came of it.
func TestAuditExport(t *testing.T) {
	w, d := onAudit(t, "clinic-audit-list")
	w.find("audit.search").(*widgets.TextEntry).SetText("Brandt")
	d.newest().done(console.AuditPage{Rows: entries(9, 1), Newest: 9}, nil)
	begin := func() *auditExport {
		t.Helper()
		tapName(t, w, "audit.export")
		tapName(t, w, "audit.export.form.JSON, for programs")
		tapName(t, w, "overlay.button.folder")
		tapName(t, w, "overlay.button.choose")
		return &d.exports[len(d.exports)-1]
	}
	x := begin()
	if x.want.Filter.Text != "Brandt" || x.want.Form != console.AuditJSON || x.want.Folder == "" {
		t.Errorf("%+v", x.want)
	}
	tapName(t, w, "overlay.button.cancel")
	if !x.cancelled || w.layer.IsOpen() {
		t.Error("it goes on")
	}
	x.done(console.AuditExported{}, console.ErrCancelled)
	if w.layer.IsOpen() {
		t.Error("who has cancelled is told that it was")
	}
	begin().done(console.AuditExported{}, &console.FileError{Path: "/stick", Fault: console.FileFull, Cause: errors.New("full")})
	if !shows(w, "The disk of /stick is full") || !shows(w, "No file was made") {
		t.Errorf("%q", w.Snapshot().Texts)
	}
	tapName(t, w, "overlay.button.close")
	begin().done(console.AuditExported{Path: "/stick/audit 9.json", Entries: 9}, nil)
	if !shows(w, "9 entries were written") || !shows(w, "/stick/audit 9.json") {
		t.Errorf("%q", w.Snapshot().Texts)
	}
}
