package conformance

import (
	"math"
	"time"

	"stipple/protocol"
)

// hello opens a session with a new nonce.
func (t *trial) hello() protocol.HelloAck { return t.helloFor(protocol.Major, protocol.Major) }

// helloFor opens a session as a console that speaks the majors from low to high.
func (t *trial) helloFor(low, high uint8) protocol.HelloAck {
	ack, ok := t.tryHello(low, high, helloLimit)
	t.want(ok, "HELLO_ACK", "none within %v", helloLimit)
	return ack
}

// tryHello repeats HELLO until it is answered, for at most limit.
func (t *trial) tryHello(low, high uint8, limit time.Duration) (protocol.HelloAck, bool) {
	m := &protocol.Hello{MajorMin: low, MajorMax: high, Nonce: t.random()}
	mark := t.mark()
	for deadline := time.Now().Add(limit); !t.over() && time.Now().Before(deadline); {
		t.send(protocol.Header{}, m)
		a, came := t.look(helloEvery, mark, func(a arrival) bool {
			ack, ok := a.msg.(*protocol.HelloAck)
			return ok && ack.Nonce == m.Nonce
		})
		if came {
			ack := *a.msg.(*protocol.HelloAck)
			t.join(ack.Session, mark)
			t.s.boot = ack.Boot
			return ack, true
		}
	}
	return protocol.HelloAck{}, false
}

// join makes session the one of everything that follows; its frames stand
// behind mark.
func (t *trial) join(session uint32, mark int) {
	t.sending.Lock()
	defer t.sending.Unlock()
	t.session, t.seq, t.from = session, [protocol.LaneCount]uint16{}, mark
	t.s.watch.join(session)
}

// status waits for a STATUS that follows the answer to a TIME_ASK: everything
// that was sent before has been handled by then.
func (t *trial) status() protocol.Status {
	t.tell()
	return t.awaitStatus("STATUS, 20 times a second", t.mark(), func(protocol.Status) bool { return true })
}

// awaitStatus waits for a STATUS of this session behind mark that is what is
// expected.
func (t *trial) awaitStatus(what string, mark int, is func(protocol.Status) bool) protocol.Status {
	a := t.await(what, stateLimit+t.s.roundTrip, mark, t.isStatus(is))
	if s, ok := a.msg.(*protocol.Status); ok {
		return *s
	}
	return protocol.Status{}
}

func (t *trial) isStatus(is func(protocol.Status) bool) func(arrival) bool {
	return func(a arrival) bool {
		s, ok := a.msg.(*protocol.Status)
		return ok && a.Session == t.session && is(*s)
	}
}

// awaitState waits for a STATUS with the state, behind mark.
func (t *trial) awaitState(state protocol.State, mark int) protocol.Status {
	return t.awaitStatus("STATUS with state "+state.String(), mark, func(s protocol.Status) bool { return s.State == state })
}

// inState expects the pen to be in the state now.
func (t *trial) inState(state protocol.State) protocol.Status {
	s := t.status()
	t.want(s.State == state, "state "+state.String(), "%s", describeStatus(s))
	return s
}

// awaitEvent waits for an event of this session behind mark.
func (t *trial) awaitEvent(code uint16, what string, mark int) protocol.Event {
	a := t.await(what, settleLimit+t.s.roundTrip, mark, t.isEvent(code))
	if e, ok := a.msg.(*protocol.Event); ok {
		return *e
	}
	return protocol.Event{}
}

func (t *trial) isEvent(code uint16) func(arrival) bool {
	return func(a arrival) bool {
		e, ok := a.msg.(*protocol.Event)
		return ok && a.Session == t.session && e.Code == code
	}
}

// awaitSelfTest waits for the first STATUS, and for the end of the self-test
// of a pen that has just booted.
func (t *trial) awaitSelfTest() protocol.Status {
	a, ok := t.look(rebootLimit, t.from, t.isStatus(func(s protocol.Status) bool {
		return s.Flags&protocol.FlagSelfTestOK != 0 || s.State != protocol.StateStandby
	}))
	if !ok {
		t.fail("STATUS with the self-test passed", "none within %v; %s", rebootLimit, t.came(t.from))
		return protocol.Status{}
	}
	return *a.msg.(*protocol.Status)
}

// standby brings the pen to STANDBY: it waits for what is running out and
// clears what is latched.
func (t *trial) standby(what string) protocol.Status {
	a := t.await(what, settleLimit+t.s.roundTrip, t.from, t.isStatus(func(s protocol.Status) bool {
		return s.State == protocol.StateStandby || s.State == protocol.StateStopped || s.State == protocol.StateFault
	}))
	s, ok := a.msg.(*protocol.Status)
	if !ok || s.State == protocol.StateStandby {
		return t.status()
	}
	t.fault = s.Fault
	t.clearLatch(s.Fault)
	return t.inState(protocol.StateStandby)
}

// clearLatch sends CLEAR for what is latched, which must work: a fault's self-test
// as soon as the hand has ended what the fault came of.
func (t *trial) clearLatch(f protocol.Fault) {
	r := t.command(t.clearOf(f))
	for deadline := time.Now().Add(t.s.patience()); r.Code == protocol.CodeSelfTest && !t.over() && time.Now().Before(deadline); {
		t.wait(retryBusy)
		r = t.command(t.clearOf(f))
	}
	t.want(r.Outcome == protocol.OutcomeDone, "CLEAR to be DONE", "%s", describeMessage(r))
}

// command sends a command that carries a command id and returns its end: one
// that the pen is still at is asked for again.
func (t *trial) command(m protocol.Message) *protocol.Result {
	r := ask[protocol.Result](t, m)
	for range answerLimit / retryBusy {
		if r.Outcome != protocol.OutcomeRunning || t.over() {
			break
		}
		t.wait(retryBusy)
		r = ask[protocol.Result](t, &protocol.ResultOf{CommandID: r.CommandID})
	}
	return r
}

// commandRefused sends a command that must be REJECTED with code, and returns
// the RESULT.
func (t *trial) commandRefused(m protocol.Message, code protocol.Code) *protocol.Result {
	r := t.command(m)
	t.want(r.Outcome == protocol.OutcomeRejected && r.Code == code, "RESULT REJECTED "+code.String(), "%s", describeMessage(r))
	return r
}

// The messages that need a writer or an id, built in one place. A clinician may
// send what cases of this size need.

func (t *trial) clearOf(f protocol.Fault) *protocol.Clear {
	return &protocol.Clear{CommandID: t.commandID(), Fault: f, Role: protocol.RoleClinician}
}

func putEnvelope(e protocol.Envelope) *protocol.PutEnvelope {
	return &protocol.PutEnvelope{Envelope: e, Role: protocol.RoleClinician}
}

func putSettings(generation uint32, values []int32) *protocol.PutSettings {
	var fields []protocol.Field
	for i, v := range values {
		fields = append(fields, protocol.Field{Index: uint8(i), Value: v})
	}
	return putFields(generation, fields...)
}

func putFields(generation uint32, fields ...protocol.Field) *protocol.PutSettings {
	return &protocol.PutSettings{Generation: generation, Fields: fields, Role: protocol.RoleClinician}
}

// tip reads the tip that is on.
func (t *trial) tip() protocol.TipInfo { return *ask[protocol.TipInfo](t, &protocol.TipRead{}) }

// rf says whether the pen has RF.
func (t *trial) rf() bool { return t.s.desc.Kind == protocol.KindRF }

// param is the parameter of that name; false where the pen has none.
func (t *trial) param(name string) (protocol.ParameterSpec, int, bool) {
	i := t.s.desc.Index(name)
	if i < 0 {
		return protocol.ParameterSpec{}, 0, false
	}
	return t.s.desc.Parameters[i], i, true
}

// widest is the envelope that allows whatever the pen can do with the tip.
func (t *trial) widest() protocol.Envelope {
	d := t.s.desc
	e := protocol.Envelope{PulsesPerSpot: 1, Pins: t.tip().Pins, DosePerPin: d.MaxDosePinUJ}
	for i, p := range d.Parameters {
		e.Ranges = append(e.Ranges, protocol.Range{Index: uint8(i), Min: p.Min, Max: p.Max})
	}
	return e
}

// least are the smallest settings: no RF power, the shallowest, the slowest.
// Parameters of the maker's own keep their default.
func (t *trial) least() []int32 {
	var values []int32
	for _, p := range t.s.desc.Parameters {
		switch p.Name {
		case protocol.ParamDepth, protocol.ParamSpeed, protocol.ParamPower, protocol.ParamDuration:
			values = append(values, p.Min)
		default:
			values = append(values, p.Default)
		}
	}
	return values
}

// with is values with one of them replaced.
func with(values []int32, i int, v int32) []int32 {
	out := append([]int32(nil), values...)
	out[i] = v
	return out
}

// nextGeneration is one more than the newest that the pen has had.
func (t *trial) nextGeneration() uint32 {
	g := ask[protocol.SettingsReply](t, &protocol.GetSettings{}).Generation
	t.want(g < math.MaxUint32, "a generation that can be counted on", "%d", g)
	return g + 1
}

// limit puts an envelope, which must be taken as it is.
func (t *trial) limit(e protocol.Envelope) {
	got := ask[protocol.EnvelopeReply](t, putEnvelope(e))
	t.want(t.over() || got.Envelope.Equal(e), "the envelope as it was put", "%+v in place of %+v", got.Envelope, e)
}

// set puts settings as a new generation, which must be taken as they are.
func (t *trial) set(values []int32) protocol.SettingsReply {
	r := *ask[protocol.SettingsReply](t, putSettings(t.nextGeneration(), values))
	t.want(r.Applied, "SETTINGS applied", "%s", describeMessage(&r))
	return r
}

// confirm puts the widest envelope and values, and returns what ARM must name.
func (t *trial) confirm(values []int32) [8]byte {
	t.limit(t.widest())
	return t.set(values).Hash
}

// treatment is the treatment that ARM may name with the tip that is on: the one
// that it is bound to, or a new one.
func (t *trial) treatment() [16]byte {
	if bound := t.tip().BoundTreatment; bound != [16]byte{} {
		return bound
	}
	id := [16]byte{0: 1}
	for i := range id[1:] {
		id[i+1] = byte(t.random())
	}
	return id
}

// armWith is an ARM for a settings hash that the pen should take: in time, with
// a new command id.
func (t *trial) armWith(hash [8]byte) *protocol.Arm {
	const early = protocol.ArmWindow - 100*time.Millisecond // so that it is never too early
	m := &protocol.Arm{CommandID: t.commandID(), SettingsHash: hash, TreatmentID: t.treatment(), NotAfter: t.tell().Replied.Add(early), Role: protocol.RoleClinician}
	t.s.watch.armed(m.ArmID())
	return m
}

// arm arms for a hash and returns the arm id and the pen clock at which it was
// armed.
func (t *trial) arm(hash [8]byte) (uint32, protocol.PenClock) {
	m, mark := t.armWith(hash), t.mark()
	r := t.command(m)
	t.want(r.Outcome == protocol.OutcomeDone, "ARM to be DONE", "%s", describeMessage(r))
	return m.ArmID(), t.awaitEvent(protocol.EventArmed, "EVENT 9, armed", mark).Clock
}

// ready confirms the smallest settings, arms, and leases until it is stopped.
func (t *trial) ready() uint32 { return t.readyFor(t.least()) }

// readyFor is ready for other settings.
func (t *trial) readyFor(values []int32) uint32 { return t.readyIn(t.widest(), values) }

// readyIn is readyFor in an envelope.
func (t *trial) readyIn(e protocol.Envelope, values []int32) uint32 {
	t.limit(e)
	id, _ := t.arm(t.set(values).Hash)
	mark := t.mark()
	t.keepLeasing(id)
	t.awaitStatus("READY, leased, under the arm id of ARM", mark, func(s protocol.Status) bool {
		return s.State == protocol.StateReady && s.ArmID == id && s.Flags&protocol.FlagLease != 0
	})
	return id
}
