package sim

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"sync"
)

// Layout of a memory file: the head, the cells, then the areas. A cell has two
// slots, written in turn, so that the value before the last survives a torn write.
// A slot is write number, length, CRC-32C over both and the value, value; a whole
// calibration table fits into one.
const (
	slotSize   = 256
	slotHeader = 10
	slotCRC    = 6 // where the CRC stands
	// maxCells bounds the cells to 4 MiB of the file.
	maxCells = 8192
	cellsAt  = memoryHead
	areasAt  = cellsAt + maxCells*2*slotSize
)

// File is a Memory in a file, which it holds for itself until Close. It survives
// a kill of the process at any moment; it does not ask the disk to flush, so a
// power cut of the host may lose the newest values. Use OpenFile.
type File struct {
	mu    sync.Mutex
	f     *os.File
	cells map[uint32]fileCell
}

type fileCell struct {
	write uint32
	value []byte
}

// OpenFile opens the memory file at path of a pen of that model whose log keeps
// logKept records (as Config.LogKept), or makes it. Slots that a kill has torn
// are skipped. The caller closes it after the pen has ended.
//
// Errors: ErrMemory, with the path. Also ErrMemoryInUse where another pen has the
// file, *MemoryFileError where it is something else than this pen's memory; it is
// left as it is then. An unknown model and a log size out of range are those of
// New.
func OpenFile(path string, m Model, logKept int) (*File, error) {
	want, err := headOf(m, logKept)
	if err != nil {
		return nil, err
	}
	// A device is not even opened: that alone may do something to what is behind.
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, &MemoryFileError{Path: path, Found: notRegular(info)}
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrMemory, err)
	}
	file := &File{f: f, cells: make(map[uint32]fileCell)}
	if err := file.take(path, want); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return file, nil
}

// take locks the file, looks at whose it is, and reads the cells.
func (m *File) take(path string, want memoryFileHead) error {
	switch err := lockFile(m.f); {
	case errors.Is(err, ErrMemoryInUse):
		return fmt.Errorf("%w: %s: %w", ErrMemory, path, err)
	case err != nil:
		return fmt.Errorf("%w: lock %s: %w", ErrMemory, path, err)
	}
	if err := want.hold(m.f, path); err != nil {
		return err
	}
	return m.load()
}

func (m *File) load() error {
	raw, err := io.ReadAll(io.NewSectionReader(m.f, cellsAt, areasAt-cellsAt))
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
	return cellsAt + (int64(cell)*2+int64(c.write%2))*slotSize, slot
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

// Close closes the file, which another pen can have then.
func (m *File) Close() error {
	if err := m.f.Close(); err != nil {
		return fmt.Errorf("%w: %w", ErrMemory, err)
	}
	return nil
}
