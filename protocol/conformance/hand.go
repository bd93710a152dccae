package conformance

import (
	"context"
	"time"
)

// Hand is the operator's hand on the pen. A call returns when it has been
// asked for; whether it was done is seen in STATUS, for which the suite waits
// Patience. A simulated pen's hand does it at once, a person takes a while.
// The calls come from one goroutine.
type Hand interface {
	// Trigger pulls or releases the trigger.
	Trigger(ctx context.Context, held bool) error
	// Contact puts the tip on what stands for skin (on a pen with RF: a load
	// within the impedance window), or lifts it.
	Contact(ctx context.Context, on bool) error
	// Patience is how long one of these may take.
	Patience() time.Duration
}

// TipHand is a hand that can change the tip.
type TipHand interface {
	Hand
	// Tip takes the tip off, or puts one on.
	Tip(ctx context.Context, which Tip) error
}

// Tip is what a TipHand puts on.
type Tip uint8

// The tips of a TipHand.
const (
	TipNone  Tip = iota // take it off
	TipFound            // the one that was on when the suite met the pen
	// TipOther is any other tip that fits the pen; best is one with shorter
	// needles, a lower rated power and another number of pins.
	TipOther
)

// ResetHand is a hand that can cut the pen's supply.
type ResetHand interface {
	Hand
	// Reset cuts the supply for a moment, so that the pen boots.
	Reset(ctx context.Context) error
}

// LoadHand is a hand that can put a resistor across the tip of an RF pen.
type LoadHand interface {
	Hand
	// Load puts on a resistor of that many ohms, which may be off by a twentieth;
	// 0 takes it off.
	Load(ctx context.Context, ohms int) error
}
