package pages

import (
	"errors"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"

	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/ui/overlay"
	"stipple/app/ui/widgets"
	"stipple/app/ui/words"
)

// exportKinds is what there is of one patient, or with an empty id of all. The records of
// those who were erased are last, and of nobody.
func exportKinds(of clinical.ID) []console.ExportKind {
	kinds := []console.ExportKind{console.ExportPatients, console.ExportPresets, console.ExportTreatments}
	if of == "" {
		kinds = append(kinds, console.ExportSafety)
	}
	return kinds
}

func exportFormats() []console.ExportFormat {
	return []console.ExportFormat{console.CSVComma, console.CSVSemicolon, console.JSONFormat}
}

// reasonEntry asks for the reason of an export.
func (e *Env) reasonEntry(text, hint string) (*widgets.TextEntry, *widgets.LabelledField) {
	entry := widgets.NewTextEntry(e.Keys, "")
	entry.SetText(text)
	e.name(entry, "entry", "exchange.reason")
	field := widgets.NewLabelledField(e.t("exchange.reason"), entry)
	field.SetHint(e.t(hint))
	entry.OnChanged = func(string) { field.SetHint(e.t(hint)) }
	return entry, field
}

// exportWide is the width of the form at 100 %: its four kinds beside each other.
const exportWide float32 = 760

// tableExport asks what goes out as a table, why, and where to. What was typed stays
// until something has come of it.
type tableExport struct {
	env    *Env
	kind   int
	format int
	reason string
	run    func(console.TableExport)
}

// open asks about one patient, or with the zero one about all.
func (x *tableExport) open(of clinical.Patient) {
	e := x.env
	title, hint := e.t("exchange.table_out"), "exchange.reason.all"
	if of.ID != "" {
		title, hint = e.t("exchange.export.of", fullName(of)), "exchange.reason.one"
	}
	var kinds, formats []string
	for _, k := range exportKinds(of.ID) {
		kinds = append(kinds, e.t("exchange.kind."+string(k)))
	}
	for _, f := range exportFormats() {
		formats = append(formats, e.t("exchange.format."+string(f)))
	}
	var kindField *widgets.LabelledField
	explain := func(i int) {
		kindField.SetHint(e.t("exchange.kind." + string(exportKinds(of.ID)[i]) + ".sub"))
	}
	kind, format := widgets.NewChoice(e.Keys, kinds, func(i int) { explain(i) }), widgets.NewChoice(e.Keys, formats, nil)
	kindField = widgets.NewLabelledField(e.t("exchange.kind"), kind)
	explain(x.kind)
	kind.Select(x.kind)
	format.Select(x.format)
	e.name(kind, "choice", "exchange.kind")
	e.name(format, "choice", "exchange.format")
	reason, field := e.reasonEntry(x.reason, hint)
	keep := func() { x.kind, x.format, x.reason = kind.Selected(), format.Selected(), reason.Text }
	e.Layer.ShowForm(overlay.Form{
		Title: title, Width: exportWide + 40, Focus: reason,
		Content: stacked(exportWide,
			kindField, widgets.NewLabelledField(e.t("exchange.format"), format), field,
			widgets.NewParagraph(widgets.Strong(e.t("exchange.readable"))),
		),
		Answers: e.exportAnswers(),
		OnAnswer: func(key string) {
			keep()
			switch {
			case key == "cancel":
				e.Layer.Done()
			case strings.TrimSpace(reason.Text) == "":
				field.SetError(e.t("exchange.reason.need"))
			default:
				e.Layer.Done()
				x.where(console.TableExport{Kind: exportKinds(of.ID)[x.kind], Format: exportFormats()[x.format], Patient: of.ID, Reason: x.reason})
			}
		},
		OnAside: keep,
	})
}

// where asks where to.
func (x *tableExport) where(out console.TableExport) {
	e, ext := x.env, ".csv"
	if out.Format == console.JSONFormat {
		ext = ".json"
	}
	e.pickPath(pathChoice{
		title: e.t("exchange.where"), permit: clinical.PermitExportPatient, use: console.UseCreate, ext: []string{ext},
		name: e.fileName(string(out.Kind), ext), yes: e.t("exchange.save"),
		chosen: func(path string) {
			out.Path = path
			x.run(out)
		},
	})
}

func (e *Env) exportAnswers() []overlay.Answer {
	return []overlay.Answer{
		{Key: "cancel", Text: e.t("cancel"), Kind: widgets.Secondary}, {Key: "where", Text: e.t("exchange.where"), Kind: widgets.Primary},
	}
}

// exportTable writes, and shows on the sheet what came of it.
func (s *exchangeSheet) exportTable(what console.TableExport) {
	e := s.env
	begin(s, e.t("exchange.writing"), func(told console.Told, done func(console.Exported, error)) {
		e.Desk.ExportTable(what, told, done)
	}, func(out console.Exported, err error) {
		switch {
		case errors.Is(err, console.ErrNothingKept): // another file would not help
			s.toStart(widgets.Plain(e.Words.Error(err).Text()))
			return
		case err != nil:
			s.toRefused(what.Path, err, func() { s.out.where(what) })
			return
		}
		s.out.reason = ""
		s.toWritten(out)
	})
}

// toWritten says which file was written.
func (s *exchangeSheet) toWritten(out console.Exported) {
	w := s.env.Words
	st := exchangeStage{name: "written", title: w.T("exchange.written"), sub: w.N("exchange.records", out.Records), text: words.Foreign(out.Path) + "\n" + w.T("exchange.written.readable")}
	st.acts[exchangeGo] = exchangeAct{text: w.T("exchange.done"), kind: widgets.Primary, act: func() { s.toStart(widgets.Run{}) }}
	s.to(st)
}

// openRoomExport asks who goes to another room, and why.
func (s *exchangeSheet) openRoomExport() {
	e := s.env
	f := newFinder(e, "exchange.who", func(console.PatientRow) {})
	reason, field := e.reasonEntry(s.reason, "exchange.reason.all")
	keep := func() { s.query, s.reason = f.search.Text, reason.Text }
	e.Layer.ShowForm(overlay.Form{
		Title: e.t("exchange.room_out"), Width: noteWide + 40, Focus: reason, Answers: e.exportAnswers(),
		Content: stacked(noteWide,
			widgets.NewParagraph(widgets.Muted(e.t("exchange.who.text"))), f.search, f.count, whoList(f), field),
		OnAnswer: func(key string) {
			keep()
			switch {
			case key == "cancel":
				e.Layer.Done()
			case len(f.rows) == 0:
				field.SetError(e.t("exchange.who.none"))
			case strings.TrimSpace(reason.Text) == "":
				field.SetError(e.t("exchange.reason.need"))
			default:
				e.Layer.Done()
				s.exportRoom()
			}
		},
		OnAside: keep,
	})
	f.search.SetText(s.query)
	f.again()
}

// whoTall is the height of the list of those who go, at 100 %.
const whoTall float32 = 200

func whoList(f *finder) fyne.CanvasObject {
	card := widgets.NewCard(f.list, 1)
	return arrange(fyne.NewSize(noteWide, whoTall), func(size fyne.Size) { place(card, 0, 0, size.Width, size.Height) }, card)
}

// exportRoom asks where to, writes, and shows the code.
func (s *exchangeSheet) exportRoom() {
	e := s.env
	e.pickPath(pathChoice{
		title: e.t("exchange.where"), permit: clinical.PermitExportPatient, use: console.UseCreate, ext: []string{roomExt},
		name: e.fileName("room", roomExt), yes: e.t("exchange.save"),
		chosen: func(path string) {
			begin(s, e.t("exchange.writing"), func(told console.Told, done func(console.Exported, error)) {
				e.Desk.ExportRoom(console.RoomExport{Query: s.query, Path: path, Reason: s.reason}, told, done)
			}, func(out console.Exported, err error) {
				if err != nil {
					s.toRefused(path, err, s.exportRoom)
					return
				}
				s.reason, s.query = "", ""
				s.toCode(out)
			})
		},
	})
}

// toCode shows the code of a file once.
func (s *exchangeSheet) toCode(out console.Exported) {
	w := s.env.Words
	st := exchangeStage{name: "code", title: words.Foreign(filepath.Base(out.Path)), code: out.Code, text: w.T("exchange.code.once")}
	st.sub = w.T("exchange.and", w.N("exchange.patients", out.Patients), w.N("exchange.presets", out.Presets))
	st.acts[exchangeGo] = exchangeAct{text: w.T("exchange.code.written"), kind: widgets.Primary, act: func() { s.toStart(widgets.Run{}) }}
	s.to(st)
}
