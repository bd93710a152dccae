package words

// englishOpen are the words for a console that can't be opened.
func englishOpen() map[string]string {
	return map[string]string{
		"cannot_open.title":     "Stipple can't open",
		"cannot_open.again":     "Try again",
		"cannot_open.close":     "Close",
		"error.real_store":      "This store holds real records; a simulated pen works only with a training store.",
		"error.real_store.kept": "Nothing was changed.",
		"error.real_store.do":   "Start without --data, or name an empty folder.",
	}
}
