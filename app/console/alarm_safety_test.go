package console

import (
	"testing"
	"time"

	"stipple/app/alarm"
	"stipple/device"
)

func TestWhoFellSilent(t *testing.T) {
	now := time.Date(2026, time.November, 23, 9, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name   string
		ticked time.Duration // before now
		still  time.Duration // before now; 0: never
		want   string
	}{
		{"the pen", tickEvery, 0, "status_silence"},
		{"this program, and no tick has come yet", time.Second, 0, "stood_still"},
		{"this program, a tick ago", tickEvery, tickEvery, "stood_still"},
		{"the pen, long after", tickEvery, time.Minute, "status_silence"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := &Desk{cfg: Config{Now: func() time.Time { return now }}, ticked: now.Add(-c.ticked)}
			if c.still != 0 {
				d.still = now.Add(-c.still)
			}
			d.safetyEvent(device.Event{Kind: device.EventStatusSilence})
			d.safetyEvent(device.Event{Kind: device.EventStopSent, Err: device.ErrStale})
			all := d.alarms.Present()
			if len(all) != 1 || string(all[0].Code) != c.want || all[0].Priority != alarm.High || !all[0].Expected.Known() {
				t.Errorf("alarms %+v, want one of %s", all, c.want)
			}
		})
	}
}
