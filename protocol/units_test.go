package protocol

import (
	"errors"
	"testing"
	"time"
)

func TestNewer(t *testing.T) {
	for _, c := range []struct {
		a, b uint16
		want bool
	}{{1, 0, true}, {0, 1, false}, {5, 5, false}, {0, 0xFFFF, true}, {0xFFFF, 0, false}, {0x7FFF, 0, true}, {0x8000, 0, false}} {
		if got := Newer(c.a, c.b); got != c.want {
			t.Errorf("Newer(%d, %d) = %v", c.a, c.b, got)
		}
	}
}

func TestPenClock(t *testing.T) {
	const highest = ^PenClock(0)
	for _, c := range []struct {
		clock PenClock
		d     time.Duration
		want  PenClock
	}{
		{1000, time.Millisecond, 2000}, {1000, -time.Millisecond, 0}, {1000, -time.Second, 0}, {1000, 1999 * time.Nanosecond, 1001},
		{highest - 5, time.Second, highest}, {highest, -time.Microsecond, highest - 1}, {0, 1<<63 - 1, (1<<63 - 1) / 1000}, {5, -1 << 63, 0},
	} {
		if got := c.clock.Add(c.d); got != c.want {
			t.Errorf("%d + %v = %d, want %d", c.clock, c.d, got, c.want)
		}
	}
	for _, c := range []struct {
		a, b PenClock
		want time.Duration
	}{{2000, 1000, time.Millisecond}, {1000, 2000, -time.Millisecond}, {7, 7, 0}, {highest, 0, 1<<63 - 1}, {0, highest, -(1<<63 - 1)}} {
		if got := c.a.Sub(c.b); got != c.want {
			t.Errorf("%d - %d = %v, want %v", c.a, c.b, got, c.want)
		}
	}
}

func TestEnergy(t *testing.T) {
	if got := Energy(50_000, 1000); got != 50_000_000 {
		t.Errorf("50 W for 1 s is %d µJ", got)
	}
	if got := Energy(1<<31-1, 1<<31-1); got != (1<<31-1)*(1<<31-1) {
		t.Errorf("the highest is %d", got)
	}
}

func TestStatusHead(t *testing.T) {
	full := sampleStatus()
	payload := full.AppendPayload(nil)
	var head Status
	if err := head.DecodeHead(payload[:StatusHeadSize]); err != nil {
		t.Fatal(err)
	}
	want := Status{State: full.State, Fault: full.Fault, Flags: full.Flags, Clock: full.Clock, ArmID: full.ArmID}
	if head != want {
		t.Errorf("head %+v, want %+v", head, want)
	}
	if err := head.DecodeHead(payload[:StatusHeadSize-1]); !errors.Is(err, ErrPayload) {
		t.Errorf("15 bytes: error %v", err)
	}
}

func TestEnvelopeEqual(t *testing.T) {
	base := sampleEnvelope()
	if !base.Equal(sampleEnvelope()) {
		t.Error("not equal to itself")
	}
	for name, change := range map[string]func(*Envelope){
		"dose": func(e *Envelope) { e.DosePerPin++ }, "pulses": func(e *Envelope) { e.PulsesPerSpot++ }, "pins": func(e *Envelope) { e.Pins++ },
		"range": func(e *Envelope) { e.Ranges[3].Max++ }, "fewer": func(e *Envelope) { e.Ranges = e.Ranges[:3] },
	} {
		other := sampleEnvelope()
		change(&other)
		if base.Equal(other) {
			t.Errorf("equal with another %s", name)
		}
	}
}

// TestHashCoversEverything: each field of a confirmation changes its hash.
func TestHashCoversEverything(t *testing.T) {
	base := sampleConfirmation().Hash()
	for name, change := range map[string]func(*Confirmation){
		"boot": func(c *Confirmation) { c.Boot++ }, "generation": func(c *Confirmation) { c.Generation++ },
		"dose": func(c *Confirmation) { c.Envelope.DosePerPin++ }, "pulses": func(c *Confirmation) { c.Envelope.PulsesPerSpot++ },
		"envelope pins": func(c *Confirmation) { c.Envelope.Pins++ }, "range index": func(c *Confirmation) { c.Envelope.Ranges[0].Index++ },
		"range min": func(c *Confirmation) { c.Envelope.Ranges[0].Min++ }, "range max": func(c *Confirmation) { c.Envelope.Ranges[3].Max++ },
		"ranges": func(c *Confirmation) { c.Envelope.Ranges = c.Envelope.Ranges[1:] }, "tip": func(c *Confirmation) { c.TipID++ },
		"pins": func(c *Confirmation) { c.Pins++ }, "calibration": func(c *Confirmation) { c.CalRev++ },
		"value": func(c *Confirmation) { c.Values[3]++ }, "values": func(c *Confirmation) { c.Values = c.Values[:3] },
	} {
		c := sampleConfirmation()
		change(&c)
		if c.Hash() == base {
			t.Errorf("another %s, the same hash", name)
		}
	}
}
