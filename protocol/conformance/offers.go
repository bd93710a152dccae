package conformance

import (
	"stipple/protocol"
)

// offers says whether the pen's descriptor has the family that a request
// belongs to; section 8.
func (s *suite) offers(typ protocol.Type) bool {
	d := s.desc
	switch typ {
	case protocol.TypeLogNote, protocol.TypeLogErase:
		return d.LogKept > 0
	case protocol.TypeCalRead, protocol.TypeCalWrite, protocol.TypeCalCommit, protocol.TypeCalRestore, protocol.TypeTestOutput, protocol.TypeTestRead:
		return len(d.Calibrations) > 0
	case protocol.TypeSelfTest, protocol.TypeSelfTestRead:
		return len(d.SelfTests) > 0
	case protocol.TypeService:
		return len(d.Calibrations) > 0 || len(d.SelfTests) > 0
	case protocol.TypeFirmwareBegin, protocol.TypeFirmwareWrite, protocol.TypeFirmwareVerify, protocol.TypeFirmwareCommit,
		protocol.TypeFirmwareAbort, protocol.TypeFirmwareRead:
		return d.FirmwareUpdate
	}
	return typ.Known() && !typ.FromPen()
}

// needs ends the case where the pen does not offer a request.
func (t *trial) needs(typ protocol.Type) {
	if !t.over() && !t.s.offers(typ) {
		t.skip("%v is not offered by this pen", typ)
	}
}

// quantity is the first that this pen has a calibration of.
func (s *suite) quantity() protocol.Quantity {
	for _, name := range s.desc.Calibrations {
		if q, ok := protocol.QuantityNamed(name); ok {
			return q
		}
	}
	return protocol.QuantityDepth
}

// service takes the pen to SERVICE.
func (t *trial) service() {
	t.needs(protocol.TypeService)
	mark := t.mark()
	r := ask[protocol.ServiceMode](t, &protocol.Service{Role: protocol.RoleTechnician, Enter: true})
	t.want(t.over() || r.State == protocol.StateService, "SERVICE_MODE with state SERVICE", "%s", r.State)
	t.awaitState(protocol.StateService, mark)
}
