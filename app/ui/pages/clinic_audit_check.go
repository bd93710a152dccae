package pages

import (
	"errors"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"stipple/app/console"
	"stipple/app/ui/theme"
	"stipple/app/ui/widgets"
	"stipple/app/ui/words"
)

// auditCheck is whether the chain is as it was written, as far as was looked.
type auditCheck struct {
	env     *Env
	verdict *console.AuditVerdict // the newest; nil: nobody has looked
	err     error                 // why the newest look came to nothing
	asked   int
	cancel  func() // nil: nothing is going on
	pen     bool
	changed func()
	goTo    func(seq uint64)

	title  *widgets.Line
	text   *widgets.Paragraph
	verify *widgets.Button
	held   *widgets.Button // against the pen's log
	stop   *widgets.Button
	place  *widgets.Button
	more   *widgets.Button
	inner  *fyne.Container
	object *fyne.Container
}

func newAuditCheck(env *Env, changed func(), goTo func(uint64)) *auditCheck {
	c := &auditCheck{env: env, changed: changed, goTo: goTo, title: widgets.NewLine(), text: widgets.NewParagraph(widgets.Muted(""))}
	c.verify = env.button("audit.verify", widgets.Secondary, "audit.verify", func() { c.run(false) })
	c.held = env.button("audit.verify.pen", widgets.Secondary, "audit.verify.pen", func() { c.run(true) })
	c.stop = env.button("audit.verify.stop", widgets.Secondary, "cancel", func() {
		if c.cancel != nil {
			c.cancel()
		}
	})
	c.place = env.button("audit.finding.show", widgets.Primary, "audit.finding.show", func() { c.goTo(c.verdict.Findings[0].To) })
	c.more = env.button("audit.finding.all", widgets.Secondary, "audit.finding.all", c.showAll)
	c.inner = arrange(fyne.NewSize(200, 100), c.layout, c.title, c.text, c.verify, c.held, c.stop, c.place, c.more)
	c.object = container.NewStack(widgets.NewCard(c.inner, cardPad))
	c.draw()
	return c
}

// clear forgets what was found and gives up what is going on.
func (c *auditCheck) clear() {
	if c.cancel != nil {
		c.cancel()
	}
	c.asked++
	c.verdict, c.err, c.cancel = nil, nil, nil
	c.draw()
}

// connect says whether a pen is there to hold the chain against.
func (c *auditCheck) connect(pen bool) {
	if c.pen != pen {
		c.pen = pen
		c.draw()
	}
}

// set shows a verdict.
func (c *auditCheck) set(v *console.AuditVerdict) {
	c.verdict, c.err = v, nil
	c.draw()
}

// broken says whether an entry is among those that are not as they were.
func (c *auditCheck) broken(seq uint64) bool {
	if c.verdict != nil {
		for _, f := range c.verdict.Findings {
			if f.From <= seq && seq <= f.To {
				return true
			}
		}
	}
	return false
}

// run judges the chain.
func (c *auditCheck) run(withPen bool) {
	c.asked++
	mine := c.asked
	c.cancel = func() {}
	c.progress(console.AuditProgress{})
	c.draw()
	cancel := c.env.Desk.VerifyAudit(withPen, func(p console.AuditProgress) {
		c.env.Do(func() {
			if mine == c.asked && c.cancel != nil {
				c.progress(p)
			}
		})
	}, func(v *console.AuditVerdict, err error) {
		c.env.Do(func() {
			if mine == c.asked {
				c.done(v, err)
			}
		})
	})
	if c.cancel != nil { // it may be done already
		c.cancel = cancel
	}
}

func (c *auditCheck) progress(p console.AuditProgress) {
	c.title.Set(widgets.Strong(c.env.t("audit.verify.running")))
	c.text.Set(widgets.Muted(c.env.t("audit.verify.progress", words.Count(int(p.Seen)), words.Count(int(p.Of)))))
	c.inner.Refresh()
}

func (c *auditCheck) done(v *console.AuditVerdict, err error) {
	c.cancel = nil
	switch {
	case err == nil:
		c.verdict, c.err = v, nil
	case !errors.Is(err, console.ErrCancelled):
		c.err = err
	}
	c.draw()
	c.changed()
}

// word is the state for a test.
func (c *auditCheck) word() string {
	switch {
	case c.cancel != nil:
		return "running"
	case c.err != nil:
		return "failed"
	case c.verdict == nil:
		return "none"
	case c.verdict.OK():
		return "whole"
	}
	return "broken"
}

func (c *auditCheck) draw() {
	busy, found := c.cancel != nil, c.word() == "broken"
	show(c.verify, !busy)
	show(c.held, !busy && !found)
	show(c.stop, busy)
	show(c.place, found)
	show(c.more, found)
	reason := ""
	if !c.pen {
		reason = c.env.t("audit.verify.nopen")
	}
	c.held.SetDisabled(!c.pen, reason)
	if !busy {
		title, text := c.says()
		c.title.Set(title)
		c.text.Set(text)
	}
	c.inner.Refresh()
}

// says is the state in words.
func (c *auditCheck) says() (title, text widgets.Run) {
	w, v := c.env.Words, c.verdict
	t := c.env.t
	switch c.word() {
	case "failed":
		s := w.Error(c.err)
		return widgets.Strong(s.What).In(theme.MediumInk).Marked(widgets.MarkTriangle), widgets.Plain(s.Hint())
	case "none":
		return widgets.Strong(t("audit.verify.none")), widgets.Muted(t("audit.verify.none.do"))
	case "whole":
		title = widgets.Strong(w.N("audit.verify.whole", int(v.Entries))).In(theme.Accent).Marked(widgets.IconCheck)
		return title, widgets.Muted(t("audit.verify.head", v.Short, auditTime(w, v.At, c.env.Now()), words.Foreign(v.By)) + c.penText())
	}
	title = widgets.Strong(findingText(w, v.Findings[0])).In(theme.HighInk).Marked(widgets.MarkSquare)
	return title, widgets.Plain(t("audit.finding.do"))
}

// penText is what the pen's log said.
func (c *auditCheck) penText() string {
	v, w := c.verdict, c.env.Words
	switch {
	case v.Pen == "":
		return ""
	case v.Notes == 0:
		return " " + w.T("audit.verify.nonotes", words.Foreign(v.Pen))
	}
	return " " + w.T("audit.verify.agreed", words.Count(v.Agreed), words.Count(v.Notes), words.Foreign(v.Pen))
}

// findingText is what was done to the chain, and where.
func findingText(w *words.Words, f console.AuditFinding) string {
	from, to := words.Count(int(f.From)), words.Count(int(f.To))
	where := w.T("audit.finding.range", from, to)
	if f.From == f.To {
		where = w.T("audit.finding.one", from)
	}
	return w.T("audit.finding", where, w.Or("audit.finding."+f.Kind, f.Kind))
}

// findingsShown is how many findings the note has room for.
const findingsShown = 10

// showAll lists all that was found, and what to do.
func (c *auditCheck) showAll() {
	w, v := c.env.Words, c.verdict
	var texts []widgets.Run
	for _, f := range v.Findings[:min(len(v.Findings), findingsShown)] {
		text := findingText(w, f)
		if f.Where != "" {
			text += " (" + words.Foreign(f.Where) + ")"
		}
		texts = append(texts, widgets.Plain(text))
	}
	if more := len(v.Findings) - findingsShown + int(v.Omitted); more > 0 {
		texts = append(texts, widgets.Muted(w.N("audit.finding.more", more)))
	}
	texts = append(texts, widgets.Strong(w.T("audit.finding.do")), widgets.Muted(w.T("audit.finding.restored")))
	c.env.note(w.T("audit.finding.title"), texts)
}

// height is what the card needs at a width.
func (c *auditCheck) height(wide float32) float32 {
	return 2*cardPad + height(c.title) + lineGap + c.text.HeightFor(wide-2*cardPad) + 8 + theme.Touch
}

func (c *auditCheck) layout(s fyne.Size) {
	title := height(c.title)
	place(c.title, 0, 0, s.Width, title)
	text := c.text.HeightFor(s.Width)
	place(c.text, 0, title+lineGap, s.Width, text)
	y := s.Height - theme.Touch
	x := float32(0)
	for _, b := range []*widgets.Button{c.place, c.verify, c.held, c.stop, c.more} {
		if b.Visible() {
			wide := max(b.MinSize().Width, 100)
			place(b, x, y, min(wide, s.Width-x), theme.Touch)
			x += wide + 8
		}
	}
}
