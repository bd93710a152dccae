package device_test

import (
	"context"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"stipple/device"
	"stipple/protocol"
)

// copyLog reads a pen's log into a slice.
func copyLog(s *device.Session, cur *device.LogCursor) ([]device.LogEntry, error) {
	var all []device.LogEntry
	err := s.ReadLog(context.Background(), cur, func(p device.LogPage) error {
		all = append(all, p.Entries...)
		return nil
	})
	return all, err
}

func sumOf(log []protocol.LogRecord) (sum uint32) {
	for i := range log {
		sum = protocol.LogSum(sum, &log[i])
	}
	return sum
}

func TestReadLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, conn := newFakePen(t)
		s, l := open(t, conn)
		defer shut(t, s, p, l)
		var empty device.LogCursor
		if all, err := copyLog(s, &empty); err != nil || len(all) != 0 {
			t.Errorf("an empty log: %v, %v", all, err)
		}
		p.with(func(p *fakePen) { p.svc.log = fakeLog(500, 41, 7) })
		var cur device.LogCursor
		all, err := copyLog(s, &cur)
		if err != nil || len(all) != 500 {
			t.Fatalf("%d records: %v", len(all), err)
		}
		for i, e := range all {
			if e.LogRecord != p.svc.log[i] || e.Gap != nil || e.Damaged || e.Reboot || e.Back {
				t.Fatalf("entry %d: %+v", i, e)
			}
		}
		if cur.Serial() != "R1-0001" || cur.First() != 41 || cur.Last().Index != 540 || cur.Next() != 541 || cur.Records() != 500 || cur.Sum() != sumOf(p.svc.log) {
			t.Errorf("cursor %+v", cur)
		}
		p.with(func(p *fakePen) { p.svc.log = append(p.svc.log, fakeLog(3, 541, 7)...) })
		more, err := copyLog(s, &cur)
		if err != nil || len(more) != 3 || more[0].Index != 541 || !more[0].Back || cur.Sum() != sumOf(p.svc.log) {
			t.Errorf("later: %d, %v", len(more), err)
		}
		from := device.NewLogCursor("", 530)
		if all, err := copyLog(s, &from); err != nil || len(all) != 14 || from.First() != 530 || all[0].Gap != nil {
			t.Errorf("from 530: %d, %v", len(all), err)
		}
		beyond := device.NewLogCursor("", 999)
		if all, err := copyLog(s, &beyond); err != nil || len(all) != 0 {
			t.Errorf("from beyond its end: %v, %v", all, err)
		}
	})
}

func TestLogFindings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, conn := newFakePen(t)
		s, l := open(t, conn)
		defer shut(t, s, p, l)
		log := fakeLog(10, 21, 7)
		log = append(log, fakeLog(20, 64, 8)...) // a reset skips numbers
		log = append(log[:15], log[17:]...)      // records 69 and 70 are lost
		log[20].Args[1]++                        // and one is damaged
		p.with(func(p *fakePen) { p.svc.log = log })
		cur := device.NewLogCursor("R1-0001", 5) // the log begins behind
		all, err := copyLog(s, &cur)
		if err != nil || len(all) != len(log) {
			t.Fatalf("%d records: %v", len(all), err)
		}
		want := map[int]device.LogEntry{
			0:  {LogRecord: log[0], Gap: &device.LogGap{From: 5, To: 20, Kind: device.GapGone}},
			10: {LogRecord: log[10], Gap: &device.LogGap{From: 31, To: 63, Kind: device.GapReset}, Reboot: true},
			15: {LogRecord: log[15], Gap: &device.LogGap{From: 69, To: 70, Kind: device.GapDamage}},
			20: {LogRecord: log[20], Damaged: true},
		}
		for i, e := range all {
			w, ok := want[i]
			if !ok {
				w = device.LogEntry{LogRecord: log[i]}
			}
			if !reflect.DeepEqual(e, w) {
				t.Errorf("entry %d: %+v, want %+v", i, e, w)
			}
		}
		if cur.Sum() != sumOf(log) {
			t.Error("the sum is not over the records as they are")
		}
		p.with(func(p *fakePen) { p.svc.log = fakeLog(5, 200, 9) }) // it wraps past the copy
		all, err = copyLog(s, &cur)
		if err != nil || len(all) != 5 || !reflect.DeepEqual(all[0].Gap, &device.LogGap{From: 84, To: 199, Kind: device.GapGone}) {
			t.Errorf("after a wrap: %d, %v", len(all), err)
		}
	})
}

// seqs are the sequence numbers of what arrived, each once.
func seqs(got []received) map[uint16]bool {
	m := make(map[uint16]bool)
	for _, r := range got {
		m[r.h.Seq] = true
	}
	return m
}

// In STANDBY eight pages are asked for at once, and not one more while nothing
// is answered; one that is lost is asked for again as soon as a later one is
// answered.
func TestBulkWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, conn := newFakePen(t)
		s, l := open(t, conn)
		defer shut(t, s, p, l)
		pass(time.Second)
		p.with(func(p *fakePen) { p.svc.log = fakeLog(200, 1, 7) })
		if _, _, err := s.LogRange(context.Background()); err != nil {
			t.Fatal(err)
		}
		begun := len(p.heard(protocol.TypeLogRead))
		p.with(func(p *fakePen) {
			p.lose = func(m protocol.Message) bool { read, ok := m.(*protocol.LogRead); return ok && read.Max > 0 }
		})
		done := make(chan error, 1)
		var cur device.LogCursor
		go func() { _, err := copyLog(s, &cur); done <- err }()
		pass(20 * time.Millisecond)
		if n := len(seqs(p.heard(protocol.TypeLogRead)[begun:])); n != 1+protocol.BulkWindow { // and the range
			t.Errorf("%d outstanding", n-1)
		}
		pass(900 * time.Millisecond)
		if n := len(seqs(p.heard(protocol.TypeLogRead)[begun:])); n != 1+protocol.BulkWindow {
			t.Errorf("%d outstanding after a while", n-1)
		}
		lost := 0
		p.with(func(p *fakePen) {
			p.lose = func(m protocol.Message) bool {
				read, ok := m.(*protocol.LogRead)
				if ok && read.From == 97 && lost == 0 {
					lost++
					return true
				}
				return false
			}
		})
		if err := <-done; err != nil || cur.Records() != 200 || lost != 1 {
			t.Fatalf("%d records, %d lost: %v", cur.Records(), lost, err)
		}
		var at []time.Duration
		for _, r := range p.heard(protocol.TypeLogRead) {
			if r.msg.(*protocol.LogRead).From == 97 {
				at = append(at, r.at)
			}
		}
		if len(at) != 2 || at[1]-at[0] >= protocol.CommandIntervalMin {
			t.Errorf("the lost page was asked for at %v", at)
		}
	})
}

// Arming takes back what is outstanding in bulk but for the oldest.
func TestArmingShrinksTheWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, conn := newFakePen(t)
		s, l := open(t, conn)
		defer shut(t, s, p, l)
		defer touching(s)()
		snap, err := s.Apply(context.Background(), testEnvelope(), testValues)
		if err != nil {
			t.Fatal(err)
		}
		p.with(func(p *fakePen) {
			p.svc.log = fakeLog(200, 1, 7)
			p.lose = func(m protocol.Message) bool { read, ok := m.(*protocol.LogRead); return ok && read.Max > 0 }
		})
		var cur device.LogCursor
		done := make(chan error, 1)
		go func() { _, err := copyLog(s, &cur); done <- err }()
		pass(10 * time.Millisecond)
		if err := s.Arm(context.Background(), device.ArmRequest{Hash: snap.Hash, CommandID: testCommand}); err != nil {
			t.Fatal(err)
		}
		begun := len(p.heard(protocol.TypeLogRead))
		pass(400 * time.Millisecond)
		if n := len(seqs(p.heard(protocol.TypeLogRead)[begun:])); n != 1 {
			t.Errorf("%d outstanding while armed", n)
		}
		s.Disarm()
		p.with(func(p *fakePen) { p.lose = nil })
		if err := <-done; err != nil || cur.Records() != 200 {
			t.Errorf("%d records: %v", cur.Records(), err)
		}
	})
}

// While output is possible one page is asked for at a time, of two records.
func TestLogWhileArmed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, conn := newFakePen(t)
		s, l := open(t, conn)
		defer shut(t, s, p, l)
		defer touching(s)()
		p.with(func(p *fakePen) { p.svc.log = fakeLog(4000, 1, 7) })
		snap, err := s.Apply(context.Background(), testEnvelope(), testValues)
		if err != nil {
			t.Fatal(err)
		}
		var cur device.LogCursor
		var armedAt time.Duration
		pages := 0
		err = s.ReadLog(context.Background(), &cur, func(page device.LogPage) error {
			if pages++; pages == 50 {
				if err := s.Arm(context.Background(), device.ArmRequest{Hash: snap.Hash, CommandID: testCommand}); err != nil {
					return err
				}
				armedAt = time.Since(p.start)
			}
			if pages == 500 {
				s.Disarm()
				pass(200 * time.Millisecond)
			}
			<-time.After(time.Millisecond)
			return nil
		})
		if err != nil || cur.Records() != 4000 || cur.Sum() != sumOf(p.svc.log) {
			t.Fatalf("%d records: %v", cur.Records(), err)
		}
		if armedAt == 0 {
			t.Fatal("never armed")
		}
		disarmed := p.heard(protocol.TypeDisarm)
		asked := 0
		for _, r := range p.heard(protocol.TypeLogRead) {
			if r.at <= armedAt || r.at >= disarmed[0].at {
				continue
			}
			asked++
			if m := r.msg.(*protocol.LogRead); m.Max > 2 && asked > 1 { // one may have been outstanding
				t.Errorf("asked for %d records while armed", m.Max)
			}
		}
		if asked < 100 {
			t.Errorf("%d pages while armed", asked)
		}
	})
}

// byteRate is a line of 1 Mbit/s in bytes a second, with start and stop bits.
const byteRate = 100_000
