package console

import (
	"errors"
	"strings"

	"stipple/app/clinical"
	"stipple/app/coded"
	"stipple/device"
	"stipple/protocol"
)

// Problem is an error with a stable code by which the window finds its words,
// and what the sentence names, such as the path of a port.
type Problem struct {
	cause error
	code  string
	args  []any
}

func (p *Problem) Error() string { return p.cause.Error() }

// Unwrap is the error itself.
func (p *Problem) Unwrap() error { return p.cause }

// Code is the stable word: "busy", "link_lost", …
func (p *Problem) Code() string { return p.code }

// Args fill the verbs of the sentence, in its order.
func (p *Problem) Args() []any { return p.args }

func problem(err error, code string, args ...any) *Problem {
	return &Problem{cause: err, code: code, args: args}
}

// explain gives an error of the device or of the desk its code. An error that
// has one already, or is not known here, stays as it is.
func explain(err error) error {
	if err == nil {
		return nil
	}
	if coded.Of(err) != "" {
		return err
	}
	// The desk's own errors may wrap one of a port: theirs is the sentence.
	if p := explainSession(err); p != nil {
		return p
	}
	if p := explainPort(err); p != nil {
		return p
	}
	for _, s := range sentinels() {
		if errors.Is(err, s.err) {
			return problem(err, s.code)
		}
	}
	return err
}

func explainPort(err error) *Problem {
	var (
		busy       *device.BusyError
		permission *device.PermissionError
		gone       *device.PortGoneError
		notPort    *device.NotPortError
		notPen     *device.NotPenError
		simulated  *device.SimulatedError
		other      *device.OtherUnitError
		several    *device.SeveralPensError
	)
	switch {
	case errors.As(err, &busy):
		return problem(err, "busy", busy.Port.Path)
	case errors.As(err, &permission) && permission.Group == "":
		return problem(err, "permission_nobody", permission.Port.Path)
	case errors.As(err, &permission):
		return problem(err, "permission", permission.Port.Path, permission.Group)
	case errors.As(err, &gone):
		return problem(err, "port_gone", gone.Port.Path)
	case errors.As(err, &notPort):
		return problem(err, "not_port", notPort.Port.Path)
	case errors.As(err, &notPen) && notPen.Silent():
		return problem(err, "not_pen_silent", notPen.Port.Path)
	case errors.As(err, &notPen):
		return problem(err, "not_pen", notPen.Port.Path)
	case errors.As(err, &simulated):
		return problem(err, "usb_simulated", simulated.Port.Path)
	case errors.As(err, &other):
		return problem(err, "other_unit", other.Want, other.Got)
	case errors.As(err, &several):
		return problem(err, "several_pens", len(several.Ports))
	}
	return nil
}

func explainSession(err error) *Problem {
	var (
		major        *device.MajorError
		descriptor   *device.DescriptorError
		refused      *device.RefusedError
		echo         *device.EchoError
		clock        *device.ClockError
		pulse        *device.PulseError
		alarm        *device.AlarmError
		check        *device.StopCheckError
		unsettled    *UnsettledError
		settled      *SettledError
		contradicted *ContradictedError
		unfit        *PresetUnfitError
		ledger       *device.LedgerError
	)
	switch {
	case errors.As(err, &check):
		return problem(err, "stop_check_"+string(check.Step))
	case errors.As(err, &settled):
		return problem(err, "settled", settled.Patient, settled.Found, settled.Cut)
	case errors.As(err, &contradicted):
		return problem(err, "contradicted", contradicted.Treatment.PenSerial, contradicted.Patient)
	case errors.As(err, &unsettled) && unsettled.Lost != nil:
		return problem(err, "ledger_lost", unsettled.Patient)
	case errors.As(err, &unsettled):
		return problem(err, "unsettled", unsettled.Patient, unsettled.Treatment.PenSerial)
	case errors.As(err, &unfit):
		return problem(err, "preset_unfit", unfit.Preset.Name)
	case errors.As(err, &major):
		return problem(err, "major", major.Pen, major.Console)
	case errors.As(err, &descriptor):
		return problem(err, "descriptor", descriptor.Error())
	case errors.As(err, &echo):
		return problem(err, "echo", echo.Error())
	case errors.As(err, &clock):
		return problem(err, "clock")
	case errors.As(err, &pulse):
		return problem(err, "pulse_contradicts", pulse.Index, pulse.Field, pulse.Told, pulse.Set)
	case errors.As(err, &alarm):
		return problem(err, "alarm_unknown", alarm.Code)
	case errors.As(err, &ledger):
		return problem(err, "ledger")
	case errors.As(err, &refused) && refused.Request == protocol.TypeArm:
		return refusedArm(refused, err)
	case errors.As(err, &refused) && refused.Code == protocol.CodeTrigger:
		return problem(err, "clear_trigger")
	case errors.As(err, &refused) && refused.Request == protocol.TypeClear && refused.Code == protocol.CodeSelfTest:
		return problem(err, "clear_self_test")
	case errors.As(err, &refused):
		return problem(err, "refused", refusal(refused))
	}
	return nil
}

// refusal is what was refused and why, without the words around it.
func refusal(e *device.RefusedError) string { return strings.TrimPrefix(e.Error(), "pen refuses ") }

// refusedArm is a pen that refuses to be armed, by the gravest of its blocks. Which
// calibration has expired the pen does not say: every pen has that of the depth.
func refusedArm(refused *device.RefusedError, err error) *Problem {
	var f clinical.Facts
	blocked(&f, refused.Blocks)
	if by := clinical.Blocks(f); len(by) > 0 {
		return problem(err, "arm_refused_by", by[0].Sentence, by[0].Remedy)
	}
	return problem(err, "arm_refused", refusal(refused))
}

// sentinels pairs errors without fields with their codes, the more precise
// first.
func sentinels() []struct {
	err  error
	code string
} {
	return []struct {
		err  error
		code string
	}{
		{ErrStopNotConfirmed, "stop_unconfirmed"},
		{ErrStopNotSent, "stop_not_sent"},
		{ErrNotShown, "not_shown"},
		{ErrBlocked, "arm_blocked"},
		{ErrFellBack, "fell_back"},
		{ErrRecordBehind, "record_behind"},
		{ErrPresetName, "preset_name"},
		{ErrCancelled, "cancelled"},
		{ErrExchanging, "exchanging"},
		{ErrTreating, "treating"},
		{ErrImporting, "importing"},
		{ErrReason, "reason_missing"},
		{ErrUnsettled, "import_unsettled"},
		{ErrNothingKept, "nothing_kept"},
		{ErrNoPen, "no_pen"},
		{ErrBackupBusy, "backup_busy"},
		{errNoBackups, "no_backups"},
		{ErrShownOtherwise, "shown_otherwise"},
		{ErrNotAnswered, "not_answered"},
		{ErrAsking, "asking"},
		{ErrAllKnown, "all_known"},
		{ErrNotKnown, "not_known"},
		{ErrNoPatient, "no_patient"},
		{ErrNotWhole, "not_whole"},
		{ErrErasing, "erasing"},
		{ErrRunOpen, "erase_run_open"},
		{errOutside, "outside"},
		{errNoContext, "no_context"},
		{device.ErrUncertain, "uncertain"},
		{device.ErrNoStatus, "no_status"},
		{device.ErrNotAlive, "not_alive"},
		{device.ErrStale, "stale"},
		{device.ErrStopped, "stopped"},
		{device.ErrDisarmed, "disarmed"},
		{device.ErrPenDisarmed, "pen_disarmed"},
		{device.ErrNotReady, "not_ready"},
		{device.ErrNoReply, "timeout"},
		{device.ErrNotRead, "not_shown"},
		{device.ErrArmed, "armed"},
		{device.ErrMonitor, "monitor"},
		{device.ErrLinkLost, "link_lost"},
		{device.ErrClosed, "link_lost"},
	}
}

// ErrStopNotConfirmed is a stop to which the pen has not answered in time.
var ErrStopNotConfirmed = errors.New("stop not confirmed")

// ErrStopNotSent is a stop while the pen that was armed is out of reach.
var ErrStopNotSent = errors.New("stop not sent: the pen is out of reach")
