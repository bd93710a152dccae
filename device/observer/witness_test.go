package observer

import (
	"fmt"
	"testing"
	"time"

	"stipple/protocol"
)

// The example of SPEC.md section 6, by this package's own layout.
func TestHash(t *testing.T) {
	w := NewWitness(New(Config{RF: true}), protocol.Descriptor{Kind: protocol.KindRF})
	w.boot = 7
	w.settings = settings{
		envelope: &protocol.Envelope{DosePerPin: 100_000, PulsesPerSpot: 2, Pins: 25, Ranges: []protocol.Range{
			{Index: 0, Min: 500, Max: 1500}, {Index: 1, Min: 30, Max: 60}, {Index: 2, Min: 0, Max: 25_000}, {Index: 3, Min: 10, Max: 300},
		}},
		confirmed: true, generation: 3, values: []int32{1500, 60, 10_000, 100}, calRev: 4,
	}
	if got := fmt.Sprintf("%x", w.hash(tip{id: 0x00C0FFEE, pins: 25})); got != "2cfb60c4b18dfbf0" {
		t.Errorf("hash %s", got)
	}
	w.settings.confirmed = false
	if got := w.hash(tip{id: 1}); got != [8]byte{} {
		t.Errorf("nothing is confirmed: %x", got)
	}
}

// line is a pen and a console in one, that says what a test tells it to.
type talk struct {
	w       *Witness
	o       *Observer
	at      time.Duration
	session uint32
	seq     [2][protocol.LaneCount]uint16
}

func newTalk(t *testing.T) *talk {
	t.Helper()
	d := protocol.Descriptor{
		Kind: protocol.KindNeedling, StopToRetracted: 200,
		Parameters: []protocol.ParameterSpec{{Name: "depth", Min: 0, Max: 2500, Step: 50}, {Name: "speed", Min: 3000, Max: 9000, Step: 100}},
	}
	o := New(ConfigOf(&d))
	k := &talk{w: NewWitness(o, d), o: o, at: time.Second, session: 0x5EED}
	k.w.Tip(0, protocol.TipInfo{ID: 9, Pins: 12, NeedleLength: 2500})
	k.console(protocol.Header{}, &protocol.Hello{MajorMin: 1, MajorMax: 1, Nonce: 1})
	k.pen(protocol.Header{Flags: protocol.HasAck}, &protocol.HelloAck{Nonce: 1, Session: k.session, Major: 1, Boot: 1, DescriptorLength: 1})
	k.status(protocol.StateStandby, 0)
	return k
}

// wants checks which rule was broken first; empty: none was.
func (k *talk) wants(t *testing.T, rule Rule) {
	t.Helper()
	list, _ := k.o.Violations()
	switch {
	case rule == "" && len(list) > 0:
		t.Errorf("%v", list)
	case rule != "" && (len(list) == 0 || list[0].Rule != rule):
		t.Errorf("%v, want %s", list, rule)
	}
}

// console sends a message to the pen; of the session, if the header has none.
func (k *talk) console(h protocol.Header, m protocol.Message) protocol.Header {
	h.Lane = m.Type().Lane()
	if h.Session == 0 && m.Type() != protocol.TypeHello {
		h.Session = k.session
	}
	if h.Seq == 0 {
		h.Seq = k.seq[0][h.Lane]
		k.seq[0][h.Lane]++
	}
	k.w.Arrived(k.at, protocol.Append(nil, h, m))
	return h
}

func (k *talk) pen(h protocol.Header, m protocol.Message) {
	h.Lane = m.Type().Lane()
	if m.Type() != protocol.TypeHelloAck {
		h.Session = k.session
	}
	h.Seq = k.seq[1][h.Lane]
	k.seq[1][h.Lane]++
	k.w.Left(k.at, protocol.Append(nil, h, m))
}

// ask sends a command and has the pen answer it.
func (k *talk) ask(m, answer protocol.Message) {
	h := k.console(protocol.Header{}, m)
	k.pen(protocol.Header{Flags: protocol.HasAck, Ack: h.Seq}, answer)
}

func (k *talk) clock() protocol.PenClock { return protocol.PenClock(k.at / time.Microsecond) }

func (k *talk) status(s protocol.State, armID uint32) {
	k.pen(protocol.Header{}, &protocol.Status{State: s, ArmID: armID, Clock: k.clock()})
}

func (k *talk) pass(d time.Duration) { k.at += d }

// confirm puts limits and settings, and returns the hash.
func (k *talk) confirm() [8]byte {
	env := protocol.Envelope{PulsesPerSpot: 1, Pins: 12, Ranges: []protocol.Range{{Index: 0, Min: 0, Max: 2000}, {Index: 1, Min: 3000, Max: 9000}}}
	k.ask(&protocol.PutEnvelope{Envelope: env}, &protocol.EnvelopeReply{Envelope: env})
	hash := protocol.Confirmation{Boot: 1, Generation: 1, Envelope: env, TipID: 9, Pins: 12, CalRev: 1, Values: []int32{1000, 5000}}.Hash()
	k.ask(&protocol.PutSettings{Generation: 1, Fields: []protocol.Field{{Index: 0, Value: 1000}, {Index: 1, Value: 5000}}},
		&protocol.SettingsReply{Applied: true, Generation: 1, TipID: 9, Pins: 12, CalRev: 1, Hash: hash, Values: []int32{1000, 5000}})
	return hash
}

const someID = 7<<32 | someArm

func (k *talk) arm(hash [8]byte) *protocol.Arm {
	return &protocol.Arm{CommandID: someID, SettingsHash: hash, NotAfter: k.clock() + 300_000}
}

var done = &protocol.Result{CommandID: someID, Outcome: protocol.OutcomeDone}

// What a pen may accept and say, and what not.
func TestWitness(t *testing.T) {
	for _, c := range []struct {
		name  string
		story func(*talk)
		rule  Rule // that is broken; empty: none
	}{
		{"a proper ARM", func(k *talk) { k.ask(k.arm(k.confirm()), done); k.status(protocol.StateReady, someArm) }, ""},
		{"ARM with another hash", func(k *talk) { h := k.confirm(); h[0]++; k.ask(k.arm(h), done) }, RuleArm},
		{"ARM without settings", func(k *talk) { k.ask(k.arm([8]byte{}), done) }, RuleArm},
		{"ARM of an old session's settings", func(k *talk) {
			h := k.confirm()
			k.console(protocol.Header{}, &protocol.Hello{MajorMin: 1, MajorMax: 1, Nonce: 2})
			k.session++
			k.pen(protocol.Header{Flags: protocol.HasAck}, &protocol.HelloAck{Nonce: 2, Session: k.session, Major: 1, Boot: 1, DescriptorLength: 1})
			k.ask(k.arm(h), done)
		}, RuleArm},
		{"ARM too late", func(k *talk) { m := k.arm(k.confirm()); k.pass(310 * time.Millisecond); k.ask(m, done) }, RuleArmTime},
		{"ARM too early", func(k *talk) { m := k.arm(k.confirm()); m.NotAfter += 400_000; k.ask(m, done) }, RuleArmTime},
		{"ARM behind ESTOP", func(k *talk) {
			m := k.arm(k.confirm())
			k.console(protocol.Header{}, &protocol.Stop{Nonce: 1})
			k.pass(50 * time.Millisecond)
			k.ask(m, done)
		}, RuleArmBlocked},
		{"ARM done twice", func(k *talk) {
			m := k.arm(k.confirm())
			h := k.console(protocol.Header{}, m)
			k.pen(protocol.Header{Flags: protocol.HasAck, Ack: h.Seq}, done)
			k.console(h, m)
			k.pen(protocol.Header{Flags: protocol.HasAck, Ack: h.Seq}, done) // not the kept reply: its seq is another
		}, RuleOnce},
		{"DONE behind REJECTED", func(k *talk) {
			m := k.arm(k.confirm())
			k.ask(m, &protocol.Result{CommandID: someID, Outcome: protocol.OutcomeRejected, Code: protocol.CodeLate})
			k.ask(m, done)
		}, RuleOnce},
		{"NEVER_SEEN of what was done", func(k *talk) {
			k.ask(k.arm(k.confirm()), done)
			k.ask(&protocol.ResultOf{CommandID: someID}, &protocol.Result{CommandID: someID, Outcome: protocol.OutcomeNeverSeen})
		}, RuleOnce},
		{"READY out of nothing", func(k *talk) { k.status(protocol.StateReady, someArm) }, RuleReady},
		{"READY, and RESULT was lost", func(k *talk) {
			k.console(protocol.Header{}, k.arm(k.confirm()))
			k.status(protocol.StateReady, someArm)
		}, ""},
		{"ESTOP latched", func(k *talk) {
			k.console(protocol.Header{}, &protocol.Stop{Nonce: 1})
			k.pass(20 * time.Millisecond)
			k.status(protocol.StateStopped, 0)
		}, ""},
		{"ESTOP not latched", func(k *talk) {
			k.console(protocol.Header{}, &protocol.Stop{Nonce: 1})
			k.pass(20 * time.Millisecond)
			k.status(protocol.StateStandby, 0)
		}, RuleLatched},
		{"ESTOP on another lane, cleared", func(k *talk) {
			k.w.Arrived(k.at, protocol.AppendFrame(nil, protocol.Header{Type: protocol.TypeStop, Lane: protocol.LaneBulk}, nil))
			k.pass(20 * time.Millisecond)
			k.status(protocol.StateStopped, 0)
			k.ask(&protocol.Clear{CommandID: 5}, &protocol.Result{CommandID: 5, Outcome: protocol.OutcomeDone})
			k.pass(20 * time.Millisecond)
			k.status(protocol.StateStandby, 0)
		}, ""},
		{"settings bent", func(k *talk) {
			k.confirm()
			k.ask(&protocol.PutSettings{Generation: 2, Fields: []protocol.Field{{Index: 0, Value: 2600}, {Index: 1, Value: 5000}}},
				&protocol.SettingsReply{Applied: true, Generation: 2, TipID: 9, Pins: 12, CalRev: 1, Values: []int32{2000, 5000}})
		}, RuleSettings},
		{"settings beyond the limits", func(k *talk) {
			k.confirm()
			k.ask(&protocol.PutSettings{Generation: 2, Fields: []protocol.Field{{Index: 0, Value: 2050}, {Index: 1, Value: 5000}}},
				&protocol.SettingsReply{Applied: true, Generation: 2, TipID: 9, Pins: 12, CalRev: 1, Values: []int32{2050, 5000}})
		}, RuleBounds},
		{"limits beyond the pen", func(k *talk) {
			env := protocol.Envelope{PulsesPerSpot: 1, Pins: 12, Ranges: []protocol.Range{{Index: 0, Min: 0, Max: 2550}, {Index: 1, Min: 3000, Max: 9000}}}
			k.ask(&protocol.PutEnvelope{Envelope: env}, &protocol.EnvelopeReply{Envelope: env})
		}, RuleBounds},
		{"a pulse number twice", func(k *talk) {
			k.ask(k.arm(k.confirm()), done)
			k.pen(protocol.Header{}, &protocol.Pulse{Index: 1, ArmID: someArm, SettingsHash: k.w.arms[someArm].hash, Result: protocol.PulseComplete})
			k.pen(protocol.Header{}, &protocol.Pulse{Index: 1, ArmID: someArm, SettingsHash: k.w.arms[someArm].hash, Result: protocol.PulseReleased})
		}, RulePulseNumber},
		{"a pulse of nobody's arming", func(k *talk) {
			k.pen(protocol.Header{}, &protocol.Pulse{Index: 1, ArmID: 3, Result: protocol.PulseComplete})
		}, RulePulseTruth},
		{"an event number twice", func(k *talk) {
			k.pen(protocol.Header{}, &protocol.Event{Index: 4, Code: 2})
			k.pen(protocol.Header{}, &protocol.Event{Index: 4, Code: 2})
		}, RuleEventNumber},
		{"a clock that goes back", func(k *talk) { k.at -= 10 * time.Millisecond; k.status(protocol.StateStandby, 0) }, RuleClock},
		{"a session that nobody asked for", func(k *talk) {
			k.pen(protocol.Header{Flags: protocol.HasAck}, &protocol.HelloAck{Nonce: 77, Session: 5, Major: 1, Boot: 1, DescriptorLength: 1})
		}, RuleSession},
		{"a session number again", func(k *talk) {
			k.console(protocol.Header{}, &protocol.Hello{MajorMin: 1, MajorMax: 1, Nonce: 2})
			k.pen(protocol.Header{Flags: protocol.HasAck}, &protocol.HelloAck{Nonce: 2, Session: k.session, Major: 1, Boot: 1, DescriptorLength: 1})
		}, RuleSession},
		{"a SERVICE output in STANDBY", func(k *talk) {
			k.ask(&protocol.TestOutput{CommandID: someID, Quantity: protocol.QuantityDepth, Value: 500, Duration: 100, NotAfter: k.clock() + 300_000}, done)
		}, RuleServiceMode},
		{"a SERVICE output that is too long", func(k *talk) {
			k.ask(&protocol.Service{Enter: true}, &protocol.ServiceMode{State: protocol.StateService})
			k.ask(&protocol.TestOutput{CommandID: someID, Quantity: protocol.QuantityDepth, Value: 500, Duration: 2001, NotAfter: k.clock() + 300_000}, done)
		}, RuleBounds},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := newTalk(t)
			k.pass(100 * time.Millisecond)
			k.status(protocol.StateStandby, 0)
			c.story(k)
			k.o.Sample(Sample{At: k.at + time.Second, Tip: true})
			k.wants(t, c.rule)
		})
	}
}

// Which leases are none: of another session, of an old seq, on another lane.
func TestWitnessKnowsLeases(t *testing.T) {
	for _, c := range []struct {
		name   string
		send   func(*talk)
		leases int
	}{
		{"proper", func(k *talk) { k.console(protocol.Header{}, &protocol.Lease{ArmID: someArm, Clock: k.clock()}) }, 1},
		{"another session", func(k *talk) {
			k.console(protocol.Header{Session: 3}, &protocol.Lease{ArmID: someArm, Clock: k.clock()})
		}, 0},
		{"again", func(k *talk) {
			h := k.console(protocol.Header{Seq: 5}, &protocol.Lease{ArmID: someArm, Clock: k.clock()})
			k.pass(50 * time.Millisecond)
			k.console(h, &protocol.Lease{ArmID: someArm, Clock: k.clock()})
		}, 1},
		{"another lane", func(k *talk) {
			m := &protocol.Lease{ArmID: someArm, Clock: k.clock()}
			h := protocol.Header{Type: protocol.TypeLease, Lane: protocol.LaneCommand, Session: k.session}
			k.w.Arrived(k.at, protocol.AppendFrame(nil, h, m.AppendPayload(nil)))
		}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := newTalk(t)
			k.ask(k.arm(k.confirm()), done)
			k.pass(50 * time.Millisecond)
			k.status(protocol.StateReady, someArm)
			c.send(k)
			k.o.Sample(Sample{At: k.at + 100*time.Millisecond, Tip: true})
			if n := k.o.Counts().Leases; n != c.leases {
				t.Errorf("%d leases, want %d", n, c.leases)
			}
		})
	}
}

// A pen may forget what a reset may have cut, and what enough others have
// displaced.
func TestMayForget(t *testing.T) {
	clear := func(k *talk, from, n uint64) {
		for id := from; id < from+n; id++ {
			k.ask(&protocol.Clear{CommandID: id}, &protocol.Result{CommandID: id, Outcome: protocol.OutcomeRejected, Code: protocol.CodeState})
		}
	}
	for _, c := range []struct {
		name  string
		story func(*talk)
		may   bool
	}{
		{"never came", func(*talk) {}, false},
		{"came", func(k *talk) { clear(k, someID, 1) }, false},
		{"came before a boot", func(k *talk) { clear(k, someID, 1); k.boots(1) }, true},
		{"31 others since", func(k *talk) { clear(k, someID, 1); clear(k, 1, 31) }, false},
		{"32 others since", func(k *talk) { clear(k, someID, 1); clear(k, 1, 32) }, true},
		{"never came, and no id has been dropped", func(k *talk) { clear(k, 1, 64) }, false},
		{"never came, but one may have been dropped", func(k *talk) { clear(k, 1, 65) }, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := newTalk(t)
			c.story(k)
			if got := k.w.MayForget(someID); got != c.may {
				t.Errorf("%v, want %v", got, c.may)
			}
		})
	}
}
