package widgets

import (
	"fmt"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"

	"stipple/app/chart"
	"stipple/app/ui/keys"
	"stipple/app/ui/theme"
)

// focusables finds all that can have the focus below an object.
func focusables(o fyne.CanvasObject) []fyne.Focusable {
	var out []fyne.Focusable
	if f, ok := o.(fyne.Focusable); ok {
		out = append(out, f)
	}
	switch c := o.(type) {
	case *fyne.Container:
		for _, child := range c.Objects {
			out = append(out, focusables(child)...)
		}
	case interface{ Children() []fyne.CanvasObject }:
		for _, child := range c.Children() {
			out = append(out, focusables(child)...)
		}
	}
	return out
}

func press(k fyne.KeyName) *fyne.KeyEvent { return &fyne.KeyEvent{Name: k} }

func pointer() *desktop.MouseEvent {
	return &desktop.MouseEvent{Button: desktop.MouseButtonPrimary}
}

func TestEveryFocusableWidgetForwardsTheStopKeys(t *testing.T) {
	for name, page := range map[string]func(*bench){
		"treat": func(b *bench) { treatPage(b, true) }, "parts": partsPage,
	} {
		b := newBench(t, theme.Dark, theme.Scale100)
		page(b)
		b.write("walk-" + name) // the renderers exist once it was drawn
		all := focusables(b.content)
		if len(all) < 15 {
			t.Fatalf("%s: only %d focusable widgets found", name, len(all))
		}
		b.armed = true
		for i, f := range all {
			k, ok := f.(desktop.Keyable)
			if !ok {
				t.Errorf("%s: %T gets no key presses", name, f)
				continue
			}
			before := b.stops
			for _, key := range []fyne.KeyName{fyne.KeySpace, fyne.KeyEscape} {
				k.KeyDown(press(key))
				f.TypedKey(press(key))
				k.KeyUp(press(key))
			}
			k.KeyDown(press(desktop.KeyControlLeft))
			k.KeyDown(press(fyne.KeyPeriod))
			k.KeyUp(press(fyne.KeyPeriod))
			k.KeyUp(press(desktop.KeyControlLeft))
			if b.stops != before+3 {
				t.Errorf("%s: %d of 3 stop keys worked on %T, number %d", name, b.stops-before, f, i)
			}
		}
	}
}

func TestAStopKeyDoesNotAlsoPressTheFocusedButton(t *testing.T) {
	b := newBench(t, theme.Dark, theme.Scale100)
	taps := 0
	button := NewButton(b.router, Secondary, "Load", func() { taps++ })
	entry := NewTextEntry(b.router, "")
	for _, armed := range []bool{true, false} {
		b.armed, taps = armed, 0
		entry.SetText("")
		button.KeyDown(press(fyne.KeySpace))
		button.TypedKey(press(fyne.KeySpace))
		button.KeyUp(press(fyne.KeySpace))
		entry.KeyDown(press(fyne.KeySpace))
		entry.TypedKey(press(fyne.KeySpace))
		entry.TypedRune(' ')
		entry.KeyUp(press(fyne.KeySpace))
		wantTaps, wantText := 1, " "
		if armed {
			wantTaps, wantText = 0, ""
		}
		if taps != wantTaps || entry.Text != wantText {
			t.Errorf("armed %v: %d taps, text %q", armed, taps, entry.Text)
		}
	}
}

func TestStopActsAtThePressAndWithEachButton(t *testing.T) {
	stops := 0
	newBench(t, theme.Dark, theme.Scale100)
	s := NewStopButton("STOP", func() { stops++ })
	for i, b := range []desktop.MouseButton{desktop.MouseButtonPrimary, desktop.MouseButtonSecondary, desktop.MouseButtonTertiary} {
		s.MouseDown(&desktop.MouseEvent{Button: b})
		if stops != i+1 {
			t.Fatalf("%d stops after press %d", stops, i+1)
		}
		s.MouseUp(&desktop.MouseEvent{Button: b})
		if stops != i+1 {
			t.Fatal("the release stopped again")
		}
	}
	if _, ok := any(s).(fyne.Disableable); ok {
		t.Error("STOP can be disabled")
	}
	if got := s.MinSize(); got != fyne.NewSize(262, 112) {
		t.Errorf("STOP is %v", got)
	}
}

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

func TestTypingAValue(t *testing.T) {
	cases := []struct {
		name  string
		runes string
		keys  []fyne.KeyName
		typed []string
		shown string
	}{
		{"Enter hands over", "1.2", []fyne.KeyName{fyne.KeyReturn}, []string{"1.2"}, "1.50"},
		{"a comma is taken", "1,2", []fyne.KeyName{fyne.KeyEnter}, []string{"1,2"}, "1.50"},
		{"letters are not", "a1b2", []fyne.KeyName{fyne.KeyReturn}, []string{"12"}, "1.50"},
		{"Escape drops it", "9", []fyne.KeyName{fyne.KeyEscape}, nil, "1.50"},
		{"backspace takes back", "12", []fyne.KeyName{fyne.KeyBackspace, fyne.KeyReturn}, []string{"1"}, "1.50"},
		{"nothing typed is no change", "", []fyne.KeyName{fyne.KeyReturn}, nil, "1.50"},
		{"all taken back is no change", "1", []fyne.KeyName{fyne.KeyBackspace, fyne.KeyReturn}, nil, "1.50"},
		{"a step hands over first", "2", []fyne.KeyName{fyne.KeyUp}, []string{"2"}, "1.50"},
		{"much too long", "123456789012", []fyne.KeyName{fyne.KeyReturn}, []string{"12345678"}, "1.50"},
		{"while typing", "0.7", nil, nil, "0.7"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			b := newBench(t, theme.Dark, theme.Scale100)
			var typed []string
			f := NewValueField(b.router, func(s string) { typed = append(typed, s) }, func(int) {})
			f.Set("1.50", "mm", false)
			for _, r := range c.runes {
				f.TypedRune(r)
			}
			for _, k := range c.keys {
				f.TypedKey(press(k))
			}
			if fmt.Sprint(typed) != fmt.Sprint(c.typed) || f.shown() != c.shown {
				t.Errorf("typed %q, shown %q", typed, f.shown())
			}
		})
	}
}

func TestAnUpdateDoesNotDisturbTyping(t *testing.T) {
	b := newBench(t, theme.Dark, theme.Scale100)
	f := NewValueField(b.router, nil, nil)
	f.TypedRune('2')
	f.Set("1.50", "mm", false)
	if f.shown() != "2" {
		t.Errorf("shown %q", f.shown())
	}
	f.SetLocked(true)
	if f.shown() != "1.50" || f.Typing() {
		t.Error("a lock left a half-typed number")
	}
	f.TypedRune('3')
	if f.Typing() {
		t.Error("a locked field takes figures")
	}
}

func TestArrowKeysStep(t *testing.T) {
	b := newBench(t, theme.Dark, theme.Scale100)
	var steps []int
	c := NewValueCard(b.router, b.clock.clock(), ValueCardEvents{Step: func(d int) { steps = append(steps, d) }})
	for _, k := range []fyne.KeyName{fyne.KeyUp, fyne.KeyRight, fyne.KeyDown, fyne.KeyLeft, fyne.KeyPageUp, fyne.KeyPageDown} {
		c.Field().TypedKey(press(k))
	}
	if fmt.Sprint(steps) != "[1 1 -1 -1 10 -10]" {
		t.Errorf("steps %v", steps)
	}
	steps = nil
	c.Set(ValueCardState{Locked: true})
	c.Field().TypedKey(press(fyne.KeyUp))
	c.plus.MouseDown(pointer())
	c.minus.TypedKey(press(fyne.KeyReturn))
	if steps != nil {
		t.Errorf("a locked card stepped: %v", steps)
	}
}

func TestDraggingTheBarPreviewsAndIsHeldInside(t *testing.T) {
	b := newBench(t, theme.Dark, theme.Scale100)
	var last int64
	ended := 0
	bar := NewLimitBar(func(v int64, done bool) {
		last = v
		if done {
			ended++
		}
	})
	bar.Set(LimitBarState{Min: 0, Max: 1000, LowBound: 0, HighBound: 500, Set: 300, HasSet: true})
	b.put(bar, 0, 0, 200+2*barInset, 32)
	for x, want := range map[float32]int64{-50: 0, barInset: 0, barInset + 100: 500, barInset + 200: 1000, 900: 1000} {
		bar.Dragged(&fyne.DragEvent{PointEvent: fyne.PointEvent{Position: fyne.NewPos(x, 10)}})
		if last != want {
			t.Errorf("at %v: %d, want %d", x, last, want)
		}
	}
	if ended != 0 {
		t.Error("the drag ended before it was let go")
	}
	bar.DragEnd()
	bar.DragEnd()
	if ended != 1 {
		t.Errorf("ended %d times", ended)
	}
	if bar.state.Set != 300 {
		t.Error("dragging changed what is set")
	}
	bar.SetLocked(true)
	last = -1
	bar.Dragged(&fyne.DragEvent{})
	bar.Tapped(&fyne.PointEvent{})
	if last != -1 {
		t.Error("a locked bar was dragged")
	}
}

func TestTouchTargetsAreLargeEnough(t *testing.T) {
	b := newBench(t, theme.Dark, theme.Scale100)
	for name, o := range map[string]fyne.CanvasObject{
		"button": NewButton(b.router, Secondary, "", nil), "picker": NewPickerButton(b.router, nil),
		"line": NewLineButton(b.router, nil), "entry": NewTextEntry(b.router, ""), "tabs": NewTabs(b.router, []string{"A"}, nil),
		"row": NewRowButton(b.router, nil),
	} {
		if m := o.MinSize(); m.Width < theme.Touch || m.Height < theme.Touch {
			t.Errorf("%s is %v", name, m)
		}
	}
	for name, o := range map[string]fyne.CanvasObject{
		"stepper": NewStepper(b.router, b.clock.clock(), 1, nil), "hold": NewHoldButton(b.router, b.clock.clock(), nil, nil),
		"stop": NewStopButton("STOP", nil), "trigger": NewHoldPad(b.router, "", nil),
	} {
		if m := o.MinSize(); m.Width < min(theme.TouchFar, theme.StopWidth) && name != "trigger" || m.Height < theme.TouchFar {
			t.Errorf("%s is %v", name, m)
		}
	}
	if RowHeightSingle < theme.Touch {
		t.Error("rows are too low")
	}
}

func TestEachStateHasItsOwnWordAndShape(t *testing.T) {
	words, shapes := map[string]State{}, map[string]State{}
	for _, s := range AllStates() {
		l := s.look()
		if other, ok := words[l.word]; ok {
			t.Errorf("%v and %v have the same word", s, other)
		}
		if other, ok := shapes[drawing(l.shape)]; ok {
			t.Errorf("%v and %v have the same shape", s, other)
		}
		if drawing(l.shape) == "" {
			t.Errorf("%v has no shape", s)
		}
		words[l.word], shapes[drawing(l.shape)] = s, s
	}
}

func TestTheDiscPulsesOnlyWhileTreating(t *testing.T) {
	newBench(t, theme.Dark, theme.Scale100)
	c := NewStatusChip()
	for _, s := range AllStates() {
		c.Set(s, "")
		seen := map[uint8]bool{}
		for ms := range 40 {
			c.Tick(time.UnixMilli(int64(ms) * 25))
			seen[c.alpha] = true
		}
		if (len(seen) > 1) != (s == Treating) {
			t.Errorf("%v has %d brightnesses", s, len(seen))
		}
	}
}

func TestAlarmsFlashAtTheirRateUntilAcknowledged(t *testing.T) {
	b := newBench(t, theme.Dark, theme.Scale100)
	for level, want := range map[BannerLevel]int{Quiet: 0, LowAlarm: 0, MediumAlarm: 6, HighAlarm: 20} {
		banner := NewBanner(b.router, nil, nil)
		banner.Set(BannerState{Level: level, Text: "Alarm"})
		flashes, was := 0, false
		for ms := int64(0); ms < 10_000; ms += 10 {
			banner.Tick(time.UnixMilli(ms))
			if banner.dark && !was {
				flashes++
			}
			was = banner.dark
		}
		if flashes != want {
			t.Errorf("level %d: %d flashes in 10 s, want %d", level, flashes, want)
		}
		banner.Set(BannerState{Level: level, Text: "Alarm", Acknowledged: true})
		banner.Tick(time.UnixMilli(400))
		if banner.dark {
			t.Errorf("level %d flashes after it was acknowledged", level)
		}
		if banner.MinSize().Height != theme.BannerHeight {
			t.Errorf("level %d takes another place", level)
		}
	}
}

func TestTextThatDoesNotFitIsCutWithAnEllipsis(t *testing.T) {
	b := newBench(t, theme.Dark, theme.Scale100)
	l := NewLine(Strong("Cheek, second session"), Muted("rev 3"))
	for _, c := range []struct {
		width float32
		want  string
	}{{400, "Cheek, second session"}, {100, "Cheek, sec…"}, {4, ""}} {
		b.put(l, 0, 0, c.width, 24)
		b.canvas.Capture()
		if got := l.Children()[0].(*canvas.Text).Text; got != c.want {
			t.Errorf("at %v: %q", c.width, got)
		}
	}
}

func TestLargeTextShrinksBeforeItIsCut(t *testing.T) {
	b := newBench(t, theme.Dark, theme.Scale150)
	l := NewLine(Plain("read back from the pen"))
	at100 := fyne.MeasureText("read back from the pen", 15, fyne.TextStyle{}).Width
	b.put(l, 0, 0, at100+2, 24)
	b.canvas.Capture()
	got := l.Children()[0].(*canvas.Text)
	if got.Text != "read back from the pen" || got.TextSize < 15 || got.TextSize > 16 {
		t.Errorf("%q at %v", got.Text, got.TextSize)
	}
}

func TestReasonsAreWholeAtEveryTextScale(t *testing.T) {
	for _, scale := range []theme.Scale{theme.Scale100, theme.Scale125, theme.Scale150} {
		b := newBench(t, theme.Dark, scale)
		for i, s := range cardStates(true) {
			c := NewValueCard(b.router, b.clock.clock(), ValueCardEvents{})
			c.Set(s)
			b.put(c, float32(i)*238, 0, 226, 318)
			b.canvas.Capture()
			for _, l := range []*Line{c.reason, c.detail, c.note} {
				for j, run := range l.runs {
					if got := l.Children()[2*j].(*canvas.Text).Text; got != run.Text {
						t.Errorf("at %d %%, %s: %q is cut to %q", scale, s.Title, run.Text, got)
					}
				}
			}
		}
	}
}

func TestALongListHasWidgetsOnlyForWhatIsInSight(t *testing.T) {
	b := newBench(t, theme.Dark, theme.Scale100)
	chosen := -1
	l := NewRowList(b.router, nil, func(i int) { chosen = i })
	rows := make([]Row, 100_000)
	for i := range rows {
		rows[i] = Row{Key: fmt.Sprint(i), Title: []Run{Plain(fmt.Sprint(i))}}
	}
	rows[7].Disabled = true
	l.Set(rows, "")
	b.put(l, 0, 0, 400, 480)
	b.canvas.Capture()
	if n := len(l.sheet.pool); n == 0 || n > 20 {
		t.Fatalf("%d row widgets", n)
	}
	for range 500 {
		l.TypedKey(press(fyne.KeyDown))
	}
	b.canvas.Capture()
	found := false
	for _, v := range l.sheet.pool {
		found = found || v.Visible() && v.index == 499 && v.selected
	}
	if !found || l.Selected() != 499 {
		t.Errorf("the selection %d is not in sight", l.Selected())
	}
	l.TypedKey(press(fyne.KeyReturn))
	if chosen != 499 {
		t.Errorf("chose %d", chosen)
	}
	l.Select(7)
	l.TypedKey(press(fyne.KeyReturn))
	if chosen != 499 {
		t.Error("a disabled row was chosen")
	}
}

func TestALiveValueThatGetsLongerIsNotCut(t *testing.T) {
	b := newBench(t, theme.Dark, theme.Scale100)
	p := NewLivePanel("Depth", chart.NewSeries(2, 1))
	p.Set(LiveState{Value: "9", Unit: "/min", Quality: InTolerance})
	b.put(p, 0, 0, 262, 90)
	b.canvas.Capture()
	p.Set(LiveState{Value: "10 000", Unit: "/min", Right: "set 10 000", Quality: InTolerance})
	b.canvas.Capture()
	if got := p.value.Children()[0].(*canvas.Text).Text; got != "10 000" {
		t.Errorf("shown %q", got)
	}
}

func TestSettingTheSameAgainDrawsNothing(t *testing.T) {
	b := newBench(t, theme.Dark, theme.Scale100)
	c := NewValueCard(b.router, b.clock.clock(), ValueCardEvents{})
	strip := NewStatusStrip(b.router, nil, nil)
	state := StripState{State: Ready, Items: [][]Run{{Plain("Link"), Strong("4 ms")}}, Operator: "A"}
	strip.Set(state)
	c.Set(cardStates(false)[0])
	b.put(c, 0, 100, 226, 318)
	b.put(strip, 0, 0, 1366, 52)
	b.canvas.Capture()
	n := testing.AllocsPerRun(10, func() {
		strip.Set(state)
		c.Set(cardStates(false)[0])
	})
	// What is left are the states themselves; a redraw would be thousands.
	if n > 60 {
		t.Errorf("%v allocations for nothing new", n)
	}
}

func TestARouterIsEnoughForAWidget(t *testing.T) {
	newBench(t, theme.Dark, theme.Scale100)
	r := keys.New(keys.Config{Stop: func() {}})
	NewTabs(r, []string{"A", "B"}, nil).tabs[1].Tapped(nil)
	NewNavRail(r, []NavItem{{IconTreat, "Treat"}}, nil).items[0].Tapped(nil)
	NewPickerButton(r, nil).Tapped(nil)
	NewButton(r, Primary, "A", nil).Tapped(nil)
	NewLineButton(r, nil).Tapped(nil)
	NewRowButton(r, nil).Tapped(nil)
}
