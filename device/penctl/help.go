package main

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
)

// manFlag is what asks help for the manual page.
const manFlag = "man"

// exitLine says what the exit codes mean.
const exitLine = "Exit: 0 done, 1 refused, 2 wrong usage, 3 no pen, 4 link lost."

func runHelp(args []string, c console) int {
	args = slices.DeleteFunc(slices.Clone(args), func(arg string) bool {
		name, _, _ := flagName(arg)
		return name == jsonFlag // how an error is reported; help itself is for people
	})
	if len(args) == 0 {
		return c.show(usage)
	}
	if name, _, _ := flagName(args[0]); name == manFlag {
		return c.show(func(w io.Writer) { _, _ = io.WriteString(w, manPage(commands(), buildDate())) })
	}
	cmd, ok := commandNamed(args[0])
	if !ok {
		return c.fail(usageError("no command %q; penctl help lists them", args[0]))
	}
	return c.showHelp(cmd)
}

func (c console) showHelp(cmd command) int {
	return c.show(func(w io.Writer) { helpFor(w, cmd) })
}

// show prints what write makes, whole.
func (c console) show(write func(io.Writer)) int {
	var text bytes.Buffer
	write(&text)
	if _, err := c.out.Write(text.Bytes()); err != nil {
		return c.fail(fmt.Errorf("print: %w", err))
	}
	return exitOK
}

// usage lists the commands by group.
func usage(w io.Writer) {
	fmt.Fprint(w, "penctl reads, watches, sets and services a pen, or simulates one.\n")
	width := 0
	for _, cmd := range commands() {
		width = max(width, len(cmd.name))
	}
	for _, group := range groups() {
		fmt.Fprintf(w, "\n%s\n", group)
		for _, cmd := range commands() {
			if cmd.group == group {
				fmt.Fprintf(w, "  %-*s  %s\n", width, cmd.name, firstSentence(cmd.does))
			}
		}
	}
	fmt.Fprint(w, "\npenctl help COMMAND shows its flags and examples, penctl help --man a manual page.\n"+exitLine+"\n")
}

// firstSentence is what stands in the list: up to the first full stop, colon or
// semicolon.
func firstSentence(does string) string {
	text := strings.ReplaceAll(does, "\n", " ")
	end := len(text)
	for _, stop := range []string{". ", ": ", "; "} {
		if i := strings.Index(text, stop); i >= 0 {
			end = min(end, i)
		}
	}
	return text[:end]
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

// buildDate is the day in a manual page's foot: that of the program's source,
// if it was built from a repository.
func buildDate() string {
	for key, value := range buildSettings() {
		if day, err := time.Parse(time.RFC3339, value); err == nil && key == "vcs.time" {
			return day.Format(time.DateOnly)
		}
	}
	return ""
}
