package console

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"stipple/app/clinical"
	"stipple/device"
	"stipple/protocol"
)

// Keys of notices: one of a key stands at a time.
const (
	noticeLink   = "link"
	noticeStop   = "stop"
	noticeStore  = "store"
	noticeRecord = "record"
	noticePen    = "pen:"
	noticeSafety = "safety:"
	noticePreset = "preset"
)

// maxNotices is how many notices stand at a time; the oldest of the lowest
// kind gives way.
const maxNotices = 20

// Signs says whether the notice stands for a run that has to be signed, on the
// page that is for it.
func (n Notice) Signs() bool { return strings.HasPrefix(n.Key, unsettledKey) }

// note shows a notice in place of the one of the same key.
func (d *Desk) note(n Notice) {
	d.noticeID++
	n.ID, n.At = d.noticeID, d.cfg.Now()
	d.resolve(n.Key)
	d.notices = append(d.notices, n)
	if len(d.notices) > maxNotices {
		lowest := 0
		for i, o := range d.notices {
			if o.Kind < d.notices[lowest].Kind {
				lowest = i
			}
		}
		d.notices = slices.Delete(d.notices, lowest, lowest+1)
	}
	if n.Kind > NoticeInfo {
		d.recordAlarm(n)
	}
}

// Report shows a problem that the composition root has found, such as a damaged
// record.
func (d *Desk) Report(err error) {
	d.post(func() { d.note(Notice{Kind: NoticeHigh, Key: noticeStore, Err: err}) })
}

// resolve takes the notice of a key away: its cause is gone.
func (d *Desk) resolve(key string) {
	d.notices = slices.DeleteFunc(d.notices, func(n Notice) bool { return n.Key == key })
}

// resolvePen takes the pen's own notices away: a person has cleared the pen.
func (d *Desk) resolvePen() {
	d.notices = slices.DeleteFunc(d.notices, func(n Notice) bool { return strings.HasPrefix(n.Key, noticePen) })
}

// Acknowledge takes a notice away. It signs nothing: see Sign.
func (d *Desk) Acknowledge(id int) {
	d.post(func() {
		i := slices.IndexFunc(d.notices, func(n Notice) bool { return n.ID == id })
		if i < 0 {
			return
		}
		d.notices = slices.Delete(d.notices, i, i+1)
	})
}

// penTells shows what the pen's own event says, where a person should know.
func (d *Desk) penTells(e protocol.Event) {
	if e.Level == protocol.LevelInfo {
		return
	}
	n := Notice{Kind: NoticeLow, Key: noticePen, Pen: &e}
	switch {
	case e.Code == protocol.EventAlarm:
		n.Kind, n.Text = alarmOf(d.pen.info.Descriptor, e)
		n.Key += n.Text // each alarm stands on its own
	case e.Code == protocol.EventFault:
		n.Kind = NoticeHigh
	case e.Level == protocol.LevelError:
		n.Kind = NoticeMedium
	}
	d.note(n)
}

// alarmOf is the priority and the name of an alarm in the pen's own table. An
// alarm that the table does not have counts as high.
func alarmOf(desc *protocol.Descriptor, e protocol.Event) (NoticeKind, string) {
	if desc != nil {
		for _, a := range desc.Alarms {
			if int32(a.Code) != e.Args[0] {
				continue
			}
			switch a.Priority {
			case "medium":
				return NoticeMedium, a.Name
			case "low":
				return NoticeLow, a.Name
			}
			return NoticeHigh, a.Name
		}
	}
	return NoticeHigh, fmt.Sprintf("alarm %d", e.Args[0])
}

// sameCause is how close together the events of one cause lie: what the session
// found, the stop that it sent for it, and the end of READY.
const sameCause = 200 * time.Millisecond

// safetyEvent is something that the session itself found wrong. Of the events
// of one cause only the first, which names it, is shown.
func (d *Desk) safetyEvent(e device.Event) {
	now := d.cfg.Now()
	for _, n := range d.notices {
		if strings.HasPrefix(n.Key, noticeSafety) && now.Sub(n.At) < sameCause {
			return
		}
	}
	err := e.Err
	switch {
	case d.stoodStill(now) && (e.Kind == device.EventStatusSilence || errors.Is(err, device.ErrStale) || errors.Is(err, device.ErrNotAlive)):
		err = &SafetyError{Kind: "stood_still"}
	case err == nil:
		err = &SafetyError{Kind: e.Kind.String(), From: e.From, To: e.To, Lost: e.Lost}
	}
	d.note(Notice{Kind: NoticeHigh, Key: noticeSafety + e.Kind.String(), Err: err})
}

// stillLimit is the pause of this program, not of the pen, that explains a
// silence: half of what the session takes for one.
const stillLimit = protocol.StatusSilence / 2

// stoodStill says whether this program itself did not run for a while just now:
// the laptop slept or was too busy. Then it is not the pen that fell silent.
func (d *Desk) stoodStill(now time.Time) bool {
	return now.Sub(d.ticked) > tickEvery+stillLimit || !d.still.IsZero() && now.Sub(d.still) < protocol.LinkSilence
}

// SafetyError is something that the session found and that no other error
// describes.
type SafetyError struct {
	Kind     string // the event's name: "pulses_lost", "unconfirmed_ready", …
	From, To uint32 // pulse numbers, where it is about pulses
	Lost     uint64
}

func (e *SafetyError) Error() string {
	switch {
	case e.To != 0:
		return fmt.Sprintf("%s: pulses %d to %d", e.Kind, e.From, e.To)
	case e.Lost != 0:
		return fmt.Sprintf("%s: %d", e.Kind, e.Lost)
	}
	return e.Kind
}

// Code is the event's name.
func (e *SafetyError) Code() string { return e.Kind }

// recordAlarm writes a notice into the open treatment's record.
func (d *Desk) recordAlarm(n Notice) {
	if d.run == nil {
		return
	}
	a := clinical.Alarm{At: n.At, Priority: priority(n.Kind), Text: n.Text}
	switch {
	case n.Pen != nil:
		a.Code = n.Pen.Code
		if a.Text == "" {
			a.Text = eventName(d.pen.info.Descriptor, *n.Pen)
		}
	case n.Err != nil:
		a.Text = n.Err.Error()
		var coded interface{ Code() string }
		if errors.As(explain(n.Err), &coded) {
			a.Text = coded.Code() // which the window can word
		}
	}
	d.run.record.Alarms = append(d.run.record.Alarms, a)
	d.rec.alarm(d.run.record.ID, a)
}

func priority(k NoticeKind) string {
	switch k {
	case NoticeHigh:
		return "high"
	case NoticeMedium:
		return "medium"
	}
	return "low"
}

// eventName is the pen's own name for an event code.
func eventName(desc *protocol.Descriptor, e protocol.Event) string {
	if desc != nil {
		for _, s := range desc.Events {
			if s.Code == e.Code {
				return s.Name
			}
		}
	}
	return "event"
}
