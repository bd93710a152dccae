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

// A storm that finds a broken rule ends with 1, says the rule, and how to do it
// again.
func TestStormOfABrokenPen(t *testing.T) {
	var out bytes.Buffer
	c := console{out: &out, err: &out}
	err := c.storm(context.Background(), raging{
		model: sim.R1, seed: 2, length: 15 * time.Second,
		newPen: func(cfg sim.Config) (*sim.Pen, error) { return sim.NewFlawed(cfg, "hello_keeps_confirmation") },
	})
	if code := c.fail(err); code != exitRefused {
		t.Errorf("exit %d: %v", code, err)
	}
	for _, want := range []string{"arm_only_what_is_confirmed: expected settings confirmed in this session", "again: penctl storm --seed 2 --for 15s --model rf"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
}
