package clinical

import (
	"slices"
	"time"

	"stipple/protocol"
)

// ID names a patient, preset, treatment or operator for ever. It is opaque:
// it carries no name, date of birth or other personal content, and sorts in
// the order of creation. The zero ID means "none".
type ID string

// PenKind is what a pen can do. A kind decides which controls exist at all.
type PenKind string

// The pen kinds of the descriptor.
const (
	Needling PenKind = "needling"
	RF       PenKind = "rf"
)

// Sex is recorded because measured skin thickness differs by sex at most
// sites (clinical.md section 2, L61). It never raises a limit.
type Sex string

// The sexes a record can state.
const (
	SexUnstated Sex = ""
	Female      Sex = "female"
	Male        Sex = "male"
	SexOther    Sex = "other"
)

// Fitzpatrick is the skin type. The zero value is "unknown", which the limit
// matrix counts as V-VI.
type Fitzpatrick uint8

// The skin types.
const (
	FitzpatrickUnknown Fitzpatrick = iota
	FitzpatrickI
	FitzpatrickII
	FitzpatrickIII
	FitzpatrickIV
	FitzpatrickV
	FitzpatrickVI
)

// Date is a calendar day without a time zone, such as a date of birth.
type Date struct {
	Year  int
	Month time.Month
	Day   int
}

// Patient is one person who is treated. A stored patient is never changed in
// place: each edit is a new Revision.
type Patient struct {
	ID          ID
	Revision    int // from 1
	FamilyName  string
	GivenName   string
	BirthDate   Date
	Sex         Sex
	Fitzpatrick Fitzpatrick
	FileNumber  string // the practice's own number, second identifier at review
	Created     time.Time
	Updated     time.Time
}

// Operator is who works at the console.
type Operator struct {
	ID   ID
	Name string
	Role Role
	Left bool // does not work here any more; never set in a record
}

// Role is what an operator may do (safety.md section 8).
type Role string

// The roles.
const (
	RoleClinician       Role = "clinician"
	RoleSeniorClinician Role = "senior clinician"
	RoleTechnician      Role = "technician"
	RoleServiceEngineer Role = "service engineer"
	RoleAdministrator   Role = "administrator"
)

// Settings is what an operator sets on a pen. On a needling pen Power and
// Duration are zero and not sent.
type Settings struct {
	Depth    protocol.Micrometres
	Speed    protocol.StrokesPerMinute
	Power    protocol.Milliwatts
	Duration protocol.Milliseconds
}

// Preset is a patient's settings for one indication and zone, kept by name.
// It is immutable; a change or a new name is a new Revision under the same ID.
type Preset struct {
	ID         ID
	Revision   int // from 1
	Patient    ID
	Name       string
	PenKind    PenKind
	Indication IndicationKey
	Zone       ZoneKey
	Settings   Settings
	SavedAt    time.Time
	SavedBy    string // the operator's name at that time
}

// IndicationKey and ZoneKey are the library's stable keys ("acne_scars",
// "cheek_left"). Names for people come from the library.
type (
	IndicationKey string
	ZoneKey       string
)

// Tip is the cartridge on the pen as the console knows it.
type Tip struct {
	ID           uint32
	Present      bool
	Lot          string
	Expiry       Date // zero: unknown
	Pins         int  // 0: unknown
	Insulated    bool
	NeedleLength protocol.Micrometres
	RatedPower   protocol.Milliwatts
	UseCount     uint32
	UseLimit     uint32
}

// Pulse is one RF pulse, or one trigger pull of a needling pen, as the pen's
// ledger reports it.
type Pulse struct {
	Index        uint32 // the pen's lifetime counter
	Boot         uint32
	ArmID        uint32
	At           time.Time // console's estimate of when it began
	SettingsHash [8]byte
	TipID        uint32
	Set          Settings // what was commanded
	Depth        protocol.Micrometres
	Speed        protocol.StrokesPerMinute
	Power        protocol.Milliwatts
	Duration     protocol.Milliseconds
	Energy       protocol.Microjoules
	Strokes      uint32
	ImpedanceMin protocol.Ohms
	Impedance    protocol.Ohms
	ImpedanceMax protocol.Ohms
	PeakTemp     protocol.Centidegrees
	Result       string // the pen's word: "complete", "released", "dose", "interrupted", …
	Pass         int    // from 1, the console's counter
}

// Alarm is one entry about an alarm in a treatment record: that it began, that
// somebody acknowledged it, or that it is over.
type Alarm struct {
	At       time.Time
	Code     uint16 // of the pen's event; 0: the console found it
	Priority string // "high", "medium", "low"
	Text     string // stable name
	Expected string // with unit; empty where there is none
	Measured string
	Mark     AlarmMark
	// By is who has acknowledged it; empty in other entries.
	By string
	// Count is how often it has come, in the entry that says so; 0 in others.
	Count int
}

// AlarmMark says what an entry about an alarm tells.
type AlarmMark string

// The marks. An entry of a record from before there were marks is one that an
// alarm began.
const (
	AlarmBegan        AlarmMark = ""
	AlarmAcknowledged AlarmMark = "acknowledged"
	AlarmOver         AlarmMark = "over"
	// AlarmMore counts those of a priority that have no entry of their own.
	AlarmMore AlarmMark = "more"
)

// Outcome says how a treatment ended, or that it has not.
type Outcome string

// The outcomes of a treatment.
const (
	OutcomeIntent    Outcome = "intent"    // on disk before ARM left; nothing known yet
	OutcomeOpen      Outcome = "open"      // armed at least once, going on
	OutcomeComplete  Outcome = "complete"  // ended by the operator
	OutcomeStopped   Outcome = "stopped"   // ended by STOP or a fault
	OutcomeUncertain Outcome = "uncertain" // the link was lost while armed; see safety.md section 5
	// OutcomeReconciled is a run that was uncertain until the pen had told all
	// of it, and an operator had signed that.
	OutcomeReconciled Outcome = "reconciled"
	// OutcomeNotArmed: the record was begun and closed again without the pen
	// having been armed. Nothing was given.
	OutcomeNotArmed Outcome = "not_armed"
)

// Applied is one act of applying settings: what the pen read back.
type Applied struct {
	At           time.Time
	Generation   uint32
	Settings     Settings
	Envelope     Envelope
	SettingsHash [8]byte
}

// ArmIntent is one act of arming, on disk before ARM leaves for the pen, so
// that after a crash it is known what may have happened.
type ArmIntent struct {
	At           time.Time
	Operator     Operator // who held to arm; zero in a record that has only the treatment's
	CommandID    uint64
	SettingsHash [8]byte
	Settings     Settings
	PulsesBefore uint32 // newest pulse of the pen's ledger when ARM was about to leave
	LogBefore    uint32 // newest record of the pen's log then; 0: none, or not written down
	Boot         uint32 // the pen's boot id then; 0: not written down
	Result       ArmResult
}

// Envelope is what the limits of a treatment came to, as the pen enforces it.
type Envelope struct {
	Min, Max      Settings
	DosePerPin    protocol.Microjoules // per pin at one spot; 0 on a needling pen
	PulsesPerSpot int
	Pins          int
}

// Treatment is the record of one treatment: who, what, with which pen and
// tip, under which limits, and what was delivered. It is stored as revisions;
// a record that has ended is never changed again.
type Treatment struct {
	ID             ID
	Revision       int
	Patient        ID
	Operator       Operator
	PenKind        PenKind
	PenModel       string
	PenSerial      string
	PenFirmware    string
	PenBoot        uint32
	Simulated      bool
	Tip            Tip
	Indication     IndicationKey
	Zone           ZoneKey
	Fitzpatrick    Fitzpatrick // as it was at the treatment
	LibraryVersion string
	LibraryHash    string
	Preset         ID // zero: none loaded
	PresetRevision int
	Applied        []Applied
	Arms           []ArmIntent
	Pulses         []Pulse
	Passes         int
	Alarms         []Alarm
	StopLatency    time.Duration // STOP to STOPPED measured; 0: no stop in this treatment
	StopCheck      time.Duration // ESTOP to STOPPED at the check before the first arming; 0: not measured
	HandOvers      []HandOver    // each change of the operator, in order
	FallBacks      []FallBack    // each return to STANDBY from READY, TREATING or an arming, in order
	Started        time.Time     // first intent to arm
	Ended          time.Time     // zero while open
	Outcome        Outcome
	// Reconciled is what is known of a run whose outcome was uncertain, and who
	// signed it; its Cause is empty for every other run.
	Reconciled Reconciliation
}

// Armers are the operators who armed in the treatment, each once, in the order of
// their first arming, beginning with the one who opened it.
func (t Treatment) Armers() []Operator {
	out := []Operator{t.Operator}
	for _, a := range t.Arms {
		if a.Operator != (Operator{}) && !slices.ContainsFunc(out, func(o Operator) bool { return o.ID == a.Operator.ID }) {
			out = append(out, a.Operator)
		}
	}
	return out
}

// NeverArmed says whether it is certain of every ARM of the treatment that the
// pen did not carry it out. A pulse is the proof of the opposite, whatever the pen
// has answered.
func (t Treatment) NeverArmed() bool {
	return len(t.Pulses) == 0 && !slices.ContainsFunc(t.Arms, func(a ArmIntent) bool { return !a.Result.Refuted() })
}

// Energy is the sum of the energy of all pulses of the treatment.
func (t Treatment) Energy() protocol.Microjoules {
	var sum protocol.Microjoules
	for _, p := range t.Pulses {
		sum += p.Energy
	}
	return sum
}
