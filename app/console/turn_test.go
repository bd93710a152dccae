package console_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/device/sim"
)

// A read that was begun for one operator never comes to another; what was to be
// written is.
func TestReadsForTheOneBefore(t *testing.T) {
	for name, ask := range map[string]func(*walk){
		"search": func(w *walk) {
			w.b.desk.SearchPatients("Ruiz", func(l console.PatientList, err error) { w.handed(l.Rows, err) })
		},
		"file": func(w *walk) {
			w.b.desk.PatientFile(w.patient, func(f console.PatientFile, err error) { w.handed(f, err) })
		},
		"record": func(w *walk) {
			w.b.desk.TreatmentRecord(w.record, func(r console.TreatmentRow, err error) { w.handed(r, err) })
		},
		"history of a preset": func(w *walk) {
			w.b.desk.PresetHistory(w.patient, w.preset.ID, func(l []console.PresetView, err error) { w.handed(l, err) })
		},
		"name of a preset": func(w *walk) { w.b.desk.RenamePreset(w.patient, w.preset.ID, "Other", w.done) },
	} {
		for _, role := range []clinical.Role{clinical.RoleSeniorClinician, clinical.RoleTechnician, ""} {
			t.Run(name+", "+string(role), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newWalk(t, clinical.RoleClinician)
					defer w.b.stop()
					w.calls.late.Store(int64(2 * time.Second))
					w.calls.take()
					ask(w)
					time.Sleep(time.Second)
					w.b.work(role)
					time.Sleep(10 * time.Second)
					synctest.Wait()
					if got := w.answers(); len(got) != 1 || !errors.Is(got[0], console.ErrOtherOperator) {
						t.Errorf("told %v", got)
					}
					if c := w.calls.take(); slices.Contains(c, "SavePreset") {
						t.Errorf("written: %v", c)
					}
				})
			})
		}
	}
}

// A patient who is asked for by one operator does not come to the desk of another.
func TestPatientForTheOneBefore(t *testing.T) {
	for _, role := range []clinical.Role{clinical.RoleSeniorClinician, clinical.RoleTechnician, ""} {
		for _, preset := range []bool{false, true} {
			t.Run(fmt.Sprint(role, preset), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					w := newWalk(t, clinical.RoleClinician)
					defer w.b.stop()
					first := w.b.desk.View().Operator.ID
					w.calls.late.Store(int64(2 * time.Second))
					if preset {
						w.b.desk.LoadPreset(w.patient, w.preset.ID, 0)
					} else {
						w.b.desk.ChoosePatient(w.patient)
					}
					time.Sleep(time.Second)
					w.b.work(role)
					w.b.desk.ChooseOperator(first) // back, and still it was for another time
					time.Sleep(20 * time.Second)
					synctest.Wait()
					if v := w.b.desk.View(); v.Patient != nil || v.Indication != "" || v.Operator.ID != first {
						t.Errorf("patient %v, indication %q", v.Patient, v.Indication)
					}
				})
			})
		}
	}
}

// What was to be written is written, whoever is at work by then. Its answer shows
// nothing of a patient to who may not see it.
func TestPatientSavedForTheOneBefore(t *testing.T) {
	for _, role := range []clinical.Role{clinical.RoleSeniorClinician, clinical.RoleTechnician} {
		t.Run(string(role), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWalk(t, clinical.RoleClinician)
				defer w.b.stop()
				w.calls.late.Store(int64(2 * time.Second))
				p := clinical.Patient{FamilyName: "Neumann", GivenName: "Eva", BirthDate: clinical.Date{Year: 1990, Month: 1, Day: 2}, FileNumber: "N-1"}
				var saved clinical.Patient
				w.b.desk.SavePatient(p, func(p clinical.Patient, err error) { saved = p; w.handed(p, err) })
				time.Sleep(time.Second)
				w.b.work(role)
				time.Sleep(10 * time.Second)
				synctest.Wait()
				stored := w.b.patient("Neumann")
				got := w.answers()
				if len(got) != 1 {
					t.Fatalf("told %v", got)
				}
				if role.May(clinical.PermitPatientData) {
					if got[0] != nil || saved.ID != stored {
						t.Errorf("told %v, %v", saved, got[0])
					}
				} else if !errors.Is(got[0], console.ErrOtherOperator) {
					t.Errorf("told %v", got[0])
				}
			})
		})
	}
}

// Settings that were on their way to the pen for one operator are none of another's
// who may not treat.
func TestApplyForTheOneBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sim.R1, true)
		defer b.stop()
		b.applied()
		b.desk.Step(clinical.Depth, -1)
		b.until("may be applied", func(v *console.View) bool { return v.Apply.Can })
		b.desk.Apply()
		b.desk.ChooseOperator(b.another(clinical.RoleTechnician).ID)
		time.Sleep(3 * time.Second)
		synctest.Wait()
		v := b.desk.View()
		if v.Apply.State != console.NothingToApply || v.Apply.Err != nil || !v.Apply.At.IsZero() {
			t.Errorf("%+v", v.Apply)
		}
		for _, c := range v.Controls {
			if c.Has || c.IsSet {
				t.Errorf("%+v", c)
			}
		}
	})
}

// What the desk itself was reading anew, or keeping, of the patient who stays at it is
// read once more for the one who takes over.
func TestPresetsForTheNextOne(t *testing.T) {
	for name, begin := range map[string]func(*walk){
		"read again": func(w *walk) {
			p := w.preset
			p.ID, p.Revision, p.Name = "", 0, "Extra"
			if _, err := w.b.store.SavePreset(w.b.t.Context(), p); err != nil {
				w.b.t.Fatal(err)
			}
			w.b.cut()
			w.b.until("gone", func(v *console.View) bool { return !v.Pen.Connected })
			w.calls.late.Store(int64(2 * time.Second))
			w.b.plugged.Store(true)
			w.b.until("back", func(v *console.View) bool { return v.Pen.Connected })
		},
		"kept": func(w *walk) {
			w.calls.late.Store(int64(2 * time.Second))
			w.b.desk.SavePreset("Extra", true, w.done)
			time.Sleep(100 * time.Millisecond)
			w.calls.late.Store(0) // who takes over reads before it is written
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWalk(t, clinical.RoleClinician)
				defer w.b.stop()
				w.b.sign(w.b.desk.View(), clinical.AsUncertain)
				w.b.applied()
				begin(w)
				w.b.work(clinical.RoleSeniorClinician)
				w.b.until("the new preset", func(v *console.View) bool {
					return slices.ContainsFunc(v.Presets, func(p console.PresetView) bool { return p.Name == "Extra" })
				})
				for _, err := range w.answers() {
					if err != nil {
						t.Error(err)
					}
				}
			})
		})
	}
}

// another is an operator of a role.
func (b *bench) another(role clinical.Role) clinical.Operator {
	b.t.Helper()
	for _, o := range b.desk.View().Operators {
		if o.Role == role {
			return o
		}
	}
	b.t.Fatalf("no %s", role)
	return clinical.Operator{}
}
