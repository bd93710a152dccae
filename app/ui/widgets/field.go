package widgets

import (
	"fyne.io/fyne/v2"

	"stipple/app/ui/theme"
)

// LabelledField puts a label over a control and room for what is wrong with it
// below, so that nothing moves when an error appears.
type LabelledField struct {
	base
	label, note *Line
	control     fyne.CanvasObject
}

// NewLabelledField returns a field around a control.
func NewLabelledField(label string, control fyne.CanvasObject) *LabelledField {
	f := &LabelledField{label: NewLine(Small(label)), note: NewLine(), control: control}
	f.ExtendBaseWidget(f)
	return f
}

// SetLabel shows another label.
func (f *LabelledField) SetLabel(text string) { f.label.Set(Small(text)) }

// SetError says what is wrong; "" is nothing.
func (f *LabelledField) SetError(text string) {
	if text == "" {
		f.note.Set()
		return
	}
	f.note.Set(Small(text).In(theme.HighInk).Marked(MarkSquare))
}

// SetHint says something helpful in the same place.
func (f *LabelledField) SetHint(text string) { f.note.Set(Small(text)) }

// CreateRenderer implements fyne.Widget.
func (f *LabelledField) CreateRenderer() fyne.WidgetRenderer {
	small := func() float32 { return textHeight(f, theme.SizeLabel) }
	return newDrawn(&drawn{
		owner:   f,
		objects: []fyne.CanvasObject{f.label, f.control, f.note},
		min: func() fyne.Size {
			m := f.control.MinSize()
			return fyne.NewSize(m.Width, 2*small()+2+m.Height)
		},
		layout: func(s fyne.Size) {
			h := small()
			place(f.label, 0, 0, s.Width, h)
			control := f.control.MinSize().Height
			place(f.control, 0, h+2, s.Width, control)
			place(f.note, 0, h+2+control, s.Width, h)
		},
	})
}
