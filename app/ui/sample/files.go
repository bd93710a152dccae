package sample

import (
	"time"

	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/protocol"
)

// presetsOf are the sample presets of the first patient, as stored.
func presetsOf(patient clinical.ID) []clinical.Preset {
	make := func(id clinical.ID, rev int, name string, zone clinical.ZoneKey, s clinical.Settings, before int) clinical.Preset {
		return clinical.Preset{
			ID: id, Revision: rev, Patient: patient, Name: name, PenKind: clinical.RF,
			Indication: "acne_scars", Zone: zone, Settings: s, SavedAt: day(before), SavedBy: operators()[0].Name,
		}
	}
	return []clinical.Preset{
		make("preset", 3, "Cheek, second session", "cheek_left", clinical.Settings{Depth: 1500, Speed: 60, Power: 12_000, Duration: 100}, 0),
		make("preset2", 1, "Forehead, gentle", "forehead", clinical.Settings{Depth: 1000, Speed: 60, Power: 8_000, Duration: 80}, 30),
		make("preset3", 2, "Cheek, first session", "cheek_left", clinical.Settings{Depth: 1800, Speed: 60, Power: 18_000, Duration: 100}, 30),
	}
}

// judged is a preset with its names and the verdict of today's limits.
func (c Clinic) judged(p clinical.Preset, skin clinical.Fitzpatrick) console.PresetView {
	v := console.PresetView{Preset: p, Judged: true}
	v.IndicationName, _ = c.lib.IndicationName(p.Indication)
	if z, ok := c.lib.Zone(p.Zone); ok {
		v.ZoneName = z.Name
	}
	lim, err := c.lib.Effective(clinical.Query{
		Pen: capability(p.PenKind), Tip: tip(p.PenKind), Indication: p.Indication, Zone: p.Zone,
		Fitzpatrick: skin, Role: clinical.RoleClinician, PulsesPerSpot: 1, Draft: p.Settings,
	})
	if err != nil {
		v.Problem = err
		return v
	}
	v.Violations = lim.Check(p.Settings)
	return v
}

func presetsFor(c Clinic, kind clinical.PenKind, p *clinical.Patient) []console.PresetView {
	if p == nil || kind != clinical.RF || p.ID != rows()[0].ID {
		return nil
	}
	var out []console.PresetView
	for _, pr := range presetsOf(p.ID) {
		out = append(out, c.judged(pr, p.Fitzpatrick))
	}
	return out
}

// history is the sample preset's revisions, newest first.
func history(c Clinic) []console.PresetView {
	first := presetsOf(rows()[0].ID)[0]
	var out []console.PresetView
	for i, power := range []protocol.Milliwatts{12_000, 10_000, 8_000} {
		p := first
		p.Revision, p.Settings.Power, p.SavedAt = 3-i, power, day(30*i)
		out = append(out, c.judged(p, clinical.FitzpatrickIV))
	}
	return out
}

func files(c Clinic) map[clinical.ID]console.PatientFile {
	r := rows()[0]
	f := console.PatientFile{Patient: r.Patient, Age: r.Age, Presets: presetsFor(c, clinical.RF, &r.Patient)}
	f.Treatments = []console.TreatmentRow{
		treatment(r.Patient, 2, 0, 86, clinical.OutcomeOpen),
		handedOver(treatment(r.Patient, 1, 30, 214, clinical.OutcomeComplete)),
		reconciled(r.Patient),
		treatment(r.Patient, 1, 30, 12, clinical.OutcomeStopped),
		unknown(r.Patient),
	}
	n := rows()[5]
	needled := console.PatientFile{Patient: n.Patient, Age: n.Age, Treatments: []console.TreatmentRow{needling(n.Patient)}}
	return map[clinical.ID]console.PatientFile{r.ID: f, n.ID: needled}
}

// needling is a sample record of a needling pen: pulls of the trigger with
// their strokes, and alarms as the desk writes them.
func needling(p clinical.Patient) console.TreatmentRow {
	t := treatment(p, 7, 9, 14, clinical.OutcomeComplete)
	set := clinical.Settings{Depth: 1000, Speed: 6000}
	t.PenKind, t.PenModel, t.PenSerial, t.Tip = clinical.Needling, "N1", "0107", tip(clinical.Needling)
	t.Indication, t.Zone, t.IndicationName, t.ZoneName = "alopecia", "scalp", "Alopecia", "Scalp"
	t.Applied[0].Settings = set
	t.Applied[0].Envelope = clinical.Envelope{Max: clinical.Settings{Depth: 1500, Speed: 9000}, Pins: t.Tip.Pins}
	for i := range t.Pulses {
		pl := &t.Pulses[i]
		pl.Set, pl.Depth, pl.Speed, pl.Power, pl.Energy = set, 980, protocol.StrokesPerMinute(5960+10*(i%7)), 0, 0
		pl.Duration = protocol.Milliseconds(4000 + 350*(i%5))
		pl.Strokes = uint32(int(pl.Speed) * int(pl.Duration) / 60_000)
		pl.Impedance, pl.PeakTemp, pl.Result = 0, 0, "released"
	}
	alarm := func(code uint16, text string) clinical.Alarm {
		return clinical.Alarm{At: t.Started.Add(3 * time.Minute), Code: code, Priority: "medium", Text: text}
	}
	t.Alarms = []clinical.Alarm{
		alarm(protocol.EventAlarm, "speed_deviation"),
		alarm(protocol.EventLeaseExpired, "lease_expired"), alarm(protocol.EventLeaseExpired, "lease_expired"),
	}
	return t
}

// treatment is a sample record with its pulses.
func treatment(p clinical.Patient, session, before, pulses int, outcome clinical.Outcome) console.TreatmentRow {
	start := day(before)
	set := clinical.Settings{Depth: 1500, Speed: 60, Power: 12_000, Duration: 100}
	t := clinical.Treatment{
		ID: clinical.ID("treatment" + string(rune('a'+pulses%26))), Revision: 1, Patient: p.ID, Operator: operators()[0],
		PenKind: clinical.RF, PenModel: "R1", PenSerial: "0042", PenFirmware: "2.4.1", Simulated: true, Tip: tip(clinical.RF),
		Indication: "acne_scars", Zone: "cheek_left", Fitzpatrick: p.Fitzpatrick, LibraryVersion: "1.0",
		Passes: 2, StopCheck: 18 * time.Millisecond, Started: start, Outcome: outcome,
		Applied: []clinical.Applied{{At: start, Generation: 1, Settings: set, Envelope: clinical.Envelope{
			Max: clinical.Settings{Depth: 2500, Speed: 120, Power: 25_000, Duration: 300}, DosePerPin: 62_000, PulsesPerSpot: 1, Pins: 25,
		}}},
	}
	if outcome != clinical.OutcomeOpen {
		t.Ended = start.Add(9 * time.Minute)
		t.FallBacks = []clinical.FallBack{{At: start.Add(5 * time.Minute), Reason: clinical.FellFocus}, {At: t.Ended, Reason: clinical.FellByHand}}
	}
	for i := range pulses {
		pl := clinical.Pulse{
			Index: uint32(1000 + i), At: start.Add(time.Duration(i+40) * time.Second), Set: set, Pass: 1 + i*2/pulses,
			Depth: set.Depth - 20 + protocol.Micrometres(i%4)*10, Speed: 59, Power: set.Power - 300 + protocol.Milliwatts(i%5)*100,
			Duration: 100, Impedance: protocol.Ohms(238 + i%9), PeakTemp: protocol.Centidegrees(5200 + 30*(i%7)), Result: "complete",
		}
		pl.Energy = protocol.Energy(pl.Power, pl.Duration)
		t.Pulses = append(t.Pulses, pl)
	}
	if outcome == clinical.OutcomeStopped {
		t.Pulses[pulses-1].Result = "stopped"
	}
	return console.TreatmentRow{Treatment: t, IndicationName: "Acne scars", ZoneName: "Left cheek", Session: session, PulseCount: pulses}
}
