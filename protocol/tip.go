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
