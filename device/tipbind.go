package device

import (
	"context"
	"fmt"

	"stipple/protocol"
)

// BindTip gives the tip that is on to one treatment, and reads it back: from
// then on it can be armed for no other. tipID is the tip that was shown.
//
// Errors, with nothing sent: ErrMonitor, ErrStopped. With the outcome known:
// *RefusedError, ErrNoReply; *EchoError where the tip is not bound to it, after
// which the pen has been sent ESTOP. Otherwise *UncertainError, also where it
// was done and not read back.
func (s *Session) BindTip(ctx context.Context, tipID uint32, treatment [16]byte) error {
	err := s.once(ctx, 0, func(id uint64, role protocol.Role) protocol.Once {
		return &protocol.TipBind{CommandID: id, Role: role, TipID: tipID, TreatmentID: treatment}
	})
	if err != nil {
		return err
	}
	m, err := s.exchange(ctx, &protocol.TipRead{}, is[*protocol.TipInfo])
	if err != nil {
		return s.unread(protocol.TypeTipBind, err)
	}
	info := *m.(*protocol.TipInfo)
	if info.ID != tipID {
		return nil // it was changed in the meantime; STATUS tells of that
	}
	if info.BoundTreatment != treatment {
		return s.contradicts(protocol.TypeTipBind, "bound_treatment", fmt.Sprintf("%x", treatment), fmt.Sprintf("%x", info.BoundTreatment))
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.tip.known && s.tip.info.ID == tipID {
		s.tip.info = info
	}
	return nil
}
