package words

// englishOpen are the words around the start of the console.
func englishOpen() map[string]string {
	return map[string]string{
		"error.stood_still":          "This computer stood still for a moment, so the pen was stopped.",
		"error.stood_still.do":       "Close other programs, then clear the stop and apply again.",
		"banner.sign":                "To the run",
		"opening":                    "Opening the store …",
		"cannot_open.title":          "Stipple can't open",
		"cannot_open.again":          "Try again",
		"cannot_open.close":          "Close",
		"error.permission_nobody":    "You may not open %s; only the superuser may.",
		"error.permission_nobody.do": "Ask the administrator to install the udev rule from the README, then plug the pen in again.",
		"error.open_to_all":          "This store holds real records, and its keys lie open beside it: nobody would have to sign in.",
		"error.open_to_all.kept":     "Nothing was opened.",
		"error.open_to_all.do":       "Put the newest good backup of stipple.slots and stipple.patients back.",
		"error.sign_in_gone":         "This folder's store had a sign-in, and has none any more.",
		"error.sign_in_gone.kept":    "Nothing was opened.",
		"error.sign_in_gone.do":      "Put the practice's own files back into the folder, or start with --data and another folder.",
		"error.real_store":           "This store holds real records; a simulated pen works only with a training store.",
		"error.real_store.kept":      "Nothing was changed.",
		"error.real_store.do":        "Start without --data, or name an empty folder.",
	}
}
