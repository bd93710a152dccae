package console_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"stipple/app/alarm"
	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/device/sim"
	"stipple/protocol"
)

// TestPenThatLies tells each of the lies of which a pen is capable to a console
// whose treatment is open: the pen is stopped, the operator is told of it by an
// alarm of high priority, and the record has it.
func TestPenThatLies(t *testing.T) {
	for _, c := range []struct {
		name  string
		armed bool
		// tell begins to lie and does what makes the lie come out.
		tell func(b *bench)
		want string // the code in the record
	}{
		{"settings that were not asked for", false, func(b *bench) {
			b.lie.Store(bends(func(m *protocol.SettingsReply) { m.Values[0] += 100 }))
			b.desk.Type(clinical.Depth, "1.4")
			b.until("may be applied", func(v *console.View) bool { return v.Apply.Can })
			b.desk.Apply()
		}, "echo"},
		{"a hash that is not that of the settings", false, func(b *bench) {
			b.lie.Store(bends(func(m *protocol.SettingsReply) { m.Hash[0]++ }))
			b.desk.Type(clinical.Depth, "1.4")
			b.until("may be applied", func(v *console.View) bool { return v.Apply.Can })
			b.desk.Apply()
		}, "echo"},
		{"READY that nobody armed", false, func(b *bench) {
			b.lie.Store(bends(func(m *protocol.Status) {
				if m.State == protocol.StateStandby {
					m.State, m.ArmID = protocol.StateReady, 99
				}
			}))
		}, "unconfirmed_ready"},
		{"READY under another arm id", true, func(b *bench) {
			b.lie.Store(bends(func(m *protocol.Status) {
				if m.State == protocol.StateReady {
					m.ArmID++
				}
			}))
		}, "unconfirmed_ready"},
		{"a pulse with more power than was set", true, func(b *bench) {
			b.lie.Store(bends(func(m *protocol.Pulse) { m.SetPower += 1000 }))
			b.pull()
		}, "pulse_contradicts"},
		{"a pulse with more energy than was set, and no fault", true, func(b *bench) {
			b.lie.Store(bends(func(m *protocol.Pulse) { m.Energy *= 2 }))
			b.pull()
		}, "pulse_contradicts"},
		{"a pulse of another treatment", true, func(b *bench) {
			b.lie.Store(bends(func(m *protocol.Pulse) { m.TreatmentID[0]++ }))
			b.pull()
		}, "pulse_contradicts"},
		{"a clock that runs backwards", true, func(b *bench) {
			first := protocol.PenClock(0)
			b.lie.Store(bends(func(m *protocol.Status) {
				if first == 0 {
					first = m.Clock
				}
				m.Clock = first - (m.Clock - first)
			}))
		}, "clock"},
		{"an alarm that it never described", true, func(b *bench) {
			b.lie.Store(bends(func(m *protocol.Event) {
				if m.Code == protocol.EventTrigger {
					m.Code, m.Level, m.Args = protocol.EventAlarm, protocol.LevelWarning, [2]int32{4711, 5}
				}
			}))
			b.pull()
		}, "alarm_unknown"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, sim.R1, true)
				defer b.stop()
				b.applied()
				b.armed()
				if !c.armed {
					b.desk.Disarm()
					b.until("standby", func(v *console.View) bool { return v.Pen.Phase == console.Standby && v.Run.Open })
				}
				stopped := make(chan struct{}, 100)
				b.look(func(m protocol.Message) {
					if _, ok := m.(*protocol.Stop); ok {
						select {
						case stopped <- struct{}{}:
						default:
						}
					}
				})
				c.tell(b)
				select {
				case <-stopped:
				case <-time.After(5 * time.Second):
					t.Fatal("the pen was never stopped")
				}
				b.until("an alarm of high priority", func(v *console.View) bool { return b.alarmed(v, c.want) })
				b.lie.Store(nil)
				b.release()
				time.Sleep(time.Second)
				synctest.Wait()
				v := b.desk.View()
				if v.Pen.Phase == console.Ready || v.Pen.Phase == console.Treating {
					t.Errorf("phase %s", v.Pen.Phase)
				}
				b.recorded(v.Run.ID, c.want)
			})
		})
	}
}

// pull gives the pen contact and pulls its trigger.
func (b *bench) pull() {
	_ = b.pen.Hand().Contact(true)
	_ = b.pen.Hand().Trigger(true)
}

func (b *bench) release() {
	_ = b.pen.Hand().Trigger(false)
	_ = b.pen.Hand().Contact(false)
}

// alarmed says whether an alarm of high priority with a code stands.
func (b *bench) alarmed(v *console.View, code string) bool {
	for _, o := range v.Alarms.Present {
		coded, ok := o.Cause.(interface{ Code() string })
		if ok && o.Priority == alarm.High && coded.Code() == code {
			return true
		}
	}
	return false
}

// recorded checks that a treatment's record has an alarm of high priority with
// a code.
func (b *bench) recorded(id clinical.ID, code string) {
	b.t.Helper()
	rec, err := b.store.Treatment(context.Background(), id)
	if err != nil {
		b.t.Fatal(err)
	}
	for _, a := range rec.Alarms {
		if a.Priority == "high" && a.Text == code {
			return
		}
	}
	b.t.Errorf("the record has no %s: %+v", code, rec.Alarms)
}
