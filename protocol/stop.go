package protocol

// Stop is ESTOP: RF off, needle back, latched. It is obeyed in every state,
// under any session id, on any lane and with any length, and repeated by the
// console until STOPPED comes back with the same nonce.
type Stop struct {
	Nonce uint32 // new for each stop, not 0
}

// Type is TypeStop.
func (*Stop) Type() Type { return TypeStop }

// AppendPayload appends 4 bytes.
func (m *Stop) AppendPayload(dst []byte) []byte { return le.AppendUint32(dst, m.Nonce) }

// DecodePayload reads the nonce.
func (m *Stop) DecodePayload(p []byte) error {
	w := wire{typ: TypeStop, b: p}
	m.Nonce = w.u32("nonce")
	return w.err
}

// Stopped confirms a stop: sent once RF measures off, and again when the
// needle is back.
type Stopped struct {
	Nonce      uint32   // of the newest ESTOP
	NeedleBack bool     // the needle is retracted too
	Clock      PenClock // when it was sent
}

// Type is TypeStopped.
func (*Stopped) Type() Type { return TypeStopped }

// AppendPayload appends 13 bytes.
func (m *Stopped) AppendPayload(dst []byte) []byte {
	dst = le.AppendUint32(dst, m.Nonce)
	dst = append(dst, bit(m.NeedleBack, 0))
	return le.AppendUint64(dst, uint64(m.Clock))
}

// DecodePayload reads the fields.
func (m *Stopped) DecodePayload(p []byte) error {
	w := wire{typ: TypeStopped, b: p}
	m.Nonce = w.u32("nonce")
	m.NeedleBack = w.u8("flags")&1 != 0
	m.Clock = PenClock(w.u64("clock"))
	return w.err
}

// Disarm takes READY back to STANDBY. It has no reply: the STATUS that follows
// the change is the confirmation, and the console repeats it until then.
type Disarm struct {
	ArmID uint32 // 0: whatever is armed
}

// Type is TypeDisarm.
func (*Disarm) Type() Type { return TypeDisarm }

// AppendPayload appends 4 bytes.
func (m *Disarm) AppendPayload(dst []byte) []byte { return le.AppendUint32(dst, m.ArmID) }

// DecodePayload reads the arm id.
func (m *Disarm) DecodePayload(p []byte) error {
	w := wire{typ: TypeDisarm, b: p}
	m.ArmID = w.u32("arm_id")
	return w.err
}
