package sim

import (
	"time"

	"stipple/protocol"
)

// Outputs is what leaves the pen and what a hand does to it, as a bystander
// with instruments of his own sees it: the plant's true values, not what the
// pen's sensors read. It knows nothing of the link: no state, no arming, no
// lease. So it can judge a firmware without believing it.
type Outputs struct {
	At    time.Duration     // since Run began, in the pen's physics
	Clock protocol.PenClock // the pen's own clock; it stands still while the pen is dark
	// PowerMW is the RF power that flows into tissue or load, whole mW rounded
	// up: what flows is never 0.
	PowerMW protocol.Milliwatts
	// DepthUM is how far the needle is out, whole µm rounded up.
	DepthUM protocol.Micrometres
	Moving  bool          // the needle drive turns
	Trigger bool          // as the hand holds it; a stuck switch is no hand
	Contact bool          // the tip is on the skin
	Tip     bool          // a tip is on
	LoadOhm protocol.Ohms // resistor across the tip in place of tissue; 0: none
}

// On says whether any output is on: RF flows, or the needle is out or moves.
func (o Outputs) On() bool { return o.PowerMW > 0 || o.DepthUM > 0 || o.Moving }

// same says whether o and other differ in their times alone.
func (o Outputs) same(other Outputs) bool {
	o.At, o.Clock = other.At, other.Clock
	return o == other
}

// outputs is the plant as it is after the newest step.
func (p *Pen) outputs() Outputs {
	pl := p.fw.plant
	return Outputs{
		At: time.Duration(p.steps) * fineStep, Clock: p.fw.clock(),
		PowerMW: protocol.Milliwatts((pl.power + uwPerMW - 1) / uwPerMW), DepthUM: protocol.Micrometres((pl.needle() + nmPerUM - 1) / nmPerUM),
		Moving: pl.moving(), Trigger: pl.trigger, Contact: pl.contact, Tip: pl.tipOn, LoadOhm: protocol.Ohms(pl.load / moPerOhm),
	}
}

// look tells the probe of each step with an output on, and of each change.
// Steps at rest are taken together, so that there it costs one look in 1 ms.
func (p *Pen) look() {
	if p.probe == nil {
		return
	}
	o := p.outputs()
	if (!o.On() || o.At == p.probed.At) && o.same(p.probed) {
		return
	}
	p.probed = o
	p.probe(o)
}
