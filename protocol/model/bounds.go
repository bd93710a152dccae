package model

// Small are the bounds that every change is checked with. Each looks at one kind
// of trouble closely; that nothing else goes wrong then keeps them small.
func Small() []Bounds {
	return []Bounds{
		{Name: "lease", Why: "one arming, leases, outputs, whatever ends them",
			Arms: 1, Sends: 1, Pulses: 1, Cuts: 1, Delays: 1, Clock: Fine()},
		{Name: "lost", Why: "the same, and frames are lost",
			Arms: 1, Sends: 2, Pulses: 1, Losses: 1, Clock: Fine()},
		{Name: "crash", Why: "the console ends at any time and comes again",
			Arms: 1, Sends: 1, Pulses: 1, Crashes: 1, Clock: Fine()},
		{Name: "frozen", Why: "the window freezes at any time",
			Arms: 1, Sends: 1, Pulses: 1, Freezes: 1, Clock: Fine()},
		{Name: "arm", Why: "ARM and its answer are lost, come twice and late",
			Arms: 1, Sends: 2, Losses: 2, Doubles: 1, Falls: 1, Delays: 1},
		{Name: "two", Why: "a second act of arming behind the first",
			Arms: 2, Sends: 2, Losses: 1, Pulses: 2, Falls: 1, Queued: true},
		{Name: "stop", Why: "STOP at any time, CLEAR and its retries, ESTOP that overtakes",
			Arms: 1, Sends: 2, Pulses: 1, Stops: 2, Clears: 1, Losses: 1, Queued: true},
		{Name: "cleared", Why: "CLEAR that comes twice, over a lost link, too",
			Sends: 1, Stops: 2, Clears: 2, Losses: 1, Doubles: 1, Cuts: 1, Replays: true},
		{Name: "check", Why: "the stop check before the first arming, and a person's STOP in it",
			Arms: 1, Sends: 2, Checks: 1, Stops: 1, Losses: 1, Delays: 1, Queued: true},
		{Name: "checkcut", Why: "the same, and the pen is lost or reset in it",
			Arms: 1, Sends: 1, Checks: 1, Stops: 1, Cuts: 1, Reboots: 1, Queued: true},
		{Name: "reboot", Why: "the pen is reset at any time, between effect and result, too",
			Arms: 1, Sends: 2, Pulses: 2, Reboots: 1, PowerCut: 1, Losses: 1, Delays: 1},
		{Name: "again", Why: "a second act of arming behind a reset",
			Arms: 2, Sends: 1, Applies: 1, Pulses: 2, Reboots: 1},
		{Name: "stopboot", Why: "STOP, CLEAR and a reset",
			Arms: 1, Sends: 1, Stops: 1, Clears: 1, Reboots: 1, PowerCut: 1, Pulses: 1, Queued: true},
		{Name: "hash", Why: "another tip at any time, and settings put again",
			Arms: 2, Sends: 1, Pulses: 1, Tips: 1, Applies: 1, Delays: 1},
		{Name: "replay", Why: "frames of one session reach another, first connection included",
			Arms: 2, Sends: 1, Applies: 2, Doubles: 1, Cuts: 1, Unconnected: true, Replays: true},
		{Name: "held", Why: "frames that overtake each other",
			Arms: 1, Sends: 2, Stops: 1, HeldBack: 1, Losses: 1, Delays: 1},
		{Name: "all", Why: "lost link, crash and reset in one run",
			Arms: 1, Sends: 2, Losses: 1, Cuts: 1, Crashes: 1, Reboots: 1, PowerCut: 1, Pulses: 1, Replays: true},
	}
}

// Large are bounds for which there is time at night.
func Large() []Bounds {
	return []Bounds{
		{Name: "twostop", Why: "two acts of arming, frames lost, impatience, STOP and CLEAR",
			Arms: 2, Sends: 2, Losses: 1, Delays: 1, Stops: 1, Clears: 1, Pulses: 1, Queued: true},
		{Name: "worst", Why: "everything that can be lost, once",
			Arms: 1, Sends: 2, Losses: 1, Delays: 1, Doubles: 1, Cuts: 1, Crashes: 1, Reboots: 1, PowerCut: 1, Pulses: 1, Replays: true},
		{Name: "twodelay", Why: "two acts of arming, and patience that is over too early",
			Arms: 2, Sends: 1, Delays: 1, Pulses: 1, Falls: 1, Stops: 1, Clears: 1},
		{Name: "twotip", Why: "two acts of arming with another tip, a crash and a reset",
			Arms: 2, Sends: 1, Applies: 1, Tips: 1, Crashes: 1, Reboots: 1, Doubles: 1, Pulses: 2, Replays: true},
		{Name: "leaseheld", Why: "leases that others overtake",
			Arms: 1, Sends: 1, HeldBack: 1, Pulses: 1, Stops: 1, Clock: Fine()},
		{Name: "leasetwice", Why: "leases that come twice, are lost, and a STOP",
			Arms: 1, Sends: 2, Losses: 1, Doubles: 1, Pulses: 1, Stops: 1, Clock: Fine()},
		{Name: "endings", Why: "crash, lost link and a frozen window in one run",
			Arms: 1, Sends: 1, Pulses: 2, Crashes: 1, Cuts: 1, Freezes: 1, Clock: Coarse()},
		{Name: "stops", Why: "two stops, two CLEAR, frames lost and twice",
			Arms: 1, Sends: 2, Stops: 2, Clears: 2, Losses: 2, Doubles: 1},
		{Name: "checks", Why: "the stop check, two stops, CLEAR and a lost link",
			Arms: 1, Sends: 2, Checks: 1, Stops: 2, Clears: 1, Losses: 1, Cuts: 1, Queued: true},
	}
}
