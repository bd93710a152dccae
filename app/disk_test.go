package app

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"stipple/app/alarm"
	"stipple/app/store"
)

func TestWatchDisk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answers := []struct {
			free uint64
			err  error
			low  string // "yes", "no", "" for nothing told
		}{
			{store.LowRoom, nil, "no"},
			{store.LowRoom - 1, nil, "yes"},
			{0, nil, "yes"},
			{0, errors.New("drive is gone"), ""},
			{1 << 63, nil, "no"},
			{0, errors.ErrUnsupported, ""},
		}
		asked, begun := 0, time.Now()
		said := make([]string, len(answers))
		room := func() (uint64, error) {
			a := answers[asked]
			asked++
			return a.free, a.err
		}
		tell := func(f alarm.Finding, there bool) {
			said[asked-1] = map[bool]string{true: "yes", false: "no"}[there]
			if f.Code != alarm.DiskLow || f.Measured.N < 0 || f.Expected.Holds(f.Measured) == there {
				t.Errorf("look %d: %+v", asked, f)
			}
		}
		if err := watchDisk(context.Background(), room, tell); err != nil {
			t.Error(err)
		}
		for i, a := range answers {
			if said[i] != a.low {
				t.Errorf("look %d: low %q, want %q", i+1, said[i], a.low)
			}
		}
		if asked != len(answers) || time.Since(begun) != diskEvery*time.Duration(len(answers)-1) {
			t.Errorf("asked %d times in %v", asked, time.Since(begun))
		}
	})
}

func TestWatchDiskEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		done := make(chan error)
		go func() {
			done <- watchDisk(ctx, func() (uint64, error) { return 1 << 40, nil }, func(alarm.Finding, bool) {})
		}()
		time.Sleep(diskEvery / 2)
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}
