package sim

import (
	"errors"
	"fmt"
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
