// Package player keeps alarms audible: it starts the process that plays them,
// tells it what is to be heard, notices when it can't be heard any more, and
// tries again.
//
// The sound is played in a process of its own, of this very program (see
// [Serve]), for three reasons. The sound library opens a device once in the life
// of a process and never again after a failure. A driver that hangs in the
// system can't be ended, a process can. And what a system's sound library writes
// to standard error on a computer without sound stays out of ours. The child
// ends when its standard input does, also where the console was killed.
//
// Goroutines: [Player.Run] is the caller's. A child that [Process] started has
// two, one that reads what it says and one that writes what it is told; both end
// when its pipes close, at the latest with Close, which kills it and waits. In the
// child, Serve is the caller's and has one that reads standard input, which ends
// with the process.
//
// The package knows no sound device: the composition root hands it in.
package player
