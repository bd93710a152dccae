package conformance

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"strings"

	"stipple/protocol"
	"stipple/protocol/testdata/vectors"
)

// exchangeCases are the golden vectors of whole exchanges, one case each. Their
// frames get the session that is open, and command ids that the pen has not had
// yet, so that they can be played again.
func exchangeCases() []Case {
	all, err := vectors.Sessions()
	if err != nil {
		return []Case{{"exchange/files", "28", "the golden exchanges can be read", 0, func(t *trial) { t.lose(err) }}}
	}
	var list []Case
	for _, v := range all {
		needs := Need(0)
		if v.Needs == "reset" {
			needs = NeedReset
		}
		list = append(list, Case{"exchange/" + strings.ReplaceAll(v.Name, "_", "-"), "28", v.About, needs, func(t *trial) { t.exchange(v) }})
	}
	return list
}

// exchange plays one and expects each answer, and no other.
func (t *trial) exchange(v vectors.Session) {
	if v.Needs == "reset" {
		t.cut()
	} else {
		t.hello() // in which nothing has been sent yet
	}
	p := player{t: t, session: t.session, ids: map[uint64]uint64{}}
	if v.Needs == "reset" {
		p.session = 0
	}
	for i, step := range v.Steps {
		if t.over() {
			break
		}
		p.step(step)
		if t.failed != nil {
			t.failed.expected = fmt.Sprintf("step %d, %s: %s", i, step.About, t.failed.expected)
		}
	}
	t.hello()
}

// player is an exchange under way.
type player struct {
	t       *trial
	session uint32
	ids     map[uint64]uint64 // the vectors' command ids, and what stands for them
	firsts  []arrival         // the first answer of each step
}

func (p *player) step(s vectors.Step) {
	t := p.t
	frame := p.frame(s)
	mark := t.mark()
	t.write(frame)
	if len(s.Expect) == 0 {
		t.wait(quietTime + t.s.roundTrip)
	}
	var got []arrival
	for _, want := range s.Expect {
		a := t.await(want.Name, answerLimit, mark, func(a arrival) bool { return p.counts(a) && !p.known(got, a) })
		if t.over() {
			return
		}
		got = append(got, a)
		p.compare(want, a)
	}
	if extra, came := t.look(0, mark, func(a arrival) bool { return p.counts(a) && !p.known(got, a) }); came {
		t.fail(fmt.Sprintf("%d answers and no more", len(s.Expect)), "%s", describe(extra))
	}
	first := arrival{}
	if len(got) > 0 {
		first = got[0]
	}
	p.firsts = append(p.firsts, first)
}

// counts says whether a frame may be an answer: STATUS and EVENT come of their
// own accord.
func (p *player) counts(a arrival) bool {
	return a.Type != protocol.TypeStatus && a.Type != protocol.TypeEvent
}

func (p *player) known(got []arrival, a arrival) bool {
	for _, g := range got {
		if g.at.Equal(a.at) && bytes.Equal(frameOf(g), frameOf(a)) {
			return true
		}
	}
	return false
}

// compare holds one answer to what the vector says of it.
func (p *player) compare(want vectors.Answer, a arrival) {
	t := p.t
	acked := a.Flags&protocol.HasAck != 0
	header := uint8(a.Type) == want.Type && uint8(a.Lane) == want.Lane && acked == (want.Ack != nil) && (!acked || a.Ack == *want.Ack)
	t.want(header, fmt.Sprintf("%s on lane %d", want.Name, want.Lane), "%s on lane %d", describe(a), a.Lane)
	want.Payload = p.pattern(want.Payload)
	t.want(want.Matches(a.payload), want.Name+" "+want.Payload, "%x", a.payload)
	if want.SameAs != nil {
		first := p.firsts[*want.SameAs]
		t.want(bytes.Equal(frameOf(a), frameOf(first)), fmt.Sprintf("the answer of step %d again: %x", *want.SameAs, frameOf(first)), "%x", frameOf(a))
	}
	if ack, ok := a.msg.(*protocol.HelloAck); ok {
		p.session = ack.Session
		t.join(ack.Session, t.mark())
	}
}

// frame is a step's frame for this pen.
func (p *player) frame(s vectors.Step) []byte {
	f, _, err := new(protocol.Decoder).Next(s.Send)
	if s.In == "as_is" || err != nil {
		return s.Send
	}
	h := f.Header
	h.Session = p.session
	if s.In == "other" {
		h.Session++
	}
	payload := bytes.Clone(f.Payload)
	if m, err := protocol.Decode(f); err == nil {
		p.renew(m, payload)
	}
	p.t.s.watch.asked(h)
	return protocol.AppendFrame(nil, h, payload)
}

// renew puts a command id of this run in place of the vector's, which every
// message that has one carries first.
func (p *player) renew(m protocol.Message, payload []byte) {
	var id uint64
	switch m := m.(type) {
	case protocol.Once:
		id = m.ID()
	case *protocol.ResultOf:
		id = m.CommandID
	default:
		return
	}
	if p.ids[id] == 0 {
		p.ids[id] = p.t.commandID()
	}
	binary.LittleEndian.PutUint64(payload, p.ids[id])
}

// pattern is a payload's pattern with the ids of this run.
func (p *player) pattern(payload string) string {
	for was, is := range p.ids {
		if rest, ok := strings.CutPrefix(payload, hexID(was)); ok {
			return hexID(is) + rest
		}
	}
	return payload
}

func hexID(id uint64) string { return hex.EncodeToString(binary.LittleEndian.AppendUint64(nil, id)) }
