package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"stipple/app/ui/trace"
	"stipple/device"
	"stipple/device/serialport"
	"stipple/device/sim/ptyport"
	"stipple/protocol"
)

// The storm of the test: how many EVENT a second, and how often they are put on
// the line.
const (
	stormRate  = 10_000
	stormEvery = time.Millisecond
	// stormGrave is after how much of the storm the one alarm of high priority
	// comes, once.
	stormGrave = time.Second
	// stormLasts is how long READY has to outlive it.
	stormLasts = 4 * time.Second
)

// stormLine lies between a pen and a console: what the pen says passes, and
// while a storm blows EVENT after EVENT stands between it, numbered as the pen's
// own.
type stormLine struct {
	pen     io.ReadWriteCloser
	console *ptyport.Port
	ended   sync.WaitGroup
	quit    chan struct{}
	said    atomic.Int64 // EVENT of the storm

	mu      sync.Mutex
	session uint32
	extra   uint16 // live frames that the pen did not send
	seq     uint16 // of its newest live frame
	blows   bool
	since   time.Time
	grave   bool
}

func openStorm(port, dir string) (*stormLine, string, error) {
	path := filepath.Join(dir, "storm")
	// The handpiece is where it was.
	if err := os.Symlink(port+".ctl", path+".ctl"); err != nil {
		return nil, "", err
	}
	pen, err := serialport.Open(device.Port{Path: port}, 0)
	if err != nil {
		return nil, "", err
	}
	console, err := ptyport.Open(path)
	if err != nil {
		return nil, "", errors.Join(err, pen.Close())
	}
	l := &stormLine{pen: pen, console: console, quit: make(chan struct{})}
	for _, run := range []func(){l.toPen, l.toConsole, l.storm} {
		l.ended.Go(run)
	}
	return l, path, nil
}

// Close ends the line.
func (l *stormLine) Close() error {
	close(l.quit)
	err := errors.Join(l.pen.Close(), l.console.Close())
	l.ended.Wait()
	return err
}

func (l *stormLine) toPen() {
	buf := make([]byte, 4096)
	for {
		n, err := l.console.Read(buf)
		if n > 0 {
			if _, err := l.pen.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func (l *stormLine) toConsole() {
	var dec protocol.Decoder
	buf := make([]byte, 4096)
	for {
		n, err := l.pen.Read(buf)
		for in := buf[:n]; len(in) > 0; {
			f, rest, derr := dec.Next(in)
			if in = rest; derr == nil {
				l.pass(f)
			}
		}
		if err != nil {
			return
		}
	}
}

// pass hands a frame of the pen on. Those of the live lane get the numbers that
// the console expects.
func (l *stormLine) pass(f protocol.Frame) {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := f.Header
	if h.Session != l.session && h.Lane != protocol.LaneStop {
		l.session, l.extra = h.Session, 0
	}
	if h.Lane == protocol.LaneLive {
		h.Seq += l.extra
		l.seq = h.Seq
	}
	_, _ = l.console.Write(protocol.AppendFrame(nil, h, f.Payload))
}

// blow begins or ends the storm.
func (l *stormLine) blow(on bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.blows, l.since, l.grave = on, time.Now(), false
}

func (l *stormLine) storm() {
	tick := time.NewTicker(stormEvery)
	defer tick.Stop()
	told := 0
	for {
		select {
		case <-l.quit:
			return
		case <-tick.C:
		}
		l.mu.Lock()
		if !l.blows {
			told = 0
			l.mu.Unlock()
			continue
		}
		due := int(time.Since(l.since).Seconds() * stormRate)
		var out []byte
		for ; told < due; told++ {
			l.extra++
			l.seq++
			out = protocol.Append(out, protocol.Header{Lane: protocol.LaneLive, Session: l.session, Seq: l.seq}, l.next(told))
		}
		l.mu.Unlock()
		if _, err := l.console.Write(out); err != nil {
			return
		}
		l.said.Store(int64(told))
	}
}

// next is what the storm says: information, warnings and alarms of low and
// medium priority in turn, and once the alarm of high priority. The codes are
// those of the simulated pens' descriptor.
func (l *stormLine) next(n int) *protocol.Event {
	const overTemperature, power, tipNearEnd, batteryLow = 2, 5, 11, 12
	e := &protocol.Event{Index: 1_000_000 + uint32(n), Code: protocol.EventAlarm, Level: protocol.LevelWarning}
	if !l.grave && time.Since(l.since) > stormGrave {
		l.grave = true
		e.Level, e.Args = protocol.LevelError, [2]int32{overTemperature, 6700}
		return e
	}
	switch n % 4 {
	case 0:
		e.Args = [2]int32{tipNearEnd, int32(n)}
	case 1:
		e.Args = [2]int32{batteryLow, int32(n % 100)}
	case 2:
		e.Args = [2]int32{power, int32(n)}
	default:
		e.Code, e.Level = protocol.EventContact, protocol.LevelInfo
	}
	return e
}

// TestAlarmStorm floods the console with 10,000 EVENT a second while the pen is
// READY: the lease goes on, which proves that the window's thread is alive; the
// one alarm of high priority among them is what the window shows; and Esc
// stops.
func TestAlarmStorm(t *testing.T) {
	out := testWriter{t}
	err := again(t.Context(), out, func(ctx context.Context) error {
		p := &play{out: out, begun: time.Now(), pictures: os.Getenv("STIPPLE_TEST_PICTURES")}
		var line *stormLine
		p.between = func(port, dir string) (path string, _ io.Closer, err error) {
			line, path, err = openStorm(port, dir)
			return path, line, err
		}
		err := p.on(ctx, built.programs, shortDir(t), func(ctx context.Context) error { return p.stormed(ctx, line) })
		return errors.Join(err, p.keep())
	})
	if err != nil {
		t.Error(err)
	}
}

func (p *play) stormed(ctx context.Context, line *stormLine) error {
	if err := p.armed(ctx); err != nil {
		return err
	}
	from := p.pen.mark()
	line.blow(true)
	blown := time.Now()
	high := func(s trace.Snapshot) bool { return text(s, "too hot") != "" }
	if _, err := p.w.until(ctx, reactLimit, "the alarm of high priority", high); err != nil {
		return err
	}
	p.say("the alarm of high priority is shown %v into the storm", time.Since(blown).Round(time.Millisecond))
	over := time.NewTimer(time.Until(blown.Add(stormLasts)))
	defer over.Stop()
	select {
	case <-over.C:
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := p.shoot(ctx, "alarm-storm"); err != nil {
		return err
	}
	s, err := p.w.now()
	if err != nil {
		return err
	}
	if s.States["chip"] != "READY" {
		return fmt.Errorf("the storm ended READY: the chip says %s", s.States["chip"])
	}
	if !high(s) {
		return fmt.Errorf("the alarm of high priority is hidden: %s", describe(s))
	}
	pressed := time.Now()
	if err := p.w.key(ctx, "Escape"); err != nil {
		return err
	}
	if _, _, _, err := p.pen.until(ctx, reactLimit, "ESTOP", from, func(o output) bool { return o.State == "ESTOP" }); err != nil {
		return err
	}
	p.say("stopped %v after Esc was sent, %d EVENT into the storm", time.Since(pressed).Round(time.Millisecond), line.said.Load())
	if err := p.w.state(ctx, reactLimit, "chip", "ESTOP"); err != nil {
		return err
	}
	line.blow(false)
	if n := line.said.Load(); n < stormRate*int64(stormLasts/time.Second)/2 {
		return fmt.Errorf("only %d EVENT were taken: the storm was none", n)
	}
	return nil
}
