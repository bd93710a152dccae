package device_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"stipple/device"
	"stipple/device/link"
	"stipple/protocol"
)

func TestNotAPen(t *testing.T) {
	garbage := []byte("OK\r\nGPS $GPGGA,12\x00\x01\x02\xff\x00\x00loops\r\n")
	for name, talk := range map[string]func(c io.ReadWriteCloser){
		"silent": func(c io.ReadWriteCloser) { _, _ = io.Copy(io.Discard, c) },
		"echo":   func(c io.ReadWriteCloser) { _, _ = io.Copy(c, c) },
		"chatter": func(c io.ReadWriteCloser) {
			for range 100 {
				if _, err := c.Write(garbage); err != nil {
					return
				}
				pass(10 * time.Millisecond)
			}
			_, _ = io.Copy(io.Discard, c)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				here, there := link.Pipe()
				done := make(chan struct{})
				go func() { defer close(done); talk(there) }()
				count := &countingConn{ReadWriteCloser: here}
				start := time.Now()
				_, err := device.Open(context.Background(), count, device.Options{Port: device.Port{Path: "/dev/x"}})
				var notPen *device.NotPenError
				if !errors.As(err, &notPen) || !errors.Is(err, device.ErrNotPen) || notPen.Silent() != (name == "silent") {
					t.Errorf("open: %v", err)
				}
				if took := time.Since(start); took != protocol.CommandLimit {
					t.Errorf("gave up after %v", took)
				}
				if count.total() > 20*30 { // HELLO, each 100 ms for 2 s
					t.Errorf("%d bytes written to a stranger", count.total())
				}
				if _, err := here.Write([]byte{0}); err == nil {
					t.Error("the port was left open")
				}
				_ = there.Close()
				<-done
			})
		})
	}
}

func TestHelloIsRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, conn := newFakePen(t)
		n := 0
		p.with(func(p *fakePen) { p.lose = func(m protocol.Message) bool { n++; return n <= 3 } })
		s, l := open(t, conn)
		defer shut(t, s, p, l)
		h := p.heard(protocol.TypeHello)
		if len(h) != 4 {
			t.Errorf("%d hellos", len(h))
		}
		for _, r := range h {
			if gap := r.at - h[0].at; gap%(100*time.Millisecond) != 0 {
				t.Errorf("hello after %v", gap)
			}
			if r.h.Session != 0 || r.msg.(*protocol.Hello).Nonce != h[0].msg.(*protocol.Hello).Nonce {
				t.Errorf("hello %+v", r)
			}
		}
	})
}

func TestHelloAckWithAnotherNonceIsNoAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, conn := newFakePen(t)
		p.with(func(p *fakePen) {
			p.mute = true
			p.bend = bent(func(m *protocol.HelloAck) { m.Nonce++ })
		})
		_, err := device.Open(context.Background(), conn, device.Options{})
		if !errors.Is(err, device.ErrNotPen) {
			t.Errorf("open: %v", err)
		}
		_ = p.conn.Close()
		<-p.done
	})
}

func TestPenThatFallsSilentDuringOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, conn := newFakePen(t)
		p.with(func(p *fakePen) {
			p.lose = func(m protocol.Message) bool {
				p.silent = p.silent || m.Type() == protocol.TypeTipRead
				return p.silent
			}
		})
		_, err := device.Open(context.Background(), conn, device.Options{})
		if !errors.Is(err, device.ErrLinkLost) {
			t.Errorf("open: %v", err)
		}
		_ = p.conn.Close()
		<-p.done
	})
}

func TestOpenIsCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		here, there := link.Pipe()
		ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
		defer cancel()
		start := time.Now()
		_, err := device.Open(ctx, here, device.Options{})
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 300*time.Millisecond {
			t.Errorf("open: %v after %v", err, time.Since(start))
		}
		_ = there.Close()
	})
}

func TestSimulatedPenWithAPlugIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, tt := range []struct {
			port      device.Port
			simulated bool
			ok        bool
		}{
			{device.Port{Path: "pty"}, true, true}, {device.Port{Path: "uart"}, false, true},
			{device.Port{VID: "1209", PID: "5354"}, false, true}, {device.Port{VID: "1209", PID: "5354"}, true, false},
		} {
			p, conn := newFakePen(t)
			p.with(func(p *fakePen) { p.ack.Simulated = tt.simulated })
			s, err := device.Open(context.Background(), conn, device.Options{Port: tt.port})
			var simulated *device.SimulatedError
			if tt.ok && err != nil || !tt.ok && !errors.As(err, &simulated) {
				t.Errorf("%+v: %v", tt, err)
			}
			if s != nil {
				shut(t, s, p, collect(s))
			} else {
				_ = p.conn.Close()
				<-p.done
			}
		}
	})
}

func TestDescriptorIsCached(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cache := device.NewDescriptorCache()
		for i := range 2 {
			p, conn := newFakePen(t)
			s, err := device.Open(context.Background(), conn, device.Options{Descriptors: cache})
			if err != nil || s.Info().Monitor {
				t.Fatal(err)
			}
			if n := len(p.heard(protocol.TypeDescriptorRead)); (n == 0) != (i == 1) {
				t.Errorf("session %d read %d parts", i, n)
			}
			shut(t, s, p, collect(s))
		}
	})
}
