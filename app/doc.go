// Package app is the composition root of the console: it opens the store,
// finds the pen, builds the desk and the window, and takes all of it down in
// order. It is the only package that knows every other.
//
// Run owns seven goroutines beside those of the packages it starts: the
// supervisor's, the desk's, the redraw clock's, that of the keeper, which
// keeps the computer awake while a pen is armed, that which looks at the room on
// the disk, that which keeps a practice's backups (package keeper), and that of the player, which
// starts this program a second time to play alarms (see [Sound]). All end before
// Run returns, the desk first (it disarms and writes what is left), then the
// pen's session, the keeper and the player with its process, then the store. Looking at
// a folder takes a goroutine of its own for as long as the disk takes to answer: one
// that never does is abandoned with the context of who asked.
package app
