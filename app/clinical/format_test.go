package clinical

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"stipple/protocol"
)

func TestFormat(t *testing.T) {
	tests := []struct {
		p    Parameter
		v    int32
		want string
	}{
		{Depth, 1_500, "1.50"}, {Depth, 50, "0.05"}, {Depth, 0, "0.00"}, {Depth, 1_525, "1.525"}, {Depth, -150, "\u22120.15"},
		{Speed, 60, "60"}, {Speed, 6_000, "6\u202f000"}, {Speed, 1_234_567, "1\u202f234\u202f567"},
		{Power, 12_000, "12"}, {Power, 11_800, "11.8"}, {Power, 0, "0"}, {Power, 5, "0.005"},
		{Duration, 100, "100"}, {Duration, 1_000, "1\u202f000"},
	}
	for _, tt := range tests {
		if got := Format(tt.p, tt.v); got != tt.want {
			t.Errorf("%s %d is %q, want %q", tt.p, tt.v, got, tt.want)
		}
	}
	for d, want := range map[protocol.Microjoules]string{48_000: "48", 48_001: "49", 1: "1", 0: "0", 1_240_000: "1\u202f240"} {
		if got := FormatDose(d); got != want {
			t.Errorf("dose %d is %q, want %q", d, got, want)
		}
	}
}

func TestParseInput(t *testing.T) {
	const refused = -1
	tests := []struct {
		p     Parameter
		text  string
		want  int32
		fault InputFault
	}{
		{Depth, "1.5", 1_500, 0}, {Depth, "1,5", 1_500, 0}, {Depth, " 1.50 mm ", 1_500, 0}, {Depth, "1,50mm", 1_500, 0},
		{Depth, ".5", 500, 0}, {Depth, "1.", 1_000, 0}, {Depth, "1,", 1_000, 0}, {Depth, "1. mm", 1_000, 0}, {Depth, "1500 µm", 1_500, 0}, {Depth, "1500um", 1_500, 0}, {Depth, "0", 0, 0},
		{Depth, "1.525", 1_525, 0}, {Depth, "1.5250", 1_525, 0},
		{Depth, "1.5255", refused, InputTooFine}, {Depth, "1.5 µm", refused, InputTooFine},
		{Depth, "1,500 µm", refused, InputThousands}, {Depth, "1.000,5", refused, InputThousands}, {Depth, "1,000.5", refused, InputThousands},
		{Depth, "1.5.2", refused, InputThousands},
		{Depth, "", refused, InputEmpty}, {Depth, "  ", refused, InputEmpty}, {Depth, "mm", refused, InputNotNumber}, {Depth, ".", refused, InputNotNumber},
		{Depth, "abc", refused, InputNotNumber}, {Depth, "1e3", refused, InputNotNumber}, {Depth, "0x10", refused, InputNotNumber}, {Depth, "١", refused, InputNotNumber},
		{Depth, "-1", refused, InputNegative}, {Depth, "+1", refused, InputNegative}, {Depth, "\u22121", refused, InputNegative},
		{Depth, "1.5 W", refused, InputUnit}, {Depth, "1.5 inch", refused, InputUnit}, {Depth, "1.5 MM", refused, InputUnit},
		{Depth, "9999999999999", refused, InputTooLarge}, {Depth, strings.Repeat("1", 500), refused, InputNotNumber},
		{Speed, "6000", 6_000, 0}, {Speed, "6000 /min", 6_000, 0}, {Speed, "6000/min", 6_000, 0}, {Speed, "6000 1/min", 6_000, 0}, {Speed, "60 rpm", 60, 0},
		{Speed, "6 000", refused, InputThousands}, {Speed, "6\u202f000", refused, InputThousands}, {Speed, "6\u00a0000", refused, InputThousands},
		{Speed, "6.000", refused, InputThousands}, {Speed, "6,000", refused, InputThousands}, {Speed, "6'000", refused, InputThousands}, {Speed, "6’000", refused, InputThousands},
		{Speed, "6_000", refused, InputThousands}, {Speed, "1,234,567", refused, InputThousands}, {Speed, "60.5", refused, InputTooFine}, {Speed, "60.0", 60, 0},
		{Power, "12", 12_000, 0}, {Power, "12 W", 12_000, 0}, {Power, "11,8 W", 11_800, 0}, {Power, "12000 mW", 12_000, 0}, {Power, "12,000 mW", refused, InputThousands},
		{Duration, "100", 100, 0}, {Duration, "100 ms", 100, 0}, {Duration, "0.1 s", 100, 0}, {Duration, "0,1 s", 100, 0}, {Duration, "1.000", refused, InputThousands},
		{Duration, "12\x00", refused, InputUnit},
	}
	for _, tt := range tests {
		got, err := ParseInput(tt.p, tt.text)
		if tt.want != refused {
			if err != nil || got != tt.want {
				t.Errorf("%s %q: %d, %v; want %d", tt.p, tt.text, got, err, tt.want)
			}
			continue
		}
		var e *InputError
		if !errors.As(err, &e) || e.Fault != tt.fault || e.Parameter != tt.p {
			t.Errorf("%s %q: %d, %v; want fault %d", tt.p, tt.text, got, err, tt.fault)
		}
	}
	if _, err := ParseInput(Speed, "6.000"); err == nil || !strings.Contains(err.Error(), "thousands separator") {
		t.Errorf("the reason is not named: %v", err)
	}
}

// TestWhatIsShownCanBeTyped: without the grouping of thousands, what Format
// writes is read back as the same value, with either decimal sign.
func TestWhatIsShownCanBeTyped(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := Parameter(rapid.IntRange(0, ParameterCount-1).Draw(t, "parameter"))
		v := rapid.Int32Min(0).Draw(t, "value")
		text := strings.ReplaceAll(Format(p, v), thinSpace, "")
		if rapid.Bool().Draw(t, "comma") {
			text = strings.ReplaceAll(text, ".", ",")
		}
		if rapid.Bool().Draw(t, "unit") {
			text += " " + p.ShownUnit()
		}
		got, err := ParseInput(p, text)
		if err != nil || got != v {
			t.Fatalf("%q is %d, %v; want %d", text, got, err, v)
		}
	})
}

func FuzzParseInput(f *testing.F) {
	for _, s := range []string{"1.5", "1,5 mm", "6 000", "6.000", "-1", "1500 µm", "0.1 s", "6000 1/min", "\xff", ""} {
		f.Add(uint8(0), s)
		f.Add(uint8(1), s)
	}
	f.Fuzz(func(t *testing.T, p uint8, text string) {
		v, err := ParseInput(Parameter(p%ParameterCount), text)
		var e *InputError
		if err != nil && !errors.As(err, &e) || err == nil && v < 0 {
			t.Fatalf("%q: %d, %v", text, v, err)
		}
	})
}
