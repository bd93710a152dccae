package app

import (
	"slices"
	"time"

	"stipple/app/ui"
	"stipple/app/ui/theme"
)

// practices are the folders of stores that somebody has signed in to, with that of opt.
func (w *window) practices(opt Options) []string {
	known := w.app.Preferences().StringList(prefPractices)
	if dir := opt.folder(); dir != "" && !slices.Contains(known, dir) {
		known = append(known, dir)
	}
	return known
}

// hadSignIn says whether somebody has signed in to the store of opt, where nobody has to
// now. Whoever can change the folder may be able to change the preferences, too: it is
// said to who put the wrong files there.
func (w *window) hadSignIn(opt Options) bool {
	return !opt.training() && slices.Contains(w.app.Preferences().StringList(prefPractices), opt.folder())
}

// came remembers who signed in: that one is chosen at the next sign-in.
func (w *window) came(who *entry) {
	w.app.Preferences().SetString(prefLast, who.person().SignIn)
	w.app.Preferences().SetStringList(prefPractices, w.practices(w.opt))
}

// Names of the preferences: the window's looks, and beside them what the sign-in
// remembers; nothing that has to be right, since the toolkit does not keep them in
// transactions.
const (
	prefMode    = "theme"
	prefScale   = "text_scale"
	prefHistory = "chart_seconds"
)

// prefPractices are the folders of stores that somebody has signed in to.
const prefPractices = "practices"

// looks are what the window was made to look like last.
func (w *window) looks() ui.Prefs {
	p := w.app.Preferences()
	return ui.Prefs{
		Mode:    theme.Mode(p.IntWithFallback(prefMode, int(theme.Dark))),
		Scale:   theme.Scale(p.IntWithFallback(prefScale, int(theme.Scale100))),
		History: time.Duration(p.Int(prefHistory)) * time.Second,
	}
}

// keepLooks remembers them.
func (w *window) keepLooks(looks ui.Prefs) {
	p := w.app.Preferences()
	p.SetInt(prefMode, int(looks.Mode))
	p.SetInt(prefScale, int(looks.Scale))
	p.SetInt(prefHistory, int(looks.History.Seconds()))
}
