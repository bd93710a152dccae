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

// Operators returns those who work here, by name.
func (s *Store) Operators(ctx context.Context) ([]clinical.Operator, error) {
	all, err := s.Everybody(ctx)
	return slices.DeleteFunc(all, func(o clinical.Operator) bool { return o.Left }), err
}

// Everybody returns those who work here or have, by name.
func (s *Store) Everybody(ctx context.Context) ([]clinical.Operator, error) {
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

// CheckOperator says whether an operator could be stored now, with the errors of
// SaveOperator; nothing is.
func (s *Store) CheckOperator(ctx context.Context, o clinical.Operator) error {
	if err := checkedOperator(&o); err != nil {
		return err
	}
	return s.view(ctx, func(t *txn) error {
		_, err := t.beforeOperator(o)
		return err
	})
}

// putOperator stores the revision behind the one that newest names.
func (s *Store) putOperator(ctx context.Context, o clinical.Operator, newest func(*txn, *clinical.Operator) (uint32, error)) (clinical.Operator, error) {
	if err := checkedOperator(&o); err != nil {
		return clinical.Operator{}, err
	}
	err := s.update(ctx, func(t *txn) error {
		n, err := newest(t, &o)
		if err != nil {
			return err
		}
		before, err := t.beforeOperator(o)
		if err != nil {
			return err
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

// checkedOperator tidies an operator and checks it by itself.
func checkedOperator(o *clinical.Operator) error {
	o.Name = tidy(o.Name)
	c := checker{record: "operator"}
	c.operator("", *o)
	return c.err()
}

// beforeOperator is the newest revision of an operator, zero for who is new. A name is
// one person's for ever, since records name people.
func (t *txn) beforeOperator(o clinical.Operator) (before clinical.Operator, err error) {
	all, err := t.operators()
	if err != nil {
		return before, err
	}
	for _, other := range all {
		switch {
		case other.ID == o.ID:
			before = other
		case fold.Text(other.Name) == fold.Text(o.Name):
			return before, &InvalidError{Record: "operator", Fields: []FieldError{{"Name", Duplicate}}}
		}
	}
	return before, nil
}

func (t *txn) newestOperator(id clinical.ID) (uint32, error) {
	if !validID(id) {
		return 0, fmt.Errorf("operator: %w", ErrNotFound)
	}
	newest, _, err := t.last(bucketOperators, key(id))
	return newest, err
}
