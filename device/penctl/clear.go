package main

import (
	"context"
	"flag"
	"strings"

	"stipple/protocol"
)

func clearCommand() command {
	return command{
		name: "clear", group: groupSet, args: "[--port P] [--fault NAME] --role R [--json]",
		does: "leaves ESTOP or FAULT for STANDBY, with the trigger released. A fault has to be named as info\n" +
			"shows it; the pen tests itself for it first",
		examples: []string{
			"penctl clear --port /tmp/pen --role technician",
			"penctl clear --port /tmp/pen --fault MOTOR_STALL --role service_engineer",
		},
		build: func(fs *flag.FlagSet) func(context.Context, console, []string) error {
			port, role := portFlag(fs), roleFlag(fs, protocol.RoleNone)
			name := fs.String("fault", protocol.FaultNone.String(), "`name` of the fault that was shown")
			return func(ctx context.Context, c console, words []string) error {
				if err := noWords(words); err != nil {
					return err
				}
				fault, ok := faultNamed(*name)
				if !ok {
					return usageOf("fault", "--fault %q: want one of %s", *name, strings.Join(faultWords(), ", "))
				}
				as, err := roleFor(*role, protocol.TypeClear)
				if err != nil {
					return err
				}
				s, err := c.openAs(ctx, *port, as)
				if err != nil {
					return err
				}
				if err = s.Clear(ctx, fault); err == nil {
					err = awaitState(ctx, s, func(st protocol.State) bool { return st != protocol.StateStopped && st != protocol.StateFault })
				}
				if err == nil {
					err = c.printInfo(shapeInfo(s))
				}
				return closeAfter(s, err)
			}
		},
	}
}

// faultWords are the names of the faults of this version.
func faultWords() []string {
	var words []string
	for f := protocol.FaultNone; f <= protocol.FaultMemory; f++ {
		words = append(words, f.String())
	}
	return words
}

func faultNamed(word string) (protocol.Fault, bool) {
	for f := protocol.FaultNone; f <= protocol.FaultMemory; f++ {
		if strings.EqualFold(f.String(), word) {
			return f, true
		}
	}
	return 0, false
}
