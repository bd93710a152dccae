package conformance

import (
	"context"
	"errors"
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
	// Patience is how long one of these may take until STATUS shows it. Of a hand
	// with a patience of a second at most everything it was asked for, defects and
	// loads too, is so when its call returns: what a pen does not react to then is
	// its failure.
	Patience() time.Duration
}

// ErrNotAtHand means that a hand has no such tip, or can't make such a defect. A
// hand says so before it has changed anything; the case is not run then.
var ErrNotAtHand = errors.New("not at hand")

// TipHand is a hand that can change the tip.
type TipHand interface {
	Hand
	// Tip takes the tip off, or puts one on. ErrNotAtHand: there is no such tip;
	// it may be said of those behind TipOther.
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
	TipExpired // one whose last day is past, sound otherwise and not bound
	TipWorn    // one at its use limit, sound otherwise
	TipNoPins  // one whose number of pins is not known
	tipCount
)

// String is the tip in words.
func (which Tip) String() string {
	names := [tipCount]string{"no tip", "the tip that was on", "another tip", "a tip whose last day is past", "a tip at its use limit", "a tip of unknown pins"}
	if which < tipCount {
		return names[which]
	}
	return "unknown"
}

// ResetHand is a hand that can cut the pen's supply.
type ResetHand interface {
	Hand
	// Reset cuts the supply for a moment, so that the pen boots.
	Reset(ctx context.Context) error
}

// LoadHand is a hand that can put a resistor across the tip of an RF pen.
type LoadHand interface {
	Hand
	// Load puts on a resistor of that many ohms, which may be off by a twentieth,
	// in place of what was there; 0 takes it off. With one on, Contact is about
	// what the pen's contact sensor tells alone.
	Load(ctx context.Context, ohms int) error
}

// FaultHand is a hand that can make what goes wrong in a pen: a bench that stands
// between its controller and its parts.
type FaultHand interface {
	Hand
	// Break makes a defect, or ends it. ErrNotAtHand: this bench can't make it.
	Break(ctx context.Context, d Defect, on bool) error
}

// Defect is what a FaultHand makes. Each lasts until it is ended, and leaves
// nothing behind then but what the pen has latched.
type Defect uint8

// The defects of a FaultHand.
const (
	// DefectWarm is a tip, or a pen, that reads too hot to be armed and not yet as
	// hot as the descriptor's sensor allows.
	DefectWarm      Defect = iota
	DefectHot              // it reads hotter than the descriptor's sensor allows
	DefectBattery          // the charge reads as too low for a pulse
	DefectTrigger          // the trigger reads as held, and its self-test does not pass
	DefectDrive            // the needle drive does not turn; a needle that is out stays out
	DefectDepth            // the needle goes 0.3 mm deeper than the drive is told
	DefectPowerHigh        // the RF amplifier gives 30 % more than it is told
	DefectPowerLow         // and 30 % less
	DefectLeak             // the RF amplifier gives 2 W into what is on the tip, told or not
	DefectImpedance        // the impedance of skin or load reads above the descriptor's window
	DefectPin              // one pin carries no current
	DefectSensor           // a sensor that the pen supervises keeps its newest reading
	defectCount
)

// String is the defect in words.
func (d Defect) String() string {
	names := [defectCount]string{
		"a tip too warm to arm", "a tip too hot", "a battery that is low", "a trigger that is stuck", "a needle drive that does not turn", "a needle that goes too deep",
		"an amplifier that gives too much", "an amplifier that gives too little", "RF that leaks", "an impedance above the window", "an open pin", "a sensor that is frozen",
	}
	if d < defectCount {
		return names[d]
	}
	return "unknown"
}
