package conformance

import "slices"

// Cases lists every case in the order in which they are run: reading first,
// then what changes settings, arms, stops, and last what gives energy and cuts
// the supply. The names are stable.
func Cases() []Case {
	return slices.Concat(
		frameCases(), laneCases(), payloadCases(), vectorCases(), exchangeCases(), helloCases(), descriptorCases(), timeCases(), statusCases(),
		envelopeCases(), settingsCases(), rangeCases(), armCases(), disarmCases(), leaseCases(), stopCases(), clearCases(),
		onceCases(), eventCases(), tipCases(), triggerCases(), blockCases(), replayCases(), floodCases(),
		roleCases(), logCases(), serviceCases(), outputCases(), calibrationCases(), updateCases(),
		energyCases(), guardCases(), ledgerCases(), benchCases(), datedCases(), rebootCases(),
		alwaysCases(),
	)
}
