package sim

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"hash"
	"strings"
	"time"

	"stipple/protocol"
)

// rig is a pen without a link and without a clock: its physics is moved by
// hand, as fast as it can be. It is armed whenever it may be, so that a script
// has somebody who treats.
type rig struct {
	pen     *Pen
	sum     hash.Hash // of every step with an output on, and of every change
	faults  map[protocol.Fault]int
	energy  int64 // nJ
	deepest int64 // nm
	arms    uint64
	idle    bool // never armed
	row     [18 * 8]byte
}

// keeper is how often the rig looks whether it may arm.
const keeper = 100 * time.Millisecond

func newRig(tb interface {
	Helper()
	Fatal(...any)
}, model Model, seed uint64, script string) *rig {
	tb.Helper()
	s, err := ParseScript(strings.NewReader(script))
	if err != nil {
		tb.Fatal(err)
	}
	r := &rig{sum: sha256.New(), faults: map[protocol.Fault]int{}}
	cfg := Config{Model: model, Seed: seed, Script: s, Observe: r.observe, Probe: r.probe}
	if r.pen, err = New(cfg); err != nil {
		tb.Fatal(err)
	}
	r.pen.see(true)
	return r
}

func (r *rig) observe(c Change) {
	b, err := json.Marshal(c)
	if err != nil {
		panic(err) // numbers and text
	}
	r.sum.Write(b)
}

// probe hashes the raw state of the plant and what the sensors said of it.
func (r *rig) probe(o Outputs) {
	fw := r.pen.fw
	p, m := fw.plant, fw.read
	r.energy += nanojoules(p.power)
	r.deepest = max(r.deepest, p.pos)
	b := r.row[:0]
	for _, v := range [...]int64{int64(o.At), int64(o.Clock), p.power, p.pos, p.vel, p.motor, p.phase, int64(p.strokes), p.zone, p.tip, p.spot, p.charge,
		int64(m.depth), int64(m.speed), m.power, int64(m.impedance), int64(m.temp), int64(p.noise.state)} {
		b = binary.LittleEndian.AppendUint64(b, uint64(v))
	}
	r.sum.Write(b)
}

// run moves the pen by d, in pieces of at most piece.
func (r *rig) run(d, piece time.Duration) {
	end := time.Duration(r.pen.steps)*fineStep + d
	for at := time.Duration(r.pen.steps) * fineStep; at < end; {
		look := at.Truncate(keeper) + keeper
		for at < min(look, end) {
			at = min(at+piece, look, end)
			r.pen.advanceTo(inSteps(at), false)
		}
		if at == look {
			r.keepArmed()
		}
	}
}

// keepArmed clears what may be cleared, arms what may be armed, and lets no
// lease end.
func (r *rig) keepArmed() {
	fw := r.pen.fw
	if fw.darkLeft > 0 {
		return
	}
	if f := fw.fault; f != protocol.FaultNone {
		r.faults[f]++
		fw.clearNow(&protocol.Clear{Fault: f, Role: protocol.RoleClinician})
	}
	if fw.state == protocol.StateStandby && !r.idle {
		r.arm()
	}
	if fw.arm.id != 0 {
		fw.arm.leased, fw.arm.rfUntil, fw.arm.deadline = true, fw.clock().Add(time.Second), fw.steps+inSteps(time.Second)
	}
}

// arm arms without a link; it is refused while the pen has a reason.
func (r *rig) arm() {
	fw := r.pen.fw
	if !fw.settings.confirmed {
		e, fields := needlingEnvelope(), needlingSettings()
		if fw.isRF() {
			e, fields = rfEnvelope(), quick()
		}
		fw.putEnvelope(&protocol.PutEnvelope{Envelope: e, Role: protocol.RoleClinician})
		fw.putSettings(&protocol.PutSettings{Generation: 1, Fields: fields, Role: protocol.RoleClinician})
	}
	if fw.tip != nil {
		fw.tip.UseLimit = 0
	}
	r.arms++
	fw.armNow(&protocol.Arm{CommandID: r.arms, SettingsHash: fw.settings.hash, NotAfter: fw.clock(), Role: protocol.RoleClinician})
}

func (r *rig) digest() string { return hex.EncodeToString(r.sum.Sum(nil)[:16]) }
