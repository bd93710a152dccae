package clinical

import (
	"time"

	"stipple/protocol"
)

// UncertainCause is why it was not known how a run had ended.
type UncertainCause string

// The causes.
const (
	// CauseLink: the link was lost while the pen was armed, or between a command
	// and its reply.
	CauseLink UncertainCause = "link"
	// CauseReply: the pen is there, and what became of ARM is not known to it.
	CauseReply UncertainCause = "reply"
	// CausePulses: pulses that the pen counts never arrived.
	CausePulses UncertainCause = "pulses"
	// CauseCrash: the console ended in the middle of the run.
	CauseCrash UncertainCause = "crash"
)

// ArmResult is what became of one ARM. The zero value is "not known".
type ArmResult string

// The results of an ARM.
const (
	ArmUnknown   ArmResult = ""
	ArmExecuted  ArmResult = "executed"
	ArmRejected  ArmResult = "rejected"
	ArmNeverSeen ArmResult = "never_seen" // never arrived, and can't be carried out any more
	ArmNotSent   ArmResult = "not_sent"   // called off before it left
	// ArmForgotten: the pen no longer knows (SPEC.md section 12). What it gave
	// under the arming is known all the same where the ledger reaches back.
	ArmForgotten ArmResult = "forgotten"
)

// Refuted says whether the ARM certainly was not carried out.
func (r ArmResult) Refuted() bool {
	switch r {
	case ArmRejected, ArmNeverSeen, ArmNotSent:
		return true
	}
	return false
}

// Witness is who says what became of an ARM.
type Witness string

// The witnesses.
const (
	FromReply    Witness = "reply"     // the pen's answer at that time
	FromResultOf Witness = "result_of" // its answer to RESULT_OF afterwards
	FromLedger   Witness = "ledger"    // pulses under the arming, in its ledger
	FromRecord   Witness = "record"    // pulses under the arming, as the console recorded them
)

// ArmFinding is what is known of one ARM of the run.
type ArmFinding struct {
	CommandID uint64
	Result    ArmResult
	Source    Witness // empty while nothing is known
	Pulses    int     // known under it
}

// PulseFinding says what is known of a number of pulses in a row, and from whom.
type PulseFinding string

// The findings.
const (
	PulseAgreed   PulseFinding = "agreed"   // console and pen say the same
	PulseConsole  PulseFinding = "console"  // the console's record alone; the pen was not asked, or no longer has it
	PulseTold     PulseFinding = "told"     // only the pen knew of it
	PulseLogged   PulseFinding = "logged"   // the pen's log says that it ended; nothing has its values
	PulseUnknown  PulseFinding = "unknown"  // nobody can say
	PulseDisputed PulseFinding = "disputed" // console and pen contradict each other; see Contradictions
)

// PulseSpan is pulses in a row of which the same holds. To 0 has no end: how
// many there are is not known either.
type PulseSpan struct {
	From, To uint32 // the pen's numbers, both included
	Finding  PulseFinding
}

// Count is how many pulses the span has; 0: not known.
func (s PulseSpan) Count() int {
	if s.To == 0 {
		return 0
	}
	return int(s.To-s.From) + 1
}

// Dispute is how pen and console contradict each other.
type Dispute string

// The disputes.
const (
	DisputeDiffers   Dispute = "differs"    // both have the pulse, with different content
	DisputeDenied    Dispute = "denied"     // the console recorded it, and the pen does not know it
	DisputeTreatment Dispute = "treatment"  // given under an arming of this run, and counted to another treatment
	DisputeArming    Dispute = "arming"     // counted to this treatment, under an arming that it did not have
	DisputeTwice     Dispute = "twice"      // the ledger has the number twice, or goes back
	DisputeOpen      Dispute = "open"       // the ledger tells a pulse that is not closed
	DisputeHole      Dispute = "hole"       // a number is missing in the middle of the ledger
	DisputeCounter   Dispute = "counter"    // the ledger ends before what the pen had counted
	DisputeLog       Dispute = "log"        // log and ledger say different ends
	DisputeArmDenied Dispute = "arm_denied" // pulses under an ARM that the pen says it never carried out
	DisputeLedger    Dispute = "ledger"     // the ledger's pages contradict each other, or have no end
)

// Contradiction is one dispute. Both versions are kept; neither is preferred.
type Contradiction struct {
	Kind      Dispute
	Index     uint32 // of the pulse; with DisputeCounter the newest that was counted
	CommandID uint64 // with DisputeArmDenied
	Console   Pulse  // the console's version; Index 0: none
	Pen       Pulse  // the pen's; Index 0: none
	Said      string // with DisputeLog the log's word for the end
}

// PenEvent is a record of the pen's log that tells how the run went on.
type PenEvent struct {
	Index uint32 // of the log
	Boot  uint32
	At    time.Time // zero: not known
	Code  uint16    // as in protocol's EVENT
	Args  [2]int32
}

// Verdict is what an operator signs.
type Verdict string

// The verdicts.
const (
	// AsReconciled: what the pen told stands, beside what the console knew.
	AsReconciled Verdict = "reconciled"
	// AsUncertain: the run ends as uncertain, with what is not known.
	AsUncertain Verdict = "uncertain"
)

// Signature is who signed what; Verdict is empty while nobody has.
type Signature struct {
	At      time.Time
	By      Operator
	Verdict Verdict
}

// Reconciliation is a run whose outcome was not known, compared with what its
// pen told of it afterwards.
type Reconciliation struct {
	Cause    UncertainCause
	LostAt   time.Time // when the link was lost; after a crash the newest that is on disk
	BootThen uint32    // the pen's boot id then; 0: not known
	// LastCounted is the newest pulse that the pen's STATUS had counted then; 0:
	// not known.
	LastCounted uint32

	AskedAt       time.Time // the pen's newest answer; zero: it has not been asked
	BootNow       uint32    // of the pen that answered
	Arms          []ArmFinding
	LedgerWhole   bool // the ledger was read to its end
	Oldest        uint32
	Newest        uint32 // what it held; 0, 0: nothing, or it was not read
	LogWhole      bool   // the log was read from the run on
	Spans         []PulseSpan
	Contradicted  int // contradictions, also beyond those that are kept
	Contradiction []Contradiction
	Events        []PenEvent

	Signature Signature
}

// Answered says whether the pen has told all that it can.
func (r Reconciliation) Answered() bool {
	for _, a := range r.Arms {
		if a.Result == ArmUnknown {
			return false
		}
	}
	return r.LedgerWhole && !r.AskedAt.IsZero()
}

// Settled says whether the pen has told all of the run, and nothing speaks against
// it. Such a run is signed as reconciled, and any other as uncertain.
func (r Reconciliation) Settled() bool { return r.Answered() && r.Known() }

// Known says whether it is known what happened, down to the last pulse, and
// nothing speaks against it.
func (r Reconciliation) Known() bool {
	if r.Contradicted > 0 || len(r.Unknown()) > 0 {
		return false
	}
	for _, a := range r.Arms {
		if a.Result == ArmUnknown {
			return false
		}
	}
	return true
}

// Unknown lists the pulses that are not known, or not what they were.
func (r Reconciliation) Unknown() []PulseSpan {
	var out []PulseSpan
	for _, s := range r.Spans {
		if s.Finding == PulseUnknown || s.Finding == PulseLogged {
			out = append(out, s)
		}
	}
	return out
}

// Of is what is known of a pulse.
func (r Reconciliation) Of(index uint32) (PulseFinding, bool) {
	for _, s := range r.Spans {
		if index >= s.From && (index <= s.To || s.To == 0) {
			return s.Finding, true
		}
	}
	return "", false
}

// Ending is how a pulse ended, as far as it matters to the patient.
type Ending uint8

// The endings.
const (
	// Delivered: the pulse ran as it was set, or was ended by the dose; a pull
	// of a needling pen also where the trigger was released.
	Delivered Ending = iota
	// CutShort: it ended early, and was measured up to its end.
	CutShort
	// Interrupted: the pen lost its supply in the middle. What was given up to
	// then was not measured to its end.
	Interrupted
)

// Ended is how the pulse ended, on a kind of pen.
func (p Pulse) Ended(kind PenKind) Ending {
	switch p.Result {
	case protocol.PulseComplete.String(), protocol.PulseDose.String():
		return Delivered
	case protocol.PulseInterrupted.String():
		return Interrupted
	case protocol.PulseReleased.String(), protocol.PulseContactLost.String():
		if kind == Needling {
			return Delivered
		}
	}
	return CutShort
}

// Tally is what a run came to.
type Tally struct {
	Delivered   int
	CutShort    int
	Interrupted int
	Told        int                  // of all of these, known from the pen alone
	Energy      protocol.Microjoules // measured
	// Most is what interrupted pulses can have given beyond Energy: each as much
	// as was set.
	Most protocol.Microjoules
}

// Pulses is how many pulses are known.
func (t Tally) Pulses() int { return t.Delivered + t.CutShort + t.Interrupted }

// Tally counts what is known of the treatment. Disputed pulses count as the
// console recorded them.
func (t Treatment) Tally() Tally {
	var sum Tally
	for _, p := range t.Pulses {
		switch p.Ended(t.PenKind) {
		case Delivered:
			sum.Delivered++
		case CutShort:
			sum.CutShort++
		case Interrupted:
			sum.Interrupted++
			sum.Most += max(protocol.Energy(p.Set.Power, p.Set.Duration)-p.Energy, 0)
		}
		if f, ok := t.Reconciled.Of(p.Index); ok && f == PulseTold {
			sum.Told++
		}
		sum.Energy += p.Energy
	}
	return sum
}
