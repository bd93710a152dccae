package sim

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"stipple/protocol"
	"stipple/protocol/testdata/vectors"
)

// vectorSession is the session of the golden vectors.
const vectorSession = 0x5EED1234

// vectorRandom has a pen mint the session of the vectors, and after it the
// numbers behind it.
type vectorRandom struct{ drawn uint32 }

func (r *vectorRandom) Read(b []byte) (int, error) {
	binary.LittleEndian.PutUint32(b, vectorSession+r.drawn)
	r.drawn++
	return len(b), nil
}

// vectorPen is a pen that waits for one vector: in its session, or in none.
func vectorPen(t *testing.T, m Model, inSession bool) (*bench, *console) {
	b := newBench(t, Config{Model: m, Seed: 9, Random: new(vectorRandom)})
	c := b.console()
	b.sleep(150 * time.Millisecond)
	if inSession {
		if ack := c.hello(7); ack.Session != vectorSession {
			t.Fatalf("session %08x", ack.Session)
		}
	}
	b.sleep(5 * time.Millisecond)
	c.forget()
	return b, c
}

// vectorReplies are the answers that a pen may give to a request that it has
// taken, beside REJECTED.
var vectorReplies = map[protocol.Type]protocol.Type{
	protocol.TypeHello: protocol.TypeHelloAck, protocol.TypeTipRead: protocol.TypeTipInfo, protocol.TypePutEnvelope: protocol.TypeEnvelope,
	protocol.TypePutSettings: protocol.TypeSettings, protocol.TypeGetSettings: protocol.TypeSettings, protocol.TypeSetRate: protocol.TypeRate,
	protocol.TypeArm: protocol.TypeResult, protocol.TypeClear: protocol.TypeResult, protocol.TypeResultOf: protocol.TypeResult,
	protocol.TypeTipBind: protocol.TypeResult, protocol.TypeCountersRead: protocol.TypeCounters, protocol.TypeCounterReset: protocol.TypeResult,
	protocol.TypeService: protocol.TypeServiceMode, protocol.TypeSelfTest: protocol.TypeResult, protocol.TypeSelfTestRead: protocol.TypeSelfTestReport,
	protocol.TypeTestOutput: protocol.TypeResult, protocol.TypeTestRead: protocol.TypeTestReport, protocol.TypeCalCommit: protocol.TypeResult,
	protocol.TypeCalRestore: protocol.TypeResult, protocol.TypeUTCSet: protocol.TypeResult, protocol.TypeLogErase: protocol.TypeResult,
	protocol.TypeDescriptorRead: protocol.TypeDescriptorChunk, protocol.TypePulseRead: protocol.TypePulsePage, protocol.TypeLogRead: protocol.TypeLogPage,
	protocol.TypeCalRead: protocol.TypeCalTable, protocol.TypeCalWrite: protocol.TypeCalWritten, protocol.TypeFirmwareWrite: protocol.TypeFirmwareWritten,
	protocol.TypeFirmwareBegin: protocol.TypeResult, protocol.TypeFirmwareVerify: protocol.TypeResult, protocol.TypeFirmwareCommit: protocol.TypeResult,
	protocol.TypeFirmwareAbort: protocol.TypeResult, protocol.TypeFirmwareRead: protocol.TypeFirmwareState, protocol.TypeLogNote: protocol.TypeLogNoted,
}

// TestVectors gives each vector that a console sends to a pen and holds what
// comes back, and what the pen has counted, to what the file and SPEC.md
// sections 2.5 and 4.2 say.
func TestVectors(t *testing.T) {
	for _, folder := range []string{"message", "frame"} {
		list, err := vectors.Streams(folder)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range list {
			if v.From != "console" {
				continue
			}
			t.Run(folder+"/"+v.Name, func(t *testing.T) {
				for _, m := range []Model{N1, R1} {
					synctest.Test(t, func(t *testing.T) { checkVector(t, m, v) })
				}
			})
		}
	}
}

func checkVector(t *testing.T, m Model, v vectors.Stream) {
	hello := len(v.Expect) > 0 && v.Expect[0].Name == "HELLO"
	b, c := vectorPen(t, m, !hello)
	before, err := b.pen.Counts()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.conn.Write(v.Bytes); err != nil {
		t.Fatal(err)
	}
	b.sleep(60 * time.Millisecond) // a STATUS or more
	after, err := b.pen.Counts()
	if err != nil {
		t.Fatal(err)
	}
	want := foretell(v.Expect, b.pen.fw.offers)
	got := vectorCounts{after.BadFrames - before.BadFrames, after.WrongLane - before.WrongLane, after.WrongSession - before.WrongSession,
		after.Malformed - before.Malformed, after.Unknown - before.Unknown, after.OldSeq - before.OldSeq}
	if got != want.counts {
		t.Errorf("%s counts %+v, want %+v", m, got, want.counts)
	}
	answers := c.answers()
	if len(answers) != len(want.answers) {
		t.Fatalf("%s answers %+v, want %d", m, answers, len(want.answers))
	}
	for i, check := range want.answers {
		if err := check(answers[i]); err != nil {
			t.Errorf("%s answers %+v %+v: %v", m, answers[i].hdr, answers[i].msg, err)
		}
	}
	// Whatever it was, it has armed nothing and the pen goes on.
	b.do(b.pen.call(func() {
		if fw := b.pen.fw; fw.state.Armed() || fw.arm.id != 0 {
			t.Errorf("%s is %v under %d", m, fw.state, fw.arm.id)
		}
	}))
}

// answers are the frames that came, but for what a pen tells of its own accord.
func (c *console) answers() []received {
	synctest.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []received
	for _, r := range c.got {
		switch r.msg.Type() {
		case protocol.TypeStatus, protocol.TypeEvent:
		default:
			list = append(list, r)
		}
	}
	return list
}

// vectorCounts is how often a pen counts each kind of drop.
type vectorCounts struct{ badFrames, wrongLane, wrongSession, malformed, unknown, oldSeq uint64 }

// foretold is what must come of a vector.
type foretold struct {
	counts  vectorCounts
	answers []func(received) error
}

func (f *foretold) answer(check func(received) error) { f.answers = append(f.answers, check) }

// foretell reads a vector by the rules of the document. A request of a family
// that the pen has not is one of an unknown type.
func foretell(expect []vectors.Outcome, offers func(protocol.Type) bool) (f foretold) {
	live := map[uint16]bool{}
	for _, o := range expect {
		h, typ := o.Header, protocol.Type(o.Header.Type)
		lane := protocol.Lane(h.Lane)
		asks := lane == protocol.LaneCommand || lane == protocol.LaneBulk
		switch {
		case o.Drop != "":
			f.counts.badFrames++
		case typ == protocol.TypeStop:
			if o.Refused == "payload" {
				f.counts.malformed++
			}
			f.answer(stopVector(o))
		case o.Refused == "lane" || o.Refused == "direction":
			f.counts.wrongLane++
		case typ == protocol.TypeHello && o.Refused == "payload":
			f.counts.malformed++
		case typ == protocol.TypeHello:
			f.answer(replied(h, protocol.TypeHelloAck, 0))
		case h.Session != vectorSession:
			f.counts.wrongSession++
		case lane == protocol.LaneLive && live[h.Seq]:
			f.counts.oldSeq++
		case o.Refused == "unknown_type" || asks && !offers(typ):
			live[h.Seq] = live[h.Seq] || lane == protocol.LaneLive
			if lane != protocol.LaneStop {
				f.counts.unknown++
			}
			if asks && h.Flags&uint8(protocol.HasAck) == 0 {
				f.answer(rejectedAs(h, protocol.CodeUnsupported))
			}
		case o.Refused == "payload":
			f.counts.malformed++
			if asks {
				f.answer(rejectedAs(h, protocol.CodeMalformed))
			}
		case lane == protocol.LaneLive:
			live[h.Seq] = true
			if typ == protocol.TypeTimeAsk {
				f.answer(timeTold(o))
			}
		case asks:
			f.answer(replied(h, vectorReplies[typ], vectorSession))
		}
	}
	return f
}

// replied is an answer to h on its lane: the one of its kind, or REJECTED for a
// reason that is not its form.
func replied(h vectors.Header, typ protocol.Type, session uint32) func(received) error {
	return func(r received) error {
		if err := answers(r, h, session); err != nil {
			return err
		}
		if m, ok := r.msg.(*protocol.Rejected); ok {
			if m.Request != protocol.Type(h.Type) || m.Code == protocol.CodeMalformed || m.Code == protocol.CodeOK || m.Code == protocol.CodeBusy {
				return fmt.Errorf("REJECTED %v with %v", m.Request, m.Code)
			}
			return nil
		}
		if r.msg.Type() != typ {
			return fmt.Errorf("want %v or REJECTED", typ)
		}
		return nil
	}
}

func rejectedAs(h vectors.Header, code protocol.Code) func(received) error {
	return func(r received) error {
		want := protocol.Rejected{Request: protocol.Type(h.Type), Code: code, Field: protocol.NoField}
		if m, ok := r.msg.(*protocol.Rejected); !ok || *m != want {
			return fmt.Errorf("want %+v", want)
		}
		return answers(r, h, vectorSession)
	}
}

// answers holds the header of an answer to that of the request.
func answers(r received, h vectors.Header, session uint32) error {
	if r.hdr.Flags&protocol.HasAck == 0 || r.hdr.Ack != h.Seq || uint8(r.hdr.Lane) != h.Lane || r.hdr.Session != session {
		return fmt.Errorf("want an answer to seq %d on lane %d in session %08x", h.Seq, h.Lane, session)
	}
	return nil
}

// stopVector is STOPPED for an ESTOP that may be broken in any way: its nonce
// counts where it is there whole, and it bears the session that ESTOP had.
func stopVector(o vectors.Outcome) func(received) error {
	return func(r received) error {
		var nonce uint32
		if len(o.Payload) >= 4 {
			nonce = binary.LittleEndian.Uint32(o.Payload)
		}
		if m, ok := r.msg.(*protocol.Stopped); !ok || m.Nonce != nonce || !m.NeedleBack || r.hdr.Session != o.Header.Session {
			return fmt.Errorf("want STOPPED of nonce %08x", nonce)
		}
		return nil
	}
}

func timeTold(o vectors.Outcome) func(received) error {
	return func(r received) error {
		m, ok := r.msg.(*protocol.TimeTell)
		if !ok || uint64(m.Sent) != binary.LittleEndian.Uint64(o.Payload) || m.Received == 0 || m.Replied < m.Received {
			return fmt.Errorf("want TIME_TELL of %x", o.Payload[:8])
		}
		return nil
	}
}

// TestVectorsOfStuffing puts each form of the folder "cobs" between two
// delimiters: none of them is a frame, the pen drops it and goes on.
func TestVectorsOfStuffing(t *testing.T) {
	list, err := vectors.COBSCases()
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range list {
		synctest.Test(t, func(t *testing.T) {
			b, c := vectorPen(t, R1, true)
			before, _ := b.pen.Counts()
			if _, err := c.conn.Write(slices.Concat([]byte{0}, v.Stuffed, []byte{0})); err != nil {
				t.Fatal(err)
			}
			if _, ok := c.ask(&protocol.TipRead{}).(*protocol.TipInfo); !ok {
				t.Errorf("%s: the frame behind it got no answer", v.Name)
			}
			after, _ := b.pen.Counts()
			want := uint64(1)
			if len(v.Stuffed) == 0 {
				want = 0 // nothing between two delimiters is no frame
			}
			if got := after.BadFrames - before.BadFrames; got != want {
				t.Errorf("%s: %d frames dropped, want %d", v.Name, got, want)
			}
		})
	}
}

// TestTranscripts plays each file of the folder "session" to both pens.
func TestTranscripts(t *testing.T) {
	list, err := vectors.Sessions()
	if err != nil || len(list) < 10 {
		t.Fatalf("%d transcripts, error %v", len(list), err)
	}
	for _, v := range list {
		t.Run(v.Name, func(t *testing.T) {
			for _, m := range []Model{N1, R1} {
				synctest.Test(t, func(t *testing.T) { playTranscript(t, m, v) })
			}
		})
	}
}

func playTranscript(t *testing.T, m Model, v vectors.Session) {
	b, c := vectorPen(t, m, v.Needs == "session")
	session := uint32(0)
	if v.Needs == "session" {
		session = vectorSession
	}
	first := make(map[int][]byte)
	for i, step := range v.Steps {
		c.forget()
		frame := reseal(t, step, session)
		if _, err := c.conn.Write(frame); err != nil {
			t.Fatal(err)
		}
		b.sleep(50 * time.Millisecond)
		got := c.answers()
		if len(got) != len(step.Expect) {
			t.Fatalf("%s step %d (%s): %d answers %+v, want %d", m, i, step.About, len(got), got, len(step.Expect))
		}
		for j, a := range step.Expect {
			r := got[j]
			if ack, ok := r.msg.(*protocol.HelloAck); ok {
				session = ack.Session
			}
			payload := r.msg.AppendPayload(nil)
			acked := r.hdr.Flags&protocol.HasAck != 0
			if uint8(r.msg.Type()) != a.Type || uint8(r.hdr.Lane) != a.Lane || acked != (a.Ack != nil) || acked && r.hdr.Ack != *a.Ack || !a.Matches(payload) {
				t.Errorf("%s step %d (%s): %+v %x, want %+v", m, i, step.About, r.hdr, payload, a)
			}
			frame := protocol.Append(nil, r.hdr, r.msg)
			if j == 0 {
				first[i] = frame
			}
			if a.SameAs != nil && !bytes.Equal(frame, first[*a.SameAs]) {
				t.Errorf("%s step %d (%s): %x is not the answer of step %d", m, i, step.About, frame, *a.SameAs)
			}
		}
	}
	b.do(b.pen.call(func() {
		if b.pen.fw.state != protocol.StateStandby {
			t.Errorf("%s is left in %v", m, b.pen.fw.state)
		}
	}))
}

// reseal gives a step's frame the session that it is to carry.
func reseal(t *testing.T, s vectors.Step, session uint32) []byte {
	if s.In == "as_is" {
		return s.Send
	}
	f, _, err := new(protocol.Decoder).Next(s.Send)
	if err != nil {
		t.Fatal(err)
	}
	f.Session = session
	if s.In == "other" {
		f.Session++
	}
	return protocol.AppendFrame(nil, f.Header, f.Payload)
}
