package widgets

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"

	"stipple/app/ui/theme"
)

// Run is a piece of a line in one look. The zero colour is [theme.Text], the
// zero size [theme.SizeBody]. A Mark stands before the text.
type Run struct {
	Text  string
	Bold  bool
	Color fyne.ThemeColorName
	Size  fyne.ThemeSizeName
	Mark  Icon
}

// Plain is a run of body text.
func Plain(text string) Run { return Run{Text: text} }

// Strong is a run of bold body text.
func Strong(text string) Run { return Run{Text: text, Bold: true} }

// Muted is a run of secondary body text.
func Muted(text string) Run { return Run{Text: text, Color: theme.TextSecondary} }

// Small is a run of secondary text in the size of labels.
func Small(text string) Run {
	return Run{Text: text, Color: theme.TextSecondary, Size: theme.SizeLabel}
}

// Title is a run for a page's subject.
func Title(text string) Run { return Run{Text: text, Bold: true, Size: theme.SizeLive} }

// In returns the run in another colour.
func (r Run) In(c fyne.ThemeColorName) Run {
	r.Color = c
	return r
}

// Sized returns the run in another size.
func (r Run) Sized(s fyne.ThemeSizeName) Run {
	r.Size = s
	return r
}

// Marked returns the run with a mark before it.
func (r Run) Marked(m Icon) Run {
	r.Mark = m
	return r
}

func (r Run) color() fyne.ThemeColorName {
	if r.Color == "" {
		return theme.Text
	}
	return r.Color
}

func (r Run) size() fyne.ThemeSizeName {
	if r.Size == "" {
		return theme.SizeBody
	}
	return r.Size
}

// Line is one line of text made of runs on a common baseline. It never wraps
// and never takes input. Where it does not fit, larger text gives way first:
// it shrinks, but not below what it has at a text scale of 100 %; then the end
// is cut with an ellipsis.
type Line struct {
	base
	runs  []Run
	align fyne.TextAlign
	tint  fyne.ThemeColorName // of all runs, where a ground asks for it
	tight float32             // how much further it may shrink; 0 or 1: no further
}

// tightest is how far a reason shrinks before it is cut: 13 becomes 11. Half
// a reason is worse than a small one.
const tightest = 0.85

// newReason returns a centred line that would rather shrink than be cut.
func newReason() *Line {
	l := NewLineAligned(fyne.TextAlignCenter)
	l.tight = tightest
	return l
}

// Tighten lets the line shrink a little further than to what it has at a text
// scale of 100 %, for what would rather be small than cut, and returns it.
func (l *Line) Tighten() *Line {
	l.tight = tightest
	return l
}

// Tightest is how much a tightened line shrinks below that at most.
const Tightest = tightest

// factor is how much the line shrinks to stand in a width.
func (l *Line) factor(width float32) float32 {
	natural := l.NaturalWidth()
	if natural <= width+0.5 || natural == 0 {
		return 1
	}
	least := theme.BaseSize(theme.SizeBody) / size(l, theme.SizeBody)
	if l.tight > 0 {
		least *= l.tight
	}
	f := width / natural
	for f > least && l.widthAt(f) > width {
		f -= shrinkStep // widths of text are not quite proportional to its size
	}
	return max(f, least)
}

// shrinkStep is how finely a fitting size is looked for.
const shrinkStep = 0.01

// NewLine returns a line that shows the runs.
func NewLine(runs ...Run) *Line {
	l := &Line{runs: runs}
	l.ExtendBaseWidget(l)
	return l
}

// NewLineAligned returns a line whose runs stand to the left, in the middle or
// to the right of its width.
func NewLineAligned(align fyne.TextAlign, runs ...Run) *Line {
	l := &Line{runs: runs, align: align}
	l.ExtendBaseWidget(l)
	return l
}

// Set shows other runs.
func (l *Line) Set(runs ...Run) {
	if sameRuns(l.runs, runs) {
		return
	}
	l.runs = append([]Run(nil), runs...)
	l.Refresh()
}

// Text is what the line says, without its looks.
func (l *Line) Text() string { return plainText(l.runs) }

// setTint colours all runs alike; "" gives them back their own colours.
func (l *Line) setTint(c fyne.ThemeColorName) {
	if l.tint != c {
		l.tint = c
		l.Refresh()
	}
}

func plainText(runs []Run) string {
	s := ""
	for i, r := range runs {
		if i > 0 && s != "" && r.Text != "" {
			s += " "
		}
		s += r.Text
	}
	return s
}

func sameRuns(a, b []Run) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// runSpace is the space between runs as a part of the text size.
const runSpace = 0.28

// measured is a run with its measures.
type measured struct {
	width, height, baseline, size, mark float32
}

func (l *Line) measure(r Run, factor float32) measured {
	m := measured{size: size(l, r.size()) * factor}
	s, base := fyne.CurrentApp().Driver().RenderedTextSize(r.Text, m.size, fyne.TextStyle{Bold: r.Bold}, nil)
	m.width, m.height, m.baseline = s.Width, s.Height, base
	if r.Mark != IconNone {
		m.mark = m.size*0.8 + 3
	}
	return m
}

// CreateRenderer implements fyne.Widget.
func (l *Line) CreateRenderer() fyne.WidgetRenderer {
	r := &lineRenderer{line: l}
	r.paint()
	return r
}

// lineRenderer keeps a text and a mark for each run.
type lineRenderer struct {
	line  *Line
	texts []*canvas.Text
	marks []*glyph
	objs  []fyne.CanvasObject
}

func (r *lineRenderer) Destroy()                     {}
func (r *lineRenderer) Objects() []fyne.CanvasObject { return r.objs }

func (r *lineRenderer) Refresh() {
	r.paint()
	r.Layout(r.line.Size())
	canvas.Refresh(r.line)
}

func (r *lineRenderer) paint() {
	l := r.line
	for len(r.texts) < len(l.runs) {
		t, g := canvas.NewText("", color.Black), newGlyph()
		r.texts, r.marks = append(r.texts, t), append(r.marks, g)
		r.objs = append(r.objs, t, g.Image)
		l.keep(r.objs)
	}
	for i, t := range r.texts {
		if i >= len(l.runs) {
			t.Hide()
			r.marks[i].set(IconNone, color.Black)
			continue
		}
		run := l.runs[i]
		name := run.color()
		if l.tint != "" {
			name = l.tint
		}
		t.Text, t.Color, t.TextSize = run.Text, ink(l, name), size(l, run.size())
		t.TextStyle = fyne.TextStyle{Bold: run.Bold}
		t.Show()
		r.marks[i].set(run.Mark, t.Color)
	}
}

func (r *lineRenderer) MinSize() fyne.Size {
	// The width may be cut, so that the least is a few characters; the page
	// gives the rest. NaturalWidth is what it would like.
	var h float32
	for _, run := range r.line.runs {
		h = max(h, r.line.measure(run, 1).height)
	}
	if h == 0 {
		h = textHeight(r.line, theme.SizeBody)
	}
	return fyne.NewSize(min(r.line.NaturalWidth(), 2*h), h)
}

// NaturalWidth is the width at which nothing is cut.
func (l *Line) NaturalWidth() float32 { return l.widthAt(1) }

func (l *Line) widthAt(factor float32) float32 {
	var w float32
	for i, run := range l.runs {
		m := l.measure(run, factor)
		w += m.width + m.mark
		if i > 0 {
			w += m.size * runSpace
		}
	}
	return w
}

func (r *lineRenderer) Layout(s fyne.Size) {
	l := r.line
	factor := l.factor(s.Width)
	var baseline, tall float32
	for _, run := range l.runs {
		m := l.measure(run, factor)
		baseline, tall = max(baseline, m.baseline), max(tall, m.height)
	}
	x, top := float32(0), max(0, (s.Height-tall)/2)
	switch free := s.Width - l.widthAt(factor); {
	case free <= 0:
	case l.align == fyne.TextAlignCenter:
		x = free / 2
	case l.align == fyne.TextAlignTrailing:
		x = free
	}
	for i, run := range l.runs {
		m, t := l.measure(run, factor), r.texts[i]
		t.TextSize = m.size
		if i > 0 {
			x += m.size * runSpace
		}
		if m.mark > 0 {
			side := m.mark - 3
			place(r.marks[i].Image, x, top+baseline-side+0.04*m.size, side, side)
			x += m.mark
		}
		t.Text = fit(run.Text, m.size, run.Bold, s.Width-x)
		place(t, x, top+baseline-m.baseline, m.width, m.height)
		x += m.width
	}
}

// shrink is the size at which a text stands in a width: the one it was given,
// or less, but not below that of its name at a text scale of 100 %.
func shrink(w styled, name fyne.ThemeSizeName, text string, bold bool, width float32) float32 {
	full := size(w, name)
	least := theme.BaseSize(name)
	for s := full; s > least; s -= full * shrinkStep {
		if fyne.MeasureText(text, s, fyne.TextStyle{Bold: bold}).Width <= width {
			return s
		}
	}
	return least
}

// fit cuts a text with an ellipsis to a width; less than the ellipsis is "".
func fit(text string, textSize float32, bold bool, width float32) string {
	style := fyne.TextStyle{Bold: bold}
	if fyne.MeasureText(text, textSize, style).Width <= width+0.5 {
		return text
	}
	runes := []rune(text)
	low, high := 0, len(runes)
	for low < high {
		mid := (low + high + 1) / 2
		if fyne.MeasureText(string(runes[:mid])+"…", textSize, style).Width <= width {
			low = mid
		} else {
			high = mid - 1
		}
	}
	if low == 0 {
		return ""
	}
	return string(runes[:low]) + "…"
}
