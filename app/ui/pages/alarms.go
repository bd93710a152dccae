package pages

import (
	"slices"
	"strconv"
	"time"

	"fyne.io/fyne/v2"

	"stipple/app/alarm"
	"stipple/app/console"
	"stipple/app/ui/overlay"
	"stipple/app/ui/theme"
	"stipple/app/ui/widgets"
	"stipple/app/ui/words"
)

// Alarms is the page of what alarms and of what did, with the test of the sound.
type Alarms struct {
	env  *Env
	view *console.View

	title   *widgets.Line
	ack     *widgets.Button
	present *alarmList
	card    *widgets.Card
	past    *widgets.Line
	filter  *widgets.Choice
	history *alarmList
	old     *widgets.Card
	sound   *soundCard
	content *fyne.Container

	panel *alarmPanel // nil: not open
}

var _ Page = (*Alarms)(nil)

// NewAlarms builds the page.
func NewAlarms(env *Env) *Alarms {
	p := &Alarms{env: env, view: &console.View{}}
	p.title, p.past = widgets.NewLine(), widgets.NewLine(widgets.Title(env.t("alarms.history")))
	p.ack = env.button("alarms.ack", widgets.Primary, "banner.ack", func() { acknowledge(env, p.present) })
	p.present = newAlarmList(env, "alarms.present", "alarms.none", p.showAck)
	p.card = widgets.NewCard(p.present.list, 1)
	var labels []string
	for _, f := range filters() {
		labels = append(labels, env.t(filterKey(f)))
	}
	p.filter = widgets.NewChoice(env.Keys, labels, func(int) { p.showHistory() })
	p.filter.Select(0)
	env.name(p.filter, "choice", "alarms.filter")
	p.history = newAlarmList(env, "alarms.history", "alarms.history.none", nil)
	p.old = widgets.NewCard(p.history.list, 1)
	p.sound = newSoundCard(env)
	p.content = arrange(fyne.NewSize(700, 400), p.layout,
		p.title, p.ack, p.card, p.past, p.filter, p.old, p.sound.object)
	p.showAck()
	return p
}

// filters are the priorities of which the history can be shown; None is all.
func filters() []alarm.Priority {
	return []alarm.Priority{alarm.None, alarm.High, alarm.Medium, alarm.Low}
}

func filterKey(p alarm.Priority) string {
	if p == alarm.None {
		return "alarms.all"
	}
	return "priority." + p.String()
}

// acknowledge acknowledges what is chosen in a list.
func acknowledge(env *Env, l *alarmList) {
	if o, ok := l.selected(); ok && !o.Acknowledged() {
		env.Desk.Acknowledge(o.ID)
	}
}

// Name is NameAlarms.
func (p *Alarms) Name() string { return NameAlarms }

// Content is the page.
func (p *Alarms) Content() fyne.CanvasObject { return p.content }

// Enter draws what has come meanwhile.
func (p *Alarms) Enter() { p.Show(p.view) }

// Leave does nothing: nothing is half done on this page.
func (p *Alarms) Leave() {}

// Tick counts a pause down.
func (p *Alarms) Tick(now time.Time, _ console.LiveView) {
	if p.content.Visible() {
		p.sound.tick(p.view, now)
	}
}

// Show draws the alarms of a view, on the page and in the list that lies over
// another page.
func (p *Alarms) Show(v *console.View) {
	p.view = v
	if p.panel != nil {
		p.panel.show(v)
	}
	if !p.content.Visible() {
		return // Enter draws it anew
	}
	p.present.set(v.Alarms.Present)
	p.showAck()
	p.showHistory()
	p.sound.show(v, p.env.Now())
}

// presentTitle is how many alarms stand, and what to do with them.
func (p *Alarms) presentTitle() []widgets.Run {
	runs := []widgets.Run{widgets.Title(p.env.t("alarms.present"))}
	if n := len(p.present.items); n > 0 {
		runs = append(runs, widgets.Muted(words.Count(n)))
	}
	if _, ok := p.present.selected(); !ok && slices.ContainsFunc(p.present.items, func(o alarm.Occurrence) bool { return !o.Acknowledged() }) {
		runs = append(runs, widgets.Muted("· "+p.env.t("alarms.choose")))
	}
	return runs
}

func (p *Alarms) showAck() {
	ackState(p.ack, p.present)
	p.title.Set(p.presentTitle()...)
}

// ackState says whether what is chosen can be acknowledged.
func ackState(b *widgets.Button, l *alarmList) {
	o, ok := l.selected()
	b.SetDisabled(!ok || o.Acknowledged(), "")
}

func (p *Alarms) showHistory() {
	all := p.view.Alarms.History
	if want := filters()[max(p.filter.Selected(), 0)]; want != alarm.None {
		var some []alarm.Occurrence
		for _, o := range all {
			if o.Priority == want {
				some = append(some, o)
			}
		}
		all = some
	}
	p.history.set(all)
}

// soundWide is the width of the sound's card, which stands above STOP.
const soundWide float32 = 330

// layout gives what is present two fifths, what was three fifths, and the sound
// the column over STOP.
func (p *Alarms) layout(s fyne.Size) {
	x, wide := pageSide, s.Width-2*pageSide-soundWide-columnGap
	line := max(height(p.title), height(p.ack))
	m := p.ack.MinSize()
	y := pageTop
	place(p.title, x, y, wide-m.Width-columnGap, line)
	place(p.ack, x+wide-max(m.Width, 190), y, max(m.Width, 190), line)
	y += line + rowGap
	rest := s.Height - pageBottom - y - height(p.filter) - 3*rowGap
	place(p.card, x, y, wide, rest*2/5)
	y += rest*2/5 + 2*rowGap
	choice := p.filter.MinSize()
	place(p.past, x, y, wide-choice.Width-columnGap, choice.Height)
	place(p.filter, x+wide-choice.Width, y, choice.Width, choice.Height)
	y += choice.Height + rowGap
	place(p.old, x, y, wide, s.Height-pageBottom-y)
	place(p.sound.object, s.Width-pageSide-soundWide, pageTop, soundWide, s.Height-stopRoom-pageTop-rowGap)
}

// States adds what a test of the page waits for.
func (p *Alarms) States(into map[string]string) {
	s := p.view.Alarms.Signal
	into["alarms"] = strconv.Itoa(len(p.view.Alarms.Present))
	into["alarms.history"] = strconv.Itoa(len(p.view.Alarms.History))
	into["alarm.sound"] = s.Sound.String()
	if sound := p.view.Alarms.Sound; sound.Serial == s.Serial && !sound.At.IsZero() {
		into["alarm.sound_at"] = sound.At.Format(time.RFC3339Nano)
	}
	into["alarm.device"] = "unknown"
	switch sound := p.view.Alarms.Sound; {
	case sound.Known && sound.Err == nil:
		into["alarm.device"] = "here"
	case sound.Known:
		into["alarm.device"] = "none"
	}
	if s.Any {
		into["alarm"] = string(s.Shown.Code)
		into["alarm.priority"] = s.Shown.Priority.String()
		into["alarm.since"] = s.Shown.Since.Format(time.RFC3339Nano)
		into["alarm.count"] = strconv.Itoa(s.Shown.Count)
		into["alarm.acknowledged"] = strconv.FormatBool(s.Shown.Acknowledged())
	}
	if s.Paused(p.env.Now()) {
		into["alarm.paused_until"] = s.PausedUntil.Format(time.RFC3339)
	}
}

// alarmPanel is the list of what alarms over another page.
type alarmPanel struct {
	env  *Env
	list *alarmList
	ack  *widgets.Button
}

// The measures of the panel.
const (
	panelWide float32 = 900
	panelTall float32 = 360
)

// ShowList opens all that alarms, over whatever page is in front.
func (p *Alarms) ShowList() {
	env := p.env
	n := &alarmPanel{env: env}
	n.list = newAlarmList(env, "alarmlist.rows", "alarms.none", n.showAck)
	n.ack = env.button("alarmlist.ack", widgets.Primary, "banner.ack", func() { acknowledge(env, n.list) })
	page := env.button("alarmlist.page", widgets.Secondary, "alarms.page", func() {
		p.panel = nil
		env.Layer.Done()
		env.GoTo(NameAlarms)
	})
	content := arrange(fyne.NewSize(panelWide-40, panelTall), func(s fyne.Size) {
		y := s.Height - theme.TouchFar
		place(n.list.list, 0, 0, s.Width, y-2*rowGap)
		wide := max(page.MinSize().Width, 200)
		place(page, 0, y, wide, theme.TouchFar)
		place(n.ack, s.Width-wide, y, wide, theme.TouchFar)
	}, n.list.list, page, n.ack)
	n.show(p.view)
	if len(n.list.items) > 0 {
		n.list.choose(0)
	}
	env.Layer.ShowForm(overlay.Form{
		Title: env.t("alarms.present"), Content: content, Width: panelWide,
		OnCancel: func() { p.panel = nil }, Focus: n.list.list,
	})
	p.panel = n
}

func (n *alarmPanel) show(v *console.View) {
	n.list.set(v.Alarms.Present)
	n.showAck()
}

func (n *alarmPanel) showAck() {
	if n.ack != nil {
		ackState(n.ack, n.list)
	}
}
