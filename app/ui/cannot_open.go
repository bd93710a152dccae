package ui

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"stipple/app/ui/keys"
	"stipple/app/ui/theme"
	"stipple/app/ui/widgets"
	"stipple/app/ui/words"
)

// Opening is the window's content while the store is being opened.
func Opening() fyne.CanvasObject {
	text := widgets.NewLine(widgets.Muted(words.English().T("opening")))
	return container.NewStack(widgets.NewGround(theme.Background), container.NewCenter(container.New(&fixed{fyne.NewSize(text.NaturalWidth(), 24)}, text)))
}

// CannotOpenActions are what a person can do about a console that can't open.
type CannotOpenActions struct {
	TryAgain func()
	Close    func()
}

// cannotOpenWidth is the width of the card in which the sentence stands.
const cannotOpenWidth float32 = 560

// CannotOpen is the window's content where the store or the pen's table can't
// be opened: what happened, what was kept, and what to do. There is no pen yet,
// so there is nothing to stop.
func CannotOpen(err error, do CannotOpenActions) fyne.CanvasObject {
	w := words.English()
	said := w.Error(err)
	router := keys.New(keys.Config{Stop: func() {}, OutputPossible: func() bool { return false }})
	lines := container.NewVBox(widgets.NewLine(widgets.Title(w.T("cannot_open.title"))))
	for _, text := range []string{said.What, said.Kept, said.Do} {
		if text == "" {
			continue
		}
		p := widgets.NewParagraph(widgets.Plain(text))
		lines.Add(container.New(&fixed{fyne.NewSize(cannotOpenWidth, p.HeightFor(cannotOpenWidth))}, p))
	}
	lines.Add(container.New(&fixed{fyne.NewSize(1, 2*theme.Gap)}))
	lines.Add(container.NewGridWithColumns(2,
		widgets.NewButton(router, widgets.Primary, w.T("cannot_open.again"), do.TryAgain),
		widgets.NewButton(router, widgets.Secondary, w.T("cannot_open.close"), do.Close),
	))
	card := widgets.NewCard(lines, 6*theme.Gap)
	return container.NewStack(widgets.NewGround(theme.Background), container.NewCenter(card))
}

// fixed gives its objects one size.
type fixed struct{ size fyne.Size }

// MinSize is the size.
func (f *fixed) MinSize([]fyne.CanvasObject) fyne.Size { return f.size }

// Layout fills it.
func (f *fixed) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	for _, o := range objects {
		o.Resize(s)
		o.Move(fyne.NewPos(0, 0))
	}
}
