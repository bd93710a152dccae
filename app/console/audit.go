package console

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"time"

	"stipple/app/audit"
	"stipple/app/clinical"
)

// The bounds of what is read of the audit chain at a time.
const (
	// auditRows is a page of the list: a person reads no more before asking on.
	auditRows = 50
	// auditBatch is how many entries are read in one transaction: some milliseconds,
	// after which a newer question is noticed.
	auditBatch = 500
	// auditTellEvery is how often who waits is told how far it is.
	auditTellEvery = 100 * time.Millisecond
)

// Journal is the audit chain. Errors are those of reading and writing the store.
type Journal interface {
	// AuditStart is the head before the first entry; AuditEnd is the newest.
	AuditStart() audit.End
	AuditEnd(context.Context) (audit.End, error)
	// AuditBefore reads entries before a number, newest first; 0 is the end.
	AuditBefore(ctx context.Context, before uint64, most int) ([]audit.Opened, error)
	// JudgeAudit judges the whole chain, also against heads from outside, and tells
	// seen how many entries it has judged.
	JudgeAudit(ctx context.Context, known []audit.Known, seen func(uint64)) (audit.Report, error)
	// Audit appends an entry on behalf of who is at work in ctx.
	Audit(context.Context, audit.Entry) error
}

// AuditValue is what a field held, and AuditChange a field before and after.
type (
	AuditValue  = audit.Value
	AuditChange = audit.Change
)

// AuditFilter says which entries are asked for; the zero value is all.
type AuditFilter struct {
	Area     string // of AuditAreas
	Action   string // of AuditAreas
	Operator clinical.ID
	About    string        // the id of a patient, a treatment, a pen or whatever an act was done to
	From, To clinical.Date // days of this computer, both included
	Text     string        // in names, ids, fields and values, whatever its case
}

// AuditArea is a part of the work with its actions.
type AuditArea struct {
	Area    string
	Actions []string
}

// AuditAreas lists what can be filtered by, in the order of the table of actions.
func AuditAreas() []AuditArea {
	var out []AuditArea
	for _, r := range audit.Actions() {
		if n := len(out); n == 0 || out[n-1].Area != string(r.Area) {
			out = append(out, AuditArea{Area: string(r.Area)})
		}
		last := &out[len(out)-1]
		last.Actions = append(last.Actions, string(r.Action))
	}
	return out
}

// AuditPrivate is what can be seen of what an entry tells about its patient.
type AuditPrivate string

// The states of a private part.
const (
	AuditNothing AuditPrivate = ""       // the entry has none
	AuditShown   AuditPrivate = "shown"  // it is in AuditRow.Private
	AuditSealed  AuditPrivate = "sealed" // not for who is at work
	AuditErased  AuditPrivate = "erased" // the patient was erased
)

// AuditRow is one entry.
type AuditRow struct {
	Seq              uint64
	At               time.Time
	Operator, Second clinical.Operator // zero: nobody
	Action, Area     string
	Kind             string // of the subject; empty: none
	Subject          string // its id
	Patient          clinical.ID
	Name             string // of the patient or operator whom it is about; empty: not known here
	Changes          []AuditChange
	Private          []AuditChange
	State            AuditPrivate // of Private
	Why              string
	Short            string // of the head
	Head             string
	Broken           error // only Seq is known: the entry does not hold, or does not open
}

// AuditPage is a page of entries, newest first.
type AuditPage struct {
	Rows   []AuditRow
	Next   uint64 // where to go on with earlier ones; 0: there are none
	Newest uint64 // number of the newest entry of all
	Cut    bool   // it was cancelled: earlier ones were not looked at
	People []clinical.Operator
	Last   *AuditVerdict // of the newest verification since the program started; nil: none
}

// AuditProgress says how far something has come through the chain.
type AuditProgress struct {
	Seen, Of uint64
	Found    int
}

// AuditPage reads the entries that a filter lets through, from before a number on; 0 is
// the newest. tell is told how far it is, on any goroutine; the function that is
// returned ends the search, and done gets what was found by then.
func (d *Desk) AuditPage(f AuditFilter, before uint64, tell func(AuditProgress), done func(AuditPage, error)) (cancel func()) {
	return until(d, clinical.PermitAuditRead, AuditPage{}, func(ctx, ended context.Context, r *auditReader) (func() AuditPage, error) {
		page, err := r.page(ctx, ended, f, before, d.waiting(tell))
		return func() AuditPage {
			page.Last = d.verdict
			return page
		}, err
	}, done)
}

// until is read for what takes its time: ended is over when the caller has cancelled it.
// The reader sees what who asks may see.
func until[T any](d *Desk, p clinical.Permission, none T, work func(ctx, ended context.Context, r *auditReader) (func() T, error), done func(T, error)) (cancel func()) {
	ended, cancel := context.WithCancel(context.Background())
	read(d, p, none, func(ctx context.Context) (func() T, error) {
		role := audit.Who(ctx).Operator.Role
		return work(ctx, ended, &auditReader{d: d, patients: role.May(clinical.PermitPatientData), names: make(map[clinical.ID]string)})
	}, done)
	return cancel
}

// waiting tells who waits, but not more often than can be read.
func (d *Desk) waiting(tell func(AuditProgress)) func(AuditProgress) {
	last := d.cfg.Now()
	return func(p AuditProgress) {
		if now := d.cfg.Now(); now.Sub(last) >= auditTellEvery {
			last = now
			tell(p)
		}
	}
}

// auditReader reads entries for somebody.
type auditReader struct {
	d        *Desk
	patients bool                   // who asks may see what entries tell about patients
	names    map[clinical.ID]string // of patients
	people   []clinical.Operator
}

// page reads one page.
func (r *auditReader) page(ctx, ended context.Context, f AuditFilter, before uint64, tell func(AuditProgress)) (AuditPage, error) {
	end, err := r.d.cfg.Journal.AuditEnd(ctx)
	if err != nil {
		return AuditPage{}, err
	}
	page := AuditPage{Newest: end.Seq}
	staff, err := r.d.cfg.Staff.Staff(ctx)
	if err != nil {
		return AuditPage{}, err
	}
	for _, m := range staff {
		if m.Name != "" { // who has left has done something, too
			r.people = append(r.people, m.Operator)
		}
	}
	page.People = r.people
	for e, err := range r.entries(ctx, f, before, func(seen, next uint64) bool {
		page.Next = next
		tell(AuditProgress{Seen: seen, Of: end.Seq, Found: len(page.Rows)})
		page.Cut = ended.Err() != nil
		return !page.Cut
	}) {
		if err != nil {
			return AuditPage{}, err
		}
		page.Rows, page.Next = append(page.Rows, r.row(ctx, e)), e.Seq
		if len(page.Rows) == auditRows {
			break
		}
	}
	if page.Next == 1 {
		page.Next = 0
	}
	return page, nil
}

// entries are those that a filter lets through, newest first. After each batch step is
// told how many were looked at and the number of the last of them, and says whether to go
// on; the last number is 0 at the chain's beginning.
func (r *auditReader) entries(ctx context.Context, f AuditFilter, before uint64, step func(seen, last uint64) bool) iter.Seq2[audit.Opened, error] {
	return func(yield func(audit.Opened, error) bool) {
		for seen := uint64(0); ; {
			batch, err := r.d.cfg.Journal.AuditBefore(ctx, before, auditBatch)
			if err != nil {
				yield(audit.Opened{}, err)
				return
			}
			for _, e := range batch {
				if e = r.seal(e); f.lets(e) && !yield(e, nil) {
					return
				}
			}
			seen += uint64(len(batch))
			if len(batch) < auditBatch {
				step(seen, 0)
				return
			}
			if before = batch[len(batch)-1].Seq; !step(seen, before) {
				return
			}
		}
	}
}

// errSealed is why somebody who may not see patients sees nothing of one, whatever the
// keys open.
var errSealed error = problem(errors.New("not for who asks"), "no_patient_key")

// seal takes away what an entry tells about a patient where that is not for who asks.
func (r *auditReader) seal(e audit.Opened) audit.Opened {
	if !r.patients && e.Private != nil {
		e.Private, e.Sealed = nil, errSealed
	}
	return e
}

// row is an entry as it is shown.
func (r *auditReader) row(ctx context.Context, e audit.Opened) AuditRow {
	row := AuditRow{
		Seq: e.Seq, At: e.At, Operator: e.Operator, Second: e.Second, Action: string(e.Action), Area: string(e.Action.Area()),
		Kind: string(e.Subject.Kind), Subject: e.Subject.ID, Patient: e.Patient, Changes: r.d.named(e.Changes), Private: r.d.named(e.Private),
		State: privateState(e), Why: e.Why, Short: e.Head.Short(), Head: e.Head.String(), Broken: e.Broken,
	}
	switch {
	case r.patients && e.Patient != "" && row.State != AuditErased:
		row.Name = r.patient(ctx, e.Patient)
	case e.Subject.Kind == audit.SubjectOperator:
		row.Name = r.operator(clinical.ID(e.Subject.ID))
	}
	return row
}

// operator is the name of somebody who works here now; empty for anybody else.
func (r *auditReader) operator(id clinical.ID) string {
	if i := slices.IndexFunc(r.people, func(o clinical.Operator) bool { return o.ID == id }); i >= 0 {
		return r.people[i].Name
	}
	return ""
}

// named are changes with the library's names in the place of its keys, as they are shown.
func (d *Desk) named(all []audit.Change) []audit.Change {
	all = slices.Clone(all)
	for i := range all {
		for _, v := range []*audit.Value{&all[i].Before, &all[i].After} {
			switch {
			case v.Text == "":
			case all[i].Field == "indication":
				if name, ok := d.cfg.Library.IndicationName(clinical.IndicationKey(v.Text)); ok {
					v.Text = name
				}
			case all[i].Field == "zone":
				v.Text = d.zoneName(clinical.ZoneKey(v.Text))
			}
		}
	}
	return all
}

// patient is the name of a patient; empty for one that can't be read, such as an erased
// one.
func (r *auditReader) patient(ctx context.Context, id clinical.ID) string {
	name, known := r.names[id]
	if !known {
		if p, err := r.d.cfg.Patients.Patient(ctx, id); err == nil {
			name = p.FamilyName + ", " + p.GivenName
		}
		r.names[id] = name
	}
	return name
}

// privateState is what can be seen of an entry's private part.
func privateState(e audit.Opened) AuditPrivate {
	switch {
	case e.Private != nil:
		return AuditShown
	case e.Sealed == nil:
		return AuditNothing
	case codeOf(e.Sealed) == "erased":
		return AuditErased
	}
	return AuditSealed
}

// lets says whether a filter lets an entry through. One that is broken is let through by
// every filter that asks for nothing else than a place in the chain: nobody knows what
// it was.
func (f AuditFilter) lets(e audit.Opened) bool {
	if e.Broken != nil {
		return f == AuditFilter{}
	}
	switch day := dayOf(e.At.Local()); {
	case f.Area != "" && f.Area != string(e.Action.Area()),
		f.Action != "" && f.Action != string(e.Action),
		f.Operator != "" && f.Operator != e.Operator.ID && f.Operator != e.Second.ID,
		f.About != "" && f.About != e.Subject.ID && f.About != string(e.Patient),
		f.From != clinical.Date{} && earlier(day, f.From),
		f.To != clinical.Date{} && earlier(f.To, day):
		return false
	}
	return f.Text == "" || f.finds(e)
}

// earlier says whether a day is before another.
func earlier(a, b clinical.Date) bool {
	return cmp.Or(cmp.Compare(a.Year, b.Year), cmp.Compare(a.Month, b.Month), cmp.Compare(a.Day, b.Day)) < 0
}

// finds says whether the text stands in an entry.
func (f AuditFilter) finds(e audit.Opened) bool {
	text := strings.ToLower(f.Text)
	in := func(s string) bool { return strings.Contains(strings.ToLower(s), text) }
	return in(e.Operator.Name) || in(e.Second.Name) || in(string(e.Action)) || in(e.Subject.ID) || in(string(e.Patient)) || in(e.Why) ||
		slices.ContainsFunc(slices.Concat(e.Changes, e.Private), func(c audit.Change) bool {
			return in(c.Field) || in(c.Before.String()) || in(c.After.String())
		})
}
