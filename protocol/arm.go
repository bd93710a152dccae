package protocol

// Arm asks for READY for exactly the settings that the operator confirmed.
// Its arm id is the low 32 bits of the command id, which are never 0, so that
// the console knows the arm id before the answer comes.
type Arm struct {
	CommandID    uint64   // random; the low 32 bits are not 0
	SettingsHash [8]byte  // Confirmation.Hash of what the operator saw
	TreatmentID  [16]byte // kept with every pulse
	NotAfter     PenClock // at most 500 ms ahead of the pen's clock; refused once past
	Role         Role     // one that treats
}

// Type is TypeArm.
func (*Arm) Type() Type { return TypeArm }

// ArmID is the arm id that this command leads to.
func (m *Arm) ArmID() uint32 { return uint32(m.CommandID) }

// ID is the command id.
func (m *Arm) ID() uint64 { return m.CommandID }

// Writer is the role.
func (m *Arm) Writer() Role { return m.Role }

// AppendPayload appends 41 bytes.
func (m *Arm) AppendPayload(dst []byte) []byte {
	dst = le.AppendUint64(dst, m.CommandID)
	dst = append(dst, m.SettingsHash[:]...)
	dst = append(dst, m.TreatmentID[:]...)
	return append(le.AppendUint64(dst, uint64(m.NotAfter)), byte(m.Role))
}

// DecodePayload refuses a command id whose low 32 bits are 0.
func (m *Arm) DecodePayload(p []byte) error {
	w := wire{typ: TypeArm, b: p}
	m.CommandID = w.u64("command_id")
	w.copy(m.SettingsHash[:], "settings_hash")
	w.copy(m.TreatmentID[:], "treatment_id")
	m.NotAfter = PenClock(w.u64("not_after"))
	m.Role = Role(w.u8("role"))
	if w.err == nil && m.ArmID() == 0 {
		w.fail("command_id", "low 32 bits are 0")
	}
	return w.err
}

// Clear leaves ESTOP or FAULT for STANDBY, with the trigger released.
type Clear struct {
	CommandID uint64
	Fault     Fault // what the operator was shown and clears; FaultNone for an ESTOP alone
	Role      Role
}

// Type is TypeClear.
func (*Clear) Type() Type { return TypeClear }

// ID is the command id.
func (m *Clear) ID() uint64 { return m.CommandID }

// Writer is the role.
func (m *Clear) Writer() Role { return m.Role }

// AppendPayload appends 10 bytes.
func (m *Clear) AppendPayload(dst []byte) []byte {
	return append(le.AppendUint64(dst, m.CommandID), byte(m.Fault), byte(m.Role))
}

// DecodePayload reads the fields.
func (m *Clear) DecodePayload(p []byte) error {
	w := wire{typ: TypeClear, b: p}
	m.CommandID = w.u64("command_id")
	m.Fault = Fault(w.u8("fault"))
	m.Role = Role(w.u8("role"))
	return w.err
}

// ResultOf asks what became of a command. An id that the pen has never seen
// is burnt by the question: the pen refuses it from then on.
type ResultOf struct{ CommandID uint64 }

// Type is TypeResultOf.
func (*ResultOf) Type() Type { return TypeResultOf }

// AppendPayload appends 8 bytes.
func (m *ResultOf) AppendPayload(dst []byte) []byte { return le.AppendUint64(dst, m.CommandID) }

// DecodePayload reads the id.
func (m *ResultOf) DecodePayload(p []byte) error {
	w := wire{typ: TypeResultOf, b: p}
	m.CommandID = w.u64("command_id")
	return w.err
}

// Outcome is what became of a command that must not happen twice.
type Outcome uint8

// The outcomes of a command with a command id.
const (
	OutcomeNeverSeen Outcome = 0 // never arrived, for certain; the id is burnt now
	OutcomeRunning   Outcome = 1 // not finished; ask again
	OutcomeDone      Outcome = 2 // carried out, once
	OutcomeRejected  Outcome = 3 // refused; nothing changed
	OutcomeForgotten Outcome = 4 // displaced, cut by a reset or not known for certain
)

// String is the specification's name of the outcome.
func (o Outcome) String() string {
	switch o {
	case OutcomeNeverSeen:
		return "NEVER_SEEN"
	case OutcomeRunning:
		return "RUNNING"
	case OutcomeDone:
		return "DONE"
	case OutcomeRejected:
		return "REJECTED"
	case OutcomeForgotten:
		return "FORGOTTEN"
	}
	return "UNKNOWN"
}

// KeptResults is how many command results the pen keeps across a reset.
const KeptResults = 32

// Result answers every command that must not happen twice, and RESULT_OF. A
// repeated answer never changes the pen's state.
type Result struct {
	CommandID uint64
	Outcome   Outcome
	Code      Code      // why, for OutcomeRejected
	ArmBlocks ArmBlocks // all that apply, for a refused ARM; those that keep it back, for another command with CodeBlocked
}

// Type is TypeResult.
func (*Result) Type() Type { return TypeResult }

// AppendPayload appends 12 bytes.
func (m *Result) AppendPayload(dst []byte) []byte {
	dst = le.AppendUint64(dst, m.CommandID)
	dst = append(dst, byte(m.Outcome), byte(m.Code))
	return le.AppendUint16(dst, uint16(m.ArmBlocks))
}

// DecodePayload reads the fields.
func (m *Result) DecodePayload(p []byte) error {
	w := wire{typ: TypeResult, b: p}
	m.CommandID = w.u64("command_id")
	m.Outcome = Outcome(w.u8("outcome"))
	m.Code = Code(w.u8("code"))
	m.ArmBlocks = ArmBlocks(w.u16("arm_blocks"))
	return w.err
}

// Lease keeps the pen armed. It grants RF until the earlier of its arrival +
// LeaseRF and the echoed pen clock + EchoRF, motion likewise: a lease that
// waited in a buffer grants nothing, and neither does one whose clock is ahead
// of the pen's.
type Lease struct {
	ArmID uint32
	Clock PenClock // newest pen clock that the console has seen in STATUS
}

// Type is TypeLease.
func (*Lease) Type() Type { return TypeLease }

// AppendPayload appends 12 bytes.
func (m *Lease) AppendPayload(dst []byte) []byte {
	return le.AppendUint64(le.AppendUint32(dst, m.ArmID), uint64(m.Clock))
}

// DecodePayload reads the fields.
func (m *Lease) DecodePayload(p []byte) error {
	w := wire{typ: TypeLease, b: p}
	m.ArmID = w.u32("arm_id")
	m.Clock = PenClock(w.u64("clock"))
	return w.err
}
