package protocol

import (
	"math"
	"slices"
)

// judgeFile is one file of the folder "judge": a pen and the cases of one rule.
type judgeFile struct {
	name, about string
	desc        Descriptor
	cases       []judgeCase
}

// judgeCase is one request. want is what comes of it, in words: see judgeWords.
type judgeCase struct {
	about   string
	before  []Message
	request Message
	want    string
}

// judgeClock is the pen clock of every case.
const judgeClock PenClock = 10_000_000

func judgeFiles() []judgeFile {
	return slices.Concat(judgeRangeFiles(), judgeTipFiles(), judgeDoseFiles(), judgeRoleFiles(), judgeRequestFiles(), judgeArmFiles(), judgeEnvelopeFiles(), judgeAgainFiles())
}

// judgeRF is the RF pen of the vectors, and the least that it says.
func judgeRF() Descriptor {
	d := rfDescriptor()
	d.Sensors, d.Alarms, d.Events, d.ArmBlocks = nil, nil, nil, d.ArmBlocks[:BlockCount]
	d.Hardware, d.LogKept, d.Calibrations, d.SelfTests, d.FirmwareUpdate = 0, 0, nil, nil, false
	return d
}

// judgeWide is an RF pen whose every value goes up to what STATUS carries.
func judgeWide() Descriptor {
	d := judgeRF()
	d.RatedPowerMW, d.NeedleTravelMS, d.MaxPulsesSpot, d.MaxDosePinUJ = MaxReading, MaxTravel, 255, math.MaxUint32
	for i := range d.Parameters {
		d.Parameters[i].Min, d.Parameters[i].Max, d.Parameters[i].Step, d.Parameters[i].Default = 0, MaxReading, 1, 0
	}
	return d
}

// envelopeOf is as wide as the pen, for a tip with so many pins.
func envelopeOf(d Descriptor, pins uint16, change ...func(*Envelope)) *PutEnvelope {
	e := Envelope{DosePerPin: d.MaxDosePinUJ, PulsesPerSpot: 1, Pins: pins}
	for i, p := range d.Parameters {
		e.Ranges = append(e.Ranges, Range{uint8(i), p.Min, p.Max})
	}
	for _, c := range change {
		c(&e)
	}
	return &PutEnvelope{e, RoleClinician}
}

func ranged(i int, low, high int32) func(*Envelope) {
	return func(e *Envelope) { e.Ranges[i].Min, e.Ranges[i].Max = low, high }
}

func dosed(perPin Microjoules, pulses uint8) func(*Envelope) {
	return func(e *Envelope) { e.DosePerPin, e.PulsesPerSpot = perPin, pulses }
}

// tipOf is a tip that nobody has used.
func tipOf(id uint32, pins, length uint16, power uint32) *TipInfo {
	return &TipInfo{ID: id, Insulated: true, Pins: pins, NeedleLength: length, RatedPower: power, Lot: "J-0001"}
}

func putOf(generation uint32, values ...int32) *PutSettings {
	m := &PutSettings{Generation: generation, Role: RoleClinician}
	for i, v := range values {
		m.Fields = append(m.Fields, Field{uint8(i), v})
	}
	return m
}

const judgeTipID = 0x00C0FFEE

// judgeTip is the tip of the RF pen: it allows what the pen does.
func judgeTip() *TipInfo { return tipOf(judgeTipID, 25, 3500, 50_000) }

// judgeBase are settings of the RF pen that are inside everything.
func judgeBase() []int32 { return []int32{1500, 60, 3000, 100} }

func baseWith(i int, v int32) []int32 {
	values := judgeBase()
	values[i] = v
	return values
}

// rfCases are the cases of one file that put settings under one envelope.
type rfCases struct {
	before []Message
	list   []judgeCase
}

func (c *rfCases) put(about, want string, values ...int32) {
	c.list = append(c.list, judgeCase{about, c.before, putOf(1, values...), want})
}

func judgeRangeFiles() []judgeFile {
	rf := judgeRF()
	wide := []Message{judgeTip(), envelopeOf(rf, 25)}
	narrow := []Message{judgeTip(), envelopeOf(rf, 25, ranged(0, 1000, 2000), ranged(1, 40, 60), ranged(2, 2000, 25_000), ranged(3, 20, 300))}

	below := rfCases{before: wide}
	below.put("depth on its minimum", "OK", baseWith(0, 500)...)
	below.put("speed on its minimum", "OK", baseWith(1, 30)...)
	below.put("power on its minimum", "OK", baseWith(2, 0)...)
	below.put("duration on its minimum", "OK", baseWith(3, 10)...)
	below.put("one below", "0 BELOW_PEN 500", baseWith(0, 499)...)
	below.put("one step below", "0 BELOW_PEN 500", baseWith(0, 400)...)
	below.put("speed one below", "1 BELOW_PEN 30", baseWith(1, 29)...)
	below.put("power below 0", "2 BELOW_PEN 0", baseWith(2, -1)...)
	below.put("the lowest i32", "3 BELOW_PEN 10", baseWith(3, math.MinInt32)...)
	below.put("0 where the minimum is above it", "0 BELOW_PEN 500", baseWith(0, 0)...)

	above := rfCases{before: wide}
	above.put("depth on its maximum", "OK", baseWith(0, 3500)...)
	above.put("speed on its maximum", "OK", baseWith(1, 120)...)
	above.put("power on its maximum", "OK", 1500, 60, 50_000, 60)
	above.put("duration on its maximum", "OK", 1500, 53, 3000, 1000)
	above.put("one above", "0 ABOVE_PEN 3500", baseWith(0, 3501)...)
	above.put("one step above", "0 ABOVE_PEN 3500", baseWith(0, 3600)...)
	above.put("speed one above", "1 ABOVE_PEN 120", baseWith(1, 121)...)
	above.put("power one step above", "2 ABOVE_PEN 50000", baseWith(2, 51_000)...)
	above.put("the highest i32", "3 ABOVE_PEN 1000", baseWith(3, math.MaxInt32)...)

	step := rfCases{before: wide}
	step.put("one step above the minimum", "OK", baseWith(0, 600)...)
	step.put("one step below the maximum", "OK", baseWith(0, 3400)...)
	step.put("a step of 1 takes every value", "OK", baseWith(1, 61)...)
	step.put("half a step", "0 STEP 100", baseWith(0, 550)...)
	step.put("one above the minimum", "0 STEP 100", baseWith(0, 501)...)
	step.put("one below the maximum", "0 STEP 100", baseWith(0, 3499)...)
	step.put("power", "2 STEP 1000", baseWith(2, 3500)...)
	step.put("duration", "3 STEP 10", baseWith(3, 105)...)

	odd := needlingDescriptor()
	odd.Parameters[0] = ParameterSpec{ParamDepth, "um", 7, 1307, 13, 7, "clinician"}
	uneven := rfCases{before: []Message{tipOf(judgeTipID, 12, 2500, 0), envelopeOf(odd, 12)}}
	for _, v := range []int32{7, 20, 1294, 1307} {
		uneven.put("a whole number of steps above the minimum", "OK", v, 5000)
	}
	for _, v := range []int32{13, 26, 1300, 1306} {
		uneven.put("a whole number of steps above 0 is none above the minimum", "0 STEP 13", v, 5000)
	}

	low := rfCases{before: narrow}
	low.put("depth on it", "OK", baseWith(0, 1000)...)
	low.put("speed on it", "OK", baseWith(1, 40)...)
	low.put("power on it", "OK", baseWith(2, 2000)...)
	low.put("duration on it", "OK", baseWith(3, 20)...)
	low.put("a step below it", "0 BELOW_LIMIT 1000", baseWith(0, 900)...)
	low.put("one below it", "1 BELOW_LIMIT 40", baseWith(1, 39)...)
	low.put("power, on the pen's minimum", "2 BELOW_LIMIT 2000", baseWith(2, 0)...)
	low.put("duration", "3 BELOW_LIMIT 20", baseWith(3, 10)...)

	high := rfCases{before: narrow}
	high.put("depth on it", "OK", baseWith(0, 2000)...)
	high.put("speed on it", "OK", baseWith(1, 60)...)
	high.put("power on it", "OK", 1500, 60, 25_000, 100)
	high.put("duration on it", "OK", baseWith(3, 300)...)
	high.put("a step above it", "0 ABOVE_LIMIT 2000", baseWith(0, 2100)...)
	high.put("one above it", "1 ABOVE_LIMIT 60", baseWith(1, 61)...)
	high.put("power", "2 ABOVE_LIMIT 25000", baseWith(2, 26_000)...)
	high.put("duration", "3 ABOVE_LIMIT 300", baseWith(3, 310)...)
	high.before = []Message{judgeTip(), envelopeOf(rf, 25, ranged(0, 1450, 1550))}
	high.put("limits off the step: the step between them", "OK", judgeBase()...)
	high.put("limits off the step: the one above", "0 ABOVE_LIMIT 1550", baseWith(0, 1600)...)
	high.put("limits off the step: the one below", "0 BELOW_LIMIT 1450", baseWith(0, 1400)...)
	high.before = []Message{judgeTip(), envelopeOf(rf, 25, ranged(0, 1500, 1500))}
	high.put("limits of one value: that value", "OK", judgeBase()...)
	high.put("limits of one value: the next", "0 ABOVE_LIMIT 1500", baseWith(0, 1600)...)
	high.before = []Message{judgeTip(), envelopeOf(rf, 25, ranged(0, 1510, 1590))}
	high.put("limits without a step between them", "0 BELOW_LIMIT 1510", judgeBase()...)

	order := rfCases{before: narrow}
	order.put("nothing is broken", "OK", judgeBase()...)
	order.put("on every lower bound", "OK", 1000, 40, 2000, 20)
	order.put("on every upper bound", "OK", 2000, 60, 4000, 300)
	order.put("below the pen comes before the step", "0 BELOW_PEN 500", baseWith(0, 450)...)
	order.put("above the pen comes before the step", "0 ABOVE_PEN 3500", baseWith(0, 3550)...)
	order.put("the step comes before the lower limit", "0 STEP 100", baseWith(0, 950)...)
	order.put("the step comes before the upper limit", "2 STEP 1000", baseWith(2, 25_500)...)
	order.put("every value gets its own", "0 BELOW_PEN 500, 1 ABOVE_PEN 120, 2 STEP 1000, 3 ABOVE_LIMIT 300", 0, 200, 2500, 400)
	order.put("three are bad, one is not", "0 BELOW_LIMIT 1000, 2 ABOVE_LIMIT 25000, 3 BELOW_PEN 10", 500, 60, 50_000, 0)
	order.put("a dose and a timing that are over are not judged while a value is bad", "1 ABOVE_LIMIT 60", 1500, 120, 25_000, 300)
	backwards := putOf(1, baseWith(0, 2100)...)
	slices.Reverse(backwards.Fields)
	order.list = append(order.list, judgeCase{"the verdicts have the order of the fields", narrow, backwards, "0 ABOVE_LIMIT 2000"})

	return []judgeFile{
		{"below_pen", "the descriptor's minimum", rf, below.list},
		{"above_pen", "the descriptor's maximum", rf, above.list},
		{"step", "the step, counted from the descriptor's minimum", rf, step.list},
		{"step_uneven", "a step that the minimum is no multiple of", odd, uneven.list},
		{"below_limit", "the envelope's minimum", rf, low.list},
		{"above_limit", "the envelope's maximum", rf, high.list},
		{"order", "the first code that applies, for each value by itself", rf, order.list},
	}
}

func judgeTipFiles() []judgeFile {
	rf, needling := judgeRF(), needlingDescriptor()
	limited := func(tip *TipInfo, change ...func(*Envelope)) []Message {
		return []Message{tip, envelopeOf(rf, tip.Pins, change...)}
	}
	var length, power, none rfCases
	length.before = limited(tipOf(judgeTipID, 25, 1500, 50_000), ranged(0, 500, 2000))
	length.put("just the tip's needles", "OK", baseWith(0, 1500)...)
	length.put("beyond the tip, inside the envelope", "0 ABOVE_LIMIT 1500", baseWith(0, 1600)...)
	length.put("beyond both: the smaller is the bound", "0 ABOVE_LIMIT 1500", baseWith(0, 2100)...)
	length.before = limited(tipOf(judgeTipID, 25, 2500, 50_000), ranged(0, 500, 2000))
	length.put("the envelope is the smaller: on it", "OK", baseWith(0, 2000)...)
	length.put("the envelope is the smaller: beyond it, inside the tip", "0 ABOVE_LIMIT 2000", baseWith(0, 2100)...)
	length.before = limited(tipOf(judgeTipID, 25, 1550, 50_000))
	length.put("needles off the step: the step below", "OK", baseWith(0, 1500)...)
	length.put("needles off the step: the step above", "0 ABOVE_LIMIT 1550", baseWith(0, 1600)...)
	length.before = limited(tipOf(judgeTipID, 25, 0, 50_000))
	length.put("a length of 0 is a limit like any other", "0 ABOVE_LIMIT 0", baseWith(0, 500)...)
	length.before = limited(tipOf(judgeTipID, 25, math.MaxUint16, 50_000))
	length.put("the longest needles: the descriptor is the smaller", "OK", baseWith(0, 3500)...)

	power.before = limited(tipOf(judgeTipID, 25, 3500, 10_000), ranged(2, 0, 25_000))
	power.put("just the tip's power", "OK", baseWith(2, 10_000)...)
	power.put("beyond the tip, inside the envelope", "2 ABOVE_LIMIT 10000", baseWith(2, 11_000)...)
	power.put("beyond both: the smaller is the bound", "2 ABOVE_LIMIT 10000", baseWith(2, 26_000)...)
	power.before = limited(tipOf(judgeTipID, 25, 3500, 30_000), ranged(2, 0, 25_000))
	power.put("the envelope is the smaller: beyond it, inside the tip", "2 ABOVE_LIMIT 25000", baseWith(2, 26_000)...)
	power.before = limited(tipOf(judgeTipID, 25, 3500, 0))
	power.put("a power of 0 is a limit like any other: 0", "OK", baseWith(2, 0)...)
	power.put("a power of 0 is a limit like any other: the first step", "2 ABOVE_LIMIT 0", baseWith(2, 1000)...)
	for _, rated := range []uint32{math.MaxInt32, 1 << 31, math.MaxUint32} {
		power.before = limited(tipOf(judgeTipID, 25, 3500, rated), ranged(2, 0, 25_000))
		power.put("a rated power at the end of 32 bits is not below 0", "OK", baseWith(2, 25_000)...)
		power.put("and the envelope is the bound", "2 ABOVE_LIMIT 25000", baseWith(2, 26_000)...)
	}

	none.before = []Message{envelopeOf(rf, 10, ranged(0, 500, 2000), dosed(100_000, 1))}
	none.put("without a tip there is only the envelope: on its maximum", "OK", 2000, 60, 3000, 100)
	none.put("power on the pen's maximum", "OK", 1500, 60, 50_000, 20)
	none.put("the envelope's own pins count: the whole dose", "OK", 1500, 60, 10_000, 100)
	none.put("beyond the envelope", "0 ABOVE_LIMIT 2000", 2100, 60, 3000, 100)
	none.put("over the dose of the envelope's pins", "2 DOSE 100000, 3 DOSE 100000", 1500, 60, 10_000, 110)
	none.put("over it by the next step of power", "2 DOSE 100000, 3 DOSE 100000", 1500, 60, 11_000, 100)

	var needles rfCases
	needles.before = []Message{tipOf(judgeTipID, 12, 1500, 0), envelopeOf(needling, 12, dosed(0, 255))}
	needles.put("no dose and no timing: the envelope's say nothing", "OK", 1500, 9000)
	needles.put("depth 0", "OK", 0, 3000)
	needles.put("beyond the needles", "0 ABOVE_LIMIT 1500", 1550, 9000)
	needles.put("beyond the pen", "1 ABOVE_PEN 9000", 1500, 9100)
	needles.put("off the step", "0 STEP 50, 1 STEP 100", 1525, 8950)
	needles.before = []Message{tipOf(judgeTipID, 0, 0, 0), envelopeOf(needling, 0, dosed(math.MaxUint32, 1))}
	needles.put("a tip of unknown pins, without needles: depth 0", "OK", 0, 5000)
	needles.put("a tip without needles: the first step", "0 ABOVE_LIMIT 0", 50, 5000)

	return []judgeFile{
		{"tip_length", "depth: the smaller of the envelope's maximum and the tip's needles", rf, length.list},
		{"tip_power", "power: the smaller of the envelope's maximum and the tip's rated power", rf, power.list},
		{"tip_none", "without a tip there is only the envelope", rf, none.list},
		{"needling", "a needling pen: two values, no dose, no timing", needling, needles.list},
	}
}

func judgeDoseFiles() []judgeFile {
	rf, wide := judgeRF(), judgeWide()
	var dose, pins, timing, large, late rfCases
	dose.before = []Message{judgeTip(), envelopeOf(rf, 25, dosed(33_600, 1))}
	dose.put("just the dose: 3000 mW x 280 ms are 33600 µJ on each of 25 pins", "OK", 1500, 60, 3000, 280)
	dose.put("power 0 has no dose", "OK", 1500, 60, 0, 380)
	dose.put("the next step of duration", "2 DOSE 33600, 3 DOSE 33600", 1500, 60, 3000, 290)
	dose.put("the next step of power", "2 DOSE 33600, 3 DOSE 33600", 1500, 60, 4000, 280)
	dose.before = []Message{judgeTip(), envelopeOf(rf, 25, dosed(33_599, 1))}
	dose.put("25 µJ over it: a product is compared, no quotient", "2 DOSE 33599, 3 DOSE 33599", 1500, 60, 3000, 280)
	dose.before = []Message{judgeTip(), envelopeOf(rf, 25, dosed(100_000, 2))}
	dose.put("two pulses a spot: just the dose", "OK", 1500, 60, 25_000, 50)
	dose.put("two pulses a spot: over it, where one would not be", "2 DOSE 100000, 3 DOSE 100000", 1500, 60, 25_000, 60)
	dose.before = []Message{judgeTip(), envelopeOf(rf, 25, dosed(24_000, 3))}
	dose.put("three pulses a spot: just the dose", "OK", 1500, 60, 2000, 100)
	dose.put("three pulses a spot: over it", "2 DOSE 24000, 3 DOSE 24000", 1500, 60, 3000, 100)
	dose.before = []Message{judgeTip(), envelopeOf(rf, 25, dosed(0, 1))}
	dose.put("a dose of 0: power 0", "OK", 1500, 60, 0, 100)
	dose.put("a dose of 0: the least power", "2 DOSE 0, 3 DOSE 0", 1500, 60, 1000, 10)

	made := envelopeOf(rf, 25, dosed(40_000, 1))
	pins.before = []Message{judgeTip(), made, tipOf(2, 20, 3500, 50_000)}
	pins.put("a tip of 20 pins under an envelope for 25: the dose of 20", "OK", 1500, 60, 8000, 100)
	pins.put("over that of 20, not over that of 25", "2 DOSE 40000, 3 DOSE 40000", 1500, 60, 9000, 100)
	pins.before = []Message{judgeTip(), made, tipOf(2, 49, 3500, 50_000)}
	pins.put("a tip of 49 pins under an envelope for 25: the dose of 25", "OK", 1500, 60, 10_000, 100)
	pins.put("over that of 25, not over that of 49", "2 DOSE 40000, 3 DOSE 40000", 1500, 60, 11_000, 100)
	pins.before = []Message{judgeTip(), made, tipOf(2, 0, 3500, 50_000)}
	pins.put("a tip of unknown pins has no dose: power 0", "OK", 1500, 60, 0, 100)
	pins.put("a tip of unknown pins: the least power", "2 DOSE 40000, 3 DOSE 40000", 1500, 60, 1000, 10)
	pins.before = []Message{judgeTip(), made, &TipInfo{}}
	pins.put("the tip is taken off: the envelope's pins", "OK", 1500, 60, 10_000, 100)
	pins.put("the tip is taken off: over them", "2 DOSE 40000, 3 DOSE 40000", 1500, 60, 10_000, 110)

	timing.before = []Message{judgeTip(), envelopeOf(rf, 25)}
	timing.put("just one stamp: 380 ms and 120 ms of travel, 120 times a minute", "OK", 1500, 120, 7000, 380)
	timing.put("the next step", "3 TIMING 380", 1500, 120, 7000, 390)
	timing.put("one stamp a minute faster than fits", "3 TIMING 384", 1500, 119, 7000, 390)
	timing.put("the bound is not rounded to the step, but the value below it is taken", "OK", 1500, 119, 7000, 380)
	timing.put("the bound is rounded down: 60000 / 61 is 983.6", "3 TIMING 863", 1500, 61, 3000, 870)
	timing.put("power 0 takes its time too", "3 TIMING 380", 1500, 120, 0, 1000)
	timing.put("the slowest, the longest", "OK", 1500, 53, 3000, 1000)
	timing.put("the dose is judged first, and then the timing is not", "2 DOSE 120000, 3 DOSE 120000", 1500, 120, 50_000, 1000)

	large.before = []Message{tipOf(judgeTipID, math.MaxUint16, math.MaxUint16, math.MaxUint32), envelopeOf(wide, math.MaxUint16, dosed(math.MaxUint32, 255))}
	large.put("65535 mW x 65535 ms x 255 pulses are under the highest cap", "OK", 0, 0, 65_535, 65_535)
	large.before = []Message{tipOf(judgeTipID, 1, math.MaxUint16, math.MaxUint32), envelopeOf(wide, 1, dosed(math.MaxUint32, 1))}
	large.put("the cap of one pin alone is over 31 bits", "OK", 0, 0, 65_535, 65_535)
	large.before = []Message{tipOf(judgeTipID, 1, math.MaxUint16, math.MaxUint32), envelopeOf(wide, 1, dosed(4_294_836_225, 1))}
	large.put("just the cap: 65535 x 65535", "OK", 0, 0, 65_535, 65_535)
	large.before = []Message{tipOf(judgeTipID, 1, math.MaxUint16, math.MaxUint32), envelopeOf(wide, 1, dosed(4_294_836_224, 1))}
	large.put("1 µJ over the cap, and the bound is the highest that fits", "2 DOSE 2147483647, 3 DOSE 2147483647", 0, 0, 65_535, 65_535)
	large.before = []Message{tipOf(judgeTipID, 1, math.MaxUint16, math.MaxUint32), envelopeOf(wide, 1, dosed(65_536, 16))}
	large.put("16384 x 16384 x 16 is 2^32, and 0 in 32 bits", "2 DOSE 65536, 3 DOSE 65536", 0, 0, 16_384, 16_384)
	large.before = []Message{tipOf(judgeTipID, 16, math.MaxUint16, math.MaxUint32), envelopeOf(wide, 16, dosed(1<<28, 1))}
	large.put("the cap is 2^32, and 0 in 32 bits", "OK", 0, 0, 1000, 1000)
	large.before = []Message{tipOf(judgeTipID, 2, math.MaxUint16, math.MaxUint32), envelopeOf(wide, 2, dosed(1<<30, 1))}
	large.put("the cap is 2^31, and below 0 with a sign", "OK", 0, 0, 1000, 1000)
	large.before = []Message{tipOf(judgeTipID, 1, math.MaxUint16, math.MaxUint32), envelopeOf(wide, 1, dosed(100_000, 1))}
	large.put("46341 x 46341 is over 2^31, and below 0 with a sign", "2 DOSE 100000, 3 DOSE 100000", 0, 0, 46_341, 46_341)

	late.before = []Message{tipOf(judgeTipID, math.MaxUint16, math.MaxUint16, math.MaxUint32), envelopeOf(wide, math.MaxUint16, dosed(math.MaxUint32, 1))}
	late.put("speed 0 has all the time there is", "OK", 0, 0, 1, 65_535)
	late.put("just one stamp: 2000 ms of travel and 0 ms", "OK", 0, 30, 1, 0)
	late.put("28000 ms, twice a minute", "OK", 0, 2, 1, 28_000)
	late.put("1 ms more", "3 TIMING 28000", 0, 2, 1, 28_001)
	late.put("the travel alone is too long: the bound is 0, not below", "3 TIMING 0", 0, 31, 1, 0)
	late.put("the fastest and the longest", "3 TIMING 0", 0, 65_535, 1, 65_535)
	late.put("67109 x 64000 is 2^32 + 8704, and 8704 in 32 bits", "3 TIMING 0", 0, 64_000, 1, 65_109)
	late.put("65537 x 65535 is 2^32 - 1, and -1 with a sign", "3 TIMING 0", 0, 65_535, 1, 63_537)

	return []judgeFile{
		{"dose", "power x duration x pulses per spot against the cap of all pins", rf, dose.list},
		{"dose_pins", "the pins of the dose: the smaller of the envelope's and the tip's, without a tip the envelope's", rf, pins.list},
		{"dose_64_bits", "doses that 32 bits do not hold", wide, large.list},
		{"timing", "duration and travel within one stamp", rf, timing.list},
		{"timing_64_bits", "timing at the ends: speed 0, no time at all, products that 32 bits do not hold", wide, late.list},
	}
}

// judgeShared is an RF pen with two parameters that are not the clinician's.
func judgeShared() Descriptor {
	d := judgeRF()
	d.Parameters = append(d.Parameters,
		ParameterSpec{"lamp", "percent", 0, 100, 10, 50, RoleTechnician.String()},
		ParameterSpec{"tone", "hz", 200, 2000, 100, 400, RoleServiceEngineer.String()})
	return d
}

func judgeRoleFiles() []judgeFile {
	d := judgeShared()
	limited := []Message{judgeTip(), envelopeOf(d, 25)}
	after := func(m ...Message) []Message { return append(slices.Clip(limited), m...) }
	by := func(role Role, generation uint32, values ...int32) *PutSettings {
		m := putOf(generation, values...)
		m.Role = role
		return m
	}
	const clinician, senior, technician, engineer = RoleClinician, RoleSeniorClinician, RoleTechnician, RoleServiceEngineer
	treated := by(clinician, 1, 1500, 60, 3000, 100, 50, 400)
	lit := after(treated, by(technician, 2, 1500, 60, 3000, 100, 80, 400))
	dark := after(treated, envelopeOf(d, 25, ranged(0, 500, 1000)), envelopeOf(d, 25))
	litDark := append(slices.Clip(lit), envelopeOf(d, 25, ranged(0, 500, 1000)), envelopeOf(d, 25))
	return []judgeFile{{"role_of_parameter", "a value that is not the one that SETTINGS tells now is for the parameter's write_role to set", d, []judgeCase{
		{"nothing is active: the others' parameters are at their defaults", limited, treated, "OK"},
		{"a senior clinician may what a clinician may", limited, by(senior, 1, 1500, 60, 3000, 100, 50, 400), "OK"},
		{"a technician sets the lamp, and leaves the rest at the defaults", limited, by(technician, 1, 500, 30, 0, 10, 80, 400), "OK"},
		{"a technician sets the lamp, and leaves the rest as it is active", after(treated), by(technician, 2, 1500, 60, 3000, 100, 80, 400), "OK"},
		{"a service engineer sets the tone", lit, by(engineer, 3, 1500, 60, 3000, 100, 80, 800), "OK"},
		{"the clinician goes on under the technician's lamp", lit, by(clinician, 3, 1600, 60, 3000, 100, 80, 400), "OK"},
		{"an administrator changes nothing", lit, by(RoleAdministrator, 3, 1500, 60, 3000, 100, 80, 400), "OK"},
		{"the same generation with the same values from another role", lit, by(clinician, 2, 1500, 60, 3000, 100, 80, 400), "OK"},
		{"a clinician sets the lamp", limited, by(clinician, 1, 1500, 60, 3000, 100, 60, 400), "4 ROLE 0"},
		{"a senior clinician sets lamp and tone", limited, by(senior, 1, 1500, 60, 3000, 100, 60, 500), "4 ROLE 0, 5 ROLE 0"},
		{"a technician sets depth and tone", after(treated), by(technician, 2, 1600, 60, 3000, 100, 80, 500), "0 ROLE 0, 5 ROLE 0"},
		{"a service engineer is no technician", after(treated), by(engineer, 2, 1500, 60, 3000, 100, 80, 400), "4 ROLE 0"},
		{"an administrator sets the lamp", limited, by(RoleAdministrator, 1, 500, 30, 0, 10, 60, 400), "4 ROLE 0"},
		{"the default is not what SETTINGS tells while another value is active", lit, by(clinician, 3, 1500, 60, 3000, 100, 50, 400), "4 ROLE 0"},
		{"it comes before what is wrong with the value", limited, by(clinician, 1, 1500, 60, 3000, 100, -1, 2100), "4 ROLE 0, 5 ROLE 0"},
		{"the other values are judged by themselves", limited, by(clinician, 1, 400, 60, 3000, 105, 60, 400), "0 BELOW_PEN 500, 3 STEP 10, 4 ROLE 0"},
		{"dose and timing are not judged then", limited, by(clinician, 1, 1500, 120, 50_000, 1000, 60, 400), "4 ROLE 0"},
		{"a value that stays is refused by the envelope that excludes it, not for the role",
			[]Message{judgeTip(), envelopeOf(d, 25, ranged(4, 60, 100))}, by(clinician, 1, 1500, 60, 3000, 100, 50, 400), "4 BELOW_LIMIT 60"},
		{"settings that are not active any more are still those that SETTINGS tells", dark, by(technician, 2, 1500, 60, 3000, 100, 80, 400), "OK"},
		{"a clinician brings them back as they were, the technician's lamp with them", litDark, by(clinician, 3, 1500, 60, 3000, 100, 80, 400), "OK"},
		{"the defaults are not what SETTINGS tells then", dark, by(technician, 2, 500, 30, 0, 10, 80, 400), "0 ROLE 0, 1 ROLE 0, 2 ROLE 0, 3 ROLE 0"},
		{"nor is the lamp's", litDark, by(clinician, 3, 1500, 60, 3000, 100, 50, 400), "4 ROLE 0"},
	}}}
}
