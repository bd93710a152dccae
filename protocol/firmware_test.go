package protocol

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestSignFirmware: what is signed is read back as it was, and one bit turned
// over anywhere is seen.
func TestSignFirmware(t *testing.T) {
	key := makerKey()
	maker := key.Public().(ed25519.PublicKey)
	version := rapid.Custom(func(t *rapid.T) Version {
		return Version{rapid.Uint16().Draw(t, "major"), rapid.Uint16().Draw(t, "minor"), rapid.Uint16().Draw(t, "patch")}
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b := version.Draw(t, "a"), version.Draw(t, "b")
		if a.Compare(b) < 0 {
			a, b = b, a
		}
		m := Manifest{
			ProtocolMajor: rapid.Byte().Draw(t, "major"), Hardware: rapid.Uint16().Draw(t, "hardware"), Version: a, Minimum: b,
			Model: rapid.StringMatching(`[ -~]{0,32}`).Draw(t, "model"), Limits: rapid.StringMatching(`[ -~]{0,96}`).Draw(t, "limits"),
		}
		image := rapid.SliceOfN(rapid.Byte(), 1, 300).Draw(t, "image")
		pkg, err := SignFirmware(m, image, key)
		if err != nil {
			t.Fatal(err)
		}
		got, err := VerifyFirmware(pkg, maker)
		m.ImageLength, m.ImageSHA256 = got.ImageLength, got.ImageSHA256
		if err != nil || got != m || int(got.ImageLength) != len(image) || !bytes.HasSuffix(pkg, image) || len(pkg)-len(image) > MaxManifest {
			t.Fatalf("%+v, error %v, want %+v", got, err, m)
		}
		bit := rapid.IntRange(0, 8*len(pkg)-1).Draw(t, "bit")
		pkg[bit/8] ^= 1 << (bit % 8)
		if _, err := VerifyFirmware(pkg, maker); !errors.Is(err, ErrFirmware) && !errors.Is(err, ErrFirmwareSignature) {
			t.Fatalf("bit %d turned over: error %v", bit, err)
		}
	})
}

// TestSignFirmwareRefuses: what no pen would take is not signed.
func TestSignFirmwareRefuses(t *testing.T) {
	good := sampleManifest()
	for name, f := range map[string]func(m *Manifest, image *[]byte, key *ed25519.PrivateKey){
		"no image":       func(_ *Manifest, image *[]byte, _ *ed25519.PrivateKey) { *image = nil },
		"image too long": func(_ *Manifest, image *[]byte, _ *ed25519.PrivateKey) { *image = make([]byte, MaxImage+1) },
		"no key":         func(_ *Manifest, _ *[]byte, key *ed25519.PrivateKey) { *key = nil },
		"model too long": func(m *Manifest, _ *[]byte, _ *ed25519.PrivateKey) { m.Model = strings.Repeat("m", MaxText+1) },
		"model in UTF-8": func(m *Manifest, _ *[]byte, _ *ed25519.PrivateKey) { m.Model = "Réne" },
		"limits too long": func(m *Manifest, _ *[]byte, _ *ed25519.PrivateKey) {
			m.Limits = strings.Repeat("l", MaxLimitsNote+1)
		},
		"minimum above": func(m *Manifest, _ *[]byte, _ *ed25519.PrivateKey) { m.Minimum = Version{9, 0, 0} },
	} {
		m, image, key := good, sampleImage(), makerKey()
		f(&m, &image, &key)
		if pkg, err := SignFirmware(m, image, key); !errors.Is(err, ErrFirmware) || pkg != nil {
			t.Errorf("%s: %d bytes, error %v, want ErrFirmware", name, len(pkg), err)
		}
	}
	pkg, err := SignFirmware(good, sampleImage(), makerKey())
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := ParseManifest(pkg, nil); !errors.Is(err, ErrFirmwareSignature) {
		t.Errorf("without the maker's key: error %v", err)
	}
}

func TestVersionCompare(t *testing.T) {
	rising := []Version{{}, {0, 0, 1}, {0, 0, 65535}, {0, 1, 0}, {0, 65535, 0}, {1, 0, 0}, {1, 0, 1}, {2, 0, 0}, {65535, 65535, 65535}}
	for i, a := range rising {
		for j, b := range rising {
			got := a.Compare(b)
			if (got < 0) != (i < j) || (got > 0) != (i > j) {
				t.Errorf("%v compared with %v: %d", a, b, got)
			}
		}
	}
}
