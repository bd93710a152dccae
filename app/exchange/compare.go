package exchange

import (
	"slices"

	"stipple/app/clinical"
	"stipple/app/fold"
)

// Compare holds the patients of a file against those of a store: by id, then by file
// number, then by name and birth date. presets reads those of a patient here. step is
// called for each patient, with those of the file so far; its error ends all. The error is
// that of presets or of step.
func Compare(file []clinical.Dossier, here []clinical.Patient, presets func(clinical.ID) ([]clinical.Preset, error), step func(done, of int) error) ([]clinical.Match, error) {
	by := known{map[string]clinical.Patient{}, map[string]clinical.Patient{}, map[string]clinical.Patient{}}
	for _, p := range here {
		if err := step(0, len(file)); err != nil {
			return nil, err
		}
		by.add(p)
	}
	all := make([]clinical.Match, 0, len(file))
	for i, d := range file {
		m, err := by.match(d, presets)
		if err != nil {
			return nil, err
		}
		all = append(all, m)
		if err := step(i+1, len(file)); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// known are the patients of a store by what they are found by.
type known struct {
	ids, numbers, names map[string]clinical.Patient
}

func (k known) add(p clinical.Patient) {
	k.ids[string(p.ID)] = p
	k.numbers[fold.Number(p.FileNumber)] = p
	k.names[nameKey(p)] = p
}

func nameKey(p clinical.Patient) string {
	return fold.Text(p.FamilyName) + "\x00" + fold.Text(p.GivenName) + "\x00" + dateLine(p.BirthDate)
}

func (k known) match(d clinical.Dossier, presets func(clinical.ID) ([]clinical.Preset, error)) (clinical.Match, error) {
	m := clinical.Match{State: clinical.Fresh, Theirs: d}
	mine, by := k.find(d.Patient)
	if by == "" {
		return m, nil
	}
	m.By = by
	have, err := presets(mine.ID)
	if err != nil {
		return clinical.Match{}, err
	}
	m.Mine = &clinical.Dossier{Patient: mine, Presets: have}
	m.Fields, m.Presets = differ(d.Patient, mine), presetsDiffer(d.Presets, have)
	if other, ok := k.numbers[fold.Number(d.Patient.FileNumber)]; ok && other.ID != mine.ID {
		m.NumberOf = &other
	}
	switch {
	case by == clinical.ByNumber && !samePerson(d.Patient, mine):
		m.State = clinical.Another
	case len(m.Fields)+len(m.Presets) > 0:
		m.State = clinical.Conflict
	default:
		m.State = clinical.Identical
	}
	return m, nil
}

func (k known) find(p clinical.Patient) (clinical.Patient, clinical.MatchedBy) {
	if mine, ok := k.ids[string(p.ID)]; ok {
		return mine, clinical.ByID
	}
	if mine, ok := k.numbers[fold.Number(p.FileNumber)]; ok {
		return mine, clinical.ByNumber
	}
	if mine, ok := k.names[nameKey(p)]; ok {
		return mine, clinical.ByName
	}
	return clinical.Patient{}, ""
}

// samePerson says whether two with the same file number can be one: the same name or
// the same birth date.
func samePerson(a, b clinical.Patient) bool {
	return a.BirthDate == b.BirthDate ||
		fold.Text(a.FamilyName) == fold.Text(b.FamilyName) && fold.Text(a.GivenName) == fold.Text(b.GivenName)
}

// differ lists the fields in which two patients differ, what one leaves open included.
func differ(a, b clinical.Patient) []string {
	var out []string
	for _, d := range [...]struct {
		field Field
		yes   bool
	}{
		{FileNumber, a.FileNumber != b.FileNumber},
		{FamilyName, a.FamilyName != b.FamilyName},
		{GivenName, a.GivenName != b.GivenName},
		{BirthDate, a.BirthDate != b.BirthDate},
		{Sex, a.Sex != b.Sex},
		{Fitzpatrick, a.Fitzpatrick != b.Fitzpatrick},
	} {
		if d.yes {
			out = append(out, string(d.field))
		}
	}
	return out
}

// presetsDiffer lists the presets of the file that are not here, under whatever id.
func presetsDiffer(theirs, mine []clinical.Preset) []clinical.PresetMatch {
	var out []clinical.PresetMatch
	for _, t := range theirs {
		if slices.ContainsFunc(mine, func(m clinical.Preset) bool { return samePreset(t, m) }) {
			continue
		}
		p := clinical.PresetMatch{Theirs: t}
		if i := slices.IndexFunc(mine, func(m clinical.Preset) bool { return m.ID == t.ID }); i >= 0 {
			p.Mine = &mine[i]
		}
		out = append(out, p)
	}
	return out
}

func samePreset(a, b clinical.Preset) bool {
	return a.Name == b.Name && a.PenKind == b.PenKind && a.Indication == b.Indication && a.Zone == b.Zone && a.Settings == b.Settings
}
