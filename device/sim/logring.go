package sim

import (
	"encoding/binary"
	"fmt"

	"stipple/protocol"
)

// logRing is the pen's log: a ring of records in AreaLog. The record with index
// i stands in slot i % slots and is written once, so that an event costs one
// small write and no other. Where the ring begins and ends is nowhere written:
// start-up finds it in the records themselves. Only what LOG_ERASE dropped is.
type logRing struct {
	mem    Memory
	slots  uint32
	newest uint32 // index given out last; 0: none
	oldest uint32 // nothing older is held
	erased uint32 // newest index that LOG_ERASE has dropped
	buf    [logChunk * protocol.LogRecordSize]byte
}

// logChunk is how many records are read from memory at once.
const logChunk = 512

// loadLog finds the log in mem. known is the newest index at the boot before: a
// log that was damaged must not give it out again.
func loadLog(mem Memory, slots, known uint32) (*logRing, error) {
	l := &logRing{mem: mem, slots: slots}
	b, err := mem.Read(cellLog)
	if err != nil {
		return nil, err
	}
	if len(b) >= 8 {
		if laid := binary.LittleEndian.Uint32(b); laid != slots {
			return nil, fmt.Errorf("%w: log is laid out for %d records, not %d", ErrMemory, laid, slots)
		}
		l.erased = binary.LittleEndian.Uint32(b[4:])
	} else if err := l.saveErased(); err != nil {
		return nil, err
	}
	if err := l.find(known); err != nil {
		return nil, err
	}
	return l, nil
}

// find looks for the newest record that is sound and in its place, and steps
// over what a write that did not finish has left behind it: that number is used.
// It looks from the last slot down, so that of each lap of the ring only the
// newest record's checksum is worked out.
func (l *logRing) find(known uint32) error {
	for end := l.slots; end > 0; {
		n := min(logChunk, end)
		b, err := l.read(end-n, n)
		if err != nil {
			return err
		}
		for ; n > 0; n, end = n-1, end-1 {
			var r protocol.LogRecord
			record := b[(n-1)*protocol.LogRecordSize:]
			if r.Decode(record) == nil && r.Index > l.newest && r.Index%l.slots == end-1 && r.Sound() {
				l.newest = r.Index
			}
		}
	}
	l.newest = max(l.newest, known, l.erased)
	for range l.slots {
		used, err := l.used(l.newest + 1)
		if err != nil {
			return err
		}
		if !used {
			break
		}
		l.newest++
	}
	l.oldest = l.erased + 1
	l.bound()
	return l.skip()
}

// used says whether the slot of the next index has something in it that is
// neither blank nor an older record: that index may have been given out.
func (l *logRing) used(next uint32) (bool, error) {
	b, err := l.read(next%l.slots, 1)
	if err != nil {
		return false, err
	}
	var r protocol.LogRecord
	if r.Decode(b) != nil {
		return [protocol.LogRecordSize]byte(b) != [protocol.LogRecordSize]byte{}, nil
	}
	return !r.Sound() || r.Index%l.slots != next%l.slots, nil
}

// read returns the bytes of n slots from first on, until the next read.
func (l *logRing) read(first, n uint32) ([]byte, error) {
	b := l.buf[:n*protocol.LogRecordSize]
	return b, l.mem.ReadAt(AreaLog, int64(first)*protocol.LogRecordSize, b)
}

// bound moves the oldest index past what has been overwritten.
func (l *logRing) bound() {
	if l.newest >= l.slots {
		l.oldest = max(l.oldest, l.newest-l.slots+1)
	}
}

// skip moves the oldest index to a record that is there.
func (l *logRing) skip() error {
	found := l.newest + 1
	err := l.walk(l.oldest, l.newest, func(r *protocol.LogRecord) bool {
		found = r.Index
		return false
	})
	l.oldest = found
	return err
}

// empty says whether no record is held.
func (l *logRing) empty() bool { return l.oldest > l.newest }

// add numbers, seals and writes a record. The number is used even if the write
// fails.
func (l *logRing) add(r *protocol.LogRecord) error {
	l.newest++
	l.bound()
	r.Index = l.newest
	r.Seal()
	return l.mem.WriteAt(AreaLog, int64(r.Index%l.slots)*protocol.LogRecordSize, r.Append(l.buf[:0]))
}

// walk shows the records from first to last in order, until see is false: each
// as it stands in memory, damaged ones too, as long as their index can be read.
// see must neither use the ring nor keep the record.
func (l *logRing) walk(first, last uint32, see func(*protocol.LogRecord) bool) error {
	var r protocol.LogRecord // one for all: see gets a pointer to it
	chunk := int64(protocol.MaxRecordsPerPage)
	for i := int64(first); i <= int64(last); chunk = logChunk {
		slot := uint32(i) % l.slots
		b, err := l.read(slot, uint32(min(chunk, int64(l.slots-slot), int64(last)-i+1)))
		if err != nil {
			return err
		}
		for ; len(b) > 0; i, b = i+1, b[protocol.LogRecordSize:] {
			if r.Decode(b) == nil && int64(r.Index) == i && !see(&r) {
				return nil
			}
		}
	}
	return nil
}

// page appends up to most records from index from on.
func (l *logRing) page(page *protocol.LogPage, from uint32, most int) error {
	if err := l.skip(); err != nil || l.empty() {
		return err
	}
	page.Oldest, page.Newest = l.oldest, l.newest
	if most == 0 {
		return nil
	}
	return l.walk(max(from, l.oldest), l.newest, func(r *protocol.LogRecord) bool {
		page.Records = append(page.Records, *r)
		return len(page.Records) < most
	})
}

// sum is the checksum over what is kept from the oldest record to upTo.
func (l *logRing) sum(upTo uint32) (sum uint32, err error) {
	err = l.walk(l.oldest, upTo, func(r *protocol.LogRecord) bool {
		sum = protocol.LogSum(sum, r)
		return true
	})
	return sum, err
}

// erase drops the records up to upTo.
func (l *logRing) erase(upTo uint32) error {
	l.erased, l.oldest = upTo, upTo+1
	return l.saveErased()
}

func (l *logRing) saveErased() error {
	b := binary.LittleEndian.AppendUint32(nil, l.slots)
	return l.mem.Write(cellLog, binary.LittleEndian.AppendUint32(b, l.erased))
}

// FillLog writes n further records into the log of a pen that is not running,
// for tests and benchmarks of long logs: 0 kept stands for as many as
// Config.LogKept of 0. They are sound, of boot 0, a second apart. ErrMemory: mem
// can't be written, or its log is laid out for another number.
func FillLog(mem Memory, kept, n int) error {
	slots, err := logSlots(kept)
	if err != nil {
		return err
	}
	nv, err := loadNonvolatile(mem, slots)
	if err != nil {
		return err
	}
	for i := range n {
		r := protocol.LogRecord{Clock: protocol.PenClock(i) * 1_000_000, Code: protocol.EventTrigger, Args: [2]int32{int32(i & 1)}}
		if err := nv.log.add(&r); err != nil {
			return err
		}
	}
	return nil
}

// logSlots is the log's size for a Config.LogKept.
func logSlots(kept int) (uint32, error) {
	if kept == 0 {
		return keptRecords, nil
	}
	if kept < keptRecords || kept > maxKeptRecords {
		return 0, fmt.Errorf("log of %d records: want %d to %d", kept, keptRecords, maxKeptRecords)
	}
	return uint32(kept), nil
}
