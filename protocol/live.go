package protocol

// PulseResult is how a pulse, or a trigger pull of a needling pen, ended.
type PulseResult uint8

// The results of a pulse.
const (
	PulseOpen        PulseResult = 0 // record opened, energy not closed yet
	PulseComplete    PulseResult = 1 // ran its full duration, or the pull ended by itself
	PulseReleased    PulseResult = 2 // trigger released
	PulseDose        PulseResult = 3 // ended at the envelope's dose
	PulseContactLost PulseResult = 4
	PulseLease       PulseResult = 5 // lease ran out
	PulseStopped     PulseResult = 6 // ESTOP
	PulseFault       PulseResult = 7
	PulseDisarmed    PulseResult = 8
	PulseInterrupted PulseResult = 9  // found open after a reset
	PulseLoad        PulseResult = 10 // SERVICE output only: the impedance was not that of the declared load
)

// String is the word for a record.
func (r PulseResult) String() string {
	names := [...]string{"open", "complete", "released", "dose", "contact lost", "lease expired", "stopped", "fault", "disarmed", "interrupted", "load"}
	if int(r) < len(names) {
		return names[r]
	}
	return "unknown"
}

// Pulse is one entry of the pen's ledger: one RF pulse, or one trigger pull of
// a needling pen. The record is opened before energy and closed after it. A
// measured value beyond its field's range is sent as the nearest that fits.
type Pulse struct {
	Index        uint32 // lifetime counter in non-volatile memory, from 1
	Boot         uint32 // boot id that Opened belongs to
	ArmID        uint32
	TreatmentID  [16]byte // of the ARM
	SettingsHash [8]byte  // of the ARM
	TipID        uint32
	Opened       PenClock // before any energy
	Result       PulseResult
	SetDepth     uint16 // µm
	Depth        uint16 // µm, deepest
	SetSpeed     uint16 // strokes/min
	Speed        uint16 // strokes/min, mean
	SetPower     uint16 // mW
	Power        uint16 // mW, mean
	SetDuration  uint16 // ms; 0 on a needling pen
	Duration     uint32 // ms
	Energy       uint32 // µJ over the tip
	Strokes      uint32 // within the pull; 1 for an RF pulse
	ImpedanceMin uint16 // Ω
	Impedance    uint16 // Ω, mean
	ImpedanceMax uint16 // Ω
	PeakTemp     int16  // 0.01 °C
}

// PulseSize is the length of a PULSE payload in bytes.
const PulseSize = 83

// Type is TypePulse.
func (*Pulse) Type() Type { return TypePulse }

// AppendPayload appends PulseSize bytes.
func (m *Pulse) AppendPayload(dst []byte) []byte {
	dst = le.AppendUint32(dst, m.Index)
	dst = le.AppendUint32(dst, m.Boot)
	dst = le.AppendUint32(dst, m.ArmID)
	dst = append(dst, m.TreatmentID[:]...)
	dst = append(dst, m.SettingsHash[:]...)
	dst = le.AppendUint32(dst, m.TipID)
	dst = le.AppendUint64(dst, uint64(m.Opened))
	dst = append(dst, byte(m.Result))
	for _, v := range [...]uint16{m.SetDepth, m.Depth, m.SetSpeed, m.Speed, m.SetPower, m.Power, m.SetDuration} {
		dst = le.AppendUint16(dst, v)
	}
	dst = le.AppendUint32(dst, m.Duration)
	dst = le.AppendUint32(dst, m.Energy)
	dst = le.AppendUint32(dst, m.Strokes)
	for _, v := range [...]uint16{m.ImpedanceMin, m.Impedance, m.ImpedanceMax, uint16(m.PeakTemp)} {
		dst = le.AppendUint16(dst, v)
	}
	return dst
}

// DecodePayload refuses index 0.
func (m *Pulse) DecodePayload(p []byte) error {
	w := wire{typ: TypePulse, b: p}
	m.read(&w)
	return w.err
}

func (m *Pulse) read(w *wire) {
	m.Index = w.u32("index")
	m.Boot = w.u32("boot")
	m.ArmID = w.u32("arm_id")
	w.copy(m.TreatmentID[:], "treatment_id")
	w.copy(m.SettingsHash[:], "settings_hash")
	m.TipID = w.u32("tip_id")
	m.Opened = PenClock(w.u64("opened"))
	m.Result = PulseResult(w.u8("result"))
	m.SetDepth, m.Depth = w.u16("set_depth"), w.u16("depth")
	m.SetSpeed, m.Speed = w.u16("set_speed"), w.u16("speed")
	m.SetPower, m.Power = w.u16("set_power"), w.u16("power")
	m.SetDuration = w.u16("set_duration")
	m.Duration = w.u32("duration")
	m.Energy = w.u32("energy")
	m.Strokes = w.u32("strokes")
	m.ImpedanceMin, m.Impedance, m.ImpedanceMax = w.u16("impedance_min"), w.u16("impedance"), w.u16("impedance_max")
	m.PeakTemp = int16(w.u16("peak_temp"))
	if w.err == nil && m.Index == 0 {
		w.fail("index", "is 0")
	}
}

// PulseRead asks for pulses of the ledger from index From on.
type PulseRead struct {
	From uint32
	Max  uint8 // pulses, at most; 0 asks only what the ledger holds
}

// Type is TypePulseRead.
func (*PulseRead) Type() Type { return TypePulseRead }

// AppendPayload appends 5 bytes.
func (m *PulseRead) AppendPayload(dst []byte) []byte {
	return append(le.AppendUint32(dst, m.From), m.Max)
}

// DecodePayload reads the fields.
func (m *PulseRead) DecodePayload(p []byte) error {
	w := wire{typ: TypePulseRead, b: p}
	m.From, m.Max = w.u32("from"), w.u8("max")
	return w.err
}

// PulsePage answers PULSE_READ. A page whose first pulse is newer than From
// shows that the ledger has wrapped past it.
type PulsePage struct {
	Oldest, Newest uint32  // closed ones that the ledger holds; 0, 0: none
	Pulses         []Pulse // in order, at most MaxPulsesPerPage
}

// MaxPulsesPerPage is how many pulses fit into one page.
const MaxPulsesPerPage = (MaxPayload - 9) / PulseSize

// Type is TypePulsePage.
func (*PulsePage) Type() Type { return TypePulsePage }

// AppendPayload appends 9 bytes and PulseSize for each pulse.
func (m *PulsePage) AppendPayload(dst []byte) []byte {
	pulses := m.Pulses[:min(len(m.Pulses), MaxPulsesPerPage)]
	dst = le.AppendUint32(dst, m.Oldest)
	dst = le.AppendUint32(dst, m.Newest)
	dst = append(dst, byte(len(pulses)))
	for i := range pulses {
		dst = pulses[i].AppendPayload(dst)
	}
	return dst
}

// DecodePayload refuses pulses that are not in ascending order.
func (m *PulsePage) DecodePayload(p []byte) error {
	w := wire{typ: TypePulsePage, b: p}
	m.Oldest, m.Newest = w.u32("oldest"), w.u32("newest")
	n := int(w.u8("count"))
	if w.err == nil && n > MaxPulsesPerPage {
		w.fail("count", "more than a page holds")
	}
	m.Pulses = nil
	last := uint32(0)
	for i := 0; i < n && w.err == nil; i++ {
		var pulse Pulse
		pulse.read(&w)
		if w.err == nil && pulse.Index <= last {
			w.fail("index", "not ascending")
		}
		last = pulse.Index
		m.Pulses = append(m.Pulses, pulse)
	}
	return w.err
}

// Level is how grave an event is.
type Level uint8

// The levels of an event.
const (
	LevelInfo    Level = 0
	LevelWarning Level = 1
	LevelError   Level = 2
)

// Event is something that the pen logs and tells at once. The descriptor's
// dictionary names the codes and their arguments.
type Event struct {
	Index uint32 // lifetime counter, from 1; may skip at a reset
	Clock PenClock
	Code  uint16
	Level Level
	Args  [2]int32 // 0 where the code has fewer
}

// The event codes that every pen has; a maker's own start at EventMaker.
const (
	EventBoot         uint16 = 1
	EventStateChange  uint16 = 2 // args: from, to
	EventLeaseExpired uint16 = 3 // args: ms since arrival, ms since echoed clock
	EventStopped      uint16 = 4 // ESTOP obeyed
	EventFault        uint16 = 5 // args: fault
	EventCleared      uint16 = 6
	EventTipChanged   uint16 = 7 // args: tip id
	EventSettings     uint16 = 8 // args: generation
	EventArmed        uint16 = 9
	EventDisarmed     uint16 = 10
	EventRefused      uint16 = 11 // args: code, field
	EventPulseEnd     uint16 = 12 // args: index, result
	EventTrigger      uint16 = 13 // args: 1 down, 0 up
	EventContact      uint16 = 14 // args: 1 on, 0 off
	EventSession      uint16 = 15 // args: 1 opened, 0 ended
	EventIdle         uint16 = 16 // READY without trigger for IdleStandby
	EventAlarm        uint16 = 17 // args: alarm code of the descriptor, measured value
	EventLogErased    uint16 = 18 // args: newest index that is gone
	EventNote         uint16 = 19 // args: the note's bytes, as NoteArgs
	EventService      uint16 = 20 // args: 1 entered, 0 left
	EventSelfTest     uint16 = 21 // args: tests done, tests passed
	EventTestOutput   uint16 = 22 // args: quantity, result
	EventCalibration  uint16 = 23 // args: quantity, the pen's new calibration revision
	EventCounterReset uint16 = 24 // args: pulses that were counted
	EventUTC          uint16 = 25 // args: s that the date has moved; 0 where none was known
	EventFirmware     uint16 = 26 // args: phase, code
	EventTipBound     uint16 = 27 // args: tip id
	EventMaker        uint16 = 0x8000
)

// Type is TypeEvent.
func (*Event) Type() Type { return TypeEvent }

// AppendPayload appends 23 bytes.
func (m *Event) AppendPayload(dst []byte) []byte {
	dst = le.AppendUint32(dst, m.Index)
	dst = le.AppendUint64(dst, uint64(m.Clock))
	dst = le.AppendUint16(dst, m.Code)
	dst = append(dst, byte(m.Level))
	dst = le.AppendUint32(dst, uint32(m.Args[0]))
	return le.AppendUint32(dst, uint32(m.Args[1]))
}

// DecodePayload reads the fields.
func (m *Event) DecodePayload(p []byte) error {
	w := wire{typ: TypeEvent, b: p}
	m.Index = w.u32("index")
	m.Clock = PenClock(w.u64("clock"))
	m.Code = w.u16("code")
	m.Level = Level(w.u8("level"))
	m.Args = [2]int32{w.i32("arg0"), w.i32("arg1")}
	return w.err
}

// TimeAsk carries the console's clock to the pen.
type TimeAsk struct{ Sent int64 } // console clock in µs, any epoch

// Type is TypeTimeAsk.
func (*TimeAsk) Type() Type { return TypeTimeAsk }

// AppendPayload appends 8 bytes.
func (m *TimeAsk) AppendPayload(dst []byte) []byte { return le.AppendUint64(dst, uint64(m.Sent)) }

// DecodePayload reads the clock.
func (m *TimeAsk) DecodePayload(p []byte) error {
	w := wire{typ: TypeTimeAsk, b: p}
	m.Sent = int64(w.u64("sent"))
	return w.err
}

// TimeTell answers TIME_ASK with the pen's clock on arrival and on departure.
type TimeTell struct {
	Sent     int64    // as in TIME_ASK
	Received PenClock // when TIME_ASK arrived
	Replied  PenClock // when this left, not before Received
}

// Type is TypeTimeTell.
func (*TimeTell) Type() Type { return TypeTimeTell }

// AppendPayload appends 24 bytes.
func (m *TimeTell) AppendPayload(dst []byte) []byte {
	dst = le.AppendUint64(dst, uint64(m.Sent))
	dst = le.AppendUint64(dst, uint64(m.Received))
	return le.AppendUint64(dst, uint64(m.Replied))
}

// DecodePayload refuses a reply that left before its question came.
func (m *TimeTell) DecodePayload(p []byte) error {
	w := wire{typ: TypeTimeTell, b: p}
	m.Sent = int64(w.u64("sent"))
	m.Received, m.Replied = PenClock(w.u64("received")), PenClock(w.u64("replied"))
	if w.err == nil && m.Replied < m.Received {
		w.fail("replied", "before received")
	}
	return w.err
}
