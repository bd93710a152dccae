package ui

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2/driver/software"

	"stipple/app/alarm"
	"stipple/app/console"
	"stipple/app/ui/pages"
	"stipple/app/ui/sample"
)

const (
	asReconciled = "outcome.as.As reconciled"
	asUncertain  = "outcome.as.As uncertain"
)

// runOf is the run that a window's page shows.
func runOf(d *deskLog) console.UncertainView { return d.View().Uncertain[0] }

// What is wholly known is signed by an explicit choice and one more tap.
func TestSigningWhatIsKnown(t *testing.T) {
	w, d := use(t, "outcome-delivered")
	tapName(t, w, "outcome.sign")
	tapName(t, w, asUncertain)
	tapName(t, w, "outcome.sign")
	expect(t, d) // nothing was chosen that can be signed
	tapName(t, w, asReconciled)
	tapName(t, w, "outcome.sign")
	if w.layer.IsOpen() {
		t.Error("a question about what is known")
	}
	expect(t, d, "sign "+string(runOf(d).Treatment.ID)+" reconciled 1")
}

// What is not fully known is signed after a question that says what it is.
func TestSigningWhatIsNotKnownIsAQuestionFirst(t *testing.T) {
	for _, c := range []struct{ scene, choice, verdict, says string }{
		{"outcome-unknown", asUncertain, "uncertain", "1 086 – 1 089: not known"},
		{"outcome-contradiction", asUncertain, "uncertain", "both versions are kept"},
		{"outcome-lost", asUncertain, "uncertain", "from 1 086 on: not known"},
		{"outcome-crash", asUncertain, "uncertain", "from 1 086 on: not known"},
	} {
		t.Run(c.scene+" "+c.verdict, func(t *testing.T) {
			w, d := use(t, c.scene)
			tapName(t, w, c.choice)
			tapName(t, w, "outcome.sign")
			if !w.layer.IsOpen() || !says(w, c.says) || !says(w, "F-20417") || !says(w, "Dr A. Meyer") {
				t.Fatalf("nothing is asked, or not in full: %q", w.Snapshot().Texts)
			}
			expect(t, d)
			tapName(t, w, "overlay.button.no")
			expect(t, d)
			tapName(t, w, "outcome.sign")
			tapName(t, w, "overlay.button.yes")
			expect(t, d, "sign "+string(runOf(d).Treatment.ID)+" "+c.verdict+" 1")
		})
	}
}

// says is shows over lines, with any blank for a blank.
func says(w *Window, text string) bool {
	everything(w.root)
	plain := strings.NewReplacer("\u202f", " ", "\u00a0", " ").Replace(strings.Join(w.Snapshot().Texts, " "))
	return strings.Contains(strings.Join(strings.Fields(plain), " "), text)
}

// A choice is for what was shown: with what the pen tells next it is gone.
func TestChoiceEndsWithWhatItWasFor(t *testing.T) {
	w, d := use(t, "outcome-unknown")
	tapName(t, w, asUncertain)
	d.change(w, func(v *console.View) {
		v.Uncertain = slices.Clone(v.Uncertain)
		v.Uncertain[0].Version++
	})
	tapName(t, w, "outcome.sign")
	if w.layer.IsOpen() {
		t.Error("signed for what was not shown")
	}
	expect(t, d)
	tapName(t, w, asReconciled)
	w.ShowPage(pages.NamePatients)
	w.ShowPage(pages.NameOutcome)
	tapName(t, w, "outcome.sign")
	if w.layer.IsOpen() {
		t.Error("the choice outlived the page")
	}
}

// The page comes first, once for each run: when one is cut off, and before Treat
// after a crash. It can be left, the remedy of the block leads back, and so does
// the banner; neither signs.
func TestOutcomeComesFirstAndCanBeLeft(t *testing.T) {
	w, d := use(t, "treat-link-lost-armed")
	d.change(w, func(v *console.View) {
		u := v.Uncertain[0]
		u.Treatment.ID = "another"
		v.Uncertain = []console.UncertainView{v.Uncertain[0], u}
	})
	d.alarmed(w, func(b *alarm.Book) { b.Raise(finding(alarm.RunUncertain, errors.New("x")), sample.Now()) })
	if w.Page() != pages.NameOutcome {
		t.Fatalf("a run was cut off, and page %s is in front", w.Page())
	}
	if !says(w, "2 runs to sign") {
		t.Error("how many is not said")
	}
	w.ShowPage(pages.NamePatients)
	d.change(w, func(v *console.View) { v.Pen.Battery = 50 })
	if w.Page() != pages.NamePatients {
		t.Error("the page can't be left")
	}
	if text := w.strip.StateText(); text != "UNCERTAIN" {
		t.Errorf("the strip says %q", text)
	}
	w.ShowPage(pages.NameTreat)
	d.take()
	tapName(t, w, "treat.outcome")
	if w.Page() != pages.NameOutcome {
		t.Error("the remedy leads nowhere")
	}
	w.ShowPage(pages.NamePatients)
	tapName(t, w, "banner.first")
	if w.Page() != pages.NameOutcome {
		t.Error("the banner leads nowhere")
	}
	for _, c := range d.take() {
		if strings.HasPrefix(c, "sign") || strings.HasPrefix(c, "acknowledge") {
			t.Errorf("on the way: %s", c)
		}
	}
}

// A window that opens over a store with a run that a crash left open shows it
// first.
func TestOutcomeIsTheFirstPageAfterACrash(t *testing.T) {
	s := scene(t, "outcome-crash")
	use(t, "outcome-crash") // a toolkit app
	w := New(Config{Canvas: software.NewCanvas(), Desk: s.Desk, Dispatch: Inline, Now: sample.Now})
	if w.Page() != pages.NameOutcome {
		t.Errorf("page %s", w.Page())
	}
}

// Each line says what it is about, what the console knew and what the pen says.
func TestOutcomeLines(t *testing.T) {
	for name, want := range map[string][]string{
		"outcome-delivered": {"All is known. 89 pulses: 88 delivered, 1 cut short, 105 J.", "16 then, 17 now: it has started again",
			"cut short after 40 of 100 ms (link silent), 11.7 W, 472 mJ", "it started again, boot 17"},
		"outcome-unknown":       {"interrupted by a restart: at most 1 200 mJ, not measured", "no longer in its ledger: never known", "between 103 J and 105 J"},
		"outcome-contradiction": {"contradicts the record in 3 points", "told otherwise: delivered, 100 ms, 11.7 W, 1 570 mJ", "it does not know this pulse"},
		"outcome-lost":          {"Connect R1 SN 0042", "16 then, not seen since", "42 pulses recorded under it"},
		"outcome-other-pen":     {"Pen 0099 is plugged in. Connect R1 SN 0042"},
		"outcome-needling":      {"89 trigger pulls: 88 delivered, 1 cut short.", "ended after 4 200 ms (link silent), 420 strokes"},
		"patients-uncertain":    {"Pulses from 1 043 on", "Dr A. Meyer, Sep"},
		"outcome-none":          {"Every run is known and signed"},
	} {
		w, _ := use(t, name)
		for _, text := range want {
			if !says(w, text) {
				t.Errorf("%s does not say %q; it says %q", name, text, w.Snapshot().Texts)
			}
		}
	}
}

// A record says who signed it, and the run's lines open from it.
func TestRecordOfAReconciledRun(t *testing.T) {
	w, _ := use(t, "patients-reconciled")
	if !says(w, "reconciled") || !says(w, "Dr S. Okonkwo, Oct 24") {
		t.Errorf("%q", w.Snapshot().Texts)
	}
	tapName(t, w, "record.outcome")
	if !says(w, "Signed as reconciled: Dr S. Okonkwo") || !says(w, "42 delivered, 1 cut short") {
		t.Errorf("%q", w.Snapshot().Texts)
	}
}
