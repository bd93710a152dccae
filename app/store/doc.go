// Package store keeps what a practice must not lose: patients, their presets,
// treatment records, operators and the program's settings, in one bbolt file.
//
// The one idea: a record is written once. A change of a patient, a preset, an
// operator or the head of a treatment is a new revision under the same id; the
// older ones stay and can be read. Pulses and alarms of a treatment are keys of
// their own under it, so that a treatment of a thousand pulses is never
// rewritten for the next one. A record that has ended refuses every change.
//
// # Promises
//
// A method that writes has synced the file when it returns nil; BeginTreatment
// may therefore stand before an ARM that leaves for the pen. A method that
// returns an error has written nothing, with the exceptions that AppendPulses and
// ImportPatients document. Contexts are looked at before a write begins, and by
// ImportPatients between patients: an answer of context.Canceled means that nothing
// of the transaction was written.
//
// All methods may be called from any goroutine. Reads run beside each other and
// beside a write; writes wait for each other. The package starts no goroutine of
// its own that outlives a call, save that closing a damaged file is watched for a
// moment: opening has the patients read by several, and waits for them. The caller
// who opened a Store closes it. The newest revision of each patient is also held
// in memory, ordered by last use, so that a search as somebody types reads no disk.
//
// Times come from Options.Now and are stored and returned in UTC. Ids come from
// Options.Now and Options.Rand.
//
// # Values
//
// Each value passes through one seam, the Sealer (package vault), together with its
// place: bucket, key and schema version. A value that is moved to another place, or
// that carries a flipped bit, does not open. All that belongs to a patient is sealed
// with the patient's own key, all else with the practice's: a sign-in without the
// patient key can't open the first, and its store has no patients. A value that is
// sealed for another than its place is for is damage. Keys are ids,
// numbers and names of settings; they carry nothing about a person.
//
// A value also names the generation of its keys. While a re-key goes on (Rekey), values
// of two generations stand side by side.
//
// # Erasing
//
// ErasePatient takes a patient and all of theirs out of the file, drops the patient's
// key, and writes the file anew. A crash leaves nothing done, or an erasure that the next
// opening finishes: the write that takes the patient out is the first step, and says in
// the file, sealed for the patient, that the key has to go; only then the key does, which
// can't be taken back; and the mark of a file that has to be written anew goes with the
// old file.
//
// What stays is a SafetyRecord of each treatment, sealed for the practice: pen, tip, day,
// indication, zone, skin type, settings and limits, counts and sums of the pulses, alarms
// and outcome. It has no name, number, birth date, sex, text that somebody typed, operator
// or time of the day, nor an id of patient, treatment, preset or arming. Those of one
// person stand together under a pseudonym of random bits, which is written nowhere else.
// It is a pseudonym and no more: whoever has the appointments of the day, or the audit
// chain with its opaque ids and times, may tell which treatment of the day with that pen
// it was, as long as there was one.
//
// The audit chain keeps the opaque id and what was done; what its entries tell of the
// patient is sealed with the key that was dropped. Backups from before hold the key, and
// are not the store's: package backup says which.
//
// # Errors
//
// Sentinels and typed errors of errors.go state each decision that a caller can
// take. Each has a method Code() string with a stable word, so that packages
// that may not import this one can still tell them apart.
//
// # Never
//
// It never merges, clamps or completes what it is given; never skips a sync;
// never touches a file that a newer program wrote; never migrates without a
// backup beside the file; and never panics on what it finds in a file.
package store
