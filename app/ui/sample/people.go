package sample

import (
	"time"

	"stipple/app/clinical"
	"stipple/app/console"
)

// Now is the moment that all sample views show, in the machine's zone.
func Now() time.Time { return time.Date(2026, time.November, 23, 14, 2, 31, 0, time.Local) }

// day is noon of a day before Now.
func day(before int) time.Time { return Now().AddDate(0, 0, -before).Add(-2 * time.Hour) }

func operators() []clinical.Operator {
	return []clinical.Operator{
		{ID: "op1", Name: "Dr A. Meyer", Role: clinical.RoleClinician},
		{ID: "op2", Name: "Dr S. Okonkwo", Role: clinical.RoleSeniorClinician},
		{ID: "op3", Name: "T. Roth", Role: clinical.RoleTechnician},
		{ID: "op4", Name: "L. Brandt", Role: clinical.RoleAdministrator},
	}
}

func patient(id clinical.ID, family, given string, y int, m time.Month, d int, sex clinical.Sex, skin clinical.Fitzpatrick, file string) clinical.Patient {
	return clinical.Patient{
		ID: id, Revision: 1, FamilyName: family, GivenName: given,
		BirthDate: clinical.Date{Year: y, Month: m, Day: d}, Sex: sex, Fitzpatrick: skin,
		FileNumber: file, Created: day(200), Updated: day(30),
	}
}

// rows is the sample patient list, recent first.
func rows() []console.PatientRow {
	row := func(p clinical.Patient, age int, indication string, session, before int) console.PatientRow {
		r := console.PatientRow{Patient: p, Age: age, LastIndication: indication, LastSession: session}
		if indication != "" {
			r.LastAt = day(before)
		}
		return r
	}
	return []console.PatientRow{
		row(patient("p01", "Ruiz", "Ana", 1984, 2, 11, clinical.Female, clinical.FitzpatrickIV, "F-20417"), 42, "Acne scars", 2, 0),
		row(patient("p02", "Okafor", "Chidi", 1991, 7, 30, clinical.Male, clinical.FitzpatrickVI, "F-20388"), 35, "Hypertrophic scars", 1, 1),
		row(patient("p03", "Lindqvist", "Maja", 1976, 12, 2, clinical.Female, clinical.FitzpatrickII, "F-19902"), 49, "Wrinkles", 4, 4),
		row(patient("p04", "Tanaka", "Yui", 1998, 3, 21, clinical.Female, clinical.FitzpatrickIII, "F-20411"), 28, "Enlarged pores", 1, 5),
		row(patient("p05", "Ben Salah", "Leïla", 1969, 9, 14, clinical.Female, clinical.FitzpatrickIV, "F-18230"), 57, "Melasma", 3, 6),
		row(patient("p06", "Novák", "Tomáš", 1987, 5, 5, clinical.Male, clinical.FitzpatrickII, "F-20105"), 39, "Alopecia", 7, 9),
		row(patient("p07", "Silva", "João", 1994, 10, 28, clinical.Male, clinical.FitzpatrickV, "F-20399"), 32, "Stretch marks", 1, 11),
		row(patient("p08", "Fischer", "Greta", 1959, 1, 17, clinical.Female, clinical.FitzpatrickI, "F-17755"), 67, "Surgical scars", 2, 13),
		row(patient("p09", "Rahman", "Ayesha", 2001, 6, 9, clinical.Female, clinical.FitzpatrickUnknown, "F-20402"), 25, "", 0, 14),
		row(patient("p10", "Kowalczyk", "Piotr", 1980, 4, 3, clinical.Male, clinical.FitzpatrickIII, "F-20077"), 46, "Acne scars", 3, 16),
		row(patient("p11", "Haile", "Sara", 1996, 8, 19, clinical.Female, clinical.FitzpatrickVI, "F-20260"), 30, "Stretch marks", 2, 19),
		row(patient("p12", "Byrne", "Niamh", 1989, 11, 25, clinical.Female, clinical.FitzpatrickI, "F-20318"), 36, "Wrinkles", 1, 21),
	}
}
