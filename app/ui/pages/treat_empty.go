package pages

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/ui/theme"
	"stipple/app/ui/widgets"
)

// emptyCard stands where there is nothing to show and says what to do next,
// with up to three acts.
type emptyCard struct {
	env     *Env
	title   *widgets.Line
	text    *widgets.Paragraph
	hint    *widgets.Paragraph
	buttons []*widgets.Button
	acts    []func()
	object  *fyne.Container
	inner   *fyne.Container
}

// emptyActs is how many acts an empty card can offer.
const emptyActs = 3

func newEmptyCard(env *Env) *emptyCard {
	c := &emptyCard{env: env, acts: make([]func(), emptyActs)}
	c.title = widgets.NewLineAligned(fyne.TextAlignCenter)
	c.text = widgets.NewParagraph(widgets.Muted(""))
	c.hint = widgets.NewParagraph(widgets.Muted(""))
	objects := []fyne.CanvasObject{c.title, c.text, c.hint}
	for i := range emptyActs {
		b := widgets.NewButton(env.Keys, widgets.Secondary, "", func() {
			if c.acts[i] != nil {
				c.acts[i]()
			}
		})
		b.Hide()
		c.buttons = append(c.buttons, b)
		objects = append(objects, b)
	}
	c.inner = arrange(fyne.NewSize(200, 120), c.layout, objects...)
	c.object = container.NewStack(widgets.NewCard(c.inner, cardPad))
	c.object.Hide()
	return c
}

// emptyState is what an empty card says.
type emptyState struct {
	title, text, hint string
	acts              []emptyAct
}

// emptyAct is one way on.
type emptyAct struct {
	name, text string
	primary    bool
	act        func()
}

func (c *emptyCard) set(s emptyState) {
	c.title.Set(widgets.Title(s.title))
	c.text.Set(widgets.Muted(s.text))
	c.hint.Set(widgets.Plain(s.hint))
	for i, b := range c.buttons {
		if i >= len(s.acts) {
			c.acts[i] = nil
			b.Hide()
			continue
		}
		kind := widgets.Secondary
		if s.acts[i].primary {
			kind = widgets.Primary
		}
		b.SetKind(kind)
		b.SetText(s.acts[i].text)
		c.acts[i] = s.acts[i].act
		c.env.name(b, "button", s.acts[i].name)
		b.Show()
	}
	c.inner.Refresh()
}

// readable is how wide a paragraph may be.
const readable float32 = 620

func (c *emptyCard) layout(s fyne.Size) {
	wide := min(s.Width, readable)
	left := (s.Width - wide) / 2
	title := height(c.title)
	text, hint := c.text.HeightFor(wide), c.hint.HeightFor(wide)
	buttons := theme.TouchFar
	total := title + 6 + text + hint + 18 + buttons
	y := max((s.Height-total)/2, 0)
	place(c.title, 0, y, s.Width, title)
	y += title + 6
	centre(c.text, left, y, wide, text)
	y += text
	centre(c.hint, left, y, wide, hint)
	y += hint + 18
	var all float32
	for _, b := range c.buttons {
		if b.Visible() {
			all += b.MinSize().Width + 24 + columnGap
		}
	}
	x := (s.Width - all + columnGap) / 2
	for _, b := range c.buttons {
		if b.Visible() {
			w := b.MinSize().Width + 24
			place(b, x, y, w, max(buttons, height(b)))
			x += w + columnGap
		}
	}
}

// centre places a paragraph in the middle of a width if it fits on one line,
// else at its left.
func centre(p *widgets.Paragraph, x, y, wide, tall float32) {
	natural := wide
	for low, high := float32(0), wide; high-low > 1; {
		mid := (low + high) / 2
		if p.HeightFor(mid) <= tall {
			natural, high = mid, mid
		} else {
			low = mid
		}
	}
	natural = min(natural+1, wide)
	place(p, x+(wide-natural)/2, y, natural, tall)
}

// showEmpty says why there are no controls, and says whether the card came or
// went.
func (p *Treat) showEmpty(v *console.View) bool {
	if len(v.Controls) > 0 {
		return show(p.empty.object, false)
	}
	p.empty.set(p.emptyState(v))
	return show(p.empty.object, true)
}

// emptyState is why there is no pen to set. A pen that is known has its
// controls, also before there are limits.
func (p *Treat) emptyState(v *console.View) emptyState {
	e := p.env
	switch {
	case v.Pen.Phase == console.Monitor:
		s := e.Words.Error(v.Pen.Problem)
		return emptyState{title: e.t("treat.monitor"), text: s.Text()}
	case v.Pen.Phase == console.Handshake || v.Pen.Connected:
		return emptyState{title: e.t("treat.connecting"), text: e.t("treat.connecting.do")}
	}
	return p.noPen(v)
}

func (p *Treat) noPen(v *console.View) emptyState {
	e := p.env
	s := emptyState{title: e.t("treat.nopen"), text: e.t("treat.nopen.do"), acts: []emptyAct{
		{"treat.empty.plug", e.t("treat.nopen.plug"), false, p.howToPlug},
	}}
	if v.Pen.Problem != nil {
		s.hint = e.Words.Error(v.Pen.Problem).Text()
	}
	if v.Pen.CanSimulate {
		s.acts = append(s.acts,
			emptyAct{"treat.empty.sim_rf", e.t("treat.nopen.rf"), true, func() { e.Desk.UseSimulated(clinical.RF) }},
			emptyAct{"treat.empty.sim_needling", e.t("treat.nopen.needling"), false, func() { e.Desk.UseSimulated(clinical.Needling) }})
	}
	return s
}

// howToPlug says how a pen is found.
func (p *Treat) howToPlug() {
	p.env.note(p.env.t("treat.nopen.plug"), []widgets.Run{widgets.Plain(p.env.t("treat.nopen.looking"))})
}
