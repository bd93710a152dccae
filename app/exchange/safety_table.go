package exchange

import (
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"

	"stipple/app/clinical"
	"stipple/protocol"
)

// Safety is the table of what is kept of the treatments of those who were erased, a line
// each, all of it. pseudonym joins the lines of one person and joins them with no other
// table. Settings and limits are those that were applied last; all of them stand in
// applied, as "0 ms: depth 1500 µm (500 to 2000), ..., 2 pulses a spot; ...", and so do
// alarms: "840 ms: high 17 \"energy_high\", expected \"48 mJ\", measured \"62 mJ\"; ...".
// Times in them are from the beginning of the treatment.
func Safety(records iter.Seq[clinical.SafetyRecord]) Table {
	type r = clinical.SafetyRecord
	columns := []column[r]{
		{"pseudonym", func(r r) cell { return text(r.Pseudonym) }},
		{"number", func(r r) cell { return number(r.Number) }},
		{"day_utc", func(r r) cell { return day(r.Day) }},
		{"outcome", func(r r) cell { return text(r.Outcome) }},
		{"uncertain_cause", func(r r) cell { return text(r.Cause) }},
		{"signed_as", func(r r) cell { return text(r.Verdict) }},
		{"indication", func(r r) cell { return text(r.Indication) }},
		{"zone", func(r r) cell { return text(r.Zone) }},
		{"fitzpatrick", func(r r) cell { return skin(r.Fitzpatrick) }},
		{"library_version", func(r r) cell { return text(r.LibraryVersion) }},
		{"library_hash", func(r r) cell { return text(r.LibraryHash) }},
	}
	return table("safety", slices.Concat(columns, penColumns(func(r r) usedPen {
		return usedPen{r.PenKind, r.PenModel, r.PenSerial, r.PenFirmware, r.Simulated, r.Tip}
	}), safetyTip(), safetyApplied(), safetyGiven()), records)
}

// safetyTip is what the table of treatments does not say of a tip.
func safetyTip() []column[clinical.SafetyRecord] {
	type r = clinical.SafetyRecord
	return []column[r]{
		{"tip_rated_mw", func(r r) cell { return ofTip(r.Tip, numberOr0(r.Tip.RatedPower)) }},
		{"tip_uses", func(r r) cell { return ofTip(r.Tip, number(r.Tip.UseCount)) }},
		{"tip_use_limit", func(r r) cell { return ofTip(r.Tip, numberOr0(r.Tip.UseLimit)) }},
	}
}

func safetyApplied() []column[clinical.SafetyRecord] {
	type r = clinical.SafetyRecord
	last := func(r r) *clinical.SafetyApplied {
		if len(r.Applied) == 0 {
			return nil
		}
		return &r.Applied[len(r.Applied)-1]
	}
	settings := func(mark string, of func(*clinical.SafetyApplied) clinical.Settings) []column[r] {
		return settingsColumns(mark, func(r r) (clinical.PenKind, *clinical.Settings) {
			a := last(r)
			if a == nil {
				return r.PenKind, nil
			}
			s := of(a)
			return r.PenKind, &s
		})
	}
	limit := func(of func(clinical.Envelope) cell) func(r) cell {
		return func(r r) cell {
			if a := last(r); a != nil {
				return of(a.Envelope)
			}
			return cell{}
		}
	}
	return slices.Concat(
		settings("", func(a *clinical.SafetyApplied) clinical.Settings { return a.Settings }),
		settings("_min", func(a *clinical.SafetyApplied) clinical.Settings { return a.Envelope.Min }),
		settings("_max", func(a *clinical.SafetyApplied) clinical.Settings { return a.Envelope.Max }),
		[]column[r]{
			{"dose_max_uj_per_pin", limit(func(e clinical.Envelope) cell { return numberOr0(e.DosePerPin) })},
			{"pulses_per_spot", limit(func(e clinical.Envelope) cell { return numberOr0(e.PulsesPerSpot) })},
			{"pins", limit(func(e clinical.Envelope) cell { return numberOr0(e.Pins) })},
			{"applied", func(r r) cell { return text(listed(r.Applied, appliedText(r.PenKind))) }},
		},
	)
}

func safetyGiven() []column[clinical.SafetyRecord] {
	type r = clinical.SafetyRecord
	return []column[r]{
		{"arms", func(r r) cell { return number(r.Arms) }},
		{"passes", func(r r) cell { return number(r.Passes) }},
		{"pulses", func(r r) cell { return number(r.Pulses) }},
		{"results", func(r r) cell { return text(results(r.Results)) }},
		{"strokes", func(r r) cell { return cell{numberCell, strconv.FormatUint(r.Strokes, 10)} }},
		{"energy_uj", func(r r) cell { return ofRF[protocol.Microjoules](r.PenKind, r.Energy) }},
		{"peak_temp_cdegc", func(r r) cell { return numberOr0(r.PeakTemp) }},
		{"impedance_min_ohm", func(r r) cell { return numberOr0(r.ImpedanceMin) }},
		{"impedance_max_ohm", func(r r) cell { return numberOr0(r.ImpedanceMax) }},
		{"alarm_entries", func(r r) cell { return number(len(r.Alarms)) }},
		{"alarms_left_out", func(r r) cell { return number(r.AlarmsLeftOut) }},
		{"alarms", func(r r) cell { return text(listed(r.Alarms, alarmText)) }},
		{"fall_backs", func(r r) cell {
			return text(listed(r.FallBacks, func(f clinical.FallBackReason) string { return string(f) }))
		}},
		{"stop_latency_us", func(r r) cell { return numberOr0(r.StopLatency.Microseconds()) }},
		{"stop_check_us", func(r r) cell { return numberOr0(r.StopCheck.Microseconds()) }},
		{"took_us", func(r r) cell { return numberOr0(r.Took.Microseconds()) }},
	}
}

// listed is a list in one text.
func listed[T any](all []T, of func(T) string) string {
	parts := make([]string, len(all))
	for i, v := range all {
		parts[i] = of(v)
	}
	return strings.Join(parts, "; ")
}

// results is how many pulses ended how, in the order of the words.
func results(all map[string]int) string {
	return listed(slices.Sorted(maps.Keys(all)), func(word string) string { return fmt.Sprintf("%q: %d", word, all[word]) })
}

// appliedText is one act of applying settings, each with its limits.
func appliedText(kind clinical.PenKind) func(clinical.SafetyApplied) string {
	return func(a clinical.SafetyApplied) string {
		s, e := a.Settings, a.Envelope
		out := fmt.Sprintf("%d ms: depth %d µm (%d to %d), speed %d spm (%d to %d)", a.After.Milliseconds(),
			s.Depth, e.Min.Depth, e.Max.Depth, s.Speed, e.Min.Speed, e.Max.Speed)
		if kind != clinical.Needling {
			out += fmt.Sprintf(", power %d mW (%d to %d), pulse %d ms (%d to %d), at most %d µJ a pin, %d pulses a spot, %d pins",
				s.Power, e.Min.Power, e.Max.Power, s.Duration, e.Min.Duration, e.Max.Duration, e.DosePerPin, e.PulsesPerSpot, e.Pins)
		}
		return out
	}
}

func alarmText(a clinical.SafetyAlarm) string {
	out := fmt.Sprintf("%d ms: %s %d %q", a.After.Milliseconds(), a.Priority, a.Code, a.Text)
	for _, more := range []struct{ name, text string }{{"expected", a.Expected}, {"measured", a.Measured}} {
		if more.text != "" {
			out += fmt.Sprintf(", %s %q", more.name, more.text)
		}
	}
	if a.Mark != clinical.AlarmBegan {
		out += ", " + string(a.Mark)
	}
	if a.Count > 0 {
		out += fmt.Sprintf(", %d times", a.Count)
	}
	return out
}
