package overlay

import (
	"fyne.io/fyne/v2"

	"stipple/app/ui/theme"
	"stipple/app/ui/widgets"
)

// Answer is a button of a question or a form.
type Answer struct {
	Key  string // handed to OnAnswer; its name in a trace is "button.<key>"
	Text string
	// Kind is widgets.Primary for what is asked for, widgets.Secondary for the
	// way back, widgets.Destructive for what can't be undone.
	Kind widgets.ButtonKind
}

// Question asks for one of a few answers. It closes with an answer, with
// Escape or with its cross, which both count as OnCancel.
type Question struct {
	Title    string
	Text     string // what happened, what was kept, what to do
	Answers  []Answer
	OnAnswer func(key string)
	OnCancel func() // may be nil
}

// questionWidth is the width of a question and of a note.
const questionWidth float32 = 540

// ShowQuestion opens a question. The focus is on the first answer that is not
// destructive. OnAnswer is called after it has closed.
func (l *Layer) ShowQuestion(q Question) {
	text := widgets.NewParagraph(widgets.Plain(q.Text))
	f := &frame{width: questionWidth, body: text, bodyFor: text.HeightFor}
	var focus fyne.Focusable
	for _, a := range q.Answers {
		b := l.answer(a, func(key string) {
			l.shut()
			if q.OnAnswer != nil {
				q.OnAnswer(key)
			}
		})
		f.answers = append(f.answers, b)
		if focus == nil && a.Kind != widgets.Destructive {
			focus = b
		}
	}
	p := newPanel(l.router, f, q.Title, l.Close)
	p.focus, p.onCancel = focus, q.OnCancel
	l.show(p)
}

// ShowNote opens a text with one button, such as help for a page.
func (l *Layer) ShowNote(title, text, button string) {
	l.ShowQuestion(Question{Title: title, Text: text, Answers: []Answer{{Key: "ok", Text: button, Kind: widgets.Primary}}})
}

func (l *Layer) answer(a Answer, on func(string)) *widgets.Button {
	b := widgets.NewButton(l.router, a.Kind, a.Text, func() { on(a.Key) })
	b.Name = "button." + a.Key
	b.SetMinSize(fyne.NewSize(0, theme.TouchFar))
	return b
}

// Form shows content of the page's own with answers under it, such as a
// patient being edited.
type Form struct {
	Title   string
	Content fyne.CanvasObject
	Width   float32 // 0: 640
	Answers []Answer
	// OnAnswer is called with the form still open; the page closes it with
	// Done once the answer is accepted.
	OnAnswer func(key string)
	OnCancel func() // may be nil
	// OnAside is called in place of OnCancel where nobody has closed the form: see
	// Layer.Aside. A form that is written in keeps there what was typed. Nil: as
	// OnCancel.
	OnAside func()
	Focus   fyne.Focusable // what is focused first; nil: the first control
}

// formWidth is the width of a form that asks for none.
const formWidth float32 = 640

// ShowForm opens a form.
func (l *Layer) ShowForm(fm Form) {
	f := &frame{width: fm.Width, body: fm.Content}
	if f.width <= 0 {
		f.width = formWidth
	}
	f.bodyFor = func(float32) float32 { return fm.Content.MinSize().Height }
	for _, a := range fm.Answers {
		f.answers = append(f.answers, l.answer(a, func(key string) {
			if fm.OnAnswer != nil {
				fm.OnAnswer(key)
			}
		}))
	}
	p := newPanel(l.router, f, fm.Title, l.Close)
	p.focus, p.onCancel, p.onAside = fm.Focus, fm.OnCancel, fm.OnAside
	l.show(p)
}

// Done closes what is open without cancelling it: its answer was accepted.
func (l *Layer) Done() { l.shut() }
