package store

import (
	"time"

	"stipple/app/clinical"
	"stipple/protocol"
)

// SAMPLE DATA: the invented clinic as tables. See sample.go.

const (
	sampleLibrary   = "sample"                    // no library stood behind these treatments
	samplePause     = 2 * time.Second             // from pulse to pulse
	sampleGlide     = 8000                        // ms of one trigger pull of the needling pen
	sampleStopCheck = 18 * time.Millisecond       // as on the picture of the patients' page
	sampleWatt      = protocol.Milliwatts(1000)   // mW
	sampleDose      = protocol.Microjoules(62000) // µJ per pin
)

type samplePatient struct {
	clinical.Patient
	sinceDays  int
	presets    []samplePreset
	treatments []sampleTreatment
}

type samplePreset struct {
	name       string
	kind       clinical.PenKind
	indication clinical.IndicationKey
	zone       clinical.ZoneKey
	daysAgo    int
	revisions  []clinical.Settings // oldest first
}

type sampleTreatment struct {
	daysAgo    int
	kind       clinical.PenKind
	indication clinical.IndicationKey
	zone       clinical.ZoneKey
	settings   clinical.Settings
	pulses     int
	passes     int
	lot        string
	outcome    clinical.Outcome
}

// rfSet is settings of an RF pen: µm, stamps per minute, W, ms.
func rfSet(depth protocol.Micrometres, speed protocol.StrokesPerMinute, watts protocol.Milliwatts, ms protocol.Milliseconds) clinical.Settings {
	return clinical.Settings{Depth: depth, Speed: speed, Power: watts * sampleWatt, Duration: ms}
}

// needleSet is settings of a needling pen: µm, strokes per minute.
func needleSet(depth protocol.Micrometres, speed protocol.StrokesPerMinute) clinical.Settings {
	return clinical.Settings{Depth: depth, Speed: speed}
}

func sampleOperators() []clinical.Operator {
	return []clinical.Operator{
		{Name: "Dr A. Meyer", Role: clinical.RoleClinician}, // treats in all samples
		{Name: "Dr S. Haddad", Role: clinical.RoleSeniorClinician},
		{Name: "T. Brandt", Role: clinical.RoleTechnician},
		{Name: "K. Lindt", Role: clinical.RoleServiceEngineer},
		{Name: "M. Ortega", Role: clinical.RoleAdministrator},
	}
}

type samplePenData struct {
	model, serial, firmware string
	tip                     clinical.Tip
	min, max                clinical.Settings
}

func (p samplePenData) envelope(set clinical.Settings) clinical.Envelope {
	e := clinical.Envelope{Min: p.min, Max: p.max, Pins: p.tip.Pins, PulsesPerSpot: 1}
	e.Max.Depth, e.Max.Power, e.Max.Duration = set.Depth, set.Power, set.Duration
	if set.Power > 0 {
		e.DosePerPin = sampleDose
	}
	return e
}

// samplePen is the simulated pen of a kind.
func samplePen(kind clinical.PenKind) samplePenData {
	if kind == clinical.Needling {
		return samplePenData{
			model: "N1", serial: "0107", firmware: "1.0.0",
			tip: clinical.Tip{Present: true, Pins: 12, NeedleLength: 2500, UseLimit: 1000},
			min: needleSet(0, 3000), max: needleSet(2500, 9000),
		}
	}
	return samplePenData{
		model: "R1", serial: "0042", firmware: "1.0.0",
		tip: clinical.Tip{Present: true, Pins: 25, Insulated: true, NeedleLength: 3500, RatedPower: 50 * sampleWatt, UseLimit: 2000},
		min: rfSet(500, 30, 0, 10), max: rfSet(3500, 120, 50, 1000),
	}
}

func sampleDay(year int, month time.Month, day int) clinical.Date {
	return clinical.Date{Year: year, Month: month, Day: day}
}

// samplePatients are in the order of the list: most recently used first.
func samplePatients() []samplePatient {
	return append(sampleFacePatients(), sampleOtherPatients()...)
}

func sampleFacePatients() []samplePatient {
	const complete = clinical.OutcomeComplete
	return []samplePatient{
		{
			Patient: clinical.Patient{FamilyName: "Ruiz", GivenName: "Ana", BirthDate: sampleDay(1984, time.February, 11),
				Sex: clinical.Female, Fitzpatrick: clinical.FitzpatrickIV, FileNumber: "F-20417"},
			sinceDays: 58,
			presets: []samplePreset{
				{"Cheek, first session", clinical.RF, "acne_scars", "cheek_left", 31,
					[]clinical.Settings{rfSet(1600, 60, 15, 100), rfSet(1800, 60, 18, 100)}},
				{"Forehead, gentle", clinical.RF, "acne_scars", "forehead", 12,
					[]clinical.Settings{rfSet(1000, 60, 8, 80)}},
				{"Cheek, second session", clinical.RF, "acne_scars", "cheek_left", 1,
					[]clinical.Settings{rfSet(1300, 60, 10, 100), rfSet(1400, 60, 12, 100), rfSet(1500, 60, 12, 100)}},
			},
			treatments: []sampleTreatment{
				{44, clinical.RF, "acne_scars", "cheek_left", rfSet(1000, 60, 8, 100), 4, 1, "7KX18", complete},
				{30, clinical.RF, "acne_scars", "cheek_left", rfSet(1300, 60, 12, 100), 214, 2, "7KX20", complete},
			},
		},
		{
			Patient: clinical.Patient{FamilyName: "Okafor", GivenName: "Chidi", BirthDate: sampleDay(1991, time.July, 30),
				Sex: clinical.Male, Fitzpatrick: clinical.FitzpatrickVI, FileNumber: "F-20388"},
			sinceDays: 90,
			presets: []samplePreset{{"Chin, after test spot", clinical.RF, "hypertrophic_scars", "chin", 1,
				[]clinical.Settings{rfSet(1200, 40, 8, 80), rfSet(1200, 40, 10, 80)}}},
			treatments: []sampleTreatment{
				{43, clinical.RF, "hypertrophic_scars", "chin", rfSet(1000, 40, 8, 80), 4, 1, "7KX18", complete},
				{1, clinical.RF, "hypertrophic_scars", "chin", rfSet(1200, 40, 10, 80), 38, 1, "7KX20", complete},
			},
		},
		{
			Patient: clinical.Patient{FamilyName: "Lindqvist", GivenName: "Maja", BirthDate: sampleDay(1976, time.December, 2),
				Sex: clinical.Female, Fitzpatrick: clinical.FitzpatrickII, FileNumber: "F-19902"},
			sinceDays: 400,
			presets: []samplePreset{{"Forehead lines", clinical.Needling, "wrinkles", "forehead", 94,
				[]clinical.Settings{needleSet(750, 6000), needleSet(1000, 7000)}}},
			treatments: []sampleTreatment{
				{94, clinical.Needling, "wrinkles", "forehead", needleSet(750, 6000), 22, 2, "3NA07", complete},
				{64, clinical.Needling, "wrinkles", "forehead", needleSet(1000, 7000), 26, 3, "3NA07", complete},
				{34, clinical.Needling, "wrinkles", "forehead", needleSet(1000, 7000), 25, 3, "3NA09", complete},
				{4, clinical.Needling, "wrinkles", "forehead", needleSet(1000, 7000), 27, 3, "3NA09", complete},
			},
		},
		{
			Patient: clinical.Patient{FamilyName: "Tanaka", GivenName: "Yui", BirthDate: sampleDay(1998, time.March, 21),
				Sex: clinical.Female, Fitzpatrick: clinical.FitzpatrickIII, FileNumber: "F-20411"},
			sinceDays: 20,
			presets: []samplePreset{{"Cheek pores", clinical.RF, "enlarged_pores", "cheek_right", 5,
				[]clinical.Settings{rfSet(800, 60, 8, 80)}}},
			treatments: []sampleTreatment{
				{5, clinical.RF, "enlarged_pores", "cheek_right", rfSet(800, 60, 8, 80), 96, 1, "7KX20", complete},
			},
		},
		{
			Patient: clinical.Patient{FamilyName: "Ben Salah", GivenName: "Leïla", BirthDate: sampleDay(1969, time.September, 14),
				Sex: clinical.Female, Fitzpatrick: clinical.FitzpatrickIV, FileNumber: "F-18230"},
			sinceDays: 900,
			presets: []samplePreset{{"Melasma, light", clinical.Needling, "melasma", "cheek_left", 34,
				[]clinical.Settings{needleSet(500, 4000)}}},
			treatments: []sampleTreatment{
				{34, clinical.Needling, "melasma", "cheek_left", needleSet(500, 4000), 12, 1, "3NA07", complete},
				{20, clinical.Needling, "melasma", "cheek_left", needleSet(500, 4000), 12, 1, "3NA09", complete},
				{6, clinical.Needling, "melasma", "cheek_left", needleSet(500, 4000), 14, 1, "3NA09", complete},
			},
		},
		{
			Patient: clinical.Patient{FamilyName: "Novák", GivenName: "Tomáš", BirthDate: sampleDay(1987, time.May, 5),
				Sex: clinical.Male, Fitzpatrick: clinical.FitzpatrickII, FileNumber: "F-20105"},
			sinceDays: 210,
			presets: []samplePreset{{"Crown, weekly", clinical.Needling, "alopecia", "scalp", 51,
				[]clinical.Settings{needleSet(600, 5000), needleSet(1000, 5000), needleSet(1000, 6000)}}},
			treatments: []sampleTreatment{
				{23, clinical.Needling, "alopecia", "scalp", needleSet(1000, 6000), 18, 4, "3NA07", complete},
				{16, clinical.Needling, "alopecia", "scalp", needleSet(1000, 6000), 20, 4, "3NA09", clinical.OutcomeStopped},
				{9, clinical.Needling, "alopecia", "scalp", needleSet(1000, 6000), 19, 4, "3NA09", complete},
			},
		},
	}
}

func sampleOtherPatients() []samplePatient {
	const complete = clinical.OutcomeComplete
	return []samplePatient{
		{
			Patient: clinical.Patient{FamilyName: "Silva", GivenName: "João", BirthDate: sampleDay(1994, time.October, 28),
				Sex: clinical.Male, Fitzpatrick: clinical.FitzpatrickV, FileNumber: "F-20399"},
			sinceDays: 60,
			presets: []samplePreset{{"Abdomen, sides", clinical.Needling, "stretch_marks", "abdomen", 11,
				[]clinical.Settings{needleSet(1500, 6000)}}},
			treatments: []sampleTreatment{
				{11, clinical.Needling, "stretch_marks", "abdomen", needleSet(1500, 6000), 40, 2, "3NA09", complete},
			},
		},
		{
			Patient: clinical.Patient{FamilyName: "Fischer", GivenName: "Greta", BirthDate: sampleDay(1959, time.January, 17),
				Sex: clinical.Female, Fitzpatrick: clinical.FitzpatrickI, FileNumber: "F-17755"},
			sinceDays: 1500,
			presets: []samplePreset{{"Scar, lower abdomen", clinical.RF, "surgical_scars", "abdomen", 48,
				[]clinical.Settings{rfSet(1500, 60, 12, 100), rfSet(2000, 60, 15, 100)}}},
			treatments: []sampleTreatment{
				{48, clinical.RF, "surgical_scars", "abdomen", rfSet(1500, 60, 12, 100), 30, 1, "7KX18", complete},
				{13, clinical.RF, "surgical_scars", "abdomen", rfSet(2000, 60, 15, 100), 34, 1, "7KX20", complete},
			},
		},
		{
			Patient: clinical.Patient{FamilyName: "Rahman", GivenName: "Ayesha", BirthDate: sampleDay(2001, time.June, 9),
				Sex: clinical.Female, Fitzpatrick: clinical.FitzpatrickIV, FileNumber: "F-20402"},
			sinceDays: 14,
		},
		{
			Patient: clinical.Patient{FamilyName: "Moreau", GivenName: "Étienne", BirthDate: sampleDay(1979, time.August, 17),
				Sex: clinical.Male, Fitzpatrick: clinical.FitzpatrickIII, FileNumber: "F-20266"},
			sinceDays: 330,
			presets: []samplePreset{{"Thigh, mature scar", clinical.RF, "burn_scars", "thigh_left", 62,
				[]clinical.Settings{rfSet(2000, 40, 12, 120)}}},
			treatments: []sampleTreatment{
				{62, clinical.RF, "burn_scars", "thigh_left", rfSet(2000, 40, 12, 120), 58, 1, "7KX18", complete},
			},
		},
		{
			Patient: clinical.Patient{FamilyName: "O'Sullivan", GivenName: "Niamh", BirthDate: sampleDay(1993, time.April, 4),
				Sex: clinical.Female, Fitzpatrick: clinical.FitzpatrickI, FileNumber: "F-20371"},
			sinceDays: 120,
			presets: []samplePreset{{"Chicken pox, cheek", clinical.Needling, "atrophic_scars", "cheek_right", 75,
				[]clinical.Settings{needleSet(1500, 6000)}}},
			treatments: []sampleTreatment{
				{75, clinical.Needling, "atrophic_scars", "cheek_right", needleSet(1500, 6000), 16, 3, "3NA07", complete},
			},
		},
		{
			Patient: clinical.Patient{FamilyName: "Kowalczyk", GivenName: "Łukasz", BirthDate: sampleDay(1989, time.January, 26),
				Sex: clinical.Male, Fitzpatrick: clinical.FitzpatrickII, FileNumber: "F-19987"},
			sinceDays: 360,
			presets: []samplePreset{{"Neck, serum", clinical.Needling, "drug_delivery", "neck", 80,
				[]clinical.Settings{needleSet(500, 5000)}}},
			treatments: []sampleTreatment{
				{80, clinical.Needling, "drug_delivery", "neck", needleSet(500, 5000), 10, 1, "3NA07", complete},
			},
		},
	}
}
