package conformance

import (
	"stipple/protocol"
)

func payloadCases() []Case {
	return []Case{
		{"payload/longer", "4.2", "bytes behind what the pen knows are ignored", 0, payloadLonger},
		{"payload/short", "4.2", "a request that is too short is REJECTED with MALFORMED", 0, payloadShort},
		{"payload/short-live", "4.2", "a live frame that is too short is dropped without a word", 0, payloadShortLive},
		{"payload/too-many", "4.3", "a list of more than 16 is MALFORMED", 0, payloadTooMany},
		{"payload/cut-list", "4.2", "a list that is cut is MALFORMED", 0, payloadCutList},
		{"payload/read-nothing", "4.3", "DESCRIPTOR_READ of 0 bytes is MALFORMED", 0, payloadReadNothing},
		{"payload/arm-id-0", "4.3", "ARM under arm id 0 is MALFORMED", 0, payloadArmZero},
		{"payload/unknown-command", "4.2", "an unknown type on the command lane is UNSUPPORTED, once per type and session", 0, func(t *trial) { t.unknown(protocol.LaneCommand) }},
		{"payload/unknown-bulk", "4.2", "an unknown type on the bulk lane is UNSUPPORTED, once per type and session", 0, func(t *trial) { t.unknown(protocol.LaneBulk) }},
		{"payload/unknown-retry", "4.2", "the same unknown command again gets the kept reply", 0, payloadUnknownRetry},
		{"payload/unknown-silent", "4.2", "an unknown type on the stop or live lane, or with HAS_ACK, gets no answer", 0, payloadUnknownSilent},
	}
}

// payloadLonger sends each request with three bytes more.
func payloadLonger(t *trial) {
	for _, m := range t.requests() {
		lane := m.Type().Lane()
		if lane != protocol.LaneCommand && lane != protocol.LaneBulk {
			continue
		}
		mark := t.mark()
		h := t.next(lane)
		h.Type = m.Type()
		t.raw(h, append(m.AppendPayload(nil), 0xDE, 0x00, 0xAD))
		r := t.reply(h, mark)
		t.want(!isRejected(r, protocol.CodeMalformed) && !isRejected(r, protocol.CodeUnsupported), "an answer as without these bytes", "%s", describeMessage(r))
	}
	mark, sent := t.mark(), int64(t.random())
	t.raw(func() protocol.Header { h := t.next(protocol.LaneLive); h.Type = protocol.TypeTimeAsk; return h }(),
		append((&protocol.TimeAsk{Sent: sent}).AppendPayload(nil), 1, 2, 3))
	t.await("TIME_TELL in answer to a longer TIME_ASK", answerLimit, mark, func(a arrival) bool {
		m, ok := a.msg.(*protocol.TimeTell)
		return ok && m.Sent == sent
	})
}

// malformed sends a payload, which must be REJECTED with MALFORMED.
func (t *trial) malformed(typ protocol.Type, payload []byte) {
	mark := t.mark()
	h := t.next(typ.Lane())
	h.Type = typ
	t.raw(h, payload)
	t.wantRejected(typ, t.reply(h, mark), protocol.CodeMalformed, protocol.NoField, 0)
}

func payloadShort(t *trial) {
	for _, m := range append(t.requests(), &protocol.Arm{CommandID: t.random() | 1}, &protocol.Clear{CommandID: t.random()}) {
		full := m.AppendPayload(nil)
		if lane := m.Type().Lane(); len(full) == 0 || lane != protocol.LaneCommand && lane != protocol.LaneBulk {
			continue
		}
		t.malformed(m.Type(), full[:len(full)-1])
		t.malformed(m.Type(), nil)
	}
	t.alive()
}

func payloadShortLive(t *trial) {
	mark := t.mark()
	for n := range 8 {
		h := t.next(protocol.LaneLive)
		h.Type = protocol.TypeTimeAsk
		t.raw(h, make([]byte, n))
		h = t.next(protocol.LaneLive)
		h.Type = protocol.TypeLease
		t.raw(h, make([]byte, n))
	}
	t.quiet("no answer to a TIME_ASK that is too short", mark, func(a arrival) bool {
		m, ok := a.msg.(*protocol.TimeTell)
		return anyReply(a) || ok && m.Sent == 0
	})
}

func payloadTooMany(t *trial) {
	const many = protocol.MaxParameters + 1
	fields := append([]byte{1, 0, 0, 0, many}, make([]byte, many*5)...)
	t.malformed(protocol.TypePutSettings, fields)
	ranges := append([]byte{0, 0, 0, 0, 1, 1, 0, many}, make([]byte, many*9)...)
	t.malformed(protocol.TypePutEnvelope, ranges)
}

func payloadCutList(t *trial) {
	settings := putSettings(1, t.least()).AppendPayload(nil)
	t.malformed(protocol.TypePutSettings, settings[:8])
	envelope := putEnvelope(t.widest()).AppendPayload(nil)
	t.malformed(protocol.TypePutEnvelope, envelope[:12])
}

func payloadReadNothing(t *trial) { t.malformed(protocol.TypeDescriptorRead, []byte{0, 0, 0}) }

func payloadArmZero(t *trial) {
	m := &protocol.Arm{CommandID: t.random() << 32, NotAfter: t.tell().Replied}
	t.malformed(protocol.TypeArm, m.AppendPayload(nil))
	t.inState(protocol.StateStandby)
}

// unknownTypes are none of version 1: numbers that SPEC.md leaves free, of which
// none is a maker's own.
func unknownTypes() []protocol.Type { return []protocol.Type{0x7E, 0x7D} }

// unknown sends types that nobody knows: each gets one UNSUPPORTED, in each
// session anew.
func (t *trial) unknown(lane protocol.Lane) {
	for range 2 {
		for _, typ := range unknownTypes() {
			mark := t.mark()
			h := t.next(lane)
			h.Type = typ
			t.raw(h, []byte{1, 2, 3})
			t.wantRejected(typ, t.reply(h, mark), protocol.CodeUnsupported, protocol.NoField, 0)
			mark = t.mark()
			h = t.next(lane)
			h.Type = typ
			t.raw(h, nil)
			t.unanswered("the second request of an unknown type", mark)
		}
		t.hello()
	}
}

func payloadUnknownRetry(t *trial) {
	h := t.next(protocol.LaneCommand)
	h.Type = unknownTypes()[0]
	b := protocol.AppendFrame(nil, h, nil)
	t.twice(h, b, b)
}

func payloadUnknownSilent(t *trial) {
	mark := t.mark()
	for _, lane := range []protocol.Lane{protocol.LaneStop, protocol.LaneLive} {
		h := t.next(lane)
		h.Type = unknownTypes()[0]
		t.raw(h, []byte{1, 2, 3})
	}
	for _, lane := range []protocol.Lane{protocol.LaneCommand, protocol.LaneBulk} {
		h := t.next(lane)
		h.Type, h.Flags = unknownTypes()[0], protocol.HasAck
		t.raw(h, []byte{1, 2, 3})
	}
	t.unanswered("an unknown type that must not be answered", mark)
	t.alive()
}
