package sim

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"sync"

	"stipple/protocol"
)

// MaxValue is the longest value that a Memory must hold, in bytes.
const MaxValue = slotSize - slotHeader

// ErrMemory is a memory that can't be read or written.
var ErrMemory = errors.New("pen memory")

// Memory is the pen's non-volatile memory: numbered cells, each written as a
// whole, and areas of plain bytes. What was written is safe from a reset of the
// pen once the call has returned. A Memory belongs to one pen at a time.
type Memory interface {
	// Read returns the cell's value, nil if it was never written. The caller
	// may keep it.
	Read(cell uint32) ([]byte, error)
	// Write replaces the cell's value, at most MaxValue bytes; it keeps no
	// reference to it. The old value survives a write that does not finish.
	Write(cell uint32, value []byte) error
	// ReadAt fills b with the area's bytes from at on; 0 where nothing was ever
	// written.
	ReadAt(a Area, at int64, b []byte) error
	// WriteAt writes b in place. Unlike a cell's, a write that does not finish may
	// leave any part of b behind: what stands there must prove itself.
	WriteAt(a Area, at int64, b []byte) error
}

// Area is a part of a Memory that holds plain bytes, for what is too much for
// cells and proves itself with a checksum of its own.
type Area uint8

// The areas.
const (
	AreaLog      Area = iota // the log's ring of records
	AreaFirmware             // what FW_WRITE brings
	areaCount
)

// areaSizes are the areas' sizes in bytes, whole pages: 479,349 records, and
// the longest firmware package.
var areaSizes = [areaCount]int64{16 << 20, (protocol.MaxFirmware + 1<<12 - 1) >> 12 << 12}

// check refuses what is outside the area.
func (a Area) check(at int64, n int) error {
	if a >= areaCount || at < 0 || at+int64(n) > areaSizes[a] {
		return fmt.Errorf("%w: area %d, %d bytes at %d", ErrMemory, a, n, at)
	}
	return nil
}

// RAM is a Memory that lasts as long as the program: it survives a pen that
// is thrown away, for tests of a restart. Use NewRAM.
type RAM struct {
	mu    sync.Mutex
	cells map[uint32][]byte
	areas [areaCount][]byte // as far as they were written
}

// NewRAM returns an empty memory.
func NewRAM() *RAM { return &RAM{cells: make(map[uint32][]byte)} }

// Read implements Memory.
func (m *RAM) Read(cell uint32) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	v, ok := m.cells[cell]
	if !ok {
		return nil, nil
	}
	return append([]byte{}, v...), nil
}

// Write implements Memory.
func (m *RAM) Write(cell uint32, value []byte) error {
	if len(value) > MaxValue {
		return fmt.Errorf("%w: value of %d bytes, at most %d", ErrMemory, len(value), MaxValue)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.cells[cell] = append(m.cells[cell][:0], value...)
	return nil
}

// ReadAt implements Memory.
func (m *RAM) ReadAt(a Area, at int64, b []byte) error {
	if err := a.check(at, len(b)); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	written := m.areas[a]
	clear(b[copy(b, written[min(at, int64(len(written))):]):])
	return nil
}

// WriteAt implements Memory.
func (m *RAM) WriteAt(a Area, at int64, b []byte) error {
	if err := a.check(at, len(b)); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if short := at + int64(len(b)) - int64(len(m.areas[a])); short > 0 {
		m.areas[a] = append(m.areas[a], make([]byte, short)...)
	}
	copy(m.areas[a][at:], b)
	return nil
}

// Layout of a memory file: the cells, then the areas. A cell has two slots,
// written in turn, so that the value before the last survives a torn write. A
// slot is write number, length, CRC-32C over both and the value, value; a whole
// calibration table fits into one.
const (
	slotSize   = 256
	slotHeader = 10
	slotCRC    = 6 // where the CRC stands
	// maxCells bounds the cells to 4 MiB of the file.
	maxCells = 8192
	areasAt  = maxCells * 2 * slotSize
)

// File is a Memory in a file. It survives a kill of the process at any moment;
// it does not ask the disk to flush, so a power cut of the host may lose the
// newest values. Use OpenFile.
type File struct {
	mu    sync.Mutex
	f     *os.File
	cells map[uint32]fileCell
}

type fileCell struct {
	write uint32
	value []byte
}

// OpenFile opens or creates the memory file at path. Slots that a kill has
// torn are skipped. The caller closes it after the pen has ended.
func OpenFile(path string) (*File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMemory, err)
	}
	m := &File{f: f, cells: make(map[uint32]fileCell)}
	if err := m.load(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return m, nil
}

func (m *File) load() error {
	raw, err := io.ReadAll(io.LimitReader(m.f, areasAt))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrMemory, err)
	}
	for i := 0; (i+1)*slotSize <= len(raw); i++ {
		write, value, ok := decodeSlot(raw[i*slotSize : (i+1)*slotSize])
		if !ok {
			continue
		}
		cell := uint32(i / 2)
		if old, known := m.cells[cell]; !known || int32(write-old.write) > 0 {
			m.cells[cell] = fileCell{write, value}
		}
	}
	return nil
}

func decodeSlot(slot []byte) (write uint32, value []byte, ok bool) {
	write = binary.LittleEndian.Uint32(slot)
	n := int(binary.LittleEndian.Uint16(slot[4:]))
	if write == 0 || n > MaxValue {
		return 0, nil, false
	}
	value = append([]byte{}, slot[slotHeader:slotHeader+n]...)
	return write, value, slotSum(slot, n) == binary.LittleEndian.Uint32(slot[slotCRC:])
}

func slotSum(slot []byte, n int) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli)
	return crc32.Update(crc32.Checksum(slot[:slotCRC], table), table, slot[slotHeader:slotHeader+n])
}

// slotOf is the slot that holds c, and where in the file it stands.
func slotOf(cell uint32, c fileCell) (at int64, slot [slotSize]byte) {
	binary.LittleEndian.PutUint32(slot[:], c.write)
	binary.LittleEndian.PutUint16(slot[4:], uint16(len(c.value)))
	copy(slot[slotHeader:], c.value)
	binary.LittleEndian.PutUint32(slot[slotCRC:], slotSum(slot[:], len(c.value)))
	return (int64(cell)*2 + int64(c.write%2)) * slotSize, slot
}

// Read implements Memory.
func (m *File) Read(cell uint32) ([]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	c, ok := m.cells[cell]
	if !ok {
		return nil, nil
	}
	return append([]byte{}, c.value...), nil
}

// Write implements Memory.
func (m *File) Write(cell uint32, value []byte) error {
	if len(value) > MaxValue || cell >= maxCells {
		return fmt.Errorf("%w: cell %d, value of %d bytes", ErrMemory, cell, len(value))
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	c := fileCell{m.cells[cell].write + 1, append([]byte{}, value...)}
	if c.write == 0 {
		c.write = 1 // 0 marks a slot that was never written
	}
	at, slot := slotOf(cell, c)
	if _, err := m.f.WriteAt(slot[:], at); err != nil {
		return fmt.Errorf("%w: %w", ErrMemory, err)
	}
	m.cells[cell] = c
	return nil
}

// place is where the byte at of an area stands in the file.
func (a Area) place(at int64) int64 {
	for _, size := range areaSizes[:a] {
		at += size
	}
	return areasAt + at
}

// ReadAt implements Memory.
func (m *File) ReadAt(a Area, at int64, b []byte) error {
	if err := a.check(at, len(b)); err != nil {
		return err
	}
	n, err := m.f.ReadAt(b, a.place(at))
	clear(b[n:]) // behind the end of the file nothing was written
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: %w", ErrMemory, err)
	}
	return nil
}

// WriteAt implements Memory.
func (m *File) WriteAt(a Area, at int64, b []byte) error {
	if err := a.check(at, len(b)); err != nil {
		return err
	}
	if _, err := m.f.WriteAt(b, a.place(at)); err != nil {
		return fmt.Errorf("%w: %w", ErrMemory, err)
	}
	return nil
}

// tear implements tearer: half of the slot is written.
func (m *File) tear(cell uint32, value []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	at, slot := slotOf(cell, fileCell{max(m.cells[cell].write+1, 1), value})
	if _, err := m.f.WriteAt(slot[:(slotHeader+len(value))/2], at); err != nil {
		return fmt.Errorf("%w: %w", ErrMemory, err)
	}
	return nil
}

// Close closes the file.
func (m *File) Close() error {
	if err := m.f.Close(); err != nil {
		return fmt.Errorf("%w: %w", ErrMemory, err)
	}
	return nil
}
