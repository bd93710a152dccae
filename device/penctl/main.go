package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, _ := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A reader that has gone, as head does, is an error of the write and no sudden
	// end: a pen must not be left as it is then.
	signal.Ignore(syscall.SIGPIPE)
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
	group    string   // under which it is listed
	args     string   // behind the name, for the usage line
	does     string   // what it does; its first sentence stands in the list
	words    []string // that may stand where a word does, for completion
	examples []string
	more     string // behind the examples; empty: nothing
	// build declares the command's own flags and returns what runs it with
	// the words that are no flags.
	build func(fs *flag.FlagSet) func(ctx context.Context, c console, words []string) error
}

// The groups of the list of commands, in its order.
const (
	groupLook    = "Look at a pen"
	groupSet     = "Set it"
	groupService = "Service it"
	groupLink    = "Look at the link"
	groupSim     = "Simulate one"
	groupSelf    = "penctl itself"
)

func groups() []string {
	return []string{groupLook, groupSet, groupService, groupLink, groupSim, groupSelf}
}

// commands is the one table of commands: help, the manual page and completion
// are made of it.
func commands() []command {
	return []command{
		listCommand(), infoCommand(), watchCommand(), logCommand(), countersCommand(), benchCommand(),
		setCommand(), clearCommand(), clockCommand(), noteCommand(),
		selftestCommand(), outputCommand(), calCommand(), firmwareCommand(), conformanceCommand(),
		recordCommand(), replayCommand(), decodeCommand(),
		simCommand(), handCommand(), stormCommand(),
		completionCommand(),
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
		return c.showHelp(cmd)
	}
	if err != nil {
		return c.fail(err)
	}
	c.json = *asJSON
	if err := noEmptyPaths(fs); err != nil {
		return c.fail(err)
	}
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
