package vault

import (
	"errors"
	"io"
	"slices"
	"strings"
	"unicode"

	"filippo.io/age"
)

// codePrefix is how an age X25519 identity begins.
const codePrefix = "AGE-SECRET-KEY-1"

// codeGroup is how many characters of a recovery code stand together on paper.
const codeGroup = 4

// NewRecoveryCode makes a recovery code: an age X25519 identity, as text.
func NewRecoveryCode() (string, error) {
	id, err := age.GenerateX25519Identity()
	if err != nil {
		return "", err
	}
	return id.String(), nil
}

// CodeGroups are the characters of a recovery code behind its beginning, which all
// have, as they stand on paper: in groups of four, the last one shorter.
func CodeGroups(code string) []string {
	rest := strings.TrimPrefix(code, codePrefix)
	var groups []string
	for len(rest) > codeGroup {
		groups, rest = append(groups, rest[:codeGroup]), rest[codeGroup:]
	}
	return append(groups, rest)
}

// TidyCode is a recovery code as it was made, of what a person typed: with or without
// its beginning, in groups or not, in either case.
func TidyCode(typed string) string {
	kept := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToUpper(r)
		}
		return -1
	}, typed)
	return codePrefix + strings.TrimPrefix(kept, strings.ReplaceAll(codePrefix, "-", ""))
}

// recovery is the slot of the recovery code.
type recovery struct {
	Recipient string `json:"recipient"` // age1…: backups go to it, too
	Keys      []byte `json:"keys"`      // both sides of the ring, in an age file
	// What proves that the recipient is the one of the set-up: anybody can write the
	// file, and backups would go to whom they please. With each key, since not
	// everybody holds the patient key, and fewer can forge what it proves.
	ClinicProof   []byte `json:"clinic_proof"`
	PatientsProof []byte `json:"patients_proof"`
}

// proven is the recipient, where the keys that somebody holds prove it; else "".
func (r *recovery) proven(store string, k keys) string {
	if r == nil {
		return ""
	}
	parts := r.parts(store)
	if !proves(k.clinic, r.ClinicProof, recoveryProof, parts...) || k.patients != nil && !proves(k.patients, r.PatientsProof, recoveryProof, parts...) {
		return ""
	}
	return r.Recipient
}

const recoveryProof = "stipple recovery recipient"

// parts are what is proven.
func (r recovery) parts(store string) [][]byte {
	return [][]byte{[]byte(store), []byte(r.Recipient), r.Keys}
}

// newRecovery encrypts both keys of a store for the identity of a code.
func newRecovery(code, store string, r ring) (recovery, error) {
	id, err := age.ParseX25519Identity(TidyCode(code))
	if err != nil {
		return recovery{}, ErrWrongCode
	}
	return recoveryFor(id.Recipient(), store, r)
}

// recoveryFor encrypts both keys of a store for a recipient, and proves it.
func recoveryFor(to *age.X25519Recipient, store string, r ring) (recovery, error) {
	clinic, patients := r.sides()
	both := slices.Concat(clinic, patients)
	defer clear(both)
	sealed, err := encryptTo(to, both)
	if err != nil {
		return recovery{}, err
	}
	out := recovery{Recipient: to.String(), Keys: sealed}
	if out.ClinicProof, err = proofBy(r.present.clinic, recoveryProof, out.parts(store)...); err == nil {
		out.PatientsProof, err = proofBy(r.present.patients, recoveryProof, out.parts(store)...)
	}
	return out, err
}

// open decrypts both keys. ErrWrongCode.
func (r recovery) open(code string) (ring, error) {
	id, err := age.ParseX25519Identity(TidyCode(code))
	if err != nil {
		return ring{}, ErrWrongCode
	}
	both, err := decryptSmall(id, r.Keys)
	if r.Recipient != id.Recipient().String() {
		if err == nil {
			return ring{}, damaged("the recovery code's recipient was changed")
		}
		return ring{}, ErrWrongCode
	}
	var none *age.NoIdentityMatchError
	switch {
	case errors.As(err, &none):
		return ring{}, ErrWrongCode
	case err != nil:
		return ring{}, damaged("the recovery code's keys")
	}
	return ringOf(both[:len(both)/2], both[len(both)/2:])
}

// Encrypt makes an age file for the recovery code of the store, on w. It must be
// closed. It takes that somebody has come in since the start, whose keys prove whom it
// goes to. ErrWrongCode for a training store, which has none; ErrDamaged where the
// recipient was changed in the file.
func (s *Slots) Encrypt(w io.Writer) (io.WriteCloser, error) {
	to := s.Recipient()
	if to == "" && !s.OpenToAll() {
		return nil, damaged("nothing proves whom the recovery code's slot names")
	}
	recipient, err := age.ParseX25519Recipient(to)
	if err != nil {
		return nil, ErrWrongCode
	}
	return age.Encrypt(w, recipient)
}

// Decrypt reads an age file that Encrypt made for a recovery code. ErrWrongCode;
// reading is an error where the file was changed or cut.
func Decrypt(r io.Reader, code string) (io.Reader, error) {
	id, err := age.ParseX25519Identity(TidyCode(code))
	if err != nil {
		return nil, ErrWrongCode
	}
	plain, err := age.Decrypt(r, id)
	if err != nil {
		return nil, ErrWrongCode
	}
	return plain, nil
}
