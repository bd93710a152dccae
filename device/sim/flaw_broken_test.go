//go:build brokenpen

package sim

import (
	"errors"
	"testing"
)

// Every name makes a pen, no other does, and no two flaws share one.
func TestFlawNames(t *testing.T) {
	seen := make(map[string]bool)
	for _, name := range FlawNames() {
		if name == "" || seen[name] {
			t.Errorf("name %q", name)
		}
		seen[name] = true
		p, err := NewFlawed(Config{Model: R1}, name)
		if err != nil || p.fw.flaws.one.String() != name {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(seen) != int(flawCount)-1 {
		t.Errorf("%d names for %d flaws", len(seen), flawCount-1)
	}
	for _, name := range []string{"", "none", "unknown"} {
		if _, err := NewFlawed(Config{Model: R1}, name); !errors.Is(err, ErrFlawName) {
			t.Errorf("%q: %v", name, err)
		}
	}
}
