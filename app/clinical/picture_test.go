package clinical

import "testing"

// The worked examples: what the pictures of the window show.

func TestPictureOfRFPen(t *testing.T) {
	set := Settings{Depth: 1_500, Speed: 60, Power: 12_000, Duration: 100}
	lim := effective(t, ana(set))
	wants := []struct {
		p              Parameter
		min, max       int32
		text           string
		layer, another Layer
		allows         int32
	}{
		{Depth, 500, 2_500, "zone: left cheek, scar", LayerCell, LayerPen, 3_500},
		{Speed, 30, 120, "pen R1", LayerPen, LayerTiming, 0},
		{Power, 0, 15_000, "dose 62 mJ/pin, type IV", LayerDose, LayerIndication, 25_000},
		{Duration, 10, 120, "dose 62 mJ/pin, type IV", LayerDose, LayerIndication, 300},
	}
	for _, w := range wants {
		l := lim.ByParameter[w.p]
		if l.Min.Value != w.min || l.Max.Value != w.max || l.Max.Reason.Text != w.text || l.Max.Reason.Layer != w.layer {
			t.Errorf("%s: %d to %d, %v; want %+v", w.p, l.Min.Value, l.Max.Value, l.Max.Reason, w)
		}
		if b, _ := also(l, w.another); b.Value != w.allows {
			t.Errorf("%s: %s allows %d, want %d", w.p, w.another, b.Value, w.allows)
		}
	}
	if b, _ := also(lim.ByParameter[Depth], LayerRole); b.Value != 3_500 {
		t.Errorf("an override allows %d, want 3500", b.Value)
	}
	if v := lim.Check(set); len(v) > 0 {
		t.Errorf("the picture's settings are refused: %s", v[0].Text())
	}
	if d, ok := DosePerPin(set, lim.Pins, lim.PulsesPerSpot); !ok || FormatDose(d) != "48" {
		t.Errorf("dose is %d", d)
	}
	env := Envelope{Min: Settings{500, 30, 0, 10}, Max: Settings{2_500, 120, 25_000, 300}, DosePerPin: 62_000, PulsesPerSpot: 1, Pins: 25}
	if got := lim.Envelope(); got != env {
		t.Errorf("envelope %+v, want %+v", got, env)
	}
}

func TestPictureOfNeedlingPen(t *testing.T) {
	lim := effective(t, tomas())
	depth, speed := lim.ByParameter[Depth], lim.ByParameter[Speed]
	if depth.Max.Value != 1_500 || depth.Max.Reason.Text != "zone: scalp" {
		t.Errorf("depth max %+v", depth.Max)
	}
	if depth.RecMin.Value != 500 || depth.RecMax.Value != 1_500 {
		t.Errorf("recommended depth %d to %d", depth.RecMin.Value, depth.RecMax.Value)
	}
	if b := depth.Also[0]; b.Value != 2_500 || b.Reason.Text != "with a specialist override" {
		t.Errorf("next depth %+v", b)
	}
	if speed.Max.Value != 9_000 || speed.Max.Reason.Text != "pen N1" || speed.RecMin.Value != 5_000 || speed.RecMax.Value != 7_000 {
		t.Errorf("speed %+v", speed)
	}
	if lim.ByParameter[Power].Present || lim.ByParameter[Duration].Present {
		t.Error("a needling pen has RF controls")
	}
	v := lim.Check(Settings{Depth: 1_800, Speed: 6_000})
	if len(v) != 1 || v[0].Text() != "Depth 1.80 mm is over 1.50 mm: zone: scalp" {
		t.Errorf("violations %v", v)
	}
}

// TestPictureOfPresets is the Patients page: two presets fit, one does not.
func TestPictureOfPresets(t *testing.T) {
	lim := effective(t, ana(Settings{}))
	v := lim.Check(Settings{1_800, 60, 18_000, 100})
	if len(v) != 1 || v[0].Text() != "RF power 18 W is over 15 W: dose 62 mJ/pin, type IV" {
		t.Errorf("violations %v", v)
	}
	q := ana(Settings{})
	q.Zone = "forehead"
	if v := effective(t, q).Check(Settings{1_000, 60, 8_000, 80}); len(v) > 0 {
		t.Errorf("forehead preset: %s", v[0].Text())
	}
}
