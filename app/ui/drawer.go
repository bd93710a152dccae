package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"stipple/app/console"
	"stipple/app/ui/theme"
	"stipple/app/ui/widgets"
)

// drawer is the handpiece of the simulated pen: what a hand would do on a real
// one. It talks to the handpiece's own channel, never to the link.
type drawer struct {
	w       *Window
	open    bool
	trigger *widgets.HoldPad
	contact *widgets.Button
	change  *widgets.Button
	remove  *widgets.Button
	faults  *widgets.Button
	close   *widgets.Button
	title   *widgets.Line
	problem *widgets.Line
	onSkin  bool
	tipOff  bool
	failed  error           // why the last act went wrong
	blind   error           // why it can't be seen what the hand does
	raised  map[string]bool // faults that are on
	object  *fyne.Container
	watch   handWatch
	acts    handActs
}

func newDrawer(w *Window) *drawer {
	d := &drawer{w: w, open: true, raised: map[string]bool{}}
	t := w.words
	d.title = widgets.NewLine(widgets.Strong(t.T("hand.title")).In(theme.OnDrawer))
	d.problem = widgets.NewLine(widgets.Small(t.T("hand.hint")).In(theme.OnDrawer))
	d.trigger = widgets.NewHoldPad(w.keys, t.T("hand.trigger"), d.pull)
	w.names.Set(d.trigger, "hold", "hand.trigger")
	button := func(name, key string, act func()) *widgets.Button {
		b := widgets.NewButton(w.keys, widgets.OnDrawer, t.T(key), act)
		w.names.Set(b, "button", "hand."+name)
		return b
	}
	d.contact = button("contact", "hand.contact", d.touch)
	d.change = button("change_tip", "hand.change", func() { d.do(console.Handpiece.ChangeTip) })
	d.remove = button("remove_tip", "hand.remove", func() { d.do(console.Handpiece.RemoveTip) })
	d.faults = button("faults", "hand.faults", d.pickFault)
	d.close = widgets.NewIconButton(w.keys, widgets.OnDrawer, widgets.IconDown, "", func() { d.setOpen(false) })
	w.names.Set(d.close, "button", "hand.close")
	inner := container.New(drawerLayout{d}, d.title, d.close, d.trigger, d.contact, d.change, d.remove, d.faults, d.problem)
	d.object = container.NewStack(widgets.NewHatchedPanel(inner))
	return d
}

// tall is the height of the drawer. Large text makes the cards of the page
// taller; the drawer then does without its title, which the button that opens
// it bears too, and without its hint, so that it covers none of their steppers.
func (d *drawer) tall() float32 {
	if d.title.Visible() {
		return drawerTall
	}
	tall := drawerTallLeast
	if d.problem.Visible() {
		tall += d.problem.MinSize().Height
	}
	return tall
}

// fit chooses what the drawer shows at the text scale.
func (d *drawer) fit() {
	large := d.w.prefs.Scale == theme.Scale150
	setVisible(d.title, !large)
	setVisible(d.problem, !large || d.trouble() != nil)
}

// drawerLayout: title and close, the trigger, two rows of two, a line. Without
// a title the trigger and close share a row.
type drawerLayout struct{ d *drawer }

func (drawerLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(200, 200) }

func (l drawerLayout) Layout(_ []fyne.CanvasObject, s fyne.Size) {
	d := l.d
	put := func(o fyne.CanvasObject, x, y, w, h float32) {
		o.Move(fyne.NewPos(x, y))
		o.Resize(fyne.NewSize(w, h))
	}
	const gap, head, row = 8, 30, 44
	put(d.title, 0, 0, s.Width-row-gap, head)
	put(d.close, s.Width-row, -8, row, head+8)
	hint := float32(0)
	if d.problem.Visible() {
		hint = d.problem.MinSize().Height
	}
	bottom := s.Height - hint
	put(d.problem, 0, bottom, s.Width, hint)
	half := (s.Width - gap) / 2
	second := bottom - row - 2
	first := second - row - gap
	put(d.change, 0, second, half, row)
	put(d.remove, half+gap, second, half, row)
	put(d.contact, 0, first, half, row)
	put(d.faults, half+gap, first, half, row)
	top, wide := float32(head+4), s.Width
	if !d.title.Visible() {
		top, wide = -8, s.Width-row-gap
		put(d.close, s.Width-row, top, row, first-gap-top)
	}
	put(d.trigger, 0, top, wide, first-gap-top)
}

func (d *drawer) show(v *console.View) {
	if !v.Pen.HasHandpiece {
		d.onSkin, d.tipOff, d.blind = false, false, nil
		d.trigger.SetHeld(d.trigger.Down())
		clear(d.raised)
	}
	d.showHand()
}

// showHand shows what the hand does.
func (d *drawer) showHand() {
	t := d.w.words
	trigger, contact, change := "hand.trigger", "hand.contact", "hand.change"
	if d.trigger.Held() {
		trigger = "hand.trigger.down"
	}
	if d.onSkin {
		contact = "hand.contact.on"
	}
	if d.tipOff {
		change = "hand.change.none"
	}
	d.trigger.SetText(t.T(trigger))
	d.contact.SetText(t.T(contact))
	d.change.SetText(t.T(change))
	d.remove.SetDisabled(d.tipOff, "")
}

// setOpen opens or closes the drawer. Closing it lets go of the trigger.
func (d *drawer) setOpen(open bool) {
	d.release()
	d.open = open
	d.w.arrange()
}

// release lets go of the trigger, wherever it is held.
func (d *drawer) release() {
	if d.trigger.Down() {
		d.trigger.Disable() // comes up, and can be pressed again
		d.trigger.Enable()
	}
}

func (d *drawer) pull(down bool) {
	d.do(func(h console.Handpiece) error { return h.Trigger(down) })
	d.showHand()
}

func (d *drawer) touch() {
	d.onSkin = !d.onSkin
	on := d.onSkin
	d.do(func(h console.Handpiece) error { return h.Contact(on) })
	d.showHand()
}

// do has an act carried out on the handpiece, and shows what went wrong. It does not
// wait for it.
func (d *drawer) do(act func(console.Handpiece) error) {
	h := d.w.cfg.Desk.Handpiece()
	if h == nil {
		return
	}
	d.watch.acts.Add(1) // what is seen until it is done may be of before
	d.acts.do(func() {
		err := act(h)
		d.w.cfg.Dispatch(func() {
			d.watch.acts.Add(1)
			d.failed = err
			d.showTrouble()
		})
	})
}

// trouble is what is wrong with the handpiece, the act before the look.
func (d *drawer) trouble() error {
	if d.failed != nil {
		return d.failed
	}
	return d.blind
}

// showTrouble says what is wrong, or gives a hint.
func (d *drawer) showTrouble() {
	t, err := d.w.words, d.trouble()
	run := widgets.Small(t.T("hand.hint")).In(theme.OnDrawer)
	if err != nil {
		run = widgets.Small(t.Error(err).What).In(theme.OnDrawer).Marked(widgets.MarkTriangle)
	}
	d.problem.Set(run)
	if large := d.w.prefs.Scale == theme.Scale150; d.problem.Visible() != (!large || err != nil) {
		d.w.arrange()
	}
}

// foot is the lower end of the navigation: looks and help.
type foot struct{ object *fyne.Container }

func newFoot(w *Window) *foot {
	f := &foot{}
	t := w.words
	view := widgets.NewButton(w.keys, widgets.Ghost, t.T("nav.view"), w.pickLooks)
	help := widgets.NewButton(w.keys, widgets.Ghost, t.T("nav.help"), func() { w.env.ShowHelp(w.helpOf()) })
	w.names.Set(view, "button", "nav.view")
	w.names.Set(help, "button", "nav.help")
	f.object = container.New(footLayout{}, view, help)
	return f
}

type footLayout struct{}

func (footLayout) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(theme.NavWidth, 100) }

func (footLayout) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	const gap, side = 6, 5
	y := s.Height
	for i := len(objects) - 1; i >= 0; i-- {
		y -= theme.Touch
		objects[i].Move(fyne.NewPos(side, y))
		objects[i].Resize(fyne.NewSize(s.Width-2*side, theme.Touch))
		y -= gap
	}
}
