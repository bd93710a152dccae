package store

import (
	"encoding/binary"
	"math"
	"time"

	"stipple/app/clinical"
	"stipple/protocol"
)

// A pulse is stored as a row of variable-length integers (package
// encoding/binary) instead of JSON: a treatment has hundreds, the list of a
// patient's treatments reads all of them, and a row is a fifth of the size and a
// fiftieth of the work. The order of the fields is the order of packPulse and
// part of the schema version. Boot and Index are in the key.

// storedPulse is a pulse with its number among the pulses of its treatment in
// the order in which they reached the store, from 0.
type storedPulse struct {
	arrival uint64
	pulse   clinical.Pulse
}

func packPulse(v storedPulse) []byte {
	p := v.pulse
	b := make([]byte, 0, 128)
	b = binary.AppendUvarint(b, v.arrival)
	b = binary.AppendUvarint(b, uint64(p.ArmID))
	b = binary.AppendVarint(b, p.At.Unix())
	b = binary.AppendUvarint(b, uint64(p.At.Nanosecond()))
	b = append(b, p.SettingsHash[:]...)
	b = binary.AppendUvarint(b, uint64(p.TipID))
	for _, n := range [...]int64{
		int64(p.Set.Depth), int64(p.Set.Speed), int64(p.Set.Power), int64(p.Set.Duration),
		int64(p.Depth), int64(p.Speed), int64(p.Power), int64(p.Duration), int64(p.Energy),
		int64(p.ImpedanceMin), int64(p.Impedance), int64(p.ImpedanceMax), int64(p.PeakTemp), int64(p.Pass),
	} {
		b = binary.AppendVarint(b, n)
	}
	b = binary.AppendUvarint(b, uint64(p.Strokes))
	b = binary.AppendUvarint(b, uint64(len(p.Result)))
	return append(b, p.Result...)
}

func unpackPulse(boot, index uint32, plain []byte) (storedPulse, error) {
	r := rowReader{b: plain}
	v := storedPulse{arrival: r.unsigned(math.MaxUint64)}
	p := &v.pulse
	p.Boot, p.Index = boot, index
	p.ArmID = uint32(r.unsigned(math.MaxUint32))
	seconds := r.signed(math.MinInt64, math.MaxInt64)
	p.At = time.Unix(seconds, int64(r.unsigned(uint64(time.Second)-1))).UTC()
	copy(p.SettingsHash[:], r.bytes(uint64(len(p.SettingsHash))))
	p.TipID = uint32(r.unsigned(math.MaxUint32))
	p.Set = clinical.Settings{
		Depth: protocol.Micrometres(r.int32()), Speed: protocol.StrokesPerMinute(r.int32()),
		Power: protocol.Milliwatts(r.int32()), Duration: protocol.Milliseconds(r.int32()),
	}
	p.Depth, p.Speed = protocol.Micrometres(r.int32()), protocol.StrokesPerMinute(r.int32())
	p.Power, p.Duration = protocol.Milliwatts(r.int32()), protocol.Milliseconds(r.int32())
	p.Energy = protocol.Microjoules(r.signed(math.MinInt64, math.MaxInt64))
	p.ImpedanceMin, p.Impedance = protocol.Ohms(r.int32()), protocol.Ohms(r.int32())
	p.ImpedanceMax, p.PeakTemp = protocol.Ohms(r.int32()), protocol.Centidegrees(r.int32())
	p.Pass = int(r.int32())
	p.Strokes = uint32(r.unsigned(math.MaxUint32))
	p.Result = string(r.bytes(r.unsigned(uint64(len(plain)))))
	if r.bad || len(r.b) != 0 {
		return storedPulse{}, damaged("pulse row")
	}
	return v, nil
}

// rowReader reads a row of integers; after the first that does not fit all are zero.
type rowReader struct {
	b   []byte
	bad bool
}

func (r *rowReader) unsigned(limit uint64) uint64 {
	v, n := binary.Uvarint(r.b)
	if r.bad || n <= 0 || v > limit {
		r.bad = true
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *rowReader) signed(low, high int64) int64 {
	v, n := binary.Varint(r.b)
	if r.bad || n <= 0 || v < low || v > high {
		r.bad = true
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *rowReader) int32() int32 { return int32(r.signed(math.MinInt32, math.MaxInt32)) }

func (r *rowReader) bytes(n uint64) []byte {
	if r.bad || n > uint64(len(r.b)) {
		r.bad = true
		return nil
	}
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}
