package conformance

import (
	"fmt"

	"stipple/protocol"
)

func floodCases() []Case {
	return []Case{
		{"flood/commands", "23", "in a flood of commands each is answered or refused with BUSY, and a retry of the refused is done", 0, floodCommands},
		{"flood/bulk", "23", "in a flood of bulk requests each is answered, refused with BUSY, or dropped as an old one", 0, floodBulk},
		{"flood/live", "23", "a flood of live frames costs live frames only", 0, floodLive},
		{"flood/hellos", "23", "a flood of hellos leaves one session: the last", 0, floodHellos},
		{"flood/ready", "23", "a flood on every lane keeps neither lease nor arm id alive, and takes neither away", NeedReady, floodReady},
	}
}

func floodCommands(t *trial) {
	before := ask[protocol.SettingsReply](t, &protocol.GetSettings{})
	first, mark := t.seq[protocol.LaneCommand], t.mark()
	t.write(t.flood(protocol.LaneCommand))
	last := t.seq[protocol.LaneCommand] - 1
	t.wait(t.s.floodShare() + quietTime)
	list, _, _ := t.s.line.since(mark)
	answered := map[uint16]bool{}
	for _, a := range list {
		if a.Lane == protocol.LaneCommand && a.Session == t.session {
			answered[a.Ack] = true
			_, rate := a.msg.(*protocol.Rate)
			t.want(rate || isRejected(a.msg, protocol.CodeBusy), "RATE, or REJECTED with BUSY", "%s", describe(a))
		}
	}
	t.want(t.over() || len(answered) > 0, fmt.Sprintf("answers to seq %d to %d", first, last), "none")
	// What was refused counts as never seen, so the retry of the last is done.
	mark = t.mark()
	h := protocol.Header{Type: protocol.TypeSetRate, Session: t.session, Lane: protocol.LaneCommand, Seq: last}
	t.send(h, &protocol.SetRate{PerSecond: protocol.StatusRate})
	as[protocol.Rate](t, h.Type, t.reply(h, mark))
	after := ask[protocol.SettingsReply](t, &protocol.GetSettings{})
	t.want(t.over() || fmt.Sprint(*after) == fmt.Sprint(*before), describeMessage(before), "%s", describeMessage(after))
}

func floodBulk(t *trial) {
	mark := t.mark()
	t.write(t.flood(protocol.LaneBulk))
	t.wait(t.s.floodShare() + quietTime)
	list, _, _ := t.s.line.since(mark)
	for _, a := range list {
		if a.Lane == protocol.LaneBulk && a.Session == t.session {
			_, chunk := a.msg.(*protocol.DescriptorChunk)
			t.want(chunk || isRejected(a.msg, protocol.CodeBusy), "DESCRIPTOR_CHUNK, or REJECTED with BUSY", "%s", describe(a))
		}
	}
	ask[protocol.DescriptorChunk](t, &protocol.DescriptorRead{Max: 1})
}

func floodLive(t *trial) {
	mark := t.mark()
	t.write(t.flood(protocol.LaneLive))
	t.alive()
	t.wait(t.s.floodShare() + quietTime)
	t.tell()
	if a, came := t.look(0, mark, func(a arrival) bool { return a.Lane == protocol.LaneBulk || a.Lane == protocol.LaneStop }); came {
		t.fail("no answer on another lane", "%s", describe(a))
	}
	t.inState(protocol.StateStandby)
}

func floodHellos(t *trial) {
	const many = 40
	var b []byte
	m := &protocol.Hello{MajorMin: 1, MajorMax: 1}
	for range many {
		m.Nonce = t.random()
		b = protocol.Append(b, protocol.Header{}, m)
	}
	t.write(b)
	t.wait(t.s.floodShare() + quietTime)
	t.hello()
	t.alive()
	t.inState(protocol.StateStandby)
}

func floodReady(t *trial) {
	if t.s.floodTime > slowFlood {
		t.skip("on this line leases would wait behind a flood")
	}
	id := t.ready()
	for _, lane := range []protocol.Lane{protocol.LaneBulk, protocol.LaneCommand, protocol.LaneCount} {
		t.write(t.flood(lane))
		t.wait(protocol.LeaseRF)
		s := t.inState(protocol.StateReady)
		t.want(t.over() || s.ArmID == id, fmt.Sprintf("READY under %#x", id), "%s", describeStatus(s))
	}
	mark := t.mark()
	after, before, clock := t.lastLease(id)
	t.write(t.flood(protocol.LaneBulk))
	t.expires(mark, rfLimit(after, clock), rfLimit(before, clock))
}

func replayCases() []Case {
	return []Case{
		{"replay/arm", "7", "what was recorded of a session arms nothing when it is replayed into the next", NeedReady, replayArm},
		{"replay/settings", "7", "it sets nothing", 0, replaySettings},
		{"replay/whole", "7", "a whole recorded session, HELLO included, only ends what was open: STANDBY, nothing confirmed", NeedReady, replayWhole},
		{"replay/leases", "7", "recorded leases of an earlier session keep nothing alive", NeedReady, replayLeases},
	}
}

// tape is what a case has written since recording began.
type tape struct{ frames [][]byte }

func (p *tape) add(h protocol.Header, m protocol.Message) {
	p.frames = append(p.frames, protocol.Append(nil, h, m))
}

// replay writes everything again, as it was.
func (t *trial) replay(p *tape) {
	for _, f := range p.frames {
		t.write(f)
	}
}

// recorded does a session up to READY and keeps what the console says in it.
func (t *trial) recorded(hello *protocol.Hello) *tape {
	p := &tape{}
	mark := t.mark()
	p.add(protocol.Header{}, hello)
	t.send(protocol.Header{}, hello)
	ack := as[protocol.HelloAck](t, hello.Type(), t.await("HELLO_ACK", answerLimit, mark, func(a arrival) bool { return a.Type == protocol.TypeHelloAck }).msg)
	t.join(ack.Session, mark)
	say := func(m protocol.Message) protocol.Message {
		mark := t.mark()
		h := t.put(m)
		p.add(h, m)
		return t.reply(h, mark)
	}
	say(putEnvelope(t.widest()))
	set := putSettings(t.nextGeneration(), t.least())
	reply := as[protocol.SettingsReply](t, set.Type(), say(set))
	arm := t.armWith(reply.Hash)
	r := as[protocol.Result](t, arm.Type(), say(arm))
	t.want(r.Outcome == protocol.OutcomeDone, "ARM to be DONE", "%s", describeMessage(r))
	for range 3 {
		lease := &protocol.Lease{ArmID: arm.ArmID(), Clock: t.fresh()}
		p.add(t.put(lease), lease)
	}
	return p
}

func (t *trial) newHello() *protocol.Hello {
	return &protocol.Hello{MajorMin: protocol.Major, MajorMax: protocol.Major, Nonce: t.random()}
}

func replayArm(t *trial) {
	p := t.recorded(t.newHello())
	t.hello()
	t.confirm(t.least())
	mark := t.mark()
	p.frames = p.frames[1:]
	t.replay(p)
	t.unanswered("frames of an earlier session", mark)
	s := t.inState(protocol.StateStandby)
	t.want(s.ArmID == 0, "nothing armed", "%s", describeStatus(s))
}

func replaySettings(t *trial) {
	p := &tape{}
	t.limit(t.widest())
	set := putSettings(t.nextGeneration()+10, t.least())
	p.add(protocol.Header{Session: t.session, Seq: t.seq[protocol.LaneCommand]}, putEnvelope(t.exactly(t.least())))
	p.add(protocol.Header{Session: t.session, Seq: t.seq[protocol.LaneCommand] + 1}, set)
	t.hello()
	before := ask[protocol.SettingsReply](t, &protocol.GetSettings{})
	mark := t.mark()
	t.replay(p)
	t.unanswered("settings of an earlier session", mark)
	after := ask[protocol.SettingsReply](t, &protocol.GetSettings{})
	t.want(t.over() || after.Generation == before.Generation && after.Hash == before.Hash, describeMessage(before), "%s", describeMessage(after))
}

func replayWhole(t *trial) {
	p := t.recorded(t.newHello())
	t.hello() // another session in between, so that the nonce is not that of the open one
	t.ready()
	t.stopLeasing()
	mark := t.mark()
	t.replay(p)
	ack := as[protocol.HelloAck](t, protocol.TypeHello, t.await("HELLO_ACK to the recorded HELLO", answerLimit, mark, func(a arrival) bool { return a.Type == protocol.TypeHelloAck }).msg)
	t.join(ack.Session, mark)
	t.wait(quietTime)
	s := t.inState(protocol.StateStandby)
	t.want(s.ArmID == 0 && s.Flags&protocol.FlagSettings == 0, "nothing armed, nothing confirmed", "%s", describeStatus(s))
}

func replayLeases(t *trial) {
	p := t.recorded(t.newHello())
	t.hello()
	id, mark, armed := t.armBare()
	t.replay(&tape{p.frames[len(p.frames)-3:]})
	t.expires(mark, armed.Add(protocol.LeaseRF), armed.Add(protocol.LeaseRF))
	t.want(id != 0, "an arm id", "0")
}
