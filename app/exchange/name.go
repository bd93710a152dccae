package exchange

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// spareName is the name where nothing of one is left.
const spareName = "export"

// SafeName is a suggested file name made of any text: no path, nothing that a
// system keeps for itself (Windows' device names and signs included), nothing
// that can't be seen, at most maxNameBytes bytes of UTF-8, and never empty. A
// short ending such as ".csv" is kept when the rest is cut. A safe name stays as
// it is.
func SafeName(name string) string {
	name = strings.Map(func(r rune) rune {
		switch {
		case strings.ContainsRune(`/\:*?"<>|`, r), hidden(r), r == utf8.RuneError:
			return '_'
		}
		return r
	}, strings.ToValidUTF8(name, "_"))
	name = ends(name)
	if len(name) > maxNameBytes {
		ending := ""
		if at := strings.LastIndexByte(name, '.'); at > 0 && len(name)-at <= maxExtensionBytes {
			ending = name[at:]
		}
		name = ends(cut(name, maxNameBytes-len(ending))) + ending
	}
	if name == "" {
		return spareName
	}
	if reserved(name) {
		return ends(cut("_"+name, maxNameBytes))
	}
	return name
}

// ends takes away what a name must not begin or end with: blanks and dots, and
// at its beginning a hyphen, which programs take for an option, or a tilde,
// which a shell takes for a folder.
func ends(name string) string {
	return strings.TrimRight(strings.TrimLeft(name, " .-~"), " .")
}

// cut is the beginning of a text: at most n bytes, no character in pieces.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// reserved says whether Windows keeps a name for a device, with whatever ending
// and in whatever case.
func reserved(name string) bool {
	base, _, _ := strings.Cut(name, ".")
	base = strings.ToUpper(strings.TrimRightFunc(base, unicode.IsSpace))
	if slices.Contains([]string{"CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$", "CLOCK$"}, base) {
		return true
	}
	for _, port := range [...]string{"COM", "LPT"} {
		if n, ok := strings.CutPrefix(base, port); ok && utf8.RuneCountInString(n) == 1 && strings.Contains("0123456789¹²³", n) {
			return true
		}
	}
	return false
}
