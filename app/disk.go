package app

import (
	"context"
	"errors"
	"time"

	"stipple/app/alarm"
	"stipple/app/store"
)

// diskEvery is how often the room on the disk is looked at: a treatment writes
// less than a megabyte in that time.
const diskEvery = time.Minute

// watchDisk tells, until ctx ends, whether the disk is nearly full. Where the
// system can't say how full it is, it gives up; a drive that does not answer is
// the store's to tell, at its next write.
func watchDisk(ctx context.Context, room func() (uint64, error), tell func(alarm.Finding, bool)) error {
	look := time.NewTicker(diskEvery)
	defer look.Stop()
	for {
		free, err := room()
		switch {
		case errors.Is(err, errors.ErrUnsupported):
			return nil
		case err == nil:
			tell(alarm.Finding{
				Condition: alarm.Of(alarm.DiskLow),
				Expected:  alarm.AtLeast(alarm.Storage, store.LowRoom),
				Measured:  alarm.Value{Quantity: alarm.Storage, N: int64(min(free, 1<<62))},
			}, free < store.LowRoom)
		}
		select {
		case <-look.C:
		case <-ctx.Done():
			return nil
		}
	}
}
