package exchange

import (
	"slices"
	"strings"
	"unicode/utf8"

	"stipple/app/clinical"
	"stipple/app/fold"
)

// tidy is a text without blanks at its ends or doubled inside, as the store
// keeps it. It leaves a text alone that is refused anyway.
func tidy(s string) string {
	if !cleanText(s) {
		return s
	}
	return strings.Join(strings.Fields(s), " ")
}

// textProblem is what the store would refuse of a tidy text of at most so many
// characters.
func textProblem(s string, runes int) Problem {
	switch {
	case !cleanText(s):
		return BadText
	case utf8.RuneCountInString(s) > runes:
		return TooLong
	}
	return ""
}

// word is a word of a list as two are compared: folded, without blanks, hyphens
// and full stops.
func word(s string) string {
	return strings.Map(func(r rune) rune {
		switch r {
		case ' ', '\u00a0', '-', '.', '_':
			return -1
		}
		return r
	}, fold.Text(s))
}

// unstated says whether a word means that nothing is said.
func unstated(w string) bool {
	switch w {
	case "", "unknown", "unk", "unstated", "unspecified", "notstated", "notspecified", "na", "n/a", "none",
		"unbekannt", "keineangabe", "ka", "k/a", "nichtangegeben",
		"inconnu", "inconnue", "nonprecise", "nonrenseigne",
		"desconocido", "noespecificado", "desconhecido", "naoinformado", "naoespecificado":
		return true
	}
	return false
}

// readSex is a sex in one of the five languages. mayBeWoman: the column says
// "H" for men, so that "M" may be a woman.
func readSex(s string, mayBeWoman bool) (clinical.Sex, Problem) {
	w := word(s)
	if unstated(w) {
		return clinical.SexUnstated, ""
	}
	switch w {
	case "f", "w", "female", "woman", "weiblich", "frau", "femme", "feminin", "mujer", "femenino", "femenina", "mulher", "feminino", "feminina", "fem", "fille", "girl":
		return clinical.Female, ""
	case "m":
		if mayBeWoman {
			return "", Ambiguous
		}
		return clinical.Male, ""
	case "h", "male", "man", "mannlich", "maennlich", "mann", "herr", "homme", "masculin", "hombre", "masculino", "homem", "masc", "garcon", "boy":
		return clinical.Male, ""
	case "d", "x", "o", "other", "divers", "diverse", "nonbinary", "nichtbinar", "nichtbinaer", "autre", "nonbinaire", "otro", "otra", "nobinario", "outro", "outra", "naobinario":
		return clinical.SexOther, ""
	}
	return "", BadValue
}

// saysMan says whether a sex is the letter for a man in languages in which "M"
// is not: hombre, homme, homem.
func saysMan(s string) bool { return word(s) == "h" }

// readFitzpatrick is a skin type: a number from 1 to 6, Roman or not, alone or
// with the words that the five languages put beside it. Two numbers are none.
func readFitzpatrick(s string) (clinical.Fitzpatrick, Problem) {
	if unstated(word(s)) {
		return clinical.FitzpatrickUnknown, ""
	}
	if n := skinNumber(fold.Text(s)); n != clinical.FitzpatrickUnknown {
		return n, ""
	}
	found := clinical.FitzpatrickUnknown
	for _, part := range strings.FieldsFunc(fold.Text(s), func(r rune) bool { return strings.ContainsRune(" \u00a0:.()", r) }) {
		if slices.Contains([]string{
			"fitzpatrick", "type", "typ", "skin", "skintype", "fst", "hauttyp", "phototype", "phototyp", "cutane",
			"fototipo", "tipo", "de", "piel", "pele", "peau", "cutaneo",
		}, part) {
			continue
		}
		n := skinNumber(part)
		if n == clinical.FitzpatrickUnknown || found != clinical.FitzpatrickUnknown {
			return 0, BadValue
		}
		found = n
	}
	if found == clinical.FitzpatrickUnknown {
		return 0, BadValue
	}
	return found, ""
}

// skinNumber is a folded number of a skin type; FitzpatrickUnknown for any other.
func skinNumber(s string) clinical.Fitzpatrick {
	for i, forms := range [...][3]string{{"i", "1", "ⅰ"}, {"ii", "2", "ⅱ"}, {"iii", "3", "ⅲ"}, {"iv", "4", "ⅳ"}, {"v", "5", "ⅴ"}, {"vi", "6", "ⅵ"}} {
		if slices.Contains(forms[:], s) {
			return clinical.Fitzpatrick(i + 1)
		}
	}
	return clinical.FitzpatrickUnknown
}

// roman is a skin type as it is written; empty for one that is not known.
func roman(f clinical.Fitzpatrick) string {
	if f > clinical.FitzpatrickVI {
		return ""
	}
	return [...]string{"", "I", "II", "III", "IV", "V", "VI"}[f]
}
