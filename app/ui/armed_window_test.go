package ui

import (
	"fmt"
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"stipple/app/console"
	"stipple/app/ui/overlay"
	"stipple/app/ui/sample"
	"stipple/app/ui/theme"
)

// TestWindowKeepsItsSizeWhileArmed: the size is fixed when READY, or the way to
// it, begins, and free when it has ended; once each.
func TestWindowKeepsItsSizeWhileArmed(t *testing.T) {
	test.NewApp()
	s := scene(t, "treat-review")
	d := &deskLog{Desk: s.Desk}
	w, _ := openDesk(s, d, Prefs{Mode: theme.Dark, Scale: theme.Scale100})
	var told []bool
	w.cfg.KeepSize = func(keep bool) { told = append(told, keep) }
	for _, step := range []func(*console.View){
		func(v *console.View) { v.Session = 3 },
		func(v *console.View) { v.Arm.State = console.Arming },
		func(v *console.View) { v.Arm.State, v.Pen.Phase = console.ArmArmed, console.Ready },
		func(v *console.View) { v.Pen.Phase = console.Treating },
		func(v *console.View) { v.Pen.Phase = console.Ready },
		func(v *console.View) { v.Arm.State, v.Pen.Phase = console.ArmReady, console.Standby },
		func(v *console.View) { v.Session = 4 },
	} {
		d.change(w, step)
	}
	if want := []bool{true, false}; !slices.Equal(told, want) {
		t.Errorf("told %v, want %v", told, want)
	}
}

// TestStopNotConfirmedCoversEverything: over every page and over what is open on
// it stands what to do, whole; strip and STOP stay free, no pointer reaches what
// lies under it, and the stop keys work.
func TestStopNotConfirmedCoversEverything(t *testing.T) {
	test.NewApp()
	open := 0
	for _, scale := range []theme.Scale{theme.Scale100, theme.Scale150} {
		for i, s := range sample.New(library(t)).Scenes() {
			if scale == theme.Scale150 && i%8 > 0 {
				continue // the same words over another page
			}
			d := &deskLog{Desk: s.Desk}
			w, c := openDesk(s, d, Prefs{Mode: theme.Light, Scale: scale})
			if w.layer.IsOpen() {
				open++
			}
			d.change(w, func(v *console.View) { v.Stop = console.StopView{Active: true, Unconfirmed: true} })
			where := fmt.Sprintf("%s at %d %%", s.Name, scale)
			for _, text := range []string{"STOP NOT CONFIRMED", "Release the trigger. Unplug the pen."} {
				if !shows(w, text) {
					t.Errorf("%s: no %q", where, text)
				}
			}
			if f := c.Focused(); f != nil {
				t.Errorf("%s: %T has the focus and is not seen", where, f)
			}
			stop, strip := box(w.stop), box(w.strip)
			for _, at := range []fyne.Position{{X: PictureWidth / 2, Y: PictureHeight / 2}, {X: 30, Y: 200}, {X: 30, Y: PictureHeight - 30}, {X: 500, Y: PictureHeight - 40}} {
				if o := under(w.root, at); o != nil {
					if _, ok := o.(*overlay.Blind); !ok {
						t.Errorf("%s: a pointer at %v reaches %T", where, at, o)
					}
				} else {
					t.Errorf("%s: nothing takes a pointer at %v", where, at)
				}
			}
			for name, b := range map[string]rect{"stop": stop, "strip": strip} {
				at := fyne.NewPos((b.x0+b.x1)/2, (b.y0+b.y1)/2)
				if _, ok := under(w.root, at).(*overlay.Blind); ok {
					t.Errorf("%s: %s is covered", where, name)
				}
			}
			d.take()
			w.stop.MouseDown(&desktop.MouseEvent{})
			expect(t, d, "stop")
			c.SetContent(nil)
		}
	}
	if open < 10 {
		t.Errorf("only %d scenes with something open", open)
	}
}

// under is the object that the toolkit hands a press at a place to: the last one
// drawn there that takes presses.
func under(root fyne.CanvasObject, at fyne.Position) fyne.CanvasObject {
	var found fyne.CanvasObject
	var walk func(o fyne.CanvasObject, off fyne.Position)
	walk = func(o fyne.CanvasObject, off fyne.Position) {
		if o == nil || !o.Visible() {
			return
		}
		z := o.Size()
		inside := at.X >= off.X && at.Y >= off.Y && at.X < off.X+z.Width && at.Y < off.Y+z.Height
		if _, ok := o.(desktop.Mouseable); ok && inside {
			found = o
		}
		var children []fyne.CanvasObject
		switch c := o.(type) {
		case *fyne.Container:
			children = c.Objects
		case fyne.Widget:
			children = test.WidgetRenderer(c).Objects()
		}
		for _, child := range children {
			walk(child, off.Add(child.Position()))
		}
	}
	walk(root, root.Position())
	return found
}
