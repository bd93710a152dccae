package device_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"stipple/device"
	"stipple/device/link"
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

// A log that contradicts itself is refused, and nothing of the page that does
// is taken.
func TestLyingLog(t *testing.T) {
	page := func(change func(*protocol.LogPage)) func(*protocol.Header, protocol.Message) protocol.Message {
		return bent(func(m *protocol.LogPage) {
			if len(m.Records) > 0 {
				change(m)
			}
		})
	}
	for name, tt := range map[string]struct {
		why  string
		bend func(*protocol.Header, protocol.Message) protocol.Message
	}{
		"before what was asked for": {"asked for", page(func(m *protocol.LogPage) {
			m.Records = append([]protocol.LogRecord{{Index: m.Records[0].Index - 1}}, m.Records[:3]...)
		})},
		"beyond its own end": {"asked for", page(func(m *protocol.LogPage) { m.Records[len(m.Records)-1].Index = m.Newest + 1 })},
		"nothing":            {"page is empty", page(func(m *protocol.LogPage) { m.Records = nil })},
		"a shorter log":      {"and before to", page(func(m *protocol.LogPage) { m.Newest-- })},
		"no log":             {"and before to", page(func(m *protocol.LogPage) { m.Oldest, m.Newest = 0, 0 })},
		"backwards":          {"log from 900 to 90", bent(func(m *protocol.LogPage) { m.Oldest, m.Newest = 900, 90 })},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, conn := newFakePen(t)
				s, l := open(t, conn)
				defer shut(t, s, p, l)
				p.with(func(p *fakePen) { p.svc.log, p.bend = fakeLog(100, 10, 7), tt.bend })
				var cur device.LogCursor
				_, err := copyLog(s, &cur)
				var lie *device.LogError
				if !errors.As(err, &lie) || !strings.Contains(lie.Error(), tt.why) {
					t.Errorf("%v", err)
				}
				if cur.Records() != 0 {
					t.Errorf("%d records were taken", cur.Records())
				}
			})
		})
	}
}

func TestLogThatIsAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, conn := newFakePen(t)
		s, l := open(t, conn)
		defer shut(t, s, p, l)
		p.with(func(p *fakePen) { p.svc.log = fakeLog(30, 1, 7) })
		var cur device.LogCursor
		if _, err := copyLog(s, &cur); err != nil {
			t.Fatal(err)
		}
		before := cur
		p.with(func(p *fakePen) { p.svc.log = fakeLog(40, 1, 3) }) // its memory was formatted
		var lie *device.LogError
		if _, err := copyLog(s, &cur); !errors.As(err, &lie) || lie.Index != 30 || cur != before {
			t.Errorf("another log: %v", err)
		}
		p.with(func(p *fakePen) { p.svc.log = fakeLog(20, 1, 3) })
		if _, err := copyLog(s, &cur); !errors.As(err, &lie) {
			t.Errorf("a shorter log: %v", err)
		}
		other := device.NewLogCursor("R1-0002", 0)
		var unit *device.OtherUnitError
		if _, err := copyLog(s, &other); !errors.As(err, &unit) || unit.Got != "R1-0001" {
			t.Errorf("another unit: %v", err)
		}
		stop := errors.New("disk full")
		var none device.LogCursor
		if err := s.ReadLog(context.Background(), &none, func(device.LogPage) error { return stop }); !errors.Is(err, stop) || none.Records() != 0 {
			t.Errorf("a copy that can't be written: %v, %d records", err, none.Records())
		}
	})
}

// A pen that makes records up for ever is left.
func TestLogThatDoesNotEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, conn := newFakePen(t)
		d := testDescriptor()
		d.LogKept = 50
		raw, err := d.Encode()
		if err != nil {
			t.Fatal(err)
		}
		p.with(func(p *fakePen) { p.setDescriptor(raw); p.svc.log = fakeLog(1000, 1, 7) })
		s, l := open(t, conn)
		defer shut(t, s, p, l)
		var cur device.LogCursor
		var lie *device.LogError
		if _, err := copyLog(s, &cur); !errors.As(err, &lie) || !strings.Contains(err.Error(), "does not end") {
			t.Errorf("%v", err)
		}
	})
}

func TestLogIsNotOffered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, conn := newFakePen(t)
		d := testDescriptor()
		d.LogKept = 0
		raw, _ := d.Encode()
		p.with(func(p *fakePen) { p.setDescriptor(raw) })
		s, l := open(t, conn)
		defer shut(t, s, p, l)
		var cur device.LogCursor
		if _, err := copyLog(s, &cur); !errors.Is(err, device.ErrNotOffered) {
			t.Errorf("%v", err)
		}
		if len(p.heard(protocol.TypeLogRead)) != 0 {
			t.Error("asked all the same")
		}
	})
}

// A pen that calls a type unsupported does so once; it is not asked again.
func TestUnsupportedIsRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, conn := newFakePen(t)
		s, l := open(t, conn)
		defer shut(t, s, p, l)
		p.with(func(p *fakePen) {
			p.bend = func(h *protocol.Header, m protocol.Message) protocol.Message {
				if m.Type() == protocol.TypeLogPage {
					h.Lane = protocol.LaneBulk
					return &protocol.Rejected{Request: protocol.TypeLogRead, Code: protocol.CodeUnsupported, Field: protocol.NoField}
				}
				return m
			}
		})
		var cur device.LogCursor
		var refused *device.RefusedError
		if _, err := copyLog(s, &cur); !errors.As(err, &refused) || refused.Code != protocol.CodeUnsupported {
			t.Errorf("%v", err)
		}
		n := len(p.heard(protocol.TypeLogRead))
		if _, err := copyLog(s, &cur); !errors.Is(err, device.ErrNotOffered) {
			t.Errorf("again: %v", err)
		}
		if got := len(p.heard(protocol.TypeLogRead)); got != n {
			t.Errorf("asked %d times more", got-n)
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

// proxied puts a fault proxy between a session and a pen.
func proxied(t testing.TB, faults *link.Faults, pen io.ReadWriteCloser) (near io.ReadWriteCloser, ended chan error) {
	t.Helper()
	near, far := link.Pipe()
	proxy := faults.Proxy(pen, far)
	ended = make(chan error, 1)
	go func() { ended <- proxy.Run(context.Background()) }()
	return near, ended
}

func script(t testing.TB, text string) link.Script {
	t.Helper()
	s, err := link.ParseScript(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// byteRate is a line of 1 Mbit/s in bytes a second, with start and stop bits.
const byteRate = 100_000

// The log of 100,000 records takes at least three fifths of what a line of
// 1 Mbit/s carries.
func TestLogFillsTheLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := link.Pipe()
		p := startFakePen(t, far)
		p.with(func(p *fakePen) { p.svc.log, p.forget = fakeLog(fakeLogKept, 1, 7), true })
		conn, ended := proxied(t, link.NewFaults(link.ProxyConfig{Script: script(t, "both baud 1000000")}), near)
		s, l := open(t, conn)
		var cur device.LogCursor
		begun := time.Now()
		err := s.ReadLog(context.Background(), &cur, func(device.LogPage) error { return nil })
		took := time.Since(begun)
		share := float64(fakeLogKept*protocol.LogRecordSize) / took.Seconds() / byteRate
		t.Logf("%d records in %v: %.3f of the line, %+v", cur.Records(), took, share, s.Stats())
		if err != nil || cur.Records() != fakeLogKept || cur.Sum() != sumOf(p.svc.log) || share < 0.6 {
			t.Errorf("%d records, %.3f of the line: %v", cur.Records(), share, err)
		}
		shut(t, s, p, l)
		<-ended
	})
}

// Over a line that flips bits, loses, doubles and makes up frames, and is cut
// again and again, the copy has every record once, in order.
func TestLogSurvivesDamageAndCuts(t *testing.T) {
	for seed := range uint64(8) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				log := fakeLog(6000, 11, 7)
				faults := link.NewFaults(link.ProxyConfig{Seed: seed, Script: script(t, `
					both baud 1000000
					both flip 0.00005
					both drop 0.01
					both duplicate 0.01
					both truncate 0.005
					both garbage 0.005
					at 300ms every 370ms both disconnect`)})
				var cur device.LogCursor
				var all []protocol.LogRecord
				cuts := 0
				for cur.Last().Index != log[len(log)-1].Index {
					if cuts++; cuts > 200 {
						t.Fatalf("no end in sight: %d records", len(all))
					}
					near, far := link.Pipe()
					p := startFakePen(t, far)
					p.with(func(p *fakePen) { p.svc.log = log })
					conn, ended := proxied(t, faults, near)
					s, err := device.Open(context.Background(), conn, device.Options{})
					if err == nil {
						l := collect(s)
						err = s.ReadLog(context.Background(), &cur, func(page device.LogPage) error {
							for _, e := range page.Entries {
								if e.Gap != nil || e.Damaged || e.Back || e.Reboot {
									t.Errorf("entry %+v", e)
								}
								all = append(all, e.LogRecord)
							}
							return nil
						})
						var lie *device.LogError
						if errors.As(err, &lie) {
							t.Fatal(err)
						}
						_ = s.Close()
						<-l.done
					}
					_ = p.conn.Close()
					<-p.done
					<-ended
				}
				if !slices.Equal(all, log) || cur.Sum() != sumOf(log) {
					t.Errorf("%d records", len(all))
				}
				if stats := faults.Stats(); stats.Disconnects < 3 || stats.ToPen.Dropped == 0 || stats.ToConsole.Flipped == 0 {
					t.Errorf("the line was too good: %+v", stats)
				}
				t.Logf("%d connections", cuts)
			})
		})
	}
}
