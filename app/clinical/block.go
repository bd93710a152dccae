package clinical

import (
	"fmt"
	"strings"
)

// BlockCode is the stable name of a block or warning.
type BlockCode string

// The blocks, in order of severity (safety.md section 3).
const (
	BlockEmergencyStop    BlockCode = "emergency_stop"
	BlockFault            BlockCode = "fault"
	BlockLink             BlockCode = "link"
	BlockVersion          BlockCode = "version"
	BlockRecords          BlockCode = "records_not_read"
	BlockClosing          BlockCode = "run_closing"
	BlockUncertain        BlockCode = "uncertain_outcome"
	BlockLimits           BlockCode = "limits_disagree"
	BlockLibrary          BlockCode = "library_not_approved"
	BlockScreening        BlockCode = "screening"
	BlockOperator         BlockCode = "operator"
	BlockPatient          BlockCode = "no_patient"
	BlockPlace            BlockCode = "no_place"
	BlockConsent          BlockCode = "consent"
	BlockTestSpot         BlockCode = "test_spot"
	BlockTipMissing       BlockCode = "tip_missing"
	BlockTipExpired       BlockCode = "tip_expired"
	BlockTipUsed          BlockCode = "tip_used"
	BlockTipUnknown       BlockCode = "tip_unknown"
	BlockCalibrationRF    BlockCode = "calibration_rf"
	BlockCalibrationDepth BlockCode = "calibration_depth"
	BlockCalibrationSpeed BlockCode = "calibration_speed"
	BlockNotTreatable     BlockCode = "not_treatable"
	BlockSettings         BlockCode = "settings_not_confirmed"
	BlockSelfTest         BlockCode = "self_test"
	BlockTemperature      BlockCode = "temperature"
	BlockBattery          BlockCode = "battery"
	BlockTrigger          BlockCode = "trigger_held"
	BlockService          BlockCode = "service_mode"
	BlockClock            BlockCode = "clock"
	WarnNumbing           BlockCode = "numbing"
	WarnInterval          BlockCode = "interval"
	WarnAge               BlockCode = "age"
	WarnCleared           BlockCode = "not_cleared"
	WarnInsulation        BlockCode = "insulation"
	WarnCalibrationDepth  BlockCode = "calibration_depth_grace"
	WarnCalibrationSpeed  BlockCode = "calibration_speed_grace"
	WarnBackup            BlockCode = "backup"
	WarnSound             BlockCode = "sound"
)

// Block is one thing that keeps a pen from being armed, or, from Warnings, one
// that a person should know before arming.
type Block struct {
	Code     BlockCode
	Order    int    // place in the order of severity, from 0, the gravest
	Sentence string // what is wrong
	Remedy   string // what to do
}

// Check is one thing that was looked at and holds.
type Check struct {
	Code BlockCode
	Text string // short: "Consent"
}

// blockRow is a row of the table: which fact it looks at and what to say.
type blockRow struct {
	code     BlockCode
	state    func(Facts) Fact
	met      string // what a person reads where the fact holds; empty: not shown
	sentence string
	remedy   func(Facts) string
}

// Blocks lists what keeps a pen from being armed, the gravest first. It is
// empty if, and only if, nothing known speaks against arming.
func Blocks(f Facts) []Block { return judge(f, blockTable()) }

// Warnings lists what a person should know before arming, the gravest first.
// None of it blocks.
func Warnings(f Facts) []Block { return judge(f, warningTable()) }

// Passed lists, in the same order, what was looked at and holds, for the line
// of ticks above the arm bar.
func Passed(f Facts) []Check {
	var out []Check
	for _, row := range append(blockTable(), warningTable()...) {
		if row.met != "" && row.state(f) == FactHolds {
			out = append(out, Check{Code: row.code, Text: row.met})
		}
	}
	return out
}

func judge(f Facts, table []blockRow) []Block {
	var out []Block
	for i, row := range table {
		if row.state(f) == FactFails {
			out = append(out, Block{Code: row.code, Order: i, Sentence: row.sentence, Remedy: row.remedy(f)})
		}
	}
	return out
}

// always is a remedy that does not depend on the facts.
func always(text string) func(Facts) string { return func(Facts) string { return text } }

// either is said where it is not empty, else other.
func either(said func(Facts) string, other string) func(Facts) string {
	return func(f Facts) string {
		if s := said(f); s != "" {
			return s
		}
		return other
	}
}

// rfOnDark makes a fact count only for RF on skin of types V-VI or unknown.
func rfOnDark(fact func(Facts) Fact) func(Facts) Fact {
	return func(f Facts) Fact {
		if f.PenKind != RF || !f.Fitzpatrick.Dark() {
			return FactNotApplicable
		}
		return fact(f)
	}
}

// rfOnly makes a fact count only for RF pens.
func rfOnly(fact func(Facts) Fact) func(Facts) Fact {
	return func(f Facts) Fact {
		if f.PenKind != RF {
			return FactNotApplicable
		}
		return fact(f)
	}
}

// calibrated is the fact that a calibration does not block: RF knows no grace.
func calibrated(c Calibration, graceBlocks bool) Fact {
	switch {
	case c == CalibrationNotApplicable:
		return FactNotApplicable
	case c == CalibrationOverdue, c == CalibrationInGrace && graceBlocks:
		return FactFails
	}
	return FactHolds
}

// outsideGrace is the fact that a calibration need not be mentioned.
func outsideGrace(c Calibration) Fact {
	if c == CalibrationInGrace {
		return FactFails
	}
	return FactNotApplicable
}

// settingsRemedy says what to change: "depth 1.80 mm is refused, set 1.50 mm or
// less".
func settingsRemedy(f Facts) string {
	var parts []string
	for _, v := range f.Violations {
		how := " or less"
		switch v.Breach {
		case Under:
			how = " or more"
		case OffStep:
			how = ""
		}
		parts = append(parts, fmt.Sprintf("%s %s is refused, set %s%s", lowerFirst(v.Parameter.Name()),
			FormatWithUnit(v.Parameter, v.Value), FormatWithUnit(v.Parameter, v.Bound.Value), how))
	}
	return strings.Join(parts, "; ")
}
