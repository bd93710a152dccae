package console

import (
	"context"
	"slices"
	"strings"

	"stipple/app/clinical"
	"stipple/device"
	"stipple/protocol"
)

// unsettledKey is the notice that stands for a run whose outcome is unknown.
const unsettledKey = "unsettled:"

// UnsettledError is a treatment whose outcome is not known: the link was lost
// while the pen was armed, or the console ended in the middle of it.
type UnsettledError struct {
	Treatment clinical.Treatment
	Cause     error // nil after a crash of the console
}

func (e *UnsettledError) Error() string {
	return "treatment " + string(e.Treatment.ID) + " with pen " + e.Treatment.PenSerial + " was cut off"
}

// Unwrap is the cause.
func (e *UnsettledError) Unwrap() error { return e.Cause }

// SettledError says how an unsettled treatment was reconciled with the pen's
// ledger. It is good news in the place of an UnsettledError.
type SettledError struct {
	Treatment   clinical.Treatment
	Found       int // pulses that only the pen knew of
	Interrupted int // of all, those that the pen did not finish
}

func (e *SettledError) Error() string {
	return "treatment " + string(e.Treatment.ID) + " was settled from the pen's ledger"
}

// suspend makes the open run unsettled: nothing of it is armed again until the
// pen's ledger has said what happened, or the operator closes it as uncertain.
func (d *Desk) suspend(cause error) {
	r := d.run.record
	d.run = nil
	r.Outcome = clinical.OutcomeUncertain
	d.unsettle(r, cause)
	head := r
	head.Pulses, head.Alarms = nil, nil
	d.rec.after(func() {
		amended, err := d.cfg.Records.AmendTreatment(context.Background(), head)
		d.post(func() {
			if err != nil {
				d.note(Notice{Kind: NoticeHigh, Key: noticeRecord, Err: err})
				return
			}
			if i := d.unsettledIndex(r.ID); i >= 0 {
				d.unsettled[i].Revision = amended.Revision
			}
		})
	})
}

func (d *Desk) unsettledIndex(id clinical.ID) int {
	return slices.IndexFunc(d.unsettled, func(t clinical.Treatment) bool { return t.ID == id })
}

func (d *Desk) unsettle(r clinical.Treatment, cause error) {
	d.unsettled = append(d.unsettled, r)
	d.note(Notice{Kind: NoticeHigh, Key: unsettledKey + string(r.ID), Err: &UnsettledError{Treatment: r, Cause: cause}})
}

// loadUnsettled finds the records that a crash left open.
func (d *Desk) loadUnsettled() {
	d.job(func(ctx context.Context) func() {
		open, err := d.cfg.Records.OpenTreatments(ctx)
		return func() {
			if err != nil {
				d.note(Notice{Kind: NoticeHigh, Key: noticeStore, Err: err})
				return
			}
			for _, t := range open {
				if d.run == nil || d.run.record.ID != t.ID {
					d.unsettle(t, nil)
				}
			}
			if s := d.session.Load(); s != nil {
				d.reconcile(s)
			}
		}
	})
}

// reconcile asks the pen's ledger about the unsettled runs of this very unit.
func (d *Desk) reconcile(s *device.Session) {
	for _, t := range d.unsettled {
		if t.PenSerial != s.Info().Serial || s.Info().Monitor {
			continue
		}
		d.penJob(func(ctx context.Context, s *device.Session) func() {
			pulses, err := ledger(ctx, s, t)
			return func() { d.settle(t.ID, pulses, err) }
		})
	}
}

// ledger reads the pulses of a treatment from the pen.
func ledger(ctx context.Context, s *device.Session, t clinical.Treatment) ([]protocol.Pulse, error) {
	from := uint32(1)
	for _, p := range t.Pulses {
		from = max(from, p.Index+1)
	}
	all, _, _, err := s.Pulses(ctx, from)
	if err != nil {
		return nil, err
	}
	wire := WireTreatment(t.ID)
	return slices.DeleteFunc(all, func(p protocol.Pulse) bool { return p.TreatmentID != wire }), nil
}

// settle ends an unsettled run with what the ledger said. A ledger that can't
// be read leaves it unsettled.
func (d *Desk) settle(id clinical.ID, pulses []protocol.Pulse, err error) {
	i := d.unsettledIndex(id)
	if i < 0 || err != nil {
		return
	}
	t := d.unsettled[i]
	d.unsettled = slices.Delete(d.unsettled, i, i+1)
	settled := &SettledError{Found: len(pulses)}
	for _, p := range pulses {
		c := d.clinicalPulse(p, max(t.Passes, 1))
		t.Pulses = append(t.Pulses, c)
		d.rec.pulse(t.ID, c)
		if p.Result == protocol.PulseInterrupted {
			settled.Interrupted++
		}
	}
	settled.Treatment = t
	d.resolve(unsettledKey + string(id))
	d.note(Notice{Kind: NoticeInfo, Key: "settled:" + string(id), Err: settled})
	d.end(t, clinical.OutcomeStopped)
}

// closeUnsettled ends a run as uncertain: the operator has acknowledged that
// its outcome is not known.
func (d *Desk) closeUnsettled(key string) {
	id, ok := strings.CutPrefix(key, unsettledKey)
	if !ok {
		return
	}
	if i := d.unsettledIndex(clinical.ID(id)); i >= 0 {
		t := d.unsettled[i]
		d.unsettled = slices.Delete(d.unsettled, i, i+1)
		d.end(t, clinical.OutcomeUncertain)
	}
}
