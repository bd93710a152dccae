package store

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"time"

	"stipple/app/clinical"
	"stipple/protocol"
)

// SAMPLE DATA. This file and sample_data.go make an invented practice for
// training, demonstration and pictures. No person in it exists, no treatment in
// it took place; every treatment is marked as simulated.

// SeedSampleClinic fills an empty store with the sample clinic: operators, a
// dozen patients, their presets with earlier revisions, and past treatments whose
// dates count back from now. It is one write: all of it or nothing. ErrConflict
// if the store has patients already.
func SeedSampleClinic(ctx context.Context, s *Store) error {
	_, total, err := s.SearchPatients(ctx, "", 0)
	if err != nil {
		return fmt.Errorf("sample clinic: %w", err)
	}
	if total > 0 {
		return fmt.Errorf("sample clinic: %w: the store is not empty", ErrConflict)
	}
	for _, o := range sampleOperators() {
		c := checker{record: "operator"}
		c.operator("", o)
		if err := c.err(); err != nil {
			return fmt.Errorf("sample clinic: %w", err)
		}
	}
	err = s.update(ctx, func(t *txn) error {
		seed := &seeder{s: s, t: t, now: s.clock()}
		return seed.clinic()
	})
	if err != nil {
		return fmt.Errorf("sample clinic: %w", err)
	}
	return nil
}

// seeder writes the sample clinic in one transaction.
type seeder struct {
	s   *Store
	t   *txn
	now time.Time
	by  clinical.Operator // who treats in the sample clinic
}

func (d *seeder) clinic() error {
	for i, o := range sampleOperators() {
		id, err := d.s.ids.next()
		if err != nil {
			return err
		}
		o.ID = id
		if i == 0 {
			d.by = o
		}
		if err := d.t.putJSON(bucketOperators, noOwner, numbered(key(id), 1), packOperator(o)); err != nil {
			return err
		}
	}
	all := samplePatients()
	slices.Reverse(all) // the first of the table is used last and heads the list
	for _, p := range all {
		if err := d.patient(p); err != nil {
			return fmt.Errorf("%s: %w", p.FileNumber, err)
		}
	}
	return nil
}

// ago is the time so many days before now.
func (d *seeder) ago(days int) time.Time { return d.now.AddDate(0, 0, -days) }

func (d *seeder) patient(sp samplePatient) error {
	id, err := d.s.ids.next()
	if err != nil {
		return err
	}
	if err := d.s.sealer.Own(id); err != nil {
		return err
	}
	p := sp.Patient
	p.ID, p.Revision = id, 1
	p.Created = d.ago(sp.sinceDays)
	p.Updated = p.Created
	c := checker{record: "patient"}
	c.patient(p, d.now)
	if err := c.err(); err != nil {
		return err
	}
	if err := d.t.putJSON(bucketPatients, id, numbered(key(id), 1), packPatient(p)); err != nil {
		return err
	}
	d.t.then(func(ix *index) { ix.put(p) })
	if err := d.t.touch(id); err != nil {
		return err
	}
	for _, preset := range sp.presets {
		if err := d.preset(id, preset); err != nil {
			return fmt.Errorf("preset %q: %w", preset.name, err)
		}
	}
	for _, treatment := range sp.treatments {
		if err := d.treatment(p, treatment); err != nil {
			return fmt.Errorf("treatment %d days ago: %w", treatment.daysAgo, err)
		}
	}
	return nil
}

// preset writes the revisions of a preset, a day apart, the last at its time.
func (d *seeder) preset(patient clinical.ID, sp samplePreset) error {
	id, err := d.s.ids.next()
	if err != nil {
		return err
	}
	for i, settings := range sp.revisions {
		p := clinical.Preset{
			ID: id, Revision: i + 1, Patient: patient, Name: sp.name, PenKind: sp.kind,
			Indication: sp.indication, Zone: sp.zone, Settings: settings,
			SavedAt: d.ago(sp.daysAgo + len(sp.revisions) - 1 - i), SavedBy: d.by.Name,
		}
		c := checker{record: "preset"}
		c.preset(p)
		if err := c.err(); err != nil {
			return err
		}
		if err := d.t.putPreset(p); err != nil {
			return err
		}
	}
	return nil
}

// treatment writes a treatment that has ended, as the console would have: the
// intent, what was applied, the pulses, the end.
func (d *seeder) treatment(p clinical.Patient, st sampleTreatment) error {
	id, err := d.s.ids.next()
	if err != nil {
		return err
	}
	started := d.ago(st.daysAgo)
	v := clinical.Treatment{
		ID: id, Revision: 1, Patient: p.ID, Operator: d.by, Simulated: true,
		Indication: st.indication, Zone: st.zone, Fitzpatrick: p.Fitzpatrick, LibraryVersion: sampleLibrary,
		Passes: st.passes, Started: started, Outcome: clinical.OutcomeIntent,
	}
	pen := samplePen(st.kind)
	v.PenKind, v.PenModel, v.PenSerial, v.PenFirmware, v.PenBoot = st.kind, pen.model, pen.serial, pen.firmware, uint32(st.daysAgo)+1
	v.Tip = pen.tip
	v.Tip.ID, v.Tip.Lot = uint32(st.daysAgo)+1, st.lot
	expiry := started.AddDate(1, 0, 0)
	v.Tip.Expiry = clinical.Date{Year: expiry.Year(), Month: expiry.Month(), Day: 1}
	c := checker{record: "treatment"}
	c.treatment(v)
	if err := c.err(); err != nil {
		return err
	}
	if err := d.t.putHead(v); err != nil {
		return err
	}
	v.Applied = []clinical.Applied{{
		At: started, Generation: 1, Settings: st.settings, Envelope: pen.envelope(st.settings),
		SettingsHash: sampleHash(st.settings),
	}}
	v.Arms = []clinical.ArmIntent{{At: started, CommandID: 1, SettingsHash: sampleHash(st.settings), Settings: st.settings}}
	var end time.Time
	for i := range st.pulses {
		pulse := samplePulse(v, st, i)
		end = pulse.At
		k := numbered(key(id), pulse.Boot, pulse.Index)
		if err := d.t.put(bucketPulses, p.ID, k, packPulse(storedPulse{arrival: 0, pulse: pulse})); err != nil {
			return err
		}
	}
	v.Revision++
	v.Tip.UseCount = uint32(st.pulses)
	v.StopCheck = sampleStopCheck
	if st.outcome == clinical.OutcomeStopped {
		v.StopLatency = sampleStopCheck
	}
	v.Ended, v.Outcome = end.Add(time.Minute), st.outcome
	return d.t.putHead(v)
}

// samplePulse is what the pen would have reported: close to what was commanded,
// spread evenly and the same each time.
func samplePulse(v clinical.Treatment, st sampleTreatment, i int) clinical.Pulse {
	spread := func(step, size int) int { return i*step%(2*size+1) - size } // -size to size
	p := clinical.Pulse{
		Index: uint32(st.daysAgo)<<12 + uint32(i), Boot: v.PenBoot, ArmID: 1, TipID: v.Tip.ID,
		At: v.Started.Add(samplePause * time.Duration(i+1)), SettingsHash: sampleHash(st.settings), Set: st.settings,
		Depth:  st.settings.Depth + protocol.Micrometres(spread(7, 40)),
		Speed:  st.settings.Speed + st.settings.Speed*protocol.StrokesPerMinute(spread(5, 3))/100,
		Result: "complete", Pass: 1 + i*max(1, st.passes)/st.pulses,
	}
	if st.kind == clinical.Needling {
		p.Duration = sampleGlide
		p.Strokes = uint32(int64(p.Speed) * int64(p.Duration) / time.Minute.Milliseconds())
		p.Result = "released"
		return p
	}
	p.Strokes = 1
	p.Power = st.settings.Power + st.settings.Power*protocol.Milliwatts(spread(11, 4))/100
	p.Duration = st.settings.Duration
	p.Energy = protocol.Energy(p.Power, p.Duration)
	p.Impedance = 310 + protocol.Ohms(spread(13, 45))
	p.ImpedanceMin, p.ImpedanceMax = p.Impedance-18, p.Impedance+26
	p.PeakTemp = 5600 + protocol.Centidegrees(spread(17, 350))
	return p
}

// sampleHash stands for the hash that the pen would have reported.
func sampleHash(set clinical.Settings) (h [8]byte) {
	sum := sha256.Sum256(fmt.Appendf(nil, "sample %+v", set))
	copy(h[:], sum[:])
	return h
}
