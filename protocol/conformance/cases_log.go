package conformance

import (
	"fmt"
	"math"

	"stipple/protocol"
)

func logCases() []Case {
	return []Case{
		{"log/bounds", "16.3", "LOG_READ of 0 records tells the oldest and the newest", 0, logBounds},
		{"log/page", "16.3", "a page begins at the wanted index, or at the oldest, ascending, at most 6 and at most as many as asked", 0, logPage},
		{"log/behind-the-end", "16.3", "behind the newest there is nothing", 0, logEnd},
		{"log/sound", "16.2", "the checksums of the newest records are right", 0, logSound},
		{"log/resume", "16.3", "reading on from the last index + 1 finds every record once, in any steps", 0, logResume},
		{"log/resume-session", "16.3", "reading on in another session goes on where it was broken off", 0, logResumeSession},
		{"log/event", "16.2", "each EVENT is a record with the same content and the boot id", 0, logEvent},
		{"log/unchanged", "16.2", "a record is never changed: it reads the same again", 0, logUnchanged},
		{"log/armed", "16.3", "while armed a page has at most 2 records", NeedReady, logArmed},
		{"log/monitor", "24", "a console that may only monitor can read the log", 0, logMonitor},
		{"log/stopped", "16.3", "the log is read in ESTOP, too", 0, logStopped},
		{"log/note", "16.5", "LOG_NOTE is answered with the index of its record, EVENT 19", 0, logNote},
		{"log/erase-refused", "16.4", "LOG_ERASE without the checksum of a copy is refused: ROLE, RANGE, DIGEST; nothing is gone", 0, logEraseRefused},
		{"log/erase-armed", "16.4", "LOG_ERASE while armed: STATE", NeedReady, logEraseArmed},
		{"log/erase", "16.4", "after a verified copy the oldest records go, EVENT 18 tells it, and indexes go on", NeedMark, logErase},
		{"log/reboot", "16.2", "the log survives a reset", NeedReset, logReboot},
	}
}

// records reads a page of the log.
func (t *trial) records(from uint32, most uint8) *protocol.LogPage {
	if t.s.desc.LogKept == 0 {
		t.skip("this pen keeps no log")
	}
	p := ask[protocol.LogPage](t, &protocol.LogRead{From: from, Max: most})
	t.want(len(p.Records) <= int(most) && len(p.Records) <= protocol.MaxRecordsPerPage, fmt.Sprintf("at most %d records", min(most, protocol.MaxRecordsPerPage)), "%d", len(p.Records))
	return p
}

func logBounds(t *trial) {
	p := t.records(0, 0)
	t.want(t.over() || p.Oldest > 0 && p.Oldest <= p.Newest, "oldest and newest in order", "%d and %d", p.Oldest, p.Newest)
	s := t.status()
	t.want(t.over() || s.NewestLog >= p.Newest, fmt.Sprintf("newest_log of STATUS %d or above", p.Newest), "%d", s.NewestLog)
}

func logPage(t *trial) {
	all := t.records(0, 255)
	t.want(t.over() || len(all.Records) > 0 && all.Records[0].Index == all.Oldest, fmt.Sprintf("a page from %d", all.Oldest), "%+v", all)
	for _, most := range []uint8{1, 2, 5} {
		p := t.records(all.Newest, most)
		t.want(t.over() || len(p.Records) > 0 && p.Records[0].Index == all.Newest, fmt.Sprintf("record %d first", all.Newest), "%+v", p)
	}
}

func logEnd(t *trial) {
	newest := t.records(0, 0).Newest
	for _, from := range []uint32{newest + 1000, math.MaxUint32} {
		p := t.records(from, 3)
		t.want(t.over() || len(p.Records) == 0, fmt.Sprintf("no record from %d on", from), "%+v", p.Records)
	}
}

// newestRecords copies the newest records, up to a number, in steps.
func (t *trial) newestRecords(count uint32, step uint8) []protocol.LogRecord {
	p := t.records(0, 0)
	from := p.Oldest
	if p.Newest-p.Oldest >= count {
		from = p.Newest - count + 1
	}
	return t.copyLog(from, p.Newest, step)
}

// copyLog copies records by their index, asking again from the last + 1.
func (t *trial) copyLog(from, to uint32, step uint8) []protocol.LogRecord {
	var list []protocol.LogRecord
	for next := from; next <= to && !t.over(); {
		p := t.records(next, step)
		if len(p.Records) == 0 {
			t.fail(fmt.Sprintf("records from %d to %d", next, to), "none")
			break
		}
		for _, r := range p.Records {
			if r.Index > to {
				return list
			}
			t.want(r.Index >= next, fmt.Sprintf("an index of %d or above", next), "%d", r.Index)
			list = append(list, r)
			next = r.Index + 1
		}
	}
	return list
}

const logStretch = 40 // records that a case copies: more than a page, and no long wait on a slow line

func logSound(t *trial) {
	for _, r := range t.newestRecords(logStretch, 6) {
		t.want(r.Sound(), "a right CRC-32C of each record", "record %d has %#x", r.Index, r.CRC)
		t.want(r.Boot <= t.s.boot, fmt.Sprintf("a boot id of at most %d", t.s.boot), "record %d has %d", r.Index, r.Boot)
	}
}

func logResume(t *trial) {
	p := t.records(0, 0)
	from := p.Newest - min(p.Newest-p.Oldest, logStretch)
	want := t.copyLog(from, p.Newest, 6)
	for _, step := range []uint8{1, 4, 255} {
		got := t.copyLog(from, p.Newest, step)
		t.want(t.over() || fmt.Sprint(got) == fmt.Sprint(want), fmt.Sprintf("the same %d records in steps of %d", len(want), step), "%d", len(got))
	}
}

func logResumeSession(t *trial) {
	first := t.newestRecords(logStretch, 3)
	if len(first) < 2 {
		t.skip("the log has one record")
		return
	}
	t.hello()
	half := len(first) / 2
	rest := t.copyLog(first[half-1].Index+1, first[len(first)-1].Index, 3)
	t.want(t.over() || fmt.Sprint(rest) == fmt.Sprint(first[half:]), fmt.Sprintf("the %d records behind %d", len(first)-half, first[half-1].Index), "%d", len(rest))
}

func logEvent(t *trial) {
	mark := t.mark()
	t.confirm(t.least())
	e := t.awaitEvent(protocol.EventSettings, "EVENT 8, settings", mark)
	p := t.records(e.Index, 1)
	ok := len(p.Records) == 1 && p.Records[0].Index == e.Index && p.Records[0].Boot == t.s.boot && p.Records[0].Clock == e.Clock &&
		p.Records[0].Code == e.Code && p.Records[0].Level == e.Level && p.Records[0].Args == e.Args
	t.want(t.over() || ok, fmt.Sprintf("a record of %+v of boot %d", e, t.s.boot), "%+v", p.Records)
}

func logUnchanged(t *trial) {
	list := t.newestRecords(6, 6)
	t.confirm(t.least())
	t.hello()
	if t.over() || len(list) == 0 {
		return
	}
	again := t.copyLog(list[0].Index, list[len(list)-1].Index, 6)
	t.want(t.over() || fmt.Sprint(again) == fmt.Sprint(list), fmt.Sprintf("%+v", list), "%+v", again)
}

func logArmed(t *trial) {
	if t.s.desc.LogKept == 0 {
		t.skip("this pen keeps no log")
	}
	t.ready()
	p := t.records(0, 255)
	t.want(len(p.Records) <= 2, "at most 2 records while armed", "%d", len(p.Records))
	t.inState(protocol.StateReady)
}

func logMonitor(t *trial) {
	want := t.records(0, 1)
	t.monitor()
	got := t.records(0, 1)
	t.want(t.over() || fmt.Sprint(got.Records) == fmt.Sprint(want.Records), fmt.Sprintf("%+v", want.Records), "%+v", got.Records)
}

func logStopped(t *trial) {
	t.stop(t.session)
	p := t.records(0, 2)
	t.want(t.over() || len(p.Records) > 0, "records", "none")
}

func logNote(t *trial) {
	t.needs(protocol.TypeLogNote)
	note := [8]byte{1, 2, 3, 4, 0xFC, 0xFD, 0xFE, 0xFF}
	mark := t.mark()
	r := ask[protocol.LogNoted](t, &protocol.LogNote{Role: protocol.RoleAdministrator, Note: note})
	e := t.awaitEvent(protocol.EventNote, "EVENT 19, note", mark)
	p := t.records(r.Index, 1)
	ok := len(p.Records) == 1 && p.Records[0].Index == r.Index && p.Records[0].Code == protocol.EventNote && p.Records[0].Args == protocol.NoteArgs(note)
	t.want(t.over() || ok && e.Index == r.Index, fmt.Sprintf("record %d with %v", r.Index, protocol.NoteArgs(note)), "%+v", p.Records)
}

// erase is a LOG_ERASE by a service engineer.
func (t *trial) erase(upTo, crc uint32) *protocol.LogErase {
	return &protocol.LogErase{CommandID: t.commandID(), Role: protocol.RoleServiceEngineer, UpTo: upTo, CRC: crc}
}

func logEraseRefused(t *trial) {
	t.needs(protocol.TypeLogErase)
	p := t.records(0, 1)
	if t.over() || len(p.Records) == 0 {
		return
	}
	sum := protocol.LogSum(0, &p.Records[0])
	wrong := t.erase(p.Oldest, sum)
	wrong.Role = protocol.RoleTechnician
	t.commandRefused(wrong, protocol.CodeRole)
	for _, upTo := range []uint32{0, p.Oldest - 1, math.MaxUint32} {
		t.commandRefused(t.erase(upTo, sum), protocol.CodeRange)
	}
	for _, crc := range []uint32{0, ^sum, sum ^ 1, p.Records[0].CRC ^ 0x80} {
		t.commandRefused(t.erase(p.Oldest, crc), protocol.CodeDigest)
	}
	after := t.records(0, 1)
	t.want(t.over() || after.Oldest == p.Oldest && fmt.Sprint(after.Records) == fmt.Sprint(p.Records), fmt.Sprintf("oldest record %d, as it was", p.Oldest), "%d", after.Oldest)
}

func logEraseArmed(t *trial) {
	t.needs(protocol.TypeLogErase)
	p := t.records(0, 1)
	t.ready()
	if !t.over() {
		t.commandRefused(t.erase(p.Oldest, protocol.LogSum(0, &p.Records[0])), protocol.CodeState)
	}
	t.inState(protocol.StateReady)
}

func logErase(t *trial) {
	t.needs(protocol.TypeLogErase)
	p := t.records(0, 3)
	if t.over() || len(p.Records) < 3 {
		t.skip("the log has fewer than three records")
		return
	}
	sum := protocol.LogSum(protocol.LogSum(0, &p.Records[0]), &p.Records[1])
	mark := t.mark()
	r := t.command(t.erase(p.Records[1].Index, sum))
	t.want(r.Outcome == protocol.OutcomeDone, "RESULT DONE", "%s", describeMessage(r))
	e := t.awaitEvent(protocol.EventLogErased, "EVENT 18, log erased", mark)
	after := t.records(0, 1)
	t.want(t.over() || after.Oldest == p.Records[2].Index && fmt.Sprint(after.Records[0]) == fmt.Sprint(p.Records[2]), fmt.Sprintf("oldest record %d", p.Records[2].Index), "%d", after.Oldest)
	t.want(t.over() || e.Args[0] == int32(p.Records[1].Index) && e.Index > p.Newest, fmt.Sprintf("argument %d, an index above %d", p.Records[1].Index, p.Newest), "%+v", e)
}

func logReboot(t *trial) {
	list := t.newestRecords(logStretch, 6)
	t.reboot()
	if t.over() || len(list) == 0 {
		return
	}
	again := t.copyLog(list[0].Index, list[len(list)-1].Index, 6)
	t.want(t.over() || fmt.Sprint(again) == fmt.Sprint(list), fmt.Sprintf("the same %d records", len(list)), "%d", len(again))
	boot := t.copyLog(list[len(list)-1].Index+1, t.records(0, 0).Newest, 6)
	found := false
	for _, r := range boot {
		found = found || r.Code == protocol.EventBoot && r.Boot == t.s.boot
	}
	t.want(t.over() || found, fmt.Sprintf("a record of boot %d", t.s.boot), "%+v", boot)
}
