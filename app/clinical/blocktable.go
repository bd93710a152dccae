package clinical

// blockTable is every block in order of severity. A row is added here and
// nowhere else.
func blockTable() []blockRow {
	return append(append(penBlocks(), patientBlocks()...), readinessBlocks()...)
}

// penBlocks are about the pen and what it may be told.
func penBlocks() []blockRow {
	return []blockRow{
		{BlockEmergencyStop, func(f Facts) Fact { return f.EmergencyStopReleased }, "",
			"Stopped", always("release the trigger, then clear the stop")},
		{BlockFault, func(f Facts) Fact { return f.NoFault }, "",
			"The pen reports a fault", always("see the alarm, then clear it")},
		{BlockLink, func(f Facts) Fact { return f.LinkAlive }, "",
			"No pen is answering", always("plug in the pen, or use the simulated one")},
		{BlockVersion, func(f Facts) Fact { return f.VersionSupported }, "",
			"This pen can only be watched", always("use a pen with firmware for this version of the link")},
		{BlockRecords, func(f Facts) Fact { return f.RecordsRead }, "",
			"The records are not read yet", always("wait; if it stays, see the alarm about the disk")},
		{BlockClosing, func(f Facts) Fact { return f.RunClosed }, "",
			"The last pulses of the run before are on their way", always("wait a few seconds")},
		{BlockUncertain, func(f Facts) Fact { return f.OutcomeKnown }, "",
			"How the last run ended is not known", always("compare with the pen's own record and sign the result")},
		{BlockLimits, func(f Facts) Fact { return f.LimitsAgree }, "",
			"Pen and console disagree on the limits", always("apply the settings again; if it stays, use another pen")},
		{BlockLibrary, func(f Facts) Fact { return f.LibraryApproved }, "Library approved",
			"The limit library is not approved", always("a senior clinician approves it under Clinic")},
	}
}

// patientBlocks are about who is treated, by whom, and with which tip.
func patientBlocks() []blockRow {
	return []blockRow{
		{BlockScreening, func(f Facts) Fact { return f.ScreeningPassed }, "Screening",
			"Screening says no", either(func(f Facts) string { return f.ScreeningReason }, "open screening")},
		{BlockOperator, func(f Facts) Fact { return f.OperatorMayTreat }, "",
			"Nobody who may treat is signed in", always("a clinician signs in")},
		{BlockPatient, func(f Facts) Fact { return f.PatientChosen }, "",
			"No patient is chosen", always("choose a patient")},
		{BlockPlace, func(f Facts) Fact { return f.PlaceChosen }, "",
			"Indication or zone is not chosen", always("choose both above the controls")},
		{BlockConsent, func(f Facts) Fact { return f.ConsentGiven }, "Consent",
			"Consent for today is missing", always("open consent")},
		{BlockTestSpot, rfOnDark(func(f Facts) Fact { return f.TestSpotDone }), "Test spot",
			"A test spot is required for RF on skin types V-VI and unknown", always("do a test spot first")},
		{BlockTipMissing, func(f Facts) Fact { return f.TipPresent }, "Tip on the pen",
			"No tip on the pen", always("mount a new sterile tip")},
		{BlockTipExpired, func(f Facts) Fact { return f.TipInDate }, "",
			"The tip has expired", always("mount a tip that is in date")},
		{BlockTipUsed, func(f Facts) Fact { return f.TipFree }, "",
			"The tip was used in another treatment or over 12 hours ago", always("mount a new sterile tip")},
		{BlockTipUnknown, rfOnly(func(f Facts) Fact { return f.TipKnown }), "",
			"The tip does not say how many pins it has", always("mount a tip that the pen can read")},
	}
}

// readinessBlocks are about what can be mended at the pen or the controls.
func readinessBlocks() []blockRow {
	return []blockRow{
		{BlockCalibrationRF, rfOnly(func(f Facts) Fact { return calibrated(f.CalibrationRF, true) }), "RF calibrated",
			"The RF calibration is expired or out of tolerance", always("have a technician calibrate the RF power")},
		{BlockCalibrationDepth, func(f Facts) Fact { return calibrated(f.CalibrationDepth, false) }, "Depth calibrated",
			"The depth calibration is overdue", always("have a technician calibrate the depth")},
		{BlockCalibrationSpeed, func(f Facts) Fact { return calibrated(f.CalibrationSpeed, false) }, "Speed calibrated",
			"The speed calibration is overdue", always("have a technician calibrate the speed")},
		{BlockNotTreatable, func(f Facts) Fact { return f.Treatable }, "",
			"Not treatable like this", either(func(f Facts) string { return f.NotTreatable }, "choose another zone, indication or tip")},
		{BlockSettings, func(f Facts) Fact { return f.SettingsApplied }, "Settings applied",
			"Settings not applied", either(settingsRemedy, "check the settings, then Apply")},
		{BlockSelfTest, func(f Facts) Fact { return f.SelfTestPassed }, "",
			"The pen's self-test has not passed", always("wait for it, or unplug the pen and plug it in again")},
		{BlockTemperature, func(f Facts) Fact { return f.TemperatureInRange }, "",
			"The pen's temperature is out of range", always("let the pen cool or warm up")},
		{BlockBattery, func(f Facts) Fact { return f.BatteryCharged }, "",
			"The pen's battery is too low", always("charge the pen")},
		{BlockTrigger, func(f Facts) Fact { return f.TriggerReleased }, "",
			"The trigger is held", always("release the trigger")},
		{BlockService, func(f Facts) Fact { return f.ServiceModeOff }, "",
			"The pen is in service mode", always("leave service mode")},
		{BlockClock, func(f Facts) Fact { return f.ClockInOrder }, "",
			"The laptop's clock is behind the newest record", always("set the clock of the laptop")},
	}
}

// warningTable is every warning in order of weight.
func warningTable() []blockRow {
	return []blockRow{
		{WarnNumbing, func(f Facts) Fact { return f.NumbingOver }, "Numbing",
			"The numbing time is not over", always("wait, or treat without its full effect")},
		{WarnInterval, func(f Facts) Fact { return f.IntervalKept }, "",
			"This session is early in the series", always("check the date of the last session")},
		{WarnAge, func(f Facts) Fact { return f.AgeInsideLabel }, "",
			"The patient's age is outside the label", always("a clinician decides")},
		{WarnCleared, func(f Facts) Fact { return f.UseCleared }, "",
			"This use is outside the cleared indications", always("a clinician decides")},
		{WarnInsulation, rfOnDark(func(f Facts) Fact { return f.TipInsulated }), "",
			"Insulated pins are preferred on skin types V-VI and unknown", always("mount an insulated tip")},
		{WarnCalibrationDepth, func(f Facts) Fact { return outsideGrace(f.CalibrationDepth) }, "",
			"The depth calibration is due", always("have a technician calibrate the depth")},
		{WarnCalibrationSpeed, func(f Facts) Fact { return outsideGrace(f.CalibrationSpeed) }, "",
			"The speed calibration is due", always("have a technician calibrate the speed")},
		{WarnBackup, func(f Facts) Fact { return f.BackupUpToDate }, "",
			"The last backup is too old", always("make a backup")},
		{WarnSound, func(f Facts) Fact { return f.SoundDeviceHere }, "",
			"Alarms make no sound on this laptop", always("connect a loudspeaker")},
	}
}
