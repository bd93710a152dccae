package store

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"

	bolt "go.etcd.io/bbolt"

	"stipple/app/audit"
	"stipple/app/clinical"
	"stipple/app/giveway"
	"stipple/app/vault"
)

// auditSchema stands in the place of every audit entry, whatever the schema of the
// file: a migration can't seal an entry anew without breaking the chain.
const auditSchema = 1

// auditPrivate is the place of the private part of an entry.
const auditPrivate = "audit private"

// Keys in bucket chain.
const (
	chainKey   = "key"
	chainStore = "store"
)

// openChain reads the key of the audit chain, or makes it for a new store.
func (s *Store) openChain(random io.Reader) error {
	var key, id []byte
	read := func(t *txn) (err error) {
		if key, err = t.get(bucketChain, []byte(chainKey)); err == nil {
			id, err = t.get(bucketChain, []byte(chainStore))
		}
		return err
	}
	err := s.view(context.Background(), read)
	if errors.Is(err, ErrNotFound) {
		err = s.update(context.Background(), func(t *txn) error { return t.newChain(random) })
		if err == nil {
			err = s.view(context.Background(), read)
		}
	}
	if err != nil {
		return err
	}
	k, err := audit.KeyOf(key)
	if err != nil {
		return damaged("audit chain: %w", err)
	}
	if s.chain, err = audit.NewChain(k, string(id)); err != nil {
		return damaged("audit chain: %w", err)
	}
	return nil
}

// newChain makes the key of the chain and the random name of the store.
func (t *txn) newChain(random io.Reader) error {
	key, err := audit.NewKey(random)
	if err != nil {
		return fmt.Errorf("make the audit chain: %w", err)
	}
	id := make([]byte, storeNameBytes)
	if _, err := io.ReadFull(random, id); err != nil {
		return fmt.Errorf("make the audit chain: %w", err)
	}
	if err := t.put(bucketChain, noOwner, []byte(chainStore), []byte(hex.EncodeToString(id))); err != nil {
		return err
	}
	return t.put(bucketChain, noOwner, []byte(chainKey), key.Bytes())
}

// chainRandom is where the key of the chain comes from: never Options.Rand, which
// tests count with.
func chainRandom() io.Reader { return rand.Reader }

// auditEnd is the newest entry's number and head, as the file has it.
func (t *txn) auditEnd(c audit.Chain) (audit.End, error) {
	b := t.tx.Bucket([]byte(bucketAudit))
	if b == nil {
		return audit.End{}, damaged("bucket %s is missing", bucketAudit)
	}
	k, v := b.Cursor().Last()
	if k == nil {
		return c.Start(), nil
	}
	last, err := audit.Split(v)
	if err != nil {
		return audit.End{}, damaged("audit: the newest entry: %w", err)
	}
	return last.End(), nil
}

// record appends an entry on behalf of who is at work in ctx, or else of fallback.
// private is what it tells of the patient.
func (s *Store) record(ctx context.Context, t *txn, fallback clinical.Operator, e audit.Entry, private ...audit.Change) error {
	end, err := t.auditEnd(s.chain)
	if err != nil {
		return err
	}
	who := audit.Who(ctx)
	if who.Operator == (clinical.Operator{}) {
		who.Operator = fallback
	}
	e.Seq, e.At, e.Operator, e.Second, e.Why = end.Seq+1, s.clock(), who.Operator, who.Second, who.Why
	place := vault.Place{Bucket: auditPrivate, Key: audit.SeqKey(e.Seq), Schema: auditSchema, Lasting: true}
	if len(private) > 0 {
		plain, err := audit.EncodeChanges(private)
		if err == nil {
			e.Private, err = t.sealer.Seal(place, e.Patient, plain)
		}
		if err != nil {
			return fmt.Errorf("audit: %w", err)
		}
	}
	plain, err := audit.Encode(e)
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	place.Bucket = bucketAudit
	sealed, err := t.sealer.Seal(place, noOwner, plain)
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	k, v, _, err := s.chain.Next(end, sealed)
	if err != nil {
		return fmt.Errorf("audit: %w", err)
	}
	b := t.tx.Bucket([]byte(bucketAudit))
	b.FillPercent = appendFill
	return b.Put(k, v)
}

// Audit appends an entry that stands for itself, such as a sign-in, on behalf of who
// is at work in ctx; number, time and operator are set here. Synced when it returns
// nil. Errors: those of audit.Encode and of every write.
func (s *Store) Audit(ctx context.Context, e audit.Entry) error {
	return s.update(ctx, func(t *txn) error { return s.record(ctx, t, clinical.Operator{}, e) })
}

// AuditEnd is the number and head of the newest audit entry, which a report prints and
// a backup keeps.
func (s *Store) AuditEnd(ctx context.Context) (end audit.End, err error) {
	err = s.view(ctx, func(t *txn) (err error) {
		end, err = t.auditEnd(s.chain)
		return err
	})
	return end, err
}

// AuditEntry is an entry with what this sign-in can open of its private part.
type AuditEntry = audit.Opened

// AuditEntries reads entries from a number on, at most so many, oldest first. ErrDamaged
// for one that does not open: VerifyAudit says where.
func (s *Store) AuditEntries(ctx context.Context, from uint64, most int) ([]AuditEntry, error) {
	var all []AuditEntry
	err := s.view(ctx, func(t *txn) error {
		c := t.tx.Bucket([]byte(bucketAudit)).Cursor()
		for k, v := c.Seek(audit.SeqKey(from)); k != nil && len(all) < most; k, v = c.Next() {
			stored, err := s.chain.Open(k, v)
			if err != nil {
				return damaged("audit: %w", err)
			}
			e, err := t.auditEntry(stored.Seq, stored.Sealed)
			if err != nil {
				return err
			}
			e.Head = stored.Head
			all = append(all, e)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

// auditEntry opens an entry.
func (t *txn) auditEntry(seq uint64, sealed []byte) (AuditEntry, error) {
	place := vault.Place{Bucket: bucketAudit, Key: audit.SeqKey(seq), Schema: auditSchema, Lasting: true}
	plain, err := t.sealer.Open(place, sealed)
	if err != nil {
		return AuditEntry{}, opened(bucketAudit, err)
	}
	e, err := audit.Decode(seq, plain)
	if err != nil {
		return AuditEntry{}, damaged("audit: entry %d: %w", seq, err)
	}
	out := AuditEntry{Entry: e}
	if e.Private == nil {
		return out, nil
	}
	place.Bucket = auditPrivate
	switch plain, err := t.sealer.Open(place, e.Private); {
	case errors.Is(err, vault.ErrNoPatientKey), errors.Is(err, vault.ErrErased):
		out.Sealed = err
	case err != nil:
		return AuditEntry{}, opened(bucketAudit, err)
	default:
		if out.Private, err = audit.DecodeChanges(plain); err != nil {
			return AuditEntry{}, damaged("audit: entry %d: %w", seq, err)
		}
	}
	return out, nil
}

// VerifyAudit judges the whole audit chain, and holds it against heads that are known
// from outside. It may run beside other calls: it works in short transactions, and what
// is appended meanwhile is judged, too. The error is that of reading; what was found
// is in the report.
func (s *Store) VerifyAudit(ctx context.Context, known []audit.Known) (audit.Report, error) {
	return s.JudgeAudit(ctx, known, func(uint64) {})
}

// JudgeAudit is VerifyAudit for whoever waits for it: seen is told how many entries
// were judged, now and then. It ends with ctx.
func (s *Store) JudgeAudit(ctx context.Context, known []audit.Known, seen func(entries uint64)) (audit.Report, error) {
	var failed error
	var newest uint16 // generation of the keys
	report, err := s.chain.Verify(s.auditValues(ctx, &failed, seen), audit.Options{
		Known: known,
		Open: func(seq uint64, sealed []byte) error {
			// Former keys open what they sealed for good; nobody may write with them.
			switch generation, err := vault.SealedIn(sealed); {
			case err != nil:
				return opened(bucketAudit, err)
			case generation < newest:
				return damaged("audit: entry %d is sealed with keys that a re-key had replaced", seq)
			default:
				newest = generation
			}
			_, err := (&txn{sealer: s.sealer, schema: s.schema}).auditEntry(seq, sealed)
			return err
		},
	})
	if err := errors.Join(failed, err); err != nil {
		return audit.Report{}, err
	}
	return report, nil
}

// auditValues are the keys and values of the chain, some at a time.
func (s *Store) auditValues(ctx context.Context, failed *error, seen func(uint64)) iter.Seq2[[]byte, []byte] {
	type pair struct{ k, v []byte }
	return func(yield func(k, v []byte) bool) {
		n := uint64(0)
		way := giveway.New(ctx)
		for from := []byte{}; from != nil; {
			var some []pair
			err := s.view(ctx, func(t *txn) error {
				c := t.tx.Bucket([]byte(bucketAudit)).Cursor()
				k, v := c.Seek(from)
				for ; k != nil && len(some) < verifyBatch; k, v = c.Next() {
					some = append(some, pair{append([]byte(nil), k...), append([]byte(nil), v...)})
				}
				from = append([]byte(nil), k...) // nil at the end
				return nil
			})
			if err != nil {
				*failed = err
				return
			}
			for _, p := range some {
				if !yield(p.k, p.v) {
					return
				}
			}
			n += uint64(len(some))
			seen(n)
			way.Give()
		}
	}
}

// makeAudit makes the bucket of the chain, whose values are no sealed ones.
func makeAudit(tx *bolt.Tx) error {
	_, err := tx.CreateBucketIfNotExists([]byte(bucketAudit))
	return err
}
