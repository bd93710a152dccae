//go:build brokenpen

package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"stipple/device/sim"
)

// untilSaid is what a storm says, and ends it once that has word in it: when a
// storm in real time comes upon a flaw differs from run to run.
type untilSaid struct {
	bytes.Buffer
	word string
	end  context.CancelFunc
}

func (u *untilSaid) Write(p []byte) (int, error) {
	n, err := u.Buffer.Write(p)
	if strings.Contains(u.String(), u.word) {
		u.end()
	}
	return n, err
}

// A storm that finds a broken rule ends with 1, says the rule, and how to do it
// again.
func TestStormOfABrokenPen(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	out := &untilSaid{word: "arm_only_what_is_confirmed", end: cancel}
	c := console{out: out, err: out}
	err := c.storm(ctx, raging{
		model: sim.R1, seed: 2, length: 5 * time.Minute,
		newPen: func(cfg sim.Config) (*sim.Pen, error) { return sim.NewFlawed(cfg, "hello_keeps_confirmation") },
	})
	if err == nil {
		t.Fatalf("no rule was broken:\n%s", out.String())
	}
	if code := c.fail(err); code != exitRefused {
		t.Errorf("exit %d: %v", code, err)
	}
	for _, want := range []string{"arm_only_what_is_confirmed: expected settings confirmed in this session", "again: penctl storm --seed 2 --for 5m0s --model rf"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
}
