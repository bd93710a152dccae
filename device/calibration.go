package device

import (
	"bytes"
	"context"
	"fmt"

	"stipple/protocol"
)

// Calibration reads one of the pen's tables; false where there is none in that
// place. While output is possible it is refused with ErrArmed.
//
// Errors: ErrNotOffered, ErrArmed, ErrNoReply, *RefusedError; a
// protocol.ErrCalibration where the table can't be read or breaks a rule, which
// is no reason to stop a pen that is at rest; *EchoError where it is another
// table than was asked for, after which the pen has been sent ESTOP.
func (s *Session) Calibration(ctx context.Context, q protocol.Quantity, place protocol.CalPlace) (protocol.CalTable, bool, error) {
	if err := s.mayCalibrate(q); err != nil {
		return protocol.CalTable{}, false, err
	}
	raw, err := s.calibrationBytes(ctx, q, place)
	if err != nil || len(raw) == 0 {
		return protocol.CalTable{}, false, err
	}
	t, err := protocol.ParseCalTable(raw)
	if err == nil && t.Quantity != q {
		err = fmt.Errorf("%w: a table of %v in the place of %v", protocol.ErrCalibration, t.Quantity, q)
	}
	if err == nil {
		err = t.Check(s.CalibrationRange(q))
	}
	if err != nil {
		return protocol.CalTable{}, false, err
	}
	return t, true, nil
}

func (s *Session) calibrationBytes(ctx context.Context, q protocol.Quantity, place protocol.CalPlace) ([]byte, error) {
	m, err := s.fetch(ctx, &protocol.CalRead{Quantity: q, Place: place}, is[*protocol.CalTableReply])
	if err != nil {
		return nil, err
	}
	got := m.(*protocol.CalTableReply)
	if got.Quantity != q || got.Place != place {
		return nil, s.contradicts(protocol.TypeCalRead, "table", fmt.Sprint(q, place), fmt.Sprint(got.Quantity, got.Place))
	}
	return got.Table, nil
}

// mayCalibrate says whether tables of q can be asked for now.
func (s *Session) mayCalibrate(q protocol.Quantity) error {
	if err := s.calibrates(q); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.outputPossible() {
		return ErrArmed
	}
	return nil
}

// CalibrationRange is what a table of q must hold for: the parameter's maximum,
// or that of the impedance sensor's window, in the base unit; 0 where the pen
// has no such thing.
func (s *Session) CalibrationRange(q protocol.Quantity) int32 {
	d := s.info.Descriptor
	if d == nil {
		return 0
	}
	if q == protocol.QuantityImpedance {
		sensor, _ := d.Sensor("impedance")
		return sensor.Max
	}
	if i := d.Index(q.String()); i >= 0 {
		return d.Parameters[i].Max
	}
	return 0
}

// StageCalibration writes a table to the pen, in SERVICE, and reads it back
// byte by byte. It has no effect until CommitCalibration, and is gone when the
// pen leaves SERVICE.
//
// Errors, with nothing sent: ErrNotOffered, ErrArmed, ErrMonitor, a
// protocol.ErrCalibration where the table breaks a rule. Else ErrNoReply,
// *RefusedError; *EchoError where something else is staged, after which the pen
// has been sent ESTOP.
func (s *Session) StageCalibration(ctx context.Context, t protocol.CalTable) error {
	if err := s.mayCalibrate(t.Quantity); err != nil {
		return err
	}
	raw := t.Append(nil)
	if _, err := protocol.ParseCalTable(raw); err != nil { // a text that is too long or can't be printed
		return err
	}
	if err := t.Check(s.CalibrationRange(t.Quantity)); err != nil {
		return err
	}
	s.mu.Lock()
	err := s.mayCommand()
	s.mu.Unlock()
	if err != nil {
		return err
	}
	m, err := s.fetch(ctx, &protocol.CalWrite{Role: s.writer(), Quantity: t.Quantity, Table: raw}, is[*protocol.CalWritten])
	if err != nil {
		return err
	}
	got, want := m.(*protocol.CalWritten), t.Digest()
	if got.Quantity != t.Quantity || got.Digest != want {
		return s.contradicts(protocol.TypeCalWrite, "digest", fmt.Sprintf("%v %x", t.Quantity, want), fmt.Sprintf("%v %x", got.Quantity, got.Digest))
	}
	return s.holds(ctx, protocol.TypeCalWrite, t.Quantity, protocol.CalStaged, raw)
}

// holds reads a place back and compares it with what must be there.
func (s *Session) holds(ctx context.Context, t protocol.Type, q protocol.Quantity, place protocol.CalPlace, want []byte) error {
	got, err := s.calibrationBytes(ctx, q, place)
	if err != nil {
		return err
	}
	if !bytes.Equal(got, want) {
		return s.contradicts(t, "table", fmt.Sprintf("%x", want), fmt.Sprintf("%x", got))
	}
	return nil
}

// CommitCalibration makes a table that was staged the active one, and reads it
// back. What was active can be brought back with RestoreCalibration. Settings
// are not confirmed any more.
//
// Errors, with nothing sent: ErrNotOffered, ErrArmed, ErrMonitor, ErrStopped.
// With the outcome known: *RefusedError, ErrNoReply; *EchoError where another
// table is active, after which the pen has been sent ESTOP. Otherwise
// *UncertainError, also where the table was committed and not read back.
func (s *Session) CommitCalibration(ctx context.Context, t protocol.CalTable) error {
	if err := s.mayCalibrate(t.Quantity); err != nil {
		return err
	}
	err := s.onceCalibrating(ctx, func(id uint64, role protocol.Role) protocol.Once {
		return &protocol.CalCommit{CommandID: id, Role: role, Quantity: t.Quantity, Digest: t.Digest()}
	})
	if err != nil {
		return err
	}
	return s.unread(protocol.TypeCalCommit, s.holds(ctx, protocol.TypeCalCommit, t.Quantity, protocol.CalActive, t.Append(nil)))
}

// RestoreCalibration exchanges the active table of q and the one before it, and
// reads back that they are exchanged. Errors as those of CommitCalibration.
func (s *Session) RestoreCalibration(ctx context.Context, q protocol.Quantity) error {
	if err := s.mayCalibrate(q); err != nil {
		return err
	}
	active, err := s.calibrationBytes(ctx, q, protocol.CalActive)
	if err != nil {
		return err
	}
	previous, err := s.calibrationBytes(ctx, q, protocol.CalPrevious)
	if err != nil {
		return err
	}
	err = s.onceCalibrating(ctx, func(id uint64, role protocol.Role) protocol.Once {
		return &protocol.CalRestore{CommandID: id, Role: role, Quantity: q}
	})
	if err != nil {
		return err
	}
	err = s.holds(ctx, protocol.TypeCalRestore, q, protocol.CalActive, previous)
	if err == nil {
		err = s.holds(ctx, protocol.TypeCalRestore, q, protocol.CalPrevious, active)
	}
	return s.unread(protocol.TypeCalRestore, err)
}

// onceCalibrating is once for a command that changes a calibration: whatever
// comes of it, what was confirmed may not hold any more.
func (s *Session) onceCalibrating(ctx context.Context, command func(id uint64, role protocol.Role) protocol.Once) error {
	s.mu.Lock()
	s.unconfirm()
	s.mu.Unlock()
	return s.once(ctx, 0, command)
}
