package pages

import (
	"fyne.io/fyne/v2"
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
