package store

import "time"

// Every limit of the package, with its reason. They bound what is stored, so
// that a hostile or broken source can't fill the file; they are far above what
// a practice needs. Limits of a treatment are not here: they are the library's.
const (
	// lockWait is how long Open waits for another process to let go of the file.
	// bbolt waits for ever without one; a second start must say so within 2 s.
	lockWait = time.Second
	// relockWait is the second, shorter wait, after the first has shown that
	// nobody holds the file: only another start at the same moment can be met.
	relockWait = 500 * time.Millisecond
	// closeWait bounds closing a damaged file: a panic inside bbolt may have left
	// its writer's lock taken.
	closeWait = time.Second

	// fileMode and dirMode: patient data is the user's own.
	fileMode = 0o600
	dirMode  = 0o700

	// appendFill is how full bbolt leaves a page that it splits. Keys of pulses
	// and treatments grow at the end, where the default of one half wastes half.
	appendFill = 0.9

	// maxValueBytes bounds one sealed value; a treatment's head with a thousand
	// acts of applying settings is about 400 KiB.
	maxValueBytes = 1 << 20
	// maxNameRunes bounds a name of a person or preset; it also fits on a report.
	maxNameRunes = 120
	// maxFileNumberRunes bounds a practice's own number.
	maxFileNumberRunes = 40
	// maxKeyBytes bounds the library's keys and the names of settings.
	maxKeyBytes = 64
	// maxWordRunes bounds short texts from pen, tip and library: model, serial,
	// firmware, lot, version, hash, priority, result.
	maxWordRunes = 128
	// maxTextRunes bounds an alarm's text and figures.
	maxTextRunes = 512
	// maxAnswers bounds a screening: more than anybody asks before a treatment.
	maxAnswers = 200
	// maxNoteRunes bounds a note to an answer, so that both fit into a text of the audit.
	maxNoteRunes = 480
	// maxSettingBytes bounds one setting of the program.
	maxSettingBytes = 64 << 10
	// maxBatch bounds pulses or alarms in one call: a pen's whole ledger fits.
	maxBatch = 4096
	// storeNameBytes is the length of a store's random name: no two have the same.
	storeNameBytes = 16
	// verifyBatch is how many values Verify opens in one transaction: less than a
	// millisecond, so that neither a write that has to grow the file nor who wants the
	// processor waits longer. countBatch is how many are counted in that time.
	verifyBatch = 50
	countBatch  = 1000
	// importGroup is how many patients of another room go into one transaction: a few
	// milliseconds, so that the record of a treatment does not wait longer.
	importGroup = 50
	// maxRefused bounds the patients of a table that are named when it is refused: as
	// many as package exchange keeps errors, and more than anybody mends by hand.
	maxRefused = 1000
	// rekeyBatch and rekeyBytes are how many values, and about how many bytes of them, a
	// re-key seals anew in one transaction: some milliseconds, for which a write waits.
	rekeyBatch = 500
	rekeyBytes = 256 << 10
	// rekeyPasses is how often a re-key looks whether anything is left: before it begins,
	// after it went through all, and once more.
	rekeyPasses = 4
	// maxAgeYears: nobody on record has reached 123; an older birth date is a slip.
	maxAgeYears = 130
	// minFresh is how many words a search walks that are not in order yet: 4096 of
	// them, some 350 patients, take a few microseconds.
	minFresh = 4096
	// maxBuilders bounds how many goroutines read patients while a store opens: they
	// wait for each other where the keys are, so that more bring nothing.
	maxBuilders = 4
	// maxQueryRunes bounds what a search looks at; the rest is ignored.
	maxQueryRunes = 200
)
