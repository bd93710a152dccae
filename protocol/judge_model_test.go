package protocol

import (
	"crypto/sha256"
	"math"
	"slices"
)

// judgeModel is a pen in STANDBY or READY that judges requests by the words of
// SPEC.md sections 9 to 11, written from them alone. The vectors of the folder
// "judge" are held against it.
type judgeModel struct {
	desc         Descriptor
	boot, calRev uint32
	clock        PenClock

	tip        *TipInfo
	envelope   *Envelope // of this session
	generation uint32
	values     []int32 // nil: none yet
	active     bool
	confirmed  bool
	judgedBy   *Envelope // by which the active settings are active
	arm        uint32
}

// newJudge is a pen that has just booted, in a new session.
func newJudge(desc *Descriptor, boot, calRev uint32, clock PenClock) *judgeModel {
	return &judgeModel{desc: *desc, boot: boot, calRev: calRev, clock: clock}
}

func (p *judgeModel) rf() bool { return p.desc.Kind == KindRF }

// take does what a message asks for and returns the answer, nil where there is
// none.
func (p *judgeModel) take(m Message) Message {
	switch m := m.(type) {
	case *TipInfo:
		p.tip = m
		if m.ID == 0 {
			p.tip = nil
		}
		p.again()
	case *Hello:
		p.envelope, p.confirmed, p.arm = nil, false, 0
	case *Disarm:
		p.arm = 0
	case *PutEnvelope:
		return p.putEnvelope(m)
	case *PutSettings:
		return p.putSettings(m)
	case *Arm:
		return p.armed(m)
	}
	return nil
}

// snapshot is the answer to GET_SETTINGS.
func (p *judgeModel) snapshot() *SettingsReply {
	r := &SettingsReply{Applied: p.active, Generation: p.generation, CalRev: p.calRev, Values: p.values}
	if p.tip != nil {
		r.TipID, r.Pins = p.tip.ID, p.tip.Pins
	}
	if r.Values == nil {
		for _, d := range p.desc.Parameters {
			r.Values = append(r.Values, d.Default)
		}
	}
	if p.active {
		r.Hash = p.hash()
	}
	return r
}

// hash writes the layout of section 6 out, so that it is not the code's own.
func (p *judgeModel) hash() [8]byte {
	var b []byte
	u16 := func(v uint16) { b = append(b, byte(v), byte(v>>8)) }
	u32 := func(v uint32) { b = append(b, byte(v), byte(v>>8), byte(v>>16), byte(v>>24)) }
	e := p.judgedBy
	u32(p.boot)
	u32(p.generation)
	u32(uint32(e.DosePerPin))
	b = append(b, e.PulsesPerSpot)
	u16(e.Pins)
	b = append(b, byte(len(e.Ranges)))
	for _, r := range e.Ranges {
		b = append(b, r.Index)
		u32(uint32(r.Min))
		u32(uint32(r.Max))
	}
	if p.tip == nil {
		u32(0)
		u16(0)
	} else {
		u32(p.tip.ID)
		u16(p.tip.Pins)
	}
	u32(p.calRev)
	b = append(b, byte(len(p.values)))
	for _, v := range p.values {
		u32(uint32(v))
	}
	sum := sha256.Sum256(b)
	return [8]byte(sum[:8])
}

// again judges what is active once more, by steps 4 and 5 of section 10.
func (p *judgeModel) again() {
	if !p.active {
		return
	}
	for _, v := range p.judge(p.values, p.judgedBy, RoleNone) {
		if v.Code != CodeOK {
			p.active, p.confirmed = false, false
			return
		}
	}
}

// least32 is what 32 bits carry of a bound.
func least32(v uint64) int32 { return int32(min(v, math.MaxInt32)) }

func (p *judgeModel) putEnvelope(m *PutEnvelope) Message {
	refused := func(code Code, field int, bound uint64) Message {
		return &Rejected{Request: TypePutEnvelope, Code: code, Field: uint8(field), Bound: least32(bound)}
	}
	e := m.Envelope
	switch {
	case p.arm != 0:
		return refused(CodeState, NoField, 0)
	case m.Role != RoleClinician && m.Role != RoleSeniorClinician:
		return refused(CodeRole, NoField, 0)
	case len(e.Ranges) != len(p.desc.Parameters):
		return refused(CodeEnvelope, NoField, uint64(len(p.desc.Parameters)))
	}
	for i, r := range e.Ranges {
		d := p.desc.Parameters[i]
		bound, broken := int32(0), true
		switch {
		case int(r.Index) != i:
			bound = int32(i)
		case r.Min > r.Max:
			bound = r.Min
		case r.Min < d.Min:
			bound = d.Min
		case r.Max > d.Max:
			bound = d.Max
		default:
			broken = false
		}
		if broken {
			return &Rejected{Request: TypePutEnvelope, Code: CodeEnvelope, Field: uint8(i), Bound: bound}
		}
	}
	switch {
	case e.PulsesPerSpot == 0:
		return refused(CodeEnvelope, NoField, 1)
	case p.rf() && e.PulsesPerSpot > p.desc.MaxPulsesSpot:
		return refused(CodeEnvelope, NoField, uint64(p.desc.MaxPulsesSpot))
	case p.tip != nil && e.Pins != p.tip.Pins:
		return refused(CodeEnvelope, NoField, uint64(p.tip.Pins))
	case p.rf() && e.DosePerPin > p.desc.MaxDosePinUJ:
		return refused(CodeEnvelope, NoField, uint64(p.desc.MaxDosePinUJ))
	}
	p.envelope, p.judgedBy = &e, &e
	p.again()
	return &EnvelopeReply{e}
}

func (p *judgeModel) putSettings(m *PutSettings) Message {
	refused := func(code Code, field int, bound uint64) Message {
		return &Rejected{Request: TypePutSettings, Code: code, Field: uint8(field), Bound: least32(bound)}
	}
	switch {
	case p.arm != 0:
		return refused(CodeState, NoField, 0)
	case m.Role < RoleClinician || m.Role > RoleAdministrator:
		return refused(CodeRole, NoField, 0)
	case p.envelope == nil:
		return refused(CodeNoEnvelope, NoField, 0)
	}
	byIndex := make(map[uint8]int32)
	verdicts := make([]Verdict, len(m.Fields))
	unknown := false
	for i, f := range m.Fields {
		verdicts[i].Index = f.Index
		if _, twice := byIndex[f.Index]; twice || int(f.Index) >= len(p.desc.Parameters) {
			verdicts[i].Code, unknown = CodeUnknownField, true
		}
		byIndex[f.Index] = f.Value
	}
	if unknown {
		return p.answer(verdicts, false)
	}
	values := make([]int32, len(p.desc.Parameters))
	for i := range values {
		v, ok := byIndex[uint8(i)]
		if !ok {
			return refused(CodeMissingField, i, 0)
		}
		values[i] = v
	}
	repeated := p.values != nil && m.Generation == p.generation && slices.Equal(values, p.values)
	if m.Generation == 0 || m.Generation <= p.generation && !repeated {
		return refused(CodeGeneration, NoField, uint64(p.generation))
	}
	judged := p.judge(values, p.envelope, m.Role)
	good := true
	for i := range verdicts {
		verdicts[i] = judged[verdicts[i].Index]
		good = good && verdicts[i].Code == CodeOK
	}
	if good {
		p.generation, p.values, p.active, p.confirmed, p.judgedBy = m.Generation, values, true, true, p.envelope
	}
	return p.answer(verdicts, good)
}

func (p *judgeModel) answer(verdicts []Verdict, applied bool) Message {
	r := p.snapshot()
	r.Applied, r.Verdicts = applied, verdicts
	return r
}

// mayNot says whether a value is another than SETTINGS tells now, and not for the
// role to change.
func (p *judgeModel) mayNot(writer Role, i int, v int32) bool {
	d := p.desc.Parameters[i]
	own := writer.String() == d.Role || writer == RoleSeniorClinician && d.Role == RoleClinician.String()
	return v != p.snapshot().Values[i] && !own
}

// judge is steps 4 and 5 of section 10, by an envelope; values that are set
// already are nobody's.
func (p *judgeModel) judge(values []int32, e *Envelope, writer Role) []Verdict {
	verdicts := make([]Verdict, len(values))
	good := true
	for i, v := range values {
		d := p.desc.Parameters[i]
		highest := int64(e.Ranges[i].Max)
		if p.tip != nil && d.Name == ParamDepth {
			highest = min(highest, int64(p.tip.NeedleLength))
		}
		if p.tip != nil && d.Name == ParamPower {
			highest = min(highest, int64(p.tip.RatedPower))
		}
		verdicts[i] = Verdict{uint8(i), CodeOK, 0}
		switch {
		case p.mayNot(writer, i, v):
			verdicts[i] = Verdict{uint8(i), CodeRole, 0}
		case v < d.Min:
			verdicts[i] = Verdict{uint8(i), CodeBelowPen, d.Min}
		case v > d.Max:
			verdicts[i] = Verdict{uint8(i), CodeAbovePen, d.Max}
		case (v-d.Min)%d.Step != 0:
			verdicts[i] = Verdict{uint8(i), CodeStep, d.Step}
		case v < e.Ranges[i].Min:
			verdicts[i] = Verdict{uint8(i), CodeBelowLimit, e.Ranges[i].Min}
		case int64(v) > highest:
			verdicts[i] = Verdict{uint8(i), CodeAboveLimit, int32(highest)}
		}
		good = good && verdicts[i].Code == CodeOK
	}
	if !good || !p.rf() {
		return verdicts
	}
	speed, power, duration := uint64(values[1]), uint64(values[2]), uint64(values[3])
	pins := uint64(e.Pins)
	if p.tip != nil {
		pins = min(pins, uint64(p.tip.Pins))
	}
	travel := uint64(p.desc.NeedleTravelMS)
	switch {
	case power*duration*uint64(e.PulsesPerSpot) > uint64(e.DosePerPin)*pins:
		verdicts[2] = Verdict{2, CodeDose, least32(uint64(e.DosePerPin))}
		verdicts[3] = Verdict{3, CodeDose, least32(uint64(e.DosePerPin))}
	case (duration+travel)*speed > 60_000:
		verdicts[3] = Verdict{3, CodeTiming, int32(max(60_000/speed, travel) - travel)}
	}
	return verdicts
}

func (p *judgeModel) armed(m *Arm) Message {
	var blocks ArmBlocks
	set := func(on bool, b ArmBlocks) {
		if on {
			blocks |= b
		}
	}
	hash := p.confirmed && p.hash() != m.SettingsHash
	set(p.tip == nil || p.rf() && p.tip.Pins == 0, BlockTipMissing)
	set(p.tip != nil && p.tip.UseLimit > 0 && p.tip.UseCount >= p.tip.UseLimit, BlockTipUsed)
	set(p.tip != nil && p.tip.BoundTreatment != [16]byte{} && p.tip.BoundTreatment != m.TreatmentID, BlockTipUsed)
	set(!p.confirmed, BlockSettingsUnconfirmed)
	set(p.judgedBy != nil && p.tip != nil && p.judgedBy.Pins != p.tip.Pins || hash, BlockLimitMismatch)
	code := CodeOK
	switch {
	case p.arm != 0:
		code = CodeState
	case m.Role != RoleClinician && m.Role != RoleSeniorClinician:
		code = CodeRole
	case p.clock > m.NotAfter:
		code = CodeLate
	case m.NotAfter-p.clock > 500_000:
		code = CodeTooEarly
	case hash:
		code = CodeHash
	case blocks != 0:
		code = CodeBlocked
	default:
		p.arm = m.ArmID()
		return &Result{CommandID: m.CommandID, Outcome: OutcomeDone}
	}
	return &Result{CommandID: m.CommandID, Outcome: OutcomeRejected, Code: code, ArmBlocks: blocks}
}
