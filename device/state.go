package device

import (
	"time"

	"stipple/protocol"
)

// Info is who the pen is. It does not change within a session.
type Info struct {
	Model, Serial, Firmware string
	Simulated               bool
	Boot                    uint32               // counts the pen's boots
	Major, Minor            uint8                // of the protocol that the pen speaks
	Descriptor              *protocol.Descriptor // nil where it was refused or could not be read
	Monitor                 bool
	MonitorReason           error // *MajorError or *DescriptorError
	Port                    Port
}

// Live is the newest that the pen said of itself. A value of it is never
// changed after it was published.
type Live struct {
	Valid  bool // a STATUS has come in this session
	Status protocol.Status
	At     time.Time     // of its arrival, console clock
	RTT    time.Duration // of the newest time exchange; 0: none yet
	Gaps   uint64        // live frames lost in this session
	// Checking says that Status says ESTOP because CheckStop is going on, and
	// that nobody has asked for a stop.
	Checking bool
}

// Age is how old the status is at time now.
func (l *Live) Age(now time.Time) time.Duration { return now.Sub(l.At) }

// Snapshot is what is active on the pen, as the pen reported it.
type Snapshot struct {
	Applied    bool // the pen has confirmed settings active
	Generation uint32
	TipID      uint32
	Pins       uint16
	CalRev     uint32
	Hash       [8]byte // zero while nothing is active

	// Values are all parameters in descriptor order; the named ones are the
	// same, 0 where the pen does not have them.
	Values   []int32
	Depth    protocol.Micrometres
	Speed    protocol.StrokesPerMinute
	Power    protocol.Milliwatts
	Duration protocol.Milliseconds

	// Envelope is the one that the pen confirmed in this session. Verified
	// says that Hash was computed here from everything above and is the same;
	// only then can the snapshot be armed. Without an envelope of this session
	// the hash can't be computed.
	Envelope protocol.Envelope
	Verified bool

	At time.Time // of the read-back, console clock
}

// Stats counts what a session received and dropped, for the service desk.
type Stats struct {
	Wire         protocol.Stats
	Bytes        uint64
	WrongLane    uint64 // lane or direction
	WrongSession uint64
	OldSeq       uint64
	WrongAck     uint64 // answers to nothing that is asked
	BadPayload   uint64
	UnknownType  uint64
	Retries      uint64 // frames sent again
	Unsent       uint64 // bytes on the line that no answer covers yet
}

// clone returns a snapshot that shares no memory with s.
func (s Snapshot) clone() Snapshot {
	s.Values = append([]int32(nil), s.Values...)
	s.Envelope = cloneEnvelope(s.Envelope)
	return s
}

func cloneEnvelope(e protocol.Envelope) protocol.Envelope {
	e.Ranges = append([]protocol.Range(nil), e.Ranges...)
	return e
}
