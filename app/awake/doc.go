// Package awake keeps the computer from sleeping and its screen from locking
// while it is told to, and tells when it sleeps or locks all the same: a lid is
// closed, a battery is empty, a person locks the screen.
//
// The one idea is that nothing here decides. A [Keeper] follows a wish (Hold),
// asks whatever the platform has for it, and says what it hears; who must fall
// back to STANDBY is the desk's business.
//
// What each platform has:
//
//   - Linux: the login manager (systemd-logind, elogind) over the system's
//     D-Bus: a lock that blocks sleep and idleness while held, and all the time
//     one that delays sleep, so that the pen is in STANDBY before the computer
//     stops; sleeping, waking, the lock of this session and the change to
//     another one are told. The desktop's screen saver over the session's
//     D-Bus: inhibited while held; its beginning is told.
//   - Windows: the thread's execution state while held. Sleeping and waking are
//     told by the power manager, the lock of the session is asked twice a second:
//     being told of it needs a window of one's own. Nothing delays the sleep:
//     Windows gives a program two seconds, and no way to ask for more.
//   - macOS: caffeinate, bound to this process, while held. Sleep and lock are
//     not told: both need the frameworks' run loop, and so cgo. There the desk's
//     own clock finds the sleep, and the window loses the focus to the lock.
//
// What is missing is reported once, as an [UnavailableError], and not asked for
// again. Whatever was asked for ends with Run, and with the process if that is
// killed: a descriptor, a connection, a thread or a child that is bound to it.
//
// Run starts one goroutine for each of these services, and returns when all of
// them have ended; each ends with Run's context or with its service.
package awake
