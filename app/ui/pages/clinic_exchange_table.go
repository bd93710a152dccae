package pages

import (
	"errors"
	"maps"
	"path/filepath"
	"strings"

	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/ui/overlay"
	"stipple/app/ui/theme"
	"stipple/app/ui/widgets"
	"stipple/app/ui/words"
)

// The tabs of a table that is looked at before it comes in.
const (
	tableColumns = iota
	tableFaults
	tableDiffers
)

// ignored is a column that is left out, as package exchange calls it.
const ignored = "-"

// chooseTable asks for a CSV file.
func (s *exchangeSheet) chooseTable() {
	s.env.pickPath(pathChoice{
		title: s.env.t("exchange.table_in"), permit: clinical.PermitImportPatient, use: console.UseRead, ext: []string{".csv", ".txt"},
		chosen: func(path string) { s.readTable(path, console.TableChoice{}) },
	})
}

// readTable reads the file, as chosen.
func (s *exchangeSheet) readTable(path string, how console.TableChoice) {
	begin(s, s.env.t("exchange.reading"), func(told console.Told, done func(console.TablePreview, error)) {
		s.env.Desk.ReadTable(path, how, told, done)
	}, func(p console.TablePreview, err error) {
		if err != nil {
			s.toRefused(path, err, s.chooseTable)
			return
		}
		s.table = p
		s.toTable(widgets.Run{})
	})
}

func (s *exchangeSheet) tableTabs() []string {
	t, p := s.env.t, s.table
	return []string{t("exchange.tab.columns", words.Count(len(p.Columns))), t("exchange.tab.faults", words.Count(p.Faulty)), t("exchange.tab.differs", words.Count(p.Differs))}
}

// toTable shows what a table would come to.
func (s *exchangeSheet) toTable(notice widgets.Run) {
	w, p := s.env.Words, s.table
	for i, l := range s.tableTabs() {
		s.tabs.SetLabel(i, l)
	}
	st := exchangeStage{name: "table", title: words.Foreign(filepath.Base(p.Path)), tabs: true, notice: notice}
	st.sub = w.T("exchange.table.sub", words.Count(p.Records), words.Count(p.New), words.Count(p.Same+p.Differs), words.Count(p.Faulty))
	switch s.tabs.Selected() {
	case tableFaults:
		st.rows, st.empty = s.faultRows(p.Faults, p.MoreFaults), w.T("exchange.faults.none")
	case tableDiffers:
		st.rows, st.empty = s.differRows(), w.T("exchange.differs.none")
	default:
		st.rows, st.choose = s.columnRows(), s.chooseColumn
	}
	if notice.Text == "" {
		st.notice = s.tableNotice()
	}
	st.acts[exchangeBack] = s.back()
	if p.Faulty > 0 {
		st.acts[exchangeMore] = exchangeAct{text: w.T("exchange.faults.save"), kind: widgets.Secondary, act: s.saveFaults}
	}
	st.acts[exchangeGo] = exchangeAct{
		text: w.T("exchange.table.go", words.Count(p.New)), kind: widgets.Primary, off: len(p.Needs) > 0 || p.New == 0, act: s.importTable,
	}
	s.to(st)
}

// tableNotice is what has to be chosen, or what a person has to look at.
func (s *exchangeSheet) tableNotice() widgets.Run {
	w, p := s.env.Words, s.table
	if len(p.Needs) > 0 {
		n := p.Needs[0]
		return widgets.Plain(w.T("exchange.need."+n.Kind, s.env.fieldWord(n.Field))).In(theme.LowInk).Marked(widgets.MarkTriangle)
	}
	switch {
	case p.Guessed:
		return widgets.Plain(w.T("exchange.guessed", w.Or("exchange.encoding."+p.Encoding, p.Encoding))).Marked(widgets.IconInfo)
	case p.Faulty > 0:
		return widgets.Plain(w.T("exchange.faulty")).Marked(widgets.IconInfo)
	}
	return widgets.Muted(w.T("exchange.table.whole"))
}

// dialectRows is how many rows stand before the columns.
const dialectRows = 2

func (s *exchangeSheet) columnRows() []widgets.Row {
	w, p := s.env.Words, s.table
	order := w.T("exchange.order.none")
	if p.DateOrder != "" {
		order = w.T("exchange.order." + p.DateOrder)
	}
	if s.needs("date_order") {
		order = w.T("exchange.order.open")
	}
	rows := []widgets.Row{
		{Key: "encoding", Title: []widgets.Run{widgets.Plain(w.T("exchange.encoding"))}, Sub: []widgets.Run{widgets.Small(w.T("exchange.encoding.sub"))},
			Right: []widgets.Run{widgets.Strong(w.Or("exchange.encoding."+p.Encoding, p.Encoding))}},
		{Key: "order", Title: []widgets.Run{widgets.Plain(w.T("exchange.order"))}, Sub: []widgets.Run{widgets.Small(w.T("exchange.order.sub"))},
			Right: []widgets.Run{widgets.Strong(order)}},
	}
	for _, c := range p.Columns {
		name := c.Name
		if name == "" {
			name = w.T("exchange.column", words.Count(c.Number))
		}
		use := widgets.Muted(w.T("exchange.use.none"))
		if c.Use == "field" {
			use = widgets.Strong(s.env.fieldWord(c.Field))
		} else if c.Use == "doubled" {
			use = widgets.Plain(w.T("exchange.use.doubled", s.env.fieldWord(c.Field))).In(theme.LowInk).Marked(widgets.MarkTriangle)
		}
		rows = append(rows, widgets.Row{
			Key: words.Count(c.Number), Title: []widgets.Run{widgets.Plain(name)}, Sub: []widgets.Run{widgets.Small(c.Example)}, Right: []widgets.Run{use},
		})
	}
	return rows
}

func (s *exchangeSheet) needs(kind string) bool {
	for _, n := range s.table.Needs {
		if n.Kind == kind {
			return true
		}
	}
	return false
}

// faultRows are faulty lines, and how many more there are.
func (s *exchangeSheet) faultRows(faults []console.TableFault, more int) []widgets.Row {
	w := s.env.Words
	var rows []widgets.Row
	for i, f := range faults {
		where := f.Name
		if f.Field != "" {
			where = s.env.fieldWord(f.Field)
		}
		problem := w.Or("field."+f.Problem, w.T("field.other", f.Problem))
		if f.Other > 0 {
			problem = w.T("exchange.twice", words.Count(f.Other))
		}
		rows = append(rows, widgets.Row{
			Key: words.Count(i), Title: []widgets.Run{widgets.Strong(w.T("exchange.line", words.Count(f.Line)))},
			Sub: []widgets.Run{widgets.Small(strings.TrimSpace(where + " " + problem))}, Right: []widgets.Run{widgets.Muted(f.Text)},
		})
	}
	if more > 0 {
		rows = append(rows, widgets.Row{Key: "more", Title: []widgets.Run{widgets.Muted(w.N("exchange.more", more))}})
	}
	return rows
}

func (s *exchangeSheet) differRows() []widgets.Row {
	w := s.env.Words
	var rows []widgets.Row
	for i, d := range s.table.Different {
		var file, here []string
		for _, f := range d.Fields {
			file = append(file, s.env.patientField(d.File, f))
			here = append(here, s.env.patientField(d.Here, f))
		}
		rows = append(rows, widgets.Row{
			Key: words.Count(i), Title: []widgets.Run{widgets.Strong(fullName(d.Here))}, Sub: []widgets.Run{widgets.Small(w.T("exchange.line", words.Count(d.Line)))},
			Right:    []widgets.Run{widgets.Plain(w.T("exchange.is.here", strings.Join(here, " · ")))},
			RightSub: []widgets.Run{widgets.Small(w.T("exchange.is.file", strings.Join(file, " · ")))},
		})
	}
	return rows
}

// patientField is a field of a patient as it is read.
func (e *Env) patientField(p clinical.Patient, field string) string {
	text := ""
	switch field {
	case fieldFamily:
		text = p.FamilyName
	case fieldGiven:
		text = p.GivenName
	case fieldFile:
		text = p.FileNumber
	case fieldBirth:
		text = words.Date(p.BirthDate)
	case fieldSex:
		text = e.t("sex." + string(p.Sex))
	case fieldSkin:
		text = skin(e.Words, p.Fitzpatrick)
	}
	if text == "" {
		return e.t("exchange.empty")
	}
	return text
}

// chooseColumn asks what a column is, how the file is encoded, or how dates are meant.
func (s *exchangeSheet) chooseColumn(i int) {
	how := s.table.Choice
	item := func(key, name string, now bool) overlay.Item { return overlay.Item{Key: key, Name: name, Current: now} }
	w := s.env.Words
	var title string
	var items []overlay.Item
	var take func(string)
	switch i {
	case 0:
		title = w.T("exchange.encoding")
		for _, e := range []string{"utf-8", "windows-1252", "utf-16le", "utf-16be"} {
			items = append(items, item(e, w.T("exchange.encoding."+e), e == s.table.Encoding))
		}
		take = func(key string) { how.Encoding = key }
	case 1:
		title = w.T("exchange.order")
		for _, o := range []string{"day_first", "month_first"} {
			items = append(items, item(o, w.T("exchange.order."+o), o == s.table.DateOrder))
		}
		take = func(key string) { how.DateOrder = key }
	default:
		c := s.table.Columns[i-dialectRows]
		title = c.Name
		for _, f := range []string{fieldFile, fieldFamily, fieldGiven, fieldBirth, fieldSex, fieldSkin} {
			items = append(items, item(f, s.env.fieldWord(f), c.Use == "field" && f == c.Field))
		}
		items = append(items, item(ignored, w.T("exchange.use.none"), c.Field == ""))
		take = func(key string) { how.Columns = s.columnsWith(c.Number, key) }
	}
	s.env.pickItems(title, s.list, items, "", func(key string) {
		take(key)
		s.readTable(s.table.Path, how)
	})
}

// columnsWith are the columns as they are, but for one that is something else now; no
// other one is the same.
func (s *exchangeSheet) columnsWith(number int, field string) map[int]string {
	all := map[int]string{}
	for _, c := range s.table.Columns {
		if c.Use == "field" || c.Use == "doubled" {
			all[c.Number] = c.Field
		}
	}
	maps.DeleteFunc(all, func(n int, f string) bool { return n == number || f == field })
	if field != ignored {
		all[number] = field
	}
	return all
}

// saveFaults writes the list of what is wrong with the lines.
func (s *exchangeSheet) saveFaults() {
	e := s.env
	e.pickPath(pathChoice{
		title: e.t("exchange.faults.save"), permit: clinical.PermitImportPatient, use: console.UseCreate, ext: []string{".csv"},
		name: e.fileName("faulty-lines", ".csv"), yes: e.t("exchange.save"),
		chosen: func(path string) {
			begin(s, e.t("exchange.writing"), func(_ console.Told, done func(struct{}, error)) {
				e.Desk.SaveFaults(s.table, path, func(err error) { done(struct{}{}, err) })
			}, func(_ struct{}, err error) {
				if err != nil {
					s.toTable(e.wrong(err))
					return
				}
				s.toTable(widgets.Plain(e.t("exchange.faults.saved", words.Foreign(path))).Marked(widgets.IconCheck))
			})
		},
	})
}

// importTable brings the new patients in, and asks first where lines are left out.
func (s *exchangeSheet) importTable() {
	w, p := s.env.Words, s.table
	if p.Faulty == 0 {
		s.storeTable(false)
		return
	}
	s.env.ask(question{
		title: w.T("exchange.leave"), text: w.T("exchange.leave.text", w.N("exchange.lines", p.Faulty), w.N("exchange.patients", p.New)),
		yes: w.T("exchange.leave.yes"), no: w.T("cancel"), act: func() { s.storeTable(true) },
	})
}

func (s *exchangeSheet) storeTable(leaveOut bool) {
	begin(s, s.env.t("exchange.storing"), func(told console.Told, done func(console.ImportReport, error)) {
		s.env.Desk.ImportTable(s.table, leaveOut, told, done)
	}, func(r console.ImportReport, err error) {
		var lines *console.LinesRefusedError
		switch {
		case errors.As(err, &lines):
			s.toLines(lines)
		case err != nil:
			s.toTable(s.env.wrong(err))
		default:
			s.toReport(r, nil)
		}
	})
}

// toLines shows the lines that the store refuses. What is here has changed since the
// table was read: only reading it again tells what it comes to now.
func (s *exchangeSheet) toLines(e *console.LinesRefusedError) {
	t, p := s.env.t, s.table
	st := exchangeStage{name: "lines", title: words.Foreign(filepath.Base(p.Path)), sub: t("exchange.refused"), rows: s.faultRows(e.Faults, 0), notice: s.env.wrong(e)}
	st.acts[exchangeBack] = s.back()
	st.acts[exchangeGo] = exchangeAct{text: t("exchange.reread"), kind: widgets.Primary, act: func() { s.readTable(p.Path, p.Choice) }}
	s.to(st)
}
