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
	"stipple/device/sim"
	"stipple/protocol"
)

// withSimulated is consoleOf as a technician, whom the pen never contradicts.
func withSimulated(t *testing.T, model sim.Model, do func(t *testing.T, b *simulated, s *device.Session, l *eventLog)) {
	t.Helper()
	consoleOf(t, model, func(t *testing.T, b *simulated, s *device.Session, l *eventLog) {
		s.SetRole(protocol.RoleTechnician)
		do(t, b, s, l)
		if e := l.of(device.EventContradiction); len(e) != 0 {
			t.Errorf("contradictions %v", e)
		}
	})
}

// rfTest is an output of RF into a load of 200 Ω.
func rfTest(id uint64) device.TestRequest {
	return device.TestRequest{Quantity: protocol.QuantityPower, Value: 5000, Duration: 1000, Load: 200, CommandID: id}
}

func TestOutputOfTheSimulatedPen(t *testing.T) {
	withSimulated(t, sim.R1, func(t *testing.T, b *simulated, s *device.Session, l *eventLog) {
		defer touching(s)()
		b.must(b.hand.LoadOhm(200))
		b.must(s.EnterService(background))
		pass(100 * time.Millisecond)
		b.must(s.TestOutput(background, rfTest(testCommand)))
		pass(time.Second)
		if b.rf() {
			t.Error("RF before the trigger")
		}
		b.must(b.hand.Trigger(true))
		pass(500 * time.Millisecond)
		if !b.rf() || s.Live().Status.State != protocol.StateService {
			t.Errorf("RF %v in %v", b.rf(), s.Live().Status.State)
		}
		got, err := s.EndedTest(background)
		if err != nil || got.Result != protocol.PulseComplete || got.Mean < 4900 || got.Mean > 5000 || got.Duration != 1000 || got.Energy < 4_800_000 || got.Energy > 5_000_000 {
			t.Errorf("report %+v: %v", got, err)
		}
		b.must(b.hand.Trigger(false))
		pass(100 * time.Millisecond)

		// A stop with RF on.
		b.must(s.TestOutput(background, rfTest(testCommand+1)))
		b.must(b.hand.Trigger(true))
		pass(300 * time.Millisecond)
		s.Stop()
		pass(20 * time.Millisecond)
		if b.rf() || s.Live().Status.State != protocol.StateStopped {
			t.Errorf("RF %v in %v after a stop", b.rf(), s.Live().Status.State)
		}
		got, err = s.EndedTest(background)
		if err != nil || got.Result != protocol.PulseStopped {
			t.Errorf("report %+v: %v", got, err)
		}
		b.must(b.hand.Trigger(false))
		pass(100 * time.Millisecond)
		b.must(s.Clear(background, protocol.FaultNone))
		pass(100 * time.Millisecond)
		if e := l.of(device.EventUnconfirmedReady); len(e) != 0 {
			t.Errorf("events %v", e)
		}
	})
}

// rf says whether RF is on, as the pen's own outputs tell.
func (b *simulated) rf() bool {
	synctest.Wait()
	changes := b.changes()
	return changes[len(changes)-1].RF
}

// The window freezes with the trigger of an output held.
func TestFrozenWindowInService(t *testing.T) {
	withSimulated(t, sim.R1, func(t *testing.T, b *simulated, s *device.Session, l *eventLog) {
		stop := touching(s)
		b.must(b.hand.LoadOhm(200))
		b.must(s.EnterService(background))
		pass(100 * time.Millisecond)
		b.must(s.TestOutput(background, rfTest(testCommand)))
		b.must(b.hand.Trigger(true))
		pass(200 * time.Millisecond)
		if !b.rf() {
			t.Fatal("no RF")
		}
		stop()
		pass(device.LivenessLimit + 50*time.Millisecond)
		if b.rf() {
			t.Error("RF on")
		}
		got, err := s.EndedTest(background)
		if err != nil || got.Result != protocol.PulseDisarmed && got.Result != protocol.PulseLease {
			t.Errorf("report %+v: %v", got, err)
		}
		if e := l.of(device.EventArmEnded); len(e) != 1 || !errors.Is(e[0].Err, device.ErrNotAlive) {
			t.Errorf("ended %v", e)
		}
		b.must(b.hand.Trigger(false))
		b.must(s.LeaveService(background))
	})
}

func TestCalibrationOfTheSimulatedPen(t *testing.T) {
	withSimulated(t, sim.R1, func(t *testing.T, b *simulated, s *device.Session, l *eventLog) {
		table, ok, err := s.Calibration(background, protocol.QuantityDepth, protocol.CalActive)
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		before, err := s.ReadBack(background)
		b.must(err)
		next := table
		next.Revision, next.Technician = table.Revision+1, "T"
		var refused *device.RefusedError
		if err := s.StageCalibration(background, next); !errors.As(err, &refused) || refused.Code != protocol.CodeState {
			t.Errorf("staged in standby: %v", err)
		}
		b.must(s.EnterService(background))
		b.must(s.StageCalibration(background, next))
		b.must(s.CommitCalibration(background, next))
		b.must(s.RestoreCalibration(background, protocol.QuantityDepth))
		b.must(s.LeaveService(background))
		after, err := s.ReadBack(background)
		if err != nil || after.CalRev != before.CalRev+2 || after.Applied {
			t.Errorf("revision %d, then %d, applied %v: %v", before.CalRev, after.CalRev, after.Applied, err)
		}
		if got, _, err := s.Calibration(background, protocol.QuantityDepth, protocol.CalPrevious); err != nil || got.Digest() != next.Digest() {
			t.Errorf("previous %+v: %v", got, err)
		}
		s.SetRole(protocol.RoleClinician)
		if err := s.RestoreCalibration(background, protocol.QuantityDepth); !errors.As(err, &refused) || refused.Code != protocol.CodeState {
			t.Errorf("restored in standby: %v", err)
		}
	})
}

func TestUpkeepOfTheSimulatedPen(t *testing.T) {
	withSimulated(t, sim.R1, func(t *testing.T, b *simulated, s *device.Session, l *eventLog) {
		stop := touching(s)
		s.SetRole(protocol.RoleClinician)
		tip, _ := s.Tip()
		b.must(s.BindTip(background, tip.ID, [16]byte{1}))
		if now, _ := s.Tip(); now.BoundTreatment != [16]byte{1} {
			t.Errorf("bound to %x", now.BoundTreatment)
		}
		var refused *device.RefusedError
		if err := s.BindTip(background, tip.ID+1, [16]byte{1}); !errors.As(err, &refused) || refused.Code != protocol.CodeTip {
			t.Errorf("another tip: %v", err)
		}
		b.arm(s, 100)
		b.must(b.hand.Contact(true))
		b.must(b.hand.Trigger(true))
		pass(time.Second)
		b.must(b.hand.Trigger(false))
		s.Disarm()
		pass(time.Second)
		stop()
		s.SetRole(protocol.RoleTechnician)
		counters, err := s.Counters(background)
		if err != nil || counters.ServicePulses != 1 {
			t.Errorf("counters %+v: %v", counters, err)
		}
		if _, err := s.ResetCounters(background, 0); !errors.As(err, &refused) || refused.Code != protocol.CodeDigest {
			t.Errorf("counters that somebody has not seen: %v", err)
		}
		if counters, err = s.ResetCounters(background, 1); err != nil || counters.ServicePulses != 0 || counters.Pulses != 1 {
			t.Errorf("reset %+v: %v", counters, err)
		}
		report, err := s.SelfTest(background, 0)
		if err != nil || report.Passed != report.Done || len(report.Readings) != len(s.Info().Descriptor.SelfTests) {
			t.Errorf("report %+v: %v", report, err)
		}
		date := time.Date(2031, 5, 6, 7, 8, 9, 0, time.UTC)
		b.must(s.SetUTC(background, date))
		index, err := s.Note(background, [8]byte{1, 2, 3, 4, 5, 6, 7, 8})
		b.must(err)
		var cur device.LogCursor
		all, err := copyLog(s, &cur)
		b.must(err)
		for i, e := range all {
			if e.Gap != nil || e.Damaged || e.Back || e.Index != uint32(i+1) {
				t.Errorf("entry %+v", e)
			}
		}
		if note := all[index-1]; note.Code != protocol.EventNote || note.UTC != uint32(date.Unix()) {
			t.Errorf("note %+v", note)
		}
		s.SetRole(protocol.RoleServiceEngineer)
		b.must(s.EraseLog(background, cur))
		more, err := copyLog(s, &cur)
		if err != nil || len(more) != 1 || more[0].Code != protocol.EventLogErased || more[0].Gap != nil {
			t.Errorf("after erasing %+v: %v", more, err)
		}
	})
}

// The log goes on over a reset, and so does its copy.
func TestLogOverAReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := sim.NewRAM()
		var cur device.LogCursor
		records := 0
		for boot := 1; boot <= 3; boot++ {
			pen, err := sim.New(sim.Config{Model: sim.R1, Seed: 1, Memory: memory})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithCancel(background)
			ended := make(chan error, 1)
			go func() { ended <- pen.Run(ctx) }()
			near, far := link.Pipe()
			pen.Attach(far)
			s, l := open(t, near)
			pass(5 * time.Second)
			all, err := copyLog(s, &cur)
			if err != nil || len(all) == 0 {
				t.Fatalf("boot %d: %d records, %v", boot, len(all), err)
			}
			for i, e := range all {
				if e.Gap != nil && e.Gap.Kind != device.GapReset || e.Damaged || e.Back || e.Reboot != (i == 0 && boot > 1) || e.Boot != uint32(boot) {
					t.Errorf("boot %d, entry %d: %+v", boot, i, e)
				}
			}
			records += len(all)
			_ = s.Close()
			<-l.done
			cancel()
			if err := <-ended; err != nil {
				t.Error(err)
			}
		}
		if cur.Records() != records {
			t.Errorf("%d records of %d", cur.Records(), records)
		}
	})
}

// A firmware is sent, booted and kept; a broken one is given back; both times
// the supervisor finds the same unit again.
func TestFirmwareIsKeptOrGivenBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newSimulated(t, sim.R1)
		defer b.stop()
		sup := device.NewSupervisor(device.SupervisorConfig{
			Find: func(context.Context) ([]device.Port, error) { return []device.Port{{Path: "pen"}}, nil },
			Open: func(context.Context, device.Port) (io.ReadWriteCloser, error) {
				near, far := link.Pipe()
				b.pen.Attach(far)
				return near, nil
			},
			Options: device.Options{Role: protocol.RoleServiceEngineer},
		})
		ctx, cancel := context.WithCancel(background)
		ended := make(chan error, 1)
		go func() { ended <- sup.Run(ctx) }()
		s, err := sup.AwaitBoot(background, "0042", 0)
		b.must(err)
		pass(5 * time.Second) // self-test
		for _, tt := range []struct {
			version protocol.Version
			broken  bool
			running protocol.Version
		}{
			{protocol.Version{Major: 1, Minor: 1}, false, protocol.Version{Major: 1, Minor: 1}},
			{protocol.Version{Major: 1, Minor: 2}, true, protocol.Version{Major: 1, Minor: 1}},
		} {
			pkg, err := sim.FirmwarePackage(sim.FirmwareSpec{Model: sim.R1, Version: tt.version, Minimum: protocol.Version{Major: 1}, Size: 30_000, Broken: tt.broken})
			b.must(err)
			b.must(s.UploadFirmware(background, pkg, nil))
			st, err := s.VerifyFirmware(background, pkg)
			if err != nil || st.Staged != tt.version {
				t.Fatalf("verified %+v: %v", st, err)
			}
			before := s.Info()
			b.must(s.CommitFirmware(background, pkg))
			st, err = sup.AwaitFirmware(background, before.Serial, before.Boot, tt.version)
			var back *device.FirmwareError
			if tt.broken != errors.As(err, &back) || err != nil && !tt.broken || st.Running != tt.running {
				t.Fatalf("%+v: %v", st, err)
			}
			s, err = sup.AwaitBoot(background, before.Serial, before.Boot)
			b.must(err)
			if s.Info().Firmware != tt.running.String() {
				t.Errorf("runs %s", s.Info().Firmware)
			}
			pass(5 * time.Second)
		}
		cancel()
		b.must(<-ended)
	})
}

// A log that is read meanwhile delays no stop of an armed pen: one page of two
// records may be on its way then. In STANDBY, where nothing can be let out, it is
// a window of pages.
func TestStopWhileALogIsRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newSimulated(t, sim.R1)
		defer b.stop()
		pass(5 * time.Second) // self-test
		near, far := link.Pipe()
		b.pen.Attach(far)
		conn, ended := proxied(t, link.NewFaults(link.ProxyConfig{Script: script(t, "both baud 1000000")}), near)
		s, l := open(t, conn)
		defer touching(s)()
		for i := range 600 {
			if _, err := s.Note(background, [8]byte{byte(i), byte(i >> 8)}); err != nil {
				t.Fatal(err)
			}
		}
		ctx, cancel := context.WithCancel(background)
		read := make(chan int)
		go func() {
			pages := 0
			for ctx.Err() == nil {
				var cur device.LogCursor
				_ = s.ReadLog(ctx, &cur, func(device.LogPage) error { pages++; return nil })
			}
			read <- pages
		}()
		tip, _ := s.Tip()
		for i := range uint64(20) {
			armed := i%2 == 0
			snap, err := s.Apply(background, rfEnvelope(tip.Pins), []int32{1500, 30, 2000, 100})
			b.must(err)
			if armed {
				b.must(s.Arm(background, device.ArmRequest{Hash: snap.Hash, TreatmentID: [16]byte{1}, CommandID: i + 1}))
			}
			pass(37 * time.Millisecond)
			s.Stop()
			pass(200 * time.Millisecond)
			stops := l.of(device.EventStopConfirmed)
			limit := 5 * time.Millisecond
			if !armed {
				limit = protocol.BulkWindow*2400*time.Microsecond + limit
			}
			if len(stops) != int(i+1) || stops[i].Latency > limit {
				t.Errorf("armed %v: %d stops, the newest after %v", armed, len(stops), stops[len(stops)-1].Latency)
			}
			b.must(s.Clear(background, protocol.FaultNone))
		}
		cancel()
		if pages := <-read; pages < 1000 {
			t.Errorf("%d pages were read meanwhile", pages)
		}
		b.must(s.Close())
		<-l.done
		<-ended
	})
}
