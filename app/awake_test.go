package app

import (
	"testing"

	"stipple/app/awake"
	"stipple/app/clinical"
	"stipple/app/console"
)

// TestKeepsAwake: the computer is kept awake in every phase that has an output,
// and in no other.
func TestKeepsAwake(t *testing.T) {
	for phase, want := range map[console.Phase]bool{
		console.Disconnected: false, console.Handshake: false, console.Standby: false, console.Ready: true, console.Treating: true,
		console.Fault: false, console.Stopped: false, console.Service: true, console.Monitor: false, console.Uncertain: false,
	} {
		if got := keepsAwake(phase); got != want {
			t.Errorf("%s: %v", phase, got)
		}
	}
}

func TestWhyThePersonWentAway(t *testing.T) {
	for why, want := range map[awake.Reason]clinical.FallBackReason{
		awake.Sleeping: clinical.FellSleep, awake.Woken: clinical.FellSleep, awake.Locked: clinical.FellLocked,
	} {
		if got := fellAway(why); got != want {
			t.Errorf("%s: %s", why, got)
		}
	}
}
