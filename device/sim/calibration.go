package sim

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"

	"stipple/protocol"
)

// calibration is the pen's tables: for each quantity that it offers the one
// that is active, the one before it, and one that is staged. It drives
// table.Raw(wanted) and reports table.True(sensor), and has nothing else to
// know a value by.
//
// So a table that is wrong makes the pen wrong without its noticing: its depth
// bound, its dose and its measured values all stand on the same table, and each
// agrees with what was set. What bounds that is outside the table's own word:
// the rules of SPEC.md section 19.2, by which what flows is at most a third and
// 2 % of the highest value more than the pen believes, in power and so in dose;
// the tolerance alarms, where drive and sensor disagree; and a technician with
// an instrument of his own, who is the only one who can know. What must hold
// whatever a table says uses no table: whether RF is off, whether the needle is
// home, and the source's own voltage and current.
type calibration struct {
	mem      Memory
	revision uint32 // of the pen: how often any table has been changed
	shelves  [protocol.QuantityCount]shelf
	staged   [protocol.QuantityCount][]byte // nil: none; gone with a reset
}

// shelf is the tables of one quantity. There is room for one more than are in
// use, so that a new one is whole before anything points to it.
type shelf struct {
	offered          bool
	highest          int32 // of the quantity's parameter, in its base unit
	tables           [calSlots]protocol.CalTable
	active, previous uint8 // slots; noSlot: none
	known            [16]knownValue
}

const (
	calSlots = 3
	noSlot   = 0xFF
	// perBase is how many of the plant's units are one base unit: the same for
	// nm and µm, milli-strokes and strokes, µW and mW, mΩ and Ω.
	perBase = 1000
)

// loadCalibration reads the tables. A memory that has none gets those that the
// maker measured on this unit.
func loadCalibration(mem Memory, m model, u unit) (calibration, error) {
	c := calibration{mem: mem}
	for q := range c.shelves {
		c.shelves[q] = shelf{highest: highest(&m.desc, protocol.Quantity(q)), active: noSlot, previous: noSlot}
	}
	for _, name := range m.desc.Calibrations {
		q, ok := protocol.QuantityNamed(name)
		if !ok {
			return c, fmt.Errorf("%w: calibration %q", protocol.ErrDescriptor, name)
		}
		c.shelves[q].offered = true
	}
	b, err := mem.Read(cellCalibration)
	if err != nil {
		return c, err
	}
	if len(b) == 0 {
		return c, c.format(m, u)
	}
	return c, c.load(b)
}

// highest is what a quantity's parameter or sensor goes up to.
func highest(d *protocol.Descriptor, q protocol.Quantity) int32 {
	if q == protocol.QuantityImpedance {
		s, _ := d.Sensor(sensorImpedance)
		return s.Max
	}
	if int(q) < len(d.Parameters) {
		return d.Parameters[q].Max
	}
	return 0
}

// load reads what the directory names.
func (c *calibration) load(directory []byte) error {
	if len(directory) < calDirectory {
		return fmt.Errorf("%w: calibration directory of %d bytes", ErrMemory, len(directory))
	}
	c.revision = binary.LittleEndian.Uint32(directory)
	for q := range c.shelves {
		s := &c.shelves[q]
		s.active, s.previous = directory[4+2*q], directory[5+2*q]
		for _, slot := range [...]uint8{s.active, s.previous} {
			if slot == noSlot {
				continue
			}
			if slot >= calSlots {
				return fmt.Errorf("%w: calibration of %v in slot %d", ErrMemory, protocol.Quantity(q), slot)
			}
			if err := c.loadTable(protocol.Quantity(q), slot); err != nil {
				return err
			}
		}
	}
	return nil
}

const calDirectory = 4 + 2*protocol.QuantityCount

func (c *calibration) loadTable(q protocol.Quantity, slot uint8) error {
	raw, err := c.mem.Read(calCell(q, slot))
	if err != nil {
		return err
	}
	t, err := protocol.ParseCalTable(raw)
	if err != nil {
		return fmt.Errorf("%w: calibration of %v: %w", ErrMemory, q, err)
	}
	c.shelves[q].tables[slot] = t
	return nil
}

func calCell(q protocol.Quantity, slot uint8) uint32 {
	return cellTables + uint32(q)*calSlots + uint32(slot)
}

// saveTable writes a table into a slot that nothing points to yet.
func (c *calibration) saveTable(slot uint8, t protocol.CalTable) error {
	if err := c.mem.Write(calCell(t.Quantity, slot), t.Append(nil)); err != nil {
		return err
	}
	c.shelves[t.Quantity].tables[slot] = t
	return nil
}

// turn points to other tables of one quantity and counts the revision, in one
// write: a reset finds either all of it or nothing.
func (c *calibration) turn(q protocol.Quantity, active, previous uint8) error {
	next := *c
	next.shelves[q].active, next.shelves[q].previous = active, previous
	next.revision++
	if err := next.saveDirectory(); err != nil {
		return err
	}
	*c = next
	return nil
}

func (c *calibration) saveDirectory() error {
	b := binary.LittleEndian.AppendUint32(nil, c.revision)
	for _, s := range c.shelves {
		b = append(b, s.active, s.previous)
	}
	return c.mem.Write(cellCalibration, b)
}

// free is a slot that nothing points to.
func (s *shelf) free() uint8 {
	for slot := range uint8(calSlots) {
		if slot != s.active && slot != s.previous {
			return slot
		}
	}
	return noSlot // never: there is one slot more than are in use
}

// table is the one in a place; false where there is none. A staged one is not
// asked for here: it may be anything.
func (c *calibration) table(q protocol.Quantity, place protocol.CalPlace) (protocol.CalTable, bool) {
	s := &c.shelves[q]
	slot := s.active
	if place == protocol.CalPrevious {
		slot = s.previous
	}
	if slot == noSlot {
		return protocol.CalTable{}, false
	}
	return s.tables[slot], true
}

// driven is the raw value that makes v, as far as the active table knows.
func (c *calibration) driven(q protocol.Quantity, v int32) int32 {
	s := &c.shelves[q]
	if s.active == noSlot {
		return v
	}
	return s.tables[s.active].Raw(v, s.highest)
}

// measured is the true value of what a sensor says, as far as the active table
// knows. A sensor that says nothing measures nothing, whatever the table makes
// of 0; and nothing measures less than that.
func (c *calibration) measured(q protocol.Quantity, raw int32) int32 {
	s := &c.shelves[q]
	if s.active == noSlot || raw == 0 && q != protocol.QuantityDepth {
		return raw
	}
	known := &s.known[uint32(raw)%uint32(len(s.known))]
	if known.raw != raw || known.revision != c.revision+1 {
		*known = knownValue{raw: raw, revision: c.revision + 1, value: max(0, s.tables[s.active].True(raw, s.highest))}
	}
	return known.value
}

// knownValue is what a raw value came to under the tables of a revision, one
// more than which is noted, so that a zero is none. A sensor says the same few
// values again and again, ten thousand times a second.
type knownValue struct {
	raw      int32
	revision uint32
	value    int32
}

// measuredPower is measured in µW, between the table's mW: the dose is
// integrated finely.
func (c *calibration) measuredPower(raw int64) int64 {
	if raw == 0 {
		return 0
	}
	mw := int32(raw / uwPerMW)
	low, high := int64(c.measured(protocol.QuantityPower, mw)), int64(c.measured(protocol.QuantityPower, mw+1))
	return low*uwPerMW + (high-low)*(raw%uwPerMW)
}

// expired says whether an active table's time is over on a day since
// 1970-01-01. Its last day is its own.
func (c *calibration) expired(day int64) bool {
	for q := range protocol.Quantity(protocol.QuantityCount) {
		t, ok := c.table(q, protocol.CalActive)
		if ok && t.ValidDays > 0 && day > int64(t.DateDays)+int64(t.ValidDays) {
			return true
		}
	}
	return false
}

// calExpired is arm block CAL_EXPIRED: never while the pen does not know the
// date.
func (fw *firmware) calExpired() bool {
	today, known := fw.today()
	return known && fw.cal.expired(today)
}

// offers says whether the pen has tables of the quantity.
func (c *calibration) offers(q protocol.Quantity) bool {
	return q < protocol.QuantityCount && c.shelves[q].offered
}

// unstage forgets what was written and not committed.
func (c *calibration) unstage() { c.staged = [protocol.QuantityCount][]byte{} }

// calRead is CAL_READ.
func (fw *firmware) calRead(m *protocol.CalRead) protocol.Message {
	if !fw.cal.offers(m.Quantity) || m.Place > protocol.CalStaged {
		return rejected(m.Type(), protocol.CodeRange, protocol.NoField, 0)
	}
	r := &protocol.CalTableReply{Quantity: m.Quantity, Place: m.Place}
	if m.Place == protocol.CalStaged {
		r.Table = fw.cal.staged[m.Quantity]
	} else if t, ok := fw.cal.table(m.Quantity, m.Place); ok {
		r.Table = t.Append(nil)
	}
	return r
}

// calWrite is CAL_WRITE. What is staged has no effect.
func (fw *firmware) calWrite(m *protocol.CalWrite) protocol.Message {
	code := fw.refusal(m.Type(), m.Role)
	if code == protocol.CodeOK && !fw.cal.offers(m.Quantity) {
		code = protocol.CodeRange
	}
	if code == protocol.CodeOK {
		if t, err := protocol.ParseCalTable(m.Table); err != nil || t.Quantity != m.Quantity {
			code = protocol.CodeTable
		}
	}
	if code != protocol.CodeOK {
		return fw.refused(m.Type(), code, protocol.NoField, 0)
	}
	fw.cal.staged[m.Quantity] = m.Table
	return &protocol.CalWritten{Quantity: m.Quantity, Digest: tableDigest(m.Table)}
}

func tableDigest(table []byte) [8]byte {
	sum := sha256.Sum256(table)
	return [8]byte(sum[:8])
}

// calCommit is CAL_COMMIT, the first time it arrives.
func (fw *firmware) calCommit(m *protocol.CalCommit) protocol.Code {
	if !fw.cal.offers(m.Quantity) {
		return protocol.CodeRange
	}
	s, staged := &fw.cal.shelves[m.Quantity], fw.cal.staged[m.Quantity]
	switch {
	case staged == nil:
		return protocol.CodeIncomplete
	case tableDigest(staged) != m.Digest:
		return protocol.CodeDigest
	}
	t, err := protocol.ParseCalTable(staged)
	if err != nil || t.Check(s.highest) != nil {
		return protocol.CodeTable
	}
	for _, place := range [...]protocol.CalPlace{protocol.CalActive, protocol.CalPrevious} {
		if old, ok := fw.cal.table(m.Quantity, place); ok && t.Revision <= old.Revision {
			return protocol.CodeGeneration
		}
	}
	slot := s.free()
	err = fw.cal.saveTable(slot, t)
	if err == nil {
		err = fw.cal.turn(m.Quantity, slot, s.active)
	}
	if err != nil {
		fw.keepErr(err)
		return protocol.CodeSelfTest
	}
	fw.cal.staged[m.Quantity] = nil
	fw.recalibrated(m.Quantity)
	return protocol.CodeOK
}

// calRestore is CAL_RESTORE, the first time it arrives.
func (fw *firmware) calRestore(m *protocol.CalRestore) protocol.Code {
	if !fw.cal.offers(m.Quantity) {
		return protocol.CodeRange
	}
	s := &fw.cal.shelves[m.Quantity]
	if s.previous == noSlot {
		return protocol.CodeNothing
	}
	if err := fw.cal.turn(m.Quantity, s.previous, s.active); err != nil {
		fw.keepErr(err)
		return protocol.CodeSelfTest
	}
	fw.recalibrated(m.Quantity)
	return protocol.CodeOK
}

// recalibrated follows a change of a table: what was confirmed was confirmed
// under another one.
func (fw *firmware) recalibrated(q protocol.Quantity) {
	fw.settings.confirmed = false
	fw.settings.rehash(fw)
	fw.event(protocol.EventCalibration, int32(q), wireBound(fw.cal.revision))
	fw.report.now = true
}
