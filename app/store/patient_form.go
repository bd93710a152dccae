package store

import (
	"bytes"
	"time"
	"unicode/utf8"
)

// decodePatient reads a patient as decodeJSON does, and takes a short way where the
// value is written as json.Marshal writes nearly all of them: every field in its
// place, no escapes. A hundred thousand are read while a store opens.
func decodePatient(plain []byte) (storedPatient, error) {
	if v, ok := plainPatient(plain); ok {
		return v, nil
	}
	return decodeJSON[storedPatient](plain)
}

// plainPatient is false for whatever it would have to look at twice.
func plainPatient(plain []byte) (v storedPatient, ok bool) {
	r := formReader{rest: plain, ok: utf8.Valid(plain)}
	r.skip(`{`)
	v.FamilyName = r.text(`"family_name":"`)
	r.skip(`,`)
	if r.has(`"given_name":"`) {
		v.GivenName = r.text(`"given_name":"`)
		r.skip(`,`)
	}
	v.BirthDate = r.text(`"birth_date":"`)
	r.skip(`,`)
	if r.has(`"sex":"`) {
		v.Sex = r.text(`"sex":"`)
		r.skip(`,`)
	}
	if r.has(`"fitzpatrick":`) {
		r.skip(`"fitzpatrick":`)
		v.Fitzpatrick = r.digit()
		r.skip(`,`)
	}
	v.FileNumber = r.text(`"file_number":"`)
	r.skip(`,`)
	v.Created = r.time(`"created":"`)
	r.skip(`,`)
	v.Updated = r.time(`"updated":"`)
	r.skip(`}`)
	return v, r.ok && len(r.rest) == 0
}

// formReader takes a value apart that has a fixed form. Once something is otherwise,
// nothing that it returns counts.
type formReader struct {
	rest []byte
	ok   bool
}

func (r *formReader) has(next string) bool {
	return len(r.rest) >= len(next) && string(r.rest[:len(next)]) == next
}

func (r *formReader) skip(next string) {
	if !r.has(next) {
		r.ok, r.rest = false, nil
		return
	}
	r.rest = r.rest[len(next):]
}

// raw is the text up to the next quote, without an escape or a control character.
func (r *formReader) raw(before string) []byte {
	r.skip(before)
	n := bytes.IndexByte(r.rest, '"')
	if n < 0 {
		r.ok, r.rest = false, nil
		return nil
	}
	text := r.rest[:n]
	r.rest = r.rest[n+1:]
	for _, c := range text {
		if c < ' ' || c == '\\' {
			r.ok = false
		}
	}
	return text
}

func (r *formReader) text(before string) string { return string(r.raw(before)) }

func (r *formReader) time(before string) (t time.Time) {
	if err := t.UnmarshalText(r.raw(before)); err != nil {
		r.ok = false
	}
	return t
}

// digit is a number of one digit.
func (r *formReader) digit() uint8 {
	if len(r.rest) == 0 || r.rest[0] < '0' || r.rest[0] > '9' {
		r.ok = false
		return 0
	}
	d := r.rest[0] - '0'
	r.rest = r.rest[1:]
	return d
}
