package conformance

import (
	"bytes"
	"fmt"

	"stipple/protocol"
	"stipple/protocol/testdata/vectors"
)

func calibrationCases() []Case {
	return []Case{
		{"calibration/read", "19.4", "the active table of each quantity keeps every rule; where there is no table, nothing comes", 0, calRead},
		{"calibration/range", "19.4", "a quantity or a place that the pen has not: RANGE", 0, calRange},
		{"calibration/state", "19.4", "tables are written, committed and restored in SERVICE alone", 0, calState},
		{"calibration/armed", "19.4", "while armed a table is not read: STATE", NeedReady, calArmed},
		{"calibration/stage", "19.4", "a table is staged whole, reads back byte by byte under its digest, and has no effect", 0, calStage},
		{"calibration/stage-dropped", "19.4", "what is staged is gone when SERVICE is left", 0, calDropped},
		{"calibration/unreadable", "19.2", "the golden tables that can't be read are refused with TABLE", 0, calUnreadable},
		{"calibration/commit-refused", "19.4", "CAL_COMMIT: INCOMPLETE, DIGEST, TABLE, GENERATION; nothing changes", 0, calCommitRefused},
		{"calibration/restore-nothing", "19.4", "CAL_RESTORE without a previous table: NOTHING", 0, calRestoreNothing},
		{"calibration/commit-and-restore", "19.4", "a committed table is active, the one before is previous; the revision goes up, nothing is confirmed any more; CAL_RESTORE exchanges them", NeedMark, calCommit},
	}
}

// quantities are those that the pen has tables of.
func (t *trial) quantities() []protocol.Quantity {
	t.needs(protocol.TypeCalRead)
	var list []protocol.Quantity
	for _, name := range t.s.desc.Calibrations {
		if q, ok := protocol.QuantityNamed(name); ok {
			list = append(list, q)
		}
	}
	return list
}

// highest is what a quantity goes up to; section 19.
func (t *trial) highest(q protocol.Quantity) int32 {
	if q == protocol.QuantityImpedance {
		s, _ := t.s.desc.Sensor("impedance")
		return s.Max
	}
	p, _, _ := t.param(q.String())
	return p.Max
}

func (t *trial) table(q protocol.Quantity, place protocol.CalPlace) []byte {
	r := ask[protocol.CalTableReply](t, &protocol.CalRead{Quantity: q, Place: place})
	t.want(t.over() || r.Quantity == q && r.Place == place, fmt.Sprintf("CAL_TABLE of %s, place %d", q, place), "%s, place %d", r.Quantity, r.Place)
	return r.Table
}

func calRead(t *trial) {
	for _, q := range t.quantities() {
		for _, place := range []protocol.CalPlace{protocol.CalActive, protocol.CalPrevious} {
			raw := t.table(q, place)
			if t.over() || len(raw) == 0 {
				continue
			}
			table, err := protocol.ParseCalTable(raw)
			if err == nil {
				err = table.Check(t.highest(q))
			}
			t.want(err == nil && table.Quantity == q, fmt.Sprintf("a table of %s that keeps every rule", q), "%v", err)
		}
		t.want(t.over() || len(t.table(q, protocol.CalStaged)) == 0, "nothing staged in STANDBY", "a table")
	}
}

func calRange(t *trial) {
	has := t.quantities()
	for q := protocol.Quantity(0); q <= protocol.QuantityCount; q++ {
		known := false
		for _, h := range has {
			known = known || h == q
		}
		if !known && !t.over() {
			t.refused(&protocol.CalRead{Quantity: q}, protocol.CodeRange, protocol.NoField, 0)
		}
	}
	t.refused(&protocol.CalRead{Quantity: t.s.quantity(), Place: 3}, protocol.CodeRange, protocol.NoField, 0)
}

func (t *trial) commit(q protocol.Quantity, digest [8]byte) *protocol.CalCommit {
	return &protocol.CalCommit{CommandID: t.commandID(), Role: protocol.RoleTechnician, Quantity: q, Digest: digest}
}

func (t *trial) restore(q protocol.Quantity) *protocol.CalRestore {
	return &protocol.CalRestore{CommandID: t.commandID(), Role: protocol.RoleTechnician, Quantity: q}
}

func calState(t *trial) {
	t.needs(protocol.TypeCalRead)
	q := t.s.quantity()
	next := t.successor(q)
	t.refused(&protocol.CalWrite{Role: protocol.RoleTechnician, Quantity: q, Table: next.Append(nil)}, protocol.CodeState, protocol.NoField, 0)
	t.commandRefused(t.commit(q, next.Digest()), protocol.CodeState)
	t.commandRefused(t.restore(q), protocol.CodeState)
}

func calArmed(t *trial) {
	t.needs(protocol.TypeCalRead)
	t.ready()
	t.refused(&protocol.CalRead{Quantity: t.s.quantity()}, protocol.CodeState, protocol.NoField, 0)
	t.inState(protocol.StateReady)
}

// successor is a table that says what the active one says, under the next
// revision.
func (t *trial) successor(q protocol.Quantity) protocol.CalTable {
	next := protocol.Identity(q, t.highest(q))
	for _, place := range []protocol.CalPlace{protocol.CalPrevious, protocol.CalActive} {
		if raw := t.table(q, place); len(raw) > 0 {
			table, err := protocol.ParseCalTable(raw)
			t.want(err == nil, "a table that can be read", "%v", err)
			table.Revision = max(table.Revision, next.Revision-1) + 1
			next = table
		}
	}
	return next
}

// stage writes a table, which must be taken as it is.
func (t *trial) stage(table protocol.CalTable) {
	r := ask[protocol.CalWritten](t, &protocol.CalWrite{Role: protocol.RoleTechnician, Quantity: table.Quantity, Table: table.Append(nil)})
	t.want(t.over() || r.Quantity == table.Quantity && r.Digest == table.Digest(), fmt.Sprintf("CAL_WRITTEN with digest %x", table.Digest()), "%x", r.Digest)
}

func calStage(t *trial) {
	for _, q := range t.quantities() {
		active := t.table(q, protocol.CalActive)
		next := t.successor(q)
		t.service()
		t.stage(next)
		t.stage(next) // it may be repeated
		t.want(t.over() || bytes.Equal(t.table(q, protocol.CalStaged), next.Append(nil)), "the staged table, byte by byte", "another")
		t.want(t.over() || bytes.Equal(t.table(q, protocol.CalActive), active), "the active table as it was", "another")
		t.request(t.enter(false))
	}
}

func calDropped(t *trial) {
	t.needs(protocol.TypeCalRead)
	q := t.s.quantity()
	for _, leave := range []func(){func() { t.request(t.enter(false)) }, func() { t.hello() }} {
		next := t.successor(q)
		t.service()
		t.stage(next)
		leave()
		t.want(t.over() || len(t.table(q, protocol.CalStaged)) == 0, "nothing staged", "a table")
	}
}

func calUnreadable(t *trial) {
	t.needs(protocol.TypeCalRead)
	all, err := vectors.Calibrations()
	if err != nil {
		t.lose(err)
	}
	t.service()
	q, n := t.s.quantity(), 0
	for _, v := range all {
		if _, err := protocol.ParseCalTable(v.Table); err == nil || len(v.Table) > protocol.MaxCalTable || t.over() {
			continue
		}
		n++
		t.refused(&protocol.CalWrite{Role: protocol.RoleTechnician, Quantity: q, Table: v.Table}, protocol.CodeTable, protocol.NoField, 0)
	}
	t.want(t.over() || n > 0, "golden tables that can't be read", "none")
	other := t.successor(q)
	other.Quantity = (q + 1) % protocol.QuantityCount
	t.refused(&protocol.CalWrite{Role: protocol.RoleTechnician, Quantity: q, Table: other.Append(nil)}, protocol.CodeTable, protocol.NoField, 0)
	t.want(t.over() || len(t.table(q, protocol.CalStaged)) == 0, "nothing staged", "a table")
}

func calCommitRefused(t *trial) {
	t.needs(protocol.TypeCalRead)
	q := t.s.quantity()
	active, rev := t.table(q, protocol.CalActive), ask[protocol.SettingsReply](t, &protocol.GetSettings{}).CalRev
	next := t.successor(q)
	t.service()
	t.commandRefused(t.commit(q, next.Digest()), protocol.CodeIncomplete)
	t.stage(next)
	t.commandRefused(t.commit(q, [8]byte{1}), protocol.CodeDigest)
	falls := protocol.CalTable{Quantity: q, Revision: next.Revision, Points: []protocol.CalPoint{{Raw: 0, True: 100}, {Raw: 100, True: 0}}}
	t.stage(falls)
	t.commandRefused(t.commit(q, falls.Digest()), protocol.CodeTable)
	old := next
	old.Revision--
	if old.Revision > 0 {
		t.stage(old)
		t.commandRefused(t.commit(q, old.Digest()), protocol.CodeGeneration)
	}
	t.want(t.over() || bytes.Equal(t.table(q, protocol.CalActive), active), "the active table as it was", "another")
	now := ask[protocol.SettingsReply](t, &protocol.GetSettings{}).CalRev
	t.want(t.over() || now == rev, fmt.Sprintf("calibration revision %d", rev), "%d", now)
}

func calRestoreNothing(t *trial) {
	for _, q := range t.quantities() {
		if len(t.table(q, protocol.CalPrevious)) == 0 && !t.over() {
			t.service()
			t.commandRefused(t.restore(q), protocol.CodeNothing)
			return
		}
	}
	t.skip("each quantity of this pen has a previous table, which would come back")
}

func calCommit(t *trial) {
	t.needs(protocol.TypeCalRead)
	q := t.s.quantity()
	active, rev := t.table(q, protocol.CalActive), ask[protocol.SettingsReply](t, &protocol.GetSettings{}).CalRev
	next := t.successor(q)
	t.confirm(t.least())
	t.service()
	t.stage(next)
	expect := func(what string, m protocol.Message, wantActive, wantPrevious []byte) {
		mark := t.mark()
		r := t.command(m)
		t.want(r.Outcome == protocol.OutcomeDone, what+" to be DONE", "%s", describeMessage(r))
		e := t.awaitEvent(protocol.EventCalibration, "EVENT 23, calibration", mark)
		rev++
		t.want(t.over() || e.Args == [2]int32{int32(q), int32(rev)}, fmt.Sprintf("quantity %d, revision %d", q, rev), "%v", e.Args)
		t.want(t.over() || bytes.Equal(t.table(q, protocol.CalActive), wantActive) && bytes.Equal(t.table(q, protocol.CalPrevious), wantPrevious), "active and previous table after "+what, "others")
	}
	expect("CAL_COMMIT", t.commit(q, next.Digest()), next.Append(nil), active)
	expect("CAL_RESTORE", t.restore(q), active, next.Append(nil))
	t.request(t.enter(false))
	now := ask[protocol.SettingsReply](t, &protocol.GetSettings{})
	s := t.inState(protocol.StateStandby)
	t.want(t.over() || now.CalRev == rev && s.ArmBlocks&protocol.BlockSettingsUnconfirmed != 0, fmt.Sprintf("calibration revision %d, nothing confirmed", rev), "%d, %s", now.CalRev, describeStatus(s))
}
