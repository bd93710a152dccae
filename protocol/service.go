package protocol

// Quantity is what a SERVICE output drives and a calibration corrects.
type Quantity uint8

// The quantities, in the order of the parameters of the same name.
const (
	QuantityDepth     Quantity = 0 // µm
	QuantitySpeed     Quantity = 1 // strokes a minute
	QuantityPower     Quantity = 2 // mW
	QuantityImpedance Quantity = 3 // Ω: calibrated, never driven
	// QuantityCount is the number of quantities.
	QuantityCount = 4
)

// quantityNames are the words of the descriptor's calibrations.
var quantityNames = [QuantityCount]string{"depth", "speed", "power", "impedance"}

// String is the word that the descriptor uses.
func (q Quantity) String() string {
	if q < QuantityCount {
		return quantityNames[q]
	}
	return "unknown"
}

// QuantityNamed is the quantity with that word; false where there is none.
func QuantityNamed(name string) (Quantity, bool) {
	for q, n := range quantityNames {
		if n == name {
			return Quantity(q), true
		}
	}
	return 0, false
}

// Service takes the pen from STANDBY to SERVICE, or back.
type Service struct {
	Role  Role
	Enter bool
}

// Type is TypeService.
func (*Service) Type() Type { return TypeService }

// AppendPayload appends 2 bytes.
func (m *Service) AppendPayload(dst []byte) []byte {
	return append(dst, byte(m.Role), bit(m.Enter, 0))
}

// DecodePayload reads the fields.
func (m *Service) DecodePayload(p []byte) error {
	w := wire{typ: TypeService, b: p}
	m.Role = Role(w.u8("role"))
	m.Enter = w.u8("flags")&1 != 0
	return w.err
}

// ServiceMode answers SERVICE with the state that the pen is in now.
type ServiceMode struct{ State State }

// Type is TypeServiceMode.
func (*ServiceMode) Type() Type { return TypeServiceMode }

// AppendPayload appends 1 byte.
func (m *ServiceMode) AppendPayload(dst []byte) []byte { return append(dst, byte(m.State)) }

// DecodePayload reads the state.
func (m *ServiceMode) DecodePayload(p []byte) error {
	w := wire{typ: TypeServiceMode, b: p}
	m.State = State(w.u8("state"))
	return w.err
}

// Tests is a set of a pen's tests of itself. None of them lets anything out of
// the tip.
type Tests uint16

// The tests of version 1. Each has one measured value in SELF_TEST_REPORT.
const (
	TestMemory      Tests = 1 << iota // non-volatile memory: cells that can't be read
	TestProgram                       // checksum of the program: 0, or 1 where it differs
	TestClock                         // clock against the second oscillator: difference in ppm
	TestSupply                        // supply voltage: mV
	TestBattery                       // charge: %
	TestTrigger                       // trigger's two contacts agree: 0, or 1 where not
	TestDrive                         // needle drive at home: reading in µm
	TestTip                           // tip's memory can be read: 0, or 1 where not
	TestTemperature                   // tip's sensor: 0.01 °C
	TestAmplifier                     // RF amplifier into the pen's own load at 1 W: mW measured
	TestImpedance                     // impedance of the pen's own load: Ω measured
	// TestCount is the number of tests of version 1.
	TestCount = iota
)

// testNames are the words of the descriptor's self_tests, in bit order.
var testNames = [TestCount]string{"memory", "program", "clock", "supply", "battery", "trigger", "drive", "tip", "temperature",
	"amplifier", "impedance"}

// Names lists the tests in bit order.
func (t Tests) Names() []string {
	var names []string
	for i, n := range testNames {
		if t&(1<<i) != 0 {
			names = append(names, n)
		}
	}
	return names
}

// SelfTest runs tests; 0 stands for all that the pen has.
type SelfTest struct {
	CommandID uint64
	Role      Role
	Tests     Tests
}

// Type is TypeSelfTest.
func (*SelfTest) Type() Type { return TypeSelfTest }

// ID is the command id.
func (m *SelfTest) ID() uint64 { return m.CommandID }

// Writer is the role.
func (m *SelfTest) Writer() Role { return m.Role }

// AppendPayload appends 11 bytes.
func (m *SelfTest) AppendPayload(dst []byte) []byte {
	return le.AppendUint16(appendOnce(dst, m.CommandID, m.Role), uint16(m.Tests))
}

// DecodePayload reads the fields.
func (m *SelfTest) DecodePayload(p []byte) error {
	w := wire{typ: TypeSelfTest, b: p}
	m.CommandID, m.Role = w.once()
	m.Tests = Tests(w.u16("tests"))
	return w.err
}

// SelfTestRead asks for the newest self-test's results.
type SelfTestRead struct{}

// Type is TypeSelfTestRead.
func (*SelfTestRead) Type() Type { return TypeSelfTestRead }

// AppendPayload appends nothing.
func (*SelfTestRead) AppendPayload(dst []byte) []byte { return dst }

// DecodePayload accepts everything.
func (*SelfTestRead) DecodePayload([]byte) error { return nil }

// Reading is what one test measured.
type Reading struct {
	Test  uint8 // bit of the test
	Value int32 // in the test's unit
}

// SelfTestReport is what the tests since boot came to, the newest of each.
type SelfTestReport struct {
	Clock    PenClock // when the newest ended; 0: none since boot
	Done     Tests
	Passed   Tests     // within Done
	Readings []Reading // one for each test done, in bit order; at most 16
}

// Type is TypeSelfTestReport.
func (*SelfTestReport) Type() Type { return TypeSelfTestReport }

// AppendPayload appends 13 bytes and 5 for each reading.
func (m *SelfTestReport) AppendPayload(dst []byte) []byte {
	dst = le.AppendUint64(dst, uint64(m.Clock))
	dst = le.AppendUint16(dst, uint16(m.Done))
	dst = le.AppendUint16(dst, uint16(m.Passed))
	readings := atMost(m.Readings)
	dst = append(dst, byte(len(readings)))
	for _, r := range readings {
		dst = append(dst, r.Test)
		dst = le.AppendUint32(dst, uint32(r.Value))
	}
	return dst
}

// DecodePayload refuses a test that passed and was not done.
func (m *SelfTestReport) DecodePayload(p []byte) error {
	w := wire{typ: TypeSelfTestReport, b: p}
	m.Clock = PenClock(w.u64("clock"))
	m.Done, m.Passed = Tests(w.u16("done")), Tests(w.u16("passed"))
	if w.err == nil && m.Passed&^m.Done != 0 {
		w.fail("passed", "a test that was not done")
	}
	m.Readings = nil
	for range w.count("reading_count") {
		r := Reading{Test: w.u8("reading_test"), Value: w.i32("reading_value")}
		if w.err != nil {
			break
		}
		m.Readings = append(m.Readings, r)
	}
	return w.err
}

// TestOutput permits one SERVICE output of one quantity, at the next pull of
// the trigger, under a lease as in treatment. Its arm id is the low 32 bits of
// the command id, which are never 0.
type TestOutput struct {
	CommandID uint64
	Role      Role
	Quantity  Quantity // depth, speed or power
	Raw       bool     // Value is what is driven, without the calibration
	Value     int32    // in the quantity's base unit, within the descriptor
	Duration  uint16   // ms, 1 to 2,000
	Load      uint16   // Ω: of the resistor across the tip; power only
	NotAfter  PenClock // as in ARM
}

// Type is TypeTestOutput.
func (*TestOutput) Type() Type { return TypeTestOutput }

// ID is the command id.
func (m *TestOutput) ID() uint64 { return m.CommandID }

// Writer is the role.
func (m *TestOutput) Writer() Role { return m.Role }

// ArmID is the arm id that this command leads to.
func (m *TestOutput) ArmID() uint32 { return uint32(m.CommandID) }

// AppendPayload appends 27 bytes.
func (m *TestOutput) AppendPayload(dst []byte) []byte {
	dst = appendOnce(dst, m.CommandID, m.Role)
	dst = append(dst, byte(m.Quantity), bit(m.Raw, 0))
	dst = le.AppendUint32(dst, uint32(m.Value))
	dst = le.AppendUint16(dst, m.Duration)
	dst = le.AppendUint16(dst, m.Load)
	return le.AppendUint64(dst, uint64(m.NotAfter))
}

// DecodePayload refuses a command id whose low 32 bits are 0.
func (m *TestOutput) DecodePayload(p []byte) error {
	w := wire{typ: TypeTestOutput, b: p}
	m.CommandID, m.Role = w.once()
	m.Quantity = Quantity(w.u8("quantity"))
	m.Raw = w.u8("flags")&1 != 0
	m.Value = w.i32("value")
	m.Duration, m.Load = w.u16("duration"), w.u16("load")
	m.NotAfter = PenClock(w.u64("not_after"))
	if w.err == nil && m.ArmID() == 0 {
		w.fail("command_id", "low 32 bits are 0")
	}
	return w.err
}

// TestRead asks for the newest SERVICE output's report.
type TestRead struct{}

// Type is TypeTestRead.
func (*TestRead) Type() Type { return TypeTestRead }

// AppendPayload appends nothing.
func (*TestRead) AppendPayload(dst []byte) []byte { return dst }

// DecodePayload accepts everything.
func (*TestRead) DecodePayload([]byte) error { return nil }

// TestReport is what the newest SERVICE output came to. With Raw the measured
// values are the sensor's own, too.
type TestReport struct {
	CommandID    uint64 // 0: none since boot
	Quantity     Quantity
	Raw          bool
	Result       PulseResult // PulseOpen: permitted or going on
	Set          int32       // in the quantity's base unit, as asked
	Mean         int32       // measured, as Min and Max
	Min          int32
	Max          int32
	Duration     uint16 // ms
	Energy       uint32 // µJ, measured
	ImpedanceMin uint16 // Ω
	Impedance    uint16 // mean
	ImpedanceMax uint16
	PeakTemp     int16 // 0.01 °C
}

// Type is TypeTestReport.
func (*TestReport) Type() Type { return TypeTestReport }

// AppendPayload appends 41 bytes.
func (m *TestReport) AppendPayload(dst []byte) []byte {
	dst = le.AppendUint64(dst, m.CommandID)
	dst = append(dst, byte(m.Quantity), bit(m.Raw, 0), byte(m.Result))
	for _, v := range [...]int32{m.Set, m.Mean, m.Min, m.Max} {
		dst = le.AppendUint32(dst, uint32(v))
	}
	dst = le.AppendUint16(dst, m.Duration)
	dst = le.AppendUint32(dst, m.Energy)
	for _, v := range [...]uint16{m.ImpedanceMin, m.Impedance, m.ImpedanceMax, uint16(m.PeakTemp)} {
		dst = le.AppendUint16(dst, v)
	}
	return dst
}

// DecodePayload reads the fields.
func (m *TestReport) DecodePayload(p []byte) error {
	w := wire{typ: TypeTestReport, b: p}
	m.CommandID = w.u64("command_id")
	m.Quantity = Quantity(w.u8("quantity"))
	m.Raw = w.u8("flags")&1 != 0
	m.Result = PulseResult(w.u8("result"))
	m.Set, m.Mean, m.Min, m.Max = w.i32("set"), w.i32("mean"), w.i32("min"), w.i32("max")
	m.Duration, m.Energy = w.u16("duration"), w.u32("energy")
	m.ImpedanceMin, m.Impedance, m.ImpedanceMax = w.u16("impedance_min"), w.u16("impedance"), w.u16("impedance_max")
	m.PeakTemp = int16(w.u16("peak_temp"))
	return w.err
}
