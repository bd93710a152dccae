package sample

import (
	"errors"
	"slices"
	"time"

	"stipple/app/alarm"
	"stipple/app/clinical"
	"stipple/app/console"
	"stipple/protocol"
)

// Scene is one picture: a desk, a page, and what is tapped on it before the
// picture is taken, by the names of the trace.
type Scene struct {
	Name   string
	Page   string
	Tap    []string
	Drawer bool   // the handpiece drawer is open
	Lock   string // the state of the lock over it, by its name in package ui; "" is open
	Desk   *Desk
}

// Drafts of the sample treatments, by the numbers of the design's pictures.
func cheek() clinical.Settings {
	return clinical.Settings{Depth: 1500, Speed: 60, Power: 12_000, Duration: 100}
}
func crown() clinical.Settings { return clinical.Settings{Depth: 1000, Speed: 6000} }

func allHolds() clinical.Facts {
	const yes = clinical.FactHolds
	return clinical.Facts{
		EmergencyStopReleased: yes, NoFault: yes, LinkAlive: yes, VersionSupported: yes, OutcomeKnown: yes, LimitsAgree: yes,
		OperatorMayTreat: yes, PatientChosen: yes, PlaceChosen: yes, TipPresent: yes, TipInDate: yes, TipFree: yes, TipKnown: yes,
		Treatable: yes, SettingsApplied: yes, SelfTestPassed: yes, TemperatureInRange: yes, BatteryCharged: yes, TriggerReleased: yes,
		ServiceModeOff: yes, ClockInOrder: yes, TipInsulated: yes,
	}
}

// rf is the sample RF treatment with its values on the controls.
func (c Clinic) rf() *scene {
	return c.begin(clinical.RF, 0).place("acne_scars", "cheek_left", cheek()).preset("Cheek, second session", 3, false)
}

// Scenes are the views of all pages and of every notable state.
func (c Clinic) Scenes() []Scene {
	return slices.Concat(c.treatScenes(), c.alarmScenes(), c.patientScenes(), c.outcomeScenes(), c.roleScenes(), c.lockScenes(), c.clinicScenes(), c.backupScenes(), c.auditScenes(), c.exchangeScenes())
}

func (c Clinic) treatScenes() []Scene {
	on := func(name string, s *scene, tap ...string) Scene {
		return Scene{Name: "treat-" + name, Page: "treat", Tap: tap, Desk: s.done()}
	}
	drawer := func(s Scene) Scene { s.Drawer = true; return s }
	return []Scene{
		on("standby", c.notApplied()),
		on("review", c.reviewChanged()),
		on("review-same", c.rf().before(42, cheek(), 25).applied().facts(allHolds())),
		on("review-needling", c.reviewNeedling()),
		drawer(on("fell-back", c.fellBack())),
		on("checking-stop", c.checkingStop()),
		on("ready", c.ready()),
		on("treating", c.rf().applied().run(86, 2, 192*time.Second).facts(allHolds()).treating()),
		drawer(on("handpiece", c.rf().applied().run(86, 2, 192*time.Second).facts(allHolds()).treating())),
		on("alarm", c.alarm()),
		on("refused", c.refused()),
		drawer(on("needling", c.needling())),
		on("needling-treating", c.needlingTreating()),
		on("stopped", c.stopped()),
		on("stop-not-confirmed", c.unconfirmed()),
		on("link-lost", c.linkLost()),
		on("link-lost-armed", c.linkLostArmed()),
		on("no-pen", c.noPen()),
		on("no-patient", c.begin(clinical.RF, -1).facts(clinical.Facts{PatientChosen: clinical.FactFails, PlaceChosen: clinical.FactFails})),
		on("not-treatable", c.notTreatable()),
		on("indications", c.notApplied(), "treat.indication"),
		on("presets", c.notApplied(), "treat.preset"),
		on("find-patient", c.notApplied(), "treat.patient"),
		on("save-as", c.notApplied(), "treat.save_as"),
		on("help", c.notApplied(), "nav.help"),
		on("looks", c.notApplied(), "nav.view"),
	}
}

func (c Clinic) patientScenes() []Scene {
	on := func(name string, s *scene, tap ...string) Scene {
		return Scene{Name: "patients-" + name, Page: "patients", Tap: tap, Desk: s.done()}
	}
	return []Scene{
		on("presets", c.notApplied()),
		on("preset-review", c.notApplied(), "patients.preset.2.load"),
		on("treatments", c.notApplied(), "patients.tab.1"),
		on("record", c.notApplied(), "patients.tab.1", "patients.treatments.choice.1"),
		on("needling-record", c.needling(), "patients.tab.1", "patients.treatments.choice.0"),
		on("details", c.notApplied(), "patients.tab.2"),
		on("edit", c.notApplied(), "patients.tab.2", "patients.edit"),
		on("details-senior", c.senior(), "patients.tab.2"),
		on("erase", c.senior(), "patients.tab.2", "patients.erase"),
		on("nobody", c.begin(clinical.RF, -1)),
	}
}

func (c Clinic) lockScenes() []Scene {
	on := func(lock string, s *scene) Scene {
		return Scene{Name: "lock-" + lock, Page: "patients", Lock: lock, Desk: s.done()}
	}
	own := func(name string, tap ...string) Scene {
		return Scene{Name: "own-" + name, Page: "treat", Tap: append([]string{"strip.operator"}, tap...), Desk: c.practice().done()}
	}
	const pin, passphrase, next = "overlay.choice.pin", "overlay.choice.passphrase", "overlay.button.next"
	alarms := on("pin", c.linkLostArmed())
	alarms.Name = "lock-alarm"
	return []Scene{
		on("pin", c.notApplied()), on("wrong", c.notApplied()), on("passphrase", c.notApplied()),
		on("wait", c.notApplied()), on("busy", c.notApplied()), alarms,
		on("second", c.notApplied()), on("second-wrong", c.notApplied()), on("second-run", c.notApplied()),
		own("pin", pin, "=407"), own("pin-weak", pin, "=1234", next), own("pin-again", pin, "=4071", next, "=40"),
		own("pin-wrong", pin, "=4071", next, "=4071", next, "=needle", next),
		own("passphrase", passphrase), own("passphrase-wrong", passphrase, "=needle", next, "=four words beat one", next, "=four words beat one", next),
	}
}

// notApplied is standby with values that the pen does not have yet.
func (c Clinic) notApplied() *scene {
	f := allHolds()
	f.SettingsApplied = clinical.FactFails
	return c.rf().facts(f)
}

// reviewChanged is a pen that may be armed, with other values and another tip
// than the last time.
func (c Clinic) reviewChanged() *scene {
	last := cheek()
	last.Power, last.Duration = 10_000, 110
	s := c.rf().before(42, last, 36).applied().facts(allHolds())
	s.view.Run = console.RunView{Pass: 1}
	return s
}

func (c Clinic) reviewNeedling() *scene {
	last := crown()
	last.Depth = 750
	return c.begin(clinical.Needling, 5).place("alopecia", "scalp", crown()).preset("Crown, weekly", 2, false).
		before(7, last, 12).applied().facts(allHolds())
}

// fellBack is a pen that was armed until the window lost the focus.
func (c Clinic) fellBack() *scene {
	s := c.rf().before(42, cheek(), 25).applied().run(86, 2, 192*time.Second).facts(allHolds())
	s.view.Arm.Fell = &clinical.FallBack{At: Now().Add(-5 * time.Second), Reason: clinical.FellFocus}
	return s
}

// checkingStop is the check of the stop before the first arming.
func (c Clinic) checkingStop() *scene {
	s := c.reviewChanged()
	s.view.Arm.State, s.view.Arm.Checking = console.Arming, true
	return s
}

func (c Clinic) ready() *scene {
	s := c.rf().applied().run(86, 2, 192*time.Second).facts(allHolds()).phase(console.Ready, protocol.StateReady)
	s.view.Arm.State = console.ArmArmed
	return s
}

// refused is an RF power beyond the dose of the skin type.
func (c Clinic) refused() *scene {
	s := c.rf()
	for i := range s.view.Controls {
		ctl := &s.view.Controls[i]
		if ctl.Limit.Parameter == clinical.Power {
			ctl.Refused = &console.Refusal{Value: ctl.Limit.Max.Value + 3*ctl.Limit.Step, Bound: ctl.Limit.Max, Over: true}
		}
	}
	s.view.Apply.Can = false
	s.view.Apply.Parameters = []clinical.Parameter{clinical.Power}
	f := allHolds()
	f.SettingsApplied = clinical.FactFails
	return s.facts(f)
}

func (c Clinic) needling() *scene {
	s := c.begin(clinical.Needling, 5).place("alopecia", "scalp", crown()).preset("Crown, weekly", 2, true)
	if len(s.view.Controls) > 0 {
		d := &s.view.Controls[0]
		d.Refused = &console.Refusal{Value: 1800, Bound: d.Limit.Max, Over: true}
		s.view.Apply = console.ApplyView{State: console.NotApplied, Parameters: []clinical.Parameter{clinical.Depth}}
	}
	f := allHolds()
	f.SettingsApplied, f.ConsentGiven = clinical.FactFails, clinical.FactFails
	return s.facts(f)
}

func (c Clinic) needlingTreating() *scene {
	return c.begin(clinical.Needling, 5).place("alopecia", "scalp", crown()).preset("Crown, weekly", 2, false).
		applied().run(14, 1, 96*time.Second).facts(allHolds()).treating()
}

func (c Clinic) stopped() *scene {
	f := allHolds()
	f.EmergencyStopReleased = clinical.FactFails
	s := c.rf().applied().run(86, 2, 192*time.Second).facts(f).phase(console.Stopped, protocol.StateStopped)
	s.view.Stop = console.StopView{Active: true, Confirmed: true, NeedleBack: true, CanClear: true, Latency: 18 * time.Millisecond}
	s.view.Arm.State = console.ArmBlocked
	return s
}

func (c Clinic) unconfirmed() *scene {
	s := c.stopped()
	s.view.Stop = console.StopView{Active: true, Unconfirmed: true}
	return s
}

// worded is an error as the desk publishes it: with the code of its sentence.
type worded struct {
	error
	code string
	args []any
}

func (w worded) Code() string { return w.code }
func (w worded) Args() []any  { return w.args }

// lose takes the pen away, as of a few seconds ago. The controls keep their
// values; what the pen had is not known any more.
func (s *scene) lose(phase console.Phase, do func(*alarm.Book)) *scene {
	s.view.Pen.Phase, s.view.Pen.Connected, s.view.Pen.LostAt = phase, false, Now().Add(-3*time.Second)
	s.view.Pen.Battery, s.view.Pen.HasHandpiece = -1, false
	s.view.Arm.State = console.ArmBlocked
	s.view.Apply.Can = false
	s.alarms(do)
	s.view.Run = console.RunView{Pass: 1}
	s.desk.live = console.LiveView{}
	s.desk.hand = nil
	return s
}

// lost is the alarm of a link that was lost.
func lost(b *alarm.Book, code alarm.Code) {
	raise(b, code, 3*time.Second, 1, about(worded{errors.New("link lost"), "link_lost", nil}),
		figures(alarm.AtMost(alarm.Duration, protocol.LinkSilence.Microseconds()), alarm.Duration, 1_020_000))
}

// linkLost is a pen that was not armed and fell silent.
func (c Clinic) linkLost() *scene {
	f := allHolds()
	f.LinkAlive, f.SettingsApplied = clinical.FactFails, clinical.FactFails
	return c.rf().facts(f).lose(console.Disconnected, func(b *alarm.Book) { lost(b, alarm.LinkLost) })
}

// linkLostArmed is a pen that fell silent in the middle of a run: how that
// ended is not known until the same pen is back.
func (c Clinic) linkLostArmed() *scene {
	f := allHolds()
	f.LinkAlive, f.SettingsApplied, f.OutcomeKnown = clinical.FactFails, clinical.FactFails, clinical.FactFails
	s := c.rf().facts(f)
	u := s.cutOff(86)
	s.view.Uncertain = []console.UncertainView{u}
	cut := &console.UnsettledError{Treatment: u.Treatment}
	name, serial := s.view.Patient.FamilyName, s.view.Pen.Serial
	return s.lose(console.Uncertain, func(b *alarm.Book) {
		lost(b, alarm.LinkLostTreating)
		raise(b, alarm.RunUncertain, 3*time.Second, 1, named("run"), about(worded{cut, "unsettled", []any{name, serial}}))
	})
}

func (c Clinic) noPen() *scene {
	f := clinical.Facts{LinkAlive: clinical.FactFails, PlaceChosen: clinical.FactFails}
	s := c.begin(clinical.RF, 0).facts(f)
	s.view.Pen = console.PenView{Phase: console.Disconnected, CanSimulate: true, Battery: -1}
	s.view.Indications, s.view.Controls = nil, nil
	s.desk.live = console.LiveView{}
	s.desk.hand = nil
	return s
}

// notTreatable is an indication that the mounted tip is not made for, by the
// library's own rules.
func (c Clinic) notTreatable() *scene {
	s := c.begin(clinical.RF, 1)
	s.view.Pen.Tip.Insulated = false
	s.place("hypertrophic_scars", "cheek_left", clinical.Settings{})
	f := allHolds()
	f.Treatable, f.SettingsApplied, f.TipInsulated = clinical.FactFails, clinical.FactFails, clinical.FactFails
	if s.missing != nil {
		f.NotTreatable = s.missing.Error()
	}
	return s.facts(f)
}
