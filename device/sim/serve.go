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

	tx      [protocol.LaneCount]uint16 // next seq of each lane
	command struct {
		seen bool
		last uint16
		kept []byte // the reply to last, nil if it had none
	}
	bulk, live struct {
		seen bool
		last uint16
	}
	unsupported [256]bool
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
	Flooded      uint64 `json:"flooded"` // dropped because a queue was full
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
	return protocol.Append(nil, h, m)
}

// reply answers the request with header h on its lane and returns the frame.
func (fw *firmware) reply(h protocol.Header, m protocol.Message) []byte {
	b := fw.encode(protocol.Header{Flags: protocol.HasAck, Ack: h.Seq, Session: h.Session}, h.Lane, m)
	fw.post(h.Lane, b)
	return b
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
		if fw.arm.id != 0 {
			fw.disarm(protocol.PulseDisarmed, "hello")
		}
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
		Model: m.name, Serial: m.serial, Firmware: firmwareVersion,
	}
	fw.post(protocol.LaneCommand, protocol.Append(nil, out, ack))
}

// command handles one request of the command lane: newer ones are done and
// their reply kept, the same again gets the kept reply, older ones are dropped.
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
	c.seen, c.last, c.kept = true, f.Seq, nil
	if !f.Type.Known() {
		c.kept = fw.unsupported(f)
		return
	}
	m, err := protocol.Decode(f)
	if err != nil {
		fw.counts.Malformed++
		c.kept = fw.reply(f.Header, rejected(f.Type, protocol.CodeMalformed, protocol.NoField, 0))
		return
	}
	c.kept = fw.reply(f.Header, fw.execute(m))
}

// execute does one command and returns its reply.
func (fw *firmware) execute(m protocol.Message) protocol.Message {
	if fw.session.monitor {
		return rejected(m.Type(), protocol.CodeState, protocol.NoField, 0)
	}
	switch m := m.(type) {
	case *protocol.TipRead:
		if fw.tip == nil {
			return &protocol.TipInfo{}
		}
		return fw.tip.info()
	case *protocol.PutEnvelope:
		return fw.putEnvelope(m)
	case *protocol.PutSettings:
		return fw.putSettings(m)
	case *protocol.GetSettings:
		return fw.settingsReply(nil, fw.settings.active)
	case *protocol.SetRate:
		rate := min(max(m.PerSecond, protocol.StatusRate), protocol.MaxStatusRate)
		fw.report.every = stepsPerMS * 1000 / int64(rate)
		fw.report.next = min(fw.report.next, fw.steps+fw.report.every)
		return &protocol.Rate{PerSecond: rate}
	case *protocol.Arm:
		return fw.once(m, m.CommandID, func() (protocol.Code, protocol.ArmBlocks) { return fw.armNow(m) })
	case *protocol.Clear:
		return fw.once(m, m.CommandID, func() (protocol.Code, protocol.ArmBlocks) { return fw.clearNow(m) })
	case *protocol.ResultOf:
		return fw.resultOf(m)
	}
	return rejected(m.Type(), protocol.CodeUnsupported, protocol.NoField, 0)
}

// unsupported answers a request of a type that this pen does not know, once a
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

// bulk answers a request that changes nothing, again as often as it comes. A
// seq that fell out of the window is an old one.
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
	if !f.Type.Known() {
		fw.unsupported(f)
		return
	}
	m, err := protocol.Decode(f)
	if err != nil {
		fw.counts.Malformed++
		fw.reply(f.Header, rejected(f.Type, protocol.CodeMalformed, protocol.NoField, 0))
		return
	}
	switch m := m.(type) {
	case *protocol.DescriptorRead:
		fw.reply(f.Header, fw.descriptorChunk(m))
	case *protocol.PulseRead:
		fw.reply(f.Header, fw.pulsePage(m))
	}
}

func (fw *firmware) descriptorChunk(m *protocol.DescriptorRead) protocol.Message {
	n := min(int(m.Max), protocol.MaxChunk)
	if fw.state.Armed() {
		n = min(n, protocol.BulkArmedBytes-chunkHead)
	}
	from := min(int(m.Offset), len(fw.descriptor))
	return &protocol.DescriptorChunk{Offset: m.Offset, Data: fw.descriptor[from:min(from+n, len(fw.descriptor))]}
}

// chunkHead and pageHead are the bytes of DESCRIPTOR_CHUNK and PULSE_PAGE in
// front of what they carry.
const (
	chunkHead = 3
	pageHead  = 9
)

// pulsePage answers with the closed records that the ledger holds from the
// wanted index on; while armed with what a bulk answer may carry then. A record
// that the end of READY has left open for a moment must not look as if it had
// never been: who asks then must ask again.
func (fw *firmware) pulsePage(m *protocol.PulseRead) protocol.Message {
	if fw.run.pulse != nil && !fw.state.Armed() {
		return rejected(protocol.TypePulseRead, protocol.CodeBusy, protocol.NoField, 0)
	}
	most := min(int(m.Max), protocol.MaxPulsesPerPage)
	if fw.state.Armed() {
		most = min(most, (protocol.BulkArmedBytes-pageHead)/protocol.PulseSize)
	}
	page := &protocol.PulsePage{Oldest: fw.nv.oldestPulse(), Newest: fw.closedPulses()}
	if page.Newest == 0 {
		page.Oldest = 0
		return page
	}
	for i := max(m.From, page.Oldest); i <= page.Newest && len(page.Pulses) < most; i++ {
		p, ok, err := fw.nv.pulse(i)
		fw.keepErr(err)
		if ok {
			page.Pulses = append(page.Pulses, p)
		}
		if i == 1<<32-1 {
			break
		}
	}
	return page
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
// never seen: the retry is done.
func (fw *firmware) refuse(headers []protocol.Header, dropped uint64) {
	fw.counts.Flooded += dropped
	for _, h := range headers {
		fw.counts.Busy++
		if fw.session.id == 0 || h.Session != fw.session.id || h.Flags&protocol.HasAck != 0 {
			continue
		}
		fw.reply(h, rejected(h.Type, protocol.CodeBusy, protocol.NoField, 0))
	}
}
