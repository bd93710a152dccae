package pages

import (
	"strconv"
	"time"

	"fyne.io/fyne/v2"

	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/ui/theme"
	"stipple/app/ui/widgets"
	"stipple/app/ui/words"
)

// auditSheet is the audit chain: who did what, what each entry says in full, and whether
// the chain is as it was written.
type auditSheet struct {
	env *Env
	who clinical.Operator // for whom everything here was read

	filter  *auditFilter
	asked   int // the newest question for a page
	cancel  func()
	waiting bool   // for the answer to it
	from    uint64 // the question: entries before this number; 0: the newest
	newer   []uint64
	page    console.AuditPage
	chosen  uint64 // number of the entry in the details; 0: none
	list    *widgets.RowList
	card    *widgets.Card
	state   *widgets.Line
	stop    *widgets.Button
	back    *widgets.Button
	on      *widgets.Button
	details *auditDetails
	check   *auditCheck
	export  *widgets.Button
	content *fyne.Container
}

var _ sheet = (*auditSheet)(nil)

func newAudit(env *Env) *auditSheet {
	s := &auditSheet{env: env, cancel: func() {}, state: widgets.NewLine()}
	s.filter = newAuditFilter(env, s.fresh)
	s.list = widgets.NewRowList(env.Keys, s.choose, s.choose)
	env.name(s.list, "list", "audit.list")
	s.card = widgets.NewCard(s.list, 1)
	s.stop = env.button("audit.stop", widgets.Secondary, "audit.stop", func() { s.cancel() })
	s.back = env.button("audit.newer", widgets.Secondary, "audit.newer", s.turnBack)
	s.on = env.button("audit.older", widgets.Secondary, "audit.older", s.turnOn)
	s.export = env.button("audit.export", widgets.Secondary, "audit.export", func() { newAuditExport(s).ask() })
	s.details = newAuditDetails(env, s.only)
	s.check = newAuditCheck(env, s.judged, s.showAt)
	s.content = arrange(fyne.NewSize(700, 400), s.layout, s.filter.object, s.export, s.card, s.state, s.stop, s.back, s.on,
		s.details.object, s.check.object)
	s.draw()
	return s
}

func (s *auditSheet) name() string                    { return "audit" }
func (s *auditSheet) permission() clinical.Permission { return clinical.PermitAuditRead }
func (s *auditSheet) object() fyne.CanvasObject       { return s.content }
func (s *auditSheet) tick(time.Time)                  {}

func (s *auditSheet) show(v *console.View) { s.check.connect(v.Pen.Connected) }

// enter reads the newest page anew. Somebody else begins with nothing of the one before.
func (s *auditSheet) enter() {
	v := s.env.Desk.View()
	if v.Operator != s.who {
		s.who = v.Operator
		s.filter.clear(may(v, clinical.PermitPatientData))
		s.check.clear()
	}
	s.fresh()
}

// fresh asks for the newest page of what the filter lets through.
func (s *auditSheet) fresh() {
	s.newer = nil
	s.ask(0)
}

func (s *auditSheet) turnOn() {
	s.newer = append(s.newer, s.from)
	s.ask(s.page.Next)
}

func (s *auditSheet) turnBack() {
	n := len(s.newer) - 1
	from := s.newer[n]
	s.newer = s.newer[:n]
	s.ask(from)
}

// ask reads a page. A question before it is given up.
func (s *auditSheet) ask(from uint64) {
	s.cancel()
	s.asked++
	mine := s.asked
	s.from, s.waiting, s.cancel = from, true, func() {}
	if !s.filter.good() { // it says what is wrong
		s.take(console.AuditPage{}, nil)
		return
	}
	s.draw()
	s.cancel = s.env.Desk.AuditPage(s.filter.asked, from, func(p console.AuditProgress) {
		s.env.Do(func() {
			if mine == s.asked && s.waiting {
				s.progress(p)
			}
		})
	}, func(page console.AuditPage, err error) {
		s.env.Do(func() {
			if mine == s.asked {
				s.take(page, err)
			}
		})
	})
}

// progress tells how far a search is that takes its time. What was found for an older
// question is not there any more.
func (s *auditSheet) progress(p console.AuditProgress) {
	s.list.Set(nil, s.env.t("audit.searching.list"))
	s.state.Set(widgets.Muted(s.env.t("audit.searching", words.Count(int(p.Seen)), words.Count(int(p.Of)), words.Count(p.Found))))
	show(s.stop, true)
}

// take shows what came of a question.
func (s *auditSheet) take(page console.AuditPage, err error) {
	s.waiting, s.page, s.chosen = false, page, 0
	s.filter.know(page)
	if err == nil && page.Last != nil {
		s.check.set(page.Last)
	}
	s.fill(err)
	s.draw()
}

func (s *auditSheet) fill(err error) {
	rows := make([]widgets.Row, len(s.page.Rows))
	for i, r := range s.page.Rows {
		rows[i] = auditRow(s.env.Words, r, s.env.Now(), s.check.broken(r.Seq))
	}
	s.list.Select(-1)
	s.list.Set(rows, s.emptyText(err))
	s.details.set(nil)
}

// emptyText says why nothing is listed, and what to do.
func (s *auditSheet) emptyText(err error) string {
	t := s.env.t
	switch {
	case err != nil:
		return s.env.Words.Error(err).Text()
	case !s.filter.good():
		return ""
	case s.page.Cut:
		return t("audit.cut") + "\n" + t("audit.cut.do")
	case s.filter.any():
		return t("audit.nothing") + "\n" + t("audit.nothing.do")
	}
	return t("audit.none") + "\n" + t("audit.none.do")
}

// draw shows what can be done, and where in the chain the page is.
func (s *auditSheet) draw() {
	show(s.stop, false)
	rows := s.page.Rows
	s.back.SetDisabled(s.waiting || len(s.newer) == 0, "")
	s.on.SetDisabled(s.waiting || s.page.Next == 0, "")
	s.export.SetDisabled(len(rows) == 0, "")
	switch {
	case s.waiting:
	case !s.filter.good():
		s.state.Set(widgets.Plain(s.filter.problem).In(theme.HighInk).Marked(widgets.MarkSquare))
	case len(rows) == 0:
		s.state.Set()
	default:
		last := rows[len(rows)-1].Seq
		s.state.Set(widgets.Muted(s.env.t("audit.range", words.Count(int(rows[0].Seq)), words.Count(int(last)), words.Count(int(s.page.Newest)))))
	}
	s.content.Refresh()
}

func (s *auditSheet) choose(i int) {
	if i < 0 || i >= len(s.page.Rows) {
		return
	}
	s.chosen = s.page.Rows[i].Seq
	s.list.Select(i)
	s.filter.near = s.page.Rows[i]
	s.details.set(&s.page.Rows[i])
	s.content.Refresh()
}

// only shows nothing but what is about the same as the chosen entry.
func (s *auditSheet) only(r console.AuditRow) {
	s.filter.about(r)
	s.fresh()
}

// judged marks the entries that a verification found.
func (s *auditSheet) judged() {
	if !s.waiting {
		s.fill(nil)
	}
	s.draw()
}

// showAt goes to a place in the chain, whatever the filter was.
func (s *auditSheet) showAt(seq uint64) {
	s.filter.clear(s.filter.patients)
	s.newer = []uint64{0}
	s.ask(seq + 1)
}

// auditSide is the width of the column with the details.
const auditSide float32 = 420

// layout has the list at the left, and over STOP the details of an entry and the state
// of the chain.
func (s *auditSheet) layout(size fyne.Size) {
	left := size.Width - auditSide - columnGap
	export := max(s.export.MinSize().Width, 140)
	top := s.filter.height()
	s.filter.free = export + 8
	place(s.filter.object, 0, 0, left, top)
	place(s.export, left-export, 0, export, s.filter.line())
	button := max(theme.Touch, height(s.on))
	y := size.Height - button
	place(s.card, 0, top+rowGap, left, y-top-2*rowGap)
	const turn = 110
	x := left - 2*turn - 8
	place(s.back, x, y, turn, button)
	place(s.on, x+turn+8, y, turn, button)
	wide := max(s.stop.MinSize().Width, turn)
	place(s.stop, x-wide-8, y, wide, button)
	if s.stop.Visible() {
		x -= wide + 8
	}
	place(s.state, 4, y, x-12, button)
	x = left + columnGap
	bottom := size.Height - stopRoom + pageBottom
	check := s.check.height(auditSide)
	place(s.details.object, x, 0, auditSide, bottom-check-rowGap)
	place(s.check.object, x, bottom-check, auditSide, check)
}

func (s *auditSheet) states(into map[string]string) {
	into["audit"] = strconv.Itoa(len(s.page.Rows))
	into["audit.newest"] = strconv.FormatUint(s.page.Newest, 10)
	into["audit.waits"] = strconv.FormatBool(s.waiting)
	into["audit.check"] = s.check.word()
}
