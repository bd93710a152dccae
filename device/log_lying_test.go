package device_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"stipple/device"
	"stipple/protocol"
)

// A log that contradicts itself is refused, and nothing of the page that does
// is taken.
func TestLyingLog(t *testing.T) {
	page := func(change func(*protocol.LogPage)) func(*protocol.Header, protocol.Message) protocol.Message {
		return bent(func(m *protocol.LogPage) {
			if len(m.Records) > 0 {
				change(m)
			}
		})
	}
	for name, tt := range map[string]struct {
		why  string
		bend func(*protocol.Header, protocol.Message) protocol.Message
	}{
		"before what was asked for": {"asked for", page(func(m *protocol.LogPage) {
			m.Records = append([]protocol.LogRecord{{Index: m.Records[0].Index - 1}}, m.Records[:3]...)
		})},
		"beyond its own end": {"asked for", page(func(m *protocol.LogPage) { m.Records[len(m.Records)-1].Index = m.Newest + 1 })},
		"nothing":            {"page is empty", page(func(m *protocol.LogPage) { m.Records = nil })},
		"a shorter log":      {"and before to", page(func(m *protocol.LogPage) { m.Newest-- })},
		"no log":             {"and before to", page(func(m *protocol.LogPage) { m.Oldest, m.Newest = 0, 0 })},
		"backwards":          {"log from 900 to 90", bent(func(m *protocol.LogPage) { m.Oldest, m.Newest = 900, 90 })},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, conn := newFakePen(t)
				s, l := open(t, conn)
				defer shut(t, s, p, l)
				p.with(func(p *fakePen) { p.svc.log, p.bend = fakeLog(100, 10, 7), tt.bend })
				var cur device.LogCursor
				_, err := copyLog(s, &cur)
				var lie *device.LogError
				if !errors.As(err, &lie) || !strings.Contains(lie.Error(), tt.why) {
					t.Errorf("%v", err)
				}
				if cur.Records() != 0 {
					t.Errorf("%d records were taken", cur.Records())
				}
			})
		})
	}
}

func TestLogThatIsAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, conn := newFakePen(t)
		s, l := open(t, conn)
		defer shut(t, s, p, l)
		p.with(func(p *fakePen) { p.svc.log = fakeLog(30, 1, 7) })
		var cur device.LogCursor
		if _, err := copyLog(s, &cur); err != nil {
			t.Fatal(err)
		}
		before := cur
		p.with(func(p *fakePen) { p.svc.log = fakeLog(40, 1, 3) }) // its memory was formatted
		var lie *device.LogError
		if _, err := copyLog(s, &cur); !errors.As(err, &lie) || lie.Index != 30 || cur != before {
			t.Errorf("another log: %v", err)
		}
		p.with(func(p *fakePen) { p.svc.log = fakeLog(20, 1, 3) })
		if _, err := copyLog(s, &cur); !errors.As(err, &lie) {
			t.Errorf("a shorter log: %v", err)
		}
		other := device.NewLogCursor("R1-0002", 0)
		var unit *device.OtherUnitError
		if _, err := copyLog(s, &other); !errors.As(err, &unit) || unit.Got != "R1-0001" {
			t.Errorf("another unit: %v", err)
		}
		stop := errors.New("disk full")
		var none device.LogCursor
		if err := s.ReadLog(context.Background(), &none, func(device.LogPage) error { return stop }); !errors.Is(err, stop) || none.Records() != 0 {
			t.Errorf("a copy that can't be written: %v, %d records", err, none.Records())
		}
	})
}

// A pen that makes records up for ever is left.
func TestLogThatDoesNotEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, conn := newFakePen(t)
		d := testDescriptor()
		d.LogKept = 4096
		raw, err := d.Encode()
		if err != nil {
			t.Fatal(err)
		}
		p.with(func(p *fakePen) { p.setDescriptor(raw); p.svc.log = fakeLog(10_000, 1, 7) })
		s, l := open(t, conn)
		defer shut(t, s, p, l)
		var cur device.LogCursor
		var lie *device.LogError
		if _, err := copyLog(s, &cur); !errors.As(err, &lie) || !strings.Contains(err.Error(), "does not end") {
			t.Errorf("%v", err)
		}
	})
}

// A pen of another major is asked for its log all the same: LOG_READ never
// changes. Nothing else of it is.
func TestLogOfAnotherMajor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, conn := newFakePen(t)
		p.with(func(p *fakePen) { p.ack.Major, p.svc.log = 2, fakeLog(100, 1, 7) })
		s, l := open(t, conn)
		defer shut(t, s, p, l)
		var cur device.LogCursor
		if all, err := copyLog(s, &cur); err != nil || len(all) != 100 {
			t.Errorf("%d records: %v", len(all), err)
		}
		for name, do := range map[string]func() error{
			"erase":    func() error { return s.EraseLog(context.Background(), cur) },
			"note":     func() error { _, err := s.Note(context.Background(), [8]byte{}); return err },
			"counters": func() error { _, err := s.Counters(context.Background()); return err },
			"service":  func() error { return s.EnterService(context.Background()) },
			"upload":   func() error { return s.UploadFirmware(context.Background(), []byte{1}, nil) },
		} {
			if err := do(); !errors.Is(err, device.ErrMonitor) {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, r := range p.got {
			switch r.msg.Type() {
			case protocol.TypeHello, protocol.TypeDescriptorRead, protocol.TypeLogRead:
			default:
				t.Errorf("sent %v", r.msg.Type())
			}
		}
	})
}

func TestLogIsNotOffered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, conn := newFakePen(t)
		d := testDescriptor()
		d.LogKept = 0
		raw, _ := d.Encode()
		p.with(func(p *fakePen) { p.setDescriptor(raw) })
		s, l := open(t, conn)
		defer shut(t, s, p, l)
		var cur device.LogCursor
		if _, err := copyLog(s, &cur); !errors.Is(err, device.ErrNotOffered) {
			t.Errorf("%v", err)
		}
		if len(p.heard(protocol.TypeLogRead)) != 0 {
			t.Error("asked all the same")
		}
	})
}

// A pen that calls a type unsupported does so once; it is not asked again.
func TestUnsupportedIsRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, conn := newFakePen(t)
		s, l := open(t, conn)
		defer shut(t, s, p, l)
		p.with(func(p *fakePen) {
			p.bend = func(h *protocol.Header, m protocol.Message) protocol.Message {
				if m.Type() == protocol.TypeLogPage {
					h.Lane = protocol.LaneBulk
					return &protocol.Rejected{Request: protocol.TypeLogRead, Code: protocol.CodeUnsupported, Field: protocol.NoField}
				}
				return m
			}
		})
		var cur device.LogCursor
		var refused *device.RefusedError
		if _, err := copyLog(s, &cur); !errors.As(err, &refused) || refused.Code != protocol.CodeUnsupported {
			t.Errorf("%v", err)
		}
		n := len(p.heard(protocol.TypeLogRead))
		if _, err := copyLog(s, &cur); !errors.Is(err, device.ErrNotOffered) {
			t.Errorf("again: %v", err)
		}
		if got := len(p.heard(protocol.TypeLogRead)); got != n {
			t.Errorf("asked %d times more", got-n)
		}
	})
}
