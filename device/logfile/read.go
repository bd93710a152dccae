package logfile

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"stipple/device"
	"stipple/protocol"
)

// maxLine bounds a line: the longest head, with the events of the largest
// descriptor, is under twice as long as that.
const maxLine = 2 * protocol.MaxDescriptor

// FormatError is a file that is not what a Writer wrote.
type FormatError struct {
	Path string // empty: only its bytes were handed over
	Line int    // from 1: the head
	Why  string
}

func (e *FormatError) Error() string {
	path, help := "", "the lines before it are proved; for the rest copy the pen's log into another file"
	if e.Path != "" {
		path = e.Path + ": "
	}
	if e.Line == 1 {
		help = "without its head nothing in the file can be proved or gone on with: copy the pen's log into another file"
	}
	return fmt.Sprintf("%snot a whole log file: line %d: %s; %s", path, e.Line, e.Why, help)
}

// withPath puts the file's path to an error of its content.
func withPath(path string, err error) error {
	var format *FormatError
	if errors.As(err, &format) {
		format.Path = path
	}
	return err
}

// ReadFile is Read for the file at path. Errors: those of Read, of which a
// *FormatError has the path; the system's.
func ReadFile(path string, take func(Line) error) (c Copy, err error) {
	file, err := os.Open(path)
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	c, err = Read(file, take)
	return c, withPath(path, err)
}

// Copy is what a file holds.
type Copy struct {
	Head    Head
	Cursor  device.LogCursor // behind its last record
	Records int
	Damaged int   // records whose own checksum is wrong
	Gaps    []Gap // in order
	Reboots int
	Whole   int64 // bytes of whole lines
	Cut     int64 // bytes of a cut line behind them
}

// Read reads and proves a whole file, and hands record by record to take, which
// may be nil. Errors: *FormatError, those of r and of take.
func Read(r io.Reader, take func(Line) error) (Copy, error) {
	in := &lines{r: bufio.NewReaderSize(r, maxLine)}
	var c Copy
	raw, err := in.next()
	if err != nil || raw == nil {
		c.Cut = in.cut
		if err == nil {
			err = &FormatError{Line: 1, Why: "there is no whole line: the copy was cut before its first record"}
		}
		return c, err
	}
	if err := c.readHead(raw); err != nil {
		return c, err
	}
	for {
		raw, err := in.next()
		c.Whole, c.Cut = in.whole, in.cut
		if err != nil || raw == nil {
			return c, err
		}
		l, err := c.readRecord(in.n, raw)
		if err != nil {
			return c, err
		}
		if take != nil {
			if err := take(l); err != nil {
				return c, err
			}
		}
	}
}

// lines reads whole lines.
type lines struct {
	r          *bufio.Reader
	n          int // of the newest line, from 1
	whole, cut int64
}

// next is the next whole line with its line feed; nil at the end.
func (l *lines) next() ([]byte, error) {
	raw, err := l.r.ReadSlice('\n')
	switch {
	case err == nil:
		l.n++
		l.whole += int64(len(raw))
		return raw, nil
	case errors.Is(err, io.EOF):
		l.cut = int64(len(raw))
		return nil, nil
	case errors.Is(err, bufio.ErrBufferFull):
		return nil, &FormatError{Line: l.n + 1, Why: fmt.Sprintf("over %d bytes long", maxLine)}
	}
	return nil, err
}

// strict decodes one object and nothing else.
func strict(raw []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	return dec.Decode(v)
}

func (c *Copy) readHead(raw []byte) error {
	wrong := func(format string, args ...any) error {
		return &FormatError{Line: 1, Why: fmt.Sprintf(format, args...)}
	}
	if err := strict(raw, &c.Head); err != nil {
		return wrong("not the head of a log file: %v", err)
	}
	h := &c.Head
	switch {
	case h.Type != typeHead:
		return wrong("type %q, want %q", h.Type, typeHead)
	case h.Format != format:
		return wrong("format %d, this program reads %d", h.Format, format)
	case h.Serial == "" || !printable(h.Serial) || !printable(h.Model):
		return wrong("serial number or model can't be one")
	}
	if _, err := time.Parse(time.RFC3339, h.Begun); err != nil {
		return wrong("begun %q is no date", h.Begun)
	}
	for _, e := range h.Events {
		names := append([]string{e.Name}, e.Args...)
		for _, n := range names {
			if n == "" || !printable(n) {
				return wrong("event %d has a name that can't be one", e.Code)
			}
		}
	}
	again, err := appendJSON(nil, h)
	if err != nil || !bytes.Equal(again, raw) {
		return wrong("not written by a writer of log files")
	}
	c.Whole = int64(len(raw))
	c.Cursor = device.NewLogCursor(h.Serial, h.From)
	return nil
}

// printable says whether a text can come from a pen: those of the link are
// short and of printable ASCII.
func printable(s string) bool {
	if len(s) > protocol.MaxText {
		return false
	}
	for i := range len(s) {
		if s[i] < 0x20 || s[i] > 0x7E {
			return false
		}
	}
	return true
}

// readRecord proves one line.
func (c *Copy) readRecord(n int, raw []byte) (Line, error) {
	wrong := func(format string, args ...any) (Line, error) {
		return Line{}, &FormatError{Line: n, Why: fmt.Sprintf(format, args...)}
	}
	var l Line
	if err := strict(raw, &l); err != nil {
		return wrong("not a record: %v", err)
	}
	r, err := l.record()
	if err != nil {
		return wrong("%v", err)
	}
	cursor := c.Cursor
	e, err := cursor.Add(r)
	if err != nil {
		return wrong("%v", err)
	}
	if l.Gap != nil {
		kind, ok := gapKind(l.Gap.Kind)
		// Whether the log had wrapped past a gap only the pen could say.
		if ok && kind == device.GapGone && l.Gap.To == r.Index-1 && l.Gap.From <= l.Gap.To {
			from := c.Cursor.Next()
			if from == l.Gap.From {
				e.Gap = &device.LogGap{From: from, To: l.Gap.To, Kind: kind}
			}
		}
	}
	if sum := hex(cursor.Sum()); l.Sum != sum {
		return wrong("sum %s, and the records up to here have %s", l.Sum, sum)
	}
	again, err := appendJSON(nil, NewLine(e, cursor.Sum(), c.Head.Events))
	if err != nil || !bytes.Equal(again, raw) {
		return wrong("record %d is not as it was written", l.Index)
	}
	c.Cursor = cursor
	c.Records++
	if l.Damaged {
		c.Damaged++
	}
	if l.Reboot {
		c.Reboots++
	}
	if l.Gap != nil {
		c.Gaps = append(c.Gaps, *l.Gap)
	}
	return l, nil
}
