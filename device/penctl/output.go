package main

import (
	"context"
	"crypto/rand"
	"errors"
	"flag"
	"fmt"
	"strings"
	"time"

	"stipple/device"
	"stipple/protocol"
)

const (
	// outputTouch is how often the loop that waits for Ctrl-C proves to the session
	// that it is alive.
	outputTouch = protocol.LeaseEvery
	// outputGrace is how long a stop, or the way back to STANDBY, is waited for at
	// the end.
	outputGrace = 2 * time.Second
)

// outputEnds is what is left behind, for help and the manual page.
const outputEnds = `An output that ends by itself, or with the trigger, puts the pen back: it leaves SERVICE
for STANDBY.

Ctrl-C, before the trigger is pulled or after, stops the pen at once:
  - ESTOP is sent until the pen says that RF measures off; the needle goes back. Exit: 0, and
    4 where the pen has not said so within 2 s. A pen that hears nothing more ends the output
    by itself, within 250 ms of the last lease for RF and 450 ms for the needle.
  - ESTOP stays latched, also for the next console. The settings are still in the pen, and are
    not confirmed any more. What was let out until then is in the pen's log and counters.
  - penctl puts nothing else back: a load, or a table that was staged before, stays.
The way back: release the trigger, then
  penctl clear --port P --role technician
which shows STANDBY. Before it the pen refuses output, cal and selftest with STATE.
A penctl that is killed, or loses the link, leaves the pen to the end of its lease: the output
ends, and the next console finds the pen in STANDBY.`

// askedShape is printed before anything is sent: whatever becomes of the
// output, its id is known.
type askedShape struct {
	Type      string `json:"type"` // "asked"
	Serial    string `json:"serial"`
	CommandID string `json:"command_id"` // 16 hex digits
	Quantity  string `json:"quantity"`
	Unit      string `json:"unit"`
	Set       int32  `json:"set"`
	Raw       bool   `json:"raw"`
	PulseMS   int32  `json:"pulse_ms"`
	LoadOhm   int32  `json:"load_ohm"` // 0: none
}

// outputEnded is what came of it. Mean, min and max are measured, in the unit of
// what was asked for.
type outputEnded struct {
	Type            string `json:"type"` // "output"
	CommandID       string `json:"command_id"`
	Quantity        string `json:"quantity"`
	Unit            string `json:"unit"`
	Raw             bool   `json:"raw"`
	Result          string `json:"result"`
	Set             int32  `json:"set"`
	Mean            int32  `json:"mean"`
	Min             int32  `json:"min"`
	Max             int32  `json:"max"`
	PulseMS         uint16 `json:"pulse_ms"`
	EnergyUJ        uint32 `json:"energy_uj"`
	ImpedanceMinOhm uint16 `json:"impedance_min_ohm"`
	ImpedanceOhm    uint16 `json:"impedance_ohm"`
	ImpedanceMaxOhm uint16 `json:"impedance_max_ohm"`
	PeakCdegC       int16  `json:"peak_temp_cdegc"`
}

func outputCommand() command {
	return command{
		name: "output", group: groupService,
		args: "--depth-um N | --speed-spm N | --power-mw N --load-ohm N  [--port P] [--pulse-ms N] [--raw] --role R [--json]",
		does: "permits one output of one quantity in SERVICE, for calibration with a meter. It takes at most 2 s.\n" +
			"It begins when the pen's own trigger is pulled and ends when it is released: no command starts\n" +
			"it. RF goes into the declared load alone. The tip is on the bench, never on a person. Ctrl-C\n" +
			"stops the pen, which then has to be cleared; see below",
		examples: []string{
			"penctl output --port /tmp/pen --power-mw 5000 --load-ohm 200 --pulse-ms 500 --role technician",
			"penctl output --port /tmp/pen --depth-um 1500 --pulse-ms 2000 --role technician --json",
			"penctl output --port /tmp/pen --speed-spm 6000 --raw --role service_engineer",
		},
		more: outputEnds,
		build: func(fs *flag.FlagSet) func(context.Context, console, []string) error {
			port, role := portFlag(fs), roleFlag(fs, protocol.RoleNone)
			values := map[protocol.Quantity]*int64{
				protocol.QuantityDepth: fs.Int64("depth-um", 0, "needle to this depth in `µm`"),
				protocol.QuantitySpeed: fs.Int64("speed-spm", 0, "`number` of strokes or stamps a minute"),
				protocol.QuantityPower: fs.Int64("power-mw", 0, "RF power over the whole tip in `mW`"),
			}
			load := fs.Int64("load-ohm", 0, "`ohms` of the resistor across the tip, for --power-mw")
			length := fs.Int64("pulse-ms", protocol.MaxTestOutput.Milliseconds(), "longest output in `ms`")
			raw := fs.Bool("raw", false, "drive the value as it is, without the pen's calibration")
			return func(ctx context.Context, c console, words []string) error {
				if err := noWords(words); err != nil {
					return err
				}
				req, err := outputRequest(fs, values)
				if err != nil {
					return err
				}
				if *length < 1 || *length > protocol.MaxTestOutput.Milliseconds() {
					return usageOf("pulse_ms", "--pulse-ms %d is not within 1 to %d", *length, protocol.MaxTestOutput.Milliseconds()).
						beyond(min(max(*length, 1), protocol.MaxTestOutput.Milliseconds()))
				}
				power := req.Quantity == protocol.QuantityPower
				switch allowed := min(max(*load, 1), protocol.MaxReading); {
				case power && !wasGiven(fs, "load-ohm"):
					return usageOf("load_ohm", "--load-ohm is missing: RF needs the ohms of its load")
				case !power && wasGiven(fs, "load-ohm"):
					return usageOf("load_ohm", "--load-ohm goes with --power-mw: nothing else has a load")
				case power && *load != allowed:
					return usageOf("load_ohm", "--load-ohm %d is not within 1 to %d", *load, protocol.MaxReading).beyond(allowed)
				}
				as, err := roleFor(*role, protocol.TypeTestOutput)
				if err != nil {
					return err
				}
				req.Raw, req.Duration, req.Load = *raw, protocol.Milliseconds(*length), protocol.Ohms(*load)
				return c.output(ctx, *port, as, req)
			}
		},
	}
}

// outputFlags are the flags of the quantities.
func outputFlag(q protocol.Quantity) string {
	return map[protocol.Quantity]string{protocol.QuantityDepth: "depth-um", protocol.QuantitySpeed: "speed-spm", protocol.QuantityPower: "power-mw"}[q]
}

// baseUnit is the word of a quantity's unit, as in the descriptor.
func baseUnit(q protocol.Quantity) string {
	return strings.TrimPrefix(quantityUnit(q).suffix, "_")
}

// outputRequest picks the one quantity that is on the command line.
func outputRequest(fs *flag.FlagSet, values map[protocol.Quantity]*int64) (req device.TestRequest, err error) {
	found := 0
	for q, v := range values {
		if !wasGiven(fs, outputFlag(q)) {
			continue
		}
		found++
		req.Quantity, req.Value = q, int32(*v)
		if int64(req.Value) != *v {
			err = usageOf(flagKey(outputFlag(q)), "--%s %d is beyond any pen", outputFlag(q), *v)
		}
	}
	if found != 1 {
		err = usageError("one output: want one of --depth-um, --speed-spm, --power-mw")
	}
	return req, err
}

// output has one output permitted and waits for what comes of it.
func (c console) output(ctx context.Context, port string, role protocol.Role, req device.TestRequest) (err error) {
	s, err := c.openAs(ctx, port, role)
	if err != nil {
		return err
	}
	defer func() { err = closeAfter(s, err) }()
	if err := inRange(s, req); err != nil {
		return err
	}
	if req.CommandID, err = device.NewCommandID(rand.Reader); err != nil {
		return err
	}
	if err := s.EnterService(ctx); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, leaveService(s)) }()
	if err := c.printAsked(s, req); err != nil {
		return err
	}
	if err := inService(ctx, s); err != nil {
		return err
	}
	s.Touch()
	if err := s.TestOutput(ctx, req); err != nil {
		if ctx.Err() != nil {
			return c.stopped(s)
		}
		return err
	}
	return c.awaitOutput(ctx, s, req.CommandID)
}

// inRange looks at the descriptor before the pen is taken into SERVICE.
func inRange(s *device.Session, req device.TestRequest) error {
	d := s.Info().Descriptor
	if d == nil {
		return nil
	}
	i := d.Index(req.Quantity.String())
	if i < 0 {
		return &device.NotOfferedError{What: "an output of " + req.Quantity.String()}
	}
	key := flagKey(outputFlag(req.Quantity))
	switch p := d.Parameters[i]; {
	case req.Value < p.Min:
		return refusal(key, int64(p.Min), "%s %d is below the pen's minimum %d", key, req.Value, p.Min)
	case req.Value > p.Max:
		return refusal(key, int64(p.Max), "%s %d is above the pen's maximum %d", key, req.Value, p.Max)
	}
	return nil
}

// inService waits for the STATUS that says SERVICE, which is sent at once.
func inService(ctx context.Context, s *device.Session) error {
	return awaitState(ctx, s, func(st protocol.State) bool { return st == protocol.StateService })
}

// awaitState waits for a STATUS that says what an answer has said already.
func awaitState(ctx context.Context, s *device.Session, is func(protocol.State) bool) error {
	look := time.NewTicker(time.Second / protocol.MaxStatusRate)
	defer look.Stop()
	late := time.NewTimer(protocol.StatusSilence)
	defer late.Stop()
	for !is(s.Live().Status.State) {
		select {
		case <-look.C:
		case <-late.C:
			return &failure{exit: exitRefused, text: fmt.Sprintf("the pen's STATUS stays at %v", s.Live().Status.State)}
		case <-ctx.Done():
			return ctx.Err()
		case <-s.Done():
			return s.Err()
		}
	}
	return nil
}

// leaveService takes the pen back to STANDBY, also after Ctrl-C. A pen that is
// in another state by itself has left already.
func leaveService(s *device.Session) error {
	if s.Live().Status.State != protocol.StateService || s.Err() != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), outputGrace)
	defer cancel()
	return s.LeaveService(ctx)
}

// awaitOutput keeps the session alive until the output is over, or stops it.
func (c console) awaitOutput(ctx context.Context, s *device.Session, id uint64) error {
	if err := c.printPermitted(id); err != nil {
		s.Stop()
		return err
	}
	touch := time.NewTicker(outputTouch)
	defer touch.Stop()
	for {
		select {
		case <-ctx.Done():
			return c.stopped(s)
		case <-touch.C:
			s.Touch()
		case e, ok := <-s.Events():
			switch {
			case !ok:
				<-s.Done()
				return s.Err()
			case e.Kind == device.EventArmEnded && !errors.Is(e.Err, device.ErrOutputOver):
				return e.Err
			case e.Kind == device.EventArmEnded:
				return c.reportOutput(s)
			}
		}
	}
}

// reportOutput says what came of an output that the pen has ended.
func (c console) reportOutput(s *device.Session) error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*outputGrace)
	defer cancel()
	r, err := s.EndedTest(ctx)
	if err != nil {
		return err
	}
	shape := outputEnded{
		Type: "output", CommandID: fmt.Sprintf("%016x", r.CommandID), Quantity: r.Quantity.String(), Unit: baseUnit(r.Quantity), Raw: r.Raw,
		Result: r.Result.String(), Set: r.Set, Mean: r.Mean, Min: r.Min, Max: r.Max, PulseMS: r.Duration, EnergyUJ: r.Energy,
		ImpedanceMinOhm: r.ImpedanceMin, ImpedanceOhm: r.Impedance, ImpedanceMaxOhm: r.ImpedanceMax, PeakCdegC: r.PeakTemp,
	}
	if err := c.printOutput(shape); err != nil {
		return err
	}
	if r.Result != protocol.PulseComplete && r.Result != protocol.PulseReleased {
		return &failure{exit: exitRefused, text: "the output ended early: " + shape.Result}
	}
	return nil
}

// stopped stops the pen and waits for its word. Ctrl-C is no error; a stop that
// is not confirmed is.
func (c console) stopped(s *device.Session) error {
	s.Stop()
	grace := time.NewTimer(outputGrace)
	defer grace.Stop()
	for {
		select {
		case e, ok := <-s.Events():
			switch {
			case !ok:
				<-s.Done()
				return s.Err()
			case e.Kind == device.EventStopConfirmed:
				if c.json {
					return c.print(stoppedShape{Type: "stopped", StopUS: e.Latency.Microseconds()})
				}
				return c.line("stopped after %.1f ms and in ESTOP: release the trigger, and penctl clear leads back to STANDBY", float64(e.Latency.Microseconds())/1e3)
			}
		case <-grace.C:
			return &failure{exit: exitLost, text: "the stop was not confirmed"}
		}
	}
}

// permittedShape is an output that the pen's trigger can begin.
type permittedShape struct {
	Type      string `json:"type"` // "permitted"
	CommandID string `json:"command_id"`
}

func (c console) printPermitted(id uint64) error {
	if c.json {
		return c.print(permittedShape{Type: "permitted", CommandID: fmt.Sprintf("%016x", id)})
	}
	return c.line("permitted: pull the pen's trigger within a minute and hold it; Ctrl-C stops the pen")
}

// stoppedShape is a stop by Ctrl-C.
type stoppedShape struct {
	Type   string `json:"type"`    // "stopped"
	StopUS int64  `json:"stop_us"` // from the stop to the pen's word that RF is off
}

func (c console) printAsked(s *device.Session, req device.TestRequest) error {
	shape := askedShape{
		Type: "asked", Serial: s.Info().Serial, CommandID: fmt.Sprintf("%016x", req.CommandID), Quantity: req.Quantity.String(),
		Unit: baseUnit(req.Quantity), Set: req.Value, Raw: req.Raw, PulseMS: int32(req.Duration), LoadOhm: int32(req.Load),
	}
	if c.json {
		return c.print(shape)
	}
	return c.line("pen %s: %s %d %s for at most %d ms, command %s", shape.Serial, shape.Quantity, shape.Set, units(shape.Unit).mark, shape.PulseMS, shape.CommandID)
}

func (c console) printOutput(s outputEnded) error {
	if c.json {
		return c.print(s)
	}
	mark := units(s.Unit).mark
	text := fmt.Sprintf("%s after %d ms: %s %d %s asked for, %d measured (%d to %d)", s.Result, s.PulseMS, s.Quantity, s.Set, mark, s.Mean, s.Min, s.Max)
	if s.Quantity == protocol.QuantityPower.String() {
		text += fmt.Sprintf(", %d µJ into %d Ω", s.EnergyUJ, s.ImpedanceOhm)
	}
	return c.line("%s", text)
}
