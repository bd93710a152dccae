package console_test

import (
	"errors"
	"reflect"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"stipple/app/alarm"
	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/protocol"
)

// walk is one role's way through all use cases.
type walk struct {
	b       *bench
	calls   *calls
	patient clinical.ID
	preset  clinical.Preset
	record  clinical.ID
	mu      sync.Mutex
	told    []error // what done functions were handed
	noted   int     // the newest notice before the call
}

// done is what a use case hands its outcome to.
func (w *walk) done(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.told = append(w.told, err)
}

func (w *walk) answers() []error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.told)
}

// place is where a use case says that it is refused.
type place string

const (
	nowhere  place = ""
	byDone   place = "done"
	byNotice place = "notice"
	byApply  place = "apply"
	byArm    place = "arm"
	bySign   place = "sign"
)

// at is the errors at a place.
func (w *walk) at(p place) []error {
	v := w.b.desk.View()
	switch p {
	case byDone:
		return w.answers()
	case byNotice:
		var out []error
		for _, n := range v.Notices {
			if n.ID > w.noted {
				out = append(out, n.Err)
			}
		}
		return out
	case byApply:
		return []error{v.Apply.Err}
	case byArm:
		return []error{v.Arm.Err}
	case bySign:
		var out []error
		for _, u := range v.Uncertain {
			out = append(out, u.SignErr)
		}
		return out
	}
	return nil
}

// refused is the refusal at a place; nil: there is none.
func (w *walk) refused(p place) *console.NotPermittedError {
	for _, err := range slices.Backward(w.at(p)) {
		var not *console.NotPermittedError
		if errors.As(err, &not) {
			return not
		}
	}
	return nil
}

// useCase is a method of the desk. One without a permission works for everybody,
// and with nobody at work, for the reason that is given.
type useCase struct {
	method string
	permit clinical.Permission
	says   place
	why    string
	call   func(*walk)                     // nil: it can't be called here
	shows  func(*console.View, *walk) bool // what an allowed call comes to; nil: nothing to see
}

// called is an allowed call that reaches a store or the pen.
func called(name string) func(*console.View, *walk) bool {
	return func(_ *console.View, w *walk) bool {
		w.calls.mu.Lock()
		defer w.calls.mu.Unlock()
		return slices.Contains(w.calls.all, name)
	}
}

// useCases are all of them, in an order in which a clinician can call one behind
// the other. Each method of the desk needs a row.
func useCases() []useCase {
	return slices.Concat(freeUseCases(), clinicUseCases(), backupUseCases(), dataUseCases(), exchangeUseCases(), treatUseCases())
}

// freeUseCases work for everybody.
func freeUseCases() []useCase {
	const root, pen, away, sound = "the composition root tells or asks it", "what the pen says of itself is for everybody", "whatever ends READY never asks", "an alarm is for whoever hears it"
	return []useCase{
		{method: "Run", why: root},
		{method: "Prepare", why: root},
		{method: "Inject", why: "of the tests"},
		{method: "Watch", why: root, call: func(w *walk) { w.b.desk.Watch(func() {}) }},
		{method: "Touch", why: root, call: func(w *walk) { w.b.desk.Touch() }},
		{method: "Report", why: root, call: func(w *walk) { w.b.desk.Report(errors.New("damaged")) },
			shows: func(v *console.View, _ *walk) bool { return present(v, alarm.StoreDamaged) }},
		{method: "Tell", why: root, call: func(w *walk) { w.b.desk.Tell(alarm.Finding{Condition: alarm.Of(alarm.DiskLow)}, true) },
			shows: func(v *console.View, _ *walk) bool { return present(v, alarm.DiskLow) }},
		{method: "SoundDevice", why: root, call: func(w *walk) { w.b.desk.SoundDevice(nil) },
			shows: func(v *console.View, _ *walk) bool { return v.Alarms.Sound.Known }},
		{method: "SoundPlayed", why: root, call: func(w *walk) { w.b.desk.SoundPlayed(7, time.Now()) },
			shows: func(v *console.View, _ *walk) bool { return v.Alarms.Sound.Serial == 7 }},
		{method: "Rekeyed", why: root, call: func(w *walk) { w.b.desk.Rekeyed(3, 7) },
			shows: func(v *console.View, _ *walk) bool { return v.Rekey == console.RekeyView{Done: 3, Of: 7} }},
		{method: "View", why: "what is in it is by who is at work", call: func(w *walk) { w.b.desk.View() }},
		{method: "Live", why: pen, call: func(w *walk) {
			if !w.b.desk.Live().Valid {
				w.b.t.Error("nothing of the pen is seen")
			}
		}},
		{method: "Samples", why: pen, call: func(w *walk) { w.b.desk.Samples(0, make([]console.Sample, 8)) }},
		{method: "Handpiece", why: "the simulated pen's trigger is no part of the console", call: func(w *walk) { w.b.desk.Handpiece() }},
		{method: "UseSimulated", why: "as plugging in a pen", call: func(w *walk) { w.b.desk.UseSimulated(clinical.RF) }, shows: called("Simulate")},
		{method: "Here", why: away, call: func(w *walk) { w.b.desk.Here() }},
		{method: "LastHere", why: away, call: func(w *walk) { w.b.desk.LastHere() }},
		{method: "PauseSound", why: sound, call: func(w *walk) { w.b.desk.PauseSound() }},
		{method: "ResumeSound", why: sound, call: func(w *walk) { w.b.desk.ResumeSound() }},
		{method: "TestSound", why: sound, call: func(w *walk) { w.b.desk.TestSound(alarm.Low) }},
		{method: "Acknowledge", why: sound, call: func(w *walk) { w.b.desk.Acknowledge(w.b.raised(alarm.StoreDamaged).ID) },
			shows: func(v *console.View, _ *walk) bool {
				return !present(v, alarm.StoreDamaged) || acknowledged(v, alarm.StoreDamaged)
			}},
		{method: "FallBack", why: away, call: func(w *walk) { w.b.desk.FallBack(clinical.FellPage) }},
		{method: "Disarm", why: away, call: func(w *walk) { w.b.desk.Disarm() }},
		{method: "Stop", why: "STOP", call: func(w *walk) { w.b.desk.Stop() },
			shows: func(v *console.View, _ *walk) bool { return v.Pen.Phase == console.Stopped && v.Stop.CanClear }},
		{method: "Clear", permit: clinical.PermitClear, says: byNotice, call: func(w *walk) { w.b.desk.Clear() }, shows: called(protocol.TypeClear.String())},
		{method: "ChooseOperator", why: "it is how somebody comes to work", call: func(w *walk) {
			now := w.b.desk.View().Operator
			role := clinical.RoleAdministrator
			if now.Role == role {
				role = clinical.RoleTechnician
			}
			w.b.work(role)
			w.b.desk.ChooseOperator(now.ID)
			w.b.until("back again", func(v *console.View) bool { return v.Operator == now })
		}},
		{method: "TakeOver", why: "it is how somebody comes to work", call: func(w *walk) {
			w.b.desk.TakeOver(w.b.desk.View().Operator, func() { w.done(nil) })
		}, shows: func(v *console.View, _ *walk) bool { return len(v.Operators) == 1 && v.Operators[0] == v.Operator }},
	}
}

// clinicUseCases are about the practice as a whole.
func clinicUseCases() []useCase {
	const staff = clinical.PermitOperators
	told := func(w *walk) func(clinical.Staff, error) {
		return func(all clinical.Staff, err error) { w.handed(all, err) }
	}
	return []useCase{
		{method: "Staff", permit: staff, says: byDone, shows: called("Staff"), call: func(w *walk) { w.b.desk.Staff(told(w)) }},
		{method: "AddOperator", permit: staff, says: byDone, shows: called("AddOperator"), call: func(w *walk) {
			w.b.desk.AddOperator(console.NewOperator{Name: "New One", Role: clinical.RoleTechnician}, told(w))
		}},
		{method: "ChangeOperator", permit: staff, says: byDone, shows: called("ChangeOperator"), call: func(w *walk) {
			o := w.b.desk.View().Operator
			w.b.desk.ChangeOperator(console.OperatorChange{ID: o.ID, Name: o.Name, Role: o.Role}, told(w))
		}},
		{method: "RenewPassphrase", permit: staff, says: byDone, shows: called("RenewPassphrase"), call: func(w *walk) {
			w.b.desk.RenewPassphrase(console.NewPassphrase{}, told(w))
		}},
		{method: "RemoveOperator", permit: staff, says: byDone, shows: called("RemoveOperator"), call: func(w *walk) {
			w.b.desk.RemoveOperator("", told(w))
		}},
		{method: "FilePlaces", permit: clinical.PermitBackup, says: byDone, call: func(w *walk) {
			w.b.desk.FilePlaces(clinical.PermitBackup, func(all []console.FilePlace, err error) { w.handed(all, err) })
		}, shows: called("Places")},
		{method: "ListFolder", permit: clinical.PermitBackup, says: byDone, call: func(w *walk) {
			w.b.desk.ListFolder(clinical.PermitBackup, "/", nil, func(f console.FileFolder, err error) { w.handed(f, err) })
		}, shows: called("Folder")},
		{method: "MakeFolder", permit: clinical.PermitBackup, says: byDone, call: func(w *walk) {
			w.b.desk.MakeFolder(clinical.PermitBackup, "/", w.done)
		}, shows: called("MakeFolder")},
		{method: "CheckPath", permit: clinical.PermitBackup, says: byDone, call: func(w *walk) {
			w.b.desk.CheckPath(clinical.PermitBackup, "/", console.UseFolder, w.done)
		}, shows: called("CheckPath")},
		{method: "AuditPage", permit: clinical.PermitAuditRead, says: byDone, call: func(w *walk) {
			w.b.desk.AuditPage(console.AuditFilter{}, 0, func(console.AuditProgress) {}, func(p console.AuditPage, err error) { w.handed(p, err) })
		}},
		{method: "VerifyAudit", permit: clinical.PermitAuditRead, says: byDone, call: func(w *walk) {
			w.b.desk.VerifyAudit(true, func(console.AuditProgress) {}, func(v *console.AuditVerdict, err error) { w.handed(v, err) })
		}},
		{method: "ExportAudit", permit: clinical.PermitAuditRead, says: byDone, call: func(w *walk) {
			x := console.AuditExport{Folder: "/stick", Form: console.AuditCSV}
			w.b.desk.ExportAudit(x, func(console.AuditProgress) {}, func(out console.AuditExported, err error) { w.handed(out, err) })
		}},
	}
}

// dataUseCases read or keep what is a patient's.
func dataUseCases() []useCase {
	const data, presets = clinical.PermitPatientData, clinical.PermitPresets
	return []useCase{
		{method: "Sign", permit: clinical.PermitSign, says: bySign, call: func(w *walk) {
			u := w.b.desk.View().Uncertain[0]
			w.b.desk.Sign(u.Treatment.ID, clinical.AsUncertain, u.Version)
		}, shows: func(v *console.View, _ *walk) bool { return len(v.Uncertain) == 0 }},
		{method: "SearchPatients", permit: data, says: byDone, call: func(w *walk) {
			w.b.desk.SearchPatients("Ruiz", func(l console.PatientList, err error) { w.handed(l.Rows, err) })
		}, shows: called("SearchPatients")},
		{method: "PatientFile", permit: data, says: byDone, call: func(w *walk) {
			w.b.desk.PatientFile(w.patient, func(f console.PatientFile, err error) { w.handed(f, err) })
		}, shows: called("Patient")},
		{method: "TreatmentRecord", permit: data, says: byDone, call: func(w *walk) {
			w.b.desk.TreatmentRecord(w.record, func(r console.TreatmentRow, err error) { w.handed(r, err) })
		}, shows: called("Treatment")},
		{method: "SavePatient", permit: data, says: byDone, call: func(w *walk) {
			p := clinical.Patient{FamilyName: "New", GivenName: "One", BirthDate: clinical.Date{Year: 1990, Month: 1, Day: 2}, FileNumber: "N-1"}
			w.b.desk.SavePatient(p, func(p clinical.Patient, err error) { w.handed(p, err) })
		}, shows: called("SavePatient")},
		{method: "ChoosePatient", permit: data, says: byNotice, call: func(w *walk) { w.b.desk.ChoosePatient(w.patient) },
			shows: func(v *console.View, _ *walk) bool { return v.Patient != nil }},
		{method: "PresetHistory", permit: data, says: byDone, call: func(w *walk) {
			w.b.desk.PresetHistory(w.patient, w.preset.ID, func(l []console.PresetView, err error) { w.handed(l, err) })
		}, shows: called("PresetHistory")},
		{method: "RenamePreset", permit: presets, says: byDone, call: func(w *walk) { w.b.desk.RenamePreset(w.patient, w.preset.ID, "Other", w.done) },
			shows: called("SavePreset")},
		{method: "DeletePreset", permit: presets, says: byDone, call: func(w *walk) { w.b.desk.DeletePreset(w.patient, w.preset.ID, w.done) },
			shows: called("DeletePreset")},
		{method: "Erasure", permit: clinical.PermitErasePatient, says: byDone, call: func(w *walk) {
			w.b.desk.Erasure(w.patient, func(e console.Erasure, err error) { w.handed(e, err) })
		}, shows: called("Patient")},
		{method: "ErasePatient", permit: clinical.PermitErasePatient, says: byDone, call: func(w *walk) {
			w.b.desk.ErasePatient(w.b.patient("Silva"), "asked for", func(e console.Erasure, err error) { w.handed(e, err) })
		}, shows: called("ErasePatient")},
	}
}

// treatUseCases lead to a treatment and through it.
func treatUseCases() []useCase {
	const treat = clinical.PermitTreat
	return []useCase{
		{method: "LoadPreset", permit: treat, says: byNotice, call: func(w *walk) { w.b.desk.LoadPreset(w.patient, w.preset.ID, 1) },
			shows: called("PresetHistory")},
		{method: "ChooseIndication", permit: treat, says: byNotice, call: func(w *walk) { w.b.desk.ChooseIndication("acne_scars") },
			shows: func(v *console.View, _ *walk) bool { return v.Indication == "acne_scars" }},
		{method: "ChooseZone", permit: treat, says: byNotice, call: func(w *walk) { w.b.desk.ChooseZone("cheek_left") },
			shows: func(v *console.View, _ *walk) bool { return v.Zone == "cheek_left" && v.Limits == nil }},
		{method: "ChooseSpotPulses", permit: treat, says: byNotice, call: func(w *walk) { w.b.desk.ChooseSpotPulses(1) }},
		{method: "Type", permit: treat, says: byNotice, call: func(w *walk) {
			for p, text := range map[clinical.Parameter]string{clinical.Depth: "1.4", clinical.Speed: "60", clinical.Duration: "100"} {
				w.b.desk.Type(p, text)
			}
		}, shows: func(v *console.View, _ *walk) bool { return v.Controls[0].Draft == 1400 }},
		{method: "Set", permit: treat, says: byNotice, call: func(w *walk) { w.b.desk.Set(clinical.Power, 12_000) },
			shows: func(v *console.View, _ *walk) bool { return v.Controls[2].Draft == 12_000 }},
		{method: "Step", permit: treat, says: byNotice, call: func(w *walk) { w.b.desk.Step(clinical.Depth, 1) },
			shows: func(v *console.View, _ *walk) bool { return v.Controls[0].Draft > 1400 }},
		{method: "SavePreset", permit: clinical.PermitPresets, says: byDone, call: func(w *walk) { w.b.desk.SavePreset("Kept", true, w.done) },
			shows: called("SavePreset")},
		{method: "Apply", permit: treat, says: byApply, call: func(w *walk) { w.b.desk.Apply() },
			shows: func(v *console.View, _ *walk) bool { return v.Apply.State == console.AppliedOK }},
		{method: "Arm", permit: treat, says: byArm, call: func(w *walk) { w.b.desk.Arm(w.b.desk.View().Arm.Shown) },
			shows: func(v *console.View, _ *walk) bool { return v.Arm.State == console.ArmArmed }},
		{method: "NextPass", permit: treat, says: byNotice, call: func(w *walk) { w.b.desk.NextPass() },
			shows: func(v *console.View, _ *walk) bool { return v.Run.Pass == 2 }},
		{method: "EndTreatment", permit: treat, says: byNotice, call: func(w *walk) { w.b.desk.EndTreatment() }, shows: called("EndTreatment")},
	}
}

// handed is what a read comes to: an error with nothing beside it.
func (w *walk) handed(got any, err error) {
	if err != nil && !reflect.ValueOf(got).IsZero() {
		w.b.t.Errorf("beside %v: %+v", err, got)
	}
	w.done(err)
}

// present says whether an alarm is.
func present(v *console.View, code alarm.Code) bool {
	return slices.ContainsFunc(v.Alarms.Present, func(o alarm.Occurrence) bool { return o.Code == code })
}

func acknowledged(v *console.View, code alarm.Code) bool {
	return slices.ContainsFunc(v.Alarms.Present, func(o alarm.Occurrence) bool { return o.Code == code && o.Acknowledged() })
}

// lostRecord is a treatment of a console that ended in the middle of it, with a pen
// that is not here.
func (b *bench) lostRecord() {
	b.t.Helper()
	ops, err := b.store.Operators(b.t.Context())
	if err != nil {
		b.t.Fatal(err)
	}
	i := slices.IndexFunc(ops, func(o clinical.Operator) bool { return o.Role.MayTreat() })
	now := b.now()
	_, err = b.store.BeginTreatment(b.t.Context(), clinical.Treatment{
		Patient: b.patient("Ruiz"), Operator: ops[i], PenKind: clinical.RF, PenModel: "R1", PenSerial: "9999",
		Indication: "acne_scars", Zone: "cheek_left", Passes: 1, Started: now, Outcome: clinical.OutcomeIntent,
		Arms: []clinical.ArmIntent{{At: now, Operator: ops[i], CommandID: 9}},
	})
	if err != nil {
		b.t.Fatal(err)
	}
}

// newWalk is a desk with somebody of a role at work, a run that waits for its
// signature, and a pen in STANDBY.
func newWalk(t *testing.T, role clinical.Role) *walk {
	t.Helper()
	b, c := newCountedBench(t, (*bench).lostRecord)
	w := &walk{b: b, calls: c, patient: b.patient("Ruiz")}
	presets, err := b.store.Presets(t.Context(), w.patient)
	if err != nil || len(presets) == 0 {
		t.Fatalf("%d presets: %v", len(presets), err)
	}
	w.preset = presets[0]
	records, err := b.store.Treatments(t.Context(), w.patient)
	if err != nil || len(records) == 0 {
		t.Fatalf("%d records: %v", len(records), err)
	}
	w.record = records[len(records)-1].ID
	v := b.until("a pen, and the run", func(v *console.View) bool { return v.Pen.Connected && len(v.Uncertain) == 1 && v.Operator.Name != "" })
	if v.Operator.Role != role {
		b.work(role)
	}
	time.Sleep(2 * time.Second)
	b.sent(c)
	return w
}

// try calls a use case, and looks at what came of it.
func (w *walk) try(u useCase, role clinical.Role) {
	t := w.b.t
	t.Helper()
	if u.call == nil {
		return
	}
	synctest.Wait()
	w.calls.take()
	for _, n := range w.b.desk.View().Notices {
		w.noted = max(w.noted, n.ID)
	}
	w.mu.Lock()
	w.told = nil
	w.mu.Unlock()
	u.call(w)
	time.Sleep(500 * time.Millisecond)
	synctest.Wait()
	not := w.refused(u.says)
	if u.permit != "" && !role.May(u.permit) {
		switch {
		case not == nil:
			t.Errorf("%s does not refuse a %q: %v", u.method, role, w.at(u.says))
		case not.Permission != u.permit || not.Role != role:
			t.Errorf("%s refuses a %q with %+v", u.method, role, not)
		}
		if done := w.calls.take(); len(done) > 0 {
			t.Errorf("%s, refused to a %q, has called %v", u.method, role, done)
		}
		return
	}
	if not != nil {
		t.Errorf("%s refuses a %q: %v", u.method, role, not)
	}
	if u.shows != nil {
		w.b.until(u.method+" by a "+string(role), func(v *console.View) bool { return u.shows(v, w) })
	}
}

// Every use case asks for a permission, but for those that are for everybody; one
// that is refused says so, writes nothing and sends nothing.
func TestUseCasesByRole(t *testing.T) {
	for _, role := range append(clinical.Roles(), "") {
		t.Run("as "+string(role), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWalk(t, role)
				defer w.b.stop()
				for _, u := range useCases() {
					w.try(u, role)
				}
			})
		})
	}
}

// A method that has no row here would be one that nobody has thought about.
func TestEveryUseCaseHasARow(t *testing.T) {
	rows := make(map[string]bool)
	for _, u := range useCases() {
		switch {
		case rows[u.method]:
			t.Errorf("%s has two rows", u.method)
		case (u.permit == "") == (u.why == ""):
			t.Errorf("%s needs a permission, or a reason why it needs none", u.method)
		case u.permit != "" && u.says == nowhere:
			t.Errorf("%s does not say where it is refused", u.method)
		}
		rows[u.method] = true
	}
	desk := reflect.TypeFor[*console.Desk]()
	for i := range desk.NumMethod() {
		if name := desk.Method(i).Name; !rows[name] {
			t.Errorf("%s has no row", name)
		}
		delete(rows, desk.Method(i).Name)
	}
	for name := range rows {
		t.Errorf("%s is no method", name)
	}
}
