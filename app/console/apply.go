package console

import (
	"context"
	"errors"
	"time"

	"stipple/app/clinical"
	"stipple/device"
)

// context of an Apply: what the operator confirmed it for. If any of it
// changes, what the pen has is no longer confirmed and has to be applied
// again.
type confirmed struct {
	boot        uint32
	patient     clinical.ID
	indication  clinical.IndicationKey
	zone        clinical.ZoneKey
	fitzpatrick clinical.Fitzpatrick
	operator    clinical.ID
	role        clinical.Role
	tip         uint32
	spot        int
	library     string
}

// applied is what the pen read back, and for what.
type applied struct {
	has      bool
	busy     bool
	snapshot device.Snapshot
	settings clinical.Settings
	envelope clinical.Envelope
	purpose  confirmed
	at       time.Time
	err      error // of the last attempt
}

// now is the context of this moment.
func (d *Desk) confirmation() confirmed {
	c := confirmed{
		boot:       d.pen.info.Boot,
		indication: d.sel.indication,
		zone:       d.sel.zone,
		operator:   d.operator.ID,
		role:       d.operator.Role,
		tip:        d.pen.tip.ID,
		spot:       d.sel.spot,
		library:    d.cfg.Library.Hash,
	}
	if d.patient != nil {
		c.patient, c.fitzpatrick = d.patient.ID, d.patient.Fitzpatrick
	}
	return c
}

// settled says whether the pen holds exactly the draft, confirmed for this
// very patient, zone, tip and the rest.
func (d *Desk) settled() bool {
	if !d.applied.has || d.applied.busy || d.applied.purpose != d.confirmation() {
		return false
	}
	s, whole := d.draft.settings()
	return whole && s == d.applied.settings
}

// errOutside stops an Apply whose settings are outside the limits.
var errOutside = errors.New("settings are outside the effective range")

// canApply says whether Apply may be pressed.
func (d *Desk) canApply() bool {
	_, whole := d.draft.settings()
	return whole && !d.applied.busy && d.attempt == nil && len(d.violations()) == 0 && d.live().State == stateStandby && !d.pen.info.Monitor && !d.unsettledHere()
}

// Apply sends the envelope and the draft to the pen and reads them back. It is
// the only way by which settings reach the pen, and it checks every bound once
// more on what it sends.
func (d *Desk) Apply() {
	d.permittedTo(clinical.PermitTreat, func(err error) { d.applied.err = err }, d.apply)
}

func (d *Desk) apply() {
	settings, whole := d.draft.settings()
	if d.applied.busy {
		return
	}
	if v := d.draft.limits.Check(settings); !whole || d.draft.problem != nil || len(v) > 0 {
		d.applied.err = errOutside
		return
	}
	if !d.canApply() {
		return
	}
	desc := d.pen.info.Descriptor
	envelope := d.draft.limits.Envelope()
	purpose := d.confirmation()
	d.applied = applied{busy: true}
	d.penJob(func(ctx context.Context, s *device.Session) func() {
		snap, err := s.Apply(ctx, wireEnvelope(desc, envelope), values(desc, settings))
		return func() {
			switch {
			case d.session.Load() != s:
				d.applied = applied{err: err}
				return
			case d.may(clinical.PermitTreat) != nil: // it was for the one before
				d.applied = applied{}
				return
			}
			d.tookSettings(snap, err, settings, envelope, purpose)
		}
	})
}

func (d *Desk) tookSettings(snap device.Snapshot, err error, settings clinical.Settings, envelope clinical.Envelope, c confirmed) {
	if err != nil {
		d.applied = applied{err: err}
		return
	}
	d.applied = applied{
		has:      true,
		snapshot: snap,
		settings: settingsOf(d.pen.info.Descriptor, snap.Values),
		envelope: envelope,
		purpose:  c,
		at:       d.cfg.Now(),
	}
	if d.applied.settings != settings {
		// The session has compared field by field; this is the second look.
		d.applied = applied{err: errOutside}
		return
	}
	if d.run != nil {
		d.run.record.Applied = append(d.run.record.Applied, d.appliedRecord())
	}
}

// appliedRecord is the applied settings as the record keeps them.
func (d *Desk) appliedRecord() clinical.Applied {
	return clinical.Applied{
		At:           d.applied.at,
		Generation:   d.applied.snapshot.Generation,
		Settings:     d.applied.settings,
		Envelope:     d.applied.envelope,
		SettingsHash: d.applied.snapshot.Hash,
	}
}
