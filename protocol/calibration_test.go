package protocol

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// calCase is a table's bytes, with a part of the reason for which they are
// refused, empty where they are accepted.
type calCase struct {
	name, about string
	table       []byte
	highest     int32
	rule        string // of SPEC.md section 19.2; empty: accepted
	why         string // part of this package's error
}

// calCases are the one source of the calibration vectors, the table test and
// the fuzz seeds.
func calCases() []calCase {
	lines, cubic, most := linesTable(), cubicTable(), fullTable()
	identity := Identity(QuantityImpedance, 800)
	identity.Revision = 2 // a pen has its maker's, revision 1
	change := func(t CalTable, f func(*CalTable)) []byte {
		t.Points = append([]CalPoint(nil), t.Points...)
		t.Coefficients = append([]int32(nil), t.Coefficients...)
		f(&t)
		return t.Append(nil)
	}
	raw := func(at int, b byte) []byte {
		c := lines.Append(nil)
		c[at] = b
		return c
	}
	last := len(lines.Append(nil)) - 1
	return []calCase{
		{"good_lines", "a drive that goes 4 % too far, four points", lines.Append(nil), 3500, "", ""},
		{"good_cubic", "an amplifier that gives less at the top, a cubic", cubic.Append(nil), 50_000, "", ""},
		{"good_identity", "nothing to correct, without technician and instrument", identity.Append(nil), 800, "", ""},
		{"good_longest", "sixteen points and both texts at their longest", most.Append(nil), 9000, "", ""},
		{"good_at_bound", "200 per mille too little at every place: the most that is allowed at the far end", change(identity, func(t *CalTable) { t.Points[1] = CalPoint{1000, 800} }), 800, "", ""},
		{"good_line_of_negatives", "points on both sides of 0", change(lines, func(t *CalTable) { t.Points = []CalPoint{{-100, -140}, {3500, 3460}} }), 3500, "", ""},
		{"good_sum_held", "a polynomial whose running sum is held: without that its values would be others", change(cubic, func(t *CalTable) {
			t.Quantity, t.Span, t.Coefficients = QuantityDepth, 2_147_483, []int32{0, math.MaxInt32, math.MaxInt32}
		}), 3500, "", ""},
		{"bad_empty", "no bytes", nil, 3500, "format", "format: missing"},
		{"bad_cut", "the last byte is missing", lines.Append(nil)[:last], 3500, "length", "coefficient_count: missing"},
		{"bad_longer", "a byte behind the end", append(lines.Append(nil), 0), 3500, "length", "behind its end"},
		{"bad_format", "format 2", raw(0, 2), 3500, "format", "format: is not 1"},
		{"bad_reserved", "the reserved byte is not 0", raw(3, 1), 3500, "reserved", "reserved"},
		{"bad_technician", "a technician of 25 bytes", raw(16, MaxTechnician+1), 3500, "technician", "technician"},
		{"bad_control_character", "a line feed within the technician", raw(17, '\n'), 3500, "technician", "technician"},
		{"bad_instrument", "an instrument of 33 bytes", raw(25, MaxInstrument+1), 3500, "instrument", "instrument"},
		{"bad_points_17", "seventeen points announced", raw(26+len(lines.Instrument), MaxCalPoints+1), 3500, "point_count", "point_count"},
		{"bad_coefficients_5", "five coefficients announced", raw(last, MaxCalCoefficients+1), 3500, "coefficient_count", "coefficient_count"},
		{"bad_quantity", "quantity 4", raw(1, QuantityCount), 3500, "quantity", "quantity 4"},
		{"bad_form", "form 2", raw(2, 2), 3500, "form", "form 2"},
		{"bad_revision", "revision 0", change(lines, func(t *CalTable) { t.Revision = 0 }), 3500, "revision", "revision 0"},
		{"bad_one_point", "one point makes no line", change(lines, func(t *CalTable) { t.Points = t.Points[:1] }), 3500, "points", "1 points"},
		{"bad_lines_with_coefficients", "coefficients beside lines", change(lines, func(t *CalTable) { t.Coefficients = []int32{0, 1000} }), 3500, "points", "coefficients in a table of lines"},
		{"bad_lines_with_span", "a span beside lines", change(lines, func(t *CalTable) { t.Span = 1 }), 3500, "points", "coefficients in a table of lines"},
		{"bad_raw_twice", "one raw value twice", change(lines, func(t *CalTable) { t.Points[2].Raw = 500 }), 3500, "ascending", "point 2"},
		{"bad_true_falls", "a true value below the one before it", change(lines, func(t *CalTable) { t.Points[2].True = 509 }), 3500, "ascending", "point 2"},
		{"bad_point_far", "a point of 2,097,152", change(lines, func(t *CalTable) { t.Points[3] = CalPoint{1 << 21, 1 << 21} }), 3500, "far", "point 3: further"},
		{"bad_point_lowest", "points at both ends of 32 bits: no product may leave 64", change(lines, func(t *CalTable) {
			t.Points = []CalPoint{{math.MinInt32, math.MinInt32}, {math.MaxInt32, math.MaxInt32}}
		}), 3500, "far", "point 0: further"},
		{"bad_one_coefficient", "a constant is no curve", change(cubic, func(t *CalTable) { t.Coefficients = t.Coefficients[:1] }), 50_000, "coefficients", "1 coefficients"},
		{"bad_span_zero", "a span of 0", change(cubic, func(t *CalTable) { t.Span = 0 }), 50_000, "coefficients", "span 0"},
		{"bad_span_negative", "a span below 0", change(cubic, func(t *CalTable) { t.Span = -50_000 }), 50_000, "coefficients", "span -50000"},
		{"bad_too_far_up", "a value that is moved by more than 250 per mille of the highest", change(lines, func(t *CalTable) { t.Points[3].True = 4400 }), 3500, "correction", "further off"},
		{"bad_too_far_down", "a quarter less at the highest value is more than a quarter at the far end", change(identity, func(t *CalTable) { t.Points[1] = CalPoint{800, 600} }), 800, "correction", "further off"},
		{"good_zero_of_depth", "a cartridge whose needles rest 0.21 mm behind its edge: the most that is allowed", change(lines, func(t *CalTable) { t.Points = []CalPoint{{0, -210}, {3500, 3290}} }), 3500, "", ""},
		{"bad_zero_of_depth", "and 0.211 mm", change(lines, func(t *CalTable) { t.Points = []CalPoint{{0, -211}, {3500, 3289}} }), 3500, "zero", "and 60 of 3500"},
		{"bad_zero_of_power", "10 W less at every place: within a quarter of the highest, and five times what a pen set to 2.5 W would give", change(cubic, func(t *CalTable) {
			t.Form, t.Span, t.Coefficients, t.Points = CalPiecewise, 0, nil, []CalPoint{{0, -10_000}, {50_000, 40_000}}
		}), 50_000, "zero", "and 10 of 50000"},
		{"bad_curve_falls", "a cubic that turns round at 53.5 W", change(cubic, func(t *CalTable) { t.Coefficients = []int32{0, 39_000_000, 70_330_000, -55_300_000} }), 50_000, "falls", "less than"},
		{"bad_dips_at_the_end", "a cubic that falls by 2 at its far end, behind the last places of a coarse search", change(cubic, func(t *CalTable) {
			t.Coefficients = []int32{0, 39_000_000, 39_759_000, -29_677_000}
		}), 50_000, "falls", "less than"},
		{"bad_overflow", "coefficients at the ends of 32 bits: the sum is held, and the table refused", change(cubic, func(t *CalTable) {
			t.Span, t.Coefficients = 1, []int32{math.MinInt32, math.MaxInt32, math.MinInt32, math.MaxInt32}
		}), 50_000, "correction", "further off"},
	}
}

// fullTable is a table that passes, with every list and text at its longest.
func fullTable() CalTable {
	t := CalTable{
		Quantity: QuantitySpeed, Revision: math.MaxUint32, DateDays: math.MaxUint16, ValidDays: math.MaxUint16,
		Technician: strings.Repeat("t", MaxTechnician), Instrument: strings.Repeat("i", MaxInstrument),
	}
	for i := range int32(MaxCalPoints) {
		t.Points = append(t.Points, CalPoint{600 * i, 590*i + 10})
	}
	return t
}

// judge is what a pen makes of a table's bytes.
func judge(table []byte, highest int32) (CalTable, error) {
	t, err := ParseCalTable(table)
	if err != nil {
		return t, err
	}
	return t, t.Check(highest)
}

func TestCalTables(t *testing.T) {
	for _, c := range calCases() {
		got, err := judge(c.table, c.highest)
		switch {
		case c.rule == "" && err != nil:
			t.Errorf("%s: %v", c.name, err)
		case c.rule == "":
			if !bytes.Equal(got.Append(nil), c.table) {
				t.Errorf("%s: re-encoded to other bytes", c.name)
			}
			checkCurveKept(t, &got, c.highest)
		case !errors.Is(err, ErrCalibration) || !strings.Contains(err.Error(), c.why):
			t.Errorf("%s: error %v, want an ErrCalibration that says %q", c.name, err, c.why)
		}
	}
}

// checkCurveKept holds a table that has passed Check to what SPEC.md promises
// of it: it does not fall, moves nothing by more than a quarter of highest, and
// Raw is the largest raw value whose true value is not above what is wanted.
func checkCurveKept(t interface{ Fatalf(string, ...any) }, table *CalTable, highest int32) {
	most := int64(highest) * MaxCalCorrection / 1000
	last := int32(math.MinInt32)
	for raw := -highest; raw <= 2*highest; raw += max(1, highest/500) {
		v := table.True(raw, highest)
		if v < last {
			t.Fatalf("%+v: %d becomes %d, a smaller one %d", table, raw, v, last)
		}
		if off := int64(v) - int64(raw); off > most || off < -most {
			t.Fatalf("%+v: %d becomes %d", table, raw, v)
		}
		near := int64(max(raw, 0))*MaxCalCorrection + int64(highest)*table.zero()
		if off := int64(v) - int64(raw); off*1000 > near || off*1000 < -near {
			t.Fatalf("%+v: %d becomes %d", table, raw, v)
		}
		last = v
	}
	reach := CalReach(highest)
	for v := int32(0); v <= highest; v += max(1, highest/200) {
		raw := table.Raw(v, highest)
		switch {
		case raw < 0 || raw > reach:
			t.Fatalf("%+v: %d is driven as %d", table, v, raw)
		case v == 0 && raw != 0:
			t.Fatalf("%+v: 0 is driven as %d", table, raw)
		case raw > 0 && table.True(raw, highest) > v:
			t.Fatalf("%+v: %d is driven as %d, which is %d", table, v, raw, table.True(raw, highest))
		case v > 0 && raw < reach && table.True(raw+1, highest) <= v:
			t.Fatalf("%+v: %d is driven as %d, but %d is not above it", table, v, raw, raw+1)
		}
	}
	for _, raw := range []int32{math.MinInt32, math.MaxInt32} {
		if off := int64(table.True(raw, highest)) - int64(raw); off > most || off < -most {
			t.Fatalf("%+v: %d becomes %d", table, raw, int64(raw)+off)
		}
	}
}

// drawCalTable draws a table near the truth, so that many of them pass.
func drawCalTable(t *rapid.T, highest int32) CalTable {
	table := CalTable{Quantity: Quantity(rapid.IntRange(0, QuantityCount-1).Draw(t, "quantity")), Revision: 1}
	wobble := func(label string) int32 {
		return int32(rapid.IntRange(-int(highest)/5, int(highest)/5).Draw(t, label))
	}
	if rapid.Bool().Draw(t, "polynomial") {
		table.Form, table.Span = CalPolynomial, rapid.Int32Range(max(1, highest/4), 2*highest).Draw(t, "span")
		limit := int32(min(int64(math.MaxInt32), int64(table.Span)*calMilli))
		table.Coefficients = []int32{wobble("c0") * 100, limit - limit/16 + rapid.Int32Range(0, limit/16).Draw(t, "c1"), wobble("c2") * 40, wobble("c3") * 40}
		return table
	}
	for i := range int32(rapid.IntRange(2, MaxCalPoints).Draw(t, "points")) {
		raw := i * (highest / 8)
		table.Points = append(table.Points, CalPoint{raw, raw + wobble("off")/4})
	}
	return table
}

// TestCalCurve: what passes Check keeps every promise of the document.
func TestCalCurve(t *testing.T) {
	passed := 0
	rapid.Check(t, func(t *rapid.T) {
		highest := rapid.Int32Range(1, MaxReading).Draw(t, "highest")
		table := drawCalTable(t, highest)
		if err := table.Check(highest); err != nil {
			if !errors.Is(err, ErrCalibration) {
				t.Fatal(err)
			}
			return
		}
		passed++
		checkCurveKept(t, &table, highest)
		if again, err := judge(table.Append(nil), highest); err != nil || fmt.Sprint(again) != fmt.Sprint(table) {
			t.Fatalf("%+v came back as %+v, error %v", table, again, err)
		}
	})
	if passed < 10 {
		t.Errorf("only %d tables passed: the property was hardly tried", passed)
	}
}

// TestCalHostile: no table and no question ends the program or takes for ever,
// whether the table has passed or not.
func TestCalHostile(t *testing.T) {
	edge := rapid.OneOf(rapid.Int32(), rapid.SampledFrom([]int32{math.MinInt32, -1, 0, 1, math.MaxInt32}))
	rapid.Check(t, func(t *rapid.T) {
		table := CalTable{Form: CalForm(rapid.IntRange(0, 2).Draw(t, "form")), Span: edge.Draw(t, "span"), Revision: 1}
		for range rapid.IntRange(0, MaxCalPoints).Draw(t, "points") {
			table.Points = append(table.Points, CalPoint{edge.Draw(t, "raw"), edge.Draw(t, "true")})
		}
		for range rapid.IntRange(0, MaxCalCoefficients).Draw(t, "coefficients") {
			table.Coefficients = append(table.Coefficients, edge.Draw(t, "c"))
		}
		highest := edge.Draw(t, "highest")
		err := table.Check(highest)
		raw, v := table.Raw(edge.Draw(t, "v"), highest), table.True(edge.Draw(t, "at"), highest)
		if err == nil && (raw < 0 || raw > CalReach(highest)) {
			t.Fatalf("raw %d, true %d", raw, v)
		}
	})
}

// TestCalCheckRefusesWhatAppendCuts: a table in memory that its bytes can't
// hold is refused, so that nobody stages another one than was fitted.
func TestCalCheckRefusesWhatAppendCuts(t *testing.T) {
	for name, f := range map[string]func(*CalTable){
		"technician": func(t *CalTable) { t.Technician = strings.Repeat("t", MaxTechnician+1) },
		"instrument": func(t *CalTable) { t.Instrument = strings.Repeat("i", MaxInstrument+1) },
		"not ascii":  func(t *CalTable) { t.Technician = "Zoë" },
		"points": func(t *CalTable) {
			for i := range int32(MaxCalPoints) {
				t.Points = append(t.Points, CalPoint{3600 + i, 3700 + i})
			}
		},
	} {
		table := linesTable()
		f(&table)
		if err := table.Check(3500); !errors.Is(err, ErrCalibration) {
			t.Errorf("%s: error %v, want ErrCalibration", name, err)
		}
	}
	if table := linesTable(); table.Check(0) == nil || table.Check(MaxReading+1) == nil {
		t.Error("a highest value that no parameter can have")
	}
}
