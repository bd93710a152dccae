package store

import (
	"context"
	"errors"
	"time"

	"stipple/app/clinical"
	"stipple/app/vault"
)

// NewestRecord is the time of the newest thing that was written about a patient
// or a treatment, by the clock of then; zero where there is none. A clock that is
// behind it was set back.
func (s *Store) NewestRecord(ctx context.Context) (time.Time, error) {
	var newest time.Time
	later := func(t time.Time) {
		if t.After(newest) {
			newest = t
		}
	}
	err := s.view(ctx, func(t *txn) error {
		b, err := t.bucket(bucketTreatments)
		if err != nil {
			return err
		}
		c := b.Cursor()
		var v clinical.Treatment
		for k, _ := c.Last(); ; k, _ = c.Prev() { // ids ascend with time
			if k == nil {
				return nil
			}
			ids, _, err := splitKey(k, 1, 1)
			if err != nil {
				return err
			}
			if v, err = t.treatment(ids[0]); err == nil {
				break
			}
			if !errors.Is(err, vault.ErrErased) { // what an erased patient left tells nothing
				return err
			}
		}
		later(v.Started)
		later(v.Ended)
		for _, a := range v.Arms {
			later(a.At)
		}
		for _, p := range v.Pulses {
			later(p.At)
		}
		return nil
	})
	if err != nil {
		return time.Time{}, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, p := range s.index.patients[1:] {
		later(p.Updated)
	}
	return newest, nil
}
