package device

import (
	"context"
	"errors"
	"time"

	"stipple/protocol"
)

// AwaitBoot waits until the unit with that serial number is connected in a boot
// other than before, and returns its session. It needs Run to be going on
// elsewhere. Errors: ctx's; ErrClosed where Run has ended.
func (s *Supervisor) AwaitBoot(ctx context.Context, serial string, before uint32) (*Session, error) {
	for {
		turn := *s.turn.Load()
		st := s.State()
		if live := st.Session; live != nil {
			if info := live.Info(); info.Serial == serial && info.Boot != before && live.Err() == nil {
				return live, nil
			}
		}
		if st.Phase == PhaseEnded {
			return nil, ErrClosed
		}
		select {
		case <-turn:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// AwaitFirmware waits for what comes of a firmware that was committed in the
// boot before: the pen boots it, tests itself, and keeps it or goes back, each
// time as another boot. It returns the pen's word once it is final. Errors:
// *FirmwareError where the pen runs another version than wanted; ctx's;
// ErrClosed where Run has ended.
func (s *Supervisor) AwaitFirmware(ctx context.Context, serial string, before uint32, wanted protocol.Version) (protocol.FirmwareState, error) {
	for {
		session, err := s.AwaitBoot(ctx, serial, before)
		if err != nil {
			return protocol.FirmwareState{}, err
		}
		st, err := settled(ctx, session)
		switch {
		case ctx.Err() != nil:
			return st, ctx.Err()
		case err == nil && st.Running != wanted:
			return st, &FirmwareError{Code: st.Code, Wanted: wanted, Running: st.Running}
		case err == nil:
			return st, nil
		}
		if session.Info().Monitor { // it runs a version that this console can't ask
			return st, err
		}
		select { // it boots again, or the line lost a question
		case <-session.Done():
		case <-time.After(protocol.CommandIntervalMax):
		case <-ctx.Done():
			return st, ctx.Err()
		}
	}
}

// settled asks a pen for the state of its update until that is not tentative
// any more.
func settled(ctx context.Context, s *Session) (protocol.FirmwareState, error) {
	for {
		st, err := s.FirmwareState(ctx)
		if err != nil || st.Phase != protocol.FirmwareTentative {
			return st, err
		}
		select {
		case <-time.After(protocol.CommandIntervalMax):
		case <-s.Done():
			return st, errors.Join(ErrLinkLost, s.Err())
		case <-ctx.Done():
			return st, ctx.Err()
		}
	}
}
