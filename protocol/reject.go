package protocol

// Code is why the pen refuses something.
type Code uint8

// The codes of REJECTED, of a verdict and of a rejected RESULT.
const (
	CodeOK           Code = 0
	CodeUnsupported  Code = 1 // type not known; sent once per type and session
	CodeBusy         Code = 2
	CodeState        Code = 3 // not in this state
	CodeBelowPen     Code = 4 // below the descriptor's minimum; bound given
	CodeAbovePen     Code = 5
	CodeStep         Code = 6 // off the step; bound is the step
	CodeBelowLimit   Code = 7 // below the envelope's minimum; bound given
	CodeAboveLimit   Code = 8
	CodeDose         Code = 9  // power x duration x pulses over cap x pins; bound is the cap
	CodeTiming       Code = 10 // duration + travel does not fit into one stamp
	CodeGeneration   Code = 11 // not newer; bound is the active one
	CodeNoEnvelope   Code = 12
	CodeEnvelope     Code = 13 // contradicts itself or the descriptor
	CodeMissingField Code = 14
	CodeUnknownField Code = 15
	CodeLate         Code = 16 // not_after is past
	CodeTooEarly     Code = 17 // not_after is more than ArmWindow ahead
	CodeHash         Code = 18 // the settings hash is not that of what is active
	CodeBlocked      Code = 19 // arm blocks apply
	CodeBurnt        Code = 20 // the command id was asked for, displaced, or used with other content
	CodeTrigger      Code = 21 // the trigger is held
	CodeWrongFault   Code = 22 // CLEAR names another fault than the latched one
	CodeRange        Code = 23 // another field is out of range
	CodeSelfTest     Code = 24
	CodeMalformed    Code = 25 // payload could not be read
	CodeRole         Code = 26 // not for this role
	CodeTip          Code = 27 // another tip is on than the one named, or none
	CodeIncomplete   Code = 28 // not all of it is there, or it can't be read
	CodeDigest       Code = 29 // not what the digest names
	CodeTable        Code = 30 // the calibration table breaks a rule
	CodeLoad         Code = 31 // no load is declared, or one that the pen can't check
	CodeSignature    Code = 32 // the firmware package is not signed by the maker
	CodeModel        Code = 33 // the firmware package is for another model, hardware or protocol
	CodeOldVersion   Code = 34 // the firmware package is older than the pen's minimum
	CodeNothing      Code = 35 // there is nothing to do that to
)

// String is the specification's name of the code.
func (c Code) String() string {
	names := [...]string{"OK", "UNSUPPORTED", "BUSY", "STATE", "BELOW_PEN", "ABOVE_PEN", "STEP", "BELOW_LIMIT", "ABOVE_LIMIT",
		"DOSE", "TIMING", "GENERATION", "NO_ENVELOPE", "ENVELOPE", "MISSING_FIELD", "UNKNOWN_FIELD", "LATE", "TOO_EARLY",
		"HASH", "BLOCKED", "BURNT", "TRIGGER", "WRONG_FAULT", "RANGE", "SELF_TEST", "MALFORMED",
		"ROLE", "TIP", "INCOMPLETE", "DIGEST", "TABLE", "LOAD", "SIGNATURE", "MODEL", "OLD_VERSION", "NOTHING"}
	if int(c) < len(names) {
		return names[c]
	}
	return "UNKNOWN"
}

// NoField is the Field of a REJECTED that is not about one field.
const NoField = 0xFF

// Rejected refuses a request; nothing has changed. It travels on the lane of
// what it answers.
type Rejected struct {
	Request Type // the type that is refused
	Code    Code
	Field   uint8 // parameter index, or NoField
	Bound   int32 // in the field's base unit; 0 where there is none
}

// Type is TypeRejected.
func (*Rejected) Type() Type { return TypeRejected }

// AppendPayload appends 7 bytes.
func (m *Rejected) AppendPayload(dst []byte) []byte {
	dst = append(dst, byte(m.Request), byte(m.Code), m.Field)
	return le.AppendUint32(dst, uint32(m.Bound))
}

// DecodePayload reads the fields.
func (m *Rejected) DecodePayload(p []byte) error {
	w := wire{typ: TypeRejected, b: p}
	m.Request, m.Code = Type(w.u8("request")), Code(w.u8("code"))
	m.Field = w.u8("field")
	m.Bound = w.i32("bound")
	return w.err
}
