package sim

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// goldenScript treats spot after spot, with a load and every kind of fault of
// the plant and of the sensors on the way.
const goldenScript = `
every 1500ms from 500ms for 1200ms contact
every 1500ms from 600ms for 900ms trigger
at 9s on open_pin
at 11s off open_pin
at 12s on impedance_spike
at 14s off impedance_spike
at 15s on rf_amplifier
at 18s off rf_amplifier
at 18s on rf_amplifier_low
at 21s off rf_amplifier_low
at 21.9s on motor_stall
at 23s off motor_stall
at 24s on depth_overrun
at 27s off depth_overrun
at 27s on battery_low
at 28s off battery_low
at 29s on over_temperature
at 30s off over_temperature
at 30s load 200
at 31s on rf_leak
at 32s off rf_leak
at 33s load off
every 12s from 34s for 700ms depth_frozen
at 37.05s clock_jump
at 40.123s reboot
at 44s tip remove
at 45s tip new
at 46.2s on torn_write
at 50s clock_back
at 52s on brown_out
at 53s off brown_out
`

// The physics of a minute, to the last bit. A change of it is seen here: if it
// was meant, the new digest belongs into this table, and the reason into the
// commit.
func TestGolden(t *testing.T) {
	for _, tc := range []struct {
		model  Model
		digest string
	}{
		{N1, "77f0b325e2447d264c156a370c897634"},
		{R1, "d8e09a9e01147191c7fc3e84e408340f"},
	} {
		r := newRig(t, tc.model, 1, goldenScript)
		r.run(time.Minute, time.Second)
		if got := r.digest(); got != tc.digest {
			t.Errorf("%s: digest %s, want %s", tc.model, got, tc.digest)
		}
		t.Logf("%s: %d pulses, %d mJ, deepest %d um, faults %v, boot %d", tc.model, r.pen.fw.nv.counters.pulse, r.energy/1_000_000,
			r.deepest/nmPerUM, r.faults, r.pen.fw.nv.counters.boot)
	}
}

// The same seed and the same script give the same outputs, byte for byte,
// however often the pen is looked at: a fast machine takes many small pieces, a
// slow one few.
func TestSameEverywhere(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		model := rapid.SampledFrom([]Model{N1, R1}).Draw(t, "model")
		seed := rapid.Uint64().Draw(t, "seed")
		script := "every 900ms from 200ms for 600ms contact\nevery 900ms from 300ms for 450ms trigger\n" + scripts().Draw(t, "script")
		d := rapid.Int64Range(1, inSteps(3*time.Second)).Draw(t, "steps")
		first := ""
		for _, piece := range []int64{d, rapid.Int64Range(1, d).Draw(t, "piece")} {
			r := newRig(t, model, seed, script)
			r.run(time.Duration(d)*fineStep, time.Duration(piece)*fineStep)
			if first == "" {
				first = r.digest()
			} else if got := r.digest(); got != first {
				t.Fatalf("%s, in pieces of %d steps %s", first, piece, got)
			}
		}
	})
}

// Another seed, or a line more, is another run.
func TestDigestSees(t *testing.T) {
	run := func(seed uint64, script string) string {
		r := newRig(t, R1, seed, script)
		r.run(2*time.Second, time.Second)
		return r.digest()
	}
	base := "every 900ms for 600ms contact\nevery 900ms from 1s for 450ms trigger\n"
	if a, b, c := run(1, base), run(2, base), run(1, base+"at 1.1s on open_pin"); a == b || a == c || b == c {
		t.Errorf("%s, %s, %s", a, b, c)
	}
}

// Integers give the same on every machine; floating point need not. So there is
// none in the pen.
func TestNoFloatingPoint(t *testing.T) {
	names, err := fs.Glob(os.DirFS("."), "*.go")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		files := token.NewFileSet()
		f, err := parser.ParseFile(files, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Ident:
				if n.Name == "float64" || n.Name == "float32" || n.Name == "complex128" || n.Name == "complex64" {
					t.Errorf("%v: %s", files.Position(n.Pos()), n.Name)
				}
			case *ast.BasicLit:
				if n.Kind == token.FLOAT || n.Kind == token.IMAG {
					t.Errorf("%v: %s", files.Position(n.Pos()), n.Value)
				}
			case *ast.SelectorExpr:
				if n.Sel.Name == "Seconds" || n.Sel.Name == "Minutes" || n.Sel.Name == "Hours" {
					t.Errorf("%v: %s is a float64", files.Position(n.Pos()), n.Sel.Name)
				}
			}
			return true
		})
	}
}
