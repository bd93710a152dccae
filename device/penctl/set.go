package main

import (
	"context"
	"errors"
	"flag"
	"fmt"

	"stipple/device"
	"stipple/protocol"
)

// wanted are the values that the command line gives, by the descriptor's name.
type wanted map[string]int32

func setCommand() command {
	return command{
		name: "set", group: groupSet, args: "[--port P] [--depth-um N] [--speed-spm N] [--power-mw N] [--pulse-ms N] [--role R] [--json]",
		does: "sets a pen and prints what it read back; what is not given keeps its value.\n" +
			"The pen gets an envelope that allows exactly these values at one pulse a spot:\n" +
			"penctl knows no patient and grants nothing beyond what was typed. It can't arm",
		examples: []string{
			"penctl set --port /tmp/pen --depth-um 1500 --speed-spm 60 --power-mw 12000 --pulse-ms 100",
			"penctl set --port /tmp/pen --depth-um 1200 --json",
		},
		build: func(fs *flag.FlagSet) func(context.Context, console, []string) error {
			port, role := portFlag(fs), roleFlag(fs, protocol.RoleClinician)
			values := map[string]*int64{
				protocol.ParamDepth:    fs.Int64("depth-um", 0, "needle depth in `µm`"),
				protocol.ParamSpeed:    fs.Int64("speed-spm", 0, "`number` of strokes or stamps a minute"),
				protocol.ParamPower:    fs.Int64("power-mw", 0, "RF power over the whole tip in `mW`"),
				protocol.ParamDuration: fs.Int64("pulse-ms", 0, "length of an RF pulse in `ms`"),
			}
			return func(ctx context.Context, c console, words []string) error {
				if err := noWords(words); err != nil {
					return err
				}
				want, err := given(fs, values)
				if err != nil {
					return err
				}
				as, err := roleFor(*role, protocol.TypePutEnvelope) // which goes before the settings, and is for fewer
				if err != nil {
					return err
				}
				return c.set(ctx, *port, as, want)
			}
		},
	}
}

// given picks the values whose flags were on the command line.
func given(fs *flag.FlagSet, values map[string]*int64) (wanted, error) {
	flags := map[string]string{
		"depth-um": protocol.ParamDepth, "speed-spm": protocol.ParamSpeed,
		"power-mw": protocol.ParamPower, "pulse-ms": protocol.ParamDuration,
	}
	want := wanted{}
	var err error
	fs.Visit(func(f *flag.Flag) {
		name, ok := flags[f.Name]
		if !ok {
			return
		}
		v := *values[name]
		if int64(int32(v)) != v && err == nil {
			err = usageOf(flagKey(f.Name), "--%s %d is beyond any pen", f.Name, v)
		}
		want[name] = int32(v)
	})
	if err == nil && len(want) == 0 {
		err = usageError("nothing to set: give at least one of --depth-um, --speed-spm, --power-mw, --pulse-ms")
	}
	return want, err
}

func (c console) set(ctx context.Context, port string, role protocol.Role, want wanted) error {
	s, err := c.openAs(ctx, port, role)
	if err != nil {
		return err
	}
	snap, err := apply(ctx, s, want)
	if err == nil {
		err = c.printSettings(shapeSettings(s.Info().Descriptor, snap))
	}
	return closeAfter(s, err)
}

// apply merges want into what the pen reports, checks it, and sets the pen.
func apply(ctx context.Context, s *device.Session, want wanted) (device.Snapshot, error) {
	info := s.Info()
	if info.Monitor {
		return device.Snapshot{}, info.MonitorReason
	}
	if s.Live().Status.State.Armed() {
		return device.Snapshot{}, device.ErrArmed
	}
	now, err := s.ReadBack(ctx)
	if err != nil {
		return device.Snapshot{}, err
	}
	values, err := merge(info.Descriptor, now.Values, want)
	if err != nil {
		return device.Snapshot{}, err
	}
	tip, _ := s.Tip()
	if err := check(info.Descriptor, tip, values); err != nil {
		return device.Snapshot{}, err
	}
	snap, err := s.Apply(ctx, exactEnvelope(info.Descriptor, now.Pins, values), values)
	var lost *device.UncertainError
	if errors.As(err, &lost) {
		return snap, fmt.Errorf("it is not known whether the pen took them: %w", err)
	}
	var refused *device.RefusedError
	if errors.As(err, &refused) && refused.Code == protocol.CodeStep {
		return snap, stepRefusal(info.Descriptor, values, refused)
	}
	return snap, err
}

// stepRefusal words the pen's refusal of a value off its step as check words
// one. A field or a step that can't be leaves the refusal as it is.
func stepRefusal(d *protocol.Descriptor, values []int32, refused *device.RefusedError) error {
	if refused.Field < 0 || refused.Field >= len(d.Parameters) || refused.Bound <= 0 {
		return refused
	}
	p := d.Parameters[refused.Field]
	f := offStep(p, values[refused.Field], refused.Bound)
	f.cause = refused
	return f
}

func (c console) printSettings(s settingsShape) error {
	if c.json {
		return c.print(s)
	}
	if _, err := fmt.Fprintln(c.out, s.words()); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}
