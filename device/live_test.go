package device_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"stipple/device"
	"stipple/device/link"
	"stipple/protocol"
)

// pulse sends a closed pulse and keeps it in the ledger.
func (p *fakePen) pulse(index uint32, send bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	x := protocol.Pulse{Index: index, Boot: p.ack.Boot, Result: protocol.PulseComplete, Energy: index * 10}
	p.ledger = append(p.ledger, x)
	p.st.NewestPulse = index
	if send {
		p.say(protocol.Header{Session: p.session}, &x)
	}
}

// indices are the pulses that arrived, in the order of arrival.
func indices(l *eventLog) (all, reread []uint32) {
	for _, e := range l.of(device.EventPulse) {
		all = append(all, e.Pulse.Index)
		if e.Reread {
			reread = append(reread, e.Pulse.Index)
		}
	}
	return all, reread
}

func equal(a, b []uint32) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestMissingPulsesAreReadAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, conn := newFakePen(t)
		s, l := open(t, conn)
		defer shut(t, s, p, l)
		for i := uint32(101); i <= 110; i++ {
			p.pulse(i, i != 103 && i != 106 && i != 107 && i != 110)
		}
		pass(time.Second)
		all, reread := indices(l)
		if !equal(reread, []uint32{103, 106, 107, 110}) || len(all) != 10 {
			t.Errorf("arrived %v, read again %v", all, reread)
		}
		gaps := l.of(device.EventPulseGap)
		if len(gaps) != 3 || gaps[0].From != 103 || gaps[0].To != 103 || gaps[1].From != 106 || gaps[1].To != 107 || gaps[2].From != 110 {
			t.Errorf("gaps %v", gaps)
		}
		p.pulse(111, true)
		p.with(func(p *fakePen) { x := p.ledger[0]; p.say(protocol.Header{Session: p.session}, &x) })
		pass(time.Second)
		if all, _ := indices(l); len(all) != 11 {
			t.Errorf("a doubled pulse was taken: %v", all)
		}
	})
}

// While output is possible one pulse at a time is read again, and a pen that is
// too busy for it does not lose any.
func TestPulsesAreReadOneByOneWhileArmed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, conn := newFakePen(t)
		s, l := open(t, conn)
		defer shut(t, s, p, l)
		stop := touching(s)
		defer stop()
		arm(t, s)
		p.pulse(101, false)
		p.pulse(102, false)
		p.pulse(103, true)
		pass(time.Second)
		for _, r := range p.heard(protocol.TypePulseRead) {
			if r.msg.(*protocol.PulseRead).Max != 1 {
				t.Error("more than one at a time while armed")
			}
		}
		if all, reread := indices(l); !equal(all, []uint32{103, 101, 102}) || !equal(reread, []uint32{101, 102}) {
			t.Errorf("arrived %v, read again %v", all, reread)
		}
		p.with(func(p *fakePen) {
			p.bend = func(_ *protocol.Header, m protocol.Message) protocol.Message {
				if m.Type() != protocol.TypePulsePage {
					return m
				}
				return &protocol.Rejected{Request: protocol.TypePulseRead, Code: protocol.CodeBusy, Field: protocol.NoField}
			}
		})
		p.pulse(104, false)
		pass(time.Minute)
		if len(l.of(device.EventPulsesLost)) != 0 {
			t.Error("given up while armed")
		}
		p.with(func(p *fakePen) { p.bend = nil })
		pass(5 * time.Second)
		if all, _ := indices(l); len(all) != 4 || all[3] != 104 {
			t.Errorf("arrived %v", all)
		}
	})
}

func TestPulsesThatThePenNoLongerHas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, conn := newFakePen(t)
		s, l := open(t, conn)
		defer shut(t, s, p, l)
		for i := uint32(101); i <= 106; i++ {
			p.pulse(i, i == 106)
		}
		p.with(func(p *fakePen) { p.ledger = p.ledger[3:] })
		pass(time.Second)
		lost := l.of(device.EventPulsesLost)
		if len(lost) != 1 || lost[0].From != 101 || lost[0].To != 103 {
			t.Errorf("lost %v", lost)
		}
		if all, _ := indices(l); !equal(all, []uint32{106, 104, 105}) {
			t.Errorf("arrived %v", all)
		}
		// A ledger without the pulse in the middle gives up after a while.
		p.pulse(107, false)
		p.pulse(108, true)
		p.with(func(p *fakePen) {
			p.ledger = []protocol.Pulse{{Index: 100, Result: protocol.PulseComplete}, {Index: 108, Result: protocol.PulseComplete}}
		})
		pass(20 * time.Second)
		if lost := l.of(device.EventPulsesLost); len(lost) != 2 || lost[1].From != 107 || lost[1].To != 107 {
			t.Errorf("lost %v", lost)
		}
	})
}

func TestPulsesPages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, conn := newFakePen(t)
		p.with(func(p *fakePen) {
			for i := uint32(40); i <= 100; i++ {
				p.ledger = append(p.ledger, protocol.Pulse{Index: i, Result: protocol.PulseComplete})
			}
		})
		s, l := open(t, conn)
		defer shut(t, s, p, l)
		for _, tt := range []struct{ from, first, n uint32 }{{0, 40, 61}, {1, 40, 61}, {40, 40, 61}, {99, 99, 2}, {100, 100, 1}, {101, 0, 0}} {
			got, oldest, newest, err := s.Pulses(context.Background(), tt.from)
			if err != nil || oldest != 40 || newest != 100 || uint32(len(got)) != tt.n || tt.n > 0 && got[0].Index != tt.first {
				t.Errorf("from %d: %d pulses, %d to %d: %v", tt.from, len(got), oldest, newest, err)
			}
		}
		for name, lie := range map[string]func(m *protocol.PulsePage){
			"empty":  func(m *protocol.PulsePage) { m.Pulses = nil },
			"before": func(m *protocol.PulsePage) { m.Pulses = m.Pulses[:1]; m.Pulses[0].Index = 45 },
			"beyond": func(m *protocol.PulsePage) { m.Newest = 45 },
		} {
			p.with(func(p *fakePen) { p.bend = bent(lie) })
			_, _, _, err := s.Pulses(context.Background(), 50)
			var ledger *device.LedgerError
			if name != "beyond" && !errors.As(err, &ledger) || name == "beyond" && err == nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

func TestSamplesMarkGaps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, conn := newFakePen(t)
		s, l := open(t, conn)
		defer shut(t, s, p, l)
		pass(505 * time.Millisecond)
		buf := make([]device.Sample, 100)
		n, next := s.Samples(0, buf)
		if n < 10 || !buf[0].Gap || buf[0].Seq != 1 {
			t.Fatalf("%d samples, first %+v", n, buf[0])
		}
		for i := 1; i < n; i++ {
			if buf[i].Gap || buf[i].Seq != uint64(i+1) || buf[i].At-buf[i-1].At != 50000 {
				t.Errorf("sample %d: %+v", i, buf[i])
			}
		}
		p.with(func(p *fakePen) { p.seq[protocol.LaneLive] += 3 })
		pass(100 * time.Millisecond)
		n, next = s.Samples(next, buf)
		if n != 2 || !buf[0].Gap || buf[1].Gap {
			t.Errorf("after 3 lost frames: %+v", buf[:n])
		}
		if s.Live().Gaps != 3 {
			t.Errorf("gaps %d", s.Live().Gaps)
		}
		if e := l.of(device.EventGap); len(e) != 1 || e[0].Lost != 3 {
			t.Errorf("events %v", e)
		}
		p.with(func(p *fakePen) { p.mute = true })
		pass(400 * time.Millisecond)
		p.with(func(p *fakePen) { p.mute = false })
		pass(100 * time.Millisecond)
		if n, _ = s.Samples(next, buf); n != 2 || !buf[0].Gap {
			t.Errorf("after a pause: %+v", buf[:n])
		}
		if n, again := s.Samples(next+2, buf); n != 0 || again != next+2 {
			t.Errorf("nothing new: %d %d", n, again)
		}
	})
}

func TestEventsOverflowIsAnEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, conn := newFakePen(t)
		s, err := device.Open(context.Background(), conn, device.Options{Role: protocol.RoleClinician})
		if err != nil {
			t.Fatal(err)
		}
		const sent = 3000
		for i := range sent {
			p.with(func(p *fakePen) {
				p.say(protocol.Header{Session: p.session}, &protocol.Event{Index: uint32(i), Code: protocol.EventContact})
			})
			if i%50 == 0 {
				synctest.Wait()
			}
		}
		pass(100 * time.Millisecond)
		l := collect(s)
		pass(100 * time.Millisecond)
		p.with(func(p *fakePen) { p.say(protocol.Header{Session: p.session}, &protocol.Event{Index: sent}) })
		synctest.Wait()
		got := l.of(device.EventPen)
		lost := uint64(0)
		for _, e := range l.of(device.EventOverflow) {
			lost += e.Lost
		}
		if len(got) < 450 || uint64(len(got))+lost != sent+1 {
			t.Errorf("%d arrived, %d reported lost, of %d", len(got), lost, sent+1)
		}
		for i := range 450 {
			if got[i].Pen.Index != uint32(i) {
				t.Fatalf("event %d is %d", i, got[i].Pen.Index)
			}
		}
		shut(t, s, p, l)
	})
}

// A pen that floods the line with EVENT while nobody reads: whatever is grave
// arrives, the gravest first, one of each kind with how many of it were lost,
// and so does all that the session itself has to tell.
func TestStormHidesNoAlarm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, conn := newFakePen(t)
		desc := testDescriptor()
		desc.Alarms = []protocol.AlarmSpec{{Code: 1, Name: "motor_stall", Priority: "medium"}, {Code: 2, Name: "battery_low", Priority: "low"}}
		raw, err := desc.Encode()
		if err != nil {
			t.Fatal(err)
		}
		p.with(func(p *fakePen) { p.setDescriptor(raw) })
		s, err := device.Open(context.Background(), conn, device.Options{Role: protocol.RoleClinician})
		if err != nil {
			t.Fatal(err)
		}
		sent := 0
		say := func(e protocol.Event) {
			sent++
			e.Index = uint32(sent)
			p.with(func(p *fakePen) { p.say(protocol.Header{Session: p.session}, &e) })
			if sent%50 == 0 {
				synctest.Wait()
			}
		}
		for range 1000 {
			say(protocol.Event{Code: protocol.EventContact})
		}
		const rounds = 200
		for i := range rounds {
			say(protocol.Event{Code: protocol.EventAlarm, Level: protocol.LevelInfo, Args: [2]int32{2, int32(i)}})
			say(protocol.Event{Code: protocol.EventAlarm, Level: protocol.LevelWarning, Args: [2]int32{1, int32(i)}})
			say(protocol.Event{Code: 0x9000 + uint16(i), Level: protocol.LevelWarning}) // more kinds than are kept
		}
		say(protocol.Event{Code: protocol.EventAlarm, Level: protocol.LevelError, Args: [2]int32{99, 7}}) // of no known kind
		say(protocol.Event{Code: protocol.EventFault, Level: protocol.LevelError, Args: [2]int32{int32(protocol.FaultOverTemperature)}})
		for range 1000 {
			say(protocol.Event{Code: protocol.EventContact})
		}
		p.with(func(p *fakePen) { p.skew = -time.Second; p.sendStatus() })
		synctest.Wait()
		l := collect(s)
		pass(100 * time.Millisecond)
		// The alarm of no known kind, and the clock.
		if e := l.of(device.EventContradiction); len(e) != 2 {
			t.Errorf("the session's own: %v", e)
		}
		var grave []*protocol.Event
		counted := uint64(0)
		for _, e := range l.of(device.EventPen) {
			counted += 1 + e.Lost
			if e.Pen.Code == protocol.EventAlarm || e.Pen.Code == protocol.EventFault {
				grave = append(grave, e.Pen)
			}
		}
		for _, e := range l.of(device.EventOverflow) {
			counted += e.Lost
		}
		want := [][2]int32{{99, 7}, {int32(protocol.FaultOverTemperature), 0}, {1, rounds - 1}, {2, rounds - 1}}
		if len(grave) != len(want) {
			t.Fatalf("%d grave events: %+v", len(grave), grave)
		}
		for i, e := range grave {
			if e.Args != want[i] {
				t.Errorf("grave event %d: %+v, want %v", i, e, want[i])
			}
		}
		if counted != uint64(sent) {
			t.Errorf("%d accounted for, of %d", counted, sent)
		}
		shut(t, s, p, l)
	})
}

// A pen whose clock runs 300 ppm fast over a line with 2 ms each way.
func TestPenTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		here, there := link.Pipe()
		p := startFakePen(t, there)
		boot := time.Now().Add(-time.Second)
		p.with(func(p *fakePen) {
			p.bend = func(_ *protocol.Header, m protocol.Message) protocol.Message {
				p.skew = time.Since(p.start) * 300 / 1e6
				if x, ok := m.(*protocol.TimeTell); ok {
					x.Received, x.Replied = p.clock(), p.clock()
				}
				return m
			}
		})
		s, l := open(t, newSlowConn(here, 2*time.Millisecond))
		defer shut(t, s, p, l)
		pass(60 * time.Second)
		for _, age := range []time.Duration{0, 10 * time.Second, 50 * time.Second} {
			then := time.Since(p.start) - age
			clock := protocol.PenClock(1e6).Add(then + then*300/1e6)
			at, within, ok := s.PenTime(clock)
			want := boot.Add(time.Second + then)
			off := at.Sub(want)
			if !ok || off > within || off < -within || within > 20*time.Millisecond {
				t.Errorf("%v ago: off by %v, within %v said", age, off, within)
			}
			if off > time.Millisecond || off < -time.Millisecond {
				t.Errorf("%v ago: drift not followed, off by %v", age, off)
			}
		}
		if rtt := s.Live().RTT; rtt < 4*time.Millisecond || rtt > 5*time.Millisecond {
			t.Errorf("round trip %v", rtt)
		}
		if n := len(p.heard(protocol.TypeTimeAsk)); n < 65 || n > 70 {
			t.Errorf("%d questions in a minute", n)
		}
	})
}

func TestForeignTimeIsNotBelieved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, conn := newFakePen(t)
		p.with(func(p *fakePen) { p.bend = bent(func(m *protocol.TimeTell) { m.Sent -= 700 }) })
		s, l := open(t, conn)
		defer shut(t, s, p, l)
		pass(100 * time.Millisecond)
		if _, _, ok := s.PenTime(1); ok {
			t.Error("an answer to no question was taken")
		}
		p.with(func(p *fakePen) {
			p.bend = bent(func(m *protocol.TimeTell) { m.Received = 0 })
		})
		pass(time.Second)
		if _, _, ok := s.PenTime(1); ok {
			t.Error("an answer that took longer than it was away was taken")
		}
	})
}

// slowConn delays every byte in both directions.
type slowConn struct {
	*timeoutConn
	delay time.Duration
}

func newSlowConn(c interface {
	Read([]byte) (int, error)
	Write([]byte) (int, error)
	Close() error
}, delay time.Duration) *slowConn {
	return &slowConn{newTimeoutConn(c), delay}
}

func (c *slowConn) Read(b []byte) (int, error) {
	n, err := c.timeoutConn.Read(b)
	if n > 0 {
		pass(c.delay)
	}
	return n, err
}

func (c *slowConn) Write(b []byte) (int, error) {
	<-time.After(c.delay)
	return c.timeoutConn.Write(b)
}
