package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"testing"
)

// asConsole, in the environment, turns this test binary into the console of
// TestLeaseOfALongPulse.
const asConsole = "STIPPLE_TEST_CONSOLE_PORT"

// built are the two programs, built once for all tests.
var built = struct{ programs }{}

func TestMain(m *testing.M) {
	if port := os.Getenv(asConsole); port != "" {
		if err := leaseForEver(port, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(runTests(m))
}

func runTests(m *testing.M) int {
	dir, err := os.MkdirTemp("", "stipple-window-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	if built.programs, err = build(context.Background(), dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

func testHome(tb testing.TB, d *display, dir string) []string {
	tb.Helper()
	env, err := home(d, dir)
	if err != nil {
		tb.Fatal(err)
	}
	return env
}

// shortDir is a temporary folder whose name is short enough for a socket in
// it: 107 bytes in all.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "stipple-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closing(t, os.RemoveAll(dir)) })
	return dir
}

func closing(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

// testWriter prints the play's lines as the test's log.
type testWriter struct{ t *testing.T }

func (w testWriter) Write(b []byte) (int, error) {
	w.t.Logf("%s", trimNewline(b))
	return len(b), nil
}

func trimNewline(b []byte) []byte {
	if n := len(b); n > 0 && b[n-1] == '\n' {
		return b[:n-1]
	}
	return b
}

var _ io.Writer = testWriter{}
