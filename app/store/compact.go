package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	bolt "go.etcd.io/bbolt"

	"stipple/app/durable"
)

// compactKey in bucket meta says that the file has to be written anew, because its
// freed pages hold what must go. It stays until that is done, whatever crashes.
const compactKey = "compact"

// compactBatch is how many bytes of values go into one transaction of the new file.
const compactBatch = 4 << 20

// markCompact asks for it.
func (t *txn) markCompact() error {
	return t.tx.Bucket([]byte(bucketMeta)).Put([]byte(compactKey), []byte{1})
}

// compactIfMarked writes the file anew where a change asked for it. What can't be done
// now, such as on a full disk, is ErrNotCompacted; the mark stays. It is called by who
// has the writer's token, or where nobody else has the store yet.
func (s *Store) compactIfMarked() error {
	marked := false
	err := s.view(context.Background(), func(t *txn) error {
		marked = t.tx.Bucket([]byte(bucketMeta)).Get([]byte(compactKey)) != nil
		return nil
	})
	if err != nil || !marked {
		return err
	}
	err = classify(s.compact())
	if err == nil || errors.Is(err, ErrDamaged) || s.dead.Load() != nil {
		return err
	}
	return fmt.Errorf("%w: %w", ErrNotCompacted, err)
}

// compact writes all that is in the file into a new one, without the mark, and puts
// it in its place. Reads go on meanwhile, in the one file or the other.
func (s *Store) compact() error {
	// Behind a link, the old file would stay where it is.
	path, err := filepath.EvalSymlinks(s.path)
	if err != nil {
		return err
	}
	if err := s.isAt(path); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+durable.Mark+"*")
	if err != nil {
		return err
	}
	fresh := f.Name()
	defer func() { _ = os.Remove(fresh) }() // after the rename there is nothing to remove
	if err := f.Close(); err != nil {
		return err
	}
	if err := s.guarded(func() error { return s.copyTo(fresh) }); err != nil {
		return err
	}
	if runtime.GOOS == "windows" {
		return s.replaceClosed(fresh, path)
	}
	return s.replaceOpen(fresh, path)
}

// replaceOpen gives the new file the name of the old one. Its lock is taken before, so
// that there is no moment at which another process could have the store. The old file is
// closed behind the last transaction in it, in retire.
func (s *Store) replaceOpen(fresh, path string) error {
	db, file, err := openBolt(fresh, lockWait)
	if err != nil {
		return err
	}
	if err := os.Rename(fresh, path); err != nil {
		return errors.Join(err, db.Close())
	}
	s.swap.Lock()
	old, lent := s.db, s.lent
	s.db, s.file, s.lent = db, file, new(sync.WaitGroup)
	s.swap.Unlock()
	s.retired.Add(1)
	s.outgoing = append(s.outgoing, outgoing{old, lent})
	if err := durable.SyncDir(filepath.Dir(path)); err != nil {
		return s.giveUp(err) // after a power failure the old file could be back
	}
	return nil
}

// replaceClosed is replaceOpen for Windows, which replaces no file that is open: whoever
// wants to read waits until the new one is.
func (s *Store) replaceClosed(fresh, path string) error {
	s.swap.Lock()
	defer s.swap.Unlock()
	s.lent.Wait()
	err := errors.Join(s.db.Close(), os.Rename(fresh, path))
	if again := s.openFile(s.path, lockWait); again != nil {
		return s.giveUp(errors.Join(err, again))
	}
	return err
}

// giveUp is where the store can't be used any more before it is opened again.
func (s *Store) giveUp(err error) error {
	err = classify(err)
	s.dead.CompareAndSwap(nil, &err)
	return err
}

// outgoing is a file that another has taken the name of.
type outgoing struct {
	db   *bolt.DB
	lent *sync.WaitGroup
}

// retire closes what was replaced, and so frees its room on the disk, once no
// transaction goes on in it. The writer's token is not needed, and should not be held: a
// backup may be reading.
func (s *Store) retire(all []outgoing) error {
	var errs []error
	for _, o := range all {
		o.lent.Wait()
		errs = append(errs, guard(o.db.Close))
		s.retired.Done()
	}
	return classify(errors.Join(errs...))
}

// takeOutgoing is what retire has to close. The writer's token is held.
func (s *Store) takeOutgoing() []outgoing {
	all := s.outgoing
	s.outgoing = nil
	return all
}

// copyTo copies the file, packed, into an empty one.
func (s *Store) copyTo(path string) (err error) {
	to, err := bolt.Open(path, fileMode, &bolt.Options{Timeout: lockWait, FreelistType: bolt.FreelistMapType})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	from, giveBack := s.borrow()
	defer giveBack()
	if err := bolt.Compact(to, from, compactBatch); err != nil {
		return err
	}
	return to.Update(func(tx *bolt.Tx) error {
		return tx.Bucket([]byte(bucketMeta)).Delete([]byte(compactKey))
	})
}
