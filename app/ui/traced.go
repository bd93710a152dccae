package ui

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"fyne.io/fyne/v2"

	"stipple/app/ui/trace"
)

// traceNow offers what is visible to the trace.
func (w *Window) traceNow(now time.Time) {
	if w.recorder == nil {
		return
	}
	// What can't be written is not a reason to stop treating: Offer fails only
	// where a snapshot can't be encoded, which none of its types can cause.
	_ = w.recorder.Offer(now, w.Snapshot)
}

// Snapshot is what is visible now: controls with their rectangles in canvas
// coordinates, texts, and states.
func (w *Window) Snapshot() trace.Snapshot {
	walker := trace.NewWalker(w.names)
	size := w.root.Size()
	open := w.layer.IsOpen() && !w.lock.On() // which hides it
	layer := w.layer.Object()
	objects := w.root.Objects
	if w.under.Visible() {
		objects = slices.Concat(w.under.Objects, objects[1:])
	}
	for _, o := range objects {
		covered := open && o != layer && o != fyne.CanvasObject(w.strip) &&
			o != fyne.CanvasObject(w.stop) && o != fyne.CanvasObject(w.band.object)
		walker.Walk(o, w.root.Position().Add(o.Position()), size, covered || w.coveredByAlarm(o))
	}
	s := trace.Snapshot{Page: w.Page(), Controls: walker.Controls(), Texts: walker.Texts(), States: w.states()}
	for i, c := range s.Controls {
		s.Controls[i].Name = navName(w, c.Name)
	}
	return s
}

// coveredByAlarm says whether the stop-not-confirmed warning lies over an
// object.
func (w *Window) coveredByAlarm(o fyne.CanvasObject) bool {
	return w.alarm.object.Visible() && o != fyne.CanvasObject(w.strip) && o != fyne.CanvasObject(w.stop) &&
		o != fyne.CanvasObject(w.band.object)
}

// navName turns "nav.0" into "nav.treat".
func navName(w *Window, name string) string {
	rest, ok := strings.CutPrefix(name, "nav.")
	if !ok || len(rest) != 1 || rest[0] < '0' || int(rest[0]-'0') >= len(w.pages) {
		return name
	}
	return "nav." + w.pages[rest[0]-'0'].Name()
}

// states are what a test of the window waits for.
func (w *Window) states() map[string]string {
	v := w.view
	into := map[string]string{
		"chip":     string(v.Pen.Phase),
		"operator": v.Operator.Name,
		"theme":    w.prefs.Mode.String(),
		"banner":   w.band.banner.State().Text,
		"stop":     "off",
		"overlay":  "closed",
		"drawer":   "closed",
	}
	switch {
	case v.Stop.Unconfirmed:
		into["stop"] = "unconfirmed"
	case v.Stop.Active && v.Stop.Confirmed:
		into["stop"] = "confirmed"
	case v.Stop.Active:
		into["stop"] = "sent"
	}
	if w.layer.IsOpen() && !w.lock.On() {
		into["overlay"] = "open"
	}
	if w.drawer.object.Visible() {
		into["drawer"] = "open"
	}
	into["lock"] = w.lock.Mode()
	if w.lock.On() {
		return into // the rest is hidden
	}
	if v.Patient != nil {
		into["patient"] = v.Patient.FamilyName
	}
	for _, p := range w.pages {
		p.States(into)
	}
	return into
}

// find is the visible object of a name in the trace, or nil.
func (w *Window) find(name string) fyne.CanvasObject {
	if page, ok := strings.CutPrefix(name, "nav."); ok {
		for i, p := range w.pages {
			if p.Name() == page {
				name = "nav." + strconv.Itoa(i)
			}
		}
	}
	return w.names.Find(w.root, name)
}
