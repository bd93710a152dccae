package sim

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
)

// ErrMemoryInUse is a memory file that another simulated pen has.
var ErrMemoryInUse = errors.New("in use by another simulated pen")

// MemoryFileError is a file that is not the memory of the pen that it was given
// to. It is an ErrMemory. Nothing was written to the file.
type MemoryFileError struct {
	Path  string
	Found string // what it is instead
}

func (e *MemoryFileError) Error() string {
	return fmt.Sprintf("%v: %s: %s; it was left as it is", ErrMemory, e.Path, e.Found)
}

// Unwrap returns ErrMemory.
func (e *MemoryFileError) Unwrap() error { return ErrMemory }

// The head of a memory file, little-endian: magic, format u16, model (text, 0s
// behind it), size of the log u32, 0s, CRC-32C over all before it u32. The rest of
// its room is 0.
const (
	memoryMagic  = "STPLPEN\x00"
	memoryFormat = 1
	// memoryHead is the room of the head: a page, so that what follows lies on
	// whole pages.
	memoryHead = 4096
	// headUsed is what of it is written, in one piece.
	headUsed = 64
	// maxModel is the room of the model's name.
	maxModel = 32

	headFormat = len(memoryMagic) // where each part stands
	headModel  = headFormat + 2
	headLog    = headModel + maxModel
	headCRC    = headUsed - 4
)

// memoryFileHead says whose memory a file is.
type memoryFileHead struct {
	model Model
	log   uint32 // records that the pen's log keeps
}

// headOf is the head of the memory of such a pen.
func headOf(m Model, logKept int) (memoryFileHead, error) {
	if _, err := modelOf(m); err != nil {
		return memoryFileHead{}, err
	}
	slots, err := logSlots(logKept)
	return memoryFileHead{m, slots}, err
}

// hold makes the head of an empty file, and refuses a file that has another.
func (h memoryFileHead) hold(f *os.File, path string) error {
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrMemory, err)
	}
	switch {
	case !info.Mode().IsRegular():
		return &MemoryFileError{Path: path, Found: notRegular(info)}
	case info.Size() == 0:
		return h.write(f)
	}
	raw := make([]byte, headUsed)
	n, err := f.ReadAt(raw, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: %w", ErrMemory, err)
	}
	found, why := decodeHead(raw[:n])
	switch {
	case why != "":
	case found.model != h.model:
		why = fmt.Sprintf("the memory of a %q pen, and this one is %q", found.model, h.model)
	case found.log != h.log:
		why = fmt.Sprintf("the memory of a pen whose log keeps %d records, and this one's keeps %d", found.log, h.log)
	default:
		return nil
	}
	return &MemoryFileError{Path: path, Found: why}
}

// notRegular is what stands at a path where no file does.
func notRegular(info fs.FileInfo) string {
	if info.IsDir() {
		return "a directory"
	}
	return "no regular file (" + info.Mode().String() + ")"
}

// write makes the head. It is one write, which a kill does not cut; where the
// disk takes only a part of it, the file is empty again.
func (h memoryFileHead) write(f *os.File) error {
	raw := h.encode()
	if _, err := f.WriteAt(raw[:], 0); err != nil {
		return errors.Join(fmt.Errorf("%w: %w", ErrMemory, err), f.Truncate(0))
	}
	return nil
}

func (h memoryFileHead) encode() (raw [headUsed]byte) {
	copy(raw[:], memoryMagic)
	binary.LittleEndian.PutUint16(raw[headFormat:], memoryFormat)
	copy(raw[headModel:headLog], h.model)
	binary.LittleEndian.PutUint32(raw[headLog:], h.log)
	binary.LittleEndian.PutUint32(raw[headCRC:], headSum(raw[:]))
	return raw
}

func headSum(raw []byte) uint32 {
	return crc32.Checksum(raw[:headCRC], crc32.MakeTable(crc32.Castagnoli))
}

// decodeHead reads a head; why is empty where it is one, or says what stands
// there instead.
func decodeHead(raw []byte) (h memoryFileHead, why string) {
	switch {
	case !bytes.HasPrefix(raw, []byte(memoryMagic)):
		return h, fmt.Sprintf("no memory of a simulated pen; it begins with %q", raw[:min(len(raw), len(memoryMagic))])
	case len(raw) < headUsed:
		return h, fmt.Sprintf("the memory of a simulated pen, cut after %d bytes", len(raw))
	}
	format := binary.LittleEndian.Uint16(raw[headFormat:])
	if format != memoryFormat {
		return h, fmt.Sprintf("the memory of a simulated pen in format %d, and this program has format %d", format, memoryFormat)
	}
	if sum, said := headSum(raw), binary.LittleEndian.Uint32(raw[headCRC:]); sum != said {
		return h, fmt.Sprintf("the memory of a simulated pen with a damaged head (checksum %08x, and %08x stands there)", sum, said)
	}
	model, _, _ := bytes.Cut(raw[headModel:headLog], []byte{0})
	return memoryFileHead{Model(model), binary.LittleEndian.Uint32(raw[headLog:])}, ""
}
