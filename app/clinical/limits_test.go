package clinical

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"stipple/protocol"
)

// The reference pens, as issue and pictures have them.
func penR1() PenCapability {
	return PenCapability{Kind: RF, Model: "R1", RatedPower: 50_000, NeedleTravel: 120, Parameters: [ParameterCount]Range{
		Depth:    {Min: 500, Max: 3_500, Step: 100, Default: 500},
		Speed:    {Min: 30, Max: 120, Step: 1, Default: 60},
		Power:    {Min: 0, Max: 50_000, Step: 1_000},
		Duration: {Min: 10, Max: 1_000, Step: 10, Default: 10},
	}}
}

func penN1() PenCapability {
	return PenCapability{Kind: Needling, Model: "N1", Parameters: [ParameterCount]Range{
		Depth: {Min: 0, Max: 2_500, Step: 50},
		Speed: {Min: 3_000, Max: 9_000, Step: 100, Default: 3_000},
	}}
}

func tip25() Tip {
	return Tip{ID: 1, Present: true, Pins: 25, Insulated: true, NeedleLength: 3_500, RatedPower: 50_000}
}

// ana is the treatment of the first picture: type IV, acne scars, left cheek.
func ana(draft Settings) Query {
	return Query{Pen: penR1(), Tip: tip25(), Indication: "acne_scars", Zone: "cheek_left",
		Fitzpatrick: FitzpatrickIV, Role: RoleClinician, Draft: draft}
}

// tomas is the treatment of the needling picture: type II, alopecia, scalp.
func tomas() Query {
	return Query{Pen: penN1(), Tip: Tip{Present: true, Pins: 12, NeedleLength: 2_500}, Indication: "alopecia", Zone: "scalp",
		Fitzpatrick: FitzpatrickII, Role: RoleClinician}
}

func effective(t testing.TB, q Query) Limits {
	t.Helper()
	lim, err := shipped(t).Effective(q)
	if err != nil {
		t.Fatal(err)
	}
	return lim
}

// also is the first bound of a layer among those that do not bind.
func also(l Limit, layer Layer) (Bound, bool) {
	i := slices.IndexFunc(l.Also, func(b Bound) bool { return b.Reason.Layer == layer })
	if i < 0 {
		return Bound{}, false
	}
	return l.Also[i], true
}

func TestRoleLayer(t *testing.T) {
	tests := []struct {
		name     string
		change   func(*Query)
		depth    int32
		withRole bool // an override is offered
	}{
		{"clinician", func(*Query) {}, 2_500, true},
		{"clinician who claims an override", func(q *Query) { q.Override = true }, 2_500, true},
		{"senior without", func(q *Query) { q.Role = RoleSeniorClinician }, 2_500, true},
		{"senior with", func(q *Query) { q.Role, q.Override = RoleSeniorClinician, true }, 3_500, false},
		{"no override passes the tip", func(q *Query) {
			q.Role, q.Override, q.Tip.NeedleLength = RoleSeniorClinician, true, 3_050
		}, 3_000, false},
		{"no override passes the policy", func(q *Query) {
			q.Role, q.Override = RoleSeniorClinician, true
			q.Policy = []PolicyMax{{Parameter: Depth, Max: 2_000, Rule: "policy.depth", Text: "policy: to 2 mm"}}
		}, 2_000, false},
		{"what an override can't reach is not offered", func(q *Query) { q.Tip.NeedleLength = 2_500 }, 2_500, false},
	}
	for _, tt := range tests {
		q := ana(Settings{})
		tt.change(&q)
		l := effective(t, q).ByParameter[Depth]
		_, offered := also(l, LayerRole)
		if l.Max.Value != tt.depth || offered != tt.withRole {
			t.Errorf("%s: max %d, override offered %v; want %d, %v", tt.name, l.Max.Value, offered, tt.depth, tt.withRole)
		}
	}
}

// An override counts for whoever the table of permissions gives it to, and for
// nobody else.
func TestOverrideIsForWhoMayOverride(t *testing.T) {
	for _, r := range Roles() {
		if !r.MayTreat() {
			continue
		}
		q := ana(Settings{})
		q.Role, q.Override = r, true
		if got := effective(t, q).ByParameter[Depth].Max.Value == 3_500; got != r.May(PermitOverride) {
			t.Errorf("%s: the override counts: %v", r, got)
		}
	}
}

func TestNotTreatable(t *testing.T) {
	type change func(*Query)
	tests := []struct {
		name   string
		change change
		layers [2]Layer
		text   string
	}{
		{"melasma with RF", func(q *Query) { q.Indication = "melasma" }, [2]Layer{LayerIndication, LayerRole},
			"not treatable: indication: Melasma with RF is off, role: no specialist override is active"},
		{"keloid with RF, override of a clinician", func(q *Query) { q.Indication, q.Override = "keloid", true }, [2]Layer{LayerIndication, LayerRole}, ""},
		{"drug delivery with RF, override", func(q *Query) { q.Indication, q.Role, q.Override = "drug_delivery", RoleSeniorClinician, true },
			[2]Layer{LayerIndication, LayerPen}, "not treatable: indication: Topical absorption is never treated with RF, pen R1 is an RF pen"},
		{"technician", func(q *Query) { q.Role = RoleTechnician }, [2]Layer{LayerIndication, LayerRole}, ""},
		{"nobody", func(q *Query) { q.Role = "" }, [2]Layer{LayerIndication, LayerRole}, ""},
		{"acne scars on the scalp", func(q *Query) { q.Zone = "scalp" }, [2]Layer{LayerCell, LayerIndication}, ""},
		{"no tip", func(q *Query) { q.Tip = Tip{} }, [2]Layer{LayerTip, LayerPen}, ""},
		{"pins not known", func(q *Query) { q.Tip.Pins = 0 }, [2]Layer{LayerTip, LayerPen}, ""},
		{"hypertrophic scars without insulation", func(q *Query) { q.Indication, q.Tip.Insulated = "hypertrophic_scars", false }, [2]Layer{LayerTip, LayerIndication}, ""},
		{"zone against pen", func(q *Query) { q.Zone = "perioral"; q.Pen.Parameters[Depth].Min = 1_000 }, [2]Layer{LayerCell, LayerPen},
			"not treatable: zone: perioral allows at most 0.50 mm, pen R1 starts at 1.00 mm"},
		{"tip against pen", func(q *Query) { q.Tip.NeedleLength = 300 }, [2]Layer{LayerTip, LayerPen}, ""},
		{"dose against pen", func(q *Query) {
			q.Pen.Parameters[Power].Min = 40_000
			q.Tip.Pins = 1
			q.Pen.Parameters[Duration].Min = 20
		}, [2]Layer{LayerIndication, LayerPen}, ""},
		{"timing against pen", func(q *Query) { q.Pen.NeedleTravel = 2_000 }, [2]Layer{LayerTiming, LayerPen}, ""},
	}
	lib := shipped(t)
	for _, tt := range tests {
		q := ana(Settings{})
		tt.change(&q)
		_, err := lib.Effective(q)
		var no *NotTreatableError
		if !errors.As(err, &no) {
			t.Errorf("%s: got %v", tt.name, err)
			continue
		}
		if got := [2]Layer{no.Rules[0].Layer, no.Rules[1].Layer}; got != tt.layers {
			t.Errorf("%s: layers %v, want %v: %v", tt.name, got, tt.layers, err)
		}
		if tt.text != "" && err.Error() != tt.text {
			t.Errorf("%s: %q, want %q", tt.name, err, tt.text)
		}
	}
	q := ana(Settings{})
	q.Indication, q.Role, q.Override = "melasma", RoleSeniorClinician, true
	if lim := effective(t, q); lim.DoseCapPerPin != 10_000 {
		t.Errorf("melasma with an override: cap %d", lim.DoseCapPerPin)
	}
}

func TestQueryError(t *testing.T) {
	lib := shipped(t)
	tests := map[string]func(*Query){
		"pen kind":          func(q *Query) { q.Pen.Kind = "laser" },
		"pen Depth":         func(q *Query) { q.Pen.Parameters[Depth].Step = 0 },
		"pen RF power":      func(q *Query) { q.Pen.Parameters[Power].Min = 60_000 },
		"indication":        func(q *Query) { q.Indication = "freckles" },
		"zone":              func(q *Query) { q.Zone = "" },
		"pulses per spot":   func(q *Query) { q.PulsesPerSpot = 3 },
		"pen needle travel": func(q *Query) { q.Pen.NeedleTravel = -1 },
	}
	for field, change := range tests {
		q := ana(Settings{})
		change(&q)
		_, err := lib.Effective(q)
		var e *QueryError
		if !errors.As(err, &e) || e.Field != field {
			t.Errorf("%s: got %v", field, err)
		}
	}
}

func TestStarts(t *testing.T) {
	const none = -1
	tests := []struct {
		name   string
		query  func() Query
		change func(*Query)
		want   [ParameterCount]int32
	}{
		{"acne, type II", func() Query { return ana(Settings{}) }, func(q *Query) { q.Fitzpatrick = FitzpatrickII }, [4]int32{1_500, 60, 15_000, 100}},
		{"acne, type IV", func() Query { return ana(Settings{}) }, func(*Query) {}, [4]int32{1_500, 60, 9_000, 100}},
		{"acne, type VI", func() Query { return ana(Settings{}) }, func(q *Query) { q.Fitzpatrick = FitzpatrickVI }, [4]int32{1_500, 60, 6_000, 100}},
		{"unknown counts as V-VI", func() Query { return ana(Settings{}) }, func(q *Query) { q.Fitzpatrick = FitzpatrickUnknown }, [4]int32{1_500, 60, 6_000, 100}},
		{"two pulses at a spot", func() Query { return ana(Settings{}) }, func(q *Query) { q.PulsesPerSpot = 2 }, [4]int32{1_500, 60, 4_000, 100}},
		{"the typical dose of 49 pins is beyond the indication", func() Query { return ana(Settings{}) },
			func(q *Query) { q.Fitzpatrick, q.Tip.Pins = FitzpatrickII, 49 }, [4]int32{1_500, 60, none, none}},
		{"deeper than the zone", func() Query { return ana(Settings{}) }, func(q *Query) { q.Zone = "forehead" }, [4]int32{none, 60, 9_000, 100}},
		{"around the eyes", func() Query { return ana(Settings{}) }, func(q *Query) { q.Indication, q.Zone = "wrinkles", "eyelid_lower_left" }, [4]int32{800, 60, 3_000, 60}},
		{"needling, type II", tomas, func(*Query) {}, [4]int32{600, 6_000, none, none}},
		{"needling, type IV, one step", tomas, func(q *Query) { q.Indication, q.Zone, q.Fitzpatrick = "acne_scars", "cheek_left", FitzpatrickIV }, [4]int32{1_250, 6_000, none, none}},
		{"needling, type V, two steps", tomas, func(q *Query) { q.Indication, q.Zone, q.Fitzpatrick = "acne_scars", "cheek_left", FitzpatrickV }, [4]int32{1_000, 6_000, none, none}},
		{"needling, type V, below the indication", tomas, func(q *Query) { q.Fitzpatrick = FitzpatrickV }, [4]int32{none, 6_000, none, none}},
	}
	for _, tt := range tests {
		q := tt.query()
		tt.change(&q)
		lim := effective(t, q)
		for _, p := range AllParameters() {
			got := int32(none)
			if s := lim.ByParameter[p].Start; s != nil {
				got = *s
			}
			if got != tt.want[p] {
				t.Errorf("%s: %s starts at %d, want %d", tt.name, p, got, tt.want[p])
			}
		}
	}
}

func TestCheckNamesEveryBound(t *testing.T) {
	lim := effective(t, ana(Settings{}))
	v := lim.Check(Settings{Depth: 2_600, Speed: 121, Power: 26_000, Duration: 305})
	var got []string
	for _, x := range v {
		got = append(got, x.Parameter.Name()+" "+x.Bound.Reason.Layer.String())
	}
	want := []string{"Depth zone", "Speed pen", "RF power indication", "Pulse indication", "RF power dose"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	v = lim.Check(Settings{Depth: 1_550, Speed: 120, Power: 1_000, Duration: 10})
	if len(v) != 1 || v[0].Breach != OffStep || v[0].Bound.Value != 1_500 {
		t.Errorf("off the step: %+v", v)
	}
	lim.NeedleTravel = 450
	v = lim.Check(Settings{Depth: 1_500, Speed: 120, Power: 1_000, Duration: 100})
	if len(v) != 1 || v[0].Parameter != Speed || v[0].Bound.Value != 109 || !strings.Contains(v[0].Text(), "timing") {
		t.Errorf("timing: %+v", v)
	}
	v = effective(t, tomas()).Check(Settings{Depth: 1_000, Speed: 5_000, Power: 1_000})
	if len(v) != 1 || v[0].Parameter != Power {
		t.Errorf("RF on a needling pen: %+v", v)
	}
}

func TestDosePerPinRoundsUp(t *testing.T) {
	tests := []struct {
		s            Settings
		pins, pulses int
		want         protocol.Microjoules
		ok           bool
	}{
		{Settings{Power: 12_000, Duration: 100}, 25, 1, 48_000, true},
		{Settings{Power: 1, Duration: 10}, 25, 1, 1, true},
		{Settings{Power: 12_000, Duration: 100}, 49, 1, 24_490, true},
		{Settings{Power: 12_000, Duration: 100}, 25, 2, 96_000, true},
		{Settings{Power: 12_000, Duration: 100}, 0, 1, 0, false},
		{Settings{Power: 12_000}, 25, 1, 0, false},
	}
	for _, tt := range tests {
		got, ok := DosePerPin(tt.s, tt.pins, tt.pulses)
		if got != tt.want || ok != tt.ok {
			t.Errorf("%+v on %d pins: %d, %v; want %d, %v", tt.s, tt.pins, got, ok, tt.want, tt.ok)
		}
	}
}

func TestTimingAtItsEdge(t *testing.T) {
	tests := []struct {
		speed    protocol.StrokesPerMinute
		duration protocol.Milliseconds
		travel   protocol.Milliseconds
		exceeds  bool
	}{
		{120, 100, 400, false}, {120, 101, 400, true}, {120, 100, 401, true}, {121, 100, 400, true},
		{30, 1_000, 1_000, false}, {30, 1_001, 1_000, true},
		{7, 8_571, 0, false}, {7, 8_572, 0, true}, // 60,000 / 7 is no whole number
		{0, 1_000, 1_000, false},
	}
	for _, tt := range tests {
		s := Settings{Speed: tt.speed, Duration: tt.duration}
		if got := timingExceeds(s, tt.travel); got != tt.exceeds {
			t.Errorf("%d /min, %d ms, travel %d ms: %v", tt.speed, tt.duration, tt.travel, got)
		}
	}
}

// TestDraftMovesItsPartner: the bound of each of power and pulse follows the
// other, speed and pulse likewise, and an unset draft couples nothing.
func TestDraftMovesItsPartner(t *testing.T) {
	tests := []struct {
		name  string
		draft Settings
		want  [ParameterCount]int32
	}{
		{"nothing set", Settings{}, [4]int32{2_500, 120, 25_000, 300}},
		{"long pulse", Settings{Duration: 300}, [4]int32{2_500, 120, 5_000, 300}},
		{"much power", Settings{Power: 25_000}, [4]int32{2_500, 120, 25_000, 60}},
		{"a draft beyond its range", Settings{Power: 2_000_000_000}, [4]int32{2_500, 120, 25_000, 10}},
		{"fast, on a slow needle", Settings{Speed: 120}, [4]int32{2_500, 120, 25_000, 100}},
		{"long pulse, on a slow needle", Settings{Duration: 200}, [4]int32{2_500, 100, 7_000, 300}},
	}
	for _, tt := range tests {
		q := ana(tt.draft)
		if strings.Contains(tt.name, "slow needle") {
			q.Pen.NeedleTravel = 400
		}
		lim := effective(t, q)
		for _, p := range AllParameters() {
			if got := lim.ByParameter[p].Max.Value; got != tt.want[p] {
				t.Errorf("%s: %s to %d, want %d", tt.name, p, got, tt.want[p])
			}
		}
	}
}

// TestOnlyTheDurationHelps: where no power, or no speed, that the pen has would
// mend a dose or a timing, the duration is named.
func TestOnlyTheDurationHelps(t *testing.T) {
	q := ana(Settings{})
	q.Pen.Parameters[Power].Min = 10_000
	v := effective(t, q).Check(Settings{Depth: 1_500, Speed: 60, Power: 10_000, Duration: 300})
	if len(v) != 1 || v[0].Parameter != Duration || v[0].Bound.Value != 150 || v[0].Bound.Reason.Layer != LayerDose {
		t.Errorf("dose: %+v", v)
	}
	q = ana(Settings{})
	q.Pen.NeedleTravel = 1_900
	v = effective(t, q).Check(Settings{Depth: 1_500, Speed: 30, Power: 1_000, Duration: 200})
	if len(v) != 1 || v[0].Parameter != Duration || v[0].Bound.Value != 100 || v[0].Bound.Reason.Layer != LayerTiming {
		t.Errorf("timing: %+v", v)
	}
}

func TestNamesOfTheLibrary(t *testing.T) {
	lib := shipped(t)
	if name, ok := lib.IndicationName("acne_scars"); !ok || name != "Acne scars" {
		t.Errorf("name %q, %v", name, ok)
	}
	if ind, ok := lib.Indication(RF, "melasma"); !ok || ind.Access != AccessOverride || ind.Note == "" {
		t.Errorf("melasma %+v, %v", ind, ok)
	}
	if z, ok := lib.Zone("cheek_left"); !ok || z.Name != "Left cheek" || z.Site != "cheek" {
		t.Errorf("zone %+v, %v", z, ok)
	}
	if s, ok := lib.Source("L61"); !ok || s.Address == "" {
		t.Errorf("source %+v, %v", s, ok)
	}
	if _, ok := lib.Indication(RF, "freckles"); ok {
		t.Error("the library knows freckles")
	}
	for in, want := range map[string]string{"Left cheek": "left cheek", "RF power": "RF power", "Öl": "öl", "": ""} {
		if got := lowerFirst(in); got != want {
			t.Errorf("%q became %q", in, got)
		}
	}
}
