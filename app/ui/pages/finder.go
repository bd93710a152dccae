package pages

import (
	"time"

	"fyne.io/fyne/v2"

	"stipple/app/console"
	"stipple/app/ui/widgets"
	"stipple/app/ui/words"
)

// finder searches patients as one types. The newest question wins: an answer
// that comes after a newer question was asked is dropped.
type finder struct {
	env    *Env
	search *widgets.TextEntry
	count  *widgets.Line
	list   *widgets.RowList
	rows   []console.PatientRow
	asked  int
	choose func(console.PatientRow)
	err    error
}

func newFinder(e *Env, name string, choose func(console.PatientRow)) *finder {
	f := &finder{env: e, count: widgets.NewLine(), choose: choose}
	f.list = widgets.NewRowList(e.Keys, nil, func(i int) {
		if i < len(f.rows) {
			f.choose(f.rows[i])
		}
	})
	f.search = widgets.NewSearchEntry(e.Keys, e.t("patients.search"), f.run)
	f.search.OnKey = func(k fyne.KeyName) bool { return f.list.Key(k) }
	e.name(f.search, "entry", name+".search")
	e.name(f.list, "list", name+".list")
	return f
}

// run asks for the patients that match.
func (f *finder) run(query string) {
	f.asked++
	mine := f.asked
	f.env.Desk.SearchPatients(query, func(list console.PatientList, err error) {
		f.env.Do(func() {
			if mine == f.asked {
				f.show(list, err)
			}
		})
	})
}

func (f *finder) show(list console.PatientList, err error) {
	e := f.env
	f.rows, f.err = list.Rows, err
	rows := make([]widgets.Row, len(list.Rows))
	now := e.Now()
	for i, r := range list.Rows {
		rows[i] = patientRow(e.Words, r, now)
	}
	key := "patients.recent"
	if list.Query != "" {
		key = "patients.found"
	}
	f.count.Set(widgets.Small(e.t(key, words.Count(list.Found), words.Count(list.Total))))
	f.list.Set(rows, f.emptyText(list))
	f.reselect(list)
}

// reselect has Enter choose the only one that was found, and nobody where there
// are several: an answer that comes while one types must not put another patient
// under the key.
func (f *finder) reselect(list console.PatientList) {
	if list.Query != "" && len(f.rows) == 1 {
		f.list.Select(0)
		return
	}
	f.list.Select(-1)
}

// emptyText says what to do where nobody is listed.
func (f *finder) emptyText(list console.PatientList) string {
	e := f.env
	switch {
	case f.err != nil:
		return e.Words.Error(f.err).Text()
	case list.Query != "":
		return e.t("patients.nothing", list.Query) + "\n" + e.t("patients.nothing.do")
	}
	return e.t("patients.none") + "\n" + e.t("patients.none.do")
}

// clear forgets what was looked for and found, and whatever is still on its way.
func (f *finder) clear() {
	run := f.search.OnChanged
	f.search.OnChanged = nil // it is nobody's question
	f.search.SetText("")
	f.search.OnChanged = run
	f.asked++
	f.rows, f.err = nil, nil
	f.count.Set()
	f.list.Set(nil, "")
}

// again repeats the newest question, such as after a patient was saved.
func (f *finder) again() { f.run(f.search.Text) }

func patientRow(w *words.Words, r console.PatientRow, now time.Time) widgets.Row {
	row := widgets.Row{
		Key:   string(r.ID),
		Title: []widgets.Run{widgets.Strong(fullName(r.Patient))},
		Sub:   []widgets.Run{widgets.Small(w.T("patients.row.sub", words.Date(r.BirthDate), r.FileNumber, skin(w, r.Fitzpatrick)))},
	}
	if r.LastAt.IsZero() {
		row.Right = []widgets.Run{widgets.Muted(w.T("patients.row.new"))}
		return row
	}
	row.Right = []widgets.Run{widgets.Plain(w.T("patients.row.last", r.LastIndication, words.Count(r.LastSession)))}
	row.RightSub = []widgets.Run{widgets.Small(w.Day(r.LastAt, now))}
	return row
}
