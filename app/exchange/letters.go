package exchange

import (
	"strings"

	"stipple/app/fold"
)

// letters is a column's name or a word as two are compared: folded, and only
// the letters a to z and the digits of it.
func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, fold.Text(s))
}
