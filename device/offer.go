package device

import (
	"fmt"
	"slices"

	"stipple/protocol"
)

// NotOfferedError says what a pen does not have. It is an ErrNotOffered.
type NotOfferedError struct{ What string }

func (e *NotOfferedError) Error() string { return fmt.Sprintf("pen does not offer %s", e.What) }

// Unwrap makes it an ErrNotOffered.
func (e *NotOfferedError) Unwrap() error { return ErrNotOffered }

// offers says whether requests of type t make sense to this pen: its descriptor
// has what they are about, and it has not called them unsupported. Of a pen
// whose descriptor was refused, nothing is known. The mutex is held.
func (s *Session) offers(t protocol.Type) error {
	missing := func(what string) error { return &NotOfferedError{What: what} }
	if slices.Contains(s.unsupported, t) {
		return missing(t.String())
	}
	d := s.info.Descriptor
	if d == nil {
		return nil
	}
	switch t {
	case protocol.TypeLogRead, protocol.TypeLogErase, protocol.TypeLogNote:
		if d.LogKept == 0 {
			return missing("a log")
		}
	case protocol.TypeSelfTest, protocol.TypeSelfTestRead:
		if len(d.SelfTests) == 0 {
			return missing("a self-test")
		}
	case protocol.TypeCalRead, protocol.TypeCalWrite, protocol.TypeCalCommit, protocol.TypeCalRestore:
		if len(d.Calibrations) == 0 {
			return missing("calibration")
		}
	case protocol.TypeFirmwareBegin, protocol.TypeFirmwareWrite, protocol.TypeFirmwareVerify, protocol.TypeFirmwareCommit,
		protocol.TypeFirmwareAbort, protocol.TypeFirmwareRead:
		if !d.FirmwareUpdate {
			return missing("a firmware update")
		}
	}
	return nil
}

// calibrates says whether the pen has calibration tables of q.
func (s *Session) calibrates(q protocol.Quantity) error {
	if d := s.info.Descriptor; d != nil && !slices.Contains(d.Calibrations, q.String()) {
		return &NotOfferedError{What: "calibration of " + q.String()}
	}
	return nil
}

// drives says whether the pen can give a SERVICE output of q.
func (s *Session) drives(q protocol.Quantity) error {
	if d := s.info.Descriptor; d != nil && (q == protocol.QuantityImpedance || d.Index(q.String()) < 0) {
		return &NotOfferedError{What: "an output of " + q.String()}
	}
	return nil
}
