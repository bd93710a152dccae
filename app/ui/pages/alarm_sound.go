package pages

import (
	"time"

	"fyne.io/fyne/v2"

	"stipple/app/alarm"
	"stipple/app/console"
	"stipple/app/ui/theme"
	"stipple/app/ui/widgets"
	"stipple/app/ui/words"
)

// soundCard says whether alarms can be heard, pauses them, and lets a person
// hear each priority before it matters.
type soundCard struct {
	env    *Env
	title  *widgets.Line
	device *widgets.Line
	why    *widgets.Paragraph
	pause  *widgets.Button
	test   *widgets.Line
	busy   *widgets.Paragraph
	tests  []*widgets.Button
	hint   *widgets.Paragraph
	card   *widgets.Card
	inner  *fyne.Container
	object *fyne.Container
}

func newSoundCard(env *Env) *soundCard {
	c := &soundCard{env: env}
	c.title = widgets.NewLine(widgets.Title(env.t("sound.title")))
	c.device = widgets.NewLine()
	c.why = widgets.NewParagraph(widgets.Muted(""))
	c.pause = env.button("alarms.pause", widgets.Secondary, "sound.pause.none", c.toggle)
	c.test = widgets.NewLine(widgets.Strong(env.t("sound.test")))
	c.busy = widgets.NewParagraph(widgets.Small(""))
	c.hint = widgets.NewParagraph(widgets.Muted(env.t("sound.hint")))
	objects := []fyne.CanvasObject{c.title, c.device, c.why, c.pause, c.test, c.busy, c.hint}
	for _, p := range []alarm.Priority{alarm.High, alarm.Medium, alarm.Low} {
		b := env.button("alarms.test."+p.String(), widgets.Secondary, "priority."+p.String(), func() { env.Desk.TestSound(p) })
		c.tests = append(c.tests, b)
		objects = append(objects, b)
	}
	c.inner = arrange(fyne.NewSize(200, 200), c.layout, objects...)
	c.card = widgets.NewCard(c.inner, cardPad)
	c.object = arrange(fyne.NewSize(200, 200), func(s fyne.Size) { place(c.card, 0, 0, s.Width, s.Height) }, c.card)
	return c
}

// toggle pauses the sound, or ends the pause.
func (c *soundCard) toggle() {
	if c.env.Desk.View().Alarms.Signal.Paused(c.env.Now()) {
		c.env.Desk.ResumeSound()
		return
	}
	c.env.Desk.PauseSound()
}

func (c *soundCard) show(v *console.View, now time.Time) {
	w := c.env.Words
	device, why := widgets.Strong(w.T("sound.here")).In(theme.Accent).Marked(widgets.MarkDot), w.T("sound.here.do")
	switch s := v.Alarms.Sound; {
	case !s.Known:
		device, why = widgets.Strong(w.T("sound.unknown")).In(theme.TextSecondary).Marked(widgets.MarkClock), ""
	case s.Err != nil:
		e := w.Error(s.Err)
		device, why = widgets.Strong(w.T("sound.none")).In(theme.LowInk).Marked(widgets.MarkTriangle), e.Text()
	}
	c.device.Set(device)
	c.why.Set(widgets.Muted(why))
	c.tick(v, now)
	busy := v.Alarms.Signal.Sound != alarm.None && !v.Alarms.Signal.Test || v.Alarms.Signal.Paused(now)
	reason := ""
	switch {
	case v.Alarms.Sound.Err != nil:
		busy, reason = true, w.T("sound.test.none")
	case busy:
		reason = w.T("sound.test.busy")
	}
	c.busy.Set(widgets.Small(reason))
	for _, b := range c.tests {
		b.SetDisabled(busy, "")
	}
	c.inner.Refresh()
}

// tick counts a pause down.
func (c *soundCard) tick(v *console.View, now time.Time) {
	w := c.env.Words
	switch s := v.Alarms.Signal; {
	case s.Paused(now):
		c.pause.SetText(w.T("sound.resume", words.Clock(words.SecondsLeft(s.PausedUntil.Sub(now)))))
		c.pause.SetDisabled(false, "")
	case s.Sound != alarm.None && !s.Test && v.Alarms.Sound.Err == nil:
		c.pause.SetText(w.T("banner.pause", words.Count(int(alarm.AudioPause.Seconds()))))
		c.pause.SetDisabled(false, "")
	default:
		c.pause.SetText(w.T("sound.pause.none"))
		c.pause.SetDisabled(true, "")
	}
}

func (c *soundCard) layout(s fyne.Size) {
	y := float32(0)
	put := func(o fyne.CanvasObject, tall, gap float32) {
		place(o, 0, y, s.Width, tall)
		y += tall + gap
	}
	put(c.title, height(c.title), 2*rowGap)
	put(c.device, height(c.device), 4)
	put(c.why, c.why.HeightFor(s.Width), 2*rowGap)
	put(c.pause, max(height(c.pause), theme.TouchFar), 3*rowGap)
	put(c.test, height(c.test), rowGap)
	wide := (s.Width - float32(len(c.tests)-1)*rowGap) / float32(len(c.tests))
	for i, b := range c.tests {
		place(b, float32(i)*(wide+rowGap), y, wide, theme.TouchFar)
	}
	y += theme.TouchFar + rowGap
	put(c.busy, c.busy.HeightFor(s.Width), rowGap)
	// The largest text leaves no room for the hint; F1 says it too.
	hint := c.hint.HeightFor(s.Width)
	show(c.hint, y+hint <= s.Height)
	put(c.hint, hint, 0)
}
