package main

import (
	"context"
	"flag"
	"fmt"

	"stipple/device"
)

type portShape struct {
	Port      string `json:"port"`
	VID       string `json:"vid"` // four hex digits
	PID       string `json:"pid"`
	USBSerial string `json:"usb_serial"`
	Product   string `json:"product"`
}

func listCommand() command {
	return command{
		name: "list", group: groupLook, args: "[--json]",
		does:     "lists the ports that may be pens, by their USB identity; nothing is sent to them",
		examples: []string{"penctl list", "penctl list --json"},
		build: func(*flag.FlagSet) func(context.Context, console, []string) error {
			return func(ctx context.Context, c console, words []string) error {
				if err := noWords(words); err != nil {
					return err
				}
				found, err := c.ports.pens(ctx)
				if err != nil {
					return &failure{exit: exitNoPen, text: fmt.Sprintf("list the ports: %v", err), cause: err}
				}
				return c.printPorts(found)
			}
		},
	}
}

func (c console) printPorts(found []device.Port) error {
	if len(found) == 0 {
		return &failure{exit: exitNoPen, text: "no pen found; a pseudo-terminal is not listed and is named with --port"}
	}
	for _, p := range found {
		shape := portShape{Port: p.Path, VID: p.VID, PID: p.PID, USBSerial: p.USBSerial, Product: p.Product}
		if c.json {
			if err := c.print(shape); err != nil {
				return err
			}
			continue
		}
		if _, err := fmt.Fprintf(c.out, "%s\t%s:%s\t%s\t%s\n", p.Path, p.VID, p.PID, p.USBSerial, p.Product); err != nil {
			return fmt.Errorf("print: %w", err)
		}
	}
	return nil
}
