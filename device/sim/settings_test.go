package sim

import (
	"testing"
	"testing/synctest"
	"time"

	"stipple/protocol"
)

func TestSettingsRefused(t *testing.T) {
	const p, d = iPower, iDuration
	field := func(i int, v int32) func([]protocol.Field) []protocol.Field {
		return func(f []protocol.Field) []protocol.Field {
			f[i].Value = v
			return f
		}
	}
	for _, tc := range []struct {
		name   string
		change func([]protocol.Field) []protocol.Field
		field  int
		code   protocol.Code
		bound  int32
	}{
		{"below the pen", field(iDepth, 400), iDepth, protocol.CodeBelowPen, 500},
		{"above the pen", field(iDepth, 3600), iDepth, protocol.CodeAbovePen, 3500},
		{"far above the pen", field(iPower, 1<<31-1), iPower, protocol.CodeAbovePen, 50_000},
		{"negative", field(iSpeed, -1), iSpeed, protocol.CodeBelowPen, 30},
		{"off the step", field(iDepth, 1550), iDepth, protocol.CodeStep, 100},
		{"off the step of the duration", field(iDuration, 105), iDuration, protocol.CodeStep, 10},
		{"below the envelope", field(iDepth, 900), iDepth, protocol.CodeBelowLimit, 1000},
		{"above the envelope", field(iDepth, 2100), iDepth, protocol.CodeAboveLimit, 2000},
		{"power above the envelope", field(iPower, 31_000), iPower, protocol.CodeAboveLimit, 30_000},
		{"dose", func(f []protocol.Field) []protocol.Field {
			f[p].Value, f[d].Value = 16_000, 80 // 1.28 J a pulse, 2 pulses, 2.5 J allowed
			return f
		}, iPower, protocol.CodeDose, 100_000},
		{"timing", func(f []protocol.Field) []protocol.Field {
			f[p].Value, f[d].Value, f[iSpeed].Value = 1000, 390, 120 // 390 + 120 ms travel in 500 ms
			return f
		}, iDuration, protocol.CodeTiming, 380},
		{"unknown parameter", func(f []protocol.Field) []protocol.Field { return append(f, protocol.Field{Index: 4}) }, 4, protocol.CodeUnknownField, 0},
		{"parameter twice", func(f []protocol.Field) []protocol.Field { return append(f, f[0]) }, 4, protocol.CodeUnknownField, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, Config{Model: R1, Seed: 17})
				c := b.console()
				c.hello(1)
				e := rfEnvelope()
				e.DosePerPin, e.PulsesPerSpot = 100_000, 2
				e.Ranges[iDepth] = protocol.Range{Index: iDepth, Min: 1000, Max: 2000}
				e.Ranges[iPower].Max = 30_000
				hash := c.set(e, 5, rfSettings(100))
				m := c.ask(&protocol.PutSettings{Generation: 6, Fields: tc.change(rfSettings(100)), Role: protocol.RoleClinician})
				s, ok := m.(*protocol.SettingsReply)
				if !ok || s.Applied {
					t.Fatalf("got %#v", m)
				}
				v := s.Verdicts[tc.field]
				if v.Code != tc.code || v.Bound != tc.bound {
					t.Errorf("verdict %v %d, want %v %d", v.Code, v.Bound, tc.code, tc.bound)
				}
				if s.Generation != 5 || s.Hash != hash || !equal(s.Values, []int32{1500, 30, 3000, 100}) {
					t.Errorf("something has changed: %+v", s)
				}
				if g := c.ask(&protocol.GetSettings{}).(*protocol.SettingsReply); !g.Applied || g.Hash != hash || g.Generation != 5 {
					t.Errorf("read back: %+v", g)
				}
			})
		})
	}
}

// With another tip the smaller number of pins bounds the dose, and the smaller
// of envelope and tip every value; settings that fit stay, blocked.
func TestOtherTipThanTheEnvelopes(t *testing.T) {
	for _, tc := range []struct {
		pins    uint16
		applied bool
	}{{40, true}, {21, true}, {20, false}, {0, false}} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, Config{Model: R1, Seed: 18})
			c := b.console()
			c.hello(1)
			e := rfEnvelope()
			e.DosePerPin = 40_000 // 840 mJ are 21 pins' dose
			fields := []protocol.Field{{Index: 0, Value: 1500}, {Index: 1, Value: 60}, {Index: 2, Value: 3000}, {Index: 3, Value: 280}}
			c.set(e, 1, fields)
			tip := TipFor(R1)
			tip.Pins, tip.NeedleLengthUM = tc.pins, 1500
			b.do(b.hand.ChangeTip(tip))
			b.sleep(60 * time.Millisecond)
			s, ok := c.ask(&protocol.GetSettings{}).(*protocol.SettingsReply)
			if !ok || s.Applied != tc.applied {
				t.Errorf("%d pins: %+v", tc.pins, s)
			}
			if c.status().ArmBlocks&protocol.BlockLimitMismatch == 0 {
				t.Errorf("%d pins: blocks %v", tc.pins, c.status().ArmBlocks.Names())
			}
			fields[0].Value = 3500 // beyond the tip, inside the envelope
			r, ok := c.ask(&protocol.PutSettings{Generation: 2, Fields: fields, Role: protocol.RoleClinician}).(*protocol.SettingsReply)
			if !ok || r.Applied || r.Verdicts[iDepth].Code != protocol.CodeAboveLimit || r.Verdicts[iDepth].Bound != 1500 {
				t.Errorf("%d pins: too deep for the tip: %+v", tc.pins, r)
			}
		})
	}
}

// The longest duration that fits is never below nothing.
func TestNoTimeForAPulse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 18})
		c := b.console()
		c.hello(1)
		b.do(b.pen.call(func() { b.pen.fw.model.desc.NeedleTravelMS = protocol.MaxTravel }))
		c.ask(&protocol.PutEnvelope{Envelope: rfEnvelope(), Role: protocol.RoleClinician})
		s, ok := c.ask(&protocol.PutSettings{Generation: 1, Fields: rfSettings(10), Role: protocol.RoleClinician}).(*protocol.SettingsReply)
		if !ok || s.Applied || s.Verdicts[iDuration] != (protocol.Verdict{Index: iDuration, Code: protocol.CodeTiming}) {
			t.Errorf("got %+v", s)
		}
		fields := rfSettings(10)
		fields[iSpeed].Value = 120 // the travel alone takes four stamps
		s, ok = c.ask(&protocol.PutSettings{Generation: 1, Fields: fields, Role: protocol.RoleClinician}).(*protocol.SettingsReply)
		if !ok || s.Applied || s.Verdicts[iDuration] != (protocol.Verdict{Index: iDuration, Code: protocol.CodeTiming}) {
			t.Errorf("got %+v", s)
		}
	})
}

// A bound that its 32 bits do not hold is the highest that they do.
func TestWireBound(t *testing.T) {
	for v, want := range map[uint32]int32{0: 0, 1<<31 - 1: 1<<31 - 1, 1 << 31: 1<<31 - 1, 1<<32 - 1: 1<<31 - 1} {
		if wireBound(v) != want || wireBound(protocol.Microjoules(v)) != want {
			t.Errorf("%d is sent as %d and %d", v, wireBound(v), wireBound(protocol.Microjoules(v)))
		}
	}
}

// Exactly on a bound is inside it: products are compared, not quotients.
func TestSettingsOnTheBound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 18})
		c := b.console()
		c.hello(1)
		e := rfEnvelope()
		e.DosePerPin = 33_600 // 25 pins: 840 mJ
		c.set(e, 1, []protocol.Field{{Index: 0, Value: 3500}, {Index: 1, Value: 120}, {Index: 2, Value: 3000}, {Index: 3, Value: 280}})
		e.DosePerPin-- // one µJ a pin less
		c.ask(&protocol.PutEnvelope{Envelope: e, Role: protocol.RoleClinician})
		if s := c.ask(&protocol.GetSettings{}).(*protocol.SettingsReply); s.Applied || s.Hash != [8]byte{} {
			t.Errorf("settings outside the new envelope are still active: %+v", s)
		}
		e = rfEnvelope()
		c.set(e, 2, []protocol.Field{{Index: 0, Value: 3500}, {Index: 1, Value: 120}, {Index: 2, Value: 7000}, {Index: 3, Value: 380}})
	})
}

func TestSettingsRequestsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 19})
		c := b.console()
		b.sleep(150 * time.Millisecond)
		c.hello(1)
		want := func(m protocol.Message, code protocol.Code, field uint8, bound int32) {
			t.Helper()
			got := c.ask(m)
			r, ok := got.(*protocol.Rejected)
			if !ok || r.Request != m.Type() || r.Code != code || r.Field != field || r.Bound != bound {
				t.Errorf("%v got %#v", m.Type(), got)
			}
		}
		const none = protocol.NoField
		want(&protocol.PutSettings{Generation: 1, Fields: rfSettings(100), Role: protocol.RoleClinician}, protocol.CodeNoEnvelope, none, 0)
		c.ask(&protocol.PutEnvelope{Envelope: rfEnvelope(), Role: protocol.RoleClinician})
		want(&protocol.PutSettings{Fields: rfSettings(100), Role: protocol.RoleClinician}, protocol.CodeGeneration, none, 0)
		hash := c.set(rfEnvelope(), 7, rfSettings(100))
		want(&protocol.PutSettings{Generation: 8, Fields: rfSettings(100)[:3], Role: protocol.RoleClinician}, protocol.CodeMissingField, 3, 0)
		want(&protocol.PutSettings{Generation: 6, Fields: rfSettings(100), Role: protocol.RoleClinician}, protocol.CodeGeneration, none, 7)
		want(&protocol.PutSettings{Generation: 7, Fields: rfSettings(110), Role: protocol.RoleClinician}, protocol.CodeGeneration, none, 7)
		if got := c.set(rfEnvelope(), 7, rfSettings(100)); got != hash {
			t.Error("the same content in the same generation is another hash")
		}
		for _, tc := range []struct {
			change func(*protocol.Envelope)
			field  uint8
			bound  int32
		}{
			{func(e *protocol.Envelope) { e.Ranges[iDepth].Max = 3600 }, iDepth, 3500},
			{func(e *protocol.Envelope) { e.Ranges[iSpeed].Min = 29 }, iSpeed, 30},
			{func(e *protocol.Envelope) { e.Ranges[iPower].Min, e.Ranges[iPower].Max = 5, 4 }, iPower, 5},
			{func(e *protocol.Envelope) { e.Ranges[iDuration].Index = 0 }, iDuration, 3},
			{func(e *protocol.Envelope) { e.Ranges = e.Ranges[:3] }, none, 4},
			{func(e *protocol.Envelope) { e.PulsesPerSpot = 0 }, none, 1},
			{func(e *protocol.Envelope) { e.PulsesPerSpot = 4 }, none, 3},
			{func(e *protocol.Envelope) { e.DosePerPin = 120_001 }, none, 120_000},
			{func(e *protocol.Envelope) { e.Pins = 49 }, none, 25},
			// The first rule that is broken is the one that is named.
			{func(e *protocol.Envelope) { e.Ranges[iDepth].Max, e.PulsesPerSpot = 3600, 0 }, iDepth, 3500},
			{func(e *protocol.Envelope) { e.PulsesPerSpot, e.Pins = 4, 49 }, none, 3},
			{func(e *protocol.Envelope) { e.Pins, e.DosePerPin = 49, 120_001 }, none, 25},
		} {
			e := rfEnvelope()
			tc.change(&e)
			want(&protocol.PutEnvelope{Envelope: e, Role: protocol.RoleClinician}, protocol.CodeEnvelope, tc.field, tc.bound)
		}
		c.arm(armID, hash)
		c.keepLeasing(armID)
		want(&protocol.PutSettings{Generation: 8, Fields: rfSettings(100), Role: protocol.RoleClinician}, protocol.CodeState, none, 0)
		want(&protocol.PutEnvelope{Envelope: rfEnvelope(), Role: protocol.RoleClinician}, protocol.CodeState, none, 0)
		if s := c.status(); s.State != protocol.StateReady || s.SettingsHash != hash {
			t.Errorf("after all that: %v", s.State)
		}
	})
}
