package protocol

import (
	"crypto/ed25519"
	"crypto/sha256"
	"fmt"
	"strings"
	"testing"
)

// calibrationExample works through one table of each form.
func calibrationExample() string {
	var b strings.Builder
	lines, cubic := linesTable(), cubicTable()
	for _, c := range []struct {
		what    string
		table   CalTable
		highest int32
		raw     []int32
		wanted  []int32
	}{
		{"A depth drive that goes too far, four points; `highest` 3,500, so the reach is 4,375", lines, 3500, []int32{-10, 0, 250, 500, 501, 1443, 1500, 3500, 4375, 5000}, []int32{0, 1, 500, 1500, 3500}},
		{"An amplifier that gives less at the top, a polynomial; `highest` 50,000, so the reach is 62,500", cubic, 50_000, []int32{0, 1, 10_000, 25_000, 50_000, 62_500, 65_535}, []int32{0, 10, 10_000, 47_000, 50_000}},
	} {
		digest := c.table.Digest()
		raw := c.table.Append(nil)
		fmt.Fprintf(&b, "%s. The %d bytes\n\n```\n%s```\n\nhave the digest `% x`.\n\n| raw | true |\n| --- | --- |\n", c.what, len(raw), hexLines("", raw), digest[:])
		for _, v := range c.raw {
			fmt.Fprintf(&b, "| %d | %d |\n", v, c.table.True(v, c.highest))
		}
		b.WriteString("\n| wanted | driven as raw |\n| --- | --- |\n")
		for _, v := range c.wanted {
			fmt.Fprintf(&b, "| %d | %d |\n", v, c.table.Raw(v, c.highest))
		}
		b.WriteString("\n")
	}
	x := int64(25_000)
	fmt.Fprintf(&b, "Step by step, the polynomial at raw %d, where x is %d / %d:\n\n```\nsum = 0\n", x, x, cubic.Span)
	sum := int64(0)
	for i := len(cubic.Coefficients) - 1; i >= 0; i-- {
		before := sum
		sum = sum*x/int64(cubic.Span) + int64(cubic.Coefficients[i])
		fmt.Fprintf(&b, "sum = %d * %d / %d + %d = %d\n", before, x, cubic.Span, cubic.Coefficients[i], sum)
	}
	fmt.Fprintf(&b, "true = %d / 1000 = %d\n```\n", sum, sum/calMilli)
	return b.String()
}

// firmwareExample works through one package.
func firmwareExample(t *testing.T) string {
	key := makerKey()
	maker := key.Public().(ed25519.PublicKey)
	pkg, err := SignFirmware(sampleManifest(), sampleImage(), key)
	if err != nil {
		t.Fatal(err)
	}
	m, size, err := ParseManifest(pkg, maker)
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256(pkg)
	var b strings.Builder
	fmt.Fprintf(&b, "Version %v for an %s of hardware %d, minimum %v. The image is the %d ASCII bytes\n`%s`. The %d bytes that are signed:\n\n```\n%s```\n\n",
		m.Version, m.Model, m.Hardware, m.Minimum, m.ImageLength, sampleImage(), size-ed25519.SignatureSize, hexLines("", pkg[:size-ed25519.SignatureSize]))
	fmt.Fprintf(&b, "The maker's public key, and the signature:\n\n```\n%s\n%s```\n\n", hexLines("", maker), hexLines("", pkg[size-ed25519.SignatureSize:size]))
	fmt.Fprintf(&b, "The package is these %d bytes and the image. FW_BEGIN announces its %d bytes with the SHA-256\n\n```\n%s```\n", size, len(pkg), hexLines("", digest[:]))
	return b.String()
}
