package sim

import (
	"math"

	"stipple/protocol"
)

// settings are the envelope and the parameters that are active, of one boot.
type settings struct {
	envelope   *protocol.Envelope
	generation uint32
	values     []int32 // nil: none yet; else all, in descriptor order
	active     bool    // inside pen, tip and envelope
	hash       [8]byte // zero while not active

	// A session inherits what is active and can read it, but not the envelope.
	// So it must put both itself before it can arm.
	limited   bool // by PUT_ENVELOPE of this session
	confirmed bool // active, and by PUT_SETTINGS of this session
}

// Places of the parameters in the descriptor; protocol lists their order.
const (
	iDepth = iota
	iSpeed
	iPower
	iDuration
)

func (s *settings) depth() protocol.Micrometres { return protocol.Micrometres(s.values[iDepth]) }
func (s *settings) speed() protocol.StrokesPerMinute {
	return protocol.StrokesPerMinute(s.values[iSpeed])
}
func (s *settings) power() protocol.Milliwatts { return protocol.Milliwatts(s.values[iPower]) }
func (s *settings) duration() protocol.Milliseconds {
	return protocol.Milliseconds(s.values[iDuration])
}

// spotCap is the dose of one spot. Where the envelope was made for another tip
// than the one that is on, the smaller number of pins counts.
func (fw *firmware) spotCap() protocol.Microjoules {
	e := fw.settings.envelope
	pins := e.Pins
	if fw.tip != nil {
		pins = min(pins, fw.tip.Pins)
	}
	return e.DosePerPin * protocol.Microjoules(pins)
}

// recheck follows a change of envelope or tip: values that no longer fit are
// not active any more, and are not moved.
func (fw *firmware) recheck() {
	s := &fw.settings
	if s.active && !s.fits(fw) {
		s.active, s.confirmed = false, false
	}
	s.rehash(fw)
	fw.report.now = true
}

// newSession takes back what only the session before has confirmed.
func (s *settings) newSession() { s.limited, s.confirmed = false, false }

// confirmedHash is what ARM must name; zero while nothing is confirmed.
func (s *settings) confirmedHash() [8]byte {
	if !s.confirmed {
		return [8]byte{}
	}
	return s.hash
}

// rehash follows a change of anything that the hash is made of.
func (s *settings) rehash(fw *firmware) {
	s.hash = [8]byte{}
	if !s.active {
		return
	}
	s.hash = protocol.Confirmation{
		Boot: fw.nv.counters.boot, Generation: s.generation, Envelope: *s.envelope, TipID: fw.tipID(),
		Pins: fw.tipPins(), CalRev: fw.cal.revision, Values: s.values,
	}.Hash()
}

// fits says whether the active values are still inside everything.
func (s *settings) fits(fw *firmware) bool {
	if s.envelope == nil || s.values == nil {
		return false
	}
	for _, v := range fw.judge(s.values, protocol.RoleNone) {
		if v.Code != protocol.CodeOK {
			return false
		}
	}
	return true
}

func rejected(t protocol.Type, code protocol.Code, field int, bound int32) *protocol.Rejected {
	return &protocol.Rejected{Request: t, Code: code, Field: uint8(field), Bound: bound}
}

// wireBound is a bound as its 32 bits carry it: a dose or a generation may be
// larger.
func wireBound[T ~int64 | ~uint32](v T) int32 { return int32(min(int64(v), math.MaxInt32)) }

// wireArg is an event's argument as its 32 bits carry it.
func wireArg(v int64) int32 { return int32(min(max(v, math.MinInt32), math.MaxInt32)) }

func (fw *firmware) putEnvelope(m *protocol.PutEnvelope) protocol.Message {
	if code := fw.refusal(m.Type(), m.Role); code != protocol.CodeOK {
		return fw.refused(m.Type(), code, protocol.NoField, 0)
	}
	if code, field, bound := fw.checkEnvelope(&m.Envelope); code != protocol.CodeOK {
		return fw.refused(m.Type(), code, field, bound)
	}
	e := m.Envelope
	fw.settings.envelope, fw.settings.limited = &e, true
	fw.recheck()
	return &protocol.EnvelopeReply{Envelope: e}
}

// checkEnvelope refuses an envelope that contradicts itself, the descriptor or
// the tip that is on.
func (fw *firmware) checkEnvelope(e *protocol.Envelope) (code protocol.Code, field int, bound int32) {
	d := &fw.model.desc
	if len(e.Ranges) != len(d.Parameters) {
		return protocol.CodeEnvelope, protocol.NoField, int32(len(d.Parameters))
	}
	for i, r := range e.Ranges {
		p := d.Parameters[i]
		switch {
		case int(r.Index) != i:
			return protocol.CodeEnvelope, i, int32(i)
		case r.Min > r.Max:
			return protocol.CodeEnvelope, i, r.Min
		case r.Min < p.Min:
			return protocol.CodeEnvelope, i, p.Min
		case r.Max > p.Max:
			return protocol.CodeEnvelope, i, p.Max
		}
	}
	switch {
	case e.PulsesPerSpot < 1:
		return protocol.CodeEnvelope, protocol.NoField, 1
	case fw.isRF() && e.PulsesPerSpot > d.MaxPulsesSpot:
		return protocol.CodeEnvelope, protocol.NoField, int32(d.MaxPulsesSpot)
	case fw.tip != nil && e.Pins != fw.tip.Pins:
		return protocol.CodeEnvelope, protocol.NoField, int32(fw.tip.Pins)
	case fw.isRF() && (e.DosePerPin < 0 || e.DosePerPin > d.MaxDosePinUJ):
		return protocol.CodeEnvelope, protocol.NoField, wireBound(d.MaxDosePinUJ)
	}
	return protocol.CodeOK, 0, 0
}

// Model: SettingsArrive.
func (fw *firmware) putSettings(m *protocol.PutSettings) protocol.Message {
	refuse := func(code protocol.Code, field int, bound int32) protocol.Message {
		return fw.refused(m.Type(), code, field, bound)
	}
	if code := fw.refusal(m.Type(), m.Role); code != protocol.CodeOK {
		return refuse(code, protocol.NoField, 0)
	}
	if !fw.settings.limited {
		return refuse(protocol.CodeNoEnvelope, protocol.NoField, 0)
	}
	values, verdicts, missing := fw.collect(m.Fields)
	if missing >= 0 {
		return refuse(protocol.CodeMissingField, missing, 0)
	}
	if values == nil {
		return fw.settingsReply(verdicts, false)
	}
	s := &fw.settings
	// 0 says "none yet", so nothing can be of that generation.
	if m.Generation < s.generation || m.Generation == s.generation && (s.values == nil || !equal(values, s.values)) {
		return refuse(protocol.CodeGeneration, protocol.NoField, wireBound(s.generation))
	}
	if fw.flaws.has(flawClamp) {
		fw.clampFlawed(values)
	}
	ok := true
	judged := fw.judge(values, m.Role)
	for i := range verdicts {
		verdicts[i] = judged[verdicts[i].Index]
		if code := verdicts[i].Code; code != protocol.CodeOK {
			ok = false
			fw.eventLevel(protocol.EventRefused, protocol.LevelWarning, int32(code), int32(verdicts[i].Index))
		}
	}
	if !ok {
		return fw.settingsReply(verdicts, false)
	}
	s.generation, s.values, s.active, s.confirmed = m.Generation, values, true, true
	s.rehash(fw)
	fw.event(protocol.EventSettings, wireBound(m.Generation), 0)
	fw.report.now = true
	return fw.settingsReply(verdicts, true)
}

// collect puts the fields into descriptor order. values is nil when a field
// is unknown or twice, as verdicts say; missing is the first parameter that no
// field names, or -1.
func (fw *firmware) collect(fields []protocol.Field) (values []int32, verdicts []protocol.Verdict, missing int) {
	n := len(fw.model.desc.Parameters)
	values = make([]int32, n)
	seen := make([]bool, n)
	good := true
	for _, f := range fields {
		v := protocol.Verdict{Index: f.Index}
		if int(f.Index) >= n || seen[f.Index] {
			v.Code = protocol.CodeUnknownField
			good = false
		} else {
			values[f.Index], seen[f.Index] = f.Value, true
		}
		verdicts = append(verdicts, v)
	}
	if !good {
		return nil, verdicts, -1
	}
	for i, s := range seen {
		if !s {
			return nil, verdicts, i
		}
	}
	return values, verdicts, -1
}

// judge gives a verdict for each parameter of values, which are all of them in
// descriptor order, as writer wants them. Needs an envelope.
func (fw *firmware) judge(values []int32, writer protocol.Role) []protocol.Verdict {
	verdicts := make([]protocol.Verdict, len(values))
	good := true
	told := fw.told()
	for i, v := range values {
		// Whose a value is comes before what it is. One that stays is nobody's: a
		// request names all of them, so that parameters of two roles could not be
		// set at all.
		if least, ok := protocol.RoleNamed(fw.model.desc.Parameters[i].Role); v != told[i] && !(ok && writer.May(least)) {
			verdicts[i] = protocol.Verdict{Index: uint8(i), Code: protocol.CodeRole}
		} else {
			verdicts[i] = fw.judgeOne(i, v)
		}
		good = good && verdicts[i].Code == protocol.CodeOK
	}
	if !good || !fw.isRF() {
		return verdicts
	}
	// Products, never quotients: power x duration x pulses over cap x pins.
	e := fw.settings.envelope
	power, duration := protocol.Milliwatts(values[iPower]), protocol.Milliseconds(values[iDuration])
	if protocol.Energy(power, duration)*protocol.Microjoules(e.PulsesPerSpot) > fw.spotCap() && !fw.flaws.has(flawDoseIgnored) {
		verdicts[iPower].Code, verdicts[iPower].Bound = protocol.CodeDose, wireBound(e.DosePerPin)
		verdicts[iDuration].Code, verdicts[iDuration].Bound = protocol.CodeDose, wireBound(e.DosePerPin)
		return verdicts
	}
	travel := fw.model.desc.NeedleTravelMS
	if (int64(duration)+int64(travel))*int64(values[iSpeed]) > msPerMinute {
		longest := msPerMinute/values[iSpeed] - int32(travel)
		verdicts[iDuration].Code, verdicts[iDuration].Bound = protocol.CodeTiming, max(longest, 0)
	}
	return verdicts
}

const msPerMinute = 60_000

// judgeOne checks one value against pen, tip and envelope.
func (fw *firmware) judgeOne(i int, v int32) protocol.Verdict {
	p := fw.model.desc.Parameters[i]
	r := fw.settings.envelope.Ranges[i]
	if fw.tip != nil && i == iDepth {
		r.Max = min(r.Max, int32(fw.tip.NeedleLengthUM))
	}
	if fw.tip != nil && i == iPower {
		r.Max = min(r.Max, int32(fw.tip.RatedPowerMW))
	}
	verdict := func(code protocol.Code, bound int32) protocol.Verdict {
		return protocol.Verdict{Index: uint8(i), Code: code, Bound: bound}
	}
	switch {
	case v < p.Min:
		return verdict(protocol.CodeBelowPen, p.Min)
	case v > p.Max:
		return verdict(protocol.CodeAbovePen, p.Max)
	case (v-p.Min)%p.Step != 0:
		return verdict(protocol.CodeStep, p.Step)
	case v < r.Min:
		return verdict(protocol.CodeBelowLimit, r.Min)
	case v > r.Max:
		return verdict(protocol.CodeAboveLimit, r.Max)
	}
	return verdict(protocol.CodeOK, 0)
}

// settingsReply is the snapshot of what is active. applied is the answer to a
// PUT_SETTINGS; GET_SETTINGS asks whether anything is.
func (fw *firmware) settingsReply(verdicts []protocol.Verdict, applied bool) *protocol.SettingsReply {
	s := &fw.settings
	return &protocol.SettingsReply{
		Applied: applied, Generation: s.generation, TipID: fw.tipID(), Pins: fw.tipPins(), CalRev: fw.cal.revision,
		Hash: s.hash, Values: fw.told(), Verdicts: verdicts,
	}
}

// told are the values that SETTINGS tells: the newest that were set, or the
// descriptor's defaults.
func (fw *firmware) told() []int32 {
	if fw.settings.values != nil {
		return fw.settings.values
	}
	var values []int32
	for _, p := range fw.model.desc.Parameters {
		values = append(values, p.Default)
	}
	return values
}

func equal(a, b []int32) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}
