package sim

import (
	"fmt"

	"stipple/protocol"
)

// The maker's bench: which raw values it drives, in per mille of the highest,
// and how far its instruments are off. Chosen: a dial gauge of 5 µm, a
// tachometer and an RF wattmeter of their usual classes.
const (
	benchDepthNM  = 5_000
	benchSpeed    = 20 // in ten-thousandths, as the two below
	benchPower    = 50
	benchOhms     = 30
	benchDate     = 20_454 // 2026-01-01: when the simulated pens were made
	benchRevision = 1
)

// format gives a memory the tables that the maker measured on this unit. They
// have no end: one that expired by the calendar of whoever trains with the pen
// would teach nothing.
func (c *calibration) format(m model, u unit) error {
	bench := noise{uint64(u[protocol.QuantityDepth].zero) ^ uint64(u[protocol.QuantityImpedance].gain)<<32}
	c.revision = benchRevision
	for i := range c.shelves {
		q := protocol.Quantity(i)
		if !c.offers(q) {
			continue
		}
		t := benchTable(q, u[q], c.shelves[q].highest, &bench)
		if err := t.Check(c.shelves[q].highest); err != nil {
			return fmt.Errorf("%s %s: %v: %w", m.name, m.serial, q, err)
		}
		if err := c.saveTable(0, t); err != nil {
			return err
		}
		c.shelves[q].active = 0
	}
	return c.saveDirectory()
}

// benchTable is a quantity as the bench measures it: raw values driven, true
// ones read off its instruments. What has no zero of its own goes through 0.
func benchTable(q protocol.Quantity, u transfer, highest int32, bench *noise) protocol.CalTable {
	t := protocol.CalTable{
		Quantity: q, Revision: benchRevision, DateDays: benchDate, Technician: "maker", Instrument: "bench",
	}
	if q != protocol.QuantityDepth {
		t.Points = append(t.Points, protocol.CalPoint{})
	}
	for _, share := range [...]int64{100, 250, 500, 750, 1000} {
		raw := int64(highest) * share / 1000
		v := u.truth(raw * perBase)
		switch q {
		case protocol.QuantityDepth:
			v += bench.within(benchDepthNM)
		case protocol.QuantitySpeed:
			v = bench.scatter(v, benchSpeed)
		case protocol.QuantityPower:
			v = bench.scatter(v, benchPower)
		case protocol.QuantityImpedance:
			v = bench.scatter(v, benchOhms)
		}
		t.Points = append(t.Points, protocol.CalPoint{Raw: int32(raw), True: int32(v / perBase)})
	}
	return t
}
