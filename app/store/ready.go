package store

import (
	"crypto/rand"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"stipple/app/durable"
	"stipple/app/vault"
)

// Waiting is a store that was checked and is this process's alone, and waits for its
// keys. Either Open or Close ends it. It may be used by one goroutine at a time.
type Waiting struct {
	path string
	s    *Store // with the file and its lock; nil: there is no file, or it was ended
	done bool
}

// Ready does what needs no key: it checks the structure of the whole file, which takes
// a second for a gigabyte, and takes its lock. A window calls it while a person types
// the passphrase, and so says that the store is in use before. It writes nothing; on
// Windows bbolt may lengthen the file by pages that are not in use. Where
// there is no file, there is nothing to check or to lock, and Open makes one.
//
// Errors: ErrInUse (within 2 s), ErrDamaged, ErrReadOnly, ErrNoAccess.
func Ready(path string) (*Waiting, error) {
	w, err := ready(path)
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", path, err)
	}
	return w, nil
}

func ready(path string) (*Waiting, error) {
	w := &Waiting{path: path}
	there, err := findFile(path)
	if err == nil && there {
		err = w.take()
	}
	if err != nil {
		return nil, err
	}
	return w, nil
}

// take checks the file and takes its lock.
func (w *Waiting) take() error {
	if err := inspect(w.path); err != nil {
		return err
	}
	s := &Store{writer: make(chan struct{}, 1)}
	if err := s.openFile(w.path, relockWait); err != nil {
		return err
	}
	w.s = s
	return nil
}

// Open opens the store with its keys: it makes the file if there is none, migrates an
// older one after putting a backup beside it, and reads the patients. It ends w, also
// with an error.
//
// Errors: ErrClosed after an Open or a Close; ErrNewer, ErrDiskFull and those of Ready.
// On every error the file is as it was, and free for others.
func (w *Waiting) Open(opt Options) (*Store, error) {
	s, err := w.open(opt, currentSchema())
	if err != nil {
		return nil, fmt.Errorf("open store %s: %w", w.path, err)
	}
	return s, nil
}

func (w *Waiting) open(opt Options, sch schema) (_ *Store, err error) {
	if w.done {
		return nil, ErrClosed
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.Close())
		}
	}()
	if opt.Sealer == nil {
		return nil, ErrNoKeys
	}
	if w.s == nil {
		if err := ensureFile(w.path, sch.version); err != nil {
			return nil, err
		}
		if err := w.take(); err != nil {
			return nil, err
		}
	}
	s := w.s
	s.equip(opt, sch)
	if err := s.bringUp(w.path, opt, sch); err != nil {
		return nil, err
	}
	w.s, w.done = nil, true
	return s, nil
}

// equip gives a store what comes from outside.
func (s *Store) equip(opt Options, sch schema) {
	s.sealer, s.schema, s.now = opt.Sealer, sch.version, opt.Now
	if s.now == nil {
		s.now = time.Now
	}
	source := opt.Rand
	if source == nil {
		source = rand.Reader
	}
	s.ids = &idSource{now: s.now, rand: source}
}

// bringUp makes a store whose file is open ready for use.
func (s *Store) bringUp(path string, opt Options, sch schema) error {
	if err := s.sealer.Refresh(); err != nil {
		return classify(err)
	}
	if err := guard(func() error { return s.migrate(path, sch, opt.SealBackup) }); err != nil {
		return classify(err)
	}
	if err := s.finish(); err != nil {
		return err
	}
	if err := s.reload(); err != nil {
		return err
	}
	if err := s.openChain(chainRandom()); err != nil {
		return err
	}
	// Only the holder of the lock may sweep: a creation that is still going on
	// elsewhere then finds that the store exists.
	for _, name := range []string{path, filepath.Join(filepath.Dir(path), vault.SlotsName), filepath.Join(filepath.Dir(path), vault.PatientsName)} {
		durable.Sweep(name)
	}
	sweepBackups(path)
	return nil
}

// finish does what an erasure or a migration has left to be done. What can't be done now
// keeps nobody from the store: Unfinished tells it.
func (s *Store) finish() error {
	undone := s.finishErasures()
	if err := s.compactIfMarked(); err != nil {
		undone = append(undone, err)
	}
	if err := s.retire(s.takeOutgoing()); err != nil {
		return err
	}
	s.undone = errors.Join(undone...)
	if p := s.dead.Load(); p != nil {
		return *p
	}
	for _, err := range undone {
		if errors.Is(err, ErrDamaged) {
			return err
		}
	}
	return nil
}

// Unfinished is what opening could not finish of an erasure or a migration from before,
// and why; nil: nothing. The next opening tries again.
//
// Errors: ErrNotErased, ErrNotCompacted.
func (s *Store) Unfinished() error { return s.undone }

// Close lets go of the store without opening it. It returns nil after an Open or
// another Close.
func (w *Waiting) Close() error {
	s := w.s
	w.s, w.done = nil, true
	if s == nil {
		return nil
	}
	return s.closeFile()
}
