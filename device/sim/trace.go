package sim

import (
	"encoding/binary"
	"fmt"

	"stipple/protocol"
)

// Trace is what has become of a command id in a pen's memory.
type Trace uint8

// The traces. A pen may call an id FORGOTTEN if it is cut, displaced or perhaps
// dropped.
const (
	TraceNone      Trace = iota // it never came: every id that came is there
	TraceKept                   // with the command's end
	TraceCut                    // a reset has found it RUNNING
	TraceDisplaced              // the bare id is there
	TraceDropped                // nothing is there, but ids have been dropped
)

// String is the trace in a word.
func (t Trace) String() string {
	names := [...]string{"never came", "kept", "cut", "displaced", "dropped"}
	if int(t) < len(names) {
		return names[t]
	}
	return "unknown"
}

// Trace reads from the pen's memory what has become of a command id, past what
// its firmware makes of it: for who compares what a pen says with the truth. It
// waits for Run. ErrMemory: the memory can't be read; ErrStopped: Run has ended.
func (p *Pen) Trace(id uint64) (Trace, error) {
	var t Trace
	var err error
	if callErr := p.call(func() { t, err = p.fw.trace(id) }); callErr != nil {
		return TraceNone, callErr
	}
	return t, err
}

func (fw *firmware) trace(id uint64) (Trace, error) {
	mem := fw.nv.mem
	for i := range uint32(protocol.KeptResults) {
		b, err := mem.Read(cellResults + i)
		if err != nil {
			return TraceNone, fmt.Errorf("command id %016x: %w", id, err)
		}
		switch r := decodeResult(b); {
		case !r.used || r.id != id:
		case r.outcome == protocol.OutcomeRunning && fw.job.result.id != id:
			return TraceCut, nil
		default:
			return TraceKept, nil
		}
	}
	for i := range uint32(keptEvicted) {
		b, err := mem.Read(cellEvicted + i)
		if err != nil {
			return TraceNone, fmt.Errorf("command id %016x: %w", id, err)
		}
		if len(b) >= 8 && binary.LittleEndian.Uint64(b) == id {
			return TraceDisplaced, nil
		}
	}
	if fw.nv.counters.results > protocol.KeptResults+keptEvicted {
		return TraceDropped, nil
	}
	return TraceNone, nil
}
