package words

import (
	"strings"
	"testing"
)

// What package exchange finds has its words, with what it gives them to say.
func TestFilesOfPatientsHaveWords(t *testing.T) {
	w := English()
	for code, args := range map[string][]any{
		"file_empty": nil, "file_too_large": {64 << 20}, "file_not_text": nil, "file_too_many_lines": {250_000},
		"file_too_many_columns": {256}, "file_open_quote": {17}, "import_faulty": {3}, "import_unsettled": nil, "import_refused": {3},
		"bad_options": nil, "not_writable": nil,
		"not_sealed_file": nil, "file_code": nil, "file_damaged": nil, "dossiers_other": nil, "dossiers_newer": nil, "dossier_bad": {3},
		"cancelled": nil, "exchanging": nil, "treating": nil, "importing": nil, "reason_missing": nil, "nothing_kept": nil,
	} {
		s := w.Error(&coded{code: code, args: args})
		if strings.Contains(s.Text(), "inner text") || strings.Contains(s.Text(), "%") || s.Do == "" {
			t.Errorf("%s: %+v", code, s)
		}
	}
	for _, problem := range []string{"ambiguous", "column_count", "bad_quote"} {
		if got := w.Fields(fields{"BirthDate": problem})["BirthDate"]; got == "" || got == w.T("field.other", problem) {
			t.Errorf("%s: %q", problem, got)
		}
	}
}
