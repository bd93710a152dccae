package sim

import (
	"testing"
	"testing/synctest"
	"time"

	"stipple/protocol"
)

// test is a SELF_TEST of everything, which takes its time.
func test(id uint64) *protocol.SelfTest {
	return &protocol.SelfTest{CommandID: id, Role: protocol.RoleTechnician}
}

// wantOutcome asks for a RESULT and holds it against what it must be.
func (c *console) wantOutcome(m protocol.Message, outcome protocol.Outcome, code protocol.Code) {
	c.t.Helper()
	r, ok := c.ask(m).(*protocol.Result)
	if !ok || r.Outcome != outcome || r.Code != code {
		c.t.Errorf("%v got %+v, want %v %v", m.Type(), r, outcome, code)
	}
}

// testTime is more than a SELF_TEST of everything takes.
const testTime = (protocol.TestCount + 1) * eachTestTime

// A command that takes its time is answered RUNNING at once, and so is each
// retry and each question; its end brings the kept reply up to date.
func TestRunning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 63})
		c := b.idle()
		m := test(7)
		c.wantOutcome(m, protocol.OutcomeRunning, 0)
		h := protocol.Header{Session: c.id, Seq: c.seq[protocol.LaneCommand] - 1}
		retry := func() (*protocol.Result, uint16) {
			c.forget()
			c.raw(h, m)
			r := c.replyTo(h).(*protocol.Result)
			return r, c.got[len(c.got)-1].hdr.Seq
		}
		if r, _ := retry(); r.Outcome != protocol.OutcomeRunning {
			t.Errorf("the same seq got %+v", r)
		}
		c.wantOutcome(&protocol.ResultOf{CommandID: 7}, protocol.OutcomeRunning, 0)
		c.wantOutcome(m, protocol.OutcomeRunning, 0) // another seq, the same command
		h.Seq = c.seq[protocol.LaneCommand] - 1
		b.sleep(testTime)
		c.forget()
		events := all[protocol.Event](c)
		r, seq := retry()
		if r.Outcome != protocol.OutcomeDone || len(all[protocol.Event](c)) != len(events) {
			t.Errorf("the same seq after the end got %+v", r)
		}
		if again, s := retry(); *again != *r || s != seq {
			t.Errorf("and again %+v, seq %d after %d", again, s, seq)
		}
		c.wantOutcome(m, protocol.OutcomeDone, 0)
		c.wantOutcome(&protocol.ResultOf{CommandID: 7}, protocol.OutcomeDone, 0)
		m.Tests = protocol.TestBattery
		c.wantOutcome(m, protocol.OutcomeRejected, protocol.CodeBurnt)
	})
}

// While a command runs, another with an id is BUSY: not looked at, so that
// neither its seq nor its id is used up. Everything else goes on.
func TestBusyWhileRunning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 64})
		c := b.idle()
		c.wantOutcome(test(7), protocol.OutcomeRunning, 0)
		clear := &protocol.Clear{CommandID: 8, Role: protocol.RoleClinician}
		h := c.put(clear)
		if r, ok := c.replyTo(h).(*protocol.Rejected); !ok || r.Code != protocol.CodeBusy || r.Request != protocol.TypeClear {
			t.Errorf("got %+v", r)
		}
		if _, ok := c.ask(&protocol.CountersRead{}).(*protocol.Counters); !ok {
			t.Error("no COUNTERS")
		}
		c.put(&protocol.Stop{Nonce: 5})
		b.sleep(5 * time.Millisecond)
		if s := all[protocol.Stopped](c); len(s) == 0 || c.status().State != protocol.StateStopped {
			t.Errorf("ESTOP while a command runs: %v", c.status().State)
		}
		h = c.put(clear)
		if r, ok := c.replyTo(h).(*protocol.Rejected); !ok || r.Code != protocol.CodeBusy {
			t.Errorf("CLEAR while a command runs got %+v", r)
		}
		b.sleep(testTime)
		c.raw(h, clear) // the retry of what was BUSY
		if r, ok := c.replyTo(h).(*protocol.Result); !ok || r.Outcome != protocol.OutcomeDone {
			t.Errorf("the retry got %+v", r)
		}
		if s := c.status(); s.State != protocol.StateStandby || s.ArmBlocks&protocol.BlockSelfTest != 0 {
			t.Errorf("%v %v", s.State, s.ArmBlocks.Names())
		}
	})
}

// A reset cuts what was running: FORGOTTEN, in the same process and the next.
func TestRunningThroughReset(t *testing.T) {
	for _, restart := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			mem := NewRAM()
			b := newBench(t, Config{Model: R1, Seed: 65, Memory: mem})
			c := b.idle()
			c.wantOutcome(test(7), protocol.OutcomeRunning, 0)
			if restart {
				b.stop()
				b = newBench(t, Config{Model: R1, Seed: 66, Memory: mem})
				c = b.console()
			} else {
				b.do(b.hand.Fault(SwitchReboot, true))
				b.sleep(darkTime + 10*time.Millisecond)
			}
			c.hello(2)
			c.wantOutcome(&protocol.ResultOf{CommandID: 7}, protocol.OutcomeForgotten, 0)
			c.wantOutcome(test(7), protocol.OutcomeRejected, protocol.CodeBurnt)
			b.sleep(testTime)
			if r := c.ask(&protocol.SelfTestRead{}).(*protocol.SelfTestReport); r.Done != b.pen.fw.bootTests() {
				t.Errorf("restart %v: tests done %v", restart, r.Done.Names())
			}
			c.wantOutcome(test(9), protocol.OutcomeRunning, 0)
		})
	}
}

// A command goes on when its session ends; the next one asks for its end.
func TestRunningThroughHello(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 67})
		c := b.idle()
		c.wantOutcome(test(7), protocol.OutcomeRunning, 0)
		c.hello(2)
		c.wantOutcome(&protocol.ResultOf{CommandID: 7}, protocol.OutcomeRunning, 0)
		b.sleep(testTime)
		c.wantOutcome(&protocol.ResultOf{CommandID: 7}, protocol.OutcomeDone, 0)
	})
}
