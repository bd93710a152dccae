package main

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"stipple/app/clinical"
	"stipple/app/fold"
	"stipple/app/store"
)

// people are the words that tell of somebody: what must be nowhere outside the window.
type people struct {
	words map[string]bool // names and texts as they are written
	dates []clinical.Date // of birth
}

// add puts the words of a store's people and records in.
func (p *people) add(t *testing.T, s *store.Store) {
	t.Helper()
	ctx := t.Context()
	put := func(texts ...string) {
		for _, text := range texts {
			if text != "" {
				p.words[text] = true
			}
		}
	}
	operators, err := s.Operators(ctx)
	closing(t, err)
	for _, o := range operators {
		put(o.Name, last(strings.Fields(o.Name)))
	}
	patients, _, err := s.SearchPatients(ctx, "", 1000)
	closing(t, err)
	for _, one := range patients {
		history, err := s.PatientHistory(ctx, one.ID)
		closing(t, err)
		for _, h := range history {
			put(h.FamilyName, h.GivenName, h.FileNumber, h.GivenName+" "+h.FamilyName, h.FamilyName+", "+h.GivenName, h.FamilyName+" "+h.GivenName)
			p.dates = append(p.dates, h.BirthDate)
		}
		presets, err := s.Presets(ctx, one.ID)
		closing(t, err)
		for _, r := range presets {
			put(r.Name, string(r.Indication), string(r.Zone))
		}
		treatments, err := s.Treatments(ctx, one.ID)
		closing(t, err)
		for _, v := range treatments {
			put(string(v.Indication), string(v.Zone), v.Tip.Lot, v.Operator.Name)
			for _, a := range v.Alarms {
				put(a.Text, a.Expected, a.Measured)
			}
		}
	}
}

func last(words []string) string { return words[len(words)-1] }

// written are all ways in which a date is written.
func written(d clinical.Date) (all []string) {
	at := time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)
	for _, form := range []string{
		"2006-01-02", "20060102", "2006/01/02", "2006.01.02", "02.01.2006", "2.1.2006", "02.01.06", "02/01/2006", "2/1/2006", "01/02/2006", "1/2/2006",
		"02-01-2006", "01-02-2006", "2 Jan 2006", "02 Jan 2006", "2 January 2006", "02 January 2006", "January 2, 2006", "Jan 2, 2006", "2. January 2006", "02012006", "01022006",
	} {
		all = append(all, at.Format(form))
	}
	return append(all, fmt.Sprintf("%d %d %d", d.Year, d.Month, d.Day), fmt.Sprintf(`"year":%d,"month":%d,"day":%d`, d.Year, d.Month, d.Day))
}

// needle is a word in one form of bytes, in lower case as far as that is ASCII.
type needle struct {
	word string
	data []byte
}

// shortWord is below how many bytes a word comes by chance in a few megabytes that are
// encrypted: such a one is looked for between quotes there, and in its full name.
const shortWord = 6

// needles are the forms of all words: as they are, in both cases and without accents,
// and each of these in UTF-8 and in UTF-16 of either order.
func (p *people) needles() (all []needle) {
	seen := map[string]bool{}
	add := func(word, form string) {
		if seen[form] {
			return
		}
		seen[form] = true
		if utf8.RuneCountInString(form) < shortWord {
			all = append(all, needle{word, lower([]byte(`"` + form + `"`))})
		} else {
			all = append(all, needle{word, lower([]byte(form))})
		}
		units := utf16.Encode([]rune(form))
		little, big := make([]byte, 0, 2*len(units)), make([]byte, 0, 2*len(units))
		for _, u := range units {
			little, big = binary.LittleEndian.AppendUint16(little, u), binary.BigEndian.AppendUint16(big, u)
		}
		all = append(all, needle{word, lower(little)}, needle{word, lower(big)})
	}
	for word := range p.words {
		for _, form := range []string{word, strings.ToLower(word), strings.ToUpper(word), fold.Text(word)} {
			add(word, form)
		}
	}
	for _, d := range p.dates {
		for _, form := range written(d) {
			add(form, form)
		}
	}
	return all
}

// lower is ASCII in lower case, byte by byte, also where it stands in UTF-16.
func lower(data []byte) []byte {
	out := bytes.Clone(data)
	for i, c := range out {
		if 'A' <= c && c <= 'Z' {
			out[i] = c + 'a' - 'A'
		}
	}
	return out
}

// inBytes are the words that stand in what may be encrypted.
func (p *people) inBytes(data []byte) (found []string) {
	data = lower(data)
	for _, n := range p.needles() {
		if at := bytes.Index(data, n.data); at >= 0 {
			found = append(found, fmt.Sprintf("%q at byte %d", n.word, at))
		}
	}
	return found
}

// inText are the words that stand in what a program has written for people: there the
// shortest one is found, too, as a word.
func (p *people) inText(text []byte) (found []string) {
	found = p.inBytes(text)
	for word := range p.words {
		if len(word) < 3 {
			continue // an initial
		}
		forms := regexp.QuoteMeta(word) + "|" + regexp.QuoteMeta(fold.Text(word))
		if regexp.MustCompile(`(?i)(^|[^\pL\pN])(` + forms + `)($|[^\pL\pN])`).Match(text) {
			found = append(found, fmt.Sprintf("%q as a word", word))
		}
	}
	return found
}

// inFolder fails for every file below a folder in which one of the words stands, and
// returns how many bytes of how many files it has looked at.
func (p *people) inFolder(t *testing.T, dir string) (files, size int) {
	t.Helper()
	closing(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		data, err := os.ReadFile(path)
		for _, found := range p.inBytes(data) {
			t.Errorf("%s: %s", path, found)
		}
		files, size = files+1, size+len(data)
		return err
	}))
	return files, size
}

// The scan finds what it looks for: in a store that hides nothing, and in texts.
func TestScanFinds(t *testing.T) {
	p := &people{words: map[string]bool{"Novák": true, "Ruiz": true, "Ana": true, "F-20417": true}, dates: []clinical.Date{{Year: 1984, Month: 2, Day: 11}}}
	plain, err := os.ReadFile(filepath.Join("..", "app", "store", "testdata", "schema-1.db"))
	closing(t, err)
	found := strings.Join(p.inBytes(plain), "\n")
	for _, word := range []string{"Novák", "Ruiz", "F-20417", "1984-02-11"} {
		if !strings.Contains(found, `"`+word+`"`) {
			t.Errorf("%s was not found: %s", word, found)
		}
	}
	for _, text := range []string{"for ANA", "NOVÁK", "novak", "N\x00o\x00v\x00\xe1\x00k\x00", "\x00R\x00U\x00I\x00Z", "born 11 February 1984", `{"x":"ruiz"}`} {
		if len(p.inText([]byte(text))) == 0 {
			t.Errorf("nothing was found in %q", text)
		}
	}
	if found := p.inText([]byte("analysis of Banana, ruizx")); len(found) > 0 {
		t.Errorf("found %v", found)
	}
}
