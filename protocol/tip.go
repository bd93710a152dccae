package protocol

// TipRead asks for the tip that is on the pen.
type TipRead struct{}

// Type is TypeTipRead.
func (*TipRead) Type() Type { return TypeTipRead }

// AppendPayload appends nothing.
func (*TipRead) AppendPayload(dst []byte) []byte { return dst }

// DecodePayload accepts everything.
func (*TipRead) DecodePayload([]byte) error { return nil }

// MaxLot is the longest lot of a tip in bytes.
const MaxLot = 16

// TipInfo is what the pen reads from the tip.
type TipInfo struct {
	ID             uint32 // 0: no tip
	Insulated      bool
	Pins           uint16 // 0: unknown; RF can't be armed
	NeedleLength   uint16 // µm: the furthest the needles can protrude
	RatedPower     uint32 // mW; 0 on a plain tip
	UseCount       uint32 // pulses or pulls so far
	UseLimit       uint32 // 0: none
	ExpiryDays     uint16 // days since 1970-01-01; 0: unknown
	BoundTreatment [16]byte
	Lot            string // at most MaxLot bytes of printable ASCII
}

// Type is TypeTipInfo.
func (*TipInfo) Type() Type { return TypeTipInfo }

// AppendPayload appends at most 56 bytes.
func (m *TipInfo) AppendPayload(dst []byte) []byte {
	dst = le.AppendUint32(dst, m.ID)
	dst = append(dst, bit(m.Insulated, 0))
	dst = le.AppendUint16(dst, m.Pins)
	dst = le.AppendUint16(dst, m.NeedleLength)
	dst = le.AppendUint32(dst, m.RatedPower)
	dst = le.AppendUint32(dst, m.UseCount)
	dst = le.AppendUint32(dst, m.UseLimit)
	dst = le.AppendUint16(dst, m.ExpiryDays)
	dst = append(dst, m.BoundTreatment[:]...)
	return appendText(dst, m.Lot, MaxLot)
}

// DecodePayload refuses a lot that is not printable ASCII.
func (m *TipInfo) DecodePayload(p []byte) error {
	w := wire{typ: TypeTipInfo, b: p}
	m.ID = w.u32("id")
	m.Insulated = w.u8("flags")&1 != 0
	m.Pins = w.u16("pins")
	m.NeedleLength = w.u16("needle_length")
	m.RatedPower = w.u32("rated_power")
	m.UseCount = w.u32("use_count")
	m.UseLimit = w.u32("use_limit")
	m.ExpiryDays = w.u16("expiry_days")
	w.copy(m.BoundTreatment[:], "bound_treatment")
	m.Lot = w.text(MaxLot, "lot")
	return w.err
}

// TipBind gives the tip that is on to one treatment: from then on it can be
// armed for no other.
type TipBind struct {
	CommandID   uint64
	Role        Role
	TipID       uint32   // that was read
	TreatmentID [16]byte // not zero
}

// Type is TypeTipBind.
func (*TipBind) Type() Type { return TypeTipBind }

// ID is the command id.
func (m *TipBind) ID() uint64 { return m.CommandID }

// Writer is the role.
func (m *TipBind) Writer() Role { return m.Role }

// AppendPayload appends 29 bytes.
func (m *TipBind) AppendPayload(dst []byte) []byte {
	dst = le.AppendUint32(appendOnce(dst, m.CommandID, m.Role), m.TipID)
	return append(dst, m.TreatmentID[:]...)
}

// DecodePayload refuses a treatment id of zeros, which is none.
func (m *TipBind) DecodePayload(p []byte) error {
	w := wire{typ: TypeTipBind, b: p}
	m.CommandID, m.Role = w.once()
	m.TipID = w.u32("tip_id")
	w.copy(m.TreatmentID[:], "treatment_id")
	if w.err == nil && m.TreatmentID == [16]byte{} {
		w.fail("treatment_id", "is 0")
	}
	return w.err
}
