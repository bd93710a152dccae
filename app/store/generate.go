package store

import (
	"context"
	"fmt"
	"time"

	"stipple/app/clinical"
)

// SAMPLE DATA of any size: an invented practice for measuring. No person in it
// exists, no treatment in it took place.

// Size is how large an invented practice is.
type Size struct {
	Patients   int
	Presets    int // of each patient
	Screenings int // of each patient
	Treatments int // of each patient: ended, without pulses of their own
}

// generateGroup is how many patients go into one transaction.
const generateGroup = 1000

// Generate fills an empty store with an invented practice, in many transactions: one
// that was broken off is of no use. told is called after each with the number of
// patients so far, and may be nil. ErrConflict if the store has patients already.
func Generate(ctx context.Context, s *Store, size Size, told func(patients int)) error {
	_, total, err := s.SearchPatients(ctx, "", 0)
	if err == nil && total > 0 {
		err = fmt.Errorf("%w: the store is not empty", ErrConflict)
	}
	for from := 0; from < size.Patients && err == nil; from += generateGroup {
		to := min(from+generateGroup, size.Patients)
		err = s.update(ctx, func(t *txn) error {
			g := &generator{seeder: seeder{s: s, t: t, now: s.clock(), by: sampleOperators()[0]}, size: size}
			return g.group(from, to)
		})
		if err == nil && told != nil {
			told(to)
		}
	}
	if err != nil {
		return fmt.Errorf("generate: %w", err)
	}
	return nil
}

// generator writes one group.
type generator struct {
	seeder
	size Size
}

func (g *generator) group(from, to int) error {
	ids := make([]clinical.ID, to-from)
	for i := range ids {
		var err error
		if ids[i], err = g.s.ids.next(); err != nil {
			return err
		}
	}
	if err := g.s.sealer.Own(ids...); err != nil {
		return err
	}
	for i, id := range ids {
		if err := g.one(id, from+i); err != nil {
			return fmt.Errorf("patient %d: %w", from+i, err)
		}
	}
	return nil
}

// one writes a patient with presets and treatments.
func (g *generator) one(id clinical.ID, n int) error {
	p := inventedPatient(n)
	p.ID, p.Revision, p.Created, p.Updated = id, 1, g.ago(900), g.ago(900)
	c := checker{record: "patient"}
	c.patient(p, g.now)
	if err := c.err(); err != nil {
		return err
	}
	if err := g.t.putJSON(bucketPatients, id, numbered(key(id), 1), packPatient(p)); err != nil {
		return err
	}
	g.t.then(func(ix *index) { ix.put(p) })
	if err := g.t.touch(id); err != nil {
		return err
	}
	for i := range g.size.Presets {
		preset := samplePreset{name: fmt.Sprintf("Cheek, session %d", i+1), kind: clinical.RF, indication: "acne_scars", zone: "cheek_left", daysAgo: 800 - i, revisions: []clinical.Settings{rfSet(1500, 60, 12, 100)}}
		if err := g.preset(id, preset); err != nil {
			return err
		}
	}
	for i := range g.size.Screenings {
		if err := g.screening(id, i); err != nil {
			return err
		}
	}
	for i := range g.size.Treatments {
		if err := g.summary(p, i); err != nil {
			return err
		}
	}
	return nil
}

// screening writes what a patient has answered.
func (g *generator) screening(patient clinical.ID, i int) error {
	id, err := g.s.ids.next()
	if err != nil {
		return err
	}
	v := clinical.Screening{ID: id, Revision: 1, Patient: patient, ListVersion: "sample", By: g.by, SavedAt: g.ago(801 - 28*i), Answers: []clinical.ScreeningAnswer{
		{Question: "pregnant", Answer: clinical.AnswerNo}, {Question: "pacemaker", Answer: clinical.AnswerNo},
		{Question: "isotretinoin", Answer: clinical.AnswerUnknown, Note: "to ask again"},
	}}
	c := checker{record: "screening"}
	c.screening(v)
	if err := c.err(); err != nil {
		return err
	}
	return g.t.putJSON(bucketScreenings, patient, numbered(key(patient, id), 1), packScreening(v))
}

// summary writes a treatment that has ended.
func (g *generator) summary(p clinical.Patient, i int) error {
	id, err := g.s.ids.next()
	if err != nil {
		return err
	}
	set := rfSet(1500, 60, 12, 100)
	pen := samplePen(clinical.RF)
	started := g.ago(800 - 28*i)
	v := clinical.Treatment{
		ID: id, Revision: 1, Patient: p.ID, Operator: g.by, Simulated: true,
		PenKind: clinical.RF, PenModel: pen.model, PenSerial: pen.serial, PenFirmware: pen.firmware, PenBoot: uint32(i + 1), Tip: pen.tip,
		Indication: "acne_scars", Zone: "cheek_left", Fitzpatrick: p.Fitzpatrick, LibraryVersion: sampleLibrary,
		Applied: []clinical.Applied{{At: started, Generation: 1, Settings: set, Envelope: pen.envelope(set), SettingsHash: sampleHash(set)}},
		Arms:    []clinical.ArmIntent{{At: started, CommandID: 1, SettingsHash: sampleHash(set), Settings: set}},
		Passes:  2, StopCheck: sampleStopCheck, Started: started, Ended: started.Add(20 * time.Minute), Outcome: clinical.OutcomeComplete,
	}
	c := checker{record: "treatment"}
	c.treatment(v)
	if err := c.err(); err != nil {
		return err
	}
	return g.t.putHead(v)
}

// inventedPatient is the n-th of an invented practice: the same each time, names of
// syllables, file numbers without a gap.
func inventedPatient(n int) clinical.Patient {
	family, given := invented(n/7, 3), invented(n*31+11, 2)
	return clinical.Patient{
		FamilyName: family, GivenName: given,
		BirthDate: clinical.Date{Year: 1935 + n%70, Month: time.Month(1 + n%12), Day: 1 + n%28},
		Sex:       clinical.Female, Fitzpatrick: clinical.Fitzpatrick(1 + n%6), FileNumber: fmt.Sprintf("F-%06d", n+1),
	}
}

// invented is a name of so many syllables.
func invented(n, syllables int) string {
	parts := [...]string{"ba", "ce", "di", "fo", "gu", "ha", "jé", "ki", "lo", "mü", "na", "pe", "ri", "so", "tu", "va", "wé", "xi", "yo", "zu"}
	name := ""
	for range syllables {
		name += parts[n%len(parts)]
		n /= len(parts)
	}
	return string(name[0]-'a'+'A') + name[1:]
}
