package sample

import (
	"errors"
	"fmt"
	"time"

	"stipple/app/alarm"
	"stipple/app/clinical"
	"stipple/app/console"
)

// ChooseBackupFolder does nothing, as all of these.
func (d *Desk) ChooseBackupFolder(_ string, done func(error)) { done(nil) }

// MakeBackup does nothing.
func (d *Desk) MakeBackup(done func(error)) { done(nil) }

// DrillBackup does nothing.
func (d *Desk) DrillBackup(_ string, done func(error)) { done(nil) }

// RestoreBackup does nothing.
func (d *Desk) RestoreBackup(_ string, code []byte, _ string, done func(error)) {
	clear(code)
	done(nil)
}

// CancelBackup does nothing.
func (d *Desk) CancelBackup(done func(error)) { done(nil) }

// stick is where the sample clinic keeps its backups.
const stick = "/media/clinic/BACKUP 1/Stipple backups"

// backups are those of the sample clinic: one a day, as of some days ago.
func backups(newest int) console.BackupsView {
	v := console.BackupsView{Has: true, Folder: stick, Since: day(200)}
	for i := range 17 {
		at := day(newest + i).Add(37 * time.Minute)
		f := console.BackupFile{
			Name: at.UTC().Format("stipple-backup-20060102T150405Z.age"), Made: at, Size: 82_400_000 - int64(i)*310_000,
			Good: true, Ours: true, Expires: Now().AddDate(0, 0, 14-i),
		}
		switch i {
		case 4:
			f.Good, f.Size, f.Expires = false, 31_000_000, time.Time{}
		case 16:
			f.Ours, f.Good, f.Expires = false, false, time.Time{}
		}
		v.Files = append(v.Files, f)
	}
	v.Last = v.Files[0]
	v.Next = v.Last.Made.AddDate(0, 0, 1)
	if v.Next.Before(Now()) {
		v.Next = Now()
	}
	return v
}

// report is what came of a drill of the sample backup.
func report(task console.BackupTask, findings ...string) *console.BackupReport {
	r := &console.BackupReport{Task: task, At: Now().Add(-2 * time.Minute), Made: day(0).Add(37 * time.Minute), OK: len(findings) == 0, AgainAll: true, Entries: 48_211, Findings: findings}
	for _, c := range []struct {
		kind string
		n    uint64
	}{{"alarms", 214}, {"audit", 48_211}, {"by_patient", 3120}, {"chain", 3}, {"open", 0}, {"operators", 4}, {"patients", 1_204},
		{"presets", 2_977}, {"pulses", 18_422}, {"recent", 200}, {"settings", 3}, {"treatments", 3_120}} {
		r.Counts = append(r.Counts, console.BackupCount{Kind: c.kind, Backed: c.n, Stored: c.n})
	}
	if len(findings) > 0 {
		r.Counts[8].Stored -= 2
	}
	return r
}

// erasedSince are patients whom a restored store has again.
func erasedSince() []console.BackupAgain {
	return []console.BackupAgain{
		{Patient: clinical.ID("01jq2m8xk4c7z9t3vb5hn6wprd"), Seq: 48_218, At: day(0).Add(50 * time.Minute)},
		{Patient: clinical.ID("01jt5f0adq8e2r7yk1gmx4csvn"), Seq: 48_260, At: day(0).Add(70 * time.Minute)},
		{Patient: clinical.ID("01hzk7p3n9wb6t0jq5dfv8xema"), Seq: 48_261, At: day(0).Add(72 * time.Minute)},
	}
}

// notWritten is a stick that is full.
func notWritten() error {
	return worded{errors.New("full"), "backup_not_written_full", []any{"no space left on device"}}
}

// withBackups is the desk of the administrator of a practice with a state of the backups.
func (c Clinic) withBackups(v console.BackupsView) *scene {
	s := c.closed(clinical.RF, administrator())
	s.view.Training, s.view.ThrowAway = false, false
	s.view.Operators = operators()[3:]
	s.view.Backups = v
	return s
}

// seesBackups is what somebody who does not keep the backups sees of them.
func (s *scene) seesBackups(newest int) *scene {
	all := backups(newest)
	s.view.Backups = console.BackupsView{Has: true, Since: all.Since, Last: console.BackupFile{Made: all.Last.Made}, Old: newest > 3}
	return s
}

// tooOld is the alarm of a backup that is.
func (s *scene) tooOld(cause error) *scene {
	return s.alarms(func(b *alarm.Book) {
		raise(b, alarm.BackupOld, time.Hour, 1, about(cause), figures(
			alarm.AtMost(alarm.Duration, (3*24*time.Hour).Microseconds()), alarm.Duration, (5*24*time.Hour).Microseconds()))
	})
}

// backupScenes are the states of the backups.
func (c Clinic) backupScenes() []Scene {
	on := func(name string, s *scene, tap ...string) Scene {
		return Scene{Name: "clinic-backup-" + name, Page: "clinic", Tap: append([]string{backupTab}, tap...), Desk: s.done()}
	}
	running := backups(1)
	running.Job = console.BackupJob{Task: console.BackupWriting, Done: 42_100_000, Of: 82_700_000}
	stuck := backups(1)
	stuck.Job = console.BackupJob{Task: console.BackupWriting, Done: 42_100_000, Of: 82_700_000, Cancelling: true, Stuck: true}
	failing := backups(1)
	failing.Err, failing.FailedAt, failing.Next = notWritten(), Now().Add(-14*time.Minute), Now()
	old := backups(5)
	old.Old, old.FolderErr, old.Files = true, worded{errors.New("gone"), "backup_folder_gone", nil}, nil
	proved, broken, restored := backups(0), backups(0), backups(0)
	proved.Report = report(console.BackupDrilling)
	broken.Report = report(console.BackupDrilling, "pulses: 18420 values, the backup had 18422", "entries 812 to 813: missing")
	broken.Report.Patients = true
	restored.Report = report(console.BackupRestores)
	restored.Report.Patients, restored.Report.Into = true, "/home/clinic/Restored"
	again, whoAgain := backups(0), report(console.BackupRestores)
	whoAgain.Patients, whoAgain.Into, whoAgain.Again = true, "/home/clinic/Restored", erasedSince()
	again.Report = whoAgain
	drilledAgain := backups(0)
	drilledAgain.Report = report(console.BackupDrilling)
	drilledAgain.Report.Again, drilledAgain.Report.AgainAll = erasedSince()[:1], false
	failed := backups(0)
	failed.Report = &console.BackupReport{Task: console.BackupDrilling, At: Now(), Err: worded{fmt.Errorf("damaged"), "backup_damaged", nil}}
	return []Scene{
		on("never", c.withBackups(console.BackupsView{Has: true, Since: day(1)})),
		on("good", c.withBackups(backups(0))),
		on("old", c.withBackups(old).tooOld(old.FolderErr)),
		on("failing", c.withBackups(failing).alarms(func(b *alarm.Book) { raise(b, alarm.BackupFailed, time.Minute, 1, about(failing.Err)) })),
		on("running", c.withBackups(running)),
		on("stuck", c.withBackups(stuck)),
		on("drill-good", c.withBackups(proved)),
		on("drill-details", c.withBackups(proved), "clinic.proof.details"),
		on("drill-bad", c.withBackups(broken)),
		on("drill-bad-details", c.withBackups(broken), "clinic.proof.details"),
		on("drill-failed", c.withBackups(failed)),
		on("restored", c.withBackups(restored)),
		on("restored-again", c.withBackups(again)),
		on("restored-again-details", c.withBackups(again), "clinic.proof.details"),
		on("drill-again", c.withBackups(drilledAgain)),
		on("folder", c.withBackups(backups(0)), "clinic.backup.folder"),
		on("file", c.withBackups(backups(0)), "clinic.proof.restore"),
		on("code", c.withBackups(backups(0)), "clinic.proof.restore", "path.list.choice.4", "overlay.button.choose"),
		on("training", c.closed(clinical.RF, administrator())),
	}
}
