package console

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"stipple/app/alarm"
	"stipple/app/clinical"
	"stipple/device"
)

// unsettled is a run whose outcome is not known, or not signed yet. Its record
// stays open, so that a console that ends now finds it again; what has become
// known of it is written down at once.
type unsettled struct {
	record  clinical.Treatment // with all of its pulses, and what is known of them
	patient *clinical.Patient  // nil: it can't be read
	alarms  alarmLog           // what the record has of them from this program
	held    []clinical.Alarm   // entries that wait for the signature that is on its way
	cause   error              // nil after a crash of the console

	fresh    []clinical.Pulse // of the record, and not on disk yet
	saved    bool             // the record is on disk as it is here
	saving   bool
	saveNext time.Time // when it is tried again

	asking bool
	err    error     // why the pen has not told all that it can
	tries  int       // in this session
	next   time.Time // when it is asked again; zero: at the next connection

	version int // counts what the page shows
	signing bool
	signErr error
}

// UnsettledError is a treatment whose outcome is not known: the link was lost
// while the pen was armed, or the console ended in the middle of it.
type UnsettledError struct {
	Treatment clinical.Treatment
	Patient   string
	Cause     error // nil after a crash of the console
	Lost      error // why the pen can't settle it; nil: it has not been asked yet
}

func (e *UnsettledError) Error() string {
	return "treatment " + string(e.Treatment.ID) + " with pen " + e.Treatment.PenSerial + " was cut off"
}

// Unwrap is the cause.
func (e *UnsettledError) Unwrap() error { return e.Cause }

// SettledError says that the pen has told all of an unsettled treatment. The
// operator signs it; then the record ends.
type SettledError struct {
	Treatment clinical.Treatment
	Patient   string
	Found     int // pulses that only the pen knew of
	Cut       int // of all of them, the ones that did not run to their end
}

func (e *SettledError) Error() string {
	return "treatment " + string(e.Treatment.ID) + " was compared with the pen's ledger"
}

// ContradictedError is a pen that contradicts the record of a treatment. Both
// versions are kept.
type ContradictedError struct {
	Treatment clinical.Treatment
	Patient   string
	Count     int
}

func (e *ContradictedError) Error() string {
	return fmt.Sprintf("the pen contradicts treatment %s %d times", e.Treatment.ID, e.Count)
}

// LedgerLostError is a pen whose ledger does not tell all of the treatment:
// which pulses it gave is not known and never will be.
type LedgerLostError struct {
	Want           uint32 // the first pulse that is asked for
	Oldest, Newest uint32 // what the ledger holds; 0, 0: nothing
}

func (e *LedgerLostError) Error() string {
	return fmt.Sprintf("the pen's ledger holds pulses %d to %d, pulse %d is asked for", e.Oldest, e.Newest, e.Want)
}

// Errors of a signature.
var (
	// ErrShownOtherwise: what is known has changed since the page showed it.
	ErrShownOtherwise = errors.New("what is known of the run has changed since it was shown")
	// ErrAsking: the pen is being asked right now; what it tells comes first.
	ErrAsking = errors.New("the pen is being asked")
	// ErrNotAnswered: the pen has not told all that it can.
	ErrNotAnswered = errors.New("the pen has not told all that it can yet")
	// ErrNotKnown: the pen has told all that it can, and that is not all of the run,
	// or contradicts the record. Such a run ends as uncertain.
	ErrNotKnown = errors.New("not all of the run is known")
	// ErrAllKnown: a run of which all is known does not end as uncertain.
	ErrAllKnown = errors.New("all of the run is known")
)

// suspend makes a run unsettled: nothing is armed again until it is signed. A
// run that never reached the pen is none.
func (d *Desk) suspend(lost *run, cause clinical.UncertainCause, why error, last device.Live) {
	r := lost.record
	r.Outcome = clinical.OutcomeUncertain
	r.Reconciled = clinical.Reconciliation{Cause: cause, LostAt: d.cfg.Now(), BootThen: d.pen.info.Boot}
	if last.Valid {
		r.Reconciled.LostAt, r.Reconciled.LastCounted = last.At, last.Status.NewestPulse
	}
	if !sameUnit(r, d.pen.info.Model, d.pen.info.Serial) {
		r.Reconciled.BootThen = lastBoot(r)
	}
	u := &unsettled{cause: why, patient: lost.patient, alarms: lost.alarms}
	if d.patient != nil && d.patient.ID == r.Patient {
		u.patient = d.patient
	}
	d.addUnsettled(u, r)
}

// addUnsettled takes a run among the unsettled ones and writes down that it is.
func (d *Desk) addUnsettled(u *unsettled, r clinical.Treatment) {
	r.Reconciled, _ = clinical.Reconcile(r, clinical.PenTold{})
	u.record = r
	d.unsettled = append(d.unsettled, u)
	d.showUnsettled(u)
	d.save(u)
	d.ask(u)
}

// nameOf is a patient's name as a list shows it.
func nameOf(p *clinical.Patient) string {
	switch {
	case p == nil:
		return ""
	case p.GivenName == "":
		return p.FamilyName
	}
	return p.FamilyName + ", " + p.GivenName
}

// showUnsettled shows how far a run is settled.
func (d *Desk) showUnsettled(u *unsettled) {
	u.version++
	r, name := u.record.Reconciled, nameOf(u.patient)
	var cause error
	switch {
	case r.Settled():
		sum := u.record.Tally()
		cause = &SettledError{Treatment: u.record, Patient: name, Found: sum.Told, Cut: sum.CutShort + sum.Interrupted}
	case r.Answered():
		cause = &UnsettledError{Treatment: u.record, Patient: name, Cause: u.cause,
			Lost: &LedgerLostError{Want: u.record.FirstPulse(), Oldest: r.Oldest, Newest: r.Newest}}
	default:
		cause = &UnsettledError{Treatment: u.record, Patient: name, Cause: u.cause}
	}
	f := found(alarm.RunUncertain, cause)
	f.Instance = string(u.record.ID)
	d.tell(f, true)
}

// Prepare finds who works here and the records that a crash left open, so that
// the first View has them. It is called before Run, or not at all; what it can't
// read, Run goes on trying.
func (d *Desk) Prepare(ctx context.Context) {
	if all, err := d.cfg.Operators.Operators(ctx); err == nil {
		d.tookOperators(all)
	}
	if all, err := d.cfg.Staff.Staff(ctx); err == nil {
		d.tookStaff(all)
	}
	if open, err := d.cfg.Records.OpenTreatments(ctx); err == nil {
		d.tookOpen(d.foundOpen(ctx, open))
		d.publish()
	}
}

// loadUnsettled finds the records that a crash left open. Until it has, nothing
// says that there is none, and nothing is armed.
//
// Model: ConsoleStarts.
func (d *Desk) loadUnsettled() {
	if d.checked {
		return
	}
	d.again(func(ctx context.Context) (func(), error) {
		open, err := d.cfg.Records.OpenTreatments(ctx)
		if err != nil {
			return nil, err
		}
		found := d.foundOpen(ctx, open)
		return func() { d.tookOpen(found) }, nil
	})
}

// foundOpen reads the patients of open records, the oldest record first.
func (d *Desk) foundOpen(ctx context.Context, open []clinical.Treatment) []*unsettled {
	var found []*unsettled
	for _, t := range slices.Backward(open) {
		u := &unsettled{record: t}
		if p, err := d.cfg.Patients.Patient(ctx, t.Patient); err == nil {
			u.patient = &p
		}
		found = append(found, u)
	}
	return found
}

func (d *Desk) tookOpen(found []*unsettled) {
	d.checked = true
	for _, u := range found {
		r := u.record
		if d.holds(r.ID) {
			continue
		}
		if r.Reconciled.Cause == "" {
			r.Reconciled = clinical.Reconciliation{Cause: clinical.CauseCrash, LostAt: lastSign(r), BootThen: lastBoot(r)}
		}
		r.Outcome = clinical.OutcomeUncertain
		d.addUnsettled(u, r)
	}
}

// holds says whether a treatment is one of this very run of the program.
func (d *Desk) holds(id clinical.ID) bool {
	if d.run != nil && d.run.record.ID == id {
		return true
	}
	return slices.ContainsFunc(d.ending, func(e *ending) bool { return e.run.record.ID == id }) ||
		slices.ContainsFunc(d.unsettled, func(u *unsettled) bool { return u.record.ID == id })
}

// lastSign is the newest time that stands in a record.
func lastSign(t clinical.Treatment) time.Time {
	last := t.Started
	after := func(at time.Time) {
		if at.After(last) {
			last = at
		}
	}
	for _, a := range t.Arms {
		after(a.At)
	}
	for _, p := range t.Pulses {
		after(p.At)
	}
	for _, a := range t.Alarms {
		after(a.At)
	}
	return last
}

// lastBoot is the newest boot of the pen that a record knows of.
func lastBoot(t clinical.Treatment) uint32 {
	if n := len(t.Arms); n > 0 && t.Arms[n-1].Boot != 0 {
		return t.Arms[n-1].Boot
	}
	return t.PenBoot
}

// save writes down what is known of a run, signed or not, as one act. What the
// store refuses is tried again.
func (d *Desk) save(u *unsettled) {
	if u.saving || u.signing { // what is to be signed is written with the signature
		u.saved = false
		return
	}
	t := u.record
	t.Pulses = u.fresh
	u.saving, u.saved = true, true
	d.rec.whole(d.cfg.Records.ReconcileTreatment, t, func(_ clinical.Treatment, err error) {
		u.saving = false
		if err != nil {
			u.saved, u.saveNext = false, d.cfg.Now().Add(retryEvery)
			d.recordFailed(err)
			return
		}
		u.fresh = u.fresh[len(t.Pulses):]
		d.over(alarm.RecordFailed, "")
		if !u.saved {
			d.save(u)
		}
	})
}

// tickUnsettled tries again what is to be tried again.
func (d *Desk) tickUnsettled(now time.Time) {
	for _, u := range d.unsettled {
		if !u.saved && !u.saving && !now.Before(u.saveNext) {
			d.save(u)
		}
		if !u.next.IsZero() && !now.Before(u.next) {
			u.next = time.Time{}
			d.ask(u)
		}
	}
}

// Sign ends an unsettled run by the signature of whoever works here: as the pen
// told it, or as uncertain. Shown is the version of what the page showed; what
// has changed since is not signed. Whether it went well is in the next View.
func (d *Desk) Sign(id clinical.ID, verdict clinical.Verdict, shown int) {
	d.post(func() {
		i := slices.IndexFunc(d.unsettled, func(u *unsettled) bool { return u.record.ID == id })
		if i < 0 || d.unsettled[i].signing {
			return
		}
		u := d.unsettled[i]
		if u.signErr = d.maySign(u, verdict, shown); u.signErr == nil {
			d.sign(u, verdict)
		}
	})
}

// maySign says why a run can't be signed like this.
func (d *Desk) maySign(u *unsettled, verdict clinical.Verdict, shown int) error {
	if err := d.may(clinical.PermitSign); err != nil {
		return err
	}
	r := u.record.Reconciled
	switch {
	case u.asking:
		return ErrAsking
	case shown != u.version:
		return ErrShownOtherwise
	case verdict == clinical.AsReconciled && !r.Answered():
		return ErrNotAnswered
	case verdict == clinical.AsReconciled && !r.Known():
		return ErrNotKnown
	case verdict != clinical.AsReconciled && r.Settled():
		return ErrAllKnown
	}
	return nil
}

// sign writes signature and end as one act, behind all that was queued for the
// record. Until it is on disk the run is not signed.
func (d *Desk) sign(u *unsettled, verdict clinical.Verdict) {
	d.standing(&u.alarms, func(e clinical.Alarm) { d.appendUnsettled(u, e) })
	t := u.record
	t.Pulses = u.fresh
	t.Reconciled.Signature = clinical.Signature{At: d.cfg.Now(), By: d.operator, Verdict: verdict}
	t.Ended, t.Outcome = d.endOf(t), clinical.OutcomeUncertain
	if verdict == clinical.AsReconciled {
		t.Outcome = clinical.OutcomeReconciled
	}
	u.signing = true
	d.rec.whole(d.cfg.Records.ReconcileTreatment, t, func(_ clinical.Treatment, err error) {
		u.signing = false
		if u.signErr = err; err == nil {
			t.Pulses = u.record.Pulses
			d.signed(u, t)
			return
		}
		for _, e := range u.held {
			d.appendUnsettled(u, e)
		}
		u.held = nil
	})
}

// signed takes a run away that has been signed. Any pen will do again where
// nothing waits for the one that was lost.
func (d *Desk) signed(u *unsettled, t clinical.Treatment) {
	d.unsettled = slices.DeleteFunc(d.unsettled, func(o *unsettled) bool { return o == u })
	d.over(alarm.RunUncertain, string(t.ID))
	d.over(alarm.Contradicted, string(t.ID))
	waits := func(o *unsettled) bool { return sameUnit(o.record, t.PenModel, t.PenSerial) }
	if !slices.ContainsFunc(d.unsettled, waits) {
		d.cfg.Link.Forget()
	}
	if d.patient != nil && d.patient.ID == t.Patient {
		d.history = append([]clinical.Treatment{t}, d.historyWithout(t.ID)...)
		d.refreshHistory()
	}
}

// sameUnit says whether a treatment was given with a unit.
func sameUnit(t clinical.Treatment, model, serial string) bool {
	return t.PenModel == model && t.PenSerial == serial
}

// unsettledHere says whether the pen that is connected has a run that is not
// settled. Until it is, nothing that changes that pen is sent but ESTOP, DISARM
// and CLEAR (SPEC.md section 5.2).
func (d *Desk) unsettledHere() bool {
	info := d.pen.info
	return slices.ContainsFunc(d.unsettled, func(u *unsettled) bool { return sameUnit(u.record, info.Model, info.Serial) })
}
