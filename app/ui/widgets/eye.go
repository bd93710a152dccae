package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/driver/desktop"

	"stipple/app/ui/keys"
	"stipple/app/ui/theme"
)

// eyeKey does by keyboard what the eye does by pointer; it stands under the eye.
const eyeKey = fyne.KeyF2

// eye shows or hides what is typed beside it. It never has the focus: as a Tab stop it
// would stand behind each passphrase, and Space of the next one, typed on without
// looking, would show the first.
type eye struct {
	base
	router *keys.Router
	icon   Icon
	off    bool
	hover  bool
	onTap  func()
}

func newEye(r *keys.Router, onTap func()) *eye {
	e := &eye{router: r, icon: IconEye, onTap: onTap}
	e.ExtendBaseWidget(e)
	return e
}

// set shows the open eye, or one that hides again.
func (e *eye) set(revealed, off bool) {
	e.icon, e.off = IconEye, off
	if revealed {
		e.icon = IconEyeOff
	}
	e.Refresh()
}

// PartName is the eye's name in a trace.
func (e *eye) PartName() string { return "eye" }

// Disabled says for a trace that it can't be used.
func (e *eye) Disabled() bool { return e.off }

// Tapped shows or hides.
func (e *eye) Tapped(*fyne.PointEvent) {
	if !e.off {
		e.onTap()
	}
}

// MouseDown tells that a person is here.
func (e *eye) MouseDown(*desktop.MouseEvent) { e.router.Here() }

// MouseUp implements desktop.Mouseable.
func (e *eye) MouseUp(*desktop.MouseEvent) {}

// MouseIn implements desktop.Hoverable.
func (e *eye) MouseIn(*desktop.MouseEvent) { e.hovered(true) }

// MouseMoved implements desktop.Hoverable.
func (e *eye) MouseMoved(*desktop.MouseEvent) {}

// MouseOut implements desktop.Hoverable.
func (e *eye) MouseOut() { e.hovered(false) }

func (e *eye) hovered(v bool) {
	e.hover = v
	e.Refresh()
}

// CreateRenderer implements fyne.Widget.
func (e *eye) CreateRenderer() fyne.WidgetRenderer {
	ground, mark, key := newPlate(), newGlyph(), canvas.NewText(string(eyeKey), color.Black)
	key.Alignment = fyne.TextAlignCenter
	tall := func() float32 { return textHeight(e, theme.SizeLabel) }
	return newDrawn(&drawn{
		owner:   e,
		objects: ground.under(mark.Image, key),
		min:     func() fyne.Size { return fyne.NewSize(theme.Touch, max(theme.Touch, bareIcon+tall())) },
		layout: func(s fyne.Size) {
			ground.place(0, 0, s.Width, s.Height)
			top := (s.Height - bareIcon - tall()) / 2
			place(mark, (s.Width-bareIcon)/2, top, bareIcon, bareIcon)
			place(key, 0, top+bareIcon, s.Width, tall())
		},
		paint: func() {
			line, shade := float32(0), theme.TextSecondary
			if e.hover && !e.off {
				line = 1
			}
			if e.off {
				shade = theme.TextDisabled
			}
			ground.paint(color.Transparent, ink(e, theme.Line), line, theme.ControlRadius)
			mark.set(e.icon, ink(e, shade))
			key.Color, key.TextSize = ink(e, shade), size(e, theme.SizeLabel)
		},
	})
}
