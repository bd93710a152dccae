package conformance_test

import (
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"

	"stipple/protocol/conformance"
)

// Every case has a stable name of its own, says what must hold, and names a
// section that SPEC.md has.
func TestCasesAreNamedAndFounded(t *testing.T) {
	spec, err := os.ReadFile("../SPEC.md")
	if err != nil {
		t.Fatal(err)
	}
	name := regexp.MustCompile(`^[a-z]+/[a-z0-9-]+$`)
	seen := map[string]bool{}
	for _, c := range conformance.Cases() {
		switch {
		case !name.MatchString(c.Name) || seen[c.Name]:
			t.Errorf("name %q", c.Name)
		case c.Says == "" || strings.Contains(c.Says, "\n"):
			t.Errorf("%s says %q", c.Name, c.Says)
		case !regexp.MustCompile(`(?m)^##+ ` + regexp.QuoteMeta(c.Section) + ` `).Match(spec):
			t.Errorf("%s: SPEC.md has no section %s", c.Name, c.Section)
		}
		seen[c.Name] = true
	}
	if len(seen) < 80 {
		t.Errorf("%d cases", len(seen))
	}
}

func TestSelect(t *testing.T) {
	all := len(conformance.Cases())
	for _, c := range []struct {
		patterns string
		some     bool
		first    string
	}{
		{"", false, "frame/request"}, {"stop/*,lease/*", true, "lease/keeps-ready"}, {"arm/late", true, "arm/late"},
	} {
		got, err := conformance.Select(c.patterns)
		if err != nil || got[0].Name != c.first || (len(got) < all) != c.some {
			t.Errorf("%q: %d cases, error %v", c.patterns, len(got), err)
		}
	}
	for _, patterns := range []string{"nothing", "stop/*,nothing/*", "stop/[", ","} {
		if _, err := conformance.Select(patterns); !errors.Is(err, conformance.ErrPattern) {
			t.Errorf("%q: %v", patterns, err)
		}
	}
}
