// Package backup copies a practice's store to another place and back.
//
// The one idea: a backup can be carried by somebody who may not read it. What is in
// it is sealed as it is in the data folder; the whole is encrypted with age once more,
// for the recovery code and for an identity that the practice keeps in its store; and
// of the key slots only those of senior clinicians and of the recovery code still
// open patients.
//
// # The file
//
// An age file, inside it a tar with these members in this order, and no others:
//
//	manifest.json    what the backup is of: see Manifest
//	stipple.slots    the key slots
//	stipple.db       the store at one moment
//	stipple.patients the patients' keys, copied after that moment, so that no patient
//	                 of the store lacks a key
//	hashes.json      size in bytes and SHA-256 of each member before it
//
// A backup that is made while a re-key is going on holds both generations of keys, and a
// restored store goes on with it. One from before a re-key opens with the slots inside it
// and the recovery code as ever, but no keys of the running store open its values: it
// can be restored, not drilled. The practice's identity stays the same: who was removed
// and kept it gets at the sealed files inside, as who takes the laptop does.
//
// age proves that nothing was changed by somebody without a key; it does not prove who
// made the file, since its recipients are no secret. The audit chain's head does: a
// drill holds the backup against the keys of the practice, and a head that was
// printed can be held against a restored store.
//
// A backup from before an erasure brings the patient back, and the erasure has to be
// repeated in the restored store (GDPR article 17). A report lists whom, where the running
// store is at hand.
//
// # Promises
//
// Write copies while others write to the store. It leaves a whole, synced file or, on
// any error, nothing, and never touches an earlier one. Restore fills a folder that is
// new or empty with a whole store or, on any error, leaves nothing in it. A folder that
// a process was killed over may be left under a name with ".new-" in it.
//
// Contexts are looked at between chunks. While Write copies the store, one goroutine
// hashes and one writes to the disk, a chunk at a time; they end with Write. Where the
// disk never takes a chunk and the context ends, Write lets go of the store, and the
// second ends when the system lets go of it. Nothing else here starts any.
package backup
