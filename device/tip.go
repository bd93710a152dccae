package device

import (
	"time"

	"stipple/protocol"
)

// tipState is the tip as it was read, and whether it is still the one that
// STATUS reports.
type tipState struct {
	info   protocol.TipInfo
	known  bool
	wanted bool // to be read again
	asking bool
	next   time.Duration // session clock before which it is not asked for again
}

// checkTip has the tip read again when STATUS reports another one.
func (s *Session) checkTip(at time.Duration, id uint32) {
	if s.tip.known && s.tip.info.ID == id || s.tip.wanted {
		return
	}
	s.tip.known, s.tip.wanted = false, true
	s.tip.next = max(s.tip.next, at)
}

// tickTip reads the tip in the background.
func (s *Session) tickTip(now time.Duration) time.Duration {
	if !s.tip.wanted || s.tip.asking {
		return never
	}
	if now < s.tip.next {
		return s.tip.next
	}
	r := &request{msg: &protocol.TipRead{}, answers: is[*protocol.TipInfo], finish: s.onTip}
	s.tip.asking = s.submit(&s.command, r) == nil
	s.tip.next = now + tipRetry
	return s.tip.next
}

// onTip handles the end of reading the tip. One that was changed again in the
// meantime is read again.
func (s *Session) onTip(m protocol.Message, err error) {
	s.tip.asking = false
	if err != nil {
		wake(s.wakeTimer)
		return
	}
	info := *m.(*protocol.TipInfo)
	if info.ID != s.live.Load().Status.TipID {
		wake(s.wakeTimer)
		return
	}
	s.tip.info, s.tip.known, s.tip.wanted = info, true, false
	s.event(s.now(), Event{Kind: EventTip, Tip: &info})
}
