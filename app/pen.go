package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"stipple/app/console"
	"stipple/assets"
	"stipple/device"
	"stipple/device/link"
	"stipple/device/serialport"
	"stipple/device/sim"
)

// pen is where the console's pen comes from: a port that is searched for, a
// port that was named, or a simulated pen in this process.
type pen struct {
	find  func(context.Context) ([]device.Port, error)
	open  func(context.Context, device.Port) (io.ReadWriteCloser, error)
	hand  func() console.Handpiece    // nil where it is no simulated pen
	run   func(context.Context) error // nil where the pen is elsewhere
	close func()
	// joined tells a handpiece that is elsewhere where to look which pen it is of;
	// nil: it knows.
	joined func(*device.Supervisor)
}

// memoryFile names the file of a built-in pen's memory in the data folder.
const memoryFile = "pen-%s.memory"

// choosePen decides by the options. The built-in pen keeps its memory beside the
// store in dir, so that after a crash it still knows what it did; "" is a store
// that is thrown away, and its pen's memory with it.
func choosePen(opt Options, dir string) (pen, error) {
	if opt.Sim != "" {
		path := ""
		if dir != "" {
			path = filepath.Join(dir, fmt.Sprintf(memoryFile, opt.Sim))
		}
		return builtInPen(sim.Model(opt.Sim), path)
	}
	table, err := serialport.ParsePens(assets.Pens())
	if err != nil {
		return pen{}, err
	}
	if opt.Port != "" {
		p := pen{
			find:  serialport.Named(opt.Port),
			open:  serialport.Opener(0),
			close: func() {},
		}
		h := &remoteHand{path: opt.Port + handSuffix}
		p.hand = func() console.Handpiece { return h.orNil() }
		p.joined = func(l *device.Supervisor) { h.model = heardModel(l) }
		p.close = h.Close
		return p, nil
	}
	return pen{find: serialport.Pens(table), open: serialport.Opener(0), close: func() {}}, nil
}

// heardModel is the model of the simulated pen at the other end, as the pen says
// itself; the newest while there is none.
func heardModel(l *device.Supervisor) func() sim.Model {
	newest := sim.R1
	return func() sim.Model {
		if s := l.State().Session; s != nil {
			if d := s.Info().Descriptor; d != nil {
				newest = sim.Model(d.Kind)
			}
		}
		return newest
	}
}

// handSuffix is what a simulated pen's port path has behind it to name the
// socket of its handpiece (architecture.md, command line).
const handSuffix = ".ctl"

// orNil is the handpiece if its socket exists: a real pen has none.
func (h *remoteHand) orNil() console.Handpiece {
	if info, err := os.Stat(h.path); err != nil || info.Mode().Type() != fs.ModeSocket {
		return nil
	}
	return h
}

// builtInPen is a simulated pen in this process, on a serial line in memory, with
// its own memory in a file; "" is one that ends with the process.
func builtInPen(model sim.Model, memory string) (pen, error) {
	cfg := sim.Config{Model: model, Seed: uint64(time.Now().UnixNano())}
	shut := func() {}
	if memory != "" {
		f, err := sim.OpenFile(memory, model, cfg.LogKept)
		if err != nil {
			return pen{}, fmt.Errorf("simulated pen: %w", err)
		}
		// What a pen writes is whole at each moment; closing adds nothing.
		cfg.Memory, shut = f, func() { _ = f.Close() }
	}
	p, err := sim.New(cfg)
	if err != nil {
		shut()
		return pen{}, fmt.Errorf("simulated pen: %w", err)
	}
	hand := localHand{Handpiece: p.Hand(), model: model}
	port := device.Port{Path: "simulated " + string(model)}
	return pen{
		find: func(context.Context) ([]device.Port, error) { return []device.Port{port}, nil },
		open: func(context.Context, device.Port) (io.ReadWriteCloser, error) {
			ours, theirs := link.Pipe()
			p.Attach(theirs)
			return ours, nil
		},
		hand: func() console.Handpiece { return hand },
		run: func(ctx context.Context) error {
			if err := p.Run(ctx); err != nil && !errors.Is(err, context.Canceled) {
				return fmt.Errorf("simulated pen: %w", err)
			}
			return nil
		},
		close: shut,
	}, nil
}
