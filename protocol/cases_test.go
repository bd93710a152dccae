package protocol

import "math"

// The tables below are the one source of the golden vectors, the round-trip
// tests and the fuzz seeds.

// sample is one message that is right, in the words of a vector's file.
type sample struct {
	slug  string
	about string
	msg   Message
}

// broken is one payload that its type refuses, with the field that is named.
type broken struct {
	slug    string
	about   string
	payload []byte
	field   string
}

// typeCases are the cases of one message type. last is the field that is
// missing when the last byte of the first sample is cut off; empty for a
// message without payload.
type typeCases struct {
	typ    Type
	last   string
	good   []sample
	broken []broken
}

const (
	sampleBoot    = 7
	sampleSession = 0x5EED1234
	sampleArmID   = 0xA1B2C3D4
	sampleCommand = 0x0102030405060708&^0xFFFFFFFF | sampleArmID
)

func sampleHash() [8]byte { return sampleConfirmation().Hash() }

func sampleTreatment() [16]byte {
	return [16]byte{0x01, 0x94, 0x22, 0x7E, 0x00, 0x11, 0x70, 0x00, 0x8A, 0, 0, 0, 0, 0, 0x02, 0xFF}
}

func sampleEnvelope() Envelope {
	return Envelope{
		DosePerPin: 100_000, PulsesPerSpot: 2, Pins: 25,
		Ranges: []Range{{0, 500, 1500}, {1, 30, 60}, {2, 0, 25_000}, {3, 10, 300}},
	}
}

func sampleConfirmation() Confirmation {
	return Confirmation{
		Boot: sampleBoot, Generation: 3, Envelope: sampleEnvelope(),
		TipID: 0x00C0FFEE, Pins: 25, CalRev: 4, Values: []int32{1500, 60, 10_000, 100},
	}
}

// sampleStatus is a pen in the middle of a pulse.
func sampleStatus() *Status {
	return &Status{
		State: StateTreating, Flags: FlagTrigger | FlagContact | FlagAtDepth | FlagRFOn | FlagLease | FlagSettings | FlagSelfTestOK,
		Clock: 93_417_250, ArmID: sampleArmID, LeaseLeft: 213, SettingsHash: sampleHash(),
		NewestPulse: 142, NewestLog: 2210, TipID: 0x00C0FFEE,
		SetDepth: 1500, SetSpeed: 60, SetPower: 10_000, SetDuration: 100,
		Depth: Swing{1498, 1490, 1506}, Speed: Swing{60, 59, 61},
		Power: 9950, PowerMax: 10_120, Impedance: 246, Temp: 5630, TempMax: 5711, Battery: 87,
	}
}

// idleStatus is a pen without a tip: nearly all of it is zero.
func idleStatus() *Status {
	return &Status{
		State: StateStandby, Flags: FlagNeedleBack | FlagSelfTestOK, Clock: 1_250_000,
		ArmBlocks: BlockTipMissing | BlockSettingsUnconfirmed, Temp: -250, TempMax: -250, Battery: 100,
	}
}

// fullStatus has no zero byte but the reserved one, and every field at its highest.
func fullStatus() *Status {
	full := Swing{math.MaxUint16, math.MaxUint16, math.MaxUint16}
	return &Status{
		State: 255, Fault: 255, Flags: math.MaxUint16, Clock: math.MaxUint64, ArmID: math.MaxUint32, ArmBlocks: math.MaxUint16,
		LeaseLeft: math.MaxUint16, SettingsHash: [8]byte{255, 255, 255, 255, 255, 255, 255, 255},
		NewestPulse: math.MaxUint32, NewestLog: math.MaxUint32, TipID: math.MaxUint32,
		SetDepth: math.MaxUint16, SetSpeed: math.MaxUint16, SetPower: math.MaxUint16, SetDuration: math.MaxUint16,
		Depth: full, Speed: full, Power: math.MaxUint16, PowerMax: math.MaxUint16, Impedance: math.MaxUint16,
		Temp: -1, TempMax: -1, Battery: 100,
	}
}

// rfPulse is one RF pulse that ran its full time.
func rfPulse(index uint32) Pulse {
	return Pulse{
		Index: index, Boot: sampleBoot, ArmID: sampleArmID, TreatmentID: sampleTreatment(), SettingsHash: sampleHash(),
		TipID: 0x00C0FFEE, Opened: 93_320_000, Result: PulseComplete,
		SetDepth: 1500, Depth: 1506, SetSpeed: 60, Speed: 60, SetPower: 10_000, Power: 9930, SetDuration: 100, Duration: 100,
		Energy: 993_000, Strokes: 1, ImpedanceMin: 231, Impedance: 248, ImpedanceMax: 305, PeakTemp: 5711,
	}
}

// needlePull is one trigger pull of a needling pen, cut short by a reset.
func needlePull() Pulse {
	return Pulse{
		Index: 1, Boot: 1, ArmID: 1, Opened: 10_000_000, Result: PulseInterrupted,
		SetDepth: 250, Depth: 250, SetSpeed: 5000, Speed: 4980, Duration: 2400, Strokes: 199, PeakTemp: -40,
	}
}

func allTypeCases() []typeCases {
	var all []typeCases
	all = append(all, stopCases()...)
	all = append(all, commandCases()...)
	all = append(all, settingsCases()...)
	all = append(all, armCases()...)
	all = append(all, serviceCases()...)
	all = append(all, calibrationCases()...)
	all = append(all, logCases()...)
	all = append(all, firmwareCases()...)
	all = append(all, bulkCases()...)
	return append(all, liveCases()...)
}
