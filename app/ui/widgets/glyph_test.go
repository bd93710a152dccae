package widgets

import (
	"image/color"
	"math"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/driver/software"
	"fyne.io/fyne/v2/test"
)

// icons are all drawings of the house set.
func icons() []Icon {
	return []Icon{
		IconTreat, IconPatients, IconCalibrate, IconService, IconClinic, IconLock, IconSearch, IconClose, IconCheck, IconDown, IconUp,
		IconRight, IconMinus, IconPlus, IconWarning, IconInfo, IconOutcome, MarkDot, MarkTriangle, MarkSquare, MarkClock,
		shapeStandby, shapeReady, shapeTreating, shapeFault, shapeEStop, shapeService, shapeDisconnected, shapeMonitor,
		shapeUncertain, shapeOctagon, shapeUp,
	}
}

// cover is how much of its square a drawing covers, of 0 to 1.
func cover(show func(*glyph), side, scale float32) float64 {
	g, ground := newGlyph(), canvas.NewRectangle(color.Black)
	show(g)
	c := software.NewCanvas()
	c.SetPadded(false)
	c.SetScale(scale)
	c.SetContent(container.NewStack(ground, g.Image))
	c.Resize(fyne.NewSquareSize(side))
	img := c.Capture()
	sum := 0.0
	for y := img.Bounds().Min.Y; y < img.Bounds().Max.Y; y++ {
		for x := img.Bounds().Min.X; x < img.Bounds().Max.X; x++ {
			r, _, _, _ := img.At(x, y).RGBA()
			sum += float64(r) / 0xFFFF
		}
	}
	return sum / float64(img.Bounds().Dx()*img.Bounds().Dy())
}

// An icon is as bold at every size and on every screen: its lines grow with it.
func TestIconsAreAsBoldAtEverySize(t *testing.T) {
	test.NewTempApp(t)
	for _, i := range icons() {
		if body := drawing(i); body == "" || strings.Contains(body, "stroke") {
			t.Errorf("%s is drawn with lines of the toolkit, or not at all: %s", i, body)
		}
		at := func(side, scale float32) float64 {
			return cover(func(g *glyph) { g.set(i, color.White) }, side, scale)
		}
		want := at(96, 1)
		if want < 0.05 {
			t.Errorf("%s covers %.2f", i, want)
		}
		for _, side := range []float32{12, 18, 24, 36, 48} {
			for _, scale := range []float32{1, 2} {
				if got := at(side, scale); math.Abs(got-want) > 0.2*want {
					t.Errorf("%s of %v at scale %v covers %.3f, want %.3f", i, side, scale, got, want)
				}
			}
		}
	}
}

// A line covers its length times its width; a corner is round and no hole, and a
// ring is hollow.
func TestLinesCoverWhatTheyShould(t *testing.T) {
	test.NewTempApp(t)
	for name, c := range map[string]struct {
		body string
		want float64 // of 24 times 24
	}{
		"line":   {outline(2, "M4 12 L20 12"), 2*16 + math.Pi},
		"corner": {outline(2, "M4 4 L20 4 L20 20"), 2*32 + math.Pi - 1 + math.Pi/4},
		"ring":   {outline(2, ring(12, 12, 8)), 2 * 16 * math.Pi},
		"frame":  {outline(2, frame(4, 4, 16, 16, 0)), 18*18 - 14*14 - 4*(1-math.Pi/4)},
		"dashes": {dashed(2, 3, 1, "M4 12 L20 12"), 2 * 12},
		"solid":  {solid("M4 4 L20 4 L20 20 L4 20 Z"), 16 * 16},
	} {
		drawing := `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="24" height="24">` + c.body + `</svg>`
		got := cover(func(g *glyph) { g.svg(name, color.White, func() string { return drawing }) }, 192, 1) * 24 * 24
		if math.Abs(got-c.want) > 0.02*c.want {
			t.Errorf("%s covers %.1f, want %.1f", name, got, c.want)
		}
	}
}

// What is shown already is not drawn again.
func TestAnIconIsDrawnOnce(t *testing.T) {
	test.NewTempApp(t)
	g, drawn := newGlyph(), 0
	for range 3 {
		g.svg("x", color.White, func() string {
			drawn++
			return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24">` + solid("M4 4 L20 4 L20 20 Z") + `</svg>`
		})
	}
	if drawn != 1 {
		t.Errorf("it was drawn %d times", drawn)
	}
}
