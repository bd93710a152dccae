package serialport

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"stipple/assets"
)

func TestParsePens(t *testing.T) {
	for name, tt := range map[string]struct {
		in   string
		n    int
		fail string
	}{
		"shipped":   {string(assets.Pens()), 1, ""},
		"none":      {"", 0, ""},
		"lower":     {"[[pen]]\nvid='0a1b'\npid='ffff'\nname='X'", 1, ""},
		"short":     {"[[pen]]\nvid='A1B'\npid='FFFF'\nname='X'", 0, "four hex digits"},
		"no hex":    {"[[pen]]\nvid='0x12'\npid='FFFF'\nname='X'", 0, "four hex digits"},
		"no name":   {"[[pen]]\nvid='1209'\npid='5354'", 0, "no name"},
		"twice":     {"[[pen]]\nvid='1209'\npid='5354'\nname='X'\n[[pen]]\nvid='1209'\npid='5354'\nname='Y'", 0, "twice"},
		"unknown":   {"[[pen]]\nvid='1209'\npid='5354'\nname='X'\nbaud=9600", 0, "unknown key"},
		"not toml":  {"[[pen", 0, "read pens"},
		"too many":  {strings.Repeat("[[pen]]\n", maxPens+1), 0, "at most"},
		"wrong typ": {"[[pen]]\nvid=1209", 0, "read pens"},
	} {
		t.Run(name, func(t *testing.T) {
			pens, err := ParsePens([]byte(tt.in))
			if tt.fail == "" && (err != nil || len(pens) != tt.n) {
				t.Errorf("%d pens, %v", len(pens), err)
			}
			if tt.fail != "" && (err == nil || !strings.Contains(err.Error(), tt.fail)) {
				t.Errorf("error %v, want %q", err, tt.fail)
			}
		})
	}
	pens, err := ParsePens(assets.Pens())
	if err != nil || pens[0].VID != "1209" || pens[0].PID != "5354" {
		t.Errorf("the reference pen: %+v, %v", pens, err)
	}
}

// write makes a file with its directories.
func write(t *testing.T, text string, path ...string) {
	t.Helper()
	p := filepath.Join(path...)
	if err := errors.Join(os.MkdirAll(filepath.Dir(p), 0o755), os.WriteFile(p, []byte(text), 0o644)); err != nil {
		t.Fatal(err)
	}
}
