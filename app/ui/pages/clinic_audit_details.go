package pages

import (
	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"

	"stipple/app/console"
	"stipple/app/ui/theme"
	"stipple/app/ui/widgets"
)

// auditDetails is one entry in full. What has no room is on a further page.
type auditDetails struct {
	env    *Env
	row    *console.AuditRow // nil: none
	lines  []*widgets.Paragraph
	used   int   // how many of them say something
	first  []int // the line that each page begins with
	at     int   // the page
	only   *widgets.Button
	pager  *pager
	inner  *fyne.Container
	object *fyne.Container
}

func newAuditDetails(env *Env, only func(console.AuditRow)) *auditDetails {
	d := &auditDetails{env: env}
	d.only = env.button("audit.only", widgets.Secondary, "audit.only", func() {
		if d.row != nil {
			only(*d.row)
		}
	})
	d.pager = newPager(env, "audit.details", func(by int) {
		d.at += by
		d.inner.Refresh()
	})
	d.inner = arrange(fyne.NewSize(200, 100), d.layout, d.only, d.pager.object)
	d.object = container.NewStack(widgets.NewCard(d.inner, cardPad))
	d.set(nil)
	return d
}

// set shows an entry; nil: what to do to see one.
func (d *auditDetails) set(r *console.AuditRow) {
	d.row, d.at, d.first = r, 0, nil
	runs := []widgets.Run{widgets.Muted(d.env.t("audit.choose"))}
	subject := ""
	if r != nil {
		runs = auditLines(d.env.Words, *r, d.env.Now())
		subject, _ = subjectOf(d.env.Words, *r)
	}
	d.used = 0 // adding a line lays out those that are there
	for len(d.lines) < len(runs) {
		p := widgets.NewParagraph(widgets.Plain(""))
		d.lines = append(d.lines, p)
		d.inner.Add(p)
	}
	for i, r := range runs {
		d.lines[i].Set(r)
	}
	d.used = len(runs)
	show(d.only, subject != "")
	d.inner.Refresh()
}

func (d *auditDetails) layout(s fyne.Size) {
	n, foot := d.used, float32(0)
	if d.only.Visible() {
		foot = theme.Touch + 6
	}
	d.split(n, s.Width, s.Height-foot)
	if len(d.first) > 1 {
		foot = theme.Touch + 6
		d.split(n, s.Width, s.Height-foot)
	}
	d.at = min(max(d.at, 0), len(d.first)-1)
	from, to := d.first[d.at], n
	if d.at+1 < len(d.first) {
		to = d.first[d.at+1]
	}
	y := float32(0)
	for i, p := range d.lines {
		if show(p, i >= from && i < to); i < from || i >= to {
			continue
		}
		h := p.HeightFor(s.Width)
		place(p, 0, y, s.Width, h)
		y += h + lineGap
	}
	d.pager.set(from, to-from, n)
	wide := min(max(d.only.MinSize().Width, 120), s.Width)
	bottom := s.Height - theme.Touch
	place(d.only, 0, bottom, wide, theme.Touch)
	pager := min(pagerWide, s.Width)
	if d.only.Visible() {
		pager = s.Width - wide - 8
	}
	place(d.pager.object, s.Width-pager, bottom, pager, theme.Touch)
}

// split says which line each page begins with. A line of its own height is on a page of
// its own where nothing else helps.
func (d *auditDetails) split(n int, wide, tall float32) {
	d.first = []int{0}
	y := float32(0)
	for i, p := range d.lines[:n] {
		h := p.HeightFor(wide)
		if y > 0 && y+h > tall {
			d.first = append(d.first, i)
			y = 0
		}
		y += h + lineGap
	}
}
