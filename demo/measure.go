package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"time"
)

// How often each thing is measured, unless the command line says otherwise.
const (
	measuredStops = 1000
	measuredEnds  = 50
)

// backedUp is how many patients the practice has that is backed up meanwhile: a backup
// of 400 MB, so that most stops fall into the middle of one.
const backedUp = 20_000

// measureSize is how often each thing is measured.
type measureSize struct {
	stops, ends int
	// backup: the store is that of a practice of so many patients, and nothing but stops
	// is measured: so many while it is backed up again and again, and as many while not,
	// at the pace of a treatment. Else stops are measured at both paces.
	backup   bool
	patients int
}

// The budgets of safety.md section 4, and of the issue for alarms.
const (
	budgetWrite    = 2 * time.Millisecond
	budgetOff      = 10 * time.Millisecond
	budgetKey      = 40 * time.Millisecond
	budgetNeedle   = 150 * time.Millisecond // the RF pen's descriptor: from a stop to the needle's return
	budgetKilledRF = 300 * time.Millisecond
	budgetKilled   = 500 * time.Millisecond
	budgetFrozenRF = 800 * time.Millisecond
	budgetFrozen   = 1000 * time.Millisecond
	budgetAlarm    = 200 * time.Millisecond
	budgetStatus   = 150 * time.Millisecond // older values are dimmed (section 6)
)

// mostNothing is the share of tries, one in so many, that may come to nothing
// without a standstill before the measuring is given up. Each is told, and makes
// the whole a failure: a lease that runs out in READY is one.
const mostNothing = 20

// errMissed means that something took longer than its budget.
var errMissed = errors.New("a budget is missed, or a try came to nothing")

// measurements are all lines of the table.
type measurements struct {
	write, off, key, needle figure
	killedRF, killedMotion  figure
	frozenRF, frozenMotion  figure
	alarm, sound            figure
	status                  figure

	aside *measurements // what was measured in turn with it
}

func newMeasurements() *measurements {
	return &measurements{
		write:        figure{what: "key callback to ESTOP written", target: budgetWrite},
		off:          figure{what: "ESTOP written to RF off, over the pty", target: budgetOff},
		key:          figure{what: "injected key to RF off", target: budgetKey},
		needle:       figure{what: "ESTOP written to the needle back", target: budgetNeedle, worst: true},
		killedRF:     figure{what: "console killed to RF off", target: budgetKilledRF, worst: true},
		killedMotion: figure{what: "console killed to motion off", target: budgetKilled, worst: true},
		frozenRF:     figure{what: "window frozen to RF off", target: budgetFrozenRF, worst: true},
		frozenMotion: figure{what: "window frozen to motion off", target: budgetFrozen, worst: true},
		alarm:        figure{what: "alarm condition to pixels on the screen", target: budgetAlarm},
		sound:        figure{what: "alarm condition to the first sample out of the device", target: budgetAlarm},
		status:       figure{what: "longest between two STATUS, in each stop", target: budgetStatus, worst: true},
	}
}

// The paces of the commits: what a drive does that needs 4 ms to make one durable, and
// what a treatment writes. Neither is the easier one: the first takes processor time, and
// with the second the threads of the program sleep when a stop comes. Where a drive
// answers in less, a loop without a pace commits thousands of times a second and measures
// a computer with one core less.
const (
	paceDrive     = 4 * time.Millisecond
	paceTreatment = 100 * time.Millisecond
)

// turn is how many stops are measured in one way before as many are in the other, so that
// both have the same computer.
const turn = 25

// way is one of two ways in which stops are measured in turn.
type way struct {
	command []string // to the rig
	says    string
}

// ways are the two. The second one's table stands apart.
func (s measureSize) ways() (first, second way) {
	if s.backup {
		return way{[]string{"backups", "on"}, "with backups"}, way{[]string{"backups", "off"}, "without a backup"}
	}
	return way{pace(paceDrive), "with as many commits as a drive can do"}, way{pace(paceTreatment), "with as many commits as a treatment makes"}
}

// paces are those of the commits, and what is not measured in two ways has the last.
func (s measureSize) paces() []time.Duration {
	if s.backup {
		return []time.Duration{paceTreatment}
	}
	return []time.Duration{paceTreatment, paceDrive}
}

// pace is the rig's command for a pace.
func pace(every time.Duration) []string {
	return []string{"pace", strconv.FormatInt(every.Milliseconds(), 10)}
}

// stops are the lines of what is measured in both ways.
func (m *measurements) stops() []*figure {
	return []*figure{&m.write, &m.off, &m.key, &m.needle, &m.status}
}

// all are the lines of the first table.
func (m *measurements) all(size measureSize) []*figure {
	if size.backup {
		return m.stops()
	}
	return []*figure{&m.write, &m.off, &m.key, &m.needle, &m.killedRF, &m.killedMotion, &m.frozenRF, &m.frozenMotion, &m.alarm, &m.sound, &m.status}
}

// measure measures safety.md section 4 on the console as it is, under load, on a
// virtual display with software GL and a simulated pen on a pseudo-terminal, and
// prints the table. errMissed: some of it took too long.
func measure(ctx context.Context, out io.Writer, size measureSize) (err error) {
	if runtime.GOOS != "linux" {
		return errors.New("this measures on Linux alone: it needs Xvfb and the clock that all processes share")
	}
	dir, err := os.MkdirTemp("", "stipple-measure-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	fmt.Fprintln(out, "Building penctl and the rig …")
	b := &bench{out: out, size: size, penctl: filepath.Join(dir, "penctl"), rigPath: filepath.Join(dir, "rig")}
	err = buildAll(ctx, target{b.penctl, "./device/penctl", "CGO_ENABLED=0"}, target{b.rigPath, "./demo/rig", "CGO_ENABLED=1"})
	if err != nil {
		return err
	}
	var still standstill
	watching, cancel := context.WithCancel(ctx)
	defer cancel()
	go still.watch(watching)
	begun := time.Now()
	m := newMeasurements()
	if err := b.open(ctx, dir); err != nil {
		return errors.Join(err, b.close())
	}
	err = b.measureAll(ctx, m, size)
	if err = errors.Join(err, b.close()); err != nil {
		return err
	}
	fmt.Fprintf(out, "\n%d stops in each of two ways, with RF on: a pulse of 1,000 ms at 1 W, trigger held; %d cores, load %s; %.0f s; longest standstill of this computer %s ms\n",
		len(m.off.values), runtime.NumCPU(), loadAverage(), time.Since(begun).Seconds(), ms(time.Duration(still.longest.Load())))
	fmt.Fprintf(out, "Load: %s\n", strings.Join(b.loads, "; "))
	if size.backup {
		fmt.Fprintf(out, "The practice's %d patients were backed up and read back %d times meanwhile\n", size.patients, b.backups)
	}
	fmt.Fprintf(out, "%d frames of the pen's live lane never came\n\n", b.missing)
	missed := table(out, m.all(size))
	_, second := size.ways()
	fmt.Fprintf(out, "\nIn turn with these, %d at a time, %s:\n", turn, second.says)
	missed += table(out, m.aside.stops())
	if b.nothing > 0 {
		fmt.Fprintf(out, "\n%d tries came to nothing, though nothing stood still; see above\n", b.nothing)
	}
	if missed+b.nothing > 0 || b.missing > 0 || size.backup && b.backups == 0 {
		return errMissed
	}
	return nil
}

// measureAll does the measuring, each kind in its turn.
func (b *bench) measureAll(ctx context.Context, m *measurements, size measureSize) error {
	for _, every := range size.paces() {
		if _, err := b.command(ctx, pace(every)...); err != nil {
			return err
		}
		if err := b.weighLoad(ctx); err != nil {
			return err
		}
	}
	if err := b.measureStops(ctx, m, size); err != nil || size.backup {
		return err
	}
	for _, part := range []struct {
		what string
		n    int
		once func(context.Context, *measurements) error
	}{{"alarms", size.stops, b.alarm}, {"frozen windows", size.ends, b.freeze}, {"killed consoles", size.ends, b.kill}} {
		if err := b.series(ctx, m, part.what, part.n, part.once); err != nil {
			return err
		}
	}
	return nil
}

// measureStops measures stops in both ways, and ends in the first.
func (b *bench) measureStops(ctx context.Context, m *measurements, size measureSize) error {
	m.aside = newMeasurements()
	first, second := size.ways()
	for left := size.stops; left > 0; left -= turn {
		for _, in := range []struct {
			way
			m *measurements
		}{{second, m.aside}, {first, m}} {
			if _, err := b.command(ctx, in.command...); err != nil {
				return err
			}
			if err := b.series(ctx, in.m, "stops "+in.says, min(turn, left), b.stop); err != nil {
				return err
			}
		}
	}
	return nil
}

// series measures one kind of thing so many times.
func (b *bench) series(ctx context.Context, m *measurements, what string, n int, once func(context.Context, *measurements) error) error {
	begun := time.Now()
	for done, nothing := 0, 0; done < n; {
		err := b.repeat(ctx, m, once)
		if err == nil {
			done++
			continue
		}
		if nothing++; nothing > 1+n/mostNothing || ctx.Err() != nil || b.rig != nil && !b.rig.running() {
			return fmt.Errorf("%s, number %d: %w", what, done+1, err)
		}
		b.nothing++
		fmt.Fprintf(b.out, "%s, number %d came to nothing, though nothing stood still: %v\n", what, done+1, err)
	}
	fmt.Fprintf(b.out, "%d %s in %.0f s\n", n, what, time.Since(begun).Seconds())
	return nil
}

// repeat measures once, and again if that came to nothing while this process,
// the rig or the pen stood still. A tip and a treatment are for some of them.
func (b *bench) repeat(ctx context.Context, m *measurements, once func(context.Context, *measurements) error) error {
	return againUnless(ctx, b.out, func(ctx context.Context) error {
		if b.rig == nil {
			if err := b.openRig(ctx); err != nil {
				return err
			}
		}
		b.from = b.pen.mark()
		if _, err := b.command(ctx, "counts"); err != nil {
			return err
		}
		if err := b.rest(ctx); err != nil {
			return err
		}
		if b.used == tipFor {
			if err := b.newTreatment(ctx); err != nil {
				return err
			}
		}
		b.used++
		err := once(ctx, m)
		if err != nil {
			b.used = tipFor // nothing is taken for granted after a failure
		}
		return err
	}, func() time.Duration {
		stood := b.pen.stood(b.from)
		if b.rig != nil {
			if l, err := b.command(ctx, "counts"); err == nil {
				stood = max(stood, l.Stood)
			}
		}
		return stood
	})
}

// loadAverage is the computer's, over one, five and fifteen minutes.
func loadAverage() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	fields := strings.Fields(string(text))
	return strings.Join(fields[:min(3, len(fields))], " ")
}
