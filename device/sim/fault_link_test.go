package sim

import (
	"errors"
	"strings"
	"testing"
	"time"

	"stipple/protocol"
)

func linkExpectations() []expectation {
	descriptor := func(fault, why string) expectation {
		return expectation{fault, "the console refuses the descriptor and says why; off gives the true one at the next hello", R1, func(t *testing.T, b *bench) {
			c := b.console()
			b.do(b.hand.Fault(fault, true))
			if _, err := c.descriptor(1); !errors.Is(err, protocol.ErrDescriptor) || !strings.Contains(err.Error(), why) {
				t.Errorf("refused with %v, want %q", err, why)
			}
			b.do(b.hand.Fault(fault, false))
			if d, err := c.descriptor(2); err != nil || d.Kind != protocol.KindRF {
				t.Errorf("afterwards %v", err)
			}
		}}
	}
	return []expectation{
		{SwitchWrongEcho, "replies carry another depth, and the pen drives the true one", R1, func(t *testing.T, b *bench) {
			c := b.ready(rfEnvelope(), rfSettings(100))
			b.do(b.hand.Fault(SwitchWrongEcho, true))
			if s := c.ask(&protocol.GetSettings{}).(*protocol.SettingsReply); s.Values[iDepth] != 1600 {
				t.Errorf("SETTINGS %+v", s)
			}
			b.do(b.hand.Contact(true))
			b.do(b.hand.Trigger(true))
			b.sleep(300 * time.Millisecond)
			if p := c.endedAs(protocol.PulseComplete); p.SetDepth != 1500 || p.Depth > 1510 {
				t.Errorf("%+v", p)
			}
			c.stopLeasing()
			b.sleep(500 * time.Millisecond)
			e := rfEnvelope()
			e.Ranges[iDepth].Max = 2000
			if m := c.ask(&protocol.PutEnvelope{Envelope: e, Role: protocol.RoleClinician}).(*protocol.EnvelopeReply); m.Envelope.Ranges[iDepth].Max != 2100 {
				t.Errorf("ENVELOPE %+v", m)
			}
			b.do(b.hand.Fault(SwitchWrongEcho, false))
			if s := c.ask(&protocol.GetSettings{}).(*protocol.SettingsReply); s.Values[iDepth] != 1500 {
				t.Errorf("afterwards %+v", s)
			}
		}},
		{SwitchWrongHash, "SETTINGS and STATUS carry another hash than what an ARM must name", R1, func(t *testing.T, b *bench) {
			c := b.console()
			b.sleep(150 * time.Millisecond)
			c.hello(1)
			hash := c.set(rfEnvelope(), 1, rfSettings(100))
			b.do(b.hand.Fault(SwitchWrongHash, true))
			b.sleep(60 * time.Millisecond)
			s := c.ask(&protocol.GetSettings{}).(*protocol.SettingsReply)
			if s.Hash == hash || c.status().SettingsHash != s.Hash {
				t.Errorf("SETTINGS %x, STATUS %x, true %x", s.Hash, c.status().SettingsHash, hash)
			}
			if r := c.result(c.command(1, s.Hash)); r.Code != protocol.CodeHash {
				t.Errorf("ARM for the wrong hash: %+v", r)
			}
			c.arm(2, hash)
		}},
		{SwitchLostAck, "one reply for each on is lost, its effect is done, and a retry gets it", R1, func(t *testing.T, b *bench) {
			c := b.console()
			b.sleep(150 * time.Millisecond)
			c.hello(1)
			hash := c.set(rfEnvelope(), 1, rfSettings(100))
			b.do(b.hand.Fault(SwitchLostAck, true))
			b.do(b.hand.Fault(SwitchLostAck, true))
			arm := c.command(7, hash)
			h := c.put(arm)
			if m := c.replyTo(h); m != nil {
				t.Errorf("a reply that should be lost: %#v", m)
			}
			c.wants(protocol.StateReady, protocol.FaultNone)
			c.raw(h, arm)
			if m := c.replyTo(h); m != nil {
				t.Errorf("a second reply that should be lost: %#v", m)
			}
			c.raw(h, arm)
			if r, ok := c.replyTo(h).(*protocol.Result); !ok || r.Outcome != protocol.OutcomeDone {
				t.Errorf("the retry got %+v", r)
			}
		}},
		descriptor(SwitchDescriptorMinMax, "min 3600, max 3500"),
		descriptor(SwitchDescriptorStep, "step 0"),
		descriptor(SwitchDescriptorLong, "1 to 16384 allowed"),
		descriptor(SwitchDescriptorControl, "byte"),
		descriptor(SwitchDescriptorTwice, "depth"),
	}
}

// descriptor says hello and reads the descriptor, as far as HELLO_ACK says.
func (c *console) descriptor(nonce uint64) (*protocol.Descriptor, error) {
	c.t.Helper()
	ack := c.hello(nonce)
	var raw []byte
	for len(raw) < int(ack.DescriptorLength) {
		m, ok := c.ask(&protocol.DescriptorRead{Offset: uint16(len(raw)), Max: protocol.MaxChunk}).(*protocol.DescriptorChunk)
		if !ok || len(m.Data) == 0 {
			c.t.Fatalf("chunk at %d: %#v", len(raw), m)
		}
		raw = append(raw, m.Data...)
	}
	return protocol.ParseDescriptor(raw, ack.DescriptorSHA256)
}
