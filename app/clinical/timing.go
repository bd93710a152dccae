package clinical

import (
	"fmt"
	"math"

	"stipple/protocol"
)

// msPerMinute turns stamps per minute into the time of one stamp.
const msPerMinute = 60_000

// timingExceeds says whether one stamp is too short for its pulse: duration +
// needle travel must fit into 60,000 ms / speed (safety.md section 1), compared
// as (duration + travel) x speed <= 60,000.
func timingExceeds(s Settings, travel protocol.Milliseconds) bool {
	if s.Speed <= 0 {
		return false
	}
	busy := int64(max(s.Duration, 0)) + int64(max(travel, 0))
	return busy*int64(s.Speed) > msPerMinute
}

// maxSpeedForTiming is the greatest speed whose stamp has room for the pulse.
func maxSpeedForTiming(d, travel protocol.Milliseconds) int32 {
	busy := int64(max(d, 0)) + int64(max(travel, 0))
	if busy == 0 {
		return math.MaxInt32
	}
	return saturate(msPerMinute / busy)
}

// maxDurationForTiming is the longest pulse that has room in a stamp. It is
// negative where the travel alone takes longer than the stamp.
func maxDurationForTiming(s protocol.StrokesPerMinute, travel protocol.Milliseconds) int32 {
	if s <= 0 {
		return math.MaxInt32
	}
	return saturate(msPerMinute/int64(s) - int64(max(travel, 0)))
}

// timingReason words the bound that timing puts on p, given the other one.
func timingReason(p Parameter, s Settings, travel protocol.Milliseconds) Reason {
	text := fmt.Sprintf("timing: a %s pulse and %s ms of needle travel", FormatWithUnit(Duration, int32(s.Duration)), Format(Duration, int32(travel)))
	if p == Duration {
		text = fmt.Sprintf("timing: %s leaves this after %s ms of needle travel", FormatWithUnit(Speed, int32(s.Speed)), Format(Duration, int32(travel)))
	}
	return Reason{Layer: LayerTiming, Rule: "timing.stamp", Text: text, Source: sourceDescriptor}
}
