package exchange

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// mark is what the guard puts in front of a text: a cell that begins with it is
// a text to every spreadsheet.
const mark = "'"

// guard is a text as it stands in a CSV cell: with a mark before it, and before
// each part of it behind a delimiter, where a spreadsheet could take that for a
// formula. unguard(guard(s)) is s for any s.
func guard(s string) string {
	s = behind(s, func(part string) string {
		if formula(part) {
			return mark + part
		}
		return part
	})
	if formula(s) {
		return mark + s
	}
	return s
}

// unguard takes the marks away that guard has set. It leaves any other
// apostrophe, such as that of 's-Hertogenbosch, where it is.
func unguard(s string) string {
	return behind(unmark(s), unmark)
}

func unmark(s string) string {
	if rest, ok := strings.CutPrefix(s, mark); ok && formula(rest) {
		return rest
	}
	return s
}

// behind puts each part of a text but the first through change. A part begins
// where a spreadsheet may begin a cell, whatever it takes for its delimiter: one
// that cuts at semicolons does not see the quotes of a file that cuts at commas.
func behind(s string, change func(string) string) string {
	at := strings.IndexAny(s, cellEnds)
	if at < 0 {
		return s
	}
	var b strings.Builder
	b.WriteString(s[:at])
	for at >= 0 {
		b.WriteByte(s[at])
		s = s[at+1:]
		if at = strings.IndexAny(s, cellEnds); at < 0 {
			b.WriteString(change(s))
		} else {
			b.WriteString(change(s[:at]))
		}
	}
	return b.String()
}

// cellEnds are what a spreadsheet may end a cell at.
const cellEnds = ",;\t\r\n"

// formula says whether a spreadsheet could take a text for a formula: its first
// character that is neither blank, unseen nor a quote is one that begins one, or
// a tab or a line end stands before any other. An apostrophe is among the quotes,
// so that a text that looks guarded is guarded again; that makes the guard
// reversible.
func formula(s string) bool {
	for s != "" {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case beginsFormula(r), r == '\t', r == '\r', r == '\n':
			return true
		case !passedOver(r):
			return false
		}
		s = s[size:]
	}
	return false
}

// beginsFormula: = + - @, and what a spreadsheet makes the same of: full width,
// small forms and the minus of mathematics.
func beginsFormula(r rune) bool {
	return strings.ContainsRune("=+-@＝＋－＠﹦﹢﹣﹫\u2212", r)
}

// passedOver says whether a character may stand before a formula: blanks, what
// can't be seen, and quotes of all kinds. The replacement character is among
// them, and with it a byte that is no character: some readers drop it.
func passedOver(r rune) bool {
	return r == utf8.RuneError || !unicode.IsGraphic(r) || unicode.IsSpace(r) || unicode.In(r, unicode.Pi, unicode.Pf) ||
		strings.ContainsRune("\"'`´\u201A\u201E\u02B9\u02BA\u02BC\u2032\u2033＂＇｀", r)
}
