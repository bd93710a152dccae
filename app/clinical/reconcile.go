package clinical

import (
	"slices"
	"time"
)

// Bounds of what a reconciliation keeps, so that a pen that invents things can't
// make a record that does not fit into the store. All are far above what a
// treatment has.
const (
	// MaxTold is how many pulses are taken from a pen's ledger for one run: as
	// many as a pen must keep, and as many as the store takes in one write.
	MaxTold = 4096
	// maxSpans is how many spans are kept; a ledger that is more scattered is
	// not believed from there on.
	maxSpans = 512
	// maxContradictions is how many contradictions are kept with both versions;
	// more are counted.
	maxContradictions = 64
	// maxEvents is how many of the log's records are kept, the newest.
	maxEvents = 64
)

// LedgerPulse is a pulse as the pen's ledger tells it.
type LedgerPulse struct {
	Pulse
	Treatment [16]byte // that it is counted to
	Open      bool     // not closed, which no page may hold
}

// LogEnd is the log's word for the end of a pulse.
type LogEnd struct {
	Index  uint32 // of the pulse
	Result string
}

// PenTold is what a pen answered when it was asked about a run: as much as came
// before an error, if there was one.
type PenTold struct {
	At        time.Time
	Boot      uint32
	Treatment [16]byte // the run's name in the pen's ledger

	Results map[uint64]ArmResult // answers to RESULT_OF, by command id

	Ledger      []LedgerPulse // in the order of its pages, from FirstPulse on
	LedgerWhole bool          // up to its end
	LedgerBad   bool          // its pages contradict each other
	Oldest      uint32        // that it holds; 0, 0: nothing, or it was not read
	Newest      uint32

	Events   []PenEvent // of the log, from the run on
	Ends     []LogEnd   // likewise
	LogWhole bool
}

// FirstPulse is the first number that a pulse of the treatment can have in the
// pen's ledger; 0 where it was never meant to be armed.
func (t Treatment) FirstPulse() uint32 {
	if len(t.Arms) == 0 {
		return 0
	}
	first := t.Arms[0].PulsesBefore
	for _, a := range t.Arms {
		first = min(first, a.PulsesBefore)
	}
	return first + 1
}

// Reconcile compares the record of a run with what its pen told, and returns
// what is known now and the pulses that only the pen had, in the order of its
// ledger, to be added to the record. What was told before (t.Reconciled) is
// kept: an answer that has come stays, and a pen that tells it otherwise later
// is contradicted by it. Nothing of the record is changed.
func Reconcile(t Treatment, told PenTold) (Reconciliation, []Pulse) {
	c := comparison{
		record: t, told: told, out: t.Reconciled,
		known: make(map[uint32]Pulse), ours: make(map[uint32]bool), found: make(map[uint32]PulseFinding),
		other: make(map[uint32]bool), log: make(map[uint32]string),
	}
	c.out.Signature, c.out.Contradiction = Signature{}, slices.Clone(c.out.Contradiction)
	if told.LedgerWhole || len(told.Results) > 0 || len(told.Ledger) > 0 || told.LogWhole {
		c.out.AskedAt, c.out.BootNow = told.At, told.Boot
	}
	for _, p := range t.Pulses {
		c.known[p.Index] = p
	}
	for _, a := range t.Arms {
		c.ours[uint32(a.CommandID)] = true
	}
	for _, s := range t.Reconciled.Spans {
		if s.Finding == PulseTold {
			c.before += s.Count()
		}
	}
	for _, e := range told.Ends {
		c.log[e.Index] = e.Result
	}
	if told.LedgerWhole || !c.out.LedgerWhole {
		c.ledger()
		c.recorded()
		c.counter()
		c.spans()
	}
	c.arms()
	c.events()
	return c.out, c.extra
}

// comparison is one run of Reconcile.
type comparison struct {
	record Treatment
	told   PenTold
	out    Reconciliation
	extra  []Pulse

	known map[uint32]Pulse        // of the record
	ours  map[uint32]bool         // arm ids of the run
	found map[uint32]PulseFinding // what is known of each number
	other map[uint32]bool         // numbers of pulses that are not the run's
	log   map[uint32]string       // ends by the log
	open  bool                    // how many came behind the newest is not known
	top   uint32                  // the newest number that is accounted for

	before int // pulses that the pen told before
}

// dispute notes a contradiction once.
func (c *comparison) dispute(d Contradiction) {
	if slices.ContainsFunc(c.out.Contradiction, d.same) {
		return
	}
	c.out.Contradicted++
	if len(c.out.Contradiction) < maxContradictions {
		c.out.Contradiction = append(c.out.Contradiction, d)
	}
}

// same says whether two contradictions are one and the same: what the console
// estimates of a pulse is no part of it.
func (d Contradiction) same(o Contradiction) bool {
	return d.Kind == o.Kind && d.Index == o.Index && d.CommandID == o.CommandID && d.Said == o.Said &&
		samePulse(d.Console, o.Console) && samePulse(d.Pen, o.Pen)
}

// set notes what is known of a number. A dispute is never taken back.
func (c *comparison) set(i uint32, f PulseFinding) {
	if c.found[i] != PulseDisputed {
		c.found[i] = f
	}
	c.top = max(c.top, i)
}

// ledger goes through what the pen's ledger told.
func (c *comparison) ledger() {
	first, last := c.record.FirstPulse(), uint32(0)
	if c.told.LedgerBad {
		c.dispute(Contradiction{Kind: DisputeLedger})
	}
	for _, p := range c.told.Ledger {
		switch {
		case first == 0 || p.Index < first:
			continue
		case p.Index <= last:
			c.dispute(Contradiction{Kind: DisputeTwice, Index: p.Index, Pen: p.Pulse})
			c.set(p.Index, PulseDisputed)
			continue
		}
		last = p.Index
		c.entry(p)
		if said, ok := c.log[p.Index]; ok && said != p.Result && c.found[p.Index] != "" {
			c.dispute(Contradiction{Kind: DisputeLog, Index: p.Index, Pen: p.Pulse, Said: said})
			c.set(p.Index, PulseDisputed)
		}
	}
}

// entry takes one entry of the ledger.
func (c *comparison) entry(p LedgerPulse) {
	rec, have := c.known[p.Index]
	mine, under := p.Treatment == c.told.Treatment, c.ours[p.ArmID]
	kind := Dispute("")
	switch {
	case p.Open && (mine || under || have):
		kind = DisputeOpen
	case have && !mine:
		kind = DisputeTreatment
	case have && samePulse(rec, p.Pulse):
		c.set(p.Index, c.sameAsBefore(p.Index))
	case have:
		kind = DisputeDiffers
	case mine && under && c.before+len(c.extra) >= MaxTold:
		kind = DisputeLedger
	case mine && under:
		c.extra = append(c.extra, p.Pulse)
		c.set(p.Index, PulseTold)
	case mine:
		kind = DisputeArming
	case under:
		kind = DisputeTreatment
	default:
		c.other[p.Index] = true
		c.top = max(c.top, p.Index)
	}
	if kind != "" {
		c.dispute(Contradiction{Kind: kind, Index: p.Index, Console: rec, Pen: p.Pulse})
		c.set(p.Index, PulseDisputed)
	}
}

// sameAsBefore is what a pulse that the ledger confirms counts as: one that the
// record has from an earlier answer of the pen is still known from it alone.
func (c *comparison) sameAsBefore(i uint32) PulseFinding {
	if f, ok := c.record.Reconciled.Of(i); ok && f == PulseTold {
		return PulseTold
	}
	return PulseAgreed
}

// samePulse says whether two pulses are the same in all that the pen reports.
func samePulse(a, b Pulse) bool {
	a.At, a.Pass = b.At, b.Pass
	return a == b
}

// recorded goes through the record's pulses that the ledger did not tell.
func (c *comparison) recorded() {
	for i, p := range c.known {
		if _, told := c.found[i]; told {
			continue
		}
		before, _ := c.record.Reconciled.Of(i)
		switch {
		case before == PulseDisputed:
			c.set(i, PulseDisputed)
		case c.told.LedgerWhole && i >= c.told.Oldest:
			c.dispute(Contradiction{Kind: DisputeDenied, Index: i, Console: p})
			c.set(i, PulseDisputed)
		case before == PulseTold, before == PulseAgreed:
			c.set(i, before)
		default:
			c.set(i, PulseConsole)
		}
	}
	// Disputed numbers that only the pen ever named stay so.
	for _, s := range c.record.Reconciled.Spans {
		if s.Finding == PulseDisputed && s.Count() <= MaxTold {
			for n := range s.Count() {
				c.set(s.From+uint32(n), PulseDisputed)
			}
		}
	}
}

// counter holds the ledger's end against what the pen had counted before. A
// counter that goes back is another memory: nothing says what came behind.
func (c *comparison) counter() {
	if c.told.LedgerWhole {
		c.out.LedgerWhole, c.out.Oldest, c.out.Newest = true, c.told.Oldest, c.told.Newest
	}
	if !c.out.LedgerWhole {
		return
	}
	counted := c.out.LastCounted
	for _, a := range c.record.Arms {
		counted = max(counted, a.PulsesBefore)
	}
	if c.out.Newest < counted {
		c.dispute(Contradiction{Kind: DisputeCounter, Index: counted})
		c.open = true
	}
}

// neverArmed says whether it is certain that no ARM of the run was carried out.
func (c *comparison) neverArmed() bool {
	if len(c.found) > 0 || c.out.LastCounted >= c.record.FirstPulse() {
		return false
	}
	for _, a := range c.record.Arms {
		if !c.result(a).Refuted() {
			return false
		}
	}
	return true
}

// result is the word for an ARM: the reply at that time, the answer afterwards,
// or what was found before.
func (c *comparison) result(a ArmIntent) ArmResult { r, _ := c.word(a); return r }

func (c *comparison) word(a ArmIntent) (ArmResult, Witness) {
	if a.Result != ArmUnknown {
		return a.Result, FromReply
	}
	for _, f := range c.record.Reconciled.Arms {
		if f.CommandID == a.CommandID && f.Source == FromResultOf {
			return f.Result, f.Source
		}
	}
	if r := c.told.Results[a.CommandID]; r != ArmUnknown {
		return r, FromResultOf
	}
	return ArmUnknown, ""
}

// arms says what became of each ARM. Pulses under an arm id say more than
// RESULT_OF: a pen that has forgotten the id has carried it out where its ledger
// has pulses under it.
func (c *comparison) arms() {
	under, recorded := make(map[uint32]int), make(map[uint32]bool)
	for _, p := range c.record.Pulses {
		under[p.ArmID]++
		if f, _ := c.out.Of(p.Index); f != PulseTold {
			recorded[p.ArmID] = true
		}
	}
	for _, p := range c.extra {
		under[p.ArmID]++
	}
	c.out.Arms = nil
	for _, a := range c.record.Arms {
		f := ArmFinding{CommandID: a.CommandID, Pulses: under[uint32(a.CommandID)]}
		f.Result, f.Source = c.word(a)
		if f.Pulses > 0 {
			switch {
			case f.Result == ArmUnknown, f.Result == ArmForgotten:
				f.Result, f.Source = ArmExecuted, FromLedger
				if recorded[uint32(a.CommandID)] {
					f.Source = FromRecord
				}
			case f.Result.Refuted():
				c.dispute(Contradiction{Kind: DisputeArmDenied, CommandID: a.CommandID})
			}
		}
		c.out.Arms = append(c.out.Arms, f)
	}
}

// events keeps the newest of what the log tells.
func (c *comparison) events() {
	if !c.told.LogWhole && c.out.LogWhole {
		return
	}
	c.out.LogWhole = c.told.LogWhole
	if len(c.told.Events) > 0 {
		c.out.Events = c.told.Events[max(len(c.told.Events)-maxEvents, 0):]
	}
}
