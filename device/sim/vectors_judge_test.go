package sim

import (
	"bytes"
	"crypto/sha256"
	"math"
	"testing"

	"stipple/protocol"
	"stipple/protocol/testdata/vectors"
)

// TestVectorsOfJudge has the simulated pens judge each request of the folder
// "judge", as the pen that the file describes, and holds the whole answer and what
// is in force before and behind it to the file.
func TestVectorsOfJudge(t *testing.T) {
	list, err := vectors.Judges()
	if err != nil || len(list) < 30 {
		t.Fatalf("%d vectors, error %v", len(list), err)
	}
	for _, v := range list {
		desc, err := protocol.ParseDescriptor([]byte(v.Descriptor), sha256.Sum256([]byte(v.Descriptor)))
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range v.Cases {
			t.Run(v.Name+"/"+c.About, func(t *testing.T) { checkJudged(t, desc, v, c) })
		}
	}
}

func checkJudged(t *testing.T, desc *protocol.Descriptor, v vectors.Judge, c vectors.JudgeCase) {
	d := judgeDesk(t, desc, v)
	for _, m := range c.Before {
		d.judge(m)
	}
	d.inForce("before", c.InForce)
	answer := d.judge(c.Request)
	switch {
	case c.Answer == nil && answer != nil:
		t.Errorf("%s is answered %+v", c.Request.Name, answer)
	case c.Answer != nil && (answer == nil || answer.Type().String() != c.Answer.Name || !bytes.Equal(answer.AppendPayload(nil), c.Answer.Payload)):
		t.Errorf("%s is answered %+v, want %s %s", c.Request.Name, answer, c.Answer.Name, c.Answer.Fields)
	}
	d.inForce("then", c.After)
}

// judgeDesk is a pen that says of itself what the vector's does, without a tip.
func judgeDesk(t *testing.T, desc *protocol.Descriptor, v vectors.Judge) *desk {
	model := N1
	if desc.Kind == protocol.KindRF {
		model = R1
	}
	d := newDesk(t, model)
	fw := d.pen.fw
	own := &fw.model.desc
	own.Parameters, own.RatedPowerMW, own.NeedleTravelMS = desc.Parameters, desc.RatedPowerMW, desc.NeedleTravelMS
	own.MaxPulsesSpot, own.MaxDosePinUJ = desc.MaxPulsesSpot, desc.MaxDosePinUJ
	fw.nv.counters.boot, fw.cal.revision = v.Boot, v.CalRev
	fw.mount(nil)
	fw.inputs()
	d.clockIs(v.Clock)
	return d
}

// judge hands a message of a vector to the pen and returns its answer. TIP_INFO is
// the hand's, which puts that tip on.
func (d *desk) judge(m vectors.Message) protocol.Message {
	d.t.Helper()
	switch m.Name {
	case "TIP_INFO":
		d.putOn(m.Payload)
		return nil
	case "HELLO":
		d.frame(protocol.Header{Type: protocol.TypeHello, Lane: protocol.LaneCommand}, m.Payload)
		d.seq = [protocol.LaneCount]uint16{}
		return nil
	}
	for _, typ := range []protocol.Type{protocol.TypePutEnvelope, protocol.TypePutSettings, protocol.TypeArm, protocol.TypeDisarm} {
		if typ.String() == m.Name {
			return d.askRaw(typ, m.Payload)
		}
	}
	d.t.Fatalf("no request %q", m.Name)
	return nil
}

// putOn puts a tip on, or takes it off.
func (d *desk) putOn(payload []byte) {
	d.t.Helper()
	var m protocol.TipInfo
	if err := m.DecodePayload(payload); err != nil {
		d.t.Fatal(err)
	}
	fw := d.pen.fw
	if m.ID == 0 {
		fw.mount(nil)
	} else {
		fw.mount(&TipSpec{
			ID: m.ID, Lot: m.Lot, ExpiryDays: m.ExpiryDays, Pins: m.Pins, Insulated: m.Insulated, NeedleLengthUM: protocol.Micrometres(m.NeedleLength),
			// The hand's tips go up to 31 bits; beyond that every pen's own bound is the smaller.
			RatedPowerMW: protocol.Milliwatts(min(m.RatedPower, math.MaxInt32)),
			UseCount:     m.UseCount, UseLimit: m.UseLimit, BoundTreatment: m.BoundTreatment,
		})
	}
	fw.inputs()
}

// inForce asks what is in force.
func (d *desk) inForce(when string, want vectors.Message) {
	d.t.Helper()
	got := d.ask(&protocol.GetSettings{})
	if got == nil || !bytes.Equal(got.AppendPayload(nil), want.Payload) {
		d.t.Errorf("%s in force: %+v, want %s", when, got, want.Fields)
	}
}
