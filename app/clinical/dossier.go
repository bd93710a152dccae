package clinical

// Dossier is what goes from one room's store to another's of one person: who they are,
// and what they are treated with. What was done to them stays where it was done.
type Dossier struct {
	Patient Patient
	Presets []Preset // of this patient; the newest revision of each
}
