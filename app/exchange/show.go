package exchange

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// shown is a text of a file as a person may see it: at most maxShownRunes
// characters of it, the others an ellipsis, and whatever can't be seen or turns
// the writing spelled out, such as <U+000A>; a byte that is no character <0xE9>.
func shown(s string) string {
	var b strings.Builder
	for n := 0; s != ""; n++ {
		if n == maxShownRunes {
			b.WriteRune('…')
			break
		}
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, "<0x%02X>", s[0])
		case hidden(r):
			fmt.Fprintf(&b, "<U+%04X>", r)
		default:
			b.WriteRune(r)
		}
		s = s[size:]
	}
	return b.String()
}

// hidden says whether a character has no picture of its own, the plain blank
// excepted: control characters, those of formatting and of direction, line and
// paragraph separators, and odd blanks.
func hidden(r rune) bool {
	return r != ' ' && (!unicode.IsGraphic(r) || unicode.IsSpace(r))
}

// cleanText says whether the store would keep a text: UTF-8 without control
// characters and without those that turn the direction of writing.
func cleanText(s string) bool {
	if !utf8.ValidString(s) {
		return false
	}
	for _, r := range s {
		if unicode.IsControl(r) || r >= 0x202A && r <= 0x202E || r >= 0x2066 && r <= 0x2069 {
			return false
		}
	}
	return true
}
