package app

import (
	"context"
	"slices"
	"time"

	"stipple/app/console"
	"stipple/app/keeper"
	"stipple/app/store"
)

// copies are the copies of a store that are known: the backups that its keeper remembers,
// wherever they were carried to, and those that migrations have left beside it, which
// nobody removes but a person.
type copies struct {
	keeper *keeper.Keeper // nil: a training store has none
	path   string         // of the store
}

var _ console.Copies = copies{}

// Made implements console.Copies.
func (c copies) Made(ctx context.Context, from time.Time) ([]console.KeptBackup, error) {
	var all []console.KeptBackup
	if c.keeper != nil {
		var err error
		if all, err = c.keeper.Kept(ctx); err != nil {
			return nil, err
		}
	}
	left, err := store.Copies(c.path)
	if err != nil {
		return nil, err
	}
	for _, l := range left {
		all = append(all, console.KeptBackup{Name: l.Name, Made: l.Made})
	}
	from = from.Truncate(time.Second) // as names of copies are
	all = slices.DeleteFunc(all, func(k console.KeptBackup) bool { return k.Made.Before(from) })
	slices.SortStableFunc(all, func(a, b console.KeptBackup) int { return a.Made.Compare(b.Made) })
	return all, nil
}
