// Package ui is the window: the shell of strip, alarm bar, navigation, live
// column and STOP that the pages stand in, and the loop that redraws it.
//
// The one idea is that the window draws what the desk publishes and hands back
// what a person does; it keeps no state of a treatment of its own. A [Window]
// draws on any fyne.Canvas, so that one in memory makes its pictures without a
// display.
//
// Before there is a desk there are [SetUp], [SignIn] and [CannotOpen], which stand in
// the window alone and ask a composition root for what it does with the store; they
// hand a passphrase or a code on as bytes, keep none, and trace none. A window that
// is locked shows a [LockScreen] in place of its pages.
//
// Everything belongs to the window's thread, except [Window.Start], which
// starts three goroutines that end with its context (one asks for about 30
// redraws a second and never queues them, one looks at what the hand of a
// simulated pen does, one writes the trace), and [Window.Refresh]. Each redraw
// calls OnTouch, the proof that the thread is alive, on which the session's lease
// depends.
//
// The package never opens a port, a file of patients or one of the toolkit's
// own overlays, which would take STOP's clicks and keys.
package ui
