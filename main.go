// Command stipple is the console for microneedling and RF microneedling pens.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"stipple/app"
)

// Exit codes of the console.
const (
	exitOK    = 0
	exitError = 1
	exitUsage = 2
)

func main() {
	os.Exit(run(os.Args[1:]))
}

func run(args []string) int {
	if len(args) == 1 && args[0] == app.SoundCommand {
		if app.Sound(os.Stdin, os.Stdout) != nil {
			return exitError // whoever started it has been told why
		}
		return exitOK
	}
	if len(args) > 0 {
		if command := app.Command(args[0]); command != nil {
			ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			return exitCode(command(ctx, args[1:], os.Stdout, os.Stderr))
		}
	}
	var opt app.Options
	flags := flag.NewFlagSet("stipple", flag.ContinueOnError)
	flags.StringVar(&opt.Data, "data", "", "folder of the store (default: the platform's own)")
	flags.StringVar(&opt.Port, "port", "", "serial port of the pen, such as a pseudo-terminal (default: search USB)")
	flags.StringVar(&opt.Sim, "sim", "", "use the built-in simulated pen: needling or rf")
	flags.BoolVar(&opt.Demo, "demo", false, "throw-away training store with sample patients")
	flags.StringVar(&opt.Screenshots, "screenshots", "", "draw every page into this folder and end; needs no display")
	flags.IntVar(&opt.TraceFD, "ui-trace", 0, "write what the window shows to this open file descriptor, as JSON lines")
	flags.Usage = usage(flags)
	if err := flags.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return exitOK
		}
		return exitUsage
	}
	empty := ""
	flags.Visit(func(f *flag.Flag) {
		if f.Value.String() == "" {
			empty = f.Name
		}
	})
	if empty != "" {
		fmt.Fprintf(os.Stderr, "stipple: --%s is empty\n", empty)
		return exitUsage
	}
	if flags.NArg() > 0 {
		fmt.Fprintf(os.Stderr, "stipple: unknown argument %q\n", flags.Arg(0))
		return exitUsage
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	opt.Exit = func(err error) { os.Exit(exitCode(err)) }
	return exitCode(app.Run(ctx, opt))
}

// usage tells of the options, and of what needs no window.
func usage(flags *flag.FlagSet) func() {
	return func() {
		fmt.Fprintf(flags.Output(), "Usage of %s:\n", flags.Name())
		flags.PrintDefaults()
		fmt.Fprintf(flags.Output(), "Without a window, each with --help: %s\n", strings.Join(app.Commands(), ", "))
	}
}

// exitCode says on standard error what the window has not shown.
func exitCode(err error) int {
	var shown *app.ShownError
	switch {
	case errors.Is(err, app.ErrUsage):
		fmt.Fprintln(os.Stderr, "stipple:", err)
		return exitUsage
	case errors.As(err, &shown):
		return exitError
	case err != nil:
		fmt.Fprintln(os.Stderr, "stipple:", err)
		return exitError
	}
	return exitOK
}
