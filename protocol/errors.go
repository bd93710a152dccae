package protocol

import (
	"errors"
	"fmt"
)

// Why a frame was dropped. All of them are non-fatal: the decoder is already
// in step again at the next delimiter.
var (
	// ErrIncomplete means that every byte given so far has been consumed and
	// no whole frame has been seen yet. It is not a fault.
	ErrIncomplete = errors.New("frame incomplete")
	// ErrTooLong is a run of more than MaxEncoded bytes without a delimiter, or
	// a frame of more than MaxRaw.
	ErrTooLong = errors.New("frame too long")
	// ErrTooShort is a frame that can't hold a header and a checksum.
	ErrTooShort = errors.New("frame too short")
	// ErrCOBS is a byte-stuffing code that points past the frame's end, or a
	// longer form of what has a shorter one.
	ErrCOBS = errors.New("byte stuffing broken")
	// ErrChecksum is a CRC-32C that does not match.
	ErrChecksum = errors.New("checksum wrong")
	// ErrVersion is a frame format other than FrameVersion.
	ErrVersion = errors.New("frame format unknown")
	// ErrFlags is a must-understand flag (bits 4 to 7) that is not known here.
	ErrFlags = errors.New("flag not understood")
	// ErrLane is a type that travels on another lane than the frame says.
	ErrLane = errors.New("message on the wrong lane")
	// ErrPayload is a payload shorter than its type's minimum, or with a
	// field that can't be.
	ErrPayload = errors.New("payload broken")
	// ErrUnknownType is a message type that this version does not know.
	ErrUnknownType = errors.New("message type unknown")
	// ErrPayloadTooLong is a payload over MaxPayload, on encoding.
	ErrPayloadTooLong = errors.New("payload too long")
)

// A PayloadError says which message and field of a payload is broken. It is
// an ErrPayload.
type PayloadError struct {
	Type  Type
	Field string
	Why   string
}

func (e *PayloadError) Error() string {
	return fmt.Sprintf("%v: %s: %s", e.Type, e.Field, e.Why)
}

// Unwrap makes every PayloadError an ErrPayload.
func (e *PayloadError) Unwrap() error { return ErrPayload }
