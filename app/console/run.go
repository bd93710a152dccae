package console

import (
	"context"
	"crypto/sha256"
	"errors"
	"slices"
	"time"

	"stipple/app/alarm"
	"stipple/app/clinical"
	"stipple/device"
	"stipple/protocol"
)

// run is the treatment that is open at the desk.
type run struct {
	record  clinical.Treatment
	patient *clinical.Patient // as it was when the run began
	durable int               // pulses on disk
	armed   bool              // ARM was sent and the pen has not been seen in STANDBY since
	left    time.Time         // when the pen was last seen armed, or leaving it
	unsure  int               // ARMs whose outcome is not known yet
	strange uint64            // pulses that the pen has counted meanwhile and that are not the run's
	stopped bool              // ended by STOP or a fault since the last arming
	pass    int
	seen    map[uint64]bool // pulses in the record, by boot and index
	alarms  alarmLog
	strokes uint64

	zoneTime time.Duration
	lastTick time.Time
}

// tick counts the time that the trigger is held.
func (r *run) tick(now time.Time, s protocol.State) {
	if s.Armed() {
		r.left = now
	}
	if s == protocol.StateTreating && !r.lastTick.IsZero() {
		r.zoneTime += now.Sub(r.lastTick)
	}
	r.lastTick = now
}

// pulseKey tells pulses apart across reboots of the pen.
func pulseKey(p clinical.Pulse) uint64 { return uint64(p.Boot)<<32 | uint64(p.Index) }

// WireTreatment is a treatment's id as the pen's ledger keeps it: the first 16
// bytes of its SHA-256, so that nothing of the record can be read from the pen.
func WireTreatment(id clinical.ID) [16]byte {
	sum := sha256.Sum256([]byte(id))
	return [16]byte(sum[:16])
}

// Clear leaves ESTOP or FAULT for STANDBY.
func (d *Desk) Clear() {
	d.permitted(clinical.PermitClear, func() {
		st := d.live()
		if st.State != protocol.StateStopped && st.State != protocol.StateFault {
			return
		}
		d.penJob(func(ctx context.Context, s *device.Session) func() {
			err := s.Clear(ctx, st.Fault)
			return func() {
				if err != nil {
					d.raise(found(alarm.ClearRefused, err))
					return
				}
				d.stop = StopView{Latency: d.stop.Latency}
				d.stopOver()
				d.over(alarm.ClearRefused, "")
				d.endPen(endsByClear)
			}
		})
	})
}

// stateChanged follows the pen's state.
func (d *Desk) stateChanged(old, st protocol.State) {
	switch {
	case st == protocol.StateStandby:
		d.endPen(endsByStandby)
	case st == protocol.StateReady && old == protocol.StateStandby:
		d.endPen(endsByReady)
	}
	if latched(old) && !latched(st) {
		d.endPen(endsByClear)
	}
	if st == protocol.StateStandby && !d.stop.Unconfirmed {
		d.stop = StopView{Latency: d.stop.Latency}
	}
	if st == protocol.StateStopped || st == protocol.StateFault {
		d.up = false // no fall back: the alarm and the stop say why
	}
	for _, r := range d.runs() {
		r.left = d.cfg.Now()
		switch st {
		case protocol.StateStandby:
			r.armed = r.armed && d.attempt != nil
		case protocol.StateStopped, protocol.StateFault:
			r.armed, r.stopped = false, true
		}
	}
}

// latched says whether only CLEAR leads out of a state.
func latched(s protocol.State) bool {
	return s == protocol.StateFault || s == protocol.StateStopped
}

// armEnded is the end of READY as the session sees it. That the pen has left
// READY too is known only from its STATUS: until then the run counts as armed,
// and a link that is lost now leaves it uncertain.
func (d *Desk) armEnded(e device.Event) {
	d.penFell(e)
	if errors.Is(e.Err, device.ErrNotAlive) || errors.Is(e.Err, device.ErrStale) {
		d.safetyEvent(e)
	}
}

// stopEvent follows a stop from ESTOP to the needle's return.
func (d *Desk) stopEvent(e device.Event) {
	switch e.Kind {
	case device.EventStopSent:
		d.stop = StopView{Active: true}
		d.cancelAttempt()
		if e.Err != nil {
			d.safetyEvent(e)
		}
	case device.EventStopConfirmed:
		d.stop = StopView{Active: true, Confirmed: true, Latency: e.Latency, NeedleBack: e.NeedleBack}
		d.stopOver()
		if d.run != nil {
			d.run.stopped = true
			// 0 in a record means that there was no stop.
			d.run.record.StopLatency = max(e.Latency, time.Microsecond)
		}
	case device.EventNeedleBack:
		d.stop.NeedleBack = true
	case device.EventStopUnconfirmed:
		d.stop.Unconfirmed = true
		f := found(alarm.StopUnconfirmed, ErrStopNotConfirmed)
		f.Expected = alarm.AtMost(alarm.Duration, protocol.StopConfirm.Microseconds())
		f.Measured = alarm.Lasting(max(e.Latency, protocol.StopConfirm))
		d.raise(f)
	}
}

// stopUnheard tells that a STOP reached no pen: the one that was armed is out of
// reach. A session sees to the stops of its own pen; where no pen was armed there
// is nothing to stop.
func (d *Desk) stopUnheard() {
	if d.pressed.Swap(false) && d.session.Load() == nil && d.lostArmed() {
		d.stopNotSent()
	}
}

// stopNotSent is an occurrence of its own beside that of a stop that the pen has
// not confirmed: it is the newest, and so the one that the window shows and lets
// be acknowledged.
func (d *Desk) stopNotSent() {
	d.stop = StopView{Active: true, Unconfirmed: true}
	d.over(alarm.StopUnconfirmed, "")
	f := found(alarm.StopUnconfirmed, ErrStopNotSent)
	f.Instance = stopOutOfReach
	d.raise(f)
}

// stopOutOfReach tells a stop that could not be sent from one that was.
const stopOutOfReach = "out_of_reach"

// stopOver ends the alarms about a stop.
func (d *Desk) stopOver() {
	d.over(alarm.StopUnconfirmed, "")
	d.over(alarm.StopUnconfirmed, stopOutOfReach)
}

// lostArmed says whether the pen that is out of reach was armed when it was seen
// last, in this run of the program.
func (d *Desk) lostArmed() bool {
	return slices.ContainsFunc(d.unsettled, func(u *unsettled) bool {
		return u.cause != nil && sameUnit(u.record, d.pen.info.Model, d.pen.info.Serial)
	})
}

// stopSeen ends what fills the window about a stop that was not confirmed: a pen
// that is out of reach confirms nothing, and a person has seen what to do.
func (d *Desk) stopSeen() {
	if d.session.Load() == nil {
		d.stop = StopView{}
		d.stopOver()
	}
}

// pulse takes one entry of the pen's ledger into the record it belongs to.
func (d *Desk) pulse(p protocol.Pulse) {
	r := d.wireRun(p)
	if r == nil {
		d.strangePulse(p)
		return
	}
	c := clinicalPulse(p, r.pass, timeOf(d.session.Load(), p, d.cfg.Now()))
	if r.seen[pulseKey(c)] {
		return
	}
	r.seen[pulseKey(c)] = true
	if c.TipID == d.pen.tip.ID {
		d.pen.uses++
		if d.pen.bound == [16]byte{} {
			d.pen.bound = WireTreatment(r.record.ID) // the pen binds a tip by the first pulse of a treatment
		}
	}
	r.record.Pulses = append(r.record.Pulses, c)
	r.strokes += uint64(c.Strokes)
	if err := d.rec.pulse(r.record.ID, c); err != nil {
		d.recordBehind(err)
	}
}

// recordBehind stops a treatment whose record can't follow.
func (d *Desk) recordBehind(err error) {
	d.fallBack(clinical.FellRecord)
	d.recordFailed(err)
}

// timeOf is when a pulse began, by the clock of the session with its pen; now
// where that is not known.
func timeOf(s *device.Session, p protocol.Pulse, now time.Time) time.Time {
	if s != nil && p.Boot == s.Info().Boot {
		if t, _, ok := s.PenTime(p.Opened); ok {
			return t
		}
	}
	return now
}

// clinicalPulse is a ledger entry as the record keeps it.
func clinicalPulse(p protocol.Pulse, pass int, at time.Time) clinical.Pulse {
	return clinical.Pulse{
		Index: p.Index, Boot: p.Boot, ArmID: p.ArmID, At: at, SettingsHash: p.SettingsHash, TipID: p.TipID,
		Set: clinical.Settings{
			Depth: protocol.Micrometres(p.SetDepth), Speed: protocol.StrokesPerMinute(p.SetSpeed),
			Power: protocol.Milliwatts(p.SetPower), Duration: protocol.Milliseconds(p.SetDuration),
		},
		Depth:        protocol.Micrometres(p.Depth),
		Speed:        protocol.StrokesPerMinute(p.Speed),
		Power:        protocol.Milliwatts(p.Power),
		Duration:     protocol.Milliseconds(p.Duration),
		Energy:       protocol.Microjoules(p.Energy),
		Strokes:      p.Strokes,
		ImpedanceMin: protocol.Ohms(p.ImpedanceMin),
		Impedance:    protocol.Ohms(p.Impedance),
		ImpedanceMax: protocol.Ohms(p.ImpedanceMax),
		PeakTemp:     protocol.Centidegrees(p.PeakTemp),
		Result:       p.Result.String(),
		Pass:         pass,
	}
}

// NextPass counts the next pass over the zone.
func (d *Desk) NextPass() {
	d.permitted(clinical.PermitTreat, func() {
		if d.run != nil {
			d.run.pass++
			d.run.record.Passes = d.run.pass
		}
	})
}

// EndTreatment disarms and closes the record.
func (d *Desk) EndTreatment() {
	d.permitted(clinical.PermitTreat, func() { d.endRun(clinical.OutcomeComplete) })
}

// endRun closes the open record, if there is one. A run that was stopped and
// not armed again ends as stopped. It waits for its last pulses, which are
// written first.
func (d *Desk) endRun(outcome clinical.Outcome) {
	d.fallBack(clinical.FellEnded)
	if d.attempt != nil { // its intent is on its way to the disk
		d.attempt.end = outcome
		return
	}
	if d.run == nil {
		return
	}
	d.endPen(endsByRun)
	r := d.run
	d.run = nil
	d.close(r, outcome)
}

// end writes the end of a record behind everything that is queued for it.
func (d *Desk) end(r clinical.Treatment, outcome clinical.Outcome) {
	r.Ended, r.Outcome = d.endOf(r), outcome
	if d.patient != nil && d.patient.ID == r.Patient {
		d.history = append([]clinical.Treatment{r}, d.historyWithout(r.ID)...)
	}
	d.writeEnd(r)
}

// endOf is the time at which a record ends now. A clock that was set back
// meanwhile ends none before it began.
func (d *Desk) endOf(r clinical.Treatment) time.Time {
	if now := d.cfg.Now().Round(0); now.After(r.Started) {
		return now
	}
	return r.Started
}

// writeEnd writes the end of a record, and again where the store refuses it: a
// record without an end is a crash to the next start.
func (d *Desk) writeEnd(r clinical.Treatment) {
	d.rec.head(d.cfg.Records.EndTreatment, r, func(_ clinical.Treatment, err error) {
		switch {
		case codeOf(err) == "ended": // by a write that was taken and not confirmed
		case err != nil && neverTaken(err): // it stays open, and is settled at the next start
			d.recordFailed(err)
			return
		case err != nil:
			d.recordFailed(err)
			d.job(func(ctx context.Context) func() {
				if !pause(ctx, retryEvery) {
					return nil
				}
				return func() { d.writeEnd(r) }
			})
			return
		}
		d.over(alarm.RecordFailed, "")
		d.notes.due = true
		d.refreshHistory()
	})
}

func (d *Desk) historyWithout(id clinical.ID) []clinical.Treatment {
	var out []clinical.Treatment
	for _, t := range d.history {
		if t.ID != id {
			out = append(out, t)
		}
	}
	return out
}

// refreshHistory reads the patient's treatments again.
func (d *Desk) refreshHistory() {
	if d.patient == nil {
		return
	}
	id, turn := d.patient.ID, d.turn
	d.job(func(ctx context.Context) func() {
		list, err := d.cfg.Records.Treatments(ctx, id)
		return func() {
			if err == nil && turn == d.turn && d.patient != nil && d.patient.ID == id {
				d.history = list
			}
		}
	})
}

// notTaken tells of an entry that is in no record, and ends READY.
func (d *Desk) notTaken(e *NotTakenError) {
	d.fallBack(clinical.FellRecord)
	d.raise(found(alarm.RecordFailed, e))
}

// wrote takes what the recorder has written.
func (d *Desk) wrote(id clinical.ID, pulses int, err error) {
	if err != nil {
		// A record that can't be written may not grow: stop treating, keep what
		// is in memory and keep trying.
		d.fallBack(clinical.FellRecord)
		d.recordFailed(err)
		return
	}
	d.over(alarm.RecordFailed, "")
	if d.run != nil && d.run.record.ID == id {
		d.run.durable += pulses
	}
}
