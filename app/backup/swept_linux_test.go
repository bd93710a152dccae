package backup

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"stipple/app/durable"
)

// A process that is to be killed while it fills a folder is the test binary with heldEnv
// set to the folder.
const heldEnv = "STIPPLE_BACKUP_HELD"

// hold fills a folder until it is killed.
func hold(dir string) {
	if _, err := durable.Hold(dir); err != nil {
		os.Exit(1)
	}
	_, _ = os.Stdout.WriteString("held\n")
	select {}
}

// killed is a folder that a process was filling when it was killed.
func killed(t *testing.T, dir string) {
	t.Helper()
	must(t, os.Mkdir(dir, 0o700))
	must(t, os.WriteFile(filepath.Join(dir, "stipple.db"), []byte("half"), 0o600))
	binary, err := os.Executable()
	must(t, err)
	cmd := exec.Command(binary)
	cmd.Env = append(os.Environ(), heldEnv+"="+dir)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	if _, err := io.ReadFull(out, make([]byte, len("held\n"))); err != nil {
		t.Fatal(err)
	}
	sweepAll(t, dir) // while it works
	must(t, cmd.Process.Kill())
	_ = cmd.Wait()
	if len(names(t, dir)) != 2 {
		t.Fatalf("in the folder: %v", names(t, dir))
	}
}

// sweepAll sweeps for everything that the folder could be.
func sweepAll(t *testing.T, dir string) {
	t.Helper()
	base, _, _ := strings.Cut(filepath.Base(dir), durable.Mark)
	durable.SweepHeld(filepath.Dir(dir), base+durable.Mark)
	Sweep(filepath.Dir(dir))
}

// What killed restores and drills have left goes with the next one; what is in use, or is
// somebody else's, stays.
func TestKilledRestoresAndDrillsAreSwept(t *testing.T) {
	p := newPractice(t, true)
	made := p.backedUp(t)
	parent := t.TempDir()
	killed(t, filepath.Join(parent, "new"+durable.Mark+"1"))
	killed(t, filepath.Join(parent, "newer"+durable.Mark+"1"))
	killed(t, filepath.Join(parent, drillPrefix+"1"))
	must(t, os.Mkdir(filepath.Join(parent, drillPrefix+"of-a-person"), 0o700))

	_, err := Restore(t.Context(), made.Path, p.code, filepath.Join(parent, "new"), nil)
	must(t, err)
	want := []string{"new", "newer" + durable.Mark + "1", drillPrefix + "1", drillPrefix + "of-a-person"}
	if got := names(t, parent); !slices.Equal(got, want) {
		t.Errorf("after a restore: %v", got)
	}
	r, err := Drill(t.Context(), made.Path, p.identity(t), p.Keys, p.Store, parent, nil)
	must(t, err)
	if !r.OK() {
		t.Errorf("%+v", r)
	}
	if got, want := names(t, parent), []string{"new", "newer" + durable.Mark + "1", drillPrefix + "of-a-person"}; !slices.Equal(got, want) {
		t.Errorf("after a drill: %v", got)
	}
}

// A pipe under a backup's name is no backup, and nobody waits for what it will say.
func TestAPipeIsNoBackup(t *testing.T) {
	p := newPractice(t, false)
	path := filepath.Join(t.TempDir(), Name(madeAt()))
	must(t, syscall.Mkfifo(path, 0o600))
	if _, err := Check(t.Context(), path, p.code, nil); !errors.Is(err, ErrDamaged) {
		t.Error(err)
	}
}
