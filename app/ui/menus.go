package ui

import (
	"slices"
	"strconv"

	"stipple/app/clinical"
	"stipple/app/ui/overlay"
	"stipple/app/ui/pages"
	"stipple/app/ui/theme"
	"stipple/app/ui/widgets"
)

// bindKeys gives the keys of the whole window their meaning.
func (w *Window) bindKeys() {
	escape, tab := w.keys.OnEscape, w.keys.OnTab
	w.keys.OnHelp = w.open(func() { w.env.ShowHelp(w.helpOf()) })
	w.keys.OnSearch = w.open(w.treat.PickPatient)
	w.keys.OnTab = w.open(tab)
	w.keys.OnEscape = func() bool {
		if w.lock.On() {
			return w.lock.back()
		}
		return escape()
	}
	w.keys.Attach(w.cfg.Canvas)
}

// open wraps what a locked window does not do.
func (w *Window) open(act func()) func() {
	return func() {
		if !w.lock.On() {
			act()
		}
	}
}

// pickOperator asks who works here. While armed nobody else can take over.
func (w *Window) pickOperator() {
	if w.outputPossible() || w.lock.On() {
		return
	}
	t := w.words
	var items []overlay.Item
	for _, o := range w.view.Operators {
		items = append(items, overlay.Item{
			Key: string(o.ID), Name: o.Name, Detail: t.Or("role."+string(o.Role), string(o.Role)),
			Current: o.ID == w.view.Operator.ID,
		})
	}
	items = append(items, w.ownItems()...)
	if w.lock.canHandOver() {
		items = append(items, overlay.Item{Key: handOver, Name: t.T("operator.hand_over"), Detail: t.T("operator.hand_over.sub")})
	}
	if w.cfg.OnSignOut != nil {
		items = append(items, overlay.Item{Key: signOut, Name: t.T("operator.sign_out"), Detail: t.T("operator.sign_out.sub")})
	}
	w.layer.ShowPicker(overlay.Picker{
		Title: t.T("operator.title"), Items: items, Empty: t.T("operator.none"),
		OnChoose: func(key string) {
			switch {
			case w.stopKeys():
				// It was armed since the picker opened, and nothing has been drawn of it
				// yet: the window that stops it stays as it is.
			case key == signOut:
				w.cfg.OnSignOut()
			case key == handOver:
				w.cfg.Lock.Ask()
				w.lock.turn()
			case w.chooseOwn(key):
			default:
				w.cfg.Desk.ChooseOperator(clinical.ID(key))
			}
		},
	})
}

// The keys of what is no operator in the picker of operators.
const (
	signOut  = "sign_out"
	handOver = "hand_over"
)

// modes and scales are what the looks can be, in the order of the picker.
func modes() []theme.Mode   { return []theme.Mode{theme.Light, theme.Dark, theme.Dim} }
func scales() []theme.Scale { return []theme.Scale{theme.Scale100, theme.Scale125, theme.Scale150} }

// pickLooks asks for theme and text size. A choice takes effect at once.
func (w *Window) pickLooks() {
	t := w.words
	var modeNames, scaleNames, historyNames []string
	for _, h := range histories() {
		historyNames = append(historyNames, t.T("view.history.seconds", int(h.Seconds())))
	}
	for _, m := range modes() {
		modeNames = append(modeNames, t.T("view.theme."+m.String()))
	}
	for _, s := range scales() {
		scaleNames = append(scaleNames, t.T("view.scale."+strconv.Itoa(int(s))))
	}
	mode := widgets.NewChoice(w.keys, modeNames, func(i int) {
		p := w.prefs
		p.Mode = modes()[i]
		w.SetPrefs(p)
	})
	scale := widgets.NewChoice(w.keys, scaleNames, func(i int) {
		p := w.prefs
		p.Scale = scales()[i]
		w.SetPrefs(p)
	})
	history := widgets.NewChoice(w.keys, historyNames, func(i int) {
		p := w.prefs
		p.History = histories()[i]
		w.SetPrefs(p)
	})
	history.Select(slices.Index(histories(), w.prefs.history()))
	for i, m := range modes() {
		if m == w.prefs.Mode {
			mode.Select(i)
		}
	}
	for i, s := range scales() {
		if s == w.prefs.Scale {
			scale.Select(i)
		}
	}
	w.names.Set(mode, "choice", "view.theme")
	w.names.Set(scale, "choice", "view.scale")
	w.names.Set(history, "choice", "view.history")
	content := pages.FieldColumn(
		widgets.NewLabelledField(t.T("view.theme"), mode),
		widgets.NewLabelledField(t.T("view.scale"), scale),
		widgets.NewLabelledField(t.T("view.history"), history),
	)
	w.layer.ShowForm(overlay.Form{
		Title: t.T("view.title"), Content: content,
		Answers:  []overlay.Answer{{Key: "close", Text: t.T("close"), Kind: widgets.Primary}},
		OnAnswer: func(string) { w.layer.Done() },
	})
}
