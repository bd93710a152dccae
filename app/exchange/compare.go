package exchange

import (
	"slices"

	"stipple/app/clinical"
	"stipple/app/fold"
)

// MatchState is what a patient of another room comes to here.
type MatchState string

// The states.
const (
	Fresh     MatchState = "new"      // nobody here is this person
	Identical MatchState = "same"     // all that the file says is here
	Conflict  MatchState = "conflict" // the same person, told otherwise: somebody decides
	// Another: somebody else here has the file number. Neither may become the other.
	Another MatchState = "another"
)

// MatchedBy is how a patient was found here.
type MatchedBy string

// The ways, the surest first.
const (
	ByID     MatchedBy = "id"
	ByNumber MatchedBy = "number"
	ByName   MatchedBy = "name" // and birth date
)

// PresetMatch is a preset of the file that is not here as it is there.
type PresetMatch struct {
	Theirs clinical.Preset
	Mine   *clinical.Preset // the same one, with other values; nil: there is none
}

// Match is a patient of the file beside the one here.
type Match struct {
	State   MatchState
	By      MatchedBy // empty for one who is new
	Theirs  clinical.Dossier
	Mine    *clinical.Dossier // nil for one who is new
	Fields  []Field           // of the patient that differ
	Presets []PresetMatch
	// NumberOf is who else here has the file number of the file, so that taking it
	// over would be refused; nil: nobody.
	NumberOf *clinical.Patient
}

// Decision is what is to become of a conflict.
type Decision string

// The decisions.
const (
	Undecided  Decision = ""
	KeepMine   Decision = "mine"
	TakeTheirs Decision = "theirs" // as new revisions; what only this store has stays
	KeepBoth   Decision = "both"   // the patient as here; their presets beside those here
)

// Compare holds the patients of a file against those of a store: by id, then by file
// number, then by name and birth date. presets reads those of a patient here. told is
// called with the patients so far. The error is that of presets.
func Compare(file []clinical.Dossier, here []clinical.Patient, presets func(clinical.ID) ([]clinical.Preset, error), told func(done, of int)) ([]Match, error) {
	by := lookUp(here)
	all := make([]Match, 0, len(file))
	for i, d := range file {
		m, err := by.match(d, presets)
		if err != nil {
			return nil, err
		}
		all = append(all, m)
		if told != nil {
			told(i+1, len(file))
		}
	}
	return all, nil
}

// known are the patients of a store by what they are found by.
type known struct {
	ids, numbers, names map[string]clinical.Patient
}

func lookUp(here []clinical.Patient) known {
	k := known{map[string]clinical.Patient{}, map[string]clinical.Patient{}, map[string]clinical.Patient{}}
	for _, p := range here {
		k.ids[string(p.ID)] = p
		k.numbers[fold.Number(p.FileNumber)] = p
		k.names[nameKey(p)] = p
	}
	return k
}

func nameKey(p clinical.Patient) string {
	return fold.Text(p.FamilyName) + "\x00" + fold.Text(p.GivenName) + "\x00" + dateLine(p.BirthDate)
}

func (k known) match(d clinical.Dossier, presets func(clinical.ID) ([]clinical.Preset, error)) (Match, error) {
	m := Match{State: Fresh, Theirs: d}
	mine, by := k.find(d.Patient)
	if by == "" {
		return m, nil
	}
	m.By = by
	have, err := presets(mine.ID)
	if err != nil {
		return Match{}, err
	}
	m.Mine = &clinical.Dossier{Patient: mine, Presets: have}
	m.Fields, m.Presets = differ(d.Patient, mine), presetsDiffer(d.Presets, have)
	if other, ok := k.numbers[fold.Number(d.Patient.FileNumber)]; ok && other.ID != mine.ID {
		m.NumberOf = &other
	}
	switch {
	case by == ByNumber && !samePerson(d.Patient, mine):
		m.State = Another
	case len(m.Fields)+len(m.Presets) > 0:
		m.State = Conflict
	default:
		m.State = Identical
	}
	return m, nil
}

func (k known) find(p clinical.Patient) (clinical.Patient, MatchedBy) {
	if mine, ok := k.ids[string(p.ID)]; ok {
		return mine, ByID
	}
	if mine, ok := k.numbers[fold.Number(p.FileNumber)]; ok {
		return mine, ByNumber
	}
	if mine, ok := k.names[nameKey(p)]; ok {
		return mine, ByName
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
func differ(a, b clinical.Patient) []Field {
	var out []Field
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
			out = append(out, d.field)
		}
	}
	return out
}

// presetsDiffer lists the presets of the file that are not here, under whatever id.
func presetsDiffer(theirs, mine []clinical.Preset) []PresetMatch {
	var out []PresetMatch
	for _, t := range theirs {
		if slices.ContainsFunc(mine, func(m clinical.Preset) bool { return samePreset(t, m) }) {
			continue
		}
		p := PresetMatch{Theirs: t}
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

// May says whether a decision is possible for a match.
func (m Match) May(d Decision) bool {
	switch d {
	case Undecided, KeepMine:
		return true
	case TakeTheirs:
		return m.State == Conflict && m.NumberOf == nil
	case KeepBoth:
		return m.State == Conflict && len(m.Presets) > 0
	}
	return false
}

// Apply is what a decision has to be written: a patient as the store's import takes
// it. Revisions are those here that it is based on, 0 for what is new. False: nothing.
func (m Match) Apply(d Decision) (clinical.Dossier, bool) {
	switch {
	case m.State == Fresh:
		out := clinical.Dossier{Patient: m.Theirs.Patient}
		out.Patient.Revision = 0
		for _, p := range m.Theirs.Presets {
			p.Revision = 0
			out.Presets = append(out.Presets, p)
		}
		return out, true
	case m.State != Conflict || !m.May(d):
		return clinical.Dossier{}, false
	case d == TakeTheirs:
		out := clinical.Dossier{Patient: m.Theirs.Patient}
		out.Patient.ID, out.Patient.Revision = m.Mine.Patient.ID, m.Mine.Patient.Revision
		for _, p := range m.Presets {
			out.Presets = append(out.Presets, based(p, out.Patient.ID))
		}
		return out, true
	case d == KeepBoth:
		out := clinical.Dossier{Patient: m.Mine.Patient}
		for _, p := range m.Presets {
			if p.Mine != nil {
				p.Theirs.ID, p.Mine = "", nil // a preset of its own
			}
			out.Presets = append(out.Presets, based(p, out.Patient.ID))
		}
		return out, true
	}
	return clinical.Dossier{}, false
}

// based is their preset on top of the one here.
func based(p PresetMatch, patient clinical.ID) clinical.Preset {
	out := p.Theirs
	out.Patient, out.Revision = patient, 0
	if p.Mine != nil {
		out.Revision = p.Mine.Revision
	}
	return out
}
