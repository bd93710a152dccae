package device

import (
	"context"
	"fmt"

	"stipple/protocol"
)

// settingsState is what is active on the pen as far as it was read back.
type settingsState struct {
	known       bool // snapshot is valid
	snapshot    Snapshot
	hasEnvelope bool // the pen confirmed envelope in this session
	envelope    protocol.Envelope
	generation  uint32 // the newest that the pen reported
}

// Snapshot is the newest read-back; false where there is none, or where
// something has been asked since whose answer is not known.
func (s *Session) Snapshot() (Snapshot, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.settings.snapshot.clone(), s.settings.known
}

// ReadBack asks the pen what is active. Errors: ErrMonitor, ErrNoReply,
// *RefusedError, *EchoError where the hash is not that of what came back.
func (s *Session) ReadBack(ctx context.Context) (Snapshot, error) {
	s.mu.Lock()
	err := s.mayCommand()
	s.mu.Unlock()
	if err != nil {
		return Snapshot{}, err
	}
	m, err := s.ask(ctx, &s.command, &request{msg: &protocol.GetSettings{}, answers: is[*protocol.SettingsReply]})
	if err != nil {
		return Snapshot{}, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.adopt(protocol.TypeGetSettings, m.(*protocol.SettingsReply))
}

// Apply sets the envelope and all parameters, in descriptor order, and returns
// what the pen reports to be active, compared field by field with what was
// asked for and with the hash computed here. It is refused while armed.
//
// Errors: ErrMonitor, ErrArmed; *RefusedError where the pen refuses, with
// nothing changed but, possibly, the envelope; *EchoError where it contradicts,
// after which it has been sent ESTOP; ErrNoReply, after which Snapshot is not
// known until ReadBack.
//
// Model: SettingsPut.
func (s *Session) Apply(ctx context.Context, env protocol.Envelope, values []int32) (Snapshot, error) {
	env = cloneEnvelope(env)
	s.mu.Lock()
	err := s.mayCommand()
	if err == nil && (s.outputPossible()) {
		err = ErrArmed
	}
	if err == nil && len(values) != len(s.info.Descriptor.Parameters) {
		err = fmt.Errorf("apply %d values: the pen has %d parameters", len(values), len(s.info.Descriptor.Parameters))
	}
	if err == nil {
		s.settings.known, s.settings.hasEnvelope = false, false
	}
	s.mu.Unlock()
	if err != nil {
		return Snapshot{}, err
	}
	if err := s.putEnvelope(ctx, env); err != nil {
		return Snapshot{}, err
	}
	return s.putSettings(ctx, values)
}

func (s *Session) putEnvelope(ctx context.Context, env protocol.Envelope) error {
	r := &request{msg: &protocol.PutEnvelope{Envelope: env, Role: s.writer()}, answers: is[*protocol.EnvelopeReply]}
	m, err := s.ask(ctx, &s.command, r)
	if err != nil {
		return err
	}
	got := m.(*protocol.EnvelopeReply).Envelope
	s.mu.Lock()
	defer s.mu.Unlock()
	if !got.Equal(env) {
		return s.contradiction(s.envelopeDifference(env, got))
	}
	s.settings.hasEnvelope, s.settings.envelope = true, env
	return nil
}

// envelopeDifference names the first field in which two envelopes differ.
func (s *Session) envelopeDifference(asked, got protocol.Envelope) *EchoError {
	e := &EchoError{Request: protocol.TypePutEnvelope, Field: "ranges", Asked: fmt.Sprint(asked.Ranges), Got: fmt.Sprint(got.Ranges)}
	switch {
	case got.DosePerPin != asked.DosePerPin:
		e.Field, e.Asked, e.Got = "dose_per_pin", fmt.Sprint(asked.DosePerPin), fmt.Sprint(got.DosePerPin)
	case got.PulsesPerSpot != asked.PulsesPerSpot:
		e.Field, e.Asked, e.Got = "pulses_per_spot", fmt.Sprint(asked.PulsesPerSpot), fmt.Sprint(got.PulsesPerSpot)
	case got.Pins != asked.Pins:
		e.Field, e.Asked, e.Got = "pins", fmt.Sprint(asked.Pins), fmt.Sprint(got.Pins)
	}
	return e
}

func (s *Session) putSettings(ctx context.Context, values []int32) (Snapshot, error) {
	s.mu.Lock()
	put := &protocol.PutSettings{Generation: s.settings.generation + 1, Role: s.writer()}
	s.mu.Unlock()
	for i, v := range values {
		put.Fields = append(put.Fields, protocol.Field{Index: uint8(i), Value: v})
	}
	m, err := s.ask(ctx, &s.command, &request{msg: put, answers: is[*protocol.SettingsReply]})
	if err != nil {
		return Snapshot{}, err
	}
	reply := m.(*protocol.SettingsReply)
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.verdict(reply); e != nil {
		s.settings.generation = reply.Generation
		return Snapshot{}, e
	}
	if e := s.echoDifference(put, reply); e != nil {
		return Snapshot{}, s.contradiction(e)
	}
	return s.adopt(protocol.TypePutSettings, reply)
}

// verdict is the refusal in a reply to PUT_SETTINGS: the first field that is
// refused, or none named where the whole was not applied.
func (s *Session) verdict(reply *protocol.SettingsReply) error {
	for _, v := range reply.Verdicts {
		if v.Code != protocol.CodeOK {
			e := s.refused(protocol.TypePutSettings, v.Code, int(v.Index), v.Bound)
			e.Verdicts = reply.Verdicts
			return e
		}
	}
	return nil
}

// echoDifference names the first field in which what the pen reports differs
// from what was asked for.
func (s *Session) echoDifference(put *protocol.PutSettings, got *protocol.SettingsReply) *EchoError {
	e := &EchoError{Request: protocol.TypePutSettings}
	differ := func(field string, asked, got any) *EchoError {
		e.Field, e.Asked, e.Got = field, fmt.Sprint(asked), fmt.Sprint(got)
		return e
	}
	switch {
	case !got.Applied:
		return differ("applied", true, false)
	case got.Generation != put.Generation:
		return differ("generation", put.Generation, got.Generation)
	case len(got.Verdicts) != len(put.Fields):
		return differ("verdicts", len(put.Fields), len(got.Verdicts))
	case len(got.Values) != len(put.Fields):
		return differ("values", len(put.Fields), len(got.Values))
	}
	for i, f := range put.Fields {
		if got.Verdicts[i].Index != f.Index {
			return differ("verdict_index", f.Index, got.Verdicts[i].Index)
		}
		if got.Values[i] != f.Value {
			return differ(s.info.Descriptor.Parameters[i].Name, f.Value, got.Values[i])
		}
	}
	return nil
}

// adopt makes a snapshot of what the pen reports and verifies its hash. The
// mutex is held.
//
// Model: SettingsRead.
func (s *Session) adopt(t protocol.Type, reply *protocol.SettingsReply) (Snapshot, error) {
	s.settings.known = false
	s.settings.generation = reply.Generation
	n := len(s.info.Descriptor.Parameters)
	if len(reply.Values) != n {
		return Snapshot{}, s.contradiction(&EchoError{Request: t, Field: "values", Asked: fmt.Sprint(n), Got: fmt.Sprint(len(reply.Values))})
	}
	snap := Snapshot{
		Applied: reply.Applied, Generation: reply.Generation, TipID: reply.TipID, Pins: reply.Pins, CalRev: reply.CalRev,
		Hash: reply.Hash, Values: reply.Values, At: s.wall(s.now()),
	}
	for i, p := range s.info.Descriptor.Parameters {
		switch p.Name {
		case protocol.ParamDepth:
			snap.Depth = protocol.Micrometres(reply.Values[i])
		case protocol.ParamSpeed:
			snap.Speed = protocol.StrokesPerMinute(reply.Values[i])
		case protocol.ParamPower:
			snap.Power = protocol.Milliwatts(reply.Values[i])
		case protocol.ParamDuration:
			snap.Duration = protocol.Milliseconds(reply.Values[i])
		}
	}
	if s.settings.hasEnvelope {
		snap.Envelope = s.settings.envelope
	}
	if reply.Applied && s.settings.hasEnvelope {
		want := protocol.Confirmation{
			Boot: s.info.Boot, Generation: reply.Generation, Envelope: s.settings.envelope,
			TipID: reply.TipID, Pins: reply.Pins, CalRev: reply.CalRev, Values: reply.Values,
		}.Hash()
		if want != reply.Hash {
			return Snapshot{}, s.contradiction(&EchoError{Request: t, Field: "settings_hash", Asked: fmt.Sprintf("%x", want), Got: fmt.Sprintf("%x", reply.Hash)})
		}
		snap.Verified = true
	}
	s.settings.known, s.settings.snapshot = true, snap
	return snap.clone(), nil
}

// contradicts is contradiction for who does not hold the mutex.
func (s *Session) contradicts(t protocol.Type, field string, asked, got any) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.contradiction(echoError(t, field, asked, got))
}

func echoError(t protocol.Type, field string, asked, got any) *EchoError {
	return &EchoError{Request: t, Field: field, Asked: fmt.Sprint(asked), Got: fmt.Sprint(got)}
}

// contradiction stops a pen that reports something else than it was asked for.
// The mutex is held.
func (s *Session) contradiction(e *EchoError) error {
	now := s.now()
	s.settings.known = false
	s.event(now, Event{Kind: EventContradiction, Err: e})
	s.stopFor(now, e)
	return e
}
