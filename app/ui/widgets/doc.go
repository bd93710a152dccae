// Package widgets holds the house widgets: what a page is built from.
//
// A widget takes values and gives callbacks. It decides nothing, knows no pen
// and no patient, opens no file and starts no goroutine: what moves by itself
// is moved by a [Clock] that is handed in, or by a Tick that the page calls
// with the time. Words come in ready for the operator's language.
//
// Every widget that can have the focus forwards its key presses to the window's
// [keys.Router] before it looks at them itself, so that a stop key works
// wherever the focus is. None of them uses the toolkit's overlays.
//
// Widgets belong to the window's thread. A Set method compares with what is
// shown and redraws only what differs, so that a page may call it at 30 Hz.
package widgets
