package ui

import (
	"fmt"
	"strings"
	"testing"

	"fyne.io/fyne/v2/test"

	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/ui/pages"
	"stipple/app/ui/sample"
	"stipple/app/ui/theme"
)

// TestReviewIsWhole looks for every piece of the review in every scene in which
// the pen can be armed by a hold, at every text scale, with the drawer of the
// simulated handpiece and without it: nobody confirms what was not on show.
func TestReviewIsWhole(t *testing.T) {
	test.NewApp()
	scenes := sample.New(library(t)).Scenes()
	seen := 0
	for _, scale := range []theme.Scale{theme.Scale100, theme.Scale125, theme.Scale150} {
		for _, s := range scenes {
			if s.Page != "treat" || len(s.Tap) > 0 {
				continue // another page, or something lies over it
			}
			for _, s.Drawer = range []bool{false, true} {
				w, _ := open(s, Prefs{Mode: theme.Dark, Scale: scale})
				if w.view.Arm.State != console.ArmReady {
					continue
				}
				seen++
				r := w.view.Arm.Review
				want := []string{
					r.FamilyName, fmt.Sprintf("%04d-%02d-%02d", r.BirthDate.Year, r.BirthDate.Month, r.BirthDate.Day), r.FileNumber,
					zoneOf(w.view), w.view.Operator.Name, fmt.Sprint(r.Tip.Pins), "exp 2027-03", "read back",
				}
				for _, c := range w.view.Controls {
					want = append(want, clinical.Format(c.Limit.Parameter, c.Limit.Parameter.Of(r.Settings)))
				}
				switch {
				case r.Last == nil:
					want = append(want, "First session here")
				case len(r.Last.Changes) == 0:
					want = append(want, "Same as on Oct 12")
				}
				if r.Last != nil {
					for _, c := range r.Last.Changes {
						want = append(want, pages.ChangeText(w.words, c))
					}
				}
				shown := ""
				for _, v := range texts(w.root, w.root.Position(), rect{0, 0, PictureWidth, PictureHeight}) {
					shown += v.text.Text + " "
				}
				for _, text := range want {
					if !strings.Contains(shown, text) {
						t.Errorf("%s at %d %%, drawer %v: %q is not on show", s.Name, scale, s.Drawer, text)
					}
				}
			}
		}
	}
	if seen < 12 {
		t.Errorf("only %d pictures", seen)
	}
}

// zoneOf is the name of the chosen zone.
func zoneOf(v *console.View) string {
	for _, z := range v.Zones {
		if z.Key == string(v.Zone) {
			return z.Name
		}
	}
	return "no zone"
}

// TestEveryFallBackIsWorded shows each reason on the arm bar, whole, also beside
// the drawer and in the largest letters.
func TestEveryFallBackIsWorded(t *testing.T) {
	test.NewApp()
	s := scene(t, "treat-fell-back")
	for _, scale := range []theme.Scale{theme.Scale100, theme.Scale150} {
		for _, s.Drawer = range []bool{false, true} {
			d := &deskLog{Desk: s.Desk}
			w, _ := openDesk(s, d, Prefs{Mode: theme.Dark, Scale: scale})
			for _, reason := range clinical.FallBackReasons() {
				d.change(w, func(v *console.View) { v.Arm.Fell = &clinical.FallBack{Reason: reason} })
				text := w.words.T("fell." + string(reason))
				if strings.Contains(text, string(reason)) && strings.Contains(text, "fell.") {
					t.Fatalf("%s has no words", reason)
				}
				if !shows(w, "Back to STANDBY: "+text) {
					t.Errorf("%s at %d %%, drawer %v: not on show", reason, scale, s.Drawer)
				}
			}
		}
	}
}
