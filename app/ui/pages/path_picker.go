package pages

import (
	"path/filepath"
	"slices"
	"strings"

	"fyne.io/fyne/v2"

	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/ui/overlay"
	"stipple/app/ui/theme"
	"stipple/app/ui/widgets"
	"stipple/app/ui/words"
)

// pathChoice is a folder or a file of this computer that a person is asked for.
type pathChoice struct {
	title  string
	permit clinical.Permission // of what it is for
	use    console.FileUse
	ext    []string // of the files that can be read or made, such as ".csv"; the first is added to a name without one
	start  string   // folder to begin in; "": where the last one was chosen
	name   string   // of a file that is made, to begin with
	yes    string   // the word of the act, such as "Choose"; not for a file that is read: a tap takes it
	// chosen gets the path, which was checked, once the form is closed; cancelled is
	// told where nobody chose. Both run on the window's thread; cancelled may be nil.
	chosen    func(path string)
	cancelled func()
}

// pathPicker is the house's picker of folders and files. Fyne's own would lie over STOP.
type pathPicker struct {
	env    *Env
	want   pathChoice
	open   bool
	asked  int // the newest question
	folder console.FileFolder
	places []console.FilePlace

	path, name          *widgets.TextEntry
	nameField           *widgets.LabelledField
	up, make            *widgets.Button
	placeList, listOf   *widgets.RowList
	placeCard, listCard *widgets.Card
	notice              *widgets.Line
}

// pickPath asks for a path.
func (e *Env) pickPath(c pathChoice) {
	p := &pathPicker{env: e, want: c, open: true, notice: widgets.NewLine()}
	p.path = widgets.NewTextEntry(e.Keys, "")
	p.path.OnKey = func(k fyne.KeyName) bool {
		enter := k == fyne.KeyReturn || k == fyne.KeyEnter
		if enter {
			p.typed()
		}
		return enter
	}
	e.name(p.path, "entry", "path.entry")
	p.up = widgets.NewIconButton(e.Keys, widgets.Secondary, widgets.IconUp, "", e.active(func() { p.look(p.folder.Parent) }))
	e.name(p.up, "button", "path.up")
	p.placeList = widgets.NewRowList(e.Keys, nil, func(i int) { p.look(p.places[i].Path) })
	e.name(p.placeList, "list", "path.places")
	p.listOf = widgets.NewRowList(e.Keys, nil, p.choose)
	e.name(p.listOf, "list", "path.list")
	p.placeCard, p.listCard = widgets.NewCard(p.placeList, 1), widgets.NewCard(p.listOf, 1)
	p.name = widgets.NewTextEntry(e.Keys, "")
	p.name.SetText(c.name)
	e.name(p.name, "entry", "path.name")
	label := "path.new"
	if c.use == console.UseCreate {
		label = "path.file"
	}
	p.nameField = widgets.NewLabelledField(e.t(label), p.name)
	p.make = e.button("path.make", widgets.Secondary, "path.make", p.makeFolder)
	p.ask()
	p.begin()
}

func (p *pathPicker) ask() {
	e := p.env
	answers := []overlay.Answer{{Key: "cancel", Text: e.t("cancel"), Kind: widgets.Secondary}}
	if p.want.use != console.UseRead {
		answers = append(answers, overlay.Answer{Key: "choose", Text: p.want.yes, Kind: widgets.Primary})
	}
	cancel := func() {
		p.open = false
		if p.want.cancelled != nil {
			p.want.cancelled()
		}
	}
	e.Layer.ShowForm(overlay.Form{
		Title: p.want.title, Content: p.content(), Width: pathWide, Answers: answers, Focus: p.path,
		OnAnswer: func(key string) {
			if key == "cancel" {
				e.Layer.Close()
				return
			}
			p.accept()
		},
		OnCancel: cancel,
	})
}

// The measures of the picker at 100 %.
const (
	pathWide   float32 = 860
	pathTall   float32 = 300
	pathPlaces float32 = 230
)

func (p *pathPicker) content() fyne.CanvasObject {
	objects := []fyne.CanvasObject{p.placeCard, p.up, p.path, p.listCard, p.notice}
	below := float32(0)
	named := p.want.use != console.UseRead
	makes := p.want.use == console.UseFolder
	if named {
		objects = append(objects, p.nameField)
		below = height(p.nameField)
	}
	if makes {
		objects = append(objects, p.make)
	}
	line := height(p.notice)
	return arrange(fyne.NewSize(pathWide, pathTall+below+line+rowGap), func(s fyne.Size) {
		x, wide := pathPlaces+columnGap, s.Width-pathPlaces-columnGap
		bottom := s.Height - line - 4
		place(p.notice, 0, s.Height-line, s.Width, line)
		place(p.placeCard, 0, 0, pathPlaces, bottom)
		place(p.up, x, 0, theme.Touch, theme.Touch)
		place(p.path, x+theme.Touch+4, 0, wide-theme.Touch-4, theme.Touch)
		if named {
			bottom -= below
			w := wide
			if makes {
				w -= pathMake + 8
			}
			place(p.nameField, x, bottom, w, below)
			label := (below - height(p.name)) / 2
			place(p.make, x+w+8, bottom+label, pathMake, height(p.name))
			bottom -= 4
		}
		top := theme.Touch + 8
		place(p.listCard, x, top, wide, bottom-top)
	}, objects...)
}

// pathMake is the width of the button that makes a folder.
const pathMake float32 = 150

// begin reads where one can begin, and the first folder.
func (p *pathPicker) begin() {
	p.look(firstOf(p.want.start, p.env.lastFolder))
	p.env.Desk.FilePlaces(p.want.permit, func(all []console.FilePlace, err error) {
		p.env.Do(func() {
			if !p.open {
				return
			}
			p.places = all
			rows := make([]widgets.Row, len(all))
			for i, place := range all {
				rows[i] = p.placeRow(i, place)
			}
			text := p.env.t("path.places.none")
			if err != nil {
				text = p.env.Words.Error(err).Text()
			}
			p.placeList.Set(rows, text)
			if p.folder.Path == "" && p.asked == 0 && len(all) > 0 {
				p.lookFrom(all[0].Path, "")
			}
		})
	})
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

func (p *pathPicker) placeRow(i int, place console.FilePlace) widgets.Row {
	w := p.env.Words
	name, mark := w.T("path.place."+string(place.Kind)), widgets.IconFolder
	if place.Name != "" {
		name = words.Foreign(place.Name)
	}
	if place.Kind == console.PlacePlugged {
		mark = widgets.IconDrive
	}
	return widgets.Row{Key: words.Count(i), Title: []widgets.Run{widgets.Plain(name)}, Mark: mark, MarkColor: theme.TextSecondary}
}

// look lists a folder; "" is none.
func (p *pathPicker) look(path string) { p.lookFrom(path, p.path.Text) }

// lookFrom is look for whoever asked when the field said so: what somebody types while a
// slow disk answers stays.
func (p *pathPicker) lookFrom(path, stood string) {
	if path == "" || !p.open {
		return
	}
	p.asked++
	mine := p.asked
	p.say(widgets.Muted(p.env.t("path.looking")))
	p.env.Desk.ListFolder(p.want.permit, path, p.want.ext, func(f console.FileFolder, err error) {
		p.env.Do(func() {
			if mine != p.asked || !p.open {
				return
			}
			if err != nil {
				p.refuse(err)
				return
			}
			p.show(f)
			if p.path.Text == stood {
				p.path.SetText(f.Path)
				p.path.TypedShortcut(&fyne.ShortcutSelectAll{}) // who types, types another
			}
		})
	})
}

// show lists a folder that was read.
func (p *pathPicker) show(f console.FileFolder) {
	e := p.env
	p.folder = f
	p.up.SetDisabled(f.Parent == "", "")
	var rows []widgets.Row
	for i, name := range f.Folders {
		rows = append(rows, widgets.Row{Key: words.Count(i), Title: []widgets.Run{widgets.Plain(words.Foreign(name))}, Mark: widgets.IconFolder})
	}
	now := e.Now()
	for i, file := range f.Files {
		rows = append(rows, widgets.Row{
			Key: words.Count(len(f.Folders) + i), Title: []widgets.Run{widgets.Plain(words.Foreign(file.Name))}, Mark: widgets.IconFile,
			Right:    []widgets.Run{widgets.Small(words.Bytes(file.Size) + " · " + e.Words.DayAndTime(file.Changed, now))},
			Disabled: p.want.use != console.UseRead,
		})
	}
	p.listOf.Select(-1)
	p.listOf.Set(rows, p.emptyText())
	if f.Cut {
		p.say(widgets.Plain(e.t("path.cut")).Marked(widgets.IconInfo))
		return
	}
	p.say()
}

func (p *pathPicker) emptyText() string {
	if p.want.use == console.UseRead {
		return p.env.t("path.empty.read", strings.Join(p.want.ext, ", "))
	}
	return p.env.t("path.empty." + string(p.want.use))
}

func (p *pathPicker) say(runs ...widgets.Run) { p.notice.Set(runs...) }

// refuse says why a path can't be used.
func (p *pathPicker) refuse(err error) {
	p.say(widgets.Plain(p.env.Words.Error(err).Text()).In(theme.HighInk).Marked(widgets.MarkSquare))
}

// choose goes into a folder, or takes a file that is to be read.
func (p *pathPicker) choose(i int) {
	if n := len(p.folder.Folders); i < n {
		p.look(filepath.Join(p.folder.Path, p.folder.Folders[i]))
		return
	} else if p.want.use == console.UseRead {
		p.check(filepath.Join(p.folder.Path, p.folder.Files[i-n].Name))
	}
}

// typed takes the path that stands in the field: a file that is to be read, or a
// folder to go to.
func (p *pathPicker) typed() {
	path := strings.TrimSpace(p.path.Text)
	if p.want.use == console.UseRead && p.has(path) {
		p.check(path)
		return
	}
	if path == "" {
		p.refuse(&console.FileError{Fault: console.FileRelative})
	}
	p.look(path)
}

// has says whether a name ends as the files do that are asked for.
func (p *pathPicker) has(name string) bool {
	return slices.ContainsFunc(p.want.ext, func(x string) bool { return strings.EqualFold(filepath.Ext(name), x) })
}

// accept takes the folder of the field, or the file of that name in it.
func (p *pathPicker) accept() {
	path := strings.TrimSpace(p.path.Text)
	if p.want.use != console.UseCreate {
		p.check(path)
		return
	}
	name := strings.TrimSpace(p.name.Text)
	if name == "" || name != filepath.Base(name) {
		p.nameField.SetError(p.env.t("path.name.bad"))
		return
	}
	p.nameField.SetError("")
	if len(p.want.ext) > 0 && !p.has(name) {
		name += p.want.ext[0]
	}
	if path != "" { // "" is refused where it is checked
		path = filepath.Join(path, name)
	}
	p.check(path)
}

// check hands a path on if it can be used.
func (p *pathPicker) check(path string) {
	p.asked++
	mine := p.asked
	p.say(widgets.Muted(p.env.t("path.looking")))
	p.env.Desk.CheckPath(p.want.permit, path, p.want.use, func(err error) {
		p.env.Do(func() {
			switch {
			case mine != p.asked || !p.open:
			case err != nil:
				p.refuse(err)
			default:
				p.done(path)
			}
		})
	})
}

func (p *pathPicker) done(path string) {
	p.open = false
	p.env.lastFolder = path
	if p.want.use != console.UseFolder {
		p.env.lastFolder = filepath.Dir(path)
	}
	p.env.Layer.Done()
	p.want.chosen(path)
}

// makeFolder makes a folder in the one that is listed, and goes into it.
func (p *pathPicker) makeFolder() {
	name := strings.TrimSpace(p.name.Text)
	if name == "" || name != filepath.Base(name) || p.folder.Path == "" {
		p.nameField.SetError(p.env.t("path.name.bad"))
		return
	}
	p.nameField.SetError("")
	path, stood := filepath.Join(p.folder.Path, name), p.path.Text
	p.asked++
	mine := p.asked
	p.env.Desk.MakeFolder(p.want.permit, path, func(err error) {
		p.env.Do(func() {
			switch {
			case mine != p.asked || !p.open:
			case err != nil:
				p.refuse(err)
			default:
				p.name.SetText("")
				p.lookFrom(path, stood)
			}
		})
	})
}
