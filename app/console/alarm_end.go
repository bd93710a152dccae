package console

import (
	"strconv"
	"time"

	"stipple/app/alarm"
	"stipple/protocol"
)

// endedBy is a set of the things that end a condition.
type endedBy uint8

const (
	endsByPulse   endedBy = 1 << iota // a whole pulse that is as it should be
	endsByStandby                     // the pen is in STANDBY: nothing is put out that could differ
	endsByReady                       // the pen lets itself be armed again
	endsByClear                       // the pen leaves FAULT or ESTOP
	endsByTip                         // another tip, or none
	endsByRun                         // the treatment is closed
)

// penEndings says what ends each condition of the pen. The loss of the pen ends
// all of them: nobody can tell any more, and the loss is an alarm itself. A low
// battery ends with the charge, an expired calibration with the block or READY.
func penEndings() map[alarm.Code]endedBy {
	const (
		deviation = endsByPulse | endsByStandby | endsByReady | endsByClear | endsByTip | endsByRun
		circuit   = endsByPulse | endsByReady | endsByClear | endsByTip | endsByRun
		fault     = endsByReady | endsByClear
	)
	return map[alarm.Code]endedBy{
		alarm.RFUnpermitted:   fault,
		alarm.OverTemperature: fault,
		alarm.DepthBeyond:     fault,
		alarm.EnergyOver:      fault,
		alarm.PenFault:        fault,
		alarm.PenAlarm:        endsByClear,
		alarm.PenEvent:        endsByReady | endsByClear,
		alarm.PowerDeviation:  deviation,
		alarm.DepthDeviation:  deviation,
		alarm.SpeedDeviation:  deviation,
		alarm.ImpedanceWindow: circuit,
		alarm.OpenPin:         circuit,
		alarm.MotorStall:      circuit,
		alarm.TipNearEnd:      endsByTip,
	}
}

// endPen ends the pen's conditions that what has happened ends.
func (d *Desk) endPen(what endedBy) {
	ends := penEndings()
	d.overWhere(func(o alarm.Occurrence) bool { return ends[o.Code]&what != 0 })
}

// endPenAll ends all of the pen's conditions: there is no pen.
func (d *Desk) endPenAll() {
	d.overWhere(func(o alarm.Occurrence) bool { return o.Source == alarm.FromPen })
}

// pulseEnds ends what a whole pulse disproves, by the pulse's own settings.
func (d *Desk) pulseEnds(p *protocol.Pulse) {
	if p.Result != protocol.PulseComplete && p.Result != protocol.PulseReleased && p.Result != protocol.PulseDose {
		return
	}
	for _, c := range []struct {
		code     alarm.Code
		expected alarm.Expected
		measured []uint16
	}{
		{alarm.PowerDeviation, d.tolerated(alarm.PowerDeviation, alarm.Power, int64(p.SetPower)), []uint16{p.Power}},
		{alarm.DepthDeviation, d.tolerated(alarm.DepthDeviation, alarm.Depth, int64(p.SetDepth)), []uint16{p.Depth}},
		{alarm.SpeedDeviation, d.tolerated(alarm.SpeedDeviation, alarm.Speed, int64(p.SetSpeed)), []uint16{p.Speed}},
		{alarm.ImpedanceWindow, d.sensor("impedance", alarm.Impedance, true), []uint16{p.ImpedanceMin, p.ImpedanceMax}},
		{alarm.OpenPin, d.sensor("impedance", alarm.Impedance, true), []uint16{p.ImpedanceMin, p.ImpedanceMax}},
		{alarm.MotorStall, d.tolerated(alarm.DepthDeviation, alarm.Depth, int64(p.SetDepth)), []uint16{p.Depth}},
	} {
		good := c.expected.Known()
		for _, n := range c.measured {
			good = good && c.expected.Holds(alarm.Value{Quantity: c.expected.Quantity, N: int64(n)})
		}
		if good {
			d.over(c.code, "")
		}
	}
}

// watchPen raises and ends what STATUS itself says, each time that it is looked
// at: a fault that was latched before the console came, a battery that was
// charged, a calibration that ran out while it is in use.
func (d *Desk) watchPen(now time.Time) {
	s := d.session.Load()
	if s == nil || !s.Live().Valid {
		return
	}
	st := s.Live().Status
	if st.State == protocol.StateFault && st.Fault != protocol.FaultNone {
		d.penFault(st.Fault)
	}
	if o, ok := d.alarms.Get(alarm.Key{Code: alarm.BatteryLow}); ok && int64(st.Battery) >= o.Measured.N+chargeAbove {
		d.over(alarm.BatteryLow, "")
	}
	d.tell(found(alarm.CalibrationExpired, nil), st.State.Armed() && st.ArmBlocks&protocol.BlockCalExpired != 0)
}

// eventName is the pen's own name for an event code.
func eventName(desc *protocol.Descriptor, code uint16) string {
	if desc != nil {
		for _, s := range desc.Events {
			if s.Code == code {
				return s.Name
			}
		}
	}
	return "event " + strconv.Itoa(int(code))
}
