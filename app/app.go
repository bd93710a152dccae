package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"fyne.io/fyne/v2"
	fyneapp "fyne.io/fyne/v2/app"
	"fyne.io/fyne/v2/driver/desktop"

	"stipple/app/clinical"
	"stipple/app/store"
	"stipple/app/ui"
	"stipple/app/ui/theme"
	"stipple/assets"
)

// What the toolkit needs to know of the program; FyneApp.toml says the same
// for `fyne package`.
const (
	appID      = "app.stipple.console"
	appName    = "Stipple"
	appVersion = "0.1.0"
	appBuild   = 1
)

// The window's size when it opens: that of the 13" laptop it is made for.
const (
	windowWidth  = 1366
	windowHeight = 768
)

// ShownError is an error that a person has already seen in the window, and that
// stands on standard error.
type ShownError struct{ Cause error }

func (e *ShownError) Error() string { return e.Cause.Error() }

// Unwrap is the error itself.
func (e *ShownError) Unwrap() error { return e.Cause }

// Run runs the console until its window is closed or ctx ends. It must be
// called on the program's first goroutine. ErrUsage: the options are wrong.
// Errors of the store and of the display are returned after everything that
// was started has ended; those that a person can mend are shown in a window
// first and are a *ShownError.
func Run(ctx context.Context, opt Options) error {
	if err := opt.check(); err != nil {
		return err
	}
	fyneapp.SetMetadata(fyne.AppMetadata{
		ID: appID, Name: appName, Version: appVersion, Build: appBuild, Icon: fyne.NewStaticResource("stipple.png", assets.Icon()),
		Migrations: map[string]bool{"fyneDo": true},
	})
	w := &window{
		opt:      opt,
		log:      slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
		app:      fyneapp.NewWithID(appID),
		pins:     newPINs(),
		unfollow: func() {},
		over:     make(chan struct{}),
	}
	tuneRuntime()
	if opt.Screenshots != "" {
		return screenshots(opt.Screenshots)
	}
	if err := checkDisplay(); err != nil {
		return err
	}
	if opt.TraceFD > 0 {
		var err error
		if w.trace, err = openTrace(opt.TraceFD); err != nil {
			return err
		}
	}
	return w.run(ctx)
}

// window is the program with its one window. It shows one console at a time.
type window struct {
	opt   Options
	log   *slog.Logger
	app   fyne.App
	win   fyne.Window
	trace *os.File // nil: none
	pins  *pins
	// unfollow ends the trace of what stands in the window before there is a room.
	unfollow context.CancelFunc

	over    chan struct{}  // closed when the toolkit has come to its end
	opening sync.WaitGroup // consoles that are being opened or closed
	ending  sync.Once
	left    error // of closing the console at the end

	mu      sync.Mutex
	current *room // nil while there is none
	door    *door // somebody has to sign in; nil: nobody has
	failed  error // why the last one could not be opened
	closed  bool  // the window is gone: nothing may be opened any more
}

func (w *window) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	first := w.prepare(ctx, w.opt, nil) // while the toolkit gets ready
	looks := w.looks()
	w.app.Settings().SetTheme(theme.New(looks.Mode, looks.Scale))
	w.win = w.app.NewWindow(appName)
	w.win.SetMaster()
	w.win.SetPadded(false)
	w.win.Resize(fyne.NewSize(windowWidth, windowHeight))
	w.win.SetCloseIntercept(w.quit)
	ended := context.AfterFunc(ctx, w.quit)
	defer ended()
	w.app.Lifecycle().SetOnExitedForeground(func() {
		if r := w.room(); r != nil && r.window != nil {
			r.window.LostFocus(clinical.FellFocus)
		}
	})
	w.await(ctx, first)
	w.win.ShowAndRun()
	close(w.over)
	w.end() // where the toolkit ended by itself
	return errors.Join(w.failed, w.left)
}

// onWindow runs f on the window's thread, soon.
func onWindow(f func()) { fyne.Do(f) }

// quit ends the console and then the window. In that order: nothing may ask
// the toolkit for a redraw once its loop has ended. It returns at once.
func (w *window) quit() {
	go func() {
		w.end()
		fyne.Do(w.app.Quit)
		w.mustEnd()
	}()
}

// quitPatience is how long the toolkit may take to end: it needs milliseconds.
const quitPatience = time.Second

// mustEnd ends the process where the toolkit does not. Fyne 2.8.1 may wait for
// ever: what its life cycle queues last, the saving of preferences, is handed to
// the window's thread behind the moment at which that looks for the last time
// (internal/driver/glfw/loop.go, runGL). The console is closed by now, and
// preferences were saved when they changed.
func (w *window) mustEnd() {
	select {
	case <-w.over:
	case <-time.After(quitPatience):
		w.log.Warn("the window's toolkit did not end: the console is closed, and the program ends without it")
		if w.opt.Exit != nil {
			w.opt.Exit(errors.Join(w.failed, w.left))
		}
	}
}

// end closes the console for good; a second call waits for the first.
func (w *window) end() {
	w.ending.Do(func() {
		w.mu.Lock()
		w.closed = true
		w.mu.Unlock()
		w.opening.Wait()
		w.left = w.leave()
	})
}

func (w *window) room() *room {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.current
}

// openPatience is how long the window waits for the store before it shows that
// it does: most disks are far quicker, and a page that is there at the first
// frame is better than one that replaces another.
const openPatience = 100 * time.Millisecond

// opened is what came of opening a console.
type opened struct {
	opt  Options
	room *room
	door *door // somebody has to sign in first
	err  error
}

// open opens a console and shows it, or the sentence that says why it can't be
// opened. It is called on the window's thread.
func (w *window) open(ctx context.Context, opt Options) { w.await(ctx, w.prepare(ctx, opt, nil)) }

// prepare opens a console beside the window's thread, for who has signed in. Nobody
// has to where the store is one for training. Nothing comes where the window is gone.
func (w *window) prepare(ctx context.Context, opt Options, who *entry) <-chan opened {
	done := make(chan opened, 1)
	if !w.begin() {
		return done
	}
	go func() {
		defer w.opening.Done()
		var d *door
		var err error
		if who == nil {
			d, err = opt.door()
			if d == nil && err == nil && w.hadSignIn(opt) {
				err = errNoSignIn
			}
		}
		if d != nil {
			who, err = opt.Bench.comeIn(d)
		}
		if d != nil && who == nil && err == nil {
			w.enterBy(d, func() { done <- opened{opt: opt, door: d} })
			return
		}
		var r *room
		if err == nil {
			r, err = openRoom(ctx, opt, who, w.log, func(kind clinical.PenKind) { w.simulate(ctx, kind) })
		}
		if err != nil {
			err = shown(err)
		}
		w.mu.Lock()
		late := w.closed
		if !late {
			w.current, w.failed, w.door = r, err, nil
		}
		w.mu.Unlock()
		if late {
			if r != nil && r.close() != nil {
				w.log.Error("closing a console that was never shown")
			}
			return
		}
		done <- opened{opt: opt, room: r, err: err}
	}()
	return done
}

// enterBy has somebody sign in to a store, where one is set up, while that is made
// ready.
func (w *window) enterBy(d *door, show func()) {
	if d.slots == nil {
		show()
		return
	}
	d.ready = &readying{done: make(chan struct{})}
	w.mu.Lock()
	w.door, w.failed = d, nil
	w.mu.Unlock()
	show()
	d.makeReady()
}

// shown is an error that is going to be shown.
func shown(err error) *ShownError {
	fmt.Fprintln(os.Stderr, "stipple:", err)
	return &ShownError{err}
}

// await shows what comes of prepare. A slow disk holds up neither the window
// nor its first picture.
func (w *window) await(ctx context.Context, done <-chan opened) {
	select {
	case o := <-done:
		w.show(ctx, o)
	case <-time.After(openPatience):
		w.win.SetContent(ui.Opening())
		go func() {
			select {
			case o := <-done:
				fyne.Do(func() { w.show(ctx, o) })
			case <-ctx.Done():
			}
		}()
	}
}

// begin says whether a console may still be opened or closed; opening.Done
// must follow then.
func (w *window) begin() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.closed {
		w.opening.Add(1)
	}
	return !w.closed
}

// show shows what came of open.
func (w *window) show(ctx context.Context, o opened) {
	w.unfollow()
	if o.door != nil {
		w.enter(ctx, o.opt, o.door)
		return
	}
	if o.err != nil {
		w.cannotOpen(ctx, o.opt, o.err)
		return
	}
	if w.room() == o.room { // not closed again meanwhile
		o.room.show(ctx, w)
	}
}

// cannotOpen shows why a console can't be opened.
func (w *window) cannotOpen(ctx context.Context, opt Options, err error) {
	w.win.SetContent(ui.CannotOpen(err, ui.CannotOpenActions{
		TryAgain: func() { w.open(ctx, opt) },
		Close:    w.quit,
	}))
}

// simulate changes over to the built-in simulated pen and its training store.
func (w *window) simulate(ctx context.Context, kind clinical.PenKind) {
	opt := w.opt
	opt.Port, opt.Sim = "", string(kind)
	if !w.opt.training() {
		opt.Data = "" // the real store stays as it is
	}
	w.leaveFor(ctx, opt, nil)
}

// leaveFor closes the console that is open and opens another, for who has signed in.
func (w *window) leaveFor(ctx context.Context, opt Options, who *entry) {
	w.work(func() {
		if err := w.leave(); err != nil {
			w.log.Error("closing the console", "cause", err)
		}
		fyne.Do(func() { w.await(ctx, w.prepare(ctx, opt, who)) })
	})
}

// work runs f off the window's thread; nothing where the window is gone. What is
// being opened or closed at the end is waited for.
func (w *window) work(f func()) {
	if !w.begin() {
		return
	}
	go func() {
		defer w.opening.Done()
		f()
	}()
}

// leave closes the console that is open, or the store that waits for a sign-in.
func (w *window) leave() error {
	w.mu.Lock()
	r, d := w.current, w.door
	w.current, w.door = nil, nil
	w.mu.Unlock()
	var err error
	if d != nil {
		err = d.ready.giveUp()
	}
	if r != nil {
		err = errors.Join(err, r.close())
	}
	return err
}

// show puts a console into the window and starts it.
func (r *room) show(ctx context.Context, w *window) {
	cfg := ui.Config{
		Canvas:   w.win.Canvas(),
		Desk:     r.desk,
		Dispatch: fyne.Do,
		Now:      time.Now,
		Prefs:    w.looks(),
		OnPrefs:  w.keepLooks,
		OnTouch:  r.desk.Touch,
	}
	cfg.KeepSize = w.keepSize
	w.keepSize(false) // the console before may have been armed
	if w.trace != nil {
		cfg.Trace = w.trace
	}
	if d, ok := w.app.Driver().(desktop.Driver); ok {
		cfg.Modifiers = d.CurrentKeyModifiers
	}
	if r.bench != nil && r.bench.Window != nil {
		r.bench.Window(&cfg)
	}
	var lock *locker
	if r.who.Load() != nil {
		lock = &locker{
			room: r, pins: w.pins, now: time.Now, dispatch: onWindow, work: w.work, came: w.came,
			treats: func() bool { return r.desk.View().Run.Open },
			reopen: func(who *entry) { w.leaveFor(ctx, w.opt, who) },
		}
		cfg.Lock, cfg.Own = lock.actions(), lock.own()
		cfg.OnSignOut = func() { w.leaveFor(ctx, w.opt, nil) }
	}
	r.window = ui.New(cfg)
	w.win.SetContent(r.window.Content())
	r.start(ctx)
	if lock != nil {
		lock.window = r.window
		r.goRun(ctx, lock.watch)
	}
}

// keepSize fixes the window's size as it is, or frees it.
func (w *window) keepSize(keep bool) {
	if w.win.FullScreen() || w.win.FixedSize() == keep {
		return
	}
	if keep { // the toolkit fixes what was asked for last, not what a person made of it
		w.win.Resize(w.win.Canvas().Size())
	}
	w.win.SetFixedSize(keep)
}

// storePath makes the data folder and names the store in it.
func storePath(dir string) (string, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", fmt.Errorf("make the data folder: %w", err)
	}
	return filepath.Join(dir, store.FileName), nil
}
