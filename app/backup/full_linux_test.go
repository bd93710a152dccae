package backup

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"stipple/app/store"
	"stipple/app/vault"
)

// childEnv names the folder that this binary, started again, backs up.
const childEnv = "STIPPLE_BACKUP_CHILD"

// said is what the child tells.
type said struct {
	NotWritten, Full bool
	Text             string
}

func TestMain(m *testing.M) {
	if dir := os.Getenv(heldEnv); dir != "" {
		hold(dir)
	}
	dir := os.Getenv(childEnv)
	if dir == "" {
		os.Exit(m.Run())
	}
	if err := backUpFull(dir); err != nil {
		_, _ = os.Stderr.WriteString(err.Error() + "\n")
		os.Exit(1)
	}
	os.Exit(0)
}

// backUpFull makes a backup where each file ends at some bytes, which looks like a full
// disk, and then one where there is room again.
func backUpFull(dir string) error {
	slots, err := vault.Load(filepath.Join(dir, "data"), cheap())
	if err != nil {
		return err
	}
	keys, _, err := slots.SignIn("senior", []byte(passphrase), time.Now())
	if err != nil {
		return err
	}
	s, err := store.Open(filepath.Join(dir, "data", store.FileName), store.Options{Sealer: keys})
	if err != nil {
		return err
	}
	src := Source{Store: s, Keys: keys, Slots: slots}
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	before := limit.Cur
	for _, room := range []uint64{0, 100, 70_000, before} {
		limit.Cur = min(room, limit.Max)
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
			return err
		}
		_, err := Write(context.Background(), src, filepath.Join(dir, "stick"), madeAt().Add(time.Hour), nil)
		tell := said{NotWritten: errors.Is(err, ErrNotWritten), Full: errors.Is(err, syscall.EFBIG)}
		if err != nil {
			tell.Text = err.Error()
		}
		if err := json.NewEncoder(os.Stdout).Encode(tell); err != nil {
			return err
		}
	}
	return errors.Join(s.Close(), keys.Close())
}

func TestFullDisk(t *testing.T) {
	p := newPractice(t, true)
	top := t.TempDir()
	must(t, os.Mkdir(filepath.Join(top, "stick"), 0o700))
	earlier, err := Write(t.Context(), p.Source, filepath.Join(top, "stick"), madeAt(), nil)
	must(t, err)
	good, err := os.ReadFile(earlier.Path)
	must(t, err)
	// The store of its own that the child opens is a restored one.
	_, err = Restore(t.Context(), earlier.Path, p.code, filepath.Join(top, "data"), nil)
	must(t, err)
	binary, err := os.Executable()
	must(t, err)
	cmd := exec.Command(binary)
	cmd.Env = append(os.Environ(), childEnv+"="+top)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	must(t, err)
	d := json.NewDecoder(bytes.NewReader(out))
	for i := range 4 {
		var s said
		must(t, d.Decode(&s))
		if full := i < 3; s.NotWritten != full || s.Full != full {
			t.Errorf("%d: %+v", i, s)
		}
	}
	if left := names(t, filepath.Join(top, "stick")); len(left) != 2 {
		t.Errorf("in the folder: %v", left)
	}
	if now, err := os.ReadFile(earlier.Path); err != nil || !bytes.Equal(now, good) {
		t.Error("the earlier backup was changed", err)
	}
}
