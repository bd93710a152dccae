package protocol

// CalPlace is which of a quantity's tables is meant.
type CalPlace uint8

// The places of a calibration table in the pen.
const (
	CalActive   CalPlace = 0
	CalPrevious CalPlace = 1 // what CAL_RESTORE brings back
	CalStaged   CalPlace = 2 // written, not committed
)

// CalRead asks for one table.
type CalRead struct {
	Quantity Quantity
	Place    CalPlace
}

// Type is TypeCalRead.
func (*CalRead) Type() Type { return TypeCalRead }

// AppendPayload appends 2 bytes.
func (m *CalRead) AppendPayload(dst []byte) []byte {
	return append(dst, byte(m.Quantity), byte(m.Place))
}

// DecodePayload reads the fields.
func (m *CalRead) DecodePayload(p []byte) error {
	w := wire{typ: TypeCalRead, b: p}
	m.Quantity, m.Place = Quantity(w.u8("quantity")), CalPlace(w.u8("place"))
	return w.err
}

// CalTableReply answers CAL_READ with the table's bytes, as ParseCalTable
// reads them; none where there is no table.
type CalTableReply struct {
	Quantity Quantity
	Place    CalPlace
	Table    []byte // at most MaxCalTable
}

// Type is TypeCalTable.
func (*CalTableReply) Type() Type { return TypeCalTable }

// AppendPayload appends 3 bytes and the table.
func (m *CalTableReply) AppendPayload(dst []byte) []byte {
	return appendCalBytes(append(dst, byte(m.Quantity), byte(m.Place)), m.Table)
}

// DecodePayload copies the table.
func (m *CalTableReply) DecodePayload(p []byte) error {
	w := wire{typ: TypeCalTable, b: p}
	m.Quantity, m.Place = Quantity(w.u8("quantity")), CalPlace(w.u8("place"))
	m.Table = w.calBytes()
	return w.err
}

// CalWrite stages one table; it has no effect until CAL_COMMIT.
type CalWrite struct {
	Role     Role
	Quantity Quantity
	Table    []byte // at most MaxCalTable
}

// Type is TypeCalWrite.
func (*CalWrite) Type() Type { return TypeCalWrite }

// AppendPayload appends 3 bytes and the table.
func (m *CalWrite) AppendPayload(dst []byte) []byte {
	return appendCalBytes(append(dst, byte(m.Role), byte(m.Quantity)), m.Table)
}

// DecodePayload copies the table.
func (m *CalWrite) DecodePayload(p []byte) error {
	w := wire{typ: TypeCalWrite, b: p}
	m.Role, m.Quantity = Role(w.u8("role")), Quantity(w.u8("quantity"))
	m.Table = w.calBytes()
	return w.err
}

func appendCalBytes(dst, table []byte) []byte {
	table = table[:min(len(table), MaxCalTable)]
	return append(append(dst, byte(len(table))), table...)
}

func (w *wire) calBytes() []byte {
	n := int(w.u8("length"))
	if w.err == nil && n > MaxCalTable {
		w.fail("length", "longer than a table can be")
	}
	return append([]byte(nil), w.take(n, "table")...)
}

// CalWritten answers CAL_WRITE with the digest of what is staged now.
type CalWritten struct {
	Quantity Quantity
	Digest   [8]byte
}

// Type is TypeCalWritten.
func (*CalWritten) Type() Type { return TypeCalWritten }

// AppendPayload appends 9 bytes.
func (m *CalWritten) AppendPayload(dst []byte) []byte {
	return append(append(dst, byte(m.Quantity)), m.Digest[:]...)
}

// DecodePayload reads the fields.
func (m *CalWritten) DecodePayload(p []byte) error {
	w := wire{typ: TypeCalWritten, b: p}
	m.Quantity = Quantity(w.u8("quantity"))
	w.copy(m.Digest[:], "digest")
	return w.err
}

// CalCommit makes the staged table of that digest the active one; the active
// one becomes the previous one.
type CalCommit struct {
	CommandID uint64
	Role      Role
	Quantity  Quantity
	Digest    [8]byte
}

// Type is TypeCalCommit.
func (*CalCommit) Type() Type { return TypeCalCommit }

// ID is the command id.
func (m *CalCommit) ID() uint64 { return m.CommandID }

// Writer is the role.
func (m *CalCommit) Writer() Role { return m.Role }

// AppendPayload appends 18 bytes.
func (m *CalCommit) AppendPayload(dst []byte) []byte {
	return append(append(appendOnce(dst, m.CommandID, m.Role), byte(m.Quantity)), m.Digest[:]...)
}

// DecodePayload reads the fields.
func (m *CalCommit) DecodePayload(p []byte) error {
	w := wire{typ: TypeCalCommit, b: p}
	m.CommandID, m.Role = w.once()
	m.Quantity = Quantity(w.u8("quantity"))
	w.copy(m.Digest[:], "digest")
	return w.err
}

// CalRestore exchanges the active table and the previous one.
type CalRestore struct {
	CommandID uint64
	Role      Role
	Quantity  Quantity
}

// Type is TypeCalRestore.
func (*CalRestore) Type() Type { return TypeCalRestore }

// ID is the command id.
func (m *CalRestore) ID() uint64 { return m.CommandID }

// Writer is the role.
func (m *CalRestore) Writer() Role { return m.Role }

// AppendPayload appends 10 bytes.
func (m *CalRestore) AppendPayload(dst []byte) []byte {
	return append(appendOnce(dst, m.CommandID, m.Role), byte(m.Quantity))
}

// DecodePayload reads the fields.
func (m *CalRestore) DecodePayload(p []byte) error {
	w := wire{typ: TypeCalRestore, b: p}
	m.CommandID, m.Role = w.once()
	m.Quantity = Quantity(w.u8("quantity"))
	return w.err
}
