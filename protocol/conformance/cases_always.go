package conformance

// The cases that hold for every frame of a run. They come last and report what
// the watch has seen in all cases before them.
const (
	alwaysFrames   = "always/frames"
	alwaysHeaders  = "always/headers"
	alwaysPayloads = "always/payloads"
	alwaysReplies  = "always/replies"
	alwaysSeq      = "always/seq"
	alwaysStatus   = "always/status"
	alwaysClock    = "always/clock"
	alwaysEvents   = "always/events"
	alwaysStopped  = "always/stopped"
	alwaysStates   = "always/states"
	alwaysArmed    = "always/armed"
	alwaysOutputs  = "always/outputs"
)

func alwaysCases() []Case {
	watched := func(name, section, says string) Case {
		return Case{name, section, says, 0, func(t *trial) {
			if broken := t.s.watch.verdict(name); broken != "" {
				t.fail(says, "%s", broken)
			}
		}}
	}
	return []Case{
		watched(alwaysFrames, "2", "every frame of the pen is whole: stuffing, checksum, length, format"),
		watched(alwaysHeaders, "2.1", "every header of the pen is one that a pen sends: type, lane, flags, ack, session"),
		watched(alwaysPayloads, "4.2", "every payload decodes, and has its reserved bits 0"),
		watched(alwaysReplies, "3", "every reply answers a request of its session and lane"),
		watched(alwaysSeq, "3", "each lane counts in each session, the command lane by one, and none goes back"),
		watched(alwaysStatus, "14", "no STATUS contradicts itself"),
		watched(alwaysClock, "1", "the pen's clock never goes back within a boot"),
		watched(alwaysEvents, "16", "events count up, and each is in the descriptor with its arguments"),
		watched(alwaysStopped, "13", "what STOPPED says is so: behind it no STATUS shows RF, and behind needle_back none the needle out"),
		watched(alwaysStates, "5", "the pen goes from state to state as the picture shows"),
		watched(alwaysArmed, "11", "the pen was never armed under an id that was not asked for"),
		watched(alwaysOutputs, "11", "no output while nobody had pulled the trigger of an armed pen"),
	}
}
