package conformance

import (
	"fmt"
	"strings"

	"stipple/protocol"
	"stipple/protocol/testdata/vectors"
)

// vectorCases are the golden vectors that a console sends, one case for each
// message and one for each folder of broken bytes. A message is sent under the
// header of the session that is open, because a pen takes no other. What a good
// vector would leave behind for good is not sent.
func vectorCases() []Case {
	message := func(typ protocol.Type) Case {
		name := strings.ReplaceAll(strings.ToLower(typ.String()), "_", "-")
		return Case{"vectors/" + name, "28", "the golden vectors of " + typ.String(), 0, func(t *trial) { t.vectorsOf(typ) }}
	}
	var list []Case
	for _, typ := range vectorTypes() {
		list = append(list, message(typ))
	}
	return append(list,
		Case{"vectors/from-pen", "28", "the golden vectors of what only a pen sends: dropped", 0, vectorsFromPen},
		Case{"vectors/frame", "28", "the golden vectors of broken and foreign frames: skipped, and the next request is answered", 0, vectorsFrame},
		Case{"vectors/cobs", "28", "the golden vectors of stuffing, as frames: skipped", 0, vectorsCOBS},
		Case{"vectors/judge", "28", "the golden vectors of envelopes and settings, where pen and tip are like theirs: judged as they say", 0, vectorsJudge},
	)
}

// vectorTypes are the messages that a console sends.
func vectorTypes() []protocol.Type {
	var list []protocol.Type
	for typ := protocol.Type(1); typ < 0x80; typ++ {
		if typ.Known() && !typ.FromPen() {
			list = append(list, typ)
		}
	}
	return list
}

// leavesMark says whether a good vector of the type may change what can't be put
// back: of these only the bad ones are sent.
func leavesMark(typ protocol.Type) bool {
	switch typ {
	case protocol.TypePutEnvelope, protocol.TypePutSettings, protocol.TypeArm, protocol.TypeClear:
		return false
	}
	return protocol.RolesOf(typ) != nil || typ == protocol.TypeFirmwareWrite
}

// streams are the vectors of a folder that a console sends.
func (t *trial) streams(folder string) []vectors.Stream {
	all, err := vectors.Streams(folder)
	if err != nil {
		t.lose(err)
	}
	var list []vectors.Stream
	for _, s := range all {
		if s.From == "console" {
			list = append(list, s)
		}
	}
	return list
}

// vectorsOf sends each vector of one message and expects what SPEC.md says of
// it.
func (t *trial) vectorsOf(typ protocol.Type) {
	t.needs(typ)
	n := 0
	for _, v := range t.streams("message") {
		if len(v.Expect) != 1 || v.Expect[0].Header.Type != uint8(typ) || t.over() {
			continue
		}
		n++
		if v.Expect[0].Refused == "" && leavesMark(typ) {
			continue
		}
		t.vector(typ, v.Expect[0])
		if t.failed != nil {
			t.failed.expected = v.Name + ": " + t.failed.expected
		}
	}
	t.want(t.over() || n > 0, "golden vectors of "+typ.String(), "none in testdata/vectors")
}

func (t *trial) vector(typ protocol.Type, o vectors.Outcome) {
	lane := protocol.Lane(o.Header.Lane)
	h := protocol.Header{Type: typ, Lane: lane, Flags: protocol.Flags(o.Header.Flags), Session: t.session}
	switch {
	case typ == protocol.TypeStop:
		nonce := new(protocol.Stop)
		if nonce.DecodePayload(o.Payload) != nil {
			nonce.Nonce = 0
		}
		t.stopAndClear(h, o.Payload, nonce.Nonce)
		return
	case typ == protocol.TypeHello:
		h.Session = 0
	case lane < protocol.LaneCount:
		n := t.next(lane)
		h.Seq = n.Seq
	}
	mark := t.mark()
	t.raw(h, o.Payload)
	switch {
	case o.Refused == "payload" && typ != protocol.TypeHello && (lane == protocol.LaneCommand || lane == protocol.LaneBulk):
		t.wantRejected(typ, t.reply(h, mark), protocol.CodeMalformed, protocol.NoField, 0)
	case o.Refused != "":
		t.unanswered(typ.String()+" that is not taken", mark)
	default:
		t.vectorTaken(h, o.Payload, mark)
	}
}

// vectorTaken expects the answer to a good vector. Its content is that of
// another pen, so what depends on the pen may be refused, but not as malformed.
func (t *trial) vectorTaken(h protocol.Header, payload []byte, mark int) {
	switch h.Type {
	case protocol.TypeHello:
		var m protocol.Hello
		if err := m.DecodePayload(payload); err != nil {
			t.lose(fmt.Errorf("golden vector: %w", err))
			return
		}
		a := t.await("HELLO_ACK", answerLimit, mark, func(a arrival) bool {
			ack, ok := a.msg.(*protocol.HelloAck)
			return ok && ack.Nonce == m.Nonce
		})
		if a.msg != nil {
			t.join(a.msg.(*protocol.HelloAck).Session, mark)
		}
		t.hello() // one that may do everything
	case protocol.TypeDisarm, protocol.TypeLease:
		t.unanswered(h.Type.String(), mark)
		t.inState(protocol.StateStandby)
	case protocol.TypeTimeAsk:
		var m protocol.TimeAsk
		if err := m.DecodePayload(payload); err != nil {
			t.lose(fmt.Errorf("golden vector: %w", err))
			return
		}
		t.await("TIME_TELL with its clock", answerLimit, mark, func(a arrival) bool {
			tell, ok := a.msg.(*protocol.TimeTell)
			return ok && tell.Sent == m.Sent
		})
	default:
		r := t.reply(h, mark)
		t.want(t.over() || answersVector(h.Type, r), "the answer to a "+h.Type.String()+" that can be read", "%s", describeMessage(r))
	}
}

// answersVector says whether r may answer a request of the type in a fresh
// session of any pen.
func answersVector(typ protocol.Type, r protocol.Message) bool {
	switch r := r.(type) {
	case *protocol.TipInfo:
		return typ == protocol.TypeTipRead
	case *protocol.EnvelopeReply:
		return typ == protocol.TypePutEnvelope
	case *protocol.SettingsReply:
		return typ == protocol.TypeGetSettings
	case *protocol.Rate:
		return typ == protocol.TypeSetRate
	case *protocol.Result:
		return typ == protocol.TypeResultOf || (typ == protocol.TypeArm || typ == protocol.TypeClear) && r.Outcome == protocol.OutcomeRejected
	case *protocol.DescriptorChunk:
		return typ == protocol.TypeDescriptorRead
	case *protocol.PulsePage:
		return typ == protocol.TypePulseRead
	case *protocol.LogPage:
		return typ == protocol.TypeLogRead
	case *protocol.Counters:
		return typ == protocol.TypeCountersRead
	case *protocol.SelfTestReport:
		return typ == protocol.TypeSelfTestRead
	case *protocol.TestReport:
		return typ == protocol.TypeTestRead
	case *protocol.CalTableReply:
		return typ == protocol.TypeCalRead
	case *protocol.FirmwareState:
		return typ == protocol.TypeFirmwareRead
	case *protocol.Rejected:
		return r.Code == protocol.CodeRole && protocol.RolesOf(typ) != nil ||
			typ == protocol.TypeCalRead && r.Code == protocol.CodeRange ||
			typ == protocol.TypePutEnvelope && r.Code == protocol.CodeEnvelope || typ == protocol.TypePutSettings && r.Code == protocol.CodeNoEnvelope
	}
	return false
}

func vectorsFromPen(t *trial) {
	mark, n := t.mark(), 0
	for _, v := range t.streams("message") {
		for _, o := range v.Expect {
			typ := protocol.Type(o.Header.Type)
			if !typ.FromPen() {
				continue
			}
			n++
			h := t.next(protocol.Lane(o.Header.Lane))
			h.Type, h.Flags, h.Ack = typ, protocol.Flags(o.Header.Flags), o.Header.Ack
			t.write(protocol.AppendFrame(nil, h, o.Payload))
		}
	}
	t.want(n > 0, "golden vectors from a pen, echoed", "none in testdata/vectors")
	t.unanswered("what only a pen sends", mark)
	t.inState(protocol.StateStandby)
}

func vectorsFrame(t *trial) {
	var list []junk
	for _, v := range t.streams("frame") {
		if len(v.Expect) == 1 && v.Expect[0].Header.Type == uint8(protocol.TypeStop) {
			t.vector(protocol.TypeStop, v.Expect[0])
			continue
		}
		list = append(list, junk{"vector " + v.Name, v.Bytes})
	}
	t.recoversAll(list)
}

func vectorsCOBS(t *trial) {
	all, err := vectors.COBSCases()
	if err != nil {
		t.lose(err)
	}
	var list []junk
	for _, v := range all {
		list = append(list, junk{"vector " + v.Name, append(append([]byte{0}, v.Stuffed...), 0)})
	}
	t.recoversAll(list)
}
