package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"stipple/device"
	"stipple/protocol"
)

// The exit codes of the command-line contract.
const (
	exitOK      = 0
	exitRefused = 1
	exitUsage   = 2
	exitNoPen   = 3
	exitLost    = 4
)

// failure is an error with its exit code and, where it is about one value, the
// JSON key of the value and the bound that it passed.
type failure struct {
	exit  int
	text  string
	field string
	bound *int64
	cause error
}

func (f *failure) Error() string { return f.text }

// Unwrap returns what led to it, or nil.
func (f *failure) Unwrap() error { return f.cause }

func usageError(format string, args ...any) *failure {
	return &failure{exit: exitUsage, text: fmt.Sprintf(format, args...)}
}

// usageOf is wrong usage of the flag, or the property of a tip, whose JSON key
// is field.
func usageOf(field, format string, args ...any) *failure {
	return &failure{exit: exitUsage, text: fmt.Sprintf(format, args...), field: field}
}

// beyond adds the bound that was passed.
func (f *failure) beyond(bound int64) *failure {
	f.bound = &bound
	return f
}

// refusal is a value that was not taken.
func refusal(field string, bound int64, format string, args ...any) *failure {
	return &failure{exit: exitRefused, text: fmt.Sprintf(format, args...), field: field, bound: &bound}
}

// report is an error on standard error with --json.
type report struct {
	Error string  `json:"error"`
	Field *string `json:"field"`
	Bound *int64  `json:"bound"`
}

// fail says what went wrong and returns the exit code for it.
func (c console) fail(err error) int {
	f := classify(err)
	said := oneLine(f.text)
	if !c.json {
		fmt.Fprintf(c.err, "penctl: %s\n", said)
		return f.exit
	}
	r := report{Error: said, Bound: f.bound}
	if f.field != "" {
		r.Field = &f.field
	}
	// A report of strings and a number can't fail to encode.
	text, _ := json.Marshal(r)
	fmt.Fprintf(c.err, "%s\n", text)
	return f.exit
}

// oneLine puts the texts of joined errors, a line each, behind each other. What
// two of them say alike, as each print to a full disk does, is said once.
func oneLine(text string) string {
	var said []string
	for line := range strings.SplitSeq(text, "\n") {
		if line != "" && !slices.Contains(said, line) {
			said = append(said, line)
		}
	}
	return strings.Join(said, "; ")
}

// classify finds the exit code of an error, and its field and bound.
func classify(err error) *failure {
	var known *failure
	if errors.As(err, &known) {
		return known
	}
	f := &failure{exit: exitRefused, text: err.Error(), cause: err}
	var refused *device.RefusedError
	var busy *device.BusyError
	var permission *device.PermissionError
	var gone *device.PortGoneError
	var notPort *device.NotPortError
	var simulated *device.SimulatedError
	var several *device.SeveralPensError
	switch {
	case errors.Is(err, context.Canceled):
		f.text = "interrupted"
		if errors.Is(err, device.ErrUncertain) {
			f.text = strings.ReplaceAll(err.Error(), context.Canceled.Error(), "interrupted")
		}
	case errors.As(err, &refused):
		f.field = fieldKey(refused.Name)
		if what := wayOut(refused.Code); what != "" {
			f.text += ": " + what
		}
		if hasBound(refused.Code) {
			bound := int64(refused.Bound)
			f.bound = &bound
		}
	// A lost link carries what the port said, so it is asked first.
	case errors.Is(err, device.ErrLinkLost), errors.Is(err, device.ErrNoReply), errors.Is(err, context.DeadlineExceeded):
		f.exit = exitLost
	case errors.As(err, &busy), errors.As(err, &permission), errors.As(err, &gone), errors.As(err, &notPort),
		errors.As(err, &simulated), errors.As(err, &several), errors.Is(err, device.ErrNotPen):
		f.exit = exitNoPen
	}
	return f
}

// wayOut is what a person can do about a refusal that says it of the pen, not of
// what was asked for; empty where the code says enough.
func wayOut(c protocol.Code) string {
	switch c {
	case protocol.CodeState:
		return "not in the state that it is in; penctl info shows it, penctl clear leads out of ESTOP and FAULT"
	case protocol.CodeTrigger:
		return "release the trigger first"
	case protocol.CodeWrongFault:
		return "name the fault that penctl info shows with --fault, and none for an ESTOP"
	}
	return ""
}

// hasBound says whether a refusal for that reason names a bound. For a value
// off the step the pen names the step, which is none; offStep makes it one.
func hasBound(c protocol.Code) bool {
	switch c {
	case protocol.CodeBelowPen, protocol.CodeAbovePen, protocol.CodeBelowLimit, protocol.CodeAboveLimit,
		protocol.CodeDose, protocol.CodeTiming:
		return true
	}
	return false
}

// fieldKey is the JSON key, with its unit, of a parameter of the descriptor.
func fieldKey(parameter string) string {
	switch parameter {
	case protocol.ParamDepth:
		return "depth_um"
	case protocol.ParamSpeed:
		return "speed_spm"
	case protocol.ParamPower:
		return "power_mw"
	case protocol.ParamDuration:
		return "pulse_ms"
	}
	return parameter
}
