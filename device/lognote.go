package device

import (
	"context"
	"fmt"

	"stipple/protocol"
)

// EraseLog has the pen drop every record of a verified copy. The copy must
// begin at the oldest record that the pen holds, and the pen compares its sum.
//
// Errors, with nothing sent: ErrNotOffered, ErrMonitor, *OtherUnitError,
// *LogError where the copy does not begin where the log does. With the outcome
// known: *RefusedError, ErrNoReply; *EchoError where the records are still
// there, after which the pen has been sent ESTOP. Otherwise *UncertainError,
// also where it was done and not read back.
func (s *Session) EraseLog(ctx context.Context, cur LogCursor) error {
	last := cur.Last().Index
	switch {
	case cur.Serial() != s.info.Serial:
		return &OtherUnitError{Want: cur.Serial(), Got: s.info.Serial}
	case last == 0:
		return &LogError{Index: 0, Why: "the copy is empty"}
	}
	oldest, _, err := s.LogRange(ctx)
	if err != nil {
		return err
	}
	if oldest != cur.First() {
		return &LogError{Index: oldest, Why: fmt.Sprintf("the log begins with it, and the copy with %d", cur.First())}
	}
	err = s.once(ctx, eraseLimit, func(id uint64, role protocol.Role) protocol.Once {
		return &protocol.LogErase{CommandID: id, Role: role, UpTo: last, CRC: cur.Sum()}
	})
	if err != nil {
		return err
	}
	oldest, _, err = s.LogRange(ctx)
	if err != nil {
		return s.unread(protocol.TypeLogErase, err)
	}
	if oldest <= last {
		return s.contradicts(protocol.TypeLogErase, "oldest", last+1, oldest)
	}
	return nil
}

// Note writes eight bytes of the console's own into the pen's log, reads them
// back, and returns the index of their record. A note whose answer was lost may
// be in the log all the same; nothing else comes of it.
//
// Errors: ErrNotOffered, ErrMonitor, ErrNoReply, *RefusedError; *EchoError where
// the log has something else there, after which the pen has been sent ESTOP.
func (s *Session) Note(ctx context.Context, note [8]byte) (index uint32, err error) {
	m, err := s.exchange(ctx, &protocol.LogNote{Role: s.writer(), Note: note}, is[*protocol.LogNoted])
	if err != nil {
		return 0, err
	}
	index = m.(*protocol.LogNoted).Index
	m, err = s.fetch(ctx, &protocol.LogRead{From: index, Max: 1}, is[*protocol.LogPage])
	if err != nil {
		return 0, err
	}
	page := m.(*protocol.LogPage)
	want := protocol.NoteArgs(note)
	switch {
	case len(page.Records) == 0 || page.Records[0].Index != index:
		return 0, s.contradicts(protocol.TypeLogNote, "index", index, "another")
	case page.Records[0].Code != protocol.EventNote || page.Records[0].Args != want:
		r := page.Records[0]
		return 0, s.contradicts(protocol.TypeLogNote, "note", fmt.Sprint(protocol.EventNote, want), fmt.Sprint(r.Code, r.Args))
	}
	return index, nil
}
