package vault

import (
	"fmt"

	"stipple/app/coded"
)

// What can go wrong.
var (
	// ErrWrong: no such sign-in name, or not its passphrase: which of the two is not
	// told. Code "wrong_passphrase".
	ErrWrong = coded.New("wrong_passphrase", "sign-in name and passphrase don't fit")
	// ErrWrongCode: not the recovery code of this store. Code "wrong_code".
	ErrWrongCode = coded.New("wrong_code", "not the recovery code of this store")
	// ErrWeak: the passphrase is too short, too long or too plain. Code "weak_passphrase".
	ErrWeak = coded.New("weak_passphrase", "the passphrase is too easy to guess")
	// ErrNotOwn: it is the passphrase that somebody else has set. Code "not_own".
	ErrNotOwn = coded.New("not_own", "the passphrase is the one that somebody else has set")
	// ErrName: a sign-in name that is empty, too long, or has characters that can't be
	// told apart. Code "bad_sign_in".
	ErrName = coded.New("bad_sign_in", "the sign-in name can't be used")
	// ErrTaken: another slot has the sign-in name. Code "sign_in_taken".
	ErrTaken = coded.New("sign_in_taken", "the sign-in name is taken")
	// ErrFull: as many can sign in as a store takes. Code "slots_full".
	ErrFull = coded.New("slots_full", "no more can sign in")
	// ErrNoSlot: nobody signs in by that id. Code "no_slot".
	ErrNoSlot = coded.New("no_slot", "nobody signs in by that id")
	// ErrLast: the last slot that holds the patient key can't go. Code "last_slot".
	ErrLast = coded.New("last_slot", "nobody else can open the patients")
	// ErrNoPatientKey: the value is a patient's, and this sign-in holds the clinic key
	// only. Code "no_patient_key".
	ErrNoPatientKey = coded.New("no_patient_key", "this sign-in can't open patients")
	// ErrErased: the patient's key was dropped. Code "erased".
	ErrErased = coded.New("erased", "the patient was erased")
	// ErrSealBroken: the value was changed, or is not at its place. Code "seal_broken".
	ErrSealBroken = coded.New("seal_broken", "the value does not fit its place or was changed")
	// ErrDamaged: a file of keys is missing, or is not one. Code "keys_damaged".
	ErrDamaged = coded.New("keys_damaged", "the files of keys are damaged")
	// ErrNewer: a newer program wrote the file of keys. Code "newer".
	ErrNewer = coded.New("newer", "the files of keys were written by a newer Stipple")
	// ErrChanged: another process wrote the file of the key slots at the same time, or
	// set the store up anew; nothing was written. Code "slots_changed".
	ErrChanged = coded.New("slots_changed", "the key slots were changed elsewhere")
	// ErrReplaced: the keys were replaced by a re-key since; the recovery code and the
	// slots of that time open it. Code "keys_replaced".
	ErrReplaced = coded.New("keys_replaced", "a re-key has replaced these keys since")
	// ErrClosed: the vault was closed. Code "closed".
	ErrClosed = coded.New("closed", "the keys are locked")
)

// damaged wraps ErrDamaged with what was found.
func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrDamaged, fmt.Errorf(format, args...))
}
