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

	TypeDescriptorRead  Type = 0x30 // bulk lane, C
	TypeDescriptorChunk Type = 0x31 // bulk lane, P
	TypePulseRead       Type = 0x32 // bulk lane, C
	TypePulsePage       Type = 0x33 // bulk lane, P

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

// describe is the one table of message types. TypeRejected is listed with the
// command lane; it answers a bulk request on the bulk lane.
func describe(t Type) (typeInfo, bool) {
	switch t {
	case TypeStop:
		return typeInfo{"ESTOP", LaneStop, false, func() Message { return new(Stop) }}, true
	case TypeStopped:
		return typeInfo{"STOPPED", LaneStop, true, func() Message { return new(Stopped) }}, true
	case TypeDisarm:
		return typeInfo{"DISARM", LaneStop, false, func() Message { return new(Disarm) }}, true
	case TypeHello:
		return typeInfo{"HELLO", LaneCommand, false, func() Message { return new(Hello) }}, true
	case TypeHelloAck:
		return typeInfo{"HELLO_ACK", LaneCommand, true, func() Message { return new(HelloAck) }}, true
	case TypeTipRead:
		return typeInfo{"TIP_READ", LaneCommand, false, func() Message { return new(TipRead) }}, true
	case TypeTipInfo:
		return typeInfo{"TIP_INFO", LaneCommand, true, func() Message { return new(TipInfo) }}, true
	case TypePutEnvelope:
		return typeInfo{"PUT_ENVELOPE", LaneCommand, false, func() Message { return new(PutEnvelope) }}, true
	case TypeEnvelope:
		return typeInfo{"ENVELOPE", LaneCommand, true, func() Message { return new(EnvelopeReply) }}, true
	case TypePutSettings:
		return typeInfo{"PUT_SETTINGS", LaneCommand, false, func() Message { return new(PutSettings) }}, true
	case TypeGetSettings:
		return typeInfo{"GET_SETTINGS", LaneCommand, false, func() Message { return new(GetSettings) }}, true
	case TypeSettings:
		return typeInfo{"SETTINGS", LaneCommand, true, func() Message { return new(SettingsReply) }}, true
	case TypeSetRate:
		return typeInfo{"SET_RATE", LaneCommand, false, func() Message { return new(SetRate) }}, true
	case TypeRate:
		return typeInfo{"RATE", LaneCommand, true, func() Message { return new(Rate) }}, true
	case TypeArm:
		return typeInfo{"ARM", LaneCommand, false, func() Message { return new(Arm) }}, true
	case TypeClear:
		return typeInfo{"CLEAR", LaneCommand, false, func() Message { return new(Clear) }}, true
	case TypeResultOf:
		return typeInfo{"RESULT_OF", LaneCommand, false, func() Message { return new(ResultOf) }}, true
	case TypeResult:
		return typeInfo{"RESULT", LaneCommand, true, func() Message { return new(Result) }}, true
	case TypeRejected:
		return typeInfo{"REJECTED", LaneCommand, true, func() Message { return new(Rejected) }}, true
	case TypeDescriptorRead:
		return typeInfo{"DESCRIPTOR_READ", LaneBulk, false, func() Message { return new(DescriptorRead) }}, true
	case TypeDescriptorChunk:
		return typeInfo{"DESCRIPTOR_CHUNK", LaneBulk, true, func() Message { return new(DescriptorChunk) }}, true
	case TypePulseRead:
		return typeInfo{"PULSE_READ", LaneBulk, false, func() Message { return new(PulseRead) }}, true
	case TypePulsePage:
		return typeInfo{"PULSE_PAGE", LaneBulk, true, func() Message { return new(PulsePage) }}, true
	case TypeStatus:
		return typeInfo{"STATUS", LaneLive, true, func() Message { return new(Status) }}, true
	case TypeLease:
		return typeInfo{"LEASE", LaneLive, false, func() Message { return new(Lease) }}, true
	case TypePulse:
		return typeInfo{"PULSE", LaneLive, true, func() Message { return new(Pulse) }}, true
	case TypeEvent:
		return typeInfo{"EVENT", LaneLive, true, func() Message { return new(Event) }}, true
	case TypeTimeAsk:
		return typeInfo{"TIME_ASK", LaneLive, false, func() Message { return new(TimeAsk) }}, true
	case TypeTimeTell:
		return typeInfo{"TIME_TELL", LaneLive, true, func() Message { return new(TimeTell) }}, true
	}
	return typeInfo{}, false
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

// Lane is the lane that the type travels on.
func (t Type) Lane() Lane { i, _ := describe(t); return i.lane }

// FromPen says whether the pen sends the type.
func (t Type) FromPen() bool { i, _ := describe(t); return i.fromPen }

// OnLane says whether a frame of type t may arrive on lane l. REJECTED answers
// on the lane of what it rejects.
func (t Type) OnLane(l Lane) bool {
	i, ok := describe(t)
	return ok && (i.lane == l || t == TypeRejected && l == LaneBulk)
}

// Message is the payload of one message type.
type Message interface {
	// Type is the message's type.
	Type() Type
	// AppendPayload appends the encoded payload to dst.
	AppendPayload(dst []byte) []byte
	// DecodePayload fills the message from p. It copies what it keeps, accepts
	// bytes behind the end that it knows, and returns a *PayloadError for a
	// payload that is too short or can't be.
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
		return nil, fmt.Errorf("%w: %v on lane %d", ErrLane, f.Type, f.Lane)
	}
	m := i.make()
	if err := m.DecodePayload(f.Payload); err != nil {
		return nil, err
	}
	return m, nil
}

// Append appends m as one frame to dst. It sets h.Type and, unless the
// message is REJECTED (which answers on two lanes), h.Lane.
func Append(dst []byte, h Header, m Message) []byte {
	var payload [MaxPayload]byte
	h.Type = m.Type()
	if h.Type != TypeRejected {
		h.Lane = h.Type.Lane()
	}
	return AppendFrame(dst, h, m.AppendPayload(payload[:0]))
}
