package main

import (
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"

	"stipple/device/sim"
	"stipple/protocol"
)

// wordFirmware is what penctl sim makes instead of a pen.
const wordFirmware = "firmware"

// packageFlags are the flags of penctl sim firmware.
type packageFlags struct {
	out, version, minimum, limits *string
	size                          *int
	broken                        *bool
}

func declarePackage(fs *flag.FlagSet) packageFlags {
	return packageFlags{
		out:     fs.String("out", "", "firmware: `file` to make"),
		version: fs.String("version", "", "firmware: its `version`, such as 1.1.0"),
		minimum: fs.String("minimum", "", "firmware: the oldest `version` that may be installed once it runs; empty: 1.0.0"),
		limits:  fs.String("limits", "", "firmware: what changes in limits, a `text` for people"),
		size:    fs.Int("size", 0, "firmware: its image has at least that many `bytes`"),
		broken:  fs.Bool("broken", false, "firmware: its self-test does not pass, so that the pen goes back"),
	}
}

// simPackage is what was made.
type simPackage struct {
	Type    string `json:"type"` // "firmware"
	Out     string `json:"out"`
	Model   string `json:"model"`
	Version string `json:"version"`
	Minimum string `json:"minimum"`
	Length  int    `json:"length"` // bytes
	SHA256  string `json:"sha256"`
}

// makePackage writes a package for simulated pens of the model. It makes no
// other: the key that signs it is one that everybody has.
func (c console) makePackage(m sim.Model, f packageFlags) error {
	if *f.out == "" {
		return usageOf("out", "--out is missing: which file shall it be")
	}
	s := sim.FirmwareSpec{Model: m, Limits: *f.limits, Size: *f.size, Broken: *f.broken, Minimum: protocol.Version{Major: 1}}
	var err error
	if s.Version, err = parseVersion("version", *f.version); err != nil {
		return err
	}
	if *f.minimum != "" {
		if s.Minimum, err = parseVersion("minimum", *f.minimum); err != nil {
			return err
		}
	}
	pkg, err := sim.FirmwarePackage(s)
	if err != nil {
		return &failure{exit: exitUsage, text: err.Error(), cause: err}
	}
	if err := os.WriteFile(*f.out, pkg, 0o644); err != nil {
		return fmt.Errorf("write the package: %w", err)
	}
	sum := sha256.Sum256(pkg)
	return c.print(simPackage{
		Type: "firmware", Out: *f.out, Model: string(m), Version: s.Version.String(), Minimum: s.Minimum.String(),
		Length: len(pkg), SHA256: hex.EncodeToString(sum[:]),
	})
}

// parseVersion reads a version of three numbers.
func parseVersion(field, text string) (v protocol.Version, err error) {
	wrong := usageOf(field, "--%s %q: want three numbers of at most 65535, such as 1.1.0", field, text)
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return v, wrong
	}
	for i, to := range [...]*uint16{&v.Major, &v.Minor, &v.Patch} {
		n, err := strconv.ParseUint(parts[i], 10, 16)
		if err != nil {
			return v, wrong
		}
		*to = uint16(n)
	}
	return v, nil
}
