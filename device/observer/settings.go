package observer

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"stipple/protocol"
)

// settings are envelope and parameters as the pen has said that they are
// active, and as this package judges them.
type settings struct {
	envelope   *protocol.Envelope // of this session; nil: none
	confirmed  bool
	generation uint32
	values     []int32
	calRev     uint32
}

// Places of the parameters in the descriptor, section 8.
const (
	placeDepth = iota
	placeSpeed
	placePower
	placeDuration
)

// minute is 60,000 ms: the timing bound of section 10.
const minute = 60_000

// limited takes the answer to a PUT_ENVELOPE. What a lying echo is about is what
// was asked for.
func (w *Witness) limited(at time.Duration, requests []*request, m *protocol.EnvelopeReply) {
	e, asked := m.Envelope, false
	for _, r := range requests {
		x, ok := r.msg.(*protocol.PutEnvelope)
		if ok && (x.Envelope.Equal(m.Envelope) || w.lies.echo) {
			e, asked = x.Envelope, true
		}
	}
	if !asked {
		w.violate(RuleSettings, at, "the envelope that was asked for", fmt.Sprintf("%+v", e))
	}
	if why := w.wrongEnvelope(&e, at); why != "" {
		w.violate(RuleBounds, at, why, fmt.Sprintf("%+v", e))
	}
	w.settings.envelope = &e
	w.rejudge()
}

// wrongEnvelope says which rule of section 10 an envelope breaks; empty: none.
func (w *Witness) wrongEnvelope(e *protocol.Envelope, at time.Duration) string {
	d := &w.d
	if len(e.Ranges) != len(d.Parameters) {
		return fmt.Sprintf("%d ranges", len(d.Parameters))
	}
	for i, r := range e.Ranges {
		p := d.Parameters[i]
		if int(r.Index) != i || r.Min > r.Max || r.Min < p.Min || r.Max > p.Max {
			return fmt.Sprintf("%s within %d to %d", p.Name, p.Min, p.Max)
		}
	}
	switch {
	case e.PulsesPerSpot == 0 || w.rf && e.PulsesPerSpot > d.MaxPulsesSpot:
		return fmt.Sprintf("1 to %d pulses a spot", d.MaxPulsesSpot)
	case w.rf && e.DosePerPin > d.MaxDosePinUJ:
		return fmt.Sprintf("at most %d uJ a pin", d.MaxDosePinUJ)
	case w.tip.id != 0 && e.Pins != w.tip.pins && at-w.tipAt > w.grace():
		return fmt.Sprintf("%d pins", w.tip.pins)
	}
	return ""
}

// applied takes the answer to a PUT_SETTINGS or GET_SETTINGS.
func (w *Witness) applied(at time.Duration, requests []*request, m *protocol.SettingsReply) {
	var put *protocol.PutSettings
	for _, r := range requests {
		if x, ok := r.msg.(*protocol.PutSettings); ok && (put == nil || same(x, m)) {
			put = x
		}
	}
	if put == nil {
		return
	}
	if !m.Applied {
		w.seen.Refused++
		return
	}
	values := slices.Clone(m.Values)
	switch {
	case w.lies.echo:
		values = fieldsOf(put, len(m.Values))
	case !same(put, m):
		w.violate(RuleSettings, at, fmt.Sprintf("generation %d, %v", put.Generation, put.Fields), fmt.Sprintf("generation %d, %v", m.Generation, m.Values))
	}
	s := &w.settings
	if s.envelope == nil {
		w.violate(RuleBounds, at, "an envelope of this session first", fmt.Sprint(values))
		return
	}
	if why := w.wrongValues(values, w.tip); why != "" && (at-w.tipAt > w.grace() || w.wrongValues(values, w.oldTip) != "") {
		w.violate(RuleBounds, at, why, fmt.Sprint(values))
	}
	s.confirmed, s.generation, s.values, s.calRev = true, m.Generation, values, m.CalRev
	if hash := w.hash(w.tip); hash != m.Hash && at-w.tipAt > w.grace() && !w.lies.hash {
		w.violate(RuleHash, at, fmt.Sprintf("%x", hash), fmt.Sprintf("%x", m.Hash))
	}
}

// fieldsOf are the values that were asked for, in descriptor order.
func fieldsOf(put *protocol.PutSettings, n int) []int32 {
	values := make([]int32, n)
	for _, f := range put.Fields {
		if int(f.Index) < n {
			values[f.Index] = f.Value
		}
	}
	return values
}

// same says whether what is active is what was asked for.
func same(put *protocol.PutSettings, m *protocol.SettingsReply) bool {
	if put.Generation != m.Generation || len(put.Fields) != len(m.Values) {
		return false
	}
	for _, f := range put.Fields {
		if int(f.Index) >= len(m.Values) || m.Values[f.Index] != f.Value {
			return false
		}
	}
	return true
}

// wrongValues says which bound of section 10 a set of values breaks; empty:
// none.
func (w *Witness) wrongValues(values []int32, t tip) string {
	e := w.settings.envelope
	if e == nil || len(values) != len(w.d.Parameters) || len(e.Ranges) != len(values) {
		return "a value for each parameter"
	}
	for i, v := range values {
		p, top := w.d.Parameters[i], e.Ranges[i].Max
		if t.id != 0 && i == placeDepth {
			top = min(top, int32(t.length))
		}
		if t.id != 0 && i == placePower && w.rf {
			top = min(top, int32(t.rated))
		}
		if v < p.Min || v > p.Max || (v-p.Min)%p.Step != 0 || v < e.Ranges[i].Min || v > top {
			return fmt.Sprintf("%s of %d to %d in steps of %d", p.Name, max(p.Min, e.Ranges[i].Min), min(p.Max, top), p.Step)
		}
	}
	if !w.rf {
		return ""
	}
	power, duration := int64(values[placePower]), int64(values[placeDuration])
	if power*duration*int64(e.PulsesPerSpot) > w.spotCap(t) {
		return fmt.Sprintf("%d uJ on a spot", w.spotCap(t))
	}
	if (duration+int64(w.d.NeedleTravelMS))*int64(values[placeSpeed]) > minute {
		return "duration and travel within a stamp"
	}
	return ""
}

// spotCap is the energy of one spot in µJ: of the envelope's and the tip's pins
// the fewer count.
func (w *Witness) spotCap(t tip) int64 {
	e := w.settings.envelope
	pins := int64(e.Pins)
	if t.id != 0 {
		pins = min(pins, int64(t.pins))
	}
	return int64(e.DosePerPin) * pins
}

// rejudge follows another envelope or tip: settings that don't fit any more are
// not active any more.
func (w *Witness) rejudge() {
	if s := &w.settings; s.confirmed && (s.envelope == nil || w.wrongValues(s.values, w.tip) != "") {
		s.confirmed = false
	}
}

// hash is the settings hash of section 6 for what is confirmed, with that tip.
func (w *Witness) hash(t tip) [8]byte {
	s := &w.settings
	if !s.confirmed || s.envelope == nil {
		return [8]byte{}
	}
	le, e := binary.LittleEndian, s.envelope
	b := le.AppendUint32(nil, w.boot)
	b = le.AppendUint32(b, s.generation)
	b = le.AppendUint32(b, uint32(e.DosePerPin))
	b = append(b, e.PulsesPerSpot)
	b = le.AppendUint16(b, e.Pins)
	b = append(b, byte(len(e.Ranges)))
	for _, r := range e.Ranges {
		b = append(b, r.Index)
		b = le.AppendUint32(b, uint32(r.Min))
		b = le.AppendUint32(b, uint32(r.Max))
	}
	b = le.AppendUint32(b, t.id)
	b = le.AppendUint16(b, t.pins)
	b = le.AppendUint32(b, s.calRev)
	b = append(b, byte(len(s.values)))
	for _, v := range s.values {
		b = le.AppendUint32(b, uint32(v))
	}
	sum := sha256.Sum256(b)
	return [8]byte(sum[:8])
}

// confirmed is what is confirmed now, as outputs are held to it.
func (w *Witness) confirmed() Settings {
	s := &w.settings
	if !s.confirmed || s.envelope == nil {
		return Settings{}
	}
	set := Settings{
		Depth: protocol.Micrometres(s.values[placeDepth]), MaxDepth: protocol.Micrometres(s.envelope.Ranges[placeDepth].Max),
		Speed: protocol.StrokesPerMinute(s.values[placeSpeed]), PulsesPerSpot: int(s.envelope.PulsesPerSpot),
	}
	if w.rf {
		set.Power = protocol.Milliwatts(s.values[placePower])
		set.Duration = protocol.Milliseconds(s.values[placeDuration])
		set.SpotCap = protocol.Microjoules(w.spotCap(w.tip))
	}
	return set
}
