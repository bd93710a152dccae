package pages

import (
	"time"

	"fyne.io/fyne/v2"

	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/ui/theme"
	"stipple/app/ui/widgets"
	"stipple/app/ui/words"
)

// backupSheet is what became of the backups: the newest good one, what goes on, what is
// in the folder, and what came of proving one.
type backupSheet struct {
	env  *Env
	view console.BackupsView

	heading      *widgets.Line
	last         *widgets.Line
	why          *widgets.Paragraph
	folder, next *widgets.Paragraph
	make, choose *widgets.Button
	task         *widgets.Line
	bar          *widgets.Progress
	cancel       *widgets.Button
	status       *widgets.Card
	statusInner  *fyne.Container
	proof        *proofCard
	filesTitle   *widgets.Line
	files        *widgets.RowList
	filesCard    *widgets.Card
	refused      error // why the newest act was not begun
	content      *fyne.Container
}

var _ sheet = (*backupSheet)(nil)

func newBackups(env *Env) *backupSheet {
	s := &backupSheet{env: env}
	s.heading = widgets.NewLine(widgets.Small(env.t("backup.last")))
	s.last = widgets.NewLine()
	s.why, s.folder, s.next = widgets.NewParagraph(widgets.Plain("")), widgets.NewParagraph(widgets.Plain("")), widgets.NewParagraph(widgets.Muted(""))
	s.make = env.button("clinic.backup.make", widgets.Primary, "backup.make", func() { env.Desk.MakeBackup(s.begun) })
	s.choose = env.button("clinic.backup.folder", widgets.Secondary, "backup.choose", s.pickFolder)
	s.task, s.bar = widgets.NewLine(), widgets.NewProgress()
	s.cancel = env.button("clinic.backup.cancel", widgets.Secondary, "cancel", func() { env.Desk.CancelBackup(s.begun) })
	s.statusInner = arrange(fyne.NewSize(300, 200), s.layoutStatus,
		s.heading, s.last, s.why, s.folder, s.next, s.make, s.choose, s.task, s.bar, s.cancel)
	s.status = widgets.NewCard(s.statusInner, cardPad)
	s.proof = newProofCard(env, s.begun)
	s.filesTitle = widgets.NewLine()
	s.files = widgets.NewRowList(env.Keys, nil, s.openFile)
	env.name(s.files, "list", "clinic.backup.list")
	s.filesCard = widgets.NewCard(s.files, 1)
	s.content = arrange(fyne.NewSize(700, 300), s.layout, s.status, s.proof.card, s.filesTitle, s.filesCard)
	return s
}

func (s *backupSheet) name() string                    { return "backup" }
func (s *backupSheet) permission() clinical.Permission { return clinical.PermitBackup }
func (s *backupSheet) object() fyne.CanvasObject       { return s.content }
func (s *backupSheet) enter()                          { s.refused = nil }
func (s *backupSheet) tick(time.Time)                  {}

func (s *backupSheet) show(v *console.View) {
	s.view = v.Backups
	s.showStatus()
	s.showJob()
	s.showFiles()
	s.proof.show(s.view)
	s.content.Refresh()
}

// begun takes what came of asking for something. What is refused stands where the state
// does, until the next act.
func (s *backupSheet) begun(err error) {
	s.env.Do(func() {
		s.refused = err
		s.show(s.env.Desk.View())
	})
}

// showStatus says how the newest good backup stands.
func (s *backupSheet) showStatus() {
	e, v := s.env, s.view
	now := e.Now()
	for _, o := range []fyne.CanvasObject{s.proof.card, s.filesTitle, s.filesCard} {
		show(o, v.Has)
	}
	if !v.Has {
		s.last.Set(widgets.Title(e.t("backup.none.training")))
		s.why.Set(widgets.Muted(e.t("backup.none.training.why")))
		s.folder.Set(widgets.Plain(""))
		s.next.Set(widgets.Muted(""))
		return
	}
	last := widgets.Title(e.t("backup.last.never"))
	if !v.Last.Made.IsZero() {
		last = widgets.Title(e.Words.DayAndTime(v.Last.Made, now))
	}
	switch {
	case v.Old:
		last = last.Marked(widgets.MarkTriangle).In(theme.LowInk)
	case v.Last.Made.IsZero():
		last = last.Marked(widgets.MarkClock)
	default:
		last = last.Marked(widgets.IconCheck)
	}
	s.last.Set(last)
	s.why.Set(s.state(now))
	folder := widgets.Plain(e.t("backup.folder.none"))
	if v.Folder != "" {
		folder = widgets.Plain(e.t("backup.folder", words.Foreign(v.Folder)))
	}
	s.folder.Set(folder)
	s.next.Set(widgets.Muted(s.nextText(now)))
	s.choose.SetKind(widgets.Secondary)
	if v.Folder == "" {
		s.choose.SetKind(widgets.Primary)
	}
	s.make.SetDisabled(v.Folder == "", "")
}

// state is the sentence under the date: what is wrong, or that nothing is.
func (s *backupSheet) state(now time.Time) widgets.Run {
	e, v := s.env, s.view
	bad := func(text string) widgets.Run { return widgets.Plain(text).In(theme.HighInk) }
	switch {
	case s.refused != nil:
		return bad(e.Words.Error(s.refused).Text())
	case v.Err != nil:
		return bad(e.t("backup.failed", e.Words.DayAndTime(v.FailedAt, now), e.Words.Error(v.Err).Text()))
	case v.FolderErr != nil:
		return widgets.Plain(e.Words.Error(v.FolderErr).Text()).In(theme.MediumInk)
	case v.Old:
		return widgets.Plain(e.t("backup.old")).In(theme.LowInk)
	case v.Last.Made.IsZero():
		return widgets.Muted(e.t("backup.last.never.why"))
	}
	return widgets.Muted(e.t("backup.good", words.Bytes(v.Last.Size)))
}

// nextText is when the next one is made.
func (s *backupSheet) nextText(now time.Time) string {
	switch v := s.view; {
	case v.Folder == "":
		return s.env.t("backup.next.none")
	case v.FolderErr != nil && !v.Next.After(now):
		return s.env.t("backup.next.back")
	case !v.Next.After(now):
		return s.env.t("backup.next.now")
	default:
		return s.env.t("backup.next", s.env.Words.DayAndTime(v.Next, now))
	}
}

// showJob says what is going on.
func (s *backupSheet) showJob() {
	e, j := s.env, s.view.Job
	on := j.Task != console.NoBackupTask
	for _, o := range []fyne.CanvasObject{s.task, s.bar, s.cancel} {
		show(o, on)
	}
	// In the place of the buttons, which have to wait.
	show(s.make, s.view.Has && !on)
	show(s.choose, s.view.Has && !on)
	if !on {
		return
	}
	s.bar.Set(j.Done, j.Of)
	text := e.t("backup.task." + string(j.Task))
	switch {
	case j.Stuck:
		text = e.t("backup.stuck")
	case j.Cancelling:
		text = e.t("backup.cancelling")
	case j.Of > 0 && j.Task != console.BackupCompares:
		text = e.t("backup.progress", text, words.Bytes(j.Done), words.Bytes(j.Of))
	}
	s.task.Set(widgets.Strong(text))
	s.cancel.SetDisabled(j.Cancelling, "")
}

// showFiles lists what is in the folder.
func (s *backupSheet) showFiles() {
	e, v := s.env, s.view
	rows := make([]widgets.Row, len(v.Files))
	now := e.Now()
	for i, f := range v.Files {
		rows[i] = widgets.Row{
			Key: f.Name, Mark: widgets.IconCheck,
			Title: []widgets.Run{widgets.Strong(e.Words.DayAndTime(f.Made, now))},
			Sub:   []widgets.Run{widgets.Small(e.t("backup.file.good"))},
			Right: []widgets.Run{widgets.Plain(words.Bytes(f.Size))},
		}
		r := &rows[i]
		switch {
		case !f.Ours:
			r.Mark, r.MarkColor = widgets.MarkClock, theme.TextSecondary
			r.Sub = []widgets.Run{widgets.Small(e.t("backup.file.foreign"))}
		case !f.Good:
			r.Mark, r.MarkColor = widgets.MarkTriangle, theme.MediumInk
			r.Sub = []widgets.Run{widgets.Small(e.t("backup.file.half"))}
		case !f.Expires.IsZero():
			r.RightSub = []widgets.Run{widgets.Small(e.t("backup.file.goes", e.Words.Day(f.Expires, now)))}
		}
	}
	s.files.Set(rows, s.noFiles())
	s.filesTitle.Set(widgets.Title(e.t("backup.files")), widgets.Muted(words.Count(len(rows))))
	if len(rows) == 0 {
		s.filesTitle.Set(widgets.Title(e.t("backup.files")))
	}
}

func (s *backupSheet) noFiles() string {
	switch v := s.view; {
	case v.Folder == "":
		return s.env.t("backup.files.nowhere")
	case v.FolderErr != nil:
		return s.env.Words.Error(v.FolderErr).Text()
	}
	return s.env.t("backup.files.none")
}

// pickFolder asks for the folder.
func (s *backupSheet) pickFolder() {
	s.env.pickPath(pathChoice{
		title: s.env.t("backup.pick"), permit: clinical.PermitBackup, use: console.UseFolder, start: s.view.Folder, yes: s.env.t("backup.pick.yes"),
		chosen: func(path string) { s.env.Desk.ChooseBackupFolder(path, s.begun) },
	})
}

// openFile offers to prove a backup of the list.
func (s *backupSheet) openFile(i int) {
	if i >= len(s.view.Files) || s.view.Job.Task != console.NoBackupTask {
		return
	}
	f := s.view.Files[i]
	s.env.ask(question{
		title: s.env.t("backup.drill.title", s.env.Words.DayAndTime(f.Made, s.env.Now())), text: s.env.t("proof.why"),
		yes: s.env.t("proof.drill.one"), no: s.env.t("cancel"),
		act: func() { s.env.Desk.DrillBackup(f.Name, s.begun) },
	})
}

// backupSign is the width of the sign about the newest good backup.
const backupSign float32 = 330

// lastBackup is the sign that everybody sees, whoever keeps the backups.
func lastBackup(e *Env, v console.BackupsView) []widgets.Run {
	if !v.Has {
		return nil
	}
	sign := widgets.Small(e.t("clinic.backup.no"))
	if !v.Last.Made.IsZero() {
		sign = widgets.Small(e.t("clinic.backup", e.Words.DayAndTime(v.Last.Made, e.Now())))
	}
	if v.Old {
		sign = sign.In(theme.LowInk).Marked(widgets.MarkTriangle)
	}
	return []widgets.Run{sign}
}

// The measures of the sheet at 100 %.
const (
	backupWide  float32 = 580 // of the left column
	backupPause float32 = 10  // between the parts of a card
)

func (s *backupSheet) layout(size fyne.Size) {
	tall := s.statusTall(backupWide-2*cardPad) + 2*cardPad
	place(s.status, 0, 0, backupWide, tall)
	place(s.proof.card, 0, tall+columnGap, backupWide, s.proof.tall(backupWide-2*cardPad)+2*cardPad)
	x, wide := backupWide+2*columnGap, size.Width-backupWide-2*columnGap
	title := height(s.filesTitle)
	place(s.filesTitle, x, 0, wide, title)
	place(s.filesCard, x, title+6, wide, size.Height-stopRoom-title-6)
}

// statusTall is the height of the status: see layoutStatus.
func (s *backupSheet) statusTall(wide float32) float32 {
	return height(s.heading) + height(s.last) + s.why.HeightFor(wide) + s.folder.HeightFor(wide) + s.next.HeightFor(wide) +
		2*backupPause + 2 + max(theme.TouchFar, height(s.make))
}

func (s *backupSheet) layoutStatus(size fyne.Size) {
	y := float32(0)
	line := func(o fyne.CanvasObject, tall, gap float32) {
		place(o, 0, y, size.Width, tall)
		y += tall + gap
	}
	line(s.heading, height(s.heading), 0)
	line(s.last, height(s.last), 2)
	line(s.why, s.why.HeightFor(size.Width), backupPause)
	line(s.folder, s.folder.HeightFor(size.Width), 0)
	line(s.next, s.next.HeightFor(size.Width), backupPause)
	tall := max(theme.TouchFar, height(s.make))
	m, c := s.make.MinSize().Width+32, s.choose.MinSize().Width+32
	place(s.make, 0, y, m, tall)
	place(s.choose, m+columnGap, y, c, tall)
	w := s.cancel.MinSize().Width + 24
	place(s.cancel, size.Width-w, y, w, tall)
	place(s.task, 0, y, size.Width-w-columnGap, height(s.task))
	place(s.bar, 0, y+height(s.task)+8, size.Width-w-columnGap, height(s.bar))
}

func (s *backupSheet) states(into map[string]string) {
	v := s.view
	into["clinic.backup.files"] = words.Count(len(v.Files))
	into["clinic.backup.folder"] = v.Folder
	into["clinic.backup.task"] = string(v.Job.Task)
	into["clinic.backup.last"] = v.Last.Name
}
