package vectors

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// Judge is one file of the folder "judge": a pen, and requests of one rule that
// it judges. Each case begins with a pen that has just booted with an empty
// memory and has no tip, in a new session.
type Judge struct {
	Name       string `json:"-"` // of the file, without folder and ending: the rule
	About      string
	Descriptor string
	Boot       uint32
	CalRev     uint32 `json:"cal_rev"`
	Clock      uint64 `json:"clock,string"` // of the pen, in µs, throughout
	Cases      []JudgeCase
}

// JudgeCase is one request, with what it is judged by and what comes of it.
type JudgeCase struct {
	About  string
	Before []Message // what has led there, in this order
	// What the request is judged by.
	Tip      Bytes    // TIP_INFO; nil: no tip is on
	Envelope Bytes    // ENVELOPE, of this session; nil: none
	InForce  Message  `json:"in_force"` // what GET_SETTINGS was answered with
	Request  Message  // TIP_INFO: that tip is put on
	Accepted bool     // the request is carried out
	Answer   *Message // nil for TIP_INFO
	After    Message  // what GET_SETTINGS is answered with then
}

// Message is a payload and what it says.
type Message struct {
	Name    string // of its type
	Payload Bytes
	Fields  json.RawMessage
}

// Judges reads the folder "judge"; errors as those of Streams.
func Judges() ([]Judge, error) { return load("judge", ParseJudge) }

// ParseJudge reads one file of the folder "judge". An error is an ErrVector.
func ParseJudge(name string, raw []byte) (Judge, error) {
	v := Judge{}
	if err := decode(name, raw, &v); err != nil {
		return Judge{}, err
	}
	v.Name = name
	for i, c := range v.Cases {
		if err := c.check(); err != nil {
			return Judge{}, refuse(name, fmt.Errorf("case %d: %w", i, err))
		}
	}
	return v, nil
}

func (c *JudgeCase) check() error {
	known := []string{"TIP_INFO", "HELLO", "PUT_ENVELOPE", "PUT_SETTINGS", "ARM", "DISARM"}
	for _, m := range append(slices.Clip(c.Before), c.Request) {
		if !slices.Contains(known, m.Name) {
			return fmt.Errorf("%q before the answer", m.Name)
		}
	}
	if c.InForce.Name != "SETTINGS" || c.After.Name != "SETTINGS" {
		return errors.New("what is in force is no SETTINGS")
	}
	if (c.Answer == nil) != (c.Request.Name == "TIP_INFO") {
		return errors.New("a request without an answer, or a tip with one")
	}
	return nil
}
