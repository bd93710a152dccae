package serialport

import (
	"fmt"
	"strings"

	"github.com/BurntSushi/toml"
)

// maxPens bounds the table of USB identities; it is far above what exists.
const maxPens = 1000

// Pen is a USB identity that may be a pen.
type Pen struct {
	VID  string `toml:"vid"` // four upper-case hex digits
	PID  string `toml:"pid"`
	Name string `toml:"name"`
}

// ParsePens reads assets/pens.toml. It refuses unknown keys, numbers that are
// not four hex digits, and an identity that is there twice.
func ParsePens(data []byte) ([]Pen, error) {
	var table struct {
		Pen []Pen `toml:"pen"`
	}
	meta, err := toml.Decode(string(data), &table)
	if err != nil {
		return nil, fmt.Errorf("read pens: %w", err)
	}
	if unknown := meta.Undecoded(); len(unknown) > 0 {
		return nil, fmt.Errorf("read pens: unknown key %s", unknown[0])
	}
	if len(table.Pen) > maxPens {
		return nil, fmt.Errorf("read pens: %d entries, at most %d", len(table.Pen), maxPens)
	}
	seen := make(map[string]bool)
	for i := range table.Pen {
		p := &table.Pen[i]
		p.VID, p.PID = strings.ToUpper(p.VID), strings.ToUpper(p.PID)
		if !isHex4(p.VID) || !isHex4(p.PID) {
			return nil, fmt.Errorf("read pens: entry %d: vid %q, pid %q: want four hex digits", i+1, p.VID, p.PID)
		}
		if p.Name == "" {
			return nil, fmt.Errorf("read pens: entry %d: no name", i+1)
		}
		if id := p.VID + p.PID; seen[id] {
			return nil, fmt.Errorf("read pens: entry %d: %s:%s twice", i+1, p.VID, p.PID)
		} else {
			seen[id] = true
		}
	}
	return table.Pen, nil
}

func isHex4(s string) bool {
	return len(s) == 4 && strings.Trim(s, "0123456789ABCDEF") == ""
}
