// Package fold is how two texts that a person typed are compared: names, file numbers,
// words of a search. It is pure.
package fold

import (
	"strings"
	"unicode"
)

// The base letters of the Latin letters from U+00C0 to U+024F and from U+1E00 to
// U+1EFF, one byte for each; a blank where there is none of one letter. Made
// from the decompositions of the Unicode character database, with the letters
// with a stroke and the dotless i by hand.
const (
	latinFirst = 0x00C0
	latinBase  = "aaaaaa ceeeeiiiidnooooo ouuuuy  aaaaaa ceeeeiiiidnooooo ouuuuy y" +
		"aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiii  jjkkkllllll " +
		" llnnnnnn nnoooooo  rrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs" +
		"b              e ff    i  l    ooo             uu    zz         " +
		"             aaiioouuuuuuuuuueaaaa  ggggkkoooo  j   gg  nnaa    " +
		"aaaaeeeeiiiioooorrrruuuusstt  hh      aaeeooooooooyy      a  l  " +
		"   b  eejj  rryy"

	latinMoreFirst = 0x1E00
	latinMoreBase  = "aabbbbbbccddddddddddeeeeeeeeeeffgghhhhhhhhhhiiiikkkkkkllllllllmm" +
		"mmmmnnnnnnnnoooooooopppprrrrrrrrssssssssssttttttttuuuuuuuuuuvvvv" +
		"wwwwwwwwwwxxxxyyzzzzzzhtwy s    aaaaaaaaaaaaaaaaaaaaaaaaeeeeeeee" +
		"eeeeeeeeiiiioooooooooooooooooooooooouuuuuuuuuuuuuuyyyyyyyy      "
)

// Text is a text as two are compared: lower case, without accents, whether they
// are part of the letter or follow it, and with one kind of apostrophe and hyphen.
func Text(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for _, r := range s {
		switch {
		case r < 0x80:
			b.WriteRune(unicode.ToLower(r))
		case unicode.Is(unicode.Mn, r): // a combining accent
		default:
			b.WriteString(foldRune(r))
		}
	}
	return b.String()
}

// foldRune folds one letter outside ASCII.
func foldRune(r rune) string {
	if c := latinLetter(r); c != ' ' {
		return string(c)
	}
	switch r = unicode.ToLower(r); r {
	case 'æ', 'ǽ', 'ǣ':
		return "ae"
	case 'œ':
		return "oe"
	case 'ß':
		return "ss"
	case 'þ':
		return "th"
	case '\u0133': // ij as one letter
		return "ij"
	case 'ά':
		return "α"
	case 'έ':
		return "ε"
	case 'ή':
		return "η"
	case 'ί', 'ϊ', 'ΐ':
		return "ι"
	case 'ό':
		return "ο"
	case 'ύ', 'ϋ', 'ΰ':
		return "υ"
	case 'ώ':
		return "ω"
	case 'ς':
		return "σ"
	case 'ё':
		return "е"
	case 'й':
		return "и"
	case '\u2018', '\u2019', '\u02BC':
		return "'"
	case '\u2010', '\u2011', '\u2012', '\u2013', '\u2014':
		return "-"
	}
	return string(r)
}

// latinLetter is the base letter of a Latin letter, or a blank.
func latinLetter(r rune) byte {
	switch {
	case r >= latinFirst && int(r-latinFirst) < len(latinBase):
		return latinBase[r-latinFirst]
	case r >= latinMoreFirst && int(r-latinMoreFirst) < len(latinMoreBase):
		return latinMoreBase[r-latinMoreFirst]
	}
	return ' '
}

// Number is a file number as two are compared: folded, without spaces and
// signs, so that "F-20417" and "f 20417" are one. A number of signs only is
// compared as it stands.
func Number(number string) string {
	folded := Text(number)
	if s := strings.Join(strings.FieldsFunc(folded, NotWord), ""); s != "" {
		return s
	}
	return folded
}

// NotWord says whether a rune is neither letter nor digit.
func NotWord(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) }
