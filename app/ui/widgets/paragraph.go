package widgets

import (
	"image/color"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/canvas"
)

// Paragraph is text of one look that wraps at words. Its height follows from
// the width it was given last, so give it a width with Resize, or HeightFor,
// before asking for its size.
type Paragraph struct {
	base
	look Run
	wide float32
}

// NewParagraph returns a paragraph in the look of a run.
func NewParagraph(look Run) *Paragraph {
	p := &Paragraph{look: look}
	p.ExtendBaseWidget(p)
	return p
}

// Set shows another text.
func (p *Paragraph) Set(look Run) {
	if p.look != look {
		p.look = look
		p.Refresh()
	}
}

// HeightFor is the height that the text needs at a width.
func (p *Paragraph) HeightFor(width float32) float32 {
	return float32(len(p.wrap(width))) * p.lineHeight()
}

func (p *Paragraph) lineHeight() float32 { return textHeight(p, p.look.size()) }

func (p *Paragraph) wrap(width float32) []string {
	textSize, style := size(p, p.look.size()), fyne.TextStyle{Bold: p.look.Bold}
	fits := func(s string) bool { return fyne.MeasureText(s, textSize, style).Width <= width }
	var lines []string
	for _, part := range strings.Split(p.look.Text, "\n") {
		line := ""
		// Not strings.Fields: a number is not parted at the narrow blank of its thousands.
		for word := range strings.SplitSeq(part, " ") {
			longer := word
			if line != "" {
				longer = line + " " + word
			}
			if line != "" && !fits(longer) {
				lines = append(lines, line)
				longer = word
			}
			for longer != "" && !fits(longer) { // a path has no blanks
				head := headThatFits(longer, fits)
				lines, longer = append(lines, head), longer[len(head):]
			}
			line = longer
		}
		lines = append(lines, line)
	}
	return lines
}

// headThatFits is the longest beginning of a word that fits; all of it where not even
// its first character does.
func headThatFits(word string, fits func(string) bool) string {
	head := 0
	for i := range word {
		if i > 0 && !fits(word[:i]) {
			break
		}
		head = i
	}
	if head == 0 {
		return word
	}
	return word[:head]
}

// CreateRenderer implements fyne.Widget.
func (p *Paragraph) CreateRenderer() fyne.WidgetRenderer { return &paragraphRenderer{p: p} }

type paragraphRenderer struct {
	p     *Paragraph
	texts []fyne.CanvasObject
}

func (r *paragraphRenderer) Destroy()                     {}
func (r *paragraphRenderer) Objects() []fyne.CanvasObject { return r.texts }

func (r *paragraphRenderer) MinSize() fyne.Size {
	if r.p.wide <= 0 {
		return fyne.NewSize(40, r.p.lineHeight())
	}
	return fyne.NewSize(40, r.p.HeightFor(r.p.wide))
}

func (r *paragraphRenderer) Layout(s fyne.Size) {
	p := r.p
	p.wide = s.Width
	lines := p.wrap(s.Width)
	for len(r.texts) < len(lines) {
		r.texts = append(r.texts, canvas.NewText("", color.Black))
		p.keep(r.texts)
	}
	for i, o := range r.texts {
		t := o.(*canvas.Text)
		t.Hidden = i >= len(lines)
		if t.Hidden {
			continue
		}
		t.TextSize, t.TextStyle = size(p, p.look.size()), fyne.TextStyle{Bold: p.look.Bold}
		t.Text, t.Color = fit(lines[i], t.TextSize, p.look.Bold, s.Width), ink(p, p.look.color())
		place(t, 0, float32(i)*p.lineHeight(), s.Width, p.lineHeight())
	}
}

func (r *paragraphRenderer) Refresh() {
	r.Layout(r.p.Size())
	canvas.Refresh(r.p)
}
