package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	bolt "go.etcd.io/bbolt"

	"stipple/app/audit"
	"stipple/app/clinical"
)

// FileName is the store's name in the program's data folder.
const FileName = "stipple.db"

// Options are what a Store gets from outside. The zero value is good for use.
type Options struct {
	Now    func() time.Time // nil: time.Now
	Rand   io.Reader        // nil: crypto/rand.Reader; must be unpredictable outside tests
	Sealer Sealer           // must be there; a vault.Vault outside tests
	// SealBackup encrypts the copy that a migration makes of a store that hid nothing
	// (schema 1). nil: it stays readable, as for a training store.
	SealBackup func(io.Writer) (io.WriteCloser, error)
}

// Store is an open store. See the package comment for its promises.
type Store struct {
	path   string
	db     *bolt.DB
	file   *os.File // bbolt's own, to let go of the lock if bbolt can't
	sealer Sealer
	keys   io.Closer // of a training store, closed with it; nil: the caller's
	schema uint32
	now    func() time.Time
	ids    *idSource
	chain  audit.Chain

	writer chan struct{}         // holds one token: the right to write
	dead   atomic.Pointer[error] // why nothing works any more: ErrClosed or ErrDamaged

	// swap guards db, file and lent while the store is in use: the file may be written
	// anew, and the old one is closed behind the last transaction that goes on in it.
	swap    sync.Mutex
	lent    *sync.WaitGroup // the transactions in db
	retired sync.WaitGroup  // files that wait for that
	// outgoing are those that retire has not taken yet; under the writer's token.
	outgoing []outgoing

	undone error // what Unfinished returns; set while the store is opened

	reads reads

	mu    sync.RWMutex // guards index
	index *index
}

// Open opens the store at path, and makes it with its folder if there is none.
// It checks the structure of the whole file before it trusts it, and migrates an
// older one after putting a backup beside it: Ready and Waiting.Open, one after the
// other.
//
// Errors: ErrInUse (within 2 s), ErrDamaged, ErrNewer, ErrReadOnly, ErrNoAccess,
// ErrDiskFull. On every error the file is as it was.
func Open(path string, opt Options) (*Store, error) {
	s, err := open(path, opt, currentSchema())
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", path, err)
	}
	return s, nil
}

func open(path string, opt Options, sch schema) (*Store, error) {
	if opt.Sealer == nil {
		return nil, ErrNoKeys
	}
	w, err := ready(path)
	if err != nil {
		return nil, err
	}
	return w.open(opt, sch)
}

// openFile opens the file for reading and writing and takes its lock.
func (s *Store) openFile(path string, wait time.Duration) (err error) {
	if s.db, s.file, err = openBolt(path, wait); err != nil {
		return classify(err)
	}
	s.path, s.lent = path, new(sync.WaitGroup)
	return s.mustBeAt(path)
}

// openBolt opens a file of bbolt's for reading and writing and takes its lock.
func openBolt(path string, wait time.Duration) (db *bolt.DB, file *os.File, err error) {
	opts := &bolt.Options{
		Timeout: wait, FreelistType: bolt.FreelistMapType, InitialMmapSize: mapSize(path),
		OpenFile: func(name string, flag int, mode os.FileMode) (_ *os.File, err error) {
			file, err = os.OpenFile(name, flag, mode)
			return file, err
		},
	}
	err = guard(func() (err error) {
		if db, err = bolt.Open(path, fileMode, opts); err == nil {
			db.AllocSize = growBy
		}
		return err
	})
	if err != nil && db == nil && file != nil {
		_ = file.Close() // after a panic; closing twice does no harm
	}
	return db, file, err
}

// mustBeAt closes a file that another took the name of while its lock was waited for:
// what is written to it would be lost, and compacting it would put it over the other.
func (s *Store) mustBeAt(path string) error {
	err := s.isAt(path)
	if err == nil {
		return nil
	}
	err = errors.Join(err, s.closeFile())
	s.db = nil
	return fmt.Errorf("%w: %w", ErrInUse, err)
}

// isAt is errReplaced where another file has the name.
func (s *Store) isAt(path string) error {
	mine, err := s.file.Stat()
	there, errThere := os.Stat(path)
	if err = errors.Join(err, errThere); err == nil && os.SameFile(mine, there) {
		return nil
	}
	return errors.Join(err, errReplaced)
}

var errReplaced = errors.New("the file was replaced while it was opened")

// Close waits for running calls, closes the file and lets go of its lock. Later
// calls of any method return ErrClosed; a second Close returns nil.
func (s *Store) Close() error {
	s.writer <- struct{}{}
	defer func() { <-s.writer }()
	defer s.retired.Wait()
	before := s.dead.Swap(&errClosedValue)
	if before != nil && *before == ErrClosed {
		return nil
	}
	var err error
	if before == nil {
		err = classify(guard(s.db.Close))
	} else {
		err = s.closeFile()
	}
	if s.keys != nil {
		err = errors.Join(err, s.keys.Close())
	}
	return err
}

// errClosedValue is ErrClosed where a pointer to it is needed; never written.
var errClosedValue = ErrClosed

// closeFile closes a file that may be damaged. A panic inside bbolt can leave its
// locks taken, so it is given closeWait; then the file itself is closed, which
// frees the lock for the next start, and the mapping stays until the process ends.
func (s *Store) closeFile() error {
	if s.db == nil {
		return nil // it could not be opened again
	}
	done := make(chan error, 1)
	db := s.db
	go func() { done <- guard(db.Close) }()
	timer := time.NewTimer(closeWait)
	defer timer.Stop()
	select {
	case err := <-done:
		return classify(err)
	case <-timer.C:
		return s.file.Close()
	}
}

// borrow is the file for one transaction. It is not closed before it is given back.
func (s *Store) borrow() (db *bolt.DB, giveBack func()) {
	s.swap.Lock()
	defer s.swap.Unlock()
	s.lent.Add(1)
	return s.db, s.lent.Done
}

// NewID makes an id. It is the zero ID only if the source of randomness fails;
// every method that saves refuses that with an error.
func (s *Store) NewID() clinical.ID {
	id, err := s.ids.next()
	if err != nil {
		return ""
	}
	return id
}

// clock is the time as it is stored: UTC, without a monotonic part.
func (s *Store) clock() time.Time { return utc(s.now()) }

// utc is a time as it is stored and read back.
func utc(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Round(0)
}

// usable says why the store can't be used, or nil.
func (s *Store) usable(ctx context.Context) error {
	if p := s.dead.Load(); p != nil {
		return *p
	}
	return ctx.Err()
}

// guard runs f and turns a panic, or a fault in the mapped file, into ErrDamaged.
// bbolt asserts what it reads and follows it through memory; a damaged or
// shortened file shows as either.
func guard(f func() error) (err error) {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if r := recover(); r != nil {
			err = damaged("%v", r)
		}
	}()
	return f()
}

// guarded is guard for an open store. A panic can leave bbolt's locks taken, so
// that the next call would wait for ever: after one nothing works any more but Close.
func (s *Store) guarded(f func() error) error {
	returned := false
	err := guard(func() error {
		err := f()
		returned = true
		return err
	})
	if !returned {
		s.dead.CompareAndSwap(nil, &err)
	}
	return err
}

// view runs f in a read transaction.
func (s *Store) view(ctx context.Context, f func(*txn) error) error {
	if err := s.usable(ctx); err != nil {
		return err
	}
	defer s.reads.begin()()
	db, giveBack := s.borrow()
	defer giveBack()
	return classify(s.guarded(func() error {
		return db.View(func(tx *bolt.Tx) error {
			return f(&txn{tx: tx, sealer: s.sealer, schema: s.schema})
		})
	}))
}

// update runs f in the one write transaction. When it returns nil, the change is
// on disk and in the index. After a commit that failed the index is read anew:
// what is on disk decides.
func (s *Store) update(ctx context.Context, f func(*txn) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	select {
	case s.writer <- struct{}{}:
		defer func() { <-s.writer }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := s.usable(ctx); err != nil {
		return err
	}
	t := &txn{sealer: s.sealer, schema: s.schema}
	agreed := false // f wants the commit
	db, giveBack := s.borrow()
	defer giveBack()
	err := s.guarded(func() error {
		return db.Update(func(tx *bolt.Tx) error {
			t.tx = tx
			err := f(t)
			agreed = err == nil
			return err
		})
	})
	if err == nil {
		s.apply(t.applied)
		return nil
	}
	if agreed && s.dead.Load() == nil {
		if again := s.reload(); again != nil {
			s.dead.CompareAndSwap(nil, &again)
			return errors.Join(classify(err), again)
		}
	}
	return classify(err)
}

func (s *Store) apply(changes []func(*index)) {
	if len(changes) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, change := range changes {
		change(s.index)
	}
}

// reload builds the index from the file.
func (s *Store) reload() error {
	ix := newIndex()
	err := s.view(context.Background(), func(t *txn) error { return ix.build(t) })
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.index = ix
	return nil
}
