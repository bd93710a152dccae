package sim

import "stipple/protocol"

// RF. A source of constant power within its voltage and current, which rises and
// falls with a time constant each: 84 V RMS was the rating of an early device,
// the rest is chosen. So is the impedance of dermis between rows of insulated
// needles, 180 Ω, ±10 % from spot to spot. Fat has a sixth of the conductivity
// of wet skin at 2 MHz (0.045 and 0.27 S/m by the model of S. Gabriel and
// others, Phys Med Biol 1996;41:2271); where it begins and what a mm of it adds
// is chosen. Conductivity of tissue rises by 1.5 to 2 % per kelvin until it
// dries (Haemmerich, Biophysics of radiofrequency ablation), above 100 °C
// impedance jumps (Haines and Verow, Circulation 1990;82:1034); how fast it
// rises while drying is chosen.
const (
	rfVolt2      = 14_400        // V²: 120 V
	rfAmp2       = 640           // µW per mΩ: 0.8 A squared
	rfRise       = 283           // per mille of the gap a step: time constant 0.3 ms
	rfFall       = 487           // 0.15 ms
	rfDark       = 1000          // µW: below it the amplifier is off
	rfLeakUW     = 2_000_000     // SwitchRFLeak
	spotOhm      = 180           // Ω
	spotScatter  = 1000          // ±10 %
	fatFrom      = 2_500_000     // nm: deeper, fat adds to it
	fatOhmPerMM  = 60            // Ω per mm
	zCoefficient = 15            // per mille per kelvin
	zFloor       = 500           // per mille: no less than half
	dryFrom      = 95_000_000    // µ°C
	dryPerKelvin = 100           // per mille per kelvin above dryFrom
	spikeFactor  = 6             // SwitchImpedanceSpike
	maxOhm       = 20_000 * 1000 // mΩ: what the sensor can say
)

// Heat. 2 mJ/K a pin is 0.54 mm³ of tissue of 3.7 MJ/m³K (dermis: 3,224 J/kgK,
// 0.37 W/mK, Ye and De, Burns 2017;43:909, table 3; 1.15 kg/l), a ball of 0.5
// mm round an insulated pin's end; histology shows columns of 0.1 to 0.3 mm
// coagulated within it (Manuskiatti, 10.1155/2016/6939018). It cools with 0.2
// s: chosen between the thermal relaxation r²/4α of such a column, up to 0.2 s
// for 0.28 mm, and of the ball, 0.6 s. 10 W for 100 ms on 25 pins then reaches
// 53 °C, near the threshold of coagulation, 25 W reaches 75 °C. Chosen: how
// fast the tip's sensor follows, and the temperatures of skin, dermis and tip.
const (
	pinCapacity = 2           // mJ/K
	zoneCooling = 2000        // steps
	tipIn       = 300         // steps: 30 ms, tip in tissue
	tipOut      = 20_000      // steps: 2 s, tip in air or on the skin
	skinTemp    = 33_000_000  // µ°C
	bodyTemp    = 35_000_000  // µ°C, dermis
	airTemp     = 28_000_000  // µ°C, inside a hand-held tip
	boiling     = 101_000_000 // µ°C: steam takes what is beyond
)

// impedance is that of the circuit in mΩ, 0 for an open one. A load across the
// tip is all of it: it is resistance alone, and what happens to needle, pins
// and tissue does not change it.
func (p *plant) impedance() int64 {
	switch {
	case !p.rf:
		return 0
	case p.load > 0 && p.tipOn:
		return p.load
	case !p.inSkin():
		return 0
	}
	z := p.spot + max(0, p.needle()-fatFrom)*fatOhmPerMM/1000
	f := int64(1000)
	if over := p.zone - bodyTemp; over > 0 {
		f = max(zFloor, 1000-over/1_000_000*zCoefficient)
	}
	if dry := p.zone - dryFrom; dry > 0 {
		f += dry / 10_000 * dryPerKelvin / 100
	}
	z = z * f / 1000
	if p.has(faultImpedanceSpike) {
		z *= spikeFactor
	}
	if p.has(faultOpenPin) && p.pins > 1 {
		z = z * p.pins / (p.pins - 1)
	}
	return min(z, maxOhm)
}

// amplified is what the amplifier makes of what it is told, raw, into a load that
// takes it; 0 is off.
func (p *plant) amplified(set int64) int64 {
	if set != 0 {
		set = max(0, p.unit[protocol.QuantityPower].truth(set))
	}
	switch {
	case p.has(faultAmplifierHigh):
		set = set * 130 / 100
	case p.has(faultAmplifierLow):
		set = set * 70 / 100
	}
	if p.has(faultRFLeak) {
		set = max(set, rfLeakUW)
	}
	return set
}

func (p *plant) stepRF() {
	if !p.rf {
		return
	}
	want := p.amplified(p.rfSet)
	z := p.impedance()
	if z == 0 || !p.supply {
		want = 0
	} else {
		byVolt := rfVolt2 * 1_000_000_000 / z
		want = min(want, byVolt, rfAmp2*z)
	}
	if want > p.power {
		p.power += max(1, (want-p.power)*rfRise/1000)
	} else {
		p.power -= (p.power - want) * rfFall / 1000
	}
	if want == 0 && p.power < rfDark {
		p.power = 0
	}
	p.delivered += nanojoules(p.power)
}

// surround is the temperature of what the tip's end is in.
func (p *plant) surround() int64 {
	if p.contact {
		return skinTemp
	}
	return airTemp
}

func (p *plant) stepHeat(n int64) {
	if p.pins > 0 && p.power > 0 && p.load == 0 {
		p.zone += nanojoules(p.power) * n / (pinCapacity * p.pins)
	}
	rest := int64(skinTemp)
	if p.needle() > neededForSkin {
		rest = bodyTemp
	}
	p.zone = min(p.zone-(p.zone-rest)*n/zoneCooling, boiling)
	if p.inSkin() {
		p.tip += (p.zone - p.tip) * n / tipIn
	} else {
		p.tip += (p.surround() - p.tip) * n / tipOut
	}
}
