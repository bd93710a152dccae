package conformance

import (
	"fmt"

	"stipple/protocol"
)

func roleCases() []Case {
	return []Case{
		{"role/standby", "4.4", "what a role may not send in STANDBY is refused with ROLE, and nothing changes", 0, roleStandby},
		{"role/service", "4.4", "what a role may not send in SERVICE is refused with ROLE", 0, roleService},
		{"role/nobody", "4.4", "nobody, and a role that there is not, may change nothing", 0, roleNobody},
		{"role/clear", "4.4", "every role may CLEAR, and nobody may not", 0, roleClear},
		{"role/senior", "4.4", "a senior clinician may what a clinician may: envelope, settings, ARM", NeedReady, roleSenior},
		{"role/state-first", "4.4", "the state is judged before the role", NeedReady, roleStateFirst},
		{"role/uses-id", "4.4", "a refusal by role has used the command id up", 0, roleUsesID},
		{"role/event", "4.4", "a refusal by role is told as EVENT 11", 0, roleEvent},
		{"role/fields", "4.4", "each parameter that changes is judged by its own write_role", 0, roleFields},
	}
}

// roles are those of version 1, and two that there are not.
func roles() []protocol.Role {
	return []protocol.Role{protocol.RoleNone, protocol.RoleClinician, protocol.RoleSeniorClinician, protocol.RoleTechnician,
		protocol.RoleServiceEngineer, protocol.RoleAdministrator, 6, 255}
}

// refusedByRole sends the request of a role, which may not, and expects ROLE.
func (t *trial) refusedByRole(m protocol.Message) {
	if _, once := m.(protocol.Once); once {
		t.commandRefused(m, protocol.CodeRole)
		return
	}
	t.refused(m, protocol.CodeRole, protocol.NoField, 0)
}

// inStandby are the requests with a role that STANDBY allows, but for what would
// be done if a pen took them: all of them fail for another reason, too.
func (t *trial) inStandby(r protocol.Role) []protocol.Message {
	e := t.widest()
	e.PulsesPerSpot = 0
	list := []protocol.Message{
		&protocol.PutEnvelope{Envelope: e, Role: r},
		&protocol.PutSettings{Generation: 0, Role: r},
		&protocol.Arm{CommandID: t.commandID(), SettingsHash: [8]byte{1}, NotAfter: 1, Role: r},
		&protocol.TipBind{CommandID: t.commandID(), Role: r, TipID: t.s.found.tip.ID + 1, TreatmentID: [16]byte{1}},
		&protocol.CounterReset{CommandID: t.commandID(), Role: r, Seen: 1<<32 - 1},
		&protocol.UTCSet{CommandID: t.commandID(), Role: r, Clock: ^protocol.PenClock(0)},
		&protocol.SelfTest{CommandID: t.commandID(), Role: r, Tests: 1 << 15},
		&protocol.LogErase{CommandID: t.commandID(), Role: r},
		&protocol.FirmwareBegin{CommandID: t.commandID(), Role: r},
	}
	return t.offered(list)
}

// offered are the requests that this pen knows.
func (t *trial) offered(list []protocol.Message) []protocol.Message {
	var out []protocol.Message
	for _, m := range list {
		if t.s.offers(m.Type()) {
			out = append(out, m)
		}
	}
	return out
}

func roleStandby(t *trial) {
	hash := t.confirm(t.least())
	for _, r := range roles() {
		for _, m := range t.inStandby(r) {
			if !r.MaySend(m.Type()) && !t.over() {
				t.refusedByRole(m)
			}
		}
	}
	s := t.inState(protocol.StateStandby)
	t.want(s.SettingsHash == hash, "the settings still confirmed", "%s", describeStatus(s))
}

func roleService(t *trial) {
	t.service()
	q := t.s.quantity()
	for _, r := range roles() {
		for _, m := range t.offered([]protocol.Message{
			&protocol.TestOutput{CommandID: t.commandID(), Role: r, Quantity: 200},
			&protocol.CalWrite{Role: r, Quantity: q},
			&protocol.CalCommit{CommandID: t.commandID(), Role: r, Quantity: q, Digest: [8]byte{1}},
			&protocol.CalRestore{CommandID: t.commandID(), Role: r, Quantity: 200},
		}) {
			if !r.MaySend(m.Type()) && !t.over() {
				t.refusedByRole(m)
			}
		}
	}
	t.inState(protocol.StateService)
}

func roleNobody(t *trial) {
	for _, r := range []protocol.Role{protocol.RoleNone, 6, 255} {
		if t.s.offers(protocol.TypeService) {
			t.refused(&protocol.Service{Role: r, Enter: true}, protocol.CodeRole, protocol.NoField, 0)
		}
		if t.s.offers(protocol.TypeLogNote) {
			t.refused(&protocol.LogNote{Role: r}, protocol.CodeRole, protocol.NoField, 0)
		}
		settings := putSettings(t.nextGeneration(), t.least())
		settings.Role = r
		t.refused(settings, protocol.CodeRole, protocol.NoField, 0)
	}
	t.inState(protocol.StateStandby)
}

func roleClear(t *trial) {
	for _, r := range roles() {
		t.stop(t.session)
		m := t.clearOf(protocol.FaultNone)
		m.Role = r
		if !r.MaySend(m.Type()) {
			t.commandRefused(m, protocol.CodeRole)
			t.clearLatch(protocol.FaultNone)
			continue
		}
		got := t.command(m)
		t.want(got.Outcome == protocol.OutcomeDone, "CLEAR by a "+r.String()+" to be DONE", "%s", describeMessage(got))
	}
	t.inState(protocol.StateStandby)
}

func roleSenior(t *trial) {
	e := putEnvelope(t.widest())
	e.Role = protocol.RoleSeniorClinician
	ask[protocol.EnvelopeReply](t, e)
	s := putSettings(t.nextGeneration(), t.least())
	s.Role = protocol.RoleSeniorClinician
	r := ask[protocol.SettingsReply](t, s)
	m := t.armWith(r.Hash)
	m.Role = protocol.RoleSeniorClinician
	mark := t.mark()
	got := t.command(m)
	t.want(got.Outcome == protocol.OutcomeDone, "ARM by a senior clinician to be DONE", "%s", describeMessage(got))
	t.awaitState(protocol.StateReady, mark)
}

func roleStateFirst(t *trial) {
	envelope := putEnvelope(t.widest())
	envelope.Role = protocol.RoleNone
	t.ready()
	t.refused(envelope, protocol.CodeState, protocol.NoField, 0)
	t.commandRefused(&protocol.TipBind{CommandID: t.commandID(), TipID: 1, TreatmentID: [16]byte{1}}, protocol.CodeState)
	if t.s.offers(protocol.TypeService) {
		t.refused(&protocol.Service{Enter: true}, protocol.CodeState, protocol.NoField, 0)
	}
	t.inState(protocol.StateReady)
}

func roleUsesID(t *trial) {
	t.stop(t.session)
	m := t.clearOf(protocol.FaultNone)
	m.Role = protocol.RoleNone
	first := t.commandRefused(m, protocol.CodeRole)
	t.kept(first)
	m.Role = protocol.RoleClinician // other content
	t.commandRefused(m, protocol.CodeBurnt)
	t.inState(protocol.StateStopped)
}

func roleEvent(t *trial) {
	settings := putSettings(t.nextGeneration(), t.least())
	settings.Role = protocol.RoleNone
	mark := t.mark()
	t.refused(settings, protocol.CodeRole, protocol.NoField, 0)
	e := t.awaitEvent(protocol.EventRefused, "EVENT 11, refused", mark)
	t.want(t.over() || e.Args == [2]int32{int32(protocol.CodeRole), protocol.NoField}, "code ROLE, field 255", "%v", e.Args)
}

// roleFields puts settings as each role that may send them. A field that changes
// what another role may change gets verdict ROLE and the others OK; nothing is
// applied as soon as one gets ROLE. What stays as it is is nobody's.
func roleFields(t *trial) {
	t.limit(t.widest())
	start := t.set(t.least()).Values
	other := append([]int32(nil), start...)
	for i, p := range t.s.desc.Parameters {
		if p.Name != protocol.ParamPower && p.Max-p.Min >= p.Step {
			other[i] = p.Min + p.Step
			if other[i] == start[i] {
				other[i] = p.Min
			}
		}
	}
	for _, r := range protocol.RolesOf(protocol.TypePutSettings) {
		for _, values := range [][]int32{start, other} {
			t.putAs(r, values)
			t.set(start)
		}
	}
}

// putAs puts values as a role.
func (t *trial) putAs(r protocol.Role, values []int32) {
	now := ask[protocol.SettingsReply](t, &protocol.GetSettings{})
	if t.over() {
		return
	}
	m := putSettings(now.Generation+1, values)
	m.Role = r
	reply := ask[protocol.SettingsReply](t, m)
	all := true
	for i, p := range t.s.desc.Parameters {
		want := protocol.CodeOK
		if least, _ := protocol.RoleNamed(p.Role); !r.May(least) && i < len(now.Values) && values[i] != now.Values[i] {
			want, all = protocol.CodeRole, false
		}
		t.want(t.over() || i < len(reply.Verdicts) && reply.Verdicts[i].Code == want, fmt.Sprintf("verdict %s for %s, which a %s may change, from a %s", want, p.Name, p.Role, r), "%s", verdicts(reply.Verdicts))
	}
	t.want(t.over() || reply.Applied == all, fmt.Sprintf("applied %v", all), "%s", describeMessage(reply))
}
