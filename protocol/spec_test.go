package protocol

import (
	"fmt"
	"hash/crc32"
	"os"
	"regexp"
	"strings"
	"testing"
)

const specFile = "SPEC.md"

func readSpec(t *testing.T) string {
	b, err := os.ReadFile(specFile)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestSpecGenerated holds the generated parts of SPEC.md to the code.
func TestSpecGenerated(t *testing.T) {
	spec := readSpec(t)
	want := spec
	for name, text := range map[string]string{
		"types": typesTable(), "roles": rolesTable(), "once": onceTable(), "hash": hashExample(), "calibration": calibrationExample(), "firmware": firmwareExample(t),
		"handshake": exchangeText(handshakeSteps(t)), "bench": exchangeText(benchSteps()), "log": exchangeText(logSteps()),
	} {
		re := regexp.MustCompile(`(?s)(<!-- generated:` + name + ` -->\n).*?(<!-- end -->)`)
		if !re.MatchString(want) {
			t.Fatalf("no place for %s", name)
		}
		want = re.ReplaceAllString(want, "${1}"+strings.ReplaceAll(text, "$", "$$")+"${2}")
	}
	if *update {
		if err := os.WriteFile(specFile, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if spec != want {
		t.Error("a generated part of SPEC.md is stale: run go test -update and read the difference")
	}
}

func typesTable() string {
	var b strings.Builder
	b.WriteString("| type | name | from | lane | bytes |\n| --- | --- | --- | --- | --- |\n")
	for _, typ := range allTypes() {
		from := "C"
		if typ.FromPen() {
			from = "P"
		}
		fmt.Fprintf(&b, "| 0x%02X | %v | %s | %v | %d |\n", uint8(typ), typ, from, typ.Lane(), shortest(typ))
	}
	return b.String()
}

// shortest is the length of the shortest payload that the type accepts: that
// of its zero message, whose fixed part is all there is.
func shortest(typ Type) int {
	info, _ := describe(typ)
	return len(info.make().AppendPayload(nil))
}

// rolesTable says which role may send what.
func rolesTable() string {
	var b strings.Builder
	b.WriteString("| request |")
	for r := RoleClinician; r <= RoleAdministrator; r++ {
		fmt.Fprintf(&b, " %s |", strings.ReplaceAll(r.String(), "_", " "))
	}
	b.WriteString("\n| --- |" + strings.Repeat(" --- |", int(RoleAdministrator)) + "\n")
	for _, typ := range allTypes() {
		if RolesOf(typ) == nil {
			continue
		}
		fmt.Fprintf(&b, "| %v |", typ)
		for r := RoleClinician; r <= RoleAdministrator; r++ {
			mark := "-"
			if r.MaySend(typ) {
				mark = "yes"
			}
			fmt.Fprintf(&b, " %s |", mark)
		}
		b.WriteString("\n")
	}
	return b.String()
}

// onceTable names the commands that carry an id.
func onceTable() string {
	var names []string
	for _, typ := range allTypes() {
		info, _ := describe(typ)
		if _, ok := info.make().(Once); ok {
			names = append(names, typ.String())
		}
	}
	return strings.Join(names, " · ") + "\n"
}

// hexLines breaks bytes into lines of 24.
func hexLines(indent string, b []byte) string {
	var out strings.Builder
	for len(b) > 0 {
		n := min(len(b), 24)
		fmt.Fprintf(&out, "%s% x\n", indent, b[:n])
		b = b[n:]
	}
	return out.String()
}

func hashExample() string {
	c := sampleConfirmation()
	hash := c.Hash()
	var b strings.Builder
	fmt.Fprintf(&b, "Boot %d, generation %d; envelope %d µJ per pin, %d pulses per spot, %d pins, ranges ",
		c.Boot, c.Generation, c.Envelope.DosePerPin, c.Envelope.PulsesPerSpot, c.Envelope.Pins)
	for i, r := range c.Envelope.Ranges {
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%d: %d to %d", r.Index, r.Min, r.Max)
	}
	fmt.Fprintf(&b, ";\ntip 0x%08X, %d pins, calibration revision %d; parameters %d µm, %d a minute, %d mW, %d ms.\n\n",
		c.TipID, c.Pins, c.CalRev, c.Values[0], c.Values[1], c.Values[2], c.Values[3])
	layout := c.layout(nil)
	fmt.Fprintf(&b, "The %d bytes\n\n```\n%s```\n\nhave the settings hash `% x`.\n", len(layout), hexLines("", layout), hash[:])
	return b.String()
}

// between is the text between two marks.
func between(t *testing.T, s, from, to string) string {
	_, s, ok := strings.Cut(s, from)
	if !ok {
		t.Fatalf("SPEC.md has no %q", from)
	}
	s, _, ok = strings.Cut(s, to)
	if !ok {
		t.Fatalf("SPEC.md has no %q behind %q", to, from)
	}
	return s
}

// TestSpecCheckValue checks the CRC's parameters by the text's own value.
func TestSpecCheckValue(t *testing.T) {
	if !strings.Contains(readSpec(t), fmt.Sprintf("**0x%08X**", crcOf("123456789"))) {
		t.Error("the check value is wrong")
	}
}

func crcOf(s string) uint32 { return crc32.Checksum([]byte(s), castagnoli) }
