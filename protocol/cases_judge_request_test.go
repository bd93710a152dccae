package protocol

import (
	"math"
	"slices"
)

// putBy is settings of the RF pen from a role.
func putBy(role Role) *PutSettings {
	m := putOf(1, judgeBase()...)
	m.Role = role
	return m
}

func limitBy(m *PutEnvelope, role Role) *PutEnvelope {
	return &PutEnvelope{m.Envelope, role}
}

// judgeRequestFiles are the requests that are refused before a value is looked at.
func judgeRequestFiles() []judgeFile {
	rf := judgeRF()
	limit := envelopeOf(rf, 25)
	limited := []Message{judgeTip(), limit}
	base := judgeBase()
	other := baseWith(0, 1600)
	after := func(m ...Message) []Message { return append(slices.Clip(limited), m...) }
	fieldsOf := func(generation uint32, fields ...Field) *PutSettings {
		return &PutSettings{Generation: generation, Fields: fields, Role: RoleClinician}
	}
	all := putOf(1, base...).Fields
	shuffled := []Field{all[2], all[0], all[3], all[1]}
	backwards := slices.Clone(all)
	slices.Reverse(backwards)

	generation := []judgeCase{
		{"the first is greater than none", limited, putOf(1, base...), "OK"},
		{"the highest there is", limited, putOf(math.MaxUint32, base...), "OK"},
		{"one more", after(putOf(7, base...)), putOf(8, other...), "OK"},
		{"the same with the same values", after(putOf(7, base...)), putOf(7, base...), "OK"},
		{"the same with the same values in another order", after(putOf(7, base...)), fieldsOf(7, shuffled...), "OK"},
		{"the same with the same values, which a narrower envelope has made inactive and a wider one allows again",
			after(putOf(7, base...), envelopeOf(rf, 25, ranged(0, 500, 1000)), limit), putOf(7, base...), "OK"},
		{"what was refused has used no generation", after(putOf(7, base...), putOf(9, baseWith(0, 1550)...)), putOf(8, other...), "OK"},
		{"over 2^31 is greater, not below 0", after(putOf(1<<31-1, base...)), putOf(1<<31, other...), "OK"},
		{"0 is none", limited, putOf(0, base...), "GENERATION 255 0"},
		{"0 is none, also where there are some", after(putOf(7, base...)), putOf(0, base...), "GENERATION 255 7"},
		{"the same with another value", after(putOf(7, base...)), putOf(7, other...), "GENERATION 255 7"},
		{"an older one", after(putOf(7, base...)), putOf(6, base...), "GENERATION 255 7"},
		{"it does not wrap: behind the highest there is none", after(putOf(math.MaxUint32, base...)), putOf(1, other...), "GENERATION 255 2147483647"},
		{"a bound over 31 bits is sent as the highest that fits", after(putOf(1<<31, base...)), putOf(1, other...), "GENERATION 255 2147483647"},
		{"a generation that is not newer comes before the values", after(putOf(7, base...)), putOf(7, baseWith(0, 0)...), "GENERATION 255 7"},
		{"a new session goes on from where it was", after(putOf(7, base...), &Hello{1, 1, 8}, limit), putOf(6, base...), "GENERATION 255 7"},
	}
	missing := []judgeCase{
		{"all in order", limited, fieldsOf(1, all...), "OK"},
		{"all, the last one first", limited, fieldsOf(1, backwards...), "OK"},
		{"all in any order", limited, fieldsOf(1, shuffled...), "OK"},
		{"the last is missing", limited, fieldsOf(1, all[:3]...), "MISSING_FIELD 3 0"},
		{"the first is missing", limited, fieldsOf(1, all[1:]...), "MISSING_FIELD 0 0"},
		{"two are missing: the first of them", limited, fieldsOf(1, all[3], all[0]), "MISSING_FIELD 1 0"},
		{"no field at all", limited, fieldsOf(1), "MISSING_FIELD 0 0"},
		{"it comes before the generation", limited, fieldsOf(0, all[:3]...), "MISSING_FIELD 3 0"},
		{"it comes before the values", limited, fieldsOf(1, Field{0, -1}), "MISSING_FIELD 1 0"},
		{"what is active is no field", after(putOf(1, base...)), fieldsOf(2, all[0]), "MISSING_FIELD 1 0"},
	}
	unknown := []judgeCase{
		{"all that the pen has", limited, fieldsOf(1, all...), "OK"},
		{"the highest index that it has comes first", limited, fieldsOf(1, backwards...), "OK"},
		{"any order", limited, fieldsOf(1, shuffled...), "OK"},
		{"the first index beyond", limited, fieldsOf(1, append(slices.Clip(all), Field{4, 0})...), "4 UNKNOWN_FIELD 0"},
		{"the highest index", limited, fieldsOf(1, append(slices.Clip(all), Field{255, 7})...), "255 UNKNOWN_FIELD 0"},
		{"twice: the second is the unknown one", limited, fieldsOf(1, append(slices.Clip(all), all[1])...), "1 UNKNOWN_FIELD 0"},
		{"twice with another value", limited, fieldsOf(1, append([]Field{{0, 2000}}, all...)...), "0 UNKNOWN_FIELD 0"},
		{"three times", limited, fieldsOf(1, append(slices.Clip(all), all[0], all[0])...), "0 UNKNOWN_FIELD 0, 0 UNKNOWN_FIELD 0"},
		{"the same unknown one twice", limited, fieldsOf(1, append(slices.Clip(all), Field{9, 0}, Field{9, 0})...), "9 UNKNOWN_FIELD 0, 9 UNKNOWN_FIELD 0"},
		{"the others are not judged", limited, fieldsOf(1, Field{0, -1}, Field{1, 9999}, Field{2, 1}, Field{3, 0}, Field{4, 0}), "4 UNKNOWN_FIELD 0"},
		{"it comes before a missing one", limited, fieldsOf(1, all[0], Field{4, 0}), "4 UNKNOWN_FIELD 0"},
		{"it comes before the generation", limited, fieldsOf(0, append(slices.Clip(all), Field{4, 0})...), "4 UNKNOWN_FIELD 0"},
	}
	noEnvelope := []judgeCase{
		{"an envelope, then settings", limited, putOf(1, base...), "OK"},
		{"a second envelope", after(envelopeOf(rf, 25, ranged(0, 500, 2000))), putOf(1, base...), "OK"},
		{"an envelope of the new session", after(&Hello{1, 1, 8}, limit), putOf(1, base...), "OK"},
		{"a refused envelope leaves the one before in force", after(envelopeOf(rf, 24)), putOf(1, base...), "OK"},
		{"settings before an envelope", []Message{judgeTip()}, putOf(1, base...), "NO_ENVELOPE 255 0"},
		{"a refused envelope is none", []Message{judgeTip(), envelopeOf(rf, 24)}, putOf(1, base...), "NO_ENVELOPE 255 0"},
		{"an envelope of the session before is none", after(putOf(1, base...), &Hello{1, 1, 8}), putOf(2, base...), "NO_ENVELOPE 255 0"},
		{"it comes before an unknown field", []Message{judgeTip()}, fieldsOf(0, Field{9, 0}), "NO_ENVELOPE 255 0"},
	}
	role := []judgeCase{
		{"settings from a clinician", limited, putBy(RoleClinician), "OK"},
		{"settings from a senior clinician", limited, putBy(RoleSeniorClinician), "OK"},
		{"an envelope from a clinician", []Message{judgeTip()}, limitBy(limit, RoleClinician), "OK"},
		{"an envelope from a senior clinician", []Message{judgeTip()}, limitBy(limit, RoleSeniorClinician), "OK"},
		{"settings from nobody", limited, putBy(RoleNone), "ROLE 255 0"},
		{"settings from a role that is not known", limited, putBy(6), "ROLE 255 0"},
		{"settings from the highest role that is not known", limited, putBy(255), "ROLE 255 0"},
		{"the role comes before the envelope that is not there", nil, putBy(RoleNone), "ROLE 255 0"},
		{"an envelope from nobody", []Message{judgeTip()}, limitBy(limit, RoleNone), "ROLE 255 0"},
		{"an envelope from a technician", []Message{judgeTip()}, limitBy(limit, RoleTechnician), "ROLE 255 0"},
		{"an envelope from a service engineer", []Message{judgeTip()}, limitBy(limit, RoleServiceEngineer), "ROLE 255 0"},
		{"an envelope from an administrator", []Message{judgeTip()}, limitBy(limit, RoleAdministrator), "ROLE 255 0"},
		{"the role comes before what is wrong with the envelope", []Message{judgeTip()}, limitBy(envelopeOf(rf, 1), RoleTechnician), "ROLE 255 0"},
	}
	return []judgeFile{
		{"generation", "the generation of the settings", rf, generation},
		{"missing_field", "every parameter has a field", rf, missing},
		{"unknown_field", "every field is a parameter's, and its only one", rf, unknown},
		{"no_envelope", "an envelope of this session comes before settings", rf, noEnvelope},
		{"role_of_request", "who may send PUT_SETTINGS and PUT_ENVELOPE", rf, role},
	}
}

// judgeHash is the hash that the pen has behind the messages.
func judgeHash(d Descriptor, before []Message) [8]byte {
	p := newJudge(&d, judgeBoot, judgeCalRev, judgeClock)
	for _, m := range before {
		p.take(m)
	}
	return p.snapshot().Hash
}

const judgeArmID = 0x5354_4950_0000_0200

func armOf(hash [8]byte, notAfter PenClock) *Arm {
	return &Arm{CommandID: judgeArmID, SettingsHash: hash, TreatmentID: [16]byte{1, 2, 3}, NotAfter: notAfter, Role: RoleClinician}
}

// judgeArmFiles are ARM, and what is refused in the state that it leads to.
func judgeArmFiles() []judgeFile {
	rf, needling := judgeRF(), needlingDescriptor()
	limit := envelopeOf(rf, 25)
	set := []Message{judgeTip(), limit, putOf(1, judgeBase()...)}
	after := func(m ...Message) []Message { return append(slices.Clip(set), m...) }
	right := judgeHash(rf, set)
	one := func(i int) [8]byte {
		h := right
		h[i] ^= 1
		return h
	}
	const soon = judgeClock + 400_000
	armed := func(before []Message) *Arm { return armOf(judgeHash(rf, before), soon) }
	again := after(putOf(1, judgeBase()...))
	moved := after(putOf(2, baseWith(0, 1600)...))
	narrowed := after(envelopeOf(rf, 25, ranged(0, 500, 2000)))
	worn := after(tipOf(2, 25, 3500, 50_000))
	resumed := after(&Hello{1, 1, 8}, limit, putOf(1, judgeBase()...))

	hash := []judgeCase{
		{"that of what is confirmed", set, armOf(right, soon), "DONE"},
		{"the same settings put again have the same", again, armOf(right, soon), "DONE"},
		{"that of the newer settings", moved, armed(moved), "DONE"},
		{"that of the narrower envelope", narrowed, armed(narrowed), "DONE"},
		{"that of the other tip", worn, armed(worn), "DONE"},
		{"that of the session before, whose settings were put again", resumed, armOf(right, soon), "DONE"},
		{"one bit off in the first byte", set, armOf(one(0), soon), "HASH LIMIT_MISMATCH"},
		{"one bit off in the last byte", set, armOf(one(7), soon), "HASH LIMIT_MISMATCH"},
		{"zeros", set, armOf([8]byte{}, soon), "HASH LIMIT_MISMATCH"},
		{"that of the settings before", moved, armOf(right, soon), "HASH LIMIT_MISMATCH"},
		{"that of the envelope before", narrowed, armOf(right, soon), "HASH LIMIT_MISMATCH"},
		{"that of the tip before", worn, armOf(right, soon), "HASH LIMIT_MISMATCH"},
		{"that of the tip before, which is off", after(&TipInfo{}), armOf(right, soon), "HASH TIP_MISSING LIMIT_MISMATCH"},
	}
	times := []judgeCase{
		{"just now", set, armOf(right, judgeClock), "DONE"},
		{"1 µs ahead", set, armOf(right, judgeClock+1), "DONE"},
		{"just 500 ms ahead", set, armOf(right, judgeClock+500_000), "DONE"},
		{"1 µs past", set, armOf(right, judgeClock-1), "LATE"},
		{"0", set, armOf(right, 0), "LATE"},
		{"past comes before the hash", set, armOf(one(0), judgeClock-1), "LATE LIMIT_MISMATCH"},
		{"past comes before the blocks", []Message{judgeTip()}, armOf(right, judgeClock-1), "LATE SETTINGS_UNCONFIRMED"},
		{"500.001 ms ahead", set, armOf(right, judgeClock+500_001), "TOO_EARLY"},
		{"for ever", set, armOf(right, math.MaxUint64), "TOO_EARLY"},
		{"2^32 µs ahead: the low 32 bits are those of now", set, armOf(right, judgeClock+1<<32), "TOO_EARLY"},
		{"too far ahead comes before the blocks", []Message{judgeTip()}, armOf(right, judgeClock+500_001), "TOO_EARLY SETTINGS_UNCONFIRMED"},
	}
	used, bound := judgeTip(), judgeTip()
	used.UseCount, used.UseLimit = 800, 800
	last, mine := judgeTip(), judgeTip()
	last.UseCount, last.UseLimit = 799, 800
	bound.BoundTreatment, mine.BoundTreatment = [16]byte{9}, [16]byte{1, 2, 3}
	withTip := func(tip *TipInfo, values ...int32) []Message {
		return []Message{tip, envelopeOf(rf, tip.Pins), putOf(1, values...)}
	}
	blocked := func(about, want string, before []Message) judgeCase {
		return judgeCase{about, before, armed(before), want}
	}
	blocks := []judgeCase{
		blocked("nothing blocks", "DONE", set),
		blocked("the last use of the tip", "DONE", withTip(last, judgeBase()...)),
		blocked("a tip that is bound to this treatment", "DONE", withTip(mine, judgeBase()...)),
		blocked("no tip", "BLOCKED TIP_MISSING", []Message{limit, putOf(1, judgeBase()...)}),
		blocked("a tip of unknown pins", "BLOCKED TIP_MISSING", withTip(tipOf(judgeTipID, 0, 3500, 50_000), 1500, 60, 0, 100)),
		blocked("a tip at its use limit", "BLOCKED TIP_USED", withTip(used, judgeBase()...)),
		blocked("a tip that is bound to another treatment", "BLOCKED TIP_USED", withTip(bound, judgeBase()...)),
		blocked("a tip of other pins than the envelope's", "BLOCKED LIMIT_MISMATCH", after(tipOf(2, 49, 3500, 50_000))),
		{"nothing was put", []Message{judgeTip()}, armOf([8]byte{}, soon), "BLOCKED SETTINGS_UNCONFIRMED"},
		{"an envelope alone", []Message{judgeTip(), limit}, armOf([8]byte{}, soon), "BLOCKED SETTINGS_UNCONFIRMED"},
		{"a new session confirms nothing, whatever hash is named", after(&Hello{1, 1, 8}), armOf(right, soon), "BLOCKED SETTINGS_UNCONFIRMED"},
	}
	plain := []Message{tipOf(judgeTipID, 0, 2500, 0), envelopeOf(needling, 0), putOf(1, 1000, 5000)}
	off := []Message{envelopeOf(needling, 12), putOf(1, 1000, 5000)}
	other := []Message{tipOf(judgeTipID, 12, 2500, 0), envelopeOf(needling, 12), putOf(1, 1000, 5000), tipOf(2, 9, 2500, 0)}
	same := []Message{tipOf(judgeTipID, 12, 2500, 0), envelopeOf(needling, 12), putOf(1, 1000, 5000), tipOf(2, 12, 2500, 0)}
	mineToo := append(slices.Clip(same), putOf(2, 1000, 5000))
	simple := []judgeCase{
		{"a tip of unknown pins is one", plain, armOf(judgeHash(needling, plain), soon), "DONE"},
		{"another tip of as many pins", same, armOf(judgeHash(needling, same), soon), "DONE"},
		{"and newer settings", mineToo, armOf(judgeHash(needling, mineToo), soon), "DONE"},
		{"no tip", off, armOf(judgeHash(needling, off), soon), "BLOCKED TIP_MISSING"},
		{"the envelope's pins are judged here, too", other, armOf(judgeHash(needling, other), soon), "BLOCKED LIMIT_MISMATCH"},
		{"one bit off", plain, armOf([8]byte{1}, soon), "HASH LIMIT_MISMATCH"},
	}
	ready := after(armOf(right, soon))
	twice := armOf(right, soon)
	twice.CommandID++
	byNobody := *twice
	byNobody.Role = RoleNone
	back := append(slices.Clip(ready), &Disarm{ArmID: uint32(judgeArmID & math.MaxUint32)})
	state := []judgeCase{
		{"DISARM, then settings", back, putOf(2, baseWith(0, 1600)...), "OK"},
		{"DISARM, then an envelope", back, limit, "OK"},
		{"DISARM, then ARM", back, twice, "DONE"},
		{"settings in READY", ready, putOf(2, baseWith(0, 1600)...), "STATE 255 0"},
		{"the same settings again in READY", ready, putOf(1, judgeBase()...), "STATE 255 0"},
		{"an envelope in READY", ready, limit, "STATE 255 0"},
		{"another ARM in READY", ready, twice, "STATE"},
		{"the state comes before the role of settings", ready, putBy(RoleNone), "STATE 255 0"},
		{"the state comes before the role of an envelope", ready, limitBy(limit, RoleTechnician), "STATE 255 0"},
		{"the state comes before the role of ARM", ready, &byNobody, "STATE"},
	}
	return []judgeFile{
		{"arm_hash", "ARM names the hash of what is confirmed", rf, hash},
		{"arm_time", "ARM is carried out now or not at all", rf, times},
		{"arm_blocked", "arm blocks of tip and settings", rf, blocks},
		{"arm_needling", "ARM of a needling pen", needling, simple},
		{"state", "READY takes no settings, no envelope and no ARM", rf, state},
	}
}

// judgeEnvelopeFiles are the rules of PUT_ENVELOPE.
func judgeEnvelopeFiles() []judgeFile {
	rf, needling := judgeRF(), needlingDescriptor()
	on := []Message{judgeTip()}
	limit := func(about, want string, change ...func(*Envelope)) judgeCase {
		return judgeCase{about, on, envelopeOf(rf, 25, change...), want}
	}
	length := func(n int) func(*Envelope) {
		return func(e *Envelope) {
			for len(e.Ranges) < n {
				e.Ranges = append(e.Ranges, Range{uint8(len(e.Ranges)), 0, 1})
			}
			e.Ranges = e.Ranges[:n]
		}
	}
	swapped := func(i, j int) func(*Envelope) {
		return func(e *Envelope) { e.Ranges[i], e.Ranges[j] = e.Ranges[j], e.Ranges[i] }
	}
	index := func(i int, v uint8) func(*Envelope) { return func(e *Envelope) { e.Ranges[i].Index = v } }
	pins := func(v uint16) func(*Envelope) { return func(e *Envelope) { e.Pins = v } }
	needled := func(about, want string, tip *TipInfo, change ...func(*Envelope)) judgeCase {
		return judgeCase{about, []Message{tip}, envelopeOf(needling, tip.Pins, change...), want}
	}
	return []judgeFile{
		{"envelope_count", "one range for each parameter", rf, []judgeCase{
			limit("four", "OK"), limit("four narrow ones", "OK", ranged(0, 1000, 1000), ranged(3, 100, 100)),
			{"four, without a tip", nil, envelopeOf(rf, 25), "OK"},
			limit("three", "ENVELOPE 255 4", length(3)), limit("five", "ENVELOPE 255 4", length(5)), limit("none", "ENVELOPE 255 4", length(0)),
			limit("sixteen", "ENVELOPE 255 4", length(16)), limit("the number comes before their order", "ENVELOPE 255 4", index(0, 9), length(3)),
		}},
		{"envelope_order", "the ranges are in descriptor order", rf, []judgeCase{
			limit("in order", "OK"), limit("in order, all of one value", "OK", ranged(0, 1500, 1500), ranged(1, 60, 60), ranged(2, 0, 0), ranged(3, 10, 10)),
			{"in order, without a tip", nil, envelopeOf(rf, 1), "OK"},
			limit("the first two are swapped", "ENVELOPE 0 0", swapped(0, 1)), limit("the last two are swapped", "ENVELOPE 2 2", swapped(2, 3)),
			limit("one twice", "ENVELOPE 3 3", index(3, 2)), limit("an index beyond the descriptor", "ENVELOPE 1 1", index(1, 255)),
			limit("a range that is wrong comes before a later one's place", "ENVELOPE 0 3500", ranged(0, 500, 3600), swapped(2, 3)),
		}},
		{"envelope_min_max", "min is not above max", rf, []judgeCase{
			limit("min below max", "OK", ranged(1, 59, 60)), limit("min and max alike", "OK", ranged(1, 60, 60)), limit("0 and 0", "OK", ranged(2, 0, 0)),
			limit("min one above max", "ENVELOPE 1 60", ranged(1, 60, 59)), limit("the two ends swapped", "ENVELOPE 0 3500", ranged(0, 3500, 500)),
			limit("it comes before the pen's bounds", "ENVELOPE 2 50001", ranged(2, 50_001, -1)),
			limit("the ends of 32 bits: their difference has no sign of its own", "ENVELOPE 3 2147483647", ranged(3, math.MaxInt32, math.MinInt32)),
		}},
		{"envelope_below_pen", "min is not below the descriptor's", rf, []judgeCase{
			limit("on it", "OK", ranged(0, 500, 2000)), limit("one above it, off the step", "OK", ranged(0, 501, 2000)), limit("on 0", "OK", ranged(2, 0, 1)),
			limit("one below it", "ENVELOPE 0 500", ranged(0, 499, 2000)), limit("0", "ENVELOPE 1 30", ranged(1, 0, 60)),
			limit("below 0", "ENVELOPE 2 0", ranged(2, -1, 1000)), limit("the lowest i32", "ENVELOPE 3 10", ranged(3, math.MinInt32, 100)),
			limit("it comes before the maximum", "ENVELOPE 0 500", ranged(0, 0, 4000)),
		}},
		{"envelope_above_pen", "max is not above the descriptor's", rf, []judgeCase{
			limit("on it", "OK", ranged(0, 500, 3500)), limit("one below it, off the step", "OK", ranged(0, 500, 3499)),
			{"beyond the tip's needles, inside the pen", []Message{tipOf(judgeTipID, 25, 1500, 1000)}, envelopeOf(rf, 25), "OK"},
			limit("one above it", "ENVELOPE 0 3500", ranged(0, 500, 3501)), limit("a step above it", "ENVELOPE 2 50000", ranged(2, 0, 51_000)),
			limit("both ends above it", "ENVELOPE 1 120", ranged(1, 121, 122)), limit("the highest i32", "ENVELOPE 3 1000", ranged(3, 10, math.MaxInt32)),
		}},
		{"envelope_pulses", "pulses_per_spot is at least 1, and at most what the descriptor says", rf, []judgeCase{
			limit("1", "OK", dosed(100_000, 1)), limit("2", "OK", dosed(100_000, 2)), limit("3, the most", "OK", dosed(100_000, 3)),
			limit("0", "ENVELOPE 255 1", dosed(100_000, 0)), limit("4", "ENVELOPE 255 3", dosed(100_000, 4)), limit("255", "ENVELOPE 255 3", dosed(100_000, 255)),
			limit("0 comes before the pins", "ENVELOPE 255 1", dosed(100_000, 0), pins(24)), limit("4 comes before the pins", "ENVELOPE 255 3", dosed(100_000, 4), pins(24)),
		}},
		{"envelope_pins", "pins are those of the tip, if one is on", rf, []judgeCase{
			limit("its own", "OK"), {"any without a tip", nil, envelopeOf(rf, 9), "OK"}, {"0 without a tip", nil, envelopeOf(rf, 0), "OK"},
			{"any when the tip is off again", []Message{judgeTip(), &TipInfo{}}, envelopeOf(rf, 9), "OK"},
			{"0 for a tip of unknown pins", []Message{tipOf(judgeTipID, 0, 3500, 50_000)}, envelopeOf(rf, 0), "OK"},
			limit("one less", "ENVELOPE 255 25", pins(24)), limit("one more", "ENVELOPE 255 25", pins(26)), limit("0", "ENVELOPE 255 25", pins(0)),
			{"25 for a tip of unknown pins", []Message{tipOf(judgeTipID, 0, 3500, 50_000)}, envelopeOf(rf, 25), "ENVELOPE 255 0"},
			limit("the pins come before the dose", "ENVELOPE 255 25", pins(24), dosed(120_001, 1)),
		}},
		{"envelope_dose", "dose_per_pin is at most what the descriptor says", rf, []judgeCase{
			limit("just that", "OK", dosed(120_000, 1)), limit("1 µJ less", "OK", dosed(119_999, 1)), limit("0", "OK", dosed(0, 1)),
			limit("1 µJ more", "ENVELOPE 255 120000", dosed(120_001, 1)), limit("2^31, which is not below 0", "ENVELOPE 255 120000", dosed(1<<31, 1)),
			limit("the highest", "ENVELOPE 255 120000", dosed(math.MaxUint32, 1)),
			limit("a range that is wrong comes first", "ENVELOPE 3 1000", dosed(math.MaxUint32, 1), ranged(3, 10, 1001)),
		}},
		{"envelope_needling", "a needling pen: pulses and pins, no dose", needling, []judgeCase{
			needled("the dose is ignored", "OK", tipOf(judgeTipID, 12, 2500, 0), dosed(math.MaxUint32, 1)),
			needled("any number of pulses", "OK", tipOf(judgeTipID, 12, 2500, 0), dosed(0, 255)),
			needled("a tip of unknown pins", "OK", tipOf(judgeTipID, 0, 2500, 0), dosed(0, 1)),
			needled("no pulse at all", "ENVELOPE 255 1", tipOf(judgeTipID, 12, 2500, 0), dosed(0, 0)),
			needled("another tip's pins", "ENVELOPE 255 12", tipOf(judgeTipID, 12, 2500, 0), pins(11)),
			needled("deeper than the pen", "ENVELOPE 0 2500", tipOf(judgeTipID, 12, 2500, 0), ranged(0, 0, 2501)),
			needled("the four ranges of an RF pen", "ENVELOPE 255 2", tipOf(judgeTipID, 12, 2500, 0), length(4)),
		}},
	}
}

// judgeAgainFiles are what happens to active settings when envelope or tip
// change.
func judgeAgainFiles() []judgeFile {
	rf := judgeRF()
	set := []Message{judgeTip(), envelopeOf(rf, 25), putOf(7, judgeBase()...)}
	hot := []Message{judgeTip(), envelopeOf(rf, 25), putOf(7, 1500, 60, 10_000, 300)}
	fast := []Message{judgeTip(), envelopeOf(rf, 25), putOf(7, 1500, 120, 7000, 380)}
	off := append(slices.Clip(set), envelopeOf(rf, 25, ranged(0, 500, 1400)))
	envelope := func(about, want string, before []Message, change ...func(*Envelope)) judgeCase {
		return judgeCase{about, before, envelopeOf(rf, 25, change...), want}
	}
	tip := func(about, want string, before []Message, t *TipInfo) judgeCase {
		return judgeCase{about, before, t, want}
	}
	return []judgeFile{
		{"envelope_again", "a new envelope judges active settings again: they stay or are not active any more, and are not moved", rf, []judgeCase{
			envelope("the same envelope", "OK, active", set),
			envelope("just around the values", "OK, active", set, ranged(0, 1500, 1500), ranged(1, 60, 60), ranged(2, 3000, 3000), ranged(3, 100, 100)),
			envelope("just the dose", "OK, active", set, dosed(12_000, 1)),
			envelope("the timing is judged again, and fits", "OK, active", fast, dosed(120_000, 1)),
			envelope("a maximum below the value", "OK, not active", set, ranged(0, 500, 1499)),
			envelope("a minimum above the value", "OK, not active", set, ranged(1, 61, 120)),
			envelope("1 µJ less than the dose", "OK, not active", set, dosed(11_999, 1)),
			envelope("one pulse a spot more than the dose allows", "OK, not active", hot, dosed(120_000, 2)),
			envelope("a wider one does not bring them back", "OK, not active", off),
			{"a refused one changes nothing", set, envelopeOf(rf, 24, ranged(0, 500, 1400)), "ENVELOPE 255 25, active"},
		}},
		{"tip_again", "a tip that is put on judges active settings again; one that is taken off judges nothing", rf, []judgeCase{
			tip("another of the same kind", "active", set, tipOf(2, 25, 3500, 50_000)),
			tip("just the depth, just the power", "active", set, tipOf(2, 25, 1500, 3000)),
			tip("just as many pins as the dose needs", "active", hot, tipOf(2, 25, 3500, 50_000)),
			tip("more pins: the envelope's count", "active", hot, tipOf(2, 49, 3500, 50_000)),
			tip("taken off", "active", set, &TipInfo{}),
			tip("shorter needles", "not active", set, tipOf(2, 25, 1499, 50_000)),
			tip("less rated power", "not active", set, tipOf(2, 25, 3500, 2999)),
			tip("one pin less than the dose needs", "not active", hot, tipOf(2, 24, 3500, 50_000)),
			tip("unknown pins", "not active", set, tipOf(2, 0, 3500, 50_000)),
		}},
	}
}
