package pages

import (
	"fyne.io/fyne/v2"

	"stipple/app/ui/widgets"
	"stipple/app/ui/words"
)

// FieldColumn stacks the fields of a form.
func FieldColumn(fields ...fyne.CanvasObject) fyne.CanvasObject {
	const gap, wide = 4, 600
	tall := float32(-gap)
	for _, f := range fields {
		tall += height(f) + gap
	}
	return arrange(fyne.NewSize(wide, tall), func(s fyne.Size) {
		y := float32(0)
		for _, f := range fields {
			h := height(f)
			place(f, 0, y, s.Width, h)
			y += h + gap
		}
	}, fields...)
}

// Beside puts two parts of a form side by side; left has a size of its own.
func Beside(left, right fyne.CanvasObject, size fyne.Size) fyne.CanvasObject {
	const gap, least = 32, 300
	return arrange(fyne.NewSize(size.Width+gap+least, size.Height), func(s fyne.Size) {
		place(left, 0, 0, size.Width, s.Height)
		place(right, size.Width+gap, 0, s.Width-size.Width-gap, s.Height)
	}, left, right)
}

// PassphraseLeast is how many characters a passphrase has at least, for a hint: whoever
// keeps it decides.
const PassphraseLeast = 10

// HintPassphrase says how long a passphrase is, and what makes it a good one.
func HintPassphrase(w *words.Words, field *widgets.LabelledField, f *widgets.SecretField) {
	switch n := f.Len(); {
	case n == 0:
		field.SetHint(w.T("passphrase.hint", words.Count(PassphraseLeast)))
	case n < PassphraseLeast:
		field.SetHint(w.T("passphrase.short", words.Count(n), words.Count(PassphraseLeast)))
	case n < 2*PassphraseLeast:
		field.SetHint(w.T("passphrase.fair"))
	default:
		field.SetHint(w.T("passphrase.good"))
	}
}
