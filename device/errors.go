package device

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"stipple/protocol"
)

// Sentinels of a session. The typed errors below carry more.
var (
	// ErrClosed is the end of a session by Close.
	ErrClosed = errors.New("session closed")
	// ErrNotPen: what is on the port does not speak the link.
	ErrNotPen = errors.New("not a stipple pen")
	// ErrLinkLost: there was a pen, and it is out of reach.
	ErrLinkLost = errors.New("link lost")
	// ErrNoReply: a command was not answered, though the link is alive.
	ErrNoReply = errors.New("no reply")
	// ErrMonitor: the session may only watch and stop.
	ErrMonitor = errors.New("monitor only")
	// ErrArmed: not while the pen is armed, or about to be.
	ErrArmed = errors.New("pen is armed")
	// ErrNotRead: what was to be armed has not been read back and verified in
	// this session, or has changed since.
	ErrNotRead = errors.New("settings not read back")
	// ErrNotAlive: no Touch within LivenessLimit.
	ErrNotAlive = errors.New("window is not alive")
	// ErrStopped: a stop is being sent, or ended what was going on.
	ErrStopped = errors.New("stopped")
	// ErrDisarmed: DISARM ended it.
	ErrDisarmed = errors.New("disarmed")
	// ErrPenDisarmed: the pen itself left READY.
	ErrPenDisarmed = errors.New("pen left ready by itself")
	// ErrOutputOver: the pen itself ended a SERVICE output. Its report says how.
	ErrOutputOver = errors.New("service output is over")
	// ErrNotReady: the pen accepted ARM and did not become READY.
	ErrNotReady = errors.New("pen did not become ready")
	// ErrStale: no STATUS within protocol.StatusSilence.
	ErrStale = errors.New("status is silent")
	// ErrCommandID: the low 32 bits of a command id are 0.
	ErrCommandID = errors.New("command id without an arm id")
	// ErrNotOffered: the pen does not have what was asked for, by its descriptor
	// or by its own word. Nothing was sent.
	ErrNotOffered = errors.New("pen does not offer it")
	// ErrUncertain: it is not known whether something happened.
	ErrUncertain = errors.New("outcome uncertain")
)

// NotPenError says what was heard on a port that is not a pen. It is an
// ErrNotPen.
type NotPenError struct {
	Port    Port
	Bytes   uint64 // heard in all
	Dropped uint64 // frames that were none
}

// Silent says that nothing at all was heard.
func (e *NotPenError) Silent() bool { return e.Bytes == 0 }

func (e *NotPenError) Error() string {
	if e.Silent() {
		return fmt.Sprintf("%v: %s is silent", ErrNotPen, e.Port.Path)
	}
	return fmt.Sprintf("%v: %d bytes from %s make no answer", ErrNotPen, e.Bytes, e.Port.Path)
}

// Unwrap makes it an ErrNotPen.
func (e *NotPenError) Unwrap() error { return ErrNotPen }

// LinkLostError says how a link was lost. It is an ErrLinkLost and its cause.
type LinkLostError struct {
	Cause  error         // of the port; nil where the pen fell silent
	Silent time.Duration // since the last good frame
}

func (e *LinkLostError) Error() string {
	if e.Cause == nil {
		return fmt.Sprintf("%v: silent for %v", ErrLinkLost, e.Silent)
	}
	return fmt.Sprintf("%v: %v", ErrLinkLost, e.Cause)
}

// Unwrap makes it an ErrLinkLost and whatever the cause is.
func (e *LinkLostError) Unwrap() []error {
	if e.Cause == nil {
		return []error{ErrLinkLost}
	}
	return []error{ErrLinkLost, e.Cause}
}

// Causes of a LinkLostError that are not an error of the port.
var (
	// ErrDeaf: the pen speaks and has answered nothing for over a second,
	// though the line is full of questions.
	ErrDeaf = errors.New("pen does not hear")
	// ErrWriteStuck: the driver has not taken a frame for over a second.
	ErrWriteStuck = errors.New("driver does not take bytes")
	// ErrNoStatus: the pen answered the hello and sends no STATUS.
	ErrNoStatus = errors.New("pen sends no status")
)

// UncertainError says what is not known: whether a command that must not
// happen twice was carried out, or what the pen did after the link was lost
// while it was armed. It is an ErrUncertain and its cause.
type UncertainError struct {
	Command   protocol.Type  // the command without a known outcome; 0: none
	CommandID uint64         // its id; 0: none
	ArmID     uint32         // the pen was armed, or may be, under this id; 0: it was not
	State     protocol.State // the last that STATUS said; 0: none came
	LastPulse uint32         // every pulse up to this one was received
	Newest    uint32         // the newest pulse that STATUS counted
	// Outcome is what the pen said last; DONE: it was carried out, and what came
	// of it could not be read back.
	Outcome protocol.Outcome
	Cause   error
}

func (e *UncertainError) Error() string {
	var b strings.Builder
	b.WriteString(ErrUncertain.Error())
	switch {
	case e.CommandID != 0:
		fmt.Fprintf(&b, ": %v %016x", e.Command, e.CommandID)
	case e.Outcome == protocol.OutcomeDone:
		fmt.Fprintf(&b, ": %v was carried out and not read back", e.Command)
	}
	if e.ArmID != 0 {
		fmt.Fprintf(&b, ": %v under arm id %08x, pulses known to %d", e.State, e.ArmID, e.LastPulse)
	}
	if e.Cause != nil {
		fmt.Fprintf(&b, ": %v", e.Cause)
	}
	return b.String()
}

// Unwrap makes it an ErrUncertain and whatever the cause is.
func (e *UncertainError) Unwrap() []error {
	if e.Cause == nil {
		return []error{ErrUncertain}
	}
	return []error{ErrUncertain, e.Cause}
}

// RefusedError is the pen's refusal: nothing has changed.
type RefusedError struct {
	Request  protocol.Type
	Code     protocol.Code
	Field    int    // index of the parameter, or -1
	Name     string // its name; empty without one
	Bound    int32  // the bound that was passed, where there is one
	Verdicts []protocol.Verdict
	Blocks   protocol.ArmBlocks // all that apply, for a refused ARM
}

func (e *RefusedError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "pen refuses %v: %v", e.Request, e.Code)
	if e.Name != "" {
		fmt.Fprintf(&b, ": %s, bound %d", e.Name, e.Bound)
	}
	if e.Blocks != 0 {
		fmt.Fprintf(&b, ": %s", strings.Join(e.Blocks.Names(), ", "))
	}
	return b.String()
}

// EchoError is a pen that reports something else than it was asked for, or a
// hash that does not belong to what it reports. The pen was sent ESTOP.
type EchoError struct {
	Request    protocol.Type
	Field      string
	Asked, Got string
}

func (e *EchoError) Error() string {
	return fmt.Sprintf("pen contradicts %v: %s is %s, asked for %s", e.Request, e.Field, e.Got, e.Asked)
}

// ClockError is a pen clock that ran backwards within one session. The pen
// was sent ESTOP and can't be armed again in this session.
type ClockError struct{ Before, After protocol.PenClock }

func (e *ClockError) Error() string {
	return fmt.Sprintf("pen clock ran backwards from %d to %d µs", e.Before, e.After)
}

// PulseError is a pulse that was not confirmed like that, or that measured more
// than was set without that the pen stopped for it. The pen was sent ESTOP.
type PulseError struct {
	Index     uint32
	Field     string // of PULSE: "settings_hash", "set_power", "energy", ...
	Set, Told string // in the base unit
}

func (e *PulseError) Error() string {
	return fmt.Sprintf("pen contradicts what was armed: pulse %d, %s is %s, set was %s", e.Index, e.Field, e.Told, e.Set)
}

// AlarmError is an alarm that the pen's descriptor does not have. The pen was
// sent ESTOP.
type AlarmError struct{ Code int32 }

func (e *AlarmError) Error() string {
	return fmt.Sprintf("pen tells of alarm %d, which its descriptor does not have", e.Code)
}

// StopStep is a step of CheckStop.
type StopStep string

// The steps at which a check of the stop can fail.
const (
	StepBegin    StopStep = "begin"    // the pen was not in STANDBY
	StepConfirm  StopStep = "confirm"  // no STOPPED within protocol.StopConfirm; the stop goes on
	StepLatch    StopStep = "latch"    // STOPPED, and STATUS did not say ESTOP, or left it by itself
	StepClear    StopStep = "clear"    // CLEAR was refused, or what became of it is not known
	StepStandby  StopStep = "standby"  // CLEAR was carried out, and STATUS did not say STANDBY
	StepSettings StopStep = "settings" // the settings were others afterwards
)

// StopCheckError is a check of the stop that failed: the pen must not be armed.
type StopCheckError struct {
	Step  StopStep
	State protocol.State // the newest that STATUS said
	Cause error          // of StepClear; nil for the others
	Told  bool           // an event told of it, too, and of the stop that follows
}

func (e *StopCheckError) Error() string {
	if e.Cause != nil {
		return fmt.Sprintf("check of the stop fails at %s in %v: %v", e.Step, e.State, e.Cause)
	}
	return fmt.Sprintf("check of the stop fails at %s in %v", e.Step, e.State)
}

// Unwrap is the cause.
func (e *StopCheckError) Unwrap() error { return e.Cause }

// ServiceError is something that the pen does in SERVICE only.
type ServiceError struct{ State protocol.State }

func (e *ServiceError) Error() string {
	return fmt.Sprintf("pen is in %v: enter %v first", e.State, protocol.StateService)
}

// LedgerError is a pen whose pulse ledger contradicts itself.
type LedgerError struct {
	From uint32
	Why  string
}

func (e *LedgerError) Error() string {
	return fmt.Sprintf("pulse ledger from %d: %s", e.From, e.Why)
}

// RateError is a rate of STATUS that the line has no room for, or that the
// link does not know.
type RateError struct{ Asked, Max int }

func (e *RateError) Error() string {
	return fmt.Sprintf("status rate %d a second, %d to %d possible", e.Asked, protocol.StatusRate, e.Max)
}

// AbandonedError names the goroutines of a session that hang in the driver
// and were left behind.
type AbandonedError struct{ Reader, Writer bool }

func (e *AbandonedError) Error() string {
	switch {
	case e.Reader && e.Writer:
		return "reader and writer hang in the driver and were abandoned"
	case e.Reader:
		return "reader hangs in the driver and was abandoned"
	}
	return "writer hangs in the driver and was abandoned"
}
