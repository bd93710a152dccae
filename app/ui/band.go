package ui

import (
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"stipple/app/alarm"
	"stipple/app/console"
	"stipple/app/ui/pages"
	"stipple/app/ui/theme"
	"stipple/app/ui/widgets"
	"stipple/app/ui/words"
)

// band is the place under the strip that is kept for alarms, so that no
// control moves when one comes. At rest it says so.
type band struct {
	w      *Window
	banner *widgets.Banner
	quiet  *widgets.Line
	hand   *widgets.Button // opens the handpiece drawer
	object *fyne.Container
	lost   bool
}

func newBand(w *Window) *band {
	b := &band{w: w, quiet: widgets.NewLine()}
	b.banner = widgets.NewBanner(w.keys, b.first, b.sound, b.list)
	t := w.words
	b.banner.Reserve([]string{t.T("banner.ack"), t.T("banner.list"), t.T("banner.sign")},
		[]string{pauseWord(t), t.T("banner.resume", words.Clock(alarm.AudioPause))})
	w.names.Set(b.banner, "banner", "banner")
	b.hand = widgets.NewButton(w.keys, widgets.OnDrawer, w.words.T("nav.handpiece"), func() { w.drawer.setOpen(!w.drawer.open) })
	w.names.Set(b.hand, "button", "nav.handpiece")
	b.object = container.New(b, b.quiet, b.hand, b.banner)
	return b
}

// first acknowledges what is shown, or opens the list where that was done and
// others wait. What stands for a run to be signed leads to the page that is for
// it.
func (b *band) first() {
	switch s := b.w.view.Alarms.Signal; {
	case !s.Any:
	case b.w.lock.On() && (toSign(s.Shown) || s.Shown.Acknowledged()): // both show patients
	case toSign(s.Shown):
		b.w.ShowPage(pages.NameOutcome)
	case s.Shown.Acknowledged():
		b.list()
	default:
		b.w.cfg.Desk.Acknowledge(s.Shown.ID)
	}
}

// toSign says whether an alarm is about a run that has to be signed.
func toSign(o alarm.Occurrence) bool {
	return o.Code == alarm.RunUncertain || o.Code == alarm.Contradicted
}

// sound pauses the sound, or ends the pause.
func (b *band) sound() {
	if b.w.view.Alarms.Signal.Paused(b.w.cfg.Now()) {
		b.w.cfg.Desk.ResumeSound()
		return
	}
	b.w.cfg.Desk.PauseSound()
}

// list opens all that alarms.
func (b *band) list() { b.w.open(b.w.alarms.ShowList)() }

// MinSize implements fyne.Layout.
func (b *band) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(300, theme.BannerHeight) }

// Layout implements fyne.Layout.
func (b *band) Layout(_ []fyne.CanvasObject, s fyne.Size) {
	const side, least = 18, 34
	m := b.hand.MinSize()
	m.Height = least
	b.hand.Resize(m)
	b.hand.Move(fyne.NewPos(s.Width-side-m.Width, (s.Height-m.Height)/2))
	// The bar leaves the button its place: a simulated pen's handpiece is needed
	// while something alarms, too.
	bar := s
	if b.hand.Visible() {
		bar.Width -= m.Width + 2*side
	}
	b.banner.Resize(bar)
	b.quiet.Move(fyne.NewPos(side, 0))
	b.quiet.Resize(fyne.NewSize(s.Width-3*side-m.Width, s.Height))
}

func (b *band) show(v *console.View) { b.draw(v, b.w.cfg.Desk.Live(), b.w.cfg.Now()) }

func (b *band) tick(now time.Time, live console.LiveView) {
	b.draw(b.w.view, live, now)
	b.banner.Tick(now)
}

// draw shows the gravest thing: a lost link, then what alarms.
func (b *band) draw(v *console.View, live console.LiveView, now time.Time) {
	b.lost = linkLost(v, live)
	locked := b.w.lock.On()
	if locked {
		v = withoutPatients(v)
	}
	banner := bannerState(b.w.words, v, b.lost, now)
	if locked && (toSign(v.Alarms.Signal.Shown) || !v.Alarms.Signal.Flash) {
		banner.First = "" // it leads to what the lock hides
	}
	b.banner.Set(banner)
	b.quiet.Set(quietRuns(b.w.words, v, b.lost)...)
	hand := !locked && v.Pen.HasHandpiece && b.w.Page() == pages.NameTreat && !v.Stop.Unconfirmed
	word := b.w.words.T("nav.handpiece")
	if b.banner.State().Level != widgets.Quiet {
		word = b.w.words.T("nav.handpiece.short") // the bar needs the room
	}
	if hand != b.hand.Visible() || word != b.hand.Text() {
		b.hand.SetText(word)
		setVisible(b.hand, hand)
		b.object.Refresh()
	}
}

// withoutPatients is a view whose alarms and notices name nobody, for a window that
// is locked. An alarm about a run keeps its kind, and its sentence without a name.
func withoutPatients(v *console.View) *console.View {
	hidden := *v
	hidden.Notices = nil
	if s := &hidden.Alarms.Signal.Shown; toSign(*s) {
		s.Cause = nameless("locked_" + string(s.Code))
	}
	return &hidden
}

// nameless is the code of a sentence that names no patient.
type nameless string

func (n nameless) Error() string { return string(n) }

// Code is the code itself.
func (n nameless) Code() string { return string(n) }

// bannerState is what the bar says. A link that has just fallen silent is shown
// before the session gives it up and the desk raises its alarm.
func bannerState(t *words.Words, v *console.View, lost bool, now time.Time) widgets.BannerState {
	s := v.Alarms.Signal
	if !s.Any {
		if !lost {
			return widgets.BannerState{}
		}
		return widgets.BannerState{Level: widgets.HighAlarm, Text: t.T("banner.lost") + " · " + t.T("banner.lost.do")}
	}
	says := t.AlarmOf(s.Shown)
	out := widgets.BannerState{
		Level: level(s.Shown.Priority), Text: says.Whole(), Short: says.Bar(), Shorter: says.Brief(), Shortest: says.What, Acknowledged: !s.Flash,
	}
	more := ""
	if s.More > 0 {
		more = " · " + t.T("banner.more", words.Count(s.More))
	}
	for _, text := range []*string{&out.Text, &out.Short, &out.Shorter, &out.Shortest} {
		if lost {
			*text = t.T("banner.lost") + " · " + *text
		}
		*text += more
	}
	if lost {
		out.Level = widgets.HighAlarm
	}
	switch {
	case toSign(s.Shown):
		out.First = t.T("banner.sign")
	case s.Flash:
		out.First = t.T("banner.ack")
	case s.More > 0:
		out.First = t.T("banner.list")
	}
	out.Second = soundWord(t, v, now)
	return out
}

// soundWord is what the button for the sound says: how long it can be paused, or
// when it comes back. It is not there where nothing can be heard.
func soundWord(t *words.Words, v *console.View, now time.Time) string {
	s := v.Alarms.Signal
	switch {
	case s.Paused(now):
		return t.T("banner.resume", words.Clock(words.SecondsLeft(s.PausedUntil.Sub(now))))
	case s.Sound != alarm.None && !s.Test && v.Alarms.Sound.Err == nil:
		return pauseWord(t)
	}
	return ""
}

func pauseWord(t *words.Words) string {
	return t.T("banner.pause", words.Count(int(alarm.AudioPause.Seconds())))
}

// linkLost says whether a pen that was there fell silent: the desk says so, or
// nothing came for over a second.
func linkLost(v *console.View, live console.LiveView) bool {
	if v.Pen.Connected {
		return live.Valid && live.Age > console.LostAfter
	}
	return !v.Pen.LostAt.IsZero()
}

func level(p alarm.Priority) widgets.BannerLevel {
	switch p {
	case alarm.High:
		return widgets.HighAlarm
	case alarm.Medium:
		return widgets.MediumAlarm
	case alarm.Low:
		return widgets.LowAlarm
	}
	return widgets.Quiet
}

// quietRuns is what stands in the band without an alarm: the newest notice, or
// that there is no alarm.
func quietRuns(t *words.Words, v *console.View, lost bool) []widgets.Run {
	var runs []widgets.Run
	if n := len(v.Notices); n > 0 {
		runs = append(runs, widgets.Plain(t.Error(v.Notices[n-1].Err).Text()).Marked(widgets.IconInfo))
	} else if !v.Alarms.Signal.Any && !lost && !v.Stop.Active {
		runs = append(runs, widgets.Muted(t.T("band.no_alarms")))
	}
	if v.Training {
		text := t.T("band.training")
		if v.ThrowAway {
			text = t.T("band.throw_away")
		}
		if len(runs) > 0 {
			text = "· " + text
		}
		runs = append(runs, widgets.Muted(text))
	}
	return runs
}
