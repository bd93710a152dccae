package sim

import (
	"crypto/sha256"
	"time"

	"stipple/protocol"
)

// effect carries a command out. A code other than OK is its refusal, and then
// nothing has changed; the blocks are those of RESULT.
type effect func() (protocol.Code, protocol.ArmBlocks)

// job is a command that takes its time. There is one at most.
type job struct {
	result commandResult // as it is kept, RUNNING
	until  int64         // step at which it ends
	then   effect        // nil: nothing runs
}

func (j *job) running() bool { return j.then != nil }

// once runs a command that must not happen twice, if state and role allow it. A
// command id that is known is answered from the ledger and changes nothing; with
// other content than before, or after RESULT_OF has burnt it, it is refused. An
// effect that calls goOn is RUNNING from then on; while one is, every other id
// is BUSY.
func (fw *firmware) once(m protocol.Once, do effect) protocol.Message {
	id := m.ID()
	sum := sha256.Sum256(m.AppendPayload([]byte{byte(m.Type())}))
	content := [8]byte(sum[:8])
	refused := func(code protocol.Code) *protocol.Result {
		return &protocol.Result{CommandID: id, Outcome: protocol.OutcomeRejected, Code: code}
	}
	if _, burnt := fw.burnt.outcome(id); burnt {
		return refused(protocol.CodeBurnt)
	}
	if r, known := fw.nv.result(id); known && !fw.flaws.has(flawArmTwice) {
		if r.outcome == protocol.OutcomeForgotten || r.content != content {
			return refused(protocol.CodeBurnt)
		}
		return r.message()
	}
	if fw.job.running() {
		return rejected(m.Type(), protocol.CodeBusy, protocol.NoField, 0)
	}
	// The id is written before the effect begins. What can't be remembered is not
	// done, and FAULT follows.
	r := commandResult{id: id, content: content, outcome: protocol.OutcomeRunning}
	if err := fw.nv.keep(r); err != nil {
		fw.keepErr(err)
		return refused(protocol.CodeSelfTest)
	}
	if code := fw.refusal(m.Type(), m.Writer()); code != protocol.CodeOK {
		var blocks protocol.ArmBlocks
		if arm, ok := m.(*protocol.Arm); ok {
			blocks = fw.blocksFor(arm)
		}
		return fw.conclude(r, code, blocks)
	}
	code, blocks := do()
	if code == protocol.CodeOK && fw.job.running() {
		fw.job.result = r
		return r.message()
	}
	return fw.conclude(r, code, blocks)
}

// goOn makes the command whose effect calls it RUNNING: after d, then decides
// what became of it. A reset in between makes that FORGOTTEN.
func (fw *firmware) goOn(d time.Duration, then effect) {
	fw.job = job{until: fw.steps + inSteps(d), then: then}
}

// conclude keeps what became of a command and returns its RESULT.
func (fw *firmware) conclude(r commandResult, code protocol.Code, blocks protocol.ArmBlocks) *protocol.Result {
	r.outcome, r.code, r.blocks = protocol.OutcomeDone, code, blocks
	if code != protocol.CodeOK {
		r.outcome = protocol.OutcomeRejected
		fw.eventLevel(protocol.EventRefused, protocol.LevelWarning, int32(code), protocol.NoField)
	}
	fw.keepErr(fw.nv.finish(r))
	return r.message()
}

// checkJob ends the job whose time has come. The reply that said RUNNING is
// brought up to date, so that a retry under its seq learns the end.
func (fw *firmware) checkJob() {
	if !fw.job.running() || fw.steps < fw.job.until {
		return
	}
	j := fw.job
	fw.job = job{}
	code, blocks := j.then()
	result := fw.conclude(j.result, code, blocks)
	if c := &fw.session.command; c.running == result.CommandID && c.kept != nil {
		c.kept, c.running = protocol.Append(nil, c.header, result), 0
	}
}

func (r *commandResult) message() *protocol.Result {
	return &protocol.Result{CommandID: r.id, Outcome: r.outcome, Code: r.code, ArmBlocks: r.blocks}
}

// resultOf says what became of a command. It writes nothing: an id that is not
// known is burnt until the next reset, which ends the session that a late copy
// would belong to.
//
// Model: ResultOfArrives.
func (fw *firmware) resultOf(m *protocol.ResultOf) *protocol.Result {
	if r, known := fw.nv.result(m.CommandID); known {
		return r.message()
	}
	o, burnt := fw.burnt.outcome(m.CommandID)
	if !burnt {
		// An id that the pen knew once may be out of its memory by now.
		o = protocol.OutcomeNeverSeen
		if !fw.nv.remembersAll() {
			o = protocol.OutcomeForgotten
		}
		fw.burnt.add(m.CommandID, o)
	}
	return &protocol.Result{CommandID: m.CommandID, Outcome: o}
}

// burntIDs are the newest ids that RESULT_OF has burnt, with its answer.
type burntIDs struct {
	ids      [protocol.KeptResults]uint64
	outcomes [protocol.KeptResults]protocol.Outcome
	count    int // ever burnt since the boot
}

func (b *burntIDs) add(id uint64, o protocol.Outcome) {
	i := b.count % len(b.ids)
	b.ids[i], b.outcomes[i] = id, o
	b.count++
}

func (b *burntIDs) outcome(id uint64) (protocol.Outcome, bool) {
	for i := range min(b.count, len(b.ids)) {
		if b.ids[i] == id {
			return b.outcomes[i], true
		}
	}
	return 0, false
}
