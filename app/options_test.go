package app

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"stipple/app/store"
)

func TestOptions(t *testing.T) {
	for _, c := range []struct {
		name string
		opt  Options
		ok   bool
	}{
		{"nothing", Options{}, true},
		{"simulated RF pen", Options{Sim: "rf"}, true},
		{"simulated needling pen on a folder", Options{Sim: "needling", Data: "x"}, true},
		{"unknown simulated pen", Options{Sim: "laser"}, false},
		{"simulated pen and a port", Options{Sim: "rf", Port: "/dev/ttyACM0"}, false},
		{"negative descriptor", Options{TraceFD: -1}, false},
	} {
		if err := c.opt.check(); (err == nil) != c.ok || err != nil && !errors.Is(err, ErrUsage) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

func TestSimulatedPenHasAStoreOfItsOwn(t *testing.T) {
	t.Setenv("XDG_DATA_HOME", t.TempDir())
	t.Setenv("LOCALAPPDATA", t.TempDir())
	ordinary, _, err := Options{}.dataDir()
	if err != nil {
		t.Fatal(err)
	}
	simulated, _, err := Options{Sim: "rf"}.dataDir()
	if err != nil {
		t.Fatal(err)
	}
	if simulated == ordinary {
		t.Errorf("both in %s", ordinary)
	}
}

func TestDemoStoreIsThrownAway(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	dir, throwAway, err := Options{Demo: true}.dataDir()
	if err != nil || !throwAway {
		t.Fatal(dir, throwAway, err)
	}
	r := &room{throwAway: dir}
	if err := r.closeStore(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("%s is still there: %v", dir, err)
	}
}

func TestTrainingStore(t *testing.T) {
	open := func(path string) *store.Store {
		t.Helper()
		s, err := store.OpenTraining(path, store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	ctx := t.Context()
	training := filepath.Join(t.TempDir(), store.FileName)
	s := open(training)
	if is, err := markTraining(ctx, s, true); err != nil || !is {
		t.Fatal(is, err)
	}
	if _, total, err := s.SearchPatients(ctx, "", 1); err != nil || total < 12 {
		t.Errorf("%d sample patients: %v", total, err)
	}
	s.Close()
	// A training store stays one, also without --demo.
	s = open(training)
	if is, err := markTraining(ctx, s, false); err != nil || !is {
		t.Error(is, err)
	}
	s.Close()

	// A store that was ordinary once never takes a simulated pen.
	ordinary := filepath.Join(t.TempDir(), store.FileName)
	s = open(ordinary)
	if is, err := markTraining(ctx, s, false); err != nil || is {
		t.Fatal(is, err)
	}
	s.Close()
	s = open(ordinary)
	defer s.Close()
	if _, err := markTraining(ctx, s, true); !errors.Is(err, ErrRealStore) {
		t.Errorf("%v, want ErrRealStore", err)
	}
}

func TestTraceThatIsNotOpen(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	fd := int(w.Fd())
	w.Close()
	if _, err := openTrace(fd); !errors.Is(err, ErrUsage) {
		t.Errorf("%v, want ErrUsage", err)
	}
}

func TestNoDisplay(t *testing.T) {
	t.Setenv("DISPLAY", "")
	t.Setenv("WAYLAND_DISPLAY", "")
	if err := checkDisplay(); runtime.GOOS == "linux" && !errors.Is(err, ErrNoDisplay) {
		t.Errorf("%v, want ErrNoDisplay", err)
	}
}
