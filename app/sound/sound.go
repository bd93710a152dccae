package sound

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/ebitengine/oto/v3"

	"stipple/app/sound/player"
	"stipple/app/sound/tone"
)

const (
	// deviceBuffer is how much sound lies in the device's buffer, and readAhead how
	// much before it: together they are the delay of a new alarm, well within the
	// 200 ms from its condition to its sound. Less makes gaps on a busy computer.
	deviceBuffer = 50 * time.Millisecond
	readAhead    = 20 * time.Millisecond
	// readyLimit is how long the device may take to open.
	readyLimit = 4 * time.Second
)

// errNotReady is a device that does not get ready in time.
var errNotReady = errors.New("the sound device does not get ready")

// Serve plays what in says and tells out how it goes, until in ends. It is the
// whole of the process that plays alarms.
func Serve(in io.Reader, out io.Writer) error { return player.Serve(in, out, open) }

// device is oto's only context with the only player on it.
type device struct {
	context *oto.Context
	player  *oto.Player
}

// open opens the system's sound device for a stream. It can be called once in
// the life of a process.
func open(stream io.Reader) (player.Device, error) {
	if err := present(); err != nil {
		return nil, err
	}
	c, ready, err := oto.NewContext(&oto.NewContextOptions{
		SampleRate: tone.Rate, ChannelCount: tone.Channels, Format: oto.FormatFloat32LE, BufferSize: deviceBuffer,
	})
	if err != nil {
		return nil, fmt.Errorf("open the sound device: %w", err)
	}
	late := time.NewTimer(readyLimit)
	defer late.Stop()
	select {
	case <-ready:
	case <-late.C:
		return nil, errNotReady
	}
	if err := c.Err(); err != nil {
		return nil, fmt.Errorf("open the sound device: %w", err)
	}
	p := c.NewPlayer(stream)
	p.SetBufferSize(tone.Frames(readAhead) * tone.FrameSize)
	p.Play()
	return &device{context: c, player: p}, nil
}

// Err is why nothing is played any more.
func (d *device) Err() error { return errors.Join(present(), d.context.Err(), d.player.Err()) }

// Close ends the player; the context ends with the process.
func (d *device) Close() { d.player.Pause() }
