package sim

import (
	"encoding/binary"
	"io"

	"stipple/protocol"
)

// session is one console's, from its hello to the next hello with another
// nonce or to a reset.
type session struct {
	id      uint32 // 0: none
	nonce   uint64
	monitor bool // the console speaks another major: it may only look

	tx         [protocol.LaneCount]uint16 // next seq of each lane
	command    lastCommand
	bulk, live struct {
		seen bool
		last uint16
	}
	unsupported [256]bool
}

// lastCommand is the newest request of the command lane and its reply.
type lastCommand struct {
	seen bool
	last uint16
	kept []byte // the reply to last, nil if it had none
	// A reply that says RUNNING is kept with its header, so that the command's
	// end can bring it up to date.
	running uint64 // command id; 0: the reply is final
	header  protocol.Header
}

// Counts is what the pen has seen on its link since it was made.
type Counts struct {
	WrongSession uint64 `json:"wrong_session"`
	WrongLane    uint64 `json:"wrong_lane"`
	OldSeq       uint64 `json:"old_seq"`
	Malformed    uint64 `json:"malformed"`
	Unknown      uint64 `json:"unknown_type"`
	Leases       uint64 `json:"leases_ignored"` // stale, foreign or from the future
	Repeated     uint64 `json:"repeated"`       // answered with the kept reply
	Busy         uint64 `json:"busy"`
	Flooded      uint64 `json:"flooded"`   // dropped because a queue was full
	Overtaken    uint64 `json:"overtaken"` // CLEAR that waited when ESTOP came
	Frames       uint64 `json:"frames"`
	BadFrames    uint64 `json:"bad_frames"`
}

// send sends a message of this session, if there is one.
func (fw *firmware) send(m protocol.Message) {
	if fw.session.id != 0 {
		fw.sendAs(fw.session.id, m)
	}
}

func (fw *firmware) sendAs(id uint32, m protocol.Message) {
	lane := m.Type().Lane()
	fw.post(lane, fw.encode(protocol.Header{Session: id}, lane, m))
}

// encode numbers and encodes a message for lane.
func (fw *firmware) encode(h protocol.Header, lane protocol.Lane, m protocol.Message) []byte {
	h.Lane, h.Seq = lane, fw.session.tx[lane]
	fw.session.tx[lane]++
	return protocol.Append(nil, h, fw.distort(m))
}

// reply answers the request with header h on its lane and returns the frame.
func (fw *firmware) reply(h protocol.Header, m protocol.Message) []byte {
	b := fw.encode(replyHeader(h), h.Lane, m)
	fw.post(h.Lane, b)
	return b
}

// replyHeader is that of an answer to h, still without its own seq.
func replyHeader(h protocol.Header) protocol.Header {
	return protocol.Header{Flags: protocol.HasAck, Ack: h.Seq, Session: h.Session}
}

// handle takes one frame from the link. Whatever it is, nothing but what the
// link's rules allow changes.
func (fw *firmware) handle(f protocol.Frame) {
	if fw.darkLeft > 0 {
		return
	}
	if f.Type == protocol.TypeStop {
		if fw.flaws.deaf(fw.steps) {
			return
		}
		// On any lane, of any length: a checksum that is right is enough to know
		// what was meant. A nonce that can't be read is 0.
		var m protocol.Stop
		fw.decoded(&m, f)
		fw.emergencyStop(&m, f.Session)
		return
	}
	if f.Type.Known() && (!f.Type.OnLane(f.Lane) || f.Type.FromPen()) {
		fw.counts.WrongLane++
		return
	}
	if f.Type == protocol.TypeHello {
		fw.hello(f)
		return
	}
	stopLane := f.Lane == protocol.LaneStop && f.Session == 0
	if fw.session.id == 0 || f.Session != fw.session.id && !stopLane && !fw.flaws.has(flawSessionOpen) {
		fw.counts.WrongSession++
		return
	}
	switch f.Lane {
	case protocol.LaneStop:
		var m protocol.Disarm
		if f.Type == protocol.TypeDisarm && fw.decoded(&m, f) {
			fw.disarmNow(&m)
		}
	case protocol.LaneCommand:
		fw.command(f)
	case protocol.LaneBulk:
		fw.bulk(f)
	case protocol.LaneLive:
		fw.live(f)
	default:
		fw.counts.WrongLane++
	}
}

func (fw *firmware) decoded(m protocol.Message, f protocol.Frame) bool {
	if err := m.DecodePayload(f.Payload); err != nil {
		fw.counts.Malformed++
		return false
	}
	return true
}

// hello opens a session. The nonce of the session that is open gets the same
// answer and changes nothing; any other ends that session: STANDBY.
//
// Model: HelloArrives.
func (fw *firmware) hello(f protocol.Frame) {
	var m protocol.Hello
	if f.Session != 0 {
		fw.counts.WrongSession++
		return
	}
	if !fw.decoded(&m, f) {
		return
	}
	out := protocol.Header{Flags: protocol.HasAck, Ack: f.Seq}
	if fw.session.id == 0 || fw.session.nonce != m.Nonce {
		if fw.session.id != 0 {
			fw.event(protocol.EventSession, 0, 0)
		}
		fw.mode = protocol.StateStandby
		if fw.arm.id != 0 {
			fw.disarm(protocol.PulseDisarmed, "hello")
		}
		fw.settle("hello")
		if fw.flaws.has(flawStopForgotten) && fw.stopped {
			fw.stopped = false
			fw.settle("hello")
		}
		id, err := fw.mintSession()
		if err != nil {
			fw.session = session{}
			return // without a number nobody can foretell there is no session
		}
		fw.session = session{id: id, nonce: m.Nonce, monitor: m.MajorMin > protocol.Major || m.MajorMax < protocol.Major}
		if !fw.flaws.has(flawStillConfirmed) {
			fw.settings.newSession()
		}
		fw.report.reset(protocol.StatusRate)
		fw.replyHello(out)
		fw.event(protocol.EventSession, 1, 0)
		return
	}
	fw.counts.Repeated++
	fw.replyHello(out)
}

// mintSession draws a session number that is not 0 and not the last one.
func (fw *firmware) mintSession() (uint32, error) {
	var b [4]byte
	for {
		if _, err := io.ReadFull(fw.random, b[:]); err != nil {
			return 0, err
		}
		if id := binary.LittleEndian.Uint32(b[:]); id != 0 && id != fw.session.id {
			return id, nil
		}
	}
}

// replyHello answers outside the session: with session 0 and seq 0, so that
// the command lane of the session itself starts at 0 in both directions.
func (fw *firmware) replyHello(out protocol.Header) {
	m := fw.model
	ack := &protocol.HelloAck{
		Nonce: fw.session.nonce, Session: fw.session.id, Major: protocol.Major, Minor: protocol.Minor, Simulated: true,
		Boot: fw.nv.counters.boot, DescriptorLength: uint16(len(fw.descriptor)), DescriptorSHA256: fw.digest,
		Model: m.name, Serial: m.serial, Firmware: fw.update.running.version.String(),
	}
	fw.post(protocol.LaneCommand, protocol.Append(nil, out, ack))
}

// command handles one request of the command lane: newer ones are done and
// their reply kept, the same again gets the kept reply, older ones are dropped.
//
// Model: CommandRepeated, CommandDropped.
func (fw *firmware) command(f protocol.Frame) {
	c := &fw.session.command
	switch {
	case c.seen && f.Seq == c.last && !(f.Type == protocol.TypeArm && fw.flaws.has(flawArmTwice)):
		fw.counts.Repeated++
		if c.kept != nil {
			fw.post(protocol.LaneCommand, c.kept)
		}
		return
	case c.seen && !protocol.Newer(f.Seq, c.last):
		fw.counts.OldSeq++
		return
	}
	before := *c
	*c = lastCommand{seen: true, last: f.Seq}
	if !fw.offers(f.Type) {
		c.kept = fw.unsupported(f)
		return
	}
	m, err := protocol.Decode(f)
	if err != nil {
		fw.counts.Malformed++
		c.kept = fw.reply(f.Header, rejected(f.Type, protocol.CodeMalformed, protocol.NoField, 0))
		return
	}
	answer := fw.execute(m)
	c.kept = fw.reply(f.Header, answer)
	switch a := answer.(type) {
	case *protocol.Rejected:
		if a.Code == protocol.CodeBusy {
			*c = before // not looked at: its seq counts as never seen
		}
	case *protocol.Result:
		if a.Outcome == protocol.OutcomeRunning {
			c.running = a.CommandID
			c.header = replyHeader(f.Header)
			c.header.Seq = fw.session.tx[protocol.LaneCommand] - 1
		}
	}
}

// unsupported answers a request of a type that this pen does not offer, once a
// type and session; never something that is itself an answer. It returns the
// reply, nil for none.
func (fw *firmware) unsupported(f protocol.Frame) []byte {
	fw.counts.Unknown++
	if f.Flags&protocol.HasAck != 0 || fw.session.unsupported[f.Type] {
		return nil
	}
	fw.session.unsupported[f.Type] = true
	return fw.reply(f.Header, rejected(f.Type, protocol.CodeUnsupported, protocol.NoField, 0))
}

// bulk answers each request as it comes, again as often as it comes. A seq that
// fell out of the window is an old one.
func (fw *firmware) bulk(f protocol.Frame) {
	b := &fw.session.bulk
	fw.flaws.answering(fw.steps)
	if b.seen && int16(b.last-f.Seq) >= protocol.BulkWindow {
		fw.counts.OldSeq++
		return
	}
	if !b.seen || protocol.Newer(f.Seq, b.last) {
		b.seen, b.last = true, f.Seq
	}
	if !fw.offers(f.Type) {
		fw.unsupported(f)
		return
	}
	m, err := protocol.Decode(f)
	if err != nil {
		fw.counts.Malformed++
		fw.reply(f.Header, rejected(f.Type, protocol.CodeMalformed, protocol.NoField, 0))
		return
	}
	fw.reply(f.Header, fw.answer(m))
}

// live takes what needs no answer, or an answer that needs none.
func (fw *firmware) live(f protocol.Frame) {
	l := &fw.session.live
	if l.seen && !protocol.Newer(f.Seq, l.last) {
		fw.counts.OldSeq++
		return
	}
	l.seen, l.last = true, f.Seq
	switch f.Type {
	case protocol.TypeLease:
		var m protocol.Lease
		if fw.decoded(&m, f) && !fw.session.monitor {
			fw.lease(&m)
		}
	case protocol.TypeTimeAsk:
		var m protocol.TimeAsk
		if fw.decoded(&m, f) {
			fw.send(&protocol.TimeTell{Sent: m.Sent, Received: fw.clock(), Replied: fw.clock()})
		}
	default:
		fw.counts.Unknown++
	}
}

// refuse answers BUSY to requests that found a full queue. Their seq counts as
// never seen: the retry is done. What would have been dropped without a word is.
func (fw *firmware) refuse(headers []protocol.Header, dropped uint64) {
	fw.counts.Flooded += dropped
	for _, h := range headers {
		fw.counts.Busy++
		wrong := h.Type.Known() && (!h.Type.OnLane(h.Lane) || h.Type.FromPen())
		if wrong || fw.session.id == 0 || h.Session != fw.session.id || h.Flags&protocol.HasAck != 0 {
			continue
		}
		fw.reply(h, rejected(h.Type, protocol.CodeBusy, protocol.NoField, 0))
	}
}
