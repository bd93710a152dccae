package pages

import (
	"time"

	"fyne.io/fyne/v2"

	"stipple/app/console"
	"stipple/app/ui/keys"
	"stipple/app/ui/overlay"
	"stipple/app/ui/trace"
	"stipple/app/ui/widgets"
	"stipple/app/ui/words"
)

// Env is what every page is given by the window. All exported fields are required.
type Env struct {
	Canvas fyne.Canvas
	Desk   Desk
	Words  *words.Words
	Keys   *keys.Router
	Layer  *overlay.Layer
	Names  *trace.Names
	Clock  widgets.Clock
	Now    func() time.Time
	// Do runs f on the window's thread, from any goroutine.
	Do func(f func())
	// GoTo shows another page.
	GoTo func(page string)
	// PickOperator asks who works here.
	PickOperator func()

	halfNames  map[string]string // names that were being typed when something closed their form
	lastFolder string            // where a path was chosen last
}

// The names of the pages, as ShowPage and the trace know them.
const (
	NameTreat    = "treat"
	NamePatients = "patients"
	NameOutcome  = "outcome"
	NameAlarms   = "alarms"
	NameClinic   = "clinic"
)

// Page is one page of the window. Its methods run on the window's thread.
type Page interface {
	Name() string
	// Content is the page itself; it is the same object for ever.
	Content() fyne.CanvasObject
	// Show draws a view. It redraws only what differs from what is shown.
	Show(v *console.View)
	// Tick draws what changes with time alone.
	Tick(now time.Time, live console.LiveView)
	// Enter and Leave tell that the page comes to the front or leaves it.
	Enter()
	Leave()
	// States adds the states that the page shows to a trace.
	States(into map[string]string)
}

// t is the text of a key.
func (e *Env) t(key string, args ...any) string { return e.Words.T(key, args...) }

// name gives a control its stable name for the trace.
func (e *Env) name(o fyne.CanvasObject, kind, name string) { e.Names.Set(o, kind, name) }

// button is a named button that tells the desk that a person is here.
func (e *Env) button(name string, kind widgets.ButtonKind, key string, act func()) *widgets.Button {
	b := widgets.NewButton(e.Keys, kind, e.t(key), e.active(act))
	e.name(b, "button", name)
	return b
}

// active wraps an act of a person, so that the desk knows that one is here.
func (e *Env) active(act func()) func() {
	return func() {
		e.Desk.Here() // a tap by a finger has no press of its own
		act()
	}
}
