package device_test

import (
	"testing"
	"testing/synctest"
	"time"

	"stipple/device"
	"stipple/device/sim"
	"stipple/protocol"
)

// A service engineer copies a simulated pen's log of 100,000 records, erases it
// by that copy, and reads what is left; the same pen tests itself, takes a note
// and the date, and binds its tip.
func TestServiceTheSimulatedPen(t *testing.T) {
	const kept, records = 1 << 17, 100_000
	mem := sim.NewRAM()
	if err := sim.FillLog(mem, kept, records); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		b := newSimulatedAs(t, sim.Config{Model: sim.R1, Seed: 1, Memory: mem, LogKept: kept})
		defer b.stop()
		s, l := b.connect()
		s.SetRole(protocol.RoleClinician)
		tip, _ := s.Tip()
		b.must(s.BindTip(background, tip.ID, [16]byte{1}))
		s.SetRole(protocol.RoleServiceEngineer)
		b.must(s.SetUTC(background, time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)))
		report, err := s.SelfTest(background, 0)
		if err != nil || report.Passed != report.Done || report.Done.Names()[0] != "memory" {
			t.Errorf("self-test %+v: %v", report, err)
		}
		note, err := s.Note(background, [8]byte{1, 2, 3})
		if err != nil || note <= records {
			t.Errorf("note %d: %v", note, err)
		}
		var cur device.LogCursor
		gaps, dated := 0, 0
		copied := func(page device.LogPage) error {
			for _, e := range page.Entries {
				if e.Gap != nil {
					gaps++
				}
				if e.UTC != 0 {
					dated++
				}
			}
			return nil
		}
		b.must(s.ReadLog(background, &cur, copied))
		if cur.Records() < records || cur.Last().Index < note || gaps != 0 || dated == 0 {
			t.Errorf("%d records to %d, %d gaps, %d dated", cur.Records(), cur.Last().Index, gaps, dated)
		}
		b.must(s.EraseLog(background, cur))
		oldest, newest, err := s.LogRange(background)
		if err != nil || oldest != cur.Last().Index+1 || newest < oldest {
			t.Errorf("left %d to %d: %v", oldest, newest, err)
		}
		counters, err := s.Counters(background)
		if err != nil || counters.Boots != 1 || counters.Pulses != 0 {
			t.Errorf("counters %+v: %v", counters, err)
		}
		if info, _ := s.Tip(); info.BoundTreatment != [16]byte{1} {
			t.Errorf("tip %+v", info)
		}
		b.must(s.Close())
		<-l.done
	})
}
