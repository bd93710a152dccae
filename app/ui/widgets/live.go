package widgets

import (
	"image"
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"stipple/app/chart"
	"stipple/app/ui/theme"
)

// How a live chart looks: a line of two pixels, a blank of ten ahead of the
// cursor, dashes of five and spaces of four (the pictures of ui.md).
const (
	traceWidth = 2
	blankWidth = 10
	dashOn     = 5
	dashOff    = 4
)

// LiveScale is the fixed scale of a live chart with its lines.
type LiveScale struct {
	Low, High int32
	Window    int64   // µs that are shown
	Limits    []int32 // dashed lines, in the colour of bounds
	Set       int32   // what is set, a dotted line
	HasSet    bool
	Trace     fyne.ThemeColorName
}

func (s LiveScale) same(o LiveScale) bool {
	if len(s.Limits) != len(o.Limits) {
		return false
	}
	for i := range s.Limits {
		if s.Limits[i] != o.Limits[i] {
			return false
		}
	}
	return s.Low == o.Low && s.High == o.High && s.Window == o.Window &&
		s.Set == o.Set && s.HasSet == o.HasSet && s.Trace == o.Trace
}

// LiveState is the text of a live panel.
type LiveState struct {
	Value   string // "1.48"; shown as "--" where the quality is NoValue
	Unit    string
	Right   string // "set 1.50", "80 – 900"
	Quality Quality
}

// LivePanel shows one live value over its chart.
type LivePanel struct {
	base
	label, right *Line
	value        *Line
	scale        LiveScale
	series       *chart.Series
	strip        *chart.Strip
	raster       *canvas.Raster
	img          *image.RGBA
	now          int64
	drawn        picture
}

// picture is all that a redraw of a chart can change.
type picture struct {
	size   fyne.Size
	newest chart.Sample
	count  int
	column int64 // of the cursor, counted on over all sweeps
}

// picture says what the chart shows at a time.
func (p *LivePanel) picture(now int64) picture {
	s := picture{size: p.raster.Size(), count: p.series.Len()}
	if last, ok := p.series.Last(); ok {
		s.newest, now = last, max(now, last.At)
	}
	if p.img == nil || p.scale.Window <= 0 {
		s.column = now
		return s
	}
	width := int64(p.img.Rect.Dx())
	s.column = now/p.scale.Window*width + now%p.scale.Window*width/p.scale.Window
	return s
}

// NewLivePanel returns a panel for a series, which somebody else fills.
func NewLivePanel(label string, series *chart.Series) *LivePanel {
	p := &LivePanel{
		label: NewLine(Small(label)), right: NewLineAligned(fyne.TextAlignTrailing), value: NewLine(),
		series: series, strip: chart.NewStrip(chart.Config{}),
	}
	p.raster = canvas.NewRaster(p.generate)
	p.raster.ScaleMode = canvas.ImageScalePixels
	p.ExtendBaseWidget(p)
	return p
}

// SetLabel names the value.
func (p *LivePanel) SetLabel(label string) { p.label.Set(Small(label)) }

// SetScale sets the scale and the lines of the chart.
func (p *LivePanel) SetScale(s LiveScale) {
	if p.scale.same(s) {
		return
	}
	s.Limits = append([]int32(nil), s.Limits...)
	p.scale = s
	p.configure()
	p.raster.Refresh()
}

// Set shows texts.
func (p *LivePanel) Set(s LiveState) {
	value := Title(s.Value)
	switch s.Quality {
	case NoValue:
		value = Title(noValue).In(theme.TextSecondary)
	case OutOfTolerance:
		value = value.In(theme.MediumInk).Marked(MarkTriangle)
	case Stale:
		value = value.In(theme.TextSecondary).Marked(MarkClock)
	}
	unit, right := Small(s.Unit), Small(s.Right)
	if sameRuns(p.value.runs, []Run{value, unit}) && p.right.Text() == s.Right {
		return
	}
	p.value.Set(value, unit)
	p.right.Set(right)
	p.layout(p.Size())
}

// noValue stands where nothing is measured any more.
const noValue = "--"

// Redraw draws the chart as of a time of the pen's clock, in µs, and says
// whether that was needed: without a new sample, and with the cursor on the
// same pixel, it would be the same picture.
func (p *LivePanel) Redraw(now int64) bool {
	next := p.picture(now)
	if next == p.drawn {
		return false
	}
	p.now, p.drawn = now, next
	p.raster.Refresh()
	return true
}

// generate draws into the picture that is kept for the size.
func (p *LivePanel) generate(w, h int) image.Image {
	if p.img == nil || p.img.Rect.Dx() != w || p.img.Rect.Dy() != h {
		p.img = image.NewRGBA(image.Rect(0, 0, w, h))
		p.configure() // the line keeps its width on a dense screen
	}
	p.strip.Draw(p.img, p.series, p.now)
	return p.img
}

func (p *LivePanel) configure() {
	scale := 1.0
	if p.img != nil && p.raster.Size().Width > 0 {
		scale = float64(p.img.Rect.Dx()) / float64(p.raster.Size().Width)
	}
	px := func(n float64) int { return max(int(n*scale+0.5), 1) }
	trace := p.scale.Trace
	if trace == "" {
		trace = theme.Accent
	}
	cfg := chart.Config{
		Low: p.scale.Low, High: p.scale.High, Window: p.scale.Window,
		Blank: px(blankWidth), LineWidth: traceWidth * scale,
		Ground: opaque(p, theme.ChartGround), Trace: opaque(p, trace), Cursor: opaque(p, theme.Cursor),
	}
	for _, v := range p.scale.Limits {
		cfg.Levels = append(cfg.Levels, chart.Level{Value: v, Color: opaque(p, theme.Bound), On: px(dashOn), Off: px(dashOff)})
	}
	if p.scale.HasSet {
		cfg.Levels = append(cfg.Levels, chart.Level{Value: p.scale.Set, Color: opaque(p, theme.TextSecondary), On: px(2), Off: px(3)})
	}
	p.strip.Configure(cfg)
}

// opaque is a colour of the theme for the chart.
func opaque(w styled, name fyne.ThemeColorName) color.RGBA {
	c := nrgba(w, name)
	return color.RGBA{R: c.R, G: c.G, B: c.B, A: 0xFF}
}

// CreateRenderer implements fyne.Widget.
func (p *LivePanel) CreateRenderer() fyne.WidgetRenderer {
	const chartLeast = 40
	return newDrawn(&drawn{
		owner:   p,
		objects: []fyne.CanvasObject{p.label, p.value, p.right, p.raster},
		min:     func() fyne.Size { return fyne.NewSize(theme.StopWidth, p.head()+chartLeast) },
		layout:  p.layout,
		paint:   p.configure,
	})
}

func (p *LivePanel) head() float32 { return textHeight(p, theme.SizeLive) - 1 }

// layout places the texts over the chart. The labels stand on the baseline of
// the value, which begins at the same place in every panel.
func (p *LivePanel) layout(s fyne.Size) {
	const at, drop = 84, 2.5
	h, value := p.head(), p.value.NaturalWidth()+1
	place(p.label, 0, drop, at-4, h)
	place(p.value, at, 0, max(min(value, s.Width-at), 0), h)
	right := max(s.Width-at-value-8, 0)
	place(p.right, s.Width-right, drop, right, h)
	place(p.raster, 0, h, s.Width, max(s.Height-h, 0))
}
