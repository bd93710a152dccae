package audit

import (
	"slices"
	"strconv"
	"time"
)

// Quantity is what an integer is of. Its text, which is what is stored, names the
// base unit.
type Quantity string

// The quantities.
const (
	NoQuantity  Quantity = ""
	Depth       Quantity = "depth_um"
	Speed       Quantity = "speed_spm"
	Power       Quantity = "power_mw"
	Pulse       Quantity = "pulse_ms"
	Energy      Quantity = "energy_uj"
	Impedance   Quantity = "impedance_ohm"
	Temperature Quantity = "temperature_cdeg" // 0.01 °C
	Charge      Quantity = "charge_percent"
	Duration    Quantity = "duration_us"
	Storage     Quantity = "storage_bytes"
	Count       Quantity = "count"   // of things
	Moment      Quantity = "time_ms" // milliseconds since 1970, UTC
	Flag        Quantity = "flag"    // 0 no, 1 yes
)

// quantityRow is a quantity with the base unit as people write it.
type quantityRow struct {
	quantity Quantity
	unit     string
}

func quantityTable() []quantityRow {
	return []quantityRow{
		{Depth, "µm"}, {Speed, "/min"}, {Power, "mW"}, {Pulse, "ms"}, {Energy, "µJ"}, {Impedance, "Ω"},
		{Temperature, "0.01 °C"}, {Charge, "%"}, {Duration, "µs"}, {Storage, "bytes"}, {Count, ""}, {Moment, ""}, {Flag, ""},
	}
}

// Quantities lists all quantities but NoQuantity.
func Quantities() []Quantity {
	var out []Quantity
	for _, r := range quantityTable() {
		out = append(out, r.quantity)
	}
	return out
}

// Unit is the base unit as people write it, "" where there is none.
func (q Quantity) Unit() string {
	table := quantityTable()
	if i := slices.IndexFunc(table, func(r quantityRow) bool { return r.quantity == q }); i >= 0 {
		return table[i].unit
	}
	return ""
}

// Value is what a field held: an integer in the base unit of its quantity, a
// text, or nothing. The zero Value is nothing, and so is an empty text. Values
// can be compared.
type Value struct {
	Quantity Quantity
	N        int64  // 0 without a quantity
	Text     string // "" with a quantity
}

// Amount is n in the base unit of q.
func Amount(q Quantity, n int64) Value { return Value{Quantity: q, N: n} }

// Text is a text as a value. It may not tell about a patient outside of Private.
func Text(s string) Value { return Value{Text: s} }

// YesNo is a flag.
func YesNo(yes bool) Value {
	if yes {
		return Value{Quantity: Flag, N: 1}
	}
	return Value{Quantity: Flag}
}

// When is a moment, to the millisecond (the rest is dropped).
func When(t time.Time) Value { return Value{Quantity: Moment, N: t.UnixMilli()} }

// None says whether there is no value.
func (v Value) None() bool { return v == Value{} }

// String is the value with its base unit, exactly, for an export: "1500 µm". It
// is "" for none. Pages word it with package ui.
func (v Value) String() string {
	switch v.Quantity {
	case NoQuantity:
		return v.Text
	case Moment:
		return time.UnixMilli(v.N).UTC().Format("2006-01-02T15:04:05.000Z")
	case Flag:
		if v.N == 0 {
			return "no"
		}
		return "yes"
	}
	n := strconv.FormatInt(v.N, 10)
	if unit := v.Quantity.Unit(); unit != "" {
		return n + " " + unit
	}
	return n
}

// Change is one field before and after. At least one of the two is there; two
// amounts are of the same quantity.
type Change struct {
	Field         string // letters, digits, '.' and '_': "Settings.Depth"
	Before, After Value
}
