package clinical

import (
	"time"

	"stipple/protocol"
)

// Erased is what the erasure of a patient has taken away.
type Erased struct {
	Patient    ID
	Presets    int // that were on the list
	Treatments int // of each of which a SafetyRecord is kept
}

// SafetyRecord is what is kept of a treatment of somebody who was erased: what the
// device did, and under which limits, for the safety of others and the vigilance of the
// device. It does not say who it was, who treated, or at what time of the day.
type SafetyRecord struct {
	// Pseudonym is a random id for this one purpose, the same in all records of one
	// person, and Number orders these from 1.
	Pseudonym ID
	Number    int
	Day       Date // UTC

	PenKind        PenKind
	PenModel       string
	PenSerial      string
	PenFirmware    string
	Simulated      bool
	Tip            Tip
	Indication     IndicationKey
	Zone           ZoneKey
	Fitzpatrick    Fitzpatrick // by which the limits were
	LibraryVersion string
	LibraryHash    string

	Applied []SafetyApplied
	Arms    int
	Passes  int

	Pulses       int
	Energy       protocol.Microjoules // of all pulses
	Strokes      uint64
	Results      map[string]int // pulses by the pen's word for how each ended; see MaxSafetyResults
	PeakTemp     protocol.Centidegrees
	ImpedanceMin protocol.Ohms // of the pulses that told it; 0: none did
	ImpedanceMax protocol.Ohms

	Alarms        []SafetyAlarm
	AlarmsLeftOut int // of which there was no room
	FallBacks     []FallBackReason
	StopLatency   time.Duration // 0: no stop
	StopCheck     time.Duration // 0: not measured
	Took          time.Duration // from the first intent to arm to the end; 0: it never ended
	Outcome       Outcome
	Cause         UncertainCause // why the outcome was uncertain; empty: it never was
	Verdict       Verdict        // as which it was signed then
}

// A pen has a handful of words for how a pulse ended. What comes beyond these is counted
// as SafetyOther.
const (
	MaxSafetyResults = 64
	SafetyOther      = "other"
)

// SafetyApplied is one act of applying settings.
type SafetyApplied struct {
	After    time.Duration // from the beginning
	Settings Settings
	Envelope Envelope
}

// SafetyAlarm is an entry about an alarm, without who has acknowledged it.
type SafetyAlarm struct {
	After    time.Duration // from the beginning
	Code     uint16
	Priority string
	Text     string // stable name
	Expected string
	Measured string
	Mark     AlarmMark
	Count    int
}

// Safety is what is kept of the treatment, which was read with its pulses and alarms,
// without a pseudonym.
func (t Treatment) Safety() SafetyRecord {
	at := t.Started.UTC()
	r := SafetyRecord{
		Day:     Date{Year: at.Year(), Month: at.Month(), Day: at.Day()},
		PenKind: t.PenKind, PenModel: t.PenModel, PenSerial: t.PenSerial, PenFirmware: t.PenFirmware, Simulated: t.Simulated,
		Tip: t.Tip, Indication: t.Indication, Zone: t.Zone, Fitzpatrick: t.Fitzpatrick,
		LibraryVersion: t.LibraryVersion, LibraryHash: t.LibraryHash,
		Arms: len(t.Arms), Passes: t.Passes, Pulses: len(t.Pulses), Energy: t.Energy(),
		StopLatency: t.StopLatency, StopCheck: t.StopCheck, Outcome: t.Outcome,
		Cause: t.Reconciled.Cause, Verdict: t.Reconciled.Signature.Verdict,
	}
	if !t.Ended.IsZero() {
		r.Took = max(t.Ended.Sub(t.Started), 0) // a clock may have been set back
	}
	for _, a := range t.Applied {
		r.Applied = append(r.Applied, SafetyApplied{After: a.At.Sub(t.Started), Settings: a.Settings, Envelope: a.Envelope})
	}
	for _, a := range t.Alarms {
		r.Alarms = append(r.Alarms, SafetyAlarm{
			After: a.At.Sub(t.Started), Code: a.Code, Priority: a.Priority, Text: a.Text,
			Expected: a.Expected, Measured: a.Measured, Mark: a.Mark, Count: a.Count,
		})
	}
	for _, f := range t.FallBacks {
		r.FallBacks = append(r.FallBacks, f.Reason)
	}
	for _, p := range t.Pulses {
		r.count(p)
	}
	return r
}

// count adds a pulse.
func (r *SafetyRecord) count(p Pulse) {
	if r.Results == nil {
		r.Results = make(map[string]int)
	}
	word := p.Result
	if _, known := r.Results[word]; !known && len(r.Results) >= MaxSafetyResults {
		word = SafetyOther
	}
	r.Results[word]++
	r.Strokes += uint64(p.Strokes)
	r.PeakTemp = max(r.PeakTemp, p.PeakTemp)
	r.ImpedanceMax = max(r.ImpedanceMax, p.ImpedanceMax)
	if p.ImpedanceMin > 0 && (r.ImpedanceMin == 0 || p.ImpedanceMin < r.ImpedanceMin) {
		r.ImpedanceMin = p.ImpedanceMin
	}
}
