package conformance_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"stipple/device/link"
	"stipple/device/sim"
	"stipple/device/sim/benchhand"
	"stipple/protocol"
	"stipple/protocol/conformance"
)

// Without Energy, and with a hand that would pull, no output ever comes of a
// run: a probe at the pen's outputs says so.
func TestNoEnergyUnlessAsked(t *testing.T) {
	for _, model := range []sim.Model{sim.N1, sim.R1} {
		synctest.Test(t, func(t *testing.T) {
			var mu sync.Mutex
			outputs := 0
			pen, err := sim.New(sim.Config{Model: model, Seed: 1, Observe: func(c sim.Change) {
				mu.Lock()
				defer mu.Unlock()
				if c.RF || c.Motion || c.PeakDepthUM > 0 || c.EnergyUJ > 0 {
					outputs++
				}
			}})
			if err != nil {
				t.Fatal(err)
			}
			live(t, pen)
			report, err := conformance.Run(t.Context(), conformance.Config{Dial: dial(pen, nil), Hand: benchhand.New(pen.Hand())})
			if err != nil || report.Count(conformance.Failed) != 0 {
				t.Errorf("%s: %v fail, error %v", model, failedCases(report), err)
			}
			for _, r := range report.Results {
				if r.Case.Needs&conformance.NeedEnergy != 0 && r.Outcome != conformance.NotRun {
					t.Errorf("%s: %s was run", model, r.Case.Name)
				}
			}
			mu.Lock()
			defer mu.Unlock()
			if outputs != 0 {
				t.Errorf("%s: %d changes with an output", model, outputs)
			}
		})
	}
}

// talk is a console of few words: it sends one message at a time.
type talk struct {
	t    *testing.T
	rw   io.ReadWriteCloser
	dec  protocol.Decoder
	left []byte
	id   uint32
	seq  [protocol.LaneCount]uint16
}

func (c *talk) ask(m protocol.Message) protocol.Message {
	c.t.Helper()
	h := protocol.Header{Session: c.id, Seq: c.seq[m.Type().Lane()]}
	c.seq[m.Type().Lane()]++
	if _, err := c.rw.Write(protocol.Append(nil, h, m)); err != nil {
		c.t.Fatal(err)
	}
	return c.until(func(f protocol.Frame) bool { return f.Flags&protocol.HasAck != 0 })
}

func (c *talk) until(is func(protocol.Frame) bool) protocol.Message {
	c.t.Helper()
	for {
		f, rest, err := c.dec.Next(c.left)
		c.left = rest
		if err == nil && is(f) {
			m, err := protocol.Decode(f)
			if err != nil {
				c.t.Fatal(err)
			}
			return m
		}
		if errors.Is(err, protocol.ErrIncomplete) {
			buf := make([]byte, 1024)
			n, err := c.rw.Read(buf)
			if err != nil {
				c.t.Fatal(err)
			}
			c.left = buf[:n]
		}
	}
}

func (c *talk) hello(nonce uint64) *protocol.HelloAck {
	c.id, c.seq = 0, [protocol.LaneCount]uint16{}
	ack, ok := c.ask(&protocol.Hello{MajorMin: 1, MajorMax: 1, Nonce: nonce}).(*protocol.HelloAck)
	if !ok {
		c.t.Fatal("no HELLO_ACK")
	}
	c.id, c.seq = ack.Session, [protocol.LaneCount]uint16{}
	return ack
}

func (c *talk) status() *protocol.Status {
	return c.until(func(f protocol.Frame) bool { return f.Type == protocol.TypeStatus && f.Session == c.id }).(*protocol.Status)
}

// console opens a session with the pen as somebody else's program would.
func console(t *testing.T, pen *sim.Pen) *talk {
	near, far := link.Pipe()
	pen.Attach(far)
	t.Cleanup(func() { _ = near.Close() })
	c := &talk{t: t, rw: near}
	time.Sleep(200 * time.Millisecond) // the self-test, of virtual time
	c.hello(1)
	return c
}

var rfValues = []int32{1500, 60, 12_000, 100}

// set puts an envelope for rfValues and the values themselves.
func (c *talk) set() *protocol.SettingsReply {
	e := protocol.Envelope{DosePerPin: 120_000, PulsesPerSpot: 1, Pins: 25}
	m := &protocol.PutSettings{Generation: 1, Role: protocol.RoleClinician}
	for i, v := range rfValues {
		e.Ranges = append(e.Ranges, protocol.Range{Index: uint8(i), Min: v, Max: v})
		m.Fields = append(m.Fields, protocol.Field{Index: uint8(i), Value: v})
	}
	c.ask(&protocol.PutEnvelope{Envelope: e, Role: protocol.RoleClinician})
	r, ok := c.ask(m).(*protocol.SettingsReply)
	if !ok || !r.Applied {
		c.t.Fatalf("PUT_SETTINGS: %+v", r)
	}
	return r
}

// The settings that were active are active again, and where none were there are
// none; the pen is in STANDBY with nothing confirmed.
func TestPenIsLeftAsItWas(t *testing.T) {
	for _, active := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			pen := bench(t, sim.R1)
			c := console(t, pen)
			if active {
				c.set()
			}
			before := c.ask(&protocol.GetSettings{}).(*protocol.SettingsReply)
			report, err := conformance.Run(t.Context(), conformance.Config{Dial: dial(pen, nil), Only: "range/*,arm/*,stop/*"})
			if err != nil || report.Count(conformance.Failed) != 0 || len(report.Left) == 0 {
				t.Fatalf("%v fail, left %q, error %v", failedCases(report), report.Left, err)
			}
			c = console(t, pen)
			after := c.ask(&protocol.GetSettings{}).(*protocol.SettingsReply)
			if after.Applied != active || !slices.Equal(after.Values, before.Values) {
				t.Errorf("%+v in place of %+v", after, before)
			}
			if s := c.status(); s.State != protocol.StateStandby || s.Flags&protocol.FlagSettings != 0 {
				t.Errorf("left in %+v", s)
			}
		})
	}
}

// A run that is interrupted in READY leaves the pen in STANDBY, with its
// settings.
func TestInterruptedRunPutsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pen := bench(t, sim.R1)
		console(t, pen).set()
		ctx, cancel := context.WithCancel(t.Context())
		report, err := conformance.Run(ctx, conformance.Config{
			Dial: dial(pen, nil), Only: "lease/keeps-ready",
			Begin: func(conformance.Case) { time.AfterFunc(time.Second, cancel) },
		})
		if !errors.Is(err, context.Canceled) || len(report.Results) != 0 {
			t.Fatalf("%+v, error %v", report.Results, err)
		}
		c := console(t, pen)
		after := c.ask(&protocol.GetSettings{}).(*protocol.SettingsReply)
		if s := c.status(); s.State != protocol.StateStandby || !after.Applied || !slices.Equal(after.Values, rfValues) {
			t.Errorf("left in %+v with %+v", s, after)
		}
	})
}

// What the suite would destroy it refuses, and leaves as it is.
func TestRunRefuses(t *testing.T) {
	for _, c := range []struct {
		name string
		want error
		set  func(t *testing.T, pen *sim.Pen)
		left protocol.State
	}{
		{"a pen that somebody has armed", conformance.ErrRefused, func(t *testing.T, pen *sim.Pen) {
			k := console(t, pen)
			hash := k.set().Hash
			m := &protocol.Arm{CommandID: 7, SettingsHash: hash, NotAfter: k.status().Clock.Add(400 * time.Millisecond), TreatmentID: [16]byte{1}, Role: protocol.RoleClinician}
			if r := k.ask(m).(*protocol.Result); r.Outcome != protocol.OutcomeDone {
				t.Fatalf("%+v", r)
			}
		}, protocol.StateStandby}, // its lease ends meanwhile
		{"a latched fault", conformance.ErrRefused, func(t *testing.T, pen *sim.Pen) {
			time.Sleep(time.Second)
			if err := pen.Hand().Fault(sim.SwitchOverTemperature, true); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Second)
		}, protocol.StateFault},
		{"a latched ESTOP", conformance.ErrRefused, func(t *testing.T, pen *sim.Pen) {
			k := console(t, pen)
			if _, err := k.rw.Write(protocol.Append(nil, protocol.Header{}, &protocol.Stop{Nonce: 1})); err != nil {
				t.Fatal(err)
			}
			k.until(func(f protocol.Frame) bool { return f.Type == protocol.TypeStopped })
		}, protocol.StateStopped},
		{"a trigger that is held", conformance.ErrRefused, func(t *testing.T, pen *sim.Pen) {
			if err := pen.Hand().Trigger(true); err != nil {
				t.Fatal(err)
			}
		}, protocol.StateStandby},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				pen := bench(t, sim.R1)
				c.set(t, pen)
				report, err := conformance.Run(t.Context(), conformance.Config{Dial: dial(pen, nil)})
				if !errors.Is(err, c.want) || len(report.Results) != 0 || len(report.Left) != 0 {
					t.Errorf("%d cases run, left %q, error %v", len(report.Results), report.Left, err)
				}
				if s := console(t, pen).status(); s.State != c.left {
					t.Errorf("left in %s", s.State)
				}
			})
		})
	}
}

// chatter is a device that is no pen.
type chatter struct {
	io.ReadWriteCloser
	wrote int
}

func (c *chatter) Write(b []byte) (int, error) {
	c.wrote += len(b)
	return c.ReadWriteCloser.Write(b)
}

func TestRunKnowsWhatIsNoPen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		near, far := link.Pipe()
		done := make(chan struct{})
		go func() {
			defer close(done)
			for {
				if _, err := far.Write([]byte("ok\r\n")); err != nil {
					return
				}
				time.Sleep(50 * time.Millisecond) // of virtual time
			}
		}()
		device := &chatter{ReadWriteCloser: near}
		report, err := conformance.Run(t.Context(), conformance.Config{Dial: func(context.Context) (io.ReadWriteCloser, error) { return device, nil }})
		if !errors.Is(err, conformance.ErrNotPen) || len(report.Results) != 0 {
			t.Errorf("%d cases run, error %v", len(report.Results), err)
		}
		hello := len(protocol.Append(nil, protocol.Header{}, &protocol.Hello{MajorMin: 1, MajorMax: 1, Nonce: ^uint64(0)}))
		if limit := 21 * (hello + 1); device.wrote > limit {
			t.Errorf("%d bytes written to a device that is no pen, %d for HELLO alone", device.wrote, limit)
		}
		<-done
	})
}
