package console_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/device/sim"
)

// countedFiles is a computer without files.
type countedFiles struct{ c *calls }

func (f countedFiles) Places(context.Context) ([]console.FilePlace, error) {
	f.c.call("Places")
	return []console.FilePlace{{Path: "/"}}, nil
}

func (f countedFiles) Folder(_ context.Context, path string, _ []string) (console.FileFolder, error) {
	f.c.call("Folder")
	return console.FileFolder{Path: path}, nil
}

func (f countedFiles) MakeFolder(context.Context, string) error {
	f.c.call("MakeFolder")
	return nil
}

func (f countedFiles) CheckPath(context.Context, string, console.FileUse) error {
	f.c.call("CheckPath")
	return nil
}

// deadFiles are on a disk that never answers.
type deadFiles struct{ countedFiles }

func (deadFiles) Folder(ctx context.Context, _ string, _ []string) (console.FileFolder, error) {
	<-ctx.Done()
	return console.FileFolder{Path: "late"}, ctx.Err()
}

func TestAFolderThatNeverAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBenchFrom(t, sim.R1, true, func(*bench) {}, func(cfg *console.Config) { cfg.Files = deadFiles{} })
		defer b.stop()
		b.work(clinical.RoleAdministrator)
		begun := time.Now()
		told := make(chan error, 1)
		b.desk.ListFolder(clinical.PermitBackup, "/net", nil, func(f console.FileFolder, err error) {
			if f.Path != "" {
				t.Errorf("beside an error: %+v", f)
			}
			told <- err
		})
		var slow *console.FileError
		if err := <-told; !errors.As(err, &slow) || slow.Fault != console.FileSlow || slow.Path != "/net" || slow.Code() != "file_slow" {
			t.Errorf("%v", err)
		}
		if took := time.Since(begun); took < 5*time.Second || took > 15*time.Second {
			t.Errorf("after %v", took)
		}
	})
}
