package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"sort"
	"strings"
	"unicode"

	"stipple/protocol"
)

// decodeBuffer is how much is read and written at once.
const decodeBuffer = 1 << 16

func decodeCommand() command {
	return command{
		name: "decode", group: groupLink, args: "FILE|- [--lane L] [--type T,…] [--from pen|console] [--raw] [--hex] [--json]",
		does: "shows a recording frame by frame: time, direction, lane, type, seq, fields with units; and what\n" +
			"was dropped, with the reason. With --raw it takes the bytes of one direction, with --hex their\n" +
			"digits; - is standard input",
		examples: []string{
			"penctl decode pen.rec",
			"penctl decode pen.rec --from console --lane command",
			"penctl decode pen.rec --type STATUS,PULSE --json",
			"penctl decode - --hex < frames.txt",
		},
		build: func(fs *flag.FlagSet) func(context.Context, console, []string) error {
			lane := fs.String("lane", "", "only frames of that `lane`: stop, command, bulk or live")
			types := fs.String("type", "", "only frames of these `types`, such as STATUS,LEASE")
			from := fs.String("from", "", "only frames from that `side`: pen or console")
			raw := fs.Bool("raw", false, "the file is the bytes of one direction")
			asHex := fs.Bool("hex", false, "the file is those bytes as hexadecimal digits")
			return func(ctx context.Context, c console, words []string) error {
				switch {
				case len(words) == 0:
					return usageError("which recording: a FILE is missing, or - for standard input")
				case len(words) > 1:
					return noWords(words[1:])
				}
				f, err := parseFilter(*lane, *types, *from)
				if err != nil {
					return err
				}
				return c.decode(ctx, words[0], f, *raw, *asHex)
			}
		},
	}
}

// filter says what is shown; what is empty lets everything through.
type filter struct {
	lane  string
	from  side
	types map[string]bool // by name
}

// parseFilter reads the flags. The case of a type does not count; one that the
// link does not know is TYPE_0x and its number.
func parseFilter(lane, types, from string) (filter, error) {
	f := filter{lane: lane, from: side(from), types: map[string]bool{}}
	names := map[string]string{} // by their upper case
	for t := range 256 {
		name := protocol.Type(t).String()
		names[strings.ToUpper(name)] = name
	}
	for _, typed := range strings.FieldsFunc(types, func(r rune) bool { return r == ',' || unicode.IsSpace(r) }) {
		name, ok := names[strings.ToUpper(typed)]
		if !ok {
			return f, usageOf("type", "--type %q: no such type; there are %s", typed, strings.Join(typeNames(), ", "))
		}
		f.types[name] = true
	}
	if types != "" && len(f.types) == 0 {
		return f, usageOf("type", "--type %q names no type; there are %s", types, strings.Join(typeNames(), ", "))
	}
	lanes := map[string]bool{"": true}
	for l := range protocol.Lane(protocol.LaneCount) {
		lanes[l.String()] = true
	}
	switch {
	case !lanes[lane]:
		return f, usageOf("lane", "--lane %q: want stop, command, bulk or live", lane)
	case from != "" && from != "pen" && from != "console":
		return f, usageOf("from", "--from %q: want pen or console", from)
	}
	return f, nil
}

// typeNames lists the types of the link.
func typeNames() (names []string) {
	for t := range 256 {
		if protocol.Type(t).Known() {
			names = append(names, protocol.Type(t).String())
		}
	}
	sort.Strings(names)
	return names
}

// decode shows a file. Ctrl-C ends it quietly.
func (c console) decode(ctx context.Context, path string, f filter, raw, asHex bool) (err error) {
	in, name, total := c.in, "standard input", int64(0)
	if path != "-" {
		file, err := os.Open(path)
		if err != nil {
			return fmt.Errorf("recording: %w", err)
		}
		defer func() { err = errors.Join(err, file.Close()) }()
		if info, err := file.Stat(); err == nil {
			total = info.Size()
		}
		in, name = file, path
	}
	d := &decoding{c: c, name: name, filter: f, raw: raw || asHex, out: bufio.NewWriterSize(c.out, decodeBuffer), line: &progress{}, total: total}
	if !isTerminal(c.out) {
		d.line = c.progress()
	}
	defer d.line.end()
	switch {
	case asHex:
		err = d.bytes(ctx, newHexReader(in))
	case raw:
		err = d.bytes(ctx, in)
	default:
		err = d.recording(ctx, in)
	}
	if flushed := d.out.Flush(); flushed != nil {
		err = errors.Join(fmt.Errorf("print: %w", flushed), err)
	}
	return err
}
