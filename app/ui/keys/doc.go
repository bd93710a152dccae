// Package keys decides what a pressed key means before any widget sees it.
//
// A window toolkit offers no global key handler: a focused widget gets every
// key, the canvas only those nobody is focused for. So every focusable house
// widget forwards its key presses to one [Router], and the router hangs itself
// on the canvas for the rest. A stop key therefore works wherever the focus
// is: in a text field, on a button, in a question, or nowhere.
//
// The router acts on the press alone, never on the repeats of a held key, and
// remembers a press that it used, so that the typed key and the rune that
// follow it do not also press a button or put a blank into a text field.
//
// A Router belongs to the window's thread and starts no goroutine. It never
// asks, confirms, or waits: a stop key calls the stop function and returns.
package keys
