package ui

import (
	"strconv"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"stipple/app/console"
	"stipple/app/ui/pages"
	"stipple/app/ui/theme"
	"stipple/app/ui/widgets"
	"stipple/app/ui/words"
	"stipple/protocol"
)

// band is the place under the strip that is kept for alarms, so that no
// control moves when one comes. At rest it says so.
type band struct {
	w      *Window
	banner *widgets.Banner
	quiet  *widgets.Line
	hand   *widgets.Button // opens the handpiece drawer
	object *fyne.Container
	notice int // id of the notice on show; 0: none
	lost   bool
}

func newBand(w *Window) *band {
	b := &band{w: w, quiet: widgets.NewLine()}
	b.banner = widgets.NewBanner(w.keys, func() {
		b.acknowledge()
	}, nil)
	w.names.Set(b.banner, "banner", "banner")
	b.hand = widgets.NewButton(w.keys, widgets.OnDrawer, w.words.T("nav.handpiece"), func() { w.drawer.setOpen(!w.drawer.open) })
	w.names.Set(b.hand, "button", "nav.handpiece")
	b.object = container.New(b, widgets.NewGround(theme.Background), b.quiet, b.hand, b.banner)
	return b
}

// acknowledge takes the notice on show away. One that stands for a run to be
// signed leads to the page that is for it.
func (b *band) acknowledge() {
	for _, n := range b.w.view.Notices {
		switch {
		case n.ID != b.notice:
		case n.Signs():
			b.w.ShowPage(pages.NameOutcome)
		default:
			b.w.cfg.Desk.Acknowledge(n.ID)
		}
	}
}

// MinSize implements fyne.Layout.
func (b *band) MinSize([]fyne.CanvasObject) fyne.Size { return fyne.NewSize(300, theme.BannerHeight) }

// Layout implements fyne.Layout.
func (b *band) Layout(objects []fyne.CanvasObject, s fyne.Size) {
	const side, least = 18, 34
	objects[0].Resize(s)
	b.banner.Resize(s)
	m := b.hand.MinSize()
	m.Height = least
	b.hand.Resize(m)
	b.hand.Move(fyne.NewPos(s.Width-side-m.Width, (s.Height-m.Height)/2))
	b.quiet.Move(fyne.NewPos(side, 0))
	b.quiet.Resize(fyne.NewSize(s.Width-3*side-m.Width, s.Height))
}

func (b *band) show(v *console.View) { b.draw(v, b.w.cfg.Desk.Live()) }

func (b *band) tick(now time.Time, live console.LiveView) {
	b.draw(b.w.view, live)
	b.banner.Tick(now)
}

// draw shows the gravest thing: a lost link, then notices by their kind.
func (b *band) draw(v *console.View, live console.LiveView) {
	t := b.w.words
	n, more := gravest(v.Notices)
	b.lost = linkLost(v, live)
	switch {
	case b.lost && (n == nil || n.Kind < console.NoticeHigh || isLinkNotice(*n)):
		b.notice = 0
		text := t.T("banner.lost") + " · " + t.T("banner.lost.do")
		if n != nil && isLinkNotice(*n) {
			b.notice = n.ID
			text = t.T("banner.lost") + " · " + noticeText(t, *n)
		}
		b.banner.Set(widgets.BannerState{Level: widgets.HighAlarm, Text: text, First: ackWord(t, b.notice)})
	case n != nil && n.Kind > console.NoticeInfo:
		b.notice = n.ID
		text := noticeText(t, *n)
		if b.lost {
			text = t.T("banner.lost") + " · " + text
		}
		if more > 0 {
			text += " · " + t.T("banner.more", words.Count(more))
		}
		ack := t.T("banner.ack")
		if n.Signs() {
			ack = t.T("banner.sign")
		}
		b.banner.Set(widgets.BannerState{Level: level(n.Kind), Text: text, First: ack})
	default:
		b.notice = 0
		b.banner.Set(widgets.BannerState{})
	}
	b.quiet.Set(quietRuns(t, v, b.lost)...)
	setVisible(b.hand, v.Pen.HasHandpiece && b.w.Page() == pages.NameTreat && b.banner.State().Level == widgets.Quiet &&
		!v.Stop.Unconfirmed)
}

func ackWord(t *words.Words, notice int) string {
	if notice == 0 {
		return ""
	}
	return t.T("banner.ack")
}

// linkLost says whether a pen that was there fell silent: the desk says so, or
// nothing came for over a second.
func linkLost(v *console.View, live console.LiveView) bool {
	if v.Pen.Connected {
		return live.Valid && live.Age > console.LostAfter
	}
	return !v.Pen.LostAt.IsZero()
}

// linkKey is the key of the desk's notice about the link.
const linkKey = "link"

func isLinkNotice(n console.Notice) bool { return n.Key == linkKey }

// gravest is the newest notice of the highest kind, and how many more are not
// mere information.
func gravest(all []console.Notice) (top *console.Notice, more int) {
	for i := range all {
		n := &all[i]
		if n.Kind > console.NoticeInfo {
			more++
		}
		if top == nil || n.Kind >= top.Kind {
			top = n
		}
	}
	if top != nil && top.Kind > console.NoticeInfo {
		more--
	}
	return top, more
}

func level(k console.NoticeKind) widgets.BannerLevel {
	switch k {
	case console.NoticeHigh:
		return widgets.HighAlarm
	case console.NoticeMedium:
		return widgets.MediumAlarm
	}
	return widgets.LowAlarm
}

// noticeText words a notice.
func noticeText(t *words.Words, n console.Notice) string {
	switch {
	case n.Err != nil:
		return t.Error(n.Err).Text()
	case n.Pen != nil:
		return eventText(t, n)
	}
	return n.Text
}

// eventText words an event of the pen. An alarm is known by its name in the
// pen's own table, which the desk hands over as the notice's text.
func eventText(t *words.Words, n console.Notice) string {
	e := n.Pen
	switch e.Code {
	case protocol.EventAlarm:
		text := t.Or("alarm."+n.Text, t.T("alarm.other", n.Text))
		if measured := alarmMeasured(n.Text, e.Args[1]); measured != "" {
			text += " · " + t.T("alarm.measured", measured)
		}
		return text
	case protocol.EventFault:
		name := protocol.Fault(e.Args[0]).String()
		return t.T("event.fault", t.Or("fault."+name, name))
	}
	return t.Or("event."+strconv.Itoa(int(e.Code)), t.T("notice.pen", words.Count(int(e.Code))))
}

// alarmMeasured is the measured value of an alarm with its unit, where its
// name tells which quantity it is.
func alarmMeasured(name string, v int32) string {
	switch name {
	case "power_deviation":
		return words.Watts(protocol.Milliwatts(v)) + " W"
	case "speed_deviation":
		return words.Count(int(v)) + " /min"
	case "depth_deviation", "depth_beyond_bound":
		return words.Millimetres(protocol.Micrometres(v)) + " mm"
	case "impedance_window":
		return words.Count(int(v)) + " Ω"
	case "over_temperature":
		return words.Degrees(protocol.Centidegrees(v)) + " °C"
	case "battery_low":
		return words.Count(int(v)) + " %"
	}
	return ""
}

// quietRuns is what stands in the band without an alarm: the newest
// information, or that there is no alarm.
func quietRuns(t *words.Words, v *console.View, lost bool) []widgets.Run {
	var runs []widgets.Run
	if n, _ := gravest(v.Notices); n != nil && n.Kind == console.NoticeInfo {
		runs = append(runs, widgets.Muted(noticeText(t, *n)).Marked(widgets.MarkDot))
	} else if n == nil && !lost && !v.Stop.Active {
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
