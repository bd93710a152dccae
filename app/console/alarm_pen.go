package console

import (
	"errors"
	"strconv"

	"stipple/app/alarm"
	"stipple/app/clinical"
	"stipple/protocol"
)

// chargeAbove is by how much the battery has to rise above what was low, in %,
// until it is not low any more: a reading that flickers is no charge.
const chargeAbove = 2

// errPenRefused is what the pen tells of a request that it has refused.
var errPenRefused = errors.New("the pen refused a request")

// penTells raises what the pen's own event says, where a person should know.
func (d *Desk) penTells(e protocol.Event) {
	switch {
	case e.Level == protocol.LevelInfo:
	case e.Code == protocol.EventStopped: // a stop is shown as what it is, and asked for
	case e.Code == protocol.EventAlarm:
		d.raise(d.penAlarm(e))
	case e.Code == protocol.EventFault:
		d.penFault(protocol.Fault(e.Args[0]))
	default:
		f := alarm.Finding{Condition: alarm.Of(alarm.PenEvent), Instance: strconv.Itoa(int(e.Code))}
		if e.Level >= protocol.LevelError {
			f.Priority = alarm.Medium
		}
		if e.Code == protocol.EventRefused {
			f.Cause = problem(errPenRefused, "pen_refused", protocol.Code(e.Args[0]).String())
		}
		d.raise(f)
	}
}

// penAlarm is an alarm in the pen's own table as a finding. The priority is the
// higher one of the pen's table and the console's. An alarm that neither has
// counts as high.
func (d *Desk) penAlarm(e protocol.Event) alarm.Finding {
	desc := d.pen.info.Descriptor
	if desc == nil {
		return unknownAlarm(strconv.Itoa(int(e.Args[0])), alarm.High)
	}
	spec, ok := desc.Alarm(e.Args[0])
	if !ok {
		return unknownAlarm(strconv.Itoa(int(e.Args[0])), alarm.High)
	}
	row, known := alarm.Find(alarm.Code(spec.Name))
	if !known || row.Source != alarm.FromPen {
		return unknownAlarm(spec.Name, alarm.PriorityOf(spec.Priority))
	}
	f := alarm.Finding{Condition: row}
	f.Priority = max(row.Priority, alarm.PriorityOf(spec.Priority))
	f.Expected, f.Measured = d.expected(row.Code, e.Args[1])
	return f
}

func unknownAlarm(name string, p alarm.Priority) alarm.Finding {
	f := alarm.Finding{Condition: alarm.Of(alarm.PenAlarm), Instance: name}
	f.Priority = p
	return f
}

// penFault raises a latched fault, once: it can't happen again before it is
// cleared, and an alarm of the same meaning says more.
func (d *Desk) penFault(fault protocol.Fault) {
	for _, key := range []alarm.Key{{Code: alarm.PenFault, Instance: fault.String()}, {Code: faultAlarm(fault)}} {
		if o, ok := d.alarms.Get(key); ok && o.Present() {
			return
		}
	}
	d.raise(alarm.Finding{Condition: alarm.Of(alarm.PenFault), Instance: fault.String()})
}

// faultAlarm is the alarm that says the same as a fault (SPEC.md section 22.7).
func faultAlarm(f protocol.Fault) alarm.Code {
	switch f {
	case protocol.FaultRFUnpermitted:
		return alarm.RFUnpermitted
	case protocol.FaultOverTemperature:
		return alarm.OverTemperature
	case protocol.FaultDepth:
		return alarm.DepthBeyond
	case protocol.FaultEnergy:
		return alarm.EnergyOver
	case protocol.FaultMotorStall:
		return alarm.MotorStall
	}
	return ""
}

// perMille is the unit of a tolerance that is relative.
const perMille = 1000

// expected is what an alarm of the pen expects, from what the pen has read back
// and from the tolerances and windows of its descriptor, and what it measured.
// Where the descriptor says nothing, nothing in particular is expected.
func (d *Desk) expected(code alarm.Code, measured int32) (alarm.Expected, alarm.Value) {
	n, set := int64(measured), d.lastSettings()
	switch code {
	case alarm.RFUnpermitted:
		return alarm.AtMost(alarm.Power, 0), alarm.Value{Quantity: alarm.Power, N: n}
	case alarm.OverTemperature:
		return d.sensor("temperature", alarm.Temperature, false), alarm.Value{Quantity: alarm.Temperature, N: n}
	case alarm.DepthBeyond:
		e := alarm.Expected{}
		if tolerance, ok := d.pen.info.Descriptor.Tolerance(string(code)); ok && d.applied.has {
			e = alarm.AtMost(alarm.Depth, int64(d.applied.envelope.Max.Depth)+int64(tolerance))
		}
		return e, alarm.Value{Quantity: alarm.Depth, N: n}
	case alarm.EnergyOver:
		commanded := int64(protocol.Energy(set.Power, set.Duration))
		e := d.tolerated(code, alarm.Energy, commanded)
		e.Low, e.HasLow = 0, false // less is no reason to stop
		return e, alarm.Value{Quantity: alarm.Energy, N: n}
	case alarm.PowerDeviation:
		return d.tolerated(code, alarm.Power, int64(set.Power)), alarm.Value{Quantity: alarm.Power, N: n}
	case alarm.DepthDeviation:
		return d.tolerated(code, alarm.Depth, int64(set.Depth)), alarm.Value{Quantity: alarm.Depth, N: n}
	case alarm.SpeedDeviation:
		return d.tolerated(code, alarm.Speed, int64(set.Speed)), alarm.Value{Quantity: alarm.Speed, N: n}
	case alarm.ImpedanceWindow:
		return d.sensor("impedance", alarm.Impedance, true), alarm.Value{Quantity: alarm.Impedance, N: n}
	case alarm.OpenPin:
		return d.sensor("impedance", alarm.Impedance, false), alarm.Value{Quantity: alarm.Impedance, N: n}
	case alarm.TipNearEnd:
		e := alarm.Expected{}
		if limit := int64(d.pen.tip.UseLimit); limit > 0 {
			e = alarm.AtMost(alarm.Uses, limit)
		}
		return e, alarm.Value{Quantity: alarm.Uses, N: n}
	case alarm.BatteryLow:
		return alarm.Expected{}, alarm.Value{Quantity: alarm.Charge, N: n}
	}
	return alarm.Expected{}, alarm.Value{} // what a stalled motor measures has no one unit
}

// tolerated is a commanded value with the tolerance that the pen's descriptor
// has for an alarm. Nothing is expected where nothing was commanded.
func (d *Desk) tolerated(code alarm.Code, q alarm.Quantity, set int64) alarm.Expected {
	spec, ok := d.alarmSpec(code)
	if !ok || set == 0 {
		return alarm.Expected{}
	}
	by := int64(spec.Tolerance)
	if spec.AbsoluteUnit == "" {
		by = set * by / perMille
	}
	return alarm.About(q, set, set-by, set+by)
}

// lastSettings are what the pen read back, also after something has taken away
// that it is confirmed: an alarm is about what was done with it.
func (d *Desk) lastSettings() clinical.Settings {
	if !d.applied.has && d.run != nil && len(d.run.record.Applied) > 0 {
		return d.run.record.Applied[len(d.run.record.Applied)-1].Settings
	}
	return d.applied.settings
}

func (d *Desk) alarmSpec(code alarm.Code) (protocol.AlarmSpec, bool) {
	if desc := d.pen.info.Descriptor; desc != nil {
		for _, a := range desc.Alarms {
			if a.Name == string(code) {
				return a, true
			}
		}
	}
	return protocol.AlarmSpec{}, false
}

// sensor is the window of a sensor of the pen, or its upper end alone.
func (d *Desk) sensor(name string, q alarm.Quantity, both bool) alarm.Expected {
	if desc := d.pen.info.Descriptor; desc != nil {
		if w, ok := desc.Sensor(name); ok {
			if both {
				return alarm.Within(q, int64(w.Min), int64(w.Max))
			}
			return alarm.AtMost(q, int64(w.Max))
		}
	}
	return alarm.Expected{}
}
