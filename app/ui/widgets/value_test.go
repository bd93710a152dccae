package widgets

import (
	"fmt"
	"testing"

	"fyne.io/fyne/v2"

	"stipple/app/ui/theme"
)

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
		{"a unit is taken", "1.2 mm", []fyne.KeyName{fyne.KeyReturn}, []string{"1.2 mm"}, "1.50"},
		{"no letter is left out", "0x1", []fyne.KeyName{fyne.KeyReturn}, []string{"0x1"}, "1.50"},
		{"no exponent is left out", "1e3", []fyne.KeyName{fyne.KeyReturn}, []string{"1e3"}, "1.50"},
		{"no word is left out", "NaN", []fyne.KeyName{fyne.KeyReturn}, []string{"NaN"}, "1.50"},
		{"nothing that can't be seen", "1\u200b\t2", []fyne.KeyName{fyne.KeyReturn}, []string{"12"}, "1.50"},
		{"backspace takes a whole character", "1µ", []fyne.KeyName{fyne.KeyBackspace, fyne.KeyReturn}, []string{"1"}, "1.50"},
		{"Escape drops it", "9", []fyne.KeyName{fyne.KeyEscape}, nil, "1.50"},
		{"backspace takes back", "12", []fyne.KeyName{fyne.KeyBackspace, fyne.KeyReturn}, []string{"1"}, "1.50"},
		{"nothing typed is no change", "", []fyne.KeyName{fyne.KeyReturn}, nil, "1.50"},
		{"all taken back is no change", "1", []fyne.KeyName{fyne.KeyBackspace, fyne.KeyReturn}, nil, "1.50"},
		{"a step hands over first", "2", []fyne.KeyName{fyne.KeyUp}, []string{"2"}, "1.50"},
		{"as long as may be", "1.0000000000", []fyne.KeyName{fyne.KeyReturn}, []string{"1.0000000000"}, "1.50"},
		{"too long is no number", "1.00000000004", []fyne.KeyName{fyne.KeyReturn}, []string{"1.0000000000…"}, "1.50"},
		{"much too long", "1234567890123456", []fyne.KeyName{fyne.KeyReturn}, []string{"123456789012…"}, "1.50"},
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
