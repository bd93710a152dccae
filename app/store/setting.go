package store

import (
	"bytes"
	"context"
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
	c := checker{record: "setting"}
	c.key("Name", name)
	c.that(len(value) <= maxSettingBytes, "Value", TooLong)
	if err := c.err(); err != nil {
		return err
	}
	return s.update(ctx, func(t *txn) error {
		return t.put(bucketSettings, noOwner, []byte(name), value)
	})
}
