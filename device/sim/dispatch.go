package sim

import "stipple/protocol"

// offers says whether this pen takes requests of type t: its descriptor says
// which families it lacks, SPEC.md section 8. A log can be read on any pen.
func (fw *firmware) offers(t protocol.Type) bool {
	d := &fw.model.desc
	switch t {
	case protocol.TypeLogErase, protocol.TypeLogNote:
		return d.LogKept > 0
	case protocol.TypeSelfTest, protocol.TypeSelfTestRead:
		return len(d.SelfTests) > 0
	case protocol.TypeCalRead, protocol.TypeCalWrite, protocol.TypeCalCommit, protocol.TypeCalRestore,
		protocol.TypeTestOutput, protocol.TypeTestRead:
		return len(d.Calibrations) > 0
	case protocol.TypeService:
		return len(d.Calibrations) > 0 || len(d.SelfTests) > 0
	case protocol.TypeFirmwareBegin, protocol.TypeFirmwareWrite, protocol.TypeFirmwareVerify, protocol.TypeFirmwareCommit,
		protocol.TypeFirmwareAbort, protocol.TypeFirmwareRead:
		return d.FirmwareUpdate
	}
	return t.Known()
}

// outputPossible says whether the next pull of the trigger can lead to an
// output, or one is going on: READY, TREATING, and a SERVICE output from the
// command that permits it until the needle is back.
func (fw *firmware) outputPossible() bool { return fw.arm.id != 0 || fw.output != nil }

// stateAllows says whether a request of type t may be done in the state that
// the pen is in. Requests that only ask may in every state.
func (fw *firmware) stateAllows(t protocol.Type) bool {
	standby, service := fw.state == protocol.StateStandby, fw.state == protocol.StateService && !fw.outputPossible()
	update := fw.state == protocol.StateUpdate
	switch t {
	case protocol.TypePutEnvelope, protocol.TypePutSettings, protocol.TypeArm:
		// A latched ESTOP or FAULT is an arm block and no hindrance to settings.
		return !fw.state.Armed() && fw.state != protocol.StateService && !update
	case protocol.TypeClear:
		return (fw.stopped || fw.fault != protocol.FaultNone) && !fw.rfMeasured()
	case protocol.TypeTipBind:
		return standby
	case protocol.TypeService:
		return standby || fw.state == protocol.StateService
	case protocol.TypeSelfTest, protocol.TypeCounterReset, protocol.TypeLogErase:
		return standby || service
	case protocol.TypeTestOutput, protocol.TypeCalWrite, protocol.TypeCalCommit, protocol.TypeCalRestore:
		return service
	case protocol.TypeCalRead, protocol.TypeUTCSet:
		return !fw.outputPossible()
	case protocol.TypeFirmwareBegin:
		return (standby || update) && fw.update.settled()
	case protocol.TypeFirmwareWrite, protocol.TypeFirmwareVerify, protocol.TypeFirmwareCommit, protocol.TypeFirmwareAbort:
		return update && fw.update.settled()
	}
	return true
}

// refusal is what comes before anything that a request asks for: the state
// first, so that a pen that can't anyway never tells roles, then the role.
func (fw *firmware) refusal(t protocol.Type, r protocol.Role) protocol.Code {
	switch {
	case !fw.stateAllows(t):
		return protocol.CodeState
	case !r.MaySend(t):
		return protocol.CodeRole
	}
	return protocol.CodeOK
}

// refused answers REJECTED and logs it.
func (fw *firmware) refused(t protocol.Type, code protocol.Code, field int, bound int32) protocol.Message {
	fw.eventLevel(protocol.EventRefused, protocol.LevelWarning, int32(code), int32(field))
	return rejected(t, code, field, bound)
}

// execute does one command and returns its reply.
func (fw *firmware) execute(m protocol.Message) protocol.Message {
	if fw.session.monitor {
		return rejected(m.Type(), protocol.CodeState, protocol.NoField, 0)
	}
	switch m := m.(type) {
	case *protocol.TipRead:
		if fw.tip == nil {
			return &protocol.TipInfo{}
		}
		return fw.tip.info()
	case *protocol.PutEnvelope:
		return fw.putEnvelope(m)
	case *protocol.PutSettings:
		return fw.putSettings(m)
	case *protocol.GetSettings:
		return fw.settingsReply(nil, fw.settings.active)
	case *protocol.SetRate:
		rate := min(max(m.PerSecond, protocol.StatusRate), protocol.MaxStatusRate)
		fw.report.every = stepsPerMS * 1000 / int64(rate)
		fw.report.next = min(fw.report.next, fw.steps+fw.report.every)
		return &protocol.Rate{PerSecond: rate}
	case *protocol.ResultOf:
		return fw.resultOf(m)
	case *protocol.Service:
		return fw.service(m)
	case *protocol.LogNote:
		return fw.note(m)
	case *protocol.SelfTestRead:
		return fw.selfTestReport()
	case *protocol.CountersRead:
		return fw.counters()
	case *protocol.FirmwareRead:
		return fw.firmwareState()
	case *protocol.TestRead:
		return fw.testRead()
	case protocol.Once:
		return fw.once(m, fw.effectOf(m))
	}
	return rejected(m.Type(), protocol.CodeUnsupported, protocol.NoField, 0)
}

// effectOf is what a command with an id does, once: its state and role are
// right, and its id is on record.
func (fw *firmware) effectOf(m protocol.Once) effect {
	return func() (protocol.Code, protocol.ArmBlocks) {
		switch m := m.(type) {
		case *protocol.Arm:
			return fw.armNow(m)
		case *protocol.Clear:
			return fw.clearNow(m)
		case *protocol.TestOutput:
			return fw.testOutput(m)
		case *protocol.FirmwareBegin:
			return fw.firmwareBegin(m)
		case *protocol.FirmwareVerify:
			return fw.firmwareVerify()
		case *protocol.FirmwareCommit:
			return fw.firmwareCommit(m)
		case *protocol.FirmwareAbort:
			return fw.firmwareAbort()
		case *protocol.CalCommit:
			return fw.calCommit(m), 0
		case *protocol.CalRestore:
			return fw.calRestore(m), 0
		case *protocol.TipBind:
			return fw.bindTip(m)
		case *protocol.SelfTest:
			return fw.selfTest(m)
		case *protocol.CounterReset:
			return fw.resetCounters(m)
		case *protocol.UTCSet:
			return fw.setUTC(m)
		case *protocol.LogErase:
			return fw.eraseLog(m)
		}
		return protocol.CodeUnsupported, 0
	}
}

// answer does one request of the bulk lane and returns its reply.
func (fw *firmware) answer(m protocol.Message) protocol.Message {
	writes := m.Type() == protocol.TypeCalWrite || m.Type() == protocol.TypeFirmwareWrite
	// CAL_WRITE looks at the state itself, with the event of a refusal.
	wrong := m.Type() != protocol.TypeCalWrite && !fw.stateAllows(m.Type())
	if wrong || writes && fw.session.monitor {
		return rejected(m.Type(), protocol.CodeState, protocol.NoField, 0)
	}
	switch m := m.(type) {
	case *protocol.DescriptorRead:
		return fw.descriptorChunk(m)
	case *protocol.PulseRead:
		return fw.pulsePage(m)
	case *protocol.FirmwareWrite:
		return fw.firmwareWrite(m)
	case *protocol.CalRead:
		return fw.calRead(m)
	case *protocol.CalWrite:
		return fw.calWrite(m)
	case *protocol.LogRead:
		return fw.logPage(m)
	}
	return rejected(m.Type(), protocol.CodeUnsupported, protocol.NoField, 0)
}
