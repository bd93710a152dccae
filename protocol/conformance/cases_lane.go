package conformance

import (
	"bytes"
	"fmt"
	"time"

	"stipple/protocol"
)

func laneCases() []Case {
	return []Case{
		{"lane/wrong-lane", "2.5", "a known type on another lane is dropped without a word", 0, laneWrong},
		{"lane/wrong-direction", "2.5", "what only a pen sends is dropped without a word", 0, laneDirection},
		{"lane/reply-header", "3", "a reply carries the request's seq in ack, with HAS_ACK, on its lane", 0, laneReplyHeader},
		{"lane/command-retry", "3", "the same seq again gets the kept reply, byte for byte", 0, laneRetry},
		{"lane/command-retry-other-content", "3", "the same seq with other content gets the kept reply and does nothing else", 0, laneRetryOther},
		{"lane/command-retry-refusal", "3", "a refusal has used its seq and is the kept reply", 0, laneRetryRefusal},
		{"lane/command-late", "3", "a late copy of an older request is dropped without a word", 0, laneLate},
		{"lane/command-gap", "3", "a newer seq with a gap is carried out", 0, laneGap},
		{"lane/command-wrap", "3", "seq wraps from 65535 to 0", 0, laneWrap},
		{"lane/command-far", "3", "seq 32,768 ahead is no newer one", 0, laneFar},
		{"lane/command-prompt", "3", "a command is answered within 100 ms", 0, lanePrompt},
		{"lane/bulk-repeat", "3", "a bulk request is answered as often as it comes, under its own seq", 0, laneBulkRepeat},
		{"lane/bulk-window", "3", "8 bulk requests may be outstanding; one 8 behind the newest is dropped", 0, laneBulkWindow},
		{"lane/live-old", "3", "a live frame that is not newer is dropped", 0, laneLiveOld},
		{"lane/lanes-independent", "3", "the lanes count apart from each other", 0, laneIndependent},
	}
}

// requests are one of each message that a console of version 1.0 sends, all
// harmless to a pen in STANDBY, except HELLO and ESTOP.
func (t *trial) requests() []protocol.Message {
	return []protocol.Message{
		&protocol.Disarm{}, &protocol.TipRead{}, putEnvelope(t.widest()), putSettings(1, t.least()), &protocol.GetSettings{},
		&protocol.SetRate{PerSecond: protocol.StatusRate}, &protocol.ResultOf{CommandID: t.random()},
		&protocol.DescriptorRead{Max: 1}, &protocol.PulseRead{}, &protocol.TimeAsk{},
	}
}

func laneWrong(t *trial) {
	for _, m := range append(t.requests(), &protocol.Hello{MajorMin: 1, MajorMax: 1, Nonce: t.random()}) {
		mark := t.mark()
		for _, lane := range []protocol.Lane{0, 1, 2, 3, 4, 255} {
			if m.Type().OnLane(lane) {
				continue
			}
			h := protocol.Header{Session: t.session, Lane: lane, Type: m.Type(), Seq: t.seq[protocol.LaneCommand]}
			if m.Type() == protocol.TypeHello {
				h.Session = 0
			}
			t.write(protocol.AppendFrame(nil, h, m.AppendPayload(nil)))
		}
		t.unanswered(m.Type().String()+" on a wrong lane", mark)
	}
	t.alive()
}

func laneDirection(t *trial) {
	mark := t.mark()
	for _, m := range []protocol.Message{
		&protocol.Stopped{Nonce: 1}, &protocol.HelloAck{Nonce: 1, Session: 1, Major: 1}, &protocol.TipInfo{ID: 1}, &protocol.EnvelopeReply{},
		&protocol.SettingsReply{Applied: true}, &protocol.Rate{PerSecond: 200}, &protocol.Result{Outcome: protocol.OutcomeDone}, &protocol.Rejected{},
		&protocol.DescriptorChunk{}, &protocol.PulsePage{}, &protocol.Status{State: protocol.StateReady}, &protocol.Pulse{Index: 1},
		&protocol.Event{Index: 1, Code: 1}, &protocol.TimeTell{},
	} {
		h := t.head(m)
		t.write(protocol.Append(nil, h, m))
		h.Flags = protocol.HasAck
		t.write(protocol.Append(nil, h, m))
	}
	t.unanswered("what only a pen sends", mark)
	t.inState(protocol.StateStandby)
	t.alive()
}

func laneReplyHeader(t *trial) {
	for _, m := range []protocol.Message{&protocol.TipRead{}, &protocol.GetSettings{}, &protocol.DescriptorRead{Max: 8}, &protocol.PulseRead{}} {
		mark := t.mark()
		h := t.put(m)
		a := t.await("a reply to "+h.Type.String(), answerLimit, mark, func(a arrival) bool { return a.Lane == h.Lane })
		t.want(t.over() || a.Flags == protocol.HasAck && a.Ack == h.Seq && a.Session == h.Session,
			fmt.Sprintf("HAS_ACK, ack %d, session %#x", h.Seq, h.Session), "flags %#x, ack %d, session %#x", uint8(a.Flags), a.Ack, a.Session)
	}
}

// frameOf is a frame as it stood on the wire, without its delimiters' number.
func frameOf(a arrival) []byte { return protocol.AppendFrame(nil, a.Header, a.payload) }

// twice sends a request, and second under the same seq, and expects the same
// reply again, byte for byte.
func (t *trial) twice(h protocol.Header, first, second []byte) arrival {
	mark := t.mark()
	t.s.watch.asked(h)
	t.write(first)
	kept := t.await("a reply to "+h.Type.String(), answerLimit, mark, answers(h))
	mark = t.mark()
	t.write(second)
	again := t.await("the kept reply, again", answerLimit, mark, answers(h))
	t.want(bytes.Equal(frameOf(kept), frameOf(again)), fmt.Sprintf("the kept reply %x", frameOf(kept)), "%x", frameOf(again))
	return kept
}

func laneRetry(t *trial) {
	for _, m := range []protocol.Message{&protocol.TipRead{}, &protocol.GetSettings{}, &protocol.SetRate{PerSecond: protocol.StatusRate}, putEnvelope(t.widest())} {
		h := t.head(m)
		h.Type = m.Type()
		b := protocol.Append(nil, h, m)
		t.twice(h, b, b)
	}
}

func laneRetryOther(t *trial) {
	t.limit(t.widest())
	before := t.set(t.least())
	read := &protocol.GetSettings{}
	h := t.head(read)
	h.Type = read.Type()
	put := h
	put.Type = protocol.TypePutSettings
	other := with(t.least(), 0, t.s.desc.Parameters[0].Max)
	t.twice(h, protocol.Append(nil, h, read), protocol.Append(nil, put, putSettings(before.Generation+1, other)))
	after := ask[protocol.SettingsReply](t, &protocol.GetSettings{})
	t.want(after.Generation == before.Generation && after.Hash == before.Hash, describeMessage(&before), "%s", describeMessage(after))
}

func laneRetryRefusal(t *trial) {
	h := t.next(protocol.LaneCommand)
	h.Type = protocol.TypeSetRate
	b := protocol.AppendFrame(nil, h, []byte{1})
	kept := t.twice(h, b, b)
	t.wantRejected(h.Type, kept.msg, protocol.CodeMalformed, protocol.NoField, 0)
	t.alive()
}

func laneLate(t *trial) {
	first, h := t.probe()
	t.answered(first, h)
	t.alive()
	mark := t.mark()
	t.write(first)
	t.unanswered("a request that is older than the last one", mark)
	t.alive()
}

func laneGap(t *trial) {
	t.alive()
	t.seq[protocol.LaneCommand] += 1000
	t.alive()
}

func laneWrap(t *trial) {
	t.seq[protocol.LaneCommand] = 65534 // the first of a session is newer than nothing, whatever its seq
	for range 4 {
		t.alive()
	}
}

func laneFar(t *trial) {
	t.alive()
	mark := t.mark()
	h := protocol.Header{Session: t.session, Seq: t.seq[protocol.LaneCommand] - 1 + 1<<15}
	t.write(protocol.Append(nil, h, &protocol.TipRead{}))
	t.unanswered("a request 32,768 ahead", mark)
	t.alive()
}

func lanePrompt(t *trial) {
	limit := promptAnswer + t.s.roundTrip + hostSlack
	for _, m := range []protocol.Message{&protocol.TipRead{}, &protocol.GetSettings{}, putEnvelope(t.widest()), putSettings(t.nextGeneration(), t.least()), t.clearOf(0)} {
		sent := time.Now()
		t.request(m)
		took := time.Since(sent)
		t.want(took <= limit, fmt.Sprintf("%v answered within %v, the line's and this computer's share included", m.Type(), limit), "%v", took)
	}
}

func laneBulkRepeat(t *trial) {
	m := &protocol.DescriptorRead{Offset: 3, Max: 16}
	mark := t.mark()
	h := t.put(m)
	first := as[protocol.DescriptorChunk](t, h.Type, t.reply(h, mark))
	for range 3 {
		mark = t.mark()
		t.send(h, m)
		again := as[protocol.DescriptorChunk](t, h.Type, t.reply(h, mark))
		t.want(bytes.Equal(again.Data, first.Data), fmt.Sprintf("%q", first.Data), "%q", again.Data)
	}
}

func laneBulkWindow(t *trial) {
	mark := t.mark()
	var list []protocol.Message
	for i := range protocol.BulkWindow {
		list = append(list, &protocol.DescriptorRead{Offset: uint16(i), Max: 1})
	}
	headers := t.putAll(list...)
	for i, h := range headers {
		chunk := as[protocol.DescriptorChunk](t, h.Type, t.reply(h, mark))
		t.want(t.over() || chunk.Offset == uint16(i), fmt.Sprintf("the chunk from %d", i), "%+v", chunk)
	}
	mark = t.mark()
	t.send(headers[0], list[0]) // 7 behind the newest
	t.reply(headers[0], mark)
	h := t.put(list[0])
	t.reply(h, mark)
	mark = t.mark()
	t.send(headers[0], list[0]) // 8 behind
	t.unanswered("a bulk request 8 behind the newest", mark)
}

func laneLiveOld(t *trial) {
	t.tell()
	mark, sent := t.mark(), int64(t.random())
	h := protocol.Header{Session: t.session, Seq: t.seq[protocol.LaneLive] - 1}
	t.write(protocol.Append(nil, h, &protocol.TimeAsk{Sent: sent}))
	h.Seq -= 100
	t.write(protocol.Append(nil, h, &protocol.TimeAsk{Sent: sent}))
	t.quiet("no answer to a TIME_ASK with an old seq", mark, func(a arrival) bool {
		m, ok := a.msg.(*protocol.TimeTell)
		return ok && m.Sent == sent
	})
}

func laneIndependent(t *trial) {
	t.seq = [protocol.LaneCount]uint16{7, 40_000, 3, 65_535}
	for range 3 {
		t.alive()
		ask[protocol.DescriptorChunk](t, &protocol.DescriptorRead{Max: 1})
		t.tell()
	}
}
