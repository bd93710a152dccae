package conformance

import (
	"context"
	"fmt"
	"slices"

	"stipple/protocol"
)

// putBack leaves the pen as it was found, as far as the link allows, and notes
// in Report.Left what it could not. The last thing is a HELLO: it leaves
// nothing confirmed.
func (s *suite) putBack(ctx context.Context) error {
	if s.line == nil {
		s.left("whatever was changed: the link was lost")
		return nil
	}
	t := s.trial(ctx, "7")
	t.hello()
	status := t.standby("the pen to be in STANDBY at the end")
	if s.desc != nil {
		s.putBackSettings(t)
		t.hello()
	}
	now := *ask[protocol.SettingsReply](t, &protocol.GetSettings{})
	last := t.status()
	if err := t.verdict(); err != nil {
		s.left("whatever was changed: %v", err)
		return err
	}
	if t.fault != protocol.FaultNone {
		s.left("FAULT %s was latched and has been cleared", t.fault)
	}
	s.countLeft(status, last, now)
	return nil
}

func (s *suite) left(format string, args ...any) {
	s.report.Left = append(s.report.Left, fmt.Sprintf(format, args...))
}

// countLeft notes what only ever counts up.
func (s *suite) countLeft(status, last protocol.Status, now protocol.SettingsReply) {
	if now.Generation != s.found.settings.Generation {
		s.left("the generation of the settings was %d and is %d", s.found.settings.Generation, now.Generation)
	}
	if now.CalRev != s.found.settings.CalRev {
		s.left("the calibration revision was %d and is %d, and a table that was tried is kept as the previous one", s.found.settings.CalRev, now.CalRev)
	}
	if s.ids > 0 {
		s.left("%d command ids were used, and displaced as many of the %d that the pen keeps", s.ids, protocol.KeptResults)
	}
	if n := status.NewestPulse - s.found.status.NewestPulse; n > 0 {
		s.left("%d pulses were given: they are in the ledger and in the tip's use count, and the tip may be bound to a treatment", n)
	}
	if n := last.NewestLog - s.found.status.NewestLog; n > 0 {
		s.left("%d events were logged", n)
	}
}

// putBackSettings puts the settings that were active, in an envelope that allows
// these and nothing else; where none were active it leaves none.
func (s *suite) putBackSettings(t *trial) {
	was := s.found.settings
	now := *ask[protocol.SettingsReply](t, &protocol.GetSettings{})
	if now.Applied == was.Applied && slices.Equal(now.Values, was.Values) && now.Generation == was.Generation {
		return
	}
	e := t.exactly(was.Values)
	if r, ok := t.request(putEnvelope(e)).(*protocol.EnvelopeReply); !ok || !r.Envelope.Equal(e) {
		s.left("the settings were %v: the pen does not take an envelope for them", was.Values)
		return
	}
	r, ok := t.request(putSettings(t.nextGeneration(), was.Values)).(*protocol.SettingsReply)
	if !ok || !r.Applied {
		s.left("the settings were %v: the pen does not take them again", was.Values)
		return
	}
	if was.Applied {
		s.left("the envelope, which can't be read, now allows the active settings and nothing else")
		return
	}
	if without, ok := t.without(was.Values); ok {
		t.limit(without)
		return
	}
	s.left("settings are active, and none were")
}

// exactly is the envelope that allows values and nothing else.
func (t *trial) exactly(values []int32) protocol.Envelope {
	e := t.widest()
	for i := range e.Ranges {
		if i < len(values) {
			e.Ranges[i].Min, e.Ranges[i].Max = values[i], values[i]
		}
	}
	_, power, ok := t.param(protocol.ParamPower)
	_, duration, _ := t.param(protocol.ParamDuration)
	if pins := protocol.Microjoules(e.Pins); ok && pins > 0 {
		energy := protocol.Energy(protocol.Milliwatts(values[power]), protocol.Milliseconds(values[duration]))
		e.DosePerPin = min((energy+pins-1)/pins, t.s.desc.MaxDosePinUJ)
	}
	return e
}

// without is an envelope that does not allow values; false where every parameter
// has only one value.
func (t *trial) without(values []int32) (protocol.Envelope, bool) {
	e := t.widest()
	for i, r := range e.Ranges {
		switch p := t.s.desc.Parameters[i]; {
		case r.Min == r.Max || i >= len(values):
		case values[i] == r.Min:
			e.Ranges[i].Min = min(r.Min+p.Step, r.Max)
			return e, true
		default:
			e.Ranges[i].Max = r.Min
			return e, true
		}
	}
	return e, false
}
