//go:build brokenpen

package conformance_test

import (
	"slices"
	"testing"
	"testing/synctest"

	"stipple/device/sim"
	"stipple/device/sim/benchhand"
	"stipple/protocol/conformance"
)

// caughtBy is the case that must see each mistake a pen's maker can make.
var caughtBy = map[string]string{
	"lease_never_expires":      "lease/arrival",
	"stale_lease_accepted":     "lease/stale",
	"late_lease_revives":       "lease/too-late",
	"hash_not_compared":        "arm/hash",
	"hello_keeps_confirmation": "hello/unconfirms",
	"duplicate_arm_executed":   "arm/repeat-id",
	"late_arm_accepted":        "arm/late",
	"held_trigger_fires":       "trigger/before-arm",
	"stop_ignored_in_bulk":     "stop/while-bulk",
	"stop_forgotten_by_hello":  "stop/survives-hello",
	"settings_clamped":         "range/depth",
	"dose_ignored":             "dose/over",
	"bounce_is_new_spot":       "energy/bounce",
	"session_not_checked":      "session/wrong",
	"needle_left_out":          "energy/lease-over",
	"pulse_number_reused":      "reboot/ledger",
	"dose_counts_commanded":    "guard/dose",
	"rf_before_depth":          "guard/at-depth",
	"impedance_not_watched":    "guard/window-in-pulse",
	"fault_forgotten_by_boot":  "reboot/fault-kept",
	"stopped_before_off":       "always/stopped",
	"clear_outlives_stop":      "stop/overtakes-clear",
}

// A pen with one mistake fails the case that is about it.
func TestFlawedPenIsCaught(t *testing.T) {
	for _, name := range sim.FlawNames() {
		t.Run(name, func(t *testing.T) {
			want, ok := caughtBy[name]
			if !ok {
				t.Fatal("no case is named for this flaw")
			}
			synctest.Test(t, func(t *testing.T) {
				pen, err := sim.NewFlawed(sim.Config{Model: sim.R1, Seed: 1}, name)
				if err != nil {
					t.Fatal(err)
				}
				live(t, pen)
				report, err := conformance.Run(t.Context(), conformance.Config{Dial: dial(pen, nil), Hand: benchhand.New(pen.Hand()), Energy: true})
				if failed := failedCases(report); !slices.Contains(failed, want) {
					t.Errorf("%s does not fail; %v do, error %v", want, failed, err)
				}
			})
		})
	}
	if n := len(sim.FlawNames()); n != len(caughtBy) {
		t.Errorf("%d flaws, %d in the table", n, len(caughtBy))
	}
}
