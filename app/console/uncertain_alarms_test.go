package console_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"stipple/app/alarm"
	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/device/sim"
)

// has says how often an alarm begins in a record.
func has(rec clinical.Treatment, text string) (n int) {
	for _, a := range rec.Alarms {
		if a.Text == text && a.Mark == clinical.AlarmBegan {
			n++
		}
	}
	return n
}

// What begins to alarm after a run was lost stands in its record as long as nobody
// has signed it: the run itself, a STOP that could not be sent, the console, and
// its pen when it is back. Nothing follows the signature.
func TestAlarmsAfterTheRunWasLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sim.R1, true)
		defer b.stop()
		v := b.lose(moments()[3])
		id := v.Uncertain[0].Treatment.ID
		b.desk.Stop()
		stop := b.raised(alarm.StopUnconfirmed)
		b.desk.Acknowledge(stop.ID)
		b.desk.Tell(alarm.Finding{Condition: alarm.Of(alarm.DiskLow)}, true)
		b.desk.Tell(alarm.Finding{Condition: alarm.Of(alarm.DiskLow)}, true) // told again, and no new alarm
		b.raised(alarm.DiskLow)
		rec := b.record(id)
		for _, want := range []string{"run_uncertain", "stop_not_sent", "disk_low"} {
			if has(rec, want) != 1 {
				t.Errorf("%s begins %d times in %+v", want, has(rec, want), rec.Alarms)
			}
		}
		if got := marks(rec, "stop_not_sent"); !slices.Contains(got, clinical.AlarmAcknowledged) {
			t.Errorf("nobody acknowledged the stop: %v", got)
		}

		b.plugged.Store(true)
		v = b.until("settled", func(v *console.View) bool { return len(v.Uncertain) == 1 && v.Uncertain[0].CanReconciled })
		_ = b.pen.Hand().Fault(sim.SwitchBatteryLow, true)
		b.raised(alarm.BatteryLow)
		if rec := b.record(id); has(rec, "battery_low") != 1 {
			t.Errorf("the pen's alarm is not in %+v", rec.Alarms)
		}
		b.sign(v, clinical.AsReconciled)
		signed := b.record(id)
		b.desk.Tell(alarm.Finding{Condition: alarm.Of(alarm.BackupOld)}, true)
		b.raised(alarm.BackupOld)
		if rec := b.record(id); rec.Outcome != clinical.OutcomeReconciled || len(rec.Alarms) != len(signed.Alarms) {
			t.Errorf("outcome %s, and after it %+v", rec.Outcome, rec.Alarms)
		}
		if v := b.desk.View(); standing(v, alarm.RecordFailed) != nil {
			t.Errorf("the store was asked for more: %+v", v.Alarms.Present)
		}
	})
}

// A run that a crash left open has what alarms since then, but not what another
// pen alarms about.
func TestAlarmsWhileAnotherPenIsThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var id clinical.ID
		b := newBenchWith(t, sim.R1, true, func(b *bench) { id = b.leftOpen("0099") })
		defer b.stop()
		b.until("the other pen", func(v *console.View) bool { return v.Pen.Connected && len(v.Uncertain) == 1 })
		_ = b.pen.Hand().Fault(sim.SwitchBatteryLow, true)
		b.raised(alarm.BatteryLow)
		b.desk.Tell(alarm.Finding{Condition: alarm.Of(alarm.DiskLow)}, true)
		b.raised(alarm.DiskLow)
		rec := b.record(id)
		if has(rec, "battery_low") != 0 || has(rec, "disk_low") != 1 || has(rec, "run_uncertain") != 1 {
			t.Errorf("the record has %+v", rec.Alarms)
		}
	})
}

// leftOpen is a treatment with a pen that was armed when the console ended.
func (b *bench) leftOpen(serial string) clinical.ID {
	b.t.Helper()
	ctx := context.Background()
	people, _, err := b.store.SearchPatients(ctx, "", 1)
	if err != nil {
		b.t.Fatal(err)
	}
	rec, err := b.store.BeginTreatment(ctx, clinical.Treatment{
		Patient: people[0].ID, PenKind: clinical.RF, PenModel: "R1", PenSerial: serial, Indication: "acne_scars", Zone: "cheek_left",
		Operator: clinical.Operator{ID: "o", Name: "Dr A. Meyer", Role: clinical.RoleClinician}, Started: time.Now(),
		Outcome: clinical.OutcomeIntent, Arms: []clinical.ArmIntent{{At: time.Now(), CommandID: 7, Boot: 1}},
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return rec.ID
}

// What alarms while a signature is on its way to the disk follows no signature, and
// is not lost where the disk refuses it.
func TestAlarmWhileTheSignatureIsOnItsWay(t *testing.T) {
	for name, refused := range map[string]bool{"taken": false, "refused": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, sim.R1, true)
				defer b.stop()
				v := b.lose(moments()[3])
				u := v.Uncertain[0]
				b.record(u.Treatment.ID) // until all is on disk
				b.hang.Store(true)
				b.desk.Tell(alarm.Finding{Condition: alarm.Of(alarm.DiskLow)}, true) // which the disk does not take
				b.raised(alarm.DiskLow)
				b.desk.Sign(u.Treatment.ID, clinical.AsUncertain, u.Version)
				b.until("signing", func(v *console.View) bool { return v.Uncertain[0].Signing })
				b.desk.Tell(alarm.Finding{Condition: alarm.Of(alarm.BackupOld)}, true)
				b.raised(alarm.BackupOld)
				b.broken.Store(refused)
				b.hang.Store(false)
				late := 0
				if refused {
					late = 1
					b.until("refused", func(v *console.View) bool { return v.Uncertain[0].SignErr != nil })
				} else {
					b.until("signed", func(v *console.View) bool { return len(v.Uncertain) == 0 })
				}
				b.broken.Store(false)
				rec := b.record(u.Treatment.ID)
				if has(rec, "disk_low") != 1 || has(rec, "backup_old") != late {
					t.Errorf("the record has %+v", rec.Alarms)
				}
				if o := standing(b.desk.View(), alarm.RecordFailed); o != nil {
					t.Errorf("the store was asked for more than it takes: %+v", o)
				}
			})
		})
	}
}

// Each condition finds its share of the record only; what finds no place is counted
// when it is signed, once.
func TestStormAfterTheRunWasLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sim.R1, true)
		defer b.stop()
		v := b.lose(moments()[3])
		id := v.Uncertain[0].Treatment.ID
		for range 40 {
			f := alarm.Finding{Condition: alarm.Of(alarm.DiskLow)}
			b.desk.Tell(f, true)
			time.Sleep(10 * time.Millisecond)
			b.desk.Tell(f, false)
			time.Sleep(10 * time.Millisecond)
		}
		b.sign(b.desk.View(), clinical.AsUncertain)
		rec := b.record(id)
		of, left := 0, 0
		for _, a := range rec.Alarms {
			switch a.Text {
			case "disk_low":
				of++
			case "left_out":
				left += a.Count
			}
		}
		if of != 20 || left != 60 {
			t.Errorf("%d entries and %d left out, want 20 and 60", of, left)
		}
	})
}
