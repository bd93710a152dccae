// Package audit says what an entry of the audit log tells, how entries are
// chained, and how a chain is judged.
//
// The one idea: each entry is proved by itself and tied to the one before. What
// is stored of it is
//
//	number (8 bytes, big endian) | head before (32) | head (32) | sealed entry
//
// under its number as key, where
//
//	head = HMAC-SHA256(key, label | number | head before | sealed entry)
//
// and the head before the first entry is made from the key and the store's id.
// Whoever has no key can make no value that holds, so a changed value shows by
// itself; and the next entry, which carries the head before it, shows whether
// something between them was taken out, put in or moved. Carrying the head
// before is what keeps the two apart: without it a lost entry would leave its
// neighbour unproved, and a chain would not pick up again right behind a change.
//
// # What it does not show by itself
//
// Whoever cuts entries off the end leaves a chain that holds, and so does who has
// the key and writes everything anew. Both show against heads that were written
// down elsewhere: on a report, in a backup, in the pen's log ([Known]).
//
// # Over sealed bytes
//
// The chain runs over what the store's sealer made of an entry, so that it is
// judged without opening any. Hence sealed bytes are written once: a migration
// leaves them as they are (an entry carries the version of its own form, and its
// place should be sealed under a schema number that stays), and a re-key changes
// none: the chain's key is sealed anew and stays the same, entries from then on are
// sealed with new keys, and the keys of the older ones are kept for them alone. An entry
// under former keys behind one under newer ones is not the store's: whoever verifies says
// so through [Options]. Who was removed with the chain's key and writes older entries
// anew is found as anybody who has the key, by heads that were written down elsewhere.
//
// # Patients
//
// An entry is read by everybody who has the clinic's key, and lasts. So it
// carries nothing about a patient but an opaque id: what was changed in a
// patient's data, and any reason that tells about the patient, is encoded by
// [EncodeChanges], sealed by the store under a key that needs a secret of that
// patient, and carried in [Entry.Private]. A re-key keeps the secret; erasing the
// patient drops it: the bytes stay, are never read again, and the chain holds.
//
// # Errors
//
// Errors state each decision that a caller can take, and have Code() string with
// a stable word as those of the store. What is wrong with a chain is no error: it
// is a [Report].
//
// Everything is pure: no clock, no I/O, no goroutine, no state. Nothing is merged,
// clamped or completed; nothing here panics on what it is given.
package audit
