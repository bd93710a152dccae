// Emptywindow is the floor that the console's start and memory are measured
// against: a window of the same size with nothing in it. It prints "drawn" when
// its first frame is drawn.
package main

import (
	"fmt"
	"image"
	"image/color"
	"sync"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"
	"fyne.io/fyne/v2/canvas"
)

func main() {
	app.SetMetadata(fyne.AppMetadata{ID: "app.stipple.emptywindow", Name: "Empty", Migrations: map[string]bool{"fyneDo": true}})
	w := app.New().NewWindow("Empty")
	w.SetPadded(false)
	var drawn sync.Once
	w.SetContent(canvas.NewRaster(func(int, int) image.Image {
		drawn.Do(func() { fmt.Println("drawn") })
		return image.NewUniform(color.Black)
	}))
	w.Resize(fyne.NewSize(1366, 768))
	w.ShowAndRun()
}
