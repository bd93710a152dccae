package main

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"stipple/app/ui/trace"
)

// TestTreatment plays the demo's treatment in the real window.
func TestTreatment(t *testing.T) {
	p := stage(t)
	if err := p.treat(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// armed plays a treatment up to READY.
func (p *play) armed(t *testing.T) {
	t.Helper()
	err := p.run(t.Context(),
		step{"pen found", p.findPen, ""},
		step{"patient chosen", p.choosePatient, ""},
		step{"acne scars, left cheek", p.choosePlace, ""},
		step{"settings applied and read back", p.apply, ""},
		step{"armed", p.arm, ""})
	if err != nil {
		t.Fatal(err)
	}
}

// TestConsoleKilled kills the real console with the trigger held.
func TestConsoleKilled(t *testing.T) {
	p := stage(t)
	p.armed(t)
	p.pen.killInPulse(t, p.w.console).check(t)
}

// TestPenKilled kills the pen while it treats: the window says so within a
// second and keeps STOP; the same pen is found when it is back, and nothing
// resumes.
func TestPenKilled(t *testing.T) {
	p := stage(t)
	p.armed(t)
	ctx := t.Context()
	if err := p.pen.hand(ctx, "trigger", "down"); err != nil {
		t.Fatal(err)
	}
	if err := p.w.state(ctx, reactLimit, "chip", "TREATING"); err != nil {
		t.Fatal(err)
	}
	killed := time.Now()
	p.pen.proc.kill()
	s, err := p.w.until(ctx, reactLimit, "LINK LOST", func(s trace.Snapshot) bool { return text(s, "link lost") != "" })
	if err != nil {
		t.Fatal(err)
	}
	after := time.Since(killed)
	t.Logf("the window says %q %v after the kill", text(s, "link lost"), after)
	if after > time.Second {
		t.Errorf("LINK LOST after %v, at most 1 s", after)
	}
	if c, ok := s.Find("stop"); !ok || !c.Enabled {
		t.Errorf("STOP is %+v", c)
	}
	if err := p.pen.start(ctx); err != nil {
		t.Fatal(err)
	}
	s, err = p.w.until(ctx, reactLimit, "the pen to be found again", func(s trace.Snapshot) bool {
		return text(s, "link lost") == "" && s.States["chip"] != "DISCONNECTED" && s.States["chip"] != "HANDSHAKE"
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("found again: %s, %s", s.States["chip"], s.States["arm"])
	if c := s.States["chip"]; c == "READY" || c == "TREATING" {
		t.Errorf("the window shows %s", c)
	}
	for _, l := range p.pen.proc.out.all(0) {
		if o, ok := readOutput(l.text); ok && (o.State == "READY" || o.State == "TREATING" || o.RF) {
			t.Errorf("the pen resumed: %s", l.text)
		}
	}
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
	open := func() *window {
		w, err := openConsole(ctx, built.stipple, testHome(t, screen, dir), "--data", filepath.Join(dir, "data"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { closing(t, w.console.end()) })
		return w
	}
	first := open()
	if _, err := first.until(ctx, startLimit, "the Treat page", func(s trace.Snapshot) bool { return s.Page == "treat" }); err != nil {
		t.Fatal(err)
	}
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
