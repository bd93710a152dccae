package device_test

import (
	"testing"
	"testing/synctest"
	"time"

	"stipple/device"
	"stipple/device/link"
	"stipple/device/sim"
	"stipple/protocol"
)

// powerOutput has the simulated pen give one SERVICE output into 200 ohm, and
// returns what a meter at the load says and what the pen reports.
func (b *simulated) powerOutput(s *device.Session, id uint64, value int32, raw bool) (int32, protocol.TestReport) {
	b.t.Helper()
	b.must(b.hand.LoadOhm(200))
	b.must(s.TestOutput(background, device.TestRequest{
		Quantity: protocol.QuantityPower, Raw: raw, Value: value, Duration: 500, Load: 200, CommandID: id,
	}))
	synctest.Wait()
	from := len(b.changes())
	b.must(b.hand.Trigger(true))
	report, err := s.EndedTest(background)
	b.must(err)
	b.must(b.hand.Trigger(false))
	pass(100 * time.Millisecond)
	most := int32(0)
	for _, c := range b.changes()[from:] {
		most = max(most, int32(c.PeakPowerMW))
	}
	return most, report
}

// A technician calibrates the power of a simulated pen as at a bench: without a
// table it is off, and reports what was set; raw outputs into a load, read off a
// meter, make a table; with it the pen gives what is set.
func TestCalibrateTheSimulatedPen(t *testing.T) {
	withSimulated(t, sim.R1, func(t *testing.T, b *simulated, s *device.Session, _ *eventLog) {
		defer touching(s)()
		b.must(s.EnterService(background))
		put := func(table protocol.CalTable) {
			t.Helper()
			b.must(s.StageCalibration(background, table))
			b.must(s.CommitCalibration(background, table))
		}
		highest := s.CalibrationRange(protocol.QuantityPower)
		far := func(got, want int32) bool { return max(got-want, want-got)*50 > want }

		bare := protocol.Identity(protocol.QuantityPower, highest)
		bare.Revision = 2
		put(bare)
		if meter, report := b.powerOutput(s, 1<<32|1, 20_000, false); !far(meter, 20_000) || far(report.Mean, 20_000) {
			t.Errorf("without a table: %d mW, reported %d", meter, report.Mean)
		}
		fitted := protocol.CalTable{
			Quantity: protocol.QuantityPower, Revision: 3, DateDays: 20_600, ValidDays: 182, Technician: "T. Ech", Instrument: "wattmeter 7",
			Points: []protocol.CalPoint{{}},
		}
		for i, raw := range []int32{10_000, 30_000, 50_000} {
			meter, report := b.powerOutput(s, 2<<32|uint64(i+1), raw, true)
			if far(report.Mean, raw) || report.Result != protocol.PulseComplete {
				t.Errorf("raw %d: %+v", raw, report)
			}
			fitted.Points = append(fitted.Points, protocol.CalPoint{Raw: raw, True: meter})
		}
		put(fitted)
		for i, set := range []int32{5000, 20_000, 45_000} {
			if meter, report := b.powerOutput(s, 3<<32|uint64(i+1), set, false); far(meter, set) || far(report.Mean, set) {
				t.Errorf("calibrated, %d mW: %d, reported %d", set, meter, report.Mean)
			}
		}
		b.must(s.RestoreCalibration(background, protocol.QuantityPower))
		if table, ok, err := s.Calibration(background, protocol.QuantityPower, protocol.CalActive); err != nil || !ok || table.Digest() != bare.Digest() {
			t.Errorf("restored %+v %v: %v", table, ok, err)
		}
		b.must(s.LeaveService(background))
	})
}

// A service engineer's firmware runs on the simulated pen after a reboot, and
// the pen is the same unit.
func TestFirmwareOfTheSimulatedPen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newSimulated(t, sim.R1)
		defer b.stop()
		s, l := b.connect()
		s.SetRole(protocol.RoleServiceEngineer)
		before := s.Info()
		want := protocol.Version{Major: 1, Minor: 4}
		pkg, err := sim.FirmwarePackage(sim.FirmwareSpec{Model: sim.R1, Version: want, Minimum: want, Size: 50_000})
		b.must(err)
		b.must(s.UploadFirmware(background, pkg, nil))
		if st, err := s.VerifyFirmware(background, pkg); err != nil || st.Staged != want {
			t.Fatalf("verified %+v: %v", st, err)
		}
		b.must(s.CommitFirmware(background, pkg))
		<-s.Done()
		<-l.done
		near, far := link.Pipe()
		b.pen.Attach(far)
		s, l = open(t, near)
		pass(time.Second)
		after := s.Info()
		if after.Serial != before.Serial || after.Boot != before.Boot+1 || after.Firmware != want.String() {
			t.Errorf("%s %s in boot %d, was boot %d", after.Serial, after.Firmware, after.Boot, before.Boot)
		}
		if st, err := s.FirmwareState(background); err != nil || st.Phase != protocol.FirmwareIdle || st.Running != want || st.Minimum != want {
			t.Errorf("%+v: %v", st, err)
		}
		b.must(s.Close())
		<-l.done
	})
}
