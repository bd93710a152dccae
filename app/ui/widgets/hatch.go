package widgets

import (
	"image"
	"image/color"
	"math"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"stipple/app/ui/theme"
)

// hatch is a rounded ground with diagonal stripes: whatever is simulated,
// replayed or a demo wears it.
type hatch struct {
	*canvas.Raster
	ground, stripe, line color.NRGBA
	radius, pitch, edge  float32
	img                  *image.RGBA
	painted              [3]color.NRGBA
}

func newHatch(radius, pitch, edge float32) *hatch {
	h := &hatch{radius: radius, pitch: pitch, edge: edge}
	h.Raster = canvas.NewRaster(h.generate)
	return h
}

func (h *hatch) colors(ground, stripe, line color.NRGBA) {
	h.ground, h.stripe, h.line = ground, stripe, line
}

// generate draws into a picture that is kept for the next time.
func (h *hatch) generate(w, ht int) image.Image {
	now := [3]color.NRGBA{h.ground, h.stripe, h.line}
	if h.img != nil && h.img.Rect.Dx() == w && h.img.Rect.Dy() == ht && h.painted == now {
		return h.img
	}
	h.img, h.painted = image.NewRGBA(image.Rect(0, 0, w, ht)), now
	scale := float32(1)
	if s := h.Size().Width; s > 0 {
		scale = float32(w) / s
	}
	radius, pitch, edge := h.radius*scale, h.pitch*scale, h.edge*scale
	for y := range ht {
		for x := range w {
			h.img.SetRGBA(x, y, h.pixel(float32(x)+0.5, float32(y)+0.5, float32(w), float32(ht), radius, pitch, edge))
		}
	}
	return h.img
}

// pixel is the colour of a point, smoothed over one pixel at each border.
func (h *hatch) pixel(x, y, w, ht, radius, pitch, edge float32) color.RGBA {
	inside := -roundedDistance(x, y, w, ht, radius) + 0.5
	if inside <= 0 {
		return color.RGBA{}
	}
	period := 2 * pitch
	d := float32(math.Mod(float64(x+y), float64(period*math.Sqrt2)))/math.Sqrt2 - pitch
	if d > pitch/2 {
		d = pitch - d
	}
	if d < -pitch/2 {
		d = -pitch - d
	}
	c := mix(h.ground, h.stripe, clamp01(d+0.5))
	if edge > 0 {
		c = mix(h.line, c, clamp01(inside-edge))
	}
	cover := clamp01(inside)
	return color.RGBA{
		R: uint8(float32(c.R)*cover + 0.5), G: uint8(float32(c.G)*cover + 0.5),
		B: uint8(float32(c.B)*cover + 0.5), A: uint8(255*cover + 0.5),
	}
}

// roundedDistance is the signed distance of a point to the border of a
// rounded rectangle from (0,0) to (w,h); negative is inside.
func roundedDistance(x, y, w, h, radius float32) float32 {
	qx := float32(math.Abs(float64(x-w/2))) - (w/2 - radius)
	qy := float32(math.Abs(float64(y-h/2))) - (h/2 - radius)
	out := math.Hypot(float64(max(qx, 0)), float64(max(qy, 0)))
	return float32(out) + min(max(qx, qy), 0) - radius
}

func mix(a, b color.NRGBA, t float32) color.NRGBA {
	f := func(x, y uint8) uint8 { return uint8(float32(x) + (float32(y)-float32(x))*t + 0.5) }
	return color.NRGBA{R: f(a.R, b.R), G: f(a.G, b.G), B: f(a.B, b.B), A: 0xFF}
}

func clamp01(v float32) float32 { return min(max(v, 0), 1) }

// SimulatedBadge is the permanent word in the strip on hatched ground.
type SimulatedBadge struct {
	base
	word string
}

// NewSimulatedBadge returns a badge with a word such as "SIMULATED".
func NewSimulatedBadge(word string) *SimulatedBadge {
	b := &SimulatedBadge{word: word}
	b.ExtendBaseWidget(b)
	return b
}

// Set shows another word; an empty one hides the badge.
func (b *SimulatedBadge) Set(word string) {
	if b.word == word {
		return
	}
	b.word = word
	b.Hidden = word == ""
	b.Refresh()
}

// CreateRenderer implements fyne.Widget.
func (b *SimulatedBadge) CreateRenderer() fyne.WidgetRenderer {
	h, word := newHatch(4, 7, 0), canvas.NewText("", color.White)
	word.Alignment = fyne.TextAlignCenter
	return newDrawn(&drawn{
		owner:   b,
		objects: []fyne.CanvasObject{h.Raster, word},
		min: func() fyne.Size {
			s := fyne.MeasureText(b.word, size(b, theme.SizeLabel), fyne.TextStyle{Bold: true})
			return fyne.NewSize(s.Width+24, max(28, s.Height+4))
		},
		layout: func(s fyne.Size) {
			place(h, 0, 0, s.Width, s.Height)
			place(word, 0, 0, s.Width, s.Height)
		},
		paint: func() {
			h.colors(nrgba(b, theme.Simulated), nrgba(b, theme.SimulatedStripe), nrgba(b, theme.Simulated))
			word.Text, word.Color = b.word, ink(b, theme.OnSimulated)
			word.TextSize, word.TextStyle = size(b, theme.SizeLabel), fyne.TextStyle{Bold: true}
		},
	})
}

// HatchedPanel puts a content on the hatched ground of what is simulated.
type HatchedPanel struct {
	base
	content fyne.CanvasObject
}

// NewHatchedPanel returns a panel around a content, with 18 px on each side.
func NewHatchedPanel(content fyne.CanvasObject) *HatchedPanel {
	p := &HatchedPanel{content: content}
	p.ExtendBaseWidget(p)
	return p
}

// CreateRenderer implements fyne.Widget.
func (p *HatchedPanel) CreateRenderer() fyne.WidgetRenderer {
	const pad = 18
	h := newHatch(theme.CardRadius, 14, 2)
	return newDrawn(&drawn{
		owner:   p,
		objects: []fyne.CanvasObject{h.Raster, p.content},
		min:     func() fyne.Size { return p.content.MinSize().AddWidthHeight(2*pad, 2*pad) },
		layout: func(s fyne.Size) {
			place(h, 0, 0, s.Width, s.Height)
			place(p.content, pad, pad, s.Width-2*pad, s.Height-2*pad)
		},
		paint: func() {
			h.colors(nrgba(p, theme.Drawer), nrgba(p, theme.DrawerStripe), nrgba(p, theme.DrawerLine))
		},
	})
}
