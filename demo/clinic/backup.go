package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"stipple/app/backup"
	"stipple/app/vault"
)

// backups holds a backup against a copy of the store by cp, followed by sync. One after
// the other, so that both have the same disk; onto the disk of the store, which has to
// be read and written then. That it is read back afterwards is told by itself.
func backups(ctx context.Context, src backup.Source, path string, rounds int) (err error) {
	folder, err := os.MkdirTemp(filepath.Dir(path), "stick-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	identity, err := src.Store.BackupIdentity(ctx, vault.NewIdentity)
	if err != nil {
		return err
	}
	var plain, sealed, again series
	size := int64(0)
	for round := range rounds {
		if err := plain.add(func() error { return copied(ctx, path, filepath.Join(folder, "copy")) }); err != nil {
			return err
		}
		var made backup.Made
		err := sealed.add(func() (err error) {
			made, err = backup.Write(ctx, src, folder, time.Now().Add(time.Duration(round)*time.Second), nil)
			return err
		})
		if err == nil {
			err = again.add(func() error {
				_, err := backup.Check(ctx, made.Path, identity, nil)
				return err
			})
		}
		if err != nil {
			return err
		}
		info, err := os.Stat(made.Path)
		if err := errors.Join(err, os.Remove(made.Path)); err != nil {
			return err
		}
		size = info.Size()
	}
	plain.row("cp and sync")
	sealed.row("backup")
	again.row("backup read back")
	times("backup of cp and sync, median", ms(sealed.at(0.5)), ms(plain.at(0.5)), backupTarget)
	fmt.Printf("a backup of %.0f MB: written at %.0f MB/s, read back at %.0f MB/s\n",
		float64(size)/1e6, float64(size)/1e3/ms(sealed.at(0.5)), float64(size)/1e3/ms(again.at(0.5)))
	return nil
}

// copied copies a file as a person would, and removes the copy.
func copied(ctx context.Context, from, to string) error {
	for _, words := range [][]string{{"cp", from, to}, {"sync", to}} {
		if out, err := exec.CommandContext(ctx, words[0], words[1:]...).CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w: %s", words[0], err, out)
		}
	}
	return os.Remove(to)
}
