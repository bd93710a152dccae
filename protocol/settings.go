package protocol

import (
	"crypto/sha256"
	"math"
	"slices"
)

// MaxParameters is the most parameters a descriptor may have.
const MaxParameters = 16

// Field is one parameter's value.
type Field struct {
	Index uint8 // of the parameter in the descriptor
	Value int32 // in the parameter's base unit
}

// Range is one parameter's bounds within an envelope, both allowed.
type Range struct {
	Index    uint8 // of the parameter in the descriptor
	Min, Max int32 // in the parameter's base unit
}

// Envelope is what the console's limits came to. The pen refuses settings
// outside it and enforces the dose itself. A pen without RF has a dose cap of
// 0 and ignores it.
type Envelope struct {
	DosePerPin    Microjoules // µJ per pin at one spot, 0..2^32-1; sent as the nearest that fits
	PulsesPerSpot uint8       // 1..255
	Pins          uint16      // of the tip that the limits were made for
	Ranges        []Range     // in descriptor order, one for each parameter, at most MaxParameters
}

// append appends 8 bytes and 9 for each range. A dose that does not fit must
// not wrap round into another one, so it is sent as the nearest that fits; the
// echo then differs from what was asked, which the console shows.
func (e *Envelope) append(dst []byte) []byte {
	ranges := atMost(e.Ranges)
	dst = le.AppendUint32(dst, uint32(min(max(e.DosePerPin, 0), math.MaxUint32)))
	dst = append(dst, e.PulsesPerSpot)
	dst = le.AppendUint16(dst, e.Pins)
	dst = append(dst, byte(len(ranges)))
	for _, r := range ranges {
		dst = append(dst, r.Index)
		dst = le.AppendUint32(dst, uint32(r.Min))
		dst = le.AppendUint32(dst, uint32(r.Max))
	}
	return dst
}

func (e *Envelope) read(w *wire) {
	e.DosePerPin = Microjoules(w.u32("dose_per_pin"))
	e.PulsesPerSpot = w.u8("pulses_per_spot")
	e.Pins = w.u16("pins")
	e.Ranges = nil
	for range w.count("range_count") {
		r := Range{Index: w.u8("range_index"), Min: w.i32("range_min"), Max: w.i32("range_max")}
		if w.err != nil {
			return
		}
		e.Ranges = append(e.Ranges, r)
	}
}

// atMost cuts a list at what a message can hold. No descriptor that passes
// Validate has more, and the pen refuses what a cut list leaves open.
func atMost[T any](list []T) []T { return list[:min(len(list), MaxParameters)] }

// Equal says whether two envelopes are the same, field by field.
func (e Envelope) Equal(o Envelope) bool {
	return e.DosePerPin == o.DosePerPin && e.PulsesPerSpot == o.PulsesPerSpot && e.Pins == o.Pins && slices.Equal(e.Ranges, o.Ranges)
}

// PutEnvelope sets the envelope. It is refused while armed. Settings that are
// active and now outside are made unconfirmed by the pen, not moved.
type PutEnvelope struct {
	Envelope Envelope
	Role     Role
}

// Type is TypePutEnvelope.
func (*PutEnvelope) Type() Type { return TypePutEnvelope }

// AppendPayload appends 9 bytes and 9 for each range.
func (m *PutEnvelope) AppendPayload(dst []byte) []byte {
	return append(m.Envelope.append(dst), byte(m.Role))
}

// DecodePayload refuses more than MaxParameters ranges.
func (m *PutEnvelope) DecodePayload(p []byte) error {
	w := wire{typ: TypePutEnvelope, b: p}
	m.Envelope.read(&w)
	m.Role = Role(w.u8("role"))
	return w.err
}

// EnvelopeReply is the envelope now in force, in answer to PUT_ENVELOPE.
type EnvelopeReply struct{ Envelope Envelope }

// Type is TypeEnvelope.
func (*EnvelopeReply) Type() Type { return TypeEnvelope }

// AppendPayload appends 8 bytes and 9 for each range.
func (m *EnvelopeReply) AppendPayload(dst []byte) []byte { return m.Envelope.append(dst) }

// DecodePayload refuses more than MaxParameters ranges.
func (m *EnvelopeReply) DecodePayload(p []byte) error {
	w := wire{typ: TypeEnvelope, b: p}
	m.Envelope.read(&w)
	return w.err
}

// PutSettings sets all parameters or none. The generation must be greater
// than the active one, or equal with the same content.
type PutSettings struct {
	Generation uint32
	Fields     []Field // at most MaxParameters
	Role       Role
}

// Type is TypePutSettings.
func (*PutSettings) Type() Type { return TypePutSettings }

// AppendPayload appends 6 bytes and 5 for each field.
func (m *PutSettings) AppendPayload(dst []byte) []byte {
	dst = le.AppendUint32(dst, m.Generation)
	fields := atMost(m.Fields)
	dst = append(dst, byte(len(fields)))
	for _, f := range fields {
		dst = append(dst, f.Index)
		dst = le.AppendUint32(dst, uint32(f.Value))
	}
	return append(dst, byte(m.Role))
}

// DecodePayload refuses more than MaxParameters fields.
func (m *PutSettings) DecodePayload(p []byte) error {
	w := wire{typ: TypePutSettings, b: p}
	m.Generation = w.u32("generation")
	m.Fields = nil
	for range w.count("field_count") {
		f := Field{Index: w.u8("field_index"), Value: w.i32("field_value")}
		if w.err != nil {
			break
		}
		m.Fields = append(m.Fields, f)
	}
	m.Role = Role(w.u8("role"))
	return w.err
}

// GetSettings asks for the active settings.
type GetSettings struct{}

// Type is TypeGetSettings.
func (*GetSettings) Type() Type { return TypeGetSettings }

// AppendPayload appends nothing.
func (*GetSettings) AppendPayload(dst []byte) []byte { return dst }

// DecodePayload accepts everything.
func (*GetSettings) DecodePayload([]byte) error { return nil }

// Verdict is what the pen says to one requested field.
type Verdict struct {
	Index uint8
	Code  Code  // CodeOK: this field is fine
	Bound int32 // the bound that was passed, in the field's base unit; 0 where there is none
}

// SettingsReply answers PUT_SETTINGS and GET_SETTINGS with what is active on
// the pen now. After a refused PUT_SETTINGS that is what was active before:
// the pen never clamps and never applies a part.
type SettingsReply struct {
	Applied    bool      // the pen has settings active; with PUT_SETTINGS: these
	Generation uint32    // of the newest that were active; 0: none yet
	TipID      uint32    // 0: no tip
	Pins       uint16    // of that tip; 0: unknown
	CalRev     uint32    // calibration revision
	Hash       [8]byte   // SettingsHash of this snapshot; zero while none is active
	Values     []int32   // all parameters in descriptor order
	Verdicts   []Verdict // one for each field of the PUT_SETTINGS; none for GET_SETTINGS
}

// Type is TypeSettings.
func (*SettingsReply) Type() Type { return TypeSettings }

// AppendPayload appends 25 bytes, 4 for each value and 6 for each verdict.
func (m *SettingsReply) AppendPayload(dst []byte) []byte {
	dst = append(dst, bit(m.Applied, 0))
	dst = le.AppendUint32(dst, m.Generation)
	dst = le.AppendUint32(dst, m.TipID)
	dst = le.AppendUint16(dst, m.Pins)
	dst = le.AppendUint32(dst, m.CalRev)
	dst = append(dst, m.Hash[:]...)
	dst = appendValues(dst, m.Values)
	verdicts := atMost(m.Verdicts)
	dst = append(dst, byte(len(verdicts)))
	for _, v := range verdicts {
		dst = append(dst, v.Index, byte(v.Code))
		dst = le.AppendUint32(dst, uint32(v.Bound))
	}
	return dst
}

// appendValues appends a count and that many values.
func appendValues(dst []byte, values []int32) []byte {
	values = atMost(values)
	dst = append(dst, byte(len(values)))
	for _, v := range values {
		dst = le.AppendUint32(dst, uint32(v))
	}
	return dst
}

// DecodePayload refuses more than MaxParameters values or verdicts.
func (m *SettingsReply) DecodePayload(p []byte) error {
	w := wire{typ: TypeSettings, b: p}
	m.Applied = w.u8("flags")&1 != 0
	m.Generation = w.u32("generation")
	m.TipID = w.u32("tip_id")
	m.Pins = w.u16("pins")
	m.CalRev = w.u32("cal_rev")
	w.copy(m.Hash[:], "hash")
	m.Values, m.Verdicts = nil, nil
	for range w.count("value_count") {
		v := w.i32("value")
		if w.err != nil {
			return w.err
		}
		m.Values = append(m.Values, v)
	}
	for range w.count("verdict_count") {
		v := Verdict{Index: w.u8("verdict_index"), Code: Code(w.u8("verdict_code")), Bound: w.i32("verdict_bound")}
		if w.err != nil {
			return w.err
		}
		m.Verdicts = append(m.Verdicts, v)
	}
	return w.err
}

// Confirmation is everything that a settings hash is made of: what an operator
// confirms by arming, down to the tip and the calibration.
type Confirmation struct {
	Boot       uint32 // boot id of the pen
	Generation uint32 // of the settings
	Envelope   Envelope
	TipID      uint32
	Pins       uint16  // as the tip says, not as the envelope does
	CalRev     uint32  // calibration revision of the pen
	Values     []int32 // all parameters in descriptor order, at most MaxParameters
}

// maxConfirmation is the longest layout that is hashed, in bytes.
const maxConfirmation = 4 + 4 + (8 + 9*MaxParameters) + 4 + 2 + 4 + (1 + 4*MaxParameters)

// Hash is the first 8 bytes of SHA-256 over the fields in the order of the
// struct, little-endian, as SPEC.md section 6 lays them out.
func (c Confirmation) Hash() [8]byte {
	sum := sha256.Sum256(c.layout(make([]byte, 0, maxConfirmation)))
	return [8]byte(sum[:8])
}

// layout appends the bytes that are hashed.
func (c Confirmation) layout(b []byte) []byte {
	b = le.AppendUint32(b, c.Boot)
	b = le.AppendUint32(b, c.Generation)
	b = c.Envelope.append(b)
	b = le.AppendUint32(b, c.TipID)
	b = le.AppendUint16(b, c.Pins)
	b = le.AppendUint32(b, c.CalRev)
	return appendValues(b, c.Values)
}
