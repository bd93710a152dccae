package trace

// Snapshot is what is visible at one moment, and one JSON line of the trace.
// Rectangles are in canvas coordinates: window pixels at scale 1.
type Snapshot struct {
	Page string `json:"page"`
	// Controls are the visible controls that have a name, in reading order of
	// the tree. Names are stable: scripts outside the program depend on them.
	Controls []Control `json:"controls"`
	// Texts are all visible texts, from back to front.
	Texts []string `json:"texts"`
	// States are the states that a test waits for: "chip", "apply", "arm", …
	States map[string]string `json:"states"`
}

// Control is one place that can be used with the pointer.
type Control struct {
	Name    string `json:"name"`
	Kind    string `json:"kind"`
	X       int    `json:"x"`
	Y       int    `json:"y"`
	W       int    `json:"w"`
	H       int    `json:"h"`
	Enabled bool   `json:"enabled"`
	Value   string `json:"value,omitempty"`
}

// Find returns the control of a name, or false.
func (s Snapshot) Find(name string) (Control, bool) {
	for _, c := range s.Controls {
		if c.Name == name {
			return c, true
		}
	}
	return Control{}, false
}
