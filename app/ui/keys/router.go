package keys

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"
)

// Config is what a router needs. Stop is required; a nil OutputPossible means
// that output is always possible, which is the safe reading.
type Config struct {
	// Stop is called on the window's thread at the press of a stop key, at
	// most once for each press. It must not block.
	Stop func()
	// OutputPossible says whether Space and Escape are stop keys now: while
	// READY, TREATING or SERVICE output (safety.md section 4). Ctrl+. always is.
	OutputPossible func() bool
	// Here is told of each key press, and of what widgets tell by Router.Here: a
	// person is here. It must not block. Nil: nobody asks.
	Here func()
	// Modifiers returns the modifiers that are held, where the driver knows
	// them. Nil: the router follows the Control keys that it sees itself.
	Modifiers func() fyne.KeyModifier
}

// Router is the one place that keys pass first. The zero value is not usable;
// make one with [New].
type Router struct {
	// OnHelp is called for F1, OnSearch for Ctrl+K, OnEnter for Enter while
	// nothing has the focus. Each may be nil.
	OnHelp   func()
	OnSearch func()
	OnEnter  func()
	// OnEscape is offered an Escape that is not a stop. It returns whether it
	// used it, such as by closing the house layer; nil is "no".
	OnEscape func() bool
	// OnTab is called for Tab while nothing has the focus, before the toolkit
	// gives the focus to the first control of the window.
	OnTab func()

	cfg  Config
	ctrl map[fyne.KeyName]bool // Control and Super keys that are down
	used map[fyne.KeyName]bool // keys whose press was used and is not released
}

// New returns a router for one window.
func New(cfg Config) *Router {
	return &Router{cfg: cfg, ctrl: map[fyne.KeyName]bool{}, used: map[fyne.KeyName]bool{}}
}

// KeyDown takes a key press, first of all. It returns true if it used the
// press: then the widget must do nothing with it.
func (r *Router) KeyDown(ev *fyne.KeyEvent) bool {
	r.Here()
	if isControl(ev.Name) {
		r.ctrl[ev.Name] = true
		return false
	}
	delete(r.used, ev.Name) // a release that went to another window
	if !r.act(ev.Name) {
		return false
	}
	r.used[ev.Name] = true
	return true
}

// Here tells that a person is here: a widget was pressed.
func (r *Router) Here() {
	if r != nil && r.cfg.Here != nil {
		r.cfg.Here()
	}
}

// act carries out what a key means for the whole window.
func (r *Router) act(name fyne.KeyName) bool {
	control := r.control()
	switch {
	case name == fyne.KeyPeriod && control,
		(name == fyne.KeySpace || name == fyne.KeyEscape) && r.outputPossible():
		r.cfg.Stop()
		return true
	case name == fyne.KeyEscape && r.OnEscape != nil:
		return r.OnEscape()
	case name == fyne.KeyF1 && r.OnHelp != nil:
		r.OnHelp()
		return true
	case name == fyne.KeyK && control && r.OnSearch != nil:
		r.OnSearch()
		return true
	}
	return false
}

// KeyUp takes a key release.
func (r *Router) KeyUp(ev *fyne.KeyEvent) {
	delete(r.ctrl, ev.Name)
	delete(r.used, ev.Name)
}

// Used reports whether the press that a typed key belongs to was used here. A
// widget's TypedKey asks it first and does nothing if so.
func (r *Router) Used(name fyne.KeyName) bool { return r.used[name] }

// UsedRune is Used for the rune that a press typed. Of the keys that a router
// uses only these two type a rune.
func (r *Router) UsedRune(c rune) bool {
	switch c {
	case ' ':
		return r.used[fyne.KeySpace]
	case '.':
		return r.used[fyne.KeyPeriod]
	}
	return false
}

// Shortcut takes a shortcut that the toolkit recognised: the second way to
// Ctrl+., for keyboards whose layout hides the key's name from a press. It
// returns true for Ctrl+. and stops unless this press has stopped already.
func (r *Router) Shortcut(s fyne.Shortcut) bool {
	k, ok := s.(fyne.KeyboardShortcut)
	if !ok || k.Key() != fyne.KeyPeriod || k.Mod()&(fyne.KeyModifierControl|fyne.KeyModifierSuper) == 0 {
		return false
	}
	if !r.used[fyne.KeyPeriod] {
		r.used[fyne.KeyPeriod] = true
		r.cfg.Stop()
	}
	return true
}

// Attach hangs the router on a canvas for the keys that no widget gets. The
// key handlers need a desktop canvas; a canvas in memory has none, and then
// only the shortcuts are attached.
func (r *Router) Attach(c fyne.Canvas) {
	for _, mod := range []fyne.KeyModifier{fyne.KeyModifierControl, fyne.KeyModifierSuper} {
		c.AddShortcut(&desktop.CustomShortcut{KeyName: fyne.KeyPeriod, Modifier: mod},
			func(s fyne.Shortcut) { r.Shortcut(s) })
	}
	c.SetOnTypedKey(r.TypedKey)
	if d, ok := c.(desktop.Canvas); ok {
		d.SetOnKeyDown(func(ev *fyne.KeyEvent) {
			if !r.KeyDown(ev) && ev.Name == fyne.KeyTab && r.OnTab != nil {
				r.OnTab()
			}
		})
		d.SetOnKeyUp(r.KeyUp)
	}
}

// TypedKey takes a typed key that no widget has the focus for: Enter is the
// page's own default.
func (r *Router) TypedKey(ev *fyne.KeyEvent) {
	if (ev.Name == fyne.KeyReturn || ev.Name == fyne.KeyEnter) && r.OnEnter != nil && !r.Used(ev.Name) {
		r.OnEnter()
	}
}

func (r *Router) outputPossible() bool {
	return r.cfg.OutputPossible == nil || r.cfg.OutputPossible()
}

func (r *Router) control() bool {
	if r.cfg.Modifiers != nil {
		return r.cfg.Modifiers()&(fyne.KeyModifierControl|fyne.KeyModifierSuper) != 0
	}
	return len(r.ctrl) > 0
}

func isControl(name fyne.KeyName) bool {
	switch name {
	case desktop.KeyControlLeft, desktop.KeyControlRight, desktop.KeySuperLeft, desktop.KeySuperRight:
		return true
	}
	return false
}
