package store

import (
	"time"

	"stipple/app/clinical"
	"stipple/protocol"
)

// storedSafety is what is kept of an erased patient's treatment. It must hold nothing by
// which the treatment, its patient or its operator could be looked up.
type storedSafety struct {
	Day            string                `json:"day"`
	PenKind        string                `json:"pen_kind"`
	PenModel       string                `json:"pen_model,omitempty"`
	PenSerial      string                `json:"pen_serial,omitempty"`
	PenFirmware    string                `json:"pen_firmware,omitempty"`
	Simulated      bool                  `json:"simulated,omitempty"`
	Tip            storedTip             `json:"tip"`
	Indication     string                `json:"indication"`
	Zone           string                `json:"zone"`
	Fitzpatrick    uint8                 `json:"fitzpatrick,omitempty"`
	LibraryVersion string                `json:"library_version,omitempty"`
	LibraryHash    string                `json:"library_hash,omitempty"`
	Applied        []storedSafetyApplied `json:"applied,omitempty"`
	Arms           int                   `json:"arms,omitempty"`
	Passes         int                   `json:"passes,omitempty"`
	Pulses         int                   `json:"pulses,omitempty"`
	EnergyUJ       int64                 `json:"energy_uj,omitempty"`
	Strokes        uint64                `json:"strokes,omitempty"`
	Results        map[string]int        `json:"results,omitempty"`
	PeakTempCD     int32                 `json:"peak_temp_cd,omitempty"`
	ImpedanceMin   uint32                `json:"impedance_min_ohm,omitempty"`
	ImpedanceMax   uint32                `json:"impedance_max_ohm,omitempty"`
	Alarms         []storedSafetyAlarm   `json:"alarms,omitempty"`
	AlarmsLeftOut  int                   `json:"alarms_left_out,omitempty"`
	FallBacks      []string              `json:"fall_backs,omitempty"`
	StopLatencyNS  int64                 `json:"stop_latency_ns,omitempty"`
	StopCheckNS    int64                 `json:"stop_check_ns,omitempty"`
	TookNS         int64                 `json:"took_ns,omitempty"`
	Outcome        string                `json:"outcome"`
	Cause          string                `json:"cause,omitempty"`
	Verdict        string                `json:"verdict,omitempty"`
}

type storedSafetyApplied struct {
	AfterNS  int64          `json:"after_ns"`
	Settings storedSettings `json:"settings"`
	Envelope storedEnvelope `json:"envelope"`
}

type storedSafetyAlarm struct {
	AfterNS  int64  `json:"after_ns"`
	Code     uint16 `json:"code"`
	Priority string `json:"priority"`
	Text     string `json:"text,omitempty"`
	Expected string `json:"expected,omitempty"`
	Measured string `json:"measured,omitempty"`
	Mark     string `json:"mark,omitempty"`
	Count    int    `json:"count,omitempty"`
}

func packSafety(r clinical.SafetyRecord) storedSafety {
	v := storedSafety{
		Day: packDate(r.Day), PenKind: string(r.PenKind), PenModel: r.PenModel, PenSerial: r.PenSerial, PenFirmware: r.PenFirmware,
		Simulated: r.Simulated, Tip: packTip(r.Tip), Indication: string(r.Indication), Zone: string(r.Zone),
		Fitzpatrick: uint8(r.Fitzpatrick), LibraryVersion: r.LibraryVersion, LibraryHash: r.LibraryHash,
		Arms: r.Arms, Passes: r.Passes, Pulses: r.Pulses, EnergyUJ: int64(r.Energy), Strokes: r.Strokes, Results: r.Results,
		PeakTempCD: int32(r.PeakTemp), ImpedanceMin: uint32(r.ImpedanceMin), ImpedanceMax: uint32(r.ImpedanceMax),
		StopLatencyNS: int64(r.StopLatency), StopCheckNS: int64(r.StopCheck), TookNS: int64(r.Took),
		AlarmsLeftOut: r.AlarmsLeftOut, Outcome: string(r.Outcome), Cause: string(r.Cause), Verdict: string(r.Verdict),
	}
	for _, a := range r.Applied {
		v.Applied = append(v.Applied, storedSafetyApplied{int64(a.After), packSettings(a.Settings), packEnvelope(a.Envelope)})
	}
	for _, a := range r.Alarms {
		v.Alarms = append(v.Alarms, storedSafetyAlarm{
			AfterNS: int64(a.After), Code: a.Code, Priority: a.Priority, Text: a.Text,
			Expected: a.Expected, Measured: a.Measured, Mark: string(a.Mark), Count: a.Count,
		})
	}
	for _, f := range r.FallBacks {
		v.FallBacks = append(v.FallBacks, string(f))
	}
	return v
}

func unpackSafety(pseudonym clinical.ID, number uint32, plain []byte) (clinical.SafetyRecord, error) {
	v, err := decodeJSON[storedSafety](plain)
	if err != nil {
		return clinical.SafetyRecord{}, err
	}
	r := clinical.SafetyRecord{
		Pseudonym: pseudonym, Number: int(number),
		PenKind: clinical.PenKind(v.PenKind), PenModel: v.PenModel, PenSerial: v.PenSerial, PenFirmware: v.PenFirmware,
		Simulated: v.Simulated, Indication: clinical.IndicationKey(v.Indication), Zone: clinical.ZoneKey(v.Zone),
		Fitzpatrick: clinical.Fitzpatrick(v.Fitzpatrick), LibraryVersion: v.LibraryVersion, LibraryHash: v.LibraryHash,
		Arms: v.Arms, Passes: v.Passes, Pulses: v.Pulses, Energy: protocol.Microjoules(v.EnergyUJ), Strokes: v.Strokes, Results: v.Results,
		PeakTemp: protocol.Centidegrees(v.PeakTempCD), ImpedanceMin: protocol.Ohms(v.ImpedanceMin), ImpedanceMax: protocol.Ohms(v.ImpedanceMax),
		StopLatency: time.Duration(v.StopLatencyNS), StopCheck: time.Duration(v.StopCheckNS), Took: time.Duration(v.TookNS),
		AlarmsLeftOut: v.AlarmsLeftOut, Outcome: clinical.Outcome(v.Outcome), Cause: clinical.UncertainCause(v.Cause), Verdict: clinical.Verdict(v.Verdict),
	}
	if r.Day, err = unpackDate(v.Day); err != nil {
		return clinical.SafetyRecord{}, err
	}
	if r.Tip, err = unpackTip(v.Tip); err != nil {
		return clinical.SafetyRecord{}, err
	}
	for _, a := range v.Applied {
		r.Applied = append(r.Applied, clinical.SafetyApplied{
			After: time.Duration(a.AfterNS), Settings: unpackSettings(a.Settings), Envelope: unpackEnvelope(a.Envelope),
		})
	}
	for _, a := range v.Alarms {
		r.Alarms = append(r.Alarms, clinical.SafetyAlarm{
			After: time.Duration(a.AfterNS), Code: a.Code, Priority: a.Priority, Text: a.Text,
			Expected: a.Expected, Measured: a.Measured, Mark: clinical.AlarmMark(a.Mark), Count: a.Count,
		})
	}
	for _, f := range v.FallBacks {
		r.FallBacks = append(r.FallBacks, clinical.FallBackReason(f))
	}
	return r, nil
}
