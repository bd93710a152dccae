// Package exchange reads patients from the CSV files of practice software, writes
// patients, presets, treatments, safety records and the audit chain as CSV and JSON, and
// takes patients with their presets from one room to another.
//
// The one idea: a file is a stranger. Nothing that it says is completed, mended
// or guessed in silence, and nothing of it is half taken. ReadPatients therefore
// stores nothing; it makes a Preview, which says how the file was read, what
// each column was taken for, what each line comes to and what is wrong with it.
// A row has a patient only if the line is good; whether the others may be left
// out is package console's to ask. A patient that is in the store already is never
// new: the preview shows whether the file says the same, or where it differs.
//
// # How a file is read
//
// Encoding: a byte order mark decides (UTF-8, UTF-16 either way). Without one a
// file is UTF-8 if its bytes are, and Windows-1252 if they are not; the preview
// says so (Dialect.EncodingGuessed). A file that is UTF-8 but for a few damaged
// characters stays UTF-8, and those fields are errors: read as Windows-1252, all
// its other names would come out wrong.
//
// Delimiter: comma, semicolon or tab, the one under which the header is best
// understood; a first line "sep=;" is obeyed. Quotes are doubled inside quotes.
//
// Columns: by the header's names in English, German, French, Spanish and
// Portuguese, compared without case, accents and signs; or by the caller.
// "Name", "Nom", "Nombre" and "Nome" alone may be a whole name; they count only
// beside a column for the other half.
//
// Dates: year first, or day.month.year, or with slashes or hyphens in either
// order. One date that fits only one order settles a column. Where all fit both
// ways the preview asks (NeedDateOrder). Where some fit only the one and some
// only the other, those that fit both are errors, each on its line. Years have
// four digits.
//
// Sex: "M" is refused in a column that has "H" as well, where it may be "mujer".
//
// # The guard
//
// A spreadsheet takes a cell for a formula if it begins with = + - @, also
// behind blanks, quotes and characters without width, and in full width. In a
// CSV file that WriteCSV writes, such a text has an apostrophe in front, and so
// has each part of a text behind a comma, a semicolon, a tab or a line end,
// where a spreadsheet with another delimiter would begin a cell. The reader
// takes one apostrophe away where, and only where, the rest would have been
// guarded. Both ways together change no text: an apostrophe counts among the
// quotes that a formula may hide behind, so that a text that looks guarded
// already gets a second one. Numbers and times that this package writes itself
// have no guard; -5 stays a number. The guard is about formulas alone: that a
// spreadsheet drops the zeros of 00123 when it opens a file is not its matter.
//
// JSON has no guard. A JSON text is a text for whoever reads it; an apostrophe
// would be one that the record does not have.
//
// # From room to room
//
// WriteDossiers writes a line that says what follows, and a line of JSON for each
// patient with presets; the caller seals it. ReadDossiers takes it back byte for byte
// as it would have been written, or refuses all of it and names the place. Compare
// holds it against what a store has: by id, then by file number, then by name and birth
// date. It decides nothing: clinical.Match says what each decision would write, and
// that two people with one file number never become one.
//
// # Promises
//
// A file is held in memory once, in pieces, while ReadPatients runs; what comes
// back holds no part of it. All bounds are in limits.go. Any text that the
// preview shows of a file is bounded and has its control characters, and all
// others that can't be seen, written out as <U+000A>. Nothing panics on a file.
//
// Everything is pure: no clock, no file, no store, no goroutine, no state. Times
// are written as RFC 3339 in UTC.
//
// # Never
//
// It never opens, names or removes a file. It never makes an id. From a table it never
// takes one: an id in it is shown as not imported. It never seals: keys are package
// vault's.
package exchange
