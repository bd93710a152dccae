package pages

import (
	"slices"
	"strconv"
	"strings"

	"stipple/app/clinical"
	"stipple/app/ui/theme"
	"stipple/app/ui/widgets"
	"stipple/app/ui/words"
	"stipple/protocol"
)

// outcomeRow is one line of a reconciliation: what it is about, what the
// console knew of it, and what the pen says.
type outcomeRow struct {
	what, console, pen string
	look               outcomeLook
}

// outcomeLook is how grave a line is: a mark and a colour.
type outcomeLook uint8

const (
	lookPlain    outcomeLook = iota
	lookAgreed               // console and pen agree, or the pen told it whole
	lookCut                  // known, and not what was set
	lookUnknown              // not known
	lookDisputed             // console and pen contradict each other
)

// run is the line's first column in its look.
func (l outcomeLook) run(text string) widgets.Run {
	r := widgets.Strong(text)
	switch l {
	case lookAgreed:
		return r.Marked(widgets.IconCheck).In(theme.Accent)
	case lookCut:
		return r.Marked(widgets.MarkTriangle).In(theme.MediumInk)
	case lookUnknown:
		return r.Marked(widgets.MarkClock).In(theme.MediumInk)
	case lookDisputed:
		return r.Marked(widgets.MarkSquare).In(theme.HighInk)
	}
	return r.Marked(widgets.MarkDot).In(theme.TextSecondary)
}

// outcomeRows are all lines of a treatment's reconciliation: contradictions
// first, then armings, pulses, and what the pen's log tells.
func outcomeRows(w *words.Words, t clinical.Treatment) []outcomeRow {
	rows := disputeRows(w, t)
	rows = append(rows, armRows(w, t)...)
	rows = append(rows, pulseRows(w, t)...)
	return append(rows, logRows(w, t)...)
}

// disputeRows are the contradictions, each with both versions.
func disputeRows(w *words.Words, t clinical.Treatment) []outcomeRow {
	r := t.Reconciled
	var rows []outcomeRow
	for _, c := range r.Contradiction {
		row := outcomeRow{
			what:    spanText(w, t.PenKind, clinical.PulseSpan{From: c.Index, To: c.Index}),
			console: w.T("outcome.nothing"), pen: w.T("outcome.dispute." + string(c.Kind)), look: lookDisputed,
		}
		if c.Console.Index != 0 {
			row.console = pulseText(w, t.PenKind, c.Console)
		}
		switch c.Kind {
		case clinical.DisputeLedger:
			row.what, row.console = w.T("outcome.ledger"), ""
		case clinical.DisputeCounter:
			row.what, row.console = w.T("outcome.counter"), w.T("outcome.counter.was", words.Count(int(c.Index)))
			row.pen = w.T("outcome.counter.is", words.Count(int(r.Newest)))
		case clinical.DisputeArmDenied:
			row.what, row.console = armText(w, t, c.CommandID), w.T("outcome.arm.pulses")
		case clinical.DisputeLog:
			row.pen = w.T("outcome.dispute.log", w.Or("result."+c.Said, c.Said), w.Or("result."+c.Pen.Result, c.Pen.Result))
		}
		if c.Pen.Index != 0 && c.Kind != clinical.DisputeLog {
			row.pen += ": " + pulseText(w, t.PenKind, c.Pen)
		}
		rows = append(rows, row)
	}
	if more := r.Contradicted - len(r.Contradiction); more > 0 {
		rows = append(rows, outcomeRow{what: w.N("outcome.more", more), look: lookDisputed})
	}
	return rows
}

// armRows are the armings of which no reply was known at that time, and one line
// for the rest.
func armRows(w *words.Words, t clinical.Treatment) []outcomeRow {
	var rows []outcomeRow
	replied := 0
	for _, f := range t.Reconciled.Arms {
		if f.Source == clinical.FromReply {
			replied++
			continue
		}
		row := outcomeRow{what: armText(w, t, f.CommandID), console: w.T("outcome.arm.sent"), look: lookAgreed}
		if n := recordedUnder(t, f.CommandID); n > 0 {
			row.console = w.N("outcome.arm.recorded", n)
		}
		switch {
		case slices.ContainsFunc(t.Reconciled.Contradiction, func(c clinical.Contradiction) bool { return c.CommandID == f.CommandID }):
			continue // stands among the contradictions
		case f.Source == clinical.FromRecord && t.Reconciled.AskedAt.IsZero():
			row.pen, row.look = w.T("outcome.unasked"), lookPlain
		case f.Source == clinical.FromRecord:
			row.pen = w.T("outcome.arm.forgotten.armed")
		case f.Result == clinical.ArmUnknown:
			row.pen, row.look = w.T("outcome.unasked"), lookUnknown
		case f.Result == clinical.ArmForgotten:
			row.pen, row.look = w.T("outcome.arm.forgotten"), lookCut
			if !t.Reconciled.Known() {
				row.pen, row.look = w.T("outcome.arm.forgotten.unknown"), lookUnknown
			}
		case f.Source == clinical.FromLedger:
			row.pen = w.N("outcome.arm.ledger", f.Pulses)
		default:
			row.pen = w.T("outcome.arm." + string(f.Result))
		}
		rows = append(rows, row)
	}
	if replied > 0 {
		rows = append(rows, outcomeRow{what: w.N("outcome.arms", replied), console: w.T("outcome.arm.answered"), pen: w.T("outcome.same"), look: lookAgreed})
	}
	return rows
}

// recordedUnder is how many pulses the console recorded under an arming.
func recordedUnder(t clinical.Treatment, command uint64) int {
	n := 0
	for _, p := range t.Pulses {
		if f, _ := t.Reconciled.Of(p.Index); p.ArmID == uint32(command) && f != clinical.PulseTold {
			n++
		}
	}
	return n
}

// armText names an arming by its time.
func armText(w *words.Words, t clinical.Treatment, command uint64) string {
	for _, a := range t.Arms {
		if a.CommandID == command {
			return w.T("outcome.arm", words.Time(a.At))
		}
	}
	return w.T("outcome.arm", w.T("live.nothing"))
}

// pulseRows are the pulses: one line for each that only the pen knew of, and one
// for numbers in a row of which the same holds.
func pulseRows(w *words.Words, t clinical.Treatment) []outcomeRow {
	byIndex := make(map[uint32]clinical.Pulse, len(t.Pulses))
	for _, p := range t.Pulses {
		byIndex[p.Index] = p
	}
	var rows []outcomeRow
	for _, s := range t.Reconciled.Spans {
		row := outcomeRow{what: spanText(w, t.PenKind, s), console: w.T("outcome.recorded"), look: lookAgreed}
		switch s.Finding {
		case clinical.PulseAgreed:
			row.pen = w.T("outcome.same")
		case clinical.PulseConsole:
			row.pen, row.look = w.T("outcome.unasked"), lookPlain
			if t.Reconciled.LedgerWhole {
				row.pen = w.T("outcome.gone")
			}
		case clinical.PulseTold:
			for n := range s.Count() {
				rows = append(rows, toldRow(w, t.PenKind, byIndex[s.From+uint32(n)]))
			}
			continue
		case clinical.PulseDisputed:
			continue // stands among the contradictions
		case clinical.PulseLogged:
			row.console, row.pen, row.look = w.T("outcome.nothing"), w.T("outcome.logged"), lookUnknown
		case clinical.PulseUnknown:
			row.console, row.pen, row.look = w.T("outcome.nothing"), w.T("outcome.unasked"), lookUnknown
			if t.Reconciled.LedgerWhole {
				row.pen = w.T("outcome.unknown")
			}
		}
		rows = append(rows, row)
	}
	return rows
}

// toldRow is a pulse that only the pen knew of.
func toldRow(w *words.Words, kind clinical.PenKind, p clinical.Pulse) outcomeRow {
	row := outcomeRow{
		what: spanText(w, kind, clinical.PulseSpan{From: p.Index, To: p.Index}), console: w.T("outcome.nothing"),
		pen: pulseText(w, kind, p), look: lookAgreed,
	}
	if p.Ended(kind) != clinical.Delivered {
		row.look = lookCut
	}
	return row
}

// pulseText says what a pulse came to: "delivered, 12.0 W, 1 200 mJ",
// "interrupted after 40 of 100 ms (link silent), 480 mJ".
func pulseText(w *words.Words, kind clinical.PenKind, p clinical.Pulse) string {
	result := w.Or("result."+p.Result, p.Result)
	amount := w.N("record.strokes", int(p.Strokes))
	if kind == clinical.RF {
		amount = words.Watts(p.Power) + " W, " + words.Energy(p.Energy)
	}
	ran, set := words.Count(int(p.Duration)), words.Count(int(p.Set.Duration))
	switch p.Ended(kind) {
	case clinical.Interrupted:
		if kind == clinical.RF {
			return w.T("outcome.pulse.interrupted", words.Energy(protocol.Energy(p.Set.Power, p.Set.Duration)))
		}
		return w.T("outcome.pull.interrupted")
	case clinical.CutShort:
		if kind == clinical.RF {
			return w.T("outcome.pulse.cut", ran, set, result, amount)
		}
		return w.T("outcome.pull.cut", ran, result, amount)
	}
	if kind == clinical.RF {
		return w.T("outcome.pulse.delivered", ran, amount)
	}
	return w.T("outcome.pull.delivered", ran, amount)
}

// spanText names numbers in a row: "Pulse 145", "Pulses 145 – 147", "Pulses 145
// and later".
func spanText(w *words.Words, kind clinical.PenKind, s clinical.PulseSpan) string {
	noun := "outcome.pull."
	if kind == clinical.RF {
		noun = "outcome.pulse."
	}
	from, to := words.Count(int(s.From)), words.Count(int(s.To))
	switch {
	case s.To == 0:
		return w.T(noun+"later", from)
	case s.To == s.From:
		return w.T(noun+"one", from)
	}
	return w.T(noun+"span", from, to)
}

// logRows is what the pen's log tells of how the run went on.
func logRows(w *words.Words, t clinical.Treatment) []outcomeRow {
	var rows []outcomeRow
	for _, e := range t.Reconciled.Events {
		row := outcomeRow{what: w.T("outcome.log"), pen: w.T("event." + strconv.Itoa(int(e.Code)))}
		if !e.At.IsZero() {
			row.what = w.T("outcome.log.at", words.Time(e.At))
		}
		switch e.Code {
		case protocol.EventFault:
			name := protocol.Fault(e.Args[0]).String()
			row.pen = w.T("event.fault", w.Or("fault."+name, name))
		case protocol.EventAlarm:
			row.pen = w.T("alarm.other", words.Count(int(e.Args[0])))
		case protocol.EventBoot:
			row.pen = w.T("outcome.log.boot", words.Count(int(e.Boot)))
		}
		rows = append(rows, row)
	}
	return rows
}

// outcomeSummary is a run in one sentence.
func outcomeSummary(w *words.Words, t clinical.Treatment) string {
	r, sum := t.Reconciled, t.Tally()
	count := pulseCount(w, t.PenKind, sum.Pulses())
	known := w.T("outcome.sum.known", count, endings(w, t, sum))
	switch {
	case r.Contradicted > 0:
		text := w.T("outcome.sum.disputed", t.PenSerial, w.N("outcome.sum.points", r.Contradicted))
		if len(r.Unknown()) > 0 {
			text += " " + w.T("outcome.sum.unknown", spansText(w, t))
		}
		return text
	case len(r.Unknown()) > 0:
		text := w.T("outcome.sum.unknown", spansText(w, t))
		if sum.Pulses() > 0 {
			text += " " + known
		}
		return text
	case sum.Pulses() == 0 && !r.Known():
		return w.T("outcome.sum.unasked")
	case sum.Pulses() == 0:
		return w.T("outcome.sum.nothing")
	}
	return w.T("outcome.sum.all", count, endings(w, t, sum))
}

// endings counts how pulses ended: "86 delivered, 1 cut short, 103 J".
func endings(w *words.Words, t clinical.Treatment, sum clinical.Tally) string {
	parts := []string{w.T("outcome.sum.delivered", words.Count(sum.Delivered))}
	if sum.CutShort > 0 {
		parts = append(parts, w.T("outcome.sum.cut", words.Count(sum.CutShort)))
	}
	if sum.Interrupted > 0 {
		parts = append(parts, w.T("outcome.sum.interrupted", words.Count(sum.Interrupted)))
	}
	if t.PenKind == clinical.RF {
		energy := words.Energy(sum.Energy)
		if sum.Most > 0 {
			energy = w.T("outcome.sum.between", energy, words.Energy(sum.Energy+sum.Most))
		}
		parts = append(parts, energy)
	}
	return strings.Join(parts, ", ")
}

// mostSpans is how many spans a sentence names; the table has them all.
const mostSpans = 3

// spansText names what is not known: "pulses 145 – 147, pulses 150 and later".
func spansText(w *words.Words, t clinical.Treatment) string {
	var parts []string
	unknown := t.Reconciled.Unknown()
	for i, s := range unknown {
		if i == mostSpans {
			parts = append(parts, w.T("outcome.sum.others"))
			break
		}
		parts = append(parts, spanText(w, t.PenKind, s))
	}
	return strings.Join(parts, ", ")
}
