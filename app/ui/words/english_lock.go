package words

// englishLock is the lock of the console.
func englishLock() map[string]string {
	return map[string]string{
		"lock.title":                    "Locked",
		"lock.text":                     "Patients are hidden, and nothing is lost. STOP, its keys and the alarms work as ever.",
		"lock.stop_key":                 "While the pen can put anything out, Space stops it and is not typed.",
		"lock.pin":                      "PIN of %s",
		"lock.pin.tries.one":            "%s try left, then the passphrase.",
		"lock.pin.tries.other":          "%s tries left, then the passphrase.",
		"lock.pin.none":                 "The PIN was wrong too often; use the passphrase.",
		"lock.pin.wait":                 "Try %s.",
		"lock.passphrase":               "Passphrase of %s",
		"lock.unlock":                   "Unlock",
		"lock.unlocking":                "Unlocking …",
		"lock.use.pin":                  "Use the PIN",
		"lock.use.passphrase":           "Use the passphrase",
		"lock.hand_over":                "Hand over to another operator",
		"error.locked_run_uncertain":    "How a treatment ended is not known.",
		"error.locked_run_uncertain.do": "Unlock to see which.",
		"error.locked_contradicted":     "A pen contradicts the record of a treatment.",
		"error.locked_contradicted.do":  "Unlock to see which.",
		"error.run_open":                "A treatment is open.",
		"error.run_open.do":             "Unlock, end it, and sign out.",
		"error.wrong_pin":               "That is not the PIN.",
		"error.wrong_pin.do":            "Type it again.",
	}
}
