package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
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

// weighFor is how long the load is weighed in READY.
const weighFor = 3 * time.Second

// bench is a rig, a pen, a keyboard and a hand.
type bench struct {
	out             io.Writer
	penctl, rigPath string
	screen          *display
	memory          *os.File // the display's pixels
	dir             string
	env             []string
	pen             *pen
	hand            *handSocket
	speaker         *loudspeaker
	keys            *keyboard
	escape          byte
	rig             *process // nil: none runs
	used            int      // of tip and treatment
	lifted          time.Time
	from            int    // line of the pen's log where what is measured now began
	nothing         int    // tries that came to nothing
	quiet           []byte // the alarm band without an alarm
	load            string
	size            measureSize
	backups         int64 // so far
	missing         int64 // frames of the live lane
}

// open opens display, pen and rig.
func (b *bench) open(ctx context.Context, dir string) (err error) {
	b.dir = dir
	if b.screen, err = openDisplay(ctx, dir); err != nil {
		return err
	}
	if b.memory, err = os.Open(b.screen.memory); err != nil {
		return err
	}
	if b.keys, err = openKeyboard(b.screen); err != nil {
		return err
	}
	if b.escape, err = b.keys.code(escapeSymbol); err != nil {
		return err
	}
	b.pen = &pen{penctl: b.penctl, link: dir + "/pen"}
	if err := b.pen.startWith(ctx); err != nil {
		return err
	}
	if b.hand, err = dialHand(b.pen.link); err != nil {
		return err
	}
	if b.env, err = home(b.screen, dir); err != nil {
		return err
	}
	var config string
	if b.speaker, config, err = openLoudspeaker(dir); err != nil {
		return err
	}
	b.env = append(b.env, "ALSA_CONFIG_PATH="+config)
	return b.openRig(ctx)
}

// close ends whatever was opened.
func (b *bench) close() error {
	var all error
	if b.rig != nil {
		all = errors.Join(all, b.rig.end())
	}
	if b.speaker != nil {
		all = errors.Join(all, b.speaker.close())
	}
	if b.hand != nil {
		all = errors.Join(all, b.hand.close())
	}
	if b.pen != nil && b.pen.proc != nil {
		all = errors.Join(all, b.pen.proc.end())
	}
	if b.keys != nil {
		all = errors.Join(all, b.keys.close())
	}
	if b.memory != nil {
		all = errors.Join(all, b.memory.Close())
	}
	if b.screen != nil {
		all = errors.Join(all, b.screen.close())
	}
	return all
}

// openRig starts a rig and brings it to applied settings on a fresh tip.
func (b *bench) openRig(ctx context.Context) error {
	args := []string{"--port", b.pen.link}
	if b.size.backup {
		folder, err := os.MkdirTemp(b.dir, "practice-")
		if err != nil {
			return err
		}
		args = append(args, "--backups", folder, "--patients", strconv.Itoa(b.size.patients))
	}
	rig, err := launch{name: "rig", path: b.rigPath, env: b.env, talk: true, args: args}.start()
	if err != nil {
		return err
	}
	b.rig = rig
	limit, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	window := &person{env: b.env}
	if err := window.find(limit, rig.cmd.Process.Pid); err != nil {
		return fmt.Errorf("no window: %w%s", err, rig.lastWords())
	}
	return b.newTreatment(ctx)
}

// newTreatment ends the treatment and prepares the next one with a fresh tip.
func (b *bench) newTreatment(ctx context.Context) error {
	b.used = 0
	if _, err := b.command(ctx, "end"); err != nil {
		return err
	}
	tip, err := b.hand.freshTip()
	if err != nil {
		return err
	}
	_, err = b.command(ctx, "prepare", tip)
	return err
}

// rest brings pen and hand to rest, whatever was before.
func (b *bench) rest(ctx context.Context) error {
	if err := errors.Join(b.hand.trigger(false), b.hand.contact(false)); err != nil {
		return err
	}
	b.lifted = time.Now()
	_, err := b.command(ctx, "rest")
	return err
}

// rigLine is a line of the rig: an event, or the answer to a command.
type rigLine struct {
	Event     string        `json:"event"`
	Done      string        `json:"done"`
	Error     string        `json:"error"`
	Mono      time.Duration `json:"mono_ns"`
	Until     time.Duration `json:"until_ns"`
	Redraws   int64         `json:"redraws"`
	Records   int64         `json:"records"`
	Downloads int64         `json:"downloads"`
	Commits   int64         `json:"commits"`
	Backups   int64         `json:"backups"`
	Missing   int64         `json:"missing"`
	Stood     time.Duration `json:"stood_ns"`
	Silent    time.Duration `json:"silent_ns"`
}

// await waits for a line of the rig.
func (b *bench) await(ctx context.Context, from int, what string, ok func(rigLine) bool) (l rigLine, err error) {
	limit, cancel := context.WithTimeout(ctx, 2*reactLimit) // the rig gives up first, and says more
	defer cancel()
	_, _, err = b.rig.out.find(limit, from, func(text []byte) bool {
		l = rigLine{}
		return json.Unmarshal(text, &l) == nil && ok(l)
	})
	if err != nil {
		return l, fmt.Errorf("rig: %s: %w%s", what, err, b.rig.lastWords())
	}
	return l, nil
}

// event waits for an event of the rig.
func (b *bench) event(ctx context.Context, from int, name string) (rigLine, error) {
	return b.await(ctx, from, name, func(l rigLine) bool { return l.Event == name })
}

// command gives the rig a command and waits until it is done.
func (b *bench) command(ctx context.Context, words ...string) (rigLine, error) {
	from := b.rig.out.count()
	if _, err := io.WriteString(b.rig.in, strings.Join(words, " ")+"\n"); err != nil {
		return rigLine{}, fmt.Errorf("rig: %w%s", err, b.rig.lastWords())
	}
	l, err := b.await(ctx, from, words[0], func(l rigLine) bool { return l.Done == words[0] })
	if err == nil && l.Error != "" {
		err = fmt.Errorf("rig: %s: %s", words[0], l.Error)
	}
	return l, err
}

// weighLoad says what the load is while the pen is READY.
func (b *bench) weighLoad(ctx context.Context) error {
	if _, err := b.command(ctx, "arm"); err != nil {
		return err
	}
	before, err := b.command(ctx, "counts")
	if err != nil {
		return err
	}
	if err := pause(ctx, weighFor); err != nil {
		return err
	}
	after, err := b.command(ctx, "counts")
	if err != nil {
		return err
	}
	per := func(n int64) float64 { return float64(n) / (after.Mono - before.Mono).Seconds() }
	b.load = fmt.Sprintf("in READY %.1f redraws, %.0f records of the pen's log and %.0f commits of the store a second",
		per(after.Redraws-before.Redraws), per(after.Records-before.Records), per(after.Commits-before.Commits))
	fmt.Fprintln(b.out, "Load:", b.load)
	if after.Redraws == before.Redraws || after.Records == before.Records || after.Commits == before.Commits {
		return errors.New("a part of the load does not run")
	}
	return nil
}

// pause waits for the length of a gesture.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

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
