package pages

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"fyne.io/fyne/v2"

	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/ui/overlay"
	"stipple/app/ui/theme"
	"stipple/app/ui/widgets"
	"stipple/app/ui/words"
)

// operatorSheet is who works in the clinic: a list, and who is chosen in it.
type operatorSheet struct {
	env    *Env
	view   *console.View
	asked  int // the newest question for the list
	all    clinical.Staff
	failed error // why there is no list
	chosen clinical.ID
	half   *operatorForm // that something other than a person has closed

	about *widgets.Paragraph // why less can be done here than else
	count *widgets.Line
	list  *widgets.RowList
	card  *widgets.Card
	title *widgets.Line
	facts *factSheet
	note  *widgets.Paragraph // what is not whole about who is chosen
	said  *widgets.Paragraph // what came of the newest act
	told  string             // the text of it
	acts  []operatorAct
	// add stands over the list, the acts under who is chosen.
	add     *widgets.Button
	content *fyne.Container
}

// operatorAct is a button about who is chosen.
type operatorAct struct {
	button *widgets.Button
	adds   bool                       // it takes somebody up
	offers func(clinical.Member) bool // whether it is offered
}

var _ sheet = (*operatorSheet)(nil)

func newOperators(env *Env) *operatorSheet {
	s := &operatorSheet{env: env, view: &console.View{}}
	s.list = widgets.NewRowList(env.Keys, s.pick, s.pick)
	env.name(s.list, "list", "clinic.operators")
	s.card = widgets.NewCard(s.list, 1)
	s.about, s.note, s.said = widgets.NewParagraph(widgets.Plain("")), widgets.NewParagraph(widgets.Plain("")), widgets.NewParagraph(widgets.Plain(""))
	s.count, s.title = widgets.NewLine(), widgets.NewLine()
	s.facts = newFactSheet(1)
	s.add = env.button("clinic.operators.add", widgets.Primary, "staff.add", func() { s.open(formAdd, clinical.Member{}) })
	on := func(name string, kind widgets.ButtonKind, key string, act func(clinical.Member), offers func(clinical.Member) bool) {
		b := env.button("clinic.operators."+name, kind, key, func() {
			if m, ok := s.all.Find(s.chosen); ok {
				act(m)
			}
		})
		b.SetMinSize(fyne.NewSize(0, theme.TouchFar))
		s.acts = append(s.acts, operatorAct{b, name == "admit" || name == "again", offers})
	}
	form := func(k formKind) func(clinical.Member) { return func(m clinical.Member) { s.open(k, m) } }
	on("admit", widgets.Primary, "staff.admit", form(formAdd), func(m clinical.Member) bool { return m.Works() && m.SignIn == "" })
	on("again", widgets.Secondary, "staff.again", form(formAdd), func(m clinical.Member) bool { return m.Left && m.SignIn == "" })
	on("change", widgets.Secondary, "staff.change", form(formChange), clinical.Member.Works)
	on("renew", widgets.Secondary, "staff.renew", form(formRenew), clinical.Member.CanSignIn)
	on("remove", widgets.Secondary, "staff.remove", s.askRemove, func(m clinical.Member) bool { return m.Works() || m.SignIn != "" })
	objects := []fyne.CanvasObject{s.about, s.count, s.add, s.card, s.title, s.facts.object, s.note}
	for _, a := range s.acts {
		objects = append(objects, a.button)
	}
	s.content = arrange(fyne.NewSize(400, 300), s.layout, append(objects, s.said)...)
	return s
}

func (s *operatorSheet) name() string                    { return "operators" }
func (s *operatorSheet) permission() clinical.Permission { return clinical.PermitOperators }
func (s *operatorSheet) object() fyne.CanvasObject       { return s.content }
func (s *operatorSheet) tick(time.Time)                  {}

// enter reads the list anew, and forgets what was said.
func (s *operatorSheet) enter() {
	s.say("", false)
	s.read()
}

// show draws what depends on who is at work.
func (s *operatorSheet) show(v *console.View) {
	old := s.view
	s.view = v
	if old.Operator.ID != v.Operator.ID {
		s.half, s.chosen = nil, ""
	}
	if old.Operator != v.Operator || old.Vacant != v.Vacant || old.Training != v.Training {
		s.fill()
	}
}

// read asks for the list.
func (s *operatorSheet) read() {
	s.asked++
	mine := s.asked
	s.env.Desk.Staff(func(all clinical.Staff, err error) {
		s.env.Do(func() {
			if mine == s.asked {
				s.take(all, err)
			}
		})
	})
}

// take shows a list, or why there is none.
func (s *operatorSheet) take(all clinical.Staff, err error) {
	s.asked++ // whatever is still on its way is older
	s.all, s.failed = slices.Clone(all), err
	rank := func(m clinical.Member) int {
		switch {
		case m.Works():
			return 0
		case m.SignIn != "": // a way in to be removed
			return 1
		}
		return 2
	}
	slices.SortStableFunc(s.all, func(a, b clinical.Member) int { return cmp.Compare(rank(a), rank(b)) })
	s.fill()
}

// fill shows the list, and who is chosen in it: the first, until a person has chosen.
func (s *operatorSheet) fill() {
	if _, found := s.all.Find(s.chosen); !found && len(s.all) > 0 {
		s.chosen = s.all[0].ID
	}
	rows := make([]widgets.Row, len(s.all))
	for i, m := range s.all {
		rows[i] = s.row(m)
	}
	s.list.Set(rows, s.env.Words.Error(s.failed).Text())
	s.list.Select(slices.IndexFunc(s.all, func(m clinical.Member) bool { return m.ID == s.chosen }))
	s.draw()
}

func (s *operatorSheet) row(m clinical.Member) widgets.Row {
	r := widgets.Row{
		Key:   string(m.ID),
		Title: []widgets.Run{widgets.Strong(m.Name)},
		Sub:   []widgets.Run{widgets.Small(s.role(m.Role))},
		Right: []widgets.Run{widgets.Muted(m.SignIn)},
	}
	switch problem, _ := s.problem(m); {
	case m.Left && m.SignIn == "":
		r.Title = []widgets.Run{widgets.Muted(m.Name)}
		r.Right = []widgets.Run{widgets.Muted(s.env.t("staff.left"))}
	case problem != "":
		r.RightSub = []widgets.Run{widgets.Small(problem).In(theme.MediumInk)}
		r.Mark, r.MarkColor = widgets.MarkTriangle, theme.MediumInk
	case m.HoldsPatients:
		r.RightSub = []widgets.Run{widgets.Small(s.env.t("staff.patients"))}
		r.Mark = widgets.IconPatients
	case m.SignIn != "":
		r.Mark, r.MarkColor = widgets.IconCheck, theme.TextSecondary
	}
	if m.Name == "" {
		r.Title = []widgets.Run{widgets.Strong(m.SignIn)}
		r.Sub, r.Right = []widgets.Run{widgets.Small(s.env.t("staff.nobody"))}, nil
	}
	return r
}

// problem is what is not whole about somebody, and what to do; "" is nothing. In a
// training store nobody signs in.
func (s *operatorSheet) problem(m clinical.Member) (what, do string) {
	t := s.env.t
	switch {
	case s.view.Training:
		return "", ""
	case !m.Works() && m.SignIn != "":
		return t("staff.open"), t("staff.open.do")
	case m.Works() && m.SignIn == "":
		return t("staff.no_way_in"), t("staff.no_way_in.do")
	case m.Works() && m.Role.HoldsPatients() && !m.HoldsPatients:
		return t("staff.no_patients"), t("staff.no_patients.do")
	case m.Works() && !m.Role.HoldsPatients() && m.HoldsPatients:
		return t("staff.more"), t("staff.more.do")
	}
	return "", ""
}

func (s *operatorSheet) role(r clinical.Role) string {
	return s.env.Words.Or("role."+string(r), string(r))
}

// pick shows who was chosen in the list.
func (s *operatorSheet) pick(i int) {
	if i < len(s.all) {
		s.chosen = s.all[i].ID
		s.draw()
	}
}

// standsIn says whether who is at work acts in the place of an administrator.
func (s *operatorSheet) standsIn() bool { return !s.view.Operator.Role.May(clinical.PermitOperators) }

// draw shows who is chosen and what can be done.
func (s *operatorSheet) draw() {
	t := s.env.t
	about := ""
	switch {
	case s.view.Training:
		about = t("staff.training")
	case s.standsIn():
		about = t("staff.vacant")
	}
	s.about.Set(widgets.Plain(about))
	show(s.about, about != "")
	here := 0
	for _, m := range s.all {
		if m.Works() {
			here++
		}
	}
	s.count.Set(widgets.Muted(s.env.Words.N("staff.count", here)))
	word := t("staff.add")
	if s.standsIn() {
		word = t("staff.add.first")
	}
	s.add.SetText(word)
	show(s.add, !s.view.Training)
	m, chosen := s.all.Find(s.chosen)
	s.title.Set(widgets.Title(cmp.Or(m.Name, m.SignIn)))
	s.facts.set(s.factsOf(m))
	_, note := s.problem(m)
	if note == "" && m.Left {
		note = t("staff.left.do")
	}
	s.note.Set(widgets.Plain(note))
	show(s.title, chosen)
	show(s.facts.object, chosen && m.Name != "")
	show(s.note, note != "")
	for _, a := range s.acts {
		// Who stands in can bring the first administrator in, and nothing else.
		mayAct := !s.standsIn() || a.adds && m.Role == clinical.RoleAdministrator
		show(a.button, chosen && !s.view.Training && mayAct && a.offers(m))
	}
	s.content.Refresh()
}

func (s *operatorSheet) factsOf(m clinical.Member) []fact {
	t := s.env.t
	if m.Name == "" {
		return nil
	}
	patients, signIn := t("staff.patients.no"), cmp.Or(m.SignIn, t("staff.sign_in.none"))
	if m.HoldsPatients {
		patients = t("staff.patients.yes")
	}
	facts := []fact{{t("setup.role"), widgets.Plain(s.role(m.Role))}}
	if !s.view.Training {
		facts = append(facts, fact{t("setup.sign_in"), widgets.Plain(signIn)}, fact{t("staff.patients.label"), widgets.Plain(patients)})
	}
	if !m.Since.IsZero() {
		facts = append(facts, fact{t("staff.since"), widgets.Plain(s.env.Words.Day(m.Since, s.env.Now()))})
	}
	return facts
}

// askRemove asks before somebody is removed, unless it would be refused.
func (s *operatorSheet) askRemove(m clinical.Member) {
	if err := s.all.MayRemove(s.view.Operator, m.ID); err != nil {
		s.say(s.env.Words.Error(err).Text(), true)
		return
	}
	t, name := s.env.t, cmp.Or(m.Name, m.SignIn)
	text := t("staff.remove.text", name)
	if m.Name == "" || m.Left {
		text = t("staff.remove.open")
	}
	if m.HoldsPatients {
		text += " " + t("staff.rekey.before")
	}
	s.env.ask(question{
		title: t("staff.remove.title", name), text: text, yes: t("staff.remove"), no: t("cancel"), destructive: true,
		act: func() {
			s.env.Desk.RemoveOperator(m.ID, s.answer(func(all clinical.Staff, err error) {
				s.ended(all, err, s.withRekey(t("staff.removed", name), m.HoldsPatients))
			}))
		},
	})
}

// answer hands an answer on, on the window's thread; not at all once somebody else is
// at work than the one who asked.
func (s *operatorSheet) answer(then func(clinical.Staff, error)) func(clinical.Staff, error) {
	who := s.view.Operator.ID
	return func(all clinical.Staff, err error) {
		s.env.Do(func() {
			if s.view.Operator.ID == who && !errors.Is(err, console.ErrOtherOperator) {
				then(all, err)
			}
		})
	}
}

// ended shows what came of a change that no form waits for.
func (s *operatorSheet) ended(all clinical.Staff, err error, done string) {
	if err != nil {
		s.say(s.sentence(err), true)
		s.read()
		return
	}
	s.take(all, nil)
	s.say(done, false)
}

// sentence is an error as a person reads it; of a change that was half done also why.
func (s *operatorSheet) sentence(err error) string {
	w := s.env.Words
	var half *console.HalfError
	if errors.As(err, &half) {
		return w.Error(half.Cause).What + " " + w.Error(err).Text()
	}
	return w.Error(err).Text()
}

// withRekey adds that somebody has had the patients' key and has it no more.
func (s *operatorSheet) withRekey(text string, had bool) string {
	if had {
		text += " " + s.env.t("staff.rekey")
	}
	return text
}

// say shows what came of an act.
func (s *operatorSheet) say(text string, failed bool) {
	run := widgets.Strong(text).In(theme.Accent)
	if failed {
		run = widgets.Strong(text).In(theme.HighInk)
	}
	s.said.Set(run)
	s.told = text
	show(s.said, text != "")
	s.content.Refresh()
}

// tellSignIn says how somebody new signs in.
func (s *operatorSheet) tellSignIn(name, signIn string) {
	t := s.env.t
	s.env.Layer.ShowForm(overlay.Form{
		Title: t("staff.how.title", name), Width: noteWide + 40,
		Content: newProse(noteWide, []widgets.Run{
			widgets.Plain(t("staff.how.1", signIn)), widgets.Plain(t("staff.how.2")), widgets.Muted(t("staff.how.3")),
		}),
		Answers:  []overlay.Answer{{Key: "close", Text: t("close"), Kind: widgets.Primary}},
		OnAnswer: func(string) { s.env.Layer.Done() },
	})
}

// The measures of the sheet.
const (
	staffWide    float32 = 470 // of the list
	staffActWide float32 = 150 // of an act at least
)

func (s *operatorSheet) layout(size fyne.Size) {
	y := float32(0)
	if s.about.Visible() {
		h := s.about.HeightFor(size.Width)
		place(s.about, 0, 0, size.Width, h)
		y += h + columnGap
	}
	add := s.add.MinSize()
	add.Width = max(add.Width, 110)
	place(s.count, 2, y, staffWide-add.Width-columnGap, add.Height)
	place(s.add, staffWide-add.Width, y, add.Width, add.Height)
	top := y + add.Height + rowGap
	place(s.card, 0, top, staffWide, size.Height-top)

	x, wide := staffWide+2*columnGap, size.Width-staffWide-2*columnGap
	place(s.title, x, y, wide, add.Height)
	y = top
	if s.facts.object.Visible() {
		h := s.facts.height()
		place(s.facts.object, x, y, wide, h)
		y += h + columnGap
	}
	for _, p := range []*widgets.Paragraph{s.note, s.said} {
		if p.Visible() {
			h := p.HeightFor(wide)
			place(p, x, y, wide, h)
			y += h + columnGap
		}
	}
	at := x
	for _, a := range s.acts {
		if !a.button.Visible() {
			continue
		}
		w := max(a.button.MinSize().Width+16, staffActWide)
		if at > x && at+w > x+wide {
			at, y = x, y+theme.TouchFar+columnGap
		}
		place(a.button, at, y, w, theme.TouchFar)
		at += w + columnGap
	}
}

func (s *operatorSheet) states(into map[string]string) {
	into["clinic.operators"] = words.Count(len(s.all))
	into["clinic.chosen"] = string(s.chosen)
	into["clinic.said"] = s.told
}
