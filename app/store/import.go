package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"stipple/app/audit"
	"stipple/app/clinical"
	"stipple/app/fold"
	"stipple/app/vault"
)

// Import is what patients are brought in from, as the audit chain tells it, and how.
type Import struct {
	Kind string // "table" or "room"
	Hash string // of the file, in hex
	// Whole writes all in one transaction, or nothing. Else they go in groups, each in a
	// transaction of its own, and who is refused is left out.
	Whole bool
	// Told is called with how many are done; nil: nobody listens.
	Told func(done int)
}

// Imported is what an import came to.
type Imported struct {
	Patients int           // new ones, and new revisions
	Presets  int           // likewise
	Refused  map[int]error // who was left out, or let nothing in, by the index, and why
}

// ImportPatients writes patients with their presets, each of them whole or not at all.
// A patient whose Revision is 0 is new, and keeps the ID if nobody here has or had it;
// so does a preset, among those of its patient. Any other Revision must be the newest
// here, as for SavePatient and SavePreset; a patient that says nothing new gets no new
// revision. SavedAt and SavedBy of presets stay as they are.
//
// Each transaction has an entry of the import in the audit chain, beside those of the
// changes. Once an error comes back nothing of its transaction was written; what
// Imported counts was. Nor do keys of its new patients stay, unless the process is killed or
// the commit itself fails: then nobody can tell whether a store has the patients. With
// Whole that is all or nothing: once one is refused nothing is written, the error is that
// of the first, and Refused names the first maxRefused. Between patients the context is
// looked at.
//
// Errors: those of SavePatient and SavePreset.
func (s *Store) ImportPatients(ctx context.Context, all []clinical.Dossier, of Import) (Imported, error) {
	out := Imported{Refused: map[int]error{}}
	group := importGroup
	if of.Whole {
		group = max(len(all), 1)
	}
	for from := 0; from < len(all); from += group {
		to := min(from+group, len(all))
		w := importing{s: s, ctx: ctx, of: of, first: from, numbers: map[string]clinical.ID{}, ids: map[clinical.ID]bool{}, refused: map[int]error{}}
		err := s.update(ctx, func(t *txn) error {
			w.t = t
			err := w.group(all[from:to])
			if err != nil { // and so nothing is written, before anybody else writes
				// Keys that stay take room alone.
				_ = s.sealer.Unown(w.made...)
			}
			return err
		})
		if err != nil {
			if of.Whole {
				out.Refused = w.refused
			}
			return out, fmt.Errorf("import: %w", err)
		}
		out.Patients += w.patients
		out.Presets += w.presets
		for i, err := range w.refused {
			out.Refused[i] = err
		}
		if of.Told != nil {
			of.Told(to)
		}
	}
	return out, nil
}

// importing writes one group in one transaction.
type importing struct {
	s       *Store
	ctx     context.Context
	t       *txn
	of      Import
	first   int                    // index of the group's first
	numbers map[string]clinical.ID // file numbers of this transaction, which the index has not
	ids     map[clinical.ID]bool   // patients of this transaction
	refused map[int]error
	made    []clinical.ID // who got a key in this transaction

	patients, presets int
}

// planned is a patient that is going to be written.
type planned struct {
	before, after clinical.Patient // before is zero for a new one
	presets       []clinical.Preset
}

func (w *importing) group(all []clinical.Dossier) error {
	plan := make([]planned, 0, len(all))
	var refused error
	for i, d := range all {
		if w.of.Whole && len(w.refused) == maxRefused {
			break
		}
		p, err := w.plan(d)
		var invalid *InvalidError
		switch {
		case err == nil:
			plan = append(plan, p)
		case errors.As(err, &invalid) || errors.Is(err, ErrConflict) || errors.Is(err, ErrNotFound):
			w.refused[w.first+i], refused = err, cmp.Or(refused, err)
		default:
			return err
		}
	}
	if w.of.Whole && refused != nil {
		return refused
	}
	if err := w.own(plan); err != nil {
		return err
	}
	for i, p := range plan {
		if err := w.ctx.Err(); err != nil {
			return err
		}
		if err := w.write(p); err != nil {
			return err
		}
		if w.of.Whole && w.of.Told != nil && i%importGroup == 0 {
			w.of.Told(i)
		}
	}
	if w.patients+w.presets == 0 {
		return nil // nothing that the chain would tell
	}
	return w.s.record(w.ctx, w.t, clinical.Operator{}, audit.Entry{
		Action: audit.Import, Subject: audit.Subject{Kind: audit.SubjectFile, ID: w.of.Hash},
		Changes: join(
			field("kind", audit.Value{}, audit.Text(w.of.Kind)),
			field("patients", audit.Value{}, audit.Amount(audit.Count, int64(w.patients))),
			field("presets", audit.Value{}, audit.Amount(audit.Count, int64(w.presets))),
		),
	})
}

// plan checks a patient and its presets before anything is written.
func (w *importing) plan(d clinical.Dossier) (planned, error) {
	p := d.Patient
	p.FamilyName, p.GivenName, p.FileNumber = tidy(p.FamilyName), tidy(p.GivenName), tidy(p.FileNumber)
	now := w.s.clock()
	c := checker{record: "patient"}
	c.patient(p, now)
	if err := c.err(); err != nil {
		return planned{}, err
	}
	out := planned{after: p}
	var err error
	if p.Revision == 0 {
		out.after.ID, err = w.free(bucketPatients, p.ID)
		out.after.Created, out.after.Updated = now, now
	} else if out.before, err = w.t.patientAt(p.ID, p.Revision); err == nil {
		out.after.Created, out.after.Updated = out.before.Created, now
	}
	if err != nil {
		return planned{}, err
	}
	if w.ids[out.after.ID] {
		return planned{}, fmt.Errorf("%w: twice in one file", ErrConflict)
	}
	if err := w.number(out.after); err != nil {
		return planned{}, err
	}
	for _, preset := range d.Presets {
		if preset, err = w.preset(out, preset); err != nil {
			return planned{}, err
		}
		out.presets = append(out.presets, preset)
	}
	w.ids[out.after.ID], w.numbers[fold.Number(p.FileNumber)] = true, out.after.ID
	return out, nil
}

// number refuses a file number that somebody else has, or gets in this transaction.
func (w *importing) number(p clinical.Patient) error {
	other, taken := w.numbers[fold.Number(p.FileNumber)]
	if !taken {
		other, taken = w.s.fileNumberOwner(p.FileNumber)
	}
	if taken && other != p.ID {
		return &InvalidError{Record: "patient", Fields: []FieldError{{"FileNumber", Duplicate}}}
	}
	return nil
}

// preset checks one preset of a patient.
func (w *importing) preset(of planned, p clinical.Preset) (clinical.Preset, error) {
	p.Patient, p.Name, p.SavedBy, p.SavedAt = of.after.ID, tidy(p.Name), tidy(p.SavedBy), utc(p.SavedAt)
	c := checker{record: "preset"}
	c.preset(p)
	c.that(storableTime(p.SavedAt), "SavedAt", BadValue)
	if err := c.err(); err != nil {
		return p, err
	}
	var err error
	if p.Revision == 0 {
		p.ID, err = w.free(bucketPresets, p.Patient, p.ID)
	} else {
		_, err = w.t.presetAt(p.Patient, p.ID, p.Revision)
	}
	return p, err
}

// free is the last of the ids if it is one and nobody has it under the others, and
// else a new one. Whose erasure is not finished still has a key, which goes with it.
func (w *importing) free(bucket string, ids ...clinical.ID) (clinical.ID, error) {
	id := ids[len(ids)-1]
	erasing, err := w.t.has(bucketErasing, key(ids[0]))
	if err != nil {
		return "", err
	}
	if validID(id) && !erasing {
		_, _, err := w.t.last(bucket, key(ids...))
		if errors.Is(err, ErrNotFound) {
			return id, nil
		}
		if err != nil && !errors.Is(err, vault.ErrErased) {
			return "", err
		}
	}
	return w.s.ids.next()
}

// own makes the keys of new patients. The id of one who was erased is nobody's again.
func (w *importing) own(plan []planned) error {
	var fresh []clinical.ID
	for _, p := range plan {
		if p.after.Revision == 0 {
			fresh = append(fresh, p.after.ID)
		}
	}
	err := w.ownNew(fresh...)
	if !errors.Is(err, vault.ErrErased) {
		return err
	}
	for i := range plan {
		if plan[i].after.Revision > 0 {
			continue
		}
		err := w.ownNew(plan[i].after.ID)
		if errors.Is(err, vault.ErrErased) {
			if err = w.rename(&plan[i]); err == nil {
				err = w.ownNew(plan[i].after.ID)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// ownNew makes keys, and remembers whose were not there before.
func (w *importing) ownNew(ids ...clinical.ID) error {
	made, err := w.s.sealer.OwnNew(ids...)
	w.made = append(w.made, made...)
	return err
}

// rename gives a new patient another id.
func (w *importing) rename(p *planned) (err error) {
	if p.after.ID, err = w.s.ids.next(); err != nil {
		return err
	}
	for i := range p.presets {
		p.presets[i].Patient = p.after.ID
	}
	return nil
}

// write writes what was planned.
func (w *importing) write(p planned) error {
	if p.before.ID == "" || !sameContent(p.before, p.after) {
		p.after.Revision++
		if err := w.s.putPatient(w.ctx, w.t, p.before, p.after); err != nil {
			return err
		}
		w.patients++
	}
	for _, preset := range p.presets {
		var before clinical.Preset
		if preset.Revision > 0 {
			var err error
			if before, err = w.t.presetAt(preset.Patient, preset.ID, preset.Revision); err != nil {
				return err
			}
		}
		preset.Revision++
		if err := w.t.putPreset(preset); err != nil {
			return err
		}
		if err := w.s.presetSaved(w.ctx, w.t, before, preset); err != nil {
			return err
		}
		w.presets++
	}
	return nil
}

// sameContent says whether two revisions of a patient say the same.
func sameContent(a, b clinical.Patient) bool {
	b.Revision, b.Created, b.Updated = a.Revision, a.Created, a.Updated
	return a == b
}

// AuditOf is Audit with what the entry tells of its patient, which only those who may
// read patients can open.
func (s *Store) AuditOf(ctx context.Context, e audit.Entry, private ...audit.Change) error {
	return s.update(ctx, func(t *txn) error { return s.record(ctx, t, clinical.Operator{}, e, private...) })
}
