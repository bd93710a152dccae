package console

import (
	"errors"

	"stipple/app/alarm"
	"stipple/app/clinical"
)

// WithheldError stands for what is known of a treatment before somebody who may
// not know it: that there is something, and with which pen.
type WithheldError struct {
	Pen          string // serial number
	Contradicted bool   // the pen contradicts the record, else its outcome is not known
}

func (e *WithheldError) Error() string {
	if e.Contradicted {
		return "pen " + e.Pen + " contradicts the record of a treatment"
	}
	return "the outcome of a treatment with pen " + e.Pen + " is not known"
}

// Code is "withheld_unsettled" or "withheld_contradicted".
func (e *WithheldError) Code() string {
	if e.Contradicted {
		return "withheld_contradicted"
	}
	return "withheld_unsettled"
}

// Args are the pen's serial number.
func (e *WithheldError) Args() []any { return []any{e.Pen} }

// withheld is the cause of an alarm without what it says of a patient.
func withheld(cause error) error {
	var (
		unsettled    *UnsettledError
		settled      *SettledError
		contradicted *ContradictedError
	)
	switch {
	case errors.As(cause, &contradicted):
		return &WithheldError{Pen: contradicted.Treatment.PenSerial, Contradicted: true}
	case errors.As(cause, &unsettled):
		return &WithheldError{Pen: unsettled.Treatment.PenSerial}
	case errors.As(cause, &settled):
		return &WithheldError{Pen: settled.Treatment.PenSerial}
	}
	return cause
}

// withhold takes what the alarms of a view say of a patient out of them, in place.
func withhold(of []alarm.Occurrence) {
	for i := range of {
		of[i].Cause = withheld(of[i].Cause)
	}
}

// withholdRun is an uncertain run without all that is a patient's: which pen, when
// and by whom. What is known of its pulses counts as not known.
func withholdRun(v UncertainView) UncertainView {
	t, r := v.Treatment, v.Treatment.Reconciled
	v.Treatment = clinical.Treatment{
		ID: t.ID, Revision: t.Revision, Operator: t.Operator, PenKind: t.PenKind, PenModel: t.PenModel, PenSerial: t.PenSerial,
		PenFirmware: t.PenFirmware, PenBoot: t.PenBoot, Simulated: t.Simulated, Started: t.Started, Outcome: t.Outcome,
		Reconciled: clinical.Reconciliation{
			Cause: r.Cause, LostAt: r.LostAt, BootThen: r.BootThen, AskedAt: r.AskedAt, BootNow: r.BootNow,
			Arms: []clinical.ArmFinding{{}}, // so that nobody takes it for known
		},
	}
	v.Withheld, v.Patient, v.IndicationName, v.ZoneName, v.CanReconciled = true, nil, "", "", false
	return v
}
