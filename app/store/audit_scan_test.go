package store

import (
	"path/filepath"
	"testing"

	bolt "go.etcd.io/bbolt"

	"stipple/app/audit"
)

// Entries come newest first and page by page, and one that was changed is told as such
// among the others.
func TestAuditBefore(t *testing.T) {
	s := openTest(t, filepath.Join(t.TempDir(), FileName), newClock())
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	before := func(seq uint64, most int) []audit.Opened {
		t.Helper()
		all, err := s.AuditBefore(t.Context(), seq, most)
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	if all := before(0, 10); len(all) != 0 {
		t.Fatalf("of nothing: %v", all)
	}
	const n = 25
	for range n {
		if err := s.Audit(t.Context(), audit.Entry{Action: audit.Lock}); err != nil {
			t.Fatal(err)
		}
	}
	var next uint64
	for at := uint64(n); at > 0; {
		page := before(next, 10)
		if len(page) != int(min(at, 10)) {
			t.Fatalf("%d before %d", len(page), next)
		}
		for _, e := range page {
			if e.Seq != at || e.Broken != nil || e.Action != audit.Lock || e.Head == (audit.Head{}) {
				t.Fatalf("at %d: %+v", at, e)
			}
			at--
		}
		next = page[len(page)-1].Seq
	}
	if all := before(1, 10); len(all) != 0 {
		t.Errorf("before the first: %v", all)
	}
	if all := before(n+100, 1); len(all) != 1 || all[0].Seq != n {
		t.Errorf("beyond the end: %v", all)
	}
	end, err := s.AuditEnd(t.Context())
	if err != nil || before(0, 1)[0].Head != end.Head {
		t.Errorf("%v, %v", end, err)
	}
	err = s.db.Update(func(tx *bolt.Tx) error {
		b := tx.Bucket([]byte(bucketAudit))
		v := append([]byte(nil), b.Get(audit.SeqKey(7))...)
		v[len(v)-1] ^= 1
		if err := b.Put([]byte("no number at all"), v); err != nil {
			return err
		}
		return b.Put(audit.SeqKey(7), v)
	})
	if err != nil {
		t.Fatal(err)
	}
	all := before(0, 2*n)
	if len(all) != n {
		t.Fatalf("%d entries", len(all))
	}
	for _, e := range all {
		if (e.Broken != nil) != (e.Seq == 7) || e.Seq == 7 && e.Action != "" {
			t.Errorf("%+v", e)
		}
	}
}
