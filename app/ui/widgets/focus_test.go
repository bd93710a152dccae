package widgets

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

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

// Tab goes on from a control that was disabled by its own act, such as Apply.
func TestTabGoesOnFromADisabledControl(t *testing.T) {
	b := newBench(t, theme.Dark, theme.Scale100)
	type control interface {
		fyne.Widget
		fyne.Focusable
		fyne.Disableable
	}
	for name, make := range map[string]func() control{
		"button": func() control { return NewButton(b.router, Secondary, "Apply", func() {}) },
		"picker": func() control { return NewPickerButton(b.router, func() {}) },
		"field":  func() control { return NewValueField(b.router, func(string) {}, func(int) {}) },
	} {
		first, middle, last := make(), make(), make()
		c := test.NewCanvas()
		c.SetContent(container.NewVBox(first, middle, last))
		c.Focus(middle)
		middle.Disable()
		middle.(desktop.Keyable).KeyDown(press(fyne.KeyTab))
		c.FocusNext() // as the driver does then
		if c.Focused() != last {
			t.Errorf("%s: Tab went to %v", name, c.Focused())
		}
		if !middle.Disabled() {
			t.Errorf("%s: it is not disabled any more", name)
		}
	}
}
