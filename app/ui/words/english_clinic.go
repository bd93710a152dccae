package words

// englishClinic is the page of the practice as a whole.
func englishClinic() map[string]string {
	return map[string]string{
		"nav.clinic":           "Clinic",
		"clinic.rekey":         "Keys are changed since somebody left: %s %%",
		"clinic.tab.operators": "Operators",
		"help.title.operators": "Help: Operators",
		"help.operators.1":     "Operators are those who work here. Each has a role, which says what they may do at the console, and a sign-in: a name in the list, and a passphrase.",
		"help.operators.2":     "The administrator adds and removes them. A sign-in that opens patients needs a senior clinician, who signs for it in the same form. Who leaves is removed; what they did stays on record.",
	}
}
