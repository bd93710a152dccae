package clinical

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

func codes(blocks []Block) []BlockCode {
	var out []BlockCode
	for _, b := range blocks {
		out = append(out, b.Code)
	}
	return out
}

// factsWith sets every Fact and Calibration of Facts by reflection, so that a
// fact that nobody judges shows.
func factsWith(kind PenKind, skin Fitzpatrick, fact Fact, cal Calibration) Facts {
	f := Facts{PenKind: kind, Fitzpatrick: skin}
	v := reflect.ValueOf(&f).Elem()
	for i := range v.NumField() {
		switch v.Field(i).Interface().(type) {
		case Fact:
			v.Field(i).Set(reflect.ValueOf(fact))
		case Calibration:
			v.Field(i).Set(reflect.ValueOf(cal))
		}
	}
	return f
}

func TestNothingKnownBlocksNothing(t *testing.T) {
	if b := Blocks(Facts{PenKind: RF}); len(b) > 0 {
		t.Errorf("blocks without facts: %v", codes(b))
	}
	if w := Warnings(Facts{PenKind: RF}); len(w) > 0 {
		t.Errorf("warnings without facts: %v", codes(w))
	}
	good := factsWith(RF, FitzpatrickVI, FactHolds, CalibrationValid)
	if b := append(Blocks(good), Warnings(good)...); len(b) > 0 {
		t.Errorf("blocks although all holds: %v", codes(b))
	}
}

// TestOrderOfSeverity is the list of safety.md section 3, with the blocks that
// the pen adds to it.
func TestOrderOfSeverity(t *testing.T) {
	want := []BlockCode{
		BlockEmergencyStop, BlockFault, BlockLink, BlockVersion, BlockRecords, BlockClosing, BlockUncertain, BlockLimits, BlockLibrary, BlockScreening,
		BlockOperator, BlockPatient, BlockPlace, BlockConsent, BlockTestSpot, BlockTipMissing, BlockTipExpired, BlockTipUsed, BlockTipUnknown,
		BlockCalibrationRF, BlockCalibrationDepth, BlockCalibrationSpeed, BlockNotTreatable, BlockSettings, BlockSelfTest,
		BlockTemperature, BlockBattery, BlockTrigger, BlockService, BlockClock,
	}
	got := Blocks(factsWith(RF, FitzpatrickVI, FactFails, CalibrationOverdue))
	if !slices.Equal(codes(got), want) {
		t.Errorf("got %v, want %v", codes(got), want)
	}
	for i, b := range got {
		if b.Order != i || b.Sentence == "" || b.Remedy == "" {
			t.Errorf("%s: %+v", b.Code, b)
		}
	}
}

// TestEveryFactCounts fails each fact alone and expects one block or warning
// for it, so that none can be added and forgotten.
func TestEveryFactCounts(t *testing.T) {
	seen := map[BlockCode]string{}
	typ := reflect.TypeFor[Facts]()
	for i := range typ.NumField() {
		f := Facts{PenKind: RF, Fitzpatrick: FitzpatrickVI}
		field := reflect.ValueOf(&f).Elem().Field(i)
		switch field.Interface().(type) {
		case Fact:
			field.Set(reflect.ValueOf(FactFails))
		case Calibration:
			field.Set(reflect.ValueOf(CalibrationOverdue))
		default:
			continue
		}
		name := typ.Field(i).Name
		got := append(Blocks(f), Warnings(f)...)
		if len(got) != 1 {
			t.Errorf("%s alone: %v", name, codes(got))
			continue
		}
		if other, taken := seen[got[0].Code]; taken {
			t.Errorf("%s and %s are both %s", name, other, got[0].Code)
		}
		seen[got[0].Code] = name
	}
}

func TestBlocksThatDependOnThePenAndTheSkin(t *testing.T) {
	tests := []struct {
		name  string
		facts Facts
		want  []BlockCode
	}{
		{"test spot, RF, type VI", Facts{PenKind: RF, Fitzpatrick: FitzpatrickVI, TestSpotDone: FactFails}, []BlockCode{BlockTestSpot}},
		{"test spot, RF, unknown", Facts{PenKind: RF, TestSpotDone: FactFails}, []BlockCode{BlockTestSpot}},
		{"test spot, RF, type IV", Facts{PenKind: RF, Fitzpatrick: FitzpatrickIV, TestSpotDone: FactFails}, nil},
		{"test spot, needling, type VI", Facts{PenKind: Needling, Fitzpatrick: FitzpatrickVI, TestSpotDone: FactFails}, nil},
		{"RF calibration knows no grace", Facts{PenKind: RF, CalibrationRF: CalibrationInGrace}, []BlockCode{BlockCalibrationRF}},
		{"RF calibration of a needling pen", Facts{PenKind: Needling, CalibrationRF: CalibrationOverdue}, nil},
		{"depth in grace warns", Facts{PenKind: RF, CalibrationDepth: CalibrationInGrace}, []BlockCode{WarnCalibrationDepth}},
		{"speed overdue blocks", Facts{PenKind: Needling, CalibrationSpeed: CalibrationOverdue}, []BlockCode{BlockCalibrationSpeed}},
		{"pins of a needling tip", Facts{PenKind: Needling, TipKnown: FactFails}, nil},
	}
	for _, tt := range tests {
		if got := codes(append(Blocks(tt.facts), Warnings(tt.facts)...)); !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
	}
}

// TestRemediesSayWhat is the card "Why it can't be armed" of the needling
// picture.
func TestRemediesSayWhat(t *testing.T) {
	lim := effective(t, tomas())
	got := Blocks(Facts{PenKind: Needling, SettingsApplied: FactFails, ConsentGiven: FactFails, ScreeningPassed: FactHolds,
		Violations: lim.Check(Settings{Depth: 1_800, Speed: 6_000})})
	if !slices.Equal(codes(got), []BlockCode{BlockConsent, BlockSettings}) {
		t.Fatalf("got %v", codes(got))
	}
	if want := "depth 1.80 mm is refused, set 1.50 mm or less"; got[1].Remedy != want {
		t.Errorf("remedy %q, want %q", got[1].Remedy, want)
	}
	over := Blocks(Facts{Treatable: FactFails, NotTreatable: "zone against pen"})
	if over[0].Remedy != "zone against pen" {
		t.Errorf("the facts' own words are lost: %+v", over)
	}
}

func TestPassedListsWhatHolds(t *testing.T) {
	f := factsWith(RF, FitzpatrickVI, FactHolds, CalibrationValid)
	f.ConsentGiven = FactFails
	var texts []string
	for _, c := range Passed(f) {
		texts = append(texts, c.Text)
	}
	line := strings.Join(texts, ", ")
	if !strings.Contains(line, "Screening") || strings.Contains(line, "Consent") {
		t.Errorf("passed: %s", line)
	}
	if got := Passed(Facts{}); len(got) > 0 {
		t.Errorf("what was not looked at holds: %v", got)
	}
}
