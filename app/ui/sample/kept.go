package sample

import (
	"time"

	"stipple/app/console"
)

// sampleBackups are backups in which a sample patient is: one by hand, and those of the
// last days.
func sampleBackups() []console.KeptBackup {
	at := func(daysAgo int) time.Time {
		y, m, d := Now().AddDate(0, 0, -daysAgo).Date()
		return time.Date(y, m, d, 20, 15, 0, 0, time.UTC)
	}
	all := []console.KeptBackup{{Name: "stipple-backup-" + at(41).Format("20060102T150405Z") + ".age", Made: at(41)}}
	for ago := 7; ago > 0; ago-- {
		all = append(all, console.KeptBackup{
			Name: "stipple-backup-" + at(ago).Format("20060102T150405Z") + ".age", Made: at(ago), Expires: at(ago - 14),
		})
	}
	return all
}
