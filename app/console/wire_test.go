package console_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/app/store"
	"stipple/device/sim"
	"stipple/protocol"
)

// TestNothingOutsideTheLimitsReachesTheWire drives the desk at random, by
// every way that it has, and looks at each PUT_SETTINGS that leaves for the
// pen: it must be inside the limits of the patient, place and tip at hand.
func TestNothingOutsideTheLimitsReachesTheWire(t *testing.T) {
	for seed := range uint64(12) {
		synctest.Test(t, func(t *testing.T) {
			model := []sim.Model{sim.R1, sim.N1}[seed%2]
			b := newBench(t, model, true)
			defer b.stop()
			b.until("standby", func(v *console.View) bool { return v.Pen.Phase == console.Standby })
			var sent atomic.Int32
			seen := new(recent)
			b.desk.Watch(func() { seen.add(b.desk.View()) })
			b.look(func(m protocol.Message) {
				if put, ok := m.(*protocol.PutSettings); ok {
					sent.Add(1)
					b.checkPut(put, seen)
				}
			})
			person := clumsy{b: b, r: rand.New(rand.NewPCG(seed, 7))}
			for range 600 {
				person.act()
				// Never 0: two acts in one turn of Run make no view of what lies between.
				time.Sleep(time.Duration(1+person.r.IntN(60)) * time.Millisecond)
			}
			synctest.Wait()
			if n := sent.Load(); n < 5 {
				t.Errorf("seed %d: only %d settings were sent", seed, n)
			}
		})
	}
}

// onTheWay is how long an Apply may take: what was chosen since it began is not
// what its settings are for. They stay unconfirmed, and can't be armed.
const onTheWay = 100 * time.Millisecond

// recent are the views of the last onTheWay.
type recent struct {
	mu    sync.Mutex
	views []seenView
}

type seenView struct {
	until time.Time // when another one took its place
	view  *console.View
}

// add takes the newest view.
func (r *recent) add(v *console.View) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	if n := len(r.views); n > 0 {
		r.views[n-1].until = now
	}
	r.views = slices.DeleteFunc(r.views, func(s seenView) bool { return !s.until.IsZero() && now.Sub(s.until) > onTheWay })
	r.views = append(r.views, seenView{view: v})
}

// checkPut judges settings by limits that are computed here, not by the desk:
// those of the view at hand, or of one while the Apply was on its way.
func (b *bench) checkPut(put *protocol.PutSettings, seen *recent) {
	var s clinical.Settings
	for _, f := range put.Fields {
		s = clinical.Parameter(f.Index).With(s, f.Value)
	}
	seen.add(b.desk.View())
	seen.mu.Lock()
	defer seen.mu.Unlock()
	var why []string
	for _, at := range seen.views {
		bad := b.outside(at.view, put.Role, s)
		if len(bad) == 0 {
			return
		}
		why = append(why, bad...)
	}
	b.t.Errorf("sent %+v by %v: %s", s, put.Role, strings.Join(why, "; "))
}

// outside says why settings are not those of a view.
func (b *bench) outside(v *console.View, by protocol.Role, s clinical.Settings) (why []string) {
	if v.Patient == nil || by != v.Operator.Role.Wire() || !v.Operator.Role.MayTreat() {
		return []string{"nobody who may treat, or no patient"}
	}
	limits, err := b.lib.Effective(clinical.Query{
		Pen: capabilityOf(v), Tip: v.Pen.Tip, Indication: v.Indication, Zone: v.Zone,
		Fitzpatrick: v.Patient.Fitzpatrick, Role: v.Operator.Role, PulsesPerSpot: v.Spot.Pulses, Draft: s,
	})
	if err != nil {
		return []string{err.Error()}
	}
	for _, bad := range limits.Check(s) {
		why = append(why, fmt.Sprintf("for %s on %s: %s", v.Indication, v.Zone, bad.Text()))
	}
	return why
}

// capabilityOf rebuilds the pen's ranges from the scales of the controls.
func capabilityOf(v *console.View) clinical.PenCapability {
	c := clinical.PenCapability{Kind: v.Pen.Kind, Model: v.Pen.Model}
	if c.Kind == clinical.RF {
		c.RatedPower, c.NeedleTravel = 50_000, 120 // of R1
	}
	for _, ctl := range v.Controls {
		c.Parameters[ctl.Limit.Parameter] = clinical.Range{Min: ctl.Limit.ScaleMin, Max: ctl.Limit.ScaleMax, Step: ctl.Limit.Step}
	}
	return c
}

// clumsy presses everything.
type clumsy struct {
	b *bench
	r *rand.Rand
}

func (c clumsy) act() {
	d, v := c.b.desk, c.b.desk.View()
	p := clinical.Parameter(c.r.IntN(clinical.ParameterCount))
	if v.Patient == nil { // until then nothing else has any effect
		if !v.Operator.Role.MayTreat() {
			d.ChooseOperator(v.Operators[c.r.IntN(len(v.Operators))].ID)
			return
		}
		d.ChoosePatient(c.b.patient("Ruiz"))
		return
	}
	switch c.r.IntN(40) {
	case 0:
		d.ChoosePatient(c.b.patient([]string{"Ruiz", "Okafor", "Fischer", "Lindqvist"}[c.r.IntN(4)]))
	case 1:
		if n := len(v.Indications); n > 0 {
			d.ChooseIndication(clinical.IndicationKey(v.Indications[c.r.IntN(n)].Key))
		}
	case 2:
		if n := len(v.Zones); n > 0 {
			d.ChooseZone(clinical.ZoneKey(v.Zones[c.r.IntN(n)].Key))
		}
	case 3, 4, 5, 11, 12, 13, 14, 15, 16:
		d.Step(p, c.r.IntN(41)-20)
	case 6:
		d.Set(p, c.r.Int32N(60_000)-1000)
	case 7:
		d.Type(p, []string{"1.5", "0,7", "9999", "-3", "x", "2.51", "30", "12", "100", "1 000"}[c.r.IntN(10)])
	case 8:
		if n := len(v.Presets); n > 0 {
			pre := v.Presets[c.r.IntN(n)]
			d.LoadPreset(pre.Patient, pre.ID, 0)
		}
	case 17:
		if n := len(v.Zones); n > 0 && v.Zone == "" {
			d.ChooseZone(clinical.ZoneKey(v.Zones[c.r.IntN(n)].Key))
		}
	case 18:
		if n := len(v.Indications); n > 0 && v.Indication == "" {
			d.ChooseIndication(clinical.IndicationKey(v.Indications[c.r.IntN(n)].Key))
		}
	case 9:
		d.ChooseSpotPulses(c.r.IntN(5))
	case 10:
		if n := len(v.Operators); n > 0 {
			d.ChooseOperator(v.Operators[c.r.IntN(n)].ID)
		}
	default:
		d.Apply()
	}
}

func TestAnythingThatWasConfirmedDisarms(t *testing.T) {
	for name, change := range map[string]func(*bench){
		"depth":      func(b *bench) { b.desk.Step(clinical.Depth, -1) },
		"bad text":   func(b *bench) { b.desk.Type(clinical.Depth, "deep") },
		"zone":       func(b *bench) { b.desk.ChooseZone("forehead") },
		"indication": func(b *bench) { b.desk.ChooseIndication("wrinkles") },
		"patient":    func(b *bench) { b.desk.ChoosePatient(b.patient("Okafor")) },
		"operator":   func(b *bench) { b.desk.ChooseOperator(b.desk.View().Operators[1].ID) },
		"tip":        func(b *bench) { _ = b.pen.Hand().ChangeTip(sim.TipFor(sim.R1)) },
		"leaving":    func(b *bench) { b.desk.FallBack(clinical.FellPage) },
		"disarm":     func(b *bench) { b.desk.Disarm() },
		"end":        func(b *bench) { b.desk.EndTreatment() },
		"skin type": func(b *bench) {
			p := *b.desk.View().Patient
			p.Fitzpatrick = clinical.FitzpatrickVI
			b.desk.SavePatient(p, func(_ clinical.Patient, err error) {
				if err != nil {
					b.t.Error(err)
				}
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, sim.R1, true)
				defer b.stop()
				b.applied()
				b.armed()
				change(b)
				b.until("standby", func(v *console.View) bool {
					return v.Pen.Phase == console.Standby && v.Arm.State != console.ArmArmed
				})
			})
		})
	}
}

func TestPresetThatDoesNotFitIsNotTakenInPart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sim.R1, true)
		defer b.stop()
		b.applied()
		before := b.desk.View()
		var unfit console.PresetView
		for _, p := range before.Presets {
			if len(p.Violations) > 0 {
				unfit = p
			}
		}
		if unfit.ID == "" {
			t.Fatal("the sample clinic has no preset that does not fit")
		}
		b.desk.LoadPreset(unfit.Patient, unfit.ID, 0)
		v := b.until("notice", func(v *console.View) bool {
			for _, n := range v.Notices {
				var e *console.PresetUnfitError
				if errors.As(n.Err, &e) && len(e.Violations) > 0 {
					return true
				}
			}
			return false
		})
		for i, c := range v.Controls {
			if c.Draft != before.Controls[i].Draft {
				t.Errorf("%s moved from %d to %d", c.Limit.Parameter, before.Controls[i].Draft, c.Draft)
			}
		}
		if v.Preset.ID == unfit.ID {
			t.Error("it counts as loaded")
		}
	})
}

func TestRecordThatCannotBeWrittenStopsTheTreatment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sim.R1, true)
		defer b.stop()
		b.applied()
		b.armed()
		b.broken.Store(true)
		hand := b.pen.Hand()
		_ = hand.Contact(true)
		_ = hand.Trigger(true)
		v := b.until("disarmed", func(v *console.View) bool { return v.Run.Pulses > 0 && v.Arm.State != console.ArmArmed })
		if v.Run.Durable != 0 {
			t.Errorf("%d pulses count as on disk", v.Run.Durable)
		}
		_ = hand.Trigger(false)
		b.broken.Store(false) // room on the disk again
		v = b.until("caught up", func(v *console.View) bool { return v.Run.Durable == v.Run.Pulses })
		rec, err := b.store.Treatment(context.Background(), v.Run.ID)
		if err != nil || len(rec.Pulses) != v.Run.Pulses {
			t.Errorf("%d of %d pulses in the record: %v", len(rec.Pulses), v.Run.Pulses, err)
		}
	})
}

func TestNoIntentOnDiskNoArm(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sim.R1, true)
		defer b.stop()
		b.applied()
		v := b.until("nothing blocks", func(v *console.View) bool { return len(v.Blocks) == 0 })
		b.broken.Store(true)
		b.look(func(m protocol.Message) {
			if m.Type() == protocol.TypeArm {
				t.Error("ARM left without an intent on disk")
			}
		})
		b.desk.Arm(v.Arm.Shown)
		v = b.until("refused", func(v *console.View) bool { return v.Arm.Err != nil })
		if !errors.Is(v.Arm.Err, store.ErrDiskFull) || v.Run.Open {
			t.Errorf("%v, run open %v", v.Arm.Err, v.Run.Open)
		}
	})
}

// Whatever falls back while the intent is on its way to a slow disk comes in
// time: ARM never leaves.
func TestFallBackDuringArming(t *testing.T) {
	for name, change := range map[string]func(*bench){
		"leaving the page": func(b *bench) { b.desk.FallBack(clinical.FellPage) },
		"disarm":           func(b *bench) { b.desk.Disarm() },
		"operator":         func(b *bench) { b.desk.ChooseOperator(b.desk.View().Operators[1].ID) },
		"patient":          func(b *bench) { b.desk.ChoosePatient(b.patient("Okafor")) },
		"depth":            func(b *bench) { b.desk.Step(clinical.Depth, -1) },
		"end":              func(b *bench) { b.desk.EndTreatment() },
		"tip":              func(b *bench) { _ = b.pen.Hand().ChangeTip(sim.TipFor(sim.R1)) },
		"stop":             func(b *bench) { b.desk.Stop() },
		"cable":            func(b *bench) { b.cut() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, sim.R1, true)
				defer b.stop()
				b.applied()
				v := b.until("nothing blocks", func(v *console.View) bool { return len(v.Blocks) == 0 })
				patient := v.Patient.ID
				b.look(func(m protocol.Message) {
					if m.Type() == protocol.TypeArm {
						t.Error("ARM left")
					}
				})
				b.slow.Store(int64(3 * time.Second))
				b.desk.Arm(v.Arm.Shown)
				b.until("arming", func(v *console.View) bool { return v.Arm.State == console.Arming })
				change(b)
				time.Sleep(5 * time.Second)
				synctest.Wait()
				if st := b.desk.Live().Status.State; st.Armed() {
					t.Errorf("the pen is %v", st)
				}
				if v := b.desk.View(); v.Arm.State == console.ArmArmed || v.Arm.State == console.Arming {
					t.Errorf("the window says %s", v.Arm.State)
				}
				if v := b.desk.View(); v.Patient.ID != patient && v.Run.Open {
					t.Error("another patient's treatment is open")
				}
			})
		})
	}
}

// What was confirmed for one operator is not confirmed again when that operator
// comes back.
func TestConfirmationDoesNotComeBackByItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sim.R1, true)
		defer b.stop()
		v := b.applied()
		first := v.Operator.ID
		for _, o := range v.Operators {
			if o.ID != first && o.Role.MayTreat() {
				b.desk.ChooseOperator(o.ID)
			}
		}
		b.until("another operator", func(v *console.View) bool { return v.Operator.ID != first })
		b.desk.ChooseOperator(first)
		v = b.until("the first operator", func(v *console.View) bool { return v.Operator.ID == first })
		if v.Apply.State == console.AppliedOK {
			t.Error("applied without an Apply")
		}
	})
}

// A record says that it was armed, on disk, while it is.
func TestArmedRecordSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sim.R1, true)
		defer b.stop()
		b.applied()
		b.armed()
		time.Sleep(time.Second)
		synctest.Wait()
		rec, err := b.store.Treatment(context.Background(), b.desk.View().Run.ID)
		if err != nil || rec.Outcome != clinical.OutcomeOpen {
			t.Errorf("outcome %s: %v", rec.Outcome, err)
		}
	})
}
