package clinical

import (
	"fmt"
	"math"
	"math/bits"

	"stipple/protocol"
)

// doseColumn is the column of the table of dose caps that a skin type uses.
type doseColumn uint8

const (
	columnItoIII doseColumn = iota
	columnIV
	columnVtoVI
)

// doseColumns is how many columns there are.
const doseColumns = 3

// column is the dose column of a skin type. An unknown or invalid type counts
// as V-VI, the tightest.
func (f Fitzpatrick) column() doseColumn {
	switch f {
	case FitzpatrickI, FitzpatrickII, FitzpatrickIII:
		return columnItoIII
	case FitzpatrickIV:
		return columnIV
	}
	return columnVtoVI
}

// Known says whether the skin type is one of I to VI.
func (f Fitzpatrick) Known() bool { return f >= FitzpatrickI && f <= FitzpatrickVI }

// Dark says whether the rules for types V-VI hold, which they also do where
// the type is not known.
func (f Fitzpatrick) Dark() bool { return f.column() == columnVtoVI }

// String is the skin type as it is written: "IV", or "unknown".
func (f Fitzpatrick) String() string {
	switch f {
	case FitzpatrickI:
		return "I"
	case FitzpatrickII:
		return "II"
	case FitzpatrickIII:
		return "III"
	case FitzpatrickIV:
		return "IV"
	case FitzpatrickV:
		return "V"
	case FitzpatrickVI:
		return "VI"
	}
	return "unknown"
}

// doseExceeds says whether power x duration x pulses > cap x pins. Both sides
// are whole 128-bit products, so that no setting, however absurd, overflows
// into looking harmless. Negative settings carry no dose; they fall to the
// minimum of their own range.
func doseExceeds(s Settings, pins, pulses int, capPerPin protocol.Microjoules) bool {
	if s.Power <= 0 || s.Duration <= 0 {
		return false
	}
	energy := uint64(protocol.Energy(s.Power, s.Duration))
	doseHi, doseLo := bits.Mul64(energy, uint64(max(pulses, 1)))
	capHi, capLo := bits.Mul64(uint64(max(capPerPin, 0)), uint64(max(pins, 0)))
	return doseHi > capHi || doseHi == capHi && doseLo > capLo
}

// maxPowerForDose is the greatest power that keeps power x duration x pulses
// within cap x pins; as much as an int32 holds where there is no duration. Only
// the bound beside a control comes from this quotient; whether settings may be
// applied is decided by doseExceeds.
func maxPowerForDose(capPerPin protocol.Microjoules, pins, pulses int, d protocol.Milliseconds) int32 {
	return quotient(capPerPin, pins, pulses, int64(d))
}

// maxDurationForDose is maxPowerForDose the other way round.
func maxDurationForDose(capPerPin protocol.Microjoules, pins, pulses int, p protocol.Milliwatts) int32 {
	return quotient(capPerPin, pins, pulses, int64(p))
}

func quotient(capPerPin protocol.Microjoules, pins, pulses int, factor int64) int32 {
	if factor <= 0 {
		return math.MaxInt32
	}
	hi, lo := bits.Mul64(uint64(max(capPerPin, 0)), uint64(max(pins, 0)))
	divHi, div := bits.Mul64(uint64(factor), uint64(max(pulses, 1)))
	if divHi > 0 {
		return 0
	}
	if hi >= div {
		return math.MaxInt32
	}
	q, _ := bits.Div64(hi, lo, div)
	return int32(min(q, math.MaxInt32))
}

// doseReason words a dose cap: "dose 62 mJ/pin, type IV".
func doseReason(n Number, rule string, f Fitzpatrick) Reason {
	skin := "type " + f.String()
	if !f.Known() {
		skin = "skin type unknown"
	}
	return numberReason(n, LayerDose, rule,
		fmt.Sprintf("dose %s mJ/pin, %s", doseCapText(n), skin))
}

// doseCapText is a cap in mJ, exactly: rounding a cap up would promise more
// than it allows.
func doseCapText(n Number) string { return formatFixed(int64(n.Value), millijouleShift, 0) }
