package device_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"testing"
	"testing/synctest"

	"stipple/device"
	"stipple/protocol"
)

func TestMonitorOnly(t *testing.T) {
	other := func(p *fakePen) { p.ack.Major = 2 }
	for name, tt := range map[string]struct {
		lie  func(p *fakePen)
		want error
	}{
		"other major": {other, &device.MajorError{}},
		"too long":    {func(p *fakePen) { p.ack.DescriptorLength = 20000 }, protocol.ErrDescriptor},
		"empty":       {func(p *fakePen) { p.ack.DescriptorLength = 0 }, protocol.ErrDescriptor},
		"no json":     {func(p *fakePen) { p.setDescriptor([]byte("hello")) }, protocol.ErrDescriptor},
		"other hash":  {func(p *fakePen) { p.ack.DescriptorSHA256 = sha256.Sum256(nil) }, protocol.ErrDescriptor},
		"cut off":     {func(p *fakePen) { p.ack.DescriptorLength += 10 }, protocol.ErrDescriptor},
		"rejected": {func(p *fakePen) {
			p.bend = func(h *protocol.Header, m protocol.Message) protocol.Message {
				if m.Type() != protocol.TypeDescriptorChunk {
					return m
				}
				return &protocol.Rejected{Request: protocol.TypeDescriptorRead, Code: protocol.CodeUnsupported, Field: protocol.NoField}
			}
		}, protocol.ErrDescriptor},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, conn := newFakePen(t)
				p.with(tt.lie)
				s, l := open(t, conn)
				defer shut(t, s, p, l)
				i := s.Info()
				var major *device.MajorError
				if !i.Monitor || !errors.Is(i.MonitorReason, tt.want) && !(name == "other major" && errors.As(i.MonitorReason, &major) && major.Pen == 2) {
					t.Errorf("info %+v", i)
				}
				if !s.Live().Valid {
					t.Error("no status")
				}
				if _, err := s.Apply(context.Background(), testEnvelope(), testValues); !errors.Is(err, device.ErrMonitor) {
					t.Errorf("apply: %v", err)
				}
				if _, err := s.ReadBack(context.Background()); !errors.Is(err, device.ErrMonitor) {
					t.Errorf("read back: %v", err)
				}
				if err := s.Clear(context.Background(), 0); !errors.Is(err, device.ErrMonitor) {
					t.Errorf("clear: %v", err)
				}
				if err := s.Arm(context.Background(), device.ArmRequest{CommandID: 1}); !errors.Is(err, device.ErrMonitor) {
					t.Errorf("arm: %v", err)
				}
				s.Stop()
				synctest.Wait()
				if e := l.of(device.EventStopConfirmed); len(e) != 1 {
					t.Error("a monitored pen can't be stopped")
				}
			})
		})
	}
}

// Only the first 16 bytes of STATUS are the same in every major.
func TestOtherMajorShowsTheHeadOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, conn := newFakePen(t)
		p.with(func(p *fakePen) { p.ack.Major = 2; p.st.Fault = protocol.FaultDepth; p.st.State = protocol.StateFault })
		s, l := open(t, conn)
		defer shut(t, s, p, l)
		st := s.Live().Status
		if st.State != protocol.StateFault || st.Fault != protocol.FaultDepth || st.Clock == 0 {
			t.Errorf("head %+v", st)
		}
		if st.Battery != 0 || st.NewestPulse != 0 || st.TipID != 0 {
			t.Errorf("read beyond the head: %+v", st)
		}
	})
}
