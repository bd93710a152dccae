package pages

import (
	"errors"
	"path/filepath"
	"strings"

	"fyne.io/fyne/v2"

	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/ui/overlay"
	"stipple/app/ui/theme"
	"stipple/app/ui/widgets"
	"stipple/app/ui/words"
)

// roomExt is how the names of files for another room end.
const roomExt = ".stipple"

// chooseRoom asks for another room's file, and then for its code.
func (s *exchangeSheet) chooseRoom() {
	s.env.pickPath(pathChoice{
		title: s.env.t("exchange.room_in"), permit: clinical.PermitImportPatient, use: console.UseRead, ext: []string{roomExt},
		chosen: func(path string) { s.askCode(path, nil) },
	})
}

// askCode asks for the code of a file; err is why the one before did not open it.
func (s *exchangeSheet) askCode(path string, err error) {
	e := s.env
	var field *widgets.LabelledField
	code := widgets.NewCodeField(e.Keys, codeLength, "", func() { field.SetError("") }, nil)
	e.name(code, "code", "exchange.code")
	field = widgets.NewLabelledField(e.t("exchange.code"), code)
	if err != nil {
		field.SetError(e.Words.Error(err).What)
	}
	text := widgets.NewParagraph(widgets.Muted(e.t("exchange.code.text")))
	e.Layer.ShowForm(overlay.Form{
		Title: words.Foreign(filepath.Base(path)), Content: stacked(noteWide, text, field), Width: noteWide + 40, Focus: code,
		Answers: []overlay.Answer{
			{Key: "cancel", Text: e.t("cancel"), Kind: widgets.Secondary}, {Key: "open", Text: e.t("exchange.open"), Kind: widgets.Primary},
		},
		OnAnswer: func(key string) {
			switch {
			case key == "cancel":
				code.Clear()
				e.Layer.Done()
			case !code.Full():
				field.SetError(e.t("exchange.code.short", words.Count(code.Len()), words.Count(codeLength)))
			default:
				typed := string(code.Take())
				e.Layer.Done()
				s.readRoom(path, typed)
			}
		},
		OnCancel: code.Clear,
	})
}

// stacked puts objects under each other, at a width.
func stacked(wide float32, objects ...fyne.CanvasObject) fyne.CanvasObject {
	tall := func(o fyne.CanvasObject, w float32) float32 {
		if p, ok := o.(*widgets.Paragraph); ok {
			return p.HeightFor(w)
		}
		return height(o)
	}
	var all float32
	for _, o := range objects {
		all += tall(o, wide) + rowGap
	}
	return arrange(fyne.NewSize(wide, all), func(size fyne.Size) {
		y := float32(0)
		for _, o := range objects {
			h := tall(o, size.Width)
			place(o, 0, y, size.Width, h)
			y += h + rowGap
		}
	}, objects...)
}

func (s *exchangeSheet) readRoom(path, code string) {
	begin(s, s.env.t("exchange.opening"), func(told console.Told, done func(console.RoomPreview, error)) {
		s.env.Desk.ReadRoom(path, code, told, done)
	}, func(p console.RoomPreview, err error) {
		switch {
		case codeOf(err) == "file_code":
			s.askCode(path, err)
			s.arrange()
		case err != nil:
			s.toRefused(path, err, s.chooseRoom)
		default:
			s.room, s.decided = p, map[int]clinical.Decision{}
			s.toRoom(widgets.Run{})
		}
	})
}

// codeOf is the stable word of an error; "" for one without.
func codeOf(err error) string {
	var coded interface{ Code() string }
	if errors.As(err, &coded) {
		return coded.Code()
	}
	return ""
}

// toRoom shows another room's file beside the store.
func (s *exchangeSheet) toRoom(notice widgets.Run) {
	w, p := s.env.Words, s.room
	fresh, conflicts := len(p.Of(clinical.Fresh)), p.Of(clinical.Conflict)
	st := exchangeStage{name: "room", title: words.Foreign(filepath.Base(p.Path)), notice: notice, empty: w.T("exchange.room.clear")}
	st.sub = w.T("exchange.room.sub", words.Count(len(p.Matches)), words.Count(fresh), words.Count(len(p.Of(clinical.Identical))), words.Count(len(conflicts)))
	at := append(conflicts, p.Of(clinical.Another)...)
	for _, i := range at {
		st.rows = append(st.rows, s.roomRow(i))
	}
	st.choose = func(i int) { s.openConflict(at[i]) }
	open := s.undecided()
	if notice.Text == "" && open > 0 {
		st.notice = widgets.Plain(w.T("exchange.room.decide")).Marked(widgets.IconInfo)
	}
	st.acts[exchangeBack] = s.back()
	st.acts[exchangeGo] = exchangeAct{
		text: w.T("exchange.room.go"), kind: widgets.Primary, off: fresh == 0 && open == len(conflicts), act: s.importRoom,
	}
	s.to(st)
}

// undecided counts the conflicts that nobody has decided.
func (s *exchangeSheet) undecided() (n int) {
	for _, i := range s.room.Of(clinical.Conflict) {
		if s.decided[i] == clinical.Undecided {
			n++
		}
	}
	return n
}

func (s *exchangeSheet) roomRow(i int) widgets.Row {
	w, m := s.env.Words, s.room.Matches[i]
	p := m.Theirs.Patient
	row := widgets.Row{Key: words.Count(i), Title: []widgets.Run{widgets.Strong(fullName(m.Mine.Patient))}, Sub: []widgets.Run{widgets.Small(s.whatDiffers(m))}}
	if m.State == clinical.Another {
		row.Right = []widgets.Run{widgets.Plain(w.T("exchange.another.person", fullName(p))).In(theme.LowInk).Marked(widgets.MarkTriangle)}
		return row
	}
	row.Right = []widgets.Run{widgets.Plain(w.T("exchange.decided.open")).In(theme.LowInk).Marked(widgets.MarkTriangle)}
	if d := s.decided[i]; d != clinical.Undecided {
		row.Right = []widgets.Run{widgets.Strong(w.T("exchange.decided." + string(d))).In(theme.Accent).Marked(widgets.MarkDot)}
	}
	return row
}

// whatDiffers names the fields and counts the presets of a conflict.
func (s *exchangeSheet) whatDiffers(m clinical.Match) string {
	var all []string
	for _, f := range m.Fields {
		all = append(all, s.env.fieldWord(f))
	}
	if n := len(m.Presets); n > 0 {
		all = append(all, s.env.Words.N("exchange.presets", n))
	}
	return strings.Join(all, " · ")
}

// presetsShown is how many presets a conflict shows; the others are counted.
const presetsShown = 3

// openConflict shows both sides of a conflict, and asks what is to become of it.
func (s *exchangeSheet) openConflict(i int) {
	e, m := s.env, s.room.Matches[i]
	answers := []overlay.Answer{{Key: "cancel", Text: e.t("cancel"), Kind: widgets.Secondary}}
	for _, d := range []clinical.Decision{clinical.KeepMine, clinical.KeepBoth, clinical.TakeTheirs} {
		if m.State == clinical.Conflict && m.May(d) {
			answers = append(answers, overlay.Answer{Key: string(d), Text: e.t("exchange.decide." + string(d)), Kind: widgets.Secondary})
		}
	}
	e.Layer.ShowForm(overlay.Form{
		Title: e.t("exchange.conflict", fullName(m.Mine.Patient)), Content: s.sides(m), Width: sidesWide + 40, Answers: answers,
		OnAnswer: func(key string) {
			e.Layer.Done()
			if key != "cancel" {
				s.decided[i] = clinical.Decision(key)
				s.toRoom(widgets.Run{})
			}
		},
	})
}

// The measures of both sides at 100 %.
const (
	sidesWide  float32 = 820
	sidesLabel float32 = 0.22 // of the width
)

// sides are a conflict's fields, here and in the file.
func (s *exchangeSheet) sides(m clinical.Match) fyne.CanvasObject {
	e, w := s.env, s.env.Words
	var lines []*widgets.Line
	add := func(label, here, file widgets.Run) {
		lines = append(lines, widgets.NewLine(label), widgets.NewLine(here), widgets.NewLine(file))
	}
	add(widgets.Small(""), widgets.Small(w.T("exchange.here")), widgets.Small(w.T("exchange.file")))
	for _, f := range []string{fieldFamily, fieldGiven, fieldBirth, fieldFile, fieldSex, fieldSkin} {
		look := widgets.Muted
		for _, d := range m.Fields {
			if d == f {
				look = widgets.Strong
			}
		}
		add(widgets.Small(e.fieldWord(f)), look(e.patientField(m.Mine.Patient, f)), look(e.patientField(m.Theirs.Patient, f)))
	}
	now := e.Now()
	add(widgets.Small(w.T("exchange.changed")), widgets.Muted(w.DayAndTime(m.Mine.Patient.Updated, now)), widgets.Muted(w.DayAndTime(m.Theirs.Patient.Updated, now)))
	for i, p := range m.Presets {
		if i == presetsShown {
			add(widgets.Small(w.N("exchange.more", len(m.Presets)-i)), widgets.Small(""), widgets.Small(""))
			break
		}
		here, again := widgets.Muted(w.T("exchange.preset.none")), ""
		if p.Mine != nil {
			here, again = widgets.Strong(p.Mine.Name), presetText(*p.Mine)
		}
		add(widgets.Small(w.T("exchange.preset")), here, widgets.Strong(p.Theirs.Name))
		add(widgets.Small(""), widgets.Small(again), widgets.Small(presetText(p.Theirs)))
	}
	note := widgets.NewParagraph(widgets.Muted(s.conflictNote(m)))
	objects := make([]fyne.CanvasObject, len(lines))
	for i, l := range lines {
		objects[i] = l
	}
	row := height(lines[3]) + lineGap
	tall := row*float32(len(lines)/3) + rowGap
	return arrange(fyne.NewSize(sidesWide, tall+note.HeightFor(sidesWide)), func(size fyne.Size) {
		label := size.Width * sidesLabel
		each := (size.Width - label) / 2
		for i, l := range lines {
			x, wide := float32(0), label
			if i%3 > 0 {
				x, wide = label+float32(i%3-1)*each, each
			}
			place(l, x, float32(i/3)*row, wide-columnGap, row)
		}
		place(note, 0, tall, size.Width, note.HeightFor(size.Width))
	}, append(objects, note)...)
}

// presetText is what a preset is for and what it sets.
func presetText(p clinical.Preset) string {
	return strings.Join(settingsText(p.PenKind, p.Settings), " · ")
}

// conflictNote says what the answers do, or why there are none.
func (s *exchangeSheet) conflictNote(m clinical.Match) string {
	w := s.env.Words
	switch {
	case m.State == clinical.Another:
		return w.T("exchange.conflict.another")
	case m.NumberOf != nil:
		return w.T("exchange.conflict.taken", m.Theirs.Patient.FileNumber, fullName(*m.NumberOf))
	case m.May(clinical.KeepBoth):
		return w.T("exchange.conflict.both")
	}
	return w.T("exchange.conflict.text")
}

// importRoom brings in who is new and what was decided, and asks first where something
// was not.
func (s *exchangeSheet) importRoom() {
	w, open := s.env.Words, s.undecided()
	if open == 0 {
		s.storeRoom()
		return
	}
	s.env.ask(question{
		title: w.T("exchange.undecided"), text: w.N("exchange.undecided.n", open), yes: w.T("exchange.room.go"), no: w.T("cancel"), act: s.storeRoom,
	})
}

func (s *exchangeSheet) storeRoom() {
	begin(s, s.env.t("exchange.storing"), func(told console.Told, done func(console.ImportReport, error)) {
		s.env.Desk.ImportRoom(s.room, s.decided, told, done)
	}, s.toReport)
}
