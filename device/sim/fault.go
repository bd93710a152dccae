package sim

import "fmt"

// The fault switches. Each is a thing that breaks in the pen, not a message;
// Faults says what each does.
const (
	SwitchMotorStall     = "motor_stall"
	SwitchOpenPin        = "open_pin"
	SwitchImpedanceSpike = "impedance_spike"
	SwitchAmplifierHigh  = "rf_amplifier"
	SwitchAmplifierLow   = "rf_amplifier_low"
	SwitchRFLeak         = "rf_leak"
	SwitchDepthOverrun   = "depth_overrun"
	SwitchBatteryLow     = "battery_low"
	SwitchTipRemoved     = "tip_removed"
	SwitchReboot         = "reboot"
	SwitchBrownOut       = "brown_out"
	SwitchTornWrite      = "torn_write"

	SwitchStuckTrigger      = "stuck_trigger"
	SwitchOverTemperature   = "over_temperature"
	SwitchWarmTip           = "warm_tip"
	SwitchDepthFrozen       = "depth_frozen"
	SwitchPowerFrozen       = "power_frozen"
	SwitchImpedanceFrozen   = "impedance_frozen"
	SwitchTemperatureFrozen = "temperature_frozen"
	SwitchClockJump         = "clock_jump"
	SwitchClockBack         = "clock_back"

	SwitchWrongEcho         = "wrong_echo"
	SwitchWrongHash         = "wrong_hash"
	SwitchLostAck           = "lost_ack"
	SwitchDescriptorMinMax  = "descriptor_min_max"
	SwitchDescriptorStep    = "descriptor_step"
	SwitchDescriptorLong    = "descriptor_long"
	SwitchDescriptorControl = "descriptor_control"
	SwitchDescriptorTwice   = "descriptor_twice"
)

// FaultPlace is where in the pen a fault takes effect.
type FaultPlace string

const (
	// InPlant: what the pen does is not what its firmware told it to do.
	InPlant FaultPlace = "plant"
	// InSensor: what the firmware reads is not so.
	InSensor FaultPlace = "sensor"
	// InLink: what the console is told is not so.
	InLink FaultPlace = "link"
)

// FaultSwitch is one fault of the pen.
type FaultSwitch struct {
	Name  string     `json:"name"`
	Place FaultPlace `json:"place"`
	// Once is a fault that happens at each on and is over then; off does nothing.
	Once bool   `json:"once"`
	Does string `json:"does"` // one line

	bit faultSet
}

// faultSet is fault switches, one a bit.
type faultSet uint64

const (
	faultMotorStall faultSet = 1 << iota
	faultOpenPin
	faultImpedanceSpike
	faultAmplifierHigh
	faultAmplifierLow
	faultRFLeak
	faultDepthOverrun
	faultBatteryLow
	faultTipRemoved
	faultReboot
	faultBrownOut
	faultTornWrite

	faultStuckTrigger
	faultOverTemperature
	faultDepthFrozen
	faultPowerFrozen
	faultImpedanceFrozen
	faultTemperatureFrozen
	faultClockJump
	faultClockBack
	faultWarmTip

	faultWrongEcho
	faultWrongHash
	faultLostAck
	faultDescriptorMinMax
	faultDescriptorStep
	faultDescriptorLong
	faultDescriptorControl
	faultDescriptorTwice
)

// Faults lists the fault switches in a fixed order: those of the plant, of the
// sensors, of the link.
func Faults() []FaultSwitch {
	return []FaultSwitch{
		{SwitchMotorStall, InPlant, false, "the needle drive does not turn", faultMotorStall},
		{SwitchOpenPin, InPlant, false, "one pin carries no current", faultOpenPin},
		{SwitchImpedanceSpike, InPlant, false, "the tissue's impedance is six times itself", faultImpedanceSpike},
		{SwitchAmplifierHigh, InPlant, false, "the RF amplifier gives 30 % too much", faultAmplifierHigh},
		{SwitchAmplifierLow, InPlant, false, "the RF amplifier gives 30 % too little", faultAmplifierLow},
		{SwitchRFLeak, InPlant, false, "the RF amplifier gives 2 W that nobody commanded", faultRFLeak},
		{SwitchDepthOverrun, InPlant, false, "the needle goes 0.3 mm too deep", faultDepthOverrun},
		{SwitchBatteryLow, InPlant, false, "the battery is at 4 %", faultBatteryLow},
		{SwitchTipRemoved, InPlant, false, "the tip has come off; off puts it back", faultTipRemoved},
		{SwitchReboot, InPlant, true, "the supply drops for 300 ms, then the pen boots", faultReboot},
		{SwitchBrownOut, InPlant, false, "the supply is gone; off brings it back, and the pen boots", faultBrownOut},
		{SwitchTornWrite, InPlant, false, "the supply drops for 300 ms in the middle of the next write to memory", faultTornWrite},

		{SwitchStuckTrigger, InSensor, false, "the trigger reads as held", faultStuckTrigger},
		{SwitchOverTemperature, InSensor, false, "the tip reads 60 °C too hot", faultOverTemperature},
		{SwitchWarmTip, InSensor, false, "the tip reads 25 °C too hot: too warm to be armed, and no fault yet", faultWarmTip},
		{SwitchDepthFrozen, InSensor, false, "the depth sensor keeps its newest reading", faultDepthFrozen},
		{SwitchPowerFrozen, InSensor, false, "the RF power sensor keeps its newest reading", faultPowerFrozen},
		{SwitchImpedanceFrozen, InSensor, false, "the impedance sensor keeps its newest reading", faultImpedanceFrozen},
		{SwitchTemperatureFrozen, InSensor, false, "the tip's temperature sensor keeps its newest reading", faultTemperatureFrozen},
		{SwitchClockJump, InSensor, true, "the pen clock jumps 10 s ahead", faultClockJump},
		{SwitchClockBack, InSensor, true, "the pen clock starts at 0 again without a boot", faultClockBack},

		{SwitchWrongEcho, InLink, false, "SETTINGS and ENVELOPE come back with a depth that is one step off", faultWrongEcho},
		{SwitchWrongHash, InLink, false, "SETTINGS and STATUS carry a settings hash that is one bit off", faultWrongHash},
		{SwitchLostAck, InLink, false, "the next reply of the command lane is not sent, one for each on; what it answers is done", faultLostAck},
		{SwitchDescriptorMinMax, InLink, false, "the descriptor has a minimum above its maximum", faultDescriptorMinMax},
		{SwitchDescriptorStep, InLink, false, "the descriptor has a step of 0", faultDescriptorStep},
		{SwitchDescriptorLong, InLink, false, "the descriptor is longer than the link allows", faultDescriptorLong},
		{SwitchDescriptorControl, InLink, false, "the descriptor has a control character in a name", faultDescriptorControl},
		{SwitchDescriptorTwice, InLink, false, "the descriptor has two parameters of one name", faultDescriptorTwice},
	}
}

// FaultNames lists the names of the fault switches in the order of Faults.
func FaultNames() []string {
	var names []string
	for _, s := range Faults() {
		names = append(names, s.Name)
	}
	return names
}

func faultByName(name string) (FaultSwitch, error) {
	for _, s := range Faults() {
		if s.Name == name {
			return s, nil
		}
	}
	return FaultSwitch{}, fmt.Errorf("%w: %q", ErrFaultName, name)
}

func (set faultSet) has(f faultSet) bool { return set&f != 0 }

// with is the set with f turned on or off.
func (set faultSet) with(f faultSet, on bool) faultSet {
	if on {
		return set | f
	}
	return set &^ f
}

func (set faultSet) names() []string {
	names := []string{}
	for _, s := range Faults() {
		if set.has(s.bit) {
			names = append(names, s.Name)
		}
	}
	return names
}

// breakDown turns a fault switch, in the part of the pen that it breaks.
func (fw *firmware) breakDown(s FaultSwitch, on bool) {
	switch s.Place {
	case InPlant:
		fw.breakPlant(s.bit, on)
	case InSensor:
		fw.breakSensor(s.bit, on)
	case InLink:
		fw.breakLink(s.bit, on)
	}
}

// breakPlant turns a fault of what the pen does. What ends with the supply is
// that of firmware and plant together.
func (fw *firmware) breakPlant(f faultSet, on bool) {
	switch f {
	case faultReboot:
		if on {
			fw.brownOut(inSteps(darkTime))
		}
		return
	case faultTornWrite:
		fw.memory.tearAfter(on)
		return
	}
	fw.plant.faults = fw.plant.faults.with(f, on)
	switch f {
	case faultTipRemoved:
		fw.seatTip()
	case faultBrownOut:
		if on {
			fw.brownOut(1)
		}
	}
}

// breakSensor turns a fault of what the firmware reads.
func (fw *firmware) breakSensor(f faultSet, on bool) {
	switch f {
	case faultClockJump:
		if on {
			fw.clockShift += clockJump.Microseconds()
		}
	case faultClockBack:
		if on {
			fw.clockShift = -fw.ticks()
		}
	default:
		fw.sensors.faults = fw.sensors.faults.with(f, on)
	}
}

// faultsOn is every fault that is on now.
func (fw *firmware) faultsOn() faultSet {
	set := fw.plant.faults | fw.sensors.faults | fw.link.faults
	set = set.with(faultTornWrite, fw.memory.tearIn > 0)
	return set.with(faultLostAck, fw.link.lostReplies > 0)
}
