package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// tipFor is how many times one tip and one treatment are used: a tip has 800
// uses, and a record that grows for ever would not be what a console writes.
const tipFor = 50

// The moments at which something happens to a pulse of 1,000 ms are spread over
// this, so that they fall on every phase of redraw, STATUS and lease.
const (
	stopSpread = 100 * time.Millisecond
	killSpread = 400 * time.Millisecond
)

// freezeFor is how long the window's thread is held: longer than the budget.
const freezeFor = 1500 * time.Millisecond

// fire arms the pen, puts it on the skin, pulls the trigger and waits until RF
// has been on for a while of random length. It returns the place in the pen's
// log behind that.
func (b *bench) fire(ctx context.Context, spread time.Duration) (next int, err error) {
	if _, err := b.command(ctx, "arm"); err != nil {
		return 0, err
	}
	if err := pause(ctx, time.Until(b.lifted.Add(liftTime))); err != nil { // else it is the same spot
		return 0, err
	}
	from := b.pen.mark()
	if err := errors.Join(b.hand.contact(true), b.hand.trigger(true)); err != nil {
		return 0, err
	}
	_, _, next, err = b.pen.until(ctx, reactLimit, "RF on", from, func(o output) bool { return o.RF })
	if err != nil {
		return 0, err
	}
	return next, pause(ctx, rand.N(spread))
}

// dark waits for RF and then for the needle to be off, and refuses a pulse that
// has ended by itself.
func (b *bench) dark(ctx context.Context, from int) (rf, motion output, err error) {
	rf, _, next, err := b.pen.until(ctx, reactLimit, "RF off", from, func(o output) bool { return !o.RF })
	if err != nil {
		return rf, motion, err
	}
	switch rf.Cause {
	case "estop", "lease", "disarm":
	default:
		return rf, motion, fmt.Errorf("RF went off because of %q: it proves nothing; the pen's log says%s", rf.Cause, b.pen.tail())
	}
	if !rf.Motion {
		return rf, rf, nil
	}
	motion, _, _, err = b.pen.until(ctx, reactLimit, "the needle back", next, func(o output) bool { return !o.Motion })
	return rf, motion, err
}

// stop presses Escape while RF is on.
func (b *bench) stop(ctx context.Context, m *measurements) error {
	from, err := b.fire(ctx, stopSpread)
	if err != nil {
		return err
	}
	mark := b.rig.out.count()
	pressed := monotonic()
	if err := b.keys.key(b.escape, true); err != nil {
		return err
	}
	rf, motion, err := b.dark(ctx, from)
	if err = errors.Join(err, b.keys.key(b.escape, false)); err != nil {
		return err
	}
	if rf.Cause != "estop" {
		return fmt.Errorf("RF went off because of %q, want the stop; the pen's log says%s", rf.Cause, b.pen.tail())
	}
	key, err := b.event(ctx, mark, "key")
	if err != nil {
		return err
	}
	sent, err := b.event(ctx, mark, "stop")
	if err != nil {
		return err
	}
	// Each from the earliest to the latest moment that it may be counted from
	// and to: the write lies in both of the first two.
	counts, err := b.command(ctx, "counts")
	if err != nil {
		return err
	}
	b.backups, b.missing = counts.Backups, max(b.missing, counts.Missing)
	m.status.add(counts.Silent)
	m.write.add(sent.Until - key.Mono)
	m.off.add(rf.Mono - sent.Mono)
	m.key.add(rf.Mono - pressed)
	m.needle.add(motion.Mono - sent.Mono)
	return nil
}

// freeze holds the window's thread while RF is on.
func (b *bench) freeze(ctx context.Context, m *measurements) error {
	from, err := b.fire(ctx, stopSpread)
	if err != nil {
		return err
	}
	mark := b.rig.out.count()
	if _, err := b.command(ctx, "freeze", fmt.Sprint(freezeFor.Milliseconds())); err != nil {
		return err
	}
	frozen, err := b.event(ctx, mark, "frozen")
	if err != nil {
		return err
	}
	rf, motion, err := b.dark(ctx, from)
	if err != nil {
		return err
	}
	m.frozenRF.add(rf.Mono - frozen.Mono)
	m.frozenMotion.add(motion.Mono - frozen.Mono)
	if _, err = b.event(ctx, mark, "thawed"); err != nil {
		return err
	}
	_, err = b.command(ctx, "redraw") // the window is alive again
	return err
}

// kill kills the console while RF is on.
func (b *bench) kill(ctx context.Context, m *measurements) error {
	from, err := b.fire(ctx, killSpread)
	if err != nil {
		return err
	}
	killed := monotonic()
	b.rig.kill()
	b.rig = nil
	rf, motion, err := b.dark(ctx, from)
	if err != nil {
		return err
	}
	if rf.Cause != "lease" {
		return fmt.Errorf("RF went off because of %q, want the lease", rf.Cause)
	}
	m.killedRF.add(rf.Mono - killed)
	m.killedMotion.add(motion.Mono - killed)
	return nil
}

// The row of the screen on which the alarm band is looked at: its middle, left of
// whatever stands at its right end.
const (
	bandRow          = 74
	bandFrom, bandTo = 120, 900
)

// band reads the row of the alarm band off the display's memory.
func (b *bench) band() ([]byte, error) {
	info, err := b.memory.Stat()
	if err != nil {
		return nil, err
	}
	row := make([]byte, 4*(bandTo-bandFrom))
	at := info.Size() - 4*screenWidth*screenHeight + 4*(bandRow*screenWidth+bandFrom)
	_, err = b.memory.ReadAt(row, at)
	return row, err
}

// bandUntil looks at the band every half millisecond until it is so.
func (b *bench) bandUntil(ctx context.Context, what string, so func([]byte) bool) error {
	limit, cancel := context.WithTimeout(ctx, reactLimit)
	defer cancel()
	look := time.NewTicker(time.Millisecond / 2)
	defer look.Stop()
	for {
		row, err := b.band()
		if err != nil || so(row) {
			return err
		}
		select {
		case <-look.C:
		case <-limit.Done():
			return fmt.Errorf("the alarm band never %s: %w", what, context.Cause(limit))
		}
	}
}

// alarm makes the tip read 60 °C too hot while the pen is READY, and waits until
// the alarm stands on the screen and is heard.
func (b *bench) alarm(ctx context.Context, m *measurements) error {
	const fault = "over_temperature"
	if _, err := b.command(ctx, "arm"); err != nil {
		return err
	}
	if b.quiet == nil {
		if err := pause(ctx, settled); err != nil {
			return err
		}
		var err error
		if b.quiet, err = b.band(); err != nil {
			return err
		}
	}
	same := func(row []byte) bool { return slices.Equal(row, b.quiet) }
	if err := b.bandUntil(ctx, "was quiet", same); err != nil {
		return err
	}
	if err := b.speaker.silent(ctx); err != nil {
		return err
	}
	heard := b.speaker.listen()
	begun := monotonic()
	err := b.hand.fault(fault, true)
	if err == nil {
		err = b.bandUntil(ctx, "showed an alarm", func(row []byte) bool { return !same(row) })
	}
	seen := monotonic()
	var sounded time.Duration
	if err == nil {
		limit, cancel := context.WithTimeout(ctx, reactLimit)
		defer cancel()
		select {
		case sounded = <-heard:
		case <-limit.Done():
			err = fmt.Errorf("the alarm was never heard: %w", context.Cause(limit))
		}
	}
	if err == nil { // the state comes a moment behind the alarm
		_, err = b.command(ctx, "fault")
	}
	if err = errors.Join(err, b.hand.fault(fault, false)); err != nil {
		return err
	}
	m.alarm.add(seen - begun)
	m.sound.add(sounded - begun)
	return nil
}
