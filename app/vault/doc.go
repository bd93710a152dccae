// Package vault keeps the keys of a store: it seals and opens its values, and
// decides who can.
//
// The one idea: there are two keys. The clinic key seals what belongs to the
// practice: operators, settings, calibrations, the audit chain. The patient key
// seals nothing itself; it wraps one key for each patient, and that seals all of
// the patient. Whoever holds only the clinic key, such as a technician, can't open
// a patient, in the program or outside, and a patient whose key is dropped is
// gone, also from pages that the file has freed.
//
// # Files
//
// Two small files lie beside the store, so that neither a passphrase that was
// changed nor a patient who was erased stays behind in a freed page of it:
//
//   - the key slots (SlotsName): JSON with one slot for each operator, which holds
//     the clinic key, and for clinicians the patient key, wrapped by what argon2id
//     makes of the passphrase; and one for the recovery code, an age X25519
//     identity. Sign-in names are public in it; nothing else about a person is.
//     Both keys prove the recipient of backups in it; the rest is proven by opening.
//   - the patients' keys (PatientsName): one record of fixed size for each patient,
//     appended and synced before the first value of a patient is written. The record
//     of one who was erased says so under the patient key: a key that is missing or
//     does not open is damage.
//
// Both are replaced whole, under a temporary name first, wherever something goes
// out of them. An empty file beside the slots is locked while they change, so that of two
// processes none loses what the other wrote. What the disk itself keeps of a replaced file is the disk's: full-disk
// encryption is what helps against that.
//
// # Sealing
//
// XChaCha20-Poly1305 (RFC 8439 with 24-byte nonces, which may be random), with the
// value's place as associated data: bucket, key, schema version and owner. A value
// that is moved, swapped, aged or changed does not open.
//
// Whose a value has to be at its place, the store asks (Owner): whoever holds the clinic
// key can seal values of the practice for any place.
//
// # What a folder can't prove
//
// Whoever can write the whole folder can put another store with other keys into its
// place, or one that is open to all. No file in it can tell, since that file is replaced
// with the rest. What stands elsewhere can: the program remembers outside the folder
// where somebody has signed in and does not open such a folder without; a store that is
// open to all is one for training, and the window says so all the time; and the head of
// the audit chain is on reports, in backups and in the pen's log.
//
// # Files for another room
//
// A file that leaves for another store is an age file with a scrypt recipient: its code
// is made for it, stands nowhere else, and is too long to guess. How much work a file
// may ask for before its code is known to fit is bounded.
//
// # Promises
//
// A Vault may be used by several goroutines. Methods that change a file have synced
// it when they return nil, and have changed nothing when they return an error. The
// package starts no goroutine. Passphrases come as bytes that the caller wipes; keys
// are wiped by Close as far as the language lets one.
package vault
