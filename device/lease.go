package device

import (
	"time"

	"stipple/protocol"
)

// alive says whether the window has proved to be within LivenessLimit.
func (s *Session) alive(now time.Duration) bool {
	t := time.Duration(s.touched.Load())
	return t != 0 && now-t < LivenessLimit
}

// mayLease says whether the pen may go on. All of it is looked at again for
// each lease, because the timer may be late.
func (s *Session) mayLease(now time.Duration) bool {
	return (s.arm.phase == armGranted || s.arm.phase == armLive) && !s.stop.active() &&
		s.alive(now) && now-s.status.at <= protocol.StatusSilence
}

// leaseFrame makes LEASE if it is due. It echoes the newest pen clock known at
// this moment, so that a frozen pen or a buffer can't stretch it.
//
// Model: LeaseSent.
func (s *Session) leaseFrame(now time.Duration, buf []byte) ([]byte, bool) {
	if !s.mayLease(now) || now < s.arm.lease {
		return nil, false
	}
	f, ok := s.claim(protocol.Append(buf, s.liveHeader(), &protocol.Lease{ArmID: s.arm.id, Clock: s.status.newest}), stopReserve)
	if !ok {
		return nil, false
	}
	s.liveSeq++
	s.arm.lease += protocol.LeaseEvery
	if s.arm.lease <= now {
		s.arm.lease = now + protocol.LeaseEvery
	}
	wake(s.wakeTimer)
	return f, true
}
