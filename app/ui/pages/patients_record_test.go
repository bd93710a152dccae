package pages

import (
	"testing"
	"time"

	"stipple/app/clinical"
	"stipple/app/ui/words"
)

// Entries about one alarm are one line that says how often it came and who has
// acknowledged it.
func TestAlarmLinesOfARecord(t *testing.T) {
	at := time.Date(2026, time.November, 23, 14, 0, 0, 0, time.UTC)
	entry := func(mark clinical.AlarmMark, count int, by string) clinical.Alarm {
		at = at.Add(time.Second)
		return clinical.Alarm{At: at, Code: 17, Priority: "medium", Text: "open_pin", Mark: mark, Count: count, By: by}
	}
	for _, c := range []struct {
		name    string
		entries []clinical.Alarm
		count   int
		by      string
	}{
		{"as before there were marks", []clinical.Alarm{entry("", 0, ""), entry("", 0, "")}, 2, ""},
		{"began and is over", []clinical.Alarm{entry("", 0, ""), entry("over", 5, "")}, 5, ""},
		{"acknowledged while it was there", []clinical.Alarm{entry("", 0, ""), entry("acknowledged", 0, "Meyer"), entry("over", 3, "")}, 3, "Meyer"},
		{"acknowledged when it was gone", []clinical.Alarm{entry("", 0, ""), entry("acknowledged", 2, "Meyer")}, 2, "Meyer"},
		{"twice", []clinical.Alarm{entry("", 0, ""), entry("over", 4, ""), entry("", 0, ""), entry("acknowledged", 2, "Ruiz")}, 6, "Ruiz"},
		{"had no entry of its own", []clinical.Alarm{entry("more", 7, "")}, 7, ""},
		{"stands at the end", []clinical.Alarm{entry("", 0, ""), entry("more", 1000, "")}, 1000, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			lines := alarmLines(words.English(), c.entries)
			if len(lines) != 1 || lines[0].count != c.count || lines[0].acked.By != c.by {
				t.Errorf("%+v, want %d by %q", lines, c.count, c.by)
			}
		})
	}
}
