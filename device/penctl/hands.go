package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"stipple/device/sim"
	"stipple/device/sim/benchhand"
	"stipple/protocol/conformance"
)

// closingHand is a hand for the conformance suite that holds something open.
type closingHand interface {
	conformance.Hand
	io.Closer
}

// simHand is a simulated pen's handpiece, or whatever answers as one, as the
// suite's hand.
type simHand struct {
	*benchhand.Hand
	io.Closer
}

var (
	_ conformance.LoadHand  = (*personHand)(nil)
	_ conformance.TipHand   = (*personHand)(nil)
	_ conformance.ResetHand = (*personHand)(nil)
)

func dialSimHand(path string) (closingHand, error) {
	h, err := sim.DialHand(path)
	if err != nil {
		return nil, &failure{exit: exitNoPen, text: fmt.Sprintf("no handpiece at %s: %v", path, err), field: "hand", cause: err}
	}
	return simHand{benchhand.New(h), h}, nil
}

// personHand is a person at a pen, who is told what to do. The suite sees in
// STATUS when it has been done.
type personHand struct{ out io.Writer }

func (p *personHand) ask(what string) error {
	if _, err := fmt.Fprintf(p.out, "\n    >> %s\n", what); err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return nil
}

// Trigger implements conformance.Hand.
func (p *personHand) Trigger(_ context.Context, held bool) error {
	if held {
		return p.ask("pull the trigger and HOLD it")
	}
	return p.ask("let go of the trigger")
}

// Contact implements conformance.Hand.
func (p *personHand) Contact(_ context.Context, on bool) error {
	if on {
		return p.ask("put the tip on the test load, and keep it there")
	}
	return p.ask("lift the tip")
}

// Tip implements conformance.TipHand.
func (p *personHand) Tip(_ context.Context, which conformance.Tip) error {
	switch which {
	case conformance.TipNone:
		return p.ask("take the tip off")
	case conformance.TipFound:
		return p.ask("put back the tip that was on at first")
	case conformance.TipOther:
		return p.ask("put ANOTHER tip on, if there is one with shorter needles")
	}
	return fmt.Errorf("%w: %v", conformance.ErrNotAtHand, which) // nobody has one in a drawer
}

// Load implements conformance.LoadHand.
func (p *personHand) Load(_ context.Context, ohms int) error {
	if ohms == 0 {
		return p.ask("take the resistor off the tip")
	}
	return p.ask(fmt.Sprintf("lift the tip, and put a resistor of %d ohm for 10 W across it", ohms))
}

// Reset implements conformance.ResetHand.
func (p *personHand) Reset(context.Context) error {
	return p.ask("cut the pen's supply, wait a second, and turn it on again")
}

// Patience implements conformance.Hand.
func (p *personHand) Patience() time.Duration { return personPatience }

// Close implements io.Closer.
func (p *personHand) Close() error { return nil }
