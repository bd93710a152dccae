package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
)

func main() {
	ctx, _ := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	c := console{in: os.Stdin, out: os.Stdout, err: os.Stderr, json: asksJSON(os.Args[1:])}
	var err error
	if c.ports, err = serialPorts(); err != nil {
		os.Exit(c.fail(err))
	}
	os.Exit(run(ctx, os.Args[1:], c))
}

// console is what a command speaks to.
type console struct {
	in       io.Reader
	out, err io.Writer
	ports    ports
	json     bool
}

// command is one thing that penctl does.
type command struct {
	name     string
	args     string // behind the name, for the usage line
	does     string // one line
	examples []string
	more     string // behind the examples; empty: nothing
	// build declares the command's own flags and returns what runs it with
	// the words that are no flags.
	build func(fs *flag.FlagSet) func(ctx context.Context, c console, words []string) error
}

func commands() []command {
	return []command{
		listCommand(), infoCommand(), watchCommand(), setCommand(), conformanceCommand(), stormCommand(), simCommand(), handCommand(),
		recordCommand(), replayCommand(), decodeCommand(),
	}
}

// run runs the command that args name and returns the exit code.
func run(ctx context.Context, args []string, c console) int {
	if len(args) == 0 {
		usage(c.err)
		return exitUsage
	}
	c.json = asksJSON(args)
	switch args[0] {
	case "help", "-h", "-help", "--help":
		return runHelp(args[1:], c)
	}
	cmd, ok := commandNamed(args[0])
	if !ok {
		return c.fail(usageError("no command %q; penctl help lists them", args[0]))
	}
	fs, asJSON := flagSet(cmd)
	do := cmd.build(fs)
	words, err := parse(fs, args[1:])
	if errors.Is(err, flag.ErrHelp) {
		helpFor(c.out, cmd)
		return exitOK
	}
	if err != nil {
		return c.fail(err)
	}
	c.json = *asJSON
	if err := do(ctx, c, words); err != nil {
		return c.fail(err)
	}
	return exitOK
}

func commandNamed(name string) (command, bool) {
	for _, cmd := range commands() {
		if cmd.name == name {
			return cmd, true
		}
	}
	return command{}, false
}

func runHelp(args []string, c console) int {
	if len(args) == 0 {
		usage(c.out)
		return exitOK
	}
	cmd, ok := commandNamed(args[0])
	if !ok {
		return c.fail(usageError("no command %q; penctl help lists them", args[0]))
	}
	helpFor(c.out, cmd)
	return exitOK
}

func usage(w io.Writer) {
	fmt.Fprint(w, "penctl reads, watches and sets a pen, or simulates one.\n\n")
	for _, cmd := range commands() {
		fmt.Fprintf(w, "  penctl %-11s %s\n", cmd.name, cmd.does)
	}
	fmt.Fprint(w, "\npenctl help COMMAND shows its flags and examples.\n"+
		"Exit: 0 done, 1 refused, 2 wrong usage, 3 no pen, 4 link lost.\n")
}

func helpFor(w io.Writer, cmd command) {
	fmt.Fprintf(w, "penctl %s %s\n\n%s\n\n", cmd.name, cmd.args, cmd.does)
	fs, _ := flagSet(cmd)
	cmd.build(fs)
	fs.SetOutput(w)
	fs.PrintDefaults()
	fmt.Fprintf(w, "\nExamples:\n  %s\n", strings.Join(cmd.examples, "\n  "))
	if cmd.more != "" {
		fmt.Fprintf(w, "\n%s\n", cmd.more)
	}
}
