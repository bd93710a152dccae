package backup

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"stipple/app/store"
	"stipple/app/vault"
)

// forge encrypts what a test puts into a tar.
func forge(t testing.TB, p practice, pack func(*packer)) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), Name(madeAt()))
	f, err := os.Create(path)
	must(t, err)
	out, err := p.Slots.EncryptFor(f, p.identity(t))
	must(t, err)
	k := packer{tar: tar.NewWriter(out), made: madeAt()}
	pack(&k)
	must(t, errors.Join(out.Close(), f.Close()))
	return path
}

// contents are members that are as they should be, small, though no store is in them.
func contents(t testing.TB, p practice) (manifest, slots []byte) {
	t.Helper()
	m := Manifest{
		Format: format, Version: version, Schema: store.SchemaVersion, Made: madeAt(),
		AuditSeq: 1, AuditHead: strings.Repeat("0", 64), Counts: map[string]uint64{"patients": 1},
	}
	manifest, err := json.Marshal(m)
	must(t, err)
	slots, err = p.Slots.Export(func(vault.Person) bool { return true })
	must(t, err)
	return manifest, slots
}

// refused fails unless a restore is refused with nothing left behind.
func refused(t testing.TB, path, identity, what string, want error) {
	t.Helper()
	dir := t.TempDir()
	_, err := Restore(t.Context(), path, identity, filepath.Join(dir, "new"), nil)
	if !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
	if left := names(t, dir); len(left) > 0 {
		t.Errorf("%s: left over: %v", what, left)
	}
}

func TestHostileArchives(t *testing.T) {
	p := newPractice(t, false)
	_ = p.backedUp(t) // makes the identity
	manifest, slots := contents(t, p)
	first := func(k *packer) {
		k.bytes(manifestName, manifest)
		k.bytes(vault.SlotsName, slots)
	}
	rest := func(k *packer) {
		k.bytes(store.FileName, []byte("store"))
		k.bytes(vault.PatientsName, []byte("keys"))
	}
	special := func(h tar.Header) func(k *packer) {
		return func(k *packer) {
			first(k)
			if h.Mode = fileMode; h.Format == tar.FormatUnknown {
				h.Format = tar.FormatGNU
			}
			must(t, k.tar.WriteHeader(&h))
			k.hashes = append(k.hashes, memberHash{store.FileName, 0, sha256.New().Sum(nil)}) // as if it were one
			k.bytes(vault.PatientsName, []byte("keys"))
			_ = k.close()
		}
	}
	with := func(old, fresh string) []byte { return bytes.Replace(manifest, []byte(old), []byte(fresh), 1) }
	manifested := func(m []byte) func(*packer) {
		return func(k *packer) { k.bytes(manifestName, m); k.bytes(vault.SlotsName, slots); rest(k); _ = k.close() }
	}
	good := forge(t, p, func(k *packer) { first(k); rest(k); must(t, k.close()) })
	if _, err := Check(t.Context(), good, p.code, nil); err != nil {
		t.Fatal("even the good one is refused:", err)
	}
	for name, c := range map[string]struct {
		pack func(*packer)
		want error
	}{
		"nothing": {func(k *packer) { _ = k.tar.Close() }, ErrDamaged},
		"no tar":  {func(*packer) {}, ErrDamaged},
		"other order": {func(k *packer) {
			k.bytes(vault.SlotsName, slots)
			k.bytes(manifestName, manifest)
			rest(k)
			_ = k.close()
		}, ErrDamaged},
		"a member twice":   {func(k *packer) { first(k); k.bytes(vault.SlotsName, slots); rest(k); _ = k.close() }, ErrDamaged},
		"a member missing": {func(k *packer) { first(k); k.bytes(store.FileName, nil); _ = k.close() }, ErrDamaged},
		"one more":         {func(k *packer) { first(k); rest(k); k.bytes("more", nil); _ = k.close() }, ErrDamaged},
		"one more behind": {func(k *packer) {
			first(k)
			rest(k)
			d, _ := json.Marshal(k.hashes)
			k.bytes(hashesName, d)
			k.bytes("more", nil)
			_ = k.tar.Close()
		}, ErrDamaged},
		"no hashes":         {func(k *packer) { first(k); rest(k); _ = k.tar.Close() }, ErrDamaged},
		"a hash of another": {func(k *packer) { first(k); rest(k); k.hashes[2].SHA256[0]++; _ = k.close() }, ErrDamaged},
		"a size of another": {func(k *packer) { first(k); rest(k); k.hashes[2].Size++; _ = k.close() }, ErrDamaged},
		"hashes too few":    {func(k *packer) { first(k); rest(k); k.hashes = k.hashes[:3]; _ = k.close() }, ErrDamaged},
		"path upwards": {func(k *packer) {
			first(k)
			k.bytes("../"+store.FileName, nil)
			k.bytes(vault.PatientsName, nil)
			k.hashes[2].Name = store.FileName
			_ = k.close()
		}, ErrDamaged},
		"path from the top": {func(k *packer) {
			first(k)
			k.bytes("/tmp/"+store.FileName, nil)
			k.bytes(vault.PatientsName, nil)
			k.hashes[2].Name = store.FileName
			_ = k.close()
		}, ErrDamaged},
		"a link":         {special(tar.Header{Typeflag: tar.TypeSymlink, Name: store.FileName, Linkname: "/etc/passwd"}), ErrDamaged},
		"a hard link":    {special(tar.Header{Typeflag: tar.TypeLink, Name: store.FileName, Linkname: "stipple.slots"}), ErrDamaged},
		"a folder":       {special(tar.Header{Typeflag: tar.TypeDir, Name: store.FileName}), ErrDamaged},
		"a pipe":         {special(tar.Header{Typeflag: tar.TypeFifo, Name: store.FileName}), ErrDamaged},
		"records beside": {special(tar.Header{Typeflag: tar.TypeReg, Name: store.FileName, PAXRecords: map[string]string{"STIPPLE.x": "1"}, Format: tar.FormatPAX}), ErrDamaged},
		"large manifest": {manifested(append(bytes.Repeat([]byte(" "), maxManifestBytes), manifest...)), ErrDamaged},
		"huge store": {func(k *packer) {
			first(k)
			_ = k.tar.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: store.FileName, Size: maxStoreBytes + 1, Mode: fileMode, Format: tar.FormatGNU})
		}, ErrDamaged},
		"store cut off": {func(k *packer) {
			first(k)
			_ = k.tar.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: store.FileName, Size: 1000, Mode: fileMode, Format: tar.FormatGNU})
			_, _ = k.tar.Write([]byte("a little"))
		}, ErrDamaged},
		"slots that are none": {func(k *packer) {
			k.bytes(manifestName, manifest)
			k.bytes(vault.SlotsName, []byte("{}"))
			rest(k)
			_ = k.close()
		}, ErrDamaged},
		"other format":       {manifested(with(format, "other backup")), ErrDamaged},
		"unknown field":      {manifested(with(`"schema"`, `"x":1,"schema"`)), ErrDamaged},
		"newer":              {manifested(with(`"version":1`, `"version":2,"x":1`)), ErrNewer},
		"newer store":        {manifested(with(`"schema":2`, `"schema":3`)), ErrNewer},
		"no head":            {manifested(with(strings.Repeat("0", 64), "00")), ErrDamaged},
		"a short head":       {manifested(with(strings.Repeat("0", 64), strings.Repeat("0", 20))), ErrDamaged},
		"control characters": {manifested(with(`"patients"`, `"pat\u001bients"`)), ErrDamaged},
		"two manifests":      {manifested(append(bytes.Clone(manifest), manifest...)), ErrDamaged},
	} {
		t.Run(name, func(t *testing.T) { refused(t, forge(t, p, c.pack), p.code, name, c.want) })
	}
	// Behind the end of the tar, within the encryption.
	path := filepath.Join(t.TempDir(), "behind")
	f, err := os.Create(path)
	must(t, err)
	out, err := p.Slots.EncryptFor(f, p.identity(t))
	must(t, err)
	k := packer{tar: tar.NewWriter(out), made: madeAt()}
	first(&k)
	rest(&k)
	must(t, k.close())
	_, err = io.WriteString(out, "more")
	must(t, errors.Join(err, out.Close(), f.Close()))
	refused(t, path, p.code, "behind the tar", ErrDamaged)
}

// Every bit of a small backup's head, and one of each byte behind it, proves
// something; so does each place at which it may be cut off.
func TestFlippedAndCutOff(t *testing.T) {
	p := newPractice(t, false)
	_ = p.backedUp(t)
	manifest, slots := contents(t, p)
	path := forge(t, p, func(k *packer) {
		k.bytes(manifestName, manifest)
		k.bytes(vault.SlotsName, slots)
		k.bytes(store.FileName, []byte("store"))
		k.bytes(vault.PatientsName, []byte("keys"))
		must(t, k.close())
	})
	good, err := os.ReadFile(path)
	must(t, err)
	try := func(data []byte) error {
		_, err := unpack(bytes.NewReader(data), p.code, func(string) (io.WriteCloser, error) { return discarded{}, nil })
		return err
	}
	must(t, try(good))
	head := bytes.Index(good, []byte("\n--- ")) + 5 + 43 + 1 + 16 // the header's MAC, and the nonce
	if head < 200 || head > len(good)/2 {
		t.Fatal(head, len(good))
	}
	for i := range good {
		for bit := range 8 {
			if i >= head && bit != i%8 {
				continue
			}
			bad := bytes.Clone(good)
			bad[i] ^= 1 << bit
			if err := try(bad); !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrNoKey) {
				t.Fatalf("bit %d of byte %d: %v", bit, i, err)
			}
		}
		if i < head || i%7 == 0 || i > len(good)-100 {
			if err := try(good[:i]); !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrNoKey) {
				t.Fatalf("cut off after %d bytes: %v", i, err)
			}
		}
	}
	if err := try(append(bytes.Clone(good), 0)); !errors.Is(err, ErrDamaged) {
		t.Error("a byte behind the end:", err)
	}
}

// A real one, at places all over it, through the whole way of a restore.
func TestRealOneFlipped(t *testing.T) {
	p := newPractice(t, false)
	made := p.backedUp(t)
	good, err := os.ReadFile(made.Path)
	must(t, err)
	path := filepath.Join(t.TempDir(), "bad")
	for i := 0; i < len(good); i += len(good)/61 + 1 {
		bad := bytes.Clone(good)
		bad[i] ^= 1 << (i % 8)
		must(t, os.WriteFile(path, bad, 0o600))
		dir := t.TempDir()
		if _, err := Restore(t.Context(), path, p.code, filepath.Join(dir, "new"), nil); err == nil || len(names(t, dir)) > 0 {
			t.Fatalf("byte %d: %v, left %v", i, err, names(t, dir))
		}
	}
}

// A backup that is whole but not of what its manifest says is told by the comparison,
// and so is a restored store that was changed.
func TestComparisonFinds(t *testing.T) {
	p := newPractice(t, true)
	dir := filepath.Join(t.TempDir(), "new")
	m, err := Restore(t.Context(), p.backedUp(t).Path, p.code, dir, nil)
	must(t, err)
	slots, err := vault.Load(dir, cheap())
	must(t, err)
	compare := func(m Manifest) Report {
		t.Helper()
		keys, err := slots.Recover(p.code, time.Now())
		must(t, err)
		r, err := Compare(t.Context(), dir, m, keys, nil)
		must(t, errors.Join(err, keys.Close()))
		return r
	}
	if r := compare(m); !r.OK() {
		t.Fatal(r.Findings)
	}
	bad := m
	bad.Counts = map[string]uint64{"patients": 1, "unknown": 2}
	if r := compare(bad); r.OK() || len(r.Findings) < 3 {
		t.Error(r.Findings)
	}
	bad = m
	bad.AuditHead = strings.Repeat("1", 64)
	if r := compare(bad); r.OK() || r.Audit.OK() || len(r.Findings) != 1 {
		t.Error(r.Findings, r.Audit.Findings)
	}
	bad = m
	bad.AuditSeq += 3 // the store lacks its newest entries
	if r := compare(bad); r.OK() || r.Audit.OK() {
		t.Error(r.Findings, r.Audit.Findings)
	}
	// The patients' keys of another time.
	must(t, os.Truncate(filepath.Join(dir, vault.PatientsName), int64(len("stipple patients' keys 1\n"))))
	keys, err := slots.Recover(p.code, time.Now())
	must(t, err)
	r, err := Compare(t.Context(), dir, m, keys, nil)
	if err == nil && r.OK() {
		t.Error("patients without keys are not told")
	}
	must(t, keys.Close())
}
