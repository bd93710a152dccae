package backup

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"time"
	"unicode"
	"unicode/utf8"

	"stipple/app/audit"
	"stipple/app/store"
	"stipple/app/vault"
)

// What the manifest says that the file is.
const (
	format  = "stipple backup"
	version = 1
)

// Members, in their order.
const (
	manifestName = "manifest.json"
	hashesName   = "hashes.json"
)

// member is a file that comes before the hashes.
type member struct {
	name string
	most int64 // bytes
}

func members() []member {
	return []member{
		{manifestName, maxManifestBytes},
		{vault.SlotsName, maxSlotsBytes},
		{store.FileName, maxStoreBytes},
		{vault.PatientsName, maxPatientsBytes},
	}
}

// Manifest says what a backup is of. Nothing about a person is in it.
type Manifest struct {
	Format    string            `json:"format"`
	Version   int               `json:"version"`
	Schema    uint32            `json:"schema"` // of the store
	Made      time.Time         `json:"made"`   // UTC
	Program   string            `json:"program"`
	AuditSeq  uint64            `json:"audit_seq"`  // of the newest audit entry
	AuditHead string            `json:"audit_head"` // 64 hexadecimal digits in groups
	Counts    map[string]uint64 `json:"counts"`     // values by bucket
}

// Known is the head of the audit chain when the backup was made.
func (m Manifest) Known() (audit.Known, error) {
	return audit.ParseKnown(m.AuditSeq, m.AuditHead, "backup of "+m.Made.Format(time.RFC3339))
}

func (m Manifest) check() error {
	switch {
	case m.Format != format:
		return damaged("not a backup")
	case m.Version > version:
		return fmt.Errorf("%w (version %d, this program knows up to %d)", ErrNewer, m.Version, version)
	case m.Version < 1 || m.Made.IsZero() || len(m.Counts) > maxCounts || !plain(m.Program):
		return damaged("the manifest")
	case m.Schema > store.SchemaVersion:
		return fmt.Errorf("%w (schema %d, this program knows up to %d)", ErrNewer, m.Schema, store.SchemaVersion)
	}
	for name := range m.Counts {
		if !plain(name) {
			return damaged("the manifest's counts")
		}
	}
	if k, err := m.Known(); err != nil || k.Short {
		return damaged("the manifest's audit head")
	}
	return nil
}

// plain is text that can be shown as it is.
func plain(s string) bool {
	if len(s) > maxTextBytes || !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}

// parseManifest reads the format and version before the rest, of which a newer program
// may have more.
func parseManifest(data []byte) (Manifest, error) {
	var head struct {
		Format  string `json:"format"`
		Version int    `json:"version"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return Manifest{}, damaged("the manifest: %w", err)
	}
	if head.Format == format && head.Version > version {
		return Manifest{}, fmt.Errorf("%w (version %d, this program knows up to %d)", ErrNewer, head.Version, version)
	}
	m, err := strict[Manifest](data)
	if err != nil {
		return Manifest{}, damaged("the manifest: %w", err)
	}
	return m, m.check()
}

// memberHash is what the end of a backup says of a member.
type memberHash struct {
	Name   string `json:"name"`
	Size   int64  `json:"size"` // bytes
	SHA256 []byte `json:"sha256"`
}

// strict reads one JSON value and nothing else.
func strict[T any](data []byte) (v T, err error) {
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		return v, err
	}
	if _, err := d.Token(); err != io.EOF {
		return v, fmt.Errorf("something behind it")
	}
	return v, nil
}

func parseHashes(data []byte) ([]memberHash, error) {
	all, err := strict[[]memberHash](data)
	if err != nil {
		return nil, damaged("the hashes: %w", err)
	}
	return all, nil
}
