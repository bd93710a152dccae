// Command clinic measures the store at the size of a large practice: how long it takes
// from the keys to a console that can be used, to find a patient at each keystroke, to
// load one, and to commit. It makes the practice itself, of invented people, in a folder
// that it removes.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"stipple/app/clinical"
	"stipple/app/store"
	"stipple/app/vault"
)

func main() {
	var size store.Size
	flag.IntVar(&size.Patients, "patients", 100_000, "`number` of patients")
	flag.IntVar(&size.Presets, "presets", 3, "`number` of presets of each")
	flag.IntVar(&size.Treatments, "treatments", 10, "`number` of treatments of each")
	dir := flag.String("keep", "", "make the practice in this `folder` and keep it, or measure the one there; its passphrase is that of the source")
	flag.Parse()
	if err := run(context.Background(), *dir, size); err != nil {
		fmt.Fprintln(os.Stderr, "clinic:", err)
		os.Exit(1)
	}
}

// passphrase opens the invented practice.
const passphrase = "an invented practice"

func run(ctx context.Context, dir string, size store.Size) (err error) {
	if dir == "" {
		if dir, err = os.MkdirTemp("", "stipple-clinic-"); err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(dir) }()
	}
	path := filepath.Join(dir, store.FileName)
	if _, err := os.Stat(path); err != nil {
		if err := generate(ctx, dir, path, size); err != nil {
			return err
		}
	}
	return measure(ctx, dir, path)
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

func measure(ctx context.Context, dir, path string) error {
	slots, err := vault.Load(dir, vault.Options{})
	if err != nil {
		return err
	}
	begun := time.Now()
	keys, _, err := slots.SignIn("clinic", []byte(passphrase), time.Now())
	if err != nil {
		return err
	}
	defer func() { _ = keys.Close() }()
	derived := time.Now()
	s, err := store.Open(path, store.Options{Sealer: keys})
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }()
	usable := time.Now()
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	fmt.Printf("file %.0f MB; key derivation and patients' keys %.0f ms; then usable after %.0f ms\n", float64(info.Size())/1e6, ms(derived.Sub(begun)), ms(usable.Sub(derived)))
	all, total, err := s.SearchPatients(ctx, "", 2000)
	if err != nil {
		return err
	}
	fmt.Printf("%d patients\n", total)
	if err := keystrokes(ctx, s, all); err != nil {
		return err
	}
	return loads(ctx, s, all)
}

func ms(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e6 }

// keystrokes types the names of patients, letter by letter.
func keystrokes(ctx context.Context, s *store.Store, all []clinical.Patient) error {
	var times []time.Duration
	for _, p := range all[:200] {
		text := p.GivenName + " " + p.FamilyName
		for i := range text {
			begun := time.Now()
			if _, _, err := s.SearchPatients(ctx, text[:i+1], 50); err != nil {
				return err
			}
			times = append(times, time.Since(begun))
		}
	}
	tell("search, a keystroke", times)
	return nil
}

// loads reads patients with their presets and treatments.
func loads(ctx context.Context, s *store.Store, all []clinical.Patient) error {
	var presets, treatments, touches []time.Duration
	plain := 0
	for _, p := range all {
		begun := time.Now()
		if _, err := s.Patient(ctx, p.ID); err != nil {
			return err
		}
		ps, err := s.Presets(ctx, p.ID)
		if err != nil {
			return err
		}
		presets = append(presets, time.Since(begun))
		begun = time.Now()
		ts, err := s.Treatments(ctx, p.ID)
		if err != nil {
			return err
		}
		treatments = append(treatments, time.Since(begun))
		text, err := json.Marshal([]any{p, ps, ts})
		if err != nil {
			return err
		}
		plain += len(text)
	}
	for _, p := range all[:500] {
		begun := time.Now()
		if err := s.Touch(ctx, p.ID); err != nil {
			return err
		}
		touches = append(touches, time.Since(begun))
	}
	tell("load a patient with presets", presets)
	tell("load all treatments of one", treatments)
	tell("one durable commit", touches)
	fmt.Printf("plain JSON of Go's own names: %.0f bytes a patient\n", float64(plain)/float64(len(all)))
	return nil
}

func tell(what string, times []time.Duration) {
	slices.Sort(times)
	at := func(share float64) float64 { return ms(times[min(int(share*float64(len(times))), len(times)-1)]) }
	fmt.Printf("%-32s n %5d  p50 %7.3f  p99 %7.3f  max %7.3f ms\n", what, len(times), at(0.5), at(0.99), at(1))
}
