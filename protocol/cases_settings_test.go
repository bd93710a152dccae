package protocol

import "math"

func settingsCases() []typeCases {
	env := sampleEnvelope()
	plain := Envelope{PulsesPerSpot: 1, Pins: 12, Ranges: []Range{{0, 0, 1500}, {1, 3000, 9000}}}
	full := Envelope{DosePerPin: math.MaxUint32, PulsesPerSpot: 255, Pins: math.MaxUint16}
	reply := &SettingsReply{Applied: true, Generation: 3, TipID: 0x00C0FFEE, Pins: 25, CalRev: 4, Hash: sampleConfirmation().Hash(), Values: []int32{1500, 60, 10_000, 100}}
	put, refused, dose := *reply, *reply, *reply
	put.Verdicts = []Verdict{{0, CodeOK, 0}, {1, CodeOK, 0}, {2, CodeOK, 0}, {3, CodeOK, 0}}
	refused.Applied, refused.Verdicts = false, []Verdict{{0, CodeAboveLimit, 1500}, {1, CodeOK, 0}, {2, CodeOK, 0}, {3, CodeStep, 10}}
	dose.Applied, dose.Verdicts = false, []Verdict{{0, CodeOK, 0}, {1, CodeOK, 0}, {2, CodeDose, 100_000}, {3, CodeDose, 100_000}}
	most := &PutSettings{Generation: math.MaxUint32}
	crowd := &SettingsReply{Generation: 1}
	for i := range uint8(MaxParameters) {
		full.Ranges = append(full.Ranges, Range{i, math.MinInt32, math.MaxInt32})
		most.Fields = append(most.Fields, Field{i, -1})
		crowd.Values = append(crowd.Values, int32(i)<<24)
		crowd.Verdicts = append(crowd.Verdicts, Verdict{i, CodeOK, 0})
	}
	manyRanges := full.append(nil)
	manyRanges[7]++
	manyFields := most.AppendPayload(nil)
	manyFields[4]++
	manyValues := crowd.AppendPayload(nil)
	manyValues[23]++
	manyVerdicts := crowd.AppendPayload(nil)
	manyVerdicts[24+4*MaxParameters]++
	return []typeCases{
		{TypePutEnvelope, "role", []sample{
			{"rf", "limits of an RF treatment", &PutEnvelope{env, RoleClinician}},
			{"needling", "limits of a needling treatment", &PutEnvelope{plain, RoleSeniorClinician}},
			{"most", "sixteen parameters, every field at its highest", &PutEnvelope{full, 255}},
		}, []broken{{"too_many", "seventeen ranges", manyRanges, "range_count"}}},
		{TypeEnvelope, "range_max", []sample{
			{"rf", "the envelope now in force", &EnvelopeReply{env}},
			{"needling", "on a needling pen", &EnvelopeReply{plain}},
			{"most", "sixteen parameters, every field at its highest", &EnvelopeReply{full}},
		}, []broken{{"too_many", "seventeen ranges", manyRanges, "range_count"}}},
		{TypePutSettings, "role", []sample{
			{"rf", "1.5 mm, 60 stamps a minute, 10 W, 100 ms", &PutSettings{3, []Field{{0, 1500}, {1, 60}, {2, 10_000}, {3, 100}}, RoleClinician}},
			{"needling", "1.0 mm, 6,000 strokes a minute", &PutSettings{1, []Field{{0, 1000}, {1, 6000}}, RoleSeniorClinician}},
			{"most", "sixteen fields", most},
		}, []broken{{"too_many", "seventeen fields", manyFields, "field_count"}}},
		{TypeGetSettings, "", []sample{{"plain", "no payload", &GetSettings{}}}, nil},
		{TypeSettings, "verdict_count", []sample{
			{"applied", "the answer to GET_SETTINGS", reply},
			{"put", "the answer to a PUT_SETTINGS that was taken", &put},
			{"refused", "two fields of a PUT_SETTINGS refused: the older settings stay", &refused},
			{"dose", "every value fits, their product does not", &dose},
			{"none", "nothing active yet: the descriptor's defaults", &SettingsReply{TipID: 9, Pins: 12, CalRev: 1, Values: []int32{250, 5000}}},
			{"most", "sixteen values and sixteen verdicts", crowd},
		}, []broken{
			{"too_many_values", "seventeen values", manyValues, "value_count"},
			{"too_many_verdicts", "seventeen verdicts", manyVerdicts, "verdict_count"},
		}},
	}
}

func armCases() []typeCases {
	zeroArm := (&Arm{CommandID: 0xFFFFFFFF00000000, NotAfter: 1}).AppendPayload(nil)
	return []typeCases{
		{TypeArm, "role", []sample{
			{"rf", "READY for exactly these settings, within 400 ms", &Arm{CommandID: sampleCommand, SettingsHash: sampleHash(), TreatmentID: sampleTreatment(), NotAfter: 93_000_000, Role: RoleClinician}},
			{"lowest", "the lowest arm id", &Arm{CommandID: 1, NotAfter: math.MaxUint64}},
			{"wrong_role", "a technician: the pen refuses it with ROLE", &Arm{CommandID: math.MaxUint64, SettingsHash: sampleHash(), TreatmentID: sampleTreatment(), NotAfter: 93_000_000, Role: RoleTechnician}},
		}, []broken{{"arm_id_zero", "the low 32 bits of the command id are 0", zeroArm, "command_id"}}},
		{TypeClear, "role", []sample{
			{"stop", "clear an ESTOP", &Clear{CommandID: sampleCommand + 1, Role: RoleClinician}},
			{"fault", "clear a fault that the operator was shown", &Clear{CommandID: sampleCommand + 2, Fault: FaultMotorStall, Role: RoleTechnician}},
			{"no_role", "without a role: the pen refuses it with ROLE", &Clear{CommandID: math.MaxUint64, Fault: 255}},
		}, nil},
		{TypeResultOf, "command_id", []sample{
			{"arm", "what became of this ARM", &ResultOf{CommandID: sampleCommand}},
			{"highest", "the highest id", &ResultOf{CommandID: math.MaxUint64}},
			{"zero", "an id of 0 is one like any other", &ResultOf{}},
		}, nil},
		{TypeResult, "arm_blocks", []sample{
			{"done", "carried out", &Result{CommandID: sampleCommand, Outcome: OutcomeDone}},
			{"blocked", "refused: tip used, trigger held", &Result{CommandID: sampleCommand, Outcome: OutcomeRejected, Code: CodeBlocked, ArmBlocks: BlockTipUsed | BlockTriggerHeld}},
			{"never_seen", "never arrived, and burnt now", &Result{CommandID: 5, Outcome: OutcomeNeverSeen}},
			{"running", "not finished: ask again", &Result{CommandID: sampleCommand + 6, Outcome: OutcomeRunning}},
			{"unknown", "an outcome and a code of a later version are kept as numbers", &Result{CommandID: math.MaxUint64, Outcome: 200, Code: 200, ArmBlocks: math.MaxUint16}},
		}, nil},
	}
}
