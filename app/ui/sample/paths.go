package sample

import (
	"slices"

	"stipple/app/clinical"
	"stipple/app/console"
)

// FilePlaces are those of a sample laptop.
func (d *Desk) FilePlaces(_ clinical.Permission, done func([]console.FilePlace, error)) {
	done([]console.FilePlace{
		{Path: "/home/clinic", Kind: console.PlaceOwn},
		{Path: "/media/clinic/BACKUP 1", Name: "BACKUP 1", Kind: console.PlacePlugged},
		{Path: "/", Kind: console.PlaceComputer},
	}, nil)
}

// ListFolder is the same in every folder.
func (d *Desk) ListFolder(_ clinical.Permission, path string, ext []string, done func(console.FileFolder, error)) {
	f := console.FileFolder{Path: path, Parent: "/", Folders: []string{"Accounts", "Letters", "Stipple backups", "Templates"}}
	for _, e := range slices.Sorted(slices.Values(ext)) {
		f.Files = append(f.Files, console.FileEntry{Name: "patients-2026-11" + e, Size: 48_211, Changed: day(3)})
	}
	done(f, nil)
}

// MakeFolder does nothing.
func (d *Desk) MakeFolder(_ clinical.Permission, _ string, done func(error)) { done(nil) }

// CheckPath finds nothing wrong.
func (d *Desk) CheckPath(_ clinical.Permission, _ string, _ console.FileUse, done func(error)) {
	done(nil)
}
