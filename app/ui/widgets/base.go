package widgets

import (
	"image/color"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"
	"fyne.io/fyne/v2/widget"

	"stipple/app/ui/keys"
)

// Clock is time for what moves while it is held: a stepper that repeats, a
// hold that fills up. Both functions are required.
type Clock struct {
	Now func() time.Time
	// Every calls f on the window's thread each period until stop is called.
	// It may leave out calls when the window is busy.
	Every func(period time.Duration, f func()) (stop func())
}

// drawn is the renderer of the house widgets: objects in drawing order, and
// functions that measure, place and colour them.
type drawn struct {
	owner   fyne.Widget
	objects []fyne.CanvasObject
	min     func() fyne.Size
	layout  func(fyne.Size)
	paint   func() // takes texts and colours from the widget's state; may be nil
}

// base is what every house widget begins with.
type base struct {
	widget.BaseWidget
	objects []fyne.CanvasObject
}

// Children are the objects that the widget is drawn from, in drawing order;
// nil before it was drawn. A trace of the window walks them, since the toolkit
// shows a widget's renderer to nobody.
func (b *base) Children() []fyne.CanvasObject { return b.objects }

func (b *base) keep(objects []fyne.CanvasObject) { b.objects = objects }

// newDrawn finishes a renderer and paints it once.
func newDrawn(d *drawn) *drawn {
	if k, ok := d.owner.(interface{ keep([]fyne.CanvasObject) }); ok {
		k.keep(d.objects)
	}
	if d.paint != nil {
		d.paint()
	}
	return d
}

func (d *drawn) MinSize() fyne.Size           { return d.min() }
func (d *drawn) Layout(s fyne.Size)           { d.layout(s) }
func (d *drawn) Objects() []fyne.CanvasObject { return d.objects }
func (d *drawn) Destroy()                     {}

// Refresh repaints and places again, since a text may have changed its width.
func (d *drawn) Refresh() {
	if d.paint != nil {
		d.paint()
	}
	d.layout(d.owner.Size())
	for _, o := range d.objects {
		if w, ok := o.(fyne.Widget); ok {
			w.Refresh()
		}
	}
	canvas.Refresh(d.owner)
}

// styled is what every house widget needs to ask for colours and sizes.
type styled interface{ Theme() fyne.Theme }

// ink is the colour of a name in the widget's theme.
func ink(w styled, name fyne.ThemeColorName) color.Color {
	return w.Theme().Color(name, fyne.CurrentApp().Settings().ThemeVariant())
}

// nrgba is ink in a form that can be computed with.
func nrgba(w styled, name fyne.ThemeColorName) color.NRGBA {
	return color.NRGBAModel.Convert(ink(w, name)).(color.NRGBA)
}

// size is a size of the widget's theme.
func size(w styled, name fyne.ThemeSizeName) float32 { return w.Theme().Size(name) }

// textHeight is the height of a line of text of a size.
func textHeight(w styled, name fyne.ThemeSizeName) float32 {
	return fyne.MeasureText("M", size(w, name), fyne.TextStyle{}).Height
}

// place moves and resizes an object.
func place(o fyne.CanvasObject, x, y, w, h float32) {
	o.Move(fyne.NewPos(x, y))
	o.Resize(fyne.NewSize(w, h))
}

// focusable is the part of a house widget that can have the keyboard's focus.
// It draws nothing; the widget draws its ring where focused is true.
type focusable struct {
	base
	router  *keys.Router
	focused bool
	leaving bool // Tab was pressed on it
	// onKey is offered each typed key that no stop or command used.
	onKey func(fyne.KeyName)
	// onBlur is called when the focus leaves.
	onBlur func()
}

// here tells that a pointer was pressed on the widget, disabled or not: a person
// is here.
func (f *focusable) here() { f.router.Here() }

// KeyDown passes the press to the router.
func (f *focusable) KeyDown(ev *fyne.KeyEvent) {
	f.leaving = f.focused && ev.Name == fyne.KeyTab
	f.router.KeyDown(ev)
}

// KeyUp passes the release to the router.
func (f *focusable) KeyUp(ev *fyne.KeyEvent) {
	f.leaving = false
	f.router.KeyUp(ev)
}

// skipped says whether the toolkit passes a disabled control over. Not while it
// looks for where Tab goes from this very control: one that was disabled by its
// own act, as Apply is, would not be found, and Tab would begin at the window's
// first control again.
func (f *focusable) skipped(disabled bool) bool { return disabled && !f.leaving }

// TypedKey acts on a key unless its press was a stop or a command.
func (f *focusable) TypedKey(ev *fyne.KeyEvent) {
	if f.onKey != nil && !f.router.Used(ev.Name) {
		f.onKey(ev.Name)
	}
}

// TypedRune does nothing; widgets that take text have their own.
func (f *focusable) TypedRune(rune) {}

// FocusGained shows the ring.
func (f *focusable) FocusGained() {
	f.focused = true
	f.Refresh()
}

// FocusLost hides the ring.
func (f *focusable) FocusLost() {
	f.focused, f.leaving = false, false
	if f.onBlur != nil {
		f.onBlur()
	}
	f.Refresh()
}

// takeFocus moves the keyboard's focus to a widget that was pressed.
func takeFocus(o fyne.CanvasObject) {
	f, ok := o.(fyne.Focusable)
	if !ok {
		return
	}
	if c := fyne.CurrentApp().Driver().CanvasForObject(o); c != nil {
		c.Focus(f)
	}
}

// pressable adds pointer state to a focusable widget.
type pressable struct {
	focusable
	hovered bool
	pressed bool
}

// MouseIn notes the pointer.
func (p *pressable) MouseIn(*desktop.MouseEvent) {
	p.hovered = true
	p.Refresh()
}

// MouseMoved does nothing.
func (p *pressable) MouseMoved(*desktop.MouseEvent) {}

// MouseOut ends hovering and pressing.
func (p *pressable) MouseOut() {
	p.hovered, p.pressed = false, false
	p.Refresh()
}

// ground is the fill of a control for its pointer state.
func (p *pressable) ground(rest, pressed fyne.ThemeColorName) fyne.ThemeColorName {
	if p.pressed {
		return pressed
	}
	return rest
}

// isEnter reports whether a key is one of the two Enter keys.
func isEnter(k fyne.KeyName) bool { return k == fyne.KeyReturn || k == fyne.KeyEnter }
