package store

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"stipple/app/clinical"
)

// plainIndex searches by walking all patients: what a search means, said as simply
// as can be.
type plainIndex struct {
	recent []clinical.Patient // least recently used first
}

func (x *plainIndex) put(p clinical.Patient) {
	if i := x.at(p.ID); i >= 0 {
		x.recent[i] = p
		return
	}
	x.recent = append(x.recent, p)
}

func (x *plainIndex) touch(id clinical.ID) {
	if i := x.at(id); i >= 0 {
		p := x.recent[i]
		x.recent = append(slices.Delete(x.recent, i, i+1), p)
	}
}

func (x *plainIndex) at(id clinical.ID) int {
	return slices.IndexFunc(x.recent, func(p clinical.Patient) bool { return p.ID == id })
}

func (x *plainIndex) search(query string, limit int) (hits []clinical.Patient, total int) {
	words := queryWords(query)
	for _, p := range slices.Backward(x.recent) {
		if !fits(p, words) {
			continue
		}
		if total < limit {
			hits = append(hits, p)
		}
		total++
	}
	return hits, total
}

// fits says whether every word of the query begins a word of the patient.
func fits(p clinical.Patient, query []queryWord) bool {
	text := "\x00" + string(appendWords(nil, p))
	for _, q := range query {
		if !slices.ContainsFunc(q, func(form string) bool { return strings.Contains(text, "\x00"+form) }) {
			return false
		}
	}
	return true
}

// syllables make names that begin alike, in one word and in several, with accents,
// signs and other writings; two are longer than a posting's head.
func syllables() []string {
	return []string{"a", "An", "é", "ö", "ŁU", "ß", "ij", "-", "'", " ", "ruiz", "Novák", "практика", "practice-of-", "佐", "0", "1", "19"}
}

func text(t *rapid.T, name string) string {
	return strings.Join(rapid.SliceOfN(rapid.SampledFrom(syllables()), 1, 4).Draw(t, name), "")
}

func somebody(t *rapid.T, id int) clinical.Patient {
	return clinical.Patient{
		ID: encodeID(uint64(id), 0, 0), FamilyName: text(t, "family"), GivenName: text(t, "given"), FileNumber: text(t, "number"),
		BirthDate: clinical.Date{Year: rapid.IntRange(1935, 1937).Draw(t, "year"), Month: time.Month(rapid.IntRange(1, 12).Draw(t, "month")), Day: rapid.IntRange(1, 28).Draw(t, "day")},
	}
}

// typed is what somebody types who looks for a patient, or for nobody.
func typed(t *rapid.T, p clinical.Patient) string {
	d := p.BirthDate
	words := []string{
		p.FamilyName, p.GivenName, p.FileNumber, text(t, "other"), "\x00", "x\x00",
		fmt.Sprintf("%d.%d.%d", d.Day, d.Month, d.Year), fmt.Sprintf("%d-%02d-%02d", d.Year, d.Month, d.Day), fmt.Sprintf("%02d/%02d/%d", d.Month, d.Day, d.Year), fmt.Sprintf("%d%02d%02d", d.Year, d.Month, d.Day),
	}
	query := ""
	for _, w := range rapid.SliceOfN(rapid.SampledFrom(words), 0, 3).Draw(t, "words") {
		r := []rune(w)
		query += " " + string(r[:rapid.IntRange(0, len(r)).Draw(t, "letters")])
	}
	return query
}

// A search finds what a walk over all patients finds, in its order, whatever was
// changed in between.
func TestSearchIsAWalk(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		fast, plain := newIndex(), &plainIndex{}
		p := somebody(t, 0)
		t.Repeat(map[string]func(*rapid.T){
			"save": func(t *rapid.T) {
				p = somebody(t, rapid.IntRange(0, 9).Draw(t, "id"))
				fast.put(p)
				plain.put(p)
			},
			"use": func(t *rapid.T) {
				id := encodeID(uint64(rapid.IntRange(0, 9).Draw(t, "id")), 0, 0)
				fast.touch(id)
				plain.touch(id)
			},
			"settle": func(*rapid.T) { fast.words.settle() },
			"": func(t *rapid.T) {
				query, limit := typed(t, p), rapid.IntRange(-1, 12).Draw(t, "limit")
				hits, total := fast.search(query, limit)
				want, wantTotal := plain.search(query, limit)
				if diff := cmp.Diff(want, hits); diff != "" || total != wantTotal {
					t.Errorf("%q: %d, want %d\n%s", query, total, wantTotal, diff)
				}
			},
		})
	})
}

// What comes in thousands is put in order by itself, and is found before and after.
func TestSearchOfMany(t *testing.T) {
	fast, plain := newIndex(), &plainIndex{}
	for i, p := range manyPatients(2000) {
		fast.put(p)
		plain.recent = append(plain.recent, p)
		if i%97 != 0 {
			continue
		}
		for _, query := range []string{"f-1", "f1", "ab", "199", "elena 1", p.FamilyName, p.FileNumber} {
			hits, total := fast.search(query, 5)
			want, wantTotal := plain.search(query, 5)
			if total != wantTotal || !cmp.Equal(hits, want) {
				t.Fatalf("%q after %d: %d, want %d", query, i, total, wantTotal)
			}
		}
	}
	if n := len(fast.words.fresh); n > len(fast.words.sorted)/16+minFresh || len(fast.words.sorted) == 0 {
		t.Errorf("%d words are not in order of %d", n, len(fast.words.sorted))
	}
}
