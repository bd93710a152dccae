package ui

import (
	"slices"

	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/ui/overlay"
)

// rfFaults are the faults of what only an RF pen has: the amplifier, the current
// through the pins, and the sensors of both.
func rfFaults() []string {
	return []string{
		"open_pin", "impedance_spike", "rf_amplifier", "rf_amplifier_low", "rf_leak", "power_frozen", "impedance_frozen",
	}
}

// canHave says whether a pen of a kind can have a fault. A kind that nobody knows,
// such as that of a pen whose descriptor was refused, can have any.
func canHave(kind clinical.PenKind, fault string) bool {
	return kind != clinical.Needling || !slices.Contains(rfFaults(), fault)
}

// pickFault opens the faults that the simulated pen can have; choosing one turns
// it on or off. One that is on is there in any case: it has to be turned off.
func (d *drawer) pickFault() {
	t := d.w.words
	h := d.w.cfg.Desk.Handpiece()
	if h == nil {
		return
	}
	var items []overlay.Item
	for _, name := range h.Faults() {
		on := d.raised[name]
		if !on && !canHave(d.w.view.Pen.Kind, name) {
			continue
		}
		it := overlay.Item{Key: name, Name: t.Or("sim.fault."+name, name), Current: on}
		if on {
			it.Right = t.T("hand.fault.on")
		}
		items = append(items, it)
	}
	d.w.layer.ShowPicker(overlay.Picker{
		Title: t.T("hand.faults.title"), Items: items, Empty: t.T("hand.faults.none"), Anchor: d.faults,
		OnChoose: func(name string) {
			on := !d.raised[name]
			d.raised[name] = on
			d.do(func(h console.Handpiece) error { return h.Fault(name, on) })
		},
	})
}
