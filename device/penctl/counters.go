package main

import (
	"context"
	"errors"
	"flag"
	"fmt"

	"stipple/device"
	"stipple/protocol"
)

// countersShape is how much a pen has worked.
type countersShape struct {
	Type          string `json:"type"` // "counters"
	Serial        string `json:"serial"`
	Boots         uint32 `json:"boots"`
	Pulses        uint32 `json:"pulses"` // RF pulses, or pulls of a needling pen
	MotorS        uint32 `json:"motor_s"`
	RFS           uint32 `json:"rf_s"`
	ServicePulses uint32 `json:"service_pulses"` // since the last reset, as the two below
	ServiceMotorS uint32 `json:"service_motor_s"`
	ServiceRFS    uint32 `json:"service_rf_s"`
	BatteryCycles uint16 `json:"battery_cycles"`
	Reset         bool   `json:"reset"` // by this command
}

func countersCommand() command {
	return command{
		name: "counters", group: groupLook, args: "[--port P] [--reset N --role R] [--json]",
		does: "says how much a pen has worked, in its life and since its last service. --reset sets the\n" +
			"counters since the last service to 0; N is the number of pulses that was shown: a pen that has\n" +
			"treated since refuses",
		examples: []string{
			"penctl counters --port /tmp/pen",
			"penctl counters --port /tmp/pen --reset 1204 --role technician --json",
		},
		build: func(fs *flag.FlagSet) func(context.Context, console, []string) error {
			port, role := portFlag(fs), roleFlag(fs, protocol.RoleNone)
			seen := fs.Int64("reset", 0, "`number` of pulses since the last service that was shown")
			return func(ctx context.Context, c console, words []string) error {
				if err := noWords(words); err != nil {
					return err
				}
				asked := wasGiven(fs, "reset")
				if asked && (*seen < 0 || *seen > 1<<32-1) {
					return usageOf("reset", "--reset %d: want the number of pulses since the last service", *seen)
				}
				var as protocol.Role
				if asked {
					var err error
					if as, err = roleFor(*role, protocol.TypeCounterReset); err != nil {
						return err
					}
				}
				return c.counters(ctx, *port, as, asked, uint32(*seen))
			}
		},
	}
}

// wasGiven says whether a flag was on the command line.
func wasGiven(fs *flag.FlagSet, name string) bool {
	on := false
	fs.Visit(func(f *flag.Flag) { on = on || f.Name == name })
	return on
}

func (c console) counters(ctx context.Context, port string, role protocol.Role, reset bool, seen uint32) error {
	s, err := c.openAs(ctx, port, role)
	if err != nil {
		return err
	}
	var got protocol.Counters
	if reset {
		got, err = s.ResetCounters(ctx, seen)
		var refused *device.RefusedError
		if errors.As(err, &refused) && refused.Code == protocol.CodeDigest {
			err = &failure{
				exit: exitRefused, field: "reset", cause: err,
				text: fmt.Sprintf("%v: the pen has not given %d pulses since its last service; penctl counters shows how many", err, seen),
			}
		}
	} else {
		got, err = s.Counters(ctx)
	}
	if err == nil {
		err = c.printCounters(countersShape{
			Type: "counters", Serial: s.Info().Serial, Boots: got.Boots, Pulses: got.Pulses, MotorS: got.MotorSeconds, RFS: got.RFSeconds,
			ServicePulses: got.ServicePulses, ServiceMotorS: got.ServiceMotor, ServiceRFS: got.ServiceRF, BatteryCycles: got.BatteryCycles, Reset: reset,
		})
	}
	return closeAfter(s, err)
}

func (c console) printCounters(s countersShape) error {
	if c.json {
		return c.print(s)
	}
	return c.line("%-14s %10s %10s\npulses         %10d %10d\nmotor          %10s %10s\nRF             %10s %10s\nboots          %10d\nbattery cycles %10d",
		"pen "+s.Serial, "in all", "service", s.Pulses, s.ServicePulses, seconds(s.MotorS), seconds(s.ServiceMotorS), seconds(s.RFS), seconds(s.ServiceRFS), s.Boots, s.BatteryCycles)
}

// seconds is a time for a person.
func seconds(s uint32) string { return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60) }
