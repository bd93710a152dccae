package sim

import (
	"hash/fnv"

	"stipple/protocol"
)

// transfer is what one quantity of one pen really is for a raw value: for what
// the firmware drives, and for what its sensor says. Each pen that is built has
// others, and no firmware knows them: it has a calibration table that somebody
// measured. Units are those of the plant.
type transfer struct {
	zero int64 // true value at raw 0
	gain int64 // ppm
	bend int64 // ppm that the gain has changed by at full
	full int64 // raw value; above 0
}

const ppm = 1_000_000

// truth is the true value for a raw one.
func (t transfer) truth(raw int64) int64 {
	gain := t.gain
	if t.bend != 0 {
		gain += t.bend * raw / t.full
	}
	return t.zero + raw*gain/ppm
}

// raw is the raw value for a true one: a fixed point, since the bend is small.
// Each round takes the error down to under a twentieth.
func (t transfer) raw(truth int64) int64 {
	const rounds = 5
	raw := truth - t.zero
	if t.bend == 0 {
		return raw * ppm / t.gain // what every round would come to
	}
	for range rounds {
		raw = (truth - t.zero) * ppm / (t.gain + t.bend*raw/t.full)
	}
	return raw
}

// unit is the transfers of one pen.
type unit [protocol.QuantityCount]transfer

// perfect is a pen that needs no calibration.
func perfect() unit {
	var u unit
	for q := range u {
		u[q] = transfer{gain: ppm, full: 1}
	}
	return u
}

// How far pens differ from each other as they are built. Chosen: large enough
// that a pen without its tables is plainly wrong, small enough that the load of
// a SERVICE output is still known by an impedance that nobody has calibrated
// (protocol.TestLoadTolerance).
const (
	// The needles of a cartridge rest behind its edge: its mechanical zero.
	zeroLeastNM = 60_000
	zeroMostNM  = 140_000
	// Parts of the drive: pitch of the spindle, radius of the cam.
	depthLeast, depthMost = 10_000, 40_000 // ppm
	// Resistor of the speed sensor's time base.
	speedLeast, speedMost = 30_000, 60_000
	// Amplifier: gain, and compression or expansion towards full power.
	powerLeast, powerMost = 40_000, 80_000
	bendLeast, bendMost   = 10_000, 40_000
	// Sensing resistor of the impedance.
	senseLeast, senseMost = 30_000, 60_000
)

// unitOf draws the transfers of a model's unit from its serial number: the same
// pen on every machine, in every run and with every seed.
func unitOf(m model) unit {
	h := fnv.New64a()
	h.Write([]byte(m.name + "/" + m.serial))
	n := noise{h.Sum64()}
	draw := func(least, most int64) int64 { return least + int64(n.next()%uint64(most-least+1)) }
	// Up or down, but never nearly right.
	off := func(least, most int64) int64 {
		v := draw(least, most)
		if n.next()&1 == 0 {
			return -v
		}
		return v
	}
	u := perfect()
	u[protocol.QuantityDepth].zero = -draw(zeroLeastNM, zeroMostNM)
	u[protocol.QuantityDepth].gain += off(depthLeast, depthMost)
	u[protocol.QuantitySpeed].gain += off(speedLeast, speedMost)
	power := &u[protocol.QuantityPower]
	power.gain += off(powerLeast, powerMost)
	power.bend, power.full = off(bendLeast, bendMost), int64(m.desc.RatedPowerMW)*uwPerMW
	if power.full == 0 {
		*power = transfer{gain: ppm, full: 1} // a needling pen has no amplifier
	}
	u[protocol.QuantityImpedance].gain += off(senseLeast, senseMost)
	return u
}
