package store

import (
	"encoding/binary"
	"math"
	"time"

	"stipple/app/clinical"
)

// storedReconciliation is what is known of a run whose outcome was uncertain.
// The pulses that the pen told are among the treatment's own; here stands from
// whom each is known.
type storedReconciliation struct {
	Cause         string           `json:"cause"`
	LostAt        time.Time        `json:"lost_at,omitzero"`
	BootThen      uint32           `json:"boot_then,omitempty"`
	LastCounted   uint32           `json:"last_counted,omitempty"`
	AskedAt       time.Time        `json:"asked_at,omitzero"`
	BootNow       uint32           `json:"boot_now,omitempty"`
	Arms          []storedFinding  `json:"arms,omitempty"`
	LedgerWhole   bool             `json:"ledger_whole,omitempty"`
	Oldest        uint32           `json:"oldest,omitempty"`
	Newest        uint32           `json:"newest,omitempty"`
	LogWhole      bool             `json:"log_whole,omitempty"`
	Spans         []storedSpan     `json:"spans,omitempty"`
	Contradicted  int              `json:"contradicted,omitempty"`
	Contradiction []storedDispute  `json:"contradictions,omitempty"`
	Events        []storedPenEvent `json:"events,omitempty"`
	Signature     *storedSignature `json:"signature,omitempty"`
}

type storedFinding struct {
	CommandID uint64 `json:"command_id"`
	Result    string `json:"result,omitempty"`
	Witness   string `json:"witness,omitempty"`
	Pulses    int    `json:"pulses,omitempty"`
}

// storedSpan with To 0 has no end.
type storedSpan struct {
	From    uint32 `json:"from"`
	To      uint32 `json:"to,omitempty"`
	Finding string `json:"finding"`
}

// storedDispute has both versions of a pulse as rows, like the pulses
// themselves, each behind its boot and number; empty is none.
type storedDispute struct {
	Kind      string `json:"kind"`
	Index     uint32 `json:"index,omitempty"`
	CommandID uint64 `json:"command_id,omitempty"`
	Console   []byte `json:"console,omitempty"`
	Pen       []byte `json:"pen,omitempty"`
	Said      string `json:"said,omitempty"`
}

type storedPenEvent struct {
	Index uint32    `json:"index"`
	Boot  uint32    `json:"boot"`
	At    time.Time `json:"at,omitzero"`
	Code  uint16    `json:"code"`
	Args  [2]int32  `json:"args"`
}

type storedSignature struct {
	At         time.Time      `json:"at"`
	OperatorID string         `json:"operator_id,omitempty"`
	Operator   storedOperator `json:"operator"`
	Verdict    string         `json:"verdict"`
}

// packReconciliation is nil for a run that was never uncertain.
func packReconciliation(r clinical.Reconciliation) *storedReconciliation {
	if r.Cause == "" {
		return nil
	}
	v := &storedReconciliation{
		Cause: string(r.Cause), LostAt: utc(r.LostAt), BootThen: r.BootThen, LastCounted: r.LastCounted, AskedAt: utc(r.AskedAt),
		BootNow: r.BootNow, LedgerWhole: r.LedgerWhole, Oldest: r.Oldest, Newest: r.Newest, LogWhole: r.LogWhole,
		Contradicted: r.Contradicted,
	}
	for _, a := range r.Arms {
		v.Arms = append(v.Arms, storedFinding{CommandID: a.CommandID, Result: string(a.Result), Witness: string(a.Source), Pulses: a.Pulses})
	}
	for _, s := range r.Spans {
		v.Spans = append(v.Spans, storedSpan{From: s.From, To: s.To, Finding: string(s.Finding)})
	}
	for _, c := range r.Contradiction {
		v.Contradiction = append(v.Contradiction, storedDispute{
			Kind: string(c.Kind), Index: c.Index, CommandID: c.CommandID, Console: packNumbered(c.Console), Pen: packNumbered(c.Pen), Said: c.Said,
		})
	}
	for _, e := range r.Events {
		v.Events = append(v.Events, storedPenEvent{Index: e.Index, Boot: e.Boot, At: utc(e.At), Code: e.Code, Args: e.Args})
	}
	if s := r.Signature; s.Verdict != "" {
		v.Signature = &storedSignature{At: utc(s.At), OperatorID: string(s.By.ID), Operator: packOperator(s.By), Verdict: string(s.Verdict)}
	}
	return v
}

func (v *storedReconciliation) reconciliation() (clinical.Reconciliation, error) {
	r := clinical.Reconciliation{
		Cause: clinical.UncertainCause(v.Cause), LostAt: v.LostAt, BootThen: v.BootThen, LastCounted: v.LastCounted, AskedAt: v.AskedAt,
		BootNow: v.BootNow, LedgerWhole: v.LedgerWhole, Oldest: v.Oldest, Newest: v.Newest, LogWhole: v.LogWhole,
		Contradicted: v.Contradicted,
	}
	for _, a := range v.Arms {
		r.Arms = append(r.Arms, clinical.ArmFinding{
			CommandID: a.CommandID, Result: clinical.ArmResult(a.Result), Source: clinical.Witness(a.Witness), Pulses: a.Pulses,
		})
	}
	for _, s := range v.Spans {
		r.Spans = append(r.Spans, clinical.PulseSpan{From: s.From, To: s.To, Finding: clinical.PulseFinding(s.Finding)})
	}
	for _, c := range v.Contradiction {
		console, err := unpackNumbered(c.Console)
		if err != nil {
			return clinical.Reconciliation{}, err
		}
		pen, err := unpackNumbered(c.Pen)
		if err != nil {
			return clinical.Reconciliation{}, err
		}
		r.Contradiction = append(r.Contradiction, clinical.Contradiction{
			Kind: clinical.Dispute(c.Kind), Index: c.Index, CommandID: c.CommandID, Console: console, Pen: pen, Said: c.Said,
		})
	}
	for _, e := range v.Events {
		r.Events = append(r.Events, clinical.PenEvent{Index: e.Index, Boot: e.Boot, At: e.At, Code: e.Code, Args: e.Args})
	}
	if s := v.Signature; s != nil {
		r.Signature = clinical.Signature{At: s.At, By: unpackOperator(clinical.ID(s.OperatorID), s.Operator), Verdict: clinical.Verdict(s.Verdict)}
	}
	return r, nil
}

// packNumbered is a pulse with its boot and number; nil for none.
func packNumbered(p clinical.Pulse) []byte {
	if p.Index == 0 {
		return nil
	}
	b := binary.AppendUvarint(nil, uint64(p.Boot))
	b = binary.AppendUvarint(b, uint64(p.Index))
	return append(b, packPulse(storedPulse{pulse: p})...)
}

func unpackNumbered(row []byte) (clinical.Pulse, error) {
	if len(row) == 0 {
		return clinical.Pulse{}, nil
	}
	r := rowReader{b: row}
	boot, index := r.unsigned(math.MaxUint32), r.unsigned(math.MaxUint32)
	if r.bad || index == 0 {
		return clinical.Pulse{}, damaged("disputed pulse")
	}
	v, err := unpackPulse(uint32(boot), uint32(index), r.b)
	return v.pulse, err
}
