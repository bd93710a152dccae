package protocol

import (
	"bytes"
	"math"
)

// linesTable is a depth drive that goes 4 % too far at 1.5 mm.
func linesTable() CalTable {
	return CalTable{
		Quantity: QuantityDepth, Revision: 5, DateDays: 20_782, ValidDays: 365, Technician: "Ida Berg", Instrument: "Mitutoyo 543-790 #118",
		Points: []CalPoint{{0, 0}, {500, 510}, {1500, 1560}, {3500, 3600}},
	}
}

// cubicTable is an amplifier that gives less than asked at the top.
func cubicTable() CalTable {
	return CalTable{
		Quantity: QuantityPower, Form: CalPolynomial, Revision: 2, DateDays: 20_782, ValidDays: 180, Span: 50_000, Technician: "Ida Berg", Instrument: "Bird 5020 #77",
		Points: []CalPoint{{10_000, 10_110}, {30_000, 29_640}, {50_000, 47_000}}, Coefficients: []int32{12_000, 51_500_000, -1_500_000, -3_000_000},
	}
}

// longestTable is as long as a table may be.
func longestTable() CalTable {
	t := CalTable{
		Quantity: QuantityImpedance, Form: CalPolynomial, Revision: math.MaxUint32, DateDays: math.MaxUint16, ValidDays: math.MaxUint16, Span: math.MaxInt32,
		Technician: string(bytes.Repeat([]byte{'t'}, MaxTechnician)), Instrument: string(bytes.Repeat([]byte{'i'}, MaxInstrument)),
		Coefficients: []int32{math.MinInt32, math.MaxInt32, -1, 1},
	}
	for i := range int32(MaxCalPoints) {
		t.Points = append(t.Points, CalPoint{i << 26, -i << 26})
	}
	return t
}

func calibrationCases() []typeCases {
	lines, cubic, longest := linesTable(), cubicTable(), longestTable()
	tooLong := func(front ...byte) []byte {
		return append(append(front, MaxCalTable+1), make([]byte, MaxCalTable+1)...)
	}
	return []typeCases{
		{TypeCalRead, "place", []sample{
			{"active", "the depth table that is in force", &CalRead{Quantity: QuantityDepth, Place: CalActive}},
			{"staged", "the impedance table that is staged", &CalRead{Quantity: QuantityImpedance, Place: CalStaged}},
			{"unknown", "a quantity that no pen has: refused with RANGE", &CalRead{Quantity: 255, Place: 255}},
		}, nil},
		{TypeCalTable, "table", []sample{
			{"lines", "four points", &CalTableReply{Quantity: QuantityDepth, Table: lines.Append(nil)}},
			{"cubic", "a polynomial", &CalTableReply{Quantity: QuantityPower, Place: CalPrevious, Table: cubic.Append(nil)}},
			{"none", "there is no such table", &CalTableReply{Quantity: QuantityPower, Place: CalStaged}},
			{"longest", "as long as a table may be", &CalTableReply{Quantity: QuantityImpedance, Place: CalStaged, Table: longest.Append(nil)}},
		}, []broken{{"too_long", "221 bytes", tooLong(0, 0), "length"}}},
		{TypeCalWrite, "table", []sample{
			{"lines", "four points", &CalWrite{Role: RoleTechnician, Quantity: QuantityDepth, Table: lines.Append(nil)}},
			{"other_quantity", "a power table for depth: the pen refuses it with TABLE", &CalWrite{Role: RoleTechnician, Quantity: QuantityDepth, Table: cubic.Append(nil)}},
			{"nothing", "no table at all: the pen refuses it with TABLE", &CalWrite{Role: RoleTechnician, Quantity: QuantityPower}},
			{"longest", "as long as a table may be, from a role that may not", &CalWrite{Role: RoleClinician, Quantity: QuantityImpedance, Table: longest.Append(nil)}},
		}, []broken{{"too_long", "221 bytes", tooLong(3, 0), "length"}}},
		{TypeCalWritten, "digest", []sample{
			{"lines", "the digest of what is staged", &CalWritten{Quantity: QuantityDepth, Digest: lines.Digest()}},
			{"cubic", "of a power table", &CalWritten{Quantity: QuantityPower, Digest: cubic.Digest()}},
			{"zero", "a digest of zeros", &CalWritten{Quantity: 255}},
		}, nil},
		{TypeCalCommit, "digest", []sample{
			{"lines", "the table that was staged and read back", &CalCommit{CommandID: sampleCommand + 9, Role: RoleTechnician, Quantity: QuantityDepth, Digest: lines.Digest()}},
			{"cubic", "a power table", &CalCommit{CommandID: 1, Role: RoleTechnician, Quantity: QuantityPower, Digest: cubic.Digest()}},
			{"wrong_role", "a service engineer: the pen refuses it with ROLE", &CalCommit{CommandID: math.MaxUint64, Role: RoleServiceEngineer, Quantity: 255}},
		}, nil},
		{TypeCalRestore, "quantity", []sample{
			{"depth", "the depth table before this one", &CalRestore{CommandID: sampleCommand + 10, Role: RoleTechnician, Quantity: QuantityDepth}},
			{"impedance", "the impedance table before this one", &CalRestore{CommandID: 1, Role: RoleTechnician, Quantity: QuantityImpedance}},
			{"unknown", "a quantity that no pen has: refused with RANGE", &CalRestore{CommandID: math.MaxUint64, Role: RoleTechnician, Quantity: 255}},
		}, nil},
	}
}
