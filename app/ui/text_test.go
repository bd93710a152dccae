package ui

import (
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/test"

	"stipple/app/ui/sample"
	"stipple/app/ui/theme"
	"stipple/app/ui/widgets"
)

// visibleText is a text with the part of the window that it may be seen in.
type visibleText struct {
	text      *canvas.Text
	at, limit rect
}

// texts lists all visible texts with their place in the window.
func texts(o fyne.CanvasObject, at fyne.Position, clip rect) []visibleText {
	if o == nil || !o.Visible() {
		return nil
	}
	own := rect{at.X, at.Y, at.X + o.Size().Width, at.Y + o.Size().Height}
	var children []fyne.CanvasObject
	switch c := o.(type) {
	case *canvas.Text:
		if c.Text == "" {
			return nil
		}
		return []visibleText{{text: c, at: own, limit: clip}}
	case *fyne.Container:
		children = c.Objects
	case *container.Scroll:
		return nil // what is scrolled may be longer than what is seen
	case fyne.Widget:
		children = test.WidgetRenderer(c).Objects()
		clip = own
	}
	var out []visibleText
	for _, c := range children {
		out = append(out, texts(c, at.Add(c.Position()), clip)...)
	}
	return out
}

// lost returns the lines of which a part found no room at all.
func lost(root fyne.CanvasObject) []string {
	squeeze := func(s string) string { return strings.Join(strings.Fields(s), "") }
	var out []string
	for _, o := range everything(root) {
		l, ok := o.(*widgets.Line)
		if !ok || l.Size().Width <= 0 {
			continue
		}
		shown := ""
		for _, c := range test.WidgetRenderer(l).Objects() {
			if t, ok := c.(*canvas.Text); ok && t.Visible() {
				shown += t.Text
			}
		}
		if squeeze(shown) != squeeze(l.Text()) && !strings.HasSuffix(shown, "…") {
			out = append(out, l.Text())
		}
	}
	return out
}

// mayBeCut says which texts may end in an ellipsis: the word itself has one,
// or it is of a length that only a person decides.
func mayBeCut(s string) bool {
	return s == "Save as…" || s == "Unlocking …"
}

// TestNothingIsCutOrOverflows looks at every text of every scene at the
// smallest window, at every text scale.
func TestNothingIsCutOrOverflows(t *testing.T) {
	test.NewApp()
	scenes := sample.New(library(t)).Scenes()
	for _, scale := range []theme.Scale{theme.Scale100, theme.Scale125, theme.Scale150} {
		for _, s := range scenes {
			w, c := open(s, Prefs{Mode: theme.Light, Scale: scale})
			everything(w.root)
			c.Resize(fyne.NewSize(PictureWidth, PictureHeight))
			for _, l := range lost(w.root) {
				t.Errorf("%s at %d %%: a part of %q is not shown", s.Name, scale, l)
			}
			window := rect{0, 0, PictureWidth, PictureHeight}
			for _, v := range texts(w.root, w.root.Position(), window) {
				if strings.TrimSpace(v.text.Text) == "" {
					continue
				}
				if strings.HasSuffix(v.text.Text, "…") && !mayBeCut(v.text.Text) {
					t.Errorf("%s at %d %%: %q is cut", s.Name, scale, v.text.Text)
				}
				const slack = 1.5 // rounding of glyph widths
				need := fyne.MeasureText(v.text.Text, v.text.TextSize, v.text.TextStyle)
				if need.Width > v.limit.x1-v.limit.x0+slack {
					t.Errorf("%s at %d %%: %q is %.0f wide in %.0f", s.Name, scale, v.text.Text, need.Width, v.limit.x1-v.limit.x0)
				}
				if v.at.y0 < -slack || v.at.y0+need.Height > PictureHeight+slack || v.at.x0 < -slack || v.at.x0 > PictureWidth {
					t.Errorf("%s at %d %%: %q stands outside the window: %v", s.Name, scale, v.text.Text, v.at)
				}
			}
		}
	}
}
