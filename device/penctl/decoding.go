package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"stipple/device/link"
	"stipple/protocol"
)

// decoding is a decode under way.
type decoding struct {
	c      console
	name   string // of what is read, for an error
	filter filter
	raw    bool // there is neither time nor direction
	out    *bufio.Writer
	names  dictionary
	ways   [2]struct {
		frames  protocol.Decoder
		pending int // bytes since the newest frame's end
	}
	line        *progress
	done, total int64
}

// recording shows a recording.
func (d *decoding) recording(ctx context.Context, in io.Reader) error {
	rd, err := link.NewReader(in)
	if err != nil {
		return fmt.Errorf("%s: %w", d.name, err)
	}
	if err := d.header(rd.Header()); err != nil {
		return err
	}
	for ctx.Err() == nil {
		rec, err := rd.Next()
		if err != nil {
			if errors.Is(err, io.EOF) {
				return d.rest()
			}
			return errors.Join(d.rest(), fmt.Errorf("%s: %w", d.name, err))
		}
		at := rec.At
		switch {
		case rec.Gap.Lost() > 0:
			err = d.gap(at, rec.Gap)
		case rec.Key != "":
			err = d.note(at, rec.Key, rec.Value)
		default:
			err = d.take(&at, rec.To, rec.Bytes)
		}
		if err != nil {
			return err
		}
		d.line.show(rd.Offset(), d.total, "%s", size(rd.Offset()))
	}
	return nil
}

// bytes shows the bytes of one direction; who sent a frame its type says.
func (d *decoding) bytes(ctx context.Context, in io.Reader) error {
	buf := make([]byte, decodeBuffer)
	for ctx.Err() == nil {
		n, err := in.Read(buf)
		d.done += int64(n)
		if shown := d.take(nil, link.ToConsole, buf[:n]); shown != nil {
			return shown
		}
		d.line.show(d.done, d.total, "%s", size(d.done))
		if errors.Is(err, io.EOF) {
			return d.rest()
		}
		if err != nil {
			return fmt.Errorf("%s: %w", d.name, err)
		}
	}
	return nil
}

// take cuts bytes into frames and shows them; at nil: the time is not known.
func (d *decoding) take(at *time.Duration, to link.Direction, b []byte) error {
	way := &d.ways[to]
	for len(b) > 0 {
		f, rest, why := way.frames.Next(b)
		way.pending += len(b) - len(rest)
		b = rest
		if errors.Is(why, protocol.ErrIncomplete) {
			return nil
		}
		length := way.pending
		way.pending = 0
		var err error
		if why != nil {
			err = d.dropped(at, d.from(to, 0), why.Error(), length)
		} else {
			err = d.frame(at, d.from(to, f.Type), f)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// rest says what is left without an end.
func (d *decoding) rest() error {
	for to := range d.ways {
		if n := d.ways[to].pending; n > 0 {
			if err := d.dropped(nil, d.from(link.Direction(to), 0), protocol.ErrIncomplete.Error(), n); err != nil {
				return err
			}
		}
	}
	return nil
}

// from says who sent a frame; empty where nothing says it.
func (d *decoding) from(to link.Direction, t protocol.Type) side {
	switch {
	case d.raw && !t.Known():
		return ""
	case d.raw && t.FromPen(), !d.raw && to == link.ToConsole:
		return "pen"
	}
	return "console"
}
