package store

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"slices"
	"sync"

	bolt "go.etcd.io/bbolt"

	"stipple/app/clinical"
	"stipple/app/fold"
	"stipple/app/vault"
)

// row is what the index needs of one patient, still sealed: the newest revision and
// the number of the last use, nil where there is none. It dies with the transaction.
type row struct {
	key, value   []byte
	usedKey, use []byte
}

// buildAll reads in two steps: where each patient's values lie, which takes no key,
// and then their opening, which so many goroutines share.
func (ix *index) buildAll(t *txn, builders int) error {
	rows, err := t.rows()
	if err != nil {
		return err
	}
	share := len(rows)/builders + 1
	var all sync.WaitGroup
	var parts []*builder
	for some := range slices.Chunk(rows, share) {
		b := &builder{}
		parts = append(parts, b)
		// A fault in the mapped file is caught by goroutine.
		all.Go(func() { b.err = guard(func() error { return b.read(t, some) }) })
	}
	all.Wait()
	return ix.join(parts)
}

// rows lists the patients by id. The older revisions are not looked at.
func (t *txn) rows() ([]row, error) {
	patients, err := t.bucket(bucketPatients)
	if err != nil {
		return nil, err
	}
	recent, err := t.bucket(bucketRecent)
	if err != nil {
		return nil, err
	}
	var rows []row
	c := patients.Cursor()
	for k, v := c.First(); k != nil; k, v = c.Next() {
		if len(k) != idLen+numberLen {
			return nil, damaged("key of %d bytes, want %d", len(k), idLen+numberLen)
		}
		if n := len(rows); n > 0 && bytes.Equal(rows[n-1].key[:idLen], k[:idLen]) {
			rows[n-1].key, rows[n-1].value = k, v
		} else {
			rows = append(rows, row{key: k, value: v})
		}
	}
	return t.uses(rows, recent)
}

// uses puts the uses to their patients. Both are in the order of their ids. A use of
// nobody keeps a row of its own: it is looked at, like all that is read.
func (t *txn) uses(rows []row, recent *bolt.Bucket) ([]row, error) {
	c := recent.Cursor()
	i, patients := 0, len(rows)
	for k, v := c.First(); k != nil; k, v = c.Next() {
		if len(k) != idLen {
			return nil, damaged("key of %d bytes, want %d", len(k), idLen)
		}
		for i < patients && bytes.Compare(rows[i].key[:idLen], k) < 0 {
			i++
		}
		if i < patients && bytes.Equal(rows[i].key[:idLen], k) {
			rows[i].usedKey, rows[i].use = k, v
		} else {
			rows = append(rows, row{usedKey: k, use: v})
		}
	}
	return rows, nil
}

// builder is a share of the index.
type builder struct {
	patients []clinical.Patient
	used     []uint64 // of each the number of its last use
	compact  []string // file numbers
	words    wordTable
	err      error
}

// read opens rows. What an erased patient left is not there.
func (b *builder) read(t *txn, rows []row) error {
	var words []byte
	for _, r := range rows {
		p, err := t.patientOf(r)
		if errors.Is(err, vault.ErrErased) {
			continue
		}
		if err != nil {
			return err
		}
		use, err := t.useOf(r)
		if err != nil && !errors.Is(err, vault.ErrErased) {
			return err
		}
		if p.ID == "" {
			continue
		}
		b.patients, b.used, b.compact = append(b.patients, p), append(b.used, use), append(b.compact, fold.Number(p.FileNumber))
		words = appendWords(words[:0], p)
		b.words.sorted = b.words.list(b.words.sorted, words, uint32(len(b.patients)))
	}
	b.words.sort(b.words.sorted)
	return nil
}

// patientOf opens the patient of a row; the zero Patient if it has none.
func (t *txn) patientOf(r row) (clinical.Patient, error) {
	if r.key == nil {
		return clinical.Patient{}, nil
	}
	ids, n, err := splitKey(r.key, 1, 1)
	if err != nil {
		return clinical.Patient{}, err
	}
	plain, err := t.open(bucketPatients, r.key, r.value)
	if err != nil {
		return clinical.Patient{}, err
	}
	return unpackPatient(ids[0], n[0], plain)
}

// useOf opens the number of the last use of a row; 0 if it has none.
func (t *txn) useOf(r row) (uint64, error) {
	if r.usedKey == nil {
		return 0, nil
	}
	if _, _, err := splitKey(r.usedKey, 1, 0); err != nil {
		return 0, err
	}
	plain, err := t.open(bucketRecent, r.usedKey, r.use)
	if err != nil {
		return 0, err
	}
	if len(plain) != 8 {
		return 0, damaged("number of last use of %d bytes", len(plain))
	}
	return binary.BigEndian.Uint64(plain), nil
}

// join makes the index of its shares, which are in the order of the ids.
func (ix *index) join(parts []*builder) error {
	total, text := 0, 0
	for _, b := range parts {
		if b.err != nil {
			return b.err
		}
		total, text = total+len(b.patients), text+len(b.words.text)
	}
	*ix = index{
		patients: make([]clinical.Patient, 1, total+1), numbers: make(map[clinical.ID]uint32, total),
		byNumber: make(map[string]clinical.ID, total), recent: make([]uint32, total),
	}
	ix.words.text = make([]byte, 0, text)
	used := make([]uint64, 1, total+1)
	for _, b := range parts {
		before := uint32(len(ix.patients)) - 1
		for i, p := range b.patients {
			ix.numbers[p.ID] = before + uint32(i) + 1
			ix.byNumber[b.compact[i]] = p.ID
		}
		ix.patients, used = append(ix.patients, b.patients...), append(used, b.used...)
		at := uint32(len(ix.words.text))
		ix.words.text = append(ix.words.text, b.words.text...)
		for i := range b.words.sorted {
			b.words.sorted[i].at += at
			b.words.sorted[i].who += before
		}
		ix.words.sorted = ix.words.merge(ix.words.sorted, b.words.sorted)
	}
	for i := range ix.recent {
		ix.recent[i] = uint32(i) + 1
	}
	// Numbers ascend with ids, which decide where the use does not.
	slices.SortFunc(ix.recent, func(a, b uint32) int {
		return cmp.Or(cmp.Compare(used[a], used[b]), cmp.Compare(a, b))
	})
	return nil
}
