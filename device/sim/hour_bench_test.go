package sim

import (
	"testing"
	"time"

	"stipple/protocol"
)

// BenchmarkHour is what a simulated second costs in a run of hours: at rest in
// STANDBY, and in a pattern of treatment, a spot every one and a half seconds.
// The pen is a whole one, but for its link.
func BenchmarkHour(b *testing.B) {
	const pattern = "every 1500ms from 500ms for 1200ms contact\nevery 1500ms from 600ms for 900ms trigger\n"
	for _, tc := range []struct {
		name   string
		model  Model
		script string
		probe  func(Outputs)
	}{
		{"standby/rf", R1, "", nil},
		{"standby/needling", N1, "", nil},
		{"treatment/rf", R1, pattern, nil},
		{"treatment/needling", N1, pattern, nil},
		{"treatment_probed/rf", R1, pattern, func(Outputs) {}},
	} {
		b.Run(tc.name, func(b *testing.B) {
			r := newRig(b, tc.model, 1, tc.script)
			r.pen.observe, r.pen.probe = func(Change) {}, tc.probe
			r.idle = tc.script == ""
			r.pen.fw.plant.cable = true
			r.run(time.Second, time.Second)
			b.ReportAllocs()
			for b.Loop() {
				r.run(time.Second, 50*time.Millisecond)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N), "ns/sim-s")
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "x-real-time")
			if fw := r.pen.fw; !r.idle && (fw.nv.counters.pulse == 0 || fw.fault != protocol.FaultNone) {
				b.Fatalf("%d pulses, %v", fw.nv.counters.pulse, fw.fault)
			}
		})
	}
}
