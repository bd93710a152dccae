package pages

import (
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

// proofCard proves backups: by a drill, or by restoring one into a new folder.
type proofCard struct {
	env   *Env
	view  console.BackupsView
	begun func(error)

	title                   *widgets.Line
	text                    *widgets.Paragraph
	drill, restore, details *widgets.Button
	inner                   *fyne.Container
	card                    *widgets.Card
}

func newProofCard(env *Env, begun func(error)) *proofCard {
	c := &proofCard{env: env, begun: begun, title: widgets.NewLine(), text: widgets.NewParagraph(widgets.Plain(""))}
	c.drill = env.button("clinic.proof.drill", widgets.Secondary, "proof.drill", func() { env.Desk.DrillBackup("", begun) })
	c.restore = env.button("clinic.proof.restore", widgets.Secondary, "proof.restore", c.pickFile)
	c.details = env.button("clinic.proof.details", widgets.Ghost, "proof.details", c.open)
	c.inner = arrange(fyne.NewSize(300, 120), c.layout, c.title, c.text, c.drill, c.restore, c.details)
	c.card = widgets.NewCard(c.inner, cardPad)
	return c
}

func (c *proofCard) show(v console.BackupsView) {
	c.view = v
	e := c.env
	title, text := widgets.Title(e.t("proof.title")), widgets.Muted(e.t("proof.why"))
	if r := v.Report; r != nil {
		title, text = c.came(r)
	}
	c.title.Set(title)
	c.text.Set(text)
	show(c.details, v.Report != nil && v.Report.Err == nil)
	show(c.drill, v.Has)
	show(c.restore, v.Has)
	busy := v.Job.Task != console.NoBackupTask
	c.drill.SetDisabled(busy || v.Last.Made.IsZero() || v.FolderErr != nil, "")
	c.restore.SetDisabled(busy, "")
	c.inner.Refresh()
}

// came is what came of a drill or a restoring, in two sentences.
func (c *proofCard) came(r *console.BackupReport) (title, text widgets.Run) {
	e := c.env
	key := "proof." + string(r.Task)
	at := e.Words.DayAndTime(r.At, e.Now())
	switch {
	case r.Err != nil:
		title = widgets.Title(e.t(key+".failed", at)).Marked(widgets.MarkSquare).In(theme.HighInk)
		return title, widgets.Plain(e.Words.Error(r.Err).Text())
	case !r.OK:
		title = widgets.Title(e.t(key+".bad", at)).Marked(widgets.MarkSquare).In(theme.HighInk)
		return title, widgets.Plain(spaced(e.Words.N("proof.bad", len(r.Findings), e.Words.DayAndTime(r.Made, e.Now())), c.again(r)))
	}
	title = widgets.Title(e.t(key+".good", at)).Marked(widgets.IconCheck).In(theme.Accent)
	if again := c.again(r); again != "" { // what is to be done stands in the sums' place
		return title, widgets.Plain(spaced(c.into(r), again))
	}
	return title, widgets.Plain(spaced(c.sum(r), c.into(r), c.counted(r)))
}

// spaced are sentences in a row.
func spaced(sentences ...string) string {
	return strings.Join(slices.DeleteFunc(sentences, func(s string) bool { return s == "" }), " ")
}

// sum is what was found whole.
func (c *proofCard) sum(r *console.BackupReport) string {
	e := c.env
	values := 0
	for _, k := range r.Counts {
		values += int(k.Stored)
	}
	return e.t("proof.good", e.Words.DayAndTime(r.Made, e.Now()), words.Count(values), words.Count(int(r.Entries)))
}

// into is where a restored store is.
func (c *proofCard) into(r *console.BackupReport) string {
	if r.Into == "" {
		return ""
	}
	return c.env.t("proof.into", words.Foreign(r.Into))
}

// counted says where values were not opened.
func (c *proofCard) counted(r *console.BackupReport) string {
	if r.Patients {
		return ""
	}
	return c.env.t("proof.counted")
}

// again tells of who was erased since the backup.
func (c *proofCard) again(r *console.BackupReport) string {
	switch n := len(r.Again); {
	case n > 0:
		return c.env.Words.N("proof.again."+string(r.Task), n)
	case !r.AgainAll:
		return c.env.t("proof.again.unknown")
	}
	return ""
}

// whoAgain lists them, by what their erasure is found by; nobody's name is known any more.
func (c *proofCard) whoAgain(r *console.BackupReport) (all []widgets.Run) {
	e := c.env
	for _, a := range r.Again[:min(len(r.Again), mostAgain)] {
		all = append(all, widgets.Plain(e.t("proof.again.who", e.Words.DayAndTime(a.At, e.Now()), words.Count(int(a.Seq)), words.Foreign(string(a.Patient)))))
	}
	if more := len(r.Again) - mostAgain; more > 0 {
		all = append(all, widgets.Plain(e.Words.N("proof.again.more", more)))
	}
	if len(r.Again) > 0 && !r.AgainAll {
		all = append(all, widgets.Plain(e.t("proof.again.unknown")))
	}
	if len(r.Again) > 0 && r.Task == console.BackupRestores {
		all = append(all, widgets.Plain(e.t("proof.again.find", e.t("audit.action.patient.again"))))
	}
	return all
}

// open shows the whole report.
func (c *proofCard) open() {
	e, r := c.env, c.view.Report
	if r == nil || r.Err != nil {
		return
	}
	title, text := c.came(r)
	all := []widgets.Run{text}
	if r.OK && c.again(r) != "" {
		all = []widgets.Run{widgets.Plain(spaced(c.sum(r), c.counted(r))), widgets.Plain(c.again(r))}
	}
	most := mostFindings - min(len(r.Again), mostAgain)
	for _, f := range r.Findings[:min(len(r.Findings), most)] {
		all = append(all, widgets.Plain(words.Foreign(f)).In(theme.HighInk))
	}
	if more := len(r.Findings) - most; more > 0 {
		all = append(all, widgets.Plain(e.Words.N("proof.more", more)).In(theme.HighInk))
	}
	all = append(all, c.whoAgain(r)...)
	var good []string
	for _, k := range r.Counts {
		name := e.Words.Or("proof.kind."+k.Kind, words.Foreign(k.Kind))
		if k.Backed == k.Stored {
			good = append(good, e.t("proof.same", name, words.Count(int(k.Stored))))
			continue
		}
		all = append(all, widgets.Strong(e.t("proof.differs", name, words.Count(int(k.Backed)), words.Count(int(k.Stored)))))
	}
	if len(r.Again) == 0 { // otherwise their sum has to do
		all = append(all, widgets.Muted(strings.Join(good, " · ")))
	}
	e.note(title.Text, all)
}

// mostFindings is how many findings and patients a note has room for, mostAgain of them
// patients.
const (
	mostFindings = 6
	mostAgain    = 3
)

// pickFile asks for a backup, then for a folder, then for the recovery code.
func (c *proofCard) pickFile() {
	e := c.env
	e.pickPath(pathChoice{
		title: e.t("restore.file"), permit: clinical.PermitRestore, use: console.UseRead, ext: []string{".age"}, start: c.view.Folder,
		chosen: func(from string) {
			e.pickPath(pathChoice{
				title: e.t("restore.into"), permit: clinical.PermitRestore, use: console.UseFolder, yes: e.t("restore.into.yes"),
				chosen: func(into string) { c.askCode(from, into) },
			})
		},
	})
}

// What a recovery code is: an X25519 identity of age (safety.md section 9).
const (
	CodeHead   = "AGE-SECRET-KEY-1" // every code begins with it
	CodeLength = 58                 // characters that follow
)

// askCode asks for the recovery code, and begins to restore.
func (c *proofCard) askCode(from, into string) {
	e := c.env
	code := widgets.NewCodeField(e.Keys, CodeLength, CodeHead, nil, nil)
	e.name(code, "code", "restore.code")
	const wide = noteWide
	text := widgets.NewParagraph(widgets.Plain(e.t("restore.text", words.Foreign(from), words.Foreign(into))))
	hint := widgets.NewParagraph(widgets.Muted(e.t("signin.code.text")))
	notice := widgets.NewLine()
	parts := []fyne.CanvasObject{text, hint, widgets.NewLine(widgets.Strong(CodeHead).Sized(theme.SizeLive)), code, notice}
	talls := []float32{text.HeightFor(wide), hint.HeightFor(wide), height(parts[2]), height(code), height(notice)}
	tall := float32(0)
	for _, t := range talls {
		tall += t + backupPause
	}
	e.Layer.ShowForm(overlay.Form{
		Title: e.t("restore.title"), Width: wide + 40, Focus: code,
		Content: arrange(fyne.NewSize(wide, tall), func(s fyne.Size) {
			y := float32(0)
			for i, o := range parts {
				place(o, 0, y, s.Width, talls[i])
				y += talls[i] + backupPause
			}
		}, parts...),
		Answers: []overlay.Answer{
			{Key: "cancel", Text: e.t("cancel"), Kind: widgets.Secondary},
			{Key: "restore", Text: e.t("restore.yes"), Kind: widgets.Primary},
		},
		OnAnswer: func(key string) {
			switch {
			case key == "cancel":
				e.Layer.Close()
			case !code.Full():
				notice.Set(widgets.Plain(e.t("signin.code.short", words.Count(code.Len()), words.Count(CodeLength))).In(theme.HighInk).Marked(widgets.MarkSquare))
			default:
				typed := code.Take()
				whole := append([]byte(CodeHead), typed...)
				clear(typed)
				e.Layer.Done()
				e.Desk.RestoreBackup(from, whole, into, c.begun)
			}
		},
		OnCancel: code.Clear,
	})
}

// head is the height of the title.
func (c *proofCard) head() float32 {
	if c.details.Visible() {
		return max(height(c.title), theme.Touch)
	}
	return height(c.title)
}

// tall is the height of the card's content at a width.
func (c *proofCard) tall(wide float32) float32 {
	return c.head() + 4 + c.text.HeightFor(wide) + backupPause + max(theme.TouchFar, height(c.drill))
}

func (c *proofCard) layout(size fyne.Size) {
	d, head := float32(0), c.head()
	if c.details.Visible() {
		d = c.details.MinSize().Width + 16
		place(c.details, size.Width-d, 0, d, theme.Touch)
	}
	place(c.title, 0, 0, size.Width-d-4, head)
	y := head + 4
	tall := c.text.HeightFor(size.Width)
	place(c.text, 0, y, size.Width, tall)
	y += tall + backupPause
	m, r := c.drill.MinSize().Width+32, c.restore.MinSize().Width+32
	buttons := max(theme.TouchFar, height(c.drill))
	place(c.drill, 0, y, m, buttons)
	place(c.restore, m+columnGap, y, r, buttons)
}
