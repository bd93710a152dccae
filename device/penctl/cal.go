package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"

	"stipple/device"
	"stipple/protocol"
)

// calPlaces are the words of --place, by the place.
func calPlaces() []string { return []string{"active", "previous", "staged"} }

// calWants is what the flags of cal ask for.
type calWants struct {
	do, port, file string
	all            bool // of the quantities that the pen has
	quantity       protocol.Quantity
	place          protocol.CalPlace
	role           protocol.Role
}

func calCommand() command {
	return command{
		name: "cal", group: groupService,
		args: "read [FILE] [--quantity Q] [--place P] | write FILE --role R | commit FILE --role R | restore --quantity Q --role R  [--port P] [--json]",
		does: "reads and writes a pen's calibration tables. read shows them, or makes a file of one. write has\n" +
			"the pen hold a file's table against its rules and read it back, and changes nothing. commit does\n" +
			"the same and then makes it the active one; restore brings the one before it back",
		words: []string{"read", "write", "commit", "restore"},
		examples: []string{
			"penctl cal read --port /tmp/pen",
			"penctl cal read power.json --quantity power --port /tmp/pen",
			"penctl cal write power.json --role technician --port /tmp/pen",
			"penctl cal commit power.json --role technician --port /tmp/pen",
			"penctl cal restore --quantity power --role technician --port /tmp/pen",
		},
		build: func(fs *flag.FlagSet) func(context.Context, console, []string) error {
			port, role := portFlag(fs), roleFlag(fs, protocol.RoleNone)
			quantity := fs.String("quantity", "", "`quantity`: depth, speed, power or impedance; for read, empty is all that the pen has")
			place := fs.String("place", calPlaces()[0], "for read: the `place`, one of "+strings.Join(calPlaces(), ", "))
			return func(ctx context.Context, c console, words []string) error {
				w, err := calRequest(words, *quantity, *place, *role)
				if err != nil {
					return err
				}
				w.port = *port
				return c.cal(ctx, w)
			}
		},
	}
}

// calRequest reads words and flags.
func calRequest(words []string, quantity, place, role string) (w calWants, err error) {
	if len(words) == 0 {
		return w, usageError("cal: want read, write, commit or restore")
	}
	w.do, w.all = words[0], quantity == ""
	if len(words) > 1 {
		w.file = words[1]
	}
	if len(words) > 2 {
		return w, noWords(words[2:])
	}
	t, known := map[string]protocol.Type{"read": protocol.TypeCalRead, "write": protocol.TypeCalWrite, "commit": protocol.TypeCalCommit, "restore": protocol.TypeCalRestore}[w.do]
	if !known {
		return w, usageError("cal has no %q; it has read, write, commit and restore", w.do)
	}
	if !w.all {
		var ok bool
		if w.quantity, ok = protocol.QuantityNamed(quantity); !ok {
			return w, usageOf("quantity", "--quantity %q: want depth, speed, power or impedance", quantity)
		}
	}
	found := false
	for p, word := range calPlaces() {
		if word == place {
			w.place, found = protocol.CalPlace(p), true
		}
	}
	switch fromFile := w.do == "write" || w.do == "commit"; {
	case !found:
		return w, usageOf("place", "--place %q: want %s", place, strings.Join(calPlaces(), ", "))
	case fromFile && w.file == "":
		return w, usageError("cal %s: want the file of the table", w.do)
	case fromFile && !w.all:
		return w, usageOf("quantity", "--quantity with a file: the file says which")
	case w.do == "restore" && (w.file != "" || w.all):
		return w, usageOf("quantity", "cal restore: want --quantity, and no file")
	case w.do == "read" && w.file != "" && w.all:
		return w, usageOf("quantity", "a file holds one table: say which with --quantity")
	}
	if w.do != "read" {
		w.role, err = roleFor(role, t)
	}
	return w, err
}

func (c console) cal(ctx context.Context, w calWants) error {
	var t protocol.CalTable
	if w.do == "write" || w.do == "commit" {
		var err error
		if t, err = readTable(w.file); err != nil {
			return err
		}
	}
	s, err := c.openAs(ctx, w.port, w.role)
	if err != nil {
		return err
	}
	switch w.do {
	case "read":
		err = c.readCal(ctx, s, w)
	case "restore":
		err = inServiceDo(ctx, s, func() error { return s.RestoreCalibration(ctx, w.quantity) })
		if err == nil {
			err = c.showCal(ctx, s, w.quantity, protocol.CalActive)
		}
	default:
		err = inServiceDo(ctx, s, func() error { return c.writeCal(ctx, s, t, w.do == "commit") })
	}
	return closeAfter(s, err)
}

// inServiceDo enters SERVICE, does something, and leaves SERVICE whatever came
// of it.
func inServiceDo(ctx context.Context, s *device.Session, do func() error) error {
	if err := s.EnterService(ctx); err != nil {
		return err
	}
	err := inService(ctx, s)
	if err == nil {
		err = do()
	}
	return errors.Join(err, leaveService(s))
}

// writeCal stages a table, and with commit makes it the active one.
func (c console) writeCal(ctx context.Context, s *device.Session, t protocol.CalTable, commit bool) error {
	if err := s.StageCalibration(ctx, t); err != nil {
		return err
	}
	place := protocol.CalStaged
	if commit {
		err := s.CommitCalibration(ctx, t)
		var refused *device.RefusedError
		if errors.As(err, &refused) && refused.Code == protocol.CodeGeneration {
			return &failure{
				exit: exitRefused, field: "revision", cause: err,
				text: fmt.Sprintf("%v: revision %d is not above that of the active table (penctl cal read shows it)", err, t.Revision),
			}
		}
		if err != nil {
			return err
		}
		place = protocol.CalActive
	}
	return c.showCal(ctx, s, t.Quantity, place)
}

// readCal shows what is asked for, or makes a file of it.
func (c console) readCal(ctx context.Context, s *device.Session, w calWants) error {
	if w.file != "" {
		t, ok, err := s.Calibration(ctx, w.quantity, w.place)
		switch {
		case err != nil:
			return err
		case !ok:
			return &failure{exit: exitRefused, text: fmt.Sprintf("the pen has no %s table of %v", calPlaces()[w.place], w.quantity)}
		}
		if err := writeTable(w.file, t); err != nil {
			return err
		}
		return c.printCal(calResult(s, w.quantity, w.place, &t))
	}
	if !w.all {
		return c.showCal(ctx, s, w.quantity, w.place)
	}
	for q := range protocol.Quantity(protocol.QuantityCount) {
		err := c.showCal(ctx, s, q, w.place)
		if errors.Is(err, device.ErrNotOffered) {
			continue
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// showCal reads one table and shows it.
func (c console) showCal(ctx context.Context, s *device.Session, q protocol.Quantity, place protocol.CalPlace) error {
	t, ok, err := s.Calibration(ctx, q, place)
	if err != nil {
		return err
	}
	if !ok {
		return c.printCal(calResult(s, q, place, nil))
	}
	return c.printCal(calResult(s, q, place, &t))
}

// readTable reads a file that cal read made or a person wrote.
func readTable(path string) (protocol.CalTable, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return protocol.CalTable{}, &failure{exit: exitRefused, text: err.Error(), cause: err}
	}
	t, err := parseTable(raw)
	if err != nil {
		var wrong *failure
		if errors.As(err, &wrong) {
			wrong.text = path + ": " + wrong.text
		}
		return t, err
	}
	return t, nil
}

// writeTable makes a file of a table; one that is there is not touched.
func writeTable(path string, t protocol.CalTable) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return &failure{exit: exitRefused, text: err.Error(), cause: err}
	}
	_, err = file.Write(tableText(t))
	if err = errors.Join(err, file.Close()); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	return nil
}
