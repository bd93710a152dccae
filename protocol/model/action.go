package model

// Side is who takes an action.
type Side uint8

// The sides.
const (
	Person  Side = iota + 1 // at the console or at the pen; the code is what takes the act
	Console                 // package device, and app/console where it says so
	Pen                     // package device/sim
	Line                    // what lies between; package device/link makes it happen in tests
	World                   // nobody's code: time, and what stops a console
)

// Action is one named transition of the model.
type Action uint8

// The transitions. Their names stand in the code that does them, as
// "Model: ArmArrives."; TestNames holds the two together.
const (
	noAction Action = iota

	// Persons.
	OperatorConfirms
	OperatorLeaves
	PersonStops
	PersonClears
	SettingsPut
	CheckBegins
	TriggerPulled
	TriggerReleased
	TipChanged
	WindowFreezes
	WindowThaws

	// The console.
	ConsoleStarts
	HelloSent
	HelloAcked
	IntentWritten
	CommandSent
	CommandRetried
	CommandGivenUp
	SettingsRead
	ArmAnswered
	ClearAnswered
	OutcomeAsked
	OutcomeAnswered
	StatusTaken
	LeaseSent
	DisarmSent
	StopSent
	StopConfirmed
	ClearQueued
	CheckClears
	StatusSilent
	WindowDead
	ReadyMissing
	EndSettled
	LinkSilent

	// The pen.
	CommandQueued
	HelloArrives
	SettingsArrive
	ArmArrives
	ClearArrives
	ResultOfArrives
	CommandRepeated
	CommandDropped
	StopArrives
	DisarmArrives
	LeaseArrives
	LeaseExpires
	OutputBegins
	OutputEnds
	StatusSent
	PenReboots
	PowerFails

	// The line.
	FrameLost
	FrameDoubled
	FrameHeldBack
	LateFrameArrives
	ReplyLost
	PortGone

	// Nobody.
	ConsoleCrashes
	TimePasses

	actions
)

// about is what there is to say of an action.
type about struct {
	name string
	side Side
	// fair says that the ends do it by themselves: it is taken in the end where
	// it is possible again and again. The others are persons' whims and faults,
	// which stop at some time.
	fair bool
	says string
}

// table is what the actions are, in their order.
func table() [actions]about {
	return [actions]about{
		OperatorConfirms: {"OperatorConfirms", Person, false, "the operator holds to arm for what is shown; the intent goes to the disk"},
		OperatorLeaves:   {"OperatorLeaves", Person, false, "the operator leaves READY: the console ends the arming"},
		PersonStops:      {"PersonStops", Person, false, "a person presses STOP"},
		PersonClears:     {"PersonClears", Person, false, "the operator asks for CLEAR"},
		SettingsPut:      {"SettingsPut", Person, false, "the operator puts settings"},
		CheckBegins:      {"CheckBegins", Person, false, "the stop check before the first arming begins"},
		TriggerPulled:    {"TriggerPulled", Person, false, "the trigger is pulled"},
		TriggerReleased:  {"TriggerReleased", Person, true, "the trigger is released"},
		TipChanged:       {"TipChanged", Person, false, "another tip is put on: another hash"},
		WindowFreezes:    {"WindowFreezes", World, false, "the window's thread stands still"},
		WindowThaws:      {"WindowThaws", Person, true, "the window's thread goes on"},

		ConsoleStarts:   {"ConsoleStarts", Console, true, "the console starts with what is on its disk"},
		HelloSent:       {"HelloSent", Console, true, "the console sends HELLO"},
		HelloAcked:      {"HelloAcked", Console, true, "the console takes HELLO_ACK"},
		IntentWritten:   {"IntentWritten", Console, true, "the intent is on the disk; ARM may leave"},
		CommandSent:     {"CommandSent", Console, true, "the console sends the command"},
		CommandRetried:  {"CommandRetried", Console, true, "the console sends it again, under the same seq"},
		CommandGivenUp:  {"CommandGivenUp", Console, true, "no answer: the console gives the command up"},
		SettingsRead:    {"SettingsRead", Console, true, "the console takes what is active"},
		ArmAnswered:     {"ArmAnswered", Console, true, "the console takes the RESULT of ARM"},
		ClearAnswered:   {"ClearAnswered", Console, true, "the console takes the RESULT of CLEAR"},
		OutcomeAsked:    {"OutcomeAsked", Console, true, "the console asks RESULT_OF, and for the ledger"},
		OutcomeAnswered: {"OutcomeAnswered", Console, true, "the console takes what became of the command"},
		StatusTaken:     {"StatusTaken", Console, true, "the console takes STATUS"},
		LeaseSent:       {"LeaseSent", Console, true, "the console sends LEASE with the newest clock that it knows"},
		DisarmSent:      {"DisarmSent", Console, true, "the console sends DISARM"},
		StopSent:        {"StopSent", Console, true, "the console sends ESTOP"},
		StopConfirmed:   {"StopConfirmed", Console, true, "the console takes STOPPED"},
		ClearQueued:     {"ClearQueued", Console, true, "the console queues the CLEAR, if no stop came between"},
		CheckClears:     {"CheckClears", Console, true, "the check asks for CLEAR"},
		StatusSilent:    {"StatusSilent", Console, true, "no STATUS while armed: the console stops the pen"},
		WindowDead:      {"WindowDead", Console, true, "the window shows no life: the console ends the arming"},
		ReadyMissing:    {"ReadyMissing", Console, true, "RESULT said done and no STATUS says READY: the console ends the arming"},
		EndSettled:      {"EndSettled", Console, true, "the time to settle is over"},
		LinkSilent:      {"LinkSilent", Console, true, "nothing is heard: the console gives the session up"},

		CommandQueued:   {"CommandQueued", Pen, true, "the pen puts the command into its queue"},
		HelloArrives:    {"HelloArrives", Pen, true, "the pen takes HELLO"},
		SettingsArrive:  {"SettingsArrive", Pen, true, "the pen takes envelope and settings"},
		ArmArrives:      {"ArmArrives", Pen, true, "the pen takes ARM"},
		ClearArrives:    {"ClearArrives", Pen, true, "the pen takes CLEAR"},
		ResultOfArrives: {"ResultOfArrives", Pen, true, "the pen takes RESULT_OF"},
		CommandRepeated: {"CommandRepeated", Pen, true, "the same seq again: the pen sends the kept reply"},
		CommandDropped:  {"CommandDropped", Pen, true, "an old seq or another session: the pen drops it"},
		StopArrives:     {"StopArrives", Pen, true, "the pen takes ESTOP"},
		DisarmArrives:   {"DisarmArrives", Pen, true, "the pen takes DISARM"},
		LeaseArrives:    {"LeaseArrives", Pen, true, "the pen takes LEASE"},
		LeaseExpires:    {"LeaseExpires", Pen, true, "time passes, and the RF limit is reached"},
		OutputBegins:    {"OutputBegins", Pen, false, "energy begins to flow"},
		OutputEnds:      {"OutputEnds", Pen, true, "the pulse is over"},
		StatusSent:      {"StatusSent", Pen, true, "the pen sends STATUS"},
		PenReboots:      {"PenReboots", Pen, false, "the pen is reset"},
		PowerFails:      {"PowerFails", Pen, false, "the pen is reset between a command's effect and its result"},

		FrameLost:        {"FrameLost", Line, false, "the next frame to the pen is lost"},
		FrameDoubled:     {"FrameDoubled", Line, false, "the next frame arrives at the pen, and a copy of it stays behind"},
		FrameHeldBack:    {"FrameHeldBack", Line, false, "the next frame to the pen is held back"},
		LateFrameArrives: {"LateFrameArrives", Line, true, "what was held back goes on"},
		ReplyLost:        {"ReplyLost", Line, false, "what the pen says is lost"},
		PortGone:         {"PortGone", Line, false, "the port is lost"},

		ConsoleCrashes: {"ConsoleCrashes", World, false, "the console ends without a word"},
		TimePasses:     {"TimePasses", World, true, "a tick passes"},
	}
}

// String is the action's name.
func (a Action) String() string {
	if a < actions && a != noAction {
		return table()[a].name
	}
	return "unknown"
}

// Says is the action in a sentence.
func (a Action) Says() string {
	if a < actions {
		return table()[a].says
	}
	return ""
}

// Side is who takes the action.
func (a Action) Side() Side {
	if a < actions {
		return table()[a].side
	}
	return 0
}

// Actions lists all of them.
func Actions() []Action {
	var all []Action
	for a := noAction + 1; a < actions; a++ {
		all = append(all, a)
	}
	return all
}
