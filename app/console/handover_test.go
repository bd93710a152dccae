package console_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"stipple/app/alarm"
	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/device/sim"
	"stipple/protocol"
)

// A second clinician takes over in the middle of a pulse: the treatment stays
// open, the pen is in STANDBY until the second has applied and armed, and the
// record has both, with the time.
func TestHandOverWhileTreating(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sim.R1, true)
		defer b.stop()
		b.applied()
		b.armed()
		b.pull()
		v := b.until("RF flows", func(*console.View) bool { return b.desk.Live().Status.Flags&protocol.FlagRFOn != 0 })
		first, patient, run := v.Operator, v.Patient.ID, v.Run.ID
		var armed bool
		b.look(func(m protocol.Message) { armed = armed || m.Type() == protocol.TypeArm })
		at := b.now()
		second := b.work(clinical.RoleSeniorClinician)
		v = b.until("standby", func(v *console.View) bool { return v.Pen.Phase == console.Standby && v.Arm.State != console.ArmArmed })
		if !v.Run.Open || v.Run.ID != run || v.Patient == nil || v.Patient.ID != patient || v.Arm.Fell.Reason != clinical.FellOperator {
			t.Errorf("run %+v, patient %v, fell %+v", v.Run, v.Patient, v.Arm.Fell)
		}
		time.Sleep(5 * time.Second) // the trigger is held all the while
		synctest.Wait()
		if v := b.desk.View(); armed || b.desk.Live().Armed || v.Apply.State == console.AppliedOK {
			t.Errorf("armed %v, live %v, apply %s", armed, b.desk.Live().Armed, v.Apply.State)
		}
		b.release()
		rec := b.record(run) // on disk before anything else happens
		checkHandOvers(t, rec, at, first.Name, second.Name)
		if n := len(rec.FallBacks); n != 1 || rec.FallBacks[0].Reason != clinical.FellOperator || rec.FallBacks[0].At.Sub(at).Abs() > time.Second {
			t.Errorf("fell %+v", rec.FallBacks)
		}
		b.until("may be applied", func(v *console.View) bool { return v.Apply.Can })
		b.desk.Apply()
		b.armed()
		b.spots(1)
		b.desk.EndTreatment()
		rec = b.lastRecord(patient)
		if got := rec.Armers(); rec.ID != run || !slices.Equal(got, []clinical.Operator{first, second}) {
			t.Errorf("armed by %+v", got)
		}
		checkHandOvers(t, rec, at, first.Name, second.Name)
		agrees(t, rec, b.ledger(rec.ID))
	})
}

// checkHandOvers holds a record against who was at work, one behind the other; the
// first change was at a time.
func checkHandOvers(t *testing.T, rec clinical.Treatment, at time.Time, names ...string) {
	t.Helper()
	got := rec.HandOvers()
	if rec.Operator.Name != names[0] || len(got) != len(names)-1 {
		t.Errorf("opened by %s, then %+v", rec.Operator.Name, got)
		return
	}
	for i, h := range got {
		if h.From != names[i] || h.To != names[i+1] {
			t.Errorf("%+v, want %s to %s", h, names[i], names[i+1])
		}
	}
	if len(got) > 0 && got[0].At.Sub(at).Abs() > time.Second {
		t.Errorf("at %v, was %v", got[0].At, at)
	}
}

// A hand-over between two armings, and one of an arming whose intent is on its way
// to the disk, are in the record, too, also where the second never arms.
func TestHandOverWithoutAnArming(t *testing.T) {
	for name, open := range map[string]func(*bench){
		"in standby": func(b *bench) { b.treatedOnce() },
		"while arming": func(b *bench) {
			v := b.mayBeArmed()
			b.slow.Store(int64(2 * time.Second))
			b.desk.Arm(v.Arm.Shown)
			b.until("arming", func(v *console.View) bool { return v.Arm.State == console.Arming })
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, sim.R1, true)
				defer b.stop()
				open(b)
				v := b.desk.View()
				first, patient, at := v.Operator, v.Patient.ID, b.now()
				b.look(func(m protocol.Message) {
					if m.Type() == protocol.TypeArm {
						t.Error("ARM left")
					}
				})
				second := b.work(clinical.RoleSeniorClinician)
				v = b.until("open", func(v *console.View) bool { return v.Run.Open && v.Arm.State != console.Arming })
				if v.Patient == nil || v.Patient.ID != patient || len(v.Presets) == 0 {
					t.Errorf("patient %v, %d presets", v.Patient, len(v.Presets))
				}
				b.desk.EndTreatment()
				checkHandOvers(t, b.lastRecord(patient), at, first.Name, second.Name)
			})
		})
	}
}

// Whoever may not treat ends an open treatment by coming, in whatever state it is,
// with the pulse that is being given; nobody at all does, too.
func TestOperatorWhoEndsTheTreatment(t *testing.T) {
	moments := map[string]func(*bench){
		"in standby": func(b *bench) { b.treatedOnce() },
		"in a pulse": func(b *bench) {
			b.applied()
			b.armed()
			b.pull()
			b.until("RF flows", func(*console.View) bool { return b.desk.Live().Status.Flags&protocol.FlagRFOn != 0 })
		},
		"while arming": func(b *bench) {
			v := b.mayBeArmed()
			b.slow.Store(int64(2 * time.Second))
			b.desk.Arm(v.Arm.Shown)
			b.until("arming", func(v *console.View) bool { return v.Arm.State == console.Arming })
		},
	}
	for name, open := range moments {
		for _, role := range []clinical.Role{clinical.RoleTechnician, clinical.RoleAdministrator, ""} {
			t.Run(name+", "+string(role), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					b := newBench(t, sim.R1, true)
					defer b.stop()
					open(b)
					v := b.desk.View()
					patient, at, names := v.Patient.ID, b.now(), []string{v.Operator.Name}
					b.look(func(m protocol.Message) {
						if m.Type() == protocol.TypeArm {
							t.Error("ARM left")
						}
					})
					if o := b.work(role); o.Name != "" {
						names = append(names, o.Name)
					}
					b.until("closed", func(v *console.View) bool {
						return !v.Run.Open && v.Arm.State != console.Arming && !b.desk.Live().Armed
					})
					b.release()
					rec := b.lastRecord(patient)
					checkHandOvers(t, rec, at, names...)
					if n := len(rec.FallBacks); n == 0 || name != "in standby" && rec.FallBacks[n-1].Reason != clinical.FellOperator {
						t.Errorf("fell %+v", rec.FallBacks)
					}
					want := clinical.OutcomeComplete
					if name == "while arming" {
						want = clinical.OutcomeNotArmed
					}
					if truth := b.ledger(rec.ID); rec.Outcome != want || len(rec.Pulses) != len(truth) {
						t.Errorf("%s with %d pulses of %d", rec.Outcome, len(rec.Pulses), len(truth))
					}
				})
			})
		}
	}
}

// ARM is on its way when a technician comes: what the pen makes of it is ended and
// written down, and nothing of it is shown to the technician.
func TestTechnicianWhileArmIsOnItsWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sim.R1, true)
		defer b.stop()
		v := b.mayBeArmed()
		patient, technician := v.Patient.ID, b.another(clinical.RoleTechnician)
		b.look(func(m protocol.Message) {
			if m.Type() == protocol.TypeArm {
				b.desk.ChooseOperator(technician.ID)
			}
		})
		var seen atomicViews
		b.desk.Watch(func() { seen.add(b.desk.View()) })
		b.desk.Arm(v.Arm.Shown)
		b.until("the technician", func(v *console.View) bool { return v.Operator == technician && v.Arm.State != console.Arming })
		rec := b.lastRecord(patient)
		b.desk.Watch(func() {})
		if rec.Outcome != clinical.OutcomeComplete || len(rec.Arms) != 1 || rec.Arms[0].Result != clinical.ArmExecuted || b.desk.Live().Armed {
			t.Errorf("%s, %+v, armed %v", rec.Outcome, rec.Arms, b.desk.Live().Armed)
		}
		for _, v := range seen.take() {
			if v.Operator == technician && (v.Run.Open || v.Run.ID != "") {
				t.Fatalf("shown: %+v", v.Run)
			}
		}
	})
}

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

// What a desk shows to who may not know patient data has nothing of a patient in
// it, from the first view on: no patient, preset, draft or record, nor a name in an
// alarm, a notice or a run that waits for its signature. It is gone, not hidden:
// the next clinician chooses anew.
func TestDeskOfWhoMayNotKnowPatients(t *testing.T) {
	for _, role := range []clinical.Role{clinical.RoleTechnician, clinical.RoleServiceEngineer, clinical.RoleAdministrator, ""} {
		t.Run("as "+string(role), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, sim.R1, true)
				defer b.stop()
				full := b.fullDesk()
				secrets := []string{full.Patient.FamilyName, full.Patient.FileNumber, string(full.Patient.ID)}
				for _, p := range full.Presets {
					secrets = append(secrets, p.Name, string(p.ID))
				}
				if len(leaks(full, secrets)) < len(secrets) {
					t.Fatalf("the full desk shows only %v", leaks(full, secrets))
				}
				if held := console.Holds(b.desk); len(held) < 6 {
					t.Fatalf("the full desk holds only %v", held)
				}
				first := full.Operator
				var seen atomicViews
				b.desk.Watch(func() { seen.add(b.desk.View()) })
				b.work(role)
				time.Sleep(3 * time.Second)
				synctest.Wait()
				b.desk.Watch(func() {})
				looked := 0
				for _, v := range seen.take() {
					if v.Operator == first {
						continue
					}
					looked++
					if found := leaks(v, secrets); len(found) > 0 {
						t.Fatalf("shown: %v", found)
					}
				}
				v := b.desk.View()
				b.checkWithheld(v)
				if held := console.Holds(b.desk); len(held) > 0 {
					t.Errorf("still there: %v", held)
				}
				if looked == 0 || v.Patient != nil || v.Indication != "" || v.Zone != "" || v.Preset != (console.PresetRef{}) || len(v.Presets) > 0 || len(v.Notices) > 0 {
					t.Errorf("%d views; %+v %q %q %+v", looked, v.Patient, v.Indication, v.Zone, v.Preset)
				}
				b.desk.ChooseOperator(first.ID)
				v = b.until("back", func(v *console.View) bool { return v.Operator == first })
				if v.Patient != nil || len(v.Presets) > 0 || v.Indication != "" || settled(v) == nil || v.Uncertain[0].Patient == nil || !v.Uncertain[0].CanReconciled {
					t.Errorf("patient %v, %d presets, run %+v", v.Patient, len(v.Presets), v.Uncertain[0])
				}
				b.sign(v, clinical.AsReconciled)
			})
		})
	}
}

// fullDesk is a desk with all that it can have of a patient: a run that the pen has
// settled and nobody has signed, a preset that was not loaded, a draft.
func (b *bench) fullDesk() *console.View {
	b.t.Helper()
	b.lose(moments()[4])
	b.release()
	b.plugged.Store(true)
	b.until("all is known", func(v *console.View) bool { return v.Uncertain[0].CanReconciled })
	b.desk.Type(clinical.Depth, "1.2")
	for _, p := range b.desk.View().Presets {
		if len(p.Violations) > 0 {
			b.desk.LoadPreset(p.Patient, p.ID, 0)
		}
	}
	return b.until("a notice", func(v *console.View) bool { return len(v.Notices) > 0 && settled(v) != nil })
}

// checkWithheld looks at what is left of a run before who may not know whose it is.
func (b *bench) checkWithheld(v *console.View) {
	b.t.Helper()
	if len(v.Uncertain) != 1 {
		b.t.Fatalf("%d runs", len(v.Uncertain))
	}
	u := v.Uncertain[0]
	if !u.Withheld || u.Treatment.PenSerial != "0042" || u.Treatment.Reconciled.Known() || u.CanReconciled || len(u.Treatment.Pulses) > 0 {
		b.t.Errorf("%+v", u)
	}
	i := slices.IndexFunc(v.Alarms.Present, func(o alarm.Occurrence) bool { return o.Code == alarm.RunUncertain })
	var held *console.WithheldError
	if i < 0 || !errors.As(v.Alarms.Present[i].Cause, &held) || held.Pen != "0042" {
		b.t.Errorf("alarms %+v", v.Alarms.Present)
	}
}

// atomicViews are views in the order in which they were published.
type atomicViews struct {
	mu    sync.Mutex
	views []*console.View
}

func (a *atomicViews) add(v *console.View) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.views = append(a.views, v)
}

func (a *atomicViews) take() []*console.View {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.views
}

// leaks are the places in a view that name a secret, exported or not.
func leaks(v *console.View, secrets []string) map[string]string {
	out := make(map[string]string)
	seen := make(map[uintptr]bool)
	var look func(path string, v reflect.Value)
	look = func(path string, v reflect.Value) {
		switch v.Kind() {
		case reflect.String:
			for _, s := range secrets {
				if strings.Contains(v.String(), s) {
					out[path] = v.String()
				}
			}
		case reflect.Pointer:
			if !v.IsNil() && !seen[v.Pointer()] {
				seen[v.Pointer()] = true
				look(path, v.Elem())
			}
		case reflect.Interface:
			if !v.IsNil() {
				look(path, v.Elem())
			}
		case reflect.Struct:
			for i := range v.NumField() {
				look(path+"."+v.Type().Field(i).Name, v.Field(i))
			}
		case reflect.Slice, reflect.Array:
			for i := range v.Len() {
				look(fmt.Sprintf("%s[%d]", path, i), v.Index(i))
			}
		case reflect.Map:
			for _, k := range v.MapKeys() {
				look(path+"[key]", k)
				look(fmt.Sprintf("%s[%v]", path, k), v.MapIndex(k))
			}
		}
	}
	look("view", reflect.ValueOf(v))
	return out
}

// Nobody at work: the desk reads nothing and begins nothing, and the pen is told
// that nobody is there.
func TestNobodyAtWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sim.R1, true)
		defer b.stop()
		b.applied()
		b.work("")
		v := b.until("blocked", func(v *console.View) bool { return v.Arm.State == console.ArmBlocked })
		if !slices.ContainsFunc(v.Blocks, func(bl clinical.Block) bool { return bl.Code == clinical.BlockOperator }) {
			t.Errorf("blocks %+v", v.Blocks)
		}
		b.desk.ChooseOperator("no such person")
		synctest.Wait()
		if v := b.desk.View(); v.Operator != (clinical.Operator{}) {
			t.Errorf("%+v is at work", v.Operator)
		}
	})
}

// Who works here is known before the first view, so that nothing that a window
// asks for at its start is refused.
func TestPrepareKnowsWhoWorksHere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBenchWith(t, sim.R1, true, func(b *bench) {
			b.lostRecord()
			b.desk.Prepare(context.Background())
			v := b.desk.View()
			if !v.Operator.Role.MayTreat() || len(v.Operators) == 0 || len(v.Uncertain) != 1 || v.Uncertain[0].Patient == nil {
				t.Errorf("%+v, %+v", v.Operator, v.Uncertain)
			}
		})
		defer b.stop()
		b.until("the same", func(v *console.View) bool { return v.Pen.Connected && v.Operator.Role.MayTreat() })
	})
}
