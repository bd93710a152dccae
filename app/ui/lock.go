package ui

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"stipple/app/ui/keys"
	"stipple/app/ui/overlay"
	"stipple/app/ui/theme"
	"stipple/app/ui/trace"
	"stipple/app/ui/widgets"
	"stipple/app/ui/words"
)

// LockActions are what a locked console asks for. They are called on the window's
// thread and return at once; what comes of them comes back by Window.Lock or
// Window.Unlock. The secrets belong to the receiver, which wipes them after use.
// Those that are nil are not offered.
type LockActions struct {
	// Ask asks for the console to be locked, by the lock in the strip.
	Ask func()
	// PIN tries a PIN of 4 to 8 figures.
	PIN func(pin []byte)
	// Passphrase tries the passphrase of who is signed in.
	Passphrase func(passphrase []byte)
	// Others are the sign-in names of those who can take over.
	Others func() []string
	// HandOver tries the passphrase of one of Others, who takes over.
	HandOver func(signIn string, passphrase []byte)
}

// LockState is what a locked console shows.
type LockState struct {
	Operator string        // who is signed in
	PIN      bool          // there is a PIN, and it may be used
	Tries    int           // of the PIN that are left; at 0 the passphrase has to be used
	Busy     bool          // something is being tried: nothing can be pressed
	Wait     time.Duration // until the next try is taken; shown as a countdown of these values
	Err      error         // of the last try; codes "wrong_pin" and "wrong_passphrase" have their sentences
	Second   SecondState   // of who wants to take over
}

// SecondState is what came of a try of somebody else than who is signed in, as in
// LockState.
type SecondState struct {
	Wait time.Duration
	Err  error
}

// pin says whether a PIN can unlock.
func (s LockState) pin() bool { return s.PIN && s.Tries > 0 }

// LockScreen hides the pages of a console until the operator is back. It covers
// neither the strip nor the alarms nor STOP, and lets no pointer through to what
// lies under it.
type LockScreen struct {
	do     LockActions
	words  *words.Words
	canvas fyne.Canvas
	state  LockState
	typing bool // the passphrase was chosen where a PIN would do
	second bool // somebody else wants to take over

	object   *fyne.Container
	title    *widgets.Line
	text     *widgets.Paragraph
	people   *nameList
	note     *widgets.Paragraph
	label    *widgets.Line
	pad      *widgets.PINPad
	secret   *widgets.SecretField
	unlock   *widgets.Button
	other    *widgets.Button
	handOver *widgets.Button
	card     *fyne.Container
	about    *fyne.Container
	form     *fyne.Container
}

// NewLockScreen returns a lock that is open. free is the corner at the bottom right
// that is left to STOP.
func NewLockScreen(t *words.Words, k *keys.Router, c fyne.Canvas, names *trace.Names, free fyne.Size, do LockActions) *LockScreen {
	l := &LockScreen{do: do, words: t, canvas: c}
	l.text = widgets.NewParagraph(widgets.Muted(""))
	l.note = widgets.NewParagraph(widgets.Plain(""))
	l.label = widgets.NewLine()
	l.pad = widgets.NewPINPad(k, l.tryPIN)
	l.secret = widgets.NewSecretField(k, t.T("secret.caps"), nil, l.tryPassphrase)
	l.unlock = widgets.NewButton(k, widgets.Primary, t.T("lock.unlock"), l.tryPassphrase)
	l.unlock.SetMinSize(fyne.NewSize(0, theme.TouchFar))
	l.other = widgets.NewButton(k, widgets.Secondary, t.T("lock.use.passphrase"), l.change)
	l.handOver = widgets.NewButton(k, widgets.Secondary, t.T("lock.hand_over"), l.turn)
	l.people = newNameList(t, k, names, "lock", func() bool { return l.state.Busy }, func(string) { l.chosen() }, l.focus)
	for _, b := range []*widgets.Button{l.other, l.handOver} {
		b.SetMinSize(fyne.NewSize(0, theme.TouchFar))
	}
	names.Set(l.pad, "pin", "lock.pin")
	names.Set(l.secret, "secret", "lock.passphrase")
	names.Set(l.unlock, "button", "lock.unlock")
	names.Set(l.other, "button", "lock.other")
	names.Set(l.handOver, "button", "lock.hand_over")
	l.form = newPile(10, l.label, l.pad, l.secret, l.unlock, l.note)
	l.title = widgets.NewLine()
	l.about = newPile(14, l.title, l.text)
	l.card = container.New(&lockLayout{l}, l.about, l.people.object, l.form, l.other, l.handOver)
	card := widgets.NewCard(l.card, 0)
	l.object = container.NewStack(overlay.NewBlind(k), widgets.NewGround(theme.Background), container.New(&beside{free}, card))
	l.object.Hide()
	return l
}

// Object is the screen itself, to be put over the pages from under the alarms to
// the window's edges, under STOP.
func (l *LockScreen) Object() fyne.CanvasObject { return l.object }

// On says whether it is locked.
func (l *LockScreen) On() bool { return l.object.Visible() }

// Show locks, or shows another state of a console that is locked. The focus moves
// only where the way to unlock changes or a try has just ended.
func (l *LockScreen) Show(s LockState) {
	came, ended := !l.On(), l.state.Busy && !s.Busy
	before := l.byPIN() // of the state before
	s.PIN = s.PIN && l.do.PIN != nil
	l.state = s
	if came {
		l.typing, l.second = false, false
		l.clear()
	}
	l.object.Show()
	l.draw()
	if came || ended || before != l.byPIN() {
		l.focus()
	}
}

// Hide unlocks. Nothing that was typed stays.
func (l *LockScreen) Hide() {
	l.clear()
	l.canvas.Unfocus()
	l.object.Hide()
	l.state = LockState{}
}

func (l *LockScreen) clear() {
	l.pad.Clear()
	l.secret.Clear()
}

// byPIN says whether the pad is shown.
func (l *LockScreen) byPIN() bool { return l.state.pin() && !l.typing && !l.second }

// Mode is "pin", "passphrase" or "hand over", or "off".
func (l *LockScreen) Mode() string {
	switch {
	case !l.On():
		return "off"
	case l.second:
		return "hand over"
	case l.byPIN():
		return "pin"
	}
	return "passphrase"
}

func (l *LockScreen) focus() {
	l.canvas.Unfocus()
	if l.byPIN() {
		l.canvas.Focus(l.pad)
		return
	}
	l.canvas.Focus(l.secret.Input())
}

// newest is what came of the last try of what is shown.
func (l *LockScreen) newest() SecondState {
	if l.second {
		return l.state.Second
	}
	return SecondState{l.state.Wait, l.state.Err}
}

// draw shows the state.
func (l *LockScreen) draw() {
	t, s := l.words, l.state
	pin := l.byPIN()
	setVisible(l.pad, pin)
	setVisible(l.secret, !pin)
	setVisible(l.unlock, !pin)
	setVisible(l.other, s.pin() && !l.second)
	setVisible(l.people.object, l.second)
	setVisible(l.handOver, l.canHandOver())
	label, other := t.T("lock.passphrase", s.Operator), t.T("lock.use.pin")
	switch {
	case pin:
		label, other = t.T("lock.pin", s.Operator), t.T("lock.use.passphrase")
	case l.second:
		label = t.T("lock.passphrase", l.people.chosen)
	}
	l.label.Set(widgets.Strong(label))
	l.other.SetText(other)
	wait := ""
	if w := l.newest().Wait; w > 0 && !s.Busy {
		wait = t.T("signin.wait", words.Clock(words.SecondsLeft(w)))
	}
	l.drawKind(s.Busy)
	l.unlock.SetDisabled(s.Busy || wait != "", wait)
	l.pad.SetLocked(s.Busy || wait != "")
	l.secret.SetLocked(s.Busy)
	l.other.SetDisabled(s.Busy, "")
	l.handOver.SetDisabled(s.Busy, "")
	l.note.Set(l.wrong(wait))
	for _, o := range []fyne.CanvasObject{l.about, l.form, l.card} {
		o.Refresh()
	}
}

// drawKind says what is asked for: who is signed in, or somebody who takes over.
func (l *LockScreen) drawKind(busy bool) {
	t := l.words
	title, text, act, turn := t.T("lock.title"), t.T("lock.text"), t.T("lock.unlock"), t.T("lock.hand_over")
	if busy {
		act = t.T("lock.unlocking")
	}
	if l.second {
		title, text, act, turn = t.T("lock.second"), t.T("lock.second.text"), t.T("lock.second.take"), t.T("setup.back")
		if busy {
			act = t.T("signin.checking")
		}
	} else if !l.byPIN() {
		text += " " + t.T("lock.stop_key")
	}
	l.title.Set(widgets.Title(title).Marked(widgets.IconLock))
	l.text.Set(widgets.Muted(text))
	l.unlock.SetText(act)
	l.handOver.SetText(turn)
}

// wrong is what went wrong, and what is left.
func (l *LockScreen) wrong(wait string) widgets.Run {
	t, s := l.words, l.state
	text, err := "", l.newest().Err
	if err != nil && !s.Busy {
		text = t.Error(err).Text()
		if s.PIN && !l.second {
			text = t.Error(err).What // how many tries are left says what to do
		}
	}
	add := func(more string) {
		if text != "" {
			text += " "
		}
		text += more
	}
	switch {
	case l.second:
	case s.PIN && s.Tries <= 0:
		add(t.T("lock.pin.none"))
	case l.byPIN() && s.Err != nil && !s.Busy:
		add(t.N("lock.pin.tries", s.Tries))
	}
	if wait != "" && l.byPIN() {
		add(t.T("lock.pin.wait", wait))
	}
	return widgets.Strong(text).In(theme.HighInk).Sized(theme.SizeLabel)
}

// canHandOver says whether there is anybody who could take over.
func (l *LockScreen) canHandOver() bool {
	return l.do.HandOver != nil && l.do.Others != nil && len(l.do.Others()) > 0
}

// change takes the other way to unlock.
func (l *LockScreen) change() {
	if l.state.Busy {
		return
	}
	l.typing = !l.typing
	l.clear()
	l.state.Err = nil
	l.draw()
	l.focus()
}

// waits says whether nothing can be tried now.
func (l *LockScreen) waits() bool { return !l.On() || l.state.Busy || l.newest().Wait > 0 }

// busyNow shows at once that something is being tried, so that it is not asked for
// twice before the first answer.
func (l *LockScreen) busyNow() {
	l.state.Busy, l.state.Err, l.state.Second.Err = true, nil, nil
	l.draw()
}

func (l *LockScreen) tryPIN() {
	if l.waits() || l.do.PIN == nil {
		return
	}
	pin := l.pad.Take()
	l.busyNow()
	l.do.PIN(pin)
}

func (l *LockScreen) tryPassphrase() {
	if l.waits() || l.secret.Len() == 0 {
		return
	}
	switch {
	case l.second && l.people.chosen != "":
		passphrase := l.secret.Take()
		l.busyNow()
		l.do.HandOver(l.people.chosen, passphrase)
	case !l.second && l.do.Passphrase != nil:
		passphrase := l.secret.Take()
		l.busyNow()
		l.do.Passphrase(passphrase)
	}
}

// turn changes between who is signed in and somebody who takes over.
func (l *LockScreen) turn() {
	if !l.On() || l.state.Busy {
		return
	}
	l.clear()
	l.state.Err, l.state.Second.Err = nil, nil
	l.second = !l.second
	if l.second {
		l.people.set(l.do.Others(), "")
	}
	l.draw()
	l.focus()
}

// back leads from somebody who takes over to who is signed in, and says whether it did.
func (l *LockScreen) back() bool {
	if !l.second || l.state.Busy {
		return false
	}
	l.turn()
	return true
}

// chosen takes another person; nothing of the last one's stays.
func (l *LockScreen) chosen() {
	l.secret.Clear()
	l.state.Second.Err = nil
	if l.On() {
		l.draw()
	}
}

// beside puts a card in the middle of what STOP's corner leaves.
type beside struct{ free fyne.Size }

// MinSize implements fyne.Layout.
func (*beside) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(1, 1) }

// lockSize is the size of the lock's card.
func lockSize() fyne.Size { return fyne.NewSize(800, 524) }

// Layout implements fyne.Layout.
func (l *beside) Layout(o []fyne.CanvasObject, s fyne.Size) {
	want := lockSize()
	room := fyne.NewSize(s.Width-l.free.Width, s.Height)
	w, h := min(want.Width, room.Width-2*doorPad), min(want.Height, room.Height-2*theme.Gap)
	put(o[0], float32(int((room.Width-w)/2)), float32(int((room.Height-h)/2)), w, h)
}

// lockLayout puts what is said at the left and the way to unlock at the right.
type lockLayout struct{ l *LockScreen }

// MinSize implements fyne.Layout.
func (*lockLayout) MinSize([]fyne.CanvasObject) fyne.Size { return lockSize() }

// Layout implements fyne.Layout.
func (x *lockLayout) Layout(o []fyne.CanvasObject, s fyne.Size) {
	const between = 36
	right := x.l.pad.MinSize().Width
	left := s.Width - 2*doorPad - between - right
	y := s.Height - doorPad
	for _, b := range []*widgets.Button{x.l.handOver, x.l.other} {
		if b.Visible() {
			y -= theme.TouchFar
			put(b, doorPad, y, left, theme.TouchFar)
			y -= 12
		}
	}
	about := max(y-doorPad, 0)
	if x.l.second {
		about = x.l.title.MinSize().Height + 14 + x.l.text.HeightFor(left) + 14
		put(o[1], doorPad, doorPad+about, left, y-doorPad-about)
	}
	put(o[0], doorPad, doorPad, left, about)
	put(o[2], s.Width-doorPad-right, doorPad, right, s.Height-2*doorPad)
}

// Lock hides the pages behind the lock screen, or shows another state of it. What
// is open under it stays as it is; a control that is held is let go. It disarms
// nothing: who locks has seen to it that nothing is armed (safety.md section 8).
func (w *Window) Lock(s LockState) {
	if !w.lock.On() {
		w.drawer.release()
		w.under.Hide()
	}
	w.lock.Show(s)
	w.band.show(w.view)
}

// Unlock shows the pages as they were left; to somebody else than before, as that one
// may see them.
func (w *Window) Unlock() {
	if !w.lock.On() {
		return
	}
	if w.cfg.Desk.View() != w.view {
		w.show()
	}
	w.lock.Hide()
	w.under.Show()
	w.band.show(w.view)
	w.arrange()
	w.root.Refresh()
}

// Locked says whether the pages are hidden.
func (w *Window) Locked() bool { return w.lock.On() }
