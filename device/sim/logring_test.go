package sim

import (
	"bytes"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"stipple/protocol"
)

// readLog reads the whole log over the link.
func (c *console) readLog() []protocol.LogRecord {
	c.t.Helper()
	var list []protocol.LogRecord
	for from := uint32(1); ; {
		page, ok := c.ask(&protocol.LogRead{From: from, Max: 255}).(*protocol.LogPage)
		if !ok {
			c.t.Fatalf("LOG_READ got %#v", page)
		}
		if len(page.Records) == 0 {
			return list
		}
		list = append(list, page.Records...)
		from = list[len(list)-1].Index + 1
	}
}

// ringSlots is a small ring, so that it wraps often.
const ringSlots = 16

// ringModel is a log ring beside what it must hold.
type ringModel struct {
	mem    *RAM
	ring   *logRing
	held   map[uint32]protocol.LogRecord // as they must be read
	newest uint32                        // index given out last
	erased uint32
	known  uint32 // newest at the last reset
}

func (m *ringModel) load(t *rapid.T) {
	// The state cell knows the newest index of the boot before. Where nothing sound
	// has come since, the log can't know better.
	if !slices.ContainsFunc(slices.Collect(maps.Values(m.held)), func(r protocol.LogRecord) bool { return r.Sound() && r.Index > m.known }) {
		m.known = m.newest
	}
	ring, err := loadLog(m.mem, ringSlots, m.known)
	if err != nil {
		t.Fatal(err)
	}
	m.ring = ring
	// Where the next record would stand there may be one that is damaged: nothing
	// says whether it is an old one or the next that was cut off, so its number is
	// skipped.
	for range ringSlots {
		next := m.newest + 1
		if !m.damaged(next) {
			break
		}
		m.used(next)
		var r protocol.LogRecord
		if b, err := m.ring.read(next%ringSlots, 1); err != nil || r.Decode(b) == nil && r.Index == next {
			m.held[next] = r
		}
	}
	m.known = m.newest
}

// damaged says whether the slot of an index has anything but a sound record.
func (m *ringModel) damaged(index uint32) bool {
	var b [protocol.LogRecordSize]byte
	if m.mem.ReadAt(AreaLog, m.place(index), b[:]) != nil || b == [protocol.LogRecordSize]byte{} {
		return false
	}
	var r protocol.LogRecord
	return r.Decode(b[:]) != nil || !r.Sound()
}

func (m *ringModel) place(index uint32) int64 {
	return int64(index%ringSlots) * protocol.LogRecordSize
}

// draw is a record as an event makes one.
func (m *ringModel) draw(t *rapid.T) protocol.LogRecord {
	return protocol.LogRecord{
		Boot: rapid.Uint32Range(0, 2).Draw(t, "boot"), Clock: protocol.PenClock(rapid.Uint64().Draw(t, "clock")), UTC: rapid.Uint32().Draw(t, "utc"),
		Code: rapid.Uint16Range(1, 27).Draw(t, "code"), Args: [2]int32{rapid.Int32().Draw(t, "arg0"), rapid.Int32().Draw(t, "arg1")},
	}
}

// used notes that an index was given out, and its slot with it.
func (m *ringModel) used(index uint32) {
	m.newest = index
	if index >= ringSlots {
		delete(m.held, index-ringSlots)
	}
}

// Add writes a record.
func (m *ringModel) Add(t *rapid.T) {
	r := m.draw(t)
	if err := m.ring.add(&r); err != nil || r.Index != m.newest+1 || !r.Sound() {
		t.Fatalf("added %+v behind %d: %v", r, m.newest, err)
	}
	m.used(r.Index)
	m.held[r.Index] = r
}

// Erase drops records that are there.
func (m *ringModel) Erase(t *rapid.T) {
	if len(m.held) == 0 {
		t.SkipNow()
	}
	upTo := rapid.SampledFrom(m.indexes()).Draw(t, "up to")
	sum, err := m.ring.sum(upTo)
	want := uint32(0)
	for _, i := range m.indexes() {
		if r := m.held[i]; i <= upTo {
			want = protocol.LogSum(want, &r)
			delete(m.held, i)
		}
	}
	if err != nil || sum != want {
		t.Fatalf("sum to %d: %08X, %v; want %08X", upTo, sum, err, want)
	}
	if err := m.ring.erase(upTo); err != nil {
		t.Fatal(err)
	}
	m.erased = upTo
}

// Reset finds the log again.
func (m *ringModel) Reset(t *rapid.T) { m.load(t) }

// Torn is a reset in the middle of a write: some of the record is there.
func (m *ringModel) Torn(t *rapid.T) {
	r := m.draw(t)
	r.Index = m.newest + 1
	r.Seal()
	written := r.Append(nil)[:rapid.IntRange(0, protocol.LogRecordSize-1).Draw(t, "written")]
	before := make([]byte, protocol.LogRecordSize)
	if m.mem.ReadAt(AreaLog, m.place(r.Index), before) != nil || m.mem.WriteAt(AreaLog, m.place(r.Index), written) != nil {
		t.Fatal("memory")
	}
	after := slices.Concat(written, before[len(written):])
	if bytes.Equal(after, before) {
		m.load(t) // nothing has come of it, and the number is free
		return
	}
	var left protocol.LogRecord
	readable := left.Decode(after) == nil
	if left.Index != r.Index && !m.damaged(r.Index) {
		// What was written has made an older record whole again.
		if left.Index > m.erased && left.Index+ringSlots > m.newest {
			m.held[left.Index] = left
		}
		m.load(t)
		return
	}
	m.used(r.Index)
	if readable && left.Index == r.Index {
		m.held[r.Index] = left // shown as it is
	}
	m.load(t)
}

// Damage turns bits of a record that is there. It is shown as it is, unless its
// index is what has gone.
func (m *ringModel) Damage(t *rapid.T) {
	if len(m.held) == 0 {
		t.SkipNow()
	}
	index := rapid.SampledFrom(m.indexes()).Draw(t, "index")
	r := m.held[index]
	b := r.Append(nil)
	b[rapid.IntRange(0, len(b)-1).Draw(t, "at")] ^= byte(rapid.IntRange(1, 255).Draw(t, "bits"))
	if err := m.mem.WriteAt(AreaLog, m.place(index), b); err != nil {
		t.Fatal(err)
	}
	delete(m.held, index)
	if r.Decode(b) == nil && r.Index == index {
		m.held[index] = r
	}
}

func (m *ringModel) indexes() []uint32 { return slices.Sorted(maps.Keys(m.held)) }

// Check reads the ring as a console does, from anywhere.
func (m *ringModel) Check(t *rapid.T) {
	if m.ring.newest != m.newest {
		t.Fatalf("newest %d, want %d", m.ring.newest, m.newest)
	}
	want := m.indexes()
	from := rapid.Uint32Range(0, m.newest+2).Draw(t, "from")
	var page protocol.LogPage
	most := rapid.IntRange(0, ringSlots+1).Draw(t, "most")
	if err := m.ring.page(&page, from, most); err != nil {
		t.Fatal(err)
	}
	if len(want) == 0 {
		if page.Oldest != 0 || page.Newest != 0 || len(page.Records) != 0 {
			t.Fatalf("an empty log has %+v", page)
		}
		return
	}
	if page.Oldest != want[0] || page.Newest != m.newest {
		t.Fatalf("%d to %d, want %d to %d", page.Oldest, page.Newest, want[0], m.newest)
	}
	first, _ := slices.BinarySearch(want, from)
	want = want[first:min(first+most, len(want))]
	if len(page.Records) != len(want) {
		t.Fatalf("%d records from %d, want %v", len(page.Records), from, want)
	}
	for i, r := range page.Records {
		if r != m.held[want[i]] {
			t.Fatalf("record %+v, want %+v", r, m.held[want[i]])
		}
	}
}

// Whatever happens to it, the ring holds the newest records as they were written,
// finds them again after a reset, shows a damaged one as damaged, and never gives
// a number out twice.
func TestLogRing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &ringModel{mem: NewRAM(), held: make(map[uint32]protocol.LogRecord)}
		m.load(t)
		t.Repeat(map[string]func(*rapid.T){
			"add": m.Add, "more": m.Add, "erase": m.Erase, "reset": m.Reset, "torn": m.Torn, "damage": m.Damage, "": m.Check,
		})
	})
}

// A memory full of anything is no log, and becomes one.
func TestLogRingOverGarbage(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		mem := NewRAM()
		garbage := make([]byte, ringSlots*protocol.LogRecordSize)
		for i := range garbage {
			garbage[i] = byte(random.Uint32())
		}
		// A sound record in another's place is none either.
		strange := protocol.LogRecord{Index: 1<<31 + 3}
		strange.Seal()
		copy(garbage[protocol.LogRecordSize:], strange.Append(nil))
		if err := mem.WriteAt(AreaLog, 0, garbage); err != nil {
			t.Fatal(err)
		}
		ring, err := loadLog(mem, ringSlots, 100)
		if err != nil || !ring.empty() || ring.newest != 100+ringSlots {
			t.Fatalf("%d to %d, %v", ring.oldest, ring.newest, err)
		}
		r := protocol.LogRecord{Code: 1}
		if err := ring.add(&r); err != nil {
			t.Fatal(err)
		}
		if ring, err = loadLog(mem, ringSlots, 100); err != nil || ring.oldest != r.Index || ring.newest < r.Index {
			t.Errorf("%d to %d, %v", ring.oldest, ring.newest, err)
		}
	}
}

func TestLogSizes(t *testing.T) {
	for _, kept := range []int{-1, 1, keptRecords - 1, maxKeptRecords + 1} {
		if _, err := New(Config{Model: R1, LogKept: kept}); err == nil {
			t.Errorf("a pen with a log of %d records", kept)
		}
		if err := FillLog(NewRAM(), kept, 1); err == nil {
			t.Errorf("a log of %d records", kept)
		}
	}
	mem := NewRAM()
	if err := FillLog(mem, 5000, 6000); err != nil {
		t.Fatal(err)
	}
	if _, err := New(Config{Model: R1, Memory: mem}); !errors.Is(err, ErrMemory) {
		t.Errorf("a log laid out for another size: %v", err)
	}
	p, err := New(Config{Model: R1, Memory: mem, LogKept: 5000})
	if err != nil {
		t.Fatal(err)
	}
	if l := p.fw.nv.log; l.newest != 6001 || l.oldest != 1002 {
		t.Errorf("%d to %d", l.oldest, l.newest)
	}
}
