package audit

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"stipple/app/clinical"
)

// checker collects what is wrong.
type checker struct {
	record string
	// lossy also refuses U+FFFD, which is what the JSON decoder makes of bytes that
	// are no UTF-8. It is set once it is known that something was lost, to find where.
	lossy  bool
	fields []FieldError
}

// that refuses a field unless ok.
func (c *checker) that(ok bool, field string, p Problem) {
	if !ok {
		c.fields = append(c.fields, FieldError{field, p})
	}
}

func (c *checker) err() error {
	if len(c.fields) == 0 {
		return nil
	}
	return &InvalidError{c.record, c.fields}
}

// text checks a text that may be empty.
func (c *checker) text(field, s string, runes int) {
	if !cleanText(s) || c.lossy && strings.ContainsRune(s, utf8.RuneError) {
		c.that(false, field, BadText)
		return
	}
	c.that(utf8.RuneCountInString(s) <= runes, field, TooLong)
}

// id checks an id that may be empty.
func (c *checker) id(field, s string) {
	if len(s) > MaxIDBytes {
		c.that(false, field, TooLong)
		return
	}
	c.text(field, s, MaxIDBytes)
}

// cleanText says whether s is UTF-8 without control characters and without
// those that turn the direction of writing, which could make one name look like
// another. It is the store's rule.
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

func (c *checker) entry(e Entry) {
	c.that(e.Seq > 0, "Seq", BadValue)
	c.moment(e.At)
	c.operator("Operator", e.Operator)
	c.operator("Second", e.Second)
	if e.Second != (clinical.Operator{}) {
		c.that(e.Operator != (clinical.Operator{}), "Operator", Missing)
		// One person can't sign twice, whatever name they have meanwhile.
		c.that(e.Second != e.Operator && (e.Second.ID == "" || e.Second.ID != e.Operator.ID), "Second", Duplicate)
	}
	if c.that(e.Action != "", "Action", Missing); e.Action != "" {
		c.that(e.Action.Known(), "Action", BadValue)
	}
	c.subject(e.Subject)
	c.id("Patient", string(e.Patient))
	if e.Subject.Kind == SubjectPatient && e.Patient != "" {
		c.that(e.Subject.ID == string(e.Patient), "Patient", BadValue)
	}
	c.changes(e.Changes)
	c.text("Why", e.Why, MaxWhyRunes)
	c.that(len(e.Private) <= MaxPrivateBytes, "Private", TooLong)
	c.that(len(e.Private) == 0 || e.Patient != "", "Patient", Missing)
}

// moment checks that the stored form, RFC 3339, has the time's year.
func (c *checker) moment(t time.Time) {
	if t.IsZero() {
		c.that(false, "At", Missing)
		return
	}
	year := t.UTC().Year()
	c.that(year >= 1 && year <= 9999, "At", BadValue)
}

// operator checks somebody, who may be nobody.
func (c *checker) operator(field string, o clinical.Operator) {
	if o == (clinical.Operator{}) {
		return
	}
	c.id(field+".ID", string(o.ID))
	c.that(o.Name != "", field+".Name", Missing)
	c.text(field+".Name", o.Name, MaxNameRunes)
	switch o.Role {
	case clinical.RoleClinician, clinical.RoleSeniorClinician, clinical.RoleTechnician,
		clinical.RoleServiceEngineer, clinical.RoleAdministrator:
	case "":
		c.that(false, field+".Role", Missing)
	default:
		c.that(false, field+".Role", BadValue)
	}
}

func (c *checker) subject(s Subject) {
	if s.Kind == NoSubject {
		c.that(s.ID == "", "Subject.ID", NotAllowed)
		return
	}
	c.that(slices.Contains(SubjectKinds(), s.Kind), "Subject.Kind", BadValue)
	c.text("Subject.ID", s.ID, MaxSubjectRunes)
}

func (c *checker) changes(all []Change) {
	if len(all) > MaxChanges {
		c.that(false, "Changes", TooLong)
		return
	}
	seen := make(map[string]bool, len(all))
	for i, ch := range all {
		at := fmt.Sprintf("Changes[%d].", i)
		c.that(!seen[ch.Field], at+"Field", Duplicate)
		seen[ch.Field] = true
		c.field(at+"Field", ch.Field)
		c.value(at+"Before", ch.Before)
		c.value(at+"After", ch.After)
		c.that(!ch.Before.None() || !ch.After.None(), at+"After", Missing)
		if b, a := ch.Before.Quantity, ch.After.Quantity; b != NoQuantity && a != NoQuantity {
			c.that(a == b, at+"After", BadValue)
		}
	}
}

// field checks the name of a field.
func (c *checker) field(at, s string) {
	const may = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._"
	switch {
	case s == "":
		c.that(false, at, Missing)
	case len(s) > MaxFieldBytes:
		c.that(false, at, TooLong)
	default:
		c.that(strings.Trim(s, may) == "", at, BadValue)
	}
}

func (c *checker) value(at string, v Value) {
	if v.Quantity == NoQuantity {
		c.that(v.N == 0, at, BadValue)
		c.text(at, v.Text, MaxTextRunes)
		return
	}
	c.that(slices.Contains(Quantities(), v.Quantity), at, BadValue)
	c.that(v.Quantity != Flag || v.N == 0 || v.N == 1, at, BadValue)
	c.that(v.Text == "", at, NotAllowed)
}
