package device_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"stipple/device"
	"stipple/protocol"
)

// Each lie about service, calibration, tests, counters, tip and log is a
// contradiction, and stops the pen.
func TestLiesOfServiceStopThePen(t *testing.T) {
	table := protocol.Identity(protocol.QuantityDepth, 3500)
	table.Revision = 2
	report := bent[*protocol.TestReport]
	tested := func(t *testing.T, p *fakePen, s *device.Session) error {
		defer touching(s)()
		permitTest(t, s)
		p.with(func(p *fakePen) { p.svc.output.Result = protocol.PulseComplete; p.stand(protocol.StateService) })
		_, err := s.EndedTest(background)
		return err
	}
	selfTest := func(_ *testing.T, _ *fakePen, s *device.Session) error {
		_, err := s.SelfTest(background, protocol.TestDrive)
		return err
	}
	stage := func(_ *testing.T, _ *fakePen, s *device.Session) error { return s.StageCalibration(background, table) }
	commit := func(_ *testing.T, _ *fakePen, s *device.Session) error {
		if err := s.StageCalibration(background, table); err != nil {
			return err
		}
		return s.CommitCalibration(background, table)
	}
	restore := func(_ *testing.T, _ *fakePen, s *device.Session) error {
		return s.RestoreCalibration(background, protocol.QuantityDepth)
	}
	reset := func(_ *testing.T, _ *fakePen, s *device.Session) error {
		_, err := s.ResetCounters(background, 120)
		return err
	}
	note := func(_ *testing.T, _ *fakePen, s *device.Session) error {
		_, err := s.Note(background, [8]byte{1, 2, 3})
		return err
	}
	erase := func(_ *testing.T, p *fakePen, s *device.Session) error {
		p.with(func(p *fakePen) { p.svc.log = fakeLog(10, 1, 7) })
		var cur device.LogCursor
		if _, err := copyLog(s, &cur); err != nil {
			return err
		}
		return s.EraseLog(background, cur)
	}
	bind := func(_ *testing.T, _ *fakePen, s *device.Session) error { return s.BindTip(background, 11, [16]byte{5}) }
	// after bends only what comes once a command was done.
	after := func(typ protocol.Type, bend func(*protocol.Header, protocol.Message) protocol.Message) func(*protocol.Header, protocol.Message) protocol.Message {
		done := false
		return func(h *protocol.Header, m protocol.Message) protocol.Message {
			if res, ok := m.(*protocol.Result); ok && res.Outcome == protocol.OutcomeDone {
				done = true
			}
			if done && m.Type() == typ {
				return bend(h, m)
			}
			return m
		}
	}
	for name, tt := range map[string]struct {
		field string
		do    func(*testing.T, *fakePen, *device.Session) error
		bend  func(*protocol.Header, protocol.Message) protocol.Message
	}{
		"state":         {"state", func(_ *testing.T, _ *fakePen, s *device.Session) error { return s.EnterService(background) }, bent(func(m *protocol.ServiceMode) { m.State = protocol.StateReady })},
		"other output":  {"command_id", tested, report(func(m *protocol.TestReport) { m.CommandID++ })},
		"quantity":      {"quantity", tested, report(func(m *protocol.TestReport) { m.Quantity = protocol.QuantityDepth })},
		"raw":           {"raw", tested, report(func(m *protocol.TestReport) { m.Raw = true })},
		"value":         {"set", tested, report(func(m *protocol.TestReport) { m.Set++ })},
		"never closed":  {"result", tested, report(func(m *protocol.TestReport) { m.Result = protocol.PulseOpen })},
		"not done":      {"done", selfTest, bent(func(m *protocol.SelfTestReport) { m.Done, m.Passed, m.Readings = 1, 1, m.Readings[:1] })},
		"old test":      {"clock", selfTest, bent(func(m *protocol.SelfTestReport) { m.Clock = 1 })},
		"no reading":    {"readings", selfTest, bent(func(m *protocol.SelfTestReport) { m.Readings = m.Readings[:2] })},
		"reading twice": {"reading_test", selfTest, bent(func(m *protocol.SelfTestReport) { m.Readings = []protocol.Reading{{Test: 4}, {Test: 4}, {Test: 6}} })},
		"digest":        {"digest", stage, bent(func(m *protocol.CalWritten) { m.Digest[0] ^= 1 })},
		"staged other":  {"table", stage, bent(func(m *protocol.CalTableReply) { m.Table[4]++ })},
		"staged none":   {"table", stage, bent(func(m *protocol.CalTableReply) { m.Table = nil })},
		"wrong place":   {"table", stage, bent(func(m *protocol.CalTableReply) { m.Place = protocol.CalActive })},
		"not committed": {"table", commit, after(protocol.TypeCalTable, bent(func(m *protocol.CalTableReply) { m.Table[4] = 1 }))},
		"not restored":  {"table", restore, after(protocol.TypeCalTable, bent(func(m *protocol.CalTableReply) { m.Table = []byte{1} }))},
		"not reset":     {"service_pulses", reset, after(protocol.TypeCounters, bent(func(m *protocol.Counters) { m.ServiceMotor = 60 }))},
		"lifetime":      {"pulses", reset, after(protocol.TypeCounters, bent(func(m *protocol.Counters) { m.Pulses = 0 }))},
		"note lost":     {"index", note, bent(func(m *protocol.LogPage) { m.Records = nil })},
		"other note":    {"note", note, bent(func(m *protocol.LogPage) { m.Records[0].Args[1]++ })},
		"not erased":    {"oldest", erase, after(protocol.TypeLogPage, bent(func(m *protocol.LogPage) { m.Oldest = 10 }))},
		"not bound":     {"bound_treatment", bind, bent(func(m *protocol.TipInfo) { m.BoundTreatment = [16]byte{} })},
	} {
		t.Run(name, func(t *testing.T) {
			withFake(t, func(t *testing.T, p *fakePen, s *device.Session, l *eventLog) {
				p.with(func(p *fakePen) {
					previous := protocol.Identity(protocol.QuantityDepth, 3500)
					previous.Technician = "B"
					p.svc.tables[place(protocol.QuantityDepth, protocol.CalPrevious)] = previous.Append(nil)
					p.bend = tt.bend
				})
				err := tt.do(t, p, s)
				var echo *device.EchoError
				if !errors.As(err, &echo) || echo.Field != tt.field {
					t.Fatalf("%v, want a difference in %s", err, tt.field)
				}
				synctest.Wait()
				if len(p.heard(protocol.TypeStop)) == 0 || len(l.of(device.EventContradiction)) != 1 {
					t.Error("not stopped")
				}
				p.with(func(p *fakePen) { p.bend = nil })
				pass(100 * time.Millisecond)
			})
		})
	}
}
