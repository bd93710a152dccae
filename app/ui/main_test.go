package ui

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"testing"
)

// keepDrawn is for how long the toolkit keeps what it has drawn in these tests. They open
// some thousand windows; it would keep each for a minute, which is 20 GB.
const keepDrawn = "5s"

// TestMain runs the tests in a process of its own: the toolkit reads that when it is
// started, before anything here can say it.
func TestMain(m *testing.M) {
	const name = "FYNE_CACHE"
	if _, said := os.LookupEnv(name); said {
		os.Exit(m.Run())
	}
	cmd := exec.Command(os.Args[0], os.Args[1:]...)
	cmd.Env = append(os.Environ(), name+"="+keepDrawn)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		os.Exit(max(exit.ExitCode(), 1))
	case err != nil:
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
