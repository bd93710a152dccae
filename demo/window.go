package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"stipple/app/ui/trace"
)

// window is the console's window as a person sees it: what its trace says is
// visible, and a pointer and keys to use it with.
type window struct {
	*person
	console *process

	read   int // lines of the trace that newest covers
	newest trace.Snapshot
}

// openConsole starts a console on a display and waits for its window.
func openConsole(ctx context.Context, path string, env []string, args ...string) (*window, error) {
	console, err := launch{name: "stipple", path: path, env: env, side: true, args: append(args, "--ui-trace", "3")}.start()
	if err != nil {
		return nil, err
	}
	w := &window{person: &person{env: env}, console: console}
	limit, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	if err := w.find(limit, console.cmd.Process.Pid); err != nil {
		console.kill()
		return nil, fmt.Errorf("no window: %w%s", err, console.lastWords())
	}
	return w, nil
}

// take reads one line of the trace as what is visible now.
func (w *window) take(line []byte) error {
	w.read++
	w.newest = trace.Snapshot{}
	if err := json.Unmarshal(line, &w.newest); err != nil {
		return fmt.Errorf("trace: %w", err)
	}
	if bad := text(w.newest, "%!"); bad != "" {
		return fmt.Errorf("the window shows an unfinished text: %q", bad)
	}
	return nil
}

// now is what is visible as far as the trace has told.
func (w *window) now() (trace.Snapshot, error) {
	for _, l := range w.console.side.all(w.read) {
		if err := w.take(l.text); err != nil {
			return w.newest, err
		}
	}
	return w.newest, nil
}

// until waits until what is visible is ok, and returns it. It looks at what is
// visible now and at every line of the trace from here on, so that nothing that
// was there for a moment is missed. what says what is awaited, for the error.
func (w *window) until(ctx context.Context, limit time.Duration, what string, ok func(trace.Snapshot) bool) (trace.Snapshot, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for s, err := w.now(); ; s = w.newest {
		if err == nil && ok(s) {
			return s, nil
		}
		var h heard
		if err == nil {
			h, _, err = w.console.side.find(ctx, w.read, func([]byte) bool { return true })
		}
		if err == nil {
			err = w.take(h.text)
		}
		if err != nil {
			return s, fmt.Errorf("%s: %w; the window shows %s%s", what, err, describe(s), w.console.lastWords())
		}
	}
}

// describe is a snapshot in a line, for an error.
func describe(s trace.Snapshot) string {
	var controls []string
	for _, c := range s.Controls {
		text := c.Name
		if c.Value != "" {
			text += "=" + c.Value
		}
		if !c.Enabled {
			text += "(disabled)"
		}
		controls = append(controls, text)
	}
	return fmt.Sprintf("page %q, states %v, controls %s, texts %q", s.Page, s.States, strings.Join(controls, " "), s.Texts)
}

// control waits for a control to be there and enabled.
func (w *window) control(ctx context.Context, name string) (trace.Control, error) {
	s, err := w.until(ctx, reactLimit, "control "+name, func(s trace.Snapshot) bool {
		c, ok := s.Find(name)
		return ok && c.Enabled
	})
	if err != nil {
		return trace.Control{}, err
	}
	c, _ := s.Find(name)
	return c, nil
}

// use clicks a control in its middle.
func (w *window) use(ctx context.Context, name string) error {
	c, err := w.control(ctx, name)
	if err != nil {
		return err
	}
	return w.click(ctx, c.X+c.W/2, c.Y+c.H/2)
}

// hold presses the button on a control until ok holds of what is visible, and
// lets go whatever comes.
func (w *window) hold(ctx context.Context, name string, limit time.Duration, ok func(trace.Snapshot) bool) (err error) {
	c, err := w.control(ctx, name)
	if err != nil {
		return err
	}
	if err := w.move(ctx, c.X+c.W/2, c.Y+c.H/2); err != nil {
		return err
	}
	if err := w.press(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.release(context.WithoutCancel(ctx))) }()
	_, err = w.until(ctx, limit, "holding "+name, ok)
	return err
}

// shows says whether a text is visible somewhere.
func shows(s trace.Snapshot, part string) bool {
	return slices.ContainsFunc(s.Texts, func(t string) bool { return strings.Contains(t, part) })
}

// text returns the first visible text that has all parts in it, whatever
// their case, or "".
func text(s trace.Snapshot, parts ...string) string {
	for _, t := range s.Texts {
		lower := strings.ToLower(t)
		if !slices.ContainsFunc(parts, func(p string) bool { return !strings.Contains(lower, strings.ToLower(p)) }) {
			return t
		}
	}
	return ""
}

// state waits for one of the window's named states to have a value.
func (w *window) state(ctx context.Context, limit time.Duration, name, value string) error {
	_, err := w.until(ctx, limit, fmt.Sprintf("state %s to be %q", name, value), func(s trace.Snapshot) bool { return s.States[name] == value })
	return err
}
