package console

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"stipple/app/clinical"
	"stipple/device"
	"stipple/protocol"
)

// unsettledKey begins the key of the notice that stands for a run whose
// outcome is unknown, until the operator has signed what it was.
const unsettledKey = "unsettled:"

// unsettled is a run whose outcome is not known, or not signed yet. Its record
// stays open, so that a console that ends now finds it again.
type unsettled struct {
	record  clinical.Treatment
	patient string // for people
	cause   error  // nil after a crash of the console
	// settled says that the pen's ledger has told what happened; lost is why
	// it can't.
	settled *SettledError
	lost    error
}

// UnsettledError is a treatment whose outcome is not known: the link was lost
// while the pen was armed, or the console ended in the middle of it.
type UnsettledError struct {
	Treatment clinical.Treatment
	Patient   string
	Cause     error // nil after a crash of the console
	Lost      error // why the pen's ledger can't settle it; nil: not asked yet
}

func (e *UnsettledError) Error() string {
	return "treatment " + string(e.Treatment.ID) + " with pen " + e.Treatment.PenSerial + " was cut off"
}

// Unwrap is the cause.
func (e *UnsettledError) Unwrap() error { return e.Cause }

// SettledError says how an unsettled treatment compares with the pen's ledger.
// The operator signs it; then the record ends.
type SettledError struct {
	Treatment clinical.Treatment
	Patient   string
	Found     int // pulses that only the pen knew of
	Cut       int // of those, the ones that did not run to their end
}

func (e *SettledError) Error() string {
	return "treatment " + string(e.Treatment.ID) + " was compared with the pen's ledger"
}

// LedgerLostError is a pen whose ledger does not reach back to the treatment:
// which pulses it gave is not known and never will be.
type LedgerLostError struct {
	Want           uint32 // the first pulse that is asked for
	Oldest, Newest uint32 // what the ledger holds; 0, 0: nothing
}

func (e *LedgerLostError) Error() string {
	return fmt.Sprintf("the pen's ledger holds pulses %d to %d, pulse %d is asked for", e.Oldest, e.Newest, e.Want)
}

// suspend makes the open run unsettled: nothing is armed again until it is
// signed.
func (d *Desk) suspend(cause error) {
	r := d.run.record
	d.run = nil
	r.Outcome = clinical.OutcomeUncertain
	u := &unsettled{record: r, cause: cause}
	if d.patient != nil && d.patient.ID == r.Patient {
		u.patient = nameOf(*d.patient)
	}
	d.unsettled = append(d.unsettled, u)
	d.showUnsettled(u)
	d.rec.head(d.cfg.Records.AmendTreatment, r, func(_ clinical.Treatment, err error) {
		if err != nil {
			d.note(Notice{Kind: NoticeHigh, Key: noticeRecord, Err: err})
		}
	})
}

// nameOf is a patient's name as a list shows it.
func nameOf(p clinical.Patient) string {
	if p.GivenName == "" {
		return p.FamilyName
	}
	return p.FamilyName + ", " + p.GivenName
}

// showUnsettled shows how far a run is settled.
func (d *Desk) showUnsettled(u *unsettled) {
	n := Notice{Kind: NoticeHigh, Key: unsettledKey + string(u.record.ID)}
	if u.settled != nil {
		n.Kind, n.Err = NoticeMedium, u.settled
	} else {
		n.Err = &UnsettledError{Treatment: u.record, Patient: u.patient, Cause: u.cause, Lost: u.lost}
	}
	d.note(n)
}

// loadUnsettled finds the records that a crash left open.
func (d *Desk) loadUnsettled() {
	d.job(func(ctx context.Context) func() {
		open, err := d.cfg.Records.OpenTreatments(ctx)
		if err != nil {
			return func() { d.note(Notice{Kind: NoticeHigh, Key: noticeStore, Err: err}) }
		}
		var found []*unsettled
		for _, t := range open {
			u := &unsettled{record: t}
			if p, err := d.cfg.Patients.Patient(ctx, t.Patient); err == nil {
				u.patient = nameOf(p)
			}
			found = append(found, u)
		}
		return func() {
			for _, u := range found {
				if d.run == nil || d.run.record.ID != u.record.ID {
					d.unsettled = append(d.unsettled, u)
					d.showUnsettled(u)
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
	for _, u := range d.unsettled {
		if u.settled != nil || u.record.PenSerial != s.Info().Serial || s.Info().Monitor {
			continue
		}
		record := u.record
		d.penJob(func(ctx context.Context, s *device.Session) func() {
			pulses, err := ledger(ctx, s, record)
			return func() { d.settle(u, pulses, err) }
		})
	}
}

// ledger reads all pulses of a treatment from the pen, those that the record
// has among them. A ledger that does not reach back to the first arming, or
// that ends before what the record has, is a *LedgerLostError.
func ledger(ctx context.Context, s *device.Session, t clinical.Treatment) ([]protocol.Pulse, error) {
	from, known := uint32(1), uint32(0)
	if len(t.Arms) > 0 {
		from = t.Arms[0].PulsesBefore + 1
	}
	for _, p := range t.Pulses {
		known = max(known, p.Index)
	}
	all, oldest, newest, err := s.Pulses(ctx, from)
	if err != nil {
		return nil, err
	}
	if newest < max(from-1, known) || newest >= from && oldest > from {
		return nil, &LedgerLostError{Want: from, Oldest: oldest, Newest: newest}
	}
	wire := WireTreatment(t.ID)
	return slices.DeleteFunc(all, func(p protocol.Pulse) bool { return p.TreatmentID != wire }), nil
}

// settle takes what the ledger said. A ledger that can't say leaves the run
// unsettled; one that could not be read is asked again at the next connection.
func (d *Desk) settle(u *unsettled, pulses []protocol.Pulse, err error) {
	if !slices.Contains(d.unsettled, u) || u.settled != nil {
		return
	}
	if err != nil {
		u.lost = err
		d.showUnsettled(u)
		return
	}
	seen := make(map[uint64]bool)
	for _, p := range u.record.Pulses {
		seen[pulseKey(p)] = true
	}
	u.settled = &SettledError{Treatment: u.record, Patient: u.patient}
	for _, p := range pulses {
		c := d.clinicalPulse(p, max(u.record.Passes, 1))
		if seen[pulseKey(c)] {
			continue
		}
		u.record.Pulses = append(u.record.Pulses, c)
		d.rec.pulse(u.record.ID, c)
		u.settled.Found++
		if p.Result != protocol.PulseComplete {
			u.settled.Cut++
		}
	}
	u.settled.Treatment = u.record
	d.showUnsettled(u)
}

// sign ends an unsettled run: by what the pen's ledger said, or as uncertain.
// Who signed what goes into the record.
func (d *Desk) sign(key string) {
	id, ok := strings.CutPrefix(key, unsettledKey)
	if !ok {
		return
	}
	i := slices.IndexFunc(d.unsettled, func(u *unsettled) bool { return string(u.record.ID) == id })
	if i < 0 {
		return
	}
	u := d.unsettled[i]
	d.unsettled = slices.Delete(d.unsettled, i, i+1)
	outcome, text := clinical.OutcomeUncertain, "ended as uncertain"
	if u.settled != nil {
		outcome = clinical.OutcomeStopped
		text = fmt.Sprintf("compared with the pen's ledger: %d more pulses, %d of them cut short", u.settled.Found, u.settled.Cut)
	}
	signed := clinical.Alarm{At: d.cfg.Now(), Priority: "low", Text: text + ", signed by " + d.operator.Name}
	u.record.Alarms = append(u.record.Alarms, signed)
	d.rec.alarm(u.record.ID, signed)
	d.end(u.record, outcome)
}
