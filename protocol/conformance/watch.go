package conformance

import (
	"bytes"
	"errors"
	"fmt"
	"sync"

	"stipple/protocol"
)

// watch sees every frame of a run, whatever case it belongs to, and keeps the
// first that breaks each rule that holds always. The cases of area "always"
// report them at the end. The reader and the run use it.
type watch struct {
	mu      sync.Mutex
	broken  map[string]string // by the rule's case; the first, in words
	desc    *protocol.Descriptor
	session uint32
	pulling bool // a hand pulls the trigger: outputs are expected

	sent    map[lanedSeq]map[protocol.Type]bool // requests of this session
	replied map[protocol.Lane][]byte            // newest frame of a counted lane, as raw as it came
	seq     map[protocol.Lane]uint16            // newest seq of the pen's lanes
	status  *protocol.Status                    // newest of this boot
	event   *protocol.Event
	state   protocol.State // as the events tell it
	stopped stopSaid
	arms    map[uint32]bool
}

// stopSaid is what the pen has said in STOPPED since it is in ESTOP, by its own
// clock.
type stopSaid struct {
	off, back           bool
	offSince, backSince protocol.PenClock
}

type lanedSeq struct {
	lane protocol.Lane
	seq  uint16
}

func newWatch() *watch {
	return &watch{broken: make(map[string]string), arms: make(map[uint32]bool)}
}

// say notes what broke a rule, if nothing has yet. The caller holds mu.
func (w *watch) say(rule, format string, args ...any) {
	if _, known := w.broken[rule]; !known {
		w.broken[rule] = fmt.Sprintf(format, args...)
	}
}

// verdict is what broke a rule; empty: nothing.
func (w *watch) verdict(rule string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.broken[rule]
}

// know gives the dictionary of events.
func (w *watch) know(d *protocol.Descriptor) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.desc = d
}

// join begins a session: every lane counts from 0 again.
func (w *watch) join(session uint32) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if session == w.session {
		return // the same HELLO again changes nothing
	}
	w.session = session
	w.sent = make(map[lanedSeq]map[protocol.Type]bool)
	w.replied = make(map[protocol.Lane][]byte)
	w.seq = make(map[protocol.Lane]uint16)
}

// reboot forgets what does not outlive one.
func (w *watch) reboot() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.status, w.event, w.state, w.stopped = nil, nil, 0, stopSaid{}
}

// pull says whether the hand holds the trigger from now on.
func (w *watch) pull(held bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pulling = w.pulling || held
}

// calm says that nothing is pulled any more and that every output has ended.
func (w *watch) calm() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pulling = false
}

// asked notes a request.
func (w *watch) asked(h protocol.Header) {
	w.mu.Lock()
	defer w.mu.Unlock()
	key := lanedSeq{h.Lane, h.Seq}
	if w.sent == nil || h.Session != w.session {
		return
	}
	if w.sent[key] == nil {
		w.sent[key] = make(map[protocol.Type]bool)
	}
	w.sent[key][h.Type] = true
}

// armed notes an arm id that the suite has asked for.
func (w *watch) armed(id uint32) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.arms[id] = true
}

// dropped notes a frame that can't be read.
func (w *watch) dropped(why error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.session == 0 {
		return // what a device says before its first hello may be anything
	}
	w.say(alwaysFrames, "a frame of the pen: %v", why)
}

// see judges one frame.
func (w *watch) see(a arrival) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.session == 0 {
		return // of the session before the first hello nothing is known
	}
	w.seeHeader(a)
	w.seePayload(a)
	if m, ok := a.msg.(*protocol.Stopped); ok {
		w.seeStopped(m)
	}
	if a.Session != w.session || a.msg == nil {
		return
	}
	w.seeSeq(a)
	switch m := a.msg.(type) {
	case *protocol.Status:
		w.seeStatus(m)
	case *protocol.Event:
		w.seeEvent(m)
	case *protocol.Pulse:
		if !w.pulling {
			w.say(alwaysOutputs, "PULSE %d, and nobody had pulled the trigger", m.Index)
		}
	case *protocol.Rejected:
		if kinds := w.sent[lanedSeq{a.Lane, a.Ack}]; !kinds[m.Request] {
			w.say(alwaysReplies, "REJECTED for %v with ack %d on the %v lane, and none was sent with that seq", m.Request, a.Ack, a.Lane)
		}
	}
}

func (w *watch) seeHeader(a arrival) {
	reply := a.Lane == protocol.LaneCommand || a.Lane == protocol.LaneBulk
	switch {
	case a.Type.Known() && !a.Type.FromPen():
		w.say(alwaysHeaders, "%v, which only a console sends", a.Type)
	case a.Type.Known() && !a.Type.OnLane(a.Lane):
		w.say(alwaysHeaders, "%v on the %v lane", a.Type, a.Lane)
	case a.Flags&^protocol.HasAck != 0:
		w.say(alwaysHeaders, "%v with flags %#x", a.Type, uint8(a.Flags))
	case reply != (a.Flags&protocol.HasAck != 0):
		w.say(alwaysHeaders, "%v on the %v lane with flags %#x", a.Type, a.Lane, uint8(a.Flags))
	case !reply && a.Ack != 0:
		w.say(alwaysHeaders, "%v with ack %d and without HAS_ACK", a.Type, a.Ack)
	case a.Type == protocol.TypeHelloAck && (a.Session != 0 || a.Seq != 0):
		w.say(alwaysHeaders, "HELLO_ACK with session %#x and seq %d in its header", a.Session, a.Seq)
	case !a.Type.Known():
		w.say(alwaysHeaders, "type %#x, which version 1 does not have and nobody asked for", uint8(a.Type))
	case reply && a.Session == w.session && w.sent[lanedSeq{a.Lane, a.Ack}] == nil:
		w.say(alwaysReplies, "%v with ack %d on the %v lane, and nothing was sent with that seq", a.Type, a.Ack, a.Lane)
	}
}

// seePayload wants each payload to decode, and to be the one payload that its
// fields have: what a later minor version adds stands behind it.
func (w *watch) seePayload(a arrival) {
	if !a.Type.Known() || !a.Type.OnLane(a.Lane) {
		return
	}
	if a.msg == nil {
		w.say(alwaysPayloads, "%v with %d bytes that do not decode: %x", a.Type, len(a.payload), a.payload)
		return
	}
	if again := a.msg.AppendPayload(nil); !bytes.HasPrefix(a.payload, again) {
		w.say(alwaysPayloads, "%v with the payload %x, whose fields encode to %x", a.Type, a.payload, again)
	}
}

// seeSeq wants each lane to count. Live frames may be missing, and bulk answers
// for which a flood left no room; on the command lane a kept reply comes again as
// it was.
func (w *watch) seeSeq(a arrival) {
	last, known := w.seq[a.Lane]
	raw := protocol.AppendFrame(nil, a.Header, a.payload)
	defer func() { w.seq[a.Lane], w.replied[a.Lane] = a.Seq, raw }()
	switch a.Lane {
	case protocol.LaneStop: // STOPPED is taken with any seq
	case protocol.LaneLive, protocol.LaneBulk:
		if known && !protocol.Newer(a.Seq, last) {
			w.say(alwaysSeq, "%v lane: seq %d behind %d", a.Lane, a.Seq, last)
		}
	case protocol.LaneCommand:
		if known && a.Seq != last+1 && !bytes.Equal(raw, w.replied[a.Lane]) || !known && a.Seq != 0 {
			w.say(alwaysSeq, "command lane: seq %d behind %d, and not the kept reply", a.Seq, last)
		}
	}
}

func (w *watch) seeStatus(s *protocol.Status) {
	if err := w.statusFits(s); err != nil {
		w.say(alwaysStatus, "%v: %s", err, describeStatus(*s))
	}
	if w.status != nil && s.Clock < w.status.Clock {
		w.say(alwaysClock, "STATUS at %d µs behind one at %d µs", s.Clock, w.status.Clock)
	}
	if s.ArmID != 0 && !w.arms[s.ArmID] {
		w.say(alwaysArmed, "%s, and no ARM of this run has that id", describeStatus(*s))
	}
	if err := restless(s); err != nil && !w.pulling {
		w.say(alwaysOutputs, "%v, and nobody had pulled the trigger: %s", err, describeStatus(*s))
	}
	w.heldAgainstStopped(s)
	kept := *s
	w.status = &kept
}

// seeStopped notes what a STOPPED says. It may carry any session.
func (w *watch) seeStopped(m *protocol.Stopped) {
	if !w.stopped.off {
		w.stopped.off, w.stopped.offSince = true, m.Clock
	}
	if m.NeedleBack && !w.stopped.back {
		w.stopped.back, w.stopped.backSince = true, m.Clock
	}
}

// heldAgainstStopped wants a STATUS in ESTOP to say what STOPPED has said before.
func (w *watch) heldAgainstStopped(s *protocol.Status) {
	said := &w.stopped
	if s.State != protocol.StateStopped {
		if s.Clock > said.offSince {
			*said = stopSaid{} // of a stop that is over
		}
		return
	}
	if said.off && s.Clock >= said.offSince && (s.Flags&protocol.FlagRFOn != 0 || s.Power > restMW) {
		w.say(alwaysStopped, "STOPPED at %d µs, and RF measures %d mW at %d, flags %#x", said.offSince, s.Power, s.Clock, s.Flags)
	}
	if said.back && s.Clock >= said.backSince && s.Flags&protocol.FlagNeedleBack == 0 {
		w.say(alwaysStopped, "STOPPED with the needle back at %d µs, and it is out at %d, flags %#x", said.backSince, s.Clock, s.Flags)
	}
}

// statusFits says what in a STATUS contradicts itself.
func (w *watch) statusFits(s *protocol.Status) error {
	leased := s.Flags&protocol.FlagLease != 0
	settled := s.Flags&protocol.FlagSettings != 0
	switch {
	case s.State.Armed() != (s.ArmID != 0) && s.State != protocol.StateService:
		return errors.New("an arm id without READY, TREATING or SERVICE, or the first two without one")
	case s.State == protocol.StateFault && s.Fault == protocol.FaultNone:
		return errors.New("FAULT without a fault")
	case (s.Fault != protocol.FaultNone) != (s.ArmBlocks&protocol.BlockFault != 0):
		return errors.New("fault and arm block FAULT differ")
	case (s.State == protocol.StateStopped) != (s.ArmBlocks&protocol.BlockStop != 0):
		return errors.New("state and arm block ESTOP differ")
	case leased && s.ArmID == 0:
		return errors.New("flag LEASE, and nothing is armed")
	case !leased && s.LeaseLeft != 0:
		return errors.New("lease_left without flag LEASE")
	case leased && int64(s.LeaseLeft) > protocol.LeaseRF.Milliseconds():
		return fmt.Errorf("lease_left %d ms, more than a lease grants", s.LeaseLeft)
	case settled != (s.SettingsHash != [8]byte{}):
		return errors.New("flag SETTINGS and settings hash differ")
	case settled == (s.ArmBlocks&protocol.BlockSettingsUnconfirmed != 0):
		return errors.New("flag SETTINGS and arm block SETTINGS_UNCONFIRMED differ")
	case s.Battery > 100:
		return fmt.Errorf("battery %d %%", s.Battery)
	case !ordered(s.Depth) || !ordered(s.Speed):
		return errors.New("a minimum over its maximum, or a value outside them")
	case s.Power > s.PowerMax || s.Temp > s.TempMax:
		return errors.New("a value over its maximum")
	case s.TipID == 0 && s.ArmBlocks&protocol.BlockTipMissing == 0:
		return errors.New("no tip, and no arm block TIP_MISSING")
	case w.desc != nil && !w.desc.ContactSensor && s.Flags&protocol.FlagContact != 0:
		return errors.New("flag CONTACT on a pen without a contact sensor")
	}
	return nil
}

func ordered(s protocol.Swing) bool { return s.Min <= s.Now && s.Now <= s.Max }

// restless says what output a STATUS shows.
func restless(s *protocol.Status) error {
	switch {
	case s.State == protocol.StateTreating:
		return errors.New("TREATING")
	case s.Flags&protocol.FlagRFOn != 0:
		return errors.New("RF measures on")
	case s.PowerMax > restMW:
		return fmt.Errorf("%d mW", s.PowerMax)
	case s.Depth.Max > restUM:
		return fmt.Errorf("the needle is %d µm out", s.Depth.Max)
	case s.Flags&protocol.FlagAtDepth != 0:
		return errors.New("the needle is at depth")
	case s.SetDepth != 0 || s.SetSpeed != 0 || s.SetPower != 0 || s.SetDuration != 0:
		return errors.New("something is commanded")
	}
	return nil
}

func (w *watch) seeEvent(e *protocol.Event) {
	if last := w.event; last != nil {
		if e.Index <= last.Index {
			w.say(alwaysEvents, "event index %d behind %d", e.Index, last.Index)
		}
		if e.Clock < last.Clock {
			w.say(alwaysClock, "EVENT at %d µs behind one at %d µs", e.Clock, last.Clock)
		}
		if e.Index != last.Index+1 {
			w.state = 0 // one is missing: what it told is not known
		}
	}
	kept := *e
	w.event = &kept
	if err := w.inDictionary(e); err != nil {
		w.say(alwaysEvents, "event %d: %v", e.Code, err)
	}
	if e.Code != protocol.EventStateChange {
		return
	}
	from, to := protocol.State(e.Args[0]), protocol.State(e.Args[1])
	if !mayFollow(from, to) {
		w.say(alwaysStates, "%s to %s", from, to)
	}
	if w.state != 0 && w.state != from {
		w.say(alwaysStates, "from %s, and the pen had told that it is in %s", from, w.state)
	}
	w.state = to
}

// inDictionary says how an event differs from the descriptor's entry for it.
func (w *watch) inDictionary(e *protocol.Event) error {
	if w.desc == nil {
		return nil
	}
	for _, spec := range w.desc.Events {
		if spec.Code != e.Code {
			continue
		}
		for i := len(spec.Args); i < len(e.Args); i++ {
			if e.Args[i] != 0 {
				return fmt.Errorf("argument %d is %d, and the descriptor names %d arguments", i, e.Args[i], len(spec.Args))
			}
		}
		return nil
	}
	return errors.New("not in the descriptor")
}

// mayFollow is the picture of SPEC.md section 5.
func mayFollow(from, to protocol.State) bool {
	switch to {
	case protocol.StateFault, protocol.StateStopped, protocol.StateStandby:
		return from != to
	case protocol.StateReady:
		return from == protocol.StateStandby || from == protocol.StateTreating
	case protocol.StateTreating:
		return from == protocol.StateReady
	case protocol.StateService, protocol.StateUpdate:
		return from == protocol.StateStandby
	}
	return false
}
