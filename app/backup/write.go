package backup

import (
	"archive/tar"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"sync"
	"time"

	"stipple/app/durable"
	"stipple/app/giveway"
	"stipple/app/store"
	"stipple/app/vault"
)

// Source is what a backup is made of: a store with the keys that opened it.
type Source struct {
	Store   *store.Store
	Keys    *vault.Vault // the clinic key is enough
	Slots   *vault.Slots
	Program string // name and version, for the manifest
}

// Made is a backup that was written.
type Made struct {
	Path     string
	Manifest Manifest
}

// Write makes a backup in a folder, under a name of its own (Name). Others may write
// to the store meanwhile. progress, which may be nil, is told of the bytes that are
// done and of about how many there are.
//
// Errors: ErrNotWritten with the system's; ErrTraining; those of reading the store; that
// of the context. On every error there is no new file in the folder.
func Write(ctx context.Context, src Source, folder string, at time.Time, progress func(done, of int64)) (Made, error) {
	return write(ctx, src, folder, at, progress, func(w io.Writer) io.Writer { return w })
}

// write is Write; wrap stands before the disk.
func write(ctx context.Context, src Source, folder string, at time.Time, progress func(done, of int64), wrap func(io.Writer) io.Writer) (Made, error) {
	if src.Slots.OpenToAll() {
		return Made{}, ErrTraining
	}
	identity, err := src.Store.BackupIdentity(ctx, vault.NewIdentity)
	if err != nil {
		return Made{}, fmt.Errorf("backup: %w", err)
	}
	made := Made{Path: filepath.Join(folder, Name(at))}
	var inside error // what went wrong before the disk
	err = durable.Create(made.Path, func(file io.Writer) error {
		disk, stop := beside(ctx, wrap(file))
		defer stop()
		out := &output{ctx: ctx, to: disk, tell: progress, way: giveway.New(ctx)}
		var err error
		made.Manifest, err = src.encrypt(ctx, out, identity, at)
		if out.err == nil {
			inside = err
		}
		return errors.Join(out.err, err)
	})
	switch {
	case err == nil:
		return made, nil
	case ctx.Err() != nil:
		return Made{}, ctx.Err()
	case inside != nil:
		return Made{}, fmt.Errorf("backup: %w", inside)
	}
	return Made{}, fmt.Errorf("%w: %w", ErrNotWritten, err)
}

// output is the file of a backup: it ends with the context, tells how far it is, and
// keeps the disk's error, which bbolt turns into words.
type output struct {
	ctx      context.Context
	to       io.Writer
	tell     func(done, of int64)
	done, of int64
	err      error
	way      *giveway.Way
}

func (o *output) Write(p []byte) (int, error) {
	o.way.Give()
	if o.err == nil {
		o.err = o.ctx.Err()
	}
	if o.err != nil {
		return 0, o.err
	}
	n, err := o.to.Write(p)
	if err == nil && n < len(p) {
		err = io.ErrShortWrite
	}
	o.err = err
	o.done += int64(n)
	if o.tell != nil {
		o.tell(o.done, max(o.done, o.of))
	}
	return n, err
}

// encrypt writes the whole backup.
func (src Source) encrypt(ctx context.Context, out *output, identity string, at time.Time) (m Manifest, err error) {
	sealed, err := src.Slots.EncryptFor(out, identity)
	if err != nil {
		return m, err
	}
	// A re-key may neither begin nor end between the moment of the snapshot and that of
	// its keys. The copying itself holds up nobody.
	release := sync.OnceFunc(src.Slots.Hold())
	defer release()
	err = src.Store.Snapshot(ctx, func(s *store.Snapshot) (err error) {
		m, err = src.pack(ctx, sealed, s, at, &out.of, release)
		return err
	})
	return m, errors.Join(err, sealed.Close())
}

// pack writes the members. taken is called when all keys are copied.
func (src Source) pack(ctx context.Context, w io.Writer, s *store.Snapshot, at time.Time, size *int64, taken func()) (Manifest, error) {
	m := Manifest{Format: format, Version: version, Schema: s.Schema(), Made: at.UTC().Truncate(time.Second), Program: src.Program}
	end := s.AuditEnd()
	m.AuditSeq, m.AuditHead = end.Seq, end.Head.String()
	seniors, err := s.Seniors()
	if err != nil {
		return m, err
	}
	slots, err := src.Slots.Export(func(p vault.Person) bool { return seniors[p.ID] })
	if err != nil {
		return m, err
	}
	// After the moment of the snapshot: the key of each of its patients is in there.
	patients, err := src.Keys.ExportPatients()
	if err != nil {
		return m, err
	}
	taken()
	if m.Counts, err = s.Counts(ctx); err != nil {
		return m, err
	}
	head, err := json.Marshal(m)
	if err != nil {
		return m, fmt.Errorf("write the manifest: %w", err)
	}
	*size = int64(len(slots)) + s.Size() + int64(len(patients))
	p := packer{tar: tar.NewWriter(w), made: m.Made}
	p.bytes(manifestName, head)
	p.bytes(vault.SlotsName, slots)
	p.add(store.FileName, s.Size(), func(w io.Writer) error {
		_, err := s.WriteTo(w)
		return err
	})
	p.bytes(vault.PatientsName, patients)
	return m, p.close()
}

// packer writes members and remembers their hashes. After an error it does nothing.
type packer struct {
	tar    *tar.Writer
	made   time.Time
	hashes []memberHash
	err    error
}

func (p *packer) add(name string, size int64, write func(io.Writer) error) {
	if p.err != nil {
		return
	}
	p.err = p.tar.WriteHeader(&tar.Header{
		Typeflag: tar.TypeReg, Name: name, Size: size, Mode: fileMode, ModTime: p.made,
		Format: tar.FormatGNU, // large sizes without records beside them
	})
	if p.err != nil {
		return
	}
	var sum []byte
	if sum, p.err = hashed(p.tar, write); p.err == nil {
		p.hashes = append(p.hashes, memberHash{name, size, sum})
	}
}

func (p *packer) bytes(name string, data []byte) {
	p.add(name, int64(len(data)), func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// close writes the hashes, and the end.
func (p *packer) close() error {
	if p.err != nil {
		return p.err
	}
	data, err := json.Marshal(p.hashes)
	if err != nil {
		return fmt.Errorf("write the hashes: %w", err)
	}
	p.bytes(hashesName, data)
	return errors.Join(p.err, p.tar.Close())
}
