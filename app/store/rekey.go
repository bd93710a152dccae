package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	bolt "go.etcd.io/bbolt"

	"stipple/app/audit"
	"stipple/app/clinical"
	"stipple/app/giveway"
	"stipple/app/vault"
)

// rekeyKey in bucket chain says how far a re-key is. It is sealed: whoever could say that
// one has ended could have the keys of what is left dropped.
const rekeyKey = "rekey"

// rekeyed is how far a re-key is.
type rekeyed struct {
	Generation uint16 `json:"generation"` // of the new keys
	Bucket     string `json:"bucket"`     // the one at hand
	Next       []byte `json:"next"`       // its first key that was not looked at; nil: its first
	Done       bool   `json:"done"`
}

// rekeyOrder are the buckets as a re-key goes through them. The list of open treatments
// comes before the treatments: what an erased patient left in it shows by them.
func rekeyOrder() []string {
	rest := slices.DeleteFunc(sealedBuckets(), func(name string) bool { return name == bucketOpen || name == bucketChain })
	return append([]string{bucketChain, bucketOpen}, rest...)
}

// Rekey seals anew all values that are sealed with former keys, save the audit chain,
// whose bytes last. It works in short transactions beside other calls, and after a crash
// or an error goes on where it was. What erased patients left goes. progress, which may
// be nil, is told how many values of how many are done. It waits while somebody is busy
// (package giveway).
//
// When it returns nil, no value needs the former keys, not for a read that has begun
// before either, such as a backup's, for which it waits. The file is written anew at the
// next Open: until then freed pages hold what those open. It does nothing where there is
// nothing to do. The audit chain tells of begin and end.
//
// Errors: vault.ErrNoPatientKey for a sign-in that can't open patients; ErrDamaged for a
// value that does not open, where it stops; those of every write, and of the context.
func (s *Store) Rekey(ctx context.Context, progress func(done, of int64)) error {
	err := s.rekey(ctx, progress)
	if err == nil {
		err = s.reads.earlier(ctx)
	}
	if err != nil {
		return fmt.Errorf("re-key: %w", err)
	}
	return nil
}

func (s *Store) rekey(ctx context.Context, progress func(done, of int64)) error {
	at, err := s.rekeyAt(ctx)
	if err != nil {
		return err
	}
	// Twice, where somebody put older values back before where it is.
	for range rekeyPasses {
		left, err := s.sealedBefore(ctx, at.Generation)
		if err != nil || !left && (at.Done || at.Bucket == "") {
			return err
		}
		if !left {
			return s.rekeyEnd(ctx, at)
		}
		if at.Done || at.Bucket == "" {
			if at, err = s.rekeyBegin(ctx, at); err != nil {
				return err
			}
		}
		if at, err = s.rekeyOnce(ctx, at, progress); err != nil {
			return err
		}
	}
	return damaged("values under former keys come back")
}

// rekeyAt is how far a re-key to the present keys is; one that has not begun is at no
// bucket.
func (s *Store) rekeyAt(ctx context.Context) (at rekeyed, err error) {
	at.Generation = s.sealer.Generation()
	err = s.view(ctx, func(t *txn) error {
		plain, err := t.get(bucketChain, []byte(rekeyKey))
		if errors.Is(err, ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		was, err := decodeJSON[rekeyed](plain)
		switch {
		case err != nil:
			return err
		case was.Generation != at.Generation:
			return nil // an earlier one
		case !was.Done && !slices.Contains(rekeyOrder(), was.Bucket):
			return damaged("a re-key at no bucket")
		}
		at = was
		return nil
	})
	return at, err
}

// sealedBefore says whether a value is sealed with keys of an earlier generation. It
// opens none.
func (s *Store) sealedBefore(ctx context.Context, generation uint16) (left bool, err error) {
	way := giveway.New(ctx)
	for _, name := range rekeyOrder() {
		for next := []byte{}; next != nil && !left && err == nil; {
			err = s.view(ctx, func(t *txn) error {
				b, err := t.bucket(name)
				if err != nil {
					return err
				}
				c := b.Cursor()
				k, v := c.Seek(next)
				for n := 0; k != nil && n < verifyBatch && !left; n++ {
					is, err := vault.SealedIn(v)
					if err != nil {
						return opened(name, err)
					}
					left = is < generation
					k, v = c.Next()
				}
				next = bytes.Clone(k)
				return nil
			})
			way.Give()
		}
	}
	return left, err
}

// rekeyBegin writes down that a re-key begins.
func (s *Store) rekeyBegin(ctx context.Context, at rekeyed) (rekeyed, error) {
	again := at.Done // somebody put older values back
	at = rekeyed{Generation: at.Generation, Bucket: rekeyOrder()[0]}
	err := s.update(ctx, func(t *txn) error {
		if !again {
			if err := s.rekeyTold(ctx, t, at.Generation, audit.Value{}, audit.Text("begun")); err != nil {
				return err
			}
		}
		return t.putJSON(bucketChain, noOwner, []byte(rekeyKey), at)
	})
	return at, err
}

// rekeyEnd writes down that nothing is left to do, and has the file written anew.
func (s *Store) rekeyEnd(ctx context.Context, at rekeyed) error {
	at = rekeyed{Generation: at.Generation, Done: true}
	return s.update(ctx, func(t *txn) error {
		if err := t.tx.Bucket([]byte(bucketMeta)).Put([]byte(compactKey), []byte{1}); err != nil {
			return err
		}
		if err := s.rekeyTold(ctx, t, at.Generation, audit.Text("begun"), audit.Text("ended")); err != nil {
			return err
		}
		return t.putJSON(bucketChain, noOwner, []byte(rekeyKey), at)
	})
}

// rekeyTold is the entry of a re-key.
func (s *Store) rekeyTold(ctx context.Context, t *txn, generation uint16, before, after audit.Value) error {
	return s.record(ctx, t, clinical.Operator{}, audit.Entry{
		Action:  audit.Rekey,
		Subject: audit.Subject{Kind: audit.SubjectStore},
		Changes: join(
			field("state", before, after),
			field("generation", audit.Value{}, audit.Amount(audit.Count, int64(generation))),
		),
	})
}

// rekeyOnce goes through the buckets from where the re-key is to their end.
func (s *Store) rekeyOnce(ctx context.Context, at rekeyed, progress func(done, of int64)) (rekeyed, error) {
	tell := func(int64) {}
	if progress != nil {
		done, of, err := s.rekeyCount(ctx, at)
		if err != nil {
			return at, err
		}
		tell = func(n int64) {
			done += n
			progress(done, max(done, of))
		}
		tell(0)
	}
	order := rekeyOrder()
	way := giveway.New(ctx)
	for i := slices.Index(order, at.Bucket); i < len(order); i++ {
		if at.Bucket != order[i] {
			at.Bucket, at.Next = order[i], nil
		}
		for {
			way.Wait()
			n := int64(0)
			err := s.update(ctx, func(t *txn) (err error) {
				next := at
				if next.Next, n, err = t.rekeySome(at.Bucket, at.Next); err != nil {
					return err
				}
				if err := t.putJSON(bucketChain, noOwner, []byte(rekeyKey), next); err != nil {
					return err
				}
				at = next
				return nil
			})
			if err != nil {
				return at, err
			}
			tell(n)
			if at.Next == nil {
				break
			}
		}
	}
	at.Bucket, at.Next = order[0], nil // to be looked through again, were anything left
	return at, nil
}

// rekeyCount is how many values a re-key has passed, and how many there are.
func (s *Store) rekeyCount(ctx context.Context, at rekeyed) (done, of int64, err error) {
	passed := true
	way := giveway.New(ctx)
	err = s.view(ctx, func(t *txn) error {
		for _, name := range rekeyOrder() {
			b, err := t.bucket(name)
			if err != nil {
				return err
			}
			if name == at.Bucket {
				passed = false
			}
			c := b.Cursor()
			for k, _ := c.First(); k != nil; k, _ = c.Next() {
				if of++; of%countBatch == 0 {
					way.Give()
				}
				if passed || name == at.Bucket && bytes.Compare(k, at.Next) < 0 {
					done++
				}
			}
		}
		return nil
	})
	return done, of, err
}

// rekeySome seals some values of a bucket anew, from a key on. next is the key to go on
// with, nil at the end.
func (t *txn) rekeySome(name string, from []byte) (next []byte, n int64, err error) {
	b, err := t.bucket(name)
	if err != nil {
		return nil, 0, err
	}
	// bbolt promises nothing for cursors over a bucket that changes.
	var todo []resealed
	size := 0
	c := b.Cursor()
	k, v := c.Seek(from)
	for ; k != nil && n < rekeyBatch && size < rekeyBytes; k, v = c.Next() {
		n++
		is, err := vault.SealedIn(v)
		if err != nil {
			return nil, 0, opened(name, err)
		}
		if is == t.sealer.Generation() {
			continue
		}
		one, err := t.unseal(name, k, v)
		if err != nil {
			return nil, 0, err
		}
		size += len(v)
		todo = append(todo, one)
	}
	next = bytes.Clone(k)
	for _, one := range todo {
		if err := one.put(t, b, name); err != nil {
			return nil, 0, err
		}
	}
	return next, n, nil
}

// resealed is a value on its way from former keys to the present ones.
type resealed struct {
	key, plain []byte
	owner      clinical.ID
	gone       bool // an erased patient's
}

// unseal opens a value.
func (t *txn) unseal(name string, k, v []byte) (resealed, error) {
	one := resealed{key: bytes.Clone(k)}
	var err error
	if one.owner, err = vault.Owner(v); err != nil {
		return one, opened(name, err)
	}
	one.plain, err = t.open(name, k, v)
	switch {
	case errors.Is(err, vault.ErrErased):
		// Who was removed may have kept the patient's key.
		one.gone = true
	case err != nil:
		return one, err
	case name == bucketOpen:
		one.gone, err = t.openOfErased(k, one.plain)
		return one, err
	}
	return one, nil
}

// openOfErased says whether an open treatment is an erased patient's.
func (t *txn) openOfErased(k, plain []byte) (bool, error) {
	ids, _, err := splitKey(k, 1, 0)
	if err != nil {
		return false, err
	}
	_, _, err = t.last(bucketTreatments, key(ids...))
	switch {
	case errors.Is(err, vault.ErrErased):
		return true, t.mustBeErased(bucketOpen, ids[0], plain)
	case errors.Is(err, ErrNotFound):
		return false, nil // for Verify to say
	}
	return false, err
}

func (r resealed) put(t *txn, b *bolt.Bucket, name string) error {
	if r.gone {
		return b.Delete(r.key)
	}
	return t.put(name, r.owner, r.key, r.plain)
}
