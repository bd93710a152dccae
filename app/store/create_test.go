package store

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	bolt "go.etcd.io/bbolt"

	"stipple/app/durable"
	"stipple/app/vault"
)

// What is no store, or has no readable version, is damage and stays as it is.
func TestNotAStore(t *testing.T) {
	foreign := func(change func(tx *bolt.Tx) error) func(string) error {
		return func(path string) error {
			db, err := bolt.Open(path, fileMode, nil)
			if err != nil {
				return err
			}
			return errors.Join(db.Update(change), db.Close())
		}
	}
	cases := map[string]func(path string) error{
		"empty":     func(path string) error { return os.WriteFile(path, nil, fileMode) },
		"text":      func(path string) error { return os.WriteFile(path, []byte("hello"), fileMode) },
		"zeros":     func(path string) error { return os.WriteFile(path, make([]byte, 1<<16), fileMode) },
		"folder":    func(path string) error { return os.Mkdir(path, dirMode) },
		"other use": foreign(func(tx *bolt.Tx) error { _, err := tx.CreateBucket([]byte("widgets")); return err }),
		"version 0": foreign(func(tx *bolt.Tx) error {
			if _, err := tx.CreateBucket([]byte(bucketMeta)); err != nil {
				return err
			}
			return writeSchema(tx, 0)
		}),
		"flipped version": foreign(func(tx *bolt.Tx) error {
			b, err := tx.CreateBucket([]byte(bucketMeta))
			if err != nil {
				return err
			}
			if err := writeSchema(tx, 1); err != nil {
				return err
			}
			v := bytes.Clone(b.Get([]byte(schemaKey)))
			v[3] ^= 2
			return b.Put([]byte(schemaKey), v)
		}),
		"no buckets": foreign(func(tx *bolt.Tx) error {
			if _, err := tx.CreateBucket([]byte(bucketMeta)); err != nil {
				return err
			}
			return writeSchema(tx, 1)
		}),
	}
	for name, make := range cases {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), FileName)
			if err := make(path); err != nil {
				t.Fatal(err)
			}
			before, _ := os.ReadFile(path)
			if s, err := OpenTraining(path, Options{}); !errors.Is(err, ErrDamaged) {
				t.Errorf("%v, %v", s, err)
			}
			if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
				t.Error("the file was touched")
			}
		})
	}
}

// What a crash left beside the store goes at the next start, and nothing else.
func TestSweep(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a[b]c") // no pattern, but a name
	if err := os.Mkdir(dir, dirMode); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, FileName)
	for _, name := range []string{path + durable.Mark + "123", path + ".schema-1.20260101T000000Z.bak", filepath.Join(dir, "notes.txt")} {
		if err := os.WriteFile(name, nil, fileMode); err != nil {
			t.Fatal(err)
		}
	}
	openTest(t, path, newClock())
	want := []string{"notes.txt", FileName, FileName + ".schema-1.20260101T000000Z.bak", vault.PatientsName, vault.SlotsName}
	if got := filesIn(t, dir); !slices.Equal(got, want) {
		t.Errorf("%v", got)
	}
}
