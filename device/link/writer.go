package link

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"sort"
	"time"
)

// Writer writes a recording, block by block, and waits for whatever it writes
// to. See Recorder for one that does not. It must not be used by two goroutines
// at once.
type Writer struct {
	w      io.Writer
	body   []byte // of the open block; empty: none is open
	number uint32 // of the next block
	micros int64  // of the newest record
	held   uint64 // bytes of the link in body
	kept   uint64 // bytes of the link in written blocks
	size   int64  // of the file
	err    error  // the first that writing brought; nothing is written after it
}

// errClosed is what a recording says that has its end mark.
var errClosed = errors.New("recording is closed")

// NewWriter writes the header.
func NewWriter(w io.Writer, h Header) (*Writer, error) {
	to := &Writer{w: w}
	n, err := w.Write([]byte(recordingMagic))
	to.size = int64(n)
	if err != nil {
		return nil, fmt.Errorf("write recording: %w", err)
	}
	to.body = le.AppendUint32(nil, 0)
	to.body = le.AppendUint16(to.body, recordingVersion)
	to.body = le.AppendUint64(to.body, uint64(h.Start.UnixNano()))
	keys := make([]string, 0, len(h.Info))
	for key := range h.Info {
		if key != "" {
			keys = append(keys, key)
		}
	}
	sort.Strings(keys)
	keys = keys[:min(len(keys), maxPairs)]
	to.body = le.AppendUint16(to.body, uint16(len(keys)))
	for _, key := range keys {
		for _, text := range []string{cut(key, maxKey), cut(h.Info[key], maxValue)} {
			to.body = append(le.AppendUint16(to.body, uint16(len(text))), text...)
		}
	}
	return to, to.Flush()
}

// cut keeps the front of a text.
func cut(text string, most int) string { return text[:min(len(text), most)] }

// Write appends a record. One that is earlier than the record before it gets
// that one's time. Nothing is on the disk before the block is full or Flush is
// called.
func (w *Writer) Write(r Record) error {
	switch {
	case r.Gap.Lost() > 0:
		data := binary.AppendUvarint(nil, r.Gap.ToPen)
		data = binary.AppendUvarint(data, r.Gap.ToConsole)
		w.append(r.At, kindGap, binary.AppendUvarint(data, uint64(min(max(0, r.Gap.For.Microseconds()), maxMicros))))
	case r.Key != "":
		key := cut(r.Key, maxKey)
		data := append(binary.AppendUvarint(nil, uint64(len(key))), key...)
		w.append(r.At, kindNote, append(data, cut(r.Value, maxValue)...))
	default:
		kind := byte(kindToPen)
		if r.To == ToConsole {
			kind = kindToConsole
		}
		for rest := r.Bytes; len(rest) > 0; {
			piece := rest[:min(len(rest), maxPiece)]
			rest = rest[len(piece):]
			w.append(r.At, kind, piece)
			w.held += uint64(len(piece))
		}
	}
	return w.err
}

// append puts a record into the open block, or into a new one if it is full.
func (w *Writer) append(at time.Duration, kind byte, data []byte) {
	if len(w.body)+len(data) > blockTarget {
		w.err = w.Flush()
	}
	micros := min(max(at.Microseconds(), w.micros), maxMicros)
	if len(w.body) == 0 {
		w.body = le.AppendUint32(w.body, w.number)
		w.body = le.AppendUint64(w.body, uint64(micros))
		w.micros = micros
	}
	w.body = append(w.body, kind)
	w.body = binary.AppendUvarint(w.body, uint64(micros-w.micros))
	w.body = binary.AppendUvarint(w.body, uint64(len(data)))
	w.body = append(w.body, data...)
	w.micros = micros
}

// Flush writes the open block, if there is one. After the first error it
// returns that and writes nothing.
func (w *Writer) Flush() error {
	if w.err != nil || len(w.body) == 0 {
		w.body, w.held = w.body[:0], 0
		return w.err
	}
	block := le.AppendUint32(make([]byte, 0, len(w.body)+blockFrame), uint32(len(w.body)))
	block = append(block, w.body...)
	block = le.AppendUint32(block, crc32.Checksum(block, castagnoli))
	n, err := w.w.Write(block)
	w.size += int64(n)
	if err != nil {
		w.err = fmt.Errorf("write recording: %w", err)
	} else {
		w.kept += w.held
		w.number++
	}
	w.body, w.held = w.body[:0], 0
	return w.err
}

// Close writes the end mark; it does not close what it writes to. The mark is
// a block of its own: a file whose last bytes are gone has lost nothing else.
func (w *Writer) Close() error {
	err := w.Flush()
	if err == nil {
		w.append(0, kindEnd, nil)
		err = w.Flush()
	}
	if w.err == nil {
		w.err = errClosed
	}
	return err
}
