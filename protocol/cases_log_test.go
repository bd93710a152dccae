package protocol

import "math"

// logRecord is a sealed record of the log: the settings of generation 3.
func logRecord(index uint32) LogRecord {
	r := LogRecord{Boot: sampleBoot, Index: index, Clock: 93_000_000 + PenClock(index), UTC: 1_795_636_800, Code: EventSettings, Args: [2]int32{3, 0}}
	r.Seal()
	return r
}

func logCases() []typeCases {
	note := [8]byte{0x5A, 0xC1, 0x0E, 0x91, 0x00, 0xFF, 0x7F, 0x80}
	damaged := logRecord(2211)
	damaged.Args[0] ^= 1
	bare := LogRecord{Boot: 1, Index: 1, Code: EventBoot}
	bare.Seal()
	six := &LogPage{Oldest: 1, Newest: math.MaxUint32}
	for i := range uint32(MaxRecordsPerPage) {
		six.Records = append(six.Records, logRecord(math.MaxUint32-MaxRecordsPerPage+1+i))
	}
	two := &LogPage{Oldest: 1, Newest: 2211, Records: []LogRecord{logRecord(2210), damaged}}
	seven := append(six.AppendPayload(nil), make([]byte, LogRecordSize)...)[:MaxPayload]
	seven[8] = MaxRecordsPerPage + 1
	page := func(records ...LogRecord) []byte {
		return (&LogPage{Oldest: 1, Newest: 2211, Records: records}).AppendPayload(nil)
	}
	return []typeCases{
		{TypeLogRead, "max", []sample{
			{"resume", "from record 2210 on", &LogRead{From: 2210, Max: MaxRecordsPerPage}},
			{"bounds", "only what the log holds", &LogRead{}},
			{"highest", "behind every record, as many as there may be", &LogRead{From: math.MaxUint32, Max: 255}},
		}, nil},
		{TypeLogPage, "crc", []sample{
			{"two", "two records, the second damaged in the pen's memory: it is kept, and its checksum says so", two},
			{"first", "the first record of a pen's life, without a date", &LogPage{Oldest: 1, Newest: 1, Records: []LogRecord{bare}}},
			{"empty", "nothing in the log", &LogPage{}},
			{"six", "as many records as one message holds", six},
		}, []broken{
			{"too_many", "seven records announced", seven, "count"},
			{"same_twice", "one index twice", page(logRecord(2210), logRecord(2210)), "index"},
			{"descending", "the newer record first", page(logRecord(2211), logRecord(2210)), "index"},
			{"index_zero", "an index of 0", page(LogRecord{Boot: 1}), "index"},
		}},
		{TypeLogErase, "crc", []sample{
			{"copied", "what was copied up to record 2210", &LogErase{CommandID: sampleCommand + 8, Role: RoleServiceEngineer, UpTo: 2210, CRC: 0x1C2D3E4F}},
			{"none", "up to record 0: the pen refuses it with RANGE", &LogErase{CommandID: 1, Role: RoleServiceEngineer}},
			{"wrong_role", "an administrator: the pen refuses it with ROLE", &LogErase{CommandID: math.MaxUint64, Role: RoleAdministrator, UpTo: math.MaxUint32, CRC: math.MaxUint32}},
		}, nil},
		{TypeLogNote, "note", []sample{
			{"audit", "the head of the console's audit chain", &LogNote{Role: RoleClinician, Note: note}},
			{"zero", "eight zeros are a note like any other", &LogNote{Role: RoleAdministrator}},
			{"no_role", "without a role: the pen refuses it with ROLE", &LogNote{Note: note}},
		}, nil},
		{TypeLogNoted, "index", []sample{
			{"written", "it is record 2212", &LogNoted{Index: 2212}},
			{"first", "the lowest index", &LogNoted{Index: 1}},
			{"highest", "the highest index", &LogNoted{Index: math.MaxUint32}},
		}, []broken{{"index_zero", "an index of 0", make([]byte, 4), "index"}}},
	}
}
