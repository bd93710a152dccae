package main

import (
	"flag"
	"fmt"
	"runtime/debug"
	"strings"
)

// manPage is the manual page in the language of man(7), made of the table of
// commands. date is the day in its foot; empty: none.
func manPage(cmds []command, date string) string {
	var p roff
	p.macro("TH", "PENCTL", "1", date, "Stipple", "")
	p.macro("SH", "NAME")
	p.text("penctl - reads, watches, sets and services a microneedling pen, or simulates one")
	p.macro("SH", "SYNOPSIS")
	p.macro("B", "penctl")
	p.text("COMMAND [--port P] [--json] ...")
	p.macro("SH", "DESCRIPTION")
	p.text("Without --port it takes the only pen that it finds. With --json, results are JSON objects, one a line, " +
		"whose keys carry the unit, and an error is one object on standard error. Flags and words may stand in any order.")
	for _, group := range groups() {
		first := true
		for _, cmd := range cmds {
			if cmd.group != group {
				continue
			}
			if first {
				p.macro("SH", strings.ToUpper(group))
				first = false
			}
			p.command(cmd)
		}
	}
	p.macro("SH", "EXIT STATUS")
	for _, code := range [][2]string{
		{"0", "done; also a stream that was ended by Ctrl-C"}, {"1", "refused, by the pen or before anything was sent"},
		{"2", "wrong usage"}, {"3", "no pen"}, {"4", "the link was lost"},
	} {
		p.macro("TP")
		p.macro("B", code[0])
		p.text(code[1])
	}
	return p.b.String()
}

// command is the part of one command.
func (p *roff) command(cmd command) {
	p.macro("SS", "penctl "+cmd.name)
	p.literal(strings.Split("penctl "+cmd.name+" "+cmd.args, "\n"))
	p.macro("P")
	p.text(cmd.does + ".")
	fs, _ := flagSet(cmd)
	cmd.build(fs)
	fs.VisitAll(func(f *flag.Flag) {
		value, usage := flag.UnquoteUsage(f)
		p.macro("TP")
		p.macro("B", strings.TrimSpace("--"+f.Name+" "+value))
		p.text(withDefault(f, usage))
	})
	p.macro("P")
	p.text("Examples:")
	p.literal(cmd.examples)
	if cmd.more != "" {
		p.literal(strings.Split(cmd.more, "\n"))
	}
}

// withDefault is what a flag does, with its default where that says something.
func withDefault(f *flag.Flag, usage string) string {
	switch f.DefValue {
	case "", "0", "0s", "false":
		return usage
	}
	return fmt.Sprintf("%s (default %s)", usage, f.DefValue)
}

// roff is text in the language of man(7).
type roff struct{ b strings.Builder }

// macro writes a request with its arguments, each of them one however many
// words it has.
func (p *roff) macro(name string, args ...string) {
	p.b.WriteString("." + name)
	for _, a := range args {
		fmt.Fprintf(&p.b, ` "%s"`, strings.ReplaceAll(escape(a), `"`, `\(dq`))
	}
	p.b.WriteByte('\n')
}

// text writes a paragraph's text.
func (p *roff) text(s string) {
	for line := range strings.SplitSeq(s, "\n") {
		p.b.WriteString(guard(escape(line)) + "\n")
	}
}

// literal writes lines as they are.
func (p *roff) literal(lines []string) {
	p.macro("P")
	p.macro("nf")
	for _, line := range lines {
		p.b.WriteString(guard("  "+escape(line)) + "\n")
	}
	p.macro("fi")
}

// escape has roff print a text as it is: a backslash begins an escape, and a
// plain hyphen may be broken at and is no minus that can be copied.
func escape(s string) string {
	return strings.NewReplacer(`\`, `\e`, `-`, `\-`).Replace(s)
}

// guard keeps a line from being taken for a request.
func guard(line string) string {
	if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
		return `\&` + line
	}
	return line
}

// buildSettings are what the program was built with.
func buildSettings() map[string]string {
	settings := make(map[string]string)
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			settings[s.Key] = s.Value
		}
	}
	return settings
}
