package ui

import (
	"slices"
	"strings"
	"testing"

	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/device/sim"
)

// faultHand offers every fault of the simulated pens.
type faultHand struct{ handLog }

func (*faultHand) Faults() []string { return sim.FaultNames() }

// offered are the faults in the open picker.
func offered(w *Window) []string {
	everything(w.root) // rows exist once they were drawn
	var out []string
	for _, name := range controlNames(w) {
		if fault, ok := strings.CutPrefix(name, "overlay.choice."); ok {
			out = append(out, fault)
		}
	}
	return out
}

// A needling pen is offered no fault of an amplifier that it does not have; one
// that is on can be turned off all the same.
func TestFaultsThatThePenCanHave(t *testing.T) {
	all := sim.FaultNames()
	for _, name := range rfFaults() {
		if !slices.Contains(all, name) {
			t.Errorf("no pen has a fault %q", name)
		}
	}
	for _, name := range all {
		rf := strings.HasPrefix(name, "rf_") || strings.Contains(name, "power") || strings.Contains(name, "impedance") || strings.HasSuffix(name, "_pin")
		if canHave(clinical.Needling, name) == rf || !canHave(clinical.RF, name) || !canHave("", name) {
			t.Errorf("%s: a needling pen %v, an RF pen %v", name, canHave(clinical.Needling, name), canHave(clinical.RF, name))
		}
	}
	w, d := use(t, "treat-needling")
	w.cfg.Desk = &handDesk{deskLog: d, hand: &faultHand{}}
	tapName(t, w, "hand.faults")
	got := offered(w)
	if slices.Contains(got, "rf_leak") || !slices.Contains(got, "motor_stall") {
		t.Errorf("a needling pen is offered %q", got)
	}
	w.layer.Close()
	w.drawer.raised["rf_leak"] = true
	tapName(t, w, "hand.faults")
	if !slices.Contains(offered(w), "rf_leak") {
		t.Error("a fault that is on can't be turned off")
	}
	w.layer.Close()
	w.drawer.raised["rf_leak"] = false
	d.change(w, func(v *console.View) { v.Pen.Kind = clinical.RF })
	tapName(t, w, "hand.faults")
	if !slices.Contains(offered(w), "rf_leak") {
		t.Error("an RF pen is not offered its faults")
	}
}
