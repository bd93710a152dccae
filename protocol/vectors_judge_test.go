package protocol

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stipple/protocol/testdata/vectors"
)

const (
	judgeBoot   = 7
	judgeCalRev = 4
)

// judgeWords says in few words what came of a request: "OK", or each bad verdict
// with its index, code and bound; of REJECTED the code, field and bound; of RESULT
// "DONE", or the code and the arm blocks. Of a tip that is put on, and of an
// envelope that meets settings, also whether they are active behind it.
func judgeWords(answer Message, before, after *SettingsReply) string {
	active := map[bool]string{true: "active", false: "not active"}[after.Applied]
	if before.Generation == 0 {
		active = ""
	}
	var words string
	switch m := answer.(type) {
	case nil:
		return active
	case *SettingsReply:
		var list []string
		for _, v := range m.Verdicts {
			if v.Code != CodeOK {
				list = append(list, fmt.Sprintf("%d %v %d", v.Index, v.Code, v.Bound))
			}
		}
		if len(list) == 0 && m.Applied {
			return "OK"
		}
		return strings.Join(list, ", ")
	case *Result:
		words = "DONE"
		if m.Outcome == OutcomeRejected {
			words = strings.Join(append([]string{m.Code.String()}, m.ArmBlocks.Names()...), " ")
		}
		return words
	case *EnvelopeReply:
		words = "OK"
	case *Rejected:
		words = fmt.Sprintf("%v %d %d", m.Code, m.Field, m.Bound)
	}
	return words + ", " + active
}

// judged says whether words stand for a request that was carried out.
func judged(words string) bool {
	return words == "OK" || words == "DONE" || words == "active" || words == "not active" || strings.HasPrefix(words, "OK, ")
}

func messageVector(m Message) fields {
	return fields{{"name", m.Type().String()}, {"payload", hex.EncodeToString(m.AppendPayload(nil))}, {"fields", *messageFields(m)}}
}

func judgeVectors(t *testing.T) map[string]fields {
	out := make(map[string]fields)
	for _, f := range judgeFiles() {
		text, err := f.desc.Encode()
		if err != nil {
			t.Fatal(err)
		}
		cases := []fields{}
		for _, c := range f.cases {
			cases = append(cases, judgeVector(t, &f, &c))
		}
		out["judge/"+f.name] = fields{{"about", f.about}, {"descriptor", string(text)}, {"boot", judgeBoot}, {"cal_rev", judgeCalRev},
			{"clock", clockText(judgeClock)}, {"cases", cases}}
	}
	return out
}

// judgeVector is one case, with the answer of the model. It is that of the table,
// or the test fails.
func judgeVector(t *testing.T, f *judgeFile, c *judgeCase) fields {
	p := newJudge(&f.desc, judgeBoot, judgeCalRev, judgeClock)
	before := []fields{}
	for _, m := range c.before {
		p.take(m)
		before = append(before, messageVector(m))
	}
	v := fields{{"about", c.about}, {"before", before}}
	if p.tip != nil {
		v = append(v, pair{"tip", hex.EncodeToString(p.tip.AppendPayload(nil))})
	}
	if p.envelope != nil {
		v = append(v, pair{"envelope", hex.EncodeToString(p.envelope.append(nil))})
	}
	inForce := p.snapshot()
	answer := p.take(c.request)
	after := p.snapshot()
	words := judgeWords(answer, inForce, after)
	if got := strings.TrimSuffix(words, ", "); got != c.want && strings.TrimSuffix(got, ", active") != c.want {
		t.Errorf("%s: %s: %q, the table says %q", f.name, c.about, got, c.want)
	}
	v = append(v, pair{"in_force", messageVector(inForce)}, pair{"request", messageVector(c.request)}, pair{"accepted", judged(words)})
	if answer != nil {
		v = append(v, pair{"answer", messageVector(answer)})
	}
	return append(v, pair{"after", messageVector(after)})
}

// messageOf reads a message of a judge vector and holds its fields to it.
func messageOf(t *testing.T, v vectors.Message) Message {
	t.Helper()
	for _, typ := range allTypes() {
		if typ.String() != v.Name {
			continue
		}
		m, err := Decode(Frame{Header{Type: typ, Lane: typ.Lane()}, v.Payload})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(jsonOf(t, v.Fields), jsonOf(t, messageFields(m))); diff != "" {
			t.Errorf("%s (-file +got):\n%s", v.Name, diff)
		}
		return m
	}
	t.Fatalf("no message %q", v.Name)
	return nil
}

func TestJudgeVectors(t *testing.T) {
	list, err := vectors.Judges()
	if err != nil || len(list) != len(judgeFiles()) {
		t.Fatalf("%d vectors, error %v", len(list), err)
	}
	codes := make(map[Code]int)
	for _, v := range list {
		t.Run(v.Name, func(t *testing.T) {
			good, bad := 0, 0
			for _, c := range v.Cases {
				checkJudged(t, v, c, codes)
				taken := c.Accepted
				if strings.HasSuffix(v.Name, "_again") {
					taken = strings.HasPrefix(hex.EncodeToString(c.After.Payload), "01") // still applied
				}
				if taken {
					good++
				} else {
					bad++
				}
			}
			if good < 3 || bad < 3 {
				t.Errorf("%d good and %d bad, want three of each", good, bad)
			}
		})
	}
	for _, code := range []Code{CodeState, CodeBelowPen, CodeAbovePen, CodeStep, CodeBelowLimit, CodeAboveLimit, CodeDose, CodeTiming, CodeGeneration,
		CodeNoEnvelope, CodeEnvelope, CodeMissingField, CodeUnknownField, CodeLate, CodeTooEarly, CodeHash, CodeBlocked, CodeRole} {
		if codes[code] < 3 {
			t.Errorf("%v in %d cases, want three", code, codes[code])
		}
	}
}

// checkJudged reads one case as another implementation would, and has the model
// judge it.
func checkJudged(t *testing.T, v vectors.Judge, c vectors.JudgeCase, codes map[Code]int) {
	d, err := ParseDescriptor([]byte(v.Descriptor), sha256.Sum256([]byte(v.Descriptor)))
	if err != nil {
		t.Fatal(err)
	}
	p := newJudge(d, v.Boot, v.CalRev, PenClock(v.Clock))
	for _, m := range c.Before {
		p.take(messageOf(t, m))
	}
	same := func(what string, want []byte, got Message) {
		if p := got.AppendPayload(nil); string(p) != string(want) {
			t.Errorf("%s: %s is %x, the file says %x", c.About, what, p, want)
		}
	}
	if (p.tip != nil) != (c.Tip != nil) || (p.envelope != nil) != (c.Envelope != nil) {
		t.Fatalf("%s: tip %v, envelope %v", c.About, p.tip, p.envelope)
	}
	if p.tip != nil {
		same("the tip", c.Tip, p.tip)
	}
	if p.envelope != nil {
		same("the envelope", c.Envelope, &EnvelopeReply{*p.envelope})
	}
	messageOf(t, c.InForce)
	messageOf(t, c.After)
	same("what is in force", c.InForce.Payload, p.snapshot())
	answer := p.take(messageOf(t, c.Request))
	if answer != nil {
		messageOf(t, *c.Answer)
		same("the answer", c.Answer.Payload, answer)
	}
	same("what is in force then", c.After.Payload, p.snapshot())
	switch m := answer.(type) {
	case *Rejected:
		codes[m.Code]++
	case *Result:
		codes[m.Code]++
	case *SettingsReply:
		for _, verdict := range m.Verdicts {
			codes[verdict.Code]++
		}
	}
}
