package player

import "fmt"

// Kind says why alarms can't be heard.
type Kind string

// The kinds; each is the code by which the window finds its words.
const (
	NoDevice Kind = "no_sound_device" // none can be opened
	Hangs    Kind = "sound_hangs"     // it was opened and does not play
	Lost     Kind = "sound_lost"      // it played and does not any more
)

// DeviceError is why alarms can't be heard.
type DeviceError struct {
	Kind  Kind
	Cause error // may be nil
}

func (e *DeviceError) Error() string {
	if e.Cause == nil {
		return string(e.Kind)
	}
	return fmt.Sprintf("%s: %v", e.Kind, e.Cause)
}

// Unwrap is the cause.
func (e *DeviceError) Unwrap() error { return e.Cause }

// Code is the kind.
func (e *DeviceError) Code() string { return string(e.Kind) }
