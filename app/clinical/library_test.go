package clinical

import (
	"os"
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

func TestSmoke(t *testing.T) {
	lib := shipped(t)
	r1 := PenCapability{Kind: RF, Model: "R1", RatedPower: 50000, NeedleTravel: 120, Parameters: [4]Range{
		{500, 3500, 100, 500}, {30, 120, 1, 60}, {0, 50000, 1000, 0}, {10, 1000, 10, 10}}}
	l, err := lib.Effective(Query{Pen: r1, Tip: Tip{Present: true, Pins: 25, Insulated: true, NeedleLength: 3500}, Indication: "acne_scars", Zone: "cheek_left", Fitzpatrick: FitzpatrickIV, Role: RoleClinician,
		Draft: Settings{1500, 60, 12000, 100}})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range l.ByParameter {
		s := int32(-1)
		if x.Start != nil {
			s = *x.Start
		}
		t.Log(x.Parameter, x.Min.Value, x.RecMin.Value, x.RecMax.Value, x.Max.Value, x.Max.Reason.Text, x.Max.Reason.Rule, "start", s)
		for _, a := range x.Also {
			t.Log("   ", a.Value, a.Reason.Layer, a.Reason.Text)
		}
	}
}
