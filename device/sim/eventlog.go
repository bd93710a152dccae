package sim

import (
	"time"

	"stipple/protocol"
)

func (fw *firmware) event(code uint16, a, b int32) uint32 {
	return fw.eventLevel(code, protocol.LevelInfo, a, b)
}

// eventLevel numbers an event, keeps it as a record of the log, and tells it at
// once. It returns its index.
func (fw *firmware) eventLevel(code uint16, level protocol.Level, a, b int32) uint32 {
	r := protocol.LogRecord{
		Boot: fw.nv.counters.boot, Clock: fw.clock(), UTC: fw.utc(), Code: code, Level: level, Args: [2]int32{a, b},
	}
	fw.keepErr(fw.nv.log.add(&r))
	if fw.session.id != 0 {
		fw.send(&protocol.Event{Index: r.Index, Clock: r.Clock, Code: code, Level: level, Args: r.Args})
	}
	return r.Index
}

// logPage answers LOG_READ with the records that the log holds from the wanted
// index on, as they stand in memory: whether one is damaged its checksum says.
func (fw *firmware) logPage(m *protocol.LogRead) protocol.Message {
	most := min(int(m.Max), protocol.MaxRecordsPerPage)
	if fw.outputPossible() {
		most = min(most, (protocol.BulkArmedBytes-pageHead)/protocol.LogRecordSize)
	}
	page := new(protocol.LogPage)
	fw.keepErr(fw.nv.log.page(page, m.From, most))
	return page
}

// note is LOG_NOTE.
func (fw *firmware) note(m *protocol.LogNote) protocol.Message {
	if code := fw.refusal(m.Type(), m.Role); code != protocol.CodeOK {
		return fw.refused(m.Type(), code, protocol.NoField, 0)
	}
	args := protocol.NoteArgs(m.Note)
	return &protocol.LogNoted{Index: fw.event(protocol.EventNote, args[0], args[1])}
}

// eraseLog is LOG_ERASE, the first time it arrives. What goes is read once more,
// to hold it against the copy; that takes its time.
func (fw *firmware) eraseLog(m *protocol.LogErase) (protocol.Code, protocol.ArmBlocks) {
	if code := fw.mayErase(m); code != protocol.CodeOK {
		return code, 0
	}
	compare := func() (protocol.Code, protocol.ArmBlocks) { return fw.eraseCopied(m), 0 }
	if takes := time.Duration(m.UpTo-fw.nv.log.oldest) * time.Millisecond / eraseRate; takes > runFrom {
		fw.goOn(takes, compare)
		return protocol.CodeOK, 0
	}
	return compare()
}

// mayErase says whether the log has records up to what LOG_ERASE names.
func (fw *firmware) mayErase(m *protocol.LogErase) protocol.Code {
	l := fw.nv.log
	fw.keepErr(l.skip())
	switch {
	case l.empty():
		return protocol.CodeNothing
	case m.UpTo < l.oldest || m.UpTo > l.newest:
		return protocol.CodeRange
	}
	return protocol.CodeOK
}

// eraseCopied drops what the console has proved that it has. Where the log has
// wrapped in the meantime, that is not what is kept any more.
func (fw *firmware) eraseCopied(m *protocol.LogErase) protocol.Code {
	if code := fw.mayErase(m); code != protocol.CodeOK {
		return code
	}
	sum, err := fw.nv.log.sum(m.UpTo)
	fw.keepErr(err)
	if err != nil || sum != m.CRC {
		return protocol.CodeDigest
	}
	fw.keepErr(fw.nv.log.erase(m.UpTo))
	fw.event(protocol.EventLogErased, wireBound(m.UpTo), 0)
	return protocol.CodeOK
}
