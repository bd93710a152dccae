package protocol

import (
	"encoding/hex"
	"strings"
	"testing"

	"stipple/protocol/testdata/vectors"
)

// The transcripts below need nothing of a pen but that it is one: no tip, no
// hand on the trigger, no kind. What differs from pen to pen is a wildcard.

// transcript is one case of the folder "session".
type transcript struct {
	name, about, needs string
	steps              []exchange
}

// exchange is one frame to the pen and what it answers.
type exchange struct {
	about  string
	frame  []byte
	in     string
	expect []fields
}

// to is a frame to the pen in its own session.
func to(about string, seq uint16, m Message, expect ...fields) exchange {
	return exchange{about, Append(nil, Header{Seq: seq, Session: sampleSession}, m), "pen", expect}
}

// toRaw is the same with any header and payload.
func toRaw(about, in string, h Header, payload []byte, expect ...fields) exchange {
	return exchange{about, AppendFrame(nil, h, payload), in, expect}
}

// answer is a reply to seq with the payload of m, where hide covers the bytes
// that differ from pen to pen: pairs of offset and length; a length of 0 is all
// that follows.
func answer(seq uint16, lane Lane, m Message, hide ...int) fields {
	f := fields{{"name", m.Type().String()}, {"type", m.Type()}, {"lane", lane}}
	if lane != LaneStop && lane != LaneLive {
		f = append(f, pair{"ack", seq})
	}
	p := hex.EncodeToString(m.AppendPayload(nil))
	for i := 0; i < len(hide); i += 2 {
		at, n := 2*hide[i], 2*hide[i+1]
		if n == 0 {
			p = p[:at] + "*"
			continue
		}
		p = p[:at] + strings.Repeat(".", n) + p[at+n:]
	}
	return append(f, pair{"payload", p})
}

func rejection(seq uint16, of Type, code Code) fields {
	return answer(seq, of.Lane(), &Rejected{Request: of, Code: code, Field: NoField})
}

// resulting hides the arm blocks of one that is refused.
func resulting(seq uint16, id uint64, outcome Outcome, code Code) fields {
	hide := []int{10, 2}
	if code == CodeOK {
		hide = nil
	}
	return answer(seq, LaneCommand, &Result{CommandID: id, Outcome: outcome, Code: code}, hide...)
}

// again is the first answer of an earlier step, byte for byte.
func again(step int, f fields) fields { return append(f[:len(f):len(f)], pair{"same_as", step}) }

const transcriptID = 0x5354_4950_0000_0100

func transcripts() []transcript {
	return append(append(helloTranscripts(), laneTranscripts()...), commandTranscripts()...)
}

func helloTranscripts() []transcript {
	nonce := uint64(0x1122334455667788)
	hello := func(about string, nonce uint64, low, high uint8, expect ...fields) exchange {
		return toRaw(about, "as_is", Header{Type: TypeHello, Lane: LaneCommand}, (&Hello{MajorMin: low, MajorMax: high, Nonce: nonce}).AppendPayload(nil), expect...)
	}
	ack := func(nonce uint64) fields {
		// session, minor, flags and all that names the pen are its own
		return answer(0, LaneCommand, &HelloAck{Nonce: nonce, Session: 1, Major: Major}, 8, 4, 13, 0)
	}
	tip := answer(0, LaneCommand, &TipInfo{}, 0, 0)
	stop := uint32(0x1D2C3B4A)
	return []transcript{
		{"hello", "a HELLO opens a session", "reset", []exchange{
			hello("HELLO with a new nonce", nonce, 1, 1, ack(nonce)),
			to("in the session", 0, &TipRead{}, tip),
		}},
		{"hello_again", "the nonce of the session that is open gets the same answer, and the session goes on", "reset", []exchange{
			hello("HELLO", nonce, 1, 1, ack(nonce)),
			to("a command", 0, &TipRead{}, tip),
			hello("the same HELLO", nonce, 1, 1, again(0, ack(nonce))),
			to("the next command of the same session", 1, &TipRead{}, answer(1, LaneCommand, &TipInfo{}, 0, 0)),
		}},
		{"hello_new_nonce", "a new nonce ends the session: its frames are dropped", "reset", []exchange{
			hello("HELLO", nonce, 1, 1, ack(nonce)),
			hello("HELLO with another nonce", nonce+1, 1, 1, ack(nonce+1)),
			toRaw("a frame of another session", "other", Header{Type: TypeTipRead, Lane: LaneCommand, Session: sampleSession}, nil),
			to("in the new session seq begins at 0 again", 0, &TipRead{}, tip),
		}},
		{"before_hello", "before a hello a pen obeys HELLO and ESTOP and answers nothing else", "reset", []exchange{
			toRaw("TIP_READ in session 0", "as_is", Header{Type: TypeTipRead, Lane: LaneCommand}, nil),
			toRaw("an unknown type", "as_is", Header{Type: 0x7E, Lane: LaneCommand}, nil),
			toRaw("DESCRIPTOR_READ in an invented session", "as_is", Header{Type: TypeDescriptorRead, Lane: LaneBulk, Session: sampleSession}, []byte{0, 0, 32}),
			toRaw("TIME_ASK in session 0", "as_is", Header{Type: TypeTimeAsk, Lane: LaneLive}, make([]byte, 8)),
			toRaw("ESTOP", "as_is", Header{Type: TypeStop, Lane: LaneStop}, (&Stop{Nonce: stop}).AppendPayload(nil),
				answer(0, LaneStop, &Stopped{Nonce: stop, NeedleBack: true}, 5, 8)),
			hello("HELLO", nonce, 1, 1, ack(nonce)),
			to("CLEAR", 0, &Clear{CommandID: transcriptID, Role: RoleClinician}, resulting(0, transcriptID, OutcomeDone, CodeOK)),
		}},
		{"hello_malformed", "a malformed HELLO is dropped, and answered by nothing", "reset", []exchange{
			toRaw("the last byte of the nonce is missing", "as_is", Header{Type: TypeHello, Lane: LaneCommand}, []byte{1, 1, 1, 2, 3, 4, 5, 6, 7}),
			hello("the lowest major is above the highest", nonce, 2, 1),
			hello("HELLO", nonce, 1, 1, ack(nonce)),
		}},
		{"monitor", "a console of other majors may only monitor", "reset", []exchange{
			hello("HELLO for majors 2 to 3", nonce, 2, 3, ack(nonce)),
			to("a command that only asks is refused, too", 0, &TipRead{}, rejection(0, TypeTipRead, CodeState)),
			to("and one that changes something", 1, &Service{Role: RoleTechnician, Enter: true}, rejection(1, TypeService, CodeState)),
			to("the descriptor can be read", 0, &DescriptorRead{Max: 8}, answer(0, LaneBulk, &DescriptorChunk{Data: make([]byte, 8)}, 3, 8)),
			to("the log can be read", 1, &LogRead{}, answer(1, LaneBulk, &LogPage{}, 0, 8)),
			to("nothing is written", 2, &FirmwareWrite{Data: []byte{1}}, answer(2, LaneBulk, &Rejected{Request: TypeFirmwareWrite, Field: NoField}, 1, 1)),
		}},
	}
}

func laneTranscripts() []transcript {
	h := func(typ Type, seq uint16) Header {
		return Header{Type: typ, Lane: typ.Lane(), Seq: seq, Session: sampleSession}
	}
	unknown := Header{Type: 0x7E, Lane: LaneCommand, Session: sampleSession}
	next, acked := unknown, unknown
	next.Seq, acked.Seq, acked.Flags = 1, 2, HasAck
	unsupported := answer(0, LaneCommand, &Rejected{Request: 0x7E, Code: CodeUnsupported, Field: NoField})
	tip := func(seq uint16) fields { return answer(seq, LaneCommand, &TipInfo{}, 0, 0) }
	wrongLane, fromPen := h(TypeTipRead, 0), h(TypeTipInfo, 0)
	wrongLane.Lane = LaneBulk
	damaged := Append(nil, h(TypeTipRead, 0), &TipRead{})
	damaged[len(damaged)-3] ^= 0x40
	stop := uint32(0x2D3C4B5A)
	stopped := answer(0, LaneStop, &Stopped{Nonce: stop, NeedleBack: true}, 5, 8)
	stopLane := h(TypeStop, 0)
	stopLane.Lane = LaneLive
	id := uint64(transcriptID + 1)
	return []transcript{
		{"retry", "the same seq gets the kept reply, byte for byte; an older one nothing", "session", []exchange{
			to("a command", 5, &TipRead{}, tip(5)),
			to("its retry", 5, &TipRead{}, again(0, tip(5))),
			to("another request under the same seq", 5, &GetSettings{}, again(0, tip(5))),
			to("an older seq", 4, &TipRead{}),
			to("a newer one, with a gap", 9, &TipRead{}, tip(9)),
		}},
		{"seq_wraps", "65535 is followed by 0", "session", []exchange{
			to("the first seq of a session may be any", 65535, &TipRead{}, tip(65535)),
			to("the next", 0, &TipRead{}, tip(0)),
			to("now an old one", 65535, &TipRead{}),
		}},
		{"unknown_type", "UNSUPPORTED once for each type, a retry gets the kept reply, an answer nothing", "session", []exchange{
			toRaw("a type of a later version", "pen", unknown, []byte{1, 2, 3}, unsupported),
			toRaw("its retry", "pen", unknown, []byte{1, 2, 3}, again(0, unsupported)),
			toRaw("a second request of the same type", "pen", next, nil),
			toRaw("one that is itself an answer", "pen", acked, nil),
			to("the pen goes on", 3, &TipRead{}, tip(3)),
		}},
		{"dropped", "what section 2.5 drops is answered by nothing", "session", []exchange{
			toRaw("on the wrong lane", "pen", wrongLane, nil),
			toRaw("from the wrong end", "pen", fromPen, (&TipInfo{}).AppendPayload(nil)),
			toRaw("in another session", "other", h(TypeTipRead, 0), nil),
			toRaw("in session 0", "as_is", Header{Type: TypeTipRead, Lane: LaneCommand}, nil),
			{"a wrong checksum", damaged, "as_is", nil},
			to("the seq 0 of all these was not used up", 0, &TipRead{}, tip(0)),
		}},
		{"malformed", "a malformed request is refused, and has used its seq", "session", []exchange{
			toRaw("ARM without its last byte", "pen", h(TypeArm, 0), make([]byte, 40), rejection(0, TypeArm, CodeMalformed)),
			toRaw("the retry gets the kept reply", "pen", h(TypeArm, 0), make([]byte, 40), again(0, rejection(0, TypeArm, CodeMalformed))),
			toRaw("a descriptor request for no bytes", "pen", h(TypeDescriptorRead, 0), make([]byte, 3), rejection(0, TypeDescriptorRead, CodeMalformed)),
			toRaw("a LEASE that is too short is dropped", "pen", h(TypeLease, 0), make([]byte, 11)),
			to("the pen goes on", 1, &TipRead{}, tip(1)),
		}},
		{"estop", "ESTOP is obeyed with any session, lane and length, and left by CLEAR alone", "session", []exchange{
			to("ESTOP in the session", 0, &Stop{Nonce: stop}, stopped),
			toRaw("in another session", "other", h(TypeStop, 0), (&Stop{Nonce: stop}).AppendPayload(nil), stopped),
			toRaw("on the live lane", "pen", stopLane, (&Stop{Nonce: stop}).AppendPayload(nil), stopped),
			toRaw("with two bytes of its nonce: it counts as 0", "pen", h(TypeStop, 0), []byte{1, 2}, answer(0, LaneStop, &Stopped{NeedleBack: true}, 5, 8)),
			to("CLEAR that names a fault where there is none", 0, &Clear{CommandID: id, Fault: FaultMotorStall, Role: RoleClinician}, resulting(0, id, OutcomeRejected, CodeWrongFault)),
			to("CLEAR without a role", 1, &Clear{CommandID: id + 1}, resulting(1, id+1, OutcomeRejected, CodeRole)),
			to("CLEAR", 2, &Clear{CommandID: id + 2, Role: RoleClinician}, resulting(2, id+2, OutcomeDone, CodeOK)),
			to("CLEAR with nothing latched", 3, &Clear{CommandID: id + 3, Role: RoleClinician}, resulting(3, id+3, OutcomeRejected, CodeState)),
		}},
		{"bulk", "bulk requests are answered as they come, by offset or index", "session", []exchange{
			to("the descriptor's first bytes", 0, &DescriptorRead{Max: 10}, answer(0, LaneBulk, &DescriptorChunk{Data: make([]byte, 10)}, 3, 10)),
			to("the same again", 1, &DescriptorRead{Max: 10}, answer(1, LaneBulk, &DescriptorChunk{Data: make([]byte, 10)}, 3, 10)),
			to("behind its end", 2, &DescriptorRead{Offset: 65535, Max: 10}, answer(2, LaneBulk, &DescriptorChunk{Offset: 65535})),
			to("what the ledger holds", 3, &PulseRead{}, answer(3, LaneBulk, &PulsePage{}, 0, 8)),
			to("what the log holds", 4, &LogRead{}, answer(4, LaneBulk, &LogPage{}, 0, 8)),
			to("a log record behind every other", 5, &LogRead{From: 1<<32 - 1, Max: 6}, answer(5, LaneBulk, &LogPage{}, 0, 8)),
			to("nothing is written outside UPDATE", 6, &FirmwareWrite{Data: []byte{1}}, answer(6, LaneBulk, &Rejected{Request: TypeFirmwareWrite, Field: NoField}, 1, 1)),
		}},
		{"time", "TIME_TELL brings back what TIME_ASK has sent", "session", []exchange{
			to("the console's clock", 0, &TimeAsk{Sent: -5}, answer(0, LaneLive, &TimeTell{Sent: -5}, 8, 16)),
			to("an old seq is dropped", 0, &TimeAsk{Sent: -6}),
			to("the next", 1, &TimeAsk{Sent: 1_700_000_000_000_000}, answer(0, LaneLive, &TimeTell{Sent: 1_700_000_000_000_000}, 8, 16)),
		}},
	}
}

func commandTranscripts() []transcript {
	id := uint64(transcriptID + 0x20)
	treatment := sampleTreatment()
	arm := func(id uint64, notAfter PenClock, role Role) *Arm {
		return &Arm{CommandID: id, TreatmentID: treatment, NotAfter: notAfter, Role: role}
	}
	other := arm(id, 1, RoleClinician)
	other.TreatmentID[0]++
	return []transcript{
		{"arm_refused", "ARM is refused in the order of section 11", "session", []exchange{
			to("by a technician", 0, arm(id, 1, RoleTechnician), resulting(0, id, OutcomeRejected, CodeRole)),
			to("too late: not_after is past", 1, arm(id+1, 1, RoleClinician), resulting(1, id+1, OutcomeRejected, CodeLate)),
			to("too early", 2, arm(id+2, 1<<63, RoleSeniorClinician), resulting(2, id+2, OutcomeRejected, CodeTooEarly)),
		}},
		{"lease_invented", "a LEASE without ARM grants nothing and is answered by nothing", "session", []exchange{
			to("an arm id that nobody armed", 0, &Lease{ArmID: sampleArmID, Clock: 1}),
			to("DISARM is answered by STATUS alone", 0, &Disarm{}),
			to("the pen goes on", 0, &TipRead{}, answer(0, LaneCommand, &TipInfo{}, 0, 0)),
		}},
		{"command_ids", "an id is used once: repeated it gets its result, with other content it is burnt", "session", []exchange{
			to("a refused ARM", 0, arm(id+3, 1, RoleClinician), resulting(0, id+3, OutcomeRejected, CodeLate)),
			to("the same id and content under a new seq", 1, arm(id+3, 1, RoleClinician), resulting(1, id+3, OutcomeRejected, CodeLate)),
			to("the same id with other content", 2, &Clear{CommandID: id + 3, Role: RoleClinician}, resulting(2, id+3, OutcomeRejected, CodeBurnt)),
			to("what became of it", 3, &ResultOf{CommandID: id + 3}, resulting(3, id+3, OutcomeRejected, CodeLate)),
		}},
		{"result_of", "asking for an id that never came burns it", "session", []exchange{
			to("an id that never came", 0, &ResultOf{CommandID: id + 4}, answer(0, LaneCommand, &Result{CommandID: id + 4}, 8, 1)),
			to("a late copy of it", 1, arm(id+4, 1, RoleClinician), resulting(1, id+4, OutcomeRejected, CodeBurnt)),
			to("the question again", 2, &ResultOf{CommandID: id + 4}, answer(2, LaneCommand, &Result{CommandID: id + 4}, 8, 1)),
		}},
		{"settings_refused", "settings need a role, an envelope, and every parameter", "session", []exchange{
			to("without a role", 0, &PutSettings{Generation: 1}, rejection(0, TypePutSettings, CodeRole)),
			to("before an envelope", 1, &PutSettings{Generation: 1, Role: RoleClinician}, rejection(1, TypePutSettings, CodeNoEnvelope)),
			to("an envelope from a technician", 2, &PutEnvelope{Envelope{PulsesPerSpot: 1}, RoleTechnician}, rejection(2, TypePutEnvelope, CodeRole)),
			to("an envelope without a range", 3, &PutEnvelope{Envelope{PulsesPerSpot: 1}, RoleClinician},
				answer(3, LaneCommand, &Rejected{Request: TypePutEnvelope, Code: CodeEnvelope, Field: NoField}, 3, 4)),
			to("so there is still none", 4, &PutSettings{Generation: 1, Role: RoleClinician}, rejection(4, TypePutSettings, CodeNoEnvelope)),
		}},
		{"rate", "the pen grants the nearest rate of STATUS that it may", "session", []exchange{
			to("1 a second", 0, &SetRate{PerSecond: 1}, answer(0, LaneCommand, &Rate{PerSecond: StatusRate})),
			to("65535 a second", 1, &SetRate{PerSecond: 65535}, answer(1, LaneCommand, &Rate{PerSecond: MaxStatusRate})),
			to("back to 20", 2, &SetRate{PerSecond: StatusRate}, answer(2, LaneCommand, &Rate{PerSecond: StatusRate})),
		}},
		{"service", "SERVICE is entered by a technician, refuses what belongs to treating, and is left", "session", []exchange{
			to("by a clinician", 0, &Service{Role: RoleClinician, Enter: true}, rejection(0, TypeService, CodeRole)),
			to("by a technician", 1, &Service{Role: RoleTechnician, Enter: true}, answer(1, LaneCommand, &ServiceMode{State: StateService})),
			to("again", 2, &Service{Role: RoleTechnician, Enter: true}, answer(2, LaneCommand, &ServiceMode{State: StateService})),
			to("an envelope", 3, &PutEnvelope{Envelope{PulsesPerSpot: 1}, RoleClinician}, rejection(3, TypePutEnvelope, CodeState)),
			to("ARM", 4, arm(id+5, 1, RoleClinician), resulting(4, id+5, OutcomeRejected, CodeState)),
			to("out", 5, &Service{Role: RoleTechnician}, answer(5, LaneCommand, &ServiceMode{State: StateStandby})),
			to("out once more", 6, &Service{Role: RoleServiceEngineer}, answer(6, LaneCommand, &ServiceMode{State: StateStandby})),
		}},
	}
}

func sessionVectors() map[string]fields {
	out := make(map[string]fields)
	for _, tr := range transcripts() {
		var steps []fields
		for _, s := range tr.steps {
			expect := s.expect
			if expect == nil {
				expect = []fields{}
			}
			steps = append(steps, fields{{"about", s.about}, {"send", hex.EncodeToString(s.frame)}, {"in", s.in}, {"expect", expect}})
		}
		out["session/"+tr.name] = fields{{"about", tr.about}, {"needs", tr.needs}, {"steps", steps}}
	}
	return out
}

// TestSessionVectors: what the files send is what the tables say, every answer
// is of a type that the pen sends on that lane, and no command id is used in
// two files.
func TestSessionVectors(t *testing.T) {
	list, err := vectors.Sessions()
	if err != nil || len(list) != len(transcripts()) {
		t.Fatalf("%d vectors, error %v", len(list), err)
	}
	ids := make(map[uint64]string)
	for _, v := range list {
		for i, s := range v.Steps {
			out, _ := decodeStream("", s.Send)
			if len(out) != 1 || out[0].Drop != "" && s.In != "as_is" {
				t.Errorf("%s step %d: %+v", v.Name, i, out)
			}
			if id, ok := commandID(s.Send); ok {
				if ids[id] != "" && ids[id] != v.Name {
					t.Errorf("command id %x is used in %s and in %s", id, ids[id], v.Name)
				}
				ids[id] = v.Name
			}
			for _, a := range s.Expect {
				typ := Type(a.Type)
				if !typ.FromPen() || !typ.OnLane(Lane(a.Lane)) || typ.String() != a.Name {
					t.Errorf("%s step %d: no answer %+v", v.Name, i, a)
				}
				if (a.Ack != nil) != (Lane(a.Lane) == LaneCommand || Lane(a.Lane) == LaneBulk) {
					t.Errorf("%s step %d: ack of %+v", v.Name, i, a)
				}
			}
		}
	}
}

// commandID is that of a frame whose message must not happen twice.
func commandID(stream []byte) (uint64, bool) {
	f, _, err := new(Decoder).Next(stream)
	if err != nil {
		return 0, false
	}
	m, err := Decode(f)
	once, ok := m.(Once)
	if err != nil || !ok {
		return 0, false
	}
	return once.ID(), true
}

func TestAnswerMatches(t *testing.T) {
	for _, c := range []struct {
		pattern string
		payload []byte
		want    bool
	}{
		{"", nil, true}, {"", []byte{0}, false}, {"00", nil, false}, {"00", []byte{0}, true}, {"01", []byte{0}, false},
		{"..", []byte{9}, true}, {"..", nil, false}, {"*", nil, true}, {"*", []byte{1, 2}, true}, {"ab..*", []byte{0xAB, 1}, true},
		{"ab..*", []byte{0xAB, 1, 2, 3}, true}, {"ab..*", []byte{0xAB}, false}, {"ab..cd", []byte{0xAB, 1, 0xCD, 0}, false},
	} {
		if got := (vectors.Answer{Payload: c.pattern}).Matches(c.payload); got != c.want {
			t.Errorf("%q matches %x: %v, want %v", c.pattern, c.payload, got, c.want)
		}
	}
}
