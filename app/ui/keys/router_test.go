package keys

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/driver/software"
	"fyne.io/fyne/v2/test"
)

func press(name fyne.KeyName) *fyne.KeyEvent { return &fyne.KeyEvent{Name: name} }

func TestStopKeys(t *testing.T) {
	cases := []struct {
		name     string
		possible bool
		keys     []fyne.KeyName
		stops    int
	}{
		{"escape while output is possible", true, []fyne.KeyName{fyne.KeyEscape}, 1},
		{"space while output is possible", true, []fyne.KeyName{fyne.KeySpace}, 1},
		{"escape in standby", false, []fyne.KeyName{fyne.KeyEscape}, 0},
		{"space in standby", false, []fyne.KeyName{fyne.KeySpace}, 0},
		{"control and period in standby", false, []fyne.KeyName{desktop.KeyControlLeft, fyne.KeyPeriod}, 1},
		{"right control and period", false, []fyne.KeyName{desktop.KeyControlRight, fyne.KeyPeriod}, 1},
		{"command and period", false, []fyne.KeyName{desktop.KeySuperLeft, fyne.KeyPeriod}, 1},
		{"period alone", true, []fyne.KeyName{fyne.KeyPeriod}, 0},
		{"enter", true, []fyne.KeyName{fyne.KeyReturn}, 0},
		{"space and escape", true, []fyne.KeyName{fyne.KeySpace, fyne.KeyEscape}, 2},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			stops := 0
			r := New(Config{Stop: func() { stops++ }, OutputPossible: func() bool { return c.possible }})
			var used bool
			for _, k := range c.keys {
				used = r.KeyDown(press(k))
			}
			if stops != c.stops {
				t.Errorf("%d stops, want %d", stops, c.stops)
			}
			if used != (c.stops > 0) {
				t.Errorf("used = %v, want %v", used, c.stops > 0)
			}
		})
	}
}

func TestWithoutAPredicateOutputCountsAsPossible(t *testing.T) {
	stops := 0
	r := New(Config{Stop: func() { stops++ }})
	r.KeyDown(press(fyne.KeySpace))
	if stops != 1 {
		t.Fatalf("%d stops, want 1", stops)
	}
}

func TestReleasedControlNoLongerCounts(t *testing.T) {
	stops := 0
	r := New(Config{Stop: func() { stops++ }})
	r.KeyDown(press(desktop.KeyControlLeft))
	r.KeyUp(press(desktop.KeyControlLeft))
	r.KeyDown(press(fyne.KeyPeriod))
	if stops != 0 {
		t.Fatal("a period without Control stopped")
	}
}

func TestDriverModifiersDecideWhereTheyExist(t *testing.T) {
	stops, held := 0, fyne.KeyModifier(0)
	r := New(Config{Stop: func() { stops++ }, Modifiers: func() fyne.KeyModifier { return held }})
	r.KeyDown(press(desktop.KeyControlLeft)) // its release went to another window
	r.KeyDown(press(fyne.KeyPeriod))
	if stops != 0 {
		t.Fatal("a Control key that is not held counted")
	}
	held = fyne.KeyModifierControl
	r.KeyDown(press(fyne.KeyPeriod))
	if stops != 1 {
		t.Fatalf("%d stops, want 1", stops)
	}
}

func TestUsedPressSwallowsWhatFollowsUntilItsRelease(t *testing.T) {
	r := New(Config{Stop: func() {}})
	r.KeyDown(press(fyne.KeySpace))
	if !r.Used(fyne.KeySpace) || !r.UsedRune(' ') {
		t.Error("the typed key and rune of a stop went through")
	}
	if r.Used(fyne.KeyReturn) || r.UsedRune('a') || r.UsedRune('.') {
		t.Error("another key was swallowed")
	}
	r.KeyUp(press(fyne.KeySpace))
	if r.Used(fyne.KeySpace) || r.UsedRune(' ') {
		t.Error("swallowed after the release")
	}
}

func TestALostReleaseDoesNotSwallowTheNextPress(t *testing.T) {
	possible := true
	r := New(Config{Stop: func() {}, OutputPossible: func() bool { return possible }})
	r.KeyDown(press(fyne.KeySpace))
	possible = false
	if r.KeyDown(press(fyne.KeySpace)) || r.UsedRune(' ') {
		t.Error("a press in standby was swallowed because an old release was lost")
	}
}

func TestEscapeGoesToTheLayerOnlyWhereItIsNoStop(t *testing.T) {
	stops, closed, possible := 0, 0, true
	r := New(Config{Stop: func() { stops++ }, OutputPossible: func() bool { return possible }})
	r.OnEscape = func() bool { closed++; return true }
	r.KeyDown(press(fyne.KeyEscape))
	if stops != 1 || closed != 0 {
		t.Fatalf("armed: %d stops, %d closed", stops, closed)
	}
	possible = false
	if !r.KeyDown(press(fyne.KeyEscape)) || closed != 1 || stops != 1 {
		t.Fatalf("standby: %d stops, %d closed", stops, closed)
	}
}

func TestGeneralCommands(t *testing.T) {
	var help, search, enter int
	r := New(Config{Stop: func() { t.Error("stopped") }, OutputPossible: func() bool { return false }})
	r.OnHelp, r.OnSearch, r.OnEnter = func() { help++ }, func() { search++ }, func() { enter++ }
	r.KeyDown(press(fyne.KeyF1))
	r.KeyDown(press(fyne.KeyK))
	r.KeyDown(press(desktop.KeyControlLeft))
	r.KeyDown(press(fyne.KeyK))
	r.TypedKey(press(fyne.KeyReturn))
	r.TypedKey(press(fyne.KeyEnter))
	if help != 1 || search != 1 || enter != 2 {
		t.Fatalf("help %d, search %d, enter %d", help, search, enter)
	}
}

// desktopCanvas is a canvas in memory with the key handlers of a window.
type desktopCanvas struct {
	software.WindowlessCanvas
	down, up func(*fyne.KeyEvent)
}

func (c *desktopCanvas) OnKeyDown() func(*fyne.KeyEvent)     { return c.down }
func (c *desktopCanvas) SetOnKeyDown(f func(*fyne.KeyEvent)) { c.down = f }
func (c *desktopCanvas) OnKeyUp() func(*fyne.KeyEvent)       { return c.up }
func (c *desktopCanvas) SetOnKeyUp(f func(*fyne.KeyEvent))   { c.up = f }

func TestAttachServesACanvasWithoutFocus(t *testing.T) {
	test.NewTempApp(t)
	stops := 0
	r := New(Config{Stop: func() { stops++ }})
	c := &desktopCanvas{WindowlessCanvas: software.NewCanvas()}
	r.Attach(c)
	c.down(press(fyne.KeyEscape))
	c.up(press(fyne.KeyEscape))
	if stops != 1 {
		t.Fatalf("%d stops, want 1", stops)
	}
	c.down(press(desktop.KeyControlLeft))
	c.down(press(fyne.KeyPeriod))
	period := &desktop.CustomShortcut{KeyName: fyne.KeyPeriod, Modifier: fyne.KeyModifierControl}
	typed := c.WindowlessCanvas.(fyne.Shortcutable)
	typed.TypedShortcut(period)
	typed.TypedShortcut(period) // the repeats of a held key
	if stops != 2 {
		t.Fatalf("%d stops after one press of Control and period, want 2", stops)
	}
	c.up(press(fyne.KeyPeriod))
	typed.TypedShortcut(period)
	if stops != 3 {
		t.Fatalf("%d stops after the shortcut alone, want 3", stops)
	}
}
