package pages

import (
	"fyne.io/fyne/v2"

	"stipple/app/ui/theme"
)

// Measures of the Treat page (the pictures of ui.md).
const (
	patientWide  float32 = 322
	presetWide   float32 = 372
	saveAsWide   float32 = 116
	applyWide    float32 = 124
	cardsMost    float32 = 284 // taller cards only put air between things
	emptyMost    float32 = 300
	statusLeast  float32 = 44 // below this nothing of the row can be used
	drawerInside float32 = 330 - 1
)

// layout places everything from the top down and the arm bar from the bottom
// up; the row of checks gets what is left between them.
func (p *Treat) layout(s fyne.Size) {
	x, wide := pageSide, s.Width-2*pageSide
	y := p.layoutHead(x, pageTop, wide)
	low := wide
	if p.drawer {
		low = wide - drawerInside - columnGap + pageSide
	}
	arm, gap := height(p.hold), rowGap
	if p.headHeight() > headRoomy {
		// Large text: the other rows need the height.
		arm, gap = theme.TouchFar+4, rowGap-4
	}
	bottom := s.Height - pageBottom - arm
	place(p.hold, x, bottom, low, arm)
	place(p.halt.object, x, bottom, low, arm)
	y = p.layoutCards(x, y, wide, bottom, p.status.need(low))
	if p.dose.object.Visible() {
		h := p.dose.tall()
		place(p.dose.object, x, y, low, h)
		y += h + gap
	}
	rest := bottom - gap - y
	p.status.setRoom(rest >= statusLeast)
	place(p.status.object, x, y, low, max(rest, 0))
}

// headHeight is the height of the two rows above the cards.
func (p *Treat) headHeight() float32 {
	return max(height(p.patient), height(p.indication)) + height(p.preset)
}

// headRoomy is the height of the head at text scales up to 125 %.
const headRoomy float32 = 112

// layoutHead places patient, pickers and Apply, and returns where it ends.
func (p *Treat) layoutHead(x, y, wide float32) float32 {
	row, picker := height(p.patient), height(p.indication)
	row = max(row, picker)
	place(p.patient, x, y, patientWide, row)
	rest := wide - patientWide - columnGap
	half := (rest - columnGap) / 2
	place(p.indication, x+wide-rest, y+(row-picker)/2, half, picker)
	place(p.zone, x+wide-half, y+(row-picker)/2, half, picker)
	y += row + rowGap + 2

	place(p.preset, x, y, presetWide, picker)
	right := x + wide - applyWide
	place(p.apply, right, y, applyWide, picker)
	right -= columnGap + saveAsWide
	place(p.saveAs, right, y, saveAsWide, picker)
	place(p.applyLine, x+presetWide+columnGap, y, right-x-presetWide-2*columnGap, picker)
	return y + picker + rowGap + 2
}

// layoutCards places the control cards side by side, or the card that says
// why there are none, and returns where they end.
func (p *Treat) layoutCards(x, y, wide, bottom, status float32) float32 {
	least := theme.TouchFar
	for _, par := range p.order {
		least = max(least, height(p.cards[par]))
	}
	below := rowGap
	if p.dose.object.Visible() {
		below += p.dose.tall() + rowGap
	}
	room := bottom - y - below
	tall := min(max(room-status-rowGap, least), max(cardsMost, least))
	if n := float32(len(p.order)); n > 0 {
		each := (wide - (n-1)*columnGap) / n
		for i, par := range p.order {
			place(p.cards[par], x+float32(i)*(each+columnGap), y, each, tall)
		}
	}
	if p.empty.object.Visible() {
		tall = min(max(room-statusLeast-rowGap, least), emptyMost)
		place(p.empty.object, x, y, wide, tall)
	}
	return y + tall + rowGap + 2
}
