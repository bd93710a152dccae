package player

import (
	"context"
	"time"

	"stipple/app/alarm"
)

// Voice is a child that plays. [Process] starts one.
type Voice interface {
	// Play says what is to be heard from now on. It never waits; of several only
	// the newest counts.
	Play(serial uint64, p alarm.Priority)
	// Said is what the child says. It is closed when the child has ended.
	Said() <-chan Said
	// Close ends the child and returns when it has ended, at the latest after two
	// seconds.
	Close()
}

// Config is what a player needs. Start is required.
type Config struct {
	// Start starts a child.
	Start func() (Voice, error)
	// Device is told whether alarms can be heard, at each change: nil, or a
	// *DeviceError. It must return at once. It may be nil.
	Device func(error)
	// Played is told when the first frame of a sound was handed to the device; it
	// is heard a device buffer later. It may be nil.
	Played func(serial uint64, at time.Time)
}

// Player keeps alarms audible. New makes it, Run runs it.
type Player struct {
	cfg  Config
	next chan alarm.Signal // capacity 1: the newest signal
	now  alarm.Signal      // Run's: what is to be heard
	told bool              // Device was told
	err  error             // what it was told
}

// New returns a player that plays nothing yet.
func New(cfg Config) *Player { return &Player{cfg: cfg, next: make(chan alarm.Signal, 1)} }

// Set changes what is to be heard. It never waits and may be called from one
// goroutine at a time.
func (p *Player) Set(s alarm.Signal) {
	for {
		select {
		case p.next <- s:
			return
		default:
		}
		select {
		case <-p.next: // an older one that nobody has taken
		default:
		}
	}
}

// Run plays until ctx ends: it starts a child, and another one some time after
// that has failed.
func (p *Player) Run(ctx context.Context) error {
	for {
		v, err := p.cfg.Start()
		if err != nil {
			p.device(&DeviceError{Kind: NoDevice, Cause: err})
		} else {
			err := p.play(ctx, v)
			v.Close()
			if err != nil {
				p.device(err)
			}
		}
		if !p.wait(ctx) {
			return nil
		}
	}
}

// play follows one child until it fails or ctx ends.
func (p *Player) play(ctx context.Context, v Voice) error {
	patience := time.NewTimer(openLimit)
	defer patience.Stop()
	heard := false
	v.Play(p.now.Serial, p.now.Sound)
	for {
		select {
		case <-ctx.Done():
			return nil
		case p.now = <-p.next:
			v.Play(p.now.Serial, p.now.Sound)
		case <-patience.C:
			return &DeviceError{Kind: Hangs}
		case s, ok := <-v.Said():
			switch {
			case !ok && heard:
				return &DeviceError{Kind: Lost}
			case !ok:
				return &DeviceError{Kind: NoDevice}
			case s.Err != nil:
				return s.Err
			case !s.At.IsZero():
				if p.cfg.Played != nil {
					p.cfg.Played(s.Serial, s.At)
				}
			default:
				heard = true
				patience.Reset(aliveLimit)
				p.device(nil)
			}
		}
	}
}

// device tells of a change. Of failures one of another kind is a change.
func (p *Player) device(err error) {
	same := p.told && (err == nil) == (p.err == nil)
	if same && err != nil {
		same = err.(*DeviceError).Kind == p.err.(*DeviceError).Kind
	}
	if same || p.cfg.Device == nil {
		return
	}
	p.told, p.err = true, err
	p.cfg.Device(err)
}

// wait waits until it is time to try again; false where ctx has ended.
func (p *Player) wait(ctx context.Context) bool {
	t := time.NewTimer(retryEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return false
		case p.now = <-p.next:
		case <-t.C:
			return true
		}
	}
}
