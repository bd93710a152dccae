package player

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"stipple/app/alarm"
)

// The words of the lines between the processes. The console says "play SERIAL
// PRIORITY"; the child says "alive" while its device takes frames, "played
// SERIAL TIME" (ns since 1970, by the computer's clock) when it has handed out
// the first frame of a sound, and "failed KIND TEXT" before it ends.
const (
	wordPlay   = "play"
	wordAlive  = "alive"
	wordPlayed = "played"
	wordFailed = "failed"
)

// errLine is a line that does not say anything known.
var errLine = errors.New("not a line of the sound process")

func playLine(serial uint64, p alarm.Priority) string {
	return fmt.Sprintf("%s %d %s\n", wordPlay, serial, p)
}

// parsePlay reads a line of the console.
func parsePlay(line string) (serial uint64, p alarm.Priority, err error) {
	f := strings.Fields(line)
	if len(f) != 3 || f[0] != wordPlay {
		return 0, alarm.None, errLine
	}
	if serial, err = strconv.ParseUint(f[1], 10, 64); err != nil {
		return 0, alarm.None, errLine
	}
	for p := alarm.None; p <= alarm.High; p++ {
		if p.String() == f[2] {
			return serial, p, nil
		}
	}
	return 0, alarm.None, errLine
}

// Said is something that a child says. Which fields are set depends on what it
// is: alive by nothing, a first frame by At, a failure by Err.
type Said struct {
	Serial uint64
	At     time.Time
	Err    error // a *DeviceError: the child is about to end
}

func playedLine(serial uint64, at time.Time) string {
	return fmt.Sprintf("%s %d %d\n", wordPlayed, serial, at.UnixNano())
}

func failedLine(k Kind, cause error) string {
	text := ""
	if cause != nil {
		text = strings.Join(strings.Fields(cause.Error()), " ")
	}
	line := fmt.Sprintf("%s %s %s", wordFailed, k, text)
	return line[:min(len(line), lineMost-1)] + "\n"
}

// parseSaid reads a line of the child.
func parseSaid(line string) (Said, error) {
	word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
	switch word {
	case wordAlive:
		return Said{}, nil
	case wordPlayed:
		serial, at, _ := strings.Cut(rest, " ")
		n, err := strconv.ParseUint(serial, 10, 64)
		ns, err2 := strconv.ParseInt(at, 10, 64)
		if err != nil || err2 != nil {
			return Said{}, errLine
		}
		return Said{Serial: n, At: time.Unix(0, ns)}, nil
	case wordFailed:
		kind, text, _ := strings.Cut(rest, " ")
		switch k := Kind(kind); k {
		case NoDevice, Hangs, Lost:
			return Said{Err: &DeviceError{Kind: k, Cause: errors.New(text)}}, nil
		}
	}
	return Said{}, errLine
}
