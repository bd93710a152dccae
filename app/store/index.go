package store

import (
	"errors"
	"runtime"
	"slices"

	"stipple/app/clinical"
	"stipple/app/fold"
	"stipple/app/vault"
)

// index holds the newest revision of each patient in memory, for searching: about 60 MB
// for a hundred thousand, 27 MB of it their words.
type index struct {
	patients []clinical.Patient // by number, which stays while the store is open; none has 0
	numbers  map[clinical.ID]uint32
	byNumber map[string]clinical.ID // by compact file number
	// recent has all numbers, least recently used first, so that a use appends.
	recent []uint32
	words  wordTable
	sealed bool // this sign-in can't open patients
}

func newIndex() *index {
	return &index{
		patients: make([]clinical.Patient, 1), numbers: map[clinical.ID]uint32{}, byNumber: map[string]clinical.ID{},
	}
}

// build reads all patients, and the order in which they were used. A sign-in that
// can't open patients has none.
func (ix *index) build(t *txn) error {
	err := ix.buildAll(t, min(runtime.NumCPU(), maxBuilders))
	if errors.Is(err, vault.ErrNoPatientKey) {
		*ix = *newIndex()
		ix.sealed = true
		return nil
	}
	return err
}

// put takes over a patient's newest revision. A new one counts as used last.
func (ix *index) put(p clinical.Patient) {
	words := appendWords(nil, p)
	n, known := ix.numbers[p.ID]
	if known {
		old := ix.patients[n]
		delete(ix.byNumber, fold.Number(old.FileNumber))
		if before := appendWords(nil, old); string(before) != string(words) {
			ix.words.remove(before, n)
			ix.words.add(words, n)
		}
		ix.patients[n] = p
	} else {
		n = uint32(len(ix.patients))
		ix.patients = append(ix.patients, p)
		ix.numbers[p.ID] = n
		ix.recent = append(ix.recent, n)
		ix.words.add(words, n)
	}
	ix.byNumber[fold.Number(p.FileNumber)] = p.ID
}

// touch moves a patient to the end of recent. It looks from the end, where
// those in use are.
func (ix *index) touch(id clinical.ID) {
	n, ok := ix.numbers[id]
	if !ok {
		return
	}
	for i := len(ix.recent) - 1; i >= 0; i-- {
		if ix.recent[i] == n {
			copy(ix.recent[i:], ix.recent[i+1:])
			ix.recent[len(ix.recent)-1] = n
			return
		}
	}
}

// drop takes a patient off the list. The number stays nobody's, and the text of the words
// stays in memory until the store is opened again.
func (ix *index) drop(id clinical.ID) {
	n, ok := ix.numbers[id]
	if !ok {
		return
	}
	p := ix.patients[n]
	ix.words.remove(appendWords(nil, p), n)
	delete(ix.byNumber, fold.Number(p.FileNumber))
	delete(ix.numbers, id)
	ix.patients[n] = clinical.Patient{}
	ix.recent = slices.DeleteFunc(ix.recent, func(m uint32) bool { return m == n })
}

// search finds who fits every word, and lists them from the most recently used.
func (ix *index) search(query string, limit int) (hits []clinical.Patient, total int) {
	found := ix.fitting(queryWords(query))
	total = found.count()
	want := min(limit, total)
	for i := len(ix.recent) - 1; i >= 0 && len(hits) < want; i-- {
		if n := ix.recent[i]; found.has(n) {
			hits = append(hits, ix.patients[n])
		}
	}
	return hits, total
}

// fitting is the set of those who have a word for each of the query.
func (ix *index) fitting(query []queryWord) set {
	all := newSet(len(ix.patients))
	for _, n := range ix.recent { // all but those who were dropped
		all.put(n)
	}
	for _, q := range query {
		found := newSet(len(ix.patients))
		for _, form := range q {
			ix.words.mark(found, form)
		}
		all.and(found)
	}
	return all
}
