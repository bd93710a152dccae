// Package vectors carries the golden vectors into programs: the tests of
// package protocol and of the simulated pen and the conformance suite read the
// same files. README.md says what is in them. It knows no message; the files
// are the same for an implementation in any language.
package vectors

import (
	"embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strings"
)

// Files holds the vectors, a folder for each kind of case. It is never written
// to.
//
//go:embed message frame cobs descriptor hash
var Files embed.FS

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

// ErrVector is a file that is not what README.md says.
var ErrVector = errors.New("broken vector")

// Streams reads a folder, "message" or "frame", in the order of the names. An
// error is an ErrVector that names the file.
func Streams(folder string) ([]Stream, error) {
	entries, err := Files.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrVector, err)
	}
	var list []Stream
	for _, e := range entries {
		raw, err := Files.ReadFile(path.Join(folder, e.Name()))
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrVector, err)
		}
		s, err := ParseStream(strings.TrimSuffix(e.Name(), ".json"), raw)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", folder, err)
		}
		list = append(list, s)
	}
	return list, nil
}

// ParseStream reads one file of the folders "message" and "frame". An error is
// an ErrVector.
func ParseStream(name string, raw []byte) (Stream, error) {
	refuse := func(err error) (Stream, error) { return Stream{}, fmt.Errorf("%w: %s: %w", ErrVector, name, err) }
	var v struct {
		About, From, Stream string
		Reencodes           *bool
		Expect              []struct {
			Drop, Refused, Field, Name, Payload string
			Header                              *Header
			Message                             json.RawMessage
		}
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		return refuse(err)
	}
	if v.From != "console" && v.From != "pen" {
		return refuse(fmt.Errorf("from %q", v.From))
	}
	s := Stream{Name: name, About: v.About, From: v.From, Reencodes: v.Reencodes}
	var err error
	if s.Bytes, err = hex.DecodeString(v.Stream); err != nil {
		return refuse(fmt.Errorf("stream: %w", err))
	}
	for i, e := range v.Expect {
		o := Outcome{Drop: e.Drop, Refused: e.Refused, Field: e.Field, Name: e.Name, Message: e.Message}
		if o.Payload, err = hex.DecodeString(e.Payload); err != nil {
			return refuse(fmt.Errorf("payload: %w", err))
		}
		if (o.Drop == "") != (e.Header != nil) || o.Drop == "" && (o.Refused == "") != (e.Message != nil) {
			return refuse(fmt.Errorf("entry %d of expect is neither dropped nor taken nor refused", i))
		}
		if e.Header != nil {
			o.Header = *e.Header
		}
		s.Expect = append(s.Expect, o)
	}
	return s, nil
}
