// Command emptywindow is the floor that the console's start and memory are measured
// against: a window of the same size with nothing in it but a ground that is
// not black.
package main

import (
	"image/color"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/app"
	"fyne.io/fyne/v2/canvas"
)

func main() {
	app.SetMetadata(fyne.AppMetadata{ID: "app.stipple.emptywindow", Name: "Empty", Migrations: map[string]bool{"fyneDo": true}})
	w := app.New().NewWindow("Empty")
	w.SetPadded(false)
	w.SetContent(canvas.NewRectangle(color.White))
	w.Resize(fyne.NewSize(1366, 768))
	w.ShowAndRun()
}
