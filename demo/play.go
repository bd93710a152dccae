package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"stipple/app/ui/trace"
)

// How long the two programs may take before the play is given up. Each is many
// times what they take on an idle machine, because a busy one must not fail it;
// what has a budget of its own is measured, not awaited.
const (
	// startLimit is from the start of a process to its first picture.
	startLimit = 60 * time.Second
	// reactLimit is from an input to what it leads to.
	reactLimit = 20 * time.Second
)

// play is one window, one pen, and a person who uses both.
type play struct {
	w   *window
	pen *pen

	out      io.Writer
	begun    time.Time
	pictures string // folder; empty: none are kept
	shots    int
}

// say prints one line of what happened.
func (p *play) say(format string, args ...any) {
	fmt.Fprintf(p.out, "%6.1f s  %s\n", time.Since(p.begun).Seconds(), fmt.Sprintf(format, args...))
}

// shoot keeps a picture of the whole display.
func (p *play) shoot(ctx context.Context, name string) error {
	if p.pictures == "" {
		return nil
	}
	if err := os.MkdirAll(p.pictures, 0o755); err != nil {
		return fmt.Errorf("keep pictures: %w", err)
	}
	p.shots++
	return p.w.picture(ctx, filepath.Join(p.pictures, fmt.Sprintf("%02d-%s.png", p.shots, name)))
}

// match finds the row to choose among those that are in sight.
type match func(rows []trace.Control) (trace.Control, bool)

// keyed matches the row of a key.
func keyed(key string) match {
	return func(rows []trace.Control) (trace.Control, bool) {
		for _, c := range rows {
			if strings.HasSuffix(c.Name, ".choice."+key) && c.Enabled {
				return c, true
			}
		}
		return trace.Control{}, false
	}
}

// theOnly matches a row once a search has left it alone: while rows still
// come and go, none of them stands where it was seen.
func theOnly(rows []trace.Control) (trace.Control, bool) {
	if len(rows) != 1 || !rows[0].Enabled {
		return trace.Control{}, false
	}
	return rows[0], true
}

// pick opens a picker, types what is searched for, which goes to its search
// field without a click, and chooses a row. It returns once the picker has
// closed.
func (p *play) pick(ctx context.Context, opener, search string, row match) error {
	if err := p.w.use(ctx, opener); err != nil {
		return err
	}
	if err := p.w.state(ctx, reactLimit, "overlay", "open"); err != nil {
		return err
	}
	if search != "" {
		if err := p.w.text(ctx, search); err != nil {
			return err
		}
	}
	return p.choose(ctx, "a row to choose in "+opener, row)
}

// choose clicks a row of the list that is open, and waits for it to close.
func (p *play) choose(ctx context.Context, what string, row match) error {
	var found trace.Control
	_, err := p.w.until(ctx, reactLimit, what, func(s trace.Snapshot) (ok bool) {
		found, ok = row(rows(s))
		return ok
	})
	if err != nil {
		return err
	}
	if err := p.w.click(ctx, found.X+found.W/2, found.Y+found.H/2); err != nil {
		return err
	}
	return p.w.state(ctx, reactLimit, "overlay", "closed")
}

// rows are the rows of the lists that can be used now.
func rows(s trace.Snapshot) []trace.Control {
	var out []trace.Control
	for _, c := range s.Controls {
		if strings.Contains(c.Name, ".choice.") && c.Enabled {
			out = append(out, c)
		}
	}
	return out
}

// set types a value into a control and hands it over with Enter.
func (p *play) set(ctx context.Context, name, value string) error {
	field := "treat." + name + ".value"
	if err := p.w.use(ctx, field); err != nil {
		return err
	}
	if err := p.w.text(ctx, value); err != nil {
		return err
	}
	_, err := p.w.until(ctx, reactLimit, field+" to show what was typed", func(s trace.Snapshot) bool {
		c, ok := s.Find(field)
		return ok && c.Value == value
	})
	if err != nil {
		return err
	}
	return p.w.key(ctx, "Return")
}
