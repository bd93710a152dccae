package vault

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"stipple/app/durable"
)

// change writes a changed file, or leaves all as it was. It begins with what is in the
// file now, so that a slot which another process took away does not come back.
// One process at a time does: between the last look and the rename another's change would
// be lost. ErrChanged where another process is at it for too long, wrote it meanwhile
// without the lock, or set the store up anew.
func (s *Slots) change(f func(*slotFile) error) error {
	return s.changeThen(f, func() error { return nil })
}

// changeThen is change; then is called once the file is written, before anybody else may
// change it.
func (s *Slots) changeThen(f func(*slotFile) error, then func() error) error {
	s.changing.Lock()
	defer s.changing.Unlock()
	release, err := s.lock()
	if err != nil {
		return err
	}
	defer func() { _ = release() }() // it is only read
	next, before, err := readSlots(s.dir)
	if err != nil {
		return fmt.Errorf("read the key slots: %w", err)
	}
	s.mu.Lock()
	store := s.file.Store
	s.mu.Unlock()
	if next.Store != store {
		return ErrChanged
	}
	if err := f(&next); err != nil {
		return err
	}
	// Wrapping a key takes most of a second, and a backup may have been put back.
	switch _, now, err := readSlots(s.dir); {
	case err != nil:
		return fmt.Errorf("read the key slots: %w", err)
	case !bytes.Equal(before, now):
		return ErrChanged
	}
	if err := s.save(next); err != nil {
		return err
	}
	s.mu.Lock()
	s.file = next
	s.mu.Unlock()
	return then()
}

// lock keeps other processes from changing the slots.
func (s *Slots) lock() (release func() error, err error) {
	release, err = durable.Lock(filepath.Join(s.dir, SlotsName+lockMark), lockWait)
	if errors.Is(err, durable.ErrLocked) {
		return nil, fmt.Errorf("%w: %w", ErrChanged, err)
	}
	if err != nil {
		return nil, fmt.Errorf("write the key slots: %w", err)
	}
	return release, nil
}

func (s *Slots) save(f slotFile) error { return s.write(f, durable.Replace) }

func (s *Slots) write(f slotFile, put func(string, func(io.Writer) error) error) error {
	data, err := f.encode()
	if err != nil {
		return err
	}
	err = put(filepath.Join(s.dir, SlotsName), func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
	if err != nil {
		return fmt.Errorf("write the key slots: %w", err)
	}
	return nil
}
