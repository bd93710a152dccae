//go:build unix

package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"testing"
)

// A reader that has gone is an error like any other: a command that is killed
// for it would leave the pen as it is then.
func TestReaderThatHasGone(t *testing.T) {
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer write.Close()
	if err := read.Close(); err != nil {
		t.Fatal(err)
	}
	var said bytes.Buffer
	cmd := exec.Command("penctl", "hand", "fault", "--list", "--json")
	cmd.Stdout, cmd.Stderr = write, &said
	var exit *exec.ExitError
	if err := cmd.Run(); !errors.As(err, &exit) || exit.ExitCode() != exitRefused || !bytes.Contains(said.Bytes(), []byte(`"error"`)) {
		t.Errorf("%v, said %q", err, &said)
	}
}
