//go:build linux

package sound

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"stipple/app/alarm"
	"stipple/app/sound/player"
)

// TestMain is the process that plays, too: oto opens a device only once in the
// life of a process.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == "play" {
		_ = Serve(os.Stdin, os.Stdout)
		return
	}
	os.Exit(m.Run())
}

// start starts it with a configuration of ALSA of the test's own.
func start(t *testing.T, config string) player.Voice {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "asound.conf")
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("ALSA_CONFIG_PATH", path)
	t.Setenv("HOME", dir)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	v, err := player.Process(self, "play")()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.Close)
	return v
}

// next is the next thing that the process says.
func next(t *testing.T, v player.Voice) player.Said {
	t.Helper()
	select {
	case s, ok := <-v.Said():
		if !ok {
			t.Fatal("the process ended without a word")
		}
		return s
	case <-time.After(20 * time.Second):
		t.Fatal("nothing was said")
	}
	return player.Said{}
}

func kind(t *testing.T, s player.Said) player.Kind {
	t.Helper()
	var e *player.DeviceError
	if !errors.As(s.Err, &e) {
		t.Fatalf("it says %+v", s)
	}
	return e.Kind
}

// A system whose sound is not configured, or that has no card, has no device.
func TestNoDevice(t *testing.T) {
	for name, config := range map[string]string{
		"nothing is configured": "",
		"a card that is not there": `
pcm.!default { type hw card 77 }
`,
	} {
		t.Run(name, func(t *testing.T) {
			if got := kind(t, next(t, start(t, config))); got != player.NoDevice {
				t.Errorf("%s", got)
			}
		})
	}
}

// ALSA's null device is opened, plays, tells of the first frame of a sound, and
// is recognised as one that nobody can hear, since it swallows samples faster
// than time goes.
func TestNullDevice(t *testing.T) {
	v := start(t, `
pcm.!default { type null }
`)
	v.Play(7, alarm.Medium)
	before := time.Now()
	s := next(t, v)
	for s.Serial != 7 && s.Err == nil {
		s = next(t, v)
	}
	if s.Err != nil || s.At.IsZero() || s.At.Sub(before) > 2*time.Second {
		t.Fatalf("it says %+v", s)
	}
	for s.Err == nil {
		s = next(t, v)
	}
	if got := kind(t, s); got != player.NoDevice {
		t.Errorf("%s", got)
	}
}
