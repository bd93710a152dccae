package clinical

// Dossier is what goes from one room's store to another's of one person: who they are,
// and what they are treated with. What was done to them stays where it was done.
type Dossier struct {
	Patient Patient
	Presets []Preset // of this patient; the newest revision of each
}

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
	Theirs Preset
	Mine   *Preset // the same one, with other values; nil: there is none
}

// Match is a patient of the file beside the one here.
type Match struct {
	State   MatchState
	By      MatchedBy // empty for one who is new
	Theirs  Dossier
	Mine    *Dossier // nil for one who is new
	Fields  []string // of the patient that differ, such as "FamilyName"
	Presets []PresetMatch
	// NumberOf is who else here has the file number of the file, so that taking it
	// over would be refused; nil: nobody.
	NumberOf *Patient
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
func (m Match) Apply(d Decision) (Dossier, bool) {
	switch {
	case m.State == Fresh:
		out := Dossier{Patient: m.Theirs.Patient}
		out.Patient.Revision = 0
		for _, p := range m.Theirs.Presets {
			p.Revision = 0
			out.Presets = append(out.Presets, p)
		}
		return out, true
	case m.State != Conflict || !m.May(d):
		return Dossier{}, false
	case d == TakeTheirs:
		out := Dossier{Patient: m.Theirs.Patient}
		out.Patient.ID, out.Patient.Revision = m.Mine.Patient.ID, m.Mine.Patient.Revision
		for _, p := range m.Presets {
			out.Presets = append(out.Presets, based(p, out.Patient.ID))
		}
		return out, true
	case d == KeepBoth:
		out := Dossier{Patient: m.Mine.Patient}
		for _, p := range m.Presets {
			if p.Mine != nil {
				p.Theirs.ID, p.Mine = "", nil // a preset of its own
			}
			out.Presets = append(out.Presets, based(p, out.Patient.ID))
		}
		return out, true
	}
	return Dossier{}, false
}

// based is their preset on top of the one here.
func based(p PresetMatch, patient ID) Preset {
	out := p.Theirs
	out.Patient, out.Revision = patient, 0
	if p.Mine != nil {
		out.Revision = p.Mine.Revision
	}
	return out
}
