package awake

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// The package's own times.
const (
	// openLimit is how long a bus may take to let us in; it takes milliseconds,
	// and nobody waits for it.
	openLimit = 5 * time.Second
	// sleepGrace is how long the computer's sleep is held up at the most for the
	// wish to hold to end: the pen is disarmed in a tenth of that. The login
	// manager gives 5 s unless it is told otherwise.
	sleepGrace = 2 * time.Second
	// endLimit is how long the end waits for an answer of the login manager that
	// is under way; it takes milliseconds, unless a policy asks a person.
	endLimit = time.Second
	// signalQueue is how many signals of a bus may wait: many times what a bus
	// sends of what is listened to here.
	signalQueue = 16
)

// Reason says how the person went away from the console.
type Reason string

// The reasons.
const (
	Sleeping Reason = "sleeping" // the computer is about to sleep
	Woken    Reason = "woken"    // it has slept
	Locked   Reason = "locked"   // the screen is locked, or another session is in front
)

// UnavailableError is a service of the platform that is not there, or that
// refuses: the computer may sleep or lock, or nobody will tell. It is no reason
// to stop working.
type UnavailableError struct {
	Service string // "login manager", "screen saver", …
	Cause   error
}

// Error is the service and why.
func (e *UnavailableError) Error() string { return fmt.Sprintf("%s: %v", e.Service, e.Cause) }

// Unwrap is what the service, or the way to it, said.
func (e *UnavailableError) Unwrap() error { return e.Cause }

// Config is what a keeper needs. All of it is required.
type Config struct {
	// Who and Why are shown by the platform to a person who wonders why the
	// computer does not sleep.
	Who, Why string
	// Away is told each time that the person went away, on one of the keeper's
	// goroutines. It must return at once.
	Away func(Reason)
	// Problem is told what is missing, an *UnavailableError, once for each
	// service, on one of the keeper's goroutines.
	Problem func(error)
}

// Keeper keeps the computer awake while it is told to.
type Keeper struct {
	cfg    Config
	wishes []wish
	parts  []part
	on     atomic.Bool
}

// part follows the wish with one service of the platform until ctx ends, and
// has taken everything back when it returns. The error says why the service
// can't be had, or not any more.
type part func(ctx context.Context, cfg Config, w wish) error

// wish is what a part follows.
type wish struct {
	keeper  *atomic.Bool
	changed chan struct{} // capacity 1
}

// holds says whether the computer is to be kept awake.
func (w wish) holds() bool { return w.keeper.Load() }

// New makes a keeper. Nothing happens until Run.
func New(cfg Config) *Keeper { return newKeeper(cfg, platform()) }

func newKeeper(cfg Config, parts []part) *Keeper {
	k := &Keeper{cfg: cfg, parts: parts}
	for range parts {
		k.wishes = append(k.wishes, wish{&k.on, make(chan struct{}, 1)})
	}
	return k
}

// Hold says whether the computer is to be kept awake from now on. It may be
// called from any goroutine, as often as one likes, and never waits.
func (k *Keeper) Hold(on bool) {
	if k.on.Swap(on) == on {
		return
	}
	for _, w := range k.wishes {
		select {
		case w.changed <- struct{}{}:
		default:
		}
	}
}

// Run follows the wish until ctx ends. Everything is taken back when it returns.
// It returns nil: what is missing was told to Problem.
func (k *Keeper) Run(ctx context.Context) error {
	var all sync.WaitGroup
	for i, run := range k.parts {
		all.Go(func() {
			if err := run(ctx, k.cfg, k.wishes[i]); err != nil && ctx.Err() == nil {
				k.cfg.Problem(err)
			}
		})
	}
	all.Wait()
	return nil
}
