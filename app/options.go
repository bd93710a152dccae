package app

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"stipple/app/clinical"
)

// ErrUsage means that the options contradict each other or name something that
// does not exist.
var ErrUsage = errors.New("wrong options")

// Options are the command line's. The zero value is the console on the
// ordinary store with whatever pen is plugged in.
type Options struct {
	Data        string // folder of the store; empty: the platform's own
	Port        string // path of the pen's port; empty: search
	Sim         string // "needling" or "rf": the built-in simulated pen
	Demo        bool   // throw-away training store with the sample clinic
	Screenshots string // draw every page into this folder and end
	TraceFD     int    // open file descriptor for the UI trace; 0: none
	Bench       *Bench // of a measuring program; nil: none
	// Exit ends the process with what Run would return, where the toolkit does not
	// come to its end; everything of the console is closed by then. Nil: Run waits.
	Exit func(error)
}

// check refuses options that contradict each other.
func (o Options) check() error {
	switch {
	case o.Sim != "" && o.Sim != string(clinical.Needling) && o.Sim != string(clinical.RF):
		return fmt.Errorf("%w: --sim %q: want needling or rf", ErrUsage, o.Sim)
	case o.Sim != "" && o.Port != "":
		return fmt.Errorf("%w: --sim and --port exclude each other", ErrUsage)
	case o.TraceFD < 0:
		return fmt.Errorf("%w: --ui-trace %d: want an open file descriptor", ErrUsage, o.TraceFD)
	}
	return nil
}

// ErrNoDisplay means that there is no screen for the window.
var ErrNoDisplay = errors.New("no display: neither DISPLAY nor WAYLAND_DISPLAY is set")

// checkDisplay refuses to open a window where the toolkit would panic over a
// display that does not exist.
func checkDisplay() error {
	switch runtime.GOOS {
	case "windows", "darwin":
		return nil
	}
	if os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "" {
		return ErrNoDisplay
	}
	return nil
}

// openTrace is the file of a descriptor that the caller has left open.
func openTrace(fd int) (*os.File, error) {
	f := os.NewFile(uintptr(fd), "ui-trace")
	if f == nil {
		return nil, fmt.Errorf("%w: --ui-trace %d is not open", ErrUsage, fd)
	}
	if _, err := f.Stat(); err != nil {
		// Now, since the collector would close whatever has the number by then.
		_ = f.Close()
		return nil, fmt.Errorf("%w: --ui-trace %d is not open: %w", ErrUsage, fd, err)
	}
	return f, nil
}

// trainingFolder is where, in the data folder, the store of the built-in simulated pen
// lies.
const trainingFolder = "training"

// dataDir is the folder of the store, and whether it is removed at the end.
// The built-in simulated pen has a store of its own, so that nothing simulated
// ever stands among real records.
func (o Options) dataDir() (dir string, throwAway bool, err error) {
	switch {
	case o.Data != "":
		return o.Data, false, nil
	case o.Demo:
		dir, err = os.MkdirTemp("", "stipple-demo-")
		if err != nil {
			return "", false, fmt.Errorf("make the demo's folder: %w", err)
		}
		return dir, true, nil
	}
	if dir, err = platformDir(); err != nil {
		return "", false, err
	}
	if o.Sim != "" {
		dir = filepath.Join(dir, trainingFolder)
	}
	return dir, false, nil
}

// folder is the store's folder, "" where it is thrown away or can't be named.
func (o Options) folder() string {
	if o.Demo && o.Data == "" {
		return ""
	}
	dir, _, err := o.dataDir()
	if err != nil {
		return ""
	}
	if whole, err := filepath.Abs(dir); err == nil {
		return whole
	}
	return dir
}

// training says whether these options want a training store.
func (o Options) training() bool { return o.Demo || o.Sim != "" }

// platformDir is where the platform keeps a user's application data.
func platformDir() (string, error) {
	switch runtime.GOOS {
	case "windows":
		if dir := os.Getenv("LOCALAPPDATA"); dir != "" {
			return filepath.Join(dir, "Stipple"), nil
		}
	case "darwin":
		if home, err := os.UserHomeDir(); err == nil {
			return filepath.Join(home, "Library", "Application Support", "Stipple"), nil
		}
	default:
		if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
			return filepath.Join(dir, "stipple"), nil
		}
		if home, err := os.UserHomeDir(); err == nil {
			return filepath.Join(home, ".local", "share", "stipple"), nil
		}
	}
	return "", errors.New("no folder for the store: set --data")
}
