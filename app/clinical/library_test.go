package clinical

import (
	"errors"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// shipped is the library that the program carries, read from its files.
func shipped(t testing.TB) *Library {
	t.Helper()
	lib, err := LoadLibrary(os.DirFS("../../assets"))
	if err != nil {
		t.Fatal(err)
	}
	return lib
}

// shippedFiles is the same library as files, for tests that damage them.
func shippedFiles(t testing.TB) []File {
	t.Helper()
	var files []File
	for _, name := range []string{"indications", "library", "needling", "rf", "zones"} {
		data, err := os.ReadFile("../../assets/limits/" + name + ".toml")
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, File{Name: name + ".toml", Data: data})
	}
	return files
}

// unboundedPen is a pen that could do everything, so that the library alone binds.
func unboundedPen(kind PenKind) PenCapability {
	p := PenCapability{Kind: kind, Model: "X"}
	p.Parameters[Depth] = Range{Min: 0, Max: 10_000, Step: 10}
	p.Parameters[Speed] = Range{Min: 0, Max: 20_000, Step: 1}
	if kind == RF {
		p.Parameters[Power] = Range{Min: 0, Max: 500_000, Step: 100}
		p.Parameters[Duration] = Range{Min: 1, Max: 10_000, Step: 1}
	}
	return p
}

func TestLibraryHasTheIndicationsOfTheBrief(t *testing.T) {
	lib := shipped(t)
	want := []struct {
		key          IndicationKey
		needling, rf Access
	}{
		{"wrinkles", AccessOffered, AccessOffered},
		{"acne_scars", AccessOffered, AccessOffered},
		{"atrophic_scars", AccessOffered, AccessOffered},
		{"surgical_scars", AccessOffered, AccessOffered},
		{"hypertrophic_scars", AccessOffered, AccessOffered},
		{"keloid", AccessOverride, AccessOverride},
		{"stretch_marks", AccessOffered, AccessOffered},
		{"enlarged_pores", AccessOffered, AccessOffered},
		{"burn_scars", AccessOffered, AccessOffered},
		{"alopecia", AccessOffered, AccessOverride},
		{"melasma", AccessOffered, AccessOverride},
		{"drug_delivery", AccessOffered, AccessNever},
	}
	needling, rf := lib.Indications(Needling), lib.Indications(RF)
	if len(needling) != len(want) || len(rf) != len(want) {
		t.Fatalf("%d needling and %d RF indications, want %d", len(needling), len(rf), len(want))
	}
	for i, w := range want {
		if needling[i].Key != w.key || needling[i].Access != w.needling {
			t.Errorf("needling %d is %v, want %v", i, needling[i], w)
		}
		if rf[i].Key != w.key || rf[i].Access != w.rf {
			t.Errorf("rf %d is %v, want %v", i, rf[i], w)
		}
		if zones := lib.Zones(RF, w.key); (len(zones) == 0) != (w.rf == AccessNever) {
			t.Errorf("%s has %d RF zones", w.key, len(zones))
		}
	}
}

// TestSiteCaps holds the caps against clinical.md section 2, copied a second
// time, so that a slip in the data shows.
func TestSiteCaps(t *testing.T) {
	lib := shipped(t)
	type caps struct{ needling, needlingOverride, rf, rfOverride int32 }
	want := map[ZoneKey]caps{
		"forehead": {1000, 0, 1000, 1500}, "glabella": {1000, 0, 1000, 1500}, "temple_left": {1000, 0, 1000, 1500},
		"eyelid_upper_left": {500, 0, 800, 1000}, "eyelid_lower_right": {500, 0, 800, 1000}, "periorbital_left": {500, 0, 800, 1000},
		"nasal_dorsum": {750, 0, 1000, 0}, "nasal_side_wall_left": {1000, 0, 2000, 0},
		"cheek_left": {2000, 0, 1500, 0}, "malar_right": {2000, 0, 1500, 0}, "perioral": {1000, 0, 500, 1000}, "upper_lip": {1000, 0, 500, 1000},
		"chin": {1500, 0, 1500, 2000}, "jaw_left": {1500, 0, 1500, 2000},
		"submental": {1500, 0, 1500, 3000}, "submandibular_right": {1500, 0, 1500, 3000},
		"neck": {1000, 0, 1000, 1500}, "chest": {1000, 0, 1500, 0}, "scalp": {1500, 2500, 1500, 0},
		"abdomen": {2500, 0, 3500, 0}, "back": {2500, 0, 3500, 0}, "thigh_left": {2500, 0, 3500, 0}, "buttock_right": {2500, 0, 3500, 0},
		"breast_left": {2500, 0, 3500, 0}, "hand_left": {750, 0, 1000, 0},
	}
	value := func(n *Number) int32 {
		if n == nil {
			return 0
		}
		return n.Value
	}
	for key, w := range want {
		z, ok := lib.Zone(key)
		if !ok {
			t.Errorf("zone %s is missing", key)
			continue
		}
		n, _ := lib.sites[z.Site].caps[Needling].depthCap(tissueSkin)
		r, _ := lib.sites[z.Site].caps[RF].depthCap(tissueSkin)
		if got := (caps{n.base.Value, value(n.override), r.base.Value, value(r.override)}); got != w {
			t.Errorf("%s has caps %v, want %v", key, got, w)
		}
	}
	for _, z := range lib.AllZones() {
		mirror := strings.NewReplacer("left", "right", "Left", "Right").Replace(string(z.Key))
		if _, ok := lib.Zone(ZoneKey(mirror)); !ok {
			t.Errorf("zone %s has no other side", z.Key)
		}
	}
}

// What a menu says with a needling pen is not about RF; with an RF pen nothing is
// left out.
func TestNotesOfAKindOfPen(t *testing.T) {
	lib := shipped(t)
	rf := regexp.MustCompile(`\bRF\b|L62|radio`)
	for _, i := range lib.Indications(Needling) {
		if rf.MatchString(i.Note) {
			t.Errorf("needling, %s: %s", i.Key, i.Note)
		}
		for _, z := range lib.Zones(Needling, i.Key) {
			if rf.MatchString(z.Note) {
				t.Errorf("needling, %s: %s", z.Key, z.Note)
			}
		}
	}
	want := map[ZoneKey]string{
		"forehead":           "Bone is close: slow, light pressure. Sources disagree on RF depth: a review goes to 1.5 mm and more (L62), deeper than the skin measured there (L61).",
		"eyelid_lower_right": "Never inside the orbital rim. RF only with an eye shield.",
		"cheek_left":         "RF deep in the cheek risks loss of fat.",
		"submental":          "Deeper only with care, for fat (L62).",
	}
	for _, z := range lib.Zones(RF, "wrinkles") {
		if note, ok := want[z.Key]; ok && z.Note != note {
			t.Errorf("RF, %s: %q, want %q", z.Key, z.Note, note)
		}
		delete(want, z.Key)
	}
	if len(want) > 0 {
		t.Errorf("no zones: %v", want)
	}
}

// TestDoseCaps holds the dose table against clinical.md section 1.3.
func TestDoseCaps(t *testing.T) {
	lib := shipped(t)
	want := []struct {
		indication IndicationKey
		site       string
		power, ms  [3]int32
		caps       [3]int32
		pulses     int32
	}{
		{"wrinkles", "cheek", [3]int32{5, 10, 20}, [3]int32{50, 100, 200}, [3]int32{60, 50, 30}, 1},
		{"wrinkles", "periorbital", [3]int32{3, 5, 8}, [3]int32{30, 60, 100}, [3]int32{20, 15, 10}, 1},
		{"acne_scars", "cheek", [3]int32{8, 15, 25}, [3]int32{50, 100, 300}, [3]int32{100, 62, 40}, 2},
		{"atrophic_scars", "cheek", [3]int32{8, 15, 25}, [3]int32{50, 100, 300}, [3]int32{100, 62, 40}, 2},
		{"surgical_scars", "cheek", [3]int32{8, 15, 25}, [3]int32{80, 150, 300}, [3]int32{100, 62, 40}, 2},
		{"hypertrophic_scars", "body", [3]int32{8, 15, 25}, [3]int32{80, 150, 300}, [3]int32{100, 62, 40}, 2},
		{"burn_scars", "hand", [3]int32{8, 15, 25}, [3]int32{80, 150, 300}, [3]int32{100, 62, 40}, 2},
		{"stretch_marks", "body", [3]int32{8, 12, 20}, [3]int32{80, 150, 300}, [3]int32{80, 50, 30}, 1},
		{"enlarged_pores", "cheek", [3]int32{5, 8, 12}, [3]int32{50, 80, 150}, [3]int32{40, 30, 20}, 1},
		{"alopecia", "scalp", [3]int32{2, 4, 6}, [3]int32{20, 50, 100}, [3]int32{10, 10, 8}, 1},
		{"melasma", "cheek", [3]int32{2, 4, 6}, [3]int32{20, 50, 100}, [3]int32{10, 10, 8}, 1},
		{"keloid", "chest", [3]int32{2, 4, 6}, [3]int32{20, 50, 100}, [3]int32{10, 10, 8}, 1},
	}
	for _, w := range want {
		rows := lib.kinds[RF].indications[w.indication].rowsAt(w.site)
		p, d := rows.byParameter[Power], rows.byParameter[Duration]
		if got := [3]int32{p.min.Value / 1000, p.typicalTo.Value / 1000, p.max.Value / 1000}; got != w.power {
			t.Errorf("%s at %s: power %v, want %v", w.indication, w.site, got, w.power)
		}
		if got := [3]int32{d.min.Value, d.typicalTo.Value, d.max.Value}; got != w.ms {
			t.Errorf("%s at %s: pulse %v, want %v", w.indication, w.site, got, w.ms)
		}
		for i, c := range rows.dose.most {
			if c.Value != w.caps[i]*1000 {
				t.Errorf("%s at %s: dose column %d is %d, want %d mJ", w.indication, w.site, i, c.Value, w.caps[i])
			}
		}
		if rows.dose.pulsesPerSpot.Value != w.pulses {
			t.Errorf("%s at %s: %d pulses, want %d", w.indication, w.site, rows.dose.pulsesPerSpot.Value, w.pulses)
		}
	}
	if d := lib.kinds[RF].device; d.dose.Value != 120_000 || d.pulsesPerSpot.Value != 3 {
		t.Errorf("device absolute is %d µJ and %d pulses", d.dose.Value, d.pulsesPerSpot.Value)
	}
}

// TestEveryCellIsSourced asks for every cell that the library offers, with and
// without an override, and looks at the reason of every bound.
func TestEveryCellIsSourced(t *testing.T) {
	lib := shipped(t)
	cells := 0
	for _, kind := range []PenKind{Needling, RF} {
		for _, ind := range lib.Indications(kind) {
			for _, z := range lib.Zones(kind, ind.Key) {
				for _, override := range []bool{false, true} {
					q := Query{Pen: unboundedPen(kind), Indication: ind.Key, Zone: z.Key, Fitzpatrick: FitzpatrickII,
						Role: RoleSeniorClinician, Override: override, Tip: Tip{Present: true, Pins: 25, Insulated: true}}
					lim, err := lib.Effective(q)
					var off *NotTreatableError
					if errors.As(err, &off) && ind.Access == AccessOverride && !override {
						continue
					}
					if err != nil {
						t.Errorf("%s %s %s: %v", kind, ind.Key, z.Key, err)
						continue
					}
					cells++
					checkSourced(t, lib, lim, z)
				}
			}
		}
	}
	if cells < 300 {
		t.Errorf("only %d cells were looked at", cells)
	}
}

func checkSourced(t *testing.T, lib *Library, lim Limits, z Zone) {
	t.Helper()
	reasons := []Reason{}
	for _, l := range lim.ByParameter {
		if !l.Present {
			continue
		}
		for _, b := range append([]Bound{l.Min, l.Max, l.RecMin, l.RecMax}, l.Also...) {
			reasons = append(reasons, b.Reason)
		}
		if _, err := l.Guardrail(); err != nil {
			t.Errorf("%s %s: %v", z.Key, l.Parameter, err)
		}
	}
	if lim.Kind == RF {
		reasons = append(reasons, lim.DoseReason)
	}
	for _, r := range reasons {
		if r.Rule == "" || r.Text == "" || r.Source == "" {
			t.Errorf("%s: incomplete reason %+v", z.Key, r)
		}
		if r.Source == sourceDescriptor || r.Source == sourceTip {
			continue
		}
		if _, ok := lib.Source(r.Source); !ok || !slices.Contains([]string{"A", "B", "C", "P"}, r.Grade) {
			t.Errorf("%s: %s has source %q, grade %q", z.Key, r.Rule, r.Source, r.Grade)
		}
	}
	if lim.ByParameter[Depth].Max.Reason.Layer == LayerPen {
		t.Errorf("%s: nothing but the pen bounds the depth", z.Key)
	}
}

func TestHashNamesTheContent(t *testing.T) {
	files := shippedFiles(t)
	first, err := ParseLibrary(files...)
	if err != nil {
		t.Fatal(err)
	}
	slices.Reverse(files)
	again, err := ParseLibrary(files...)
	if err != nil || again.Hash != first.Hash {
		t.Errorf("hash depends on the order of the files: %v, %s, %s", err, first.Hash, again.Hash)
	}
	files[0].Data = append(files[0].Data, "# a remark\n"...)
	if changed, err := ParseLibrary(files...); err != nil || changed.Hash == first.Hash {
		t.Errorf("hash does not change with the content: %v", err)
	}
	if len(first.Hash) != 64 || first.Version == "" || first.Date == "" {
		t.Errorf("version %q, date %q, hash %q", first.Version, first.Date, first.Hash)
	}
}
