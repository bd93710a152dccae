package sim

import (
	"encoding/binary"
	"fmt"

	"stipple/protocol"
)

// The cells of a pen's memory.
const (
	cellState   uint32 = 0
	cellTip     uint32 = 1    // which tip of the box is on
	cellLog     uint32 = 2    // layout of the log, and what of it is gone
	cellWork    uint32 = 3    // maintenance counters
	cellCheck   uint32 = 4    // what the self-test writes and reads back
	cellUpdate  uint32 = 5    // firmware: what runs, and how far an update is
	cellResults uint32 = 16   // protocol.KeptResults cells
	cellEvicted uint32 = 256  // keptEvicted cells
	cellTips    uint32 = 1280 // keptTips cells: the box
	cellPulses  uint32 = 2048

	cellCalibration uint32 = 64 // directory of the tables
	cellTables      uint32 = 65 // calSlots for each quantity
)

// counters is the cell that changes most: everything that must not go back.
type counters struct {
	boot    uint32
	pulse   uint32 // newest pulse index
	log     uint32 // an event index that was given out; the log knows the newest
	fault   protocol.Fault
	results uint32 // command ids ever kept
}

// nonvolatile is what a pen knows across a reset, typed. Reads are served
// from what was loaded at boot.
type nonvolatile struct {
	mem      Memory
	counters counters
	tip      *TipSpec // nil: none is on
	tipKnown bool     // the tip's cell has been written before
	box      tipBox
	work     work
	log      *logRing
	results  [protocol.KeptResults]commandResult
	evicted  map[uint64]bool
}

// commandResult is one entry of the command ledger.
type commandResult struct {
	id      uint64
	content [8]byte // of the command; zero for an id that was only asked for
	outcome protocol.Outcome
	code    protocol.Code
	blocks  protocol.ArmBlocks
	used    bool
}

// loadNonvolatile reads mem, whose log has that many slots.
func loadNonvolatile(mem Memory, logSlots uint32) (*nonvolatile, error) {
	nv := &nonvolatile{mem: mem, evicted: make(map[uint64]bool)}
	for _, load := range []func() error{nv.loadState, nv.loadTips, nv.loadWork} {
		if err := load(); err != nil {
			return nil, err
		}
	}
	var err error
	if nv.log, err = loadLog(mem, logSlots, nv.counters.log); err != nil {
		return nil, err
	}
	for i := range nv.results {
		b, err := mem.Read(cellResults + uint32(i))
		if err != nil {
			return nil, err
		}
		nv.results[i] = decodeResult(b)
	}
	for i := range uint32(keptEvicted) {
		b, err := mem.Read(cellEvicted + i)
		if err != nil {
			return nil, err
		}
		if len(b) >= 8 {
			nv.evicted[binary.LittleEndian.Uint64(b)] = true
		}
	}
	return nv, nil
}

func (nv *nonvolatile) loadState() error {
	b, err := nv.mem.Read(cellState)
	if err != nil {
		return err
	}
	if len(b) >= 17 {
		le := binary.LittleEndian
		nv.counters = counters{boot: le.Uint32(b), pulse: le.Uint32(b[4:]), log: le.Uint32(b[8:]), fault: protocol.Fault(b[12]), results: le.Uint32(b[13:])}
	}
	return nil
}

// saveCounters writes the state cell.
func (nv *nonvolatile) saveCounters() error {
	le := binary.LittleEndian
	nv.counters.log = nv.log.newest
	c := nv.counters
	b := le.AppendUint32(make([]byte, 0, 17), c.boot)
	b = le.AppendUint32(b, c.pulse)
	b = le.AppendUint32(b, c.log)
	b = append(b, byte(c.fault))
	return nv.mem.Write(cellState, le.AppendUint32(b, c.results))
}

func encodeResult(r commandResult) []byte {
	b := binary.LittleEndian.AppendUint64(nil, r.id)
	b = append(b, r.content[:]...)
	b = append(b, byte(r.outcome), byte(r.code))
	return binary.LittleEndian.AppendUint16(b, uint16(r.blocks))
}

func decodeResult(b []byte) commandResult {
	if len(b) < 20 {
		return commandResult{}
	}
	return commandResult{
		id: binary.LittleEndian.Uint64(b), content: [8]byte(b[8:16]), outcome: protocol.Outcome(b[16]),
		code: protocol.Code(b[17]), blocks: protocol.ArmBlocks(binary.LittleEndian.Uint16(b[18:])), used: true,
	}
}

// result finds a command id. FORGOTTEN is an entry, too: an id that was once
// kept. known is false for an id that never came.
func (nv *nonvolatile) result(id uint64) (r commandResult, known bool) {
	for _, r := range nv.results {
		if r.used && r.id == id {
			return r, true
		}
	}
	if nv.evicted[id] {
		return commandResult{id: id, outcome: protocol.OutcomeForgotten}, true
	}
	return commandResult{}, false
}

// keep writes a command's result over the oldest one, whose id stays known as
// forgotten for the next keptEvicted ids.
func (nv *nonvolatile) keep(r commandResult) error {
	r.used = true
	slot := nv.counters.results % protocol.KeptResults
	if old := nv.results[slot]; old.used {
		if err := nv.forget(old.id); err != nil {
			return err
		}
	}
	// The count goes first: a reset before the result is written must not give
	// its place among the displaced ids away a second time.
	nv.counters.results++
	if err := nv.saveCounters(); err != nil {
		return err
	}
	nv.results[slot] = r
	return nv.mem.Write(cellResults+slot, encodeResult(r))
}

// finish writes the outcome of the command that keep has kept last.
func (nv *nonvolatile) finish(r commandResult) error {
	r.used = true
	slot := (nv.counters.results - 1) % protocol.KeptResults
	nv.results[slot] = r
	return nv.mem.Write(cellResults+slot, encodeResult(r))
}

// forgetRunning follows a reset: how far a command came died with it.
//
// Model: PowerFails.
func (nv *nonvolatile) forgetRunning() {
	for i := range nv.results {
		if nv.results[i].outcome == protocol.OutcomeRunning {
			nv.results[i].outcome = protocol.OutcomeForgotten
		}
	}
}

// remembersAll says whether every command id that ever came is still known, as
// a result or as displaced: only then was an unknown one never seen.
func (nv *nonvolatile) remembersAll() bool {
	return nv.counters.results <= protocol.KeptResults+keptEvicted
}

func (nv *nonvolatile) forget(id uint64) error {
	cell := cellEvicted + nv.counters.results%keptEvicted
	b, err := nv.mem.Read(cell)
	if err != nil {
		return err
	}
	if len(b) >= 8 {
		delete(nv.evicted, binary.LittleEndian.Uint64(b))
	}
	nv.evicted[id] = true
	return nv.mem.Write(cell, binary.LittleEndian.AppendUint64(nil, id))
}

// savePulse writes a pulse into the ledger.
func (nv *nonvolatile) savePulse(p *protocol.Pulse) error {
	return nv.mem.Write(cellPulses+p.Index%protocol.KeptPulses, p.AppendPayload(nil))
}

// pulse reads a pulse of the ledger; false if it is not there any more.
func (nv *nonvolatile) pulse(index uint32) (protocol.Pulse, bool, error) {
	var p protocol.Pulse
	b, err := nv.mem.Read(cellPulses + index%protocol.KeptPulses)
	if err != nil || len(b) == 0 {
		return p, false, err
	}
	if err := p.DecodePayload(b); err != nil {
		return p, false, fmt.Errorf("%w: pulse %d: %w", ErrMemory, index, err)
	}
	return p, p.Index == index, nil
}

// oldestPulse is the first index that the ledger still holds, 0 for none.
func (nv *nonvolatile) oldestPulse() uint32 {
	switch n := nv.counters.pulse; {
	case n == 0:
		return 0
	case n <= protocol.KeptPulses:
		return 1
	default:
		return n - protocol.KeptPulses + 1
	}
}
