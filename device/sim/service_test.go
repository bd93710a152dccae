package sim

import (
	"testing"
	"testing/synctest"
	"time"

	"stipple/protocol"
)

// SERVICE goes in and out, says where the pen is, and leaves nothing confirmed.
func TestService(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 68})
		c := b.idle()
		hash := c.set(rfEnvelope(), 1, rfSettings(100))
		if s := c.service(false); s != protocol.StateStandby {
			t.Errorf("leaving STANDBY leads to %v", s)
		}
		for range 2 {
			if s := c.service(true); s != protocol.StateService {
				t.Errorf("%v", s)
			}
		}
		b.sleep(5 * time.Millisecond)
		s := c.status()
		if s.State != protocol.StateService || s.ArmBlocks != protocol.BlockServiceMode|protocol.BlockSettingsUnconfirmed || s.Flags&protocol.FlagSettings != 0 || s.SettingsHash != [8]byte{} {
			t.Errorf("%v %v %+v", s.State, s.ArmBlocks.Names(), s)
		}
		r := c.result(c.command(armID, hash))
		if r.Code != protocol.CodeState || r.ArmBlocks&protocol.BlockServiceMode == 0 {
			t.Errorf("ARM got %+v", r)
		}
		for _, m := range []protocol.Message{
			&protocol.PutEnvelope{Envelope: rfEnvelope(), Role: protocol.RoleClinician},
			&protocol.PutSettings{Generation: 2, Fields: rfSettings(100), Role: protocol.RoleClinician},
		} {
			if code := codeOf(t, c.ask(m)); code != protocol.CodeState {
				t.Errorf("%v got %v", m.Type(), code)
			}
		}
		if s := c.service(false); s != protocol.StateStandby {
			t.Errorf("leaving leads to %v", s)
		}
		if s := c.service(false); s != protocol.StateStandby {
			t.Errorf("leaving again leads to %v", s)
		}
		var told []int32
		for _, e := range all[protocol.Event](c) {
			if e.Code == protocol.EventService {
				told = append(told, e.Args[0])
			}
		}
		if len(told) != 2 || told[0] != 1 || told[1] != 0 {
			t.Errorf("SERVICE events %v", told)
		}
		if r := c.result(c.command(armID+1, hash)); r.Code != protocol.CodeBlocked || r.ArmBlocks != protocol.BlockSettingsUnconfirmed {
			t.Errorf("ARM after SERVICE got %v %v", r.Code, r.ArmBlocks.Names())
		}
		c.arm(armID+2, c.set(rfEnvelope(), 2, rfSettings(100)))
		if codeOf(t, c.ask(&protocol.Service{Role: protocol.RoleTechnician, Enter: true})) != protocol.CodeState {
			t.Error("SERVICE while armed")
		}
	})
}

// A hello, ESTOP and a fault leave SERVICE and UPDATE, and CLEAR leads to
// STANDBY.
func TestModesEnd(t *testing.T) {
	for _, mode := range []protocol.State{protocol.StateService, protocol.StateUpdate} {
		for _, tc := range []struct {
			name  string
			end   func(b *bench, c *console)
			fault protocol.Fault
			state protocol.State
		}{
			{"hello", func(b *bench, c *console) { c.hello(2) }, 0, protocol.StateStandby},
			{"ESTOP", func(b *bench, c *console) { c.put(&protocol.Stop{Nonce: 1}) }, 0, protocol.StateStopped},
			{"fault", func(b *bench, c *console) {
				b.do(b.hand.Fault(SwitchOverTemperature, true))
				b.sleep(5 * time.Millisecond)
				b.do(b.hand.Fault(SwitchOverTemperature, false))
			}, protocol.FaultOverTemperature, protocol.StateFault},
			{"reset", func(b *bench, c *console) {
				b.do(b.hand.Fault(SwitchReboot, true))
				b.sleep(darkTime + selfTestTime + 50*time.Millisecond)
				c.hello(2)
			}, 0, protocol.StateStandby},
		} {
			t.Run(mode.String()+" "+tc.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					b := newBench(t, Config{Model: R1, Seed: 69})
					c := b.idle()
					b.put(mode)
					c.armless(mode)
					tc.end(b, c)
					b.sleep(60 * time.Millisecond)
					if s := c.status(); s.State != tc.state {
						t.Fatalf("%v", s.State)
					}
					if tc.state != protocol.StateStandby {
						if r := c.result(&protocol.Clear{CommandID: 3, Fault: tc.fault, Role: protocol.RoleTechnician}); r.Outcome != protocol.OutcomeDone {
							t.Errorf("CLEAR got %+v", r)
						}
					}
					b.sleep(60 * time.Millisecond)
					if s := c.status(); s.State != protocol.StateStandby || s.ArmBlocks&protocol.BlockServiceMode != 0 {
						t.Errorf("%v %v", s.State, s.ArmBlocks.Names())
					}
				})
			})
		}
	}
}

// armless checks that the pen is in mode and can't be armed there.
func (c *console) armless(mode protocol.State) {
	c.t.Helper()
	time.Sleep(60 * time.Millisecond) // of virtual time: a STATUS
	if s := c.status(); s.State != mode || s.ArmBlocks&protocol.BlockServiceMode == 0 {
		c.t.Errorf("%v %v", s.State, s.ArmBlocks.Names())
	}
	if r := c.result(c.command(armID, [8]byte{})); r.Code != protocol.CodeState {
		c.t.Errorf("ARM in %v got %v", mode, r.Code)
	}
}

// A session that may only monitor is refused the new commands, reads the log and
// the tables, and writes nothing.
func TestMonitorReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 70})
		c := b.console()
		b.sleep(selfTestTime + 50*time.Millisecond)
		ack := c.ask(&protocol.Hello{MajorMin: 7, MajorMax: 9, Nonce: 1}).(*protocol.HelloAck)
		c.open(ack.Session)
		for typ, request := range changing() {
			if !b.pen.fw.offers(typ) {
				continue
			}
			if code := codeOf(t, c.ask(request.make(uint64(typ), protocol.RoleServiceEngineer, 0))); code != protocol.CodeState {
				t.Errorf("%v got %v", typ, code)
			}
		}
		for _, m := range []protocol.Message{&protocol.CountersRead{}, &protocol.SelfTestRead{}} {
			if code := codeOf(t, c.ask(m)); code != protocol.CodeState {
				t.Errorf("%v got %v", m.Type(), code)
			}
		}
		if page, ok := c.ask(&protocol.LogRead{From: 1, Max: 6}).(*protocol.LogPage); !ok || len(page.Records) == 0 {
			t.Errorf("LOG_READ got %#v", page)
		}
		if m, ok := c.ask(&protocol.CalRead{}).(*protocol.CalTableReply); !ok {
			t.Errorf("CAL_READ got %#v", m)
		}
	})
}
