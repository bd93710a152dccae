package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
)

// A message is shown as a tree of objects, lists and scalars. Each can be
// written for a person and as JSON; an object keeps the order of its members.
type (
	object []member
	list   []any
	scalar struct {
		text string // for a person, with its unit
		json any
	}
)

// member is one part of an object.
type member struct {
	key   string // for JSON, with the unit
	name  string // for a person
	value any    // an object, a list or a scalar
}

// MarshalJSON implements json.Marshaler. No object at all is null.
func (o object) MarshalJSON() ([]byte, error) {
	if o == nil {
		return []byte("null"), nil
	}
	var b bytes.Buffer
	for i, m := range o {
		b.WriteByte("{,"[min(i, 1)])
		key, err := json.Marshal(m.key)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(m.value)
		if err != nil {
			return nil, err
		}
		b.Write(append(append(key, ':'), value...))
	}
	if len(o) == 0 {
		b.WriteByte('{')
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// MarshalJSON implements json.Marshaler.
func (s scalar) MarshalJSON() ([]byte, error) { return json.Marshal(s.json) }

// readable is a value for a person.
func readable(v any) string {
	switch v := v.(type) {
	case object:
		return "{" + v.line() + "}"
	case list:
		parts := make([]string, len(v))
		for i, e := range v {
			parts[i] = readable(e)
		}
		return "[" + strings.Join(parts, " ") + "]"
	case scalar:
		return v.text
	}
	return fmt.Sprint(v)
}

// line is an object for a person, without braces.
func (o object) line() string {
	parts := make([]string, len(o))
	for i, m := range o {
		parts[i] = m.name + "=" + readable(m.value)
	}
	return strings.Join(parts, " ")
}

// text is a scalar that is the same for both.
func text(s string) scalar { return scalar{s, s} }

// texts is a list of such.
func texts(all []string) list {
	l := make(list, len(all))
	for i, s := range all {
		l[i] = text(s)
	}
	return l
}

// shownBytes is how many bytes of a long run a person is shown.
const shownBytes = 8

// data is bytes, whole in JSON.
func data(b []byte) scalar {
	all := hex.EncodeToString(b)
	if len(b) <= shownBytes {
		return text(all)
	}
	return scalar{fmt.Sprintf("%s…(%d bytes)", all[:2*shownBytes], len(b)), all}
}
