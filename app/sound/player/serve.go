package player

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"stipple/app/sound/tone"
)

// Device is an open sound device that reads a stream.
type Device interface {
	// Err is why it does not play any more; nil while it does.
	Err() error
	// Close ends it.
	Close()
}

// Serve is the child: it opens a device for a stream, plays what in says, and
// tells out how it goes, until in ends or the device fails. Its error is the
// device's, which out has been told.
func Serve(in io.Reader, out io.Writer, open func(io.Reader) (Device, error)) error {
	stream := tone.NewStream()
	say := &speaker{out: out}
	stream.First = func(serial uint64) { say.line(playedLine(serial, time.Now())) }
	over := make(chan struct{})
	go func() {
		defer close(over)
		lines := bufio.NewScanner(in)
		lines.Buffer(make([]byte, lineMost), lineMost)
		for lines.Scan() {
			serial, p, err := parsePlay(lines.Text())
			if err != nil {
				return
			}
			stream.Play(p, serial)
		}
	}()
	device, err := open(stream)
	if err != nil {
		say.line(failedLine(NoDevice, err))
		return fmt.Errorf("open a sound device: %w", err)
	}
	defer device.Close()
	w := watch{began: time.Now()}
	tick := time.NewTicker(aliveEvery)
	defer tick.Stop()
	for {
		select {
		case <-over:
			return nil
		case <-tick.C:
		}
		if err := device.Err(); err != nil {
			say.line(failedLine(Lost, err))
			return fmt.Errorf("play: %w", err)
		}
		alive, err := w.look(time.Now(), stream.Frames())
		if err != nil {
			say.line(failedLine(NoDevice, err))
			return err
		}
		if alive {
			say.line(wordAlive + "\n")
		}
	}
}

// errNoPace is a device that takes frames faster than time goes.
var errNoPace = errors.New("the device only swallows samples")

// watch judges by its pace whether a device plays.
type watch struct {
	began  time.Time
	frames uint64
}

// look takes how many frames were read so far. A device that takes none is not
// alive; one that takes too many is none.
func (w *watch) look(now time.Time, frames uint64) (alive bool, err error) {
	took := frames - w.frames
	w.frames = frames
	passed := now.Sub(w.began)
	switch {
	case passed < paceFrom:
		return false, nil
	case frames > paceMost*uint64(tone.Frames(passed)):
		return false, errNoPace
	}
	return took > 0, nil
}

// speaker writes whole lines from several goroutines. Where the console is gone
// nobody listens; standard input ends then, too.
type speaker struct {
	mu  sync.Mutex
	out io.Writer
}

func (s *speaker) line(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, _ = io.WriteString(s.out, text)
}
