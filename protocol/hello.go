package protocol

// The protocol version that this package speaks.
const (
	Major = 1
	Minor = 0
)

// MaxText is the longest string of a message in bytes.
const MaxText = 32

// Hello asks the pen for a session. It is sent with session 0. A new nonce
// ends the old session and puts the pen into STANDBY; the same nonce gets the
// same answer.
type Hello struct {
	MajorMin, MajorMax uint8  // majors that the console speaks
	Nonce              uint64 // random, new for each attempt to connect
}

// Type is TypeHello.
func (*Hello) Type() Type { return TypeHello }

// AppendPayload appends 10 bytes.
func (m *Hello) AppendPayload(dst []byte) []byte {
	dst = append(dst, m.MajorMin, m.MajorMax)
	return le.AppendUint64(dst, m.Nonce)
}

// DecodePayload refuses a range that is empty.
func (m *Hello) DecodePayload(p []byte) error {
	w := wire{typ: TypeHello, b: p}
	m.MajorMin, m.MajorMax = w.u8("major_min"), w.u8("major_max")
	m.Nonce = w.u64("nonce")
	if m.MajorMin > m.MajorMax {
		w.fail("major_max", "below major_min")
	}
	return w.err
}

// HelloAck opens a session and says who the pen is.
type HelloAck struct {
	Nonce            uint64 // of the hello
	Session          uint32 // minted at random by the pen; never 0
	Major, Minor     uint8  // what the pen speaks
	Simulated        bool   // the pen drives no needle and no RF
	Boot             uint32 // counts the pen's boots
	DescriptorLength uint16 // bytes, at most MaxDescriptor
	DescriptorSHA256 [32]byte
	Model            string // at most MaxText bytes of printable ASCII, as the two below
	Serial           string
	Firmware         string
}

// Type is TypeHelloAck.
func (*HelloAck) Type() Type { return TypeHelloAck }

// AppendPayload appends at most 152 bytes.
func (m *HelloAck) AppendPayload(dst []byte) []byte {
	dst = le.AppendUint64(dst, m.Nonce)
	dst = le.AppendUint32(dst, m.Session)
	dst = append(dst, m.Major, m.Minor, bit(m.Simulated, 0))
	dst = le.AppendUint32(dst, m.Boot)
	dst = le.AppendUint16(dst, m.DescriptorLength)
	dst = append(dst, m.DescriptorSHA256[:]...)
	dst = appendText(dst, m.Model, MaxText)
	dst = appendText(dst, m.Serial, MaxText)
	return appendText(dst, m.Firmware, MaxText)
}

// DecodePayload refuses session 0 and text that is not printable ASCII.
func (m *HelloAck) DecodePayload(p []byte) error {
	w := wire{typ: TypeHelloAck, b: p}
	m.Nonce = w.u64("nonce")
	m.Session = w.u32("session")
	m.Major, m.Minor = w.u8("major"), w.u8("minor")
	m.Simulated = w.u8("flags")&1 != 0
	m.Boot = w.u32("boot")
	m.DescriptorLength = w.u16("descriptor_length")
	w.copy(m.DescriptorSHA256[:], "descriptor_sha256")
	m.Model = w.text(MaxText, "model")
	m.Serial = w.text(MaxText, "serial")
	m.Firmware = w.text(MaxText, "firmware")
	if w.err == nil && m.Session == 0 {
		w.fail("session", "is 0")
	}
	return w.err
}

// bit is 1<<n if set.
func bit(set bool, n uint) uint8 {
	if set {
		return 1 << n
	}
	return 0
}

// DescriptorRead asks for a part of the descriptor.
type DescriptorRead struct {
	Offset uint16 // in bytes from the descriptor's start
	Max    uint8  // at most this many bytes, 1..255; the pen sends no more than MaxChunk
}

// Type is TypeDescriptorRead.
func (*DescriptorRead) Type() Type { return TypeDescriptorRead }

// AppendPayload appends 3 bytes.
func (m *DescriptorRead) AppendPayload(dst []byte) []byte {
	return append(le.AppendUint16(dst, m.Offset), m.Max)
}

// DecodePayload refuses a request for no bytes.
func (m *DescriptorRead) DecodePayload(p []byte) error {
	w := wire{typ: TypeDescriptorRead, b: p}
	m.Offset, m.Max = w.u16("offset"), w.u8("max")
	if w.err == nil && m.Max == 0 {
		w.fail("max", "is 0")
	}
	return w.err
}

// DescriptorChunk is one part of the descriptor. Data is empty behind its end.
type DescriptorChunk struct {
	Offset uint16
	Data   []byte // at most 224 bytes
}

// MaxChunk is the most bytes of a descriptor in one message.
const MaxChunk = 224

// Type is TypeDescriptorChunk.
func (*DescriptorChunk) Type() Type { return TypeDescriptorChunk }

// AppendPayload appends 3 bytes and the data, cut at MaxChunk.
func (m *DescriptorChunk) AppendPayload(dst []byte) []byte {
	data := m.Data[:min(len(m.Data), MaxChunk)]
	dst = append(le.AppendUint16(dst, m.Offset), byte(len(data)))
	return append(dst, data...)
}

// DecodePayload copies the data.
func (m *DescriptorChunk) DecodePayload(p []byte) error {
	w := wire{typ: TypeDescriptorChunk, b: p}
	m.Offset = w.u16("offset")
	n := w.u8("length")
	if w.err == nil && n > MaxChunk {
		w.fail("length", "over 224")
	}
	m.Data = append([]byte(nil), w.take(int(n), "data")...)
	return w.err
}
