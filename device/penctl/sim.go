package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"net"
	"os"
	"time"

	"stipple/device/sim"
)

// simReady is the first line of a simulated pen: it can be opened now.
type simReady struct {
	Type   string    `json:"type"`  // "ready"
	Model  sim.Model `json:"model"` // "needling" or "rf"
	Link   string    `json:"link"`  // the port
	Hand   string    `json:"hand"`  // the socket of the handpiece
	Seed   uint64    `json:"seed"`
	Memory string    `json:"memory"` // file; empty: forgotten at the end
	Faults string    `json:"faults"` // file of the script; empty: none
}

// simOutput is a change of an output: state, RF or motion.
type simOutput struct {
	Type string `json:"type"` // "output"
	sim.Change
	// Mono is when the change was made: the system's monotonic clock, which all
	// processes of one computer share (CLOCK_MONOTONIC).
	Mono time.Duration `json:"mono_ns"`
}

func simCommand() command {
	return command{
		name: "sim", group: groupSim, args: "--model needling|rf --link PATH [--seed N] [--memory FILE] [--serial TEXT] [--faults FILE]\n" +
			"penctl sim firmware --model needling|rf --out FILE --version N.N.N [--minimum N.N.N] [--limits TEXT] [--size N] [--broken]",
		does: "is a simulated pen on a pseudo-terminal, until Ctrl-C. It prints a JSON object for each\n" +
			"change of an output, with the pen's monotonic time and the cause",
		examples: []string{
			"penctl sim --model rf --link /tmp/pen --seed 1",
			"penctl sim --model rf --link /tmp/pen --memory /tmp/pen.mem   (outlives a restart, as a real pen's)",
			"penctl sim --model rf --link /tmp/pen --faults script.txt     (breaks by itself, at set times)",
			"penctl sim firmware --model rf --out 1.1.0.stfw --version 1.1.0   (a package that simulated pens take, no others)",
			"stipple --demo --port /tmp/pen                                (in another terminal)",
		},
		words: []string{wordFirmware},
		more:  "The file of --faults, a line an event; penctl hand fault --list has the faults:\n\n" + sim.ScriptHelp,
		build: func(fs *flag.FlagSet) func(context.Context, console, []string) error {
			model := fs.String("model", "", "`model`: needling or rf")
			link := fs.String("link", "", "`path` of the link to make; the handpiece listens on PATH"+handSuffix)
			seed := fs.Uint64("seed", 1, "`number` that noise and tissue come of: the same seed and inputs give the same outputs")
			memory := fs.String("memory", "", "`file` that keeps the pen's non-volatile memory; made where there is none, refused where it is\nanother model's, something else, or in use")
			serial := fs.String("serial", "", "serial `number`; empty: the model's own")
			faults := fs.String("faults", "", "`file` that says what breaks, and what the hand does, at which time of the pen's physics")
			pkg := declarePackage(fs)
			return func(ctx context.Context, c console, words []string) error {
				makes := len(words) == 1 && words[0] == wordFirmware
				if err := noWords(words); err != nil && !makes {
					return err
				}
				if *link == "" && !makes {
					return usageOf("link", "--link is missing: where shall the pen be")
				}
				cfg := sim.Config{Model: sim.Model(*model), Seed: *seed, Serial: *serial}
				if cfg.Model != sim.N1 && cfg.Model != sim.R1 {
					return usageOf("model", "--model %q: want %s or %s", *model, sim.N1, sim.R1)
				}
				if makes {
					return c.makePackage(cfg.Model, pkg)
				}
				if *faults != "" {
					var err error
					if cfg.Script, err = readScript(*faults); err != nil {
						return err
					}
				}
				return c.simulate(ctx, cfg, simFiles{link: *link, memory: *memory, faults: *faults})
			}
		},
	}
}

// readScript reads the script of --faults.
func readScript(path string) (*sim.Script, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, usageOf("faults", "--faults: %v", err)
	}
	s, err := sim.ParseScript(f)
	if err = errors.Join(err, f.Close()); err != nil {
		return nil, usageOf("faults", "--faults %s: %v", path, err)
	}
	return s, nil
}

// simFiles is where a simulated pen stands in the file system.
type simFiles struct {
	link   string // the port; the hand's socket beside it
	memory string // empty: none
	faults string // empty: none
}

// simulate runs the pen until ctx ends: the pen, its link, and its hand. It
// leaves neither link nor socket behind.
func (c console) simulate(ctx context.Context, cfg sim.Config, at simFiles) (err error) {
	if at.memory != "" {
		file, opening := sim.OpenFile(at.memory, cfg.Model, cfg.LogKept)
		if opening != nil {
			return &failure{exit: exitRefused, field: "memory", text: opening.Error(), cause: opening}
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		cfg.Memory = file
	}
	log := &outputLog{c: c, failed: make(chan error, 1)}
	cfg.Observe = log.add
	pen, err := sim.New(cfg)
	if err != nil {
		return err
	}
	// The hand comes first: a second pen on the same path finds its socket taken
	// and ends before it has taken the link away from the first.
	socket, err := listenHand(at.link + handSuffix)
	if err != nil {
		return err
	}
	port, err := openPty(at.link)
	if err != nil {
		return errors.Join(err, socket.Close())
	}
	err = c.print(simReady{
		Type: "ready", Model: cfg.Model, Link: at.link, Hand: at.link + handSuffix, Seed: cfg.Seed, Memory: at.memory, Faults: at.faults,
	})
	if err != nil {
		return errors.Join(err, socket.Close(), port.Close())
	}
	detach := pen.Attach(port)
	err = runAll(ctx, pen.Run, func(ctx context.Context) error { return sim.ServeHand(ctx, socket, pen.Hand()) }, log.watch)
	detach()
	return err
}

// runAll runs each until ctx ends or one fails, and returns when all have.
func runAll(ctx context.Context, runs ...func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	results := make(chan error, len(runs))
	for _, run := range runs {
		go func() {
			defer cancel()
			results <- run(ctx)
		}()
	}
	var all error
	for range runs {
		all = errors.Join(all, <-results)
	}
	return all
}

// outputLog prints the pen's outputs as they change. A reader that has gone
// ends the simulation: a pen whose log nobody can read proves nothing.
type outputLog struct {
	c      console
	failed chan error // capacity 1
}

// add prints one change. It is called on the pen's own goroutine.
func (l *outputLog) add(change sim.Change) {
	if err := l.c.print(simOutput{Type: "output", Change: change, Mono: monotonic()}); err != nil {
		select {
		case l.failed <- err:
		default:
		}
	}
}

// watch waits for a failure of the printing, or for ctx.
func (l *outputLog) watch(ctx context.Context) error {
	select {
	case err := <-l.failed:
		return err
	case <-ctx.Done():
		return nil
	}
}

// listenHand listens on the handpiece's socket. One that a killed pen has left
// behind answers nobody and is replaced; one that answers is another pen's.
func listenHand(path string) (net.Listener, error) {
	if conn, err := net.Dial("unix", path); err == nil {
		return nil, errors.Join(fmt.Errorf("another simulated pen listens on %s", path), conn.Close())
	}
	if info, err := os.Lstat(path); err == nil && info.Mode().Type() == fs.ModeSocket {
		if err := os.Remove(path); err != nil {
			return nil, fmt.Errorf("handpiece socket: %w", err)
		}
	}
	l, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("handpiece socket: %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("handpiece socket: %w", err), l.Close())
	}
	return l, nil
}
