package sim

import (
	"testing"
	"testing/synctest"
	"time"

	"stipple/protocol"
)

// ESTOP in a pulse: RF off within 10 ms, the first STOPPED then, the second
// with the needle back, latched until CLEAR with the trigger released.
func TestStopInAPulse(t *testing.T) {
	for _, model := range []Model{R1, N1} {
		t.Run(string(model), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, Config{Model: model, Seed: 9})
				c := b.treating(model)
				mark, sent := b.mark(), time.Since(b.start)
				c.put(&protocol.Stop{Nonce: 77})
				b.sleep(10 * time.Millisecond)
				first := all[protocol.Stopped](c)
				if len(first) != 1 || first[0].Nonce != 77 || first[0].NeedleBack {
					t.Fatalf("STOPPED after 10 ms: %+v", first)
				}
				if model == R1 {
					off := b.find(mark, "RF off", func(c Change) bool { return !c.RF })
					if off.Cause != "estop" {
						t.Errorf("cause %q", off.Cause)
					}
					// Measured off means below 300 mW, two or three decays before the
					// last µW; commanded off would be five.
					if early := off.Clock.Sub(first[0].Clock); early > time.Millisecond {
						t.Errorf("STOPPED %v before RF was off", early)
					}
				}
				b.sleep(200 * time.Millisecond)
				both := all[protocol.Stopped](c)
				if len(both) != 2 || both[1].Nonce != 77 || !both[1].NeedleBack {
					t.Fatalf("STOPPED after 210 ms: %+v", both)
				}
				back := b.find(mark, "the needle back", func(c Change) bool { return !c.Motion })
				if limit := time.Duration(b.pen.fw.model.desc.StopToRetracted) * time.Millisecond; back.At-sent > limit {
					t.Errorf("needle back after %v, the descriptor says %v", back.At-sent, limit)
				}
				if s := c.status(); s.State != protocol.StateStopped || s.ArmBlocks&protocol.BlockStop == 0 {
					t.Errorf("%v %v", s.State, s.ArmBlocks.Names())
				}
				if p := all[protocol.Pulse](c); len(p) != 1 || p[0].Result != protocol.PulseStopped {
					t.Errorf("pulses %+v", p)
				}
				clearing(t, b, c)
			})
		})
	}
}

// clearing leaves an ESTOP, with everything that must not work before.
func clearing(t *testing.T, b *bench, c *console) {
	t.Helper()
	check := func(m *protocol.Clear, want protocol.Code) {
		t.Helper()
		r, ok := c.ask(m).(*protocol.Result)
		if !ok || r.Code != want {
			t.Errorf("CLEAR %+v got %+v, want %v", m, r, want)
		}
	}
	check(&protocol.Clear{CommandID: 1000, Role: protocol.RoleClinician}, protocol.CodeTrigger)
	b.do(b.hand.Trigger(false))
	check(&protocol.Clear{CommandID: 1000, Role: protocol.RoleClinician}, protocol.CodeTrigger) // the ledger's answer: nothing is done twice
	check(&protocol.Clear{CommandID: 1001, Fault: protocol.FaultDepth, Role: protocol.RoleClinician}, protocol.CodeWrongFault)
	check(&protocol.Clear{CommandID: 1002, Role: protocol.RoleClinician}, protocol.CodeOK)
	if s := c.status(); s.State != protocol.StateStandby {
		t.Errorf("after CLEAR: %v", s.State)
	}
	check(&protocol.Clear{CommandID: 1003, Role: protocol.RoleClinician}, protocol.CodeState)
}

// ESTOP is obeyed before a hello, under any session number, and survives a
// reconnect; a pen at rest confirms with one STOPPED that says both.
func TestStopAnywhere(t *testing.T) {
	for name, session := range map[string]uint32{"no session": 0, "another session": 0xDEAD} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, Config{Model: R1, Seed: 10})
				c := b.console()
				c.raw(protocol.Header{Session: session}, &protocol.Stop{Nonce: 5})
				b.sleep(5 * time.Millisecond)
				if m := all[protocol.Stopped](c); len(m) != 1 || m[0].Nonce != 5 || !m[0].NeedleBack {
					t.Fatalf("STOPPED %+v", m)
				}
				b.sleep(150 * time.Millisecond)
				c.hello(1)
				c.hello(2)
				if s := c.status(); s.State != protocol.StateStopped {
					t.Errorf("after a reconnect: %v", s.State)
				}
				hash := c.set(rfEnvelope(), 1, rfSettings(100))
				r, ok := c.ask(c.command(armID, hash)).(*protocol.Result)
				if !ok || r.Code != protocol.CodeBlocked || r.ArmBlocks != protocol.BlockStop {
					t.Errorf("ARM got %+v", r)
				}
				for range 3 { // a repeated ESTOP is confirmed each time
					c.put(&protocol.Stop{Nonce: 6})
				}
				b.sleep(5 * time.Millisecond)
				if m := all[protocol.Stopped](c); len(m) != 4 || m[3].Nonce != 6 {
					t.Errorf("STOPPED %+v", m)
				}
			})
		})
	}
}

// A checksum that is right is enough: ESTOP is obeyed on any lane and with
// half a payload; what can't be read of its nonce is 0.
func TestStopThatIsBroken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 10})
		c := b.treating(R1)
		for lane := range protocol.Lane(protocol.LaneCount + 1) {
			mark := b.mark()
			c.forget()
			h := protocol.Header{Type: protocol.TypeStop, Lane: lane, Session: c.id}
			if _, err := c.conn.Write(protocol.AppendFrame(nil, h, []byte{7, 7, 7})); err != nil {
				t.Fatal(err)
			}
			b.sleep(300 * time.Millisecond)
			if m := all[protocol.Stopped](c); len(m) == 0 || m[0].Nonce != 0 || !m[len(m)-1].NeedleBack {
				t.Errorf("lane %v: STOPPED %+v", lane, m)
			}
			if lane == 0 {
				b.find(mark, "RF off", func(c Change) bool { return !c.RF && c.Cause == "estop" })
				c.stopLeasing()
				b.do(b.hand.Trigger(false))
			}
			if r := c.result(&protocol.Clear{CommandID: 1000 + uint64(lane), Role: protocol.RoleClinician}); r.Code != protocol.CodeOK {
				t.Errorf("lane %v: CLEAR got %v", lane, r.Code)
			}
		}
		// A delayed copy after CLEAR is a stop like any other.
		c.put(&protocol.Stop{Nonce: 0})
		b.sleep(5 * time.Millisecond)
		if s := c.status(); s.State != protocol.StateStopped {
			t.Errorf("a delayed copy: %v", s.State)
		}
	})
}

// A flood of commands and live frames: BUSY, and the stop passes at once.
func TestStopUnderFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 11})
		c := b.treating(R1)
		c.stopLeasing()
		var flood []byte
		h := protocol.Header{Session: c.id}
		for range 40 {
			h.Seq = c.seq[protocol.LaneCommand]
			c.seq[protocol.LaneCommand]++
			flood = protocol.Append(flood, h, &protocol.GetSettings{})
			h.Seq = c.seq[protocol.LaneLive]
			c.seq[protocol.LaneLive]++
			flood = protocol.Append(flood, h, &protocol.TimeAsk{})
		}
		flood = protocol.Append(flood, protocol.Header{Session: c.id}, &protocol.Stop{Nonce: 8})
		mark := b.mark()
		if _, err := c.conn.Write(flood); err != nil {
			t.Fatal(err)
		}
		b.sleep(3 * time.Millisecond)
		if off := b.find(mark, "RF off", func(c Change) bool { return !c.RF }); off.Cause != "estop" {
			t.Errorf("cause %q", off.Cause)
		}
		b.sleep(100 * time.Millisecond)
		busy := 0
		for _, r := range all[protocol.Rejected](c) {
			if r.Code == protocol.CodeBusy && r.Request == protocol.TypeGetSettings {
				busy++
			}
		}
		n, err := b.pen.Counts()
		if err != nil || busy == 0 || n.Busy != uint64(busy) || n.Flooded == 0 {
			t.Errorf("%d BUSY, counts %+v, %v", busy, n, err)
		}
		if m := c.ask(&protocol.GetSettings{}); m == nil {
			t.Error("no answer after the flood")
		}
	})
}

// What a pen drops without a word gets no BUSY either, however full its queues
// are: what only a pen sends, and a request on the other queue's lane.
func TestFloodOfDroppedFramesIsSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 13})
		c := b.console()
		c.hello(1)
		c.forget()
		var flood []byte
		for i := range uint16(4 * bulkQueue) {
			h := protocol.Header{Session: c.id, Seq: i}
			flood = protocol.Append(flood, h, &protocol.TipInfo{ID: 1})
			flood = protocol.Append(flood, h, &protocol.PulsePage{})
			h.Type, h.Lane = protocol.TypeTipRead, protocol.LaneBulk
			flood = protocol.AppendFrame(flood, h, nil)
		}
		if _, err := c.conn.Write(flood); err != nil {
			t.Fatal(err)
		}
		b.sleep(50 * time.Millisecond)
		if r := all[protocol.Rejected](c); len(r) > 0 {
			t.Errorf("%d answers, the first %+v", len(r), r[0])
		}
	})
}

// However many stops come within one millisecond, each is confirmed at once.
func TestStopsHaveNoBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 12})
		c := b.console()
		c.hello(1)
		for i := range uint32(3 * stopQueue) {
			c.put(&protocol.Stop{Nonce: 1 + i})
			synctest.Wait()
		}
		if n := len(all[protocol.Stopped](c)); n != 3*stopQueue {
			t.Errorf("%d of %d stops confirmed in no time", n, 3*stopQueue)
		}
	})
}

// An ESTOP on the wrong lane does not wait behind what is there.
func TestStopPassesAFullLane(t *testing.T) {
	c := &conn{wake: func() {}}
	for range commandQueue + 1 {
		c.queue(protocol.Frame{Header: protocol.Header{Type: protocol.TypeGetSettings, Lane: protocol.LaneCommand}})
	}
	c.queue(protocol.Frame{Header: protocol.Header{Type: protocol.TypeStop, Lane: protocol.LaneCommand}})
	f, ok := c.take(&[protocol.LaneCount]int{1, 1, 1, 1})
	if !ok || f.Type != protocol.TypeStop {
		t.Errorf("first is %v", f.Type)
	}
}

// A CLEAR that waits when ESTOP comes was sent before it: the stop that overtakes
// it stays latched, and what was sent behind the stop is done.
func TestStopOvertakesClear(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 11})
		c := b.ready(rfEnvelope(), quick())
		c.put(&protocol.Stop{Nonce: 1})
		b.sleep(50 * time.Millisecond)
		if s := c.status(); s.State != protocol.StateStopped {
			t.Fatalf("%v", s.State)
		}
		old := &protocol.Clear{CommandID: 2000, Role: protocol.RoleClinician}
		b.do(b.pen.call(func() { // the pen is busy with something else until both are there
			c.put(old)
			c.put(&protocol.Stop{Nonce: 2})
			time.Sleep(10 * time.Millisecond)
		}))
		b.sleep(100 * time.Millisecond)
		if s := c.status(); s.State != protocol.StateStopped {
			t.Errorf("%v behind a stop that a CLEAR from before it has followed", s.State)
		}
		if counts, err := b.pen.Counts(); err != nil || counts.Overtaken != 1 {
			t.Errorf("%d CLEAR overtaken, %v", counts.Overtaken, err)
		}
		if r, ok := c.ask(&protocol.ResultOf{CommandID: old.CommandID}).(*protocol.Result); !ok || r.Outcome != protocol.OutcomeNeverSeen {
			t.Errorf("RESULT_OF: %+v", r)
		}
		if r, ok := c.ask(&protocol.Clear{CommandID: 2001, Role: protocol.RoleClinician}).(*protocol.Result); !ok || r.Code != protocol.CodeOK {
			t.Errorf("the CLEAR behind it: %+v", r)
		}
	})
}

// A flood on the stop lane itself carries no ESTOP away, and of ESTOPs the
// newest stays.
func TestStopPassesAFloodOfItsOwnLane(t *testing.T) {
	c := &conn{wake: func() {}}
	for i := range uint16(stopQueue + 2) {
		c.queue(protocol.Frame{Header: protocol.Header{Type: protocol.TypeStop, Seq: i}})
	}
	for range 3 * stopQueue {
		c.queue(protocol.Frame{Header: protocol.Header{Type: protocol.TypeDisarm}})
	}
	newest := uint16(0)
	budget := [protocol.LaneCount]int{100, 0, 0, 0}
	for f, ok := c.take(&budget); ok; f, ok = c.take(&budget) {
		if f.Type == protocol.TypeStop {
			newest = f.Seq
		}
	}
	if newest != stopQueue+1 {
		t.Errorf("the newest ESTOP that is left is %d", newest)
	}
}

// What waits for the line goes out in the order of the lanes' urgency, oldest
// first within a lane.
func TestOutgoingOrder(t *testing.T) {
	c := &conn{outReady: make(chan struct{}, 1)}
	for _, lane := range []protocol.Lane{protocol.LaneBulk, protocol.LaneLive, protocol.LaneCommand, protocol.LaneStop} {
		c.send(lane, []byte{byte(lane), 1})
		c.send(lane, []byte{byte(lane), 2})
	}
	var got []byte
	for f := c.nextOut(); f != nil; f = c.nextOut() {
		got = append(got, f...)
	}
	const s, m, b, l = byte(protocol.LaneStop), byte(protocol.LaneCommand), byte(protocol.LaneBulk), byte(protocol.LaneLive)
	if want := []byte{s, 1, s, 2, m, 1, m, 2, l, 1, l, 2, b, 1, b, 2}; string(got) != string(want) {
		t.Errorf("sent % d, want % d", got, want)
	}
	for i := range outQueue + 5 {
		c.send(protocol.LaneLive, []byte{byte(i)})
	}
	if f := c.nextOut(); f[0] != 5 {
		t.Errorf("a full queue starts with %d: it should have lost its oldest", f[0])
	}
}
