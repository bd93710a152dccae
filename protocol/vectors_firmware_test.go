package protocol

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"stipple/protocol/testdata/vectors"
)

// makerKey is the key pair of RFC 8032 section 7.1, TEST 1: everybody has it,
// so nothing but a simulated pen may trust it.
func makerKey() ed25519.PrivateKey {
	seed, err := hex.DecodeString("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
	if err != nil {
		panic(err)
	}
	return ed25519.NewKeyFromSeed(seed)
}

// firmwareCase is a package, what FW_BEGIN has announced, and what FW_VERIFY
// comes to on an R1 of hardware 1 whose minimum is 1.0.0.
type firmwareCase struct {
	name, about string
	pkg         []byte
	announced   [32]byte
	code        Code
}

func sampleManifest() Manifest {
	return Manifest{ProtocolMajor: 1, Hardware: 1, Version: Version{1, 1, 0}, Minimum: Version{1, 0, 0}, Model: "R1", Limits: "depth up to 3.5 mm, as before"}
}

// sampleImage stands in for a program.
func sampleImage() []byte { return []byte("stipple pen program 1.1.0") }

func firmwarePackages(t testing.TB) []firmwareCase {
	key := makerKey()
	sign := func(f func(*Manifest)) []byte {
		m := sampleManifest()
		f(&m)
		pkg, err := SignFirmware(m, sampleImage(), key)
		if err != nil {
			t.Fatal(err)
		}
		return pkg
	}
	good := sign(func(*Manifest) {})
	// seal signs a manifest's bytes as they are, also those that SignFirmware
	// refuses to make.
	seal := func(head []byte) []byte {
		return slices.Concat(head, ed25519.Sign(key, head), sampleImage())
	}
	resign := func(f func(*Manifest)) []byte {
		m := sampleManifest()
		m.ImageLength, m.ImageSHA256 = uint32(len(sampleImage())), sha256.Sum256(sampleImage())
		f(&m)
		return seal(m.signed())
	}
	edit := func(at int, b byte) []byte {
		head := bytes.Clone(good[:len(good)-len(sampleImage())-ed25519.SignatureSize])
		head[at] = b
		return seal(head)
	}
	changed := func(at int) []byte {
		c := bytes.Clone(good)
		c[at] ^= 1
		return c
	}
	front := len(good) - len(sampleImage())
	other := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	stranger, err := SignFirmware(sampleManifest(), sampleImage(), other)
	if err != nil {
		t.Fatal(err)
	}
	list := []firmwareCase{
		{name: "good_newer", about: "version 1.1.0 for this pen", pkg: good, code: CodeOK},
		{name: "good_same_as_minimum", about: "the lowest version that this pen takes", pkg: sign(func(m *Manifest) { m.Version, m.Minimum = Version{1, 0, 0}, Version{1, 0, 0} }), code: CodeOK},
		{name: "good_lower_minimum", about: "a minimum below the pen's own: the pen's stays", pkg: sign(func(m *Manifest) { m.Minimum = Version{0, 9, 0} }), code: CodeOK},
		{name: "good_no_note", about: "no note of limits", pkg: sign(func(m *Manifest) { m.Limits = "" }), code: CodeOK},
		{name: "bad_image_damaged", about: "one bit of the image turned over: not what was announced", pkg: changed(front), announced: sha256.Sum256(good), code: CodeDigest},
		{name: "bad_signature_damaged", about: "one bit of the signature turned over", pkg: changed(front - 1), code: CodeSignature},
		{name: "bad_version_changed", about: "the version raised after it was signed", pkg: changed(12), code: CodeSignature},
		{name: "bad_other_key", about: "signed by somebody else", pkg: stranger, code: CodeSignature},
		{name: "bad_no_signature", about: "64 zeros in place of the signature", pkg: slices.Concat(good[:front-64], make([]byte, 64), good[front:]), code: CodeSignature},
		{name: "bad_image_swapped", about: "another image of the same length behind a sound manifest", pkg: slices.Concat(good[:front], []byte("stipple pen program 9.9.9")), code: CodeIncomplete},
		{name: "bad_image_longer", about: "a byte behind the image", pkg: append(bytes.Clone(good), 0), code: CodeIncomplete},
		{name: "bad_image_shorter", about: "the image's last byte is missing", pkg: good[:len(good)-1], code: CodeIncomplete},
		{name: "bad_cut_manifest", about: "the package ends within the manifest", pkg: good[:40], code: CodeIncomplete},
		{name: "bad_cut_signature", about: "the package ends within the signature", pkg: good[:front-1], code: CodeIncomplete},
		{name: "bad_magic", about: "no firmware package", pkg: edit(0, 's'), code: CodeIncomplete},
		{name: "bad_format", about: "manifest format 2", pkg: edit(4, 2), code: CodeIncomplete},
		{name: "bad_image_length_zero", about: "an image of 0 bytes", pkg: resign(func(m *Manifest) { m.ImageLength = 0 }), code: CodeIncomplete},
		{name: "bad_image_length_most", about: "an image of 16,777,217 bytes", pkg: resign(func(m *Manifest) { m.ImageLength = MaxImage + 1 }), code: CodeIncomplete},
		{name: "bad_minimum_above_version", about: "a minimum above the version itself", pkg: resign(func(m *Manifest) { m.Minimum = Version{1, 1, 1} }), code: CodeIncomplete},
		{name: "bad_model_control_character", about: "a zero byte within the model", pkg: edit(57, 0), code: CodeIncomplete},
		{name: "bad_model", about: "for another model", pkg: sign(func(m *Manifest) { m.Model = "N1" }), code: CodeModel},
		{name: "bad_hardware", about: "for another hardware", pkg: sign(func(m *Manifest) { m.Hardware = 2 }), code: CodeModel},
		{name: "bad_protocol", about: "for another major of the protocol", pkg: sign(func(m *Manifest) { m.ProtocolMajor = 2 }), code: CodeModel},
		{name: "bad_old", about: "older than the pen's minimum", pkg: sign(func(m *Manifest) { m.Version, m.Minimum = Version{0, 65535, 65535}, Version{} }), code: CodeOldVersion},
	}
	for i := range list {
		if list[i].announced == [32]byte{} {
			list[i].announced = sha256.Sum256(list[i].pkg)
		}
	}
	return list
}

// verify is FW_VERIFY on a pen, as SPEC.md section 20.2 orders it.
func verify(pkg []byte, announced [32]byte, maker ed25519.PublicKey, model string, hardware uint16, minimum Version) (Manifest, Code) {
	if sha256.Sum256(pkg) != announced {
		return Manifest{}, CodeDigest
	}
	m, err := VerifyFirmware(pkg, maker)
	switch {
	case errors.Is(err, ErrFirmwareSignature):
		return m, CodeSignature
	case err != nil:
		return m, CodeIncomplete
	case m.Model != model || m.Hardware != hardware || m.ProtocolMajor != Major:
		return m, CodeModel
	case m.Version.Compare(minimum) < 0:
		return m, CodeOldVersion
	}
	return m, CodeOK
}

func firmwareVectors(t *testing.T) map[string]fields {
	maker := makerKey().Public().(ed25519.PublicKey)
	out := make(map[string]fields)
	for _, c := range firmwarePackages(t) {
		f := fields{
			{"about", c.about}, {"package", hex.EncodeToString(c.pkg)}, {"sha256", hex.EncodeToString(c.announced[:])},
			{"maker_key", hex.EncodeToString(maker)}, {"model", "R1"}, {"hardware", 1}, {"minimum", []int{1, 0, 0}}, {"code", c.code.String()},
		}
		if c.code == CodeOK {
			m, size, err := ParseManifest(c.pkg, maker)
			if err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			f = append(f, pair{"manifest", *messageFieldsOf(m)}, pair{"front", size})
		}
		out["firmware/"+c.name] = f
	}
	return out
}

func TestFirmwareVectors(t *testing.T) {
	list, err := vectors.Firmwares()
	if err != nil || len(list) != len(firmwarePackages(t)) {
		t.Fatalf("%d vectors, error %v", len(list), err)
	}
	for _, v := range list {
		m, code := verify(v.Package, [32]byte(v.SHA256), ed25519.PublicKey(v.MakerKey), v.Model, v.Hardware, Version{v.Minimum[0], v.Minimum[1], v.Minimum[2]})
		if code.String() != v.Code {
			t.Errorf("%s: %v, want %s", v.Name, code, v.Code)
		}
		if code != CodeOK {
			continue
		}
		if diff := cmp.Diff(jsonOf(t, v.Manifest), jsonOf(t, messageFieldsOf(m))); diff != "" {
			t.Errorf("%s (-file +got):\n%s", v.Name, diff)
		}
		if sum := sha256.Sum256(v.Package[v.Front:]); sum != m.ImageSHA256 {
			t.Errorf("%s: the image begins elsewhere", v.Name)
		}
	}
}
