package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"stipple/app/clinical"
	"stipple/app/coded"
)

func sample() Entry {
	return Entry{
		Seq:      42,
		At:       time.Date(2026, 3, 1, 9, 30, 0, 123456789, time.UTC),
		Operator: clinical.Operator{ID: "01jh0000000000000000000001", Name: "Ada Müller", Role: clinical.RoleClinician},
		Second:   clinical.Operator{ID: "01jh0000000000000000000002", Name: "Grace <Okoye>", Role: clinical.RoleSeniorClinician},
		Action:   SettingsApply,
		Subject:  Subject{SubjectTreatment, "01jh0000000000000000000003"},
		Patient:  "01jh0000000000000000000004",
		Changes: []Change{
			{"Settings.Depth", Amount(Depth, 1500), Amount(Depth, 0)},
			{"Zone", Text("cheek_left"), Value{}},
			{"Override", Value{}, YesNo(true)},
		},
		Why:     "thick skin, agreed with the patient's doctor",
		Private: []byte{0, 1, 254, 255},
	}
}

// The form on disk, spelled out: what is written once has to be readable for ever.
const sampleForm = `{"v":1,"seq":42,"at":"2026-03-01T09:30:00.123456789Z",` +
	`"operator":{"id":"01jh0000000000000000000001","name":"Ada Müller","role":"clinician"},` +
	`"second":{"id":"01jh0000000000000000000002","name":"Grace \u003cOkoye\u003e","role":"senior clinician"},` +
	`"action":"settings.apply","subject":{"kind":"treatment","id":"01jh0000000000000000000003"},` +
	`"patient":"01jh0000000000000000000004","changes":[` +
	`{"field":"Settings.Depth","before":{"quantity":"depth_um","n":1500},"after":{"quantity":"depth_um","n":0}},` +
	`{"field":"Zone","before":{"text":"cheek_left"}},{"field":"Override","after":{"quantity":"flag","n":1}}],` +
	`"why":"thick skin, agreed with the patient's doctor","private":"AAH+/w=="}`

const smallest = `{"v":1,"seq":1,"at":"2026-03-01T09:30:00Z","action":"store.migrate"}`

func TestForm(t *testing.T) {
	b, err := Encode(sample())
	if err != nil || string(b) != sampleForm {
		t.Errorf("%s, %v", b, err)
	}
	e, err := Decode(42, []byte(sampleForm))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(sample(), e); d != "" {
		t.Error(d)
	}
	elsewhere := sample()
	elsewhere.At = elsewhere.At.In(time.FixedZone("", 7200))
	if b, err := Encode(elsewhere); err != nil || string(b) != sampleForm {
		t.Errorf("a time of another zone: %s, %v", b, err)
	}
	e = Entry{Seq: 1, At: time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC), Action: StoreMigrate}
	if b, err := Encode(e); err != nil || string(b) != smallest {
		t.Errorf("%s, %v", b, err)
	}
}

// Each field with what it refuses, when written and when read.
func TestEntryRefuses(t *testing.T) {
	long := func(n int) string { return strings.Repeat("ä", n) }
	for _, c := range []struct {
		field string
		want  Problem
		spoil func(*Entry)
	}{
		{"Seq", BadValue, func(e *Entry) { e.Seq = 0 }},
		{"At", Missing, func(e *Entry) { e.At = time.Time{} }},
		{"At", BadValue, func(e *Entry) { e.At = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) }},
		{"Operator.ID", TooLong, func(e *Entry) { e.Operator.ID = clinical.ID(strings.Repeat("x", MaxIDBytes+1)) }},
		{"Operator.ID", BadText, func(e *Entry) { e.Operator.ID = "a\tb" }},
		{"Operator.Name", Missing, func(e *Entry) { e.Operator.Name = "" }},
		{"Operator.Name", TooLong, func(e *Entry) { e.Operator.Name = long(MaxNameRunes + 1) }},
		{"Operator.Name", BadText, func(e *Entry) { e.Operator.Name = "a\u202eb" }},
		{"Operator.Role", Missing, func(e *Entry) { e.Operator.Role = "" }},
		{"Operator.Role", BadValue, func(e *Entry) { e.Operator.Role = "king" }},
		{"Second.Name", BadText, func(e *Entry) { e.Second.Name = "a\x7fb" }},
		{"Operator", Missing, func(e *Entry) { e.Operator = clinical.Operator{} }},
		{"Second", Duplicate, func(e *Entry) { e.Second = e.Operator }},
		{"Second", Duplicate, func(e *Entry) { e.Second.ID = e.Operator.ID }},
		{"Action", Missing, func(e *Entry) { e.Action = "" }},
		{"Action", BadValue, func(e *Entry) { e.Action = "pen.explode" }},
		{"Subject.Kind", BadValue, func(e *Entry) { e.Subject.Kind = "planet" }},
		{"Subject.ID", NotAllowed, func(e *Entry) { e.Subject.Kind = NoSubject }},
		{"Subject.ID", TooLong, func(e *Entry) { e.Subject.ID = long(MaxSubjectRunes + 1) }},
		{"Subject.ID", BadText, func(e *Entry) { e.Subject.ID = "a\nb" }},
		{"Patient", BadText, func(e *Entry) { e.Patient = "\x00" }},
		{"Patient", Missing, func(e *Entry) { e.Patient = "" }},
		{"Patient", BadValue, func(e *Entry) { e.Subject = Subject{SubjectPatient, "somebody else"} }},
		{"Changes", TooLong, func(e *Entry) { e.Changes = make([]Change, MaxChanges+1) }},
		{"Changes[1].Field", Duplicate, func(e *Entry) { e.Changes[1].Field = "Settings.Depth" }},
		{"Changes[0].Field", Missing, func(e *Entry) { e.Changes[0].Field = "" }},
		{"Changes[0].Field", TooLong, func(e *Entry) { e.Changes[0].Field = strings.Repeat("x", MaxFieldBytes+1) }},
		{"Changes[0].Field", BadValue, func(e *Entry) { e.Changes[0].Field = "a b" }},
		{"Changes[1].Before", BadText, func(e *Entry) { e.Changes[1].Before = Text("a\rb") }},
		{"Changes[1].Before", TooLong, func(e *Entry) { e.Changes[1].Before = Text(long(MaxTextRunes + 1)) }},
		{"Changes[1].After", BadValue, func(e *Entry) { e.Changes[1].After = Value{N: 3} }},
		{"Changes[1].After", Missing, func(e *Entry) { e.Changes[1].Before = Value{} }},
		{"Changes[0].After", BadValue, func(e *Entry) { e.Changes[0].After = Amount(Power, 3) }},
		{"Changes[0].Before", NotAllowed, func(e *Entry) { e.Changes[0].Before.Text = "deep" }},
		{"Changes[2].After", BadValue, func(e *Entry) { e.Changes[2].After = Amount(Flag, 2) }},
		{"Changes[2].After", BadValue, func(e *Entry) { e.Changes[2].After = Amount("miles", 2) }},
		{"Why", BadText, func(e *Entry) { e.Why = "a\u2066b" }},
		{"Why", TooLong, func(e *Entry) { e.Why = long(MaxWhyRunes + 1) }},
		{"Private", TooLong, func(e *Entry) { e.Private = make([]byte, MaxPrivateBytes+1) }},
	} {
		e := sample()
		c.spoil(&e)
		_, err := Encode(e)
		wantField(t, err, c.field, c.want)
		if e.At.Year() > 9999 || len(e.Private) > MaxPrivateBytes {
			continue // no JSON of ours can say that
		}
		b, err := json.Marshal(packEntry(e))
		if err != nil {
			t.Fatal(err)
		}
		_, err = Decode(e.Seq, b)
		wantField(t, err, c.field, c.want)
	}
	_, err := Decode(43, []byte(sampleForm))
	wantField(t, err, "Seq", BadValue)
}

func wantField(t *testing.T, err error, field string, want Problem) {
	t.Helper()
	var invalid *InvalidError
	if !errors.As(err, &invalid) || invalid.FieldProblems()[field] != string(want) || !strings.Contains(err.Error(), field) {
		t.Errorf("%s %s: %v", field, want, err)
	}
}

// What lies on the bounds is taken, and whatever the store takes for a name.
func TestBoundsHold(t *testing.T) {
	wide := func(n int) string { return strings.Repeat("\u2028", n) } // 6 bytes in JSON
	e := sample()
	e.Operator.Name, e.Second.Name, e.Subject.ID, e.Why = wide(MaxNameRunes), "\ufffd", wide(MaxSubjectRunes), wide(MaxWhyRunes)
	e.Private = make([]byte, MaxPrivateBytes)
	e.Changes = nil
	for i := range 16 {
		e.Changes = append(e.Changes, Change{strings.Repeat("x", MaxFieldBytes-2) + fmt.Sprintf("%02d", i), Text(wide(MaxTextRunes)), Text(wide(MaxTextRunes))})
	}
	b, err := Encode(e)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := Decode(e.Seq, b); err != nil || !cmp.Equal(got, e) {
		t.Error(err)
	}
	for i := range 48 {
		e.Changes = append(e.Changes, Change{fmt.Sprintf("y%d", i), Text(wide(MaxTextRunes)), Text(wide(MaxTextRunes))})
	}
	if _, err := Encode(e); !errors.Is(err, ErrTooLarge) {
		t.Errorf("all at once: %v", err)
	}
	if _, err := Decode(1, make([]byte, MaxEntryBytes+1)); !errors.Is(err, ErrTooLarge) {
		t.Errorf("too many bytes: %v", err)
	}
}

// An entry has one form; every other way to write it is refused.
func TestOneForm(t *testing.T) {
	swap := func(old, with string) string {
		if !strings.Contains(smallest, old) {
			t.Fatalf("%s is not there", old)
		}
		return strings.Replace(smallest, old, with, 1)
	}
	for _, s := range []string{
		"", "null", "[]", "{}", "1", smallest[:len(smallest)-1], smallest + " ", smallest + "{}", " " + smallest,
		swap(`"seq":1`, `"seq":1.0`), swap(`"seq":1`, `"seq":-1`), swap(`"seq":1`, `"seq":"1"`), swap(`"seq":1`, `"Seq":1`),
		swap(`"seq":1`, `"seq":1,"seq":1`), swap(`"seq":1`, `"seq":2,"seq":1`), swap(`"seq":1`, `"seq":1,"more":1`),
		swap(`"seq":1`, `"seq":1,"why":""`), swap(`"seq":1`, `"seq":1,"changes":[]`), swap(`"seq":1`, `"seq":1,"why":null`),
		swap(`"v":1`, `"v":0`), swap(`"v":1,`, ``), swap(`09:30:00Z`, `09:30:00.0Z`), swap(`09:30:00Z`, `10:30:00+01:00`),
		swap(`store.migrate"`, `store.migrate","subject":{"kind":""}`), swap(`store.migrate"`, `store.migrate","private":""`),
		swap(`store`, `st\u006fre`), swap(`"action"`, `"operator":null,"action"`),
		swap(`store.migrate"`, `store.migrate","changes":[{"field":"a","after":{"quantity":"count"}}]`),
		swap(`store.migrate"`, `store.migrate","changes":[{"field":"a","after":{"text":"b"},"before":{}}]`),
	} {
		if _, err := Decode(1, []byte(s)); err == nil {
			t.Errorf("taken: %s", s)
		}
	}
	if _, err := Decode(1, []byte(swap(`"v":1`, `"v":2,"new":3`))); !errors.Is(err, ErrNewer) {
		t.Errorf("newer: %v", err)
	}
	if _, err := Decode(1, []byte(swap(`"v":1`, `"v":1,"new":3`))); !errors.Is(err, ErrForm) || !strings.Contains(err.Error(), "new") {
		t.Errorf("an unknown field: %v", err)
	}
	if _, err := Decode(1, []byte(smallest)); err != nil {
		t.Error(err)
	}
}

// Bytes that are no UTF-8 become a replacement character when JSON is read: the
// field in which that happened is named.
func TestBadUTF8IsNamed(t *testing.T) {
	for _, bad := range []string{"\xff", "\xc3", "\xed\xa0\x80", `\ud800`} {
		for field, mark := range map[string]string{
			"Operator.Name": "Ada", "Subject.ID": "01jh0000000000000000000003", "Changes[1].Before": "cheek_left", "Why": "thick",
		} {
			_, err := Decode(42, []byte(strings.Replace(sampleForm, mark, bad, 1)))
			wantField(t, err, field, BadText)
		}
		if _, err := Decode(42, []byte(strings.Replace(sampleForm, `"why"`, `"why`+bad+`"`, 1))); !errors.Is(err, ErrForm) {
			t.Errorf("in a name: %v", err)
		}
	}
	_, err := Decode(42, []byte(strings.Replace(sampleForm, "cheek_left", `a\u0007`, 1)))
	wantField(t, err, "Changes[1].Before", BadText)
	e := sample()
	e.Why = "\xff"
	_, err = Encode(e)
	wantField(t, err, "Why", BadText)
}

func TestChanges(t *testing.T) {
	all := []Change{
		{"FamilyName", Text("Nguyen"), Text("Tran")},
		{"Fitzpatrick", Amount(Count, 3), Amount(Count, 4)},
		{"Why", Value{}, Text("married")},
	}
	const form = `{"v":1,"changes":[{"field":"FamilyName","before":{"text":"Nguyen"},"after":{"text":"Tran"}},` +
		`{"field":"Fitzpatrick","before":{"quantity":"count","n":3},"after":{"quantity":"count","n":4}},{"field":"Why","after":{"text":"married"}}]}`
	b, err := EncodeChanges(all)
	if err != nil || string(b) != form {
		t.Errorf("%s, %v", b, err)
	}
	if got, err := DecodeChanges(b); err != nil || !cmp.Equal(got, all) {
		t.Errorf("%v, %v", got, err)
	}
	_, err = EncodeChanges(nil)
	wantField(t, err, "Changes", Missing)
	_, err = EncodeChanges([]Change{{"A", Text("\n"), Value{}}})
	wantField(t, err, "Changes[0].Before", BadText)
	_, err = DecodeChanges([]byte(strings.Replace(form, "Tran", "\xff", 1)))
	wantField(t, err, "Changes[0].After", BadText)
	_, err = DecodeChanges([]byte(strings.Replace(form, "FamilyName", "Why", 1)))
	wantField(t, err, "Changes[2].Field", Duplicate)
	for _, s := range []string{"", "{}", form + "\n", strings.Replace(form, `"v":1`, `"v":1,"x":1`, 1), strings.Replace(form, `"n":3`, `"n":3,"n":3`, 1), `{"v":1,"changes":[]}`} {
		if _, err := DecodeChanges([]byte(s)); err == nil {
			t.Errorf("taken: %s", s)
		}
	}
	if _, err := DecodeChanges([]byte(strings.Replace(form, `"v":1`, `"v":2`, 1))); !errors.Is(err, ErrNewer) {
		t.Errorf("newer: %v", err)
	}
	var large []Change
	for i := range MaxChanges {
		large = append(large, Change{fmt.Sprintf("f%d", i), Value{}, Text(strings.Repeat("ß", MaxTextRunes))})
	}
	if _, err := EncodeChanges(large); !errors.Is(err, ErrTooLarge) {
		t.Errorf("too large: %v", err)
	}
}

func textOf(runes int) *rapid.Generator[string] {
	return rapid.StringN(1, runes, -1).Filter(cleanText)
}

func valueOf() *rapid.Generator[Value] {
	return rapid.OneOf(
		rapid.Map(textOf(20), Text),
		rapid.Just(Value{}),
		rapid.Map(rapid.Bool(), YesNo),
		rapid.Map(rapid.Int64(), func(n int64) Value { return Amount(Depth, n) }),
	)
}

func entryOf() *rapid.Generator[Entry] {
	return rapid.Custom(func(t *rapid.T) Entry {
		who := func(id clinical.ID) clinical.Operator {
			return clinical.Operator{ID: id, Name: textOf(MaxNameRunes).Draw(t, "name"), Role: clinical.RoleTechnician}
		}
		e := Entry{
			Seq:     rapid.Uint64Min(1).Draw(t, "seq"),
			At:      time.Unix(rapid.Int64Range(-1<<33, 1<<37).Draw(t, "at"), rapid.Int64Range(0, 999_999_999).Draw(t, "ns")).UTC(),
			Action:  rapid.SampledFrom(Actions()).Draw(t, "action").Action,
			Patient: "p",
			Why:     rapid.OneOf(textOf(MaxWhyRunes), rapid.Just("")).Draw(t, "why"),
			Private: rapid.SliceOfN(rapid.Byte(), 1, 50).Draw(t, "private"),
		}
		if rapid.Bool().Draw(t, "operator") {
			e.Operator = who("a")
			if rapid.Bool().Draw(t, "second") {
				e.Second = who("b")
			}
		}
		if rapid.Bool().Draw(t, "subject") {
			e.Subject = Subject{rapid.SampledFrom(SubjectKinds()).Draw(t, "kind"), "p"}
		}
		for i := range rapid.IntRange(0, 5).Draw(t, "changes") {
			c := Change{fmt.Sprintf("f%d", i), valueOf().Draw(t, "before"), valueOf().Draw(t, "after")}
			if !c.Before.None() || !c.After.None() {
				if c.Before.Quantity != c.After.Quantity && c.Before.Quantity != NoQuantity && c.After.Quantity != NoQuantity {
					c.Before = Value{}
				}
				e.Changes = append(e.Changes, c)
			}
		}
		return e
	})
}

// An entry comes back as it was, and has one form.
func TestEntryRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := entryOf().Draw(t, "entry")
		b, err := Encode(e)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Decode(e.Seq, b)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(e, got); d != "" {
			t.Fatal(d)
		}
		if again, err := Encode(got); err != nil || !bytes.Equal(again, b) {
			t.Fatalf("%s, then %s, %v", b, again, err)
		}
		flipped := slices.Clone(b)
		flipped[rapid.IntRange(0, len(b)-1).Draw(t, "byte")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		if other, err := Decode(e.Seq, flipped); err == nil && cmp.Equal(other, e) {
			t.Fatalf("read alike: %s and %s", b, flipped)
		}
	})
}

// FuzzDecode: whatever is taken is the one form of an entry within bounds, and
// text in it is clean; whatever is refused is refused with an error of ours.
func FuzzDecode(f *testing.F) {
	f.Add(uint64(42), []byte(sampleForm))
	f.Add(uint64(1), []byte(smallest))
	f.Fuzz(func(t *testing.T, seq uint64, b []byte) {
		e, err := Decode(seq, b)
		if err != nil {
			wantCode(t, err)
			return
		}
		if again, err := Encode(e); err != nil || !bytes.Equal(again, b) || !utf8.Valid(b) || e.Seq != seq || !cleanText(e.Why) || !cleanText(e.Operator.Name) {
			t.Errorf("%s became %s, %v", b, again, err)
		}
	})
}

// FuzzDecodeChanges does the same for what is sealed under a patient's key.
func FuzzDecodeChanges(f *testing.F) {
	f.Add([]byte(`{"v":1,"changes":[{"field":"A","before":{"text":"x"},"after":{"quantity":"flag","n":1}}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		all, err := DecodeChanges(b)
		if err != nil {
			wantCode(t, err)
			return
		}
		if again, err := EncodeChanges(all); err != nil || !bytes.Equal(again, b) {
			t.Errorf("%s became %s, %v", b, again, err)
		}
	})
}

// wantCode demands a decision that a caller can take.
func wantCode(t *testing.T, err error) {
	t.Helper()
	if coded.Of(err) == "" {
		t.Errorf("an error without a code: %v", err)
	}
}
