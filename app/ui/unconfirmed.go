package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"stipple/app/console"
	"stipple/app/ui/keys"
	"stipple/app/ui/overlay"
	"stipple/app/ui/theme"
	"stipple/app/ui/widgets"
	"stipple/app/ui/words"
)

// unconfirmed fills the window when the pen has not confirmed a stop: what the
// person must do now, in letters that are read across a room. It leaves strip,
// alarms and STOP free, and lets no pointer through to what lies under it.
type unconfirmed struct {
	object *fyne.Container
	keep   *widgets.Line
	words  *words.Words
}

func newUnconfirmed(t *words.Words, k *keys.Router) *unconfirmed {
	title := widgets.NewLineAligned(fyne.TextAlignCenter,
		widgets.Title(t.T("unconfirmed.title")).In(theme.OnHigh).Sized(theme.SizeSetValue))
	act := widgets.NewLineAligned(fyne.TextAlignCenter,
		widgets.Title(t.T("unconfirmed.do")).In(theme.OnHigh).Sized(theme.SizeSetValue))
	u := &unconfirmed{keep: widgets.NewLineAligned(fyne.TextAlignCenter), words: t}
	u.object = container.NewStack(overlay.NewBlind(k), widgets.NewGround(theme.HighPressed), container.New(centred{gap: 16}, title, act, u.keep))
	u.object.Hide()
	return u
}

// show draws a view and says whether it has come just now.
func (u *unconfirmed) show(v *console.View) bool {
	came := v.Stop.Unconfirmed && !u.object.Visible()
	next := u.words.T("unconfirmed.keep")
	if v.Stop.OutOfReach {
		next = u.words.T("unconfirmed.away")
	}
	u.keep.Set(widgets.Title(next).In(theme.OnHigh))
	setVisible(u.object, v.Stop.Unconfirmed)
	return came
}

// centred stacks lines in the middle of the height.
type centred struct{ gap float32 }

func (c centred) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(100, 100) }

func (c centred) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	tall := -c.gap
	for _, o := range objects {
		tall += o.MinSize().Height + c.gap
	}
	y := (s.Height - tall) / 2
	for _, o := range objects {
		h := o.MinSize().Height
		o.Move(fyne.NewPos(0, y))
		o.Resize(fyne.NewSize(s.Width, h))
		y += h + c.gap
	}
}
