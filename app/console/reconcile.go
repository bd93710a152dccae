package console

import (
	"context"
	"errors"
	"reflect"
	"time"

	"stipple/app/alarm"
	"stipple/app/clinical"
	"stipple/device"
	"stipple/protocol"
)

// The patience with a pen that is asked about a run.
const (
	// askTries is how often it is asked quickly in one session: a pen that is still
	// closing a record answers BUSY for less than a second.
	askTries = 5
	// askAgain is the time between two of these, and askSeldom that between the
	// ones that follow.
	askAgain  = 2 * time.Second
	askSeldom = 30 * time.Second
	// runningAgain is the time between two questions for a command that is still
	// RUNNING, of which runningTries are asked.
	runningAgain = protocol.CommandIntervalMax
	runningTries = 5
	// logMost is how many records of the pen's log are looked at for one run:
	// several hours of treatment.
	logMost = 4 * protocol.KeptPulses
)

// reconcile asks the pen about the unsettled runs of this very unit.
func (d *Desk) reconcile() {
	for _, u := range d.unsettled {
		d.ask(u)
	}
}

// ask asks the pen that is connected what became of a run, if it is the one: what
// it has not told yet. Never is anything begun again (SPEC.md section 12). A CLEAR
// whose answer was lost needs no question: STATUS says whether the pen is still
// latched, and CLEAR gives nothing.
func (d *Desk) ask(u *unsettled) {
	s := d.session.Load()
	if s == nil || u.asking || u.signing || u.record.Reconciled.Answered() {
		return
	}
	info := s.Info()
	if !sameUnit(u.record, info.Model, info.Serial) {
		return
	}
	if info.Monitor {
		u.err = device.ErrMonitor // which can't be asked
		return
	}
	u.asking = true
	record := u.record
	d.job(func(ctx context.Context) func() {
		q := question{s: s, record: record, now: d.cfg.Now}
		err := q.ask(ctx)
		return func() { d.answered(u, s, q.told, err) }
	})
}

// answered takes what the pen told, all of it or as far as it came. What is
// missing is asked again, in this session or at the next connection.
func (d *Desk) answered(u *unsettled, s *device.Session, told clinical.PenTold, err error) {
	u.asking = false
	if !d.holds(u.record.ID) || u.signing {
		return
	}
	u.err = err
	if s != d.session.Load() {
		defer d.ask(u) // in the session that has come meanwhile
	} else if u.tries++; err != nil && !told.LedgerBad { // one that contradicts itself is asked at the next connection
		u.next = d.cfg.Now().Add(askAgain)
		if u.tries >= askTries {
			u.next = d.cfg.Now().Add(askSeldom)
		}
	}
	before := u.record.Reconciled
	r, extra := clinical.Reconcile(u.record, told)
	again := r
	again.AskedAt = before.AskedAt
	if len(extra) == 0 && reflect.DeepEqual(before, again) {
		return // nothing new: what was chosen on the page still holds
	}
	u.record.Reconciled = r
	u.record.Pulses = append(u.record.Pulses, extra...)
	u.fresh = append(u.fresh, extra...)
	if r.Contradicted > before.Contradicted {
		d.contradicted(u)
	}
	d.showUnsettled(u)
	d.save(u)
}

// contradicted raises the alarm of a pen that contradicts the record, in which it
// is an entry, too.
func (d *Desk) contradicted(u *unsettled) {
	err := &ContradictedError{Treatment: u.record, Patient: nameOf(u.patient), Count: u.record.Reconciled.Contradicted}
	f := found(alarm.Contradicted, err)
	f.Instance = string(u.record.ID)
	f.Expected = alarm.AtMost(alarm.Count, 0)
	f.Measured = alarm.Value{Quantity: alarm.Count, N: int64(err.Count)}
	d.raise(f)
}

// askArm asks for the outcome of an ARM whose answer is not known while the pen
// is there. Where the pen can't say, the run is uncertain.
func (d *Desk) askArm(command uint64, why error) {
	s, r := d.session.Load(), d.run
	if s == nil || r == nil {
		return
	}
	r.unsure++
	d.job(func(ctx context.Context) func() {
		result, err := resultOf(ctx, s, command)
		return func() {
			switch {
			case err == nil && result != clinical.ArmForgotten && result != clinical.ArmUnknown:
				r.unsure--
				r.result(command, result)
			case d.run == r && d.session.Load() == s: // else its end sees to it
				d.fallBack(clinical.FellPen)
				d.recordStanding(r)
				d.run = nil
				d.suspend(r, clinical.CauseReply, errors.Join(why, err), s.Live())
			}
		}
	})
}

// question asks a pen about one run. It belongs to the job that asks.
type question struct {
	s      *device.Session
	record clinical.Treatment
	now    Clock
	told   clinical.PenTold
}

// ask asks for what is not known yet: what became of each ARM, the ledger, and
// the log from the newest one on. What came before an error stays told.
func (q *question) ask(ctx context.Context) error {
	q.told = clinical.PenTold{At: q.now(), Boot: q.s.Info().Boot, Treatment: WireTreatment(q.record.ID), Results: make(map[uint64]clinical.ArmResult)}
	err := q.results(ctx)
	if !q.record.Reconciled.LedgerWhole {
		// The log first: a ledger that contradicts it shows at once.
		err = errors.Join(err, q.log(ctx), q.ledger(ctx))
	}
	q.told.At = q.now()
	return err
}

// results asks for each ARM of which neither a reply nor an answer is known.
func (q *question) results(ctx context.Context) error {
	known := make(map[uint64]bool)
	for _, f := range q.record.Reconciled.Arms {
		known[f.CommandID] = f.Source == clinical.FromReply || f.Source == clinical.FromResultOf
	}
	for _, a := range q.record.Arms {
		if a.Result != clinical.ArmUnknown || known[a.CommandID] {
			continue
		}
		r, err := resultOf(ctx, q.s, a.CommandID)
		if err != nil {
			return err
		}
		q.told.Results[a.CommandID] = r
	}
	return nil
}

// resultOf asks what became of a command, for a while also where it is RUNNING.
func resultOf(ctx context.Context, s *device.Session, command uint64) (clinical.ArmResult, error) {
	for try := 1; ; try++ {
		r, err := s.ResultOf(ctx, command)
		if err != nil {
			return clinical.ArmUnknown, err
		}
		switch r.Outcome {
		case protocol.OutcomeDone:
			return clinical.ArmExecuted, nil
		case protocol.OutcomeRejected:
			return clinical.ArmRejected, nil
		case protocol.OutcomeNeverSeen:
			return clinical.ArmNeverSeen, nil
		case protocol.OutcomeForgotten:
			return clinical.ArmForgotten, nil
		}
		if try == runningTries {
			return clinical.ArmUnknown, nil
		}
		again := time.NewTimer(runningAgain)
		select {
		case <-again.C:
		case <-ctx.Done():
			again.Stop()
			return clinical.ArmUnknown, ctx.Err()
		}
	}
}

// ledger reads the pen's pulses from the first one on that the run can have.
func (q *question) ledger(ctx context.Context) error {
	pass := max(q.record.Passes, 1)
	err := q.s.ReadPulses(ctx, q.record.FirstPulse(), func(page protocol.PulsePage) {
		q.told.Oldest, q.told.Newest = page.Oldest, page.Newest
		for _, p := range page.Pulses {
			q.told.Ledger = append(q.told.Ledger, clinical.LedgerPulse{
				Pulse: clinicalPulse(p, pass, timeOf(q.s, p, q.now())), Treatment: p.TreatmentID, Open: p.Result == protocol.PulseOpen,
			})
		}
	})
	var bad *device.LedgerError
	q.told.LedgerBad = errors.As(err, &bad)
	q.told.LedgerWhole = err == nil
	return err
}

// errEnough ends the reading of a log.
var errEnough = errors.New("enough of the log was read")

// log reads the pen's log from the newest ARM on. A pen without one, or whose
// log contradicts itself, is no reason to ask again: the ledger says what was
// given.
func (q *question) log(ctx context.Context) error {
	if len(q.record.Arms) == 0 {
		return nil
	}
	from := q.record.Arms[len(q.record.Arms)-1].LogBefore + 1
	_, newest, err := q.s.LogRange(ctx)
	if newest > logMost {
		from = max(from, newest-logMost)
	}
	if err == nil {
		cur := device.NewLogCursor(q.s.Info().Serial, from)
		err = q.s.ReadLog(ctx, &cur, q.page)
	}
	var bad *device.LogError
	switch {
	case err == nil:
		q.told.LogWhole = true
	case errors.Is(err, device.ErrNotOffered), errors.Is(err, errEnough), errors.As(err, &bad):
		return nil
	}
	return err
}

// page takes a page of the log: what tells how the run went on.
func (q *question) page(page device.LogPage) error {
	for _, e := range page.Entries {
		switch {
		case e.Damaged:
			continue
		case e.Code == protocol.EventPulseEnd:
			q.told.Ends = append(q.told.Ends, clinical.LogEnd{Index: uint32(e.Args[0]), Result: protocol.PulseResult(e.Args[1]).String()})
		case tellsOfRun(e.Code):
			at := time.Time{}
			if e.UTC != 0 {
				at = time.Unix(int64(e.UTC), 0)
			} else if t, _, ok := q.s.PenTime(e.Clock); ok && e.Boot == q.s.Info().Boot {
				at = t
			}
			q.told.Events = append(q.told.Events, clinical.PenEvent{Index: e.Index, Boot: e.Boot, At: at, Code: e.Code, Args: e.Args})
		}
	}
	if len(q.told.Events)+len(q.told.Ends) > logMost {
		return errEnough
	}
	return nil
}

// tellsOfRun says whether an event of the pen tells how a run went on, beside
// the ends of pulses.
func tellsOfRun(code uint16) bool {
	switch code {
	case protocol.EventBoot, protocol.EventLeaseExpired, protocol.EventStopped, protocol.EventFault, protocol.EventCleared, protocol.EventTipChanged,
		protocol.EventArmed, protocol.EventDisarmed, protocol.EventAlarm, protocol.EventLogErased:
		return true
	}
	return false
}
