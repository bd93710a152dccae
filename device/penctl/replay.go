package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"stipple/device"
	"stipple/device/link"
)

// asFast is the speed of a replay that does not keep time.
const asFast = "max"

// replayingShape is a replay that begins.
type replayingShape struct {
	Type string `json:"type"` // "replaying"
	File string `json:"file"`
	As   string `json:"as"`   // "console", "pen"
	Port string `json:"port"` // or the pseudo-terminal's path
}

// replayShape is a replay that has ended.
type replayShape struct {
	Type          string `json:"type"` // "replayed"
	Passes        int    `json:"passes"`
	Records       uint64 `json:"records"`
	Bytes         uint64 `json:"bytes"`
	AnsweredBytes uint64 `json:"answered_bytes"`
	LostBytes     uint64 `json:"lost_bytes"` // that the recording lacks
	RecordedMS    int64  `json:"recorded_ms"`
	TookMS        int64  `json:"took_ms"`
	BehindMS      int64  `json:"behind_ms"` // how late a record was at most
}

func replayCommand() command {
	return command{
		name: "replay", group: groupLink, args: "FILE --port P | --link PATH  [--as console|pen] [--times N] [--speed X|max] [--json]",
		does: "plays one side of a recording. As the console (the default) it plays to a simulated pen and\n" +
			"refuses a real one; as the pen it plays to whoever listens on the port, or, with --link,\n" +
			"on a pseudo-terminal of its own",
		examples: []string{
			"penctl replay pen.rec --port /tmp/pen",
			"penctl replay pen.rec --port /tmp/pen --times 100 --speed max",
			"penctl replay pen.rec --as pen --link /tmp/old --speed 2",
		},
		build: func(fs *flag.FlagSet) func(context.Context, console, []string) error {
			port := fs.String("port", "", "`path` of the port to play to; without it the only pen found")
			path := fs.String("link", "", "`path` at which to make a pseudo-terminal")
			as := fs.String("as", "console", "`side` to play: console or pen")
			times := fs.Int("times", 1, "play it that `number` of times")
			speed := fs.String("speed", "1", "`factor`; 1 is as recorded, max as fast as it is taken")
			return func(ctx context.Context, c console, words []string) error {
				p, err := parsePlay(words, *port, *path, *as, *speed, *times)
				if err != nil {
					return err
				}
				return c.replay(ctx, p)
			}
		},
	}
}

// play is what is to be played.
type play struct {
	file, port, link string
	cfg              link.ReplayConfig
}

func parsePlay(words []string, port, path, as, speed string, times int) (p play, err error) {
	p = play{port: port, link: path, cfg: link.ReplayConfig{To: link.ToPen, Times: times}}
	switch {
	case len(words) == 0:
		return p, usageError("which recording: a FILE is missing")
	case len(words) > 1:
		return p, noWords(words[1:])
	case as != "console" && as != "pen":
		return p, usageOf("as", "--as %q: want console or pen", as)
	case path != "" && as != "pen":
		return p, usageOf("link", "--link is for --as pen: there is no pen on a port that is made now")
	case path != "" && port != "":
		return p, usageOf("link", "--port and --link: one of them")
	case times < 1:
		return p, usageOf("times", "--times %d is below 1", times).beyond(1)
	}
	if as == "pen" {
		p.cfg.To = link.ToConsole
	}
	p.file = words[0]
	if speed != asFast {
		if p.cfg.Speed, err = strconv.ParseFloat(speed, 64); err != nil || !(p.cfg.Speed > 0) || p.cfg.Speed > 1e6 {
			return p, usageOf("speed", "--speed %q: want a factor above 0 and up to a million, or %s", speed, asFast)
		}
	}
	return p, nil
}

// replay plays a recording.
func (c console) replay(ctx context.Context, p play) (err error) {
	file, err := os.Open(p.file)
	if err != nil {
		return fmt.Errorf("recording: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	if _, err := link.NewReader(file); err != nil { // before anything is opened
		return fmt.Errorf("%s: %w", p.file, err)
	}
	info, err := file.Stat()
	if err != nil {
		return fmt.Errorf("recording: %w", err)
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("recording: %w", err)
	}
	conn, err := c.openPlay(ctx, &p)
	if err != nil {
		return err
	}
	if err := c.printReplaying(p); err != nil {
		return errors.Join(err, conn.Close())
	}
	line := c.progress()
	total := info.Size() * int64(p.cfg.Times)
	p.cfg.Progress = func(done int64) { line.show(done, total, "%s of %s", size(done), size(total)) }
	stats, err := link.Replay(ctx, file, conn, p.cfg)
	line.end()
	return c.ended(ctx, p, stats, err)
}

// openPlay opens what is played to. A port that has a USB identity may be a
// real pen and is not even opened.
func (c console) openPlay(ctx context.Context, p *play) (io.ReadWriteCloser, error) {
	if p.link != "" {
		return openPty(p.link)
	}
	port, err := c.choose(ctx, p.port)
	if err != nil {
		return nil, err
	}
	if port.USB() {
		return nil, fmt.Errorf("%s: %w", port.Path, &link.NotSimulatedError{USB: true})
	}
	p.cfg.NoUSB, p.port = true, port.Path
	return c.ports.open(port)
}

// ended says what was played, and why no more was.
func (c console) ended(ctx context.Context, p play, s link.ReplayStats, err error) error {
	var gone *device.PortGoneError
	switch {
	case ctx.Err() != nil:
		err = nil // Ctrl-C ends a stream
	case errors.Is(err, link.ErrNoHello):
		return &failure{exit: exitNoPen, text: err.Error(), cause: err}
	case errors.As(err, &gone), errors.Is(err, io.ErrClosedPipe):
		err = &device.LinkLostError{Cause: err}
	case errors.As(err, new(*link.RecordingError)):
		err = fmt.Errorf("%s: %w", p.file, err)
	case err != nil:
		return err
	}
	return errors.Join(c.printReplay(replayShape{
		Type: "replayed", Passes: s.Passes, Records: s.Records, Bytes: s.Bytes, AnsweredBytes: s.Answered, LostBytes: s.Gaps,
		RecordedMS: s.Recorded.Milliseconds(), TookMS: s.Took.Milliseconds(), BehindMS: s.Behind.Milliseconds(),
	}), err)
}

func (c console) printReplaying(p play) error {
	as, port := "console", p.port
	if p.cfg.To == link.ToConsole {
		as = "pen"
	}
	if p.link != "" {
		port = p.link
	}
	if c.json {
		return c.print(replayingShape{Type: "replaying", File: p.file, As: as, Port: port})
	}
	if _, err := fmt.Fprintf(c.out, "playing the %s of %s to %s\n", as, p.file, port); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}

func (c console) printReplay(s replayShape) error {
	if c.json {
		return c.print(s)
	}
	_, err := fmt.Fprintf(c.out, "played %d records, %d bytes, %d times to the end; %.1f s of recording in %.1f s, at most %v late; %d bytes came back\n",
		s.Records, s.Bytes, s.Passes, float64(s.RecordedMS)/1000, float64(s.TookMS)/1000, time.Duration(s.BehindMS)*time.Millisecond, s.AnsweredBytes)
	if err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}
