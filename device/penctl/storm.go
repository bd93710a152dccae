package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"time"

	"stipple/device/link"
	"stipple/device/observer"
	"stipple/device/sim"
	"stipple/device/storm"
	"stipple/protocol"
)

// raging is what the flags of storm ask for.
type raging struct {
	model        sim.Model
	port, faults string
	seed         uint64
	length       time.Duration
	// newPen makes the pen; sim.New, but for one that is broken on purpose.
	newPen func(sim.Config) (*sim.Pen, error)
}

// defaultStorm is long enough for every kind of mischief, a hundred times.
const defaultStorm = time.Minute

func stormCommand() command {
	return command{
		name: "storm", group: groupSim, args: "--model needling|rf | --port P  [--seed N] [--for TIME] [--faults FILE] [--json]",
		does: "sends minutes of mutated, forged, repeated and flooded frames to a simulated pen.\n" +
			"It does so in real time, while a hand pulls the pen's trigger and an observer that knows nothing\n" +
			"of its firmware watches its outputs. The pen is one of its own, or with --port one of penctl sim,\n" +
			"whose outputs are then seen through its handpiece, more coarsely. A pen that is not simulated,\n" +
			"or a port with a USB identity, is refused. The storm leaves the pen as it is then, mostly in\n" +
			"ESTOP, which penctl clear ends. Exit: 1 if a rule was broken",
		examples: []string{
			"penctl storm --model rf --seed 7 --for 5m",
			"penctl storm --model needling --faults bad.line --json     (lines such as \"to-pen drop 0.01\": package link has the grammar)",
			"penctl storm --port /tmp/pen",
		},
		build: func(fs *flag.FlagSet) func(context.Context, console, []string) error {
			model := fs.String("model", "", "`model` of a pen of its own: needling or rf")
			r := raging{newPen: sim.New}
			fs.StringVar(&r.port, "port", "", "`path` of the port of a simulated pen; its handpiece is at P"+handSuffix)
			fs.StringVar(&r.faults, "faults", "", "`file` with what else goes wrong on the line, such as \"to-pen drop 0.01\"")
			fs.Uint64Var(&r.seed, "seed", 1, "`number` that all that the storm does comes of")
			fs.DurationVar(&r.length, "for", defaultStorm, "the `time` that it lasts")
			return func(ctx context.Context, c console, words []string) error {
				if err := noWords(words); err != nil {
					return err
				}
				r.model = sim.Model(*model)
				switch {
				case (r.model == "") == (r.port == ""):
					return usageOf("model", "--model %s or %s for a pen of its own, or --port: one of them", sim.N1, sim.R1)
				case r.port == "" && r.model != sim.N1 && r.model != sim.R1:
					return usageOf("model", "--model %q: want %s or %s", r.model, sim.N1, sim.R1)
				case r.length <= 0:
					return usageOf("for", "--for %v is not above 0", r.length).beyond(0)
				}
				return c.storm(ctx, r)
			}
		},
	}
}

// stormShape is one line of a storm: how far it is, or what it came to.
type stormShape struct {
	Type       string            `json:"type"` // "progress", at the end "summary"
	Model      string            `json:"model"`
	Seed       uint64            `json:"seed"`
	ElapsedMS  int64             `json:"elapsed_ms"`
	ForMS      int64             `json:"for_ms"`
	Frames     uint64            `json:"frames"`
	Heard      uint64            `json:"heard"`
	Sessions   uint64            `json:"sessions"`
	Armed      int               `json:"armed"`
	Pulses     int               `json:"pulses"`
	Stops      int               `json:"stops"`
	Violations int               `json:"violations"`
	Mischiefs  map[string]uint64 `json:"mischiefs,omitempty"` // in the summary
}

// violationShape is one rule that was broken.
type violationShape struct {
	Type string `json:"type"` // "violation"
	observer.Violation
}

// weather is a storm while it goes on: the pen, who watches it, and what is
// printed.
type weather struct {
	c     console
	r     raging
	desc  *protocol.Descriptor
	begin time.Time
	obs   *observer.Observer
	wit   *observer.Witness
	line  io.ReadWriteCloser // to the pen
	hand  storm.Hand
	runs  []func(context.Context) error // that go on meanwhile
	first func() error                  // before the first frame, while they run; may be nil
	bar   *progress
	said  int // violations that were printed
	fails error
	stop  context.CancelFunc
}

// storm lets it rage and says what came of it.
func (c console) storm(ctx context.Context, r raging) (err error) {
	script, err := lineScript(r.faults)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w := &weather{c: c, r: r, bar: c.progress(), stop: cancel}
	closing, err := w.open(ctx)
	if err != nil {
		return err
	}
	if r.faults != "" {
		w.spoil(script)
	}
	var sent storm.Sent
	w.runs = append(w.runs, func(ctx context.Context) error {
		defer cancel()
		if w.first != nil {
			if err := w.first(); err != nil {
				return err
			}
		}
		var err error
		sent, err = storm.Run(ctx, storm.Config{
			Seed: r.seed, For: r.length, Descriptor: w.desc, Line: w.line, Hand: w.hand, Progress: w.progress,
		})
		return err
	})
	err = errors.Join(runAll(ctx, w.runs...), closing())
	w.bar.end()
	return w.finish(sent, err)
}

// lineScript reads what shall go wrong on the line; without a file nothing.
func lineScript(path string) (link.Script, error) {
	if path == "" {
		return link.Script{}, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return link.Script{}, usageOf("faults", "--faults: %v", err)
	}
	s, err := link.ParseScript(string(text))
	if err != nil {
		return s, &failure{exit: exitUsage, text: fmt.Sprintf("--faults %s: %v", path, err), field: "faults", cause: err}
	}
	return s, nil
}

// spoil puts a proxy with faults between the storm and the pen.
func (w *weather) spoil(s link.Script) {
	near, consoleEnd := link.Pipe()
	proxy := link.NewProxy(w.line, consoleEnd, link.ProxyConfig{Script: s, Seed: w.r.seed})
	w.line = near
	w.runs = append(w.runs, func(ctx context.Context) error {
		err := proxy.Run(ctx)
		// The storm closes its end when it is over: a read finds the end there, a
		// write a closed pipe.
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrClosedPipe) {
			return nil
		}
		return err
	})
}

func (w *weather) now() time.Duration { return time.Since(w.begin) }

// print says a line of JSON. A reader that has gone ends the storm.
func (w *weather) print(v any) {
	if err := w.c.print(v); err != nil && w.fails == nil {
		w.fails = err
		w.stop()
	}
}

func (w *weather) shape(kind string, s storm.Sent) stormShape {
	counts := w.obs.Counts()
	_, broken := w.obs.Violations()
	return stormShape{
		Type: kind, Model: w.desc.Kind, Seed: w.r.seed, ElapsedMS: w.now().Milliseconds(), ForMS: w.r.length.Milliseconds(), Frames: s.Frames,
		Heard: s.Heard, Sessions: s.Sessions, Armed: counts.Armed, Pulses: counts.Pulses, Stops: counts.Stops, Violations: broken,
	}
}

// progress says how far the storm is, and what was broken since.
func (w *weather) progress(s storm.Sent) {
	w.violations()
	shape := w.shape("progress", s)
	if w.c.json {
		w.print(shape)
		return
	}
	w.bar.show(shape.ElapsedMS, shape.ForMS, "%d frames, armed %d times, %d pulses, %d stops", shape.Frames, shape.Armed, shape.Pulses, shape.Stops)
}

// violations prints those that are new.
func (w *weather) violations() {
	list, _ := w.obs.Violations()
	for ; w.said < len(list); w.said++ {
		v := list[w.said]
		if w.c.json {
			w.print(violationShape{Type: "violation", Violation: v})
			continue
		}
		w.bar.end()
		if err := w.c.line("%v", v); err != nil && w.fails == nil {
			w.fails = err
			w.stop()
		}
	}
}

// finish prints what came of it, and returns what the command's end is.
func (w *weather) finish(s storm.Sent, err error) error {
	w.violations()
	shape := w.shape("summary", s)
	shape.Mischiefs = s.Mischiefs
	switch {
	case w.fails != nil:
		return w.fails
	case w.c.json:
		w.print(shape)
	default:
		err = errors.Join(err, w.c.line("%v of storm with seed %d: %d frames sent, %d heard, %d sessions, armed %d times, %d pulses, %d stops, %d rules broken",
			w.now().Round(time.Second), shape.Seed, shape.Frames, shape.Heard, shape.Sessions, shape.Armed, shape.Pulses, shape.Stops, shape.Violations))
		for _, name := range slices.Sorted(maps.Keys(s.Mischiefs)) {
			err = errors.Join(err, w.c.line("  %5d  %s", s.Mischiefs[name], name))
		}
	}
	switch {
	case err != nil:
		return err
	case shape.Violations > 0:
		return &failure{exit: exitRefused, text: fmt.Sprintf("%d rules were broken; again: %s", shape.Violations, w.again())}
	}
	return nil
}

// again is the command that does it once more.
func (w *weather) again() string {
	text := fmt.Sprintf("penctl storm --seed %d --for %v", w.r.seed, w.r.length)
	if w.r.port != "" {
		text += " --port " + w.r.port
	} else {
		text += " --model " + string(w.r.model)
	}
	if w.r.faults != "" {
		text += " --faults " + w.r.faults
	}
	return text
}
