package console

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"stipple/app/alarm"
	"stipple/device"
	"stipple/protocol"
)

// sameCause is how close together the events of one cause lie: what the session
// found, the stop that it sent for it, and the end of READY.
const sameCause = 200 * time.Millisecond

// safetyEvent is something that the session itself found wrong. Of the events
// of one cause only the first, which names it, is raised.
func (d *Desk) safetyEvent(e device.Event) {
	now := d.cfg.Now()
	if now.Sub(d.safetyAt) < sameCause {
		return
	}
	d.safetyAt = now
	err := e.Err
	switch {
	case d.stoodStill(now) && (e.Kind == device.EventStatusSilence || errors.Is(err, device.ErrStale) || errors.Is(err, device.ErrNotAlive)):
		err = &SafetyError{Kind: "stood_still"}
	case err == nil:
		err = &SafetyError{Kind: e.Kind.String(), From: e.From, To: e.To, Lost: e.Lost}
	}
	f := found(safetyCode(err), err)
	if f.Code == alarm.Safety {
		f.Instance = e.Kind.String()
	}
	f.Expected, f.Measured = d.safetyFigures(now, f.Code, e)
	d.raise(f)
}

// safetyCode is the row of an error that the session has found; all of them are
// high.
func safetyCode(err error) alarm.Code {
	var check *device.StopCheckError
	if errors.As(err, &check) { // whose sentence depends on its step
		return alarm.StopCheck
	}
	if row, ok := alarm.Find(alarm.Code(codeOf(err))); ok && row.Source == alarm.FromSession && row.Priority == alarm.High {
		return row.Code
	}
	return alarm.Safety
}

// safetyFigures are what was expected and what was measured, where that are
// figures: times against the limits of the link, counts, values of a pulse.
func (d *Desk) safetyFigures(now time.Time, code alarm.Code, e device.Event) (alarm.Expected, alarm.Value) {
	atMost := func(limit time.Duration) alarm.Expected {
		return alarm.AtMost(alarm.Duration, limit.Microseconds())
	}
	switch code {
	case alarm.StatusSilence, alarm.Stale:
		v := alarm.Value{}
		if age := d.Live().Age; e.Latency > 0 || age > 0 {
			v = alarm.Lasting(max(e.Latency, age))
		}
		return atMost(protocol.StatusSilence), v
	case alarm.NotAlive:
		return atMost(device.LivenessLimit), alarm.Value{}
	case alarm.StoodStill:
		return atMost(stillLimit), alarm.Lasting(max(now.Sub(d.ticked), d.stillFor))
	case alarm.PulsesLost:
		return alarm.AtMost(alarm.Count, 0), alarm.Value{Quantity: alarm.Count, N: int64(e.To) - int64(e.From) + 1}
	case alarm.Overflow:
		return alarm.AtMost(alarm.Count, 0), alarm.Value{Quantity: alarm.Count, N: int64(e.Lost)}
	}
	var pulse *device.PulseError
	if errors.As(e.Err, &pulse) {
		return pulseFigures(pulse)
	}
	return alarm.Expected{}, alarm.Value{}
}

// pulseFigures are those of a pulse that contradicts what was armed, where its
// field is a quantity.
func pulseFigures(e *device.PulseError) (alarm.Expected, alarm.Value) {
	q, ok := map[string]alarm.Quantity{
		"energy": alarm.Energy, "depth": alarm.Depth,
		"set_depth": alarm.Depth, "set_speed": alarm.Speed, "set_power": alarm.Power,
	}[e.Field]
	set, err := strconv.ParseInt(e.Set, 10, 64)
	told, err2 := strconv.ParseInt(e.Told, 10, 64)
	if !ok || err != nil || err2 != nil {
		return alarm.Expected{}, alarm.Value{}
	}
	return alarm.About(q, set, set, set), alarm.Value{Quantity: q, N: told}
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
