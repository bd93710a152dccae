package words

// englishFiles is the picker of folders and files.
func englishFiles() map[string]string {
	return map[string]string{
		"path.new":            "New folder in it",
		"path.make":           "Make folder",
		"path.file":           "File name",
		"path.name.bad":       "Give a name, without a path.",
		"path.looking":        "Looking …",
		"path.cut":            "There is more in this folder than is listed. Type the path.",
		"path.places.none":    "Nothing is plugged in.",
		"path.place.own":      "Own folder",
		"path.place.plugged":  "Stick",
		"path.place.computer": "Computer",
		"path.empty.folder":   "No folder in here.",
		"path.empty.read":     "No folder in here, and no file that ends with %s.",
		"path.empty.create":   "Nothing in here.",

		"error.file_gone":          "%s is not there.",
		"error.file_gone.do":       "Is the stick plugged in?",
		"error.file_forbidden":     "This computer's user may not use %s.",
		"error.file_forbidden.do":  "Choose another one.",
		"error.file_read_only":     "%s takes nothing: the disk is read-only.",
		"error.file_read_only.do":  "Is the stick's lock set? Choose another one.",
		"error.file_full":          "The disk of %s is full.",
		"error.file_full.do":       "Choose another one.",
		"error.file_not_folder":    "%s is no folder.",
		"error.file_not_folder.do": "Choose a folder.",
		"error.file_not_file":      "%s is no file.",
		"error.file_not_file.do":   "Choose a file.",
		"error.file_exists":        "%s is there already; it was left as it is.",
		"error.file_exists.do":     "Give another name.",
		"error.file_relative":      "\"%s\" does not say from where.",
		"error.file_relative.do":   "Give the whole path, or choose below.",
		"error.file_name":          "\"%s\" can't be a name on every computer.",
		"error.file_name.do":       "Use letters, digits, blanks and hyphens.",
		"error.file_slow":          "%s does not answer.",
		"error.file_slow.do":       "Plug it out and in again, or choose another one.",
		"error.file_other":         "%s can't be used: %s.",
		"error.file_other.do":      "Choose another one.",
	}
}
