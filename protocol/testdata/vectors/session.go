package vectors

import (
	"errors"
	"fmt"
	"regexp"
)

// Session is one file of the folder "session": what a console sends to a pen,
// step by step, and what the pen must answer.
type Session struct {
	Name  string `json:"-"` // of the file, without folder and ending
	About string
	// Needs is what the runner has to bring about first: "reset", the pen has
	// just booted and has no session; "session", a HELLO has been answered.
	Needs string
	Steps []Step
}

// Step is one frame from the console, and the answers to it.
type Step struct {
	About  string
	Send   Bytes  // one frame, delimiters included
	In     string // which session it is to carry: "as_is", "pen" or "other"
	Expect []Answer
}

// Answer is one frame from the pen.
type Answer struct {
	Name    string // of its type
	Type    uint8
	Lane    uint8
	Ack     *uint16 // nil: the frame has no HAS_ACK
	Payload string  // hexadecimal; ".." is any byte, "*" at the end any bytes or none
	SameAs  *int    `json:"same_as"` // step whose first answer this is again, byte for byte
}

// Sessions reads the folder "session"; errors as those of Streams.
func Sessions() ([]Session, error) { return load("session", ParseSession) }

var payloadPattern = regexp.MustCompile(`^([0-9a-f]{2}|\.\.)*\*?$`)

// ParseSession reads one file of the folder "session". An error is an
// ErrVector.
func ParseSession(name string, raw []byte) (Session, error) {
	s := Session{}
	if err := decode(name, raw, &s); err != nil {
		return Session{}, err
	}
	s.Name = name
	if s.Needs != "reset" && s.Needs != "session" {
		return Session{}, refuse(name, fmt.Errorf("needs %q", s.Needs))
	}
	for i, step := range s.Steps {
		if err := step.check(i); err != nil {
			return Session{}, refuse(name, fmt.Errorf("step %d: %w", i, err))
		}
	}
	return s, nil
}

func (s Step) check(at int) error {
	if len(s.Send) == 0 || s.In != "as_is" && s.In != "pen" && s.In != "other" {
		return fmt.Errorf("%d bytes in session %q", len(s.Send), s.In)
	}
	for _, a := range s.Expect {
		if !payloadPattern.MatchString(a.Payload) {
			return fmt.Errorf("payload %q", a.Payload)
		}
		if a.SameAs != nil && (*a.SameAs < 0 || *a.SameAs >= at) {
			return errors.New("same_as names no step before it")
		}
	}
	return nil
}

// Matches says whether a payload is what Payload describes.
func (a Answer) Matches(payload []byte) bool {
	pattern := a.Payload
	for i := range payload {
		if pattern == "*" {
			return true
		}
		if len(pattern) < 2 || pattern[:2] != ".." && pattern[:2] != fmt.Sprintf("%02x", payload[i]) {
			return false
		}
		pattern = pattern[2:]
	}
	return pattern == "" || pattern == "*"
}
