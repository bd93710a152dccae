package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

func main() {
	pictures := flag.String("pictures", "demo-pictures", "`folder` for the pictures of the scripted treatment")
	bin := flag.String("bin", "bin", "`folder` for the two programs")
	scripted := flag.Bool("scripted", !hasDisplay(), "play the treatment on a virtual display; the default where there is no other")
	measured := flag.Bool("measure", false, "measure how fast everything stops, on a virtual display, and print a table")
	var size measureSize
	flag.IntVar(&size.stops, "stops", measuredStops, "with --measure: `number` of stops by key in each of two ways, and of alarms")
	flag.IntVar(&size.ends, "ends", measuredEnds, "with --measure: `number` of killed consoles, and of frozen windows")
	flag.BoolVar(&size.backup, "backup", false, "with --measure: measure stops alone, while a practice is backed up again and again, and in turn while it is not")
	flag.IntVar(&size.patients, "patients", backedUp, "with --backup: `number` of the practice's patients")
	flag.Parse()
	ctx, _ := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := error(nil)
	if *measured {
		err = measure(ctx, os.Stdout, size)
	} else {
		err = demo(ctx, os.Stdout, *bin, *pictures, *scripted)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

// hasDisplay says whether there is a screen for the window.
func hasDisplay() bool {
	return runtime.GOOS != "linux" || os.Getenv("DISPLAY") != "" || os.Getenv("WAYLAND_DISPLAY") != ""
}

func demo(ctx context.Context, out io.Writer, bin, pictures string, scripted bool) (err error) {
	fmt.Fprintln(out, "Building stipple and penctl (about five minutes the first time, seconds from then on) …")
	bin, err = filepath.Abs(bin)
	if err != nil {
		return err
	}
	progs, err := build(ctx, bin)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "stipple-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if !scripted {
		return attend(ctx, out, progs, dir)
	}
	pictures, err = filepath.Abs(pictures)
	if err != nil {
		return err
	}
	return perform(ctx, out, progs, dir, pictures)
}

// attend starts both programs for a person at the screen and waits until the
// window is closed.
func attend(ctx context.Context, out io.Writer, progs programs, dir string) (err error) {
	if runtime.GOOS == "windows" { // without pseudo-terminals the pen is inside the console
		return wait(ctx, launch{name: "stipple", path: progs.stipple, args: []string{"--demo", "--sim", penKind}})
	}
	p, err := startPen(ctx, progs.penctl, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.proc.end()) }()
	fmt.Fprintf(out, `A simulated RF pen is on %s, and the console opens with invented patients.
Its handpiece is the drawer at the lower right of the Treat page, or:
  %s hand --link %s trigger down
Close the window to end.
`, p.link, progs.penctl, p.link)
	return wait(ctx, launch{name: "stipple", path: progs.stipple, args: []string{"--demo", "--port", p.link}})
}

// wait runs a program to its end, or ends it with ctx.
func wait(ctx context.Context, l launch) error {
	proc, err := l.start()
	if err != nil {
		return err
	}
	select {
	case <-proc.done:
	case <-ctx.Done():
		return proc.end()
	}
	if proc.result != nil {
		return fmt.Errorf("%s: %w%s", l.name, proc.result, proc.lastWords())
	}
	return nil
}

// perform plays the treatment on a virtual display.
func perform(ctx context.Context, out io.Writer, progs programs, dir, pictures string) error {
	fmt.Fprintln(out, "No display: playing a treatment on a virtual one, with a real pointer and real keys.")
	err := again(ctx, out, func(ctx context.Context) error {
		if err := os.RemoveAll(pictures); err != nil {
			return err
		}
		// A folder of its own for each play: a pen that remembered the last one
		// would know its tip as used in another treatment.
		dir, err := os.MkdirTemp(dir, "play-")
		if err != nil {
			return err
		}
		p := &play{out: out, begun: time.Now(), pictures: pictures}
		return errors.Join(p.on(ctx, progs, dir, p.treat), p.keep())
	})
	if err != nil {
		return err
	}
	fmt.Fprintln(out, "All of it held.")
	return nil
}

// on opens display, pen and console, does the play, and ends all three.
func (p *play) on(ctx context.Context, progs programs, dir string, do func(context.Context) error) (err error) {
	if p.screen, err = openDisplay(ctx, dir); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.screen.close()) }()
	if p.pen, err = startPen(ctx, progs.penctl, dir); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.pen.proc.end()) }()
	env, err := home(p.screen, dir)
	if err != nil {
		return err
	}
	port := p.pen.link
	if p.between != nil {
		var line io.Closer
		if port, line, err = p.between(port, dir); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, line.Close()) }()
	}
	started := time.Now()
	p.w, err = openConsole(ctx, progs.stipple, env, "--demo", "--port", port)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, p.w.console.end()) }()
	p.say("window open, %.1f s after its process was started", time.Since(started).Seconds())
	return do(ctx)
}

// home is an environment in which the console keeps its preferences apart from
// those of the person whose machine this is, and in which nothing is left behind
// by one that is killed.
func home(d *display, dir string) ([]string, error) {
	env := []string{"HOME=" + dir, "TMPDIR=" + dir, "XDG_RUNTIME_DIR=" + dir}
	for _, name := range []string{"config", "cache", "data"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(path, 0o700); err != nil {
			return nil, fmt.Errorf("home: %w", err)
		}
		env = append(env, "XDG_"+strings.ToUpper(name)+"_HOME="+path)
	}
	return d.environment(env...), nil
}
