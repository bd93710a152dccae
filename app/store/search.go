package store

import (
	"fmt"
	"slices"
	"strings"

	"stipple/app/clinical"
	"stipple/app/fold"
)

// wordMark stands before each word of searchWords and of a query; no text that
// is stored can contain it. "begins with" is then a search for mark and word.
const wordMark = "\x00"

// searchWords lists what a query's word may begin: each name's words, folded,
// whole and by their parts; the file number as written, bare and by its parts;
// the birth date in the orders in which it is typed.
func searchWords(p clinical.Patient) string {
	var b strings.Builder
	for _, text := range [...]string{p.FamilyName, p.GivenName, p.FileNumber} {
		for _, w := range strings.Fields(fold.Text(text)) {
			addWord(&b, w)
			parts := strings.FieldsFunc(w, fold.NotWord)
			if len(parts) == 1 && parts[0] == w {
				continue
			}
			for i, part := range parts {
				if i > 0 || !strings.HasPrefix(w, part) {
					addWord(&b, part)
				}
			}
			addWord(&b, strings.Join(parts, ""))
		}
	}
	d := p.BirthDate
	for _, form := range [...]string{
		fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day), fmt.Sprintf("%04d%02d%02d", d.Year, d.Month, d.Day),
		fmt.Sprintf("%02d-%02d-%04d", d.Day, d.Month, d.Year), fmt.Sprintf("%02d%02d%04d", d.Day, d.Month, d.Year),
		fmt.Sprintf("%02d-%02d-%04d", d.Month, d.Day, d.Year), fmt.Sprintf("%02d%02d%04d", d.Month, d.Day, d.Year),
	} {
		addWord(&b, form)
	}
	return b.String()
}

func addWord(b *strings.Builder, w string) {
	b.WriteString(wordMark)
	b.WriteString(w)
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
		q := queryWord{wordMark + w}
		for _, date := range dateForms(w) {
			if form := wordMark + date; !slices.Contains(q, form) {
				q = append(q, form)
			}
		}
		words = append(words, q)
	}
	return words
}

// dateForms are the ways in which a word of digits and separators can begin a
// date as searchWords writes it: with hyphens, and with leading zeros, which
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

// fits says whether every word of the query begins a word of the patient.
func fits(words string, query []queryWord) bool {
	for _, q := range query {
		found := false
		for _, form := range q {
			if strings.Contains(words, form) {
				found = true
				break
			}
		}
		if !found {
			return false
		}
	}
	return true
}
