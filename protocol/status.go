package protocol

// State is the pen's state.
type State uint8

// The states of a pen; SPEC.md section 5.
const (
	StateStandby  State = 1
	StateReady    State = 2 // armed
	StateTreating State = 3 // armed and the trigger held
	StateFault    State = 4 // latched
	StateStopped  State = 5 // ESTOP, latched
	StateService  State = 6
	StateUpdate   State = 7
)

// String is the word that people see.
func (s State) String() string {
	switch s {
	case StateStandby:
		return "STANDBY"
	case StateReady:
		return "READY"
	case StateTreating:
		return "TREATING"
	case StateFault:
		return "FAULT"
	case StateStopped:
		return "ESTOP"
	case StateService:
		return "SERVICE"
	case StateUpdate:
		return "UPDATE"
	}
	return "UNKNOWN"
}

// Armed says whether the state can lead to an output at the next trigger.
func (s State) Armed() bool { return s == StateReady || s == StateTreating }

// ArmBlocks is a set of reasons why the pen can't be armed, by severity from
// bit 0 down.
type ArmBlocks uint16

// The arm blocks that a pen knows.
const (
	BlockStop ArmBlocks = 1 << iota // ESTOP is latched
	BlockFault
	BlockSelfTest
	BlockTipMissing
	BlockTipExpired
	BlockTipUsed
	BlockCalExpired
	BlockSettingsUnconfirmed
	BlockLimitMismatch // envelope made for another tip; in a RESULT also: another settings hash
	BlockVersion
	BlockTemperature
	BlockBattery
	BlockTriggerHeld
	BlockServiceMode
	// BlockCount is the number of arm blocks.
	BlockCount = iota
)

// Names of the blocks in bit order, as the specification and the descriptor
// spell them.
func armBlockName(bit int) string {
	return [BlockCount]string{"ESTOP", "FAULT", "SELF_TEST", "TIP_MISSING", "TIP_EXPIRED", "TIP_USED", "CAL_EXPIRED",
		"SETTINGS_UNCONFIRMED", "LIMIT_MISMATCH", "VERSION", "TEMPERATURE", "BATTERY", "TRIGGER_HELD", "SERVICE_MODE"}[bit]
}

// Names lists the set blocks in order of severity.
func (b ArmBlocks) Names() []string {
	var names []string
	for i := range BlockCount {
		if b&(1<<i) != 0 {
			names = append(names, armBlockName(i))
		}
	}
	return names
}

// Fault is why a pen latched FAULT.
type Fault uint8

// The faults of version 1.
const (
	FaultNone            Fault = 0
	FaultRFUnpermitted   Fault = 1 // RF measured while not permitted
	FaultOverTemperature Fault = 2
	FaultDepth           Fault = 3 // needle deeper than its bound + 0.15 mm
	FaultEnergy          Fault = 4 // measured energy over 120 % of commanded
	FaultMotorStall      Fault = 5
	FaultImpedance       Fault = 6 // out of the descriptor's window
	FaultOpenPin         Fault = 7
	FaultSensor          Fault = 8 // a sensor is frozen or missing
	FaultSelfTest        Fault = 9
	FaultSupply          Fault = 10
	FaultMemory          Fault = 11
)

// String is the specification's name of the fault.
func (f Fault) String() string {
	names := [...]string{"NONE", "RF_UNPERMITTED", "OVER_TEMPERATURE", "DEPTH", "ENERGY", "MOTOR_STALL",
		"IMPEDANCE", "OPEN_PIN", "SENSOR", "SELF_TEST", "SUPPLY", "MEMORY"}
	if int(f) < len(names) {
		return names[f]
	}
	return "UNKNOWN"
}

// StatusFlags are the yes-or-no facts of STATUS.
type StatusFlags uint16

// The status flags.
const (
	FlagTrigger     StatusFlags = 1 << iota // trigger or footswitch held
	FlagContact                             // tip in contact with skin
	FlagAtDepth                             // needle at its set depth
	FlagRFOn                                // RF measured above zero now
	FlagLease                               // a lease has come, its RF limit is not reached
	FlagSettings                            // settings are confirmed in this session
	FlagNeedleBack                          // needle retracted
	FlagSelfTestOK                          // the self-test since boot has passed
	FlagSpotBlocked                         // the spot has had its pulses; lift off first
)

// Permits says whether the next pull of the trigger lets something out, or it
// does already: READY, TREATING, and in SERVICE an output under an arm id.
func (m *Status) Permits() bool {
	return m.State.Armed() || m.State == StateService && m.ArmID != 0
}

// Swing is a measured value with its extremes since the last STATUS, in the
// unit of the quantity; 65535 also stands for everything above.
type Swing struct{ Now, Min, Max uint16 }

// Status is what the pen measures and is. Its first 16 bytes are the same in
// every major. A measured value beyond its field's range is sent as the
// nearest that fits.
type Status struct {
	State        State
	Fault        Fault
	Flags        StatusFlags
	Clock        PenClock
	ArmID        uint32 // 0: no output is possible
	ArmBlocks    ArmBlocks
	LeaseLeft    uint16  // ms to the RF limit; 0 without FlagLease
	SettingsHash [8]byte // of what is confirmed; zero: nothing
	NewestPulse  uint32  // index of the newest closed one; 0: none yet
	NewestLog    uint32  // index of the newest event; 0: none yet
	TipID        uint32  // 0: no tip
	// Commanded now: what the pen is told to do, 0 while it drives nothing.
	SetDepth    uint16 // µm
	SetSpeed    uint16 // strokes/min
	SetPower    uint16 // mW
	SetDuration uint16 // ms
	// Measured.
	Depth     Swing  // µm
	Speed     Swing  // strokes/min
	Power     uint16 // mW
	PowerMax  uint16 // mW, highest since the last STATUS
	Impedance uint16 // Ω, of the newest pulse or contact; 0: open
	Temp      int16  // 0.01 °C at the tip
	TempMax   int16  // 0.01 °C, highest since the last STATUS
	Battery   uint8  // %, 0..100
}

// Sizes of a STATUS payload in bytes.
const (
	// StatusSize is the length in this major.
	StatusSize = 72
	// StatusHeadSize is the part that is frozen across majors.
	StatusHeadSize = 16
)

// Type is TypeStatus.
func (*Status) Type() Type { return TypeStatus }

// AppendPayload appends StatusSize bytes.
func (m *Status) AppendPayload(dst []byte) []byte {
	n := len(dst)
	dst = append(dst, make([]byte, StatusSize)...)
	b := dst[n : n+StatusSize : n+StatusSize]
	b[0], b[1] = byte(m.State), byte(m.Fault)
	le.PutUint16(b[2:], uint16(m.Flags))
	le.PutUint64(b[4:], uint64(m.Clock))
	le.PutUint32(b[12:], m.ArmID)
	le.PutUint16(b[16:], uint16(m.ArmBlocks))
	le.PutUint16(b[18:], m.LeaseLeft)
	copy(b[20:28], m.SettingsHash[:])
	le.PutUint32(b[28:], m.NewestPulse)
	le.PutUint32(b[32:], m.NewestLog)
	le.PutUint32(b[36:], m.TipID)
	le.PutUint16(b[40:], m.SetDepth)
	le.PutUint16(b[42:], m.SetSpeed)
	le.PutUint16(b[44:], m.SetPower)
	le.PutUint16(b[46:], m.SetDuration)
	le.PutUint16(b[48:], m.Depth.Now)
	le.PutUint16(b[50:], m.Depth.Min)
	le.PutUint16(b[52:], m.Depth.Max)
	le.PutUint16(b[54:], m.Speed.Now)
	le.PutUint16(b[56:], m.Speed.Min)
	le.PutUint16(b[58:], m.Speed.Max)
	le.PutUint16(b[60:], m.Power)
	le.PutUint16(b[62:], m.PowerMax)
	le.PutUint16(b[64:], m.Impedance)
	le.PutUint16(b[66:], uint16(m.Temp))
	le.PutUint16(b[68:], uint16(m.TempMax))
	b[70] = m.Battery
	return dst
}

// DecodeHead reads the first StatusHeadSize bytes of a STATUS, which are the
// same in every major, and leaves the other fields as they are. It is for a
// session that may only monitor.
func (m *Status) DecodeHead(b []byte) error {
	if len(b) < StatusHeadSize {
		return &PayloadError{Type: TypeStatus, Field: "payload", Why: "shorter than its head"}
	}
	m.State, m.Fault = State(b[0]), Fault(b[1])
	m.Flags = StatusFlags(le.Uint16(b[2:]))
	m.Clock = PenClock(le.Uint64(b[4:]))
	m.ArmID = le.Uint32(b[12:])
	return nil
}

// DecodePayload reads a status without allocating. A state or fault that is
// not known here is kept as it came; it is never an armed one.
func (m *Status) DecodePayload(b []byte) error {
	if len(b) < StatusSize {
		return &PayloadError{Type: TypeStatus, Field: "payload", Why: "shorter than 72 bytes"}
	}
	b = b[:StatusSize]
	m.State, m.Fault = State(b[0]), Fault(b[1])
	m.Flags = StatusFlags(le.Uint16(b[2:]))
	m.Clock = PenClock(le.Uint64(b[4:]))
	m.ArmID = le.Uint32(b[12:])
	m.ArmBlocks = ArmBlocks(le.Uint16(b[16:]))
	m.LeaseLeft = le.Uint16(b[18:])
	m.SettingsHash = [8]byte(b[20:28])
	m.NewestPulse = le.Uint32(b[28:])
	m.NewestLog = le.Uint32(b[32:])
	m.TipID = le.Uint32(b[36:])
	m.SetDepth = le.Uint16(b[40:])
	m.SetSpeed = le.Uint16(b[42:])
	m.SetPower = le.Uint16(b[44:])
	m.SetDuration = le.Uint16(b[46:])
	m.Depth = Swing{le.Uint16(b[48:]), le.Uint16(b[50:]), le.Uint16(b[52:])}
	m.Speed = Swing{le.Uint16(b[54:]), le.Uint16(b[56:]), le.Uint16(b[58:])}
	m.Power = le.Uint16(b[60:])
	m.PowerMax = le.Uint16(b[62:])
	m.Impedance = le.Uint16(b[64:])
	m.Temp = int16(le.Uint16(b[66:]))
	m.TempMax = int16(le.Uint16(b[68:]))
	m.Battery = b[70]
	return nil
}

// SetRate asks for a rate of STATUS. The pen grants what it can.
type SetRate struct{ PerSecond uint16 } // StatusRate..MaxStatusRate

// Type is TypeSetRate.
func (*SetRate) Type() Type { return TypeSetRate }

// AppendPayload appends 2 bytes.
func (m *SetRate) AppendPayload(dst []byte) []byte { return le.AppendUint16(dst, m.PerSecond) }

// DecodePayload reads the rate.
func (m *SetRate) DecodePayload(p []byte) error {
	w := wire{typ: TypeSetRate, b: p}
	m.PerSecond = w.u16("per_second")
	return w.err
}

// Rate is the rate of STATUS from now on.
type Rate struct{ PerSecond uint16 }

// Type is TypeRate.
func (*Rate) Type() Type { return TypeRate }

// AppendPayload appends 2 bytes.
func (m *Rate) AppendPayload(dst []byte) []byte { return le.AppendUint16(dst, m.PerSecond) }

// DecodePayload reads the rate.
func (m *Rate) DecodePayload(p []byte) error {
	w := wire{typ: TypeRate, b: p}
	m.PerSecond = w.u16("per_second")
	return w.err
}
