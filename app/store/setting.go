package store

import (
	"bytes"
	"context"

	"stipple/app/audit"
	"stipple/app/clinical"
)

// Setting returns a setting of the program. ErrNotFound if it was never saved.
func (s *Store) Setting(ctx context.Context, name string) ([]byte, error) {
	if name == "" {
		return nil, ErrNotFound
	}
	var value []byte
	err := s.view(ctx, func(t *txn) error {
		plain, err := t.get(bucketSettings, []byte(name))
		value = bytes.Clone(plain)
		return err
	})
	if err != nil {
		return nil, err
	}
	return value, nil
}

// SaveSetting stores a setting of the program under a name of lower-case
// letters, digits and underscores (at most 64). Settings are the one thing here
// that is replaced: they are no part of any record. The value may have up to
// 64 KiB. *InvalidError with the field otherwise.
func (s *Store) SaveSetting(ctx context.Context, name string, value []byte) error {
	return s.saveSetting(ctx, name, value, func(*txn) error { return nil })
}

// ChangeSetting is SaveSetting for a setting that somebody answers for: the audit chain
// has e in the same transaction. Number, time and who is at work are filled in.
func (s *Store) ChangeSetting(ctx context.Context, name string, value []byte, e audit.Entry) error {
	return s.saveSetting(ctx, name, value, func(t *txn) error { return s.record(ctx, t, clinical.Operator{}, e) })
}

func (s *Store) saveSetting(ctx context.Context, name string, value []byte, tell func(*txn) error) error {
	c := checker{record: "setting"}
	c.key("Name", name)
	c.that(len(value) <= maxSettingBytes, "Value", TooLong)
	if err := c.err(); err != nil {
		return err
	}
	return s.update(ctx, func(t *txn) error {
		if err := t.put(bucketSettings, noOwner, []byte(name), value); err != nil {
			return err
		}
		return tell(t)
	})
}
