package theme

import (
	"fmt"
	"image/color"
	"math"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"
	fynetheme "fyne.io/fyne/v2/theme"
)

// textContrast is WCAG 2.1 success criterion 1.4.3 for text, markContrast
// 1.4.11 for marks that carry meaning.
const (
	textContrast = 4.5
	markContrast = 3.0
)

func allModes() []Mode { return []Mode{Dark, Light, Dim} }

func (t *Theme) at(name fyne.ThemeColorName) color.NRGBA { return t.colors[name] }

func TestTextIsReadableOnEveryGroundItStandsOn(t *testing.T) {
	pairs := []struct {
		ink     fyne.ThemeColorName
		grounds []fyne.ThemeColorName
		least   float64
	}{
		{Text, []fyne.ThemeColorName{Background, Panel, Raised, Pressed}, textContrast},
		{TextSecondary, []fyne.ThemeColorName{Background, Panel, Raised}, textContrast},
		{TextDisabled, []fyne.ThemeColorName{Background, Panel, Raised}, markContrast},
		{Accent, []fyne.ThemeColorName{Background, Panel, Raised}, textContrast},
		{OnAccent, []fyne.ThemeColorName{Accent}, textContrast},
		{OnArmed, []fyne.ThemeColorName{Armed}, textContrast},
		{MediumInk, []fyne.ThemeColorName{Background, Panel, Raised}, textContrast},
		{OnMedium, []fyne.ThemeColorName{Medium}, textContrast},
		{HighInk, []fyne.ThemeColorName{Background, Panel, Raised}, textContrast},
		{OnHigh, []fyne.ThemeColorName{High, HighPressed}, textContrast},
		{LowInk, []fyne.ThemeColorName{Background, Panel, Raised}, textContrast},
		{OnLow, []fyne.ThemeColorName{Low}, textContrast},
		{ServiceInk, []fyne.ThemeColorName{Background, Panel, Raised}, textContrast},
		{OnService, []fyne.ThemeColorName{Service}, textContrast},
		{OnSimulated, []fyne.ThemeColorName{Simulated, SimulatedStripe}, textContrast},
		{OnDrawer, []fyne.ThemeColorName{Drawer, DrawerStripe, DrawerRaised}, textContrast},
		{Bound, []fyne.ThemeColorName{Panel}, markContrast},
		{Cursor, []fyne.ThemeColorName{ChartGround}, markContrast},
		{Accent, []fyne.ThemeColorName{ChartGround}, markContrast},
		{LowInk, []fyne.ThemeColorName{ChartGround}, markContrast},
		{MediumInk, []fyne.ThemeColorName{ChartGround}, markContrast},
		{ServiceInk, []fyne.ThemeColorName{ChartGround}, markContrast},
		{HighInk, []fyne.ThemeColorName{ChartGround}, markContrast},
	}
	for _, mode := range allModes() {
		th := New(mode, Scale100)
		for _, p := range pairs {
			for _, ground := range p.grounds {
				if got := contrast(th.at(p.ink), th.at(ground)); got < p.least {
					t.Errorf("%v: %s on %s is %.2f:1, want %.1f:1", mode, p.ink, ground, got, p.least)
				}
			}
		}
	}
}

// leastDistance is the least CIE 1976 colour difference between two states
// for a dichromat: three and a half times 2.3, which is just noticeable side
// by side. More is not to be had for amber and red text that both reach 4.5:1
// on white; shape and word carry the meaning, colour only repeats it.
const leastDistance = 8.0

func TestStatesStayApartWithoutRedGreenVision(t *testing.T) {
	groups := map[string][]fyne.ThemeColorName{
		"inks": {Text, TextSecondary, Accent, MediumInk, HighInk, LowInk, ServiceInk},
		"bars": {Accent, Medium, High, Low, Service},
	}
	// The simulations are the matrices of Viénot, Brettel and Mollon (1999)
	// for linear RGB.
	simulations := map[string][3][3]float64{
		"protanopia":   {{0.11238, 0.88762, 0}, {0.11238, 0.88762, 0}, {0.00401, -0.00401, 1}},
		"deuteranopia": {{0.29275, 0.70725, 0}, {0.29275, 0.70725, 0}, {-0.02234, 0.02234, 1}},
	}
	for _, mode := range allModes() {
		th := New(mode, Scale100)
		for kind, m := range simulations {
			for group, names := range groups {
				for i, a := range names {
					for _, b := range names[i+1:] {
						d := distance(simulate(th.at(a), m), simulate(th.at(b), m))
						if d < leastDistance {
							t.Errorf("%v, %s, %s: %s and %s are %.1f apart, want %.1f", mode, kind, group, a, b, d, leastDistance)
						}
					}
				}
			}
		}
	}
}

func TestEveryNameHasAColour(t *testing.T) {
	for _, mode := range allModes() {
		th := New(mode, Scale100)
		for name, own := range stock() {
			if th.Color(name, 0) != th.Color(own, 0) {
				t.Errorf("%v: %s is not %s", mode, name, own)
			}
		}
		for name := range palette() {
			if _, _, _, a := th.Color(name, 0).RGBA(); a == 0 {
				t.Errorf("%v: %s is invisible", mode, name)
			}
		}
	}
}

func TestTypeGrowsWithTheScaleAndNothingElseDoes(t *testing.T) {
	for name, want := range map[fyne.ThemeSizeName]float32{
		SizeLive: 21, SizeBody: 15, SizeLabel: 13, fynetheme.SizeNameText: 15,
	} {
		for _, s := range []Scale{Scale100, Scale125, Scale150} {
			if got := New(Dark, s).Size(name); got != want*float32(s)/100 {
				t.Errorf("%s at %d %% is %v", name, s, got)
			}
		}
	}
	if New(Dark, Scale150).Size(SizeSetValue) != 50 {
		t.Error("the set value grew with the text")
	}
	if New(Dark, Scale150).Size(fynetheme.SizeNamePadding) != New(Dark, Scale100).Size(fynetheme.SizeNamePadding) {
		t.Error("padding grew with the text")
	}
	if New(Dark, 117).Scale() != Scale100 || New(9, Scale100).Mode() != Dark {
		t.Error("an unknown scale or mode was accepted")
	}
}

func TestFiguresAreTabular(t *testing.T) {
	test.NewTempApp(t).Settings().SetTheme(New(Dark, Scale100))
	for _, bold := range []bool{false, true} {
		style := fyne.TextStyle{Bold: bold}
		want := fyne.MeasureText("0000", 50, style).Width
		for d := 1; d < 10; d++ {
			s := fmt.Sprintf("%[1]d%[1]d%[1]d%[1]d", d)
			if got := fyne.MeasureText(s, 50, style).Width; math.Abs(float64(got-want)) > 0.01 {
				t.Errorf("bold %v: %s is %v wide, 0000 is %v", bold, s, got, want)
			}
		}
	}
}

func linear(v uint8) float64 {
	s := float64(v) / 255
	if s <= 0.04045 {
		return s / 12.92
	}
	return math.Pow((s+0.055)/1.055, 2.4)
}

func luminance(c color.NRGBA) float64 {
	return 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
}

func contrast(a, b color.NRGBA) float64 {
	la, lb := luminance(a), luminance(b)
	if la < lb {
		la, lb = lb, la
	}
	return (la + 0.05) / (lb + 0.05)
}

// simulate returns a colour in linear RGB as a dichromat sees it.
func simulate(c color.NRGBA, m [3][3]float64) [3]float64 {
	in := [3]float64{linear(c.R), linear(c.G), linear(c.B)}
	var out [3]float64
	for i := range out {
		for j := range in {
			out[i] += m[i][j] * in[j]
		}
		out[i] = min(max(out[i], 0), 1)
	}
	return out
}

// distance is the CIE 1976 difference of two linear RGB colours under D65.
func distance(a, b [3]float64) float64 {
	la, lb := lab(a), lab(b)
	return math.Sqrt(sq(la[0]-lb[0]) + sq(la[1]-lb[1]) + sq(la[2]-lb[2]))
}

func sq(v float64) float64 { return v * v }

func lab(c [3]float64) [3]float64 {
	x := (0.4124*c[0] + 0.3576*c[1] + 0.1805*c[2]) / 0.95047
	y := 0.2126*c[0] + 0.7152*c[1] + 0.0722*c[2]
	z := (0.0193*c[0] + 0.1192*c[1] + 0.9505*c[2]) / 1.08883
	f := func(t float64) float64 {
		if t > 216.0/24389 {
			return math.Cbrt(t)
		}
		return (24389.0/27*t + 16) / 116
	}
	return [3]float64{116*f(y) - 16, 500 * (f(x) - f(y)), 200 * (f(y) - f(z))}
}
