package sample

import (
	"time"

	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/protocol"
)

// Clinic makes the sample views from a limit library.
type Clinic struct{ lib *clinical.Library }

// New returns the sample clinic of a library.
func New(lib *clinical.Library) Clinic { return Clinic{lib: lib} }

// scene is a view that is being put together.
type scene struct {
	c       Clinic
	kind    clinical.PenKind
	row     console.PatientRow
	view    console.View
	query   clinical.Query
	limits  clinical.Limits
	draft   clinical.Settings
	desk    *Desk
	missing error
	past    []clinical.Treatment // earlier ones of the patient
}

// capability is the reference pen of a kind.
func capability(kind clinical.PenKind) clinical.PenCapability {
	if kind == clinical.Needling {
		return clinical.PenCapability{Kind: kind, Model: "N1", Parameters: [clinical.ParameterCount]clinical.Range{
			clinical.Depth: {Min: 0, Max: 2500, Step: 50},
			clinical.Speed: {Min: 3000, Max: 9000, Step: 100},
		}}
	}
	return clinical.PenCapability{Kind: kind, Model: "R1", RatedPower: 50_000, NeedleTravel: 300,
		Parameters: [clinical.ParameterCount]clinical.Range{
			clinical.Depth:    {Min: 500, Max: 3500, Step: 100},
			clinical.Speed:    {Min: 30, Max: 120, Step: 1},
			clinical.Power:    {Min: 0, Max: 50_000, Step: 1000},
			clinical.Duration: {Min: 10, Max: 1000, Step: 10},
		}}
}

func tip(kind clinical.PenKind) clinical.Tip {
	t := clinical.Tip{
		ID: 7021, Present: true, Lot: "7KX20", Expiry: clinical.Date{Year: 2027, Month: time.March, Day: 31},
		Pins: 25, Insulated: true, NeedleLength: 3500, RatedPower: 50_000, UseCount: 86, UseLimit: 2000,
	}
	if kind == clinical.Needling {
		t = clinical.Tip{ID: 7103, Present: true, Lot: "2NA07", Expiry: t.Expiry, Pins: 12, NeedleLength: 2500, UseLimit: 1}
	}
	return t
}

// begin is a view with a pen, an operator and, from row on, a patient; -1 is
// nobody.
func (c Clinic) begin(kind clinical.PenKind, row int) *scene {
	s := &scene{c: c, kind: kind}
	pen := console.PenView{
		Phase: console.Standby, Connected: true, Kind: kind, Model: "R1", Serial: "0042", Firmware: "2.4.1",
		Port: "simulated", Simulated: true, Tip: tip(kind), Battery: 82, CanSimulate: true, HasHandpiece: true,
		ImpedanceLow: 50, ImpedanceHigh: 800, TempMax: 8500, // of the simulated pen R1
	}
	if kind == clinical.Needling {
		pen.ImpedanceLow, pen.ImpedanceHigh = 0, 0
		pen.Model, pen.Serial = "N1", "0107"
	}
	s.view = console.View{Pen: pen, Operators: operators(), Operator: operators()[0], Training: true, ThrowAway: true}
	s.view.Spot = console.SpotView{Pulses: 1, Max: 1}
	s.view.Arm.State = console.ArmBlocked
	for _, i := range c.lib.Indications(kind) {
		choice := console.Choice{Key: string(i.Key), Name: i.Name}
		if i.Access != clinical.AccessOffered {
			choice.Disabled = i.Note
		}
		s.view.Indications = append(s.view.Indications, choice)
	}
	if row >= 0 {
		s.row = rows()[row]
		p := s.row.Patient
		s.view.Patient = &p
		s.view.Session = s.row.LastSession
	}
	s.unlimited()
	s.desk = &Desk{view: &s.view, rows: rows()}
	s.desk.hand = handpiece{s.desk}
	s.desk.live = console.LiveView{Valid: true, RTT: 4 * time.Millisecond, Status: protocol.Status{
		State: protocol.StateStandby, Temp: 3310, Battery: 82, Flags: protocol.FlagNeedleBack | protocol.FlagSelfTestOK,
	}}
	return s
}

// place chooses indication and zone and works the limits out for a draft.
func (s *scene) place(indication clinical.IndicationKey, zone clinical.ZoneKey, draft clinical.Settings) *scene {
	s.view.Indication, s.view.Zone = indication, zone
	for _, z := range s.c.lib.Zones(s.kind, indication) {
		s.view.Zones = append(s.view.Zones, console.Choice{Key: string(z.Key), Name: z.Name, Detail: z.Note})
	}
	s.draft = draft
	s.query = clinical.Query{
		Pen: capability(s.kind), Tip: s.view.Pen.Tip, Indication: indication, Zone: zone,
		Fitzpatrick: s.row.Fitzpatrick, Role: s.view.Operator.Role, PulsesPerSpot: 1, Draft: draft,
	}
	s.limits, s.missing = s.c.lib.Effective(s.query)
	if s.missing != nil {
		s.view.Limits = s.missing
		return s
	}
	s.view.Spot = console.SpotView{Pulses: s.limits.PulsesPerSpot, Max: s.limits.MaxPulsesPerSpot}
	s.controls()
	return s
}

// unlimited are the controls before there are limits: the pen's own scales,
// with nothing to set.
func (s *scene) unlimited() {
	pen := capability(s.kind)
	s.view.Controls = nil
	for _, p := range clinical.AllParameters() {
		if r := pen.Parameters[p]; pen.Has(p) {
			s.view.Controls = append(s.view.Controls, console.Control{
				Limit: clinical.Limit{Parameter: p, Step: r.Step, ScaleMin: r.Min, ScaleMax: r.Max},
			})
		}
	}
	s.view.Apply = console.ApplyView{State: console.NothingToApply}
}

func (s *scene) controls() {
	s.view.Controls = nil
	for _, p := range clinical.AllParameters() {
		l := s.limits.ByParameter[p]
		if l.Present {
			v := p.Of(s.draft)
			s.view.Controls = append(s.view.Controls, console.Control{Limit: l, Draft: v, Has: v > 0})
		}
	}
	if per, ok := clinical.DosePerPin(s.draft, s.limits.Pins, s.limits.PulsesPerSpot); ok && s.kind == clinical.RF {
		s.view.Dose = console.DoseView{Present: true, PerPin: per, Cap: s.limits.DoseCapPerPin, CapReason: s.limits.DoseReason}
	}
	s.view.Apply = console.ApplyView{State: console.NotApplied, Can: true}
	for _, c := range s.view.Controls {
		s.view.Apply.Parameters = append(s.view.Apply.Parameters, c.Limit.Parameter)
	}
}

// applied makes the draft what the pen read back.
func (s *scene) applied() *scene {
	for i := range s.view.Controls {
		c := &s.view.Controls[i]
		c.Applied, c.IsSet = c.Draft, c.Has
	}
	s.view.Apply = console.ApplyView{State: console.AppliedOK, At: Now().Add(-20 * time.Second)}
	s.view.Arm.State = console.ArmReady
	return s.reviewed()
}

// reviewed makes the review of what is applied, compared with the patient's
// treatments in the file.
func (s *scene) reviewed() *scene {
	p := s.row.Patient
	r := clinical.Review{
		Patient: p.ID, FamilyName: p.FamilyName, GivenName: p.GivenName, BirthDate: p.BirthDate, FileNumber: p.FileNumber, Fitzpatrick: p.Fitzpatrick,
		Operator: s.view.Operator, Indication: s.view.Indication, Zone: s.view.Zone, PenKind: s.kind, PenModel: s.view.Pen.Model,
		PenSerial: s.view.Pen.Serial, Settings: s.draft, Envelope: s.limits.Envelope(), Tip: s.view.Pen.Tip, LibraryHash: s.c.lib.Hash,
	}
	r = r.Compare(s.past, "")
	s.view.Arm.Review, s.view.Arm.Shown = &r, r.Digest()
	return s
}

// before is a session of the patient in the same place, with other settings or
// another tip.
func (s *scene) before(days int, settings clinical.Settings, pins int) *scene {
	tip := s.view.Pen.Tip
	tip.Pins = pins
	s.past = []clinical.Treatment{{
		ID: "before", Patient: s.row.ID, Indication: s.view.Indication, Zone: s.view.Zone, PenKind: s.kind, Tip: tip, Fitzpatrick: s.row.Fitzpatrick,
		Arms: []clinical.ArmIntent{{Settings: settings}}, Started: Now().AddDate(0, 0, -days), Outcome: clinical.OutcomeComplete,
	}}
	return s
}

// preset marks a preset as loaded.
func (s *scene) preset(name string, revision int, changed bool) *scene {
	s.view.Preset = console.PresetRef{ID: "preset", Name: name, Revision: revision, Changed: changed}
	return s
}

// facts says why the pen can't be armed, by the table of the program.
func (s *scene) facts(f clinical.Facts) *scene {
	f.PenKind, f.Fitzpatrick = s.kind, s.row.Fitzpatrick
	s.view.Blocks = clinical.Blocks(f)
	s.view.Warnings = clinical.Warnings(f)
	s.view.Checks = clinical.Passed(f)
	return s
}

// phase is the state that the pen reports.
func (s *scene) phase(p console.Phase, state protocol.State) *scene {
	s.view.Pen.Phase = p
	s.desk.live.Status.State = state
	return s
}

// run is a treatment that is going on.
func (s *scene) run(pulses, pass int, zone time.Duration) *scene {
	per := protocol.Energy(s.draft.Power, s.draft.Duration)
	s.view.Run = console.RunView{
		ID: "run", Open: true, Outcome: clinical.OutcomeOpen, Pulses: pulses, Durable: pulses, Pass: pass,
		Energy: per * protocol.Microjoules(pulses), Strokes: uint64(pulses) * 1200,
		Started: Now().Add(-7 * time.Minute), ZoneTime: zone, StopTime: 18 * time.Millisecond,
	}
	last := clinical.Pulse{
		Index: uint32(1000 + pulses), At: Now().Add(-time.Second), Set: s.draft, Pass: pass, Result: "complete",
		Depth: s.draft.Depth - 20, Speed: s.draft.Speed - 1, Power: max(s.draft.Power-200, 0), Duration: s.draft.Duration,
	}
	last.Energy = protocol.Energy(last.Power, last.Duration)
	s.view.Run.Last = &last
	return s
}

// treating is a held trigger with measured values close to what is set.
func (s *scene) treating() *scene {
	s.phase(console.Treating, protocol.StateTreating)
	s.view.Arm.State = console.ArmArmed
	st := &s.desk.live.Status
	st.Flags = protocol.FlagTrigger | protocol.FlagContact | protocol.FlagAtDepth | protocol.FlagLease | protocol.FlagSettings
	st.Depth = protocol.Swing{Now: uint16(s.draft.Depth - 20), Max: uint16(s.draft.Depth - 20)}
	st.Speed = protocol.Swing{Now: uint16(s.draft.Speed - 1), Max: uint16(s.draft.Speed)}
	st.SetSpeed = uint16(s.draft.Speed)
	if s.kind == clinical.RF {
		st.Flags |= protocol.FlagRFOn
		st.PowerMax = uint16(s.draft.Power - 200)
		st.Impedance, st.Temp = 242, 4120
	} else {
		st.Speed.Now = uint16(s.draft.Speed - 14)
	}
	return s
}

// done closes the view.
func (s *scene) done() *Desk {
	s.desk.samples = samples(s.kind, s.draft, s.view.Pen.Phase == console.Treating)
	if !s.view.Pen.Connected {
		s.desk.samples = nil
	}
	s.desk.files = files(s.c)
	s.desk.history = history(s.c)
	s.view.Presets = presetsFor(s.c, s.kind, s.view.Patient)
	return s.desk
}
