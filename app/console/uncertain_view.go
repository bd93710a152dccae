package console

import (
	"errors"

	"stipple/app/clinical"
	"stipple/device"
)

// UncertainView is a run whose outcome is not known, or not signed yet, as the
// page shows it.
type UncertainView struct {
	Treatment      clinical.Treatment // with its pulses and what is known of them
	Patient        *clinical.Patient  // nil: it can't be read
	IndicationName string
	ZoneName       string
	Place          UncertainPlace
	Other          string // serial number of the other pen, with PlaceOther
	Asking         bool   // the pen is being asked now
	Err            error  // why it has not told all that it can
	Version        int    // of what is shown; Sign is given it
	CanReconciled  bool   // is signed as reconciled, else as uncertain
	Signing        bool
	SignErr        error // of the last attempt to sign
	// Withheld says that whoever is at work may not know patient data: the run has
	// its pen, its time and its operator, and counts as not known.
	Withheld bool
}

// UncertainPlace says where the run's pen is.
type UncertainPlace string

// The places.
const (
	PlaceAway  UncertainPlace = "away"
	PlaceOther UncertainPlace = "other" // another pen is plugged in
	PlaceHere  UncertainPlace = "here"
)

// uncertainViews are the unsettled runs, the oldest first.
func (d *Desk) uncertainViews() []UncertainView {
	var out []UncertainView
	for _, u := range d.unsettled {
		r := u.record.Reconciled
		v := UncertainView{
			Treatment: u.record, Patient: u.patient, ZoneName: d.zoneName(u.record.Zone), Asking: u.asking, Err: explain(u.err),
			Version: u.version, Signing: u.signing, SignErr: explain(u.signErr),
			CanReconciled: r.Settled(),
		}
		v.IndicationName, _ = d.cfg.Library.IndicationName(u.record.Indication)
		v.Place, v.Other = d.placeOf(u)
		if d.may(clinical.PermitPatientData) != nil {
			v = withholdRun(v)
		}
		out = append(out, v)
	}
	return out
}

// placeOf says where a run's pen is.
func (d *Desk) placeOf(u *unsettled) (UncertainPlace, string) {
	var other *device.OtherUnitError
	switch info := d.pen.info; {
	case d.session.Load() != nil && sameUnit(u.record, info.Model, info.Serial):
		return PlaceHere, ""
	case d.session.Load() != nil:
		return PlaceOther, info.Serial
	case errors.As(d.link.Problem, &other):
		return PlaceOther, other.Got
	}
	return PlaceAway, ""
}
