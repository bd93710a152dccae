package vault

import "fmt"

// sentinel is an error that stands for one decision of a caller.
type sentinel struct{ code, text string }

func (e *sentinel) Error() string { return e.text }

// Code is the stable word for the decision.
func (e *sentinel) Code() string { return e.code }

// What can go wrong.
var (
	// ErrWrong: no such sign-in name, or not its passphrase: which of the two is not
	// told. Code "wrong_passphrase".
	ErrWrong error = &sentinel{"wrong_passphrase", "sign-in name and passphrase don't fit"}
	// ErrWrongCode: not the recovery code of this store. Code "wrong_code".
	ErrWrongCode error = &sentinel{"wrong_code", "not the recovery code of this store"}
	// ErrWeak: the passphrase is too short, too long or too plain. Code "weak_passphrase".
	ErrWeak error = &sentinel{"weak_passphrase", "the passphrase is too easy to guess"}
	// ErrNotOwn: it is the passphrase that somebody else has set. Code "not_own".
	ErrNotOwn error = &sentinel{"not_own", "the passphrase is the one that somebody else has set"}
	// ErrName: a sign-in name that is empty, too long, or has characters that can't be
	// told apart. Code "bad_sign_in".
	ErrName error = &sentinel{"bad_sign_in", "the sign-in name can't be used"}
	// ErrTaken: another slot has the sign-in name. Code "sign_in_taken".
	ErrTaken error = &sentinel{"sign_in_taken", "the sign-in name is taken"}
	// ErrNoSlot: nobody signs in by that id. Code "no_slot".
	ErrNoSlot error = &sentinel{"no_slot", "nobody signs in by that id"}
	// ErrLast: the last slot that holds the patient key can't go. Code "last_slot".
	ErrLast error = &sentinel{"last_slot", "nobody else can open the patients"}
	// ErrNoPatientKey: the value is a patient's, and this sign-in holds the clinic key
	// only. Code "no_patient_key".
	ErrNoPatientKey error = &sentinel{"no_patient_key", "this sign-in can't open patients"}
	// ErrErased: the patient's key was dropped. Code "erased".
	ErrErased error = &sentinel{"erased", "the patient was erased"}
	// ErrSealBroken: the value was changed, or is not at its place. Code "seal_broken".
	ErrSealBroken error = &sentinel{"seal_broken", "the value does not fit its place or was changed"}
	// ErrDamaged: a file of keys is missing, or is not one. Code "keys_damaged".
	ErrDamaged error = &sentinel{"keys_damaged", "the files of keys are damaged"}
	// ErrNewer: a newer program wrote the file of keys. Code "newer".
	ErrNewer error = &sentinel{"newer", "the files of keys were written by a newer Stipple"}
	// ErrChanged: another process wrote the file of the key slots at the same time, or
	// set the store up anew; nothing was written. Code "slots_changed".
	ErrChanged error = &sentinel{"slots_changed", "the key slots were changed elsewhere"}
	// ErrReplaced: the keys were replaced by a re-key since; the recovery code and the
	// slots of that time open it. Code "keys_replaced".
	ErrReplaced error = &sentinel{"keys_replaced", "a re-key has replaced these keys since"}
	// ErrClosed: the vault was closed. Code "closed".
	ErrClosed error = &sentinel{"closed", "the keys are locked"}
)

// damaged wraps ErrDamaged with what was found.
func damaged(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrDamaged, fmt.Errorf(format, args...))
}
