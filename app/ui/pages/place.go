package pages

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
)

// The measures of a page in device-independent pixels (ui.md: steps of 4).
const (
	pageSide   float32 = 18 // left and right of the content
	pageTop    float32 = 8
	pageBottom float32 = 10
	rowGap     float32 = 8
	columnGap  float32 = 12
	cardPad    float32 = 14
	lineGap    float32 = 2
)

// arranger is a layout that one function carries out. The least size is fixed,
// since a page is placed, not packed: what does not fit is for a test to find.
type arranger struct {
	least fyne.Size
	put   func(fyne.Size)
}

func (a arranger) MinSize([]fyne.CanvasObject) fyne.Size     { return a.least }
func (a arranger) Layout(_ []fyne.CanvasObject, s fyne.Size) { a.put(s) }

// arrange is a container whose objects one function places.
func arrange(least fyne.Size, put func(fyne.Size), objects ...fyne.CanvasObject) *fyne.Container {
	return container.New(arranger{least: least, put: put}, objects...)
}

// place moves and resizes an object.
func place(o fyne.CanvasObject, x, y, w, h float32) {
	o.Move(fyne.NewPos(x, y))
	o.Resize(fyne.NewSize(max(w, 0), max(h, 0)))
}

// show shows or hides an object and says whether that changed anything.
func show(o fyne.CanvasObject, visible bool) bool {
	if o.Visible() == visible {
		return false
	}
	if visible {
		o.Show()
	} else {
		o.Hide()
	}
	return true
}

// height is the least height of an object.
func height(o fyne.CanvasObject) float32 { return o.MinSize().Height }
