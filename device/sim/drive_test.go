package sim

import (
	"testing"
	"testing/synctest"
	"time"

	"stipple/protocol"
)

// A drive asks in every step whether it may go on, and hangs on nobody who would
// tell it: each part of the permission that goes, while the pen is in TREATING
// still, ends output and pulse.
func TestDriveAsksInEveryStep(t *testing.T) {
	for _, model := range []Model{N1, R1} {
		for _, part := range []struct {
			name string
			goes func(fw *firmware)
		}{
			{"settings not confirmed", func(fw *firmware) { fw.settings.confirmed = false }},
			{"other settings than armed", func(fw *firmware) { fw.arm.hash[0] ^= 1 }},
			{"no lease", func(fw *firmware) { fw.arm.leased = false }},
			{"not armed", func(fw *firmware) { fw.arm.id = 0 }},
		} {
			t.Run(string(model)+"/"+part.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					b := newBench(t, Config{Model: model, Seed: 5})
					c := b.treating(model)
					c.stopLeasing()
					c.forget()
					mark := b.mark()
					b.do(b.pen.call(func() { part.goes(b.pen.fw) }))
					b.sleep(5 * time.Millisecond)
					var drives bool
					var back time.Duration
					b.do(b.pen.call(func() {
						drives = b.pen.fw.plant.run
						back = time.Duration(b.pen.fw.model.desc.StopToRetracted) * time.Millisecond
					}))
					if b.last().RF || drives {
						t.Errorf("goes on: %+v", b.last())
					}
					b.sleep(back)
					ended := b.since(mark) // RF, where there is any, and then the needle
					if len(ended) == 0 || ended[0].Cause != permissionEnded || ended[0].State != protocol.StateTreating || b.last().Motion {
						t.Fatalf("%+v", ended)
					}
					c.endedAs(protocol.PulseDisarmed)
				})
			})
		}
	}
}
