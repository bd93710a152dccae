package store

import (
	"slices"
	"strconv"
	"strings"

	"stipple/app/clinical"
	"stipple/app/fold"
)

// wordMark ends each word of appendWords; no text that is stored can contain it.
const wordMark byte = 0

// appendWords lists what a query's word may begin: each name's words, folded,
// whole and by their parts; the file number as written, bare and by its parts;
// the birth date in the orders in which it is typed. A mark stands behind each.
func appendWords(to []byte, p clinical.Patient) []byte {
	for _, text := range [...]string{p.FamilyName, p.GivenName, p.FileNumber} {
		for w := range strings.FieldsSeq(fold.Text(text)) {
			to = appendParts(to, w)
		}
	}
	year, month, day := digits(p.BirthDate.Year, 4), digits(int(p.BirthDate.Month), 2), digits(p.BirthDate.Day, 2)
	for _, form := range [...][3]string{{year, month, day}, {day, month, year}, {month, day, year}} {
		for _, sep := range [...]string{"-", ""} {
			to = append(to, form[0]...)
			to = append(to, sep...)
			to = append(to, form[1]...)
			to = append(to, sep...)
			to = append(to, form[2]...)
			to = append(to, wordMark)
		}
	}
	return to
}

// appendParts lists a word, its parts, and the parts as one.
func appendParts(to []byte, w string) []byte {
	to = appendWord(to, w)
	if strings.IndexFunc(w, fold.NotWord) < 0 {
		return to
	}
	parts := strings.FieldsFunc(w, fold.NotWord)
	for i, part := range parts {
		if i > 0 || !strings.HasPrefix(w, part) {
			to = appendWord(to, part)
		}
	}
	if len(parts) == 0 {
		return to
	}
	return appendWord(to, strings.Join(parts, ""))
}

func appendWord(to []byte, w string) []byte { return append(append(to, w...), wordMark) }

// digits is a number with leading zeros.
func digits(n, width int) string {
	s := strconv.Itoa(n)
	return "0000"[:max(0, width-len(s))] + s
}

// queryWord is a word of a query in its forms, of which one must fit.
type queryWord []string

// queryWords takes what somebody typed apart.
func queryWords(query string) []queryWord {
	if r := []rune(query); len(r) > maxQueryRunes {
		query = string(r[:maxQueryRunes])
	}
	var words []queryWord
	for _, w := range strings.Fields(fold.Text(query)) {
		w = strings.Trim(w, ",;.")
		if w == "" {
			continue
		}
		q := queryWord{w}
		for _, date := range dateForms(w) {
			if !slices.Contains(q, date) {
				q = append(q, date)
			}
		}
		if !slices.ContainsFunc(words, func(other queryWord) bool { return other[0] == w }) {
			words = append(words, q)
		}
	}
	return words
}

// dateForms are the ways in which a word of digits and separators can begin a
// date as appendWords writes it: with hyphens, and with leading zeros, which
// people leave out ("7.5.87", "1987/5"). The last number may still be growing,
// so it also stands as typed.
func dateForms(w string) []string {
	if strings.Trim(w, "0123456789-./") != "" || !strings.ContainsAny(w, "-./") {
		return nil
	}
	numbers := strings.FieldsFunc(w, func(r rune) bool { return r < '0' || r > '9' })
	if len(numbers) == 0 {
		return nil
	}
	padded := make([]string, len(numbers))
	for i, n := range numbers {
		padded[i] = n
		if len(n) == 1 {
			padded[i] = "0" + n
		}
	}
	last := len(numbers) - 1
	growing := append(append([]string(nil), padded[:last]...), numbers[last])
	return []string{strings.Join(padded, "-"), strings.Join(growing, "-")}
}
