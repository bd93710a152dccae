package exchange

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestSafeName(t *testing.T) {
	for name, want := range map[string]string{
		"patients.csv":                      "patients.csv",
		"Ruiz, Ana 2026-11-23.csv":          "Ruiz, Ana 2026-11-23.csv",
		"../../etc/passwd":                  "_.._etc_passwd",
		`..\..\autoexec.bat`:                "_.._autoexec.bat",
		"C:\\Windows":                       "C__Windows",
		"/":                                 "_",
		"":                                  "export",
		". . .":                             "export",
		"~root":                             "root",
		"-rf.csv":                           "rf.csv",
		".profile":                          "profile",
		"a\x00b\nc\x1b[2J":                  "a_b_c_[2J",
		"gpj\u202Evsc.exe":                  "gpj_vsc.exe",
		"Tomáš.csv ":                        "Tomáš.csv",
		"x.csv...":                          "x.csv",
		"con":                               "_con",
		"NUL.csv":                           "_NUL.csv",
		"aux .csv":                          "_aux .csv",
		"Com1.tar.gz":                       "_Com1.tar.gz",
		"LPT³":                              "_LPT³",
		"COM10":                             "COM10",
		"conout$":                           "_conout$",
		"console.csv":                       "console.csv",
		"\xff\xfe":                          "_",
		"a*b?c\"d<e>f|g:h":                  "a_b_c_d_e_f_g_h",
		strings.Repeat("á", 100) + ".csv":   strings.Repeat("á", 58) + ".csv",
		strings.Repeat("a", 200):            strings.Repeat("a", 120),
		strings.Repeat("a ", 58) + ".b.csv": strings.TrimSpace(strings.Repeat("a ", 58)) + ".csv",
	} {
		if got := SafeName(name); got != want {
			t.Errorf("%q becomes %q, want %q", name, got, want)
		}
	}
}

func TestAnyNameIsSafe(t *testing.T) {
	piece := rapid.OneOf(rapid.SampledFrom([]string{".", "/", "\\", " ", "con", "NUL", "~", "-", "\u202E", ".csv", "\xff"}), rapid.String())
	rapid.Check(t, func(t *rapid.T) {
		got := SafeName(strings.Join(rapid.SliceOfN(piece, 0, 20).Draw(t, "pieces"), ""))
		switch {
		case got == "", len(got) > maxNameBytes, !utf8.ValidString(got), strings.ContainsAny(got, `/\:*?"<>|`), strings.ContainsFunc(got, hidden), reserved(got),
			strings.HasPrefix(got, "."), strings.HasSuffix(got, "."), strings.HasSuffix(got, " "):
			t.Fatalf("%q", got)
		case SafeName(got) != got:
			t.Fatalf("%q becomes %q", got, SafeName(got))
		}
	})
}
