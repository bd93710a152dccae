package widgets

import (
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"stipple/app/ui/keys"
	"stipple/app/ui/theme"
)

// The ring of the focus leaves both lines of a row button free, at every text size.
func TestRowButtonRingLeavesItsTextFree(t *testing.T) {
	for _, scale := range []theme.Scale{theme.Scale100, theme.Scale125, theme.Scale150} {
		test.NewTempApp(t).Settings().SetTheme(theme.New(theme.Dark, scale))
		b := NewRowButton(keys.New(keys.Config{Stop: func() {}}), func() {})
		b.Set([]Run{Title("Ruiz, Ana")}, []Run{Muted("1984-02-11 · F-1042 · type IV")})
		b.Resize(fyne.NewSize(322, b.MinSize().Height))
		test.WidgetRenderer(b).Layout(b.Size())
		b.FocusGained()
		const free = 2                           // between ring and text
		ring := fyne.NewSize(0, b.Size().Height) // top and bottom
		for _, o := range b.Children() {
			ring.Width = min(ring.Width, o.Position().Y)
			ring.Height = max(ring.Height, o.Position().Y+o.Size().Height)
		}
		if top := b.title.Position().Y; top < ring.Width+focusWidth+free {
			t.Errorf("at %d %%: the name begins at %v, the ring at %v", scale, top, ring.Width)
		}
		if low := b.sub.Position().Y + b.sub.Size().Height; low > ring.Height-focusWidth-free {
			t.Errorf("at %d %%: the second line ends at %v, the ring at %v", scale, low, ring.Height)
		}
	}
}
