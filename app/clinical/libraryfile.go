package clinical

import (
	"fmt"
	"math"
)

// The shapes of the library's files. Field names carry the base unit of their
// numbers. A field that may be missing is a pointer.

type fileBody struct {
	Version    string                    `toml:"version"`
	Date       string                    `toml:"date"`
	Source     map[string]fileSource     `toml:"source"`
	Site       map[string]fileSite       `toml:"site"`
	Zone       map[string]fileZone       `toml:"zone"`
	Indication map[string]fileIndication `toml:"indication"`
	Needling   *fileKind                 `toml:"needling"`
	RF         *fileKind                 `toml:"rf"`
}

type fileSource struct {
	Title   string `toml:"title"`
	Address string `toml:"address"`
}

type fileSite struct {
	Name     string    `toml:"name"`
	Note     string    `toml:"note"`
	Needling *fileCaps `toml:"needling"`
	RF       *fileCaps `toml:"rf"`
}

// fileCaps are greatest set depths in µm. Note is what to mind with that kind of
// pen alone.
type fileCaps struct {
	Note            string      `toml:"note"`
	Cap             *fileNumber `toml:"cap"`
	CapOverride     *fileNumber `toml:"cap_override"`
	ScarCap         *fileNumber `toml:"scar_cap"`
	ScarCapOverride *fileNumber `toml:"scar_cap_override"`
	BurnCap         *fileNumber `toml:"burn_cap"`
	BurnCapOverride *fileNumber `toml:"burn_cap_override"`
	RecommendedMax  *fileNumber `toml:"recommended_max"`
}

type fileZone struct {
	Name string `toml:"name"`
	Site string `toml:"site"`
	Note string `toml:"note"`
}

type fileIndication struct {
	Name   string `toml:"name"`
	Tissue string `toml:"tissue"`
}

type fileKind struct {
	Device     fileDevice                     `toml:"device"`
	Indication map[string]fileRules           `toml:"indication"`
	Cell       map[string]map[string]fileRows `toml:"cell"`
}

type fileDevice struct {
	Dose          *fileNumber `toml:"dose_uj_per_pin"`
	PulsesPerSpot *fileNumber `toml:"pulses_per_spot"`
	StartStep     *fileNumber `toml:"start_step_um"`
	Speed         *fileRow    `toml:"speed_spm"`
	Insulated     bool        `toml:"insulated"`
}

type fileRules struct {
	Access    string   `toml:"access"`
	Note      string   `toml:"note"`
	Sites     []string `toml:"sites"`
	Insulated bool     `toml:"insulated"`
	fileRows
}

type fileRows struct {
	Depth    *fileRow  `toml:"depth_um"`
	Speed    *fileRow  `toml:"speed_spm"`
	Power    *fileRow  `toml:"power_mw"`
	Duration *fileRow  `toml:"pulse_ms"`
	Dose     *fileDose `toml:"dose_uj_per_pin"`
}

type fileRow struct {
	Min       *fileNumber `toml:"min"`
	Typical   *fileNumber `toml:"typical"`
	TypicalTo *fileNumber `toml:"typical_to"`
	Max       *fileNumber `toml:"max"`
	Start     *fileNumber `toml:"start"`
}

type fileDose struct {
	Cap           fileColumns `toml:"cap"`
	Typical       fileColumns `toml:"typical"`
	PulsesPerSpot *fileNumber `toml:"pulses_per_spot"`
}

// fileColumns are the columns of the table of dose caps.
type fileColumns struct {
	ItoIII *fileNumber `toml:"i_iii"`
	IV     *fileNumber `toml:"iv"`
	VtoVI  *fileNumber `toml:"v_vi"`
}

// fileNumber is { value = 2500, source = "L12", grade = "A", note = "…" }.
type fileNumber struct{ Number }

// UnmarshalTOML reads the inline table. It refuses what the decoder would let
// pass: fractions, numbers beyond 32 bits, fields that are not known.
func (n *fileNumber) UnmarshalTOML(v any) error {
	table, ok := v.(map[string]any)
	if !ok {
		return fmt.Errorf("is not a number with source and grade")
	}
	for key, field := range table {
		text, isText := field.(string)
		switch key {
		case "value":
			i, isInt := field.(int64)
			if !isInt || i < 0 || i > math.MaxInt32 {
				return fmt.Errorf("value %v is not a whole number from 0 to %d", field, math.MaxInt32)
			}
			n.Value = int32(i)
			continue
		case "source":
			n.Source = text
		case "grade":
			n.Grade = text
		case "note":
			n.Note = text
		default:
			return fmt.Errorf("has an unknown field %q", key)
		}
		if !isText {
			return fmt.Errorf("%s is not a text", key)
		}
	}
	if _, ok := table["value"]; !ok {
		return fmt.Errorf("has no value")
	}
	return nil
}
