package clinical

import (
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func reviewed() Review {
	return Review{
		Patient: "ana", FamilyName: "Ruiz", GivenName: "Ana", BirthDate: Date{1984, 2, 11}, FileNumber: "F-20417", Fitzpatrick: FitzpatrickIV,
		Operator: Operator{ID: "meyer", Name: "Dr A. Meyer", Role: RoleClinician}, Indication: "acne_scars", Zone: "cheek_left",
		PenKind: RF, PenModel: "R1", PenSerial: "0042", PenBoot: 7,
		Settings: Settings{Depth: 1500, Speed: 60, Power: 12_000, Duration: 100}, SettingsHash: [8]byte{1},
		Envelope:    Envelope{Max: Settings{Depth: 2500}, DosePerPin: 62_000, PulsesPerSpot: 1, Pins: 25},
		Tip:         Tip{ID: 7, Present: true, Lot: "7KX20", Expiry: Date{2027, 3, 31}, Pins: 25, Insulated: true, NeedleLength: 3500, UseCount: 86, UseLimit: 2000},
		LibraryHash: "ab", Last: &LastSession{Treatment: "t", At: time.Date(2026, 10, 12, 9, 0, 0, 0, time.UTC), Changes: []Change{{Field: ChangedPins, Before: 36, After: 25}}},
		Warnings: []BlockCode{WarnNumbing},
	}
}

// bend changes each field under v once, one after the other, and calls f with
// the field's path while it is another.
func bend(t *testing.T, path string, v reflect.Value, f func(path string)) {
	t.Helper()
	old := reflect.New(v.Type()).Elem()
	old.Set(v)
	defer v.Set(old)
	switch v.Kind() {
	case reflect.Struct:
		if _, ok := v.Interface().(time.Time); ok {
			v.Set(reflect.ValueOf(v.Interface().(time.Time).Add(time.Second)))
			f(path)
			return
		}
		for i := range v.NumField() {
			bend(t, path+"."+v.Type().Field(i).Name, v.Field(i), f)
		}
	case reflect.Pointer:
		bend(t, path, v.Elem(), f)
		v.SetZero()
		f(path + " nil")
	case reflect.Slice:
		bend(t, path+"[0]", v.Index(0), f)
		v.Set(v.Slice(0, 0))
		f(path + " empty")
	case reflect.Array:
		bend(t, path+"[0]", v.Index(0), f)
	case reflect.String:
		v.SetString(v.String() + "x")
		f(path)
	case reflect.Bool:
		v.SetBool(!v.Bool())
		f(path)
	case reflect.Uint8, reflect.Uint32:
		v.SetUint(v.Uint() + 1)
		f(path)
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(v.Int() + 1)
		f(path)
	default:
		t.Fatalf("%s is a %s, which this test does not know", path, v.Kind())
	}
}

// Whatever changes in what was shown changes the digest: no field is left out.
func TestDigestCoversEveryField(t *testing.T) {
	r := reviewed()
	want := r.Digest()
	if want != reviewed().Digest() || want == (Digest{}) {
		t.Fatal("the same review has two digests")
	}
	seen := map[Digest]string{want: "nothing"}
	bend(t, "Review", reflect.ValueOf(&r).Elem(), func(path string) {
		got := r.Digest()
		if other, taken := seen[got]; taken {
			t.Errorf("%s has the digest of %s", path, other)
		}
		seen[got] = path
	})
	if len(seen) < 50 {
		t.Errorf("only %d fields were changed", len(seen))
	}
	if r.Digest() != want {
		t.Error("the test left something changed")
	}
}

func TestCompareWithTheLastSession(t *testing.T) {
	day := func(d int) time.Time { return time.Date(2026, 10, d, 9, 0, 0, 0, time.UTC) }
	was := func(at time.Time, change func(*Treatment)) Treatment {
		r := reviewed()
		v := Treatment{
			ID: ID(at.Format("0102")), Patient: r.Patient, Indication: r.Indication, Zone: r.Zone, PenKind: r.PenKind, Tip: r.Tip, Fitzpatrick: r.Fitzpatrick,
			Applied: []Applied{{SettingsHash: [8]byte{9}, Settings: r.Settings, Envelope: r.Envelope}},
			Arms:    []ArmIntent{{SettingsHash: [8]byte{9}, Settings: r.Settings}}, Started: at, Outcome: OutcomeComplete,
		}
		if change != nil {
			change(&v)
		}
		return v
	}
	one := func(c Change) []Change { return []Change{c} }
	for name, tt := range map[string]struct {
		history []Treatment
		at      time.Time // zero: first session
		want    []Change
	}{
		"nobody was here before": {},
		"the same":               {history: []Treatment{was(day(12), nil)}, at: day(12)},
		"the newest counts, in whatever order": {
			history: []Treatment{was(day(3), func(v *Treatment) { v.Tip.Pins = 1 }), was(day(12), nil), was(day(1), func(v *Treatment) { v.Tip.Pins = 1 })}, at: day(12)},
		"another patient":    {history: []Treatment{was(day(12), func(v *Treatment) { v.Patient = "other" })}},
		"another zone":       {history: []Treatment{was(day(12), func(v *Treatment) { v.Zone = "forehead" })}},
		"another indication": {history: []Treatment{was(day(12), func(v *Treatment) { v.Indication = "wrinkles" })}},
		"never armed":        {history: []Treatment{was(day(12), func(v *Treatment) { v.Arms = nil })}},
		"only meant":         {history: []Treatment{was(day(12), func(v *Treatment) { v.Outcome = OutcomeIntent })}},
		"the one that is open": {
			history: []Treatment{was(day(20), func(v *Treatment) { v.ID, v.Tip.Pins = "open", 1 }), was(day(12), nil)}, at: day(12)},
		"an uncertain one counts": {history: []Treatment{was(day(12), func(v *Treatment) { v.Outcome = OutcomeUncertain })}, at: day(12)},
		"power": {history: []Treatment{was(day(12), func(v *Treatment) { v.Arms[0].Settings.Power = 10_000 })}, at: day(12),
			want: one(Change{Field: ChangedParameter, Parameter: Power, Before: 10_000, After: 12_000})},
		"the last arming counts": {history: []Treatment{was(day(12), func(v *Treatment) {
			v.Arms = append([]ArmIntent{{Settings: Settings{Depth: 500}}}, v.Arms...)
		})}, at: day(12)},
		"pulses per spot": {history: []Treatment{was(day(12), func(v *Treatment) { v.Applied[0].Envelope.PulsesPerSpot = 3 })}, at: day(12),
			want: one(Change{Field: ChangedPulsesPerSpot, Before: 3, After: 1})},
		"pulses per spot of a record that does not say": {history: []Treatment{was(day(12), func(v *Treatment) { v.Applied = nil })}, at: day(12)},
		"pins":          {history: []Treatment{was(day(12), func(v *Treatment) { v.Tip.Pins = 36 })}, at: day(12), want: one(Change{Field: ChangedPins, Before: 36, After: 25})},
		"insulation":    {history: []Treatment{was(day(12), func(v *Treatment) { v.Tip.Insulated = false })}, at: day(12), want: one(Change{Field: ChangedInsulation, After: 1})},
		"needle length": {history: []Treatment{was(day(12), func(v *Treatment) { v.Tip.NeedleLength = 2500 })}, at: day(12), want: one(Change{Field: ChangedNeedleLength, Before: 2500, After: 3500})},
		"skin type": {history: []Treatment{was(day(12), func(v *Treatment) { v.Fitzpatrick = FitzpatrickIII })}, at: day(12),
			want: one(Change{Field: ChangedSkinType, Before: int32(FitzpatrickIII), After: int32(FitzpatrickIV)})},
		"another kind of pen": {history: []Treatment{was(day(12), func(v *Treatment) { v.PenKind, v.Arms[0].Settings.Power = Needling, 0 })}, at: day(12),
			want: one(Change{Field: ChangedPen, KindBefore: Needling, KindAfter: RF})},
		"in their order": {history: []Treatment{was(day(12), func(v *Treatment) {
			v.Fitzpatrick, v.Tip.Pins, v.Arms[0].Settings.Duration, v.Arms[0].Settings.Depth = FitzpatrickI, 9, 200, 1000
		})}, at: day(12), want: []Change{
			{Field: ChangedParameter, Parameter: Depth, Before: 1000, After: 1500}, {Field: ChangedParameter, Parameter: Duration, Before: 200, After: 100},
			{Field: ChangedPins, Before: 9, After: 25}, {Field: ChangedSkinType, Before: int32(FitzpatrickI), After: int32(FitzpatrickIV)},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			got := reviewed().Compare(tt.history, "open").Last
			if (got == nil) != tt.at.IsZero() {
				t.Fatalf("last session %+v", got)
			}
			if got == nil {
				return
			}
			if diff := cmp.Diff(tt.want, got.Changes); diff != "" || !got.At.Equal(tt.at) {
				t.Errorf("at %v: %s", got.At, diff)
			}
		})
	}
}
