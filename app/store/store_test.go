package store

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"stipple/app/clinical"
	"stipple/app/vault"
)

// testClock is a clock that stands until it is moved.
type testClock struct {
	mu sync.Mutex
	t  time.Time
}

func newClock() *testClock {
	return &testClock{t: time.Date(2026, time.November, 23, 9, 30, 0, 0, time.UTC)}
}

func (c *testClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *testClock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// counter is a source of bytes that never repeats, for ids that a test can rely on.
type counter struct {
	mu sync.Mutex
	n  uint64
}

func (c *counter) Read(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range p {
		if i%8 == 0 {
			c.n += 0x9E3779B97F4A7C15 // odd, so that all 2^64 values come
		}
		var b [8]byte
		binary.BigEndian.PutUint64(b[:], c.n)
		p[i] = b[i%8]
	}
	return len(p), nil
}

var _ io.Reader = (*counter)(nil)

// openTest opens a store in path with the clock and closes it with the test.
func openTest(t testing.TB, path string, clock *testClock) *Store {
	t.Helper()
	s, err := OpenTraining(path, Options{Now: clock.now, Rand: &counter{}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func newStore(t testing.TB) (*Store, *testClock) {
	t.Helper()
	clock := newClock()
	return openTest(t, filepath.Join(t.TempDir(), "data", FileName), clock), clock
}

// someKeys are open keys of a store that hides nothing, in a folder of their own.
func someKeys(t testing.TB) *vault.Vault {
	t.Helper()
	_, keys, err := vault.CreateTraining(t.TempDir(), vault.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = keys.Close() })
	return keys
}

// must is for calls that the test is not about.
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func ana() clinical.Patient {
	return clinical.Patient{
		FamilyName: "Ruiz", GivenName: "Ana", BirthDate: clinical.Date{Year: 1984, Month: time.February, Day: 11},
		Sex: clinical.Female, Fitzpatrick: clinical.FitzpatrickIV, FileNumber: "F-20417",
	}
}

func TestClosed(t *testing.T) {
	s, _ := newStore(t)
	p := must(s.SavePatient(t.Context(), ana()))(t)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
	calls := map[string]func() error{
		"Patient":        func() error { _, err := s.Patient(t.Context(), p.ID); return err },
		"SavePatient":    func() error { _, err := s.SavePatient(t.Context(), ana()); return err },
		"SearchPatients": func() error { _, _, err := s.SearchPatients(t.Context(), "", 1); return err },
		"Presets":        func() error { _, err := s.Presets(t.Context(), p.ID); return err },
		"OpenTreatments": func() error { _, err := s.OpenTreatments(t.Context()); return err },
		"Touch":          func() error { return s.Touch(t.Context(), p.ID) },
	}
	for name, call := range calls {
		if err := call(); !errors.Is(err, ErrClosed) {
			t.Errorf("%s after Close: %v", name, err)
		}
	}
}

func TestCancelledContextWritesNothing(t *testing.T) {
	s, _ := newStore(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.SavePatient(ctx, ana()); !errors.Is(err, context.Canceled) {
		t.Errorf("SavePatient: %v", err)
	}
	if _, total, err := s.SearchPatients(t.Context(), "", 1); err != nil || total != 0 {
		t.Errorf("%d patients, %v", total, err)
	}
}

// All methods may be called from any goroutine, Close among them.
func TestCallsBesideEachOther(t *testing.T) {
	ctx := t.Context()
	s, _ := newStore(t)
	const each = 20
	var all sync.WaitGroup
	for g := range 4 {
		all.Go(func() {
			p := ana()
			p.FileNumber = string(rune('A' + g))
			p, err := s.SavePatient(ctx, p)
			v, err2 := s.BeginTreatment(ctx, aTreatment(p.ID))
			if err := errors.Join(err, err2); err != nil {
				t.Error(err)
				return
			}
			for i := range uint32(each) {
				_, _, err1 := s.SearchPatients(ctx, "ruiz", 3)
				_, err2 := s.OpenTreatments(ctx)
				if err := errors.Join(err1, err2, s.AppendPulses(ctx, v.ID, pulsesOf(uint32(g), i, 2)), s.Touch(ctx, p.ID)); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	for _, v := range must(s.OpenTreatments(ctx))(t) {
		if len(v.Pulses) != each+1 {
			t.Errorf("%d pulses", len(v.Pulses))
		}
	}
	// Whoever is late is told so, and nothing hangs.
	for range 4 {
		all.Go(func() {
			for err := error(nil); !errors.Is(err, ErrClosed); _, err = s.SaveOperator(ctx, sampleOperators()[0]) {
				if err != nil && fieldsOf(err)["Name"] != "duplicate" {
					t.Error(err)
					return
				}
			}
		})
		all.Go(func() {
			for err := error(nil); !errors.Is(err, ErrClosed); _, err = s.Operators(ctx) {
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	all.Wait()
}
