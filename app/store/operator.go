package store

import (
	"cmp"
	"context"
	"errors"
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
	return s.putOperator(ctx, o, func(t *txn, o *clinical.Operator) (newest uint32, err error) {
		if o.ID == "" {
			o.ID, err = s.ids.next()
			return 0, err
		}
		return t.newestOperator(o.ID)
	})
}

// AddOperator stores a new operator whose ID was made before, by NewID, because the
// way in has it, too. Errors are those of SaveOperator; ErrConflict if there is one of
// that ID.
func (s *Store) AddOperator(ctx context.Context, o clinical.Operator) (clinical.Operator, error) {
	return s.putOperator(ctx, o, func(t *txn, o *clinical.Operator) (uint32, error) {
		switch _, err := t.newestOperator(o.ID); {
		case err == nil:
			return 0, fmt.Errorf("%w: the id is taken", ErrConflict)
		case !validID(o.ID) || !errors.Is(err, ErrNotFound):
			return 0, err
		}
		return 0, nil
	})
}

// putOperator stores the revision behind the one that newest names.
func (s *Store) putOperator(ctx context.Context, o clinical.Operator, newest func(*txn, *clinical.Operator) (uint32, error)) (clinical.Operator, error) {
	o.Name = tidy(o.Name)
	c := checker{record: "operator"}
	c.operator("", o)
	if err := c.err(); err != nil {
		return clinical.Operator{}, err
	}
	err := s.update(ctx, func(t *txn) error {
		n, err := newest(t, &o)
		if err != nil {
			return err
		}
		all, err := t.operators()
		if err != nil {
			return err
		}
		var before clinical.Operator
		for _, other := range all {
			if other.ID == o.ID {
				before = other
			}
			if other.ID != o.ID && fold.Text(other.Name) == fold.Text(o.Name) {
				return &InvalidError{Record: "operator", Fields: []FieldError{{"Name", Duplicate}}}
			}
		}
		if err := t.putJSON(bucketOperators, noOwner, numbered(key(o.ID), n+1), packOperator(o)); err != nil {
			return err
		}
		return s.operatorSaved(ctx, t, before, o)
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
