package sound

import (
	"errors"
	"syscall"
)

// errNoWaveOut is a computer without any output for sound.
var errNoWaveOut = errors.New("no output for sound is connected")

// present says whether there is an output at all. On Windows oto plays into
// nothing where there is none, and says nothing.
func present() error {
	if n, _, _ := syscall.NewLazyDLL("winmm.dll").NewProc("waveOutGetNumDevs").Call(); n == 0 {
		return errNoWaveOut
	}
	return nil
}
