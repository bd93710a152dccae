package ui

import (
	"fmt"
	"slices"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/test"

	"stipple/app/console"
	"stipple/app/ui/sample"
	"stipple/app/ui/theme"
)

// stopDesk counts stops.
type stopDesk struct {
	*sample.Desk
	stops int
}

func (d *stopDesk) Stop() { d.stops++ }

// everything lists all objects under root that are visible, with the insides
// of widgets.
func everything(root fyne.CanvasObject) []fyne.CanvasObject {
	if root == nil || !root.Visible() {
		return nil
	}
	out := []fyne.CanvasObject{root}
	var children []fyne.CanvasObject
	switch o := root.(type) {
	case *fyne.Container:
		children = o.Objects
	case fyne.Widget:
		children = test.WidgetRenderer(o).Objects()
	}
	for _, c := range children {
		out = append(out, everything(c)...)
	}
	return out
}

// prove sends the three stop keys to every focusable object of a window that
// can give output, and expects a stop for each.
func prove(t *testing.T, w *Window, d *stopDesk, where string) int {
	t.Helper()
	armed := *w.view
	armed.Pen.Phase = console.Ready
	w.view = &armed
	n := 0
	for _, o := range everything(w.root) {
		f, ok := o.(fyne.Focusable)
		if !ok {
			continue
		}
		keyable, ok := o.(desktop.Keyable)
		if !ok {
			t.Errorf("%s: %T can have the focus and does not hear key presses", where, o)
			continue
		}
		n++
		for _, k := range []fyne.KeyName{fyne.KeyEscape, fyne.KeySpace} {
			before := d.stops
			keyable.KeyDown(&fyne.KeyEvent{Name: k})
			if d.stops != before+1 {
				t.Errorf("%s: %T: %s stops %d times", where, o, k, d.stops-before)
			}
			f.TypedKey(&fyne.KeyEvent{Name: k})
			f.TypedRune(' ')
			keyable.KeyUp(&fyne.KeyEvent{Name: k})
		}
		before := d.stops
		keyable.KeyDown(&fyne.KeyEvent{Name: desktop.KeyControlLeft})
		keyable.KeyDown(&fyne.KeyEvent{Name: fyne.KeyPeriod})
		keyable.KeyUp(&fyne.KeyEvent{Name: fyne.KeyPeriod})
		keyable.KeyUp(&fyne.KeyEvent{Name: desktop.KeyControlLeft})
		if d.stops != before+1 {
			t.Errorf("%s: %T: Ctrl+. stops %d times", where, o, d.stops-before)
		}
	}
	if top := w.cfg.Canvas.Overlays().Top(); top != nil {
		t.Errorf("%s: the toolkit's own overlay %T lies over STOP", where, top)
	}
	return n
}

// TestStopFromEveryFocus walks every focusable object of every page and of
// everything that can be opened on it.
func TestStopFromEveryFocus(t *testing.T) {
	test.NewApp()
	for _, s := range sample.New(library(t)).Scenes() {
		t.Run(s.Name, func(t *testing.T) {
			d := &stopDesk{Desk: s.Desk}
			w, c := openDesk(s, d, Prefs{Mode: theme.Dark, Scale: theme.Scale100})
			if n := prove(t, w, d, s.Name); n < 5 {
				t.Errorf("only %d focusable objects", n)
			}
			c.SetContent(nil)
		})
	}
}

// TestStopWithAnythingOpen opens everything that a tap on any control of the
// two pages opens, and proves the stop keys and the button in each.
func TestStopWithAnythingOpen(t *testing.T) {
	test.NewApp()
	scenes := sample.New(library(t)).Scenes()
	opened := 0
	for _, s := range scenes {
		if s.Name != "treat-ready" && s.Name != "treat-standby" && s.Name != "patients-presets" && s.Name != "patients-details" && s.Name != "treat-no-pen" &&
			s.Name != "treat-alarm-high" && s.Name != "alarms-full" && s.Name != "outcome-unknown" && s.Name != "patients-reconciled" {
			continue
		}
		d := &stopDesk{Desk: s.Desk}
		w, _ := openDesk(s, d, Prefs{Mode: theme.Light, Scale: theme.Scale100})
		everything(w.root) // makes the parts of widgets
		for _, ctl := range w.Snapshot().Controls {
			o := w.find(ctl.Name)
			tappable, ok := o.(fyne.Tappable)
			if !ok || !ctl.Enabled || ctl.Kind == "hold" {
				continue
			}
			tappable.Tapped(&fyne.PointEvent{})
			if !w.layer.IsOpen() {
				continue
			}
			opened++
			view := w.view
			prove(t, w, d, fmt.Sprintf("%s with what %s opens", s.Name, ctl.Name))
			before := d.stops
			w.stop.MouseDown(&desktop.MouseEvent{})
			if d.stops != before+1 {
				t.Errorf("%s: STOP does not act with what %s opens", s.Name, ctl.Name)
			}
			w.view = view
			w.layer.Close()
			w.ShowPage(s.Page)
		}
	}
	if opened < 12 {
		t.Errorf("only %d things were opened", opened)
	}
}

// TestLayerLeavesStopAndStripFree proves that nothing that opens can cover
// them.
func TestLayerLeavesStopAndStripFree(t *testing.T) {
	test.NewApp()
	for _, s := range sample.New(library(t)).Scenes() {
		w, _ := open(s, Prefs{Mode: theme.Light, Scale: theme.Scale150})
		if !w.layer.IsOpen() {
			continue
		}
		stop, strip := box(w.stop), box(w.strip)
		layer := w.layer.Object().(*fyne.Container)
		for _, o := range layer.Objects {
			b := box(o).move(layer.Position())
			if b.overlaps(stop) || b.overlaps(strip) {
				t.Errorf("%s: %T at %v covers STOP or the strip", s.Name, o, b)
			}
		}
	}
}

type rect struct{ x0, y0, x1, y1 float32 }

func box(o fyne.CanvasObject) rect {
	p, s := o.Position(), o.Size()
	return rect{p.X, p.Y, p.X + s.Width, p.Y + s.Height}
}

func (r rect) move(p fyne.Position) rect { return rect{r.x0 + p.X, r.y0 + p.Y, r.x1 + p.X, r.y1 + p.Y} }

func (r rect) overlaps(o rect) bool {
	return r.x0 < o.x1 && o.x0 < r.x1 && r.y0 < o.y1 && o.y0 < r.y1
}

// Escape stops a pen that is armed already and not drawn as such yet, by the
// desk's word or the pen's, and one that is drawn as armed and is not any more.
func TestStopBeforeTheWindowHasDrawnIt(t *testing.T) {
	ready := console.View{Pen: console.PenView{Phase: console.Ready}}
	for name, c := range map[string]struct {
		drawn, now console.View
		live       console.LiveView
		stops      bool
	}{
		"standby":                    {},
		"ready, and not drawn":       {now: ready, stops: true},
		"arming, and not drawn":      {now: console.View{Arm: console.ArmView{State: console.Arming}}, stops: true},
		"armed by the pen's word":    {live: console.LiveView{Valid: true, Armed: true}, stops: true},
		"drawn as ready, in standby": {drawn: ready, stops: true},
	} {
		w, d := use(t, "treat-standby")
		d.take()
		w.view, d.view, d.live = &c.drawn, &c.now, &c.live
		w.keys.KeyDown(&fyne.KeyEvent{Name: fyne.KeyEscape})
		var want []string
		if c.stops {
			want = []string{"stop"}
		}
		if got := d.take(); !slices.Equal(got, want) {
			t.Errorf("%s: the desk was asked %v, want %v", name, got, want)
		}
	}
}
