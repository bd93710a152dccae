package console_test

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/device/sim"
	"stipple/protocol"
)

// fallBacks is safety.md section 2's list: what ends READY, and the reason that
// is shown and that the record keeps. The library and the clinic's policy can't
// change while a console runs; both are part of what Apply confirms.
func fallBacks() map[string]struct {
	do   func(*bench)
	want clinical.FallBackReason
} {
	type row = struct {
		do   func(*bench)
		want clinical.FallBackReason
	}
	edit := func(change func(*clinical.Patient)) func(*bench) {
		return func(b *bench) {
			p := *b.desk.View().Patient
			change(&p)
			b.desk.SavePatient(p, func(_ clinical.Patient, err error) {
				if err != nil {
					b.t.Error(err)
				}
			})
		}
	}
	return map[string]row{
		"boot": {func(b *bench) { _ = b.pen.Hand().Fault(sim.SwitchReboot, true) }, clinical.FellLink},
		"reconnect": {func(b *bench) {
			b.cut()
			time.Sleep(3 * time.Second)
			b.plugged.Store(true)
		}, clinical.FellLink},
		"tip change":              {func(b *bench) { _ = b.pen.Hand().ChangeTip(sim.TipFor(sim.R1)) }, clinical.FellTip},
		"tip off":                 {func(b *bench) { _ = b.pen.Hand().RemoveTip() }, clinical.FellTip},
		"stepped setting":         {func(b *bench) { b.desk.Step(clinical.Depth, -1) }, clinical.FellSettings},
		"typed setting":           {func(b *bench) { b.desk.Type(clinical.Power, "10") }, clinical.FellSettings},
		"dragged setting":         {func(b *bench) { b.desk.Set(clinical.Power, 10_000) }, clinical.FellSettings},
		"text that is no setting": {func(b *bench) { b.desk.Type(clinical.Power, "strong") }, clinical.FellSettings},
		"preset": {func(b *bench) {
			for _, p := range b.desk.View().Presets {
				if len(p.Violations) == 0 && p.Problem == nil {
					b.desk.LoadPreset(p.Patient, p.ID, 0)
					return
				}
			}
			b.t.Error("no preset fits")
		}, clinical.FellSettings},
		"patient":                  {func(b *bench) { b.desk.ChoosePatient(b.patient("Okafor")) }, clinical.FellPatient},
		"the patient's name":       {edit(func(p *clinical.Patient) { p.GivenName += "x" }), clinical.FellPatient},
		"indication":               {func(b *bench) { b.desk.ChooseIndication("wrinkles") }, clinical.FellIndication},
		"zone":                     {func(b *bench) { b.desk.ChooseZone("forehead") }, clinical.FellZone},
		"skin type":                {edit(func(p *clinical.Patient) { p.Fitzpatrick = clinical.FitzpatrickVI }), clinical.FellSkinType},
		"operator":                 {func(b *bench) { b.desk.ChooseOperator(b.desk.View().Operators[1].ID) }, clinical.FellOperator},
		"leaving the page":         {func(b *bench) { b.desk.FallBack(clinical.FellPage) }, clinical.FellPage},
		"focus":                    {func(b *bench) { b.desk.FallBack(clinical.FellFocus) }, clinical.FellFocus},
		"minimised":                {func(b *bench) { b.desk.FallBack(clinical.FellMinimised) }, clinical.FellMinimised},
		"screen lock":              {func(b *bench) { b.desk.FallBack(clinical.FellLocked) }, clinical.FellLocked},
		"sleep":                    {func(b *bench) { b.desk.FallBack(clinical.FellSleep) }, clinical.FellSleep},
		"sleep without a word":     {func(b *bench) { b.jumped.Store(int64(time.Hour)) }, clinical.FellAwoke},
		"clock set back":           {func(b *bench) { b.jumped.Store(-int64(2 * time.Second)) }, clinical.FellAwoke},
		"a minute without trigger": {func(*bench) { time.Sleep(protocol.IdleStandby) }, clinical.FellIdle},
		"frozen window": {func(b *bench) {
			b.frozen.Store(true)
			time.Sleep(time.Second)
			b.frozen.Store(false)
		}, clinical.FellFrozen},
		"disarm":           {func(b *bench) { b.desk.Disarm() }, clinical.FellByHand},
		"end of treatment": {func(b *bench) { b.desk.EndTreatment() }, clinical.FellEnded},
		"record on no disk": {func(b *bench) {
			b.broken.Store(true)
			b.pull()
			time.Sleep(2 * time.Second)
			b.release()
			b.broken.Store(false)
		}, clinical.FellRecord},
	}
}

// TestFallsBackToStandby: each of the list takes READY to STANDBY, says why, has
// it in the record, and nothing resumes: no ARM leaves again by itself.
func TestFallsBackToStandby(t *testing.T) {
	for name, c := range fallBacks() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, sim.R1, true)
				defer b.stop()
				b.applied()
				b.armed()
				id := b.desk.View().Run.ID
				b.look(func(m protocol.Message) {
					if m.Type() == protocol.TypeArm {
						t.Error("armed again")
					}
				})
				c.do(b)
				v := b.until("back, with a reason", func(v *console.View) bool {
					return v.Arm.State != console.ArmArmed && v.Arm.Fell != nil && !b.desk.Live().Armed
				})
				if v.Arm.Fell.Reason != c.want {
					t.Errorf("reason %s, want %s", v.Arm.Fell.Reason, c.want)
				}
				time.Sleep(10 * time.Second)
				synctest.Wait()
				if v := b.desk.View(); v.Arm.State == console.ArmArmed || v.Pen.Phase == console.Ready || b.desk.Live().Armed {
					t.Errorf("resumed: %s, %s", v.Arm.State, v.Pen.Phase)
				}
				b.look(func(protocol.Message) {})
				rec := b.record(id)
				if n := len(rec.FallBacks); n != 1 || rec.FallBacks[0].Reason != c.want || rec.FallBacks[0].At.IsZero() {
					t.Errorf("the record has %+v", rec.FallBacks)
				}
			})
		})
	}
}

// The same while the intent is on its way to the disk or the stop is checked:
// the attempt comes to nothing, for that reason.
func TestFallsBackWhileArming(t *testing.T) {
	for name, c := range fallBacks() {
		switch name {
		case "boot", "reconnect", "a minute without trigger", "frozen window", "record on no disk", "tip off", "tip change":
			continue // they need a pen that is armed, or have a test of their own
		}
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, sim.R1, true)
				defer b.stop()
				v := b.mayBeArmed()
				b.look(func(m protocol.Message) {
					if m.Type() == protocol.TypeArm {
						t.Error("ARM left")
					}
				})
				b.slow.Store(int64(2 * time.Second))
				b.desk.Arm(v.Arm.Shown)
				b.until("arming", func(v *console.View) bool { return v.Arm.State == console.Arming })
				time.Sleep(200 * time.Millisecond)
				c.do(b)
				v = b.until("nothing came of it", func(v *console.View) bool { return v.Arm.State != console.Arming })
				if v.Arm.Fell == nil || v.Arm.Fell.Reason != c.want {
					t.Errorf("reason %+v, want %s", v.Arm.Fell, c.want)
				}
				time.Sleep(3 * time.Second)
				synctest.Wait()
				b.look(func(protocol.Message) {})
			})
		})
	}
}

// The minute counts from the trigger's release and from the newest input,
// whichever is later. The pen here has no limit of its own.
func TestIdleLimitIsTheConsoles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sim.R1, true)
		defer b.stop()
		b.applied()
		b.armed()
		var first atomic.Pointer[time.Time] // when DISARM left
		b.look(func(m protocol.Message) {
			if m.Type() == protocol.TypeDisarm {
				now := time.Now()
				first.CompareAndSwap(nil, &now)
			}
		})
		var arm uint32
		// A pen that would stay READY for ever.
		b.lie.Store(bends(func(m *protocol.Status) {
			if m.State.Armed() {
				arm = m.ArmID
			} else if arm != 0 && m.State == protocol.StateStandby && first.Load() == nil {
				m.State, m.ArmID = protocol.StateReady, arm
			}
		}))
		time.Sleep(40 * time.Second)
		b.desk.Here()
		here := time.Now()
		for first.Load() == nil && time.Since(here) < 2*time.Minute {
			time.Sleep(100 * time.Millisecond)
		}
		disarmed := first.Load()
		if disarmed == nil {
			t.Fatal("never disarmed")
		}
		if d := disarmed.Sub(here); d < protocol.IdleStandby || d > protocol.IdleStandby+300*time.Millisecond {
			t.Errorf("disarmed %v after the newest input", d)
		}
		v := b.until("said", func(v *console.View) bool { return v.Arm.Fell != nil })
		if v.Arm.Fell.Reason != clinical.FellIdle {
			t.Errorf("reason %s", v.Arm.Fell.Reason)
		}
	})
}

// A trigger that is held is somebody at work: the minute begins at its release.
func TestIdleLimitCountsFromTheTrigger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sim.R1, true)
		defer b.stop()
		b.applied()
		b.armed()
		time.Sleep(50 * time.Second)
		b.pull()
		time.Sleep(2 * time.Second)
		b.release()
		time.Sleep(50 * time.Second)
		synctest.Wait()
		if v := b.desk.View(); v.Arm.State != console.ArmArmed {
			t.Fatalf("%s, %+v", v.Arm.State, v.Arm.Fell)
		}
		time.Sleep(11 * time.Second)
		v := b.until("back", func(v *console.View) bool { return v.Arm.Fell != nil })
		if v.Arm.Fell.Reason != clinical.FellIdle {
			t.Errorf("reason %s", v.Arm.Fell.Reason)
		}
	})
}
