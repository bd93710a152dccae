package device

import (
	"fmt"
	"math"

	"stipple/protocol"
)

// LogCursor is how far a verified copy of a pen's log has come. It can only be
// moved on by records that follow on what it has, so it proves the copy that it
// belongs to: it says where to go on after a lost link, and what may be erased.
// The zero value stands before the oldest record of any pen.
type LogCursor struct {
	serial  string
	from    uint32
	first   uint32
	last    protocol.LogRecord // Index 0: none yet
	boot    uint32             // of the newest sound record
	clock   protocol.PenClock  // likewise
	records int
	sum     uint32
}

// NewLogCursor is a cursor for the log of one unit, from index from on; 0 is
// from the oldest. An empty serial number is any unit, until the first record.
func NewLogCursor(serial string, from uint32) LogCursor {
	return LogCursor{serial: serial, from: from}
}

// Serial is the serial number of the pen that the copy is of; empty while that
// is open.
func (c *LogCursor) Serial() string { return c.serial }

// First is the index of the first record of the copy; 0 without one.
func (c *LogCursor) First() uint32 { return c.first }

// Last is the newest record of the copy; its index is 0 without one.
func (c *LogCursor) Last() protocol.LogRecord { return c.last }

// Next is the index from which the copy goes on; 0 from the oldest on.
func (c *LogCursor) Next() uint32 {
	if c.last.Index == 0 {
		return c.from
	}
	if c.last.Index == math.MaxUint32 {
		return math.MaxUint32
	}
	return c.last.Index + 1
}

// Records is how many records the copy has.
func (c *LogCursor) Records() int { return c.records }

// Sum is protocol.LogSum over all of them: what LOG_ERASE has to name.
func (c *LogCursor) Sum() uint32 { return c.sum }

// GapKind is why numbers are missing between two records.
type GapKind uint8

// The kinds of gap.
const (
	// GapReset: a pen may skip numbers at a reset.
	GapReset GapKind = iota + 1
	// GapGone: the log has wrapped past them, or they were erased, before they
	// were copied.
	GapGone
	// GapDamage: within one boot no number is skipped, so records are lost.
	GapDamage
)

// String is the gap's name in a file.
func (k GapKind) String() string {
	names := [...]string{"", "reset", "gone", "damage"}
	if int(k) < len(names) {
		return names[k]
	}
	return "unknown"
}

// LogGap is numbers that are missing, both ends included.
type LogGap struct {
	From, To uint32
	Kind     GapKind
}

// LogEntry is a record and what is to be said of it.
type LogEntry struct {
	protocol.LogRecord
	Gap     *LogGap // what is missing in front of it; nil: nothing
	Damaged bool    // its checksum is not that of its bytes: the pen's memory is damaged there
	Reboot  bool    // the first sound one of another boot than the one before it
	Back    bool    // its boot or clock is below that of the one before it
}

// Add moves the cursor on to the next record and says what is to be said of
// it. A *LogError is a record that can't be the next one; the cursor stays.
func (c *LogCursor) Add(r protocol.LogRecord) (LogEntry, error) {
	e := LogEntry{LogRecord: r, Damaged: !r.Sound()}
	switch {
	case r.Index == 0 || r.Index < c.from:
		return e, &LogError{Index: r.Index, Why: fmt.Sprintf("a copy from %d on can't have it", max(c.from, 1))}
	case r.Index <= c.last.Index:
		return e, &LogError{Index: r.Index, Why: fmt.Sprintf("it comes behind %d", c.last.Index)}
	}
	known := c.boot != 0 || c.clock != 0
	if !e.Damaged {
		e.Reboot = known && r.Boot != c.boot
		e.Back = known && (r.Boot < c.boot || r.Boot == c.boot && r.Clock < c.clock)
		c.boot, c.clock = r.Boot, r.Clock
	}
	if c.last.Index != 0 && r.Index != c.last.Index+1 {
		e.Gap = &LogGap{From: c.last.Index + 1, To: r.Index - 1, Kind: GapDamage}
		if e.Reboot {
			e.Gap.Kind = GapReset
		}
	}
	if c.records == 0 {
		c.first = r.Index
	}
	c.last = r
	c.records++
	c.sum = protocol.LogSum(c.sum, &r)
	return e, nil
}

// LogError is a pen, or a copy, whose log contradicts itself.
type LogError struct {
	Index uint32 // of the record
	Why   string
}

func (e *LogError) Error() string { return fmt.Sprintf("log record %d: %s", e.Index, e.Why) }
