package protocol

import "math"

// serviceCases are what a technician and a service engineer send, and the tip
// and the counters beside it.
func serviceCases() []typeCases {
	return append(append(tipCases(), counterCases()...), outputCases()...)
}

func tipCases() []typeCases {
	noTreatment := (&TipBind{CommandID: 1, Role: RoleClinician, TipID: 9}).AppendPayload(nil)
	return []typeCases{
		{TypeTipBind, "treatment_id", []sample{
			{"rf", "the tip that is on, for one treatment", &TipBind{CommandID: sampleCommand + 3, Role: RoleClinician, TipID: 0x00C0FFEE, TreatmentID: sampleTreatment()}},
			{"no_tip", "tip 0 decodes; the pen refuses it with TIP", &TipBind{CommandID: 1, Role: RoleSeniorClinician, TreatmentID: [16]byte{15: 1}}},
			{"wrong_role", "a role that may not: the pen refuses it with ROLE", &TipBind{CommandID: math.MaxUint64, Role: RoleAdministrator, TipID: math.MaxUint32, TreatmentID: [16]byte{0: 0xFF}}},
		}, []broken{{"treatment_zero", "a treatment id of zeros is none", noTreatment, "treatment_id"}}},
	}
}

func counterCases() []typeCases {
	return []typeCases{
		{TypeCountersRead, "", []sample{{"plain", "no payload", &CountersRead{}}}, nil},
		{TypeCounters, "battery_cycles", []sample{
			{"rf", "a pen two years old, serviced half a year ago", &Counters{Boots: 7, Pulses: 14_200, MotorSeconds: 51_840, RFSeconds: 1420, ServicePulses: 3100, ServiceMotor: 11_000, ServiceRF: 310, BatteryCycles: 212}},
			{"new", "a pen at its first boot", &Counters{Boots: 1}},
			{"highest", "every count at its end", &Counters{Boots: math.MaxUint32, Pulses: math.MaxUint32, MotorSeconds: math.MaxUint32, RFSeconds: math.MaxUint32,
				ServicePulses: math.MaxUint32, ServiceMotor: math.MaxUint32, ServiceRF: math.MaxUint32, BatteryCycles: math.MaxUint16}},
		}, nil},
		{TypeCounterReset, "seen", []sample{
			{"shown", "the technician was shown 3,100 pulses", &CounterReset{CommandID: sampleCommand + 4, Role: RoleTechnician, Seen: 3100}},
			{"none", "no pulse since the last service", &CounterReset{CommandID: 1, Role: RoleServiceEngineer}},
			{"wrong_role", "a clinician: the pen refuses it with ROLE", &CounterReset{CommandID: math.MaxUint64, Role: RoleClinician, Seen: math.MaxUint32}},
		}, nil},
		{TypeUTCSet, "utc", []sample{
			{"today", "2026-11-25 20:00:00 at pen clock 93 s", &UTCSet{CommandID: sampleCommand + 5, Role: RoleTechnician, Clock: 93_000_000, UTC: 1_795_636_800_000_000}},
			{"before_2020", "decodes; the pen refuses it with RANGE", &UTCSet{CommandID: 1, Role: RoleAdministrator, Clock: 1, UTC: 1}},
			{"highest", "a clock that no pen has reached: refused with RANGE", &UTCSet{CommandID: math.MaxUint64, Role: RoleServiceEngineer, Clock: math.MaxUint64, UTC: math.MaxUint64}},
		}, nil},
	}
}

func outputCases() []typeCases {
	zeroOutput := (&TestOutput{CommandID: 0x0102030400000000, Role: RoleTechnician, Duration: 1}).AppendPayload(nil)
	passedUndone := (&SelfTestReport{Clock: 1, Done: TestMemory, Passed: TestMemory | TestProgram}).AppendPayload(nil)
	crowd := &SelfTestReport{Clock: math.MaxUint64, Done: math.MaxUint16, Passed: math.MaxUint16}
	for i := range uint8(MaxParameters) {
		crowd.Readings = append(crowd.Readings, Reading{i, -int32(i)})
	}
	manyReadings := crowd.AppendPayload(nil)
	manyReadings[12]++
	return []typeCases{
		{TypeService, "flags", []sample{
			{"enter", "from STANDBY to SERVICE", &Service{Role: RoleTechnician, Enter: true}},
			{"leave", "back to STANDBY", &Service{Role: RoleServiceEngineer}},
			{"wrong_role", "a clinician: the pen refuses it with ROLE", &Service{Role: RoleClinician, Enter: true}},
		}, nil},
		{TypeServiceMode, "state", []sample{
			{"service", "the pen is in SERVICE", &ServiceMode{State: StateService}},
			{"standby", "the pen is in STANDBY", &ServiceMode{State: StateStandby}},
			{"unknown", "a state of a later version is kept as a number", &ServiceMode{State: 200}},
		}, nil},
		{TypeSelfTest, "tests", []sample{
			{"all", "every test that the pen has", &SelfTest{CommandID: sampleCommand + 6, Role: RoleTechnician}},
			{"two", "supply and battery", &SelfTest{CommandID: 1, Role: RoleServiceEngineer, Tests: TestSupply | TestBattery}},
			{"unknown", "a test that no pen has: refused with RANGE", &SelfTest{CommandID: math.MaxUint64, Role: RoleTechnician, Tests: 1 << 15}},
		}, nil},
		{TypeSelfTestRead, "", []sample{{"plain", "no payload", &SelfTestRead{}}}, nil},
		{TypeSelfTestReport, "reading_count", []sample{
			{"none", "nothing tested since boot", &SelfTestReport{}},
			{"one_failed", "the amplifier gives 830 mW in place of 1 W", &SelfTestReport{Clock: 93_000_000, Done: TestMemory | TestSupply | TestAmplifier, Passed: TestMemory | TestSupply,
				Readings: []Reading{{0, 0}, {3, 3702}, {9, 830}}}},
			{"most", "sixteen readings", crowd},
		}, []broken{
			{"passed_undone", "a test that passed and was not done", passedUndone, "passed"},
			{"too_many", "seventeen readings", manyReadings, "reading_count"},
		}},
		{TypeTestOutput, "not_after", []sample{
			{"power", "10 W into 250 Ω for 500 ms", &TestOutput{CommandID: sampleCommand + 7, Role: RoleTechnician, Quantity: QuantityPower, Value: 10_000, Duration: 500, Load: 250, NotAfter: 93_400_000}},
			{"depth_raw", "1.5 mm as the drive counts it, for 2 s", &TestOutput{CommandID: 1, Role: RoleServiceEngineer, Quantity: QuantityDepth, Raw: true, Value: 1500, Duration: 2000, NotAfter: 5}},
			{"unknown_quantity", "decodes; the pen refuses it with RANGE", &TestOutput{CommandID: math.MaxUint64, Role: 255, Quantity: 255, Value: math.MinInt32, Duration: math.MaxUint16, Load: math.MaxUint16, NotAfter: math.MaxUint64}},
		}, []broken{{"arm_id_zero", "the low 32 bits of the command id are 0", zeroOutput, "command_id"}}},
		{TypeTestRead, "", []sample{{"plain", "no payload", &TestRead{}}}, nil},
		{TypeTestReport, "peak_temp", []sample{
			{"power", "10 W for 500 ms, to its end", &TestReport{CommandID: sampleCommand + 7, Quantity: QuantityPower, Result: PulseComplete, Set: 10_000, Mean: 9930, Min: 9870, Max: 10_010,
				Duration: 500, Energy: 4_965_000, ImpedanceMin: 247, Impedance: 249, ImpedanceMax: 251, PeakTemp: 3120}},
			{"open", "permitted, the trigger has not been pulled yet", &TestReport{CommandID: 1, Quantity: QuantityDepth, Raw: true, Set: 1500}},
			{"none", "no output since boot", &TestReport{}},
			{"load", "something else than the declared load was on the tip", &TestReport{CommandID: 2, Quantity: QuantityPower, Result: PulseLoad, Set: 10_000, ImpedanceMin: 90, Impedance: 90, ImpedanceMax: 90, PeakTemp: -250}},
		}, nil},
	}
}
