package clinical

import (
	"strconv"
	"strings"

	"stipple/protocol"
)

// thinSpace groups thousands: a narrow space that does not break, so that
// "6 000" stays one word. It is never accepted when a person types.
const thinSpace = "\u202f"

// A dose is read in mJ: 1,000 µJ, three decimal places.
const (
	microjoulesPerMillijoule = 1_000
	millijouleShift          = 3
)

// Format is a value for people in the parameter's ShownUnit, without the unit:
// depth always with two decimals ("1.50", or "1.525" between the steps of any
// pen), power in whole watts where it is whole ("12", "11.8"), and thousands
// grouped by a narrow space ("6 000"). The decimal sign is a point.
func Format(p Parameter, v int32) string {
	f := p.facts()
	return formatFixed(int64(v), f.baseShift, f.places)
}

// FormatWithUnit is Format with the unit: "1.50 mm", "60 /min", "12 W".
func FormatWithUnit(p Parameter, v int32) string {
	return Format(p, v) + " " + p.ShownUnit()
}

// FormatDose is a dose in whole mJ, rounded up, without the unit: a shown dose
// is never smaller than the real one.
func FormatDose(d protocol.Microjoules) string {
	mj := int64(d) / microjoulesPerMillijoule
	if int64(d)%microjoulesPerMillijoule > 0 {
		mj++
	}
	return formatFixed(mj, 0, 0)
}

// formatFixed writes v, which has shift decimal places, with at least places of
// them and no more than needed.
func formatFixed(v int64, shift, places int) string {
	sign := ""
	digits := strconv.FormatInt(v, 10)
	if strings.HasPrefix(digits, "-") {
		sign, digits = "\u2212", digits[1:]
	}
	for len(digits) <= shift {
		digits = "0" + digits
	}
	whole, decimals := digits[:len(digits)-shift], digits[len(digits)-shift:]
	for len(decimals) > places && strings.HasSuffix(decimals, "0") {
		decimals = decimals[:len(decimals)-1]
	}
	out := sign + groupThousands(whole)
	if decimals != "" {
		out += "." + decimals
	}
	return out
}

func groupThousands(digits string) string {
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + thinSpace + digits[i:]
	}
	return digits
}
