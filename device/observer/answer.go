package observer

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"time"

	"stipple/protocol"
)

// commandID is a command that must not happen twice, and what became of it.
type commandID struct {
	came                  bool   // it has reached the pen
	boot                  uint32 // … in this boot
	order                 int    // … as the so manieth id
	arm                   *protocol.Arm
	done, rejected, burnt bool
}

// command is what is known of a command id.
func (w *Witness) command(id uint64) *commandID {
	c := w.ids[id]
	if c == nil {
		c = &commandID{}
		w.ids[id] = c
	}
	return c
}

// arm is an arm id that the pen has accepted.
type arm struct {
	id       uint32
	hash     [8]byte
	accepted time.Duration
	over     bool // the pen has said so
}

// answered takes the pen's answer to a command.
func (w *Witness) answered(at time.Duration, f protocol.Frame, m protocol.Message) {
	s := &w.session
	if x, ok := m.(*protocol.Rejected); ok && x.Code == protocol.CodeBusy {
		return // nothing was looked at
	}
	requests := s.asked[f.Ack]
	if len(requests) == 0 {
		if x, ok := m.(*protocol.Result); ok && x.Outcome == protocol.OutcomeDone && !w.command(x.CommandID).done {
			w.violate(RuleOnce, at, "nothing done for a seq that is not newer", fmt.Sprintf("%016x DONE", x.CommandID))
		}
		return
	}
	s.answers(f.Ack)
	r := matching(requests, m)
	raw := binary.LittleEndian.AppendUint16([]byte{byte(f.Type)}, f.Seq)
	raw = append(raw, f.Payload...)
	if r.answer != nil && !bytes.Equal(r.answer, raw) && !runningThen(r.answer, raw) {
		w.violate(RuleOnce, at, fmt.Sprintf("the kept reply to %v again", r.typ), fmt.Sprintf("another: %v", f.Type))
	}
	first := r.answer == nil
	r.answer = raw
	switch m := m.(type) {
	case *protocol.Result:
		w.result(at, r, m)
	case *protocol.EnvelopeReply:
		if first {
			w.limited(at, requests, m)
		}
	case *protocol.SettingsReply:
		if first {
			w.applied(at, requests, m)
		}
	case *protocol.Rejected:
		w.seen.Refused++
	case *protocol.ServiceMode:
		if first && m.State == protocol.StateService {
			w.settings.confirmed, w.service = false, true
		}
	}
}

// matching finds the content under a seq that an answer is about.
func matching(requests []*request, m protocol.Message) *request {
	for _, r := range requests {
		if answers(m, r) {
			return r
		}
	}
	for _, r := range requests {
		if r.answer == nil {
			return r
		}
	}
	return requests[0]
}

// answers says whether a message can be the answer to a request.
func answers(m protocol.Message, r *request) bool {
	switch m := m.(type) {
	case *protocol.Result:
		id, ok := idOf(r.msg)
		return ok && id == m.CommandID
	case *protocol.Rejected:
		return m.Request == r.typ
	case *protocol.EnvelopeReply:
		return r.typ == protocol.TypePutEnvelope
	case *protocol.SettingsReply:
		return r.typ == protocol.TypePutSettings || r.typ == protocol.TypeGetSettings
	}
	return false
}

func idOf(m protocol.Message) (uint64, bool) {
	switch m := m.(type) {
	case protocol.Once:
		return m.ID(), true
	case *protocol.ResultOf:
		return m.CommandID, true
	}
	return 0, false
}

// runningThen says whether an answer is the end of what another said RUNNING of:
// the only way in which the kept reply changes.
func runningThen(old, now []byte) bool {
	const head = 3 // type and seq
	var was, is protocol.Result
	return len(old) > head && len(now) > head && bytes.Equal(old[:head], now[:head]) && protocol.Type(old[0]) == protocol.TypeResult &&
		was.DecodePayload(old[head:]) == nil && is.DecodePayload(now[head:]) == nil &&
		was.CommandID == is.CommandID && was.Outcome == protocol.OutcomeRunning
}

// result takes a RESULT.
func (w *Witness) result(at time.Duration, r *request, m *protocol.Result) {
	c := w.command(m.CommandID)
	said := func(now string) {
		w.violate(RuleOnce, at, fmt.Sprintf("%016x: came %v, done %v, refused %v, burnt %v", m.CommandID, c.came, c.done, c.rejected, c.burnt), now)
	}
	switch m.Outcome {
	case protocol.OutcomeDone:
		if c.done {
			return // said again, and nothing was done
		}
		if c.rejected || c.burnt || !c.came {
			said("DONE")
		}
		w.done(at, r, c, m.CommandID)
	case protocol.OutcomeRejected:
		w.seen.Refused++
		if c.done && m.Code != protocol.CodeBurnt {
			said("REJECTED, " + m.Code.String())
		}
		c.rejected = c.rejected || !c.done
		if r.typ == protocol.TypeClear {
			w.stop.clear, w.fault.clear = false, false
		}
	case protocol.OutcomeNeverSeen:
		if c.done {
			said("NEVER_SEEN")
		}
		c.burnt = true
	}
}

// done is a command that was carried out. What RESULT_OF tells of was carried
// out before, in a session that may be over.
func (w *Witness) done(at time.Duration, r *request, c *commandID, id uint64) {
	c.done = true
	switch x := r.msg.(type) {
	case *protocol.Arm:
		w.accept(at, r, x)
	case *protocol.TestOutput:
		w.acceptTest(at, r, x)
	case *protocol.Clear:
		w.cleared(at)
	case *protocol.ResultOf:
		if c.arm != nil && w.arms[uint32(id)] == nil {
			w.arms[uint32(id)] = &arm{id: uint32(id), hash: c.arm.SettingsHash, accepted: at, over: true}
		}
	}
}

// cleared is an ESTOP that is over.
func (w *Witness) cleared(at time.Duration) {
	w.seen.Cleared++
	w.stop = stop{}
	w.fault.which, w.fault.clear, w.fault.cleared = protocol.FaultNone, false, at
	w.o.Cleared(at)
}

// accept is an ARM that the pen has accepted: was it right to?
func (w *Witness) accept(at time.Duration, r *request, m *protocol.Arm) {
	w.seen.Armed++
	set := &w.settings
	switch hash, old := w.hash(w.tip), w.hash(w.oldTip); {
	case !set.confirmed:
		w.violate(RuleArm, at, "settings confirmed in this session", "none")
	case m.SettingsHash != hash && !(m.SettingsHash == old && at-w.tipAt <= w.grace()):
		w.violate(RuleArm, at, fmt.Sprintf("settings %x", hash), fmt.Sprintf("%x", m.SettingsHash))
	}
	w.judgeTime(at, r, m.NotAfter)
	w.judgeBlocks(at, r)
	w.judgeFault(at, r)
	w.command(m.CommandID).done = true
	a := &arm{id: uint32(m.CommandID), hash: m.SettingsHash, accepted: at}
	w.arms[a.id], w.newest = a, a
	w.o.Armed(at, r.at, a.id, w.confirmed())
}

// judgeTime looks whether an ARM or TEST_OUTPUT was in time.
func (w *Witness) judgeTime(at time.Duration, r *request, notAfter protocol.PenClock) {
	if !w.zeroOK {
		return
	}
	grace := protocol.PenClock((notice + w.lag).Microseconds())
	if came := w.clock(r.at); came > notAfter+grace {
		w.violate(RuleArmTime, at, fmt.Sprintf("by %d us", notAfter), fmt.Sprintf("arrived at %d us", came))
	}
	if latest := w.clock(at) + protocol.PenClock(armAhead.Microseconds()) + grace; notAfter > latest {
		w.violate(RuleArmTime, at, fmt.Sprintf("not_after up to %d us", latest), fmt.Sprintf("%d us", notAfter))
	}
}

// acceptTest is a TEST_OUTPUT that the pen has accepted: was it right to?
func (w *Witness) acceptTest(at time.Duration, r *request, m *protocol.TestOutput) {
	w.seen.Tests++
	if !w.service {
		w.violate(RuleServiceMode, at, "in SERVICE", "an output permitted")
	}
	if w.stop.latched && w.stop.at < r.at-w.lag && !w.stop.clear {
		w.violate(RuleArmBlocked, at, fmt.Sprintf("ESTOP of %v cleared", w.stop.at), "an output permitted")
	}
	if why := w.wrongTest(m); why != "" {
		w.violate(RuleBounds, at, why, fmt.Sprintf("%+v", *m))
	}
	w.judgeTime(at, r, m.NotAfter)
	w.judgeFault(at, r)
	w.command(m.CommandID).done = true
	a := &arm{id: uint32(m.CommandID), accepted: at}
	w.arms[a.id], w.newest = a, a
	w.o.Armed(at, r.at, a.id, w.testSettings(m))
}

// wrongTest says which bound of section 18 a SERVICE output breaks; empty: none.
func (w *Witness) wrongTest(m *protocol.TestOutput) string {
	power := m.Quantity == protocol.QuantityPower
	switch {
	case m.Quantity > protocol.QuantityPower || power && !w.rf || int(m.Quantity) >= len(w.d.Parameters):
		return "a quantity that the pen can drive"
	case m.Duration < 1 || protocol.Milliseconds(m.Duration) > testLongest:
		return fmt.Sprintf("1 to %d ms", testLongest)
	case power != (m.Load != 0):
		return "a load for power and for nothing else"
	}
	if p := w.d.Parameters[m.Quantity]; m.Value < p.Min || m.Value > p.Max {
		return fmt.Sprintf("%s within %d to %d", p.Name, p.Min, p.Max)
	}
	return ""
}

// testSettings is what a SERVICE output is held to. One that is raw is driven
// without the calibration, which may move a value by rawPermille.
func (w *Witness) testSettings(m *protocol.TestOutput) Settings {
	set := Settings{Duration: min(protocol.Milliseconds(m.Duration), testLongest), Test: &Test{Quantity: m.Quantity, Load: protocol.Ohms(m.Load)}}
	value := int64(m.Value)
	if m.Raw {
		value += value * rawPermille / 1000
	}
	switch m.Quantity {
	case protocol.QuantityDepth:
		set.Depth = protocol.Micrometres(value)
	case protocol.QuantitySpeed:
		set.Speed = protocol.StrokesPerMinute(value)
		depth := w.d.Parameters[placeDepth]
		set.Depth = protocol.Micrometres(max(depth.Min, depth.Step)) // as little as it can
	case protocol.QuantityPower:
		set.Power = protocol.Milliwatts(value)
	}
	set.MaxDepth = set.Depth
	return set
}

// judgeBlocks looks for arm blocks that a bystander can know.
func (w *Witness) judgeBlocks(at time.Duration, r *request) {
	if w.stop.latched && w.stop.at < r.at-w.lag && !w.stop.clear {
		w.violate(RuleArmBlocked, at, fmt.Sprintf("ESTOP of %v cleared", w.stop.at), "armed")
	}
	if t := w.tip; (t.id == 0 || w.rf && t.pins == 0) && at-w.tipAt > w.grace() {
		w.violate(RuleArmBlocked, at, "a tip with known pins", fmt.Sprintf("tip %08x, %d pins", t.id, t.pins))
	}
	if e := w.settings.envelope; e != nil && e.Pins != w.tip.pins && at-w.tipAt > w.grace() {
		w.violate(RuleArmBlocked, at, fmt.Sprintf("limits for %d pins", w.tip.pins), fmt.Sprint(e.Pins))
	}
}
