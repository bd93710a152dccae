package sim

import (
	"encoding/binary"
	"time"

	"stipple/protocol"
)

// work is how much the pen has worked since it was made: what its maintenance
// counters are made of. It is written at each pulse, and now and then while the
// drive turns or RF flows; a reset takes what came after that.
type work struct {
	done    amount
	service amount // done, at the last COUNTER_RESET
	drawn   int64  // nJ from the battery
	saved   amount // done, as it was last written
	savedUp int64  // drawn, likewise
}

// amount is work in the units that it is counted in.
type amount struct {
	pulses uint32
	motor  int64 // fine steps
	rf     int64 // fine steps
}

// loadWork reads the counters as they were last written.
func (nv *nonvolatile) loadWork() error {
	b, err := nv.mem.Read(cellWork)
	if err != nil || len(b) < 48 {
		return err
	}
	le := binary.LittleEndian
	read := func(b []byte) amount {
		return amount{pulses: le.Uint32(b), motor: int64(le.Uint64(b[4:])), rf: int64(le.Uint64(b[12:]))}
	}
	w := work{done: read(b), service: read(b[20:]), drawn: int64(le.Uint64(b[40:]))}
	w.saved, w.savedUp = w.done, w.drawn
	nv.work = w
	return nil
}

// saveWork writes the counters.
func (nv *nonvolatile) saveWork() error {
	w := &nv.work
	w.saved, w.savedUp = w.done, w.drawn
	le := binary.LittleEndian
	b := make([]byte, 0, 48)
	for _, a := range [...]amount{w.done, w.service} {
		b = le.AppendUint32(b, a.pulses)
		b = le.AppendUint64(b, uint64(a.motor))
		b = le.AppendUint64(b, uint64(a.rf))
	}
	return nv.mem.Write(cellWork, le.AppendUint64(b, uint64(w.drawn)))
}

// countWork adds n steps of what the pen does.
func (fw *firmware) countWork(n int64) {
	w := &fw.nv.work
	if fw.plant.moving() {
		w.done.motor += n
	}
	if fw.rfMeasured() {
		w.done.rf += n
	}
	w.drawn += max(0, fw.charge-fw.plant.charge)
	fw.charge = fw.plant.charge
	if w.done.motor-w.saved.motor >= inSteps(workUnsaved) || w.done.rf-w.saved.rf >= inSteps(workUnsaved) || w.drawn-w.savedUp >= drawnUnsaved {
		fw.keepErr(fw.nv.saveWork())
	}
}

// countPulse counts an RF pulse, or a pull of a needling pen, before any of it
// leaves the pen.
func (fw *firmware) countPulse() {
	fw.nv.work.done.pulses++
	fw.keepErr(fw.nv.saveWork())
}

// counters answers COUNTERS_READ.
func (fw *firmware) counters() *protocol.Counters {
	w := &fw.nv.work
	seconds := func(steps int64) uint32 { return uint32(steps / inSteps(time.Second)) }
	return &protocol.Counters{
		Boots: fw.nv.counters.boot, Pulses: w.done.pulses, MotorSeconds: seconds(w.done.motor), RFSeconds: seconds(w.done.rf),
		ServicePulses: w.done.pulses - w.service.pulses, ServiceMotor: seconds(w.done.motor - w.service.motor),
		ServiceRF: seconds(w.done.rf - w.service.rf), BatteryCycles: u16(w.drawn / batteryFull),
	}
}

// resetCounters is COUNTER_RESET, the first time it arrives.
func (fw *firmware) resetCounters(m *protocol.CounterReset) (protocol.Code, protocol.ArmBlocks) {
	w := &fw.nv.work
	counted := w.done.pulses - w.service.pulses
	if m.Seen != counted {
		return protocol.CodeDigest, 0
	}
	w.service = w.done
	fw.keepErr(fw.nv.saveWork())
	fw.event(protocol.EventCounterReset, wireArg(int64(counted)), 0)
	return protocol.CodeOK, 0
}
