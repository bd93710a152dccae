package conformance

import (
	"fmt"

	"stipple/protocol"
)

func onceCases() []Case {
	return []Case{
		{"result/done", "12", "RESULT_OF tells what was DONE, and changes nothing", NeedReady, resultDone},
		{"result/rejected", "12", "RESULT_OF tells what was REJECTED, with its code", 0, resultRejected},
		{"result/never-seen", "12", "RESULT_OF an id that never came: NEVER_SEEN (or FORGOTTEN, once ids were dropped), and the same again", 0, resultNever},
		{"result/burns", "12", "an id that RESULT_OF has asked for is burnt: a late ARM or CLEAR is REJECTED with BURNT", NeedReady, resultBurns},
		{"result/refusal-kept", "12", "a refused command is not carried out later under the same id", NeedReady, resultRefusalKept},
		{"result/32-kept", "12", "32 results are kept", 0, resultKept},
		{"result/displaced", "12", "an id that was displaced is never carried out: BURNT, and RESULT_OF says FORGOTTEN", 0, resultDisplaced},
		{"result/questions-displace-nothing", "12", "RESULT_OF writes nothing: 33 questions displace no result", 0, resultQuestions},
		{"result/burnt-kept", "12", "32 burnt ids are kept", 0, resultBurntKept},
		{"result/next-session", "12", "results outlive the session", 0, resultNextSession},
	}
}

// resultOf asks for a result.
func (t *trial) resultOf(id uint64) *protocol.Result {
	r := ask[protocol.Result](t, &protocol.ResultOf{CommandID: id})
	t.want(t.over() || r.CommandID == id, fmt.Sprintf("RESULT for %#x", id), "%s for %#x", describeMessage(r), r.CommandID)
	return r
}

// kept expects RESULT_OF to tell a result as it was answered.
func (t *trial) kept(want *protocol.Result) {
	got := t.resultOf(want.CommandID)
	t.want(t.over() || *got == *want, describeMessage(want), "%s", describeMessage(got))
}

func resultDone(t *trial) {
	m := t.disarmed()
	t.kept(&protocol.Result{CommandID: m.CommandID, Outcome: protocol.OutcomeDone})
	t.inState(protocol.StateStandby)
}

// idle is a command that is refused and changes nothing: CLEAR with nothing
// latched.
func (t *trial) idle() *protocol.Result { return t.commandRefused(t.clearOf(0), protocol.CodeState) }

func resultRejected(t *trial) {
	t.kept(t.idle())
	t.limit(t.widest())
	m := t.armWith([8]byte{1})
	t.kept(t.commandRefused(m, protocol.CodeBlocked)) // with its arm blocks
}

// never says whether an outcome may be that of an id that never came.
func never(o protocol.Outcome) bool {
	return o == protocol.OutcomeNeverSeen || o == protocol.OutcomeForgotten
}

func resultNever(t *trial) {
	id := t.random()
	first := t.resultOf(id)
	t.want(t.over() || never(first.Outcome) && first.Code == 0 && first.ArmBlocks == 0, "RESULT NEVER_SEEN or FORGOTTEN", "%s", describeMessage(first))
	t.kept(first)
	t.hello()
	t.kept(first)
}

func resultBurns(t *trial) {
	m := t.armWith(t.confirm(t.least()))
	first := t.resultOf(m.CommandID)
	t.commandRefused(m, protocol.CodeBurnt)
	t.inState(protocol.StateStandby)
	t.kept(first)
	clear := t.clearOf(0)
	t.resultOf(clear.CommandID)
	t.stop(t.session)
	t.commandRefused(clear, protocol.CodeBurnt)
	t.inState(protocol.StateStopped)
}

func resultRefusalKept(t *trial) {
	m := t.armWith([8]byte{1})
	t.commandRefused(m, protocol.CodeBlocked)
	hash := t.confirm(t.least())
	m.SettingsHash = hash // other content
	t.commandRefused(m, protocol.CodeBurnt)
	early := t.armWith(hash)
	early.NotAfter = early.NotAfter.Add(protocol.CommandLimit)
	t.commandRefused(early, protocol.CodeTooEarly)
	t.wait(protocol.CommandLimit) // it would be in time now
	t.commandRefused(early, protocol.CodeTooEarly)
	t.inState(protocol.StateStandby)
}

func resultKept(t *trial) {
	first := t.idle()
	for range protocol.KeptResults - 1 {
		t.idle()
	}
	t.kept(first)
}

func resultDisplaced(t *trial) {
	m := t.clearOf(0)
	first := t.commandRefused(m, protocol.CodeState)
	const enough = 2 * protocol.KeptResults // a pen may keep more than it must
	for range enough {
		t.idle()
	}
	now := t.resultOf(first.CommandID)
	if *now == *first {
		t.skip("the pen keeps more than %d results", enough)
	}
	t.want(t.over() || now.Outcome == protocol.OutcomeForgotten, "RESULT FORGOTTEN", "%s", describeMessage(now))
	t.stop(t.session)
	t.commandRefused(m, protocol.CodeBurnt)
	t.inState(protocol.StateStopped)
}

func resultQuestions(t *trial) {
	first := t.idle()
	for range protocol.KeptResults + 1 {
		t.resultOf(t.random())
	}
	t.kept(first)
}

func resultBurntKept(t *trial) {
	m := t.clearOf(0)
	t.resultOf(m.CommandID)
	for range keptBurnt - 1 {
		t.resultOf(t.random())
	}
	t.commandRefused(m, protocol.CodeBurnt)
}

func resultNextSession(t *trial) {
	first := t.idle()
	t.hello()
	t.kept(first)
}
