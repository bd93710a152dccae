package link

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"time"
)

// Reader reads a recording record by record and holds one block in memory. It
// must not be used by two goroutines at once.
type Reader struct {
	r      *bufio.Reader
	header Header
	buf    []byte
	offset int64 // in the file, of the block in rest
	end    int64 // behind it
	block  int   // its number
	rest   []byte
	micros uint64 // of the newest record
	err    error  // what every further Next returns
}

// NewReader reads the header. Every error of it and of Next, but io.EOF, is a
// *RecordingError.
func NewReader(r io.Reader) (*Reader, error) {
	rd := &Reader{r: bufio.NewReaderSize(r, maxBody), buf: make([]byte, blockFrame+maxBody)}
	magic := rd.buf[:len(recordingMagic)]
	switch _, err := io.ReadFull(rd.r, magic); {
	case err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF):
		return nil, rd.fail(err, "")
	case string(magic) != recordingMagic:
		return nil, rd.fail(ErrNotRecording, "the file does not begin with "+recordingMagic)
	}
	rd.end = int64(len(magic))
	body, err := rd.next()
	if err != nil {
		return nil, err
	}
	if rd.header, err = rd.parseHeader(body); err != nil {
		return nil, err
	}
	return rd, nil
}

// Header returns the recording's header.
func (rd *Reader) Header() Header { return rd.header }

// Offset is how many bytes of the file have been read.
func (rd *Reader) Offset() int64 { return rd.end }

func (rd *Reader) fail(err error, format string, args ...any) error {
	rd.err = &RecordingError{Block: rd.block, Offset: rd.offset, Why: fmt.Sprintf(format, args...), Err: err}
	return rd.err
}

// next reads the next block and returns its body behind the number.
func (rd *Reader) next() ([]byte, error) {
	rd.offset = rd.end
	head := rd.buf[:4]
	switch n, err := io.ReadFull(rd.r, head); {
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return nil, rd.fail(ErrCut, "%d bytes of it are there", n)
	case err != nil:
		return nil, rd.fail(err, "")
	}
	size := le.Uint32(head)
	if size < minBody || size > maxBody {
		return nil, rd.fail(ErrDamaged, "length %d", size)
	}
	rest := rd.buf[4 : blockFrame+size]
	switch n, err := io.ReadFull(rd.r, rest); {
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		return nil, rd.fail(ErrCut, "%d bytes of %d are there", n+len(head), blockFrame+size)
	case err != nil:
		return nil, rd.fail(err, "")
	}
	body := rd.buf[4 : 4+size]
	if crc32.Checksum(rd.buf[:4+size], castagnoli) != le.Uint32(rd.buf[4+size:]) {
		return nil, rd.fail(ErrDamaged, "checksum wrong")
	}
	if number := le.Uint32(body); number != uint32(rd.block) {
		return nil, rd.fail(ErrDamaged, "it is number %d", number)
	}
	rd.end = rd.offset + blockFrame + int64(size)
	return body[blockNumberSize:], nil
}

func (rd *Reader) parseHeader(b []byte) (h Header, err error) {
	if version := le.Uint16(b); version != recordingVersion {
		return h, rd.fail(ErrRecordingVersion, "version %d, %d is known", version, recordingVersion)
	}
	b = b[2:]
	if len(b) < 10 {
		return h, rd.fail(ErrDamaged, "header too short")
	}
	h.Start = time.Unix(0, int64(le.Uint64(b))).UTC()
	count := int(le.Uint16(b[8:]))
	b = b[10:]
	if count > maxPairs {
		return h, rd.fail(ErrDamaged, "%d pairs, at most %d", count, maxPairs)
	}
	h.Info = make(map[string]string, count)
	text := func(most int) (string, bool) {
		if len(b) < 2 || int(le.Uint16(b)) > min(most, len(b)-2) {
			return "", false
		}
		n := 2 + int(le.Uint16(b))
		s := string(b[2:n])
		b = b[n:]
		return s, true
	}
	for i := range count {
		key, ok := text(maxKey)
		value, fits := text(maxValue)
		if _, twice := h.Info[key]; !ok || !fits || key == "" || twice {
			return h, rd.fail(ErrDamaged, "pair %d of %d", i+1, count)
		}
		h.Info[key] = value
	}
	if len(b) > 0 {
		return h, rd.fail(ErrDamaged, "%d bytes behind the header", len(b))
	}
	return h, nil
}

// Next returns the next record; io.EOF behind the end mark. ErrCut and
// ErrDamaged say that there is no more to be had, and that all before is good.
// After an error it returns the same again.
func (rd *Reader) Next() (Record, error) {
	for rd.err == nil {
		if len(rd.rest) == 0 {
			rd.block++
			body, err := rd.next()
			if err != nil {
				break
			}
			base := le.Uint64(body)
			if base < rd.micros || base > maxMicros {
				_ = rd.fail(ErrDamaged, "time %d µs behind %d µs", base, rd.micros)
				break
			}
			rd.rest, rd.micros = body[8:], base
			continue
		}
		if r, ok := rd.record(); ok {
			return r, nil
		}
	}
	return Record{}, rd.err
}

// record takes the next record of the block; not ok for one that is skipped,
// and for the end, which is an error then.
func (rd *Reader) record() (r Record, ok bool) {
	kind := rd.rest[0]
	rest := rd.rest[1:]
	delta, n := binary.Uvarint(rest)
	size, m := binary.Uvarint(rest[max(n, 0):])
	if n <= 0 || m <= 0 || size > uint64(len(rest)-n-m) || delta > maxMicros || rd.micros+delta > maxMicros {
		_ = rd.fail(ErrDamaged, "a record does not fit")
		return r, false
	}
	data := rest[n+m:][:size]
	rd.rest = rest[n+m+int(size):]
	rd.micros += delta
	r.At = time.Duration(rd.micros) * time.Microsecond
	switch kind {
	case kindToPen, kindToConsole:
		r.To, r.Bytes, ok = ToPen, data, size > 0
		if kind == kindToConsole {
			r.To = ToConsole
		}
	case kindGap:
		r.Gap, ok = parseGap(data)
	case kindNote:
		r.Key, r.Value, ok = parseNote(data)
	case kindEnd:
		rd.finish(size)
		return r, false
	default:
		return r, false
	}
	if !ok {
		_ = rd.fail(ErrDamaged, "a record of kind %d is broken", kind)
	}
	return r, ok
}

// finish ends the reading at the end mark.
func (rd *Reader) finish(size uint64) {
	_, err := rd.r.ReadByte()
	switch {
	case size > 0 || len(rd.rest) > 0 || err == nil:
		_ = rd.fail(ErrDamaged, "something follows the end mark")
	case errors.Is(err, io.EOF):
		rd.err = io.EOF
	default:
		_ = rd.fail(err, "")
	}
}

func parseGap(data []byte) (g Gap, ok bool) {
	var values [3]uint64
	for i := range values {
		v, n := binary.Uvarint(data)
		if n <= 0 {
			return g, false
		}
		values[i], data = v, data[n:]
	}
	g = Gap{ToPen: values[0], ToConsole: values[1], For: time.Duration(values[2]) * time.Microsecond}
	return g, len(data) == 0 && values[2] <= maxMicros && g.ToPen|g.ToConsole != 0 && g.Lost() >= g.ToPen
}

func parseNote(data []byte) (key, value string, ok bool) {
	size, n := binary.Uvarint(data)
	if n <= 0 || size == 0 || size > maxKey || size > uint64(len(data)-n) {
		return "", "", false
	}
	key, value = string(data[n:n+int(size)]), string(data[n+int(size):])
	return key, value, len(value) <= maxValue
}
