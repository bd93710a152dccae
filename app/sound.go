package app

import (
	"fmt"
	"io"
	"os"

	"stipple/app/sound"
	"stipple/app/sound/player"
)

// SoundCommand is the argument under which the program plays alarms for the
// console that has started it, and does nothing else. It is not for people.
const SoundCommand = "play-alarms"

// Sound is the whole of that process: it plays what in says and tells out how
// it goes, until in ends.
func Sound(in io.Reader, out io.Writer) error { return sound.Serve(in, out) }

// startSound starts that process.
func startSound() (player.Voice, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	return player.Process(self, SoundCommand)()
}
