package protocol

import "math"

func stopCases() []typeCases {
	return []typeCases{
		{TypeStop, "nonce", []sample{
			{"first", "a stop", &Stop{Nonce: 0x1D2C3B4A}},
			{"nonce_zero", "a nonce of 0 stops all the same", &Stop{}},
			{"highest", "the highest nonce", &Stop{Nonce: math.MaxUint32}},
		}, nil},
		{TypeStopped, "clock", []sample{
			{"rf_off", "RF measures off, the needle is on its way", &Stopped{Nonce: 0x1D2C3B4A, Clock: 93_418_100}},
			{"needle_back", "the needle is back too", &Stopped{Nonce: 0x1D2C3B4A, NeedleBack: true, Clock: 93_540_000}},
			{"highest", "a clock that no pen has reached", &Stopped{Nonce: math.MaxUint32, Clock: math.MaxUint64}},
		}, nil},
		{TypeDisarm, "arm_id", []sample{
			{"this", "disarm what was armed under this id", &Disarm{ArmID: sampleArmID}},
			{"any", "disarm whatever is armed", &Disarm{}},
			{"highest", "the highest arm id", &Disarm{ArmID: math.MaxUint32}},
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
			{"other_major", "a console of majors that this pen does not speak: the session only monitors", &Hello{MajorMin: 2, MajorMax: 255, Nonce: 1}},
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
			{"highest", "every number at its end", &TipInfo{ID: math.MaxUint32, Pins: math.MaxUint16, NeedleLength: math.MaxUint16, RatedPower: math.MaxUint32,
				UseCount: math.MaxUint32, UseLimit: math.MaxUint32, ExpiryDays: math.MaxUint16, BoundTreatment: [16]byte{15: 1}, Lot: "0123456789ABCDEF"}},
		}, []broken{
			{"lot_not_ascii", "a lot in UTF-8", badLot, "lot"},
			{"lot_too_long", "a lot of 17 bytes", longLot, "lot"},
		}},
		{TypeSetRate, "per_second", []sample{
			{"highest", "200 a second", &SetRate{PerSecond: MaxStatusRate}},
			{"ordinary", "back to 20 a second", &SetRate{PerSecond: StatusRate}},
			{"beyond", "the pen grants the nearest that it may: 200", &SetRate{PerSecond: math.MaxUint16}},
		}, nil},
		{TypeRate, "per_second", []sample{
			{"granted", "100 a second is what the pen grants", &Rate{PerSecond: 100}},
			{"ordinary", "20 a second", &Rate{PerSecond: StatusRate}},
			{"highest", "200 a second", &Rate{PerSecond: MaxStatusRate}},
		}, nil},
		{TypeRejected, "bound", []sample{
			{"busy", "a command that comes too soon", &Rejected{Request: TypePutSettings, Code: CodeBusy, Field: NoField}},
			{"unsupported", "a type that this pen does not know", &Rejected{Request: 0x7E, Code: CodeUnsupported, Field: NoField}},
			{"bound", "a field beyond its bound", &Rejected{Request: TypePutEnvelope, Code: CodeAbovePen, Field: 2, Bound: 50_000}},
			{"unknown_code", "a code of a later version is kept as a number", &Rejected{Request: TypeCalWrite, Code: 200, Field: NoField, Bound: math.MinInt32}},
		}, nil},
	}
}
