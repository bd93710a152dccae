package sim

import (
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"stipple/protocol"
)

// logSum is the checksum that LOG_ERASE names, over the records up to upTo.
func logSum(list []protocol.LogRecord, upTo uint32) (sum uint32) {
	for i := range list {
		if list[i].Index <= upTo {
			sum = protocol.LogSum(sum, &list[i])
		}
	}
	return sum
}

// What the pen tells as EVENT is what its log has, word for word.
func TestEventsAreRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 71})
		c := b.ready(rfEnvelope(), rfSettings(100))
		b.do(b.hand.Contact(true))
		b.do(b.hand.Trigger(true))
		b.sleep(300 * time.Millisecond)
		b.do(b.hand.Trigger(false))
		b.sleep(50 * time.Millisecond)
		c.stopLeasing()
		b.sleep(time.Second)
		list := c.readLog()
		if list[0].Index != 1 || list[0].Code != protocol.EventBoot || list[0].Args != [2]int32{1, 0} || c.status().NewestLog != list[len(list)-1].Index {
			t.Fatalf("log %+v", list)
		}
		byIndex := make(map[uint32]protocol.LogRecord)
		for i, r := range list {
			if r.Index != uint32(i+1) || !r.Sound() || r.Boot != 1 || r.UTC != 0 {
				t.Errorf("record %d: %+v", i, r)
			}
			byIndex[r.Index] = r
		}
		events := all[protocol.Event](c)
		if len(events) < 10 {
			t.Fatalf("%d events", len(events))
		}
		for _, e := range events {
			r := byIndex[e.Index]
			if r.Clock != e.Clock || r.Code != e.Code || r.Level != e.Level || r.Args != e.Args {
				t.Errorf("told %+v, kept %+v", e, r)
			}
		}
	})
}

// LOG_READ answers from any index with at most what was asked for and fits, and
// with two records while an output is possible.
func TestLogRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 72})
		c := b.idle()
		for range 20 {
			b.do(b.hand.Trigger(true))
			b.do(b.hand.Trigger(false))
		}
		hash := c.set(rfEnvelope(), 1, rfSettings(100))
		read := func(from uint32, most uint8, want ...uint32) {
			t.Helper()
			page, ok := c.ask(&protocol.LogRead{From: from, Max: most}).(*protocol.LogPage)
			if !ok || page.Oldest != 1 || page.Newest != c.status().NewestLog {
				t.Fatalf("from %d: %+v", from, page)
			}
			var got []uint32
			for _, r := range page.Records {
				got = append(got, r.Index)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%d from %d: %v, want %v", most, from, got, want)
			}
		}
		newest := c.status().NewestLog
		read(0, 2, 1, 2)
		read(5, 255, 5, 6, 7, 8, 9, 10)
		read(5, 0)
		read(newest-1, 6, newest-1, newest)
		read(newest+1, 6)
		read(1<<32-1, 6)
		c.arm(armID, hash)
		c.keepLeasing(armID)
		b.sleep(60 * time.Millisecond)
		read(5, 6, 5, 6)
		read(5, 1, 5)
		c.put(&protocol.Disarm{})
		b.sleep(60 * time.Millisecond)
		read(5, 3, 5, 6, 7)
	})
}

// A note is a record of eight bytes of the console's own, in any state.
func TestLogNote(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 73})
		c := b.ready(rfEnvelope(), rfSettings(100))
		note := [8]byte{0xFF, 1, 2, 3, 4, 5, 6, 0x80}
		m, ok := c.ask(&protocol.LogNote{Role: protocol.RoleClinician, Note: note}).(*protocol.LogNoted)
		if !ok || m.Index == 0 {
			t.Fatalf("got %#v", m)
		}
		page := c.ask(&protocol.LogRead{From: m.Index, Max: 1}).(*protocol.LogPage)
		if r := page.Records[0]; r.Code != protocol.EventNote || r.Args != protocol.NoteArgs(note) {
			t.Errorf("record %+v", r)
		}
		if e := c.event(protocol.EventNote); e == nil || e.Index != m.Index {
			t.Errorf("event %+v", e)
		}
		if s := c.status(); s.State != protocol.StateReady {
			t.Errorf("%v", s.State)
		}
	})
}

// LOG_ERASE drops what was copied, and nothing that was not.
func TestLogErase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "memory")
	synctest.Test(t, func(t *testing.T) {
		mem, err := OpenFile(path, R1, 0)
		if err != nil {
			t.Fatal(err)
		}
		b := newBench(t, Config{Model: R1, Seed: 74, Memory: mem})
		c := b.idle()
		b.do(b.hand.Trigger(true))
		b.do(b.hand.Trigger(false))
		list := c.readLog()
		newest := list[len(list)-1].Index
		erase := func(id uint64, upTo, sum uint32) *protocol.LogErase {
			return &protocol.LogErase{CommandID: id, Role: protocol.RoleServiceEngineer, UpTo: upTo, CRC: sum}
		}
		c.wantOutcome(erase(1, 0, 0), protocol.OutcomeRejected, protocol.CodeRange)
		c.wantOutcome(erase(2, newest+50, logSum(list, newest)), protocol.OutcomeRejected, protocol.CodeRange)
		c.wantOutcome(erase(3, 3, logSum(list, 3)+1), protocol.OutcomeRejected, protocol.CodeDigest)
		c.wantOutcome(erase(4, 3, logSum(list, 2)), protocol.OutcomeRejected, protocol.CodeDigest)
		if now := c.readLog(); now[0].Index != 1 {
			t.Errorf("a refused LOG_ERASE took %d records", now[0].Index-1)
		}
		c.forget()
		good := erase(5, 3, logSum(list, 3))
		c.wantOutcome(good, protocol.OutcomeDone, 0)
		e := c.event(protocol.EventLogErased)
		if e == nil || e.Args[0] != 3 {
			t.Errorf("event %+v", e)
		}
		c.wantOutcome(good, protocol.OutcomeDone, 0) // a repeat of it takes no more
		c.wantOutcome(erase(6, 3, 0), protocol.OutcomeRejected, protocol.CodeRange)
		list = c.readLog()
		if list[0].Index != 4 || len(all[protocol.Event](c)) != 2 {
			t.Errorf("oldest %d, %d events", list[0].Index, len(all[protocol.Event](c)))
		}
		newest = list[len(list)-1].Index
		c.wantOutcome(erase(7, newest, logSum(list, newest)), protocol.OutcomeDone, 0)
		left := c.readLog()
		if len(left) != 1 || left[0].Index != newest+1 || left[0].Code != protocol.EventLogErased {
			t.Errorf("left %+v", left)
		}
		b.stop()
		if err := mem.Close(); err != nil {
			t.Fatal(err)
		}
		if mem, err = OpenFile(path, R1, 0); err != nil {
			t.Fatal(err)
		}
		defer mem.Close()
		again := newBench(t, Config{Model: R1, Seed: 75, Memory: mem})
		c = again.idle()
		list = c.readLog()
		if list[0] != left[0] || list[1].Index != newest+2 || list[1].Code != protocol.EventBoot || list[1].Boot != 2 {
			t.Errorf("after a restart %+v", list)
		}
		again.stop()
	})
}

// A long log takes its time to be compared; what comes meanwhile stays.
func TestLogEraseRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const kept, records = 30_000, 25_000
		mem := NewRAM()
		if err := FillLog(mem, kept, records); err != nil {
			t.Fatal(err)
		}
		b := newBench(t, Config{Model: N1, Seed: 76, Memory: mem, LogKept: kept})
		c := b.idle()
		c.service(true)
		var sum uint32
		b.do(b.pen.call(func() { sum, _ = b.pen.fw.nv.log.sum(records) }))
		m := &protocol.LogErase{CommandID: 1, Role: protocol.RoleServiceEngineer, UpTo: records, CRC: sum}
		c.wantOutcome(m, protocol.OutcomeRunning, 0)
		b.do(b.hand.Trigger(true))
		b.do(b.hand.Trigger(false))
		if page := c.ask(&protocol.LogRead{From: 1, Max: 1}).(*protocol.LogPage); page.Oldest != 1 {
			t.Errorf("gone before the end: %+v", page)
		}
		b.sleep(records / eraseRate * time.Millisecond)
		c.wantOutcome(m, protocol.OutcomeDone, 0)
		list := c.readLog()
		if list[0].Index != records+1 || !slices.ContainsFunc(list, func(r protocol.LogRecord) bool { return r.Code == protocol.EventTrigger }) {
			t.Errorf("left %+v", list)
		}
	})
}

// The log wraps over the oldest records, and what a console has copied of it
// before it wrapped is no copy of it any more.
func TestLogWraps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mem := NewRAM()
		if err := FillLog(mem, 0, keptRecords); err != nil {
			t.Fatal(err)
		}
		b := newBench(t, Config{Model: R1, Seed: 77, Memory: mem})
		c := b.idle()
		page := c.ask(&protocol.LogRead{From: 1, Max: 6}).(*protocol.LogPage)
		if page.Newest-page.Oldest != keptRecords-1 || page.Records[0].Index != page.Oldest || page.Oldest == 1 {
			t.Fatalf("%d to %d", page.Oldest, page.Newest)
		}
		sum := logSum(page.Records, page.Oldest+2)
		b.do(b.hand.Trigger(true))
		m := &protocol.LogErase{CommandID: 1, Role: protocol.RoleServiceEngineer, UpTo: page.Oldest + 2, CRC: sum}
		c.wantOutcome(m, protocol.OutcomeRejected, protocol.CodeDigest)
	})
}

// A damaged record is sent as it is: its checksum says so. One whose number is
// damaged is missing.
func TestDamagedRecords(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mem := NewRAM()
		b := newBench(t, Config{Model: R1, Seed: 78, Memory: mem})
		c := b.idle()
		for range 4 {
			b.do(b.hand.Trigger(true))
			b.do(b.hand.Trigger(false))
		}
		for _, at := range []int64{3*protocol.LogRecordSize + 20, 5*protocol.LogRecordSize + 6} {
			if err := mem.WriteAt(AreaLog, at, []byte{0xA5}); err != nil {
				t.Fatal(err)
			}
		}
		list := c.readLog()
		var got []uint32
		for _, r := range list[:7] {
			got = append(got, r.Index)
			if r.Sound() == (r.Index == 3) {
				t.Errorf("record %d: sound is %v", r.Index, r.Sound())
			}
		}
		if !slices.Equal(got, []uint32{1, 2, 3, 4, 6, 7, 8}) {
			t.Errorf("records %v", got)
		}
		// The sum is over what was sent, to the place of one that could not be, too.
		m := &protocol.LogErase{CommandID: 1, Role: protocol.RoleServiceEngineer, UpTo: 5, CRC: logSum(list, 5)}
		c.wantOutcome(m, protocol.OutcomeDone, 0)
		if left := c.readLog(); left[0].Index != 6 {
			t.Errorf("oldest %d", left[0].Index)
		}
	})
}

// A reset in the middle of a record gives its number out to nobody else, and the
// log goes on behind it.
func TestResetInARecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mem := NewRAM()
		b := newBench(t, Config{Model: R1, Seed: 79, Memory: mem})
		c := b.idle()
		newest := c.status().NewestLog
		b.do(b.hand.Fault(SwitchTornWrite, true))
		b.do(b.hand.Trigger(true)) // the next write is its record
		b.sleep(darkTime + selfTestTime + 50*time.Millisecond)
		c.hello(2)
		list := c.readLog()
		i := slices.IndexFunc(list, func(r protocol.LogRecord) bool { return r.Boot == 2 })
		if i < 0 || list[i].Index != newest+2 || list[i].Code != protocol.EventBoot {
			t.Fatalf("after %d: %+v", newest, list)
		}
		// Its number is whole, and what is behind it not.
		if torn := list[i-1]; torn.Index != newest+1 || torn.Sound() {
			t.Errorf("the torn record %+v", torn)
		}
		for _, r := range slices.Delete(list, i-1, i) {
			if !r.Sound() {
				t.Errorf("record %+v", r)
			}
		}
	})
}

// BenchmarkEvent is what one event costs, and BenchmarkLoadLog what start-up
// costs with a log of 100,000 records.
func BenchmarkEvent(b *testing.B) {
	fw, err := newFirmware(rfPen(), NewRAM(), 1, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		fw.event(protocol.EventTrigger, 1, 0)
	}
}

func BenchmarkLoadLog(b *testing.B) {
	mem := NewRAM()
	if err := FillLog(mem, maxKeptRecords, 100_000); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if l, err := loadLog(mem, maxKeptRecords, 0); err != nil || l.newest != 100_000 {
			b.Fatal(l.newest, err)
		}
	}
}
