package clinical

import (
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// anyFacts draws every fact and calibration of Facts at random.
func anyFacts(t *rapid.T) Facts {
	f := Facts{
		PenKind:     rapid.SampledFrom([]PenKind{Needling, RF}).Draw(t, "kind"),
		Fitzpatrick: Fitzpatrick(rapid.IntRange(0, 6).Draw(t, "skin")),
	}
	v := reflect.ValueOf(&f).Elem()
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		switch v.Field(i).Interface().(type) {
		case Fact:
			v.Field(i).Set(reflect.ValueOf(Fact(rapid.IntRange(0, 2).Draw(t, name))))
		case Calibration:
			v.Field(i).Set(reflect.ValueOf(Calibration(rapid.IntRange(0, 3).Draw(t, name))))
		}
	}
	return f
}

// alone is the facts with only field i as it was.
func alone(f Facts, i int) Facts {
	out := Facts{PenKind: f.PenKind, Fitzpatrick: f.Fitzpatrick}
	reflect.ValueOf(&out).Elem().Field(i).Set(reflect.ValueOf(f).Field(i))
	return out
}

// warnsOnly are the facts that never block.
func warnsOnly() []string {
	return []string{"NumbingOver", "IntervalKept", "AgeInsideLabel", "UseCleared", "TipInsulated", "BackupUpToDate", "SoundDeviceHere"}
}

// TestBlocksAreTheirFacts: whatever the facts, what blocks is exactly what each
// of them blocks alone, in the order of severity, each once; nothing blocks if,
// and only if, no fact that counts here fails; and a warning never blocks.
func TestBlocksAreTheirFacts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := anyFacts(t)
		got := Blocks(f)
		var union []BlockCode
		fails := false
		v := reflect.ValueOf(f)
		for i := range v.NumField() {
			name := v.Type().Field(i).Name
			one := Blocks(alone(f, i))
			union = append(union, codes(one)...)
			switch x := v.Field(i).Interface().(type) {
			case Fact:
				counts := !slices.Contains(warnsOnly(), name)
				switch name {
				case "TestSpotDone":
					counts = f.PenKind == RF && f.Fitzpatrick.Dark()
				case "TipKnown":
					counts = f.PenKind == RF
				}
				fails = fails || counts && x == FactFails
				if (len(one) == 1) != (counts && x == FactFails) {
					t.Fatalf("%s %v alone: %v", name, x, codes(one))
				}
			case Calibration:
				blocks := x == CalibrationOverdue
				if name == "CalibrationRF" {
					blocks = f.PenKind == RF && (blocks || x == CalibrationInGrace)
				}
				fails = fails || blocks
				if (len(one) == 1) != blocks {
					t.Fatalf("%s %v alone: %v", name, x, codes(one))
				}
			}
		}
		if (len(got) == 0) == fails {
			t.Fatalf("blocks %v, fails %v", codes(got), fails)
		}
		for i, b := range got {
			if !slices.Contains(union, b.Code) || i > 0 && got[i-1].Order >= b.Order || b.Sentence == "" || b.Remedy == "" {
				t.Fatalf("block %d: %+v", i, b)
			}
		}
		if len(got) != len(union) {
			t.Fatalf("blocks %v, alone %v", codes(got), union)
		}
		for _, w := range Warnings(f) {
			if slices.ContainsFunc(got, func(b Block) bool { return b.Code == w.Code }) {
				t.Fatalf("%s warns and blocks", w.Code)
			}
		}
	})
}
