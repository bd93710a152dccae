package sim

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"stipple/protocol"
)

// idle is a pen after its self-test, with a console that has a session.
func (b *bench) idle() *console {
	b.t.Helper()
	c := b.console()
	b.sleep(selfTestTime + 50*time.Millisecond)
	c.hello(1)
	return c
}

// service takes the pen to SERVICE or out of it.
func (c *console) service(enter bool) protocol.State {
	c.t.Helper()
	m, ok := c.ask(&protocol.Service{Role: protocol.RoleTechnician, Enter: enter}).(*protocol.ServiceMode)
	if !ok {
		c.t.Fatalf("SERVICE got %#v", m)
	}
	return m.State
}

// asked is one request that a role is needed for, and the state that it is for.
type asked struct {
	make  func(id uint64, r protocol.Role, now protocol.PenClock) protocol.Message
	state protocol.State // 0: STANDBY
}

// changing are requests of every type that needs a role. None of them would do
// anything that the next one minds.
func changing() map[protocol.Type]asked {
	type clock = protocol.PenClock
	const service, update = protocol.StateService, protocol.StateUpdate
	return map[protocol.Type]asked{
		protocol.TypePutEnvelope: {make: func(_ uint64, r protocol.Role, _ clock) protocol.Message {
			return &protocol.PutEnvelope{Envelope: rfEnvelope(), Role: r}
		}},
		protocol.TypePutSettings: {make: func(_ uint64, r protocol.Role, _ clock) protocol.Message {
			return &protocol.PutSettings{Generation: 9, Fields: rfSettings(100), Role: r}
		}},
		protocol.TypeArm: {make: func(id uint64, r protocol.Role, now clock) protocol.Message {
			return &protocol.Arm{CommandID: id, NotAfter: now.Add(time.Millisecond * 400), Role: r}
		}},
		protocol.TypeClear: {make: func(id uint64, r protocol.Role, _ clock) protocol.Message {
			return &protocol.Clear{CommandID: id, Role: r}
		}, state: protocol.StateStopped},
		protocol.TypeTipBind: {make: func(id uint64, r protocol.Role, _ clock) protocol.Message {
			return &protocol.TipBind{CommandID: id, Role: r, TreatmentID: treatment}
		}},
		protocol.TypeCounterReset: {make: func(id uint64, r protocol.Role, _ clock) protocol.Message {
			return &protocol.CounterReset{CommandID: id, Role: r, Seen: 99}
		}},
		protocol.TypeService: {make: func(_ uint64, r protocol.Role, _ clock) protocol.Message {
			return &protocol.Service{Role: r, Enter: true}
		}},
		protocol.TypeSelfTest: {make: func(id uint64, r protocol.Role, _ clock) protocol.Message {
			return &protocol.SelfTest{CommandID: id, Role: r, Tests: 1 << 15}
		}},
		protocol.TypeTestOutput: {make: func(id uint64, r protocol.Role, _ clock) protocol.Message {
			return &protocol.TestOutput{CommandID: id, Role: r, Quantity: protocol.QuantityDepth, Value: 1000, Duration: 0}
		}, state: service},
		protocol.TypeCalWrite: {make: func(_ uint64, r protocol.Role, _ clock) protocol.Message {
			return &protocol.CalWrite{Role: r, Table: []byte{1}}
		}, state: service},
		protocol.TypeCalCommit: {make: func(id uint64, r protocol.Role, _ clock) protocol.Message {
			return &protocol.CalCommit{CommandID: id, Role: r}
		}, state: service},
		protocol.TypeCalRestore: {make: func(id uint64, r protocol.Role, _ clock) protocol.Message {
			return &protocol.CalRestore{CommandID: id, Role: r}
		}, state: service},
		protocol.TypeUTCSet: {make: func(id uint64, r protocol.Role, _ clock) protocol.Message {
			return &protocol.UTCSet{CommandID: id, Role: r}
		}},
		protocol.TypeLogErase: {make: func(id uint64, r protocol.Role, _ clock) protocol.Message {
			return &protocol.LogErase{CommandID: id, Role: r, UpTo: 1}
		}},
		protocol.TypeLogNote: {make: func(_ uint64, r protocol.Role, _ clock) protocol.Message { return &protocol.LogNote{Role: r} }},
		protocol.TypeFirmwareBegin: {make: func(id uint64, r protocol.Role, _ clock) protocol.Message {
			return &protocol.FirmwareBegin{CommandID: id, Role: r, Length: protocol.MaxFirmware}
		}},
		protocol.TypeFirmwareVerify: {make: func(id uint64, r protocol.Role, _ clock) protocol.Message {
			return &protocol.FirmwareVerify{CommandID: id, Role: r}
		}, state: update},
		protocol.TypeFirmwareCommit: {make: func(id uint64, r protocol.Role, _ clock) protocol.Message {
			return &protocol.FirmwareCommit{CommandID: id, Role: r}
		}, state: update},
		protocol.TypeFirmwareAbort: {make: func(id uint64, r protocol.Role, _ clock) protocol.Message {
			return &protocol.FirmwareAbort{CommandID: id, Role: r}
		}, state: update},
	}
}

// put brings the pen into a state without the link.
func (b *bench) put(state protocol.State) {
	b.t.Helper()
	b.do(b.pen.call(func() {
		fw := b.pen.fw
		if fw.stopped {
			fw.stopped = false
			fw.settle("test")
		}
		switch state {
		case protocol.StateService, protocol.StateUpdate:
			fw.enter(state)
		case protocol.StateStopped:
			fw.emergencyStop(&protocol.Stop{}, 0)
		default:
			fw.leave("test")
		}
	}))
}

// codeOf is why a request was refused, OK if it was not.
func codeOf(t *testing.T, m protocol.Message) protocol.Code {
	t.Helper()
	switch m := m.(type) {
	case *protocol.Result:
		return m.Code
	case *protocol.Rejected:
		return m.Code
	case nil:
		t.Error("no answer")
	}
	return protocol.CodeOK
}

// Every request that changes something is refused to every role that may not,
// with its id used up, an event, and nothing changed; and to none that may.
func TestRoles(t *testing.T) {
	requests := changing()
	for n := range 256 {
		typ := protocol.Type(n)
		allowed := protocol.RolesOf(typ)
		if allowed == nil {
			continue
		}
		request, ok := requests[typ]
		if !ok {
			t.Errorf("%v needs a role and has no request here", typ)
			continue
		}
		t.Run(typ.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, Config{Model: R1, Seed: 60})
				c := b.idle()
				for r := protocol.RoleNone; r <= protocol.RoleAdministrator+1; r++ {
					b.put(request.state)
					b.sleep(60 * time.Millisecond)
					c.forget()
					m := request.make(uint64(100+r), r, c.lastClock(b))
					got := c.ask(m)
					if !b.pen.fw.offers(typ) {
						if codeOf(t, got) != protocol.CodeUnsupported {
							t.Errorf("a type that the pen does not offer got %#v", got)
						}
						return
					}
					code := codeOf(t, got)
					if r.MaySend(typ) {
						if code == protocol.CodeRole || code == protocol.CodeState {
							t.Errorf("%v got %v", r, code)
						}
						continue
					}
					if code != protocol.CodeRole {
						t.Errorf("%v got %#v", r, got)
					}
					refusedFor(t, c, m, got)
				}
			})
		})
	}
}

// lastClock is the pen's clock now.
func (c *console) lastClock(b *bench) (now protocol.PenClock) {
	b.do(b.pen.call(func() { now = b.pen.fw.clock() }))
	return now
}

// refusedFor looks at what a refusal for its role leaves behind.
func refusedFor(t *testing.T, c *console, m, got protocol.Message) {
	t.Helper()
	if e := c.event(protocol.EventRefused); m.Type() != protocol.TypeFirmwareWrite && (e == nil || e.Args[0] != int32(protocol.CodeRole) || e.Args[1] != protocol.NoField) {
		t.Errorf("event %+v", e)
	}
	if r, ok := got.(*protocol.Rejected); ok && (r.Field != protocol.NoField || r.Request != m.Type()) {
		t.Errorf("REJECTED %+v", r)
	}
	if m, ok := m.(protocol.Once); ok {
		if r := c.result(&protocol.ResultOf{CommandID: m.ID()}); r.Outcome != protocol.OutcomeRejected || r.Code != protocol.CodeRole {
			t.Errorf("RESULT_OF the refused command: %+v", r)
		}
	}
}

// A pen whose state does not allow a request says so, whatever the role: one that
// is busy tells nobody which roles there are.
func TestStateBeforeRole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 61})
		c := b.ready(rfEnvelope(), rfSettings(100))
		id := uint64(200)
		for typ, request := range changing() {
			if typ == protocol.TypeLogNote || !b.pen.fw.offers(typ) {
				continue // in any state; in none
			}
			id++
			got := c.ask(request.make(id, protocol.RoleNone, c.lastClock(b)))
			if code := codeOf(t, got); code != protocol.CodeState {
				t.Errorf("%v in READY got %v", typ, code)
			}
		}
		if s := c.status(); s.State != protocol.StateReady {
			t.Errorf("%v", s.State)
		}
	})
}

// A pen without a family of messages does not know them; what every pen knows it
// knows.
func TestFamilies(t *testing.T) {
	families := map[string]struct {
		without func(d *protocol.Descriptor)
		lacks   []protocol.Type
	}{
		"all":        {func(*protocol.Descriptor) {}, nil},
		"log":        {func(d *protocol.Descriptor) { d.LogKept = 0 }, []protocol.Type{protocol.TypeLogErase, protocol.TypeLogNote}},
		"self-tests": {func(d *protocol.Descriptor) { d.SelfTests = nil }, []protocol.Type{protocol.TypeSelfTest, protocol.TypeSelfTestRead}},
		"calibrations": {func(d *protocol.Descriptor) { d.Calibrations = nil }, []protocol.Type{
			protocol.TypeTestOutput, protocol.TypeTestRead, protocol.TypeCalCommit, protocol.TypeCalRestore, protocol.TypeCalRead, protocol.TypeCalWrite}},
		"service": {func(d *protocol.Descriptor) { d.SelfTests, d.Calibrations = nil, nil }, []protocol.Type{
			protocol.TypeService, protocol.TypeSelfTest, protocol.TypeSelfTestRead,
			protocol.TypeTestOutput, protocol.TypeTestRead, protocol.TypeCalCommit, protocol.TypeCalRestore, protocol.TypeCalRead, protocol.TypeCalWrite}},
		"firmware": {func(d *protocol.Descriptor) { d.FirmwareUpdate = false }, []protocol.Type{
			protocol.TypeFirmwareBegin, protocol.TypeFirmwareVerify, protocol.TypeFirmwareCommit, protocol.TypeFirmwareAbort, protocol.TypeFirmwareRead,
			protocol.TypeFirmwareWrite}},
	}
	for name, family := range families {
		m := rfPen()
		m.desc.FirmwareUpdate = true
		family.without(&m.desc)
		fw := &firmware{model: m}
		for n := range 256 {
			if typ := protocol.Type(n); fw.offers(typ) != (typ.Known() && !slices.Contains(family.lacks, typ)) {
				t.Errorf("without %s: offers %v is %v", name, typ, fw.offers(typ))
			}
		}
	}
}

// PUT_SETTINGS judges whose a parameter is before its value, and only where the
// value changes: so each role sets its own parameters, one after the other.
func TestWriteRole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, Config{Model: R1, Seed: 62})
		c := b.idle()
		c.ask(&protocol.PutEnvelope{Envelope: rfEnvelope(), Role: protocol.RoleSeniorClinician})
		b.do(b.pen.call(func() { b.pen.fw.model.desc.Parameters[iDepth].Role = "technician" }))
		fields := rfSettings(1000)
		fields[iDepth].Value, fields[iPower].Value = 9999, 50_000 // too deep, and beyond the dose
		m, ok := c.ask(&protocol.PutSettings{Generation: 1, Fields: fields, Role: protocol.RoleClinician}).(*protocol.SettingsReply)
		if !ok || m.Applied || m.Verdicts[iDepth] != (protocol.Verdict{Code: protocol.CodeRole}) {
			t.Fatalf("got %+v", m)
		}
		// What is not all allowed is not judged by its dose.
		if m.Verdicts[iPower].Code != protocol.CodeOK {
			t.Errorf("power %+v", m.Verdicts[iPower])
		}
		m, ok = c.ask(&protocol.PutSettings{Generation: 1, Fields: fields, Role: protocol.RoleTechnician}).(*protocol.SettingsReply)
		if !ok || m.Verdicts[iDepth].Code != protocol.CodeAbovePen || m.Verdicts[iSpeed].Code != protocol.CodeOK || m.Verdicts[iPower].Code != protocol.CodeRole {
			t.Errorf("got %+v", m)
		}
		set := func(generation uint32, role protocol.Role, i int, value int32) {
			fields := rfSettings(100)
			for j := range fields {
				fields[j].Value = c.ask(&protocol.GetSettings{}).(*protocol.SettingsReply).Values[j]
			}
			fields[i].Value = value
			m, ok := c.ask(&protocol.PutSettings{Generation: generation, Fields: fields, Role: role}).(*protocol.SettingsReply)
			if !ok || !m.Applied || m.Values[i] != value {
				t.Errorf("%v sets parameter %d: %+v", role, i, m)
			}
		}
		set(1, protocol.RoleTechnician, iDepth, 1500)
		set(2, protocol.RoleClinician, iPower, 3000)
		set(3, protocol.RoleAdministrator, iPower, 3000) // nothing of it changes
	})
}
