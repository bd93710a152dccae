package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
)

// A message is shown as a tree of objects, lists and scalars. Each can be
// written for a person and as JSON; an object keeps the order of its members.
type (
	object []member
	list   []shown
	scalar struct {
		text string // for a person, with its unit
		json string // encoded
	}
)

// member is one part of an object.
type member struct {
	key   string // for JSON, with the unit
	name  string // for a person
	value shown
}

// shown is an object, a list or a scalar.
type shown interface {
	appendText(dst []byte) []byte // for a person
	appendJSON(dst []byte) []byte
}

// MarshalJSON implements json.Marshaler. No object at all is null.
func (o object) MarshalJSON() ([]byte, error) {
	if o == nil {
		return []byte("null"), nil
	}
	return o.appendJSON(nil), nil
}

func (o object) appendJSON(dst []byte) []byte {
	dst = append(dst, '{')
	for i, m := range o {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(append(dst, quoted(m.key)...), ':')
		dst = m.value.appendJSON(dst)
	}
	return append(dst, '}')
}

func (o object) appendText(dst []byte) []byte {
	return append(append(append(dst, '{'), o.line()...), '}')
}

// line is an object for a person, without braces.
func (o object) line() string {
	var dst []byte
	for i, m := range o {
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = append(append(dst, m.name...), '=')
		dst = m.value.appendText(dst)
	}
	return string(dst)
}

func (l list) appendJSON(dst []byte) []byte {
	dst = append(dst, '[')
	for i, v := range l {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = v.appendJSON(dst)
	}
	return append(dst, ']')
}

func (l list) appendText(dst []byte) []byte {
	dst = append(dst, '[')
	for i, v := range l {
		if i > 0 {
			dst = append(dst, ' ')
		}
		dst = v.appendText(dst)
	}
	return append(dst, ']')
}

func (s scalar) appendJSON(dst []byte) []byte { return append(dst, s.json...) }
func (s scalar) appendText(dst []byte) []byte { return append(dst, s.text...) }

// quoted is a string in JSON. Names are plain and need no encoder.
func quoted(s string) string {
	for _, c := range []byte(s) {
		if c < ' ' || c > '~' || c == '"' || c == '\\' {
			text, _ := json.Marshal(s) // a string can't fail to encode
			return string(text)
		}
	}
	return `"` + s + `"`
}

// text is a scalar that is the same for both.
func text(s string) scalar { return scalar{s, quoted(s)} }

// texts is a list of such.
func texts(all []string) list {
	l := make(list, len(all))
	for i, s := range all {
		l[i] = text(s)
	}
	return l
}

// count is a number without a unit.
func count(n int) scalar {
	digits := strconv.Itoa(n)
	return scalar{digits, digits}
}

// shownBytes is how many bytes of a long run a person is shown.
const shownBytes = 8

// data is bytes, whole in JSON.
func data(b []byte) scalar {
	all := hex.EncodeToString(b)
	if len(b) <= shownBytes {
		return text(all)
	}
	return scalar{fmt.Sprintf("%s…(%d bytes)", all[:2*shownBytes], len(b)), quoted(all)}
}
