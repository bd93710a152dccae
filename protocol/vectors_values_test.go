package protocol

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stipple/protocol/testdata/vectors"
)

func descriptorVectors(t *testing.T) map[string]vector {
	out := make(map[string]vector)
	for _, c := range descriptorCases(t) {
		about := "a descriptor that is accepted"
		if c.rule != "" {
			about = "refused: " + c.why
		}
		out["descriptor/"+c.name] = vector{About: about, Text: ptr(c.text), Accepted: ptr(c.rule == ""), Rule: string(c.rule)}
	}
	return out
}

func TestDescriptorVectors(t *testing.T) {
	list, err := vectors.Descriptors()
	if err != nil || len(list) < 20 {
		t.Fatalf("%d vectors, error %v", len(list), err)
	}
	used := make(map[DescriptorRule]bool)
	for _, v := range list {
		_, err := ParseDescriptor([]byte(v.Text), sha256.Sum256([]byte(v.Text)))
		if v.Accepted != (err == nil) || string(ruleOf(err)) != v.Rule {
			t.Errorf("%s: accepted should be %v by rule %q, got %v of %q", v.Name, v.Accepted, v.Rule, err, ruleOf(err))
		}
		used[ruleOf(err)] = true
	}
	for _, rule := range descriptorRules() {
		if !used[rule] && rule != RuleDigest { // which a text alone can't break
			t.Errorf("no descriptor is refused by the rule %q", rule)
		}
	}
}

// descriptorRules are the words that a descriptor may be refused with, in the
// order of SPEC.md section 8.1.
func descriptorRules() []DescriptorRule {
	return []DescriptorRule{
		RuleLength, RuleDigest, RuleText, RuleJSON, RuleNull, RuleNesting, RuleKey, RuleKeyTwice, RuleNumber, RuleType, RuleFormat,
		RuleStatusLayout, RuleTravel, RuleStopTime, RuleKind, RuleRFOnly, RuleRatedPower, RuleFrequency, RulePulses, RuleDose,
		RuleParameterCount, RuleString, RuleTwice, RuleFixed, RuleStep, RuleRange, RuleWholeSteps, RuleDefault, RuleWriteRole, RuleReading,
		RulePower, RuleWindow, RulePriority, RuleTolerance, RuleLevel, RuleArgs, RuleArmBlocks, RuleLogKept, RuleCalibrations, RuleImpedance,
		RuleSelfTests,
	}
}

// confirmations are the cases of the settings hash.
func confirmations() map[string]Confirmation {
	base := sampleConfirmation()
	tip, boot, generation, cal, value, dose, pins := base, base, base, base, base, base, base
	tip.TipID++
	boot.Boot++
	generation.Generation++
	cal.CalRev++
	pins.Pins--
	value.Values = []int32{1500, 60, 10_000, 110}
	dose.Envelope.DosePerPin--
	highest := Confirmation{
		Boot: math.MaxUint32, Generation: math.MaxUint32, TipID: math.MaxUint32, Pins: math.MaxUint16, CalRev: math.MaxUint32,
		Envelope: Envelope{DosePerPin: math.MaxUint32, PulsesPerSpot: 255, Pins: math.MaxUint16},
	}
	for i := range uint8(MaxParameters) {
		highest.Envelope.Ranges = append(highest.Envelope.Ranges, Range{i, math.MinInt32, math.MaxInt32})
		highest.Values = append(highest.Values, math.MinInt32+int32(i))
	}
	return map[string]Confirmation{
		"rf": base, "other_tip": tip, "other_boot": boot, "other_generation": generation, "other_calibration": cal, "other_value": value,
		"other_dose": dose, "other_pins": pins, "nothing": {}, "highest": highest,
		"needling": {Boot: 1, Generation: 1, Envelope: Envelope{PulsesPerSpot: 1, Pins: 12, Ranges: []Range{{0, 0, 1500}, {1, 3000, 9000}}}, TipID: 9, Pins: 12, CalRev: 1, Values: []int32{1000, 6000}},
	}
}

func hashVectors() map[string]vector {
	out := make(map[string]vector)
	for name, c := range confirmations() {
		hash := c.Hash()
		out["hash/"+name] = vector{
			About: "the settings hash of SPEC.md section 6", Fields: messageFieldsOf(c),
			Layout: hex.EncodeToString(c.layout(nil)), Hash: hex.EncodeToString(hash[:]),
		}
	}
	return out
}

func TestHashVectors(t *testing.T) {
	list, err := vectors.Hashes()
	if err != nil || len(list) != len(confirmations()) {
		t.Fatalf("%d vectors, error %v", len(list), err)
	}
	seen := make(map[string]bool)
	for _, v := range list {
		if sum := sha256.Sum256(v.Layout); !bytes.Equal(sum[:8], v.Hash) {
			t.Errorf("%s: hash of the layout %x, want %x", v.Name, sum[:8], v.Hash)
		}
		seen[string(v.Hash)] = true
	}
	if len(seen) != len(list) {
		t.Errorf("%d hashes of %d different confirmations", len(seen), len(list))
	}
}

// askedRaw are the raw values that a calibration vector asks about: both sides
// of 0, of every point and of the end of the table's reach.
func askedRaw(t *CalTable, highest int32) []int32 {
	reach := CalReach(highest)
	list := []int32{math.MinInt32, -highest, -1, 0, 1, 7, highest / 3, highest / 2, highest - 1, highest, highest + 1, reach - 1, reach, reach + 1, 2 * highest, math.MaxInt32}
	for _, p := range t.Points {
		if p.Raw > 0 && p.Raw < reach {
			list = append(list, p.Raw-1, p.Raw, p.Raw+1)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func calibrationVectors(t *testing.T) map[string]fields {
	out := make(map[string]fields)
	for _, c := range calCases() {
		f := fields{{"about", c.about}, {"table", hex.EncodeToString(c.table)}, {"highest", c.highest}, {"accepted", c.rule == ""}}
		if c.rule != "" {
			out["calibration/"+c.name] = append(f, pair{"rule", c.rule})
			continue
		}
		table, err := judge(c.table, c.highest)
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		digest := table.Digest()
		var there, back []fields
		for _, raw := range askedRaw(&table, c.highest) {
			there = append(there, fields{{"raw", raw}, {"true", table.True(raw, c.highest)}})
		}
		for i := range int32(17) {
			v := int32(int64(c.highest) * int64(i) / 16)
			back = append(back, fields{{"wanted", v}, {"raw", table.Raw(v, c.highest)}})
		}
		back = append(back, fields{{"wanted", -1}, {"raw", table.Raw(-1, c.highest)}}, fields{{"wanted", 1}, {"raw", table.Raw(1, c.highest)}})
		out["calibration/"+c.name] = append(f, pair{"fields", *messageFieldsOf(table)}, pair{"digest", hex.EncodeToString(digest[:])},
			pair{"raw_to_true", there}, pair{"wanted_to_raw", back})
	}
	return out
}

// calRules are the words that a refused table may be refused with, in the order
// in which SPEC.md section 19.2 judges.
var calRules = []string{"format", "reserved", "technician", "instrument", "point_count", "coefficient_count", "length",
	"quantity", "revision", "form", "points", "far", "ascending", "coefficients", "correction", "zero", "falls"}

func TestCalibrationVectors(t *testing.T) {
	list, err := vectors.Calibrations()
	if err != nil || len(list) != len(calCases()) {
		t.Fatalf("%d vectors, error %v", len(list), err)
	}
	used := make(map[string]bool)
	for _, v := range list {
		table, err := judge(v.Table, v.Highest)
		if v.Accepted != (err == nil) {
			t.Errorf("%s: accepted should be %v, got %v", v.Name, v.Accepted, err)
			continue
		}
		used[v.Rule] = true
		if err != nil {
			continue
		}
		if diff := cmp.Diff(jsonOf(t, v.Fields), jsonOf(t, messageFieldsOf(table))); diff != "" {
			t.Errorf("%s (-file +got):\n%s", v.Name, diff)
		}
		if sum := sha256.Sum256(v.Table); !bytes.Equal(sum[:8], v.Digest) {
			t.Errorf("%s: digest %x, want %x", v.Name, sum[:8], v.Digest)
		}
		for _, p := range v.True {
			if got := table.True(p.Raw, v.Highest); got != p.True {
				t.Errorf("%s: %d becomes %d, want %d", v.Name, p.Raw, got, p.True)
			}
		}
		for _, p := range v.Raw {
			if got := table.Raw(p.Wanted, v.Highest); got != p.Raw {
				t.Errorf("%s: %d is driven as %d, want %d", v.Name, p.Wanted, got, p.Raw)
			}
		}
		if len(v.True) < 10 || len(v.Raw) < 10 {
			t.Errorf("%s: only %d and %d values", v.Name, len(v.True), len(v.Raw))
		}
	}
	for _, rule := range calRules {
		if !used[rule] {
			t.Errorf("no table is refused by the rule %q", rule)
		}
		delete(used, rule)
	}
	if delete(used, ""); len(used) > 0 {
		t.Errorf("rules without a place in SPEC.md: %v", used)
	}
}

func logVectors() map[string]fields {
	damaged := logRecord(2211)
	damaged.Args[0] ^= 1
	note := LogRecord{Boot: 7, Index: 2212, Clock: 93_100_000, UTC: LatestUTC, Code: EventNote, Level: LevelWarning,
		Args: NoteArgs([8]byte{0x5A, 0xC1, 0x0E, 0x91, 0x00, 0xFF, 0x7F, 0x80})}
	note.Seal()
	highest := LogRecord{Boot: math.MaxUint32, Index: math.MaxUint32, Clock: math.MaxUint64, UTC: LatestUTC, Code: math.MaxUint16, Level: 255, Args: [2]int32{-1, math.MinInt32}}
	highest.Seal()
	zero := highest
	zero.CRC = 0
	all := logRecord(2210)
	bytesOf := func(list ...LogRecord) (b []byte) {
		for i := range list {
			b = list[i].Append(b)
		}
		return b
	}
	out := make(map[string]fields)
	good := func(name, about string, list ...LogRecord) {
		expect := []fields{}
		sum := uint32(0)
		for i := range list {
			expect = append(expect, fields{{"sound", list[i].Sound()}, {"fields", *messageFieldsOf(list[i])}})
			sum = LogSum(sum, &list[i])
		}
		out["log/"+name] = fields{{"about", about}, {"records", hex.EncodeToString(bytesOf(list...))}, {"accepted", true}, {"expect", expect}, {"log_sum", sum}}
	}
	bad := func(name, about string, b []byte) {
		out["log/"+name] = fields{{"about", about}, {"records", hex.EncodeToString(b)}, {"accepted", false}}
	}
	good("good_one", "one record, and its checksum", all)
	good("good_three", "three records in a row, a note of the console's among them", all, logRecord(2211), note)
	good("good_damaged", "the second was damaged in the pen's memory: it is kept, shown as damaged, and its bytes count", all, damaged, note)
	good("good_highest", "every field at its end", highest)
	good("good_checksum_zero", "a checksum of 0 is no way round it", zero)
	good("good_none", "no record: the sum is 0")
	bad("bad_cut", "the last byte of the second record is missing", bytesOf(all, note)[:2*LogRecordSize-1])
	bad("bad_index_zero", "an index of 0", bytesOf(LogRecord{Boot: 1}))
	bad("bad_descending", "the newer record first", bytesOf(note, all))
	bad("bad_same_twice", "one index twice", bytesOf(all, all))
	return out
}

func TestLogVectors(t *testing.T) {
	list, err := vectors.Logs()
	if err != nil || len(list) != len(logVectors()) {
		t.Fatalf("%d vectors, error %v", len(list), err)
	}
	for _, v := range list {
		page := append([]byte{0, 0, 0, 0, 0, 0, 0, 0, byte((len(v.Records) + LogRecordSize - 1) / LogRecordSize)}, v.Records...)
		var m LogPage
		err := m.DecodePayload(page)
		if v.Accepted != (err == nil) {
			t.Errorf("%s: accepted should be %v, got %v", v.Name, v.Accepted, err)
			continue
		}
		if err != nil {
			continue
		}
		if len(m.Records) != len(v.Expect) {
			t.Fatalf("%s: %d records, want %d", v.Name, len(m.Records), len(v.Expect))
		}
		sum := uint32(0)
		for i, r := range m.Records {
			sum = LogSum(sum, &r)
			if diff := cmp.Diff(jsonOf(t, v.Expect[i].Fields), jsonOf(t, messageFieldsOf(r))); diff != "" || r.Sound() != v.Expect[i].Sound {
				t.Errorf("%s: record %d is sound: %v (-file +got):\n%s", v.Name, i, r.Sound(), diff)
			}
		}
		if sum != v.Sum || sum != crcOf(string(v.Records)) {
			t.Errorf("%s: sum %08x, want %08x", v.Name, sum, v.Sum)
		}
	}
}
