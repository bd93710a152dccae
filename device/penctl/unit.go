package main

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode"

	"stipple/protocol"
)

// unit is what a number of a message is counted in.
type unit struct {
	suffix string // of a JSON key
	mark   string // behind the number, for a person
}

// The units of the link.
func units(name string) unit {
	switch name {
	case "um":
		return unit{"_um", "µm"}
	case "spm":
		return unit{"_spm", "/min"}
	case "mw":
		return unit{"_mw", "mW"}
	case "ms":
		return unit{"_ms", "ms"}
	case "uj":
		return unit{"_uj", "µJ"}
	case "ohm":
		return unit{"_ohm", "Ω"}
	case "cdegc":
		return unit{"_cdegc", "°C"}
	case "pct":
		return unit{"_pct", "%"}
	case "us":
		return unit{"_us", "µs"}
	case "s":
		return unit{"_s", "s"}
	}
	return unit{}
}

// unitOf finds the unit of a field: by its type where that says it, else by
// its name, which means the same in every message of the link.
func unitOf(f reflect.StructField) unit {
	switch f.Type {
	case reflect.TypeFor[protocol.PenClock]():
		return units("us")
	case reflect.TypeFor[protocol.Micrometres]():
		return units("um")
	case reflect.TypeFor[protocol.StrokesPerMinute]():
		return units("spm")
	case reflect.TypeFor[protocol.Milliwatts]():
		return units("mw")
	case reflect.TypeFor[protocol.Milliseconds]():
		return units("ms")
	case reflect.TypeFor[protocol.Microjoules]():
		return units("uj")
	case reflect.TypeFor[protocol.Ohms]():
		return units("ohm")
	case reflect.TypeFor[protocol.Centidegrees]():
		return units("cdegc")
	}
	switch f.Name {
	case "Depth", "SetDepth", "NeedleLength":
		return units("um")
	case "Speed", "SetSpeed":
		return units("spm")
	case "Power", "PowerMax", "SetPower", "RatedPower":
		return units("mw")
	case "Duration", "SetDuration", "LeaseLeft":
		return units("ms")
	case "Energy":
		return units("uj")
	case "Impedance", "ImpedanceMin", "ImpedanceMax", "Load":
		return units("ohm")
	case "Temp", "TempMax", "PeakTemp":
		return units("cdegc")
	case "Battery":
		return units("pct")
	case "Sent":
		return units("us")
	case "ServiceMotor", "ServiceRF":
		return units("s")
	case "MotorSeconds", "RFSeconds":
		return unit{"", "s"}
	case "UTC": // seconds in a log record, microseconds where a clock is compared
		if f.Type.Kind() == reflect.Uint64 {
			return units("us")
		}
		return units("s")
	}
	return unit{}
}

// quantityUnit is the unit of what a SERVICE output or a calibration is about.
func quantityUnit(q protocol.Quantity) unit {
	switch q {
	case protocol.QuantityDepth:
		return units("um")
	case protocol.QuantitySpeed:
		return units("spm")
	case protocol.QuantityPower:
		return units("mw")
	case protocol.QuantityImpedance:
		return units("ohm")
	}
	return unit{}
}

// number is a number, as its digits, with its unit; v is the same for units
// that a person reads in another scale.
func number(digits string, v int64, u unit) scalar {
	if u.mark == "°C" {
		return scalar{fmt.Sprintf("%.2f°C", float64(v)/100), digits}
	}
	return scalar{digits + u.mark, digits}
}

func signed(v int64, u unit) scalar { return number(strconv.FormatInt(v, 10), v, u) }

func unsigned(v uint64, u unit) scalar { return number(strconv.FormatUint(v, 10), int64(v), u) }

// isIdentity says whether a number is no amount, but a pattern of bits that
// people compare.
func isIdentity(name string) bool {
	switch name {
	case "CommandID", "ArmID", "Nonce", "Session", "CRC":
		return true
	}
	return false
}

// isDay says whether a number is a day, counted from 1970-01-01.
func isDay(name string) bool { return name == "ExpiryDays" || name == "DateDays" }

// day is a number of days for a person.
func day(days uint64) scalar {
	digits := strconv.FormatUint(days, 10)
	if days == 0 {
		return scalar{"unknown", digits}
	}
	return scalar{time.Unix(int64(days)*24*60*60, 0).UTC().Format(time.DateOnly), digits}
}

// snake is a Go name as a JSON key: RFSeconds is rf_seconds.
func snake(name string) string {
	var b strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		if i > 0 && unicode.IsUpper(r) &&
			(unicode.IsLower(runes[i-1]) || unicode.IsUpper(runes[i-1]) && i+1 < len(runes) && unicode.IsLower(runes[i+1])) {
			b.WriteByte('_')
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}

// word is the name of a value whose type has no String of its own; "" where
// there is none.
func word(v any) string {
	names := func(i int, all ...string) string {
		if i < len(all) {
			return all[i]
		}
		return ""
	}
	switch v := v.(type) {
	case protocol.Level:
		return names(int(v), "info", "warning", "error")
	case protocol.CalForm:
		return names(int(v), "piecewise", "polynomial")
	case protocol.CalPlace:
		return names(int(v), "active", "previous", "staged")
	}
	return ""
}

// flags names the bits of STATUS that are set; one without a name is its
// number.
func flags(f protocol.StatusFlags) []string {
	known := [...]string{"TRIGGER", "CONTACT", "AT_DEPTH", "RF_ON", "LEASE", "SETTINGS", "NEEDLE_BACK", "SELF_TEST_OK", "SPOT_BLOCKED"}
	set := []string{}
	for bit := range 16 {
		switch {
		case f&(1<<bit) == 0:
		case bit < len(known):
			set = append(set, known[bit])
		default:
			set = append(set, fmt.Sprintf("BIT_%d", bit))
		}
	}
	return set
}
