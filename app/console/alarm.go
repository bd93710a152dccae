package console

import (
	"slices"
	"time"

	"stipple/app/alarm"
	"stipple/app/clinical"
	"stipple/app/coded"
)

// noticeStays is how long a notice is shown: long enough to be read twice.
const noticeStays = time.Minute

// noticePreset is the key of the notice about a preset that was not loaded.
const noticePreset = "preset"

// raise takes a finding into the book of alarms, and what is new of it into the
// open treatment's record.
func (d *Desk) raise(f alarm.Finding) {
	f.Cause = explain(f.Cause)
	o, outcome := d.alarms.Raise(f, d.cfg.Now())
	if outcome == alarm.Fresh || outcome == alarm.Graver || o.Code == alarm.TooMany {
		d.recordBegan(o)
	}
}

// found is a finding of a row of the table that is about an error.
func found(code alarm.Code, cause error) alarm.Finding {
	return alarm.Finding{Condition: alarm.Of(code), Cause: cause}
}

// over ends a condition, if it is there.
func (d *Desk) over(code alarm.Code, instance string) {
	if o, over := d.alarms.End(alarm.Key{Code: code, Instance: instance}, d.cfg.Now()); over {
		d.recordOver(o)
	}
}

// overWhere ends every condition that match picks.
func (d *Desk) overWhere(match func(alarm.Occurrence) bool) {
	over, _ := d.alarms.EndWhere(match, d.cfg.Now())
	for _, o := range over {
		d.recordOver(o)
	}
}

// Report raises an alarm about a problem that the composition root has found,
// such as a damaged record.
func (d *Desk) Report(err error) {
	d.post(func() { d.raise(found(alarm.StoreDamaged, err)) })
}

// Tell says that a condition of the console itself is there or not: a disk that
// is nearly full, a backup that is too old. It is for those whose source is the
// composition root; what was found may be told again and again.
func (d *Desk) Tell(f alarm.Finding, there bool) {
	d.post(func() { d.tell(f, there) })
}

// tell counts a condition that is there already only once: it is told because
// somebody has looked again, not because it has happened again.
func (d *Desk) tell(f alarm.Finding, there bool) {
	key := alarm.Key{Code: f.Code, Instance: f.Instance}
	o, ok := d.alarms.Get(key)
	switch {
	case !there:
		d.over(f.Code, f.Instance)
	case ok && o.Present():
		d.alarms.Update(key, f.Expected, f.Measured, explain(f.Cause))
	default:
		d.raise(f)
	}
}

// SoundDevice tells whether alarms can be heard: nil is a device that plays,
// anything else why there is none.
func (d *Desk) SoundDevice(err error) {
	d.post(func() {
		d.sound.Known, d.sound.Err = true, explain(err)
		d.tell(found(alarm.NoSound, err), err != nil)
	})
}

// SoundPlayed tells that the first frame of the sound of a serial number was
// handed to the device, so that its delay can be measured.
func (d *Desk) SoundPlayed(serial uint64, at time.Time) {
	d.post(func() { d.sound.Serial, d.sound.At = serial, at })
}

// Acknowledge notes that the operator has seen an alarm: it is silent from then
// on, and gone once its condition is. It signs nothing: see Sign.
func (d *Desk) Acknowledge(id int) {
	d.post(func() {
		o, ok := d.alarms.Acknowledge(id, d.operator.Name, d.cfg.Now())
		if ok {
			d.recordAcknowledged(o)
		}
		if ok && o.Code == alarm.StopUnconfirmed {
			d.stopSeen()
		}
	})
}

// PauseSound silences what alarms now for alarm.AudioPause. A new alarm that is
// graver, or high, is heard all the same.
func (d *Desk) PauseSound() { d.post(func() { d.alarms.Pause(d.cfg.Now()) }) }

// ResumeSound ends a pause.
func (d *Desk) ResumeSound() { d.post(func() { d.alarms.Resume(d.cfg.Now()) }) }

// TestSound lets one burst of a priority be heard, unless something alarms.
func (d *Desk) TestSound(p alarm.Priority) { d.post(func() { d.alarms.Test(p, d.cfg.Now()) }) }

// alarmsView is what the window shows of the alarms. The lists are made anew
// only where something has changed: a View may be kept.
func (d *Desk) alarmsView() AlarmsView {
	signal := d.alarms.Signal(d.cfg.Now())
	if n := d.alarms.Changes(); d.shown.Present == nil || n != d.shownAt || d.shownTo != d.turn {
		d.shownAt, d.shownTo = n, d.turn
		d.shown.Present, d.shown.History = d.alarms.Present(), d.alarms.History()
		if d.may(clinical.PermitPatientData) != nil {
			withhold(d.shown.Present)
			withhold(d.shown.History)
		}
	}
	if d.may(clinical.PermitPatientData) != nil {
		signal.Shown.Cause = withheld(signal.Shown.Cause)
	}
	d.shown.Signal, d.shown.Sound = signal, d.sound
	if d.cfg.Sound != nil && (signal.Serial != d.played.Serial || signal.Sound != d.played.Sound) {
		d.played = signal
		d.cfg.Sound(signal)
	}
	return d.shown
}

// note shows a notice in place of the one of the same key.
func (d *Desk) note(n Notice) {
	d.noticeID++
	n.ID, n.At, n.Err = d.noticeID, d.cfg.Now(), explain(n.Err)
	d.resolve(n.Key)
	d.notices = append(d.notices, n)
}

// resolve takes the notice of a key away.
func (d *Desk) resolve(key string) {
	d.notices = slices.DeleteFunc(slices.Clone(d.notices), func(n Notice) bool { return n.Key == key })
}

// forget takes away notices that have been shown for long enough.
func (d *Desk) forget(now time.Time) {
	old := func(n Notice) bool { return now.Sub(n.At) > noticeStays }
	if slices.ContainsFunc(d.notices, old) {
		d.notices = slices.DeleteFunc(slices.Clone(d.notices), old)
	}
}

// codeOf is the stable word of an error, or "".
func codeOf(err error) string { return coded.Of(explain(err)) }

// storeFailed raises the alarm of a store that could not be read. What it kept
// is as it was.
func (d *Desk) storeFailed(err error) { d.raise(found(alarm.StoreFailed, err)) }

// recordFailed raises the alarm of a record that could not be written, until one
// can be.
func (d *Desk) recordFailed(err error) { d.tell(found(alarm.RecordFailed, err), true) }
