package device

import "fmt"

// The typed problems that a person can do something about. Package serialport
// returns the first four from opening a port; a supervisor reports all of them
// as the Problem of its state, besides *NotPenError and *LinkLostError.

// BusyError is a port that another program holds.
type BusyError struct {
	Port  Port
	Cause error
}

func (e *BusyError) Error() string {
	return fmt.Sprintf("%s is in use by another program", e.Port.Path)
}

// Unwrap returns the system's reason.
func (e *BusyError) Unwrap() error { return e.Cause }

// PermissionError is a port that this user may not open. Group is the one
// that may, where the system has such a thing.
type PermissionError struct {
	Port  Port
	Group string // "dialout"; empty where unknown
	Mode  string // "crw-rw----"; empty where unknown
	Cause error
}

func (e *PermissionError) Error() string {
	if e.Group == "" {
		return fmt.Sprintf("no permission to open %s", e.Port.Path)
	}
	return fmt.Sprintf("no permission to open %s: it belongs to group %s (%s)", e.Port.Path, e.Group, e.Mode)
}

// Unwrap returns the system's reason.
func (e *PermissionError) Unwrap() error { return e.Cause }

// PortGoneError is a port that does not exist, or was unplugged.
type PortGoneError struct {
	Port  Port
	Cause error
}

func (e *PortGoneError) Error() string { return fmt.Sprintf("%s is not there", e.Port.Path) }

// Unwrap returns the system's reason.
func (e *PortGoneError) Unwrap() error { return e.Cause }

// NotPortError is a path that is not a serial port.
type NotPortError struct {
	Port  Port
	Cause error
}

func (e *NotPortError) Error() string {
	return fmt.Sprintf("%s is not a serial port: %v", e.Port.Path, e.Cause)
}

// Unwrap returns the system's reason.
func (e *NotPortError) Unwrap() error { return e.Cause }

// MajorError is a pen of another protocol major: it can be watched and
// stopped, and nothing else.
type MajorError struct{ Pen, Console uint8 }

func (e *MajorError) Error() string {
	return fmt.Sprintf("pen speaks protocol %d, console speaks %d", e.Pen, e.Console)
}

// DescriptorError is a pen whose descriptor was refused: it can be watched
// and stopped, and nothing else. The cause is a protocol.ErrDescriptor.
type DescriptorError struct{ Cause error }

func (e *DescriptorError) Error() string { return e.Cause.Error() }

// Unwrap returns why.
func (e *DescriptorError) Unwrap() error { return e.Cause }

// SimulatedError is a USB device that calls itself a simulated pen. It is
// refused: what has a plug may have a needle.
type SimulatedError struct{ Port Port }

func (e *SimulatedError) Error() string {
	return fmt.Sprintf("%s: a USB device calls itself simulated", e.Port.Path)
}

// SeveralPensError is more than one possible pen, and none of them the one
// that was connected before.
type SeveralPensError struct{ Ports []Port }

func (e *SeveralPensError) Error() string {
	return fmt.Sprintf("%d pens are plugged in", len(e.Ports))
}

// OtherUnitError is a pen that is not the one whose outcome is uncertain.
type OtherUnitError struct{ Want, Got string }

func (e *OtherUnitError) Error() string {
	return fmt.Sprintf("pen %s is awaited, %s is plugged in", e.Want, e.Got)
}
