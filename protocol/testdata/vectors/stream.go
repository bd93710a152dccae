package vectors

import (
	"encoding/json"
	"fmt"
)

// Stream is one file of the folders "message" and "frame": bytes on the wire
// and what a receiver must make of them.
type Stream struct {
	Name   string // of the file, without folder and ending
	About  string
	From   string // who sends it: "console" or "pen"
	Bytes  []byte // delimiters included
	Expect []Outcome
	// Reencodes says whether what came out encodes to Bytes again; nil: there
	// is nothing to compare.
	Reencodes *bool
}

// Outcome is what one frame of a stream comes to: Drop alone, or a header and
// a payload that is taken (Refused empty) or not.
type Outcome struct {
	Drop    string // why the frame is dropped; empty: it is whole
	Refused string // why the message is not taken: "lane", "direction", "payload", "unknown_type"
	Field   string // that is wrong or missing, with Refused "payload"
	Name    string // of the type
	Header  Header
	Payload []byte
	Message json.RawMessage // the fields of a message that is taken; else nil
}

// Header is a frame's header as a vector spells it.
type Header struct {
	Flags   uint8  `json:"flags"`
	Type    uint8  `json:"type"`
	Lane    uint8  `json:"lane"`
	Seq     uint16 `json:"seq"`
	Ack     uint16 `json:"ack"`
	Session uint32 `json:"session"`
}

// Streams reads a folder, "message" or "frame", in the order of the names. An
// error is an ErrVector that names the file.
func Streams(folder string) ([]Stream, error) { return load(folder, ParseStream) }

// ParseStream reads one file of the folders "message" and "frame". An error is
// an ErrVector.
func ParseStream(name string, raw []byte) (Stream, error) {
	var v struct {
		About, From string
		Stream      Bytes
		Reencodes   *bool
		Expect      []struct {
			Drop, Refused, Field, Name string
			Header                     *Header
			Payload                    Bytes
			Message                    json.RawMessage
		}
	}
	if err := decode(name, raw, &v); err != nil {
		return Stream{}, err
	}
	if v.From != "console" && v.From != "pen" {
		return Stream{}, refuse(name, fmt.Errorf("from %q", v.From))
	}
	s := Stream{Name: name, About: v.About, From: v.From, Bytes: v.Stream, Reencodes: v.Reencodes}
	for i, e := range v.Expect {
		o := Outcome{Drop: e.Drop, Refused: e.Refused, Field: e.Field, Name: e.Name, Payload: e.Payload, Message: e.Message}
		if (o.Drop == "") != (e.Header != nil) || o.Drop == "" && (o.Refused == "") != (e.Message != nil) {
			return Stream{}, refuse(name, fmt.Errorf("entry %d of expect is neither dropped nor taken nor refused", i))
		}
		if e.Header != nil {
			o.Header = *e.Header
		}
		s.Expect = append(s.Expect, o)
	}
	return s, nil
}
