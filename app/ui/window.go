package ui

import (
	"context"
	"io"
	"slices"
	"sync/atomic"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/ui/keys"
	"stipple/app/ui/overlay"
	"stipple/app/ui/pages"
	"stipple/app/ui/theme"
	"stipple/app/ui/trace"
	"stipple/app/ui/widgets"
	"stipple/app/ui/words"
)

// Prefs is what the operator chose for the looks. It is the composition root
// that keeps it.
type Prefs struct {
	Mode    theme.Mode
	Scale   theme.Scale
	History time.Duration // of the live charts; anything but one of histories counts as the first
}

// historyLongest is the longest of histories.
const historyLongest = 60 * time.Second

// histories are how much of the past the live charts can show.
func histories() []time.Duration {
	return []time.Duration{10 * time.Second, 30 * time.Second, historyLongest}
}

// history is how much of the past the live charts show.
func (p Prefs) history() time.Duration {
	if slices.Contains(histories(), p.History) {
		return p.History
	}
	return histories()[0]
}

// Config is what a window needs. Canvas, Desk, Dispatch and Now are required.
type Config struct {
	Canvas   fyne.Canvas
	Desk     pages.Desk
	Dispatch Dispatch
	Now      func() time.Time
	Prefs    Prefs
	// OnPrefs is told when the operator chose other looks; may be nil.
	OnPrefs func(Prefs)
	// OnTouch is called on the window's thread at each tick: the proof that
	// the thread is alive, without which the session stops leasing. May be nil.
	OnTouch func()
	// KeepSize is told on the window's thread when the window has to keep its
	// size, since some platforms block that thread during a resize (safety.md
	// section 2), and when it may be resized again. May be nil.
	KeepSize func(keep bool)
	// Trace gets what is visible as JSON lines (package trace); may be nil.
	Trace io.Writer
	// Clock moves what is held; the zero value is NewClock(Dispatch).
	Clock widgets.Clock
	// Modifiers returns the modifier keys that are held, where the driver
	// knows them; may be nil.
	Modifiers func() fyne.KeyModifier
	// Lock is what a locked window asks for; the zero value never locks.
	Lock LockActions
	// Own is what whoever is signed in does about their own secrets; the zero value
	// offers nothing.
	Own OwnActions
	// OnSignOut leaves for the sign-in; nil where nobody signs in, such as in a
	// training store: it is not offered then.
	OnSignOut func()
}

// Window is everything inside the window: strip, alarm bar, navigation, pages,
// live column, STOP, and the house layer for pickers and questions. Its
// methods run on the window's thread, except Start and Refresh.
type Window struct {
	cfg   Config
	env   *pages.Env
	words *words.Words
	keys  *keys.Router
	layer *overlay.Layer
	names *trace.Names

	strip   *widgets.StatusStrip
	band    *band
	nav     *widgets.NavRail
	foot    *foot
	live    *liveColumn
	stop    *widgets.StopButton
	drawer  *drawer
	alarm   *unconfirmed
	lock    *LockScreen
	under   *fyne.Container // what the lock hides
	edge    *widgets.SimulatedBadge
	pages   []pages.Page
	current int
	treat   *pages.Treat
	people  *pages.Patients
	outcome *pages.Outcome
	told    map[clinical.ID]bool // runs whose page was brought to the front
	alarms  *pages.Alarms

	view     *console.View
	prefs    Prefs
	recorder *trace.Recorder
	root     *fyne.Container
	redraw   *Redraw
	pace     atomic.Int64 // of the redraws, a time.Duration; written by the window's thread
}

// New builds a window's content. It draws nothing and starts nothing.
func New(cfg Config) *Window {
	if cfg.Clock.Now == nil {
		cfg.Clock = NewClock(cfg.Dispatch)
	}
	w := &Window{cfg: cfg, words: words.English(), names: &trace.Names{}, view: cfg.Desk.View(), prefs: cfg.Prefs, told: map[clinical.ID]bool{}}
	w.keys = keys.New(keys.Config{Stop: w.stopNow, Here: cfg.Desk.Here, OutputPossible: w.stopKeys, Modifiers: cfg.Modifiers})
	w.layer = overlay.New(w.keys, cfg.Canvas, stopCorner())
	w.names.Set(w.layer.Object(), "layer", "overlay")
	w.env = &pages.Env{
		Canvas: cfg.Canvas, Desk: cfg.Desk, Words: w.words, Keys: w.keys, Layer: w.layer, Names: w.names,
		Clock: cfg.Clock, Now: cfg.Now, Do: cfg.Dispatch, GoTo: w.ShowPage, PickOperator: w.pickOperator,
	}
	w.redraw = NewRedraw(cfg.Dispatch, w.tick)
	if cfg.Trace != nil {
		w.recorder = trace.New(cfg.Trace)
	}
	w.build()
	w.bindKeys()
	w.show()
	return w
}

func (w *Window) build() {
	ask := w.cfg.Lock.Ask
	if ask != nil {
		ask = w.open(ask)
	}
	w.strip = widgets.NewStatusStrip(w.keys, w.pickOperator, ask)
	w.names.Set(w.strip, "strip", "strip")
	w.band = newBand(w)
	w.treat = pages.NewTreat(w.env)
	w.people = pages.NewPatients(w.env)
	w.outcome = pages.NewOutcome(w.env)
	w.alarms = pages.NewAlarms(w.env)
	w.pages = []pages.Page{w.treat, w.people, w.outcome, w.alarms, pages.NewClinic(w.env)}
	w.nav = widgets.NewNavRail(w.keys, []widgets.NavItem{
		{Icon: widgets.IconTreat, Label: w.words.T("nav.treat")},
		{Icon: widgets.IconPatients, Label: w.words.T("nav.patients")},
		{Icon: widgets.IconOutcome, Label: w.words.T("nav.outcome")},
		{Icon: widgets.IconWarning, Label: w.words.T("nav.alarms")},
		{Icon: widgets.IconClinic, Label: w.words.T("nav.clinic")},
	}, func(i int) { w.ShowPage(w.pages[i].Name()) })
	w.names.Set(w.nav, "nav", "nav")
	w.foot = newFoot(w)
	w.live = newLiveColumn(w)
	w.stop = widgets.NewStopButton(w.words.T("stop"), w.stopNow)
	w.names.Set(w.stop, "stop", "stop")
	w.drawer = newDrawer(w)
	w.alarm = newUnconfirmed(w.words, w.keys)
	w.lock = NewLockScreen(w.words, w.keys, w.cfg.Canvas, w.names, stopCorner(), w.cfg.Lock)
	w.edge = widgets.NewSimulatedBadge(" ")

	// No ground below: every canvas is cleared to the theme's background, and one
	// more surface of the window's size is much of what a redraw costs.
	objects := []fyne.CanvasObject{w.nav, w.foot.object, w.live.object}
	for _, p := range w.pages {
		objects = append(objects, p.Content())
	}
	w.under = container.NewWithoutLayout(append(objects, w.drawer.object, w.layer.Object())...)
	w.root = container.New(&shell{w}, w.under, w.lock.Object(), w.alarm.object, w.band.object, w.strip, w.edge, w.stop)
	for i, p := range w.pages {
		if i != w.current {
			p.Content().Hide()
		}
	}
}

// Content is what the composition root puts into its window or canvas.
func (w *Window) Content() fyne.CanvasObject { return w.root }

// The pace of the redraws (ui.md): 30 a second while the pen can put anything
// out, and 20 while it can't, which spares a laptop that waits. Of 31 that are
// asked for, one may find the last not finished.
const (
	redrawEvery = time.Second / 31
	restEvery   = time.Second / 20
)

// paceOf is the time between two redraws.
func (w *Window) paceOf() time.Duration {
	if w.outputPossible() {
		return redrawEvery
	}
	return restEvery
}

// Start runs the redraws until ctx ends: 20 to 30 a second, each asked for
// only when the last one has finished. It returns at once; its goroutines end with
// ctx.
func (w *Window) Start(ctx context.Context) {
	go w.drawer.run(ctx)
	go w.drawer.acts.run(ctx)
	go func() {
		pace := time.Duration(w.pace.Load())
		t := time.NewTicker(pace)
		defer t.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-t.C:
				w.redraw.Ask()
				if now := time.Duration(w.pace.Load()); now != pace {
					pace = now
					t.Reset(pace)
				}
			}
		}
	}()
	if w.recorder != nil {
		// A reader that went away ends the trace, not the treatment.
		go func() { _ = w.recorder.Run(ctx) }()
	}
}

// Refresh asks for the newest view to be drawn. It may be called from any
// goroutine, as often as it likes. While the pen can put anything out, the view
// comes with the next of the redraws that are on their way 30 times a second: one
// more between two of them only keeps STOP's key waiting.
func (w *Window) Refresh() {
	if time.Duration(w.pace.Load()) != redrawEvery {
		w.redraw.Ask()
	}
}

// ShowPage brings a page to the front. Leaving the Treat page disarms.
func (w *Window) ShowPage(name string) {
	for i, p := range w.pages {
		if p.Name() != name {
			continue
		}
		w.nav.Select(i)
		if i == w.current {
			return
		}
		w.layer.Aside()
		old := w.pages[w.current]
		old.Leave()
		old.Content().Hide()
		w.current = i
		p.Content().Show()
		p.Enter()
		w.arrange()
		return
	}
}

// Page is the name of the page in front.
func (w *Window) Page() string { return w.pages[w.current].Name() }

// helpOf is what help is wanted of: the page in front, or its sheet.
func (w *Window) helpOf() string {
	if p, ok := w.pages[w.current].(*pages.Clinic); ok {
		return p.Sheet()
	}
	return w.Page()
}

// LostFocus tells that the window lost the focus (FellFocus), or was minimised
// or locked by the system (FellMinimised): READY ends (safety.md section 2).
func (w *Window) LostFocus(why clinical.FallBackReason) {
	if w.outputPossible() {
		w.cfg.Desk.FallBack(why)
	}
	w.drawer.release()
}

// SetPrefs chooses theme and text scale.
func (w *Window) SetPrefs(p Prefs) {
	looks := p.Mode != w.prefs.Mode || p.Scale != w.prefs.Scale
	w.prefs = p
	w.live.show(w.view)
	if looks {
		w.applyTheme()
	}
	if w.cfg.OnPrefs != nil {
		w.cfg.OnPrefs(p)
	}
}

// applyTheme hands the theme to the toolkit, which redraws everything.
func (w *Window) applyTheme() {
	fyne.CurrentApp().Settings().SetTheme(theme.New(w.prefs.Mode, w.prefs.Scale))
	w.live.retheme()
	w.arrange()
	w.root.Refresh()
}

// stopNow is STOP, by key or button. What is open closes once the stop is on its
// way, whatever the pen says to it.
func (w *Window) stopNow() {
	w.cfg.Desk.Stop()
	if w.layer.IsOpen() {
		w.cfg.Dispatch(w.layer.Aside)
	}
}

// stopKeys says whether Space and Escape are stop keys now: by what is shown, by
// what the desk knows and by what the pen says. A pen may be armed already that
// nothing has been drawn of yet, and what is still drawn as armed is stopped, too.
func (w *Window) stopKeys() bool {
	return w.outputPossible() || outputPossible(w.cfg.Desk.View()) || w.cfg.Desk.Live().Armed
}

// outputPossible says whether what is shown is a pen that can put anything out.
func (w *Window) outputPossible() bool { return outputPossible(w.view) }

func outputPossible(v *console.View) bool {
	switch v.Pen.Phase {
	case console.Ready, console.Treating, console.Service:
		return true
	}
	return v.Arm.State == console.Arming || v.Arm.State == console.ArmArmed
}

// show draws the newest view.
func (w *Window) show() {
	v := w.cfg.Desk.View()
	ready, stopped := w.outputPossible(), w.view.Stop.Active
	if w.view.Operator != v.Operator {
		w.layer.Close() // what is open was for the one before, and so is what was half written
		w.env.Forget()
	}
	w.view = v
	w.pace.Store(int64(w.paceOf()))
	if !ready && w.outputPossible() || !stopped && v.Stop.Active {
		w.layer.Aside() // what is open must not hide what is armed, nor that it was stopped
	}
	if keep := w.outputPossible(); keep != ready && w.cfg.KeepSize != nil {
		w.cfg.KeepSize(keep)
	}
	w.strip.Set(stripState(w.words, v, w.cfg.Desk.Live()))
	w.band.show(v)
	w.live.show(v)
	w.drawer.show(v)
	if w.alarm.show(v) {
		w.cfg.Canvas.Unfocus() // no key reaches what nobody sees
	}
	for _, p := range w.pages {
		p.Show(v)
	}
	w.bringOutcome()
	w.arrange()
}

// bringOutcome brings the page of uncertain runs to the front, once for each
// run: when it is cut off, and first of all after a crash. It may be left again.
func (w *Window) bringOutcome() {
	first := false
	for _, u := range w.view.Uncertain {
		if !w.told[u.Treatment.ID] {
			w.told[u.Treatment.ID], first = true, true
		}
	}
	if first {
		w.ShowPage(pages.NameOutcome)
	}
}

// tick is one redraw.
func (w *Window) tick() {
	now := w.cfg.Now()
	if w.cfg.OnTouch != nil {
		w.cfg.OnTouch()
	}
	if w.cfg.Desk.View() != w.view {
		w.show()
	}
	live := w.cfg.Desk.Live()
	w.strip.Set(stripState(w.words, w.view, live))
	w.strip.Tick(now)
	w.band.tick(now, live)
	w.live.tick(now, live)
	w.drawer.tick()
	for _, p := range w.pages {
		p.Tick(now, live)
	}
	w.traceNow(now)
}
