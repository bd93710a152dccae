package device

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"time"

	"stipple/protocol"
)

// FirmwareState asks how far an update has come, and which versions there are.
// Errors: ErrNotOffered, ErrMonitor, ErrNoReply, *RefusedError.
func (s *Session) FirmwareState(ctx context.Context) (protocol.FirmwareState, error) {
	m, err := s.exchange(ctx, &protocol.FirmwareRead{}, is[*protocol.FirmwareState])
	if err != nil {
		return protocol.FirmwareState{}, err
	}
	return *m.(*protocol.FirmwareState), nil
}

// UploadFirmware takes the pen from STANDBY to UPDATE and sends it pkg, a whole
// package of 1 to protocol.MaxFirmware bytes, from where an earlier upload of the
// same one was cut. progress is called on the caller's goroutine with the bytes of
// the package that the pen has in non-volatile memory, and with all of them: once
// before the first is sent, and each time that they are more. It may be nil.
// Nothing is checked or installed: VerifyFirmware and CommitFirmware follow.
// Settings are not confirmed any more.
//
// Errors, with nothing sent: ErrNotOffered, ErrMonitor, ErrStopped, a
// protocol.ErrFirmware for a package of no bytes or too many. With the outcome
// known: *RefusedError (protocol.CodeState out of STANDBY and UPDATE, CodeRole,
// CodeRange beyond the pen's room, CodeBlocked with a battery below 30 % or a
// self-test that has not passed), ErrNoReply, ctx's and the session's end.
// *EchoError where the pen counts other bytes than it was sent, after which it has
// been sent ESTOP. *UncertainError where it is not known whether the pen is in
// UPDATE.
//
// After a cut, by whichever of these or by a reset of the pen, what the pen runs
// is untouched and it keeps the bytes that it has counted. The next UploadFirmware
// of the same package goes on behind them, in this session or a later one; one of
// another package drops them, and so does AbortFirmware. The pen itself stays in
// UPDATE as long as the session lasts, and can't be armed there: AbortFirmware, a
// stop or a new session leads out.
func (s *Session) UploadFirmware(ctx context.Context, pkg []byte, progress func(have, all int)) error {
	if len(pkg) == 0 || len(pkg) > protocol.MaxFirmware {
		return fmt.Errorf("%w: a package of %d bytes, 1 to %d allowed", protocol.ErrFirmware, len(pkg), protocol.MaxFirmware)
	}
	s.mu.Lock()
	s.unconfirm()
	s.mu.Unlock()
	sum := sha256.Sum256(pkg)
	err := s.onceFirmware(ctx, 0, func(id uint64, role protocol.Role) protocol.Once {
		return &protocol.FirmwareBegin{CommandID: id, Role: role, Length: uint32(len(pkg)), SHA256: sum}
	})
	if err != nil {
		return err
	}
	st, err := s.FirmwareState(ctx)
	if err != nil {
		return err
	}
	if st.SHA256 != sum || int(st.Length) != len(pkg) {
		return s.contradicts(protocol.TypeFirmwareBegin, "package", fmt.Sprintf("%d bytes, %x", len(pkg), sum[:8]), fmt.Sprintf("%d bytes, %x", st.Length, st.SHA256[:8]))
	}
	if progress == nil {
		progress = func(int, int) {}
	}
	u := uploader{s: s, pkg: pkg, have: int(st.Next), answers: make(chan partAnswer, protocol.BulkWindow), progress: progress}
	return u.run(ctx)
}

// onceFirmware is once for a pen that takes firmware.
func (s *Session) onceFirmware(ctx context.Context, slow time.Duration, command func(id uint64, role protocol.Role) protocol.Once) error {
	s.mu.Lock()
	err := s.offers(protocol.TypeFirmwareBegin)
	s.mu.Unlock()
	if err != nil {
		return err
	}
	return s.once(ctx, slow, command)
}

// uploader sends parts ahead of what the pen has confirmed. The pen keeps only
// what follows on what it has, so behind one that was lost everything is sent
// again.
type uploader struct {
	s        *Session
	pkg      []byte
	have     int // bytes that the pen has
	sent     int // and that were sent, or are on their way
	high     int // the most that were ever sent
	stuck    int // answers in a row without progress
	silent   int // parts in a row without an answer
	out      []*request
	answers  chan partAnswer // in the order of arrival; has room for a window
	progress func(have, all int)
}

// partAnswer is what a part ended with.
type partAnswer struct {
	r *request
	answer
}

func (u *uploader) run(ctx context.Context) error {
	defer u.drop()
	u.sent, u.high = u.have, u.have
	u.progress(u.have, len(u.pkg))
	for u.have < len(u.pkg) {
		if len(u.out) == 0 && u.sent == len(u.pkg) {
			u.sent = u.have // the end was sent, and not all of it was kept
		}
		if err := u.fill(); err != nil {
			return err
		}
		select {
		case a := <-u.answers:
			u.out = slices.DeleteFunc(u.out, func(r *request) bool { return r == a.r })
			if err := u.take(a); err != nil {
				return err
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// fill sends parts until the window is full.
func (u *uploader) fill() error {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	for len(u.out) < protocol.BulkWindow && u.sent < len(u.pkg) {
		end := min(u.sent+protocol.MaxChunk, len(u.pkg))
		offset := uint32(u.sent)
		r := &request{
			msg: &protocol.FirmwareWrite{Offset: offset, Data: u.pkg[u.sent:end]},
			answers: func(m protocol.Message) bool {
				w, ok := m.(*protocol.FirmwareWritten)
				return ok && w.Offset == offset
			},
		}
		r.finish = func(m protocol.Message, err error) { u.answers <- partAnswer{r, answer{m, err}} }
		if err := u.s.submit(&u.s.bulk, r); err != nil {
			return err
		}
		u.out = append(u.out, r)
		u.sent = end
		u.high = max(u.high, end)
	}
	return nil
}

// take looks at what the pen says that it has.
func (u *uploader) take(a partAnswer) error {
	switch {
	case errors.Is(a.err, ErrNoReply):
		if u.silent++; u.silent >= chunkTries {
			return a.err
		}
		u.again()
		return nil
	case a.err != nil:
		return a.err
	}
	u.silent = 0
	w := a.msg.(*protocol.FirmwareWritten)
	next := int(w.Next)
	switch {
	case next > u.high:
		return u.s.contradicts(protocol.TypeFirmwareWrite, "next", fmt.Sprintf("at most %d", u.high), next)
	case next > u.have:
		u.have, u.stuck = next, 0
		u.progress(u.have, len(u.pkg))
		return nil
	}
	// A part before this one was lost, or it is the second answer to one that was
	// sent twice, or one that was overtaken.
	if u.stuck++; u.stuck >= stuckParts {
		return u.s.contradicts(protocol.TypeFirmwareWrite, "next", fmt.Sprintf("above %d", u.have), next)
	}
	if int(w.Offset) > u.have {
		u.again()
	}
	return nil
}

// again sends everything again that the pen does not have.
func (u *uploader) again() {
	u.drop()
	u.sent = u.have
}

// drop takes back what is on its way. Answers that have come say nothing of
// what will be sent.
func (u *uploader) drop() {
	for _, r := range u.out {
		u.s.withdraw(&u.s.bulk, r)
	}
	u.out = nil
	for {
		select {
		case <-u.answers:
		default:
			return
		}
	}
}

// VerifyFirmware has the pen check pkg, which UploadFirmware has sent it, in this
// session's UPDATE, and returns what it then says: among it Staged, the version
// that CommitFirmware would boot. It may take the pen up to verifyLimit, 120 s for
// the longest package. Nothing is installed.
//
// Errors, with nothing sent: ErrNotOffered, ErrMonitor, ErrStopped. With the
// outcome known: *RefusedError (protocol.CodeState out of UPDATE, CodeRole,
// CodeIncomplete with bytes missing or a manifest that can't be read, CodeDigest,
// CodeSignature, CodeModel for another pen, CodeOldVersion below the pen's
// minimum), ErrNoReply where it never arrived. *EchoError where the pen says that
// it passed and reports another package, after which it has been sent ESTOP.
// Otherwise *UncertainError; and what asking for the state behind it ends with, as
// of FirmwareState.
//
// What the pen runs is untouched by any of them. What it found holds until UPDATE
// is left; the bytes are kept beyond that, so that after a cut UploadFirmware of
// the same package sends nothing again and VerifyFirmware can be asked once more.
// A package that was refused is dropped by the next UploadFirmware.
func (s *Session) VerifyFirmware(ctx context.Context, pkg []byte) (protocol.FirmwareState, error) {
	err := s.onceFirmware(ctx, verifyLimit, func(id uint64, role protocol.Role) protocol.Once {
		return &protocol.FirmwareVerify{CommandID: id, Role: role}
	})
	if err != nil {
		return protocol.FirmwareState{}, err
	}
	st, err := s.FirmwareState(ctx)
	switch {
	case err != nil:
		return st, err
	case st.Phase != protocol.FirmwareVerified:
		return st, s.contradicts(protocol.TypeFirmwareVerify, "phase", protocol.FirmwareVerified, st.Phase)
	case st.SHA256 != sha256.Sum256(pkg):
		sum := sha256.Sum256(pkg)
		return st, s.contradicts(protocol.TypeFirmwareVerify, "sha256", fmt.Sprintf("%x", sum[:8]), fmt.Sprintf("%x", st.SHA256[:8]))
	case st.Staged.Compare(st.Minimum) < 0:
		return st, s.contradicts(protocol.TypeFirmwareVerify, "staged", fmt.Sprintf("at least %v", st.Minimum), st.Staged)
	}
	return st, nil
}

// CommitFirmware has the pen boot the verified package. The session ends within
// about a second of its return; Supervisor.AwaitFirmware waits for what comes of
// it. Errors: those of once.
func (s *Session) CommitFirmware(ctx context.Context, pkg []byte) error {
	sum := sha256.Sum256(pkg)
	return s.onceFirmware(ctx, verifyLimit, func(id uint64, role protocol.Role) protocol.Once {
		return &protocol.FirmwareCommit{CommandID: id, Role: role, Digest: [8]byte(sum[:8])}
	})
}

// AbortFirmware drops what was uploaded, in this session or an earlier one, and
// takes the pen back to STANDBY. Errors: those of once.
func (s *Session) AbortFirmware(ctx context.Context) error {
	st, err := s.FirmwareState(ctx)
	if err != nil {
		return err
	}
	if st.Length > 0 && s.Live().Status.State != protocol.StateUpdate {
		// Only in UPDATE it can be dropped, and only with its own name it is kept
		// on the way there.
		err := s.onceFirmware(ctx, 0, func(id uint64, role protocol.Role) protocol.Once {
			return &protocol.FirmwareBegin{CommandID: id, Role: role, Length: st.Length, SHA256: st.SHA256}
		})
		if err != nil {
			return err
		}
	}
	return s.onceFirmware(ctx, 0, func(id uint64, role protocol.Role) protocol.Once {
		return &protocol.FirmwareAbort{CommandID: id, Role: role}
	})
}

// FirmwareError is an update that the pen went back from.
type FirmwareError struct {
	Code    protocol.Code // why
	Wanted  protocol.Version
	Running protocol.Version
}

func (e *FirmwareError) Error() string {
	return fmt.Sprintf("pen went back to firmware %v from %v: %v", e.Running, e.Wanted, e.Code)
}
