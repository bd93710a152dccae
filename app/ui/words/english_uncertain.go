package words

// englishUncertain is the page of runs whose outcome is not known.
func englishUncertain() map[string]string {
	return map[string]string{
		"treatments.outcome.reconciled": "reconciled",

		"alarm.contradicted":       "The pen contradicts the record",
		"error.contradicted":       "What the pen says of the treatment of %s is not what was recorded: pen %s contradicts the record.",
		"error.contradicted.kept":  "Both versions are kept.",
		"error.contradicted.do":    "Don't treat with this pen; have it checked.",
		"error.may_not_sign":       "Only who may treat can sign how a treatment ended.",
		"error.may_not_sign.do":    "A clinician signs in and signs.",
		"error.shown_otherwise":    "The pen has told more since: nothing was signed.",
		"error.shown_otherwise.do": "Read it again, then sign.",
		"error.not_answered":       "The pen has not told all that it can.",
		"error.not_answered.do":    "Connect that pen, or sign the run as uncertain.",
		"error.all_known":          "All of the run is known: it does not end as uncertain.",
		"error.all_known.do":       "Sign it as reconciled.",
	}
}
