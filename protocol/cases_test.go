package protocol

import "math"

// The tables below are the one source of the golden vectors, the round-trip
// tests and the fuzz seeds.

// sample is one message that is right, in the words of a vector's file.
type sample struct {
	slug  string
	about string
	msg   Message
}

// broken is one payload that its type refuses, with the field that is named.
type broken struct {
	slug    string
	about   string
	payload []byte
	field   string
}

// typeCases are the cases of one message type. last is the field that is
// missing when the last byte of the first sample is cut off; empty for a
// message without payload.
type typeCases struct {
	typ    Type
	last   string
	good   []sample
	broken []broken
}

const (
	sampleBoot    = 7
	sampleSession = 0x5EED1234
	sampleArmID   = 0xA1B2C3D4
	sampleCommand = 0x0102030405060708&^0xFFFFFFFF | sampleArmID
)

func sampleHash() [8]byte { return sampleConfirmation().Hash() }

func sampleTreatment() [16]byte {
	return [16]byte{0x01, 0x94, 0x22, 0x7E, 0x00, 0x11, 0x70, 0x00, 0x8A, 0, 0, 0, 0, 0, 0x02, 0xFF}
}

func sampleEnvelope() Envelope {
	return Envelope{
		DosePerPin: 100_000, PulsesPerSpot: 2, Pins: 25,
		Ranges: []Range{{0, 500, 1500}, {1, 30, 60}, {2, 0, 25_000}, {3, 10, 300}},
	}
}

func sampleConfirmation() Confirmation {
	return Confirmation{
		Boot: sampleBoot, Generation: 3, Envelope: sampleEnvelope(),
		TipID: 0x00C0FFEE, Pins: 25, CalRev: 4, Values: []int32{1500, 60, 10_000, 100},
	}
}

// sampleStatus is a pen in the middle of a pulse.
func sampleStatus() *Status {
	return &Status{
		State: StateTreating, Flags: FlagTrigger | FlagContact | FlagAtDepth | FlagRFOn | FlagLease | FlagSettings | FlagSelfTestOK,
		Clock: 93_417_250, ArmID: sampleArmID, LeaseLeft: 213, SettingsHash: sampleHash(),
		NewestPulse: 142, NewestLog: 2210, TipID: 0x00C0FFEE,
		SetDepth: 1500, SetSpeed: 60, SetPower: 10_000, SetDuration: 100,
		Depth: Swing{1498, 1490, 1506}, Speed: Swing{60, 59, 61},
		Power: 9950, PowerMax: 10_120, Impedance: 246, Temp: 5630, TempMax: 5711, Battery: 87,
	}
}

// idleStatus is a pen without a tip: nearly all of it is zero.
func idleStatus() *Status {
	return &Status{
		State: StateStandby, Flags: FlagNeedleBack | FlagSelfTestOK, Clock: 1_250_000,
		ArmBlocks: BlockTipMissing | BlockSettingsUnconfirmed, Temp: -250, TempMax: -250, Battery: 100,
	}
}

// fullStatus has no zero byte but the reserved one, and every field at its highest.
func fullStatus() *Status {
	full := Swing{math.MaxUint16, math.MaxUint16, math.MaxUint16}
	return &Status{
		State: 255, Fault: 255, Flags: math.MaxUint16, Clock: math.MaxUint64, ArmID: math.MaxUint32, ArmBlocks: math.MaxUint16,
		LeaseLeft: math.MaxUint16, SettingsHash: [8]byte{255, 255, 255, 255, 255, 255, 255, 255},
		NewestPulse: math.MaxUint32, NewestLog: math.MaxUint32, TipID: math.MaxUint32,
		SetDepth: math.MaxUint16, SetSpeed: math.MaxUint16, SetPower: math.MaxUint16, SetDuration: math.MaxUint16,
		Depth: full, Speed: full, Power: math.MaxUint16, PowerMax: math.MaxUint16, Impedance: math.MaxUint16,
		Temp: -1, TempMax: -1, Battery: 100,
	}
}

// rfPulse is one RF pulse that ran its full time.
func rfPulse(index uint32) Pulse {
	return Pulse{
		Index: index, Boot: sampleBoot, ArmID: sampleArmID, TreatmentID: sampleTreatment(), SettingsHash: sampleHash(),
		TipID: 0x00C0FFEE, Opened: 93_320_000, Result: PulseComplete,
		SetDepth: 1500, Depth: 1506, SetSpeed: 60, Speed: 60, SetPower: 10_000, Power: 9930, SetDuration: 100, Duration: 100,
		Energy: 993_000, Strokes: 1, ImpedanceMin: 231, Impedance: 248, ImpedanceMax: 305, PeakTemp: 5711,
	}
}

// needlePull is one trigger pull of a needling pen, cut short by a reset.
func needlePull() Pulse {
	return Pulse{
		Index: 1, Boot: 1, ArmID: 1, Opened: 10_000_000, Result: PulseInterrupted,
		SetDepth: 250, Depth: 250, SetSpeed: 5000, Speed: 4980, Duration: 2400, Strokes: 199, PeakTemp: -40,
	}
}

func allTypeCases() []typeCases {
	var all []typeCases
	all = append(all, stopCases()...)
	all = append(all, commandCases()...)
	all = append(all, settingsCases()...)
	all = append(all, armCases()...)
	all = append(all, bulkCases()...)
	return append(all, liveCases()...)
}

func stopCases() []typeCases {
	return []typeCases{
		{TypeStop, "nonce", []sample{
			{"first", "a stop", &Stop{Nonce: 0x1D2C3B4A}},
			{"nonce_zero", "a nonce of 0 stops all the same", &Stop{}},
		}, nil},
		{TypeStopped, "clock", []sample{
			{"rf_off", "RF measures off, the needle is on its way", &Stopped{Nonce: 0x1D2C3B4A, Clock: 93_418_100}},
			{"needle_back", "the needle is back too", &Stopped{Nonce: 0x1D2C3B4A, NeedleBack: true, Clock: 93_540_000}},
		}, []broken{{"empty", "no payload at all", nil, "nonce"}}},
		{TypeDisarm, "arm_id", []sample{
			{"this", "disarm what was armed under this id", &Disarm{ArmID: sampleArmID}},
			{"any", "disarm whatever is armed", &Disarm{}},
		}, nil},
	}
}

func commandCases() []typeCases {
	tip := &TipInfo{
		ID: 0x00C0FFEE, Insulated: true, Pins: 25, NeedleLength: 3500, RatedPower: 50_000, UseCount: 12, UseLimit: 800,
		ExpiryDays: 21_000, BoundTreatment: sampleTreatment(), Lot: "R25-0001",
	}
	ack := &HelloAck{
		Nonce: 0x1122334455667788, Session: sampleSession, Major: 1, Simulated: true, Boot: sampleBoot, DescriptorLength: 2890,
		DescriptorSHA256: [32]byte{0xAB, 1: 0xCD, 31: 0xEF}, Model: "R1", Serial: "0042", Firmware: "1.0.0",
	}
	longest := "0123456789ABCDEFGHIJKLMNOPQRSTUV"
	badText := (&HelloAck{Session: 1, Model: "R\x001"}).AppendPayload(nil)
	noSession := (&HelloAck{Model: "R1"}).AppendPayload(nil)
	tooLong := (&HelloAck{Session: 1}).AppendPayload(nil)
	tooLong[len(tooLong)-3] = MaxText + 1
	badLot := (&TipInfo{Lot: "caf\xC3\xA9"}).AppendPayload(nil)
	longLot := append((&TipInfo{}).AppendPayload(nil)[:39], append([]byte{17}, longest...)...)
	return []typeCases{
		{TypeHello, "nonce", []sample{
			{"one_major", "a console that speaks major 1", &Hello{MajorMin: 1, MajorMax: 1, Nonce: 0x1122334455667788}},
			{"range", "a console that speaks majors 1 to 3", &Hello{MajorMin: 1, MajorMax: 3, Nonce: math.MaxUint64}},
		}, []broken{{"empty_range", "the lowest major is above the highest", []byte{2, 1, 8: 0, 9: 0}, "major_max"}}},
		{TypeHelloAck, "firmware", []sample{
			{"simulated", "the simulated RF pen", ack},
			{"longest", "all three texts as long as they may be", &HelloAck{Session: 1, Major: 2, Minor: 9, Boot: math.MaxUint32, DescriptorLength: MaxDescriptor, Model: longest, Serial: longest, Firmware: longest}},
			{"no_descriptor", "a descriptor of 0 bytes: the session is open, and only monitors", &HelloAck{Session: 1, Major: 1, Model: "R1", Serial: "1", Firmware: "1"}},
			{"descriptor_too_long", "a descriptor of 16,385 bytes: the session is open, and only monitors", &HelloAck{Session: 1, Major: 1, DescriptorLength: MaxDescriptor + 1, Model: "R1", Serial: "1", Firmware: "1"}},
		}, []broken{
			{"session_zero", "a session of 0", noSession, "session"},
			{"control_character", "a zero byte within the model", badText, "model"},
			{"text_too_long", "a model of 33 bytes", tooLong, "model"},
		}},
		{TypeTipRead, "", []sample{
			{"plain", "no payload", &TipRead{}},
		}, nil},
		{TypeTipInfo, "lot", []sample{
			{"rf", "25 insulated pins, bound to a treatment", tip},
			{"none", "no tip on the pen", &TipInfo{}},
		}, []broken{
			{"lot_not_ascii", "a lot in UTF-8", badLot, "lot"},
			{"lot_too_long", "a lot of 17 bytes", longLot, "lot"},
		}},
		{TypeSetRate, "per_second", []sample{
			{"highest", "200 a second", &SetRate{PerSecond: MaxStatusRate}},
			{"ordinary", "back to 20 a second", &SetRate{PerSecond: StatusRate}},
		}, []broken{{"empty", "no payload at all", nil, "per_second"}}},
		{TypeRate, "per_second", []sample{
			{"granted", "100 a second is what the pen grants", &Rate{PerSecond: 100}},
			{"ordinary", "20 a second", &Rate{PerSecond: StatusRate}},
		}, []broken{{"empty", "no payload at all", nil, "per_second"}}},
		{TypeRejected, "bound", []sample{
			{"busy", "a command that comes too soon", &Rejected{Request: TypePutSettings, Code: CodeBusy, Field: NoField}},
			{"unsupported", "a type that this pen does not know", &Rejected{Request: 0x7E, Code: CodeUnsupported, Field: NoField}},
			{"bound", "a field beyond its bound", &Rejected{Request: TypePutEnvelope, Code: CodeAbovePen, Field: 2, Bound: 50_000}},
		}, []broken{{"empty", "no payload at all", nil, "request"}}},
	}
}

func settingsCases() []typeCases {
	env := sampleEnvelope()
	plain := Envelope{PulsesPerSpot: 1, Pins: 12, Ranges: []Range{{0, 0, 1500}, {1, 3000, 9000}}}
	full := Envelope{DosePerPin: math.MaxUint32, PulsesPerSpot: 255, Pins: math.MaxUint16}
	reply := &SettingsReply{Applied: true, Generation: 3, TipID: 0x00C0FFEE, Pins: 25, CalRev: 4, Hash: sampleConfirmation().Hash(), Values: []int32{1500, 60, 10_000, 100}}
	put, refused, dose := *reply, *reply, *reply
	put.Verdicts = []Verdict{{0, CodeOK, 0}, {1, CodeOK, 0}, {2, CodeOK, 0}, {3, CodeOK, 0}}
	refused.Applied, refused.Verdicts = false, []Verdict{{0, CodeAboveLimit, 1500}, {1, CodeOK, 0}, {2, CodeOK, 0}, {3, CodeStep, 10}}
	dose.Applied, dose.Verdicts = false, []Verdict{{0, CodeOK, 0}, {1, CodeOK, 0}, {2, CodeDose, 100_000}, {3, CodeDose, 100_000}}
	most := &PutSettings{Generation: math.MaxUint32}
	crowd := &SettingsReply{Generation: 1}
	for i := range uint8(MaxParameters) {
		full.Ranges = append(full.Ranges, Range{i, math.MinInt32, math.MaxInt32})
		most.Fields = append(most.Fields, Field{i, -1})
		crowd.Values = append(crowd.Values, int32(i)<<24)
		crowd.Verdicts = append(crowd.Verdicts, Verdict{i, CodeOK, 0})
	}
	manyRanges := full.append(nil)
	manyRanges[7]++
	manyFields := most.AppendPayload(nil)
	manyFields[4]++
	manyValues := crowd.AppendPayload(nil)
	manyValues[23]++
	manyVerdicts := crowd.AppendPayload(nil)
	manyVerdicts[24+4*MaxParameters]++
	return []typeCases{
		{TypePutEnvelope, "role", []sample{
			{"rf", "limits of an RF treatment", &PutEnvelope{env, RoleClinician}},
			{"needling", "limits of a needling treatment", &PutEnvelope{plain, RoleSeniorClinician}},
			{"most", "sixteen parameters, every field at its highest", &PutEnvelope{full, 255}},
		}, []broken{{"too_many", "seventeen ranges", manyRanges, "range_count"}}},
		{TypeEnvelope, "range_max", []sample{
			{"rf", "the envelope now in force", &EnvelopeReply{env}},
			{"needling", "on a needling pen", &EnvelopeReply{plain}},
		}, []broken{{"too_many", "seventeen ranges", manyRanges, "range_count"}}},
		{TypePutSettings, "role", []sample{
			{"rf", "1.5 mm, 60 stamps a minute, 10 W, 100 ms", &PutSettings{3, []Field{{0, 1500}, {1, 60}, {2, 10_000}, {3, 100}}, RoleClinician}},
			{"needling", "1.0 mm, 6,000 strokes a minute", &PutSettings{1, []Field{{0, 1000}, {1, 6000}}, RoleSeniorClinician}},
			{"most", "sixteen fields", most},
		}, []broken{{"too_many", "seventeen fields", manyFields, "field_count"}}},
		{TypeGetSettings, "", []sample{{"plain", "no payload", &GetSettings{}}}, nil},
		{TypeSettings, "verdict_count", []sample{
			{"applied", "the answer to GET_SETTINGS", reply},
			{"put", "the answer to a PUT_SETTINGS that was taken", &put},
			{"refused", "two fields of a PUT_SETTINGS refused: the older settings stay", &refused},
			{"dose", "every value fits, their product does not", &dose},
			{"none", "nothing active yet: the descriptor's defaults", &SettingsReply{TipID: 9, Pins: 12, CalRev: 1, Values: []int32{250, 5000}}},
			{"most", "sixteen values and sixteen verdicts", crowd},
		}, []broken{
			{"too_many_values", "seventeen values", manyValues, "value_count"},
			{"too_many_verdicts", "seventeen verdicts", manyVerdicts, "verdict_count"},
		}},
	}
}

func armCases() []typeCases {
	zeroArm := (&Arm{CommandID: 0xFFFFFFFF00000000, NotAfter: 1}).AppendPayload(nil)
	return []typeCases{
		{TypeArm, "role", []sample{
			{"rf", "READY for exactly these settings, within 400 ms", &Arm{CommandID: sampleCommand, SettingsHash: sampleHash(), TreatmentID: sampleTreatment(), NotAfter: 93_000_000, Role: RoleClinician}},
			{"lowest", "the lowest arm id", &Arm{CommandID: 1, NotAfter: math.MaxUint64}},
		}, []broken{{"arm_id_zero", "the low 32 bits of the command id are 0", zeroArm, "command_id"}}},
		{TypeClear, "role", []sample{
			{"stop", "clear an ESTOP", &Clear{CommandID: sampleCommand + 1, Role: RoleClinician}},
			{"fault", "clear a fault that the operator was shown", &Clear{CommandID: sampleCommand + 2, Fault: FaultMotorStall, Role: RoleTechnician}},
		}, nil},
		{TypeResultOf, "command_id", []sample{
			{"arm", "what became of this ARM", &ResultOf{CommandID: sampleCommand}},
			{"highest", "the highest id", &ResultOf{CommandID: math.MaxUint64}},
		}, nil},
		{TypeResult, "arm_blocks", []sample{
			{"done", "carried out", &Result{CommandID: sampleCommand, Outcome: OutcomeDone}},
			{"blocked", "refused: tip used, trigger held", &Result{CommandID: sampleCommand, Outcome: OutcomeRejected, Code: CodeBlocked, ArmBlocks: BlockTipUsed | BlockTriggerHeld}},
			{"never_seen", "never arrived, and burnt now", &Result{CommandID: 5, Outcome: OutcomeNeverSeen}},
		}, nil},
	}
}

func bulkCases() []typeCases {
	chunk := make([]byte, MaxChunk)
	for i := range chunk {
		chunk[i] = byte(' ' + i%95)
	}
	overChunk := append([]byte{0, 0, MaxChunk + 1}, append(chunk, 'x')...)
	two := &PulsePage{Oldest: 1, Newest: 143, Pulses: []Pulse{rfPulse(142), rfPulse(143)}}
	three := append(two.AppendPayload(nil), make([]byte, PulseSize)...)[:MaxPayload]
	three[8] = MaxPulsesPerPage + 1
	same := (&PulsePage{Oldest: 1, Newest: 143, Pulses: []Pulse{rfPulse(142), rfPulse(142)}}).AppendPayload(nil)
	zero := (&PulsePage{Oldest: 1, Newest: 143, Pulses: []Pulse{rfPulse(0)}}).AppendPayload(nil)
	return []typeCases{
		{TypeDescriptorRead, "max", []sample{
			{"first", "the first chunk", &DescriptorRead{Max: MaxChunk}},
			{"armed", "a small chunk, as while READY", &DescriptorRead{Offset: 2016, Max: BulkArmedBytes - 3}},
		}, []broken{{"nothing", "a request for no bytes", []byte{0, 0, 0}, "max"}}},
		{TypeDescriptorChunk, "data", []sample{
			{"first", "the first bytes of a descriptor", &DescriptorChunk{Data: []byte(`{"format":1,"kind":"rf"`)}},
			{"longest", "as many bytes as one message holds", &DescriptorChunk{Offset: 448, Data: chunk}},
			{"behind", "an offset behind the end", &DescriptorChunk{Offset: MaxDescriptor}},
		}, []broken{{"too_long", "225 bytes", overChunk, "length"}}},
		{TypePulseRead, "max", []sample{
			{"resume", "from pulse 142 on", &PulseRead{From: 142, Max: MaxPulsesPerPage}},
			{"bounds", "only what the ledger holds", &PulseRead{}},
		}, nil},
		{TypePulsePage, "peak_temp", []sample{
			{"two", "two RF pulses", two},
			{"one", "one pull of a needling pen", &PulsePage{Oldest: 1, Newest: 1, Pulses: []Pulse{needlePull()}}},
			{"empty", "nothing in the ledger", &PulsePage{}},
		}, []broken{
			{"too_many", "three pulses announced", three, "count"},
			{"same_twice", "one index twice", same, "index"},
			{"index_zero", "an index of 0", zero, "index"},
		}},
	}
}

func liveCases() []typeCases {
	rf, pull := rfPulse(143), needlePull()
	zeroPulse := (&Pulse{}).AppendPayload(nil)
	back := (&TimeTell{Received: 2, Replied: 1}).AppendPayload(nil)
	return []typeCases{
		{TypeStatus, "payload", []sample{
			{"treating", "in the middle of an RF pulse", sampleStatus()},
			{"idle", "no tip, no settings: nearly all zero", idleStatus()},
			{"full", "every field at its highest", fullStatus()},
		}, []broken{{"head_only", "the frozen head alone is no STATUS of this major", sampleStatus().AppendPayload(nil)[:StatusHeadSize], "payload"}}},
		{TypeLease, "clock", []sample{
			{"fresh", "with the clock of the newest STATUS", &Lease{ArmID: sampleArmID, Clock: 93_417_250}},
			{"highest", "a clock that no pen has reached", &Lease{ArmID: 1, Clock: math.MaxUint64}},
		}, nil},
		{TypePulse, "peak_temp", []sample{
			{"rf", "an RF pulse that ran its full time", &rf},
			{"needling", "a pull of a needling pen, interrupted by a reset", &pull},
		}, []broken{{"index_zero", "an index of 0", zeroPulse, "index"}}},
		{TypeEvent, "arg1", []sample{
			{"state", "STANDBY to READY", &Event{Index: 2210, Clock: 93_000_100, Code: EventStateChange, Args: [2]int32{int32(StateStandby), int32(StateReady)}}},
			{"alarm", "an alarm with a negative value", &Event{Index: 1, Code: EventAlarm, Level: LevelWarning, Args: [2]int32{2, -40}}},
			{"maker", "a code of the maker's own", &Event{Index: math.MaxUint32, Clock: 1, Code: EventMaker + 1, Level: LevelError}},
		}, nil},
		{TypeTimeAsk, "sent", []sample{
			{"now", "the console's clock", &TimeAsk{Sent: 1_700_000_000_000_000}},
			{"negative", "before its epoch", &TimeAsk{Sent: -1}},
		}, nil},
		{TypeTimeTell, "replied", []sample{
			{"now", "turned round in 40 µs", &TimeTell{Sent: 1_700_000_000_000_000, Received: 93_417_250, Replied: 93_417_290}},
			{"at_once", "turned round within a microsecond", &TimeTell{Sent: -1, Received: 5, Replied: 5}},
		}, []broken{{"backwards", "it left before it came", back, "replied"}}},
	}
}
