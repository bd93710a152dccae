// Command clinic measures the store at the size of a large practice: how long it takes
// from the keys to a console that can be used, to find a patient at each keystroke, to
// load one, to commit, and to back it up, and what the file takes; each beside its target.
// It makes the practice itself, of invented people, in a folder that it removes.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"stipple/app/backup"
	"stipple/app/clinical"
	"stipple/app/store"
	"stipple/app/vault"
)

func main() {
	var size store.Size
	flag.IntVar(&size.Patients, "patients", 100_000, "`number` of patients")
	flag.IntVar(&size.Presets, "presets", 3, "`number` of presets of each")
	flag.IntVar(&size.Treatments, "treatments", 10, "`number` of treatments of each")
	rounds := flag.Int("backups", 5, "`number` of backups, each beside a cp and sync; 0: none, as where there is no cp")
	dir := flag.String("keep", "", "make the practice in this `folder` and keep it, or measure the one there; its passphrase is that of the source")
	flag.Parse()
	if err := run(context.Background(), *dir, size, *rounds); err != nil {
		fmt.Fprintln(os.Stderr, "clinic:", err)
		os.Exit(1)
	}
}

// passphrase opens the invented practice.
const passphrase = "an invented practice"

func run(ctx context.Context, dir string, size store.Size, rounds int) (err error) {
	if dir == "" {
		if dir, err = os.MkdirTemp("", "stipple-clinic-"); err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(dir) }()
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	path := filepath.Join(dir, store.FileName)
	if _, err := os.Stat(path); err != nil {
		if err := generate(ctx, dir, path, size); err != nil {
			return err
		}
	}
	return measure(ctx, dir, path, rounds)
}

func generate(ctx context.Context, dir, path string, size store.Size) error {
	code, err := vault.NewRecoveryCode()
	if err != nil {
		return err
	}
	id, err := store.NewID()
	if err != nil {
		return err
	}
	slots, keys, err := vault.Create(dir, vault.Person{ID: id, SignIn: "clinic"}, []byte(passphrase), code, vault.Options{})
	if err != nil {
		return err
	}
	defer func() { _ = keys.Close() }()
	begun := time.Now()
	s, err := store.Open(path, store.Options{Sealer: keys})
	if err != nil {
		return err
	}
	if _, err := s.AddOperator(ctx, clinical.Operator{ID: id, Name: "Dr A. Meyer", Role: clinical.RoleSeniorClinician}); err != nil {
		return err
	}
	err = store.Generate(ctx, s, size, func(n int) {
		if n%10_000 == 0 {
			fmt.Printf("%d patients after %.0f s\n", n, time.Since(begun).Seconds())
		}
	})
	if err != nil {
		return err
	}
	if err := s.Close(); err != nil {
		return err
	}
	return slots.Complete()
}

// The targets, for 100,000 patients with 300,000 presets and 1,000,000 treatments.
const (
	unlockTarget = 2 * time.Second       // from the keys to a console that can be used
	searchTarget = 10 * time.Millisecond // a keystroke: below what a person sees as late
	loadTarget   = 5 * time.Millisecond  // a patient with presets
	commitTarget = 1.3                   // times two bare writes and syncs of the same size
	sizeTarget   = 1.7                   // times the plain values
	backupTarget = 2                     // times cp and sync: half its throughput
)

func measure(ctx context.Context, dir, path string, rounds int) error {
	var check, derive, open, verify series
	heading()
	var waiting *store.Waiting
	err := check.add(func() (err error) {
		waiting, err = store.Ready(path)
		return err
	})
	if err != nil {
		return err
	}
	check.row("check and lock, while somebody types")
	defer func() { _ = waiting.Close() }()
	slots, err := vault.Load(dir, vault.Options{})
	if err != nil {
		return err
	}
	var keys *vault.Vault
	err = derive.add(func() (err error) {
		keys, _, err = slots.SignIn("clinic", []byte(passphrase), time.Now())
		return err
	})
	if err != nil {
		return err
	}
	defer func() { _ = keys.Close() }()
	derive.row("key derivation, patients' keys")
	var s *store.Store
	err = open.add(func() (err error) {
		s, err = waiting.Open(store.Options{Sealer: keys})
		return err
	})
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }()
	open.within("then usable", 1, unlockTarget)
	all, total, err := s.SearchPatients(ctx, "", 2000)
	if err == nil && total == 0 {
		err = errors.New("there are no patients to measure with")
	}
	if err != nil {
		return err
	}
	err = errors.Join(keystrokes(ctx, s, all), loads(ctx, s, all), commits(ctx, s, dir, all), weigh(ctx, s, path))
	if err = errors.Join(err, verify.add(func() error { return s.Verify(ctx) })); err == nil {
		verify.row("every value read, beside the work")
	}
	if rounds > 0 {
		err = errors.Join(err, backups(ctx, backup.Source{Store: s, Keys: keys, Slots: slots, Program: "clinic"}, path, rounds))
	}
	fmt.Printf("%d patients\n", total)
	return err
}

// keystrokes types what patients are looked for by, letter by letter.
func keystrokes(ctx context.Context, s *store.Store, all []clinical.Patient) error {
	var names, numbers, dates series
	for _, p := range all[:min(200, len(all))] {
		d := p.BirthDate
		err := errors.Join(
			names.typed(ctx, s, p.GivenName+" "+p.FamilyName),
			numbers.typed(ctx, s, p.FileNumber),
			dates.typed(ctx, s, fmt.Sprintf("%d.%d.%d", d.Day, d.Month, d.Year)),
			dates.typed(ctx, s, fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day)),
		)
		if err != nil {
			return err
		}
	}
	names.within("search by name, a keystroke", 0.99, searchTarget)
	numbers.within("search by file number, a keystroke", 0.99, searchTarget)
	dates.within("search by birth date, a keystroke", 0.99, searchTarget)
	return nil
}

func (s *series) typed(ctx context.Context, in *store.Store, text string) error {
	for i := range text {
		err := s.add(func() error {
			_, _, err := in.SearchPatients(ctx, text[:i+1], 50)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// loads reads patients with their presets, and their treatments.
func loads(ctx context.Context, s *store.Store, all []clinical.Patient) error {
	var presets, treatments series
	for _, p := range all {
		err := presets.add(func() error {
			_, err := s.Patient(ctx, p.ID)
			_, err2 := s.Presets(ctx, p.ID)
			return errors.Join(err, err2)
		})
		err2 := treatments.add(func() error {
			_, err := s.Treatments(ctx, p.ID)
			return err
		})
		if err := errors.Join(err, err2); err != nil {
			return err
		}
	}
	presets.within("load a patient with presets", 0.99, loadTarget)
	treatments.row("load all treatments of one")
	return nil
}

// The pages that bbolt writes for one commit at this size, by its own count: a leaf,
// two branches and the bucket's root, the root of all, the list of free pages; then
// the meta page.
const (
	pageBytes   = 4096
	commitPages = 6
	floorPages  = 64 // of the file beside, which is written before: no commit grows its file either
)

// commits holds a durable commit against the least that it could be: what it writes,
// written and synced, and the page that makes it valid, written and synced. One after
// the other, so that both have the same disk.
func commits(ctx context.Context, s *store.Store, dir string, all []clinical.Patient) (err error) {
	f, err := os.CreateTemp(dir, "floor-*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close(), os.Remove(f.Name())) }()
	if _, err := f.Write(make([]byte, floorPages*pageBytes)); err != nil {
		return err
	}
	var commit, bare, scattered series
	for _, p := range all[:min(500, len(all))] {
		err := errors.Join(
			commit.add(func() error { return s.Touch(ctx, p.ID) }),
			bare.add(func() error { return floor(f, []int{0}, commitPages) }),
			scattered.add(func() error { return floor(f, []int{1, 9, 17, 30, 41, 53}, 1) }),
		)
		if err != nil {
			return err
		}
	}
	commit.row("one durable commit")
	bare.row("two bare writes and syncs")
	scattered.row("the same, pages apart as bbolt's are")
	times("commit of two bare, median", ms(commit.at(0.5)), ms(bare.at(0.5)), commitTarget)
	times("commit of the same apart, median", ms(commit.at(0.5)), ms(scattered.at(0.5)), commitTarget)
	return nil
}

// floor writes runs of so many pages and syncs, and one more page and syncs.
func floor(f *os.File, at []int, pages int) error {
	for _, page := range at {
		if _, err := f.WriteAt(make([]byte, pages*pageBytes), int64(page)*pageBytes); err != nil {
			return err
		}
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if _, err := f.WriteAt(make([]byte, pageBytes), (floorPages-1)*pageBytes); err != nil {
		return err
	}
	return f.Sync()
}

// weigh compares the file with what is in it.
func weigh(ctx context.Context, s *store.Store, path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	w, err := store.Weigh(ctx, s, path+".packed")
	if err != nil {
		return err
	}
	times("file after compaction, of plain values", float64(w.Packed), float64(w.Plain), sizeTarget)
	fmt.Printf("plain values %.0f MB, file %.0f MB, after compaction %.0f MB\n", float64(w.Plain)/1e6, float64(info.Size())/1e6, float64(w.Packed)/1e6)
	return nil
}
