package main

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// loudspeaker is a sound device without a card: ALSA's own file device, which
// keeps as much back as a device has in its buffer and writes the rest into a
// pipe, and this at the other end of it, which takes the samples at the pace at
// which a card plays them and listens. To the console it is the default device.
type loudspeaker struct {
	pipe *os.File
	end  context.CancelFunc
	done chan struct{}

	mu    sync.Mutex
	newly time.Duration // monotonic: the newest sample that was not silence; 0: none yet
	next  chan<- time.Duration
	sound []byte // frames that were read and are not whole
}

// What the console plays: 48,000 frames a second of two samples of 32 bits
// (package tone); and how it is taken here.
const (
	soundFrame = 8
	soundRate  = 48_000 * soundFrame // bytes a second
	// soundPipe is the least that a pipe holds: 11 ms.
	soundPipe = 4096
	// soundEvery is how finely the pace is kept.
	soundEvery = 2 * time.Millisecond
	// soundDebt is how much of a standstill of this computer is made up for.
	soundDebt = 50 * time.Millisecond
	// soundGap is longer than any silence within a burst.
	soundGap = 400 * time.Millisecond
)

// openLoudspeaker makes the device in dir. config is the file that ALSA has to
// be told of.
func openLoudspeaker(dir string) (l *loudspeaker, config string, err error) {
	path := filepath.Join(dir, "loudspeaker")
	if err := unix.Mkfifo(path, 0o600); err != nil {
		return nil, "", fmt.Errorf("loudspeaker: %w", err)
	}
	// For writing, too: the pipe never ends, however many consoles come and go.
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, "", fmt.Errorf("loudspeaker: %w", err)
	}
	l = &loudspeaker{pipe: os.NewFile(uintptr(fd), path), done: make(chan struct{})}
	_, err = unix.FcntlInt(uintptr(fd), unix.F_SETPIPE_SZ, soundPipe)
	config = filepath.Join(dir, "asound.conf")
	text := fmt.Sprintf("pcm.!default { type file  slave.pcm { type null }  file %q  format \"raw\" }\n", path)
	if err = errors.Join(err, os.WriteFile(config, []byte(text), 0o600)); err != nil {
		return nil, "", fmt.Errorf("loudspeaker: %w", errors.Join(err, l.pipe.Close()))
	}
	var ctx context.Context
	ctx, l.end = context.WithCancel(context.Background())
	go l.play(ctx, fd)
	return l, config, nil
}

// play takes samples as time goes, until ctx ends.
func (l *loudspeaker) play(ctx context.Context, fd int) {
	defer close(l.done)
	tick := time.NewTicker(soundEvery)
	defer tick.Stop()
	buf := make([]byte, int64(soundDebt)*soundRate/int64(time.Second))
	owed, last := 0, time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := time.Now()
		owed = min(owed+int(int64(now.Sub(last))*soundRate/int64(time.Second)), len(buf))
		last = now
		for owed > 0 {
			n, err := unix.Read(fd, buf[:owed])
			if err != nil || n <= 0 {
				break // nothing is there yet
			}
			owed -= n
			l.hear(buf[:n])
		}
	}
}

// hear looks whether what was played was a sound.
func (l *loudspeaker) hear(b []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sound = append(l.sound, b...)
	loud := false
	for ; len(l.sound) >= soundFrame; l.sound = l.sound[soundFrame:] {
		left, right := binary.LittleEndian.Uint32(l.sound), binary.LittleEndian.Uint32(l.sound[soundFrame/2:])
		loud = loud || (left|right)<<1 != 0 // past the sign: there are two zeros
	}
	if !loud {
		return
	}
	l.newly = monotonic()
	if l.next != nil {
		l.next <- l.newly // capacity 1, and once
		l.next = nil
	}
}

// listen returns where the time of the next sound comes.
func (l *loudspeaker) listen() <-chan time.Duration {
	next := make(chan time.Duration, 1)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.next = next
	return next
}

// silent waits until nothing is heard any more.
func (l *loudspeaker) silent(ctx context.Context) error {
	limit, cancel := context.WithTimeout(ctx, reactLimit)
	defer cancel()
	for {
		l.mu.Lock()
		since := monotonic() - l.newly
		l.mu.Unlock()
		if since >= soundGap {
			return nil
		}
		if err := pause(limit, soundGap-since); err != nil {
			return fmt.Errorf("the alarm does not fall silent: %w", err)
		}
	}
}

func (l *loudspeaker) close() error {
	l.end()
	<-l.done
	return l.pipe.Close()
}
