package protocol

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

const specFile = "SPEC.md"

func readSpec(t *testing.T) string {
	b, err := os.ReadFile(specFile)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestSpecGenerated holds the generated parts of SPEC.md to the code.
func TestSpecGenerated(t *testing.T) {
	spec := readSpec(t)
	want := spec
	for name, text := range map[string]string{"types": typesTable(), "hash": hashExample(), "handshake": handshakeText(t)} {
		re := regexp.MustCompile(`(?s)(<!-- generated:` + name + ` -->\n).*?(<!-- end -->)`)
		if !re.MatchString(want) {
			t.Fatalf("no place for %s", name)
		}
		want = re.ReplaceAllString(want, "${1}"+strings.ReplaceAll(text, "$", "$$")+"${2}")
	}
	if *update {
		if err := os.WriteFile(specFile, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if spec != want {
		t.Error("a generated part of SPEC.md is stale: run go test -update and read the difference")
	}
}

func typesTable() string {
	var b strings.Builder
	b.WriteString("| type | name | from | lane | bytes |\n| --- | --- | --- | --- | --- |\n")
	for _, typ := range allTypes() {
		from := "C"
		if typ.FromPen() {
			from = "P"
		}
		fmt.Fprintf(&b, "| 0x%02X | %v | %s | %v | %d |\n", uint8(typ), typ, from, typ.Lane(), shortest(typ))
	}
	return b.String()
}

// shortest is the length of the shortest payload that the type accepts: that
// of its zero message, whose fixed part is all there is.
func shortest(typ Type) int {
	info, _ := describe(typ)
	return len(info.make().AppendPayload(nil))
}

// hexLines breaks bytes into lines of 24.
func hexLines(indent string, b []byte) string {
	var out strings.Builder
	for len(b) > 0 {
		n := min(len(b), 24)
		fmt.Fprintf(&out, "%s% x\n", indent, b[:n])
		b = b[n:]
	}
	return out.String()
}

func hashExample() string {
	c := sampleConfirmation()
	hash := c.Hash()
	var b strings.Builder
	fmt.Fprintf(&b, "Boot %d, generation %d; envelope %d µJ per pin, %d pulses per spot, %d pins, ranges ",
		c.Boot, c.Generation, c.Envelope.DosePerPin, c.Envelope.PulsesPerSpot, c.Envelope.Pins)
	for i, r := range c.Envelope.Ranges {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%d: %d to %d", r.Index, r.Min, r.Max)
	}
	fmt.Fprintf(&b, ";\ntip 0x%08X, %d pins, calibration revision %d; parameters %d µm, %d a minute, %d mW, %d ms.\n\n",
		c.TipID, c.Pins, c.CalRev, c.Values[0], c.Values[1], c.Values[2], c.Values[3])
	layout := c.layout(nil)
	fmt.Fprintf(&b, "The %d bytes\n\n```\n%s```\n\nhave the settings hash `% x`.\n", len(layout), hexLines("", layout), hash[:])
	return b.String()
}

// step is one frame of the worked handshake.
type step struct {
	from string
	note string
	h    Header
	m    Message
}

// handshakeSteps is one short treatment, from hello to clear.
func handshakeSteps(t *testing.T) []step {
	d := rfDescriptor()
	raw, err := d.Encode()
	if err != nil {
		t.Fatal(err)
	}
	const nonce = 0x1122334455667788
	stop, arm := uint32(0x1D2C3B4A), uint64(sampleCommand)
	at := func(flags Flags, seq, ack uint16) Header {
		return Header{Flags: flags, Seq: seq, Ack: ack, Session: sampleSession}
	}
	standby := &Status{State: StateStandby, Flags: FlagNeedleBack | FlagSelfTestOK, Clock: 92_000_000, ArmBlocks: BlockSettingsUnconfirmed,
		NewestPulse: 142, NewestLog: 2205, TipID: 0x00C0FFEE, Temp: 2410, TempMax: 2412, Battery: 87}
	ready := *standby
	ready.State, ready.Flags, ready.Clock, ready.ArmID = StateReady, ready.Flags|FlagSettings, 93_000_100, sampleArmID
	ready.ArmBlocks, ready.LeaseLeft, ready.SettingsHash, ready.NewestLog = 0, 250, sampleHash(), 2207
	pulse := rfPulse(143)
	settings := &SettingsReply{Applied: true, Generation: 3, TipID: 0x00C0FFEE, Pins: 25, CalRev: 4, Hash: sampleHash(), Values: sampleConfirmation().Values,
		Verdicts: []Verdict{{0, CodeOK, 0}, {1, CodeOK, 0}, {2, CodeOK, 0}, {3, CodeOK, 0}}}
	tip := &TipInfo{ID: 0x00C0FFEE, Insulated: true, Pins: 25, NeedleLength: 3500, RatedPower: 50_000, UseCount: 12, UseLimit: 800, Lot: "R25-0001"}
	ack := &HelloAck{Nonce: nonce, Session: sampleSession, Major: Major, Minor: Minor, Simulated: true, Boot: sampleBoot,
		DescriptorLength: uint16(len(raw)), DescriptorSHA256: sha256.Sum256(raw), Model: "R1", Serial: "0042", Firmware: "1.0.0"}
	return []step{
		{"C", "session 0", Header{}, &Hello{MajorMin: 1, MajorMax: 1, Nonce: nonce}},
		{"P", fmt.Sprintf("ack 0; session 0x%08X from here on", uint32(sampleSession)), Header{Flags: HasAck}, ack},
		{"P", "live lane, seq 0: STANDBY", at(0, 0, 0), standby},
		{"C", "bulk lane, seq 0: 32 bytes from 0", at(0, 0, 0), &DescriptorRead{Max: 32}},
		{"P", "ack 0", at(HasAck, 0, 0), &DescriptorChunk{Data: raw[:32]}},
		{"C", "command lane, seq 0", at(0, 0, 0), &TipRead{}},
		{"P", "ack 0", at(HasAck, 0, 0), tip},
		{"C", "seq 1", at(0, 1, 0), &PutEnvelope{sampleEnvelope()}},
		{"P", "ack 1", at(HasAck, 1, 1), &EnvelopeReply{sampleEnvelope()}},
		{"C", "seq 2: generation 3", at(0, 2, 0), &PutSettings{3, []Field{{0, 1500}, {1, 60}, {2, 10_000}, {3, 100}}}},
		{"P", "ack 2: all verdicts OK, the hash of section 6", at(HasAck, 2, 2), settings},
		{"C", "seq 3: the same hash", at(0, 3, 0), &Arm{CommandID: arm, SettingsHash: sampleHash(), TreatmentID: sampleTreatment(), NotAfter: 93_400_000}},
		{"P", "ack 3: DONE", at(HasAck, 3, 3), &Result{CommandID: arm, Outcome: OutcomeDone}},
		{"P", "live lane, seq 1: READY", at(0, 1, 0), &ready},
		{"C", "live lane, seq 0, with the clock of that STATUS; again every 100 ms", at(0, 0, 0), &Lease{ArmID: sampleArmID, Clock: ready.Clock}},
		{"P", "live lane, seq 9: the operator has pulled the trigger", at(0, 9, 0), &pulse},
		{"C", "stop lane, session 0", Header{}, &Stop{Nonce: stop}},
		{"P", "RF off; the session that ESTOP carried", Header{}, &Stopped{Nonce: stop, Clock: 93_418_100}},
		{"P", "needle back", Header{Seq: 1}, &Stopped{Nonce: stop, NeedleBack: true, Clock: 93_540_000}},
		{"C", "seq 4: an ESTOP alone", at(0, 4, 0), &Clear{CommandID: arm + 1}},
		{"P", "ack 4: DONE, STANDBY", at(HasAck, 4, 4), &Result{CommandID: arm + 1, Outcome: OutcomeDone}},
	}
}

func handshakeText(t *testing.T) string {
	var b strings.Builder
	b.WriteString("```\n")
	for _, s := range handshakeSteps(t) {
		fmt.Fprintf(&b, "%s %v: %s\n%s", s.from, s.m.Type(), s.note, hexLines("    ", Append(nil, s.h, s.m)))
	}
	b.WriteString("```\n")
	return b.String()
}

// TestSpecHandshake reads the handshake out of the document, as a pen maker
// would, and decodes every frame of it.
func TestSpecHandshake(t *testing.T) {
	block := between(t, readSpec(t), "generated:handshake -->\n```\n", "```")
	var stream []byte
	var names []string
	for line := range strings.Lines(block) {
		if name, ok := strings.CutPrefix(line, "    "); ok {
			b, err := hex.DecodeString(strings.ReplaceAll(strings.TrimSpace(name), " ", ""))
			if err != nil {
				t.Fatal(err)
			}
			stream = append(stream, b...)
			continue
		}
		names = append(names, strings.Fields(line)[1])
	}
	out, again := decodeStream(stream)
	if len(out) != len(names) || !bytes.Equal(again, stream) {
		t.Fatalf("%d frames, %d named, re-encoded to the same: %v", len(out), len(names), bytes.Equal(again, stream))
	}
	for i, o := range out {
		if o.Message == nil || o.Name+":" != names[i] {
			t.Errorf("frame %d is %+v, named %s", i, o, names[i])
		}
	}
}

// between is the text between two marks.
func between(t *testing.T, s, from, to string) string {
	_, s, ok := strings.Cut(s, from)
	if !ok {
		t.Fatalf("SPEC.md has no %q", from)
	}
	s, _, ok = strings.Cut(s, to)
	if !ok {
		t.Fatalf("SPEC.md has no %q behind %q", to, from)
	}
	return s
}

// TestSpecCheckValue checks the CRC's parameters by the text's own value.
func TestSpecCheckValue(t *testing.T) {
	if !strings.Contains(readSpec(t), fmt.Sprintf("**0x%08X**", crcOf("123456789"))) {
		t.Error("the check value is wrong")
	}
}

// TestSpecCodes holds the tables of codes to the code, both ways.
func TestSpecCodes(t *testing.T) {
	spec := readSpec(t)
	check := func(section, end string, names []string) {
		rows := regexp.MustCompile(`(?m)^\| (\d+) \| ([^|]+?) \|`).FindAllStringSubmatch(between(t, spec, section, end), -1)
		if len(rows) != len(names) {
			t.Errorf("%s has %d rows, the code %d", section, len(rows), len(names))
			return
		}
		for i, r := range rows {
			if r[1] != strconv.Itoa(i) || r[2] != names[i] {
				t.Errorf("%s: row %s %s, want %d %s", section, r[1], r[2], i, names[i])
			}
		}
	}
	until := func(name func(int) string) (names []string) {
		for i := 0; i < 256; i++ {
			if n := name(i); !strings.EqualFold(n, "unknown") {
				names = append(names, n)
			}
		}
		return names
	}
	check("### 19.1", "### 19.2", until(func(i int) string { return Code(i).String() }))
	check("### 19.2", "### 19.3", ArmBlocks(1<<BlockCount-1).Names())
	check("### 19.3", "### 19.4", until(func(i int) string { return Fault(i).String() }))
	check("### 19.4", "### 19.5", until(func(i int) string { return Outcome(i).String() }))
	check("### 19.5", "### 19.6", until(func(i int) string { return PulseResult(i).String() }))
	for s := StateStandby; s <= StateUpdate; s++ {
		if !strings.Contains(spec, fmt.Sprintf("\n| %d | %v |", s, s)) {
			t.Errorf("no row for state %v", s)
		}
	}
}

// TestSpecTimes holds section 18 to the constants.
func TestSpecTimes(t *testing.T) {
	section := between(t, readSpec(t), "## 18 ", "## 19 ")
	ms := func(d time.Duration) string {
		if d >= time.Second && d%time.Second == 0 {
			return fmt.Sprintf("%d s", d/time.Second)
		}
		return fmt.Sprintf("%d ms", d/time.Millisecond)
	}
	rows := map[string]string{
		"LEASE sent every":                              ms(LeaseEvery),
		"RF permitted after a lease's arrival":          ms(LeaseRF),
		"RF permitted after the clock it echoes":        ms(EchoRF),
		"motion permitted after a lease's arrival":      ms(LeaseMotion),
		"motion permitted after the clock it echoes":    ms(EchoMotion),
		"ARM not_after ahead of the pen clock, at most": ms(ArmWindow),
		"STATUS a second":                               strconv.Itoa(StatusRate),
		"STATUS a second, at most":                      strconv.Itoa(MaxStatusRate),
		"STATUS missing while armed: ESTOP after":       ms(StatusSilence),
		"silence on all lanes: session over after":      ms(LinkSilence),
		"sends of a command":                            strconv.Itoa(CommandSends),
		"first retry of a command":                      ms(CommandIntervalMin) + " to " + ms(CommandIntervalMax),
		"command given up after":                        ms(CommandLimit),
		"ESTOP again after":                             ms(StopSecond) + ", " + ms(StopThird),
		"ESTOP then every":                              ms(StopEvery),
		"stop not confirmed after":                      ms(StopConfirm),
		"READY without trigger ends after":              ms(IdleStandby),
		"time sample every":                             ms(TimeEvery),
		"quick time samples":                            fmt.Sprintf("%d, %s apart", TimeQuick, ms(TimeQuickEvery)),
		"unanswered bytes on the line, at most":         strconv.Itoa(MaxUnacknowledged),
		"bulk requests outstanding":                     strconv.Itoa(BulkWindow),
		"bulk answer while output is possible, at most": fmt.Sprintf("%d bytes", BulkArmedBytes),
		"pulses kept, at least":                         strconv.Itoa(KeptPulses),
		"command results kept":                          strconv.Itoa(KeptResults),
		"payload, at most":                              fmt.Sprintf("%d bytes", MaxPayload),
	}
	for what, value := range rows {
		if !strings.Contains(section, "\n| "+what+" | "+value+" |") {
			t.Errorf("no row %q with %q", what, value)
		}
	}
	if n := strings.Count(section, "\n| ") - 2; n != len(rows) {
		t.Errorf("%d rows, the code knows %d", n, len(rows))
	}
}

// TestSpecEvents: every event code has its row.
func TestSpecEvents(t *testing.T) {
	section := between(t, readSpec(t), "## 16 ", "## 17 ")
	for code := EventBoot; code <= EventAlarm; code++ {
		if !strings.Contains(section, fmt.Sprintf("\n| %d | ", code)) {
			t.Errorf("no row for event %d", code)
		}
	}
}

// TestSpecDescriptor: the example of section 8 is a descriptor.
func TestSpecDescriptor(t *testing.T) {
	text := between(t, between(t, readSpec(t), "## 8 ", "## 9 "), "```\n", "```")
	raw := []byte(strings.ReplaceAll(text, "\n", ""))
	d, err := ParseDescriptor(raw, sha256.Sum256(raw))
	if err != nil || d.Kind != KindNeedling {
		t.Fatal(err)
	}
}

// row is one line of a layout table.
type row struct{ offset, typ, field string }

// layouts are the layout tables by message name.
func layouts(t *testing.T) map[string][]row {
	spec := readSpec(t)
	out := make(map[string][]row)
	re := regexp.MustCompile(`(?m)^\| (\d+|next) \| ([^|]+) \| ([^|]+) \|`)
	add := func(title, text string) {
		var rows []row
		for _, m := range re.FindAllStringSubmatch(text, -1) {
			rows = append(rows, row{m[1], m[2], m[3]})
		}
		for name := range strings.SplitSeq(title, " and ") {
			out[name] = rows
		}
	}
	for part := range strings.SplitSeq(between(t, spec, "### 4.3", "\n## 5 "), "\n#### ") {
		title, text, _ := strings.Cut(part, "\n")
		add(title, text)
	}
	add("STATUS", between(t, spec, "## 14 STATUS", "Bytes 0 to 15"))
	return out
}

// TestSpecLayouts decodes every good vector by the tables of SPEC.md alone and
// compares each field with the vector: the document, the vectors and the code
// say the same.
func TestSpecLayouts(t *testing.T) {
	tables := layouts(t)
	for _, c := range allTypeCases() {
		rows, ok := tables[c.typ.String()]
		if !ok {
			t.Errorf("no layout of %v", c.typ)
			continue
		}
		for _, s := range c.good {
			b, err := json.Marshal(messageFields(s.msg))
			if err != nil {
				t.Fatal(err)
			}
			var want map[string]any
			if err := json.Unmarshal(b, &want); err != nil {
				t.Fatal(err)
			}
			if inner, ok := want["envelope"].(map[string]any); ok {
				want = inner
			}
			checked, err := compareLayout(rows, s.msg.AppendPayload(nil), want)
			if err != nil {
				t.Errorf("%v %s: %v", c.typ, s.slug, err)
			}
			if checked == 0 && len(rows) > 0 {
				t.Errorf("%v %s: nothing compared", c.typ, s.slug)
			}
		}
	}
}

// compareLayout walks the rows over a payload and compares each field that the
// message has. Lists end the walk; their counts are compared.
func compareLayout(rows []row, p []byte, want map[string]any) (checked int, err error) {
	at := 0
	for _, r := range rows {
		if r.offset != "next" {
			o, err := strconv.Atoi(r.offset)
			if err != nil || o != at {
				return checked, fmt.Errorf("%s is said to be at %s, stands at %d", r.field, r.offset, at)
			}
		}
		value, n, err := readField(r.typ, p[at:])
		if errors.Is(err, errList) {
			return checked, nil
		}
		if err != nil {
			return checked, fmt.Errorf("%s: %w", r.field, err)
		}
		at += n
		have := lookUp(want, r.field)
		if have == nil {
			continue // a count, or reserved
		}
		if fmt.Sprint(have) != value {
			return checked, fmt.Errorf("%s reads %s, want %v", r.field, value, have)
		}
		checked++
	}
	if at != len(p) {
		return checked, fmt.Errorf("the layout has %d bytes, the payload %d", at, len(p))
	}
	return checked, nil
}

var errList = errors.New("list")

// lookUp finds a.b in nested objects, in the form that fmt prints.
func lookUp(m map[string]any, name string) any {
	head, tail, nested := strings.Cut(name, ".")
	v := m[head]
	if inner, ok := v.(map[string]any); ok && nested {
		return lookUp(inner, tail)
	}
	if f, ok := v.(float64); ok {
		return strconv.FormatInt(int64(f), 10)
	}
	return v
}

// readField reads one field by the words of the document.
func readField(typ string, p []byte) (string, int, error) {
	word, arg, _ := strings.Cut(typ, " ")
	n, _ := strconv.Atoi(arg)
	switch word {
	case "list":
		return "", 0, errList
	case "bit":
		return strconv.FormatBool(p[0]>>n&1 == 1), 1, nil
	case "bytes":
		return hex.EncodeToString(p[:n]), n, nil
	case "text":
		l := int(p[0])
		return string(p[1 : 1+l]), 1 + l, nil
	case "u8":
		return strconv.Itoa(int(p[0])), 1, nil
	case "u16":
		return strconv.Itoa(int(le.Uint16(p))), 2, nil
	case "i16":
		return strconv.Itoa(int(int16(le.Uint16(p)))), 2, nil
	case "u32":
		return strconv.FormatUint(uint64(le.Uint32(p)), 10), 4, nil
	case "i32":
		return strconv.Itoa(int(int32(le.Uint32(p)))), 4, nil
	case "u64":
		return strconv.FormatUint(le.Uint64(p), 10), 8, nil
	case "i64":
		return strconv.FormatInt(int64(le.Uint64(p)), 10), 8, nil
	}
	return "", 0, fmt.Errorf("type %q", typ)
}
