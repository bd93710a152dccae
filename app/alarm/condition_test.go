package alarm

import (
	"testing"

	"stipple/protocol"
)

// TestTableIsThatOfTheRules holds the priorities of safety.md section 7.
func TestTableIsThatOfTheRules(t *testing.T) {
	for want, codes := range map[Priority][]Code{
		High:   {RFUnpermitted, OverTemperature, DepthBeyond, EnergyOver, LinkLostTreating, StopUnconfirmed},
		Medium: {PowerDeviation, DepthDeviation, SpeedDeviation, ImpedanceWindow, OpenPin, MotorStall, CalibrationExpired},
		Low:    {TipNearEnd, BatteryLow, DiskLow, ClockOff, NoSound, BackupOld},
	} {
		for _, code := range codes {
			c, ok := Find(code)
			if !ok || c.Priority != want {
				t.Errorf("%s: %v %v, want %v", code, ok, c.Priority, want)
			}
			if c.Momentary {
				t.Errorf("%s lasts, and is called momentary", code)
			}
			if got, wantLatch := c.Priority.Latches(), want != Low; got != wantLatch {
				t.Errorf("%s latches: %v", code, got)
			}
		}
	}
}

func TestTableHasEachOnceInOrder(t *testing.T) {
	seen := map[Code]bool{}
	last := High
	for _, c := range Table() {
		if seen[c.Code] {
			t.Errorf("%s twice", c.Code)
		}
		seen[c.Code] = true
		if c.Priority > last || c.Priority == None {
			t.Errorf("%s of priority %v stands behind %v", c.Code, c.Priority, last)
		}
		last = c.Priority
		if c.Source == 0 {
			t.Errorf("%s has no source", c.Code)
		}
		if got := Of(c.Code); got != c {
			t.Errorf("%s is %+v, then %+v", c.Code, c, got)
		}
	}
	for _, name := range protocol.AlarmNames() {
		if !seen[Code(name)] {
			t.Errorf("the pen's alarm %s has no row", name)
		}
	}
}

func TestUnknownIsHigh(t *testing.T) {
	if c := Of("nobody.knows"); c.Priority != High || c.Code != "nobody.knows" {
		t.Errorf("%+v", c)
	}
	for word, want := range map[string]Priority{"high": High, "medium": Medium, "low": Low, "": High, "urgent": High} {
		if got := PriorityOf(word); got != want {
			t.Errorf("%q is %v", word, got)
		}
	}
}
