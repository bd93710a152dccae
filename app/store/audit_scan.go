package store

import (
	"context"

	bolt "go.etcd.io/bbolt"

	"stipple/app/audit"
)

// AuditStart is the head before the first entry, which no other store's chain has.
func (s *Store) AuditStart() audit.End { return s.chain.Start() }

// AuditBefore reads the entries before a number, at most so many, newest first; before 0
// is the end. One that does not hold or does not open is there, and Broken: the others
// can be read all the same. What stands under a key that is no number is left out; like
// all that is wrong with the chain, VerifyAudit finds it.
func (s *Store) AuditBefore(ctx context.Context, before uint64, most int) ([]audit.Opened, error) {
	var all []audit.Opened
	err := s.view(ctx, func(t *txn) error {
		b, err := t.bucket(bucketAudit)
		if err != nil {
			return err
		}
		c := b.Cursor()
		for k, v := lastBefore(c, before); k != nil && len(all) < most; k, v = c.Prev() {
			if seq, ok := audit.ReadKey(k); ok {
				all = append(all, s.openAudit(t, seq, k, v))
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// lastBefore goes to the newest entry before a number.
func lastBefore(c *bolt.Cursor, before uint64) (k, v []byte) {
	if before == 0 {
		return c.Last()
	}
	if k, _ := c.Seek(audit.SeqKey(before)); k == nil {
		return c.Last()
	}
	return c.Prev()
}

// openAudit opens what is stored under a number, as far as that can be done.
func (s *Store) openAudit(t *txn, seq uint64, k, v []byte) audit.Opened {
	stored, err := s.chain.Open(k, v)
	var e audit.Opened
	if err == nil {
		e, err = t.auditEntry(seq, stored.Sealed)
	}
	if err != nil {
		return audit.Opened{Entry: audit.Entry{Seq: seq}, Broken: err}
	}
	e.Head = stored.Head
	return e
}
