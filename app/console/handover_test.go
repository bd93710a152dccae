package console_test

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

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

// Who has signed in takes over as who is chosen does, and is the only one who can be
// chosen from then on; the view is theirs when done is called.
func TestTakeOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sim.R1, true)
		defer b.stop()
		b.applied()
		b.armed()
		b.pull()
		v := b.until("RF flows", func(*console.View) bool { return b.desk.Live().Status.Flags&protocol.FlagRFOn != 0 })
		first, patient, run, at := v.Operator, v.Patient.ID, v.Run.ID, b.now()
		second := clinical.Operator{ID: "signed-in", Name: "Dr N. Byrne", Role: clinical.RoleClinician}
		seen := make(chan *console.View, 1)
		b.desk.TakeOver(second, func() { seen <- b.desk.View() })
		v = <-seen
		if v.Operator != second || !slices.Equal(v.Operators, []clinical.Operator{second}) || !v.Run.Open || v.Run.ID != run || v.Patient == nil {
			t.Errorf("%+v of %+v, run %+v", v.Operator, v.Operators, v.Run)
		}
		b.until("standby", func(v *console.View) bool { return v.Pen.Phase == console.Standby })
		b.release()
		b.desk.ChooseOperator(first.ID)
		synctest.Wait()
		if got := b.desk.View().Operator; got != second {
			t.Errorf("%+v came back without signing in", got)
		}
		b.until("may be applied", func(v *console.View) bool { return v.Apply.Can })
		b.desk.Apply()
		b.armed()
		b.spots(1)
		b.desk.EndTreatment()
		rec := b.lastRecord(patient)
		checkHandOvers(t, rec, at, first.Name, second.Name)
		if got := rec.Armers(); rec.ID != run || !slices.Equal(got, []clinical.Operator{first, second}) {
			t.Errorf("armed by %+v", got)
		}
	})
}

// checkHandOvers holds a record against who was at work, one behind the other; the
// first change was at a time.
func checkHandOvers(t *testing.T, rec clinical.Treatment, at time.Time, names ...string) {
	t.Helper()
	got := rec.HandOvers
	if rec.Operator.Name != names[0] || len(got) != len(names)-1 {
		t.Errorf("opened by %s, then %+v", rec.Operator.Name, got)
		return
	}
	for i, h := range got {
		if h.From.Name != names[i] || h.To.Name != names[i+1] || h.To.ID == "" {
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
		late := lie(func(_ *protocol.Header, m protocol.Message) protocol.Message {
			if m.Type() == protocol.TypeResult {
				time.Sleep(60 * time.Millisecond)
			}
			return m
		})
		b.lie.Store(&late)
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
