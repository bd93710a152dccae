package player

import (
	"errors"
	"strings"
	"testing"
	"time"

	"stipple/app/alarm"
)

func TestLines(t *testing.T) {
	for p := alarm.None; p <= alarm.High; p++ {
		serial, got, err := parsePlay(strings.TrimSpace(playLine(77, p)))
		if err != nil || serial != 77 || got != p {
			t.Errorf("%v: %d %v %v", p, serial, got, err)
		}
	}
	at := time.Unix(1_700_000_000, 123_456_789)
	if s, err := parseSaid(playedLine(5, at)); err != nil || s.Serial != 5 || !s.At.Equal(at) || s.Err != nil {
		t.Errorf("%+v %v", s, err)
	}
	if s, err := parseSaid(wordAlive); err != nil || !s.At.IsZero() || s.Err != nil {
		t.Errorf("%+v %v", s, err)
	}
	line := failedLine(Lost, errors.New("two\nlines "+strings.Repeat("x", 2*lineMost)))
	if len(line) > lineMost || strings.Count(line, "\n") != 1 {
		t.Errorf("%d bytes, %d lines", len(line), strings.Count(line, "\n"))
	}
	var e *DeviceError
	if s, err := parseSaid(line); err != nil || !errors.As(s.Err, &e) || e.Kind != Lost || !strings.HasPrefix(e.Cause.Error(), "two lines") {
		t.Errorf("%+v %v", s, err)
	}
}

func TestLinesThatSayNothing(t *testing.T) {
	for _, line := range []string{"", "play", "play 1", "play 1 loud", "play x high", "play 1 high now", "stop"} {
		if _, _, err := parsePlay(line); !errors.Is(err, errLine) {
			t.Errorf("%q: %v", line, err)
		}
	}
	for _, line := range []string{"", "hello", "played", "played 1", "played 1 x", "played x 1", "failed", "failed badly", "played -1 1"} {
		if _, err := parseSaid(line); !errors.Is(err, errLine) {
			t.Errorf("%q: %v", line, err)
		}
	}
}

func FuzzSaid(f *testing.F) {
	f.Add(wordAlive)
	f.Add(playedLine(1, time.Unix(1, 2)))
	f.Add(failedLine(Hangs, errors.New("x")))
	f.Fuzz(func(t *testing.T, line string) {
		if s, err := parseSaid(line); err == nil && s.Err != nil {
			var e *DeviceError
			if !errors.As(s.Err, &e) {
				t.Errorf("%q fails with %v", line, s.Err)
			}
		}
		_, _, _ = parsePlay(line)
	})
}
