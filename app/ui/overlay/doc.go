// Package overlay is the house layer: the one place inside the window's
// content where pickers, questions, notes and forms appear.
//
// The toolkit's own overlays take every click and key for themselves, STOP's
// too. This layer is part of the content instead: it lies over the page,
// leaves the status strip out because it does not reach there, and leaves a
// corner free for STOP, whatever is open. One thing is open at a time; the
// keyboard stays inside it; Escape closes it unless Escape is a stop. What closes
// without a person, such as by a stop, loses nothing that was typed.
//
// A Layer belongs to the window's thread, starts no goroutine and decides
// nothing: what was chosen or answered goes to a callback, after it has closed.
package overlay
