package store

import (
	"cmp"
	"encoding/binary"
	"errors"
	"slices"

	"stipple/app/clinical"
	"stipple/app/fold"
	"stipple/app/vault"
)

// index holds the newest revision of each patient in memory, for searching. A
// hundred thousand patients take about 50 MB and a few milliseconds a search.
type index struct {
	entries  map[clinical.ID]*entry
	byNumber map[string]clinical.ID // by compact file number
	// recent has all entries, least recently used first, so that a use appends.
	recent []*entry
	sealed bool // this sign-in can't open patients
}

type entry struct {
	patient clinical.Patient
	words   string // what a word of a query may begin; see searchWords
}

func newIndex() *index {
	return &index{entries: map[clinical.ID]*entry{}, byNumber: map[string]clinical.ID{}}
}

// build reads all patients, and the order in which they were used. A sign-in that
// can't open patients has none.
func (ix *index) build(t *txn) error {
	err := ix.buildAll(t)
	if errors.Is(err, vault.ErrNoPatientKey) {
		*ix = *newIndex()
		ix.sealed = true
		return nil
	}
	return err
}

func (ix *index) buildAll(t *txn) error {
	used := map[clinical.ID]uint64{}
	err := t.scan(bucketRecent, nil, func(k, plain []byte) error {
		ids, _, err := splitKey(k, 1, 0)
		if err != nil {
			return err
		}
		if len(plain) != 8 {
			return damaged("number of last use of %d bytes", len(plain))
		}
		used[ids[0]] = binary.BigEndian.Uint64(plain)
		return nil
	})
	if err != nil {
		return err
	}
	if err := ix.readPatients(t); err != nil {
		return err
	}
	slices.SortFunc(ix.recent, func(a, b *entry) int {
		return cmp.Or(cmp.Compare(used[a.patient.ID], used[b.patient.ID]), cmp.Compare(a.patient.ID, b.patient.ID))
	})
	return nil
}

// readPatients puts the newest revision of each patient into the index. Only
// the last value of each run of revisions is decoded.
func (ix *index) readPatients(t *txn) error {
	var id clinical.ID
	var revision uint32
	var newest []byte // dies with the transaction, which outlives this function
	flush := func() error {
		if id == "" {
			return nil
		}
		p, err := unpackPatient(id, revision, newest)
		if err != nil {
			return err
		}
		ix.put(p)
		return nil
	}
	err := t.scan(bucketPatients, nil, func(k, plain []byte) error {
		ids, n, err := splitKey(k, 1, 1)
		if err != nil {
			return err
		}
		if ids[0] != id {
			if err := flush(); err != nil {
				return err
			}
		}
		id, revision, newest = ids[0], n[0], plain
		return nil
	})
	if err != nil {
		return err
	}
	return flush()
}

// put takes over a patient's newest revision. A new one counts as used last.
func (ix *index) put(p clinical.Patient) {
	e, known := ix.entries[p.ID]
	if known {
		delete(ix.byNumber, fold.Number(e.patient.FileNumber))
	} else {
		e = &entry{}
		ix.entries[p.ID] = e
		ix.recent = append(ix.recent, e)
	}
	e.patient, e.words = p, searchWords(p)
	ix.byNumber[fold.Number(p.FileNumber)] = p.ID
}

// touch moves a patient to the end of recent. It looks from the end, where
// those in use are.
func (ix *index) touch(id clinical.ID) {
	e, ok := ix.entries[id]
	if !ok {
		return
	}
	for i := len(ix.recent) - 1; i >= 0; i-- {
		if ix.recent[i] == e {
			copy(ix.recent[i:], ix.recent[i+1:])
			ix.recent[len(ix.recent)-1] = e
			return
		}
	}
}

// search walks all patients from the most recently used.
func (ix *index) search(query string, limit int) (hits []clinical.Patient, total int) {
	words := queryWords(query)
	for i := len(ix.recent) - 1; i >= 0; i-- {
		e := ix.recent[i]
		if !fits(e.words, words) {
			continue
		}
		if total < limit {
			hits = append(hits, e.patient)
		}
		total++
	}
	return hits, total
}
