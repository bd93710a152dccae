package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"stipple/device/sim"
	"stipple/protocol"
)

// handSuffix is what stands behind a simulated pen's path to name the socket
// of its handpiece.
const handSuffix = ".ctl"

func handCommand() command {
	return command{
		name: "hand", group: groupSim, args: "--link PATH trigger down|up | contact on|off | tip new|remove | load OHM|off | fault NAME on|off | fault [--list] | state",
		does: "is the hand on a simulated pen: its trigger, its contact with the skin, its tip, a load in\n" +
			"place of tissue, and what breaks in it. It speaks to the handpiece's socket (PATH" + handSuffix + "), never to the link",
		examples: []string{
			"penctl hand --link /tmp/pen contact on",
			"penctl hand --link /tmp/pen trigger down",
			"penctl hand --link /tmp/pen tip new use_count=795 expiry=2020-01-31",
			"penctl hand --link /tmp/pen tip new model=rf pins=25",
			"penctl hand --link /tmp/pen load 200      (a resistor across the tip, as at a bench for RF)",
			"penctl hand --link /tmp/pen fault motor_stall on",
			"penctl hand --link /tmp/pen state --json",
			"penctl hand fault --list                  (what can break, and what each does)",
			"tip: model=needling|rf " + strings.Join(tipKeys(), "=… ") + "=…",
		},
		words: []string{"trigger", "contact", "tip", "load", "fault", "state"},
		build: func(fs *flag.FlagSet) func(context.Context, console, []string) error {
			link := fs.String("link", "", "`path` that penctl sim was given")
			list := fs.Bool("list", false, "with fault: the faults, what breaks there, and what each does")
			return func(_ context.Context, c console, words []string) error {
				if *list || slices.Equal(words, []string{"fault"}) {
					return c.listFaults(words)
				}
				if *link == "" {
					return usageOf("link", "--link is missing: the path that penctl sim was given")
				}
				do, err := handAction(words)
				if err != nil {
					return err
				}
				return c.hand(*link, do)
			}
		},
	}
}

// faultShape is one fault that a simulated pen can have.
type faultShape struct {
	Type string `json:"type"` // "fault"
	sim.FaultSwitch
}

// listFaults says what can break. It needs no pen.
func (c console) listFaults(words []string) error {
	if !slices.Equal(words, []string{"fault"}) {
		return usageOf("list", "--list goes with fault alone")
	}
	for _, f := range sim.Faults() {
		var err error
		if c.json {
			err = c.print(faultShape{Type: "fault", FaultSwitch: f})
		} else {
			err = c.line("%-7s %-19s %s", f.Place, f.Name, f.Does)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// hand connects to the handpiece, does one thing and prints how it is then.
func (c console) hand(link string, do func(sim.Handpiece) error) (err error) {
	h, err := sim.DialHand(link + handSuffix)
	if err != nil {
		return &failure{exit: exitNoPen, text: fmt.Sprintf("no simulated pen at %s: %v", link, err), cause: err}
	}
	defer func() { err = errors.Join(err, h.Close()) }()
	if err := do(h); err != nil {
		return err
	}
	state, err := h.State()
	if err != nil {
		return err
	}
	if c.json {
		return c.print(shapeHand(state))
	}
	load := ""
	if state.LoadOhm > 0 {
		load = fmt.Sprintf(", load %d ohm", state.LoadOhm)
	}
	_, err = fmt.Fprintf(c.out, "trigger %s, contact %s%s, %s, rf %s, motion %s\n",
		onOff(state.Trigger), onOff(state.Contact), load, state.State, onOff(state.RF), onOff(state.Motion))
	if err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}

func onOff(on bool) string {
	if on {
		return "on"
	}
	return "off"
}

// handAction reads what the hand shall do.
func handAction(words []string) (func(sim.Handpiece) error, error) {
	if len(words) == 0 {
		return nil, usageError("what shall the hand do: trigger, contact, tip, load, fault or state")
	}
	rest := words[1:]
	switch words[0] {
	case "state":
		return func(sim.Handpiece) error { return nil }, noWords(rest)
	case "trigger":
		down, err := choice(words, 2, "down", "up")
		return func(h sim.Handpiece) error { return h.Trigger(down) }, err
	case "contact":
		on, err := choice(words, 2, "on", "off")
		return func(h sim.Handpiece) error { return h.Contact(on) }, err
	case "fault":
		on, err := choice(words, 3, "on", "off")
		if err != nil {
			return nil, err
		}
		if !known(rest[0]) {
			return nil, usageError("no fault %q; penctl hand fault --list has them", rest[0])
		}
		return func(h sim.Handpiece) error { return h.Fault(rest[0], on) }, nil
	case "tip":
		return tipAction(rest)
	case "load":
		return loadAction(rest)
	}
	return nil, usageError("the hand has no %q; it has trigger, contact, tip, load, fault and state", words[0])
}

// choice reads the last of n words, which is one of two.
func choice(words []string, n int, yes, no string) (bool, error) {
	if len(words) == n {
		switch words[n-1] {
		case yes:
			return true, nil
		case no:
			return false, nil
		}
	}
	return false, usageError("%s: want %s or %s", strings.Join(words, " "), yes, no)
}

func known(fault string) bool {
	for _, name := range sim.FaultNames() {
		if name == fault {
			return true
		}
	}
	return false
}

func tipAction(words []string) (func(sim.Handpiece) error, error) {
	if len(words) == 1 && words[0] == "remove" {
		return sim.Handpiece.RemoveTip, nil
	}
	if len(words) == 0 || words[0] != "new" {
		return nil, usageError("tip: want new or remove")
	}
	changes, model, err := tipChanges(words[1:])
	if err != nil {
		return nil, err
	}
	return func(h sim.Handpiece) error {
		spec, err := freshTip(h, model)
		if err != nil {
			return err
		}
		for _, change := range changes {
			change(&spec)
		}
		return h.ChangeTip(spec)
	}, nil
}

// loadAction reads the ohms of a load, or off.
func loadAction(words []string) (func(sim.Handpiece) error, error) {
	if len(words) == 1 && words[0] == "off" {
		return func(h sim.Handpiece) error { return h.LoadOhm(0) }, nil
	}
	if len(words) == 1 {
		if ohms, err := strconv.ParseUint(words[0], 10, 31); err == nil && ohms > 0 {
			return func(h sim.Handpiece) error { return h.LoadOhm(protocol.Ohms(ohms)) }, nil
		}
	}
	return nil, usageOf("load", "load %s: want whole ohms from 1 to %d, or off", strings.Join(words, " "), sim.MaxLoadOhm)
}

// freshTip is a tip out of its wrapper: of the named model, or else of the same
// make as the one that is on.
func freshTip(h sim.Handpiece, model sim.Model) (sim.TipSpec, error) {
	if model != "" {
		return sim.TipFor(model), nil
	}
	state, err := h.State()
	if err != nil {
		return sim.TipSpec{}, err
	}
	if state.Tip == nil {
		return sim.TipSpec{}, usageError("no tip is on that a new one could be like: say model=needling or model=rf")
	}
	spec := *state.Tip
	spec.ID, spec.UseCount, spec.BoundTreatment = 0, 0, [16]byte{}
	return spec, nil
}

// tipKeys lists what of a tip can be chosen.
func tipKeys() []string {
	return []string{"id", "lot", "expiry", "pins", "insulated", "needle_length_um", "rated_power_mw", "use_count", "use_limit"}
}

func tipChanges(words []string) (changes []func(*sim.TipSpec), model sim.Model, err error) {
	for _, w := range words {
		key, value, ok := strings.Cut(w, "=")
		if !ok {
			return nil, "", usageError("tip %q: want key=value", w)
		}
		if key == "model" {
			model = sim.Model(value)
			if model != sim.N1 && model != sim.R1 {
				return nil, "", usageOf("model", "model %q: want %s or %s", value, sim.N1, sim.R1)
			}
			continue
		}
		change, err := tipChange(key, value)
		if err != nil {
			return nil, "", err
		}
		changes = append(changes, change)
	}
	return changes, model, nil
}

// tipChange reads one property of a tip. The bounds are those of TIP_INFO.
func tipChange(key, value string) (func(*sim.TipSpec), error) {
	var wrong error
	number := func(bits int) uint64 {
		v, err := strconv.ParseUint(value, 10, bits)
		if err != nil {
			wrong = usageOf(key, "tip %s=%s: want a whole number of at most %d bits", key, value, bits)
		}
		return v
	}
	var change func(*sim.TipSpec)
	switch key {
	case "id":
		v := uint32(number(32))
		change = func(t *sim.TipSpec) { t.ID = v }
	case "lot":
		change = func(t *sim.TipSpec) { t.Lot = value }
	case "expiry":
		day, err := time.Parse(time.DateOnly, value)
		days := day.Unix() / (24 * 60 * 60)
		if err != nil || days < 1 || days > 1<<16-1 {
			return nil, usageOf(key, "tip expiry=%s: want a day such as 2027-03-31", value)
		}
		change = func(t *sim.TipSpec) { t.ExpiryDays = uint16(days) }
	case "pins":
		v := uint16(number(16))
		change = func(t *sim.TipSpec) { t.Pins = v }
	case "insulated":
		v, err := strconv.ParseBool(value)
		if err != nil {
			return nil, usageOf(key, "tip insulated=%s: want true or false", value)
		}
		change = func(t *sim.TipSpec) { t.Insulated = v }
	case "needle_length_um":
		v := protocol.Micrometres(number(16))
		change = func(t *sim.TipSpec) { t.NeedleLengthUM = v }
	case "rated_power_mw":
		v := protocol.Milliwatts(number(31))
		change = func(t *sim.TipSpec) { t.RatedPowerMW = v }
	case "use_count":
		v := uint32(number(32))
		change = func(t *sim.TipSpec) { t.UseCount = v }
	case "use_limit":
		v := uint32(number(32))
		change = func(t *sim.TipSpec) { t.UseLimit = v }
	default:
		return nil, usageError("a tip has no %q; it has %s", key, strings.Join(tipKeys(), ", "))
	}
	return change, wrong
}
