package alarm

import (
	"fmt"
	"strconv"
	"time"
)

// Quantity is what a value is of; it fixes the base unit.
type Quantity uint8

// The quantities with their base units.
const (
	NoQuantity  Quantity = iota
	Depth                // µm
	Speed                // strokes/min
	Power                // mW
	Energy               // µJ over the tip
	Impedance            // Ω
	Temperature          // 0.01 °C
	Charge               // %
	Uses                 // uses of a tip
	Count                // things: pulses, events, alarms
	Duration             // µs
	Storage              // bytes
)

// Value is a measured value in the base unit of its quantity. The zero value is
// none.
type Value struct {
	Quantity Quantity
	N        int64
}

// Known says whether there is a value.
func (v Value) Known() bool { return v.Quantity != NoQuantity }

// Lasting is a length of time as a value.
func Lasting(d time.Duration) Value { return Value{Duration, d.Microseconds()} }

// String is the value with its unit, for a record: "9.2 W". It is "" where
// there is none.
func (v Value) String() string {
	const thousand = 1000
	decimal := func(unit int64, digits int) string {
		return strconv.FormatFloat(float64(v.N)/float64(unit), 'f', digits, 64)
	}
	switch v.Quantity {
	case Depth:
		return decimal(thousand, 2) + " mm"
	case Speed:
		return fmt.Sprintf("%d /min", v.N)
	case Power:
		return decimal(thousand, 1) + " W"
	case Energy:
		return decimal(thousand, 0) + " mJ"
	case Impedance:
		return fmt.Sprintf("%d Ω", v.N)
	case Temperature:
		return decimal(100, 1) + " °C"
	case Charge:
		return fmt.Sprintf("%d %%", v.N)
	case Uses, Count:
		return strconv.FormatInt(v.N, 10)
	case Duration:
		if v.N < int64(time.Second/time.Microsecond) {
			return decimal(thousand, 0) + " ms"
		}
		return decimal(thousand*thousand, 1) + " s"
	case Storage:
		return decimal(thousand*thousand, 0) + " MB"
	}
	return ""
}

// Expected is what a value should have been: near a target, within bounds, or
// both. The zero value is nothing in particular.
type Expected struct {
	Quantity          Quantity
	Target, Low, High int64
	// Which of them there are.
	HasTarget, HasLow, HasHigh bool
}

// About is a target with the bounds around it.
func About(q Quantity, target, low, high int64) Expected {
	return Expected{q, target, low, high, true, true, true}
}

// Within is a window, both ends included.
func Within(q Quantity, low, high int64) Expected {
	return Expected{Quantity: q, Low: low, High: high, HasLow: true, HasHigh: true}
}

// AtMost is an upper bound.
func AtMost(q Quantity, high int64) Expected {
	return Expected{Quantity: q, High: high, HasHigh: true}
}

// AtLeast is a lower bound.
func AtLeast(q Quantity, low int64) Expected { return Expected{Quantity: q, Low: low, HasLow: true} }

// Known says whether anything in particular is expected.
func (e Expected) Known() bool { return e.Quantity != NoQuantity }

// Holds says whether a measured value is what is expected. One of another
// quantity is not.
func (e Expected) Holds(v Value) bool {
	return e.Quantity == v.Quantity && (!e.HasLow || v.N >= e.Low) && (!e.HasHigh || v.N <= e.High)
}

// String is what is expected with its unit, for a record: "12.0 W", "50 Ω to
// 800 Ω", "at most 85.0 °C". It is "" where nothing is.
func (e Expected) String() string {
	low, high := Value{e.Quantity, e.Low}, Value{e.Quantity, e.High}
	switch {
	case !e.Known():
		return ""
	case e.HasTarget:
		return Value{e.Quantity, e.Target}.String()
	case e.HasLow && e.HasHigh:
		return low.String() + " to " + high.String()
	case e.HasHigh:
		return "at most " + high.String()
	}
	return "at least " + low.String()
}
