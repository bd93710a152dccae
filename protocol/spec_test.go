package protocol

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash/crc32"
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
	ready.ArmBlocks, ready.SettingsHash, ready.NewestLog = 0, sampleHash(), 2207
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
		{"C", "seq 1", at(0, 1, 0), &PutEnvelope{sampleEnvelope(), RoleClinician}},
		{"P", "ack 1", at(HasAck, 1, 1), &EnvelopeReply{sampleEnvelope()}},
		{"C", "seq 2: generation 3", at(0, 2, 0), &PutSettings{3, []Field{{0, 1500}, {1, 60}, {2, 10_000}, {3, 100}}, RoleClinician}},
		{"P", "ack 2: all verdicts OK, the hash of section 6", at(HasAck, 2, 2), settings},
		{"C", "seq 3: the same hash", at(0, 3, 0), &Arm{CommandID: arm, SettingsHash: sampleHash(), TreatmentID: sampleTreatment(), NotAfter: 93_400_000, Role: RoleClinician}},
		{"P", "ack 3: DONE", at(HasAck, 3, 3), &Result{CommandID: arm, Outcome: OutcomeDone}},
		{"P", "live lane, seq 1: READY", at(0, 1, 0), &ready},
		{"C", "live lane, seq 0, with the clock of that STATUS; again every 100 ms", at(0, 0, 0), &Lease{ArmID: sampleArmID, Clock: ready.Clock}},
		{"P", "live lane, seq 9: the operator has pulled the trigger", at(0, 9, 0), &pulse},
		{"C", "stop lane, session 0", Header{}, &Stop{Nonce: stop}},
		{"P", "RF off; the session that ESTOP carried", Header{}, &Stopped{Nonce: stop, Clock: 93_618_100}},
		{"P", "needle back", Header{Seq: 1}, &Stopped{Nonce: stop, NeedleBack: true, Clock: 93_740_000}},
		{"C", "seq 4: an ESTOP alone", at(0, 4, 0), &Clear{CommandID: arm + 1, Role: RoleClinician}},
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
	out, again := decodeStream("", stream)
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
	check("### 22.1", "### 22.2", until(func(i int) string { return Code(i).String() }))
	check("### 22.2", "### 22.3", ArmBlocks(1<<BlockCount-1).Names())
	check("### 22.3", "### 22.4", until(func(i int) string { return Fault(i).String() }))
	check("### 22.4", "### 22.5", until(func(i int) string { return Outcome(i).String() }))
	check("### 22.5", "### 22.6", until(func(i int) string { return PulseResult(i).String() }))
	for s := StateStandby; s <= StateUpdate; s++ {
		if !strings.Contains(spec, fmt.Sprintf("\n| %d | %v |", s, s)) {
			t.Errorf("no row for state %v", s)
		}
	}
}

// TestSpecTimes holds section 21 to the constants.
func TestSpecTimes(t *testing.T) {
	section := between(t, readSpec(t), "## 21 ", "## 22 ")
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
		"contact lost before another spot, at least":    ms(SpotRelease),
		"way back of the needle, at most":               ms(time.Duration(MaxStopToRetracted) * time.Millisecond),
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
	for code := EventBoot; code <= EventTipBound; code++ {
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

func crcOf(s string) uint32 { return crc32.Checksum([]byte(s), castagnoli) }
