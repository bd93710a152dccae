package clinical

import (
	"slices"
)

// Number is one number of the library: a value in the base unit that its place
// in the library implies, and where it comes from.
type Number struct {
	Value  int32
	Source string // key of the source table
	Grade  string // A, B, C or P, see Reason
	Note   string // what it rests on; may be empty
}

// Source is one entry of the library's source table.
type Source struct {
	ID      string // "L61", "PROP", "GK"
	Title   string
	Address string // where it was read; empty for PROP and GK
}

// Access says whether an indication may be treated with a kind of pen.
type Access uint8

// The accesses. The zero value is the closed one.
const (
	AccessNever    Access = iota // no override helps
	AccessOverride               // off, unless a specialist overrides it
	AccessOffered                // on the menu
)

// String is the word that the library file uses.
func (a Access) String() string {
	switch a {
	case AccessOverride:
		return "override"
	case AccessOffered:
		return "offered"
	}
	return "never"
}

// Indication is one of the uses of the brief, as one kind of pen treats it.
type Indication struct {
	Key    IndicationKey
	Name   string // "Acne scars"
	Access Access
	Note   string // why it is off, or where sources disagree; may be empty
}

// Zone is one place on the body as the operator picks it.
type Zone struct {
	Key  ZoneKey
	Name string // "Left cheek"
	Site string // the key of the site whose caps it shares: "cheek"
	// Note is what to mind there with any pen and, of Library.Zones, with the kind
	// of pen that was asked about; may be empty.
	Note string
}

// Library is the limit library: which indications and zones there are, and
// what each allows. It never changes after loading and is safe for use by any
// number of goroutines.
type Library struct {
	Version string // "1.0"
	Date    string // of this version, YYYY-MM-DD
	Hash    string // SHA-256 over all files, in lower-case hex; what an approval names

	sources     []Source
	sites       map[string]site
	zones       []Zone
	indications []indicationName
	kinds       map[PenKind]kindRules
}

// indicationName is what an indication is for every kind of pen.
type indicationName struct {
	key    IndicationKey
	name   string
	tissue tissue
}

// tissue picks which cap of a site holds: scars and mature burn scars are
// thicker than the skin around them.
type tissue string

const (
	tissueSkin tissue = ""
	tissueScar tissue = "scar"
	tissueBurn tissue = "burn"
)

// site is a row of the table of sites, shared by the zones on it.
type site struct {
	key, name, note string
	caps            map[PenKind]siteCaps
}

// siteCaps is what a site allows a kind of pen, by tissue.
type siteCaps struct {
	note           string // what to mind there with this kind alone; may be empty
	byTissue       map[tissue]depthCap
	recommendedMax *Number // deeper leaves what the source calls the safe band
}

// depthCap is the greatest set depth for everybody and, where there is one,
// for a specialist's override.
type depthCap struct {
	base     Number
	override *Number
}

// kindRules is one of the files needling.toml and rf.toml.
type kindRules struct {
	device      deviceRules
	indications map[IndicationKey]indicationRules
}

// deviceRules hold for every indication of a kind of pen.
type deviceRules struct {
	dose          *Number // µJ per pin at one spot
	pulsesPerSpot *Number
	startStep     *Number // µm; how far one skin type step lowers the starting depth
	speed         *row
	insulated     bool // every treatment needs insulated pins
}

// indicationRules is what one indication allows one kind of pen.
type indicationRules struct {
	access    Access
	note      string
	sites     []string // where it makes sense, in the order of the menu
	insulated bool     // needs insulated pins
	rows      cellRows
	cells     map[string]cellRows // by site, in place of rows
}

// cellRows are the numbers of a cell of the library.
type cellRows struct {
	byParameter [ParameterCount]*row
	dose        *doseRow
}

// row is minimum, typical and maximum of a parameter. The recommended range
// runs from min to typicalTo; max is the absolute bound. Each may be missing.
type row struct {
	min, typicalTo, max, start *Number
}

// doseRow bounds the dose at one spot by skin type, in µJ per pin.
type doseRow struct {
	most, typical [doseColumns]Number // by doseColumn
	pulsesPerSpot Number              // the most that may be stacked at one spot
}

// Indications lists the indications that the library knows for a kind of pen,
// in the order of the brief. Those that are off are listed too, with their
// Access and the reason in Note, so that a menu can say why.
func (l *Library) Indications(kind PenKind) []Indication {
	rules := l.kinds[kind].indications
	out := make([]Indication, 0, len(rules))
	for _, n := range l.indications {
		if r, ok := rules[n.key]; ok {
			out = append(out, Indication{Key: n.key, Name: n.name, Access: r.access, Note: r.note})
		}
	}
	return out
}

// Zones lists the zones where an indication may be treated with a kind of pen,
// in the order of the library. It is empty where the indication is never
// treated with that kind, or not known.
func (l *Library) Zones(kind PenKind, indication IndicationKey) []Zone {
	rules, ok := l.kinds[kind].indications[indication]
	if !ok || rules.access == AccessNever {
		return nil
	}
	var out []Zone
	for _, z := range l.zones {
		if slices.Contains(rules.sites, z.Site) {
			z.Note = both(z.Note, l.sites[z.Site].caps[kind].note)
			out = append(out, z)
		}
	}
	return out
}

// AllZones lists every zone of the library.
func (l *Library) AllZones() []Zone { return slices.Clone(l.zones) }

// IndicationName is the name for people of an indication, and whether the
// library knows it.
func (l *Library) IndicationName(key IndicationKey) (string, bool) {
	n, ok := l.indicationName(key)
	return n.name, ok
}

// Indication is one indication as a kind of pen treats it, and whether the
// library knows it for that kind.
func (l *Library) Indication(kind PenKind, key IndicationKey) (Indication, bool) {
	n, ok := l.indicationName(key)
	if !ok {
		return Indication{}, false
	}
	r, ok := l.kinds[kind].indications[key]
	if !ok {
		return Indication{}, false
	}
	return Indication{Key: key, Name: n.name, Access: r.access, Note: r.note}, true
}

// Zone is one zone, and whether the library knows it.
func (l *Library) Zone(key ZoneKey) (Zone, bool) {
	i := slices.IndexFunc(l.zones, func(z Zone) bool { return z.Key == key })
	if i < 0 {
		return Zone{}, false
	}
	return l.zones[i], true
}

// Source is the entry of the source table that a Reason names, and whether
// there is one.
func (l *Library) Source(id string) (Source, bool) {
	i := slices.IndexFunc(l.sources, func(s Source) bool { return s.ID == id })
	if i < 0 {
		return Source{}, false
	}
	return l.sources[i], true
}

// Sources is the whole source table.
func (l *Library) Sources() []Source { return slices.Clone(l.sources) }

func (l *Library) indicationName(key IndicationKey) (indicationName, bool) {
	i := slices.IndexFunc(l.indications, func(n indicationName) bool { return n.key == key })
	if i < 0 {
		return indicationName{}, false
	}
	return l.indications[i], true
}

// depthCap is the cap of a site for a tissue and the tissue whose cap it is:
// burn scars fall back to scars, scars to skin.
func (c siteCaps) depthCap(t tissue) (depthCap, tissue) {
	for _, try := range fallback(t) {
		if dc, ok := c.byTissue[try]; ok {
			return dc, try
		}
	}
	return depthCap{}, tissueSkin
}

func fallback(t tissue) []tissue {
	switch t {
	case tissueBurn:
		return []tissue{tissueBurn, tissueScar, tissueSkin}
	case tissueScar:
		return []tissue{tissueScar, tissueSkin}
	}
	return []tissue{tissueSkin}
}

// rowsAt is what the library says about one indication at one site.
func (r indicationRules) rowsAt(site string) cellRows {
	rows := r.rows
	exception, ok := r.cells[site]
	if !ok {
		return rows
	}
	for _, p := range AllParameters() {
		if exception.byParameter[p] != nil {
			rows.byParameter[p] = exception.byParameter[p]
		}
	}
	if exception.dose != nil {
		rows.dose = exception.dose
	}
	return rows
}
