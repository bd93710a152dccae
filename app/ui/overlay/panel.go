package overlay

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"stipple/app/ui/keys"
	"stipple/app/ui/theme"
	"stipple/app/ui/widgets"
)

// panel is what is open: a card with a title, a body and a row of buttons.
type panel struct {
	object   *fyne.Container
	focus    fyne.Focusable
	anchor   fyne.CanvasObject
	light    bool // a tap beside it closes it
	onCancel func()
	onAside  func() // nil: as onCancel
	frame    *frame
}

// measure is the size that the panel would like in an area.
func (p *panel) measure(area fyne.Size) fyne.Size {
	w := min(p.frame.width, area.Width)
	return fyne.NewSize(w, min(p.frame.height(w), area.Height))
}

// pad is the padding of a panel, and gap the space between its parts.
const (
	pad float32 = 20
	gap float32 = 12
)

// frame lays a panel out: title and close at the top, buttons at the bottom,
// the body between.
type frame struct {
	width   float32
	title   *widgets.Line
	close   *widgets.Button
	body    fyne.CanvasObject
	bodyFor func(width float32) float32 // the height that the body would like
	answers []*widgets.Button
}

// newPanel builds a panel. A nil onClose leaves out the cross.
func newPanel(r *keys.Router, f *frame, title string, onClose func()) *panel {
	f.title = widgets.NewLine(widgets.Title(title))
	objects := []fyne.CanvasObject{f.title, f.body}
	for _, b := range f.answers {
		objects = append(objects, b)
	}
	if onClose != nil {
		f.close = widgets.NewIconButton(r, widgets.Ghost, widgets.IconClose, "", onClose)
		f.close.Name = "close"
		objects = append(objects, f.close)
	}
	ground := widgets.NewCard(container.NewWithoutLayout(), 0)
	return &panel{frame: f, object: container.NewStack(ground, NewBlind(nil), container.New(f, objects...))}
}

func (f *frame) head() float32 { return max(theme.Touch, f.title.MinSize().Height) }

// height is what the panel would like at a width.
func (f *frame) height(width float32) float32 {
	h := pad/2 + f.head() + gap + f.bodyFor(width-2*pad) + pad
	if len(f.answers) > 0 {
		h += 2*gap + theme.TouchFar
	}
	return h
}

// MinSize implements fyne.Layout.
func (f *frame) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(200, 120) }

// Layout implements fyne.Layout.
func (f *frame) Layout(_ []fyne.CanvasObject, s fyne.Size) {
	head, right := f.head(), s.Width-pad
	if f.close != nil {
		set(f.close, s.Width-pad/2-theme.Touch, pad/2, theme.Touch, theme.Touch)
		right = s.Width - pad/2 - theme.Touch - gap
	}
	set(f.title, pad, pad/2, max(right-pad, 0), head)
	top, bottom := pad/2+head+gap, s.Height-pad
	if len(f.answers) > 0 {
		bottom -= theme.TouchFar
		f.layoutAnswers(s.Width, bottom)
		bottom -= 2 * gap
	}
	set(f.body, pad, top, s.Width-2*pad, max(bottom-top, 0))
}

// layoutAnswers puts the buttons at the right, each as wide as its words ask.
func (f *frame) layoutAnswers(width, y float32) {
	x := width - pad
	for i := len(f.answers) - 1; i >= 0; i-- {
		b := f.answers[i]
		w := max(b.MinSize().Width+16, 110)
		x -= w
		set(b, x, y, w, theme.TouchFar)
		x -= gap
	}
}
