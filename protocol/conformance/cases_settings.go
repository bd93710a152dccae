package conformance

import (
	"fmt"
	"math"

	"stipple/protocol"
)

func envelopeCases() []Case {
	return []Case{
		{"envelope/echo", "10", "an envelope that is taken is answered as it is in force", 0, func(t *trial) { t.limit(t.widest()); t.limit(t.exactly(t.least())) }},
		{"envelope/range-count", "10", "one range for each parameter, or ENVELOPE", 0, envelopeCount},
		{"envelope/order", "10", "ranges in descriptor order, or ENVELOPE with the place", 0, envelopeOrder},
		{"envelope/min-above-max", "10", "a minimum over its maximum is refused with the minimum", 0, envelopeUpsideDown},
		{"envelope/below-pen", "10", "a minimum below the descriptor's is refused with that", 0, envelopeBelow},
		{"envelope/above-pen", "10", "a maximum above the descriptor's is refused with that", 0, envelopeAbove},
		{"envelope/pulses", "10", "pulses per spot: at least 1, at most the descriptor's", 0, envelopePulses},
		{"envelope/pins", "10", "the pins must be those of the tip that is on", 0, envelopePins},
		{"envelope/dose", "10", "a dose over the descriptor's is refused with that", NeedRF, envelopeDose},
		{"envelope/first-rule", "10", "of several broken rules the first is named", 0, envelopeFirst},
		{"envelope/refused-changes-nothing", "10", "a refused envelope leaves the old one and what it confirms", 0, envelopeRefused},
		{"envelope/deactivates", "10", "settings that a new envelope does not allow are not active any more, and not moved", 0, envelopeDeactivates},
		{"envelope/armed", "10", "while armed an envelope is refused with STATE", NeedReady, envelopeArmed},
	}
}

// limited puts an envelope that must be refused.
func (t *trial) limited(e protocol.Envelope, field int, bound int64) {
	t.refused(putEnvelope(e), protocol.CodeEnvelope, uint8(field), int32(min(bound, math.MaxInt32)))
}

func envelopeCount(t *trial) {
	e := t.widest()
	n := len(e.Ranges)
	short := e
	short.Ranges = e.Ranges[:n-1]
	t.limited(short, protocol.NoField, int64(n))
	long := e
	long.Ranges = append(e.Ranges[:n:n], protocol.Range{Index: uint8(n)})
	t.limited(long, protocol.NoField, int64(n))
	long.Ranges = nil
	t.limited(long, protocol.NoField, int64(n))
}

// ranged is the widest envelope with one range changed.
func (t *trial) ranged(i int, change func(*protocol.Range)) protocol.Envelope {
	e := t.widest()
	change(&e.Ranges[i])
	return e
}

func envelopeOrder(t *trial) {
	e := t.widest()
	e.Ranges[0], e.Ranges[1] = e.Ranges[1], e.Ranges[0]
	t.limited(e, 0, 0)
	for i := range t.s.desc.Parameters {
		t.limited(t.ranged(i, func(r *protocol.Range) { r.Index = 255 }), i, int64(i))
	}
}

func envelopeUpsideDown(t *trial) {
	for i, p := range t.s.desc.Parameters {
		low := p.Min
		if p.Max < math.MaxInt32 {
			low = p.Max + 1
		}
		t.limited(t.ranged(i, func(r *protocol.Range) { r.Min, r.Max = low, low-1 }), i, int64(low))
	}
}

func envelopeBelow(t *trial) {
	for i, p := range t.s.desc.Parameters {
		for _, v := range []int32{p.Min - 1, math.MinInt32} {
			t.limited(t.ranged(i, func(r *protocol.Range) { r.Min = v }), i, int64(p.Min))
		}
	}
}

func envelopeAbove(t *trial) {
	for i, p := range t.s.desc.Parameters {
		for _, v := range []int64{int64(p.Max) + 1, math.MaxInt32} {
			if v > int64(p.Max) && v <= math.MaxInt32 {
				t.limited(t.ranged(i, func(r *protocol.Range) { r.Max = int32(v) }), i, int64(p.Max))
			}
		}
	}
}

func envelopePulses(t *trial) {
	e := t.widest()
	e.PulsesPerSpot = 0
	t.limited(e, protocol.NoField, 1)
	if most := t.s.desc.MaxPulsesSpot; t.rf() && most < math.MaxUint8 {
		e.PulsesPerSpot = most + 1
		t.limited(e, protocol.NoField, int64(most))
		e.PulsesPerSpot = most
		t.limit(e)
	}
}

func envelopePins(t *trial) {
	tip := t.tip()
	if tip.ID == 0 {
		t.skip("no tip is on")
	}
	e := t.widest()
	for _, pins := range []uint16{tip.Pins + 1, tip.Pins - 1, tip.Pins ^ 0x100} {
		e.Pins = pins
		t.limited(e, protocol.NoField, int64(tip.Pins))
	}
}

func envelopeDose(t *trial) {
	most := t.s.desc.MaxDosePinUJ
	e := t.widest()
	for _, dose := range []protocol.Microjoules{most + 1, math.MaxUint32} {
		if dose > most && dose <= math.MaxUint32 {
			e.DosePerPin = dose
			t.limited(e, protocol.NoField, int64(most))
		}
	}
	e.DosePerPin = most
	t.limit(e)
}

func envelopeFirst(t *trial) {
	e := t.widest()
	e.PulsesPerSpot, e.Pins = 0, e.Pins+1
	last := len(e.Ranges) - 1
	e.Ranges[last].Max = math.MaxInt32
	e.Ranges[0].Min, e.Ranges[0].Max = 1, 0
	t.limited(e, 0, 1)
	e.Ranges[0] = t.widest().Ranges[0]
	if t.s.desc.Parameters[last].Max < math.MaxInt32 {
		t.limited(e, last, int64(t.s.desc.Parameters[last].Max))
	}
	e.Ranges[last] = t.widest().Ranges[last]
	t.limited(e, protocol.NoField, 1)
}

func envelopeRefused(t *trial) {
	hash := t.confirm(t.least())
	e := t.widest()
	e.PulsesPerSpot = 0
	t.limited(e, protocol.NoField, 1)
	now := ask[protocol.SettingsReply](t, &protocol.GetSettings{})
	t.want(now.Applied && now.Hash == hash, fmt.Sprintf("settings hash %x, as before", hash), "%x, %s", now.Hash, describeMessage(now))
	s := t.status()
	t.want(s.SettingsHash == hash, "still confirmed", "%s", describeStatus(s))
}

func envelopeDeactivates(t *trial) {
	t.confirm(t.least())
	before := ask[protocol.SettingsReply](t, &protocol.GetSettings{})
	e, ok := t.without(t.least())
	if !ok {
		t.skip("every parameter of this pen has only one value")
	}
	mark := t.mark()
	t.limit(e)
	now := ask[protocol.SettingsReply](t, &protocol.GetSettings{})
	t.want(!now.Applied && now.Hash == [8]byte{} && fmt.Sprint(now.Values) == fmt.Sprint(before.Values) && now.Generation == before.Generation,
		fmt.Sprintf("nothing active, no hash, values %v of generation %d", before.Values, before.Generation), "%x, %s", now.Hash, describeMessage(now))
	t.awaitStatus("STATUS without settings hash, with SETTINGS_UNCONFIRMED", mark, func(s protocol.Status) bool {
		return s.SettingsHash == [8]byte{} && s.ArmBlocks&protocol.BlockSettingsUnconfirmed != 0
	})
}

func envelopeArmed(t *trial) {
	e := putEnvelope(t.widest())
	id := t.ready()
	t.refused(e, protocol.CodeState, protocol.NoField, 0)
	s := t.inState(protocol.StateReady)
	t.want(s.ArmID == id, "still READY", "%s", describeStatus(s))
}

func settingsCases() []Case {
	return []Case{
		{"settings/applied", "10", "settings within everything are applied as they are, each with verdict OK", 0, settingsApplied},
		{"settings/hash", "6", "the settings hash is that of boot, generation, envelope, tip, calibration and values", 0, settingsHash},
		{"settings/hash-changes", "6", "another generation, envelope or value is another hash", 0, settingsHashChanges},
		{"settings/any-order", "10", "the fields may come in any order; verdicts come in theirs", 0, settingsOrder},
		{"settings/get", "10", "GET_SETTINGS has the same snapshot and no verdicts", 0, settingsGet},
		{"settings/no-envelope", "10", "settings before an envelope of this session: NO_ENVELOPE", 0, settingsNoEnvelope},
		{"settings/unknown-field", "10", "an index beyond the descriptor, or twice: UNKNOWN_FIELD for it, OK for the others", 0, settingsUnknown},
		{"settings/missing-field", "10", "a parameter without a field: MISSING_FIELD with the first", 0, settingsMissing},
		{"settings/generation", "10", "an older generation, or the same with other values, or 0: GENERATION with the newest", 0, settingsGeneration},
		{"settings/same-generation", "10", "the same generation with the same values is taken", 0, settingsSameGeneration},
		{"settings/all-or-nothing", "10", "one bad value changes nothing: the older snapshot comes back", 0, settingsAllOrNothing},
		{"settings/event", "16", "a refusal is told as EVENT 11 with code and field, new settings as EVENT 8", 0, settingsEvents},
		{"settings/armed", "10", "while armed settings are refused with STATE", NeedReady, settingsArmed},
	}
}

func settingsApplied(t *trial) {
	t.limit(t.widest())
	m := putSettings(t.nextGeneration(), t.least())
	r := ask[protocol.SettingsReply](t, m)
	want := protocol.SettingsReply{Applied: true, Generation: m.Generation, Values: t.least()}
	for i := range m.Fields {
		want.Verdicts = append(want.Verdicts, protocol.Verdict{Index: uint8(i)})
	}
	t.want(describeMessage(r) == describeMessage(&want), describeMessage(&want), "%s", describeMessage(r))
}

func settingsHash(t *trial) {
	for _, e := range []protocol.Envelope{t.widest(), t.exactly(t.least())} {
		t.limit(e)
		r := t.set(t.least())
		want := protocol.Confirmation{Boot: t.s.boot, Generation: r.Generation, Envelope: e, TipID: r.TipID, Pins: r.Pins, CalRev: r.CalRev, Values: t.least()}
		t.want(t.over() || r.Hash == want.Hash(), fmt.Sprintf("settings hash %x of %+v", want.Hash(), want), "%x", r.Hash)
	}
}

func settingsHashChanges(t *trial) {
	seen := map[[8]byte]string{}
	add := func(what string, hash [8]byte) {
		t.want(t.over() || seen[hash] == "", "another hash for "+what, "%x, as for %s", hash, seen[hash])
		seen[hash] = what
	}
	add("the first settings", t.confirm(t.least()))
	add("another generation", t.set(t.least()).Hash)
	t.limit(t.exactly(t.least()))
	add("another envelope", ask[protocol.SettingsReply](t, &protocol.GetSettings{}).Hash)
	t.limit(t.widest())
	for i, p := range t.s.desc.Parameters[:2] {
		if v := p.Min + p.Step; v <= p.Max && t.fits(with(t.least(), i, v)) {
			add("another "+p.Name, t.set(with(t.least(), i, v)).Hash)
		}
	}
}

func settingsOrder(t *trial) {
	t.limit(t.widest())
	m := putSettings(t.nextGeneration(), t.least())
	n := len(m.Fields)
	for i := range n / 2 {
		m.Fields[i], m.Fields[n-1-i] = m.Fields[n-1-i], m.Fields[i]
	}
	r := ask[protocol.SettingsReply](t, m)
	t.want(r.Applied && fmt.Sprint(r.Values) == fmt.Sprint(t.least()), fmt.Sprintf("applied, values %v", t.least()), "%s", describeMessage(r))
	for i, v := range r.Verdicts {
		t.want(v.Index == m.Fields[i].Index, fmt.Sprintf("verdict %d for parameter %d", i, m.Fields[i].Index), "%s", verdicts(r.Verdicts))
	}
	t.want(t.over() || len(r.Verdicts) == n, fmt.Sprintf("%d verdicts", n), "%d", len(r.Verdicts))
}

func settingsGet(t *trial) {
	t.limit(t.widest())
	put := t.set(t.least())
	get := ask[protocol.SettingsReply](t, &protocol.GetSettings{})
	put.Verdicts = nil
	t.want(t.over() || fmt.Sprint(put) == fmt.Sprint(*get), describeMessage(&put), "%s", describeMessage(get))
}

func settingsNoEnvelope(t *trial) {
	t.refused(putSettings(t.nextGeneration(), t.least()), protocol.CodeNoEnvelope, protocol.NoField, 0)
	bad := putFields(1, protocol.Field{Index: 200})
	t.refused(bad, protocol.CodeNoEnvelope, protocol.NoField, 0)
}

// judged puts fields and expects a SETTINGS that is not applied, with these
// verdicts.
func (t *trial) judged(fields []protocol.Field, want ...protocol.Verdict) {
	before := ask[protocol.SettingsReply](t, &protocol.GetSettings{})
	r := ask[protocol.SettingsReply](t, putFields(t.nextGeneration(), fields...))
	t.want(!r.Applied, "SETTINGS not applied", "%s", describeMessage(r))
	t.want(t.over() || verdicts(r.Verdicts) == verdicts(want), fmt.Sprintf("verdicts %s for %v", verdicts(want), fields), "%s", verdicts(r.Verdicts))
	same := r.Generation == before.Generation && r.Hash == before.Hash && fmt.Sprint(r.Values) == fmt.Sprint(before.Values)
	t.want(t.over() || same, "the older snapshot: "+describeMessage(before), "%s", describeMessage(r))
}

func settingsUnknown(t *trial) {
	t.confirm(t.least())
	fields := putSettings(1, t.least()).Fields
	n := len(fields)
	ok := make([]protocol.Verdict, n)
	for i := range ok {
		ok[i].Index = uint8(i)
	}
	for _, index := range []uint8{uint8(n), 255} {
		t.judged(append(fields[:n:n], protocol.Field{Index: index}), append(ok[:n:n], protocol.Verdict{Index: index, Code: protocol.CodeUnknownField})...)
	}
	t.judged(append(fields[:n:n], fields[0]), append(ok[:n:n], protocol.Verdict{Code: protocol.CodeUnknownField})...)
	// The others are not judged, and what is missing is not asked for.
	t.judged([]protocol.Field{{Index: 0, Value: math.MinInt32}, {Index: 99}}, protocol.Verdict{}, protocol.Verdict{Index: 99, Code: protocol.CodeUnknownField})
}

func settingsMissing(t *trial) {
	t.limit(t.widest())
	fields := putSettings(1, t.least()).Fields
	for i := range fields {
		m := putFields(t.nextGeneration())
		m.Fields = append(append(m.Fields, fields[:i]...), fields[i+1:]...)
		t.refused(m, protocol.CodeMissingField, uint8(i), 0)
	}
	t.refused(putFields(t.nextGeneration()), protocol.CodeMissingField, 0, 0)
}

func settingsGeneration(t *trial) {
	t.limit(t.widest())
	first := t.set(t.least())
	newest := t.set(t.least()).Generation
	bound := int32(min(newest, math.MaxInt32))
	t.refused(putSettings(first.Generation, t.least()), protocol.CodeGeneration, protocol.NoField, bound)
	t.refused(putSettings(0, t.least()), protocol.CodeGeneration, protocol.NoField, bound)
	if p := t.s.desc.Parameters[0]; p.Max > p.Min {
		t.refused(putSettings(newest, with(t.least(), 0, p.Min+p.Step)), protocol.CodeGeneration, protocol.NoField, bound)
	}
}

func settingsSameGeneration(t *trial) {
	t.limit(t.widest())
	first := t.set(t.least())
	again := ask[protocol.SettingsReply](t, putSettings(first.Generation, t.least()))
	t.want(again.Applied && again.Generation == first.Generation && again.Hash == first.Hash, describeMessage(&first), "%s", describeMessage(again))
}

func settingsAllOrNothing(t *trial) {
	t.confirm(t.least())
	for i, p := range t.s.desc.Parameters {
		values := with(t.least(), i, p.Min-1)
		want := make([]protocol.Verdict, len(values))
		for j := range want {
			want[j].Index = uint8(j)
		}
		want[i].Code, want[i].Bound = protocol.CodeBelowPen, p.Min
		t.judged(putSettings(1, values).Fields, want...)
	}
	s := t.status()
	t.want(t.over() || s.Flags&protocol.FlagSettings != 0, "the older settings still confirmed", "%s", describeStatus(s))
}

func settingsEvents(t *trial) {
	t.limit(t.widest())
	mark := t.mark()
	t.refused(putSettings(0, t.least()), protocol.CodeGeneration, protocol.NoField, int32(min(t.nextGeneration()-1, math.MaxInt32)))
	e := t.awaitEvent(protocol.EventRefused, "EVENT 11, refused", mark)
	t.want(t.over() || e.Args == [2]int32{int32(protocol.CodeGeneration), protocol.NoField}, "code GENERATION, field 255", "%v", e.Args)
	mark = t.mark()
	r := t.set(t.least())
	e = t.awaitEvent(protocol.EventSettings, "EVENT 8, settings", mark)
	t.want(t.over() || uint32(e.Args[0]) == r.Generation || r.Generation > math.MaxInt32, fmt.Sprintf("generation %d", r.Generation), "%v", e.Args)
}

func settingsArmed(t *trial) {
	m := putSettings(t.nextGeneration()+100, t.least())
	id := t.ready()
	t.refused(m, protocol.CodeState, protocol.NoField, 0)
	s := t.inState(protocol.StateReady)
	t.want(s.ArmID == id, "still READY", "%s", describeStatus(s))
}
