package sim

import (
	"fmt"

	"stipple/protocol"
)

// Model names a simulated pen, as on the command line.
type Model string

// The two simulated pens.
const (
	// N1 is a plain needling pen: depth 0 to 2.5 mm in steps of 0.05 mm, 3,000
	// to 9,000 strokes a minute in steps of 100, a tip of 12 needles.
	N1 Model = "needling"
	// R1 is an RF pen: depth 0.5 to 3.5 mm in steps of 0.1 mm, 30 to 120 stamps
	// a minute, 0 to 50 W, 10 to 1,000 ms, a tip of 25 insulated pins, 2 MHz.
	R1 Model = "rf"
)

// model is what one simulated pen is built as.
type model struct {
	name, serial string
	desc         protocol.Descriptor
	tip          TipSpec
}

// hardwareRevision is what a firmware package must be made for.
const hardwareRevision = 1

func modelOf(m Model) (model, error) {
	switch m {
	case N1:
		return needlingPen(), nil
	case R1:
		return rfPen(), nil
	}
	return model{}, fmt.Errorf("model %q: want %q or %q", string(m), N1, R1)
}

// DescriptorOf is what a simulated pen of that model says of itself; for who
// watches one from outside.
func DescriptorOf(m Model) (protocol.Descriptor, error) {
	made, err := modelOf(m)
	return made.desc, err
}

// TipFor returns a fresh tip of the kind that fits the model, without an id;
// ChangeTip gives it one.
func TipFor(m Model) TipSpec {
	if m == N1 {
		return TipSpec{Lot: "N12-0001", Pins: 12, NeedleLengthUM: 2500}
	}
	return TipSpec{Lot: "R25-0001", Pins: 25, Insulated: true, NeedleLengthUM: 3500, RatedPowerMW: 50_000, UseLimit: 800}
}

func needlingPen() model {
	d := common(protocol.KindNeedling)
	d.StopToRetracted = 200
	d.Parameters = []protocol.ParameterSpec{
		{Name: protocol.ParamDepth, Unit: "um", Min: 0, Max: 2500, Step: 50, Default: 250, Role: roleClinician},
		{Name: protocol.ParamSpeed, Unit: "spm", Min: 3000, Max: 9000, Step: 100, Default: 5000, Role: roleClinician},
	}
	d.Alarms = alarmSpecs(false)
	d.Calibrations = []string{protocol.QuantityDepth.String(), protocol.QuantitySpeed.String()}
	return model{name: "N1", serial: "0107", desc: d, tip: TipFor(N1)}
}

func rfPen() model {
	d := common(protocol.KindRF)
	d.RatedPowerMW = 50_000
	d.RFFrequencyKHz = 2000
	d.NeedleTravelMS = 120
	d.StopToRetracted = 150
	d.MaxPulsesSpot = 3
	d.MaxDosePinUJ = 120_000
	d.ContactSensor = true
	d.Parameters = []protocol.ParameterSpec{
		{Name: protocol.ParamDepth, Unit: "um", Min: 500, Max: 3500, Step: 100, Default: 500, Role: roleClinician},
		{Name: protocol.ParamSpeed, Unit: "spm", Min: 30, Max: 120, Step: 1, Default: 30, Role: roleClinician},
		{Name: protocol.ParamPower, Unit: "mw", Min: 0, Max: 50_000, Step: 1000, Default: 0, Role: roleClinician},
		{Name: protocol.ParamDuration, Unit: "ms", Min: 10, Max: 1000, Step: 10, Default: 10, Role: roleClinician},
	}
	// Coagulation starts near 55 °C and is wanted; beyond 85 °C at the tip it
	// is boiling and charring that is near.
	d.Sensors = []protocol.SensorSpec{
		{Name: sensorTemperature, Unit: "cdegc", Min: 500, Max: 8500},
		{Name: sensorImpedance, Unit: "ohm", Min: 50, Max: 800},
	}
	d.Alarms = alarmSpecs(true)
	// Stamps a minute come from the pen's clock: there is nothing to calibrate.
	d.Calibrations = []string{protocol.QuantityDepth.String(), protocol.QuantityPower.String(), protocol.QuantityImpedance.String()}
	return model{name: "R1", serial: "0042", desc: d, tip: TipFor(R1)}
}

const (
	roleClinician     = "clinician"
	sensorTemperature = "temperature"
	sensorImpedance   = "impedance"
)

func common(kind string) protocol.Descriptor {
	return protocol.Descriptor{
		Format:       1,
		Kind:         kind,
		StatusLayout: 1,
		Sensors:      []protocol.SensorSpec{{Name: sensorTemperature, Unit: "cdegc", Min: 500, Max: 6000}},
		Events:       eventSpecs(),
		Hardware:     hardwareRevision,
		LogKept:      keptRecords,

		FirmwareUpdate: true,
		SelfTests:      testsOf(kind).Names(),
		ArmBlocks:      (protocol.ArmBlocks(1)<<protocol.BlockCount - 1).Names(),
	}
}

// Alarm is one entry of the simulated pens' alarm table; it is the first
// argument of an ALARM event.
type Alarm uint16

// The alarms of both pens, RF ones on R1 only; priorities from safety.md
// section 7.
const (
	AlarmRFUnpermitted   Alarm = 1
	AlarmOverTemperature Alarm = 2
	AlarmDepthBeyond     Alarm = 3
	AlarmEnergyOver      Alarm = 4
	AlarmPower           Alarm = 5
	AlarmDepth           Alarm = 6
	AlarmSpeed           Alarm = 7
	AlarmImpedance       Alarm = 8
	AlarmOpenPin         Alarm = 9
	AlarmMotorStall      Alarm = 10
	AlarmTipNearEnd      Alarm = 11
	AlarmBatteryLow      Alarm = 12
)

func alarmSpecs(rf bool) []protocol.AlarmSpec {
	const high, medium, low = "high", "medium", "low"
	list := []protocol.AlarmSpec{
		{Code: uint16(AlarmOverTemperature), Name: protocol.AlarmOverTemperature, Priority: high},
		{Code: uint16(AlarmDepthBeyond), Name: protocol.AlarmDepthBeyond, Priority: high, Tolerance: int32(depthTolerance), AbsoluteUnit: "um"},
		{Code: uint16(AlarmDepth), Name: protocol.AlarmDepth, Priority: medium, Tolerance: int32(depthTolerance), AbsoluteUnit: "um"},
		{Code: uint16(AlarmSpeed), Name: protocol.AlarmSpeed, Priority: medium, Tolerance: speedTolerance},
		{Code: uint16(AlarmMotorStall), Name: protocol.AlarmMotorStall, Priority: medium},
		{Code: uint16(AlarmTipNearEnd), Name: protocol.AlarmTipNearEnd, Priority: low},
		{Code: uint16(AlarmBatteryLow), Name: protocol.AlarmBatteryLow, Priority: low},
	}
	if rf {
		list = append(list,
			protocol.AlarmSpec{Code: uint16(AlarmRFUnpermitted), Name: protocol.AlarmRFUnpermitted, Priority: high},
			protocol.AlarmSpec{Code: uint16(AlarmEnergyOver), Name: protocol.AlarmEnergyOver, Priority: high, Tolerance: energyTolerance},
			protocol.AlarmSpec{Code: uint16(AlarmPower), Name: protocol.AlarmPower, Priority: medium, Tolerance: powerTolerance},
			protocol.AlarmSpec{Code: uint16(AlarmImpedance), Name: protocol.AlarmImpedance, Priority: medium},
			protocol.AlarmSpec{Code: uint16(AlarmOpenPin), Name: protocol.AlarmOpenPin, Priority: medium},
		)
	}
	return list
}

func eventSpecs() []protocol.EventSpec {
	const info, warning, fail = protocol.LevelInfo, protocol.LevelWarning, protocol.LevelError
	return []protocol.EventSpec{
		{Code: protocol.EventBoot, Name: "boot", Level: info, Args: []string{"boot", "interrupted_pulses"}},
		{Code: protocol.EventStateChange, Name: "state_change", Level: info, Args: []string{"from", "to"}},
		{Code: protocol.EventLeaseExpired, Name: "lease_expired", Level: warning, Args: []string{"since_arrival_ms", "since_clock_ms"}},
		{Code: protocol.EventStopped, Name: "stopped", Level: warning},
		{Code: protocol.EventFault, Name: "fault", Level: fail, Args: []string{"fault"}},
		{Code: protocol.EventCleared, Name: "cleared", Level: info},
		{Code: protocol.EventTipChanged, Name: "tip_changed", Level: info, Args: []string{"tip_id"}},
		{Code: protocol.EventSettings, Name: "settings", Level: info, Args: []string{"generation"}},
		{Code: protocol.EventArmed, Name: "armed", Level: info},
		{Code: protocol.EventDisarmed, Name: "disarmed", Level: info},
		{Code: protocol.EventRefused, Name: "refused", Level: warning, Args: []string{"code", "field"}},
		{Code: protocol.EventPulseEnd, Name: "pulse_end", Level: info, Args: []string{"index", "result"}},
		{Code: protocol.EventTrigger, Name: "trigger", Level: info, Args: []string{"held"}},
		{Code: protocol.EventContact, Name: "contact", Level: info, Args: []string{"on"}},
		{Code: protocol.EventSession, Name: "session", Level: info, Args: []string{"opened"}},
		{Code: protocol.EventIdle, Name: "idle", Level: info},
		{Code: protocol.EventLogErased, Name: "log_erased", Level: info, Args: []string{"up_to"}},
		{Code: protocol.EventNote, Name: "note", Level: info, Args: []string{"first", "second"}},
		{Code: protocol.EventService, Name: "service", Level: info, Args: []string{"entered"}},
		{Code: protocol.EventSelfTest, Name: "self_test", Level: info, Args: []string{"done", "passed"}},
		{Code: protocol.EventTestOutput, Name: "test_output", Level: info, Args: []string{"quantity", "result"}},
		{Code: protocol.EventCalibration, Name: "calibration", Level: info, Args: []string{"quantity", "cal_rev"}},
		{Code: protocol.EventCounterReset, Name: "counter_reset", Level: info, Args: []string{"pulses"}},
		{Code: protocol.EventUTC, Name: "utc", Level: info, Args: []string{"moved_s"}},
		{Code: protocol.EventFirmware, Name: "firmware", Level: info, Args: []string{"phase", "code"}},
		{Code: protocol.EventTipBound, Name: "tip_bound", Level: info, Args: []string{"tip_id"}},
		{Code: protocol.EventAlarm, Name: "alarm", Level: warning, Args: []string{"alarm", "measured"}},
	}
}
