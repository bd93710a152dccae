package main

import (
	"context"
	"flag"
	"fmt"
	"strings"
	"time"

	"stipple/device"
	"stipple/device/logfile"
	"stipple/protocol"
)

// statusShape is one STATUS of the pen.
type statusShape struct {
	Type         string   `json:"type"`   // "status"
	PenUS        uint64   `json:"pen_us"` // the pen's clock since its boot
	State        string   `json:"state"`
	Fault        string   `json:"fault"`
	ArmBlocks    []string `json:"arm_blocks"`
	Trigger      bool     `json:"trigger"`
	Contact      bool     `json:"contact"`
	RF           bool     `json:"rf"`
	LeaseLeftMS  uint16   `json:"lease_left_ms"`
	DepthUM      uint16   `json:"depth_um"` // measured, as all below
	DepthMaxUM   uint16   `json:"depth_max_um"`
	SpeedSPM     uint16   `json:"speed_spm"`
	PowerMW      uint16   `json:"power_mw"`
	PowerMaxMW   uint16   `json:"power_max_mw"`
	ImpedanceOhm uint16   `json:"impedance_ohm"`
	TempCdegC    int16    `json:"temp_cdegc"`
	BatteryPct   uint8    `json:"battery_pct"`
	TipID        uint32   `json:"tip_id"`
	NewestPulse  uint32   `json:"newest_pulse"`
}

func shapeStatus(s protocol.Status) statusShape {
	blocks := s.ArmBlocks.Names()
	if blocks == nil {
		blocks = []string{}
	}
	return statusShape{
		Type: "status", PenUS: uint64(s.Clock), State: s.State.String(), Fault: s.Fault.String(), ArmBlocks: blocks,
		Trigger: s.Flags&protocol.FlagTrigger != 0, Contact: s.Flags&protocol.FlagContact != 0, RF: s.Flags&protocol.FlagRFOn != 0,
		LeaseLeftMS: s.LeaseLeft, DepthUM: s.Depth.Now, DepthMaxUM: s.Depth.Max, SpeedSPM: s.Speed.Now,
		PowerMW: s.Power, PowerMaxMW: s.PowerMax, ImpedanceOhm: s.Impedance, TempCdegC: s.Temp,
		BatteryPct: s.Battery, TipID: s.TipID, NewestPulse: s.NewestPulse,
	}
}

// pulseShape is one closed pulse of the pen's ledger.
type pulseShape struct {
	Type         string `json:"type"` // "pulse"
	Index        uint32 `json:"index"`
	PenUS        uint64 `json:"pen_us"`
	Result       string `json:"result"`
	DepthUM      uint16 `json:"depth_um"`
	SpeedSPM     uint16 `json:"speed_spm"`
	PowerMW      uint16 `json:"power_mw"`
	PulseMS      uint32 `json:"pulse_ms"`
	EnergyUJ     uint32 `json:"energy_uj"`
	Strokes      uint32 `json:"strokes"`
	ImpedanceOhm uint16 `json:"impedance_ohm"`
	PeakCdegC    int16  `json:"peak_temp_cdegc"`
}

// eventShape is something that the pen logged, by its dictionary's name.
type eventShape struct {
	Type  string           `json:"type"` // "event"
	PenUS uint64           `json:"pen_us"`
	Name  string           `json:"name"`
	Args  map[string]int32 `json:"args"`
}

func watchCommand() command {
	return command{
		name: "watch", group: groupLook, args: "[--port P] [--rate N] [--count N] [--json]",
		does:     "shows what a pen measures, its events and its pulses, until Ctrl-C",
		examples: []string{"penctl watch --port /tmp/pen", "penctl watch --port /tmp/pen --rate 100 --count 500 --json"},
		build: func(fs *flag.FlagSet) func(context.Context, console, []string) error {
			port := portFlag(fs)
			rate := rateFlag(fs)
			count := fs.Int("count", 0, "end after that `number` of STATUS; 0: go on until Ctrl-C")
			return func(ctx context.Context, c console, words []string) error {
				if err := noWords(words); err != nil {
					return err
				}
				if err := checkRate(*rate); err != nil {
					return err
				}
				if *count < 0 {
					return usageOf("count", "--count %d is below 0", *count).beyond(0)
				}
				s, err := c.open(ctx, *port, *rate)
				if err != nil {
					return err
				}
				return closeAfter(s, c.watch(ctx, s, *rate, *count))
			}
		},
	}
}

func rateFlag(fs *flag.FlagSet) *int {
	return fs.Int("rate", protocol.StatusRate, fmt.Sprintf("`number` of STATUS a second, %d to %d", protocol.StatusRate, protocol.MaxStatusRate))
}

func checkRate(rate int) error {
	if allowed := min(max(rate, protocol.StatusRate), protocol.MaxStatusRate); allowed != rate {
		return usageOf("rate", "--rate %d is not within %d to %d", rate, protocol.StatusRate, protocol.MaxStatusRate).beyond(int64(allowed))
	}
	return nil
}

// watch prints until ctx ends, count STATUS have come (0: no bound), or the
// link is lost.
func (c console) watch(ctx context.Context, s *device.Session, rate, count int) error {
	// Twice as often as STATUS comes, so that none is passed over by much.
	look := time.NewTicker(time.Second / time.Duration(2*rate))
	defer look.Stop()
	dictionary := s.Info().Descriptor
	var newest protocol.PenClock
	for seen := 0; ; {
		select {
		case <-ctx.Done():
			return nil
		case e, ok := <-s.Events():
			if !ok {
				<-s.Done() // follows at once; before it Err says nothing yet
				return s.Err()
			}
			if err := c.printEvent(dictionary, e); err != nil {
				return err
			}
		case <-look.C:
			live := s.Live()
			if !live.Valid || live.Status.Clock == newest {
				continue
			}
			newest = live.Status.Clock
			if err := c.printStatus(shapeStatus(live.Status)); err != nil {
				return err
			}
			if seen++; seen == count {
				return nil
			}
		}
	}
}

func (c console) printStatus(s statusShape) error {
	if c.json {
		return c.print(s)
	}
	_, err := fmt.Fprintf(c.out, "%10.3f s  %-8s depth %s  %d/min  %s  %d ohm  %.2f °C\n", float64(s.PenUS)/1e6, s.State,
		millimetres(int32(s.DepthUM)), s.SpeedSPM, watts(int32(s.PowerMW)), s.ImpedanceOhm, float64(s.TempCdegC)/100)
	if err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}

// printEvent prints what the pen says of itself; what only the session notices
// shows in the STATUS lines or as the error at the end.
func (c console) printEvent(d *protocol.Descriptor, e device.Event) error {
	switch e.Kind {
	case device.EventPulse:
		p := e.Pulse
		shape := pulseShape{
			Type: "pulse", Index: p.Index, PenUS: uint64(p.Opened), Result: p.Result.String(), DepthUM: p.Depth, SpeedSPM: p.Speed,
			PowerMW: p.Power, PulseMS: p.Duration, EnergyUJ: p.Energy, Strokes: p.Strokes, ImpedanceOhm: p.Impedance, PeakCdegC: p.PeakTemp,
		}
		if c.json {
			return c.print(shape)
		}
		return c.say(shape.PenUS, "pulse %d %s, %d ms, %d µJ", p.Index, shape.Result, p.Duration, p.Energy)
	case device.EventPen:
		shape := shapeEvent(d, *e.Pen)
		if c.json {
			return c.print(shape)
		}
		return c.say(shape.PenUS, "%s %v", shape.Name, strings.TrimPrefix(fmt.Sprint(shape.Args), "map"))
	}
	return nil
}

func (c console) say(penUS uint64, format string, args ...any) error {
	if _, err := fmt.Fprintf(c.out, "%10.3f s  %s\n", float64(penUS)/1e6, fmt.Sprintf(format, args...)); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}

// shapeEvent names an event and its arguments by the pen's dictionary; one
// that it does not list keeps its number.
func shapeEvent(d *protocol.Descriptor, e protocol.Event) eventShape {
	var events []protocol.EventSpec
	if d != nil {
		events = d.Events
	}
	shape := eventShape{Type: "event", PenUS: uint64(e.Clock)}
	shape.Name, shape.Args = logfile.Named(events, e.Code, e.Args)
	return shape
}
