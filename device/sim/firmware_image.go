package sim

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"

	"stipple/protocol"
)

// A simulated pen's image is text: what a real one does, this one says. An image
// that can't be read is one that does not run: its self-test never passes.
//
//	stipple-sim-image 1
//	self_test pass
//	(empty line)
//	(anything, to make it as large as a real one)
const (
	imageMagic = "stipple-sim-image 1"
	imagePass  = "self_test pass"
	imageFail  = "self_test fail"
)

// firmwareImage is what a pen runs.
type firmwareImage struct {
	version protocol.Version // firmware in HELLO_ACK
	passes  bool             // its self-test does
}

// factoryImage is what a pen runs that was never updated.
func factoryImage() firmwareImage {
	return firmwareImage{version: protocol.Version{Major: 1}, passes: true}
}

// parseImage reads the image of a package whose manifest says version.
func parseImage(version protocol.Version, image []byte) firmwareImage {
	head, _, found := bytes.Cut(image, []byte("\n\n"))
	return firmwareImage{version: version, passes: found && string(head) == imageMagic+"\n"+imagePass}
}

// ErrPackage means that a FirmwareSpec contradicts itself.
var ErrPackage = errors.New("firmware package refused")

// testKeySeed is the secret key of RFC 8032, section 7.1, TEST 1.
const testKeySeed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"

// TestKey is the key that the simulated pens take for their maker's: that of RFC
// 8032, section 7.1, TEST 1. Everybody has it: it proves nothing, and nothing but
// a simulated pen may trust it.
func TestKey() ed25519.PrivateKey {
	seed, err := hex.DecodeString(testKeySeed)
	if err != nil || len(seed) != ed25519.SeedSize {
		return nil // never: the constant above is one
	}
	return ed25519.NewKeyFromSeed(seed)
}

// FirmwareSpec says which firmware to make for a simulated pen.
type FirmwareSpec struct {
	Model   Model
	Version protocol.Version
	Minimum protocol.Version // at most Version; once Version is confirmed nothing older is installed
	Limits  string           // what changes in limits, for people; at most protocol.MaxLimitsNote bytes
	Size    int              // of the image in bytes, at least; 0: as small as it gets
	Broken  bool             // its self-test does not pass, so that a pen goes back
}

// FirmwarePackage makes a package that a simulated pen of the model takes,
// signed with TestKey. ErrPackage, protocol.ErrFirmware: the spec contradicts
// itself or is beyond the link's bounds.
func FirmwarePackage(s FirmwareSpec) ([]byte, error) {
	m, err := modelOf(s.Model)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrPackage, err)
	}
	test := imagePass
	if s.Broken {
		test = imageFail
	}
	image := []byte(imageMagic + "\n" + test + "\n\n")
	if s.Size < 0 || s.Size > protocol.MaxImage {
		return nil, fmt.Errorf("%w: an image of %d bytes, 0 to %d", ErrPackage, s.Size, protocol.MaxImage)
	}
	if short := s.Size - len(image); short > 0 {
		image = append(image, bytes.Repeat([]byte{0xFF}, short)...) // as erased flash reads
	}
	return protocol.SignFirmware(protocol.Manifest{
		ProtocolMajor: protocol.Major, Hardware: hardwareRevision, Version: s.Version, Minimum: s.Minimum, Model: m.name, Limits: s.Limits,
	}, image, TestKey())
}
