package protocol

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
)

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

func exchangeText(steps []step) string {
	var b strings.Builder
	b.WriteString("```\n")
	for _, s := range steps {
		fmt.Fprintf(&b, "%s %v: %s\n%s", s.from, s.m.Type(), s.note, hexLines("    ", Append(nil, s.h, s.m)))
	}
	b.WriteString("```\n")
	return b.String()
}

// benchSteps is a calibration of depth: one measured value of several, then the
// table.
func benchSteps() []step {
	at := func(flags Flags, seq, ack uint16) Header {
		return Header{Flags: flags, Seq: seq, Ack: ack, Session: sampleSession}
	}
	const output = sampleCommand + 7
	before := CalTable{Quantity: QuantityDepth, Revision: 4, DateDays: 20_454, Technician: "maker", Instrument: "bench", Points: []CalPoint{{0, 0}, {3500, 3500}}}
	after := linesTable()
	service := &Status{
		State: StateService, Flags: FlagNeedleBack | FlagSelfTestOK, Clock: 153_000_000, ArmBlocks: BlockSettingsUnconfirmed | BlockServiceMode,
		NewestPulse: 143, NewestLog: 2199, TipID: 0x00C0FFEE, Temp: 2410, TempMax: 2410, Battery: 86,
	}
	report := &TestReport{CommandID: output, Quantity: QuantityDepth, Raw: true, Result: PulseComplete, Set: 1500, Mean: 1499, Min: 1497, Max: 1502, Duration: 2000, PeakTemp: 2420}
	return []step{
		{"C", "seq 5: a technician, into SERVICE", at(0, 5, 0), &Service{Role: RoleTechnician, Enter: true}},
		{"P", "ack 5: SERVICE", at(HasAck, 5, 5), &ServiceMode{State: StateService}},
		{"P", "live lane, seq 40: nothing is confirmed any more", at(0, 40, 0), service},
		{"C", "bulk lane, seq 1: the active table of depth", at(0, 1, 0), &CalRead{Quantity: QuantityDepth}},
		{"P", "ack 1: the maker's, revision 4", at(HasAck, 1, 1), &CalTableReply{Quantity: QuantityDepth, Table: before.Append(nil)}},
		{"C", "seq 6: 1,500 µm raw for 2 s; then LEASE every 100 ms, with this arm id", at(0, 6, 0),
			&TestOutput{CommandID: output, Role: RoleTechnician, Quantity: QuantityDepth, Raw: true, Value: 1500, Duration: 2000, NotAfter: 153_400_000}},
		{"P", "ack 6: DONE, permitted", at(HasAck, 6, 6), &Result{CommandID: output, Outcome: OutcomeDone}},
		{"C", "live lane, seq 61", at(0, 61, 0), &Lease{ArmID: output & 0xFFFFFFFF, Clock: service.Clock}},
		{"P", "live lane, seq 93: the trigger was pulled, the gauge read 1,560 µm, 2 s are over", at(0, 93, 0),
			&Event{Index: 2204, Clock: 156_200_000, Code: EventTestOutput, Args: [2]int32{int32(QuantityDepth), int32(PulseComplete)}}},
		{"C", "seq 7", at(0, 7, 0), &TestRead{}},
		{"P", "ack 7: what the pen's own sensor said", at(HasAck, 7, 7), report},
		{"C", "bulk lane, seq 2: the new table, revision 5", at(0, 2, 0), &CalWrite{Role: RoleTechnician, Quantity: QuantityDepth, Table: after.Append(nil)}},
		{"P", "ack 2: its digest", at(HasAck, 2, 2), &CalWritten{Quantity: QuantityDepth, Digest: after.Digest()}},
		{"C", "bulk lane, seq 3: the staged table", at(0, 3, 0), &CalRead{Quantity: QuantityDepth, Place: CalStaged}},
		{"P", "ack 3: byte for byte what was written", at(HasAck, 3, 3), &CalTableReply{Quantity: QuantityDepth, Place: CalStaged, Table: after.Append(nil)}},
		{"C", "seq 8: the table of this digest", at(0, 8, 0), &CalCommit{CommandID: sampleCommand + 9, Role: RoleTechnician, Quantity: QuantityDepth, Digest: after.Digest()}},
		{"P", "ack 8: DONE", at(HasAck, 8, 8), &Result{CommandID: sampleCommand + 9, Outcome: OutcomeDone}},
		{"P", "live lane, seq 140: the calibration revision is 5 now", at(0, 140, 0), &Event{Index: 2205, Clock: 171_000_000, Code: EventCalibration, Args: [2]int32{int32(QuantityDepth), 5}}},
		{"C", "seq 9: out of SERVICE", at(0, 9, 0), &Service{Role: RoleTechnician}},
		{"P", "ack 9: STANDBY", at(HasAck, 9, 9), &ServiceMode{State: StateStandby}},
	}
}

// logSteps copies a log of two records and erases the first.
func logSteps() []step {
	at := func(flags Flags, seq, ack uint16) Header {
		return Header{Flags: flags, Seq: seq, Ack: ack, Session: sampleSession}
	}
	first, second := logRecord(2210), logRecord(2211)
	sum := LogSum(0, &first)
	return []step{
		{"C", "bulk lane, seq 4: from 2210 on", at(0, 4, 0), &LogRead{From: 2210, Max: MaxRecordsPerPage}},
		{"P", "ack 4: 2210 and 2211, all that is kept", at(HasAck, 4, 4), &LogPage{Oldest: 2210, Newest: 2211, Records: []LogRecord{first, second}}},
		{"C", fmt.Sprintf("seq 10: up to 2210; the CRC-32C of its 35 bytes is 0x%08X", sum), at(0, 10, 0), &LogErase{CommandID: sampleCommand + 8, Role: RoleServiceEngineer, UpTo: 2210, CRC: sum}},
		{"P", "ack 10: DONE", at(HasAck, 10, 10), &Result{CommandID: sampleCommand + 8, Outcome: OutcomeDone}},
		{"P", "live lane, seq 200: record 2212 says so", at(0, 200, 0), &Event{Index: 2212, Clock: 190_000_000, Code: EventLogErased, Args: [2]int32{2210, 0}}},
		{"C", "bulk lane, seq 5: what is kept now", at(0, 5, 0), &LogRead{}},
		{"P", "ack 5: 2211 and 2212", at(HasAck, 5, 5), &LogPage{Oldest: 2211, Newest: 2212}},
	}
}

// TestSpecExchanges reads the worked exchanges out of the document, as a pen
// maker would, and decodes every frame of them.
func TestSpecExchanges(t *testing.T) {
	for _, name := range []string{"handshake", "bench", "log"} {
		block := between(t, readSpec(t), "generated:"+name+" -->\n```\n", "```")
		var stream []byte
		var names []string
		for line := range strings.Lines(block) {
			if bytes, ok := strings.CutPrefix(line, "    "); ok {
				b, err := hex.DecodeString(strings.ReplaceAll(strings.TrimSpace(bytes), " ", ""))
				if err != nil {
					t.Fatal(err)
				}
				stream = append(stream, b...)
				continue
			}
			names = append(names, line[:1]+" "+strings.Fields(line)[1])
		}
		out, again := decodeStream("", stream)
		if len(out) != len(names) || !bytes.Equal(again, stream) {
			t.Fatalf("%s: %d frames, %d named, re-encoded to the same: %v", name, len(out), len(names), bytes.Equal(again, stream))
		}
		for i, o := range out {
			typ, _ := typeNamed(o.Name)
			from := strings.ToUpper(sender(typ)[:1])
			if o.Message == nil || from+" "+o.Name+":" != names[i] {
				t.Errorf("%s: frame %d is %+v, named %s", name, i, o, names[i])
			}
		}
	}
}

func typeNamed(name string) (Type, bool) {
	for _, typ := range allTypes() {
		if typ.String() == name {
			return typ, true
		}
	}
	return 0, false
}
