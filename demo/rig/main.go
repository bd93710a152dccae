package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing/fstest"
	"time"

	"stipple/app"
	"stipple/app/ui"
	"stipple/app/ui/pages"
	"stipple/assets"
)

func main() {
	if len(os.Args) == 2 && os.Args[1] == app.SoundCommand {
		if app.Sound(os.Stdin, os.Stdout) != nil {
			os.Exit(1) // whoever started it has been told why
		}
		return
	}
	port := flag.String("port", "", "`path` of the simulated pen's port")
	fd := flag.Int("ui-trace", 0, "open file `descriptor` for the UI trace")
	folder := flag.String("backups", "", "make a practice in this `folder`, to be backed up")
	patients := flag.Int("patients", 0, "with --backups: `number` of its patients")
	flag.Parse()
	leave(run(*port, *fd, *folder, *patients))
}

// leave ends the rig.
func leave(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "rig:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func run(port string, traceFD int, folder string, patients int) error {
	limits, err := longPulses()
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	r := &rig{lines: make(chan any, lineQueue), commands: make(chan []string), pace: make(chan time.Duration), backing: make(chan bool)}
	opt := app.Options{
		Demo: true, Port: port, TraceFD: traceFD, Exit: leave,
		Bench: &app.Bench{Port: r.port, Window: r.window, Limits: limits, Run: r.run},
	}
	if folder != "" {
		opt.Demo, opt.Data, r.stick = false, filepath.Join(folder, "data"), filepath.Join(folder, "stick")
		opt.Bench.SignIn, opt.Bench.Passphrase = signIn, passphrase
		if err := errors.Join(os.Mkdir(r.stick, 0o700), practice(ctx, opt.Data, patients)); err != nil {
			return fmt.Errorf("make a practice: %w", err)
		}
	}
	go r.print(os.Stdout)
	go r.read(os.Stdin)
	return app.Run(ctx, opt)
}

// window puts the rig's clock where the window's keys arrive and its heart where
// the window's thread proves that it is alive.
func (r *rig) window(cfg *ui.Config) {
	r.dispatch = cfg.Dispatch
	// The first thing that the router does with a key press is to ask which
	// modifiers are held.
	cfg.Modifiers = before(cfg.Modifiers, func() { r.pressed.Store(int64(monotonic())) })
	cfg.Desk = stopClock{cfg.Desk, r}
	touch := cfg.OnTouch
	cfg.OnTouch = func() { r.redraws.Add(1); touch() }
}

// before calls first in front of each call of f.
func before[T any](f func() T, first func()) func() T {
	return func() T {
		first()
		return f()
	}
}

// stopClock tells when the router was called with the key that has stopped.
type stopClock struct {
	pages.Desk
	r *rig
}

func (s stopClock) Stop() {
	s.Desk.Stop()
	s.r.say(event{Event: "key", Mono: s.r.pressed.Load()})
}

// The number of the library that is changed: acne scars may have the longest
// pulse that the pen can make.
const (
	limitsFile  = "limits/rf.toml"
	shipped     = "[rf.indication.acne_scars.pulse_ms]\nmin = { value = 50, source = \"PROP\", grade = \"P\" }\ntypical = { value = 100, source = \"PROP\", grade = \"P\" }\nmax = { value = 300,"
	longestAtMS = "max = { value = 1000,"
)

var errLibrary = errors.New("the limit library does not have the pulse of acne scars as the rig knows it")

// longPulses is the program's limit library with that number changed.
func longPulses() (fs.FS, error) {
	names, err := fs.Glob(assets.Limits, "limits/*.toml")
	if err != nil {
		return nil, err
	}
	changed := fstest.MapFS{}
	for _, name := range names {
		data, err := fs.ReadFile(assets.Limits, name)
		if err != nil {
			return nil, err
		}
		if name == limitsFile {
			if !bytes.Contains(data, []byte(shipped)) {
				return nil, errLibrary
			}
			long := shipped[:bytes.LastIndex([]byte(shipped), []byte("max"))] + longestAtMS
			data = bytes.Replace(data, []byte(shipped), []byte(long), 1)
		}
		changed[name] = &fstest.MapFile{Data: data, Mode: 0o444}
	}
	return changed, nil
}
