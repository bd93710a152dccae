package console_test

import (
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
)

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
