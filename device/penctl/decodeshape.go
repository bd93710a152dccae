package main

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"sort"
	"time"

	"stipple/device/link"
	"stipple/protocol"
)

// side is who sent something: "pen" or "console". Empty is not known, and null in
// JSON.
type side string

// MarshalJSON implements json.Marshaler.
func (s side) MarshalJSON() ([]byte, error) {
	if s == "" {
		return []byte("null"), nil
	}
	return json.Marshal(string(s))
}

// words is a side for a person.
func (s side) words() string {
	if s == "" {
		return "-"
	}
	return string(s)
}

// frameShape is one good frame.
type frameShape struct {
	Type    string  `json:"type"`  // "frame"
	AtUS    *int64  `json:"at_us"` // since the recording's start; null: not known
	From    side    `json:"from"`  // "pen", "console"; null: not known
	Lane    string  `json:"lane"`
	Name    string  `json:"name"` // of the message; TYPE_0x and the number where it is not known
	Seq     uint16  `json:"seq"`
	Ack     *uint16 `json:"ack"`     // null: it answers nothing
	Session string  `json:"session"` // 8 hex digits
	Fields  object  `json:"fields"`  // null: they can't be read
	Error   *string `json:"error"`   // why not
	Payload *string `json:"payload"` // in hex, then
}

func (d *decoding) frame(at *time.Duration, from side, f protocol.Frame) error {
	m, err := protocol.Decode(f)
	if err == nil {
		d.names.learn(m)
	}
	s := frameShape{
		Type: "frame", AtUS: micros(at), From: from, Lane: f.Lane.String(), Name: f.Type.String(), Seq: f.Seq, Session: fmt.Sprintf("%08x", f.Session),
	}
	if !d.wants(s) {
		return nil
	}
	if f.Flags&protocol.HasAck != 0 {
		s.Ack = &f.Ack
	}
	if err == nil {
		s.Fields = d.names.message(m)
	} else {
		why, payload := err.Error(), hex.EncodeToString(f.Payload)
		s.Error, s.Payload = &why, &payload
	}
	return d.print(s, func() string { return s.words() })
}

// words is a frame for a person.
func (s frameShape) words() string {
	ack := ""
	if s.Ack != nil {
		ack = fmt.Sprintf(" ack %d", *s.Ack)
	}
	line := fmt.Sprintf("%s %-7s %-7s %-16s seq %d%s  ", clock(s.AtUS), s.From.words(), s.Lane, s.Name, s.Seq, ack)
	if s.Error != nil {
		return line + *s.Error + "  " + *s.Payload
	}
	return line + s.Fields.line()
}

func (d *decoding) wants(s frameShape) bool {
	f := d.filter
	return (f.lane == "" || f.lane == s.Lane) && (f.from == "" || f.from == s.From) && (len(f.types) == 0 || f.types[s.Name])
}

// droppedShape is bytes that are no frame.
type droppedShape struct {
	Type   string `json:"type"` // "dropped"
	AtUS   *int64 `json:"at_us"`
	From   side   `json:"from"` // null: not known
	Reason string `json:"reason"`
	Bytes  int    `json:"bytes"`
}

// dropped shows what has neither lane nor type, so a filter for these hides
// it.
func (d *decoding) dropped(at *time.Duration, from side, why string, length int) error {
	s := droppedShape{Type: "dropped", AtUS: micros(at), From: from, Reason: why, Bytes: length}
	if d.filter.lane != "" || len(d.filter.types) > 0 || d.filter.from != "" && d.filter.from != s.From {
		return nil
	}
	return d.print(s, func() string {
		return fmt.Sprintf("%s %-7s dropped %d bytes: %s", clock(s.AtUS), s.From.words(), s.Bytes, s.Reason)
	})
}

// gapShape is what the recorder lost.
type gapShape struct {
	Type         string `json:"type"` // "gap"
	AtUS         *int64 `json:"at_us"`
	PenBytes     uint64 `json:"pen_bytes"` // lost, that the pen sent
	ConsoleBytes uint64 `json:"console_bytes"`
	ForUS        int64  `json:"for_us"`
}

// gap is always shown: whatever the filter is, frames may be missing.
func (d *decoding) gap(at time.Duration, g link.Gap) error {
	s := gapShape{Type: "gap", AtUS: micros(&at), PenBytes: g.ToConsole, ConsoleBytes: g.ToPen, ForUS: g.For.Microseconds()}
	return d.print(s, func() string {
		return fmt.Sprintf("%s gap: the recorder lost %d bytes of the pen and %d of the console in %v", clock(s.AtUS), g.ToConsole, g.ToPen, g.For)
	})
}

// noteShape is a text of the recording, and headerShape its beginning.
type noteShape struct {
	Type  string `json:"type"` // "note"
	AtUS  *int64 `json:"at_us"`
	Key   string `json:"key"`
	Value string `json:"value"`
}

func (d *decoding) note(at time.Duration, key, value string) error {
	s := noteShape{Type: "note", AtUS: micros(&at), Key: key, Value: value}
	if d.filter.lane != "" || len(d.filter.types) > 0 {
		return nil
	}
	return d.print(s, func() string { return fmt.Sprintf("%s note %q: %q", clock(s.AtUS), key, value) })
}

type headerShape struct {
	Type  string            `json:"type"`  // "recording"
	Start string            `json:"start"` // RFC 3339, UTC
	Info  map[string]string `json:"info"`
}

func (d *decoding) header(h link.Header) error {
	s := headerShape{Type: "recording", Start: h.Start.Format(time.RFC3339Nano), Info: h.Info}
	return d.print(s, func() string {
		keys := make([]string, 0, len(h.Info))
		for key := range h.Info {
			keys = append(keys, key)
		}
		sort.Strings(keys)
		text := "recording of " + s.Start
		for _, key := range keys {
			text += fmt.Sprintf(", %q: %q", key, h.Info[key])
		}
		return text
	})
}

// print writes one line, either as JSON or for a person.
func (d *decoding) print(shape any, words func() string) error {
	var err error
	if d.c.json {
		var text []byte
		if text, err = json.Marshal(shape); err == nil {
			_, err = d.out.Write(append(text, '\n'))
		}
	} else {
		_, err = d.out.WriteString(words() + "\n")
	}
	if err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}

// micros is a time in JSON; nil where it is not known.
func micros(at *time.Duration) *int64 {
	if at == nil {
		return nil
	}
	us := at.Microseconds()
	return &us
}

// clock is a time for a person.
func clock(us *int64) string {
	if us == nil {
		return fmt.Sprintf("%15s", "-")
	}
	return fmt.Sprintf("%6d.%06d s", *us/1e6, *us%1e6)
}
