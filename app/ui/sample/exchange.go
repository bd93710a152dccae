package sample

import (
	"fmt"
	"strings"
	"time"

	"stipple/app/clinical"
	"stipple/app/console"
)

// The files of the sample clinic; a name with "odd" in it is one that is refused.

// odd is a refused file.
type odd struct{ code string }

func (e odd) Error() string { return e.code }
func (e odd) Code() string  { return e.code }

// ReadTable is a table with faults. The order of its dates is open until it is chosen.
func (d *Desk) ReadTable(path string, how console.TableChoice, _ console.Told, done func(console.TablePreview, error)) {
	if strings.HasSuffix(path, ".txt") {
		done(console.TablePreview{}, odd{"file_not_text"})
		return
	}
	p := console.TablePreview{
		Path: path, Choice: how, Encoding: "windows-1252", Guessed: true, DateOrder: "day_first",
		Records: 1204, New: 1187, Same: 12, Differs: 2, Faulty: 3,
		Columns: []console.TableColumn{
			{Number: 1, Name: "Patientennummer", Field: "FileNumber", Use: "field", Example: "K-10021"},
			{Number: 2, Name: "Nachname", Field: "FamilyName", Use: "field", Example: "Müller"},
			{Number: 3, Name: "Vorname", Field: "GivenName", Use: "field", Example: "Jörg"},
			{Number: 4, Name: "Geburtsdatum", Field: "BirthDate", Use: "field", Example: "03.05.1971"},
			{Number: 5, Name: "Geschlecht", Field: "Sex", Use: "field", Example: "m"},
			{Number: 6, Name: "Krankenkasse", Use: "unknown", Example: "AOK"},
		},
		Faults: []console.TableFault{
			{Line: 17, Column: 4, Name: "Geburtsdatum", Field: "BirthDate", Problem: "bad_value", Text: "31.02.1980"},
			{Line: 203, Column: 1, Name: "Patientennummer", Field: "FileNumber", Problem: "duplicate", Text: "K-10021", Other: 2},
			{Line: 871, Problem: "column_count", Text: "7/6"},
		},
	}
	for i, r := range rows()[:2] {
		told := r.Patient
		told.GivenName = "K."
		p.Different = append(p.Different, console.TableDifference{Line: 40 + i, File: told, Here: r.Patient, Fields: []string{"GivenName"}})
	}
	done(p, nil)
}

// ImportTable is one of the whole table.
func (d *Desk) ImportTable(p console.TablePreview, _ bool, _ console.Told, done func(console.ImportReport, error)) {
	if d.refused != nil {
		done(console.ImportReport{}, d.refused)
		return
	}
	done(console.ImportReport{Patients: p.New, Same: p.Same, Kept: p.Differs, Left: p.Faulty}, nil)
}

// SaveFaults does nothing.
func (d *Desk) SaveFaults(_ console.TablePreview, _ string, done func(error)) { done(nil) }

// ReadRoom is a file with patients in conflict.
func (d *Desk) ReadRoom(path, _ string, _ console.Told, done func(console.RoomPreview, error)) {
	done(console.RoomPreview{Path: path, Program: "Stipple 1.0", Made: day(1).Format(time.RFC3339), Matches: matches()}, nil)
}

func matches() []clinical.Match {
	all := rows()
	mine := clinical.Dossier{Patient: all[0].Patient, Presets: presetsOf(all[0].ID)}
	theirs := clinical.Dossier{Patient: mine.Patient, Presets: presetsOf(all[0].ID)}
	theirs.Patient.Fitzpatrick, theirs.Patient.Updated = clinical.FitzpatrickV, day(2)
	mine.Patient.Updated = day(9)
	theirs.Presets[0].Settings.Depth = 1300
	added := theirs.Presets[1]
	added.ID, added.Name = "preset9", "Forehead, follow-up"
	conflict := clinical.Match{
		State: clinical.Conflict, By: clinical.ByID, Theirs: theirs, Mine: &mine, Fields: []string{"Fitzpatrick"},
		Presets: []clinical.PresetMatch{{Theirs: theirs.Presets[0], Mine: &mine.Presets[0]}, {Theirs: added}},
	}
	married := clinical.Match{State: clinical.Conflict, By: clinical.ByNumber, Mine: &clinical.Dossier{Patient: all[1].Patient}, Fields: []string{"FamilyName"}}
	married.Theirs.Patient = all[1].Patient
	married.Theirs.Patient.FamilyName += "-Keller"
	other := clinical.Match{State: clinical.Another, By: clinical.ByNumber, Mine: &clinical.Dossier{Patient: all[2].Patient}, Fields: []string{"FamilyName", "GivenName", "BirthDate"}}
	other.Theirs.Patient = clinical.Patient{ID: "other", FamilyName: "Sørensen", GivenName: "Nils", FileNumber: all[2].FileNumber, BirthDate: clinical.Date{Year: 1961, Month: 4, Day: 9}}
	out := []clinical.Match{conflict, married, other}
	for range 31 {
		out = append(out, clinical.Match{State: clinical.Fresh, Theirs: clinical.Dossier{Presets: theirs.Presets[:2]}})
	}
	for range 6 {
		out = append(out, clinical.Match{State: clinical.Identical, Mine: &mine})
	}
	return out
}

// ImportRoom takes who is new, and what was decided.
func (d *Desk) ImportRoom(p console.RoomPreview, decided map[int]clinical.Decision, _ console.Told, done func(console.ImportReport, error)) {
	r := console.ImportReport{Patients: len(p.Of(clinical.Fresh)), Same: len(p.Of(clinical.Identical))}
	r.Presets = 2 * r.Patients
	for _, i := range p.Of(clinical.Conflict) {
		switch decided[i] {
		case clinical.Undecided:
			r.Open = append(r.Open, p.Matches[i].Theirs.Patient)
		case clinical.KeepMine:
			r.Kept++
		default:
			r.Patients++
		}
	}
	for _, i := range p.Of(clinical.Another) {
		r.Another = append(r.Another, p.Matches[i].Theirs.Patient)
	}
	done(r, nil)
}

// ExportTable writes nothing. Nobody was erased.
func (d *Desk) ExportTable(e console.TableExport, _ console.Told, done func(console.Exported, error)) {
	if e.Kind == console.ExportSafety {
		done(console.Exported{}, fmt.Errorf("%w: %w", odd{"nothing_kept"}, console.ErrNothingKept))
		return
	}
	done(console.Exported{Path: e.Path, Records: len(d.rows)}, nil)
}

// ExportRoom writes nothing, and has the code of an example.
func (d *Desk) ExportRoom(e console.RoomExport, _ console.Told, done func(console.Exported, error)) {
	done(console.Exported{Path: e.Path, Records: len(d.rows), Patients: len(d.rows), Presets: 21, Code: "7KQ2M9XW4TPA0CV6RHE8"}, nil)
}

// CancelExchange does nothing.
func (d *Desk) CancelExchange() {}

// exchangeScenes are the import and the export of patients.
func (c Clinic) exchangeScenes() []Scene {
	on := func(name string, tap ...string) Scene {
		return Scene{Name: "exchange-" + name, Page: "clinic", Tap: append([]string{exchangeTab}, tap...), Desk: c.practice().done()}
	}
	const table, room, where = "exchange.list.choice.table_in", "exchange.list.choice.room_in", "overlay.button.where"
	read := []string{table, "path.list.choice.4"}
	code := []string{room, "path.list.choice.4"}
	opened := append(code, "exchange.code=7KQ2M9XW4TPA0CV6RHE8", "overlay.button.open")
	with := func(before []string, more ...string) []string {
		return append(append([]string(nil), before...), more...)
	}
	sealed := []string{"exchange.list.choice.room_out", "exchange.reason=Room 2 treats on Fridays"}
	const safety = "exchange.kind.Safety"
	out := []string{"exchange.list.choice.table_out", "exchange.reason=Yearly report to the insurer"}
	taken := c.practice()
	taken.desk.refused = &console.LinesRefusedError{Cause: odd{"invalid"}, Faults: []console.TableFault{
		{Line: 318, Column: 1, Name: "Patientennummer", Field: "FileNumber", Problem: "duplicate", Text: "K-10330"},
		{Line: 644, Column: 1, Name: "Patientennummer", Field: "FileNumber", Problem: "duplicate", Text: "K-10671"},
	}}
	return []Scene{
		on("start"),
		on("table", read...),
		on("table-faults", with(read, "exchange.tab.1")...),
		{Name: "exchange-lines", Page: "clinic", Tap: with(append([]string{exchangeTab}, read...), "exchange.go", "overlay.button.yes"), Desk: taken.done()},
		on("table-report", with(read, "exchange.go", "overlay.button.yes")...),
		on("refused", table, "path.list.choice.5"),
		on("code", code...),
		on("room", opened...),
		on("conflict", with(opened, "exchange.list.choice.0")...),
		on("room-report", with(opened, "exchange.list.choice.0", "overlay.button.theirs", "exchange.go", "overlay.button.yes")...),
		on("sealed", sealed...),
		on("sealed-code", with(sealed, where, "overlay.button.choose")...),
		on("export", out...),
		on("export-safety", with(out, safety)...),
		on("export-none", with(out, safety, where, "overlay.button.choose")...),
	}
}
