package app

import (
	"context"

	"stipple/app/store"
)

// rekey brings the store under new keys where somebody who was given the present ones
// was removed, and goes on where an earlier start was broken off. Only a sign-in that
// holds the patient key can. What it can't do is told, and tried at the next start.
func (r *room) rekey(ctx context.Context) error {
	who := r.who.Load()
	if who == nil {
		return nil
	}
	err := who.rekey(ctx, r.store, r.desk.Rekeyed)
	if err != nil && ctx.Err() == nil {
		r.desk.Report(err)
	}
	return nil
}

// rekey tells how many values of how many are done, and at the end of none.
func (e *entry) rekey(ctx context.Context, s *store.Store, tell func(done, of int64)) error {
	acting, err := e.acting(ctx, s)
	if err != nil {
		return err
	}
	// Twice where somebody is removed meanwhile.
	for e.slots.WantsRekey(e.keys) {
		if err := e.slots.BeginRekey(e.keys); err != nil {
			return err
		}
		if err := s.Rekey(acting, byPercent(tell)); err != nil {
			return err
		}
		if err := e.slots.EndRekey(e.keys); err != nil {
			return err
		}
		tell(0, 0)
	}
	return nil
}

// byPercent tells only what can be seen.
func byPercent(tell func(done, of int64)) func(done, of int64) {
	last := int64(-1)
	return func(done, of int64) {
		if percent := 100 * done / max(of, 1); percent != last {
			last = percent
			tell(done, of)
		}
	}
}
