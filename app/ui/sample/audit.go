package sample

import (
	"encoding/hex"
	"errors"
	"strings"
	"time"

	"stipple/app/audit"
	"stipple/app/clinical"
	"stipple/app/console"
)

// auditSample is the audit chain of a sample clinic.
type auditSample struct {
	rows    []console.AuditRow // newest first
	verdict *console.AuditVerdict
	last    *console.AuditVerdict // that was known before
	err     error
}

// AuditPage shows those of the sample entries that the filter names.
func (d *Desk) AuditPage(f console.AuditFilter, _ uint64, _ func(console.AuditProgress), done func(console.AuditPage, error)) func() {
	page := console.AuditPage{Newest: 1203, People: operators(), Last: d.audit.last}
	for _, r := range d.audit.rows {
		if (f.Area == "" || f.Area == r.Area) && (f.Action == "" || f.Action == r.Action) && (f.Operator == "" || f.Operator == r.Operator.ID) &&
			(f.About == "" || f.About == string(r.Patient) || f.About == r.Subject) && (f.Text == "" || strings.Contains(r.Name+r.Why, f.Text)) {
			page.Rows = append(page.Rows, r)
		}
	}
	if n := len(page.Rows); n > 0 && f == (console.AuditFilter{}) {
		page.Next = page.Rows[n-1].Seq
	}
	done(page, d.audit.err)
	return func() {}
}

// VerifyAudit finds what the sample says.
func (d *Desk) VerifyAudit(withPen bool, _ func(console.AuditProgress), done func(*console.AuditVerdict, error)) func() {
	v := *d.audit.verdict
	if withPen {
		v.Pen, v.Notes, v.Agreed = d.view.Pen.Serial, 14, 14
	}
	done(&v, nil)
	return func() {}
}

// ExportAudit writes nothing.
func (d *Desk) ExportAudit(x console.AuditExport, _ func(console.AuditProgress), done func(console.AuditExported, error)) func() {
	done(console.AuditExported{Path: x.Folder + "/audit 1203 a3f1-09bc-77d0-1e42-5b6a." + string(x.Form), Entries: 1203}, nil)
	return func() {}
}

// sampleHead is the head of an entry of the sample chain.
func sampleHead(n byte) audit.Head {
	var h audit.Head
	_, _ = hex.Decode(h[:], []byte("a3f109bc77d01e425b6a90c2d4e8f01733aa5566778899b0c1d2e3f405162738"))
	h[3] += n
	return h
}

// verdict is a chain that is as it was written.
func verdict(findings ...console.AuditFinding) *console.AuditVerdict {
	return &console.AuditVerdict{
		At: Now().Add(-2 * time.Minute), By: operators()[1].Name, Entries: 1203, Newest: 1203,
		Short: sampleHead(0).Short(), Head: sampleHead(0).String(), Findings: findings,
	}
}

// auditRows are the newest entries of the sample clinic, as whoever may open patients
// sees them.
func auditRows() []console.AuditRow {
	ops := operators()
	row := func(n uint64, ago time.Duration, by int, a audit.Action, kind audit.SubjectKind, subject string, patient clinical.ID, name string, changes ...audit.Change) console.AuditRow {
		h := sampleHead(byte(n))
		return console.AuditRow{
			Seq: n, At: Now().Add(-ago), Operator: ops[by], Action: string(a), Area: string(a.Area()), Kind: string(kind), Subject: subject,
			Patient: patient, Name: name, Changes: changes, Short: h.Short(), Head: h.String(),
		}
	}
	change := func(field string, before, after audit.Value) audit.Change {
		return audit.Change{Field: field, Before: before, After: after}
	}
	none, text, amount := audit.Value{}, audit.Text, audit.Amount
	const patients, treatments, presets, people = audit.SubjectPatient, audit.SubjectTreatment, audit.SubjectPreset, audit.SubjectOperator
	end := row(1203, 4*time.Minute, 0, audit.TreatmentEnd, treatments, "01JDC5T7Q2K8", "p01", "Ruiz, Ana", change("outcome", text("open"), text("complete")))
	apply := row(1202, 9*time.Minute, 0, audit.SettingsApply, treatments, "01JDC5T7Q2K8", "p01", "Ruiz, Ana",
		change("depth", amount(audit.Depth, 1200), amount(audit.Depth, 1500)), change("power", amount(audit.Power, 10_000), amount(audit.Power, 12_000)),
		change("pulse", amount(audit.Pulse, 90), amount(audit.Pulse, 100)))
	begin := row(1201, 11*time.Minute, 0, audit.TreatmentBegin, treatments, "01JDC5T7Q2K8", "p01", "Ruiz, Ana", change("outcome", none, text("intent")), change("pen", none, text("SN-0042")))
	begin.Private, begin.State = []audit.Change{change("indication", none, text("Acne scars")), change("zone", none, text("Cheek, left"))}, console.AuditShown
	save := row(1200, 31*time.Minute, 1, audit.PatientSave, patients, "p05", "p05", "Ben Salah, Leïla", change("revision", amount(audit.Count, 3), amount(audit.Count, 4)))
	save.Private, save.State = []audit.Change{change("family_name", text("Salah"), text("Ben Salah")), change("skin_type", amount(audit.Count, 3), amount(audit.Count, 4))}, console.AuditShown
	erased := row(1199, 27*time.Hour, 1, audit.PatientSave, patients, "p99", "p99", "", change("revision", amount(audit.Count, 1), amount(audit.Count, 2)))
	erased.State = console.AuditErased
	add := row(1198, 28*time.Hour, 3, audit.OperatorAdd, people, "op3", "", "", change("name", none, text("T. Roth")), change("role", none, text("technician")))
	add.Name, add.Second, add.Why = "T. Roth", ops[1], "New in the practice since November"
	failed := row(1196, 29*time.Hour, 0, audit.SignInFailed, people, "op2", "", "", change("tries", none, amount(audit.Count, 2)))
	failed.Operator, failed.Name = clinical.Operator{}, "Dr S. Okonkwo"
	preset := row(1195, 30*time.Hour, 0, audit.PresetSave, presets, "01JD9Z3M", "p03", "Lindqvist, Maja", change("depth", amount(audit.Depth, 500), amount(audit.Depth, 750)))
	export := row(1194, 49*time.Hour, 3, audit.Export, audit.SubjectFile, "audit 1193 77d0-1e42-5b6a-90c2-d4e8.csv", "", "",
		change("what", none, text("audit")), change("records", none, amount(audit.Count, 1193)), change("format", none, text("csv")))
	return []console.AuditRow{
		end, apply, begin, save, erased, add,
		row(1197, 28*time.Hour+time.Minute, 3, audit.SignIn, people, "op4", "", "L. Brandt"), failed, preset, export,
		row(1193, 50*time.Hour, 3, audit.BackupMake, audit.SubjectBackup, "stipple-2026-11-21.age", "", ""),
	}
}

// sealedRows are the same as an administrator sees them.
func sealedRows() []console.AuditRow {
	rows := auditRows()
	for i := range rows {
		r := &rows[i]
		if r.Patient != "" {
			r.Name = ""
		}
		if r.State == console.AuditShown {
			r.Private, r.State = nil, console.AuditSealed
		}
	}
	return rows
}

// auditScenes are the sheet of the audit chain.
func (c Clinic) auditScenes() []Scene {
	senior, admin := operators()[1], administrator()
	on := func(name string, who clinical.Operator, a auditSample, tap ...string) Scene {
		s := c.closed("rf", who)
		s.desk.audit = a
		if a.verdict == nil {
			s.desk.audit.verdict = verdict()
		}
		return Scene{Name: "clinic-audit-" + name, Page: "clinic", Tap: append([]string{auditTab}, tap...), Desk: s.done()}
	}
	changed := console.AuditFinding{Kind: "changed", From: 1200, To: 1200}
	cut := console.AuditFinding{Kind: "cut_off", From: 1204, To: 1211, Where: "known from the log of pen SN-0042"}
	hurt := auditRows()
	hurt[3] = console.AuditRow{Seq: 1200, Broken: worded{errors.New("changed"), "changed", nil}}
	all := auditSample{rows: auditRows()}
	return []Scene{
		on("list", senior, all),
		on("filtered", senior, all, "audit.what", "overlay.choice.treatment", "audit.list.choice.1\u202f202"),
		on("details", senior, all, "audit.list.choice.1\u202f201"),
		on("operator-added", admin, auditSample{rows: sealedRows(), last: verdict()}, "audit.list.choice.1\u202f198"),
		on("verified", senior, all, "audit.verify.pen"),
		on("broken", senior, auditSample{rows: hurt, verdict: verdict(changed, cut)}, "audit.verify", "audit.list.choice.1\u202f200"),
		on("findings", senior, auditSample{rows: hurt, verdict: verdict(changed, cut)}, "audit.verify", "audit.finding.all"),
		on("administrator", admin, auditSample{rows: sealedRows(), last: verdict()}, "audit.list.choice.1\u202f201"),
		on("nothing", senior, all, "audit.what", "overlay.choice.action.preset.delete"),
		on("none", admin, auditSample{}),
		on("failed", admin, auditSample{err: worded{errors.New("closed"), "closed", nil}}),
		on("export", senior, all, "audit.export"),
		on("exported", senior, all, "audit.export", "overlay.button.folder", "overlay.button.choose"),
	}
}
