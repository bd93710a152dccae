package logfile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"stipple/device"
	"stipple/protocol"
)

// Writer appends the pages of a download to a file. Its Take is what
// device.Session.ReadLog wants; with its Cursor the download goes on where the
// file ends.
type Writer struct {
	Cursor device.LogCursor // to be handed to ReadLog; moved on by it alone

	file   *os.File
	out    *bufio.Writer
	sum    device.LogCursor // as the file stands, Take's own
	events []protocol.EventSpec
	copied Copy // what was there before
}

// Create makes a new file for the log of a pen from index from on; 0 is from
// the oldest. An existing file is not touched: errors.Is(err, fs.ErrExist).
func Create(path string, info device.Info, from uint32, begun time.Time) (w *Writer, err error) {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	head := Head{
		Type: typeHead, Format: format, Serial: info.Serial, Model: info.Model, From: from,
		Begun: begun.UTC().Format(time.RFC3339), Events: []protocol.EventSpec{},
	}
	if info.Descriptor != nil {
		head.Events = append(head.Events, info.Descriptor.Events...)
	}
	w = newWriter(file, device.NewLogCursor(info.Serial, from), head.Events)
	w.copied.Head = head
	raw, err := appendJSON(nil, head)
	if err == nil {
		_, err = w.out.Write(raw)
	}
	if err == nil {
		err = w.Sync()
	}
	if err != nil {
		return nil, errors.Join(err, file.Close(), os.Remove(path))
	}
	return w, nil
}

// Resume opens a file to go on with, proves what is in it, and takes a line away
// that was cut. Errors: *FormatError; the system's.
func Resume(path string) (*Writer, error) {
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	held, err := Read(file, nil)
	if err == nil {
		err = file.Truncate(held.Whole)
	}
	if err == nil {
		_, err = file.Seek(held.Whole, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(withPath(path, err), file.Close())
	}
	w := newWriter(file, held.Cursor, held.Head.Events)
	w.copied = held
	return w, nil
}

func newWriter(file *os.File, cursor device.LogCursor, events []protocol.EventSpec) *Writer {
	return &Writer{Cursor: cursor, file: file, out: bufio.NewWriter(file), sum: cursor, events: events}
}

// Held is what the file held when it was opened.
func (w *Writer) Held() Copy { return w.copied }

// Take appends a page. After an error the file may end in a cut line, which the
// next Resume takes away.
func (w *Writer) Take(page device.LogPage) error {
	for _, e := range page.Entries {
		if _, err := w.sum.Add(e.LogRecord); err != nil {
			return err
		}
		raw, err := appendJSON(nil, NewLine(e, w.sum.Sum(), w.events))
		if err != nil {
			return err
		}
		if _, err := w.out.Write(raw); err != nil {
			return fmt.Errorf("write log file: %w", err)
		}
	}
	return nil
}

// Sync has everything on the disk when it returns nil.
func (w *Writer) Sync() error {
	if err := w.out.Flush(); err != nil {
		return fmt.Errorf("write log file: %w", err)
	}
	if err := w.file.Sync(); err != nil {
		return fmt.Errorf("write log file: %w", err)
	}
	return nil
}

// Close writes what is left and closes the file.
func (w *Writer) Close() error { return errors.Join(w.Sync(), w.file.Close()) }

// Proof reads the file at path anew, from the disk, and returns the cursor of
// the part that begins with record first: what device.Session.EraseLog wants.
// Errors: *FormatError; *device.LogError where the file does not have first; the
// system's.
func Proof(path string, first uint32) (cur device.LogCursor, err error) {
	held, err := ReadFile(path, nil)
	if err != nil {
		return cur, err
	}
	cur = device.NewLogCursor(held.Head.Serial, first)
	_, err = ReadFile(path, func(l Line) error {
		if l.Index < first {
			return nil
		}
		r, err := l.record()
		if err == nil {
			_, err = cur.Add(r)
		}
		return err
	})
	if err == nil && cur.First() != first {
		err = &device.LogError{Index: first, Why: "the file does not have it"}
	}
	return cur, err
}
