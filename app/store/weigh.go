package store

import (
	"context"
	"fmt"
	"os"
)

// Weight is what a store takes, for measuring, in bytes.
type Weight struct {
	Plain  int64 // all values as they are encoded, without seal and keys
	Packed int64 // the file after it was written anew without gaps
}

// Weigh opens every value and writes a packed copy of the file to scratch, where no
// file may be, and removes it. It takes a while: half a minute for 2 GB.
func Weigh(ctx context.Context, s *Store, scratch string) (w Weight, err error) {
	err = s.view(ctx, func(t *txn) error {
		for _, name := range sealedBuckets() {
			err := t.scan(name, nil, func(_, plain []byte) error {
				w.Plain += int64(len(plain))
				return ctx.Err()
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return Weight{}, fmt.Errorf("weigh: %w", err)
	}
	defer func() { _ = os.Remove(scratch) }()
	if err := s.guarded(func() error { return s.copyTo(scratch) }); err != nil {
		return Weight{}, fmt.Errorf("weigh: %w", classify(err))
	}
	info, err := os.Stat(scratch)
	if err != nil {
		return Weight{}, fmt.Errorf("weigh: %w", err)
	}
	w.Packed = info.Size()
	return w, nil
}
