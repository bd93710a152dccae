package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"stipple/app/clinical"
	"stipple/app/fold"
)

// Operators returns those who can work at the console, by name. Until operators
// sign in, this is the list from which the one at work is chosen.
func (s *Store) Operators(ctx context.Context) ([]clinical.Operator, error) {
	var all []clinical.Operator
	err := s.view(ctx, func(t *txn) (err error) {
		all, err = t.operators()
		return err
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// operators reads the newest revision of each operator.
func (t *txn) operators() ([]clinical.Operator, error) {
	var all []clinical.Operator
	err := t.scan(bucketOperators, nil, func(k, plain []byte) error {
		ids, _, err := splitKey(k, 1, 1)
		if err != nil {
			return err
		}
		v, err := decodeJSON[storedOperator](plain)
		if err != nil {
			return err
		}
		if n := len(all); n > 0 && all[n-1].ID == ids[0] {
			all = all[:n-1]
		}
		all = append(all, unpackOperator(ids[0], v))
		return nil
	})
	slices.SortFunc(all, func(a, b clinical.Operator) int {
		return cmp.Or(cmp.Compare(fold.Text(a.Name), fold.Text(b.Name)), cmp.Compare(a.ID, b.ID))
	})
	return all, err
}

// SaveOperator stores a new operator (zero ID) or changes one, and returns it as
// stored. The earlier revisions stay in the file; treatments carry the
// operator's name and role as they were.
//
// Errors: *InvalidError with the field, also for a name that another operator
// has (Duplicate); ErrNotFound for an unknown ID.
func (s *Store) SaveOperator(ctx context.Context, o clinical.Operator) (clinical.Operator, error) {
	o.Name = tidy(o.Name)
	c := checker{record: "operator"}
	c.operator("", o)
	if err := c.err(); err != nil {
		return clinical.Operator{}, err
	}
	err := s.update(ctx, func(t *txn) (err error) {
		var newest uint32
		if o.ID == "" {
			o.ID, err = s.ids.next()
		} else {
			newest, err = t.newestOperator(o.ID)
		}
		if err != nil {
			return err
		}
		all, err := t.operators()
		if err != nil {
			return err
		}
		for _, other := range all {
			if other.ID != o.ID && fold.Text(other.Name) == fold.Text(o.Name) {
				return &InvalidError{Record: "operator", Fields: []FieldError{{"Name", Duplicate}}}
			}
		}
		return t.putJSON(bucketOperators, numbered(key(o.ID), newest+1), packOperator(o))
	})
	if err != nil {
		return clinical.Operator{}, err
	}
	return o, nil
}

func (t *txn) newestOperator(id clinical.ID) (uint32, error) {
	if !validID(id) {
		return 0, fmt.Errorf("operator: %w", ErrNotFound)
	}
	newest, _, err := t.last(bucketOperators, key(id))
	return newest, err
}
