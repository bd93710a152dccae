package sim

import (
	"testing"
	"testing/synctest"
	"time"

	"stipple/protocol"
)

func TestHelloStatusSettingsArm(t *testing.T) {
	for _, tc := range []struct {
		model    Model
		envelope protocol.Envelope
		fields   []protocol.Field
		name     string
		serial   string
	}{
		{R1, rfEnvelope(), rfSettings(100), "R1", "0042"},
		{N1, needlingEnvelope(), needlingSettings(), "N1", "0107"},
	} {
		t.Run(string(tc.model), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, Config{Model: tc.model, Seed: 1})
				c := b.ready(tc.envelope, tc.fields)
				b.sleep(200 * time.Millisecond)
				if s := c.status(); s.State != protocol.StateReady || s.ArmID != armID {
					t.Fatalf("after ARM: %+v", s)
				}
				ack := all[protocol.HelloAck](c)[0]
				if ack.Model != tc.name || ack.Serial != tc.serial || !ack.Simulated || ack.Boot != 1 {
					t.Errorf("HELLO_ACK %+v", ack)
				}
				mark := b.mark()
				b.do(b.hand.Contact(true))
				b.do(b.hand.Trigger(true))
				b.sleep(700 * time.Millisecond)
				if s := c.status(); s.State != protocol.StateTreating {
					t.Errorf("with the trigger held: %v, %v", s.State, s.ArmBlocks.Names())
				}
				b.do(b.hand.Trigger(false))
				b.sleep(400 * time.Millisecond)
				pulses := all[protocol.Pulse](c)
				if len(pulses) != 1 {
					t.Fatalf("%d pulses", len(pulses))
				}
				t.Logf("%+v", pulses[0])
				for _, ch := range b.since(mark) {
					t.Logf("%+v", ch)
				}
				if s := c.status(); s.State != protocol.StateReady {
					t.Errorf("after release: %v", s.State)
				}
			})
		})
	}
}
