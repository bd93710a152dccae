package clinical

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
)

// maxLibraryText bounds a name or a note of the library in bytes: a name
// stands in a menu, a note in two lines under it.
const maxLibraryText = 400

// builder puts decoded files together and checks every rule of the library. It
// keeps the first thing that is wrong; after that nothing it builds is used.
type builder struct {
	docs []document
	lib  *Library
	err  *LibraryError
}

func (b *builder) build() (*Library, error) {
	b.lib = &Library{sites: map[string]site{}, kinds: map[PenKind]kindRules{}}
	b.head()
	b.sources()
	b.placesAndNames()
	for _, d := range b.docs {
		b.kind(Needling, d.body.Needling)
		b.kind(RF, d.body.RF)
	}
	for _, k := range []PenKind{Needling, RF} {
		if _, ok := b.lib.kinds[k]; !ok {
			b.fail(string(k), "is missing")
		}
	}
	if b.err != nil {
		return nil, b.err
	}
	return b.lib, nil
}

// fail keeps the first error, with the file and line of the field.
func (b *builder) fail(field, format string, args ...any) {
	if b.err != nil {
		return
	}
	b.err = &LibraryError{Field: field, Problem: fmt.Sprintf(format, args...)}
	closest := 0
	for _, d := range b.docs {
		if line, known := d.line(field); known > closest {
			b.err.File, b.err.Line, closest = d.file, line, known
		}
	}
}

func (b *builder) head() {
	for _, d := range b.docs {
		if d.body.Version == "" {
			continue
		}
		if b.lib.Version != "" {
			b.fail("version", "stands in two files")
		}
		b.lib.Version, b.lib.Date = d.body.Version, d.body.Date
		b.text("version", d.body.Version)
		if _, err := time.Parse(time.DateOnly, d.body.Date); err != nil {
			b.fail("date", "%q is not a date such as 2027-01-31", d.body.Date)
		}
	}
	if b.lib.Version == "" {
		b.fail("version", "is missing")
	}
}

func (b *builder) sources() {
	for _, d := range b.docs {
		for _, id := range d.order["source"] {
			field, s := "source."+id, d.body.Source[id]
			if _, twice := b.lib.Source(id); twice {
				b.fail(field, "stands in two files")
			}
			b.text(field+".title", s.Title)
			if s.Address != "" {
				b.text(field+".address", s.Address)
			}
			b.lib.sources = append(b.lib.sources, Source{ID: id, Title: s.Title, Address: s.Address})
		}
	}
}

// placesAndNames reads sites, zones and the names of the indications, which
// all kinds of pen share.
func (b *builder) placesAndNames() {
	for _, d := range b.docs {
		for _, key := range d.order["site"] {
			b.site(key, d.body.Site[key])
		}
		for _, key := range d.order["indication"] {
			b.indicationName(key, d.body.Indication[key])
		}
	}
	for _, d := range b.docs {
		for _, key := range d.order["zone"] {
			b.zone(key, d.body.Zone[key])
		}
	}
}

func (b *builder) site(key string, f fileSite) {
	field := "site." + key
	if _, twice := b.lib.sites[key]; twice {
		b.fail(field, "stands in two files")
	}
	b.key(field, key)
	b.text(field+".name", f.Name)
	b.note(field+".note", f.Note)
	s := site{key: key, name: f.Name, note: f.Note, caps: map[PenKind]siteCaps{}}
	if f.Needling != nil {
		s.caps[Needling] = b.caps(field+".needling", *f.Needling)
	}
	if f.RF != nil {
		s.caps[RF] = b.caps(field+".rf", *f.RF)
	}
	b.lib.sites[key] = s
}

// both is what is to be minded with any pen, and with this kind of pen.
func both(any, kind string) string { return strings.TrimSpace(any + " " + kind) }

func (b *builder) caps(field string, f fileCaps) siteCaps {
	b.note(field+".note", f.Note)
	out := siteCaps{note: f.Note, byTissue: map[tissue]depthCap{}, recommendedMax: b.optional(field+".recommended_max", f.RecommendedMax)}
	for _, t := range []struct {
		tissue         tissue
		name           string
		base, override *fileNumber
	}{
		{tissueSkin, "cap", f.Cap, f.CapOverride},
		{tissueScar, "scar_cap", f.ScarCap, f.ScarCapOverride},
		{tissueBurn, "burn_cap", f.BurnCap, f.BurnCapOverride},
	} {
		if t.base == nil {
			if t.tissue == tissueSkin {
				b.fail(field+"."+t.name, "is missing")
			}
			if t.override != nil {
				b.fail(field+"."+t.name+"_override", "has no %s to override", t.name)
			}
			continue
		}
		c := depthCap{base: b.number(field+"."+t.name, t.base), override: b.optional(field+"."+t.name+"_override", t.override)}
		if c.override != nil && c.override.Value <= c.base.Value {
			b.fail(field+"."+t.name+"_override", "%d is not over the %s of %d", c.override.Value, t.name, c.base.Value)
		}
		out.byTissue[t.tissue] = c
	}
	return out
}

func (b *builder) zone(key string, f fileZone) {
	field := "zone." + key
	if _, twice := b.lib.Zone(ZoneKey(key)); twice {
		b.fail(field, "stands in two files")
	}
	b.key(field, key)
	b.text(field+".name", f.Name)
	b.note(field+".note", f.Note)
	s, ok := b.lib.sites[f.Site]
	if !ok {
		b.fail(field+".site", "%q is not a site", f.Site)
	}
	note := f.Note
	if note == "" {
		note = s.note
	}
	for _, kind := range []PenKind{Needling, RF} {
		b.note(field+".note", both(note, s.caps[kind].note))
	}
	b.lib.zones = append(b.lib.zones, Zone{Key: ZoneKey(key), Name: f.Name, Site: f.Site, Note: note})
}

func (b *builder) indicationName(key string, f fileIndication) {
	field := "indication." + key
	if _, twice := b.lib.indicationName(IndicationKey(key)); twice {
		b.fail(field, "stands in two files")
	}
	b.key(field, key)
	b.text(field+".name", f.Name)
	t := tissue(f.Tissue)
	if !slices.Contains([]tissue{tissueSkin, tissueScar, tissueBurn}, t) {
		b.fail(field+".tissue", "%q is not scar or burn", f.Tissue)
	}
	b.lib.indications = append(b.lib.indications, indicationName{key: IndicationKey(key), name: f.Name, tissue: t})
}

// key checks a name that records keep for ever.
func (b *builder) key(field, key string) {
	ok := key != "" && !strings.ContainsFunc(key, func(r rune) bool {
		return r != '_' && (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	if !ok {
		b.fail(field, "key %q is not made of a-z, 0-9 and _", key)
	}
}

// text checks a text that a person reads: there, bounded, nothing invisible.
func (b *builder) text(field, s string) {
	if s == "" {
		b.fail(field, "is missing")
	}
	b.note(field, s)
}

// note checks a text that may be missing.
func (b *builder) note(field, s string) {
	if len(s) > maxLibraryText {
		b.fail(field, "is longer than %d bytes", maxLibraryText)
	}
	if strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }) {
		b.fail(field, "has a character that can't be shown")
	}
}

// number checks that a number has a source in the table and a grade, and that
// the grade P and the source PROP go together: a proposal must not pass as a
// finding, nor the other way round.
func (b *builder) number(field string, n *fileNumber) Number {
	if n == nil {
		b.fail(field, "is missing")
		return Number{}
	}
	if _, ok := b.lib.Source(n.Source); !ok {
		b.fail(field, "source %q is not in the source table", n.Source)
	}
	if !slices.Contains([]string{"A", "B", "C", gradeProposed}, n.Grade) {
		b.fail(field, "grade %q is not A, B, C or P", n.Grade)
	}
	if (n.Source == sourceProposed) != (n.Grade == gradeProposed) {
		b.fail(field, "source %q and grade %q do not go together", n.Source, n.Grade)
	}
	b.note(field, n.Note)
	return n.Number
}

// A number that was proposed for this library and is no finding.
const (
	sourceProposed = "PROP"
	gradeProposed  = "P"
)

// optional is number for one that may be missing.
func (b *builder) optional(field string, n *fileNumber) *Number {
	if n == nil {
		return nil
	}
	v := b.number(field, n)
	return &v
}
