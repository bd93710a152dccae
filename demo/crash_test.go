package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"stipple/app/ui/trace"
)

// TestKilledConsoleOpensOnItsRun kills the real console with the trigger held and
// opens another one on the same store: the page of the run is the first one that
// it shows, the pen's own record settles the run, and one signature ends it.
func TestKilledConsoleOpensOnItsRun(t *testing.T) {
	played(t, func(p *play, ctx context.Context) error { return p.crash(ctx, filepath.Join(shortDir(t), "data")) })
}

func (p *play) crash(ctx context.Context, data string) error {
	open := func() (err error) {
		if err := p.w.console.end(); err != nil {
			return err
		}
		env, err := home(p.screen, filepath.Dir(data))
		if err != nil {
			return err
		}
		p.w, err = openConsole(ctx, built.stipple, env, "--demo", "--data", data, "--port", p.pen.link)
		return err
	}
	if err := open(); err != nil {
		return err
	}
	if err := p.armed(ctx); err != nil {
		return err
	}
	if err := errors.Join(p.pen.hand(ctx, "contact", "on"), p.pen.hand(ctx, "trigger", "down")); err != nil {
		return err
	}
	if err := p.w.state(ctx, reactLimit, "chip", "TREATING"); err != nil {
		return err
	}
	p.w.console.kill()
	if err := errors.Join(p.pen.hand(ctx, "trigger", "up"), p.pen.hand(ctx, "contact", "off")); err != nil {
		return err
	}
	if err := open(); err != nil {
		return err
	}
	first, err := p.w.until(ctx, startLimit, "a page", func(s trace.Snapshot) bool { return s.Page != "" })
	if err != nil {
		return err
	}
	p.say("the first page is %s", first.Page)
	if first.Page != "outcome" {
		return neverAgain{fmt.Errorf("the console opens on page %s", first.Page)}
	}
	if _, err := p.w.until(ctx, reactLimit, "all to be known", func(s trace.Snapshot) bool {
		return s.States["outcome.answered"] == "yes" && s.States["outcome.known"] == "yes"
	}); err != nil {
		return err
	}
	if err := p.shoot(ctx, "outcome"); err != nil {
		return err
	}
	if err := errors.Join(p.w.use(ctx, "outcome.as.As reconciled"), p.w.use(ctx, "outcome.sign")); err != nil {
		return err
	}
	s, err := p.w.until(ctx, reactLimit, "every run to be signed", func(s trace.Snapshot) bool {
		return text(s, "every run is known and signed") != ""
	})
	if err != nil {
		return err
	}
	p.say("signed: %s", s.States["chip"])
	return nil
}
