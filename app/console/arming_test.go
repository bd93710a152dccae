package console_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"stipple/app/alarm"
	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/device"
	"stipple/device/sim"
	"stipple/protocol"
)

// mayBeArmed brings the bench to a pen that a hold would arm.
func (b *bench) mayBeArmed() *console.View {
	b.t.Helper()
	b.applied()
	return b.until("nothing blocks", func(v *console.View) bool { return len(v.Blocks) == 0 && v.Arm.State == console.ArmReady })
}

// The review has what the pen read back, who and where, and the last session.
func TestReview(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sim.R1, true)
		defer b.stop()
		v := b.mayBeArmed()
		r := v.Arm.Review
		if r == nil || v.Arm.Shown != r.Digest() {
			t.Fatalf("review %+v", r)
		}
		if r.FamilyName != "Ruiz" || r.BirthDate != v.Patient.BirthDate || r.FileNumber == "" || r.Indication != "acne_scars" || r.Zone != "cheek_left" ||
			r.Operator != v.Operator || r.Settings != (clinical.Settings{Depth: 1500, Speed: 60, Power: 12_000, Duration: 100}) ||
			r.Tip != v.Pen.Tip || r.Tip.Pins == 0 || r.Envelope.DosePerPin == 0 || r.SettingsHash == ([8]byte{}) {
			t.Errorf("review %+v", r)
		}
		// The sample patient was here before.
		if r.Last == nil {
			t.Fatal("no last session")
		}
		b.armed()
		b.desk.EndTreatment()
		b.until("ended", func(v *console.View) bool { return !v.Run.Open && v.Pen.Phase == console.Standby })
		b.desk.Type(clinical.Power, "10")
		b.until("may be applied", func(v *console.View) bool { return v.Apply.Can })
		b.desk.Apply()
		v = b.until("another session", func(v *console.View) bool { return v.Arm.Review != nil && v.Arm.Review.Settings.Power == 10_000 })
		want := clinical.Change{Field: clinical.ChangedParameter, Parameter: clinical.Power, Before: 12_000, After: 10_000}
		if c := v.Arm.Review.Last.Changes; len(c) != 1 || c[0] != want {
			t.Errorf("changes %+v", c)
		}
	})
}

// Whatever changes between what was shown and the end of the hold: nothing
// leaves for the pen.
func TestOnlyWhatWasShownIsArmed(t *testing.T) {
	for name, change := range map[string]func(*bench){
		"settings": func(b *bench) {
			b.desk.Type(clinical.Power, "11")
			b.until("may be applied", func(v *console.View) bool { return v.Apply.Can })
			b.desk.Apply()
		},
		"the same settings again": func(b *bench) {
			b.desk.Type(clinical.Power, "11")
			b.desk.Type(clinical.Power, "12")
			b.desk.Apply()
			time.Sleep(time.Second)
		},
		"zone": func(b *bench) {
			b.desk.ChooseZone("cheek_right")
			b.until("may be applied", func(v *console.View) bool { return v.Apply.Can })
			b.desk.Apply()
		},
		"the patient's name": func(b *bench) {
			p := *b.desk.View().Patient
			p.GivenName = "Another"
			b.desk.SavePatient(p, func(clinical.Patient, error) {})
		},
		"the last session": func(b *bench) { // another window's record, in effect
			v := b.desk.View()
			b.armed()
			b.desk.EndTreatment()
			b.until("ended", func(n *console.View) bool { return !n.Run.Open && n.Arm.Shown != v.Arm.Shown })
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, sim.R1, true)
				defer b.stop()
				shown := b.mayBeArmed().Arm.Shown
				change(b)
				b.until("may be armed", func(v *console.View) bool { return len(v.Blocks) == 0 && v.Arm.State == console.ArmReady })
				b.look(func(m protocol.Message) {
					if m.Type() == protocol.TypeArm || m.Type() == protocol.TypeStop {
						t.Errorf("%v left", m.Type())
					}
				})
				b.desk.Arm(shown)
				v := b.until("refused", func(v *console.View) bool { return v.Arm.Err != nil })
				if !errors.Is(v.Arm.Err, console.ErrNotShown) {
					t.Errorf("%v", v.Arm.Err)
				}
				b.desk.Arm(clinical.Digest{})
				time.Sleep(time.Second)
				synctest.Wait()
				b.look(func(protocol.Message) {})
			})
		})
	}
}

// The stop is checked before the first ARM of a treatment and only there: the
// intent is on disk before it, no emergency stop is shown, and its figure is in
// the record on its own.
func TestStopIsCheckedAtTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sim.R1, true)
		defer b.stop()
		v := b.mayBeArmed()
		patient := v.Patient.ID
		var order []protocol.Type
		flashed := false
		b.desk.Watch(func() {
			v := b.desk.View()
			flashed = flashed || v.Pen.Phase == console.Stopped || v.Stop.Active || b.desk.Live().Status.State == protocol.StateStopped ||
				len(v.Alarms.Present) > 0
		})
		var intents atomic.Int32
		b.look(func(m protocol.Message) {
			switch m.Type() {
			case protocol.TypeStop, protocol.TypeClear, protocol.TypeArm:
				if n := len(order); n == 0 || order[n-1] != m.Type() {
					order = append(order, m.Type())
				}
				if open, err := b.store.OpenTreatments(context.Background()); err == nil && len(open) == 1 && len(open[0].Arms) > 0 {
					intents.Add(1)
				}
			}
		})
		b.armed()
		if want := []protocol.Type{protocol.TypeStop, protocol.TypeClear, protocol.TypeArm}; fmt.Sprint(order) != fmt.Sprint(want) || intents.Load() < 3 {
			t.Errorf("%v left, %d of them after the intent", order, intents.Load())
		}
		if flashed {
			t.Error("an emergency stop was shown")
		}
		b.desk.Disarm()
		b.until("standby", func(v *console.View) bool { return v.Pen.Phase == console.Standby && v.Arm.State == console.ArmReady })
		order = nil
		b.armed()
		if want := []protocol.Type{protocol.TypeArm}; fmt.Sprint(order) != fmt.Sprint(want) {
			t.Errorf("the second time %v left", order)
		}
		b.desk.EndTreatment()
		rec := b.lastRecord(patient)
		if rec.StopCheck <= 0 || rec.StopCheck > protocol.StopConfirm || rec.StopLatency != 0 || rec.Outcome != clinical.OutcomeComplete {
			t.Errorf("check %v, stop %v, outcome %s", rec.StopCheck, rec.StopLatency, rec.Outcome)
		}
	})
}

// A pen whose stop does not check is not armed: an error that says at which step,
// an alarm, and no ARM.
func TestStopCheckThatFails(t *testing.T) {
	for name, c := range map[string]struct {
		lie  func() *lie
		step device.StopStep
	}{
		"never confirmed":      {func() *lie { return bendsAway(protocol.TypeStopped) }, device.StepConfirm},
		"another nonce":        {func() *lie { return bends(func(m *protocol.Stopped) { m.Nonce++ }) }, device.StepConfirm},
		"STOPPED, never ESTOP": {func() *lie { return bends(func(m *protocol.Status) { m.State = protocol.StateStandby }) }, device.StepLatch},
		"CLEAR refused": {func() *lie {
			return bends(func(m *protocol.Result) { m.Outcome, m.Code = protocol.OutcomeRejected, protocol.CodeTrigger })
		}, device.StepClear},
		"still ESTOP":          {func() *lie { return bends(stuckInStop()) }, device.StepStandby},
		"other settings after": {func() *lie { return bends(otherSettingsAfterStop()) }, device.StepSettings},
	} {
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
				b.lie.Store(c.lie())
				b.desk.Arm(v.Arm.Shown)
				v = b.until("failed", func(v *console.View) bool { return v.Arm.Err != nil && stopCheckAlarm(v) })
				var e *device.StopCheckError
				if !errors.As(v.Arm.Err, &e) || e.Step != c.step {
					t.Errorf("%v, want %s", v.Arm.Err, c.step)
				}
				id := v.Run.ID
				b.lie.Store(nil)
				time.Sleep(time.Second)
				synctest.Wait()
				rec := b.record(id)
				if rec.StopCheck != 0 {
					t.Errorf("a figure of %v", rec.StopCheck)
				}
				if !slices.ContainsFunc(rec.Alarms, func(a clinical.Alarm) bool {
					return a.Priority == "high" && strings.HasPrefix(a.Text, "stop_check")
				}) {
					t.Errorf("not in the record: %+v", rec.Alarms)
				}
				b.look(func(protocol.Message) {})
			})
		})
	}
}

// stopCheckAlarm says whether the alarm of a failed check stands.
func stopCheckAlarm(v *console.View) bool {
	return slices.ContainsFunc(v.Alarms.Present, func(o alarm.Occurrence) bool { return o.Code == alarm.StopCheck && o.Priority == alarm.High })
}

// stuckInStop makes a pen say ESTOP for ever once it has said so.
func stuckInStop() func(*protocol.Status) {
	stopped := false
	return func(m *protocol.Status) {
		stopped = stopped || m.State == protocol.StateStopped
		if stopped {
			m.State = protocol.StateStopped
		}
	}
}

// otherSettingsAfterStop makes a pen have other settings after a stop.
func otherSettingsAfterStop() func(*protocol.Status) {
	stopped := false
	return func(m *protocol.Status) {
		stopped = stopped || m.State == protocol.StateStopped
		if stopped && m.State == protocol.StateStandby {
			m.SettingsHash[0]++
		}
	}
}

// STOP while the pen is being armed, at any moment from the end of the hold to
// READY, also in the middle of the check of the stop: the pen is stopped and
// stays so, and the window shows it.
func TestStopWhileArming(t *testing.T) {
	for at := time.Duration(0); at <= 120*time.Millisecond; at += 3 * time.Millisecond {
		t.Run(at.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, sim.R1, true)
				defer b.stop()
				v := b.mayBeArmed()
				b.desk.Arm(v.Arm.Shown)
				time.Sleep(at)
				b.desk.Stop()
				time.Sleep(5 * time.Second)
				synctest.Wait()
				v = b.desk.View()
				if v.Pen.Phase != console.Stopped || !v.Stop.Confirmed || v.Arm.State == console.ArmArmed || v.Arm.State == console.Arming {
					t.Errorf("phase %s, stop %+v, arm %s, %v", v.Pen.Phase, v.Stop, v.Arm.State, v.Arm.Err)
				}
				if st := b.desk.Live().Status.State; st != protocol.StateStopped {
					t.Errorf("the pen is in %v", st)
				}
			})
		})
	}
}

// A pen that lies between ARM and its end.
func TestPenThatLiesAboutReady(t *testing.T) {
	t.Run("READY that never comes", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, sim.R1, true)
			defer b.stop()
			v := b.mayBeArmed()
			b.lie.Store(bends(func(m *protocol.Status) {
				if m.State.Armed() {
					m.State, m.ArmID = protocol.StateStandby, 0
				}
			}))
			var disarmed atomic.Bool
			b.look(func(m protocol.Message) {
				if m.Type() == protocol.TypeDisarm {
					disarmed.Store(true)
				}
			})
			b.desk.Arm(v.Arm.Shown)
			v = b.until("refused", func(v *console.View) bool { return v.Arm.Err != nil })
			if !errors.Is(v.Arm.Err, device.ErrNotReady) || v.Arm.State == console.ArmArmed || !disarmed.Load() {
				t.Errorf("%v, arm %s, disarmed %v", v.Arm.Err, v.Arm.State, disarmed.Load())
			}
		})
	})
	for name, l := range map[string]*lie{
		"other settings": bends(func(m *protocol.Status) {
			if m.State.Armed() {
				m.SettingsHash[0]++
			}
		}),
		"another tip": bends(func(m *protocol.Status) {
			if m.State.Armed() {
				m.TipID++
			}
		}),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, sim.R1, true)
				defer b.stop()
				b.applied()
				b.armed()
				b.lie.Store(l)
				b.until("stopped, with an alarm", func(v *console.View) bool { return v.Pen.Phase == console.Stopped && b.alarmed(v, "echo") })
				b.lie.Store(nil)
				time.Sleep(time.Second)
				synctest.Wait()
				b.recorded(b.desk.View().Run.ID, "echo")
			})
		})
	}
	// A tip that is changed without that STATUS says so: the pulse says it.
	t.Run("a tip in its pulses that STATUS does not have", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, sim.R1, true)
			defer b.stop()
			b.applied()
			b.armed()
			b.lie.Store(bends(func(m *protocol.Pulse) { m.TipID++ }))
			b.pull()
			b.until("stopped", func(v *console.View) bool { return v.Pen.Phase == console.Stopped && b.alarmed(v, "pulse_contradicts") })
			b.release()
		})
	})
}

// STOP goes from the key to the pen while the desk's own goroutine hangs: past
// it, past the store and past the window.
func TestStopPassesAHungDesk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sim.R1, true)
		defer b.stop()
		b.applied()
		b.armed()
		var at atomic.Int64
		b.look(func(m protocol.Message) {
			if m.Type() == protocol.TypeStop {
				at.CompareAndSwap(0, time.Now().UnixNano())
			}
		})
		hold := make(chan struct{})
		b.desk.Watch(func() { <-hold }) // hangs at the next view
		time.Sleep(300 * time.Millisecond)
		b.broken.Store(true)
		pressed := time.Now()
		b.desk.Stop()
		if d := time.Since(pressed); d != 0 {
			t.Errorf("the key waited for %v", d)
		}
		time.Sleep(20 * time.Millisecond)
		if sent := at.Load(); sent == 0 || time.Unix(0, sent).Sub(pressed) > time.Millisecond {
			t.Error("ESTOP did not leave at once")
		}
		if st := b.desk.Live().Status.State; st != protocol.StateStopped {
			t.Errorf("the pen is in %v", st)
		}
		b.desk.Watch(func() {})
		b.broken.Store(false)
		close(hold)
	})
}

// A laptop whose clock is behind the newest record arms nothing: its records
// would lie about when.
func TestClockBehindTheNewestRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sim.R1, true)
		defer b.stop()
		b.mayBeArmed()
		behind := func(v *console.View) bool {
			return slices.ContainsFunc(v.Blocks, func(bl clinical.Block) bool { return bl.Code == clinical.BlockClock })
		}
		b.armed()
		b.desk.EndTreatment()
		b.until("ended", func(v *console.View) bool { return !v.Run.Open && v.Pen.Phase == console.Standby })
		b.jumped.Store(-int64(time.Second)) // within what a time server does
		time.Sleep(300 * time.Millisecond)
		synctest.Wait()
		if v := b.desk.View(); behind(v) {
			t.Errorf("a second: %+v", v.Blocks)
		}
		b.jumped.Store(-int64(24 * time.Hour))
		shown := b.desk.View().Arm.Shown
		b.until("blocked", behind)
		b.desk.Arm(shown)
		v := b.until("refused", func(v *console.View) bool { return v.Arm.Err != nil })
		if !errors.Is(v.Arm.Err, console.ErrBlocked) {
			t.Errorf("%v", v.Arm.Err)
		}
		b.jumped.Store(0)
		b.until("free again", func(v *console.View) bool { return !behind(v) })
	})
}

// Every arm block that the pen knows is a block of the console's, with a sentence
// and a remedy, and arms nothing.
func TestEveryBlockOfThePen(t *testing.T) {
	for bit, want := range map[protocol.ArmBlocks]clinical.BlockCode{
		protocol.BlockStop:                clinical.BlockEmergencyStop,
		protocol.BlockFault:               clinical.BlockFault,
		protocol.BlockSelfTest:            clinical.BlockSelfTest,
		protocol.BlockTipMissing:          clinical.BlockTipMissing,
		protocol.BlockTipExpired:          clinical.BlockTipExpired,
		protocol.BlockTipUsed:             clinical.BlockTipUsed,
		protocol.BlockCalExpired:          clinical.BlockCalibrationRF,
		protocol.BlockSettingsUnconfirmed: clinical.BlockSettings,
		protocol.BlockLimitMismatch:       clinical.BlockLimits,
		protocol.BlockVersion:             clinical.BlockVersion,
		protocol.BlockTemperature:         clinical.BlockTemperature,
		protocol.BlockBattery:             clinical.BlockBattery,
		protocol.BlockTriggerHeld:         clinical.BlockTrigger,
		protocol.BlockServiceMode:         clinical.BlockService,
	} {
		t.Run(fmt.Sprint(bit.Names()), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, sim.R1, true)
				defer b.stop()
				shown := b.mayBeArmed().Arm.Shown
				b.look(func(m protocol.Message) {
					if m.Type() == protocol.TypeArm || m.Type() == protocol.TypeStop {
						t.Errorf("%v left", m.Type())
					}
				})
				b.lie.Store(bends(func(m *protocol.Status) { m.ArmBlocks |= bit }))
				v := b.until("blocked", func(v *console.View) bool { return len(v.Blocks) > 0 })
				if bl := v.Blocks[0]; bl.Code != want || bl.Sentence == "" || bl.Remedy == "" || v.Arm.State != console.ArmBlocked {
					t.Errorf("blocks %+v, arm %s", v.Blocks, v.Arm.State)
				}
				if bit != protocol.BlockCalExpired && len(v.Blocks) != 1 {
					t.Errorf("more than one: %+v", v.Blocks)
				}
				b.desk.Arm(shown)
				b.until("refused", func(v *console.View) bool { return errors.Is(v.Arm.Err, console.ErrBlocked) })
				b.lie.Store(nil)
				b.until("free again", func(v *console.View) bool { return len(v.Blocks) == 0 })
				b.look(func(protocol.Message) {})
			})
		})
	}
}

// A check that takes its time, as over a line that loses the first STOPPED: the
// window says that the stop is checked, and at no moment that the pen is stopped.
func TestSlowStopCheckFlashesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sim.R1, true)
		defer b.stop()
		v := b.mayBeArmed()
		var first time.Time
		slow := lie(func(_ *protocol.Header, m protocol.Message) protocol.Message {
			if m.Type() == protocol.TypeStopped {
				if first.IsZero() {
					first = time.Now()
				}
				if time.Since(first) < 50*time.Millisecond {
					return nil
				}
			}
			return m
		})
		b.lie.Store(&slow)
		b.desk.Arm(v.Arm.Shown)
		checking := 0
		for range 100 {
			time.Sleep(time.Millisecond)
			synctest.Wait()
			v := b.desk.View()
			if v.Arm.Checking {
				checking++
			}
			if live := b.desk.Live(); live.Status.State == protocol.StateStopped || v.Pen.Phase == console.Stopped || v.Stop.Active || len(v.Blocks) > 0 && !live.Armed {
				t.Fatalf("phase %s, state %v, stop %+v, blocks %+v", v.Pen.Phase, live.Status.State, v.Stop, v.Blocks)
			}
		}
		if checking < 30 {
			t.Errorf("the window said only %d ms that the stop is checked", checking)
		}
		v = b.until("armed", func(v *console.View) bool { return v.Arm.State == console.ArmArmed })
		if v.Run.StopTime < 50*time.Millisecond {
			t.Errorf("measured %v", v.Run.StopTime)
		}
	})
}

// The pen says only at ARM that a tip belongs to another treatment: the console
// knows it before, so that no hold ends in a refusal.
func TestTipOfAnotherTreatment(t *testing.T) {
	used := func(v *console.View) bool {
		return slices.ContainsFunc(v.Blocks, func(bl clinical.Block) bool { return bl.Code == clinical.BlockTipUsed })
	}
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, sim.R1, true)
		defer b.stop()
		b.applied()
		b.armed()
		hand := b.pen.Hand()
		hand.Contact(true)
		hand.Trigger(true)
		b.until("a pulse", func(v *console.View) bool { return v.Run.Pulses == 1 && v.Run.Durable == 1 })
		hand.Trigger(false)
		b.desk.Disarm()
		v := b.until("standby", func(v *console.View) bool { return v.Pen.Phase == console.Standby })
		if used(v) {
			t.Errorf("blocked within its own treatment: %+v", v.Blocks)
		}
		b.desk.EndTreatment()
		b.until("blocked for the next one", func(v *console.View) bool { return !v.Run.Open && used(v) && v.Arm.State == console.ArmBlocked })
		if err := hand.ChangeTip(sim.TipFor(sim.R1)); err != nil {
			t.Fatal(err)
		}
		b.until("free with a new tip", func(v *console.View) bool { return !used(v) })
	})
}

// A refusal to be armed is told in the words of the block.
func TestRefusalToBeArmedIsWorded(t *testing.T) {
	for b := protocol.ArmBlocks(1); b < 1<<protocol.BlockCount; b <<= 1 {
		err := &device.RefusedError{Request: protocol.TypeArm, Code: protocol.CodeBlocked, Blocks: b}
		var p *console.Problem
		if !errors.As(console.Explain(err), &p) || p.Code() != "arm_refused_by" || len(p.Args()) != 2 {
			t.Errorf("%v: %+v", b.Names(), p)
		}
	}
}

// What the pen refuses otherwise has its words, too, each without those of the
// error around it.
func TestRefusalIsWorded(t *testing.T) {
	for _, c := range []struct {
		err  device.RefusedError
		code string
		args []any
	}{
		{device.RefusedError{Request: protocol.TypeClear, Code: protocol.CodeSelfTest, Field: -1}, "clear_self_test", nil},
		{device.RefusedError{Request: protocol.TypeClear, Code: protocol.CodeTrigger, Field: -1}, "clear_trigger", nil},
		{device.RefusedError{Request: protocol.TypePutSettings, Code: protocol.CodeStep, Name: "depth", Bound: 50}, "refused",
			[]any{"PUT_SETTINGS: STEP: depth, bound 50"}},
	} {
		var p *console.Problem
		if !errors.As(console.Explain(&c.err), &p) || p.Code() != c.code || !slices.Equal(p.Args(), c.args) {
			t.Errorf("%v: %+v", &c.err, p)
		}
	}
}
