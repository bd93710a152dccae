package main

import (
	"context"
	"flag"
	"fmt"
	"strings"
)

func infoCommand() command {
	return command{
		name: "info", group: groupLook, args: "[--port P] [--json]",
		does:     "says who a pen is, and its state, settings and tip",
		examples: []string{"penctl info --port /dev/ttyACM0", "penctl info --port /tmp/pen --json"},
		build: func(fs *flag.FlagSet) func(context.Context, console, []string) error {
			port := portFlag(fs)
			return func(ctx context.Context, c console, words []string) error {
				if err := noWords(words); err != nil {
					return err
				}
				s, err := c.open(ctx, *port, 0)
				if err != nil {
					return err
				}
				err = c.printInfo(shapeInfo(s))
				return closeAfter(s, err)
			}
		},
	}
}

func (c console) printInfo(i infoShape) error {
	if c.json {
		return c.print(i)
	}
	var b strings.Builder
	line := func(name, format string, args ...any) {
		fmt.Fprintf(&b, "%-9s %s\n", name, fmt.Sprintf(format, args...))
	}
	line("pen", "%s %s, serial number %s, firmware %s, protocol %s", i.Kind, i.Model, i.Serial, i.Firmware, i.Protocol)
	if i.Simulated {
		line("", "simulated")
	}
	line("port", "%s", i.Port)
	if i.Monitor != nil {
		line("monitor", "%s", *i.Monitor)
	}
	line("state", "%s, fault %s, battery %d %%", i.State, i.Fault, i.BatteryPct)
	if len(i.ArmBlocks) > 0 {
		line("blocked", "%s", strings.Join(i.ArmBlocks, ", "))
	}
	if i.Settings != nil {
		line("settings", "%s", i.Settings.words())
	}
	switch {
	case i.Tip == nil:
		line("tip", "none")
	default:
		line("tip", "%d pins, needles of %s, lot %s, used %d times", i.Tip.Pins, millimetres(int32(i.Tip.NeedleLengthUM)), i.Tip.Lot, i.Tip.UseCount)
	}
	if _, err := fmt.Fprint(c.out, b.String()); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}

func noWords(words []string) error {
	if len(words) > 0 {
		return usageError("unexpected %q", words[0])
	}
	return nil
}
