package sim

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"

	"stipple/protocol"
)

// A simulated pen's image is text: what a real one does, this one says. An image
// that can't be read is one that does not run: its self-test never passes.
//
//	stipple-sim-image 1
//	name 1.1.0
//	self_test pass
//	(empty line)
//	(anything, to make it as large as a real one)
const (
	imageMagic = "stipple-sim-image 1"
	imageName  = "name "
	imagePass  = "self_test pass"
	imageFail  = "self_test fail"
)

// firmwareImage is what a pen runs.
type firmwareImage struct {
	version protocol.Version
	name    string // firmware in HELLO_ACK
	passes  bool   // its self-test does
}

// factoryImage is what a pen runs that was never updated.
func factoryImage() firmwareImage {
	return firmwareImage{version: protocol.Version{Major: 1}, name: firmwareVersion, passes: true}
}

// parseImage reads the image of a package whose manifest says version.
func parseImage(version protocol.Version, image []byte) firmwareImage {
	img := firmwareImage{version: version, name: version.String()}
	head, _, found := bytes.Cut(image, []byte("\n\n"))
	lines := strings.Split(string(head), "\n")
	if !found || len(lines) != 3 || lines[0] != imageMagic {
		return img
	}
	name, ok := strings.CutPrefix(lines[1], imageName)
	if !ok || checkImageName(name) != nil {
		return img
	}
	img.name, img.passes = name, lines[2] == imagePass
	return img
}

func checkImageName(name string) error {
	if name == "" || len(name) > protocol.MaxText {
		return fmt.Errorf("%w: name of %d bytes, 1 to %d", ErrPackage, len(name), protocol.MaxText)
	}
	for _, c := range []byte(name) {
		if c < 0x20 || c > 0x7E {
			return fmt.Errorf("%w: name is not printable ASCII", ErrPackage)
		}
	}
	return nil
}

// ErrPackage means that a FirmwareSpec contradicts itself.
var ErrPackage = errors.New("firmware package refused")

// testKeySeed is published, and so is the key that is made of it.
const testKeySeed = "stipple simulated pens: a key that everybody has, trusted by nothing that is real"

// TestKey is the key that the simulated pens take for their maker's. Everybody
// has it: it proves nothing, and nothing but a simulated pen may trust it.
func TestKey() ed25519.PrivateKey {
	seed := sha256.Sum256([]byte(testKeySeed))
	return ed25519.NewKeyFromSeed(seed[:])
}

// FirmwareSpec says which firmware to make for a simulated pen.
type FirmwareSpec struct {
	Model   Model
	Version protocol.Version
	Minimum protocol.Version // at most Version; once Version is confirmed nothing older is installed
	Name    string           // what HELLO_ACK calls it, at most protocol.MaxText bytes of printable ASCII; empty: the version
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
	name, test := s.Name, imagePass
	if name == "" {
		name = s.Version.String()
	}
	if err := checkImageName(name); err != nil {
		return nil, err
	}
	if s.Broken {
		test = imageFail
	}
	image := []byte(imageMagic + "\n" + imageName + name + "\n" + test + "\n\n")
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
