package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"time"

	"stipple/device"
	"stipple/device/link"
	"stipple/protocol"
)

// recordLook is how often a recording is looked after: its disk, and the line
// that says how it goes.
const recordLook = 100 * time.Millisecond

// recordingShape is a recording that has begun.
type recordingShape struct {
	Type string `json:"type"` // "recording"
	Port string `json:"port"`
	File string `json:"file"`
	Raw  bool   `json:"raw"`
}

// recordShape is a recording that has ended.
type recordShape struct {
	Type      string `json:"type"` // "recorded"
	File      string `json:"file"`
	TookMS    int64  `json:"took_ms"`
	Bytes     uint64 `json:"bytes"`      // of the link, both ways
	LostBytes uint64 `json:"lost_bytes"` // of them, not in the file
	FileBytes int64  `json:"file_bytes"`
}

func recordCommand() command {
	return command{
		name: "record", group: groupLink, args: "--out FILE [--port P] [--for TIME] [--rate N] [--raw] [--json]",
		does: "records every byte of a link with its time, until Ctrl-C. It opens a session, so that STATUS\n" +
			"flows; with --raw it only listens, to whatever is on the port",
		examples: []string{
			"penctl record --port /tmp/pen --out pen.rec --for 10s",
			"penctl record --port /dev/ttyACM0 --out pen.rec --rate 200",
			"penctl record --port /dev/ttyUSB0 --out line.rec --raw",
		},
		build: func(fs *flag.FlagSet) func(context.Context, console, []string) error {
			port, rate := portFlag(fs), rateFlag(fs)
			out := fs.String("out", "", "`file` to make; one that is there is not touched")
			length := fs.Duration("for", 0, "end after that `time`, such as 10s; 0: go on until Ctrl-C")
			raw := fs.Bool("raw", false, "write nothing to the port")
			return func(ctx context.Context, c console, words []string) error {
				switch {
				case len(words) > 0:
					return noWords(words)
				case *out == "":
					return usageOf("out", "--out is missing: the file to record into")
				case *length < 0:
					return usageOf("for", "--for %v is below 0", *length).beyond(0)
				}
				if err := checkRate(*rate); err != nil {
					return err
				}
				return c.record(ctx, recording{path: *port, out: *out, length: *length, rate: *rate, raw: *raw})
			}
		},
	}
}

// recording is what is to be recorded.
type recording struct {
	path, out string
	length    time.Duration
	rate      int
	raw       bool
}

// record records one port into one file.
func (c console) record(ctx context.Context, r recording) error {
	port, err := c.choose(ctx, r.path)
	if err != nil {
		return err
	}
	conn, err := c.ports.open(port)
	if err != nil {
		return err
	}
	file, err := os.OpenFile(r.out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		err = &failure{exit: exitRefused, text: fmt.Sprintf("%s is there already; a recording is never overwritten", r.out), field: "out"}
	}
	if err != nil {
		return errors.Join(err, conn.Close())
	}
	about := map[string]string{"program": "penctl", "port": port.Path}
	if port.USB() {
		about["vid"], about["pid"] = port.VID, port.PID
	}
	rec := link.NewRecorder(file, about)
	begun := time.Now()
	started, err := c.follow(ctx, rec.Tap(conn, link.ToConsole), port, rec, r)
	took := time.Since(begun)
	err = errors.Join(err, rec.Close(), file.Close())
	if !started {
		return errors.Join(err, os.Remove(r.out))
	}
	s := rec.Stats()
	return errors.Join(c.printRecording(recordShape{
		Type: "recorded", File: r.out, TookMS: took.Milliseconds(), Bytes: s.Bytes, LostBytes: s.Lost, FileBytes: s.File,
	}), err)
}

// follow keeps the link going while it is recorded. started: there is
// something worth keeping.
func (c console) follow(ctx context.Context, conn io.ReadWriteCloser, port device.Port, rec *link.Recorder, r recording) (started bool, err error) {
	if r.raw {
		if err := c.printBegun(port, r); err != nil {
			return true, errors.Join(err, conn.Close())
		}
		ctx, cancel := r.limit(ctx)
		defer cancel()
		return true, c.listen(ctx, conn, rec)
	}
	s, err := c.session(ctx, port, conn, r.rate)
	if err != nil {
		return false, err
	}
	info := s.Info()
	rec.Note("model", info.Model)
	rec.Note("serial", info.Serial)
	rec.Note("firmware", info.Firmware)
	rec.Note("simulated", strconv.FormatBool(info.Simulated))
	if err := c.printBegun(port, r); err != nil {
		return true, closeAfter(s, err)
	}
	ctx, cancel := r.limit(ctx)
	defer cancel()
	return true, closeAfter(s, c.keep(ctx, s, rec))
}

// limit ends ctx when the recording is long enough.
func (r recording) limit(ctx context.Context) (context.Context, context.CancelFunc) {
	if r.length == 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, r.length)
}

// keep waits until ctx ends, the link is lost or the disk fails.
func (c console) keep(ctx context.Context, s *device.Session, rec *link.Recorder) error {
	p := c.progress()
	defer p.end()
	look := time.NewTicker(recordLook)
	defer look.Stop()
	begun := time.Now()
	for {
		select {
		case <-ctx.Done():
			return nil
		case _, ok := <-s.Events():
			if !ok {
				<-s.Done() // follows at once; before it Err says nothing yet
				return s.Err()
			}
		case <-look.C:
			st := rec.Stats()
			if st.Failure != nil {
				return nil // the recorder's end says why
			}
			showRecording(p, begun, st)
		}
	}
}

// listen reads until ctx ends, the port is gone or the disk fails. A read
// that brings nothing is the port's timeout, so that ctx is looked at.
func (c console) listen(ctx context.Context, conn io.ReadWriteCloser, rec *link.Recorder) error {
	p := c.progress()
	defer p.end()
	begun, buf := time.Now(), make([]byte, protocol.MaxFrame)
	for ctx.Err() == nil {
		_, err := conn.Read(buf)
		if err != nil {
			return errors.Join(&device.LinkLostError{Cause: err}, conn.Close())
		}
		st := rec.Stats()
		if st.Failure != nil {
			break // the recorder's end says why
		}
		showRecording(p, begun, st)
	}
	return conn.Close()
}

func showRecording(p *progress, begun time.Time, s link.RecorderStats) {
	p.show(0, 0, "recording: %v, %s, %d lost", time.Since(begun).Round(time.Second), size(int64(s.Bytes)), s.Lost)
}

func (c console) printBegun(port device.Port, r recording) error {
	if c.json {
		return c.print(recordingShape{Type: "recording", Port: port.Path, File: r.out, Raw: r.raw})
	}
	if _, err := fmt.Fprintf(c.out, "recording %s into %s\n", port.Path, r.out); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}

func (c console) printRecording(s recordShape) error {
	if c.json {
		return c.print(s)
	}
	_, err := fmt.Fprintf(c.out, "%s: %.1f s of the link, %d bytes, %d lost; the file has %d bytes\n",
		s.File, float64(s.TookMS)/1000, s.Bytes, s.LostBytes, s.FileBytes)
	if err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}
