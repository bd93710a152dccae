package backup

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"stipple/app/audit"
	"stipple/app/durable"
	"stipple/app/store"
	"stipple/app/vault"
)

// Report says how a restored store compares with what its backup says of it.
type Report struct {
	Manifest Manifest
	Counts   []Count // by bucket's name
	Audit    audit.Report
	// Patients: the values of patients were opened, too. Otherwise the keys were those
	// of somebody who can't read them, and only what is the practice's was opened.
	Patients bool
	Findings []string // what is wrong beside the audit chain, in English; empty if nothing
	// Again are patients who were erased since, oldest erasure first. That they are there
	// is no fault of the backup.
	Again []Again
	// AgainAll: these are all. Otherwise nobody can say who else was erased since
	// Manifest.Made.
	AgainAll bool
}

// Count is how many values a bucket has.
type Count struct {
	Bucket           string
	Manifest, Stored uint64
}

// OK says whether nothing at all was found.
func (r Report) OK() bool { return len(r.Findings) == 0 && r.Audit.OK() }

// Compare opens a restored data folder with keys over it and holds it against the
// manifest of its backup: counts, the end of the audit chain, every value that the
// keys open, and the whole chain. What is wrong is in the report; the error is that of
// opening or reading, or of the context. A store of an older schema is migrated. running
// is the practice's store, which knows who was erased since; nil: there is none at hand.
func Compare(ctx context.Context, dir string, m Manifest, keys *vault.Vault, running *store.Store) (r Report, err error) {
	s, err := store.Open(filepath.Join(dir, store.FileName), store.Options{Sealer: keys})
	if err != nil {
		return Report{}, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	r = Report{Manifest: m, Patients: keys.HoldsPatients()}
	err = s.Snapshot(ctx, func(now *store.Snapshot) error {
		stored, err := now.Counts(ctx)
		if err != nil {
			return err
		}
		if m.Schema == now.Schema() { // a migration may have changed them
			r.counts(stored)
		}
		if end := now.AuditEnd(); end.Seq != m.AuditSeq || end.Head.String() != m.AuditHead {
			r.find("the audit chain ends with entry %d %s, the backup's with %d", end.Seq, end.Head.Short(), m.AuditSeq)
		}
		if running != nil {
			r.Again, r.AgainAll, err = again(ctx, running, m, now)
		}
		return err
	})
	if err != nil {
		return Report{}, err
	}
	if err := s.Verify(ctx); err != nil {
		if ctx.Err() != nil {
			return Report{}, ctx.Err()
		}
		r.find("%v", err)
	}
	known, err := m.Known()
	if err != nil {
		return Report{}, err
	}
	r.Audit, err = s.VerifyAudit(ctx, []audit.Known{known})
	return r, err
}

func (r *Report) find(text string, args ...any) {
	r.Findings = append(r.Findings, fmt.Sprintf(text, args...))
}

// counts compares bucket by bucket.
func (r *Report) counts(stored map[string]uint64) {
	all := maps.Clone(stored)
	maps.Copy(all, r.Manifest.Counts)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		c := Count{name, r.Manifest.Counts[name], stored[name]}
		r.Counts = append(r.Counts, c)
		if c.Manifest != c.Stored {
			r.find("%s: %d values, the backup had %d", name, c.Stored, c.Manifest)
		}
	}
}

// drillPrefix begins the name of the folder of a drill.
const drillPrefix = "stipple-drill-"

// Sweep removes from a folder what drills have left there whose process was killed.
func Sweep(temporary string) { durable.SweepHeld(temporary, drillPrefix) }

// Drill restores a backup of a practice into a folder of its own within temporary,
// compares it, and removes it again. identity and keys are those of the running store:
// nobody needs the recovery code; see Compare for running. A process that is killed leaves
// the folder, in which all is sealed, to the next drill or to Sweep.
//
// Errors: vault.ErrReplaced for a backup from before a re-key; those of Check, Restore and
// Compare.
func Drill(ctx context.Context, path, identity string, keys *vault.Vault, running *store.Store, temporary string, progress func(done, of int64)) (r Report, err error) {
	Sweep(temporary)
	top, err := os.MkdirTemp(temporary, drillPrefix+"*")
	if err != nil {
		return Report{}, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(top)) }()
	held, err := durable.Hold(top)
	if err != nil {
		return Report{}, err
	}
	defer func() { err = errors.Join(err, held.Release()) }()
	dir := filepath.Join(top, "store")
	m, err := Restore(ctx, path, identity, dir, progress)
	if err != nil {
		return Report{}, err
	}
	over, err := keys.Beside(dir)
	if err != nil {
		return Report{}, err
	}
	defer func() { err = errors.Join(err, over.Close()) }()
	return Compare(ctx, dir, m, over, running)
}
