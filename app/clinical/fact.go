package clinical

// Fact is one thing that arming needs, as far as it is known. The zero value
// means that nothing in this program speaks for or against it yet, or that it
// does not matter here; it never blocks. A source that exists but does not
// know has to say FactFails.
type Fact uint8

// The states of a fact.
const (
	FactNotApplicable Fact = iota
	FactHolds
	FactFails
)

// FactOf is FactHolds for true and FactFails for false.
func FactOf(holds bool) Fact {
	if holds {
		return FactHolds
	}
	return FactFails
}

// String is the fact in a word.
func (f Fact) String() string {
	switch f {
	case FactHolds:
		return "holds"
	case FactFails:
		return "fails"
	}
	return "not applicable"
}

// Calibration is how a pen's calibration of one quantity stands today.
type Calibration uint8

// The states of a calibration. In grace means expired or out of tolerance, but
// still inside the time that the clinic's policy grants.
const (
	CalibrationNotApplicable Calibration = iota
	CalibrationValid
	CalibrationInGrace
	CalibrationOverdue
)

// Facts is all that decides whether a pen may be armed. Each is worded as what
// has to hold. Facts are gathered by the console room; Blocks only judges.
type Facts struct {
	PenKind     PenKind
	Fitzpatrick Fitzpatrick

	EmergencyStopReleased Fact
	NoFault               Fact
	LinkAlive             Fact
	VersionSupported      Fact // the pen speaks this protocol major
	RecordsRead           Fact // which runs are open and how new the newest record is was read from the store
	RunClosed             Fact // no run that was ended waits for its last pulses
	OutcomeKnown          Fact // no run is uncertain
	LimitsAgree           Fact // the pen read back the envelope that it was sent
	LibraryApproved       Fact
	ScreeningPassed       Fact
	OperatorMayTreat      Fact
	PatientChosen         Fact
	PlaceChosen           Fact // indication and zone
	ConsentGiven          Fact
	TestSpotDone          Fact // counts for RF on types V-VI and unknown only
	TipPresent            Fact
	TipInDate             Fact
	TipFree               Fact // not used in another treatment, not bound over 12 h ago
	TipKnown              Fact // pins known; counts for RF only
	CalibrationRF         Calibration
	CalibrationDepth      Calibration
	CalibrationSpeed      Calibration
	Treatable             Fact // Effective left something to set
	SettingsApplied       Fact // confirmed, sent, and read back the same
	SelfTestPassed        Fact
	TemperatureInRange    Fact
	BatteryCharged        Fact
	TriggerReleased       Fact
	ServiceModeOff        Fact
	ClockInOrder          Fact // the laptop's clock is not behind the newest record

	// Facts that only warn.
	NumbingOver     Fact // the anaesthetic had its time
	IntervalKept    Fact // not too early in the series
	AgeInsideLabel  Fact
	UseCleared      Fact // inside the cleared indications
	TipInsulated    Fact // counts for RF on types V-VI and unknown only
	BackupUpToDate  Fact
	SoundDeviceHere Fact

	// Words for the remedies; each may be empty.
	NotTreatable    string      // the two rules that conflict
	Violations      []Violation // of the settings on the controls
	ScreeningReason string
}
