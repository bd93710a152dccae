package backup

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"stipple/app/durable"
	"stipple/app/giveway"
	"stipple/app/vault"
)

// Check reads a backup to its end and holds every member against its hash, size and
// bounds. identity is a recovery code or the practice's own identity.
//
// Errors: ErrDamaged, ErrNoKey, ErrNewer; those of the system and of the context.
func Check(ctx context.Context, path, identity string, progress func(done, of int64)) (Manifest, error) {
	return read(ctx, path, identity, progress, func(string) (io.WriteCloser, error) { return discarded{}, nil })
}

// discarded takes a member that is only checked.
type discarded struct{}

func (discarded) Write(p []byte) (int, error) { return len(p), nil }
func (discarded) Close() error                { return nil }

// Restore makes a data folder of a backup. The folder must be new or empty; it gets its
// name when all of it is checked and synced.
//
// Errors: ErrNotEmpty; those of Check.
func Restore(ctx context.Context, path, identity, dir string, progress func(done, of int64)) (m Manifest, err error) {
	if err := mustBeEmpty(dir); err != nil {
		return Manifest{}, err
	}
	dir = filepath.Clean(dir)
	parent := filepath.Dir(dir)
	if err := os.MkdirAll(parent, dirMode); err != nil {
		return Manifest{}, err
	}
	durable.SweepHeld(parent, filepath.Base(dir)+durable.Mark)
	fresh, err := os.MkdirTemp(parent, filepath.Base(dir)+durable.Mark+"*") // mode 0700
	if err != nil {
		return Manifest{}, err
	}
	// It goes whatever happens; after a rename there is nothing to remove.
	defer func() { err = errors.Join(err, os.RemoveAll(fresh)) }()
	held, err := durable.Hold(fresh)
	if err != nil {
		return Manifest{}, err
	}
	defer func() { err = errors.Join(err, held.Release()) }()
	m, err = read(ctx, path, identity, progress, func(name string) (io.WriteCloser, error) {
		if name == manifestName {
			return discarded{}, nil
		}
		f, err := os.OpenFile(filepath.Join(fresh, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, fileMode)
		if err != nil {
			return nil, err
		}
		return synced{f}, nil
	})
	if err != nil {
		return Manifest{}, err
	}
	if err := errors.Join(held.Release(), durable.SyncDir(fresh)); err != nil {
		return Manifest{}, err
	}
	// Windows renames over no folder; one that is not empty is not removed.
	if err := os.Remove(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Manifest{}, fmt.Errorf("replace the empty folder: %w", err)
	}
	if err := os.Rename(fresh, dir); err != nil {
		return Manifest{}, err
	}
	return m, durable.SyncDir(parent)
}

// synced is a file that is on the disk when Close returns nil.
type synced struct{ *os.File }

func (s synced) Close() error { return errors.Join(s.Sync(), s.File.Close()) }

func mustBeEmpty(dir string) error {
	entries, err := os.ReadDir(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case len(entries) > 0:
		return fmt.Errorf("%s: %w", dir, ErrNotEmpty)
	}
	return nil
}

// read opens a backup and hands its members on.
func read(ctx context.Context, path, identity string, progress func(done, of int64), put func(name string) (io.WriteCloser, error)) (Manifest, error) {
	info, err := os.Stat(path)
	if err != nil {
		return Manifest{}, err
	}
	if !info.Mode().IsRegular() { // opening a pipe would wait for who never writes
		return Manifest{}, damaged("not a file")
	}
	f, err := os.Open(path)
	if err != nil {
		return Manifest{}, err
	}
	defer func() { _ = f.Close() }() // it was only read
	in := &input{ctx: ctx, from: f, tell: progress, of: info.Size(), way: giveway.New(ctx)}
	m, err := unpack(in, identity, put)
	if in.err != nil {
		return Manifest{}, in.err // not the file's fault
	}
	return m, err
}

// input is the file of a backup: it ends with the context, tells how far it is, and
// keeps the disk's error.
type input struct {
	ctx      context.Context
	from     io.Reader
	tell     func(done, of int64)
	done, of int64
	err      error
	way      *giveway.Way
}

func (i *input) Read(p []byte) (int, error) {
	i.way.Give()
	if err := i.ctx.Err(); err != nil {
		i.err = err
		return 0, err
	}
	n, err := i.from.Read(p)
	if err != nil && err != io.EOF {
		i.err = err
	}
	i.done += int64(n)
	if i.tell != nil {
		i.tell(i.done, i.of)
	}
	return n, err
}

// unpack checks a whole backup.
func unpack(r io.Reader, identity string, put func(name string) (io.WriteCloser, error)) (m Manifest, err error) {
	plain, err := vault.Decrypt(r, identity)
	if err != nil {
		return Manifest{}, ErrNoKey
	}
	u := unpacker{tar: tar.NewReader(plain), put: put}
	for _, want := range members() {
		var kept bytes.Buffer // of the small ones
		if want.name == manifestName || want.name == vault.SlotsName {
			err = u.member(want, &kept)
		} else {
			err = u.member(want, nil)
		}
		switch {
		case err != nil:
		case want.name == manifestName:
			m, err = parseManifest(kept.Bytes())
		case want.name == vault.SlotsName:
			if err = vault.CheckSlots(kept.Bytes()); err != nil && !errors.Is(err, vault.ErrNewer) {
				err = damaged("%w", err)
			}
		}
		if err != nil {
			return Manifest{}, err
		}
	}
	if err := u.end(plain); err != nil {
		return Manifest{}, err
	}
	return m, nil
}

// unpacker reads members one after the other.
type unpacker struct {
	tar  *tar.Reader
	put  func(name string) (io.WriteCloser, error)
	seen []seen
}

// seen is a member that was read.
type seen struct {
	name string
	size int64
	sum  hash.Hash
}

// header reads the next member's, which must be what is expected. The names come from
// here, never from the file.
func (u *unpacker) header(want member) (int64, error) {
	h, err := u.tar.Next()
	switch {
	case err == io.EOF:
		return 0, damaged("%s is missing", want.name)
	case err != nil:
		return 0, damaged("%w", err)
	case h.Name != want.name || h.Typeflag != tar.TypeReg || h.Format != tar.FormatGNU || len(h.PAXRecords) > 0 || h.Linkname != "":
		return 0, damaged("something else in the place of %s", want.name)
	case h.Size < 0 || h.Size > want.most:
		return 0, damaged("%s of %d bytes", want.name, h.Size)
	}
	return h.Size, nil
}

// member reads one, into kept too where that is there.
func (u *unpacker) member(want member, kept *bytes.Buffer) (err error) {
	size, err := u.header(want)
	if err != nil {
		return err
	}
	out, err := u.put(want.name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	s := seen{want.name, size, sha256.New()}
	from := io.TeeReader(u.tar, s.sum)
	if kept != nil {
		from = io.TeeReader(from, kept)
	}
	to := &sink{to: out}
	n, err := io.Copy(to, from)
	switch {
	case to.err != nil:
		return to.err
	case err != nil:
		return damaged("%s: %w", want.name, err)
	case n != size:
		return damaged("%s has %d bytes of %d", want.name, n, size)
	}
	u.seen = append(u.seen, s)
	return nil
}

// sink tells an error of writing from one of reading.
type sink struct {
	to  io.Writer
	err error
}

func (s *sink) Write(p []byte) (n int, err error) {
	n, s.err = s.to.Write(p)
	return n, s.err
}

// end holds what was read against the hashes; nothing may follow.
func (u *unpacker) end(plain io.Reader) error {
	if _, err := u.header(member{hashesName, maxHashesBytes}); err != nil {
		return err
	}
	data, err := io.ReadAll(u.tar)
	if err != nil {
		return damaged("%s: %w", hashesName, err)
	}
	hashes, err := parseHashes(data)
	if err != nil {
		return err
	}
	if len(hashes) != len(u.seen) {
		return damaged("hashes of %d members", len(hashes))
	}
	for i, s := range u.seen {
		if h := hashes[i]; h.Name != s.name || h.Size != s.size || !bytes.Equal(h.SHA256, s.sum.Sum(nil)) {
			return damaged("%s is not as it was written", s.name)
		}
	}
	switch _, err := u.tar.Next(); {
	case err == nil:
		return damaged("more members than a backup has")
	case err != io.EOF:
		return damaged("%w", err)
	}
	// To the end, since only there the last piece of the file is proved.
	if n, err := io.Copy(io.Discard, plain); err != nil || n > 0 {
		return damaged("%d bytes behind the members (%v)", n, err)
	}
	return nil
}
