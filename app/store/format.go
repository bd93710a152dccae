package store

import (
	"encoding/hex"
	"fmt"
	"time"

	"stipple/app/clinical"
	"stipple/protocol"
)

// The stored forms. They are types of their own, with the unit in each name, so
// that a change of a noun can't change the file behind anybody's back. Ids and
// revisions are in the keys. Any change here is a new schema version.

type storedPatient struct {
	FamilyName  string    `json:"family_name"`
	GivenName   string    `json:"given_name,omitempty"`
	BirthDate   string    `json:"birth_date"`
	Sex         string    `json:"sex,omitempty"`
	Fitzpatrick uint8     `json:"fitzpatrick,omitempty"`
	FileNumber  string    `json:"file_number"`
	Created     time.Time `json:"created"`
	Updated     time.Time `json:"updated"`
}

type storedSettings struct {
	DepthUM  int32 `json:"depth_um"`
	SpeedSPM int32 `json:"speed_spm"`
	PowerMW  int32 `json:"power_mw,omitempty"`
	PulseMS  int32 `json:"pulse_ms,omitempty"`
}

// storedPreset with Deleted says that the preset was deleted; nothing else is set
// but the time.
type storedPreset struct {
	Deleted    bool           `json:"deleted,omitempty"`
	Name       string         `json:"name,omitempty"`
	PenKind    string         `json:"pen_kind,omitempty"`
	Indication string         `json:"indication,omitempty"`
	Zone       string         `json:"zone,omitempty"`
	Settings   storedSettings `json:"settings"`
	SavedAt    time.Time      `json:"saved_at"`
	SavedBy    string         `json:"saved_by,omitempty"`
}

// storedOperator has Left where somebody does not work here any more: a revision of the
// list, never part of a record.
type storedOperator struct {
	Name string `json:"name"`
	Role string `json:"role"`
	Left bool   `json:"left,omitempty"`
}

type storedTip struct {
	ID             uint32 `json:"id"`
	Present        bool   `json:"present"`
	Lot            string `json:"lot,omitempty"`
	Expiry         string `json:"expiry,omitempty"`
	Pins           int    `json:"pins,omitempty"`
	Insulated      bool   `json:"insulated,omitempty"`
	NeedleLengthUM int32  `json:"needle_length_um,omitempty"`
	RatedPowerMW   int32  `json:"rated_power_mw,omitempty"`
	UseCount       uint32 `json:"use_count,omitempty"`
	UseLimit       uint32 `json:"use_limit,omitempty"`
}

type storedEnvelope struct {
	Min           storedSettings `json:"min"`
	Max           storedSettings `json:"max"`
	DosePerPinUJ  int64          `json:"dose_per_pin_uj,omitempty"`
	PulsesPerSpot int            `json:"pulses_per_spot,omitempty"`
	Pins          int            `json:"pins,omitempty"`
}

type storedApplied struct {
	At           time.Time      `json:"at"`
	Generation   uint32         `json:"generation"`
	Settings     storedSettings `json:"settings"`
	Envelope     storedEnvelope `json:"envelope"`
	SettingsHash string         `json:"settings_hash"`
}

type storedArm struct {
	At           time.Time      `json:"at"`
	CommandID    uint64         `json:"command_id"`
	SettingsHash string         `json:"settings_hash"`
	Settings     storedSettings `json:"settings"`
	PulsesBefore uint32         `json:"pulses_before,omitempty"`
	LogBefore    uint32         `json:"log_before,omitempty"`
	Boot         uint32         `json:"boot,omitempty"`
	Result       string         `json:"result,omitempty"`
	// Who held to arm; absent where only the treatment's is known.
	OperatorID string          `json:"operator_id,omitempty"`
	Operator   *storedOperator `json:"operator,omitempty"`
}

type storedFall struct {
	At     time.Time `json:"at"`
	Reason string    `json:"reason"`
}

// storedTreatment is the head of a treatment; pulses and alarms have keys of
// their own.
type storedTreatment struct {
	Patient        string          `json:"patient"`
	OperatorID     string          `json:"operator_id,omitempty"`
	Operator       storedOperator  `json:"operator"`
	PenKind        string          `json:"pen_kind"`
	PenModel       string          `json:"pen_model,omitempty"`
	PenSerial      string          `json:"pen_serial,omitempty"`
	PenFirmware    string          `json:"pen_firmware,omitempty"`
	PenBoot        uint32          `json:"pen_boot,omitempty"`
	Simulated      bool            `json:"simulated,omitempty"`
	Tip            storedTip       `json:"tip"`
	Indication     string          `json:"indication"`
	Zone           string          `json:"zone"`
	Fitzpatrick    uint8           `json:"fitzpatrick,omitempty"`
	LibraryVersion string          `json:"library_version,omitempty"`
	LibraryHash    string          `json:"library_hash,omitempty"`
	Preset         string          `json:"preset,omitempty"`
	PresetRevision int             `json:"preset_revision,omitempty"`
	Applied        []storedApplied `json:"applied,omitempty"`
	Arms           []storedArm     `json:"arms,omitempty"`
	Passes         int             `json:"passes,omitempty"`
	StopLatencyNS  int64           `json:"stop_latency_ns,omitempty"`
	StopCheckNS    int64           `json:"stop_check_ns,omitempty"`
	FallBacks      []storedFall    `json:"fall_backs,omitempty"`
	Started        time.Time       `json:"started"`
	Ended          time.Time       `json:"ended,omitzero"`
	Outcome        string          `json:"outcome"`
	// Reconciled is only there for a run whose outcome was uncertain.
	Reconciled *storedReconciliation `json:"reconciled,omitempty"`
	// How many pulses, alarms and hand-overs the record has, once it has ended, so that one
	// that is lost shows.
	PulseCount int `json:"pulse_count,omitempty"`
	AlarmCount int `json:"alarm_count,omitempty"`
	HandCount  int `json:"hand_over_count,omitempty"`
}

type storedHandOver struct {
	At     time.Time      `json:"at"`
	FromID string         `json:"from_id,omitempty"`
	From   storedOperator `json:"from"`
	ToID   string         `json:"to_id,omitempty"`
	To     storedOperator `json:"to"`
}

type storedAlarm struct {
	At       time.Time `json:"at"`
	Code     uint16    `json:"code"`
	Priority string    `json:"priority"`
	Text     string    `json:"text,omitempty"`
	Expected string    `json:"expected,omitempty"`
	Measured string    `json:"measured,omitempty"`
	Mark     string    `json:"mark,omitempty"`
	By       string    `json:"by,omitempty"`
	Count    int       `json:"count,omitempty"`
}

// dateForm is how a calendar day is stored; the zero Date is "".
const dateForm = "%04d-%02d-%02d"

func packDate(d clinical.Date) string {
	if d == (clinical.Date{}) {
		return ""
	}
	return fmt.Sprintf(dateForm, d.Year, int(d.Month), d.Day)
}

func unpackDate(s string) (clinical.Date, error) {
	if s == "" {
		return clinical.Date{}, nil
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return clinical.Date{}, damaged("date: %w", err)
	}
	return clinical.Date{Year: t.Year(), Month: t.Month(), Day: t.Day()}, nil
}

func packPatient(p clinical.Patient) storedPatient {
	return storedPatient{
		FamilyName: p.FamilyName, GivenName: p.GivenName, BirthDate: packDate(p.BirthDate), Sex: string(p.Sex),
		Fitzpatrick: uint8(p.Fitzpatrick), FileNumber: p.FileNumber, Created: utc(p.Created), Updated: utc(p.Updated),
	}
}

func unpackPatient(id clinical.ID, revision uint32, plain []byte) (clinical.Patient, error) {
	v, err := decodePatient(plain)
	if err != nil {
		return clinical.Patient{}, err
	}
	birth, err := unpackDate(v.BirthDate)
	return clinical.Patient{
		ID: id, Revision: int(revision), FamilyName: v.FamilyName, GivenName: v.GivenName, BirthDate: birth,
		Sex: clinical.Sex(v.Sex), Fitzpatrick: clinical.Fitzpatrick(v.Fitzpatrick), FileNumber: v.FileNumber,
		Created: v.Created, Updated: v.Updated,
	}, err
}

func packSettings(s clinical.Settings) storedSettings {
	return storedSettings{
		DepthUM: int32(s.Depth), SpeedSPM: int32(s.Speed), PowerMW: int32(s.Power), PulseMS: int32(s.Duration),
	}
}

func unpackSettings(v storedSettings) clinical.Settings {
	return clinical.Settings{
		Depth: protocol.Micrometres(v.DepthUM), Speed: protocol.StrokesPerMinute(v.SpeedSPM),
		Power: protocol.Milliwatts(v.PowerMW), Duration: protocol.Milliseconds(v.PulseMS),
	}
}

func packPreset(p clinical.Preset) storedPreset {
	return storedPreset{
		Name: p.Name, PenKind: string(p.PenKind), Indication: string(p.Indication), Zone: string(p.Zone),
		Settings: packSettings(p.Settings), SavedAt: utc(p.SavedAt), SavedBy: p.SavedBy,
	}
}

func unpackPreset(patient, id clinical.ID, revision uint32, plain []byte) (p clinical.Preset, deleted bool, err error) {
	v, err := decodeJSON[storedPreset](plain)
	return clinical.Preset{
		ID: id, Revision: int(revision), Patient: patient, Name: v.Name, PenKind: clinical.PenKind(v.PenKind),
		Indication: clinical.IndicationKey(v.Indication), Zone: clinical.ZoneKey(v.Zone),
		Settings: unpackSettings(v.Settings), SavedAt: v.SavedAt, SavedBy: v.SavedBy,
	}, v.Deleted, err
}

func packOperator(o clinical.Operator) storedOperator {
	return storedOperator{Name: o.Name, Role: string(o.Role), Left: o.Left}
}

func unpackOperator(id clinical.ID, v storedOperator) clinical.Operator {
	return clinical.Operator{ID: id, Name: v.Name, Role: clinical.Role(v.Role), Left: v.Left}
}

func packTip(t clinical.Tip) storedTip {
	return storedTip{
		ID: t.ID, Present: t.Present, Lot: t.Lot, Expiry: packDate(t.Expiry), Pins: t.Pins, Insulated: t.Insulated,
		NeedleLengthUM: int32(t.NeedleLength), RatedPowerMW: int32(t.RatedPower), UseCount: t.UseCount, UseLimit: t.UseLimit,
	}
}

func unpackTip(v storedTip) (clinical.Tip, error) {
	expiry, err := unpackDate(v.Expiry)
	return clinical.Tip{
		ID: v.ID, Present: v.Present, Lot: v.Lot, Expiry: expiry, Pins: v.Pins, Insulated: v.Insulated,
		NeedleLength: protocol.Micrometres(v.NeedleLengthUM), RatedPower: protocol.Milliwatts(v.RatedPowerMW),
		UseCount: v.UseCount, UseLimit: v.UseLimit,
	}, err
}

func packEnvelope(e clinical.Envelope) storedEnvelope {
	return storedEnvelope{
		Min: packSettings(e.Min), Max: packSettings(e.Max), DosePerPinUJ: int64(e.DosePerPin),
		PulsesPerSpot: e.PulsesPerSpot, Pins: e.Pins,
	}
}

func unpackEnvelope(v storedEnvelope) clinical.Envelope {
	return clinical.Envelope{
		Min: unpackSettings(v.Min), Max: unpackSettings(v.Max), DosePerPin: protocol.Microjoules(v.DosePerPinUJ),
		PulsesPerSpot: v.PulsesPerSpot, Pins: v.Pins,
	}
}

func packApplied(a clinical.Applied) storedApplied {
	return storedApplied{
		At: utc(a.At), Generation: a.Generation, Settings: packSettings(a.Settings),
		Envelope: packEnvelope(a.Envelope), SettingsHash: hex.EncodeToString(a.SettingsHash[:]),
	}
}

func unpackApplied(v storedApplied) (clinical.Applied, error) {
	a := clinical.Applied{
		At: v.At, Generation: v.Generation, Settings: unpackSettings(v.Settings),
		Envelope: unpackEnvelope(v.Envelope),
	}
	var err error
	a.SettingsHash, err = unpackHash(v.SettingsHash)
	return a, err
}

func packArm(a clinical.ArmIntent) storedArm {
	v := storedArm{
		At: utc(a.At), CommandID: a.CommandID, SettingsHash: hex.EncodeToString(a.SettingsHash[:]), Settings: packSettings(a.Settings),
		PulsesBefore: a.PulsesBefore, LogBefore: a.LogBefore, Boot: a.Boot, Result: string(a.Result),
	}
	if a.Operator != (clinical.Operator{}) {
		by := packOperator(a.Operator)
		v.OperatorID, v.Operator = string(a.Operator.ID), &by
	}
	return v
}

func unpackArm(v storedArm) (clinical.ArmIntent, error) {
	hash, err := unpackHash(v.SettingsHash)
	var by clinical.Operator
	if v.Operator != nil {
		by = unpackOperator(clinical.ID(v.OperatorID), *v.Operator)
	}
	return clinical.ArmIntent{
		Operator: by,
		At:       v.At, CommandID: v.CommandID, SettingsHash: hash, Settings: unpackSettings(v.Settings),
		PulsesBefore: v.PulsesBefore, LogBefore: v.LogBefore, Boot: v.Boot, Result: clinical.ArmResult(v.Result),
	}, err
}

func unpackHash(s string) (hash [8]byte, err error) {
	b, err := hex.DecodeString(s)
	if err != nil || len(b) != len(hash) {
		return hash, damaged("settings hash %q", s)
	}
	copy(hash[:], b)
	return hash, nil
}

func packTreatment(t clinical.Treatment) storedTreatment {
	v := storedTreatment{
		Patient: string(t.Patient), OperatorID: string(t.Operator.ID), Operator: packOperator(t.Operator),
		PenKind: string(t.PenKind), PenModel: t.PenModel, PenSerial: t.PenSerial, PenFirmware: t.PenFirmware,
		PenBoot: t.PenBoot, Simulated: t.Simulated, Tip: packTip(t.Tip), Indication: string(t.Indication),
		Zone: string(t.Zone), Fitzpatrick: uint8(t.Fitzpatrick), LibraryVersion: t.LibraryVersion,
		LibraryHash: t.LibraryHash, Preset: string(t.Preset), PresetRevision: t.PresetRevision, Passes: t.Passes,
		StopLatencyNS: int64(t.StopLatency), StopCheckNS: int64(t.StopCheck), Started: utc(t.Started), Ended: utc(t.Ended), Outcome: string(t.Outcome),
	}
	for _, a := range t.Applied {
		v.Applied = append(v.Applied, packApplied(a))
	}
	for _, a := range t.Arms {
		v.Arms = append(v.Arms, packArm(a))
	}
	for _, f := range t.FallBacks {
		v.FallBacks = append(v.FallBacks, storedFall{At: utc(f.At), Reason: string(f.Reason)})
	}
	v.Reconciled = packReconciliation(t.Reconciled)
	return v
}

// unpackTreatment also returns the stored form, for what the noun does not have.
func unpackTreatment(id clinical.ID, revision uint32, plain []byte) (clinical.Treatment, storedTreatment, error) {
	v, err := decodeJSON[storedTreatment](plain)
	if err != nil {
		return clinical.Treatment{}, v, err
	}
	t, err := v.treatment(id, revision)
	return t, v, err
}

func (v storedTreatment) treatment(id clinical.ID, revision uint32) (clinical.Treatment, error) {
	tip, err := unpackTip(v.Tip)
	if err != nil {
		return clinical.Treatment{}, err
	}
	t := clinical.Treatment{
		ID: id, Revision: int(revision), Patient: clinical.ID(v.Patient),
		Operator: unpackOperator(clinical.ID(v.OperatorID), v.Operator), PenKind: clinical.PenKind(v.PenKind),
		PenModel: v.PenModel, PenSerial: v.PenSerial, PenFirmware: v.PenFirmware, PenBoot: v.PenBoot,
		Simulated: v.Simulated, Tip: tip, Indication: clinical.IndicationKey(v.Indication), Zone: clinical.ZoneKey(v.Zone),
		Fitzpatrick: clinical.Fitzpatrick(v.Fitzpatrick), LibraryVersion: v.LibraryVersion, LibraryHash: v.LibraryHash,
		Preset: clinical.ID(v.Preset), PresetRevision: v.PresetRevision, Passes: v.Passes,
		StopLatency: time.Duration(v.StopLatencyNS), StopCheck: time.Duration(v.StopCheckNS), Started: v.Started, Ended: v.Ended, Outcome: clinical.Outcome(v.Outcome),
	}
	for _, a := range v.Applied {
		u, err := unpackApplied(a)
		if err != nil {
			return clinical.Treatment{}, err
		}
		t.Applied = append(t.Applied, u)
	}
	for _, a := range v.Arms {
		u, err := unpackArm(a)
		if err != nil {
			return clinical.Treatment{}, err
		}
		t.Arms = append(t.Arms, u)
	}
	for _, f := range v.FallBacks {
		t.FallBacks = append(t.FallBacks, clinical.FallBack{At: f.At, Reason: clinical.FallBackReason(f.Reason)})
	}
	if v.Reconciled == nil {
		return t, nil
	}
	t.Reconciled, err = v.Reconciled.reconciliation()
	return t, err
}

func packAlarm(a clinical.Alarm) storedAlarm {
	return storedAlarm{
		At: utc(a.At), Code: a.Code, Priority: a.Priority, Text: a.Text, Expected: a.Expected, Measured: a.Measured,
		Mark: string(a.Mark), By: a.By, Count: a.Count,
	}
}

func unpackAlarm(plain []byte) (clinical.Alarm, error) {
	v, err := decodeJSON[storedAlarm](plain)
	return clinical.Alarm{
		At: v.At, Code: v.Code, Priority: v.Priority, Text: v.Text, Expected: v.Expected, Measured: v.Measured,
		Mark: clinical.AlarmMark(v.Mark), By: v.By, Count: v.Count,
	}, err
}

func packHandOver(h clinical.HandOver) storedHandOver {
	return storedHandOver{
		At: utc(h.At), FromID: string(h.From.ID), From: packOperator(h.From), ToID: string(h.To.ID), To: packOperator(h.To),
	}
}

func unpackHandOver(plain []byte) (clinical.HandOver, error) {
	v, err := decodeJSON[storedHandOver](plain)
	return clinical.HandOver{
		At: v.At, From: unpackOperator(clinical.ID(v.FromID), v.From), To: unpackOperator(clinical.ID(v.ToID), v.To),
	}, err
}
