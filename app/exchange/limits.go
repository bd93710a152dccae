package exchange

// Every bound of the package, with its reason.
const (
	// maxFileBytes bounds a file that is read: 200,000 patients with 300 bytes
	// each, which is what practice software writes with addresses and notes.
	maxFileBytes = 64 << 20
	// pieceBytes is how a file is held: no piece is ever copied to grow.
	pieceBytes = 256 << 10
	// maxLines bounds the physical lines of a file. A practice with more patients
	// than this is none.
	maxLines = 250_000
	// maxColumns bounds the columns of a line; practice software has up to 150.
	maxColumns = 256
	// maxFieldBytes bounds any field, also of a column that is not imported. The
	// longest notes are far below; what is above is a quote that was left open.
	maxFieldBytes = 64 << 10
	// keptBytes is how much of a field is kept to look at: more than twice the
	// longest name in the widest characters.
	keptBytes = 1 << 10
	// maxErrors bounds the errors that are kept; the others are counted. Nobody
	// mends a thousand lines by hand.
	maxErrors = 1000
	// maxShownRunes bounds a text of the file as it is shown: a line of a list.
	maxShownRunes = 60
	// textHeadRunes is how much of a file is looked at to tell text from something else.
	textHeadRunes = 1 << 10

	// What the store refuses (app/store/limits.go), so that a line is told
	// before it is stored. A test holds the two together.
	maxNameRunes       = 120
	maxFileNumberRunes = 40
	maxAgeYears        = 130
	// dayAhead, in hours: a day has begun somewhere on earth up to this long
	// before it has in UTC.
	dayAhead = 14

	// minYear and maxYear: what RFC 3339 and a date of ten characters can hold.
	minYear = 1
	maxYear = 9999

	// maxDossiers bounds the patients of a file for another room, as maxLines bounds
	// those of a table.
	maxDossiers = 250_000
	// maxPresets bounds the presets of one patient in such a file; the most that a
	// practice keeps of one are a few dozen.
	maxPresets = 1000
	// maxDossierBytes bounds a patient with presets in such a file: so many presets,
	// with the longest names that anybody has.
	maxDossierBytes = 1 << 20
	// maxDossiersBytes bounds the whole of it: a hundred thousand patients with three
	// presets each take 130 MB.
	maxDossiersBytes = 512 << 20
	// maxKeyBytes bounds the library's keys, as in the store.
	maxKeyBytes = 64
	// maxProgramRunes bounds the name and version of the program that wrote a file.
	maxProgramRunes = 128
	// idLen is the length of the store's ids.
	idLen = 26

	// jsonVersion is the version of the JSON files. A field that is taken away or
	// changes its meaning raises it; a new field does not.
	jsonVersion = 1
)
