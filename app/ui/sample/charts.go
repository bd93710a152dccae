package sample

import (
	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/protocol"
)

// The sample curve: 20 STATUS a second for as long as a chart is wide.
const (
	statusEvery   = 50_000 // µs
	sampleCount   = 240    // 12 s
	stampSamples  = 20     // one stamp a second
	pulseFrom     = 4      // RF is on in the middle of a stamp
	pulseTo       = 14
	restImpedance = 252 // Ω
)

// samples draws the curve that ends at Now. While treating it has a stamp a
// second; else all is at rest.
func samples(kind clinical.PenKind, set clinical.Settings, treating bool) []console.Sample {
	out := make([]console.Sample, sampleCount)
	end := Now().UnixMicro()
	for i := range out {
		s := console.Sample{
			Seq: uint64(i + 1), At: end - int64(sampleCount-1-i)*statusEvery, Gap: i == 0,
			State: protocol.StateStandby, Temp: 3310,
		}
		if treating {
			stamp(&s, i, kind, set)
		}
		s.DepthMin, s.DepthMax = min(s.DepthMin, s.Depth), max(s.DepthMax, s.Depth)
		s.SpeedMin, s.SpeedMax = s.Speed, s.Speed
		s.PowerMax, s.TempMax = s.Power, s.Temp
		out[i] = s
	}
	return out
}

// stamp fills a sample of a held trigger.
func stamp(s *console.Sample, i int, kind clinical.PenKind, set clinical.Settings) {
	ripple := protocol.StrokesPerMinute(i * 7 % 3)
	phase := i % stampSamples
	s.State = protocol.StateTreating
	s.SetDepth, s.SetSpeed, s.SetPower = set.Depth, set.Speed, set.Power
	s.Speed = set.Speed - ripple
	if kind == clinical.Needling {
		// Faster than STATUS: each sample spans whole strokes.
		s.Speed = set.Speed - 14*ripple
		s.Depth, s.DepthMin, s.DepthMax = set.Depth*int32ratio(phase), 0, set.Depth-20
		s.Temp = 0
		return
	}
	s.Temp = 4050 + protocol.Centidegrees(14*(10-abs(phase-10)))
	s.Impedance = protocol.Ohms(restImpedance - 10 + i*5%4)
	switch {
	case phase == pulseFrom-1 || phase == pulseTo:
		s.Depth = set.Depth / 2
	case phase >= pulseFrom && phase < pulseTo:
		s.Depth = set.Depth - 20 + protocol.Micrometres(i*13%3)*10
		s.Power = set.Power - 300 + protocol.Milliwatts(i*11%4)*100
		s.Impedance = protocol.Ohms(restImpedance - 2*(phase-pulseFrom))
	}
}

func int32ratio(phase int) protocol.Micrometres { return protocol.Micrometres(phase % 2) }

func abs(v int) int { return max(v, -v) }
