package sim

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"stipple/protocol"
)

// anyUnit is a pen as it may leave the line.
func anyUnit(t *rapid.T, m Model) unit {
	pen, err := modelOf(m)
	if err != nil {
		t.Fatal(err)
	}
	pen.serial = fmt.Sprint(rapid.Uint16().Draw(t, "serial"))
	return unitOf(pen)
}

// mostRaw is the highest raw value that a table within the rules can ask for.
func mostRaw(highest int32) int32 {
	return highest + int32(int64(highest)*protocol.MaxCalCorrection/1000)
}

// A sensor says the raw value that made what is there, over everything that a
// pen can drive, within a tenth of what the link can tell.
func TestTransferThereAndBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := rapid.SampledFrom([]Model{N1, R1}).Draw(t, "model")
		u := anyUnit(t, m)
		pen, _ := modelOf(m)
		for q, tr := range u {
			raw := rapid.Int64Range(0, perBase*int64(mostRaw(max(1, highest(&pen.desc, protocol.Quantity(q)))))).Draw(t, "raw")
			truth := tr.truth(raw)
			if got := tr.raw(truth); abs(got-raw) > perBase/10 {
				t.Fatalf("%v: %d becomes %d becomes %d: %+v", protocol.Quantity(q), raw, truth, got, tr)
			}
			if up := tr.truth(raw + perBase); up <= truth {
				t.Fatalf("%v: %d becomes %d, and %d no more than %d: %+v", protocol.Quantity(q), raw, truth, raw+perBase, up, tr)
			}
		}
	})
}

// A unit is its serial number's: the same each time, another for another one,
// and never one that needs no table.
func TestUnitOf(t *testing.T) {
	a, b := rfPen(), rfPen()
	b.serial = "0043"
	first, again, other := unitOf(a), unitOf(a), unitOf(b)
	if first != again || first == other {
		t.Error("a unit is not that of its serial number alone")
	}
	rapid.Check(t, func(t *rapid.T) {
		for q, tr := range anyUnit(t, R1) {
			if abs(tr.gain-ppm) < depthLeast {
				t.Fatalf("%v: %+v is right without a table", protocol.Quantity(q), tr)
			}
		}
	})
	if u := unitOf(needlingPen()); u[protocol.QuantityPower] != (transfer{gain: ppm, full: 1}) {
		t.Errorf("a needling pen's amplifier: %+v", u[protocol.QuantityPower])
	}
}
