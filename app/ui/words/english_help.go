package words

// englishHelp is what F1 says about each page.
func englishHelp() map[string]string {
	return map[string]string{
		"help.title.treat":    "Help: Treat",
		"help.title.patients": "Help: Patients",
		"help.treat.1":        "Choose patient, indication and zone. Each control then shows what is allowed and which rule sets the bound.",
		"help.treat.2":        "Set the values with - and +, by typing, or by dragging on the bar. Nothing reaches the pen until Apply.",
		"help.treat.3":        "After Apply the pen's own read-back stands beside the button. Hold “Hold to arm” for one second, by pointer or with Enter.",
		"help.treat.4":        "Only the pen's own trigger fires. Next pass counts up; End treatment closes the record.",
		"help.patients.1":     "Type a part of a name, a file number or a birth date; the newest patients stand first.",
		"help.patients.2":     "Load takes a preset to the Treat page. One that no longer fits is shown with what is outside and why.",
		"help.patients.3":     "A treatment opens with its settings, its pulses and the measured stop.",
		"help.stop":           "STOP is always there. By key: Ctrl+. at any time; Esc or Space while the pen is READY or TREATING.",
		"help.keys":           "F1 help · Ctrl+K find a patient · Tab next control · arrows change a value",
	}
}
