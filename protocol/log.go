package protocol

import "hash/crc32"

// LogRecordSize is the size of a log record in bytes.
const LogRecordSize = 35

// LogRecord is one numbered record of the pen's log: an event, with the boot
// that it happened in, and the date if the pen knew it. A record is written
// once; its checksum travels with it, so that a copy can be proved years later.
type LogRecord struct {
	Boot  uint32   // boot id of Clock
	Index uint32   // lifetime counter, from 1; may skip numbers at a reset
	Clock PenClock // pen clock
	UTC   uint32   // s since 1970-01-01; 0: the pen did not know it
	Code  uint16   // as in EVENT
	Level Level
	Args  [2]int32 // 0 where the code has fewer
	CRC   uint32   // CRC-32C of the 31 bytes before it
}

// Seal sets the checksum.
func (r *LogRecord) Seal() { r.CRC = r.sum() }

// Sound says whether the checksum is that of the record. One that is not has
// been damaged in the pen's memory: it is kept as it is, and shown as damaged.
func (r *LogRecord) Sound() bool { return r.CRC == r.sum() }

func (r *LogRecord) sum() uint32 {
	var b [LogRecordSize]byte
	return crc32.Checksum(r.Append(b[:0])[:LogRecordSize-crcSize], castagnoli)
}

// Append appends LogRecordSize bytes.
func (r *LogRecord) Append(dst []byte) []byte {
	dst = le.AppendUint32(dst, r.Boot)
	dst = le.AppendUint32(dst, r.Index)
	dst = le.AppendUint64(dst, uint64(r.Clock))
	dst = le.AppendUint32(dst, r.UTC)
	dst = le.AppendUint16(dst, r.Code)
	dst = append(dst, byte(r.Level))
	dst = le.AppendUint32(dst, uint32(r.Args[0]))
	dst = le.AppendUint32(dst, uint32(r.Args[1]))
	return le.AppendUint32(dst, r.CRC)
}

// Decode reads a record from the front of b. Errors: a *PayloadError where b
// is too short or the index is 0. It does not judge the checksum; ask Sound.
func (r *LogRecord) Decode(b []byte) error {
	w := wire{typ: TypeLogPage, b: b}
	r.read(&w)
	return w.err
}

func (r *LogRecord) read(w *wire) {
	r.Boot, r.Index = w.u32("boot"), w.u32("index")
	r.Clock = PenClock(w.u64("clock"))
	r.UTC = w.u32("utc")
	r.Code = w.u16("code")
	r.Level = Level(w.u8("level"))
	r.Args = [2]int32{w.i32("arg0"), w.i32("arg1")}
	r.CRC = w.u32("crc")
	if w.err == nil && r.Index == 0 {
		w.fail("index", "is 0")
	}
}

// LogSum goes on with the CRC-32C that LOG_ERASE names: over the records' bytes
// in order, from 0.
func LogSum(sum uint32, r *LogRecord) uint32 {
	var b [LogRecordSize]byte
	return crc32.Update(sum, castagnoli, r.Append(b[:0]))
}

// LogRead asks for log records from index From on.
type LogRead struct {
	From uint32
	Max  uint8 // records, at most; 0 asks only what the log holds
}

// Type is TypeLogRead.
func (*LogRead) Type() Type { return TypeLogRead }

// AppendPayload appends 5 bytes.
func (m *LogRead) AppendPayload(dst []byte) []byte {
	return append(le.AppendUint32(dst, m.From), m.Max)
}

// DecodePayload reads the fields.
func (m *LogRead) DecodePayload(p []byte) error {
	w := wire{typ: TypeLogRead, b: p}
	m.From, m.Max = w.u32("from"), w.u8("max")
	return w.err
}

// MaxRecordsPerPage is how many log records fit into one page.
const MaxRecordsPerPage = (MaxPayload - 9) / LogRecordSize

// LogPage answers LOG_READ. A page whose first record is newer than From shows
// that the log has wrapped past it, or that numbers were skipped at a reset.
type LogPage struct {
	Oldest, Newest uint32      // that the log holds; 0, 0: none
	Records        []LogRecord // ascending, at most MaxRecordsPerPage
}

// Type is TypeLogPage.
func (*LogPage) Type() Type { return TypeLogPage }

// AppendPayload appends 9 bytes and LogRecordSize for each record.
func (m *LogPage) AppendPayload(dst []byte) []byte {
	records := m.Records[:min(len(m.Records), MaxRecordsPerPage)]
	dst = le.AppendUint32(dst, m.Oldest)
	dst = le.AppendUint32(dst, m.Newest)
	dst = append(dst, byte(len(records)))
	for i := range records {
		dst = records[i].Append(dst)
	}
	return dst
}

// DecodePayload refuses records that are not in ascending order. It reuses the
// records of the message that it fills.
func (m *LogPage) DecodePayload(p []byte) error {
	w := wire{typ: TypeLogPage, b: p}
	m.Oldest, m.Newest = w.u32("oldest"), w.u32("newest")
	n := int(w.u8("count"))
	if w.err == nil && n > MaxRecordsPerPage {
		w.fail("count", "more than a page holds")
	}
	m.Records = m.Records[:0]
	last := uint32(0)
	for i := 0; i < n && w.err == nil; i++ {
		var r LogRecord
		r.read(&w)
		if w.err == nil && r.Index <= last {
			w.fail("index", "not ascending")
		}
		last = r.Index
		m.Records = append(m.Records, r)
	}
	return w.err
}

// LogErase drops the records up to UpTo, after a copy that was verified: CRC is
// the LogSum over every record from the oldest that is kept to UpTo.
type LogErase struct {
	CommandID uint64
	Role      Role
	UpTo      uint32 // index, included
	CRC       uint32
}

// Type is TypeLogErase.
func (*LogErase) Type() Type { return TypeLogErase }

// ID is the command id.
func (m *LogErase) ID() uint64 { return m.CommandID }

// Writer is the role.
func (m *LogErase) Writer() Role { return m.Role }

// AppendPayload appends 17 bytes.
func (m *LogErase) AppendPayload(dst []byte) []byte {
	dst = appendOnce(dst, m.CommandID, m.Role)
	return le.AppendUint32(le.AppendUint32(dst, m.UpTo), m.CRC)
}

// DecodePayload reads the fields.
func (m *LogErase) DecodePayload(p []byte) error {
	w := wire{typ: TypeLogErase, b: p}
	m.CommandID, m.Role = w.once()
	m.UpTo, m.CRC = w.u32("up_to"), w.u32("crc")
	return w.err
}

// LogNote writes eight bytes of the console's own into the pen's log, such as
// the head of its audit chain: a record that neither end can take back alone.
type LogNote struct {
	Role Role
	Note [8]byte
}

// Type is TypeLogNote.
func (*LogNote) Type() Type { return TypeLogNote }

// AppendPayload appends 9 bytes.
func (m *LogNote) AppendPayload(dst []byte) []byte {
	return append(append(dst, byte(m.Role)), m.Note[:]...)
}

// DecodePayload reads the fields.
func (m *LogNote) DecodePayload(p []byte) error {
	w := wire{typ: TypeLogNote, b: p}
	m.Role = Role(w.u8("role"))
	w.copy(m.Note[:], "note")
	return w.err
}

// LogNoted answers LOG_NOTE.
type LogNoted struct{ Index uint32 } // of the record

// Type is TypeLogNoted.
func (*LogNoted) Type() Type { return TypeLogNoted }

// AppendPayload appends 4 bytes.
func (m *LogNoted) AppendPayload(dst []byte) []byte { return le.AppendUint32(dst, m.Index) }

// DecodePayload refuses an index of 0.
func (m *LogNoted) DecodePayload(p []byte) error {
	w := wire{typ: TypeLogNoted, b: p}
	m.Index = w.u32("index")
	if w.err == nil && m.Index == 0 {
		w.fail("index", "is 0")
	}
	return w.err
}

// NoteArgs are the two arguments of a note's log record: its bytes as
// little-endian integers.
func NoteArgs(note [8]byte) [2]int32 {
	return [2]int32{int32(le.Uint32(note[:])), int32(le.Uint32(note[4:]))}
}
