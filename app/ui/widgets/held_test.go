package widgets

import (
	"fmt"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"stipple/app/ui/theme"
)

func TestAStepperRepeatsWhileItIsHeld(t *testing.T) {
	cases := []struct {
		name  string
		held  time.Duration
		end   func(*Stepper)
		least int
		most  int
	}{
		{"a tap is one step", 100 * time.Millisecond, func(s *Stepper) { s.MouseUp(pointer()) }, 1, 1},
		{"one second", time.Second, func(s *Stepper) { s.MouseUp(pointer()) }, 4, 7},
		{"three seconds are faster", 3 * time.Second, func(s *Stepper) { s.MouseUp(pointer()) }, 30, 42},
		{"sliding off ends it", time.Second, func(s *Stepper) { s.MouseOut() }, 4, 7},
		{"losing the focus ends it", time.Second, func(s *Stepper) { s.FocusLost() }, 4, 7},
		{"disabling ends it", time.Second, func(s *Stepper) { s.SetDisabled(true) }, 4, 7},
		{"hiding ends it", time.Second, func(s *Stepper) { s.Hide() }, 4, 7},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, theme.Dark, theme.Scale100)
			steps := 0
			s := NewStepper(b.router, b.clock.clock(), -1, func(d int) { steps -= d })
			s.MouseDown(pointer())
			b.clock.advance(c.held)
			c.end(s)
			got := steps
			b.clock.advance(time.Minute)
			if got < c.least || got > c.most {
				t.Errorf("%d steps, want %d to %d", got, c.least, c.most)
			}
			if steps != got || b.clock.running() != 0 {
				t.Errorf("%d steps after the end, %d tickers left", steps-got, b.clock.running())
			}
		})
	}
}

func TestAStepperWhoseReleaseIsLostEndsByItself(t *testing.T) {
	b := newBench(t, theme.Dark, theme.Scale100)
	s := NewStepper(b.router, b.clock.clock(), 1, func(int) {})
	s.MouseDown(pointer())
	b.clock.advance(time.Minute)
	if b.clock.running() != 0 {
		t.Error("it repeats for ever")
	}
}

func TestHoldingArmsAfterASecondAndNoSooner(t *testing.T) {
	cases := []struct {
		name string
		mode HoldMode
		do   func(*bench, *HoldButton)
		held int
	}{
		{"pointer, 1.1 s", HoldReady, func(b *bench, h *HoldButton) { h.MouseDown(pointer()); b.clock.advance(1100 * time.Millisecond) }, 1},
		{"pointer, 0.95 s", HoldReady, func(b *bench, h *HoldButton) {
			h.MouseDown(pointer())
			b.clock.advance(950 * time.Millisecond)
			h.MouseUp(pointer())
		}, 0},
		{"Enter, 1.1 s", HoldReady, func(b *bench, h *HoldButton) {
			h.KeyDown(press(fyne.KeyReturn))
			b.clock.advance(1100 * time.Millisecond)
		}, 1},
		{"Enter on the number pad", HoldReady, func(b *bench, h *HoldButton) {
			h.KeyDown(press(fyne.KeyEnter))
			b.clock.advance(1100 * time.Millisecond)
		}, 1},
		{"Enter let go", HoldReady, func(b *bench, h *HoldButton) {
			h.KeyDown(press(fyne.KeyReturn))
			b.clock.advance(900 * time.Millisecond)
			h.KeyUp(press(fyne.KeyReturn))
		}, 0},
		{"Space never", HoldReady, func(_ *bench, h *HoldButton) { h.KeyDown(press(fyne.KeySpace)); h.TypedKey(press(fyne.KeySpace)) }, 0},
		{"repeated taps", HoldReady, func(b *bench, h *HoldButton) {
			for range 20 {
				h.MouseDown(pointer())
				b.clock.advance(200 * time.Millisecond)
				h.MouseUp(pointer())
			}
		}, 0},
		{"the finger slides off", HoldReady, func(b *bench, h *HoldButton) {
			h.MouseDown(pointer())
			b.clock.advance(800 * time.Millisecond)
			h.MouseOut()
		}, 0},
		{"the focus goes", HoldReady, func(b *bench, h *HoldButton) {
			h.KeyDown(press(fyne.KeyReturn))
			b.clock.advance(800 * time.Millisecond)
			h.FocusLost()
		}, 0},
		{"the other mouse button", HoldReady, func(_ *bench, h *HoldButton) {
			h.MouseDown(&desktop.MouseEvent{Button: desktop.MouseButtonSecondary})
		}, 0},
		{"what is confirmed changes under the finger", HoldReady, func(b *bench, h *HoldButton) {
			h.MouseDown(pointer())
			b.clock.advance(800 * time.Millisecond)
			h.Set(HoldState{Mode: HoldReady, Confirms: "other"})
		}, 0},
		{"a block appears", HoldReady, func(b *bench, h *HoldButton) {
			h.MouseDown(pointer())
			b.clock.advance(800 * time.Millisecond)
			h.Set(HoldState{Mode: HoldBlocked, Confirms: "hash"})
		}, 0},
		{"only the words change", HoldReady, func(b *bench, h *HoldButton) {
			h.MouseDown(pointer())
			b.clock.advance(800 * time.Millisecond)
			h.Set(HoldState{Mode: HoldReady, Text: "Hold", Confirms: "hash"})
		}, 1},
		{"blocked", HoldBlocked, func(_ *bench, h *HoldButton) { h.MouseDown(pointer()) }, 0},
		{"armed already", HoldArmed, func(_ *bench, h *HoldButton) { h.MouseDown(pointer()) }, 0},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, theme.Dark, theme.Scale100)
			var held []string
			h := NewHoldButton(b.router, b.clock.clock(), func(s string) { held = append(held, s) }, nil)
			h.Set(HoldState{Mode: c.mode, Confirms: "hash"})
			c.do(b, h)
			b.clock.advance(5 * time.Second)
			if len(held) != c.held {
				t.Fatalf("held %d times, want %d", len(held), c.held)
			}
			if c.held > 0 && held[0] != "hash" {
				t.Errorf("confirmed %q", held[0])
			}
			if b.clock.running() != 0 {
				t.Error("a ticker is left")
			}
		})
	}
}

func TestAStopKeyInAHoldDoesNotArm(t *testing.T) {
	b := newBench(t, theme.Dark, theme.Scale100)
	b.armed = true
	h := NewHoldButton(b.router, b.clock.clock(), func(string) { t.Error("armed") }, nil)
	h.Set(HoldState{Mode: HoldReady})
	h.KeyDown(press(fyne.KeySpace))
	b.clock.advance(2 * time.Second)
	if b.stops != 1 {
		t.Errorf("%d stops", b.stops)
	}
}

func TestAHeldPadAlwaysComesUp(t *testing.T) {
	ends := map[string]func(*HoldPad){
		"release":  func(p *HoldPad) { p.MouseUp(pointer()) },
		"leave":    func(p *HoldPad) { p.MouseOut() },
		"blur":     func(p *HoldPad) { p.FocusLost() },
		"hide":     func(p *HoldPad) { p.Hide() },
		"disabled": func(p *HoldPad) { p.Disable() },
		"key up":   func(p *HoldPad) { p.KeyUp(press(fyne.KeyReturn)) },
	}
	for name, end := range ends {
		b := newBench(t, theme.Dark, theme.Scale100)
		var changes []bool
		p := NewHoldPad(b.router, "Hold", func(down bool) { changes = append(changes, down) })
		p.MouseDown(pointer())
		p.KeyDown(press(fyne.KeyReturn)) // both at once are one
		end(p)
		if fmt.Sprint(changes) != "[true false]" {
			t.Errorf("%s: %v", name, changes)
		}
	}
}

// The reasons of a blocked control are asked for by a plain tap only, never by
// the end of a hold that was blocked on its way.
func TestOnlyAPlainTapAsksWhy(t *testing.T) {
	b := newBench(t, theme.Dark, theme.Scale100)
	asked := 0
	h := NewHoldButton(b.router, b.clock.clock(), func(string) {}, nil)
	h.OnBlocked = func() { asked++ }
	release := func() {
		h.MouseUp(pointer())
		h.Tapped(&fyne.PointEvent{})
	}
	h.Set(HoldState{Mode: HoldReady})
	h.MouseDown(pointer())
	h.Set(HoldState{Mode: HoldBlocked})
	release()
	if asked != 0 {
		t.Error("the end of a hold asked why")
	}
	h.MouseDown(pointer())
	release()
	if asked != 1 {
		t.Errorf("a tap asked %d times", asked)
	}
}

// The dashes of a blocked control are its focus ring too: no second outline
// lies under them.
func TestABlockedControlHasOneOutline(t *testing.T) {
	b := newBench(t, theme.Dark, theme.Scale100)
	h := NewHoldButton(b.router, b.clock.clock(), func(string) {}, nil)
	h.Set(HoldState{Mode: HoldBlocked})
	b.put(h, 0, 0, 300, holdHeight)
	h.FocusGained()
	if outline := h.Children()[0]; outline.Visible() {
		t.Error("a solid frame lies under the dashes")
	}
}
