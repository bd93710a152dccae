package sim

import "stipple/protocol"

// date is what UTC_SET told: the pen has no clock of its own that goes on while
// it is off, so a reset forgets it.
type date struct {
	known  bool
	offset int64 // µs since 1970-01-01 at the boot
}

// utc is the date now in s since 1970-01-01, as a log record has it: 0 while it
// is not known.
func (fw *firmware) utc() uint32 {
	if !fw.date.known {
		return 0
	}
	return uint32(min((fw.date.offset+int64(fw.clock()))/1_000_000, protocol.LatestUTC))
}

// today counts days since 1970-01-01.
func (fw *firmware) today() (day int64, known bool) {
	return int64(fw.utc()) / secondsADay, fw.date.known
}

// setUTC is UTC_SET, the first time it arrives.
func (fw *firmware) setUTC(m *protocol.UTCSet) (protocol.Code, protocol.ArmBlocks) {
	if m.Clock > fw.clock() || m.UTC < protocol.EarliestUTC*1_000_000 || m.UTC > protocol.LatestUTC*1_000_000 {
		return protocol.CodeRange, 0
	}
	before := int64(fw.utc())
	d := date{known: true, offset: int64(m.UTC) - int64(m.Clock)}
	moved := int64(0)
	if fw.date.known {
		moved = (d.offset+int64(fw.clock()))/1_000_000 - before
	}
	fw.date = d
	fw.event(protocol.EventUTC, wireArg(moved), 0)
	return protocol.CodeOK, 0
}
