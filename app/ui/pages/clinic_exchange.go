package pages

import (
	"path/filepath"
	"sync/atomic"
	"time"

	"fyne.io/fyne/v2"

	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/ui/theme"
	"stipple/app/ui/widgets"
	"stipple/app/ui/words"
)

// When a person is told that something is going on, and when it can be ended.
const (
	busyShown  = 300 * time.Millisecond
	busyCancel = 2 * time.Second
)

// exchangeSheet brings patients in and takes them out. It shows one stage after the
// other: what can be done, what a file would come to, and what has come of it.
type exchangeSheet struct {
	env   *Env
	who   clinical.Operator // whose the stage is
	asked int               // the newest question
	busy  *exchangeBusy     // nil: nothing is going on
	stage exchangeStage

	table   console.TablePreview
	room    console.RoomPreview
	decided map[int]clinical.Decision
	out     *tableExport
	reason  string // of a file for another room, also half written
	query   string // who goes into it, likewise

	title, sub *widgets.Line
	tabs       *widgets.Tabs
	list       *widgets.RowList
	card       *widgets.Card
	text       *widgets.Paragraph
	code       *widgets.CodeField
	notice     *widgets.Paragraph
	buttons    []*widgets.Button
	content    *fyne.Container
}

// exchangeStage is what the sheet shows.
type exchangeStage struct {
	name       string // for a trace
	title, sub string
	tabs       bool // of a table
	rows       []widgets.Row
	empty      string
	choose     func(i int)
	text       string // in the place of the list
	code       string // under it
	notice     widgets.Run
	acts       [exchangeActs]exchangeAct
}

// exchangeAct is one way on; no text: there is none.
type exchangeAct struct {
	text string
	kind widgets.ButtonKind
	off  bool
	act  func()
}

// The acts, from the left.
const (
	exchangeBack = iota
	exchangeMore
	exchangeGo
	exchangeActs
)

// exchangeBusy is an import or export that is going on.
type exchangeBusy struct {
	title    string
	begun    time.Time
	done, of atomic.Int64
}

func (b *exchangeBusy) told(done, of int) {
	b.done.Store(int64(done))
	b.of.Store(int64(of))
}

var _ sheet = (*exchangeSheet)(nil)

func newExchange(env *Env) *exchangeSheet {
	s := &exchangeSheet{env: env, title: widgets.NewLine(), sub: widgets.NewLine()}
	s.out = &tableExport{env: env, run: s.exportTable}
	s.tabs = widgets.NewTabs(env.Keys, s.tableTabs(), func(int) { s.toTable(widgets.Run{}) })
	env.name(s.tabs, "tabs", "exchange.tab")
	s.list = widgets.NewRowList(env.Keys, nil, func(i int) {
		if s.stage.choose != nil && s.busy == nil {
			env.active(func() { s.stage.choose(i) })()
		}
	})
	env.name(s.list, "list", "exchange.list")
	s.card = widgets.NewCard(s.list, 1)
	s.text = widgets.NewParagraph(widgets.Plain(""))
	s.code = widgets.NewCodeView(env.Keys, codeLength)
	env.name(s.code, "code", "exchange.shown")
	s.notice = widgets.NewParagraph(widgets.Muted(""))
	objects := []fyne.CanvasObject{s.title, s.sub, s.tabs, s.card, s.text, s.code, s.notice}
	for i, name := range []string{"back", "more", "go"} {
		b := env.button("exchange."+name, widgets.Secondary, "close", func() { s.act(i) })
		s.buttons = append(s.buttons, b)
		objects = append(objects, b)
	}
	s.content = arrange(fyne.NewSize(400, 300), s.layout, objects...)
	s.toStart(widgets.Run{})
	return s
}

// codeLength is how many characters the code of a file for another room has.
const codeLength = 20

func (s *exchangeSheet) name() string                    { return "exchange" }
func (s *exchangeSheet) permission() clinical.Permission { return clinical.PermitImportPatient }
func (s *exchangeSheet) object() fyne.CanvasObject       { return s.content }
func (s *exchangeSheet) show(*console.View)              {}

// enter forgets what was somebody else's. What is going on for the same person, and a
// code that stands nowhere else, stays.
func (s *exchangeSheet) enter() {
	who := s.env.Desk.View().Operator
	if who == s.who {
		return
	}
	s.asked++
	s.who, s.busy = who, nil
	s.reason, s.query, s.out.reason = "", "", ""
	s.toStart(widgets.Run{})
}

// tick shows what takes longer.
func (s *exchangeSheet) tick(now time.Time) {
	if s.busy == nil || now.Sub(s.busy.begun) < busyShown {
		return
	}
	s.arrange()
}

func (s *exchangeSheet) states(into map[string]string) {
	into["exchange"] = s.stage.name
	if s.busy != nil {
		into["exchange.busy"] = "yes"
	}
}

// begin asks the desk for something that may take its time.
func begin[T any](s *exchangeSheet, title string, ask func(told console.Told, done func(T, error)), then func(T, error)) {
	if s.busy != nil {
		return
	}
	s.asked++
	mine := s.asked
	s.busy = &exchangeBusy{title: title, begun: s.env.Now()}
	s.arrange()
	ask(s.busy.told, func(v T, err error) {
		s.env.Do(func() {
			if mine != s.asked {
				return
			}
			s.busy = nil
			then(v, err)
		})
	})
}

// to shows a stage.
func (s *exchangeSheet) to(stage exchangeStage) {
	s.stage = stage
	s.list.Select(-1)
	s.list.Set(stage.rows, stage.empty)
	s.text.Set(widgets.Plain(stage.text))
	s.code.Set([]byte(stage.code))
	s.arrange()
}

// act is what a button does; while something is going on, the first one ends it.
func (s *exchangeSheet) act(i int) {
	if s.busy != nil {
		s.env.Desk.CancelExchange()
		return
	}
	if do := s.stage.acts[i].act; do != nil {
		do()
	}
}

// arrange draws the stage, or what is going on.
func (s *exchangeSheet) arrange() {
	st := s.stage
	took := time.Duration(0)
	if s.busy != nil {
		took = s.env.Now().Sub(s.busy.begun)
	}
	busy := s.busy != nil && took >= busyShown
	if busy {
		st = s.going(took)
	}
	s.title.Set(widgets.Title(st.title))
	s.sub.Set(widgets.Muted(st.sub))
	s.notice.Set(st.notice)
	show(s.tabs, st.tabs)
	show(s.card, st.text == "" && !busy)
	show(s.text, st.text != "")
	show(s.code, st.code != "")
	for i, b := range s.buttons {
		a := st.acts[i]
		show(b, a.text != "")
		b.SetText(a.text)
		b.SetKind(a.kind)
		b.SetDisabled(a.off || s.busy != nil && !busy, "")
	}
	s.content.Refresh()
}

// going is what is shown of what is going on.
func (s *exchangeSheet) going(took time.Duration) exchangeStage {
	st := exchangeStage{title: s.busy.title}
	if of := s.busy.of.Load(); of > 0 {
		st.sub = s.env.t("exchange.part", words.Count(int(s.busy.done.Load()*100/of)))
	}
	if took >= busyCancel {
		st.acts[exchangeBack] = exchangeAct{text: s.env.t("cancel"), kind: widgets.Secondary, act: func() {}}
	}
	return st
}

// The measures of the sheet at 100 %.
const (
	exchangeButton float32 = 250
	exchangeText   float32 = 760 // a line that can be read
	stopCorner     float32 = 262 + 16
)

func (s *exchangeSheet) layout(size fyne.Size) {
	y := float32(0)
	place(s.title, 0, y, size.Width, height(s.title))
	y += height(s.title) + 2
	place(s.sub, 0, y, size.Width, height(s.sub))
	y += height(s.sub) + rowGap
	if s.tabs.Visible() {
		place(s.tabs, 0, y, size.Width, height(s.tabs))
		y += height(s.tabs) + rowGap
	}
	bottom := size.Height - stopRoom
	place(s.card, 0, y, size.Width, bottom-y)
	wide := min(size.Width, exchangeText)
	tall := s.text.HeightFor(wide)
	place(s.text, 0, y, wide, tall)
	place(s.code, 0, y+tall+2*rowGap, min(size.Width, s.code.MinSize().Width), height(s.code))
	left := size.Width - stopCorner - columnGap
	place(s.notice, 0, bottom+rowGap, left, s.notice.HeightFor(left))
	row := max(theme.TouchFar, height(s.buttons[0]))
	x := float32(0)
	for _, b := range s.buttons {
		if !b.Visible() {
			continue
		}
		w := max(b.MinSize().Width, min(exchangeButton, (left-2*rowGap)/exchangeActs))
		place(b, x, size.Height-row, w, row)
		x += w + rowGap
	}
}

// toStart shows what can be done.
func (s *exchangeSheet) toStart(notice widgets.Run) {
	t := s.env.t
	s.table, s.room, s.decided = console.TablePreview{}, console.RoomPreview{}, nil
	row := func(key string, mark widgets.Icon) widgets.Row {
		return widgets.Row{
			Key: key, Mark: mark, MarkColor: theme.TextSecondary,
			Title: []widgets.Run{widgets.Strong(t("exchange." + key))}, Sub: []widgets.Run{widgets.Small(t("exchange." + key + ".sub"))},
		}
	}
	acts := []func(){s.chooseTable, s.chooseRoom, s.openRoomExport, func() { s.out.open(clinical.Patient{}) }}
	s.to(exchangeStage{
		name: "start", title: t("exchange.start"), sub: t("exchange.start.sub"),
		rows: []widgets.Row{
			row("table_in", widgets.IconFile), row("room_in", widgets.IconLock), row("room_out", widgets.IconLock), row("table_out", widgets.IconFile),
		},
		choose: func(i int) { acts[i]() },
		notice: notice,
	})
}

// back leads to the start.
func (s *exchangeSheet) back() exchangeAct {
	return exchangeAct{text: s.env.t("exchange.back"), kind: widgets.Secondary, act: func() { s.toStart(widgets.Run{}) }}
}

// toRefused says why a file can't be used.
func (s *exchangeSheet) toRefused(path string, err error, again func()) {
	e := s.env.Words.Error(err)
	st := exchangeStage{name: "refused", title: e.What, sub: words.Foreign(filepath.Base(path)), text: e.Hint()}
	if st.text == "" {
		st.text = s.env.t("exchange.nothing")
	}
	st.acts[exchangeBack] = s.back()
	st.acts[exchangeGo] = exchangeAct{text: s.env.t("exchange.another"), kind: widgets.Primary, act: again}
	s.to(st)
}

// wrong is an error as a notice.
func (e *Env) wrong(err error) widgets.Run {
	return widgets.Plain(e.Words.Error(err).Text()).In(theme.HighInk).Marked(widgets.MarkSquare)
}

// toReport says what an import has come to; err is what ended it early.
func (s *exchangeSheet) toReport(r console.ImportReport, err error) {
	w := s.env.Words
	st := exchangeStage{name: "report", title: w.T("exchange.report")}
	st.sub = w.N("exchange.patients", r.Patients)
	if r.Presets > 0 {
		st.sub = w.T("exchange.and", st.sub, w.N("exchange.presets", r.Presets))
	}
	st.sub = w.T("exchange.stored", st.sub)
	if err != nil {
		st.title, st.notice = w.T("exchange.report.early"), s.env.wrong(err)
	}
	fact := func(key string, n int) {
		if n > 0 {
			st.rows = append(st.rows, widgets.Row{Key: key, Title: []widgets.Run{widgets.Plain(w.T("exchange.report." + key))}, Right: []widgets.Run{widgets.Strong(words.Count(n))}})
		}
	}
	fact("same", r.Same)
	fact("kept", r.Kept)
	fact("left", r.Left)
	person := func(p clinical.Patient, why string) {
		st.rows = append(st.rows, widgets.Row{
			Key: string(p.ID), Title: []widgets.Run{widgets.Strong(fullName(p))}, Sub: []widgets.Run{widgets.Small(why)},
			Right: []widgets.Run{widgets.Muted(p.FileNumber)},
		})
	}
	for _, p := range r.Open {
		person(p, w.T("exchange.report.open"))
	}
	for _, p := range r.Another {
		person(p, w.T("exchange.report.another"))
	}
	for _, f := range r.Refused {
		person(f.Patient, s.env.refusedWhy(f.Err))
	}
	st.empty = w.T("exchange.report.all")
	st.acts[exchangeGo] = exchangeAct{text: w.T("exchange.done"), kind: widgets.Primary, act: func() { s.toStart(widgets.Run{}) }}
	s.to(st)
}

// refusedWhy is why the store did not take a patient.
func (e *Env) refusedWhy(err error) string {
	for field, problem := range e.Words.Fields(err) {
		return e.fieldWord(field) + " " + problem
	}
	return e.Words.Error(err).Text()
}

// fieldWord is what a field of a patient is called.
func (e *Env) fieldWord(field string) string { return e.Words.Or("exchange.field."+field, field) }

// fileName is a suggested name that tells of nobody.
func (e *Env) fileName(what, ext string) string {
	return "stipple-" + what + "-" + e.Now().Format(time.DateOnly) + ext
}
