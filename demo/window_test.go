package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"stipple/app/ui/trace"
)

// played plays do on a display, with a pen and a console of its own, and again
// if the computer stood still meanwhile.
func played(t *testing.T, do func(*play, context.Context) error) {
	t.Helper()
	out := testWriter{t}
	err := again(t.Context(), out, func(ctx context.Context) error {
		p := &play{out: out, begun: time.Now(), pictures: os.Getenv("STIPPLE_TEST_PICTURES")}
		err := p.on(ctx, built.programs, shortDir(t), func(ctx context.Context) error { return do(p, ctx) })
		return errors.Join(err, p.keep())
	})
	if err != nil {
		t.Error(err)
	}
}

// TestTreatment plays the demo's treatment in the real window.
func TestTreatment(t *testing.T) { played(t, (*play).treat) }

// armed plays a treatment up to READY.
func (p *play) armed(ctx context.Context) error {
	return p.run(ctx,
		step{"pen found", p.findPen, ""},
		step{"patient chosen", p.choosePatient, ""},
		step{"acne scars, left cheek", p.choosePlace, ""},
		step{"settings applied and read back", p.apply, ""},
		step{"armed", p.arm, ""})
}

// TestConsoleKilled kills the real console with the trigger held.
func TestConsoleKilled(t *testing.T) {
	played(t, func(p *play, ctx context.Context) error {
		if err := p.armed(ctx); err != nil {
			return err
		}
		k, err := p.pen.killInPulse(ctx, p.out, p.w.console)
		if err != nil {
			return err
		}
		return k.check()
	})
}

// TestPenKilled kills the pen while it treats: the window says so within a
// second and keeps STOP; the same pen is found when it is back, and nothing
// resumes.
func TestPenKilled(t *testing.T) { played(t, (*play).penKilled) }

func (p *play) penKilled(ctx context.Context) error {
	if err := p.armed(ctx); err != nil {
		return err
	}
	if err := p.pen.hand(ctx, "trigger", "down"); err != nil {
		return err
	}
	if err := p.w.state(ctx, reactLimit, "chip", "TREATING"); err != nil {
		return err
	}
	killed := time.Now()
	p.pen.proc.kill()
	s, err := p.w.until(ctx, reactLimit, "LINK LOST", func(s trace.Snapshot) bool { return text(s, "link lost") != "" })
	if err != nil {
		return err
	}
	after := time.Since(killed)
	p.say("the window says %q %v after the kill", text(s, "link lost"), after)
	if after > time.Second {
		return fmt.Errorf("LINK LOST after %v, at most 1 s", after)
	}
	if c, ok := s.Find("stop"); !ok || !c.Enabled {
		return neverAgain{fmt.Errorf("STOP is %+v", c)}
	}
	if err := p.pen.start(ctx); err != nil {
		return err
	}
	s, err = p.w.until(ctx, reactLimit, "the pen to be found again", func(s trace.Snapshot) bool {
		// The page of the run goes on saying that the link was lost; the pen is
		// here again.
		return s.States["outcome.place"] == "here" && s.States["chip"] != "DISCONNECTED" && s.States["chip"] != "HANDSHAKE"
	})
	if err != nil {
		return err
	}
	p.say("found again: %s, %s", s.States["chip"], s.States["arm"])
	if c := s.States["chip"]; c == "READY" || c == "TREATING" {
		return neverAgain{fmt.Errorf("the window shows %s", c)}
	}
	for _, l := range p.pen.proc.out.all(0) {
		if o, ok := readOutput(l.text); ok && (o.State == "READY" || o.State == "TREATING" || o.RF) {
			return neverAgain{fmt.Errorf("the pen resumed: %s", l.text)}
		}
	}
	return nil
}

// TestSecondConsole opens a second console on the same store: it says so
// within 2 s, and the first one goes on.
func TestSecondConsole(t *testing.T) {
	dir := shortDir(t)
	ctx := t.Context()
	screen, err := openDisplay(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closing(t, screen.close()) })
	practice(t, filepath.Join(dir, "data"))
	open := func() *window {
		w, err := openConsole(ctx, built.stipple, testHome(t, screen, dir), "--data", filepath.Join(dir, "data"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { closing(t, w.console.end()) })
		return w
	}
	first := open()
	signIn(t, first, practicePassphrase)
	treatPage(t, first)
	begun := time.Now()
	second := open()
	limit, cancel := context.WithTimeout(ctx, reactLimit)
	defer cancel()
	h, _, err := second.console.errs.find(limit, 0, func(l []byte) bool { return strings.Contains(string(l), "another Stipple") })
	if err != nil {
		t.Fatalf("%v%s", err, second.console.lastWords())
	}
	if after := h.at.Sub(begun); after > 2*time.Second {
		t.Errorf("it said so after %v, at most 2 s", after)
	}
	t.Logf("%s after %v", h.text, h.at.Sub(begun))
	if err := second.console.end(); err != nil {
		t.Error(err)
	}
	if second.console.result == nil {
		t.Error("it ended as if all were well")
	}
	if !first.console.running() {
		t.Error("the first console has ended")
	}
}
