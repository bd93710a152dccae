package device_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"stipple/device"
	"stipple/protocol"
)

func TestCalibration(t *testing.T) {
	withFake(t, func(t *testing.T, p *fakePen, s *device.Session, l *eventLog) {
		confirm(t, s)
		factory, ok, err := s.Calibration(background, protocol.QuantityPower, protocol.CalActive)
		if err != nil || !ok || factory.Revision != 1 {
			t.Fatalf("%+v %v %v", factory, ok, err)
		}
		if _, ok, err := s.Calibration(background, protocol.QuantityPower, protocol.CalStaged); err != nil || ok {
			t.Errorf("staged: %v %v", ok, err)
		}
		if _, _, err := s.Calibration(background, protocol.QuantitySpeed, protocol.CalActive); !errors.Is(err, device.ErrNotOffered) {
			t.Errorf("speed: %v", err)
		}
		bad := factory
		bad.Points = []protocol.CalPoint{{Raw: 0, True: 0}, {Raw: 100, True: 90000}}
		if err := s.StageCalibration(background, bad); !errors.Is(err, protocol.ErrCalibration) {
			t.Errorf("a table that can't be: %v", err)
		}
		bad = factory
		bad.Technician = "a name that is far too long for a table"
		if err := s.StageCalibration(background, bad); err == nil && len(p.heard(protocol.TypeCalWrite)) == 0 {
			t.Error("a name that is too long")
		}
		next := factory
		next.Revision, next.Technician = 2, "T. Echnician"
		next.Points = []protocol.CalPoint{{Raw: 0, True: 0}, {Raw: 50000, True: 48000}}
		if err := s.StageCalibration(background, next); err != nil {
			t.Fatal(err)
		}
		if err := s.CommitCalibration(background, next); err != nil {
			t.Fatal(err)
		}
		if _, ok := s.Snapshot(); ok {
			t.Error("settings still count as read back")
		}
		if err := s.RestoreCalibration(background, protocol.QuantityPower); err != nil {
			t.Fatal(err)
		}
		active, _, err := s.Calibration(background, protocol.QuantityPower, protocol.CalActive)
		if err != nil || active.Digest() != factory.Digest() {
			t.Errorf("restored %+v: %v", active, err)
		}
		p.with(func(p *fakePen) { p.svc.tables[place(protocol.QuantityDepth, protocol.CalActive)] = []byte{1, 2, 3} })
		if _, _, err := s.Calibration(background, protocol.QuantityDepth, protocol.CalActive); !errors.Is(err, protocol.ErrCalibration) {
			t.Errorf("a table that can't be read: %v", err)
		}
		if len(p.heard(protocol.TypeStop)) != 0 {
			t.Error("stopped")
		}
	})
}

func TestCountersAndDate(t *testing.T) {
	withFake(t, func(t *testing.T, p *fakePen, s *device.Session, l *eventLog) {
		got, err := s.Counters(background)
		if err != nil || got.ServicePulses != 120 {
			t.Fatalf("%+v: %v", got, err)
		}
		if got, err = s.ResetCounters(background, 120); err != nil || got.ServicePulses != 0 || got.Pulses != 900 {
			t.Errorf("reset %+v: %v", got, err)
		}
		p.with(func(p *fakePen) { p.svc.refuse = protocol.CodeDigest })
		var refused *device.RefusedError
		if _, err = s.ResetCounters(background, 5); !errors.As(err, &refused) || refused.Code != protocol.CodeDigest {
			t.Errorf("after somebody else: %v", err)
		}
		p.with(func(p *fakePen) { p.svc.refuse = protocol.CodeOK })
		pass(20 * time.Millisecond)
		date := time.Date(2031, 5, 6, 7, 8, 9, 0, time.UTC)
		if err := s.SetUTC(background, date); err != nil {
			t.Fatal(err)
		}
		set, at := p.svc.utc, p.clock()
		now := time.UnixMicro(int64(set.UTC)).Add(time.Duration(at-set.Clock) * time.Microsecond)
		if off := now.Sub(date); off < -time.Millisecond || off > time.Millisecond || set.Clock > at {
			t.Errorf("the pen's date is off by %v", off)
		}
	})
}

// A note is in the log, and a log is erased only with a whole copy.
func TestNoteAndErase(t *testing.T) {
	withFake(t, func(t *testing.T, p *fakePen, s *device.Session, l *eventLog) {
		p.with(func(p *fakePen) { p.svc.log = fakeLog(40, 21, 7); p.st.NewestLog = 60 })
		if index, err := s.Note(background, [8]byte{1, 2, 3, 4, 5, 6, 7, 0xFF}); err != nil || index != 61 {
			t.Errorf("note %d: %v", index, err)
		}
		var lie *device.LogError
		if err := s.EraseLog(background, device.NewLogCursor("R1-0001", 0)); !errors.As(err, &lie) {
			t.Errorf("without a copy: %v", err)
		}
		part := device.NewLogCursor("R1-0001", 30)
		if _, err := copyLog(s, &part); err != nil {
			t.Fatal(err)
		}
		if err := s.EraseLog(background, part); !errors.As(err, &lie) || lie.Index != 21 {
			t.Errorf("with half a copy: %v", err)
		}
		var unit *device.OtherUnitError
		if err := s.EraseLog(background, device.NewLogCursor("R1-0002", 0)); !errors.As(err, &unit) {
			t.Errorf("with another's: %v", err)
		}
		if len(p.heard(protocol.TypeLogErase)) != 0 {
			t.Fatal("erased")
		}
		var cur device.LogCursor
		if _, err := copyLog(s, &cur); err != nil {
			t.Fatal(err)
		}
		want := sumOf(p.svc.log)
		if err := s.EraseLog(background, cur); err != nil {
			t.Fatal(err)
		}
		if m := p.heard(protocol.TypeLogErase)[0].msg.(*protocol.LogErase); m.UpTo != 61 || m.CRC != want {
			t.Errorf("erased %+v, sum %08x", m, want)
		}
		more, err := copyLog(s, &cur)
		if err != nil || len(more) != 1 || more[0].Index != 62 || more[0].Gap != nil {
			t.Errorf("the copy goes on with %+v: %v", more, err)
		}
	})
}

func TestNothingIsSentThatIsNotOffered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, conn := newFakePen(t)
		d := testDescriptor()
		d.LogKept, d.Calibrations, d.SelfTests, d.FirmwareUpdate = 0, nil, nil, false
		raw, err := d.Encode()
		if err != nil {
			t.Fatal(err)
		}
		p.with(func(p *fakePen) { p.setDescriptor(raw) })
		s, l := open(t, conn)
		defer shut(t, s, p, l)
		n := len(p.got)
		for name, do := range map[string]func() error{
			"log":      func() error { _, _, err := s.LogRange(background); return err },
			"note":     func() error { _, err := s.Note(background, [8]byte{}); return err },
			"selftest": func() error { _, err := s.SelfTest(background, 0); return err },
			"report":   func() error { _, err := s.SelfTestReport(background); return err },
			"table":    func() error { _, _, err := s.Calibration(background, 0, 0); return err },
			"stage":    func() error { return s.StageCalibration(background, protocol.CalTable{}) },
			"commit":   func() error { return s.CommitCalibration(background, protocol.CalTable{}) },
			"restore":  func() error { return s.RestoreCalibration(background, 0) },
			"upload":   func() error { return s.UploadFirmware(background, []byte{1}, nil) },
			"state":    func() error { _, err := s.FirmwareState(background); return err },
			"abort":    func() error { return s.AbortFirmware(background) },
		} {
			var missing *device.NotOfferedError
			if err := do(); !errors.As(err, &missing) {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, r := range p.got[n:] {
			if r.msg.Type() != protocol.TypeTimeAsk {
				t.Errorf("sent %v", r.msg.Type())
			}
		}
	})
}

func TestSelfTest(t *testing.T) {
	withFake(t, func(t *testing.T, p *fakePen, s *device.Session, l *eventLog) {
		p.with(func(p *fakePen) { p.svc.running = 3 * time.Second })
		begun := time.Now()
		report, err := s.SelfTest(background, 0)
		if err != nil || report.Done != p.svc.report.Done || len(report.Readings) != 3 || report.Readings[1].Value != 90 {
			t.Errorf("report %+v: %v", report, err)
		}
		if took := time.Since(begun); took < 3*time.Second || took > 4*time.Second {
			t.Errorf("took %v", took)
		}
		n := len(p.heard(protocol.TypeSelfTest))
		if _, err := s.SelfTest(background, protocol.TestAmplifier|protocol.TestDrive); !errors.Is(err, device.ErrNotOffered) {
			t.Errorf("a test that it has not: %v", err)
		}
		if _, err := s.SelfTest(background, 1<<14); !errors.Is(err, device.ErrNotOffered) {
			t.Errorf("a test of no pen: %v", err)
		}
		if len(p.heard(protocol.TypeSelfTest)) != n {
			t.Error("sent all the same")
		}
	})
}
