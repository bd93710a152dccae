package main

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/png"
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
	w      *window
	pen    *pen
	screen *display

	// between, if it is set, opens a line to the pen's port and returns what the
	// console opens instead.
	between func(port, dir string) (string, io.Closer, error)

	out      io.Writer
	begun    time.Time
	pictures string // folder; empty: none are kept
	shots    []shot
}

// say prints one line of what happened.
func (p *play) say(format string, args ...any) {
	fmt.Fprintf(p.out, "%6.1f s  %s\n", time.Since(p.begun).Seconds(), fmt.Sprintf(format, args...))
}

// settled is for how long what does not move by itself has to stand still
// before a picture is kept, and how long that is waited for. The trace is ahead
// of the screen by a redraw.
const (
	settled      = 300 * time.Millisecond
	settledLimit = 3 * time.Second
)

// shot is a picture that was taken and is not written yet.
type shot struct {
	name string
	img  *image.RGBA
}

// shoot takes a picture of the whole display. It is written by keep, when
// nothing is under way that a busy processor could hold up.
func (p *play) shoot(ctx context.Context, name string) error {
	if p.pictures == "" {
		return nil
	}
	img, err := p.settledScreen(ctx)
	if err != nil {
		return err
	}
	p.shots = append(p.shots, shot{name, img})
	return nil
}

// keep writes the pictures that were taken.
func (p *play) keep() error {
	if len(p.shots) == 0 {
		return nil
	}
	if err := os.MkdirAll(p.pictures, 0o755); err != nil {
		return fmt.Errorf("keep pictures: %w", err)
	}
	for i, s := range p.shots {
		var b bytes.Buffer
		if err := png.Encode(&b, s.img); err != nil {
			return fmt.Errorf("keep pictures: %w", err)
		}
		path := filepath.Join(p.pictures, fmt.Sprintf("%02d-%s.png", i+1, s.name))
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			return fmt.Errorf("keep pictures: %w", err)
		}
	}
	fmt.Fprintf(p.out, "Pictures: %s\n", p.pictures)
	return nil
}

// settledScreen looks at the screen until it stands still.
func (p *play) settledScreen(ctx context.Context) (*image.RGBA, error) {
	look := time.NewTicker(settled / 2)
	defer look.Stop()
	limit := time.Now().Add(settledLimit)
	img, err := p.screen.read()
	for since := time.Now(); err == nil && time.Since(since) < settled && time.Now().Before(limit); {
		select {
		case <-look.C:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
		var now *image.RGBA
		if now, err = p.screen.read(); err == nil && !alike(img, now) {
			since = time.Now()
		}
		img = now
	}
	return img, err
}

// alike compares what does not move by itself: all but the status strip and
// the live column, whose numbers never rest.
func alike(a, b *image.RGBA) bool {
	const strip, live = 96, 298 // a height and a width of ui.md
	if a.Rect != b.Rect {
		return false
	}
	for y := a.Rect.Min.Y + strip; y < a.Rect.Max.Y; y++ {
		from, to := a.PixOffset(a.Rect.Min.X, y), a.PixOffset(a.Rect.Max.X-live, y)
		if !bytes.Equal(a.Pix[from:to], b.Pix[from:to]) {
			return false
		}
	}
	return true
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
