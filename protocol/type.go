package protocol

import "fmt"

// Type says which message a frame carries. A type always travels on the same
// lane and in the same direction.
type Type uint8

// The message types of version 1. "C" is sent by the console, "P" by the pen.
const (
	TypeStop    Type = 0x01 // stop lane, C: ESTOP
	TypeStopped Type = 0x02 // stop lane, P: STOPPED
	TypeDisarm  Type = 0x03 // stop lane, C: DISARM

	TypeHello       Type = 0x10 // command lane, C: HELLO
	TypeHelloAck    Type = 0x11 // command lane, P
	TypeTipRead     Type = 0x12 // command lane, C
	TypeTipInfo     Type = 0x13 // command lane, P
	TypePutEnvelope Type = 0x14 // command lane, C
	TypeEnvelope    Type = 0x15 // command lane, P
	TypePutSettings Type = 0x16 // command lane, C
	TypeGetSettings Type = 0x17 // command lane, C
	TypeSettings    Type = 0x18 // command lane, P
	TypeSetRate     Type = 0x19 // command lane, C: STATUS rate
	TypeRate        Type = 0x1A // command lane, P
	TypeArm         Type = 0x1B // command lane, C
	TypeClear       Type = 0x1C // command lane, C
	TypeResultOf    Type = 0x1D // command lane, C
	TypeResult      Type = 0x1E // command lane, P
	TypeRejected    Type = 0x1F // command or bulk lane, P

	TypeTipBind        Type = 0x20 // command lane, C
	TypeCountersRead   Type = 0x21 // command lane, C
	TypeCounters       Type = 0x22 // command lane, P
	TypeCounterReset   Type = 0x23 // command lane, C
	TypeService        Type = 0x24 // command lane, C: into SERVICE and out of it
	TypeServiceMode    Type = 0x25 // command lane, P
	TypeSelfTest       Type = 0x26 // command lane, C
	TypeSelfTestRead   Type = 0x27 // command lane, C
	TypeSelfTestReport Type = 0x28 // command lane, P
	TypeTestOutput     Type = 0x29 // command lane, C: SERVICE output
	TypeTestRead       Type = 0x2A // command lane, C
	TypeTestReport     Type = 0x2B // command lane, P
	TypeCalCommit      Type = 0x2C // command lane, C
	TypeCalRestore     Type = 0x2D // command lane, C
	TypeUTCSet         Type = 0x2E // command lane, C
	TypeLogErase       Type = 0x2F // command lane, C

	TypeDescriptorRead  Type = 0x30 // bulk lane, C
	TypeDescriptorChunk Type = 0x31 // bulk lane, P
	TypePulseRead       Type = 0x32 // bulk lane, C
	TypePulsePage       Type = 0x33 // bulk lane, P
	TypeLogRead         Type = 0x34 // bulk lane, C
	TypeLogPage         Type = 0x35 // bulk lane, P
	TypeCalRead         Type = 0x36 // bulk lane, C
	TypeCalTable        Type = 0x37 // bulk lane, P
	TypeCalWrite        Type = 0x38 // bulk lane, C
	TypeCalWritten      Type = 0x39 // bulk lane, P
	TypeFirmwareWrite   Type = 0x3A // bulk lane, C
	TypeFirmwareWritten Type = 0x3B // bulk lane, P

	TypeFirmwareBegin  Type = 0x40 // command lane, C
	TypeFirmwareVerify Type = 0x41 // command lane, C
	TypeFirmwareCommit Type = 0x42 // command lane, C
	TypeFirmwareAbort  Type = 0x43 // command lane, C
	TypeFirmwareRead   Type = 0x44 // command lane, C
	TypeFirmwareState  Type = 0x45 // command lane, P
	TypeLogNote        Type = 0x46 // command lane, C
	TypeLogNoted       Type = 0x47 // command lane, P

	TypeStatus   Type = 0x50 // live lane, P
	TypeLease    Type = 0x51 // live lane, C
	TypePulse    Type = 0x52 // live lane, P
	TypeEvent    Type = 0x53 // live lane, P
	TypeTimeAsk  Type = 0x54 // live lane, C
	TypeTimeTell Type = 0x55 // live lane, P
)

// typeInfo is what the specification's table says of a type.
type typeInfo struct {
	name    string
	lane    Lane
	fromPen bool
	make    func() Message
}

// catalogue is the one table of message types; it is never written to.
// TypeRejected is listed with the command lane; it answers a bulk request on
// the bulk lane.
var catalogue = [...]typeInfo{
	TypeStop:            {"ESTOP", LaneStop, false, func() Message { return new(Stop) }},
	TypeStopped:         {"STOPPED", LaneStop, true, func() Message { return new(Stopped) }},
	TypeDisarm:          {"DISARM", LaneStop, false, func() Message { return new(Disarm) }},
	TypeHello:           {"HELLO", LaneCommand, false, func() Message { return new(Hello) }},
	TypeHelloAck:        {"HELLO_ACK", LaneCommand, true, func() Message { return new(HelloAck) }},
	TypeTipRead:         {"TIP_READ", LaneCommand, false, func() Message { return new(TipRead) }},
	TypeTipInfo:         {"TIP_INFO", LaneCommand, true, func() Message { return new(TipInfo) }},
	TypePutEnvelope:     {"PUT_ENVELOPE", LaneCommand, false, func() Message { return new(PutEnvelope) }},
	TypeEnvelope:        {"ENVELOPE", LaneCommand, true, func() Message { return new(EnvelopeReply) }},
	TypePutSettings:     {"PUT_SETTINGS", LaneCommand, false, func() Message { return new(PutSettings) }},
	TypeGetSettings:     {"GET_SETTINGS", LaneCommand, false, func() Message { return new(GetSettings) }},
	TypeSettings:        {"SETTINGS", LaneCommand, true, func() Message { return new(SettingsReply) }},
	TypeSetRate:         {"SET_RATE", LaneCommand, false, func() Message { return new(SetRate) }},
	TypeRate:            {"RATE", LaneCommand, true, func() Message { return new(Rate) }},
	TypeArm:             {"ARM", LaneCommand, false, func() Message { return new(Arm) }},
	TypeClear:           {"CLEAR", LaneCommand, false, func() Message { return new(Clear) }},
	TypeResultOf:        {"RESULT_OF", LaneCommand, false, func() Message { return new(ResultOf) }},
	TypeResult:          {"RESULT", LaneCommand, true, func() Message { return new(Result) }},
	TypeRejected:        {"REJECTED", LaneCommand, true, func() Message { return new(Rejected) }},
	TypeTipBind:         {"TIP_BIND", LaneCommand, false, func() Message { return new(TipBind) }},
	TypeCountersRead:    {"COUNTERS_READ", LaneCommand, false, func() Message { return new(CountersRead) }},
	TypeCounters:        {"COUNTERS", LaneCommand, true, func() Message { return new(Counters) }},
	TypeCounterReset:    {"COUNTER_RESET", LaneCommand, false, func() Message { return new(CounterReset) }},
	TypeService:         {"SERVICE", LaneCommand, false, func() Message { return new(Service) }},
	TypeServiceMode:     {"SERVICE_MODE", LaneCommand, true, func() Message { return new(ServiceMode) }},
	TypeSelfTest:        {"SELF_TEST", LaneCommand, false, func() Message { return new(SelfTest) }},
	TypeSelfTestRead:    {"SELF_TEST_READ", LaneCommand, false, func() Message { return new(SelfTestRead) }},
	TypeSelfTestReport:  {"SELF_TEST_REPORT", LaneCommand, true, func() Message { return new(SelfTestReport) }},
	TypeTestOutput:      {"TEST_OUTPUT", LaneCommand, false, func() Message { return new(TestOutput) }},
	TypeTestRead:        {"TEST_READ", LaneCommand, false, func() Message { return new(TestRead) }},
	TypeTestReport:      {"TEST_REPORT", LaneCommand, true, func() Message { return new(TestReport) }},
	TypeCalCommit:       {"CAL_COMMIT", LaneCommand, false, func() Message { return new(CalCommit) }},
	TypeCalRestore:      {"CAL_RESTORE", LaneCommand, false, func() Message { return new(CalRestore) }},
	TypeUTCSet:          {"UTC_SET", LaneCommand, false, func() Message { return new(UTCSet) }},
	TypeLogErase:        {"LOG_ERASE", LaneCommand, false, func() Message { return new(LogErase) }},
	TypeDescriptorRead:  {"DESCRIPTOR_READ", LaneBulk, false, func() Message { return new(DescriptorRead) }},
	TypeDescriptorChunk: {"DESCRIPTOR_CHUNK", LaneBulk, true, func() Message { return new(DescriptorChunk) }},
	TypePulseRead:       {"PULSE_READ", LaneBulk, false, func() Message { return new(PulseRead) }},
	TypePulsePage:       {"PULSE_PAGE", LaneBulk, true, func() Message { return new(PulsePage) }},
	TypeLogRead:         {"LOG_READ", LaneBulk, false, func() Message { return new(LogRead) }},
	TypeLogPage:         {"LOG_PAGE", LaneBulk, true, func() Message { return new(LogPage) }},
	TypeCalRead:         {"CAL_READ", LaneBulk, false, func() Message { return new(CalRead) }},
	TypeCalTable:        {"CAL_TABLE", LaneBulk, true, func() Message { return new(CalTableReply) }},
	TypeCalWrite:        {"CAL_WRITE", LaneBulk, false, func() Message { return new(CalWrite) }},
	TypeCalWritten:      {"CAL_WRITTEN", LaneBulk, true, func() Message { return new(CalWritten) }},
	TypeFirmwareWrite:   {"FW_WRITE", LaneBulk, false, func() Message { return new(FirmwareWrite) }},
	TypeFirmwareWritten: {"FW_WRITTEN", LaneBulk, true, func() Message { return new(FirmwareWritten) }},
	TypeFirmwareBegin:   {"FW_BEGIN", LaneCommand, false, func() Message { return new(FirmwareBegin) }},
	TypeFirmwareVerify:  {"FW_VERIFY", LaneCommand, false, func() Message { return new(FirmwareVerify) }},
	TypeFirmwareCommit:  {"FW_COMMIT", LaneCommand, false, func() Message { return new(FirmwareCommit) }},
	TypeFirmwareAbort:   {"FW_ABORT", LaneCommand, false, func() Message { return new(FirmwareAbort) }},
	TypeFirmwareRead:    {"FW_READ", LaneCommand, false, func() Message { return new(FirmwareRead) }},
	TypeFirmwareState:   {"FW_STATE", LaneCommand, true, func() Message { return new(FirmwareState) }},
	TypeLogNote:         {"LOG_NOTE", LaneCommand, false, func() Message { return new(LogNote) }},
	TypeLogNoted:        {"LOG_NOTED", LaneCommand, true, func() Message { return new(LogNoted) }},
	TypeStatus:          {"STATUS", LaneLive, true, func() Message { return new(Status) }},
	TypeLease:           {"LEASE", LaneLive, false, func() Message { return new(Lease) }},
	TypePulse:           {"PULSE", LaneLive, true, func() Message { return new(Pulse) }},
	TypeEvent:           {"EVENT", LaneLive, true, func() Message { return new(Event) }},
	TypeTimeAsk:         {"TIME_ASK", LaneLive, false, func() Message { return new(TimeAsk) }},
	TypeTimeTell:        {"TIME_TELL", LaneLive, true, func() Message { return new(TimeTell) }},
}

// describe looks t up in the catalogue.
func describe(t Type) (typeInfo, bool) {
	if int(t) >= len(catalogue) || catalogue[t].make == nil {
		return typeInfo{}, false
	}
	return catalogue[t], true
}

// String is the name that the specification uses.
func (t Type) String() string {
	if i, ok := describe(t); ok {
		return i.name
	}
	return fmt.Sprintf("TYPE_0x%02X", uint8(t))
}

// Known says whether this version has the type.
func (t Type) Known() bool { _, ok := describe(t); return ok }

// Lane is the lane that the type travels on; LaneStop for an unknown type, so
// ask Known first.
func (t Type) Lane() Lane { i, _ := describe(t); return i.lane }

// FromPen says whether the pen sends the type; false for an unknown type.
func (t Type) FromPen() bool { i, _ := describe(t); return i.fromPen }

// OnLane says whether a frame of type t may arrive on lane l. REJECTED answers
// on the lane of what it rejects.
func (t Type) OnLane(l Lane) bool {
	i, ok := describe(t)
	return ok && (i.lane == l || t == TypeRejected && l == LaneBulk)
}

// Message is the payload of one message type. A payload that is as long as its
// type's known form, with every reserved bit and byte zero, decodes and
// encodes to the same bytes; a longer one, and reserved bits that are set,
// come from a newer minor version: they are accepted and not kept.
type Message interface {
	// Type is the message's type.
	Type() Type
	// AppendPayload appends the encoded payload to dst.
	AppendPayload(dst []byte) []byte
	// DecodePayload fills the message from p. It copies what it keeps, accepts
	// bytes behind the end that it knows, and returns a *PayloadError for a
	// payload that is too short or can't be; the message's fields then mean
	// nothing.
	DecodePayload(p []byte) error
}

// Decode decodes the message in f. ErrUnknownType: the type is not of this
// version. ErrLane: it came on the wrong lane.
func Decode(f Frame) (Message, error) {
	i, ok := describe(f.Type)
	if !ok {
		return nil, fmt.Errorf("%w: %v", ErrUnknownType, f.Type)
	}
	if !f.Type.OnLane(f.Lane) {
		return nil, fmt.Errorf("%w: %v on the %v lane", ErrLane, f.Type, f.Lane)
	}
	m := i.make()
	if err := m.DecodePayload(f.Payload); err != nil {
		return nil, err
	}
	return m, nil
}

// Append appends m as one frame to dst. It sets h.Type and, unless the
// message is REJECTED (which answers on two lanes), h.Lane. Like AppendFrame
// it does not allocate if dst has room for MaxFrame bytes more.
func Append(dst []byte, h Header, m Message) []byte {
	h.Type = m.Type()
	if h.Type != TypeRejected {
		h.Lane = h.Type.Lane()
	}
	start := len(dst)
	return seal(m.AppendPayload(openFrame(dst, h)), start)
}
