package protocol

import "math"

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
			{"highest", "behind every descriptor, as many bytes as there may be", &DescriptorRead{Offset: math.MaxUint16, Max: 255}},
		}, []broken{{"nothing", "a request for no bytes", []byte{0, 0, 0}, "max"}}},
		{TypeDescriptorChunk, "data", []sample{
			{"first", "the first bytes of a descriptor", &DescriptorChunk{Data: []byte(`{"format":1,"kind":"rf"`)}},
			{"longest", "as many bytes as one message holds", &DescriptorChunk{Offset: 448, Data: chunk}},
			{"behind", "an offset behind the end", &DescriptorChunk{Offset: MaxDescriptor}},
		}, []broken{{"too_long", "225 bytes", overChunk, "length"}}},
		{TypePulseRead, "max", []sample{
			{"resume", "from pulse 142 on", &PulseRead{From: 142, Max: MaxPulsesPerPage}},
			{"bounds", "only what the ledger holds", &PulseRead{}},
			{"highest", "behind every pulse, as many as there may be", &PulseRead{From: math.MaxUint32, Max: 255}},
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
	rf, pull, strange := rfPulse(143), needlePull(), rfPulse(math.MaxUint32)
	strange.Result = 200
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
			{"zero", "arm id 0 is never armed: it grants nothing", &Lease{}},
		}, nil},
		{TypePulse, "peak_temp", []sample{
			{"rf", "an RF pulse that ran its full time", &rf},
			{"needling", "a pull of a needling pen, interrupted by a reset", &pull},
			{"unknown_result", "a result of a later version is kept as a number", &strange},
		}, []broken{{"index_zero", "an index of 0", zeroPulse, "index"}}},
		{TypeEvent, "arg1", []sample{
			{"state", "STANDBY to READY", &Event{Index: 2210, Clock: 93_000_100, Code: EventStateChange, Args: [2]int32{int32(StateStandby), int32(StateReady)}}},
			{"alarm", "an alarm with a negative value", &Event{Index: 1, Code: EventAlarm, Level: LevelWarning, Args: [2]int32{2, -40}}},
			{"maker", "a code of the maker's own", &Event{Index: math.MaxUint32, Clock: 1, Code: EventMaker + 1, Level: LevelError}},
		}, nil},
		{TypeTimeAsk, "sent", []sample{
			{"now", "the console's clock", &TimeAsk{Sent: 1_700_000_000_000_000}},
			{"negative", "before its epoch", &TimeAsk{Sent: -1}},
			{"lowest", "the lowest clock", &TimeAsk{Sent: math.MinInt64}},
		}, nil},
		{TypeTimeTell, "replied", []sample{
			{"now", "turned round in 40 µs", &TimeTell{Sent: 1_700_000_000_000_000, Received: 93_417_250, Replied: 93_417_290}},
			{"at_once", "turned round within a microsecond", &TimeTell{Sent: -1, Received: 5, Replied: 5}},
			{"highest", "clocks that no pen has reached", &TimeTell{Sent: math.MaxInt64, Received: math.MaxUint64, Replied: math.MaxUint64}},
		}, []broken{{"backwards", "it left before it came", back, "replied"}}},
	}
}
