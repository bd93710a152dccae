package main

import (
	"bytes"
	"flag"
	"strings"
	"testing"

	"stipple/app"
)

// Whoever asks for help learns of the commands that need no window, too; each exists.
func TestUsageTellsOfTheCommands(t *testing.T) {
	var out bytes.Buffer
	flags := flag.NewFlagSet("stipple", flag.ContinueOnError)
	flags.SetOutput(&out)
	flags.String("data", "", "folder of the store")
	usage(flags)()
	for _, name := range app.Commands() {
		if app.Command(name) == nil || !strings.Contains(out.String(), name) {
			t.Errorf("%s is no command, or not in %q", name, out.String())
		}
	}
	if !strings.Contains(out.String(), "folder of the store") || len(app.Commands()) == 0 {
		t.Error(out.String())
	}
}
