package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"stipple/app/clinical"
)

// SavePreset stores a new preset (zero ID) or the next revision of one, be it
// other settings or another name, and returns it as stored: ID, Revision and
// SavedAt are set here. The settings are checked for their form only; whether
// they fit today's limits is asked when they are loaded.
//
// Errors: *InvalidError with the field; ErrNotFound for an unknown patient or
// preset, or a deleted preset; ErrConflict if p.Revision is not the newest.
func (s *Store) SavePreset(ctx context.Context, p clinical.Preset) (clinical.Preset, error) {
	p.Name, p.SavedBy, p.SavedAt = tidy(p.Name), tidy(p.SavedBy), s.clock()
	c := checker{record: "preset"}
	c.preset(p)
	if err := c.err(); err != nil {
		return clinical.Preset{}, err
	}
	err := s.update(ctx, func(t *txn) (err error) {
		var before clinical.Preset
		if p.ID == "" {
			p.Revision = 0
			p.ID, err = s.ids.next()
		} else {
			before, err = t.presetAt(p.Patient, p.ID, p.Revision)
		}
		if err != nil {
			return err
		}
		p.Revision++
		if err := t.putPreset(p); err != nil {
			return err
		}
		return s.presetSaved(ctx, t, before, p)
	})
	if err != nil {
		return clinical.Preset{}, err
	}
	return p, nil
}

// putPreset writes a revision of a preset as it is.
func (t *txn) putPreset(p clinical.Preset) error {
	if err := t.mustHavePatient(p.Patient); err != nil {
		return err
	}
	return t.putJSON(bucketPresets, p.Patient, numbered(key(p.Patient, p.ID), uint32(p.Revision)), packPreset(p))
}

// presetAt reads a preset that is not deleted, whose newest revision based must be.
func (t *txn) presetAt(patient, id clinical.ID, based int) (clinical.Preset, error) {
	plain, err := t.checkRevision(bucketPresets, based, patient, id)
	if err != nil {
		return clinical.Preset{}, fmt.Errorf("preset: %w", err)
	}
	p, deleted, err := unpackPreset(patient, id, uint32(based), plain)
	if err == nil && deleted {
		err = fmt.Errorf("preset: %w", ErrNotFound)
	}
	return p, err
}

// Presets returns the newest revision of each preset of a patient that is not
// deleted, last saved first. A patient without presets, or an unknown one, has
// an empty list.
func (s *Store) Presets(ctx context.Context, patient clinical.ID) ([]clinical.Preset, error) {
	if !validID(patient) {
		return nil, nil
	}
	newest := map[clinical.ID]clinical.Preset{}
	err := s.scanPresets(ctx, key(patient), func(p clinical.Preset, deleted bool) {
		if deleted {
			delete(newest, p.ID)
			return
		}
		newest[p.ID] = p
	})
	if err != nil {
		return nil, err
	}
	var all []clinical.Preset
	for _, p := range newest {
		all = append(all, p)
	}
	slices.SortFunc(all, func(a, b clinical.Preset) int {
		return cmp.Or(b.SavedAt.Compare(a.SavedAt), cmp.Compare(b.ID, a.ID))
	})
	return all, nil
}

// PresetHistory returns all saved revisions of a preset, newest first, also if
// it was deleted. ErrNotFound if there was never such a preset. The deletion
// itself takes a revision number of its own and is not listed.
func (s *Store) PresetHistory(ctx context.Context, patient, preset clinical.ID) ([]clinical.Preset, error) {
	if !validID(patient) || !validID(preset) {
		return nil, ErrNotFound
	}
	var all []clinical.Preset
	err := s.scanPresets(ctx, key(patient, preset), func(p clinical.Preset, deleted bool) {
		if !deleted {
			all = append(all, p)
		}
	})
	if err == nil && len(all) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	slices.Reverse(all)
	return all, nil
}

// scanPresets calls f for each revision under prefix, oldest first.
func (s *Store) scanPresets(ctx context.Context, prefix []byte, f func(p clinical.Preset, deleted bool)) error {
	return s.view(ctx, func(t *txn) error {
		return t.scan(bucketPresets, prefix, func(k, plain []byte) error {
			ids, n, err := splitKey(k, 2, 1)
			if err != nil {
				return err
			}
			p, deleted, err := unpackPreset(ids[0], ids[1], n[0], plain)
			if err == nil {
				f(p, deleted)
			}
			return err
		})
	})
}

// DeletePreset takes a preset off the patient's list. It is a revision that says
// so: the earlier ones stay, since treatments name them. ErrNotFound if there is
// no such preset or it was deleted before.
func (s *Store) DeletePreset(ctx context.Context, patient, preset clinical.ID) error {
	if !validID(patient) || !validID(preset) {
		return ErrNotFound
	}
	return s.update(ctx, func(t *txn) error {
		newest, _, err := t.last(bucketPresets, key(patient, preset))
		if err != nil {
			return err
		}
		if _, err := t.presetAt(patient, preset, int(newest)); err != nil {
			return err
		}
		gone := storedPreset{Deleted: true, SavedAt: s.clock()}
		if err := t.putJSON(bucketPresets, patient, numbered(key(patient, preset), newest+1), gone); err != nil {
			return err
		}
		return s.presetDeleted(ctx, t, patient, preset)
	})
}
