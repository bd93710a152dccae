package store

import (
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"stipple/app/clinical"
)

// checker collects what is wrong with a record.
type checker struct {
	record string
	fields []FieldError
}

func (c *checker) refuse(field string, p Problem) {
	c.fields = append(c.fields, FieldError{Field: field, Problem: p})
}

// that refuses a field unless ok.
func (c *checker) that(ok bool, field string, p Problem) {
	if !ok {
		c.refuse(field, p)
	}
}

func (c *checker) err() error {
	if len(c.fields) == 0 {
		return nil
	}
	return &InvalidError{Record: c.record, Fields: c.fields}
}

// text checks a text that must be there.
func (c *checker) text(field, s string, runes int) {
	if s == "" {
		c.refuse(field, Missing)
		return
	}
	c.optional(field, s, runes)
}

// optional checks a text that may be empty.
func (c *checker) optional(field, s string, runes int) {
	switch {
	case !cleanText(s):
		c.refuse(field, BadText)
	case utf8.RuneCountInString(s) > runes:
		c.refuse(field, TooLong)
	}
}

// key checks a stable key of the library.
func (c *checker) key(field, s string) {
	switch {
	case s == "":
		c.refuse(field, Missing)
	case len(s) > maxKeyBytes:
		c.refuse(field, TooLong)
	default:
		c.that(strings.Trim(s, "abcdefghijklmnopqrstuvwxyz0123456789_") == "", field, BadValue)
	}
}

// cleanText says whether s is UTF-8 without control characters and without
// those that turn the direction of writing, which could make one name look like
// another.
func cleanText(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if unicode.IsControl(r) || r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 {
			return false
		}
	}
	return true
}

// tidy is a text as typed by a person without spaces at its ends or doubled
// inside. It leaves a text that is refused anyway alone, so that the refusal is
// about what was typed.
func tidy(s string) string {
	if !cleanText(s) {
		return s
	}
	return strings.Join(strings.Fields(s), " ")
}

func (c *checker) patient(p clinical.Patient, now time.Time) {
	c.text("FamilyName", p.FamilyName, maxNameRunes)
	c.optional("GivenName", p.GivenName, maxNameRunes) // some people have one name
	c.birthDate(p.BirthDate, now)
	switch p.Sex {
	case clinical.SexUnstated, clinical.Female, clinical.Male, clinical.SexOther:
	default:
		c.refuse("Sex", BadValue)
	}
	c.that(p.Fitzpatrick <= clinical.FitzpatrickVI, "Fitzpatrick", BadValue)
	c.text("FileNumber", p.FileNumber, maxFileNumberRunes)
}

func (c *checker) birthDate(d clinical.Date, now time.Time) {
	if d == (clinical.Date{}) {
		c.refuse("BirthDate", Missing)
		return
	}
	if !realDate(d) {
		c.refuse("BirthDate", BadValue)
		return
	}
	born := time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)
	switch {
	// The day has begun somewhere on earth up to 14 hours before it has in UTC.
	case born.After(now.Add(14 * time.Hour)):
		c.refuse("BirthDate", InFuture)
	case born.Before(now.AddDate(-maxAgeYears, 0, 0)):
		c.refuse("BirthDate", TooLongAgo)
	}
}

// realDate says whether the calendar has the day and the stored form its year.
func realDate(d clinical.Date) bool {
	if d.Year < 1 || d.Year > 9999 {
		return false
	}
	t := time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)
	return t.Year() == d.Year && t.Month() == d.Month && t.Day() == d.Day
}

// storableTime says whether the stored form, RFC 3339, has the time's year.
func storableTime(t time.Time) bool {
	year := t.UTC().Year()
	return year >= 1 && year <= 9999
}

func (c *checker) penKind(k clinical.PenKind) {
	switch k {
	case clinical.Needling, clinical.RF:
	case "":
		c.refuse("PenKind", Missing)
	default:
		c.refuse("PenKind", BadValue)
	}
}

// settings checks the form only; what is allowed for whom is the limits' matter,
// when the preset is loaded.
func (c *checker) settings(field string, s clinical.Settings, kind clinical.PenKind) {
	c.that(s.Depth >= 0, field+".Depth", BadValue)
	c.that(s.Speed > 0, field+".Speed", BadValue)
	if kind == clinical.Needling {
		c.that(s.Power == 0, field+".Power", NotAllowed)
		c.that(s.Duration == 0, field+".Duration", NotAllowed)
		return
	}
	c.that(s.Power >= 0, field+".Power", BadValue)
	c.that(s.Duration > 0, field+".Duration", BadValue)
}

func (c *checker) preset(p clinical.Preset) {
	c.text("Name", p.Name, maxNameRunes)
	c.penKind(p.PenKind)
	c.key("Indication", string(p.Indication))
	c.key("Zone", string(p.Zone))
	c.settings("Settings", p.Settings, p.PenKind)
	c.optional("SavedBy", p.SavedBy, maxNameRunes)
}

// operator checks somebody of the list, or with a prefix who stands in a record: that
// says nothing of what came later.
func (c *checker) operator(prefix string, o clinical.Operator) {
	c.that(!o.Left || prefix == "", prefix+"Left", NotAllowed)
	c.text(prefix+"Name", o.Name, maxNameRunes)
	switch o.Role {
	case clinical.RoleClinician, clinical.RoleSeniorClinician, clinical.RoleTechnician,
		clinical.RoleServiceEngineer, clinical.RoleAdministrator:
	case "":
		c.refuse(prefix+"Role", Missing)
	default:
		c.refuse(prefix+"Role", BadValue)
	}
}

// treatment checks the head. Texts that come from pen and tip are checked for
// their form only: what a pen said is recorded, also if it is odd.
func (c *checker) treatment(t clinical.Treatment) {
	c.operator("Operator.", t.Operator)
	c.penKind(t.PenKind)
	c.key("Indication", string(t.Indication))
	c.key("Zone", string(t.Zone))
	c.that(t.Fitzpatrick <= clinical.FitzpatrickVI, "Fitzpatrick", BadValue)
	for _, w := range [...]struct{ field, text string }{
		{"PenModel", t.PenModel}, {"PenSerial", t.PenSerial}, {"PenFirmware", t.PenFirmware}, {"Tip.Lot", t.Tip.Lot},
		{"LibraryVersion", t.LibraryVersion}, {"LibraryHash", t.LibraryHash},
	} {
		c.optional(w.field, w.text, maxWordRunes)
	}
	c.that(t.Tip.Expiry == (clinical.Date{}) || realDate(t.Tip.Expiry), "Tip.Expiry", BadValue)
	c.that(t.Preset == "" || validID(t.Preset), "Preset", UnknownLink)
	c.that(t.PresetRevision >= 0, "PresetRevision", BadValue)
	c.that(t.Passes >= 0, "Passes", BadValue)
	c.that(t.StopLatency >= 0, "StopLatency", BadValue)
	c.that(t.StopCheck >= 0, "StopCheck", BadValue)
	c.that(storableTime(t.Started), "Started", BadValue)
	c.that(storableTime(t.Ended), "Ended", BadValue)
	for _, a := range t.Applied {
		if !storableTime(a.At) {
			c.refuse("Applied.At", BadValue)
			break
		}
	}
	for _, f := range t.FallBacks {
		c.that(storableTime(f.At), "FallBacks.At", BadValue)
		c.key("FallBacks.Reason", string(f.Reason))
	}
	for _, a := range t.Arms {
		c.that(storableTime(a.At), "Arms.At", BadValue)
		c.optional("Arms.Result", string(a.Result), maxWordRunes)
		if a.Operator != (clinical.Operator{}) {
			c.operator("Arms.Operator.", a.Operator)
		}
	}
}

// reconciled checks what became known of a treatment, and its signature. That
// an outcome is reconciled means that nothing is unknown and nothing disputed.
func (c *checker) reconciled(t clinical.Treatment, signed bool) {
	r := t.Reconciled
	c.that(r.Cause != "", "Reconciled.Cause", Missing)
	c.optional("Reconciled.Cause", string(r.Cause), maxWordRunes)
	c.that(storableTime(r.LostAt), "Reconciled.LostAt", BadValue)
	c.that(storableTime(r.AskedAt), "Reconciled.AskedAt", BadValue)
	c.that(len(t.Pulses) <= maxBatch, "Pulses", TooLong)
	for _, p := range t.Pulses {
		c.pulse(p)
	}
	if !signed {
		c.that(t.Ended.IsZero(), "Ended", NotAllowed)
		c.that(t.Outcome == clinical.OutcomeUncertain, "Outcome", NotAllowed)
		return
	}
	c.operator("Reconciled.Signature.By.", r.Signature.By)
	c.that(r.Signature.By.Role.MayTreat(), "Reconciled.Signature.By.Role", NotAllowed)
	c.that(storableTime(r.Signature.At), "Reconciled.Signature.At", BadValue)
	c.that(!t.Ended.Before(t.Started), "Ended", BadValue)
	switch r.Signature.Verdict {
	case clinical.AsReconciled, clinical.AsUncertain:
	default:
		c.refuse("Reconciled.Signature.Verdict", BadValue)
	}
	switch {
	case t.Outcome == clinical.OutcomeUncertain:
	case t.Outcome != clinical.OutcomeReconciled, !r.Known(), r.Signature.Verdict != clinical.AsReconciled:
		c.refuse("Outcome", NotAllowed)
	}
}

func (c *checker) pulse(p clinical.Pulse) {
	c.that(storableTime(p.At), "At", BadValue)
	c.that(p.Pass >= 0 && p.Pass <= 1<<31-1, "Pass", BadValue)
	c.optional("Result", p.Result, maxWordRunes)
}

func (c *checker) alarm(a clinical.Alarm) {
	c.that(storableTime(a.At), "At", BadValue)
	c.text("Priority", a.Priority, maxWordRunes)
	c.optional("Text", a.Text, maxTextRunes)
	c.optional("Expected", a.Expected, maxTextRunes)
	c.optional("Measured", a.Measured, maxTextRunes)
	c.optional("Mark", string(a.Mark), maxWordRunes)
	c.optional("By", a.By, maxNameRunes)
	c.that(a.Count >= 0, "Count", BadValue)
}

func (c *checker) handOver(h clinical.HandOver) {
	c.that(storableTime(h.At), "At", BadValue)
	c.operator("From.", h.From)
	c.operator("To.", h.To)
	c.that(h.From != h.To, "To", BadValue)
}

func (c *checker) screening(v clinical.Screening) {
	c.text("ListVersion", v.ListVersion, maxWordRunes)
	c.that(len(v.Answers) > 0, "Answers", Missing)
	c.that(len(v.Answers) <= maxAnswers, "Answers", TooLong)
	asked := make(map[clinical.QuestionKey]bool)
	for _, a := range v.Answers[:min(len(v.Answers), maxAnswers)] {
		c.key("Answers.Question", string(a.Question))
		c.that(!asked[a.Question], "Answers.Question", Duplicate)
		asked[a.Question] = true
		switch a.Answer {
		case clinical.AnswerYes, clinical.AnswerNo, clinical.AnswerUnknown:
		case "":
			c.refuse("Answers.Answer", Missing)
		default:
			c.refuse("Answers.Answer", BadValue)
		}
		c.optional("Answers.Note", a.Note, maxNoteRunes)
	}
	c.operator("By.", v.By)
}
