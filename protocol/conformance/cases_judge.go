package conformance

import (
	"crypto/sha256"
	"fmt"
	"slices"

	"stipple/protocol"
	"stipple/protocol/testdata/vectors"
)

// vectorsJudge sends the golden vectors of judging that fit: those of a pen with
// the same parameters and bounds, for a tip like the one that is on, whose
// request hangs on no more than tip and envelope. The generation is the pen's own.
func vectorsJudge(t *trial) {
	all, err := vectors.Judges()
	if err != nil {
		t.lose(err)
	}
	tip, n := t.tip(), 0
	for _, v := range all {
		d, err := protocol.ParseDescriptor([]byte(v.Descriptor), sha256.Sum256([]byte(v.Descriptor)))
		if err != nil {
			t.lose(fmt.Errorf("golden vector: %w", err))
			return
		}
		if !sameBounds(d, t.s.desc) {
			continue
		}
		for _, c := range v.Cases {
			j, fits, err := judgeCaseOf(&c, &tip)
			if err != nil {
				t.lose(fmt.Errorf("golden vector: %w", err))
			}
			if t.over() {
				return
			}
			if !fits {
				continue
			}
			n++
			t.judgedAs(j)
			if t.failed != nil {
				t.failed.expected = v.Name + ", " + c.About + ": " + t.failed.expected
			}
		}
	}
	if n == 0 {
		t.skip("no golden vector is of a pen and a tip like these")
	}
}

// sameBounds says whether two pens judge settings by the same numbers.
func sameBounds(a, b *protocol.Descriptor) bool {
	return a.Kind == b.Kind && slices.Equal(a.Parameters, b.Parameters) && a.RatedPowerMW == b.RatedPowerMW &&
		a.NeedleTravelMS == b.NeedleTravelMS && a.MaxPulsesSpot == b.MaxPulsesSpot && a.MaxDosePinUJ == b.MaxDosePinUJ
}

// judgeCase is a vector that fits: one of envelope and settings is the request.
type judgeCase struct {
	envelope protocol.PutEnvelope
	settings *protocol.PutSettings // nil: the envelope is the request
	answer   protocol.Message
}

// judgeCaseOf reads a vector; false if it needs another tip than the one that is
// on, or more before it than an envelope.
func judgeCaseOf(c *vectors.JudgeCase, on *protocol.TipInfo) (j judgeCase, fits bool, err error) {
	var tip protocol.TipInfo
	if c.Tip != nil {
		if err := tip.DecodePayload(c.Tip); err != nil {
			return j, false, err
		}
	}
	steps := c.Before
	if len(steps) > 0 && steps[0].Name == protocol.TypeTipInfo.String() {
		steps = steps[1:]
	}
	steps = append(slices.Clip(steps), c.Request)
	like := (tip.ID == 0) == (on.ID == 0) && tip.Pins == on.Pins && tip.NeedleLength == on.NeedleLength && tip.RatedPower == on.RatedPower
	if !like || len(steps) > 2 || steps[0].Name != protocol.TypePutEnvelope.String() || c.Answer == nil {
		return j, false, nil
	}
	if err := j.envelope.DecodePayload(steps[0].Payload); err != nil {
		return j, false, err
	}
	if len(steps) == 2 {
		j.settings = new(protocol.PutSettings)
		if steps[1].Name != protocol.TypePutSettings.String() || c.Envelope == nil {
			return j, false, nil
		}
		if err := j.settings.DecodePayload(steps[1].Payload); err != nil {
			return j, false, err
		}
		if j.settings.Generation != 1 {
			return j, false, nil // it is the generation that is judged
		}
	}
	for _, m := range []interface {
		protocol.Message
		DecodePayload([]byte) error
	}{new(protocol.SettingsReply), new(protocol.EnvelopeReply), new(protocol.Rejected)} {
		if m.Type().String() == c.Answer.Name {
			j.answer = m
			return j, true, m.DecodePayload(c.Answer.Payload)
		}
	}
	return j, false, nil
}

// judgedAs sends the request of a vector and expects its answer.
func (t *trial) judgedAs(j judgeCase) {
	if j.settings == nil {
		r := t.request(&j.envelope)
		if want, ok := j.answer.(*protocol.Rejected); ok {
			t.wantRejected(want.Request, r, want.Code, want.Field, want.Bound)
			return
		}
		e, ok := r.(*protocol.EnvelopeReply)
		t.want(t.over() || ok && e.Envelope.Equal(j.envelope.Envelope), "the envelope as it was put", "%s", describeMessage(r))
		return
	}
	t.limit(j.envelope.Envelope)
	j.settings.Generation = t.nextGeneration()
	r := t.request(j.settings)
	switch want := j.answer.(type) {
	case *protocol.Rejected:
		t.wantRejected(want.Request, r, want.Code, want.Field, want.Bound)
	case *protocol.SettingsReply:
		s, ok := r.(*protocol.SettingsReply)
		same := ok && s.Applied == want.Applied && verdicts(s.Verdicts) == verdicts(want.Verdicts)
		same = same && (!want.Applied || slices.Equal(s.Values, want.Values))
		t.want(t.over() || same, fmt.Sprintf("applied %v, values %v, verdicts %s", want.Applied, want.Values, verdicts(want.Verdicts)), "%s", describeMessage(r))
	}
}
