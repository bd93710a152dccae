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
//   - the key slots (SlotsName): JSON with one slot for each operator, an X25519 pair
//     whose private half is wrapped by what argon2id makes of the passphrase; the
//     clinic key, and for clinicians the patient key, are encrypted to the public
//     half with age. One more is for the recovery code, an age X25519 identity.
//     Sign-in names are public in it; nothing else about a person is.
//   - the patients' keys (PatientsName): one record of fixed size for each patient,
//     appended and synced before the first value of a patient is written. The record
//     of one who was erased says so under the patient key: a key that is missing or
//     does not open is damage.
//
// Both are replaced whole, under a temporary name first, wherever something goes
// out of them. An empty file beside the slots is locked while they change, so that of two
// processes none loses what the other wrote. What the disk itself keeps of a replaced file
// is the disk's: full-disk encryption is what helps against that.
//
// A passphrase that is set at the sign-in, before there is an audit chain to tell it, is
// marked in the slots by the same write (Untold), until the chain tells it. That helps
// against a crash between the two. It does not against tampering: whoever can write the
// folder can take the mark out, or put the file back as it was, before the next sign-in.
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
// # Lent passphrases
//
// Who takes somebody up chooses their first passphrase, and knows it. Such a slot says so
// (Person.Lent), bound to what the passphrase wraps, and the program lets nobody work by it:
// its owner sets one of their own first. Against who copies the file before that and opens
// the slot without the program, nothing helps but that the owner types the first one, too.
//
// # Re-key
//
// Who is removed may have kept every key that they were given, and a copy of the files.
// So a removal wants new keys, of whatever kind the slot was: one kind of re-key is
// easier to trust than two. Keys, and what is sealed with them, have a generation, which
// counts up from 1. BeginRekey puts new keys into all slots and gives each patient a new
// key of their own, without anybody's passphrase. From then on all is sealed with the
// new ones, and both generations open. When the store has sealed its values anew,
// EndRekey drops the former ones.
//
// Each step replaces the patients' keys first and the slots second, and the slots decide:
// at the beginning the new records wait for slots that open them, at the end nothing
// needs the old ones any more. So a crash at any moment leaves every value readable.
//
// Lasting values (Place.Lasting), which are the audit chain's, are sealed once and stay.
// Their keys are made of the generation's keys and open nothing else; those of former
// generations are kept in the slots file, sealed by the present ones. For a patient they
// work only with a secret of that patient, which stands beside the patient's own key and
// lasts as long: erasing the patient takes it, and with it what lasts, of all
// generations.
//
// That a re-key is wanted is no mark that somebody could take away. The file lists who
// was given the present keys (given), proven by each of them, and who is on the list and
// has no slot wants it. A list that is not proven wants it, too.
//
// New keys go to nobody but the public halves and the recovery code that both keys
// prove; who holds the clinic key alone can prove a slot for the clinic key alone. The
// passphrase wraps, with the private half, an anchor: enough to tell whether the slot's
// keys came of those that it was made with, so that nobody puts a store of their own
// making behind somebody's passphrase.
//
// What it does not protect against, all by somebody who can write the files: an older
// copy of the whole file that is put back before the re-key has begun brings the
// slot of who was removed back, which shows; who still knows the keys can put a slot or
// a list of their own into the file until then, since they can prove what the keys
// prove. Once it has begun, neither helps; but until it has ended, values that they seal
// with the former keys open. What was sealed before, and copies of it, such
// as backups, open by the old keys for good: a re-key is for what comes.
//
// # Promises
//
// A Vault may be used by several goroutines. Methods that change a file have synced
// it when they return nil, and have changed nothing when they return an error. The
// package starts no goroutine. Passphrases come as bytes that the caller wipes; keys
// are wiped by Close as far as the language lets one.
package vault
