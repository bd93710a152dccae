package words

// englishExchange words what can be wrong with a file of patients that is read or
// written. The problems of its lines are those of fields.
func englishExchange() map[string]string {
	const kept = "Nothing was imported."
	return map[string]string{
		"error.file_empty":                 "The file is empty.",
		"error.file_empty.kept":            kept,
		"error.file_empty.do":              "Choose another one, or export it again.",
		"error.file_too_large":             "The file is larger than any list of patients.",
		"error.file_too_large.kept":        kept,
		"error.file_too_large.do":          "Choose another one, or split it.",
		"error.file_not_text":              "The file is no text.",
		"error.file_not_text.kept":         kept,
		"error.file_not_text.do":           "Open it in its own program and save it as CSV.",
		"error.file_too_many_lines":        "The file has more than %d lines.",
		"error.file_too_many_lines.kept":   kept,
		"error.file_too_many_lines.do":     "Split it.",
		"error.file_too_many_columns":      "The file has more than %d columns.",
		"error.file_too_many_columns.kept": kept,
		"error.file_too_many_columns.do":   "Leave out those that are not about the patient.",
		"error.file_open_quote":            "A quote is opened in line %d and never closed.",
		"error.file_open_quote.kept":       kept,
		"error.file_open_quote.do":         "Close it or take it out, then read the file again.",
		"error.import_faulty":              "Records that are faulty: %d.",
		"error.import_faulty.kept":         kept,
		"error.import_faulty.do":           "Correct them in the file, or leave them out.",
		"error.import_unsettled":           "The file can be read in more than one way.",
		"error.import_unsettled.kept":      kept,
		"error.import_unsettled.do":        "Choose how it is meant.",
		"error.bad_options":                "The file can't be read or written the way that was chosen.",
		"error.bad_options.do":             "Choose again.",
		"error.not_writable":               "A record has a value that can't be written into a file.",
		"error.not_writable.kept":          "The file is not complete.",
		"error.not_writable.do":            "Correct the record, then export again.",
	}
}
