package sim

// The battery: one lithium-ion cell of size 18650, 2.8 Ah at 3.6 V, which are
// 10 Wh (such cells have 2.0 to 3.5 Ah). Its gauge counts energy. Chosen: half
// a watt for the controller, 3 W for a drive that turns, an amplifier of 60 %
// efficiency. Not modelled: the cell's resistance, age and temperature.
const (
	batteryFull  = 36_000_000_000_000 // nJ: 10 Wh
	batteryStart = batteryFull / 100 * 95
	idleUW       = 500_000
	motorUW      = 3_000_000
	rfEfficiency = 60 // per cent
	lowPercent   = 4  // SwitchBatteryLow
)

// The cable charges: 5 V and 500 mA, the most that USB 2.0 gives a configured
// device (section 7.2.1). Chosen: 85 % of it reach the cell, and a quarter near
// full, where a charger holds the voltage and the current falls.
const (
	chargeUW   = 2_500_000 * 85 / 100
	toppingUW  = chargeUW / 4
	toppedFrom = batteryFull / 100 * 95
	// bootCharge is what an empty cell must have before its protection lets the
	// pen start: 2 %, so that a start does not end in the next brown-out.
	bootCharge = batteryFull / 100 * 2
)

// stepBattery is n fine steps of the cell.
func (p *plant) stepBattery(n int64) {
	used := p.power * 100 / rfEfficiency
	if !p.dark {
		used += idleUW
	}
	if p.moving() {
		used += motorUW
	}
	if p.cable {
		if p.charge >= toppedFrom {
			used -= toppingUW
		} else {
			used -= chargeUW
		}
	}
	p.charge = min(max(0, p.charge-nanojoules(used)*n), batteryFull)
	if p.charge == 0 {
		p.empty = true
	} else if p.charge >= bootCharge {
		p.empty = false
	}
}

// battery is in percent, as the gauge says.
func (p *plant) battery() uint8 {
	if p.has(faultBatteryLow) {
		return lowPercent
	}
	return uint8(p.charge * 100 / batteryFull)
}
