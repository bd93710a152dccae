package console_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"stipple/app/audit"
	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/store"
	"stipple/device/sim"
)

// eraser is the store's, which takes its time and may leave something undone.
type eraser struct {
	console.Erasures
	takes time.Duration
	err   error
}

func (e *eraser) ErasePatient(ctx context.Context, id clinical.ID, reason string) (clinical.Erased, error) {
	time.Sleep(e.takes)
	out, err := e.Erasures.ErasePatient(ctx, id, reason)
	return out, errors.Join(err, e.err)
}

// made are backups of given times.
type made []time.Time

func (m made) Made(_ context.Context, from time.Time) (all []console.KeptBackup, err error) {
	for _, at := range m {
		if !at.Before(from) {
			all = append(all, console.KeptBackup{Name: at.Format(time.DateOnly), Made: at})
		}
	}
	return all, nil
}

// newEraseBench is a bench with a senior clinician at work.
func newEraseBench(t *testing.T) (*bench, *eraser) {
	t.Helper()
	e := new(eraser)
	b := newBenchFrom(t, sim.R1, true, func(*bench) {}, func(cfg *console.Config) {
		e.Erasures = cfg.Erasures
		cfg.Erasures = e
		cfg.Copies = made{time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC), time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC)}
	})
	b.work(clinical.RoleSeniorClinician)
	return b, e
}

// erase waits for what came of it.
func (b *bench) erase(id clinical.ID, reason string) (out console.Erasure, err error) {
	b.t.Helper()
	done := make(chan struct{})
	b.desk.ErasePatient(id, reason, func(e console.Erasure, got error) { out, err = e, got; close(done) })
	<-done
	return out, err
}

// An erased patient is off the desk and off every list, and who did it and why is in the
// audit chain.
func TestErasePatient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, _ := newEraseBench(t)
		defer b.stop()
		v := b.applied()
		who, senior := *v.Patient, v.Operator
		var asked console.Erasure
		b.desk.Erasure(who.ID, func(e console.Erasure, err error) {
			if err != nil {
				t.Error(err)
			}
			asked = e
		})
		time.Sleep(time.Second)
		synctest.Wait()
		if asked.Patient != who || asked.Presets == 0 || asked.Treatments == 0 || len(asked.Backups) != 2 || asked.Backups[0].Name != "2026-11-22" || asked.Backups[1].Name != "2031-01-01" {
			t.Errorf("%+v", asked)
		}
		got, err := b.erase(who.ID, "asked for")
		if err != nil || got.Patient != who || got.Treatments != asked.Treatments || got.Presets != asked.Presets || !slices.Equal(got.Backups, asked.Backups) {
			t.Errorf("%+v, %v", got, err)
		}
		v = b.until("an empty desk", func(v *console.View) bool { return v.Patient == nil })
		if len(v.Presets) != 0 || v.Indication != "" || v.Preset.ID != "" {
			t.Errorf("%+v", v)
		}
		synctest.Wait()
		if held := console.Holds(b.desk); len(held) != 0 {
			t.Errorf("the desk has %v", held)
		}
		if _, err := b.store.Patient(t.Context(), who.ID); !errors.Is(err, store.ErrNotFound) {
			t.Error(err)
		}
		all, err := b.store.AuditEntries(t.Context(), 1, 1000)
		i := slices.IndexFunc(all, func(e store.AuditEntry) bool { return e.Action == audit.PatientErase })
		if err != nil || i < 0 || all[i].Operator != senior || all[i].Why != "asked for" || all[i].Patient != who.ID {
			t.Errorf("%d of %d: %v", i, len(all), err)
		}
		if _, err := b.erase(who.ID, "again"); !errors.Is(err, store.ErrNotFound) {
			t.Error("a second time:", err)
		}
	})
}

// While a treatment is open nobody is erased, and while somebody is erased nothing is
// armed, and nobody else is erased: the record must not wait for the file.
func TestErasingAndTreating(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, e := newEraseBench(t)
		defer b.stop()
		b.applied()
		b.armed()
		other := b.patient("Silva")
		if _, err := b.erase(other, "asked for"); !errors.Is(err, console.ErrRunOpen) {
			t.Error("armed:", err)
		}
		b.desk.Disarm()
		b.until("standby", func(v *console.View) bool { return v.Pen.Phase == console.Standby })
		if _, err := b.erase(other, "asked for"); !errors.Is(err, console.ErrRunOpen) {
			t.Error("in standby:", err)
		}
		b.desk.EndTreatment()
		b.until("ended", func(v *console.View) bool { return !v.Run.Open })
		time.Sleep(5 * time.Second) // the last pulses are waited for
		v := b.until("reviewed", func(v *console.View) bool { return v.Arm.Review != nil })
		e.takes = 3 * time.Second
		b.desk.ErasePatient(other, "asked for", func(_ console.Erasure, err error) {
			if err != nil {
				t.Error(err)
			}
		})
		if _, err := b.erase(b.patient("Tanaka"), "asked for"); !errors.Is(err, console.ErrErasing) {
			t.Error("a second one:", err)
		}
		b.until("that nothing can be armed", func(v *console.View) bool {
			return errors.Is(v.Held, console.ErrErasing) && v.Arm.State == console.ArmBlocked
		})
		b.desk.Arm(v.Arm.Shown)
		b.until("refused", func(v *console.View) bool { return errors.Is(v.Arm.Err, console.ErrErasing) })
		time.Sleep(4 * time.Second)
		b.armed()
	})
}

// copyingBackups copy the store for ever.
type copyingBackups struct {
	*countedBackups
	cancelling atomic.Bool
}

func (k *copyingBackups) State() console.BackupsView {
	return console.BackupsView{Has: true, Job: console.BackupJob{Task: console.BackupWriting, Cancelling: k.cancelling.Load()}}
}

// While a backup copies the store nobody is erased: the old file would stay as long as a
// slow stick takes, and nothing could be armed. One that was cancelled holds up nothing.
func TestErasingBesideABackup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := &copyingBackups{countedBackups: &countedBackups{c: new(calls)}}
		e := new(eraser)
		b := newBenchFrom(t, sim.R1, true, func(*bench) {}, func(cfg *console.Config) {
			cfg.Backups, e.Erasures, cfg.Erasures = k, cfg.Erasures, e
		})
		defer b.stop()
		b.work(clinical.RoleSeniorClinician)
		who := b.patient("Silva")
		if _, err := b.erase(who, "asked for"); !errors.Is(err, console.ErrBackupBusy) {
			t.Error(err)
		}
		k.cancelling.Store(true)
		if _, err := b.erase(who, "asked for"); err != nil {
			t.Error(err)
		}
		e.takes = 3 * time.Second
		b.desk.ErasePatient(b.patient("Tanaka"), "asked for", func(console.Erasure, error) {})
		b.work(clinical.RoleAdministrator)
		made := make(chan error)
		b.desk.MakeBackup(func(err error) { made <- err })
		if err := <-made; !errors.Is(err, console.ErrErasing) {
			t.Error(err)
		}
	})
}

// A patient who came from a clock that was ahead is not taken for younger than any backup.
func TestBackupsOfAPatientFromTheFuture(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := new(eraser)
		b := newBenchFrom(t, sim.R1, true, func(b *bench) {}, func(cfg *console.Config) {
			e.Erasures, cfg.Erasures = cfg.Erasures, e
			cfg.Copies = made{time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC)}
			now := cfg.Now
			cfg.Now = func() time.Time { return now().AddDate(-50, 0, 0) }
		})
		defer b.stop()
		b.work(clinical.RoleSeniorClinician)
		asked := make(chan console.Erasure)
		b.desk.Erasure(b.patient("Silva"), func(e console.Erasure, err error) { asked <- e })
		if e := <-asked; len(e.Backups) != 1 {
			t.Errorf("%+v", e)
		}
	})
}

// What the next start has to do is told with what was done; the patient is off the desk.
func TestErasedButNotCompacted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, e := newEraseBench(t)
		defer b.stop()
		who := *b.applied().Patient
		e.err = store.ErrNotCompacted
		got, err := b.erase(who.ID, "asked for")
		if got.Patient != who || !errors.Is(err, store.ErrNotCompacted) {
			t.Errorf("%+v, %v", got, err)
		}
		b.until("an empty desk", func(v *console.View) bool { return v.Patient == nil })
	})
}

// Refused by the store, everything is as it was.
func TestErasingThatIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, _ := newEraseBench(t)
		defer b.stop()
		who := *b.applied().Patient
		var invalid *store.InvalidError
		if got, err := b.erase(who.ID, "because "+who.FamilyName+" asked"); !errors.As(err, &invalid) || got.Patient.ID != "" {
			t.Errorf("%+v, %v", got, err)
		}
		if v := b.desk.View(); v.Patient == nil || v.Patient.ID != who.ID {
			t.Error("the desk is empty")
		}
	})
}

// A patient who was read before the erasure does not come to the desk after it.
func TestErasedWhileBeingRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, _ := newEraseBench(t)
		defer b.stop()
		who := b.patient("Silva")
		late := func(clinical.ID) time.Duration { return time.Second }
		b.lateOf.Store(&late)
		b.desk.ChoosePatient(who)
		time.Sleep(100 * time.Millisecond)
		b.lateOf.Store(nil)
		if _, err := b.erase(who, "asked for"); err != nil {
			t.Fatal(err)
		}
		time.Sleep(3 * time.Second)
		synctest.Wait()
		if p := b.desk.View().Patient; p != nil {
			t.Errorf("at the desk: %+v", p)
		}
	})
}

// Who is at work when it is done and may not erase does not see what was.
func TestErasedAndSomebodyElseAtWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, e := newEraseBench(t)
		defer b.stop()
		e.takes = 2 * time.Second
		var got console.Erasure
		var err error
		b.desk.ErasePatient(b.patient("Silva"), "asked for", func(e console.Erasure, failed error) { got, err = e, failed })
		time.Sleep(time.Second)
		b.work(clinical.RoleTechnician)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if !errors.Is(err, console.ErrOtherOperator) || got.Patient.ID != "" {
			t.Errorf("%+v, %v", got, err)
		}
	})
}

// What opening the store could not finish is told.
func TestUnfinishedErasureIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBenchFrom(t, sim.R1, true, func(*bench) {}, func(cfg *console.Config) { cfg.Unfinished = store.ErrNotCompacted })
		defer b.stop()
		b.until("told", func(v *console.View) bool {
			return slices.ContainsFunc(v.Notices, func(n console.Notice) bool { return errors.Is(n.Err, store.ErrNotCompacted) })
		})
	})
}
