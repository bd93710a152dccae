package audit

// Every bound of the package, with its reason. What the store takes for a name,
// a key or a word fits here too: an act that may be done can be told.
const (
	// MaxNameRunes bounds an operator's name, as in the store.
	MaxNameRunes = 120
	// MaxIDBytes bounds ids; the store's have 26.
	MaxIDBytes = 64
	// MaxSubjectRunes bounds what a subject is called: an id, a pen's serial
	// number, a backup's file name.
	MaxSubjectRunes = 128
	// MaxFieldBytes bounds the name of a field, as the store bounds keys.
	MaxFieldBytes = 64
	// MaxTextRunes bounds a text as a value, as the store bounds an alarm's.
	MaxTextRunes = 512
	// MaxWhyRunes bounds a reason: two or three sentences, all of them on the
	// page and in the export.
	MaxWhyRunes = 512
	// MaxChanges bounds the fields in one entry; no record that a person edits has
	// half as many.
	MaxChanges = 64
	// MaxChangesBytes bounds encoded changes for Private. All fields of a patient
	// take about 2 KiB.
	MaxChangesBytes = 64 << 10
	// sealRoom is what a seal may add: nonce, tag, format, key id; far above the
	// 40 bytes or so that it takes.
	sealRoom = 1 << 10
	// MaxPrivateBytes bounds Private: changes and their seal.
	MaxPrivateBytes = MaxChangesBytes + sealRoom
	// MaxEntryBytes bounds an encoded entry. With its seal it stays far below the
	// largest value that the store takes (1 MiB).
	MaxEntryBytes = 256 << 10
	// MaxSealedBytes bounds an entry with its seal.
	MaxSealedBytes = MaxEntryBytes + sealRoom
	// MaxStoreIDBytes bounds a store's id.
	MaxStoreIDBytes = 128

	// MaxKnown bounds heads from outside in one verification: a report and an
	// entry of the pen's log for each of 20 treatments a day in two years.
	MaxKnown = 32 << 10
	// MaxWhereRunes bounds where a head was written down.
	MaxWhereRunes = 128
	// MaxFindings bounds the findings that are kept, and what a verification
	// remembers to make them: no person reads more, and a chain that is wrong
	// everywhere takes no more memory than one that is right. Two more are kept for
	// what heads from outside show.
	MaxFindings = 256
	// maxErrorRunes bounds the text of somebody else's error in a finding.
	maxErrorRunes = 200
)
