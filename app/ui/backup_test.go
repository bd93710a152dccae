package ui

import (
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"

	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/ui/widgets"
)

// backupDesk notes what is asked of backups and of folders.
type backupDesk struct {
	*deskLog
	fails  error
	path   error // of CheckPath
	held   []func()
	hold   bool
	folder map[string]error // folders that can't be listed
	code   []byte
}

func (d *backupDesk) MakeBackup(done func(error))         { d.note("make"); done(d.fails) }
func (d *backupDesk) CancelBackup(done func(error))       { d.note("cancel"); done(nil) }
func (d *backupDesk) DrillBackup(n string, f func(error)) { d.note("drill %s", n); f(nil) }
func (d *backupDesk) ChooseBackupFolder(p string, f func(error)) {
	d.note("folder %s", p)
	f(d.fails)
}

func (d *backupDesk) RestoreBackup(from string, code []byte, into string, done func(error)) {
	d.note("restore %s %s %s", from, code, into)
	d.code = code
	done(nil)
}

func (d *backupDesk) CheckPath(p clinical.Permission, path string, use console.FileUse, done func(error)) {
	d.note("check %s %s for %s", use, path, p)
	done(d.path)
}

func (d *backupDesk) MakeFolder(_ clinical.Permission, path string, done func(error)) {
	d.note("mkdir %s", path)
	done(nil)
}

func (d *backupDesk) ListFolder(p clinical.Permission, path string, ext []string, done func(console.FileFolder, error)) {
	answer := func() {
		if err := d.folder[path]; err != nil {
			done(console.FileFolder{}, err)
			return
		}
		d.Desk.ListFolder(p, path, ext, done)
	}
	if d.hold {
		d.held = append(d.held, answer)
		return
	}
	answer()
}

// onBackups is a window with the sheet of the backups in front.
func onBackups(t *testing.T, name string) (*Window, *backupDesk) {
	t.Helper()
	w, log := use(t, "clinic-backup-"+name)
	d := &backupDesk{deskLog: log, folder: map[string]error{}}
	w.env.Desk = d
	return w, d
}

func wants(t *testing.T, d *backupDesk, want ...string) {
	t.Helper()
	if got := d.take(); !slices.Equal(got, want) {
		t.Errorf("asked %q, want %q", got, want)
	}
}

func TestBackUpByHand(t *testing.T) {
	w, d := onBackups(t, "good")
	tapName(t, w, "clinic.backup.make")
	tapName(t, w, "clinic.proof.drill")
	wants(t, d, "make", "drill ")
	newest := d.View().Backups.Files[1].Name
	tapName(t, w, "clinic.backup.list.choice."+newest)
	if !shows(w, "A drill restores") {
		t.Error("not asked")
	}
	tapName(t, w, "overlay.button.yes")
	wants(t, d, "drill "+newest)
	// What is refused stands there until it is done.
	d.fails = console.ErrBackupBusy
	tapName(t, w, "clinic.backup.make")
	if !shows(w, "backup, a drill or a restoring") {
		t.Errorf("%q", w.Snapshot().Texts)
	}
	d.fails = nil
	tapName(t, w, "clinic.backup.make")
	if shows(w, "backup, a drill or a restoring") {
		t.Error("still refused")
	}
	w, d = onBackups(t, "running")
	tapName(t, w, "clinic.backup.cancel")
	wants(t, d, "cancel")
	if !shows(w, "Writing: 42") || w.find("clinic.backup.make") != nil {
		t.Errorf("%q", w.Snapshot().Texts)
	}
}

// A folder is chosen by tapping, by typing, and after it was refused.
func TestPickAFolder(t *testing.T) {
	w, d := onBackups(t, "good")
	tapName(t, w, "clinic.backup.folder")
	path := w.find("path.entry").(*widgets.TextEntry)
	if path.Text != d.View().Backups.Folder {
		t.Errorf("begins in %q", path.Text)
	}
	tapName(t, w, "path.places.choice.1")
	tapName(t, w, "path.list.choice.2")
	if path.Text != "/media/clinic/BACKUP 1/Stipple backups" {
		t.Errorf("went to %q", path.Text)
	}
	tapName(t, w, "path.up")
	if path.Text != "/" {
		t.Errorf("up to %q", path.Text)
	}
	d.folder["/gone"] = &console.FileError{Path: "/gone", Fault: console.FileGone}
	path.SetText("/gone")
	path.TypedKey(&fyne.KeyEvent{Name: fyne.KeyReturn})
	if !shows(w, "/gone is not there") || path.Text != "/gone" {
		t.Errorf("%q", w.Snapshot().Texts)
	}
	d.path = &console.FileError{Path: "/x", Fault: console.FileReadOnly}
	path.SetText(" /x ")
	tapName(t, w, "overlay.button.choose")
	if !w.layer.IsOpen() || !shows(w, "read-only") {
		t.Errorf("a folder that takes nothing: %q", w.Snapshot().Texts)
	}
	d.path = nil
	tapName(t, w, "overlay.button.choose")
	if w.layer.IsOpen() {
		t.Error("still open")
	}
	wants(t, d, "check folder /x for backup", "check folder /x for backup", "folder /x")
}

// Whoever types a path types another one, or with End goes on with the one that stands
// there. In the lists Home and End go to the first and the last row.
func TestPickByKeyboard(t *testing.T) {
	typed := func(keys ...fyne.KeyName) string {
		w, d := onBackups(t, "good")
		d.hold = true // as a disk answers: later
		tapName(t, w, "clinic.backup.folder")
		d.held[0]()
		path := w.find("path.entry").(*widgets.TextEntry)
		for _, k := range keys {
			path.TypedKey(&fyne.KeyEvent{Name: k})
		}
		path.TypedRune('/')
		return path.Text
	}
	const here = "/media/clinic/BACKUP 1/Stipple backups"
	for _, is := range []struct{ got, want string }{{typed(), "/"}, {typed(fyne.KeyEnd), here + "/"}, {typed(fyne.KeyHome), "/" + here}} {
		if is.got != is.want {
			t.Errorf("typed %q, want %q", is.got, is.want)
		}
	}
	w, d := onBackups(t, "good")
	tapName(t, w, "clinic.backup.folder")
	for _, name := range []string{"path.list", "path.places"} {
		list := w.find(name).(*widgets.RowList)
		for _, is := range []struct {
			key  fyne.KeyName
			want int
		}{{fyne.KeyEnd, len(list.Rows()) - 1}, {fyne.KeyHome, 0}} {
			list.TypedKey(&fyne.KeyEvent{Name: is.key})
			if got := list.Selected(); got != is.want || got > 0 && len(list.Rows()) < 3 {
				t.Errorf("%s: %s goes to row %d of %d", name, is.key, got, len(list.Rows()))
			}
		}
	}
	wants(t, d)
}

func TestPickANewFolder(t *testing.T) {
	w, d := onBackups(t, "never")
	tapName(t, w, "clinic.backup.folder")
	path, name := w.find("path.entry").(*widgets.TextEntry), w.find("path.name").(*widgets.TextEntry)
	if path.Text != "/home/clinic" {
		t.Errorf("begins in %q", path.Text)
	}
	for _, bad := range []string{"", " ", "a/b"} {
		name.SetText(bad)
		tapName(t, w, "path.make")
	}
	wants(t, d)
	if !shows(w, "without a path") {
		t.Errorf("%q", w.Snapshot().Texts)
	}
	name.SetText("Backups")
	tapName(t, w, "path.make")
	wants(t, d, "mkdir /home/clinic/Backups")
	if path.Text != "/home/clinic/Backups" || name.Text != "" || shows(w, "without a path") {
		t.Errorf("in %q", path.Text)
	}
	tapName(t, w, "overlay.button.cancel")
	wants(t, d)
}

// What a slow disk answers late goes nowhere: the newest question counts, and none once
// the form is closed.
func TestAFolderThatAnswersLate(t *testing.T) {
	w, d := onBackups(t, "good")
	tapName(t, w, "clinic.backup.folder")
	path := w.find("path.entry").(*widgets.TextEntry)
	d.hold = true
	tapName(t, w, "path.places.choice.0")
	tapName(t, w, "path.places.choice.1")
	if len(d.held) != 2 || !shows(w, "Looking") {
		t.Fatalf("%d held, %q", len(d.held), w.Snapshot().Texts)
	}
	d.held[1]()
	d.held[0]()
	if path.Text != "/media/clinic/BACKUP 1" {
		t.Errorf("at %q", path.Text)
	}
	tapName(t, w, "path.places.choice.0")
	path.SetText("/typed/meanwhile")
	d.held[2]()
	if path.Text != "/typed/meanwhile" {
		t.Errorf("what was typed became %q", path.Text)
	}
	tapName(t, w, "path.places.choice.0")
	w.layer.Aside() // a STOP
	d.held[3]()
	if w.layer.IsOpen() {
		t.Error("open again")
	}
	wants(t, d)
}

// A backup, a folder, and the recovery code, which goes to the desk alone.
func TestRestoreIntoANewFolder(t *testing.T) {
	w, d := onBackups(t, "good")
	tapName(t, w, "clinic.proof.restore")
	path := w.find("path.entry").(*widgets.TextEntry)
	path.SetText("/stick/one.AGE")
	path.TypedKey(&fyne.KeyEvent{Name: fyne.KeyEnter})
	w.find("path.entry").(*widgets.TextEntry).SetText("/new")
	tapName(t, w, "overlay.button.choose")
	wants(t, d, "check read /stick/one.AGE for restore", "check folder /new for restore")
	tapName(t, w, "overlay.button.restore")
	if !shows(w, "0 of 58 characters") {
		t.Errorf("%q", w.Snapshot().Texts)
	}
	field := w.find("restore.code").(*widgets.CodeField)
	data := strings.ToUpper(string(sampleCode()[len(codeHead):]))
	for _, c := range data {
		field.TypedRune(c)
	}
	tapName(t, w, "overlay.button.restore")
	wants(t, d, "restore /stick/one.AGE "+codeHead+data+" /new")
	if field.Len() > 0 || w.layer.IsOpen() {
		t.Error("the code is still there")
	}
}

// Whoever does not keep the backups sees how old the newest is, and nothing else.
func TestTheSignOfTheLastBackup(t *testing.T) {
	w, _ := use(t, "clinic-closed")
	tapName(t, w, "clinic.tab.1")
	if !shows(w, "Last good backup: ") || !shows(w, "Backups are for the administrator") || shows(w, "Back up now") {
		t.Errorf("%q", w.Snapshot().Texts)
	}
	w, _ = use(t, "clinic-backup-failing")
	if shows(w, "Last good backup: ") || !shows(w, "The disk of the folder for backups is full") {
		t.Errorf("%q", w.Snapshot().Texts)
	}
	for name, want := range map[string]string{"never": "There is none yet", "old": "Plug the stick in", "stuck": "the disk holds on to it", "training": "No backups here",
		"drill-good": "all is there", "drill-bad": "faults found", "drill-failed": "not a backup as Stipple wrote it"} {
		if w, _ := use(t, "clinic-backup-"+name); !shows(w, want) {
			t.Errorf("%s: %q", name, w.Snapshot().Texts)
		}
	}
}

// A change of all keys stands on the page while it goes on, in the place of the sign of
// the newest backup.
func TestARekeyIsSeen(t *testing.T) {
	w, d := use(t, "clinic-closed")
	if shows(w, "Keys are changed since somebody left: 40 %") || !says(w, "Last good backup") {
		t.Errorf("before: %q", w.Snapshot().Texts)
	}
	d.change(w, func(v *console.View) { v.Rekey = console.RekeyView{Done: 40_000, Of: 100_000} })
	if !shows(w, "Keys are changed since somebody left: 40 %") || says(w, "Last good backup") {
		t.Errorf("meanwhile: %q", w.Snapshot().Texts)
	}
	d.change(w, func(v *console.View) { v.Rekey = console.RekeyView{} })
	if !says(w, "Last good backup") {
		t.Errorf("after: %q", w.Snapshot().Texts)
	}
}
