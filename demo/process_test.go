package main

import (
	"context"
	"errors"
	"os"
	"strconv"
	"testing"
)

func TestProcessIsFollowedAndEnded(t *testing.T) {
	p, err := launch{name: "sh", path: "/bin/sh", side: true, args: []string{"-c", "echo hello; echo side >&3; echo bad >&2; exec sleep 1000"}}.start()
	if err != nil {
		t.Fatal(err)
	}
	any := func([]byte) bool { return true }
	for _, c := range []struct {
		f    *follower
		want string
	}{{p.out, "hello"}, {p.side, "side"}, {p.errs, "bad"}} {
		if got, _, err := c.f.find(context.Background(), 0, any); err != nil || string(got.text) != c.want {
			t.Errorf("%q, %v; want %q", got.text, err, c.want)
		}
	}
	if !p.running() {
		t.Error("it has ended by itself")
	}
	pid := p.cmd.Process.Pid
	p.kill()
	if _, err := os.Stat("/proc/" + strconv.Itoa(pid)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("process %d is still there: %v", pid, err)
	}
	if err := p.end(); err != nil {
		t.Errorf("ending it twice: %v", err)
	}
}
