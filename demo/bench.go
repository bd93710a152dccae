package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"
)

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
	loads           []string
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
	paces := b.size.paces()
	if _, err := b.command(ctx, pace(paces[len(paces)-1])...); err != nil {
		return err
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
	if err := b.rest(ctx); err != nil {
		return err
	}
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
	load := fmt.Sprintf("in READY %.1f redraws, %.0f records of the pen's log and %.0f commits of the store a second",
		per(after.Redraws-before.Redraws), per(after.Records-before.Records), per(after.Commits-before.Commits))
	fmt.Fprintln(b.out, "Load:", load)
	b.loads = append(b.loads, load)
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
