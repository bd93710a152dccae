package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"stipple/app/clinical"
)

// formatVersion is the version of the stored form. A file keeps the entries of
// all versions for ever: a new version is a new type beside the ones below.
const formatVersion = 1

// The stored forms. They are types of their own, so that a change of a noun
// can't change what is stored behind anybody's back.

type storedOperator struct {
	ID   string `json:"id,omitempty"`
	Name string `json:"name"`
	Role string `json:"role"`
}

type storedSubject struct {
	Kind string `json:"kind"`
	ID   string `json:"id,omitempty"`
}

// storedValue has quantity and n, or text.
type storedValue struct {
	Quantity string `json:"quantity,omitempty"`
	N        *int64 `json:"n,omitempty"`
	Text     string `json:"text,omitempty"`
}

type storedChange struct {
	Field  string       `json:"field"`
	Before *storedValue `json:"before,omitempty"`
	After  *storedValue `json:"after,omitempty"`
}

type storedEntry struct {
	Version  int             `json:"v"`
	Seq      uint64          `json:"seq"`
	At       time.Time       `json:"at"`
	Operator *storedOperator `json:"operator,omitempty"`
	Second   *storedOperator `json:"second,omitempty"`
	Action   string          `json:"action"`
	Subject  *storedSubject  `json:"subject,omitempty"`
	Patient  string          `json:"patient,omitempty"`
	Changes  []storedChange  `json:"changes,omitempty"`
	Why      string          `json:"why,omitempty"`
	Private  []byte          `json:"private,omitempty"`
}

type storedChanges struct {
	Version int            `json:"v"`
	Changes []storedChange `json:"changes"`
}

// Encode is the one form of an entry. It is refused with an *InvalidError, or
// with ErrTooLarge; nothing is cut to fit. The time is stored in UTC.
func Encode(e Entry) ([]byte, error) {
	c := checker{record: recordEntry}
	c.entry(e)
	if err := c.err(); err != nil {
		return nil, err
	}
	return marshal(packEntry(e), MaxEntryBytes)
}

// Decode reads the entry number seq back. Whatever Encode would not have written
// byte for byte is refused: with an *InvalidError where a field is wrong, which
// includes another number; with ErrNewer, ErrTooLarge or ErrForm otherwise.
func Decode(seq uint64, plain []byte) (Entry, error) {
	v, err := unmarshal[storedEntry](plain, MaxEntryBytes)
	if err != nil {
		return Entry{}, err
	}
	e := unpackEntry(v)
	c := checker{record: recordEntry}
	c.that(e.Seq == seq, "Seq", BadValue)
	c.entry(e)
	if err := c.err(); err != nil {
		return Entry{}, err
	}
	again, err := marshal(packEntry(e), MaxEntryBytes)
	if err != nil || !bytes.Equal(again, plain) {
		c.lossy = true
		c.entry(e)
		return Entry{}, orForm(c.err())
	}
	return e, nil
}

// EncodeChanges is the one form of what was changed in a patient's data, for the
// store to seal under that patient's key and to carry in Entry.Private. Whatever
// tells about the patient goes here, a reason too, as a change of the field
// "Why". Errors are as those of Encode.
func EncodeChanges(all []Change) ([]byte, error) {
	c := checker{record: recordChanges}
	c.private(all)
	if err := c.err(); err != nil {
		return nil, err
	}
	return marshal(storedChanges{formatVersion, packChanges(all)}, MaxChangesBytes)
}

// DecodeChanges reads back what EncodeChanges made, as strictly as Decode.
func DecodeChanges(plain []byte) ([]Change, error) {
	v, err := unmarshal[storedChanges](plain, MaxChangesBytes)
	if err != nil {
		return nil, err
	}
	all := unpackChanges(v.Changes)
	c := checker{record: recordChanges}
	c.private(all)
	if err := c.err(); err != nil {
		return nil, err
	}
	again, err := marshal(storedChanges{formatVersion, packChanges(all)}, MaxChangesBytes)
	if err != nil || !bytes.Equal(again, plain) {
		c.lossy = true
		c.private(all)
		return nil, orForm(c.err())
	}
	return all, nil
}

const (
	recordEntry   = "audit entry"
	recordChanges = "audit changes"
)

// private checks changes for Private, which says something or is left out.
func (c *checker) private(all []Change) {
	c.that(len(all) > 0, "Changes", Missing)
	c.changes(all)
}

func orForm(err error) error {
	if err != nil {
		return err
	}
	return ErrForm
}

func marshal(v any, limit int) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrForm, err)
	}
	if len(b) > limit {
		return nil, fmt.Errorf("%w: %d bytes, at most %d", ErrTooLarge, len(b), limit)
	}
	return b, nil
}

// unmarshal reads one value without unknown fields and without anything behind
// it. That fields stand once, in order and without spaces is for the caller to
// see by writing it again.
func unmarshal[T any](plain []byte, limit int) (T, error) {
	var v T
	if len(plain) > limit {
		return v, fmt.Errorf("%w: %d bytes, at most %d", ErrTooLarge, len(plain), limit)
	}
	var version struct {
		V int `json:"v"`
	}
	if json.Unmarshal(plain, &version) == nil && version.V > formatVersion {
		return v, fmt.Errorf("%w: version %d, this one knows %d", ErrNewer, version.V, formatVersion)
	}
	d := json.NewDecoder(bytes.NewReader(plain))
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		return v, fmt.Errorf("%w: %w", ErrForm, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return v, fmt.Errorf("%w: something behind its end", ErrForm)
	}
	return v, nil
}

func packEntry(e Entry) storedEntry {
	v := storedEntry{
		Version: formatVersion, Seq: e.Seq, At: e.At.UTC(), Operator: packOperator(e.Operator), Second: packOperator(e.Second),
		Action: string(e.Action), Patient: string(e.Patient), Changes: packChanges(e.Changes), Why: e.Why, Private: e.Private,
	}
	if e.Subject != (Subject{}) {
		v.Subject = &storedSubject{string(e.Subject.Kind), e.Subject.ID}
	}
	return v
}

func unpackEntry(v storedEntry) Entry {
	e := Entry{
		Seq: v.Seq, At: v.At.UTC(), Operator: unpackOperator(v.Operator), Second: unpackOperator(v.Second),
		Action: Action(v.Action), Patient: clinical.ID(v.Patient), Changes: unpackChanges(v.Changes), Why: v.Why, Private: v.Private,
	}
	if v.Subject != nil {
		e.Subject = Subject{SubjectKind(v.Subject.Kind), v.Subject.ID}
	}
	return e
}

func packOperator(o clinical.Operator) *storedOperator {
	if o == (clinical.Operator{}) {
		return nil
	}
	return &storedOperator{string(o.ID), o.Name, string(o.Role)}
}

func unpackOperator(v *storedOperator) clinical.Operator {
	if v == nil {
		return clinical.Operator{}
	}
	return clinical.Operator{ID: clinical.ID(v.ID), Name: v.Name, Role: clinical.Role(v.Role)}
}

func packChanges(all []Change) []storedChange {
	var out []storedChange
	for _, c := range all {
		out = append(out, storedChange{c.Field, packValue(c.Before), packValue(c.After)})
	}
	return out
}

func unpackChanges(all []storedChange) []Change {
	var out []Change
	for _, v := range all {
		out = append(out, Change{v.Field, unpackValue(v.Before), unpackValue(v.After)})
	}
	return out
}

func packValue(v Value) *storedValue {
	if v.None() {
		return nil
	}
	out := storedValue{Quantity: string(v.Quantity), Text: v.Text}
	if v.Quantity != NoQuantity || v.N != 0 {
		out.N = &v.N
	}
	return &out
}

func unpackValue(v *storedValue) Value {
	if v == nil {
		return Value{}
	}
	out := Value{Quantity: Quantity(v.Quantity), Text: v.Text}
	if v.N != nil {
		out.N = *v.N
	}
	return out
}
