package sim

import "stipple/protocol"

// plant is the physical pen and the tissue under it: what the firmware drives
// and measures. All of it is integers, so that it is the same on every
// machine. Lengths are nm, speeds of a motor 1/1000 stroke a minute, power µW,
// energy nJ, temperature µ°C, impedance mΩ.
//
// What is known is cited; the rest is chosen so that a pen behaves as one
// does, and says so. It is a teaching model: lumped, one node for the heated
// tissue, one for the tip; no blood flow, which cools over minutes and not over
// pulses. It must not be used to choose a dose.
type plant struct {
	rf    bool
	noise noise
	unit  unit // what its raw values really are

	// From the firmware, raw.
	run    bool  // N1: motor on
	extend bool  // N1: the cam to its lowest point, to stay there
	speed  int64 // N1: wanted, milli-strokes a minute
	target int64 // R1: where the needle shall be, nm; N1: stroke amplitude, nm
	rfSet  int64 // µW
	supply bool  // the amplifier's supply relay
	hold   bool  // motor unpowered where it stands
	dark   bool  // the firmware does not run

	// From the hand.
	trigger bool
	contact bool
	offFor  int64 // steps since contact was lost
	tipOn   bool
	pins    int64 // of the tip; 0: unknown, or no tip
	cable   bool  // plugged in, which charges
	load    int64 // mΩ, a resistor across the tip in place of tissue; 0: none
	faults  faultSet

	// State.
	phase    int64 // N1: cam, in 1/camTurn turns, 0: needle in
	motor    int64 // N1: speed now, milli-strokes a minute
	integral int64 // N1: of the speed controller
	strokes  uint32
	pos      int64 // nm, of the drive, raw; needle is what it makes of it
	vel      int64 // R1: nm a step
	power    int64 // µW that flows into tissue
	zone     int64 // tissue round the needles, µ°C
	tip      int64 // tip's sensor, µ°C
	spot     int64 // this spot's impedance at rest, mΩ
	charge   int64 // battery, nJ
	empty    bool  // the battery's protection has opened

	// For the observer of the outputs.
	delivered int64 // nJ since the last take
	peakPos   int64
	peakPower int64
}

// Units of the plant.
const (
	nmPerUM   = 1000
	uwPerMW   = 1000
	ucPerCdeg = 10_000 // µ°C in 0.01 °C
	moPerOhm  = 1000
	// milliPerStroke is milli-strokes a minute in a stroke a minute.
	milliPerStroke = 1000
	// camTurn is one turn of the cam in the units that milli-strokes a minute
	// add up to in a fine step: 60 s of 10,000 steps, times 1000.
	camTurn = 60 * 10_000 * 1000
)

// The needle drive of N1: a motor with a cam. Chosen: it reaches 9,000 strokes a
// minute in 0.15 s, brakes in 0.1 s, and creeps home. Skin slows it, as a maker
// of such pens warns (a weak motor stalls under pressure: rejuvapennxt.com, "Is
// battery or plug in power better"); how much is chosen: at full depth a fifth of
// what the drive can give.
const (
	motorDrive    = 6000   // most acceleration, milli-strokes/min a step: 60,000 strokes/min a second
	motorBrake    = 9000   // home in 0.2 s from a quarter too fast, which a wrong calibration can make
	motorFriction = 3      // 1/10,000 of the speed a step
	motorGain     = 250    // speed error over this is drive
	motorReset    = 250000 // integral of the error over this is drive
	motorSkinLoad = 1200   // at full depth in skin
	creep         = 900_000
	fullStrokeNM  = 2_500_000
	stallBrake    = 20_000
)

// The needle drive of R1: a servo. Chosen: 3.5 mm in 55 ms, with 8 m/s² of which
// tissue takes up to 3.5 when deep. The force of insertion grows with the area
// that a needle meets, 0.1 to 3 N (Davis and others, J Biomech 2004;37:1155);
// that it then grows in step with depth, for all needles together, is chosen.
const (
	servoTop      = 8000 // nm a step: 80 mm/s
	servoPush     = 80   // nm a step, a step: 8 m/s²
	servoStop     = 70   // planned deceleration: less than the push, so that it is kept
	servoSkin     = 100_000
	servoNear     = 3000
	servoNearVel  = 700
	overrunNM     = 300_000
	neededForSkin = 100_000 // nm: the needle is in tissue beyond this
)

func newPlant(rf bool, seed uint64) *plant {
	p := &plant{rf: rf, noise: noise{seed}, unit: perfect(), supply: true, zone: skinTemp, tip: airTemp, charge: batteryStart, offFor: inSteps(protocol.SpotRelease)}
	p.newSpot()
	return p
}

// touch puts the tip on the skin or lifts it. After a lift that is long
// enough the tissue is fresh.
func (p *plant) touch(on bool) {
	if on == p.contact {
		return
	}
	p.contact = on
	if on && p.offFor >= inSteps(protocol.SpotRelease) {
		p.newSpot()
	}
	p.offFor = 0
}

// newSpot puts fresh tissue under the tip.
func (p *plant) newSpot() {
	p.zone = skinTemp
	p.spot = p.noise.scatter(spotOhm*moPerOhm, spotScatter)
}

func (p *plant) has(f faultSet) bool { return p.faults.has(f) }

// moving says whether the needle drive turns.
func (p *plant) moving() bool { return p.motor != 0 || p.vel != 0 }

// out says whether the needle is beyond the tip's edge or moving: what an
// onlooker calls motion.
func (p *plant) out() bool { return p.moving() || p.needle() > int64(needleBack)*nmPerUM }

// needle is how far the needle is beyond the tip's edge in nm; at home it is
// behind it.
func (p *plant) needle() int64 { return max(0, p.unit[protocol.QuantityDepth].truth(p.pos)) }

// atRest says whether nothing moves, nothing is about to, and no RF flows.
func (p *plant) atRest() bool {
	if p.moving() || p.power != 0 || p.rfSet != 0 || p.rf && p.has(faultRFLeak) {
		return false
	}
	if p.rf {
		return p.hold || p.pos == p.goal()
	}
	return !p.run && !p.extend && (p.hold || p.phase == 0)
}

// step moves the plant by n fine steps; n is over 1 only at rest.
func (p *plant) step(n int64) {
	if n == 1 {
		if p.rf {
			p.stepServo()
		} else {
			p.stepMotor()
		}
		p.stepRF()
		p.peakPos = max(p.peakPos, p.needle())
		p.peakPower = max(p.peakPower, p.power)
	}
	if !p.contact {
		p.offFor += n
	}
	p.stepHeat(n)
	p.stepBattery(n)
}

// nanojoules is the energy of a power in µW over one fine step.
func nanojoules(uw int64) int64 { return uw * int64(fineStepUS) / 1000 }

func (p *plant) inSkin() bool { return p.contact && p.pins > 0 && p.needle() > neededForSkin }

func (p *plant) stepMotor() {
	switch {
	case p.has(faultMotorStall) || p.hold:
		p.motor = max(0, p.motor-stallBrake)
	case p.run:
		p.driveMotor()
	case p.extend:
		p.extendMotor()
	default:
		p.parkMotor()
	}
	p.phase += p.motor
	if p.phase >= camTurn {
		p.phase -= camTurn
		p.strokes++
		if !p.run && p.motor <= creep {
			p.phase, p.motor = 0, 0
		}
	}
	p.pos = camDepth(p.phase, p.target)
	if p.has(faultDepthOverrun) && p.pos > p.target/2 {
		p.pos += overrunNM
	}
}

// driveMotor is the speed controller: proportional and integral, with the
// integral held while the drive is at its end.
func (p *plant) driveMotor() {
	gap := p.unit[protocol.QuantitySpeed].truth(p.speed) - p.motor
	drive := gap/motorGain + p.integral/motorReset
	if drive > 0 && drive < motorDrive {
		p.integral += gap
	}
	drive = min(max(drive, 0), motorDrive)
	load := p.motor * motorFriction / 10_000
	if p.inSkin() {
		load += motorSkinLoad * p.pos / fullStrokeNM
	}
	p.motor = max(0, p.motor+drive-load)
}

// extendMotor creeps from home to the lowest point and stays there.
func (p *plant) extendMotor() {
	p.integral = 0
	if p.phase >= camTurn/2 {
		p.motor = 0
		return
	}
	p.motor = min(creep, p.motor+motorDrive)
}

// parkMotor brakes to a creep and creeps until the cam has the needle in.
func (p *plant) parkMotor() {
	p.integral = 0
	switch {
	case p.phase == 0 && p.motor <= creep:
		p.motor = 0
	case p.motor > creep:
		p.motor = max(creep, p.motor-motorBrake)
	default:
		p.motor = min(creep, p.motor+motorDrive)
	}
}

// camDepth is how far out the cam holds the needle: a cubic rise to amplitude
// at half a turn and the same fall. The cubic stands for the cosine of an
// eccentric, from which it is 1 % of the stroke away at most.
func camDepth(phase, amplitude int64) int64 {
	const unit = 10_000
	u := phase * 2 * unit / camTurn
	if u > unit {
		u = 2*unit - u
	}
	return amplitude * (u * u * (3*unit - 2*u) / 1_000_000) / 1_000_000
}

func (p *plant) goal() int64 {
	if p.has(faultDepthOverrun) && p.target > 0 {
		return p.target + overrunNM
	}
	return p.target
}

func (p *plant) stepServo() {
	gap := p.goal() - p.pos
	if p.has(faultMotorStall) || p.hold {
		p.vel = 0
		return
	}
	if abs(gap) < servoNear && abs(p.vel) <= servoNearVel {
		p.pos += gap
		p.vel = 0
		return
	}
	want := min(isqrt(2*servoStop*abs(gap)), servoTop)
	faster, slower := int64(servoPush), int64(servoPush)
	if gap < 0 {
		want = -want
	} else if p.inSkin() { // tissue holds a needle on its way in
		faster -= p.pos / servoSkin
		slower += p.pos / servoSkin
	}
	p.vel += min(max(want-p.vel, -slower), faster)
	p.pos = max(0, p.pos+p.vel)
}

func abs(v int64) int64 {
	if v < 0 {
		return -v
	}
	return v
}

// isqrt is the whole part of the square root of v.
func isqrt(v int64) int64 {
	if v < 2 {
		return max(v, 0)
	}
	x := v
	for y := (x + 1) / 2; y < x; y = (x + v/x) / 2 {
		x = y
	}
	return x
}
