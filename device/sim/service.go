package sim

import "stipple/protocol"

// service is SERVICE: into the state for calibration and tests, or out of it.
func (fw *firmware) service(m *protocol.Service) protocol.Message {
	if code := fw.refusal(m.Type(), m.Role); code != protocol.CodeOK {
		return fw.refused(m.Type(), code, protocol.NoField, 0)
	}
	if m.Enter {
		fw.enter(protocol.StateService)
	} else {
		fw.leave("service")
	}
	return &protocol.ServiceMode{State: fw.state}
}

// enter goes to SERVICE or UPDATE. What happens there must not leave settings
// behind that an operator confirmed for the pen as it was before.
func (fw *firmware) enter(mode protocol.State) {
	fw.mode = mode
	fw.settings.confirmed = false
	fw.settle("mode " + mode.String())
}

// leave goes from SERVICE or UPDATE to STANDBY, with an output ended as DISARM
// ends it.
func (fw *firmware) leave(cause string) {
	fw.mode = protocol.StateStandby
	if fw.arm.id != 0 {
		fw.disarm(protocol.PulseDisarmed, cause)
	}
	fw.settle(cause)
}
