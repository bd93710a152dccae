package device

import (
	"fmt"
	"slices"
	"time"

	"stipple/protocol"
)

// permitted is what one arming of this session confirmed: what its pulses have
// to say of themselves.
type permitted struct {
	armID     uint32
	treatment [16]byte
	snapshot  Snapshot
}

// judgeState is what the session judges the pen's pulses by.
type judgeState struct {
	from protocol.PenClock // of the first STATUS: what was opened before is not this session's
	arms []permitted       // newest last, at most armsJudged

	// A pulse that measured more than was set, and the session clock by which
	// an honest pen has stopped for it.
	doubt *PulseError
	due   time.Duration
}

// permit notes what is about to be armed.
func (j *judgeState) permit(p permitted) {
	if len(j.arms) == armsJudged {
		j.arms = slices.Delete(j.arms, 0, 1)
	}
	j.arms = append(j.arms, p)
}

// judgePulse compares a closed pulse with what was confirmed under its arm id,
// and stops a pen that tells of another one. The mutex is held.
func (s *Session) judgePulse(at time.Duration, p *protocol.Pulse) {
	if p.Boot != s.info.Boot || p.Opened <= s.judge.from {
		return // of another boot or session; reconciled from the ledger
	}
	i := slices.IndexFunc(s.judge.arms, func(a permitted) bool { return a.armID == p.ArmID })
	if i < 0 {
		if len(s.judge.arms) < armsJudged { // else it may be of one that is forgotten here
			s.lied(at, &PulseError{Index: p.Index, Field: "arm_id", Set: "none", Told: fmt.Sprintf("%08x", p.ArmID)})
		}
		return
	}
	if e := s.judge.arms[i].difference(p); e != nil {
		s.lied(at, e)
		return
	}
	if e := s.beyond(&s.judge.arms[i], p); e != nil && s.judge.doubt == nil {
		s.judge.doubt, s.judge.due = e, at+protocol.JudgeGrace
		wake(s.wakeTimer)
	}
}

// judgeReady says whether a STATUS that permits output is about what was armed:
// a pen that is READY with other settings, or with another tip, should have gone
// to STANDBY, and is stopped. The mutex is held.
func (s *Session) judgeReady(at time.Duration, st *protocol.Status) bool {
	i := slices.IndexFunc(s.judge.arms, func(a permitted) bool { return a.armID == st.ArmID })
	if i < 0 {
		return true
	}
	snap := &s.judge.arms[i].snapshot
	switch {
	case st.SettingsHash != snap.Hash:
		s.lied(at, echoError(protocol.TypeArm, "settings_hash", hexed(snap.Hash), hexed(st.SettingsHash)))
	case st.TipID != snap.TipID:
		s.lied(at, echoError(protocol.TypeArm, "tip_id", snap.TipID, st.TipID))
	default:
		return true
	}
	return false
}

// difference is what a pulse says of its settings that was not confirmed.
func (a *permitted) difference(p *protocol.Pulse) *PulseError {
	snap := &a.snapshot
	for _, f := range []struct {
		field     string
		set, told any
	}{
		{"treatment_id", a.treatment, p.TreatmentID},
		{"settings_hash", snap.Hash, p.SettingsHash},
		{"tip_id", snap.TipID, p.TipID},
		{"set_depth", snap.Depth, protocol.Micrometres(p.SetDepth)},
		{"set_speed", snap.Speed, protocol.StrokesPerMinute(p.SetSpeed)},
		{"set_power", snap.Power, protocol.Milliwatts(p.SetPower)},
		{"set_duration", snap.Duration, protocol.Milliseconds(p.SetDuration)},
	} {
		if f.set != f.told {
			return &PulseError{Index: p.Index, Field: f.field, Set: hexed(f.set), Told: hexed(f.told)}
		}
	}
	return nil
}

// hexed writes ids as they stand elsewhere.
func hexed(v any) string {
	switch v := v.(type) {
	case [8]byte:
		return fmt.Sprintf("%x", v)
	case [16]byte:
		return fmt.Sprintf("%x", v)
	}
	return fmt.Sprint(v)
}

// beyond is a measured value of a pulse that lies beyond what the pen itself
// has to stop for: its energy, and the depth. The tolerances are the
// descriptor's (safety.md section 7).
func (s *Session) beyond(a *permitted, p *protocol.Pulse) *PulseError {
	snap, desc := &a.snapshot, s.info.Descriptor
	if tolerance, ok := desc.Tolerance(protocol.AlarmEnergyOver); ok {
		set := int64(snap.Power) * int64(snap.Duration) // mW ms are µJ
		if set >= int64(protocol.EnergyJudged) && int64(p.Energy)*perMille > set*int64(perMille+tolerance) {
			return &PulseError{Index: p.Index, Field: "energy", Set: fmt.Sprint(set), Told: fmt.Sprint(p.Energy)}
		}
	}
	if tolerance, ok := desc.Tolerance(protocol.AlarmDepthBeyond); ok {
		for _, r := range snap.Envelope.Ranges {
			if int(r.Index) == desc.Index(protocol.ParamDepth) && int64(p.Depth) > int64(r.Max)+int64(tolerance) {
				return &PulseError{Index: p.Index, Field: "depth", Set: fmt.Sprint(r.Max), Told: fmt.Sprint(p.Depth)}
			}
		}
	}
	return nil
}

// perMille is the unit of a relative tolerance.
const perMille = 1000

// tickJudge stops a pen that has measured more than was set and did not stop
// for it.
func (s *Session) tickJudge(now time.Duration) time.Duration {
	switch {
	case s.judge.doubt == nil:
		return never
	case s.status.state == protocol.StateFault || s.status.state == protocol.StateStopped:
		s.judge.doubt = nil // an honest pen
		return never
	case now < s.judge.due:
		return s.judge.due
	}
	e := s.judge.doubt
	s.judge.doubt = nil
	s.lied(now, e)
	return never
}

// judgeAlarm stops a pen that tells of an alarm that its own descriptor does not
// have: nobody knows what it means, so it counts as the gravest.
func (s *Session) judgeAlarm(at time.Duration, e *protocol.Event) {
	if s.info.Descriptor == nil || e.Code != protocol.EventAlarm {
		return
	}
	if _, known := s.info.Descriptor.Alarm(e.Args[0]); !known {
		s.lied(at, &AlarmError{Code: e.Args[0]})
	}
}

// lied stops a pen that contradicts what was confirmed. A pen that is being
// stopped already is not told of again. The mutex is held.
func (s *Session) lied(at time.Duration, why error) {
	if s.stop.meant() {
		return
	}
	s.event(at, Event{Kind: EventContradiction, Err: why})
	s.stopFor(at, why)
}
