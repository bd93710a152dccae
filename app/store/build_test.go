package store

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// However many goroutines build the index, it is the one that the changes made.
func TestIndexIsBuiltInShares(t *testing.T) {
	s, _ := newStore(t)
	for i, p := range manyPatients(23) {
		p.ID, p.Revision = "", 0
		p = must(s.SavePatient(t.Context(), p))(t)
		if i%3 == 0 {
			p.FamilyName = fmt.Sprint("Renamed", i)
			must(s.SavePatient(t.Context(), p))(t)
		}
	}
	all, _ := s.index.search("", 99)
	for _, p := range slices.Backward(all[5:17]) { // an order that the ids do not have
		if err := s.Touch(t.Context(), p.ID); err != nil {
			t.Fatal(err)
		}
	}
	for builders := 1; builders <= maxBuilders; builders++ {
		ix := newIndex()
		if err := s.view(t.Context(), func(t *txn) error { return ix.buildAll(t, builders) }); err != nil {
			t.Fatal(err)
		}
		queries := []string{"", "renamed", "f-1"}
		for _, p := range all {
			queries = append(queries, p.FamilyName+" "+p.FileNumber, packDate(p.BirthDate))
		}
		for _, query := range queries {
			want, wantTotal := s.index.search(query, 99)
			got, total := ix.search(query, 99)
			if diff := cmp.Diff(want, got); diff != "" || total != wantTotal {
				t.Errorf("%d goroutines, %q: %d, want %d\n%s", builders, query, total, wantTotal, diff)
			}
		}
		if diff := cmp.Diff(s.index.byNumber, ix.byNumber); diff != "" {
			t.Errorf("%d goroutines: file numbers\n%s", builders, diff)
		}
		for _, p := range all {
			if got := ix.patients[ix.numbers[p.ID]]; got.ID != p.ID {
				t.Errorf("%d goroutines: %s is %s", builders, p.ID, got.ID)
			}
		}
	}
}
