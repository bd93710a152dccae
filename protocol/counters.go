package protocol

// CountersRead asks for the pen's maintenance counters.
type CountersRead struct{}

// Type is TypeCountersRead.
func (*CountersRead) Type() Type { return TypeCountersRead }

// AppendPayload appends nothing.
func (*CountersRead) AppendPayload(dst []byte) []byte { return dst }

// DecodePayload accepts everything.
func (*CountersRead) DecodePayload([]byte) error { return nil }

// Counters is how much a pen has worked: since it was made, which nothing can
// reset, and since its last service.
type Counters struct {
	Boots         uint32
	Pulses        uint32 // RF pulses, or pulls of a needling pen
	MotorSeconds  uint32 // the needle drive turned
	RFSeconds     uint32 // RF flowed; 0 on a needling pen
	ServicePulses uint32 // since the last COUNTER_RESET, as the two below
	ServiceMotor  uint32 // s
	ServiceRF     uint32 // s
	BatteryCycles uint16 // whole charges drawn
}

// Type is TypeCounters.
func (*Counters) Type() Type { return TypeCounters }

// AppendPayload appends 30 bytes.
func (m *Counters) AppendPayload(dst []byte) []byte {
	for _, v := range [...]uint32{m.Boots, m.Pulses, m.MotorSeconds, m.RFSeconds, m.ServicePulses, m.ServiceMotor, m.ServiceRF} {
		dst = le.AppendUint32(dst, v)
	}
	return le.AppendUint16(dst, m.BatteryCycles)
}

// DecodePayload reads the fields.
func (m *Counters) DecodePayload(p []byte) error {
	w := wire{typ: TypeCounters, b: p}
	m.Boots, m.Pulses = w.u32("boots"), w.u32("pulses")
	m.MotorSeconds, m.RFSeconds = w.u32("motor_seconds"), w.u32("rf_seconds")
	m.ServicePulses, m.ServiceMotor, m.ServiceRF = w.u32("service_pulses"), w.u32("service_motor"), w.u32("service_rf")
	m.BatteryCycles = w.u16("battery_cycles")
	return w.err
}

// CounterReset sets the counters since the last service to 0. Seen is the
// number of pulses that the technician was shown; another one is refused.
type CounterReset struct {
	CommandID uint64
	Role      Role
	Seen      uint32 // ServicePulses
}

// Type is TypeCounterReset.
func (*CounterReset) Type() Type { return TypeCounterReset }

// ID is the command id.
func (m *CounterReset) ID() uint64 { return m.CommandID }

// Writer is the role.
func (m *CounterReset) Writer() Role { return m.Role }

// AppendPayload appends 13 bytes.
func (m *CounterReset) AppendPayload(dst []byte) []byte {
	return le.AppendUint32(appendOnce(dst, m.CommandID, m.Role), m.Seen)
}

// DecodePayload reads the fields.
func (m *CounterReset) DecodePayload(p []byte) error {
	w := wire{typ: TypeCounterReset, b: p}
	m.CommandID, m.Role = w.once()
	m.Seen = w.u32("seen")
	return w.err
}

// UTCSet tells the pen the date. Only a person does it: a console never sets a
// pen's date on its own.
type UTCSet struct {
	CommandID uint64
	Role      Role
	Clock     PenClock // a pen clock that is past
	UTC       uint64   // µs since 1970-01-01 at that clock
}

// Type is TypeUTCSet.
func (*UTCSet) Type() Type { return TypeUTCSet }

// ID is the command id.
func (m *UTCSet) ID() uint64 { return m.CommandID }

// Writer is the role.
func (m *UTCSet) Writer() Role { return m.Role }

// AppendPayload appends 25 bytes.
func (m *UTCSet) AppendPayload(dst []byte) []byte {
	dst = appendOnce(dst, m.CommandID, m.Role)
	return le.AppendUint64(le.AppendUint64(dst, uint64(m.Clock)), m.UTC)
}

// DecodePayload reads the fields.
func (m *UTCSet) DecodePayload(p []byte) error {
	w := wire{typ: TypeUTCSet, b: p}
	m.CommandID, m.Role = w.once()
	m.Clock, m.UTC = PenClock(w.u64("clock")), w.u64("utc")
	return w.err
}
