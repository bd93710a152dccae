package console_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"stipple/app/audit"
	"stipple/app/clinical"
	"stipple/app/coded"
	"stipple/app/console"
	"stipple/device/sim"
)

// countedBackups is a keeper that keeps nothing.
type countedBackups struct {
	c     *calls
	state console.BackupsView
	fails error
	who   audit.Actor // of the newest call
	code  []byte
}

func (k *countedBackups) call(ctx context.Context, name string) error {
	k.c.call(name)
	k.who = audit.Who(ctx)
	return k.fails
}

func (k *countedBackups) State() console.BackupsView { return k.state }
func (k *countedBackups) ChooseFolder(ctx context.Context, _ string) error {
	return k.call(ctx, "ChooseFolder")
}
func (k *countedBackups) Make(ctx context.Context) error            { return k.call(ctx, "Make") }
func (k *countedBackups) Drill(ctx context.Context, _ string) error { return k.call(ctx, "Drill") }
func (k *countedBackups) Restore(ctx context.Context, _ string, code []byte, _ string) error {
	k.code = code
	return k.call(ctx, "Restore")
}
func (k *countedBackups) Cancel() { k.c.call("Cancel") }
func (k *countedBackups) Kept(ctx context.Context) ([]console.KeptBackup, error) {
	return []console.KeptBackup{{Name: "one"}}, k.call(ctx, "Kept")
}

// backupUseCases are about backups.
func backupUseCases() []useCase {
	const keep = clinical.PermitBackup
	return []useCase{
		{method: "ChooseBackupFolder", permit: keep, says: byDone, call: func(w *walk) { w.b.desk.ChooseBackupFolder("/stick", w.done) }, shows: called("ChooseFolder")},
		{method: "MakeBackup", permit: keep, says: byDone, call: func(w *walk) { w.b.desk.MakeBackup(w.done) }, shows: called("Make")},
		{method: "DrillBackup", permit: keep, says: byDone, call: func(w *walk) { w.b.desk.DrillBackup("", w.done) }, shows: called("Drill")},
		{method: "CancelBackup", permit: keep, says: byDone, call: func(w *walk) { w.b.desk.CancelBackup(w.done) }, shows: called("Cancel")},
		{method: "RestoreBackup", permit: clinical.PermitRestore, says: byDone, call: func(w *walk) {
			w.b.desk.RestoreBackup("/stick/x", []byte("code"), "/new", w.done)
		}, shows: called("Restore")},
	}
}

// What is asked for is asked on behalf of who is at work, a refused recovery code is
// wiped, and only whoever keeps the backups sees where they are.
func TestBackupsOfTheDesk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &countedBackups{c: new(calls), state: console.BackupsView{
			Has: true, Folder: "/stick", Since: time.Unix(1, 0), Old: true, Err: errors.New("full"),
			Last: console.BackupFile{Name: "secret", Made: time.Unix(2, 0)}, Files: []console.BackupFile{{Name: "secret"}},
			Job: console.BackupJob{Task: console.BackupWriting}, Report: &console.BackupReport{},
		}}
		b := newBenchFrom(t, sim.R1, true, func(*bench) {}, func(cfg *console.Config) { cfg.Backups = k })
		defer b.stop()
		admin := b.work(clinical.RoleAdministrator)
		v := b.until("the state", func(v *console.View) bool { return v.Backups.Folder == "/stick" })
		if v.Backups.Report == nil || len(v.Backups.Files) != 1 || v.Backups.Job.Task == "" {
			t.Errorf("%+v", v.Backups)
		}
		told := make(chan error, 1)
		tell := func(err error) { told <- err }
		b.desk.MakeBackup(tell)
		if err := <-told; err != nil || k.who.Operator != admin {
			t.Errorf("%v by %+v", err, k.who)
		}
		k.fails = console.ErrBackupBusy
		code := []byte("AGE-SECRET-KEY-1")
		b.desk.RestoreBackup("x", code, "y", tell)
		if err := <-told; coded.Of(err) != "backup_busy" || code[0] != 0 {
			t.Errorf("%v, %q", err, code)
		}
		b.work(clinical.RoleClinician)
		v = b.until("less of it", func(v *console.View) bool { return v.Backups.Folder == "" })
		want := console.BackupsView{Has: true, Since: time.Unix(1, 0), Old: true, Last: console.BackupFile{Made: time.Unix(2, 0)}}
		if v.Backups.Files != nil || v.Backups.Report != nil || v.Backups.Last != want.Last || !v.Backups.Old || v.Backups.Err != nil || v.Backups.Job != want.Job {
			t.Errorf("%+v", v.Backups)
		}
		warned := false
		for _, w := range v.Warnings {
			warned = warned || w.Code == clinical.WarnBackup
		}
		if !warned {
			t.Errorf("nobody who treats is warned: %+v", v.Warnings)
		}
	})
}
