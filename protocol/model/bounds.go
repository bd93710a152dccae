package model

// Small are the bounds that every change is checked with.
func Small() []Bounds {
	return []Bounds{
		{Name: "lease", Why: "one arming, leases, outputs, whatever ends them", Arms: 1, Sends: 1, Pulses: 1, Cuts: 1, Delays: 1, Clock: Fine()},
		{Name: "crash", Why: "the console ends at any time and comes again", Arms: 1, Sends: 1, Pulses: 1, Crashes: 1, Clock: Fine()},
		{Name: "frozen", Why: "the window freezes at any time", Arms: 1, Sends: 1, Pulses: 1, Freezes: 1, Clock: Fine()},
		{Name: "arm", Why: "ARM and its answer are lost, come twice and late", Arms: 1, Sends: 2, Losses: 2, Doubles: 1, Falls: 1, Delays: 1},
		{Name: "stop", Why: "STOP at any time, CLEAR and its retries, ESTOP that overtakes", Arms: 1, Sends: 2, Pulses: 1, Stops: 2, Clears: 1, Losses: 1, Queued: true},
		{Name: "check", Why: "the stop check before the first arming, and a person's STOP in it", Arms: 1, Sends: 2, Checks: 1, Stops: 1, Losses: 1, Queued: true},
		{Name: "reboot", Why: "the pen is reset at any time, between effect and result, too", Arms: 1, Sends: 2, Pulses: 2, Reboots: 1, PowerCut: 1, Losses: 1, Delays: 1},
		{Name: "again", Why: "a second act of arming behind a reset", Arms: 2, Sends: 1, Applies: 1, Pulses: 2, Reboots: 1},
		{Name: "hash", Why: "another tip at any time, and settings put again", Arms: 2, Sends: 1, Pulses: 1, Tips: 1, Applies: 1, Delays: 1},
		{Name: "replay", Why: "frames of one session reach another, first connection included", Arms: 2, Sends: 1, Applies: 2, Doubles: 1, Cuts: 1, Unconnected: true, Replays: true},
		{Name: "held", Why: "frames that overtake each other", Arms: 1, Sends: 2, Stops: 1, HeldBack: 1, Losses: 1, Delays: 1},
	}
}
