package console

import (
	"time"

	"stipple/app/alarm"
	"stipple/app/clinical"
	"stipple/device"
	"stipple/protocol"
)

// View is everything that the pages draw, except the live values (see Live).
// A View is never changed after it is published; a page may keep it.
type View struct {
	Pen       PenView
	Operator  clinical.Operator
	Operators []clinical.Operator
	// Vacant says that the practice has no administrator: see clinical.Role.MayWhile.
	Vacant bool

	Patient *clinical.Patient // nil: none chosen
	Session int               // number of this session for patient, indication and zone, from 1

	Indication  clinical.IndicationKey
	Zone        clinical.ZoneKey
	Indications []Choice // what can be chosen with this pen, in the library's order
	Zones       []Choice

	Presets []PresetView // of the patient for this pen kind, newest first
	Preset  PresetRef    // the loaded one

	Controls []Control // in descriptor order; RF controls are absent on a needling pen
	Limits   error     // why there are none (*clinical.NotTreatableError), or nil
	Apply    ApplyView
	Dose     DoseView
	Spot     SpotView
	Run      RunView

	Blocks   []clinical.Block // why it can't be armed, gravest first
	Warnings []clinical.Block
	Checks   []clinical.Check // what was looked at and holds
	Arm      ArmView
	Held     error // ErrErasing or ErrImporting: why nothing can be armed for now, whatever the pen says
	Stop     StopView
	Alarms   AlarmsView
	Notices  []Notice // newest last; each for a while, or until it is not true any more
	// Uncertain are the runs whose outcome is not known or not signed, the oldest
	// first. Nothing is armed until there is none.
	Uncertain []UncertainView
	Backups   BackupsView
	// Training says that the store is one for training, ThrowAway that it is
	// removed when the console ends.
	Training  bool
	ThrowAway bool
	Rekey     RekeyView
}

// Phase is the connection's and the pen's state as one word for the strip.
type Phase string

// The phases of the state chip.
const (
	Disconnected Phase = "DISCONNECTED"
	Handshake    Phase = "HANDSHAKE"
	Standby      Phase = "STANDBY"
	Ready        Phase = "READY"
	Treating     Phase = "TREATING"
	Fault        Phase = "FAULT"
	Stopped      Phase = "ESTOP"
	Service      Phase = "SERVICE"
	Monitor      Phase = "MONITOR"
	Uncertain    Phase = "UNCERTAIN"
)

// PenView is the pen as the strip shows it.
type PenView struct {
	Phase     Phase
	Connected bool
	Kind      clinical.PenKind // of the newest pen, also while it is lost
	Model     string
	Serial    string
	Firmware  string
	Port      string
	Simulated bool
	Problem   error // why there is no pen, or no full one; typed by package device
	LostAt    time.Time
	Fault     protocol.Fault
	Tip       clinical.Tip
	Battery   int // %; -1 unknown
	// The descriptor's windows, outside which the pen raises an alarm; 0 where
	// the pen has no such sensor.
	ImpedanceLow, ImpedanceHigh protocol.Ohms
	TempMax                     protocol.Centidegrees
	// CanSimulate says that the composition root can start a simulated pen.
	CanSimulate bool
	// HasHandpiece says that the drawer of the simulated handpiece exists.
	HasHandpiece bool
}

// Choice is one line of a picker.
type Choice struct {
	Key      string
	Name     string
	Detail   string // second line; may be empty
	Disabled string // why it can't be chosen; empty if it can
}

// PresetView is a preset judged by today's limits.
type PresetView struct {
	clinical.Preset
	IndicationName string
	ZoneName       string
	Violations     []clinical.Violation // empty: fits
	Problem        error                // limits can't be computed at all
	Judged         bool                 // false while no pen is known: nothing to judge it by
}

// PresetRef is the preset that the draft came from.
type PresetRef struct {
	ID       clinical.ID // zero: none
	Name     string
	Revision int
	Changed  bool // the draft differs from it
}

// Control is one value that the operator sets.
type Control struct {
	Limit   clinical.Limit
	Draft   int32 // base unit
	Has     bool  // false: the field is empty and must be set
	Applied int32 // what the pen read back
	IsSet   bool  // Applied is valid
	Rounded bool  // the draft was typed off the step and rounded down
	Refused *Refusal
	Stale   bool // set under other limits and now outside: set again by hand
}

// Refusal is a typed or stepped value that was not taken.
type Refusal struct {
	Value int32 // what was asked for; meaningless with Err
	Bound clinical.Bound
	Over  bool  // beyond the maximum; else below the minimum
	Err   error // the text was not a number (*clinical.InputError)
	Text  string
}

// ApplyState says how draft and pen agree.
type ApplyState string

// The states of Apply.
const (
	NothingToApply ApplyState = "nothing"
	NotApplied     ApplyState = "not applied"
	Applying       ApplyState = "applying"
	AppliedOK      ApplyState = "applied"
	ApplyRefused   ApplyState = "refused"
)

// ApplyView is the state of the one explicit act that reaches the pen.
type ApplyView struct {
	State      ApplyState
	At         time.Time            // of the read-back
	Parameters []clinical.Parameter // that differ from what the pen has, or are missing or outside
	Violations []clinical.Violation // that forbid Apply
	Err        error                // of the last attempt
	Can        bool                 // Apply may be pressed
}

// DoseView is the energy per pin at one spot.
type DoseView struct {
	Present   bool
	PerPin    protocol.Microjoules // of the draft, rounded up
	Cap       protocol.Microjoules
	CapReason clinical.Reason
}

// SpotView is how many pulses are stacked at one spot.
type SpotView struct {
	Pulses, Max int
}

// RunView is the treatment that is going on, or the newest one.
type RunView struct {
	ID       clinical.ID // zero: none
	Open     bool
	Outcome  clinical.Outcome
	Pulses   int
	Durable  int // pulses that are on disk
	Pass     int // from 1
	Energy   protocol.Microjoules
	Strokes  uint64
	Last     *clinical.Pulse // the newest pulse; nil: none yet
	Started  time.Time
	ZoneTime time.Duration // time with the trigger held
	StopTime time.Duration // newest stop figure, of the check or of a stop; 0: none
}

// ArmState is the look of the arm button.
type ArmState string

// The states of arming.
const (
	ArmBlocked ArmState = "blocked"
	ArmReady   ArmState = "ready" // may be held
	Arming     ArmState = "arming"
	ArmArmed   ArmState = "armed"
)

// ArmView is the state of arming.
type ArmView struct {
	State ArmState
	// Review is what has to be shown before arming; nil while the pen does not
	// hold what is on the controls. Shown is its digest: what Arm is asked for.
	Review *clinical.Review
	Shown  clinical.Digest
	// Checking says that the pen's stop is being checked, as part of arming.
	Checking bool
	Err      error // of the last attempt
	// Fell is why the last READY, or attempt, went back to STANDBY; nil: it did
	// not, or a new attempt has begun.
	Fell *clinical.FallBack
}

// StopView is the state of the stop.
type StopView struct {
	Active      bool          // ESTOP is latched on the pen, or being sent
	Confirmed   bool          // STOPPED came back
	Unconfirmed bool          // no STOPPED within protocol.StopConfirm
	OutOfReach  bool          // and there is no pen to send it to
	Latency     time.Duration // STOP to STOPPED
	NeedleBack  bool
	CanClear    bool
}

// AlarmsView is what alarms, what did, and what comes of it. The causes have
// the codes of their sentences.
type AlarmsView struct {
	Present []alarm.Occurrence // the gravest first
	History []alarm.Occurrence // the newest first, at most alarm.MaxHistory
	Signal  alarm.Signal
	Sound   SoundView
}

// SoundView says whether alarms can be heard.
type SoundView struct {
	Known bool  // somebody has tried
	Err   error // why they can't; nil: they can
	// Serial is the newest sound of which a first frame was played, and At when.
	Serial uint64
	At     time.Time
}

// Notice is something that the operator should know and that is no alarm.
type Notice struct {
	ID  int
	At  time.Time
	Err error  // worded by the window
	Key string // stable name: a notice replaces the one of the same key
}

// LiveView is what changes many times a second. It is read from the newest
// status on each redraw and never queued.
type LiveView struct {
	Valid  bool          // a status has been seen in this session
	Age    time.Duration // since its arrival
	Status protocol.Status
	RTT    time.Duration
	Gaps   uint64
	Armed  bool
}

// Staleness thresholds of a live value (safety.md section 6).
const (
	// DimAfter is when a live value is dimmed and marked.
	DimAfter = 150 * time.Millisecond
	// BlankAfter is when it is drawn as "--".
	BlankAfter = protocol.StatusSilence
	// LostAfter is when LINK LOST is shown.
	LostAfter = protocol.LinkSilence
)

// Freshness is how far what the pen said last may be believed.
type Freshness int

// The degrees. A last value is never drawn as live.
const (
	Fresh  Freshness = iota
	Dimmed           // over DimAfter: drawn dimmed, with a mark
	Blank            // over BlankAfter while armed: drawn as "--"
	Lost             // over LostAfter, or never: "--", and the link counts as lost
)

// Freshness judges the age of the newest status.
func (l LiveView) Freshness() Freshness {
	switch {
	case !l.Valid || l.Age > LostAfter:
		return Lost
	case l.Age > BlankAfter && l.Status.State.Armed():
		return Blank
	case l.Age > DimAfter:
		return Dimmed
	}
	return Fresh
}

// Sample is one point of the live charts.
type Sample = device.Sample
