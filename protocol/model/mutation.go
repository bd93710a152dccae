package model

// Mutation is one mistake in the model, made on purpose: a check that finds none
// of them proves nothing.
type Mutation uint8

// The mutations. Sound is the model as it is.
const (
	Sound Mutation = iota
	LeaseFromBuffer
	LeaseForever
	LeaseRevives
	LeaseOfAnySession
	SessionOpen
	LeaseUnheard
	FrozenLeases
	HashIgnored
	ArmBeforeIntent
	ReArms
	HelloKeepsReady
	ArmTwice
	LateArm
	IDsLost
	NeverBurns
	PulseReused
	ClearBehindStop
	ClearRetriedBehindStop
	QueuedClearOutlivesStop
	StopDroppedWhileBusy
	CheckClearsStop
	UncertainIsNever
	NeverAsks
	StopSentOnce
	mutations
)

// mistake is what there is to say of a mutation.
type mistake struct {
	name string
	says string
	// breaks is the property that finds it, in which bounds.
	breaks Property
	bounds string
}

// mistakes are the mutations, in their order.
func mistakes() [mutations]mistake {
	return [mutations]mistake{
		Sound:                   {"Sound", "no mistake", kept, ""},
		LeaseFromBuffer:         {"LeaseFromBuffer", "the pen does not look at the clock that a lease echoes", Bound, "lease"},
		LeaseForever:            {"LeaseForever", "a lease does not end", Bound, "lease"},
		LeaseRevives:            {"LeaseRevives", "a lease behind the RF limit arms again", Once, "lease"},
		LeaseOfAnySession:       {"LeaseOfAnySession", "the pen looks neither at a lease's session nor at its arm id", Replay, "replay"},
		SessionOpen:             {"SessionOpen", "the pen takes commands of any session", Replay, "replay"},
		LeaseUnheard:            {"LeaseUnheard", "the console goes on leasing without STATUS", Bound, "lease"},
		FrozenLeases:            {"FrozenLeases", "the console goes on leasing while its window is frozen", Bound, "frozen"},
		HashIgnored:             {"HashIgnored", "the pen does not compare the hash that ARM names", Output, "hash"},
		ArmBeforeIntent:         {"ArmBeforeIntent", "ARM leaves before its intent is on disk", Output, "lease"},
		ReArms:                  {"ReArms", "the console arms by itself once settings are confirmed again", Output, "replay"},
		HelloKeepsReady:         {"HelloKeepsReady", "a new session does not end what is armed", Output, "crash"},
		ArmTwice:                {"ArmTwice", "the pen carries out an ARM that comes again", Once, "arm"},
		LateArm:                 {"LateArm", "the pen does not look at not_after", Replay, "arm"},
		IDsLost:                 {"IDsLost", "the pen forgets command ids at a reset", Belief, "reboot"},
		NeverBurns:              {"NeverBurns", "RESULT_OF burns no id, and a command of an old seq is taken", Belief, "held"},
		PulseReused:             {"PulseReused", "a reset forgets the newest number of a pulse", Once, "again"},
		ClearBehindStop:         {"ClearBehindStop", "the console sends a CLEAR although a stop came between asking for it and sending it", StopObeyed, "stop"},
		ClearRetriedBehindStop:  {"ClearRetriedBehindStop", "the console sends CLEAR again behind a newer stop", StopObeyed, "stop"},
		QueuedClearOutlivesStop: {"QueuedClearOutlivesStop", "the pen carries out a CLEAR that ESTOP has overtaken in its queue", StopObeyed, "stop"},
		StopDroppedWhileBusy:    {"StopDroppedWhileBusy", "the pen drops ESTOP while a command waits", StopObeyed, "stop"},
		CheckClearsStop:         {"CheckClearsStop", "the check clears what a person has stopped", StopObeyed, "check"},
		UncertainIsNever:        {"UncertainIsNever", "the console takes a lost outcome for one that never was", Belief, "arm"},
		NeverAsks:               {"NeverAsks", "the console never asks what became of it", Agreement, "arm"},
		StopSentOnce:            {"StopSentOnce", "the console sends ESTOP once", Agreement, "stop"},
	}
}

// String is the mutation's name.
func (f Mutation) String() string {
	if f < mutations {
		return mistakes()[f].name
	}
	return "unknown"
}

// Mutations lists all mistakes.
func Mutations() []Mutation {
	var all []Mutation
	for f := Sound + 1; f < mutations; f++ {
		all = append(all, f)
	}
	return all
}
