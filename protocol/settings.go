package protocol

import (
	"crypto/sha256"
)

// MaxParameters is the most parameters a descriptor may have.
const MaxParameters = 16

// Field is one parameter's value: the parameter's index in the descriptor and
// the value in its base unit.
type Field struct {
	Index uint8
	Value int32
}

// Range is one parameter's bounds within an envelope.
type Range struct {
	Index    uint8
	Min, Max int32
}

// Envelope is what the console's limits came to. The pen refuses settings
// outside it and enforces the dose itself. A pen without RF has a dose cap of
// 0 and ignores it.
type Envelope struct {
	DosePerPin    Microjoules // per pin at one spot, 0..2^32-1
	PulsesPerSpot uint8       // 1..
	Pins          uint16      // of the tip that the limits were made for
	Ranges        []Range     // in descriptor order, one for each parameter
}

func (e *Envelope) append(dst []byte) []byte {
	dst = le.AppendUint32(dst, uint32(e.DosePerPin))
	dst = append(dst, e.PulsesPerSpot)
	dst = le.AppendUint16(dst, e.Pins)
	dst = append(dst, byte(len(e.Ranges)))
	for _, r := range e.Ranges {
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
	n := int(w.u8("count"))
	if w.err == nil && n > MaxParameters {
		w.fail("count", "over 16")
		return
	}
	e.Ranges = nil
	for range n {
		r := Range{Index: w.u8("index"), Min: w.i32("min"), Max: w.i32("max")}
		if w.err != nil {
			return
		}
		e.Ranges = append(e.Ranges, r)
	}
}

// Equal says whether two envelopes are the same, field by field.
func (e Envelope) Equal(o Envelope) bool {
	if e.DosePerPin != o.DosePerPin || e.PulsesPerSpot != o.PulsesPerSpot || e.Pins != o.Pins || len(e.Ranges) != len(o.Ranges) {
		return false
	}
	for i := range e.Ranges {
		if e.Ranges[i] != o.Ranges[i] {
			return false
		}
	}
	return true
}

// PutEnvelope sets the envelope. It is refused while armed. Settings that are
// active and now outside are made unconfirmed by the pen, not moved.
type PutEnvelope struct{ Envelope Envelope }

// Type is TypePutEnvelope.
func (*PutEnvelope) Type() Type { return TypePutEnvelope }

// AppendPayload appends 8 bytes and 9 for each range.
func (m *PutEnvelope) AppendPayload(dst []byte) []byte { return m.Envelope.append(dst) }

// DecodePayload reads the envelope.
func (m *PutEnvelope) DecodePayload(p []byte) error {
	w := wire{typ: TypePutEnvelope, b: p}
	m.Envelope.read(&w)
	return w.err
}

// EnvelopeReply is the envelope now in force, in answer to PUT_ENVELOPE.
type EnvelopeReply struct{ Envelope Envelope }

// Type is TypeEnvelope.
func (*EnvelopeReply) Type() Type { return TypeEnvelope }

// AppendPayload appends 8 bytes and 9 for each range.
func (m *EnvelopeReply) AppendPayload(dst []byte) []byte { return m.Envelope.append(dst) }

// DecodePayload reads the envelope.
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
}

// Type is TypePutSettings.
func (*PutSettings) Type() Type { return TypePutSettings }

// AppendPayload appends 5 bytes and 5 for each field.
func (m *PutSettings) AppendPayload(dst []byte) []byte {
	dst = le.AppendUint32(dst, m.Generation)
	dst = append(dst, byte(len(m.Fields)))
	for _, f := range m.Fields {
		dst = append(dst, f.Index)
		dst = le.AppendUint32(dst, uint32(f.Value))
	}
	return dst
}

// DecodePayload refuses more than MaxParameters fields.
func (m *PutSettings) DecodePayload(p []byte) error {
	w := wire{typ: TypePutSettings, b: p}
	m.Generation = w.u32("generation")
	n := int(w.u8("count"))
	if w.err == nil && n > MaxParameters {
		w.fail("count", "over 16")
	}
	m.Fields = nil
	for range n {
		f := Field{Index: w.u8("index"), Value: w.i32("value")}
		if w.err != nil {
			break
		}
		m.Fields = append(m.Fields, f)
	}
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
	Code  Code
	Bound int32 // the bound that was passed; 0 where there is none
}

// SettingsReply answers PUT_SETTINGS and GET_SETTINGS with what is active on
// the pen now. After a refused PUT_SETTINGS that is what was active before:
// the pen never clamps and never applies a part.
type SettingsReply struct {
	Applied    bool // the pen has confirmed settings active; with PUT_SETTINGS: these
	Generation uint32
	TipID      uint32
	Pins       uint16
	CalRev     uint32
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
	dst = append(dst, byte(len(m.Values)))
	for _, v := range m.Values {
		dst = le.AppendUint32(dst, uint32(v))
	}
	dst = append(dst, byte(len(m.Verdicts)))
	for _, v := range m.Verdicts {
		dst = append(dst, v.Index, byte(v.Code))
		dst = le.AppendUint32(dst, uint32(v.Bound))
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
	m.CalRev = w.u32("calibration_revision")
	w.copy(m.Hash[:], "hash")
	m.Values, m.Verdicts = nil, nil
	n := int(w.u8("count"))
	if w.err == nil && n > MaxParameters {
		w.fail("count", "over 16")
	}
	for i := 0; i < n && w.err == nil; i++ {
		m.Values = append(m.Values, w.i32("value"))
	}
	n = int(w.u8("verdict_count"))
	if w.err == nil && n > MaxParameters {
		w.fail("verdict_count", "over 16")
	}
	for i := 0; i < n && w.err == nil; i++ {
		m.Verdicts = append(m.Verdicts, Verdict{Index: w.u8("verdict_index"), Code: Code(w.u8("verdict_code")), Bound: w.i32("verdict_bound")})
	}
	return w.err
}

// Confirmation is everything that a settings hash is made of: what an operator
// confirms by arming, down to the tip and the calibration.
type Confirmation struct {
	Boot       uint32
	Generation uint32
	Envelope   Envelope
	TipID      uint32
	Pins       uint16
	CalRev     uint32
	Values     []int32 // all parameters in descriptor order
}

// Hash is the first 8 bytes of SHA-256 over the fields in the order of the
// struct, little-endian, as SPEC.md section 6 lays them out.
func (c Confirmation) Hash() [8]byte {
	b := make([]byte, 0, 256)
	b = le.AppendUint32(b, c.Boot)
	b = le.AppendUint32(b, c.Generation)
	b = c.Envelope.append(b)
	b = le.AppendUint32(b, c.TipID)
	b = le.AppendUint16(b, c.Pins)
	b = le.AppendUint32(b, c.CalRev)
	b = append(b, byte(len(c.Values)))
	for _, v := range c.Values {
		b = le.AppendUint32(b, uint32(v))
	}
	sum := sha256.Sum256(b)
	return [8]byte(sum[:8])
}
