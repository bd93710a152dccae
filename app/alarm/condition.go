package alarm

// Priority is how urgent a condition is. The zero value is no alarm at all.
type Priority uint8

// The priorities of IEC 60601-1-8, the lowest first.
const (
	None Priority = iota
	Low
	Medium
	High
)

// String is the word for a record: "high", "medium", "low"; "none" for None.
func (p Priority) String() string {
	switch p {
	case Low:
		return "low"
	case Medium:
		return "medium"
	case High:
		return "high"
	}
	return "none"
}

// PriorityOf is the priority of a word in a pen's descriptor. A word that is
// not known counts as high: nobody knows what it means.
func PriorityOf(word string) Priority {
	switch word {
	case "low":
		return Low
	case "medium":
		return Medium
	}
	return High
}

// Latches says whether a condition of this priority is shown until somebody
// has acknowledged it, even when it is gone (safety.md section 7).
func (p Priority) Latches() bool { return p >= Medium }

// Source is who finds a condition.
type Source uint8

// The sources.
const (
	FromPen     Source = iota + 1 // the pen raises it, the console shows it
	FromSession                   // the console's end of the link
	FromConsole                   // the console about itself: disk, sound, clock
)

// Code is the stable name of a condition.
type Code string

// The conditions of safety.md section 7. Those of the pen have the names of
// SPEC.md section 22.7.
const (
	RFUnpermitted    Code = "rf_unpermitted"
	OverTemperature  Code = "over_temperature"
	DepthBeyond      Code = "depth_beyond_bound"
	EnergyOver       Code = "energy_over"
	LinkLostTreating Code = "link_lost_treating"
	StopUnconfirmed  Code = "stop_unconfirmed"

	PowerDeviation     Code = "power_deviation"
	DepthDeviation     Code = "depth_deviation"
	SpeedDeviation     Code = "speed_deviation"
	ImpedanceWindow    Code = "impedance_window"
	OpenPin            Code = "open_pin"
	MotorStall         Code = "motor_stall"
	CalibrationExpired Code = "calibration_expired"

	TipNearEnd Code = "tip_near_end"
	BatteryLow Code = "battery_low"
	DiskLow    Code = "disk_low"
	ClockOff   Code = "clock_off"
	NoSound    Code = "no_sound"
	BackupOld  Code = "backup_old"
)

// The conditions that the console adds: what its end of the link finds wrong
// with a pen, and what it finds wrong with itself.
const (
	// PenFault is a fault that the pen has latched; the instance is its name.
	PenFault Code = "pen_fault"
	// PenAlarm is an alarm that has no row here; the instance is the pen's name
	// or number for it.
	PenAlarm Code = "pen_alarm"
	// PenEvent is something that the pen tells with the level of a warning or an
	// error; the instance is the event's number.
	PenEvent Code = "pen_event"

	Contradiction    Code = "contradiction"
	Echo             Code = "echo"
	Clock            Code = "clock"
	PulseContradicts Code = "pulse_contradicts"
	AlarmUnknown     Code = "alarm_unknown"
	UnconfirmedReady Code = "unconfirmed_ready"
	StopCheck        Code = "stop_check"
	StatusSilence    Code = "status_silence"
	Stale            Code = "stale"
	NotAlive         Code = "not_alive"
	StoodStill       Code = "stood_still"
	PulsesLost       Code = "pulses_lost"
	Overflow         Code = "overflow"
	// Safety is whatever else the session stops a pen for; the instance is the
	// kind of the event.
	Safety Code = "safety"

	LinkLost     Code = "link_lost"
	ClearRefused Code = "clear_refused"
	// RunUncertain is a run whose outcome is not known or not signed, and
	// Contradicted a pen that contradicts the record of one; the instance is the
	// record's id.
	RunUncertain Code = "run_uncertain"
	Contradicted Code = "contradicted"
	RecordFailed Code = "record_failed"
	StoreDamaged Code = "store_damaged"
	StoreFailed  Code = "store_failed"
	// TooMany tells of occurrences that found no place.
	TooMany Code = "too_many_alarms"
	// BackupFailed is a backup that could not be made, until one can.
	BackupFailed Code = "backup_failed"
)

// Condition is one row of the table.
type Condition struct {
	Code     Code
	Priority Priority
	Source   Source
	// Momentary says that it is over in the moment in which it is found: it
	// stands until somebody has acknowledged it, and then is history.
	Momentary bool
}

// Table is every condition, the gravest first. Nothing else has a priority. It
// is built anew for each caller, so that nobody can change it.
func Table() []Condition {
	return append(append(highConditions(), mediumConditions()...), lowConditions()...)
}

func highConditions() []Condition {
	return []Condition{
		{RFUnpermitted, High, FromPen, false},
		{OverTemperature, High, FromPen, false},
		{DepthBeyond, High, FromPen, false},
		{EnergyOver, High, FromPen, false},
		{PenFault, High, FromPen, false},
		{PenAlarm, High, FromPen, true},
		{LinkLostTreating, High, FromSession, false},
		{StopUnconfirmed, High, FromSession, false},
		{Contradiction, High, FromSession, true},
		{Echo, High, FromSession, true},
		{Clock, High, FromSession, true},
		{PulseContradicts, High, FromSession, true},
		{AlarmUnknown, High, FromSession, true},
		{UnconfirmedReady, High, FromSession, true},
		{StopCheck, High, FromSession, true},
		{StatusSilence, High, FromSession, true},
		{Stale, High, FromSession, true},
		{NotAlive, High, FromSession, true},
		{StoodStill, High, FromSession, true},
		{PulsesLost, High, FromSession, true},
		{Overflow, High, FromSession, true},
		{Safety, High, FromSession, true},
		{RunUncertain, High, FromConsole, false},
		{Contradicted, High, FromConsole, false},
		{RecordFailed, High, FromConsole, false},
		{StoreDamaged, High, FromConsole, true},
	}
}

func mediumConditions() []Condition {
	return []Condition{
		{PowerDeviation, Medium, FromPen, false},
		{DepthDeviation, Medium, FromPen, false},
		{SpeedDeviation, Medium, FromPen, false},
		{ImpedanceWindow, Medium, FromPen, false},
		{OpenPin, Medium, FromPen, false},
		{MotorStall, Medium, FromPen, false},
		{CalibrationExpired, Medium, FromPen, false},
		{LinkLost, Medium, FromSession, false},
		{ClearRefused, Medium, FromSession, true},
		{StoreFailed, Medium, FromConsole, true},
	}
}

func lowConditions() []Condition {
	return []Condition{
		{TipNearEnd, Low, FromPen, false},
		{BatteryLow, Low, FromPen, false},
		{PenEvent, Low, FromPen, true},
		{DiskLow, Low, FromConsole, false},
		{ClockOff, Low, FromConsole, false},
		{NoSound, Low, FromConsole, false},
		{BackupOld, Low, FromConsole, false},
		{BackupFailed, Low, FromConsole, false},
		{TooMany, Low, FromConsole, true},
	}
}

// Find returns the row of a code, and false where there is none.
func Find(code Code) (Condition, bool) {
	for _, part := range [...][]Condition{highConditions(), mediumConditions(), lowConditions()} {
		for _, c := range part {
			if c.Code == code {
				return c, true
			}
		}
	}
	return Condition{}, false
}

// Of is the row of a code. One that the table does not have is a high, momentary
// condition of that name: what nobody knows counts as the gravest.
func Of(code Code) Condition {
	if c, ok := Find(code); ok {
		return c
	}
	return Condition{Code: code, Priority: High, Source: FromPen, Momentary: true}
}
