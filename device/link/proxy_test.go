package link

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"
)

// got is bytes that came out of a line, and when.
type got struct {
	at    time.Duration
	bytes string
}

// rig is a proxy between two pipes. What arrives at its ends is collected.
type rig struct {
	t            *testing.T
	start        time.Time
	faults       *Faults
	proxy        *Proxy
	console, pen io.ReadWriteCloser
	ended        chan error
	cancel       context.CancelFunc

	mu      sync.Mutex
	arrived [directionCount][]got
	readers sync.WaitGroup
}

func script(t interface{ Fatal(...any) }, text string) Script {
	s, err := ParseScript(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// newRig runs a proxy with that script; it is called in a bubble.
func newRig(t *testing.T, text string, seed uint64) *rig {
	t.Helper()
	r := &rig{t: t, faults: NewFaults(ProxyConfig{Script: script(t, text), Seed: seed})}
	r.connect()
	r.start = time.Now()
	return r
}

func (r *rig) connect() {
	var toConsole, toPen io.ReadWriteCloser
	r.console, toConsole = Pipe()
	r.pen, toPen = Pipe()
	r.proxy = r.faults.Proxy(toPen, toConsole)
	ctx, cancel := context.WithCancel(context.Background())
	r.ended, r.cancel = make(chan error, 1), cancel
	go func() { r.ended <- r.proxy.Run(ctx) }()
}

// collect reads what arrives at both ends from now on.
func (r *rig) collect() {
	for d, end := range [directionCount]io.ReadWriteCloser{ToPen: r.pen, ToConsole: r.console} {
		r.readers.Go(func() {
			buf := make([]byte, 32768)
			for {
				n, err := end.Read(buf)
				r.mu.Lock()
				if n > 0 {
					r.arrived[d] = append(r.arrived[d], got{time.Since(r.start), string(buf[:n])})
				}
				r.mu.Unlock()
				if err != nil {
					return
				}
			}
		})
	}
}

// stop ends the proxy and returns what Run returned.
func (r *rig) stop() error {
	r.cancel()
	err := <-r.ended
	r.readers.Wait()
	return err
}

// bytes is all that arrived in a direction.
func (r *rig) bytes(d Direction) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var b strings.Builder
	for _, g := range r.arrived[d] {
		b.WriteString(g.bytes)
	}
	return b.String()
}

// frames is all that arrived in a direction between delimiters.
func (r *rig) frames(d Direction) []string {
	return strings.FieldsFunc(r.bytes(d), func(c rune) bool { return c == 0 })
}

func (r *rig) send(w io.Writer, s string) {
	r.t.Helper()
	mustWrite(r.t, w, s)
	synctest.Wait()
}

func frame(s string) string { return "\x00" + s + "\x00" }

// pause lets virtual time pass.
func pause(d time.Duration) { time.Sleep(d); synctest.Wait() }

func TestProxyWithoutFaultsIsALine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "", 1)
		r.collect()
		r.send(r.console, "half") // no delimiter: passes as it comes
		if got := r.bytes(ToPen); got != "half" {
			t.Errorf("pen has %q", got)
		}
		r.send(r.pen, frame("abc"))
		if got := r.bytes(ToConsole); got != frame("abc") {
			t.Errorf("console has %q", got)
		}
		if r.arrived[ToPen][0].at != 0 || r.arrived[ToConsole][0].at != 0 {
			t.Error("it took time")
		}
		if err := r.stop(); err != nil {
			t.Error(err)
		}
		want := ProxyStats{ToPen: Counts{BytesIn: 4, BytesOut: 4}, ToConsole: Counts{BytesIn: 5, BytesOut: 5, Frames: 1}}
		if s := r.faults.Stats(); s != want {
			t.Errorf("stats %+v", s)
		}
	})
}

// Each fault by itself, on the frames a, b and c that are sent 10 ms apart
// from 1 s on, to the pen.
func TestProxyFaults(t *testing.T) {
	for _, c := range []struct {
		script string
		want   []string
		check  func(Counts) bool
	}{
		{"", []string{"aaaa", "bbbb", "cccc"}, func(s Counts) bool { return s.Frames == 3 }},
		{"to-console drop 1", []string{"aaaa", "bbbb", "cccc"}, nil},
		{"to-pen drop 1", nil, func(s Counts) bool { return s.Dropped == 3 && s.BytesOut == 0 }},
		{"at 1005ms drop", []string{"aaaa", "cccc"}, func(s Counts) bool { return s.Dropped == 1 }},
		{"at 1010ms for 10ms drop", []string{"aaaa", "cccc"}, nil},
		{"at 0s every 20ms for 10ms drop", []string{"bbbb"}, nil},
		{"at 0s every 10ms drop", nil, nil},
		{"at 0s every 20ms drop", []string{"bbbb"}, nil},
		{"at 1s duplicate", []string{"aaaa", "aaaa", "bbbb", "cccc"}, func(s Counts) bool { return s.Duplicated == 1 }},
		{"at 1s reorder", []string{"bbbb", "aaaa", "cccc"}, func(s Counts) bool { return s.Reordered == 1 }},
		{"reorder 1", []string{"bbbb", "aaaa", "cccc"}, func(s Counts) bool { return s.Reordered == 2 }},
		{"at 1s truncate\nat 1010ms truncate\nat 1020ms truncate", nil, func(s Counts) bool { return s.Truncated == 3 && s.BytesOut < 18 }},
		{"at 1s flip", nil, func(s Counts) bool { return s.Flipped == 1 && s.BytesOut == 18 }},
		{"flip 1", nil, func(s Counts) bool { return s.Flipped == 18 && s.BytesOut == 18 }},
		{"garbage 1 1B", nil, func(s Counts) bool { return s.Garbage == 3 && s.BytesOut == 21 }},
		{"at 500ms garbage", nil, func(s Counts) bool { return s.Garbage > 0 && s.Garbage <= 64 && s.BytesOut == 18+s.Garbage }},
		{"at 1005ms for 3s stall write", []string{"aaaa"}, func(s Counts) bool { return s.BytesIn == 18 && s.BytesOut == 6 }},
		{"at 1005ms stall read", []string{"aaaa"}, func(s Counts) bool { return s.BytesIn == 6 }},
		{"at 1005ms for 100ms stall read", []string{"aaaa", "bbbb", "cccc"}, nil},
		{"at 1s for 10ms delay 20ms 1", []string{"aaaa", "bbbb", "cccc"}, func(s Counts) bool { return s.Delayed == 1 }},
	} {
		t.Run(c.script, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, c.script, 7)
				r.collect()
				pause(time.Second)
				for _, b := range []string{"aaaa", "bbbb", "cccc"} {
					r.send(r.console, frame(b))
					pause(10 * time.Millisecond)
				}
				pause(time.Second)
				if got := r.frames(ToPen); c.want != nil && !reflect.DeepEqual(got, c.want) {
					t.Errorf("arrived %q, want %q", got, c.want)
				}
				if s := r.faults.Stats().ToPen; c.check != nil && !c.check(s) {
					t.Errorf("stats %+v", s)
				}
				if err := r.stop(); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// When what arrives: the delay of each kind of waiting.
func TestProxyTimes(t *testing.T) {
	for _, c := range []struct {
		script string
		send   string
		want   []time.Duration // of each byte that arrives
	}{
		{"delay 30ms", "ab", []time.Duration{30 * time.Millisecond, 30 * time.Millisecond}},
		{"delay 30ms\nto-pen delay 5ms", "a", []time.Duration{35 * time.Millisecond}},
		{"drop 0.000001", "a", []time.Duration{holdLimit}},                // its end never comes
		{"drop 0.000001", "\x00", []time.Duration{holdLimit}},             // nor its beginning
		{"reorder 1", "a\x00", []time.Duration{reorderHold, reorderHold}}, // nothing overtakes it
		{"at 0s for 70ms stall write", "a", []time.Duration{70 * time.Millisecond}},
		{"at 0s for 70ms stall read", "a", []time.Duration{70 * time.Millisecond}},
		{"drop 0.000001", strings.Repeat("x", maxHeld+1), make([]time.Duration, maxHeld+1)}, // no frame is so long
		{"baud 1000", "abc", []time.Duration{10 * time.Millisecond, 20 * time.Millisecond, 30 * time.Millisecond}},
		{"baud 1000\ndelay 5ms", "ab", []time.Duration{15 * time.Millisecond, 25 * time.Millisecond}},
		{"baud 9600\nbaud 1000\nto-console baud 50", "a", []time.Duration{10 * time.Millisecond}},
	} {
		t.Run(c.script, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, c.script, 7)
				r.collect()
				r.send(r.console, c.send)
				pause(time.Second)
				var times []time.Duration
				for _, g := range r.arrived[ToPen] {
					for range g.bytes {
						times = append(times, g.at)
					}
				}
				if !reflect.DeepEqual(times, c.want) {
					t.Errorf("arrived after %v, want %v", times, c.want)
				}
				_ = r.stop()
			})
		})
	}
}

// Whatever the writes are, no stretch of time carries more than the line can,
// and a line that is busy loses no time.
func TestProxyBaud(t *testing.T) {
	for _, rate := range []int{9600, 115200, 1_000_000} {
		t.Run(fmt.Sprint(rate), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, fmt.Sprintf("baud %d\nreorder 0.2\nduplicate 0.1", rate), 3)
				r.collect()
				const all = 40_000
				sent := 0
				for n := 1; sent < all; n = n*7%263 + 1 {
					r.send(r.console, frame(strings.Repeat("x", n)))
					sent += n + 2
				}
				pause(2 * all * bitsPerByte * time.Second / time.Duration(rate))
				total, slice := 0, max(1, rate/bitsPerByte/1000)
				for i, g := range r.arrived[ToPen] {
					carried := 0
					for j := i; j >= 0 && j > i-200; j-- {
						from := r.arrived[ToPen][j]
						carried += len(from.bytes)
						// Bytes that end the stretch took their time before it began.
						room := int((g.at-from.at)*time.Duration(rate)/(bitsPerByte*time.Second)) + slice + 1
						if carried > room {
							t.Fatalf("%d bytes from %v to %v, at most %d", carried, from.at, g.at, room)
						}
					}
					total += len(g.bytes)
				}
				last := r.arrived[ToPen][len(r.arrived[ToPen])-1].at
				if least, most := lineTime(total, rate), lineTime(total, rate)+reorderHold+10*time.Millisecond; last < least || last > most {
					t.Errorf("%d bytes took %v, not %v to %v", total, last, least, most)
				}
				if s := r.faults.Stats().ToPen; s.BytesOut != uint64(total) || s.BytesIn != uint64(sent) {
					t.Errorf("stats %+v; sent %d, arrived %d", s, sent, total)
				}
				_ = r.stop()
			})
		})
	}
}

// A slow line and an end that does not read hold a driver's buffer and no more.
func TestProxyHoldsTheSenderBack(t *testing.T) {
	for _, c := range []struct {
		script string
		reads  bool
		least  int
		most   int
	}{
		{"", false, PipeCapacity, PipeCapacity + 3*driverBuffer},
		{"baud 50", true, driverBuffer, 3 * driverBuffer},
		{"stall read", true, 0, 0},
		{"stall write", true, flightLimit, flightLimit + 2*readBuffer},
		{"delay 1h", true, flightLimit, flightLimit + 2*readBuffer},
	} {
		t.Run(c.script, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, c.script, 1)
				if c.reads {
					r.collect()
				}
				go func() {
					for {
						if _, err := r.console.Write(make([]byte, 512)); err != nil {
							return
						}
					}
				}()
				pause(time.Second)
				if n := int(r.faults.Stats().ToPen.BytesIn); n < c.least || n > c.most {
					t.Errorf("took %d bytes, want %d to %d", n, c.least, c.most)
				}
				r.cancel()
				if err := <-r.ended; err != nil {
					t.Error(err)
				}
				_ = r.console.Close()
				_ = r.pen.Close()
			})
		})
	}
}

func TestProxyDisconnect(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "at 1s every 10s disconnect\nat 1s garbage 5B\nat 3s to-pen drop", 1)
		r.collect()
		pause(999 * time.Millisecond)
		r.send(r.console, frame("a"))
		pause(time.Millisecond)
		if err := <-r.ended; !errors.Is(err, ErrDisconnected) {
			t.Fatalf("run = %v", err)
		}
		r.readers.Wait()
		if _, err := r.console.Write([]byte{1}); err == nil {
			t.Error("the console's end is still open")
		}
		// Connected again, the script goes on: what was missed is not made up for.
		pause(12 * time.Second)
		r.connect()
		r.collect()
		r.send(r.console, frame("b"))
		r.send(r.console, frame("c"))
		if got := r.frames(ToPen); !reflect.DeepEqual(got[max(0, len(got)-1):], []string{"c"}) {
			t.Errorf("pen has %q", got)
		}
		pause(9 * time.Second)
		if err := <-r.ended; !errors.Is(err, ErrDisconnected) {
			t.Errorf("second run = %v", err)
		}
		if s := r.faults.Stats(); s.Disconnects != 2 || s.ToPen.Dropped != 1 {
			t.Errorf("stats %+v", s)
		}
		r.readers.Wait()
	})
}

func TestProxyDisconnectByChance(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "to-console disconnect 1", 1)
		r.collect()
		r.send(r.console, frame("a"))
		r.send(r.pen, frame("b"))
		if err := <-r.ended; !errors.Is(err, ErrDisconnected) {
			t.Errorf("run = %v", err)
		}
		if got := r.frames(ToPen); len(got) != 1 {
			t.Errorf("pen has %q", got)
		}
		r.readers.Wait()
	})
}

// An end that closes: what is on its way still arrives, then the other end is
// closed too, also where nothing is read because of a stall.
func TestProxyEndCloses(t *testing.T) {
	for text, want := range map[string]string{
		"": frame("last") + "half", "delay 100ms": frame("last") + "half", "baud 9600": frame("last") + "half",
		"reorder 1":                          "half" + frame("last"),
		"to-console stall read\ndelay 100ms": frame("last") + "half",
	} {
		t.Run(text, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, text, 1)
				r.collect()
				mustWrite(t, r.console, frame("last")+"half")
				if err := r.console.Close(); err != nil {
					t.Fatal(err)
				}
				if err := <-r.ended; !errors.Is(err, io.EOF) || !strings.Contains(err.Error(), "console's end") {
					t.Errorf("run = %v", err)
				}
				r.readers.Wait()
				if got := r.bytes(ToPen); got != want {
					t.Errorf("pen has %q", got)
				}
			})
		})
	}
}

// failing is an end whose writes fail while its reads wait.
type failing struct{ io.ReadWriteCloser }

var errBroken = errors.New("broken")

func (failing) Write([]byte) (int, error) { return 0, errBroken }

func TestProxyWriteFails(t *testing.T) {
	// The last stall begins when the proxy is already waiting for the pen.
	for _, text := range []string{"", "to-console stall read", "at 5ms to-console stall read"} {
		synctest.Test(t, func(t *testing.T) {
			console, toConsole := Pipe()
			pen, toPen := Pipe()
			p := NewProxy(failing{toPen}, toConsole, ProxyConfig{Script: script(t, text)})
			ended := make(chan error, 1)
			go func() { ended <- p.Run(context.Background()) }()
			pause(10 * time.Millisecond)
			mustWrite(t, pen, "y")
			synctest.Wait()
			mustWrite(t, console, "x")
			if err := <-ended; !errors.Is(err, errBroken) || !strings.Contains(err.Error(), "pen's end") {
				t.Errorf("run = %v", err)
			}
			if _, err := io.ReadAll(console); err != nil {
				t.Errorf("console reads %v", err)
			}
			_ = pen.Close()
		})
	}
}

func TestProxyRunsAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "", 1)
		r.collect()
		synctest.Wait()
		a, b := Pipe()
		if err := r.faults.Proxy(a, b).Run(context.Background()); !errors.Is(err, ErrRunning) {
			t.Errorf("second proxy = %v", err)
		}
		if _, err := a.Write([]byte{1}); err == nil {
			t.Error("its ends are open")
		}
		if err := r.stop(); err != nil {
			t.Error(err)
		}
	})
}

func TestProxySetScript(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "at 0s stall read\nat 9s disconnect", 1)
		r.collect()
		pause(3 * time.Second)
		r.send(r.console, frame("a"))
		if got := r.bytes(ToPen); got != "" {
			t.Errorf("pen has %q", got)
		}
		r.faults.SetScript(script(t, "at 3s to-pen drop\nat 4s disconnect"))
		synctest.Wait()
		if got := r.frames(ToPen); !reflect.DeepEqual(got, []string{"a"}) {
			t.Errorf("pen has %q", got)
		}
		pause(2999 * time.Millisecond)
		r.send(r.console, frame("b"))
		pause(time.Millisecond)
		r.send(r.console, frame("c"))
		if got := r.frames(ToPen); !reflect.DeepEqual(got, []string{"a", "b"}) {
			t.Errorf("pen has %q", got)
		}
		before := time.Now()
		if err := <-r.ended; !errors.Is(err, ErrDisconnected) || time.Since(before) != time.Second {
			t.Errorf("run = %v after %v", err, time.Since(before))
		}
		r.readers.Wait()
	})
}

// A frame that has begun to pass before a rule holds passes whole, and nothing
// lands in its middle.
func TestProxyLeavesBegunFrames(t *testing.T) {
	for _, c := range []struct {
		script string
		before string // sent at 0
		then   time.Duration
		want   string
	}{
		{"at 1s for 9s drop 1", "", time.Second, frame("begun")},
		{"drop 1", "", holdLimit + time.Millisecond, frame("begun")},
		{"at 0s for 5ms reorder 1", frame("late"), reorderHold + time.Millisecond, frame("begun") + frame("late")},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, c.script, 1)
			r.collect()
			r.send(r.console, c.before)
			pause(6 * time.Millisecond)
			r.send(r.console, "\x00beg")
			pause(c.then)
			r.send(r.console, "un\x00")
			pause(time.Second)
			if got := r.bytes(ToPen); got != c.want {
				t.Errorf("%s: pen has %q, want %q", c.script, got, c.want)
			}
			_ = r.stop()
		})
	}
}

// What has been delivered is not counted against what may be under way.
func TestProxyGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, "delay 1ms", 1)
		r.collect()
		piece := strings.Repeat("x", 4096)
		for range 3 * flightLimit / len(piece) {
			mustWrite(t, r.console, piece)
		}
		pause(time.Second)
		if n := len(r.bytes(ToPen)); n != 3*flightLimit {
			t.Errorf("%d bytes of %d", n, 3*flightLimit)
		}
		_ = r.stop()
	})
}

func TestProxyTap(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var told []string
		start := time.Now()
		r := &rig{t: t, start: start, faults: NewFaults(ProxyConfig{
			Script: script(t, "to-pen delay 5ms\nto-pen drop 0.0000001"),
			Tap: func(to Direction, at time.Time, b []byte) {
				mu.Lock()
				defer mu.Unlock()
				told = append(told, fmt.Sprintf("%v %v %x", to, at.Sub(start), b))
			},
		})}
		r.connect()
		r.collect()
		r.send(r.console, frame("a"))
		r.send(r.pen, "b")
		pause(time.Second)
		_ = r.stop()
		if want := []string{"to-console 0s 62", "to-pen 5ms 006100"}; !reflect.DeepEqual(told, want) {
			t.Errorf("told %q, want %q", told, want)
		}
	})
}

// passage is one random run: what arrives, and when.
func passage(t *testing.T, rules Script, seed uint64, sends []string, cuts int) (arrived [directionCount][]got, stats ProxyStats) {
	synctest.Test(t, func(t *testing.T) {
		r := &rig{t: t, faults: NewFaults(ProxyConfig{Script: rules, Seed: seed})}
		r.connect()
		r.start = time.Now()
		r.collect()
		for _, s := range sends {
			for _, w := range []io.Writer{r.console, r.pen} {
				for n := range cuts {
					part := s[len(s)*n/cuts : len(s)*(n+1)/cuts]
					if _, err := io.WriteString(w, part); err != nil {
						break // the script has disconnected
					}
					synctest.Wait()
				}
			}
			pause(7 * time.Millisecond)
		}
		pause(time.Minute)
		_ = r.stop()
		arrived, stats = r.arrived, r.faults.Stats()
	})
	return arrived, stats
}

// The same seed, script, bytes and times make the same faults, also where the
// bytes come in other pieces. A disconnect is left out: what travels at that
// very moment may or may not arrive.
func TestProxyIsRepeatable(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		rules := rapid.SliceOfN(ruleOf().Filter(func(r Rule) bool { return r.Fault != Disconnect }), 0, 6).Draw(rt, "rules")
		s, err := NewScript(rules...)
		if err != nil {
			rt.Fatal(err)
		}
		var sends []string
		for i := range rapid.IntRange(1, 40).Draw(rt, "sends") {
			sends = append(sends, frame(strings.Repeat(fmt.Sprintf("%02d", i), i+1)))
		}
		seed := rapid.Uint64().Draw(rt, "seed")
		first, stats := passage(t, s, seed, sends, 1)
		again, same := passage(t, s, seed, sends, 1)
		if !reflect.DeepEqual(first, again) || stats != same {
			rt.Fatalf("%v\n%+v\n%+v", s, stats, same)
		}
		_, cut := passage(t, s, seed, sends, 3)
		if cut != stats {
			rt.Fatalf("in pieces: %v\n%+v\n%+v", s, stats, cut)
		}
	})
}

// Without faults that spoil, every byte arrives, in order.
func TestProxyKeepsOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		rules := rapid.SliceOfN(ruleOf().Filter(func(r Rule) bool {
			return r.Fault == Baud || r.Fault == Delay || r.Fault == Jitter || r.For > 0 && r.Every == 0 && !r.event()
		}), 0, 6).Draw(rt, "rules")
		s, err := NewScript(rules...)
		if err != nil {
			rt.Fatal(err)
		}
		sends := rapid.SliceOfN(rapid.StringN(1, 300, 600), 1, 30).Draw(rt, "sends")
		arrived, _ := passage(t, s, 1, sends, 2)
		want := strings.Join(sends, "")
		for d, list := range arrived {
			var b bytes.Buffer
			for _, g := range list {
				b.WriteString(g.bytes)
			}
			if b.String() != want {
				rt.Fatalf("%v: %v has %d bytes of %d", s, Direction(d), b.Len(), len(want))
			}
		}
	})
}
