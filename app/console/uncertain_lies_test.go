package console_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/device/sim"
	"stipple/protocol"
)

// pages bends the pages of the ledger.
func pages(change func(*protocol.PulsePage)) *lie { return bends(change) }

// A pen that contradicts the record, itself or what is possible: nothing of the
// record is overwritten, both versions are kept, an alarm of high priority says
// so, the run stays uncertain, and what the console had counts as it was.
func TestPenThatLiesAboutARun(t *testing.T) {
	later := func(m *protocol.PulsePage, change func(*protocol.Pulse)) {
		for i := range m.Pulses {
			change(&m.Pulses[i])
		}
	}
	for _, c := range []struct {
		name string
		lie  *lie
		want clinical.Dispute
	}{
		{"the treatment of another", pages(func(m *protocol.PulsePage) {
			later(m, func(p *protocol.Pulse) { p.TreatmentID[0]++ })
		}), clinical.DisputeTreatment},
		{"an arming that was none", pages(func(m *protocol.PulsePage) {
			later(m, func(p *protocol.Pulse) { p.Index += 100; p.ArmID++ })
			m.Newest += 100
		}), clinical.DisputeArming},
		{"a pulse with another content", pages(func(m *protocol.PulsePage) {
			later(m, func(p *protocol.Pulse) { p.Energy++ })
		}), clinical.DisputeDiffers},
		{"a counter that goes back", pages(func(m *protocol.PulsePage) { *m = protocol.PulsePage{} }), clinical.DisputeCounter},
		{"a pulse that it does not know", pages(func(m *protocol.PulsePage) {
			if len(m.Pulses) > 0 {
				m.Pulses = m.Pulses[1:]
			}
		}), clinical.DisputeDenied},
		{"an index before the one that was asked for", pages(func(m *protocol.PulsePage) {
			later(m, func(p *protocol.Pulse) { p.Index = 1 })
			m.Pulses = m.Pulses[:min(len(m.Pulses), 1)]
			m.Oldest = 2
		}), clinical.DisputeLedger},
		{"a pulse that is open", pages(func(m *protocol.PulsePage) {
			later(m, func(p *protocol.Pulse) { p.Result = protocol.PulseOpen })
		}), clinical.DisputeOpen},
		{"a log that says another end", bends(func(m *protocol.LogPage) {
			for i := range m.Records {
				if m.Records[i].Code == protocol.EventPulseEnd {
					m.Records[i].Args[1] = int32(protocol.PulseFault)
					m.Records[i].Seal()
				}
			}
		}), clinical.DisputeLog},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, sim.R1, true)
				defer b.stop()
				v := b.lose(moments()[3])
				before := v.Uncertain[0].Treatment
				if len(before.Pulses) != 2 {
					t.Fatalf("%d pulses recorded", len(before.Pulses))
				}
				b.lie.Store(c.lie)
				b.plugged.Store(true)
				v = b.until("the contradiction", func(v *console.View) bool {
					r := v.Uncertain[0].Treatment.Reconciled
					return slices.ContainsFunc(r.Contradiction, func(d clinical.Contradiction) bool { return d.Kind == c.want })
				})
				if !b.alarmed(v, "contradicted") {
					t.Errorf("no alarm: %+v", v.Notices)
				}
				time.Sleep(15 * time.Second) // what is asked again is no better
				synctest.Wait()
				v = b.desk.View()
				u := v.Uncertain[0].Treatment
				if !slices.Equal(u.Pulses[:2], before.Pulses) {
					t.Errorf("what was recorded has changed: %+v", u.Pulses)
				}
				if u.Reconciled.Known() || v.Pen.Phase != console.Uncertain {
					t.Errorf("known, or phase %s: %+v", v.Pen.Phase, u.Reconciled)
				}
				b.sign(v, clinical.AsUncertain)
				rec := b.lastRecord(v.Patient.ID)
				kept := slices.ContainsFunc(rec.Reconciled.Contradiction, func(d clinical.Contradiction) bool { return d.Kind == c.want })
				if rec.Outcome != clinical.OutcomeUncertain || !kept {
					t.Errorf("outcome %s, contradictions %+v", rec.Outcome, rec.Reconciled.Contradiction)
				}
				b.recorded(rec.ID, "contradicted")
			})
		})
	}
}

// A pen that says of an ARM that it never came, or was refused, and has a pulse
// under it.
func TestPenThatDeniesAnArming(t *testing.T) {
	for _, outcome := range []protocol.Outcome{protocol.OutcomeNeverSeen, protocol.OutcomeRejected} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t, sim.R1, true)
			defer b.stop()
			v := b.lose(moments()[1])
			run := v.Uncertain[0].Treatment
			arm := run.Arms[len(run.Arms)-1]
			l := lie(func(_ *protocol.Header, m protocol.Message) protocol.Message {
				switch m := m.(type) {
				case *protocol.Result:
					m.Outcome = outcome
				case *protocol.PulsePage:
					m.Oldest, m.Newest = 1, m.Newest+1
					m.Pulses = append(m.Pulses, protocol.Pulse{Index: m.Newest, ArmID: uint32(arm.CommandID), TreatmentID: console.WireTreatment(run.ID), Result: protocol.PulseComplete})
				}
				return m
			})
			b.lie.Store(&l)
			b.plugged.Store(true)
			b.until("the contradiction", func(v *console.View) bool {
				r := v.Uncertain[0].Treatment.Reconciled
				return slices.ContainsFunc(r.Contradiction, func(d clinical.Contradiction) bool { return d.Kind == clinical.DisputeArmDenied })
			})
		})
	}
}
