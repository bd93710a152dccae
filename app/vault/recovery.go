package vault

import (
	"bytes"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"io"
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
	Keys      []byte `json:"keys"`      // both keys, in an age file
	// What proves that the recipient is the one of the set-up: anybody can write the
	// file, and backups would go to whom they please. With each key, since not
	// everybody holds the patient key, and fewer can forge what it proves.
	ClinicProof   []byte `json:"clinic_proof"`
	PatientsProof []byte `json:"patients_proof"`
}

// proof is made with one of the keys of a store.
func (r recovery) proof(store string, key []byte) ([]byte, error) {
	k, err := hkdf.Key(sha256.New, key, nil, "stipple recovery recipient", keyLen)
	if err != nil {
		return nil, fmt.Errorf("derive a key: %w", err)
	}
	defer clear(k)
	mac := hmac.New(sha256.New, k)
	_, _ = fmt.Fprintf(mac, "%s\x00%s\x00%s", store, r.Recipient, r.Keys) // never fails
	return mac.Sum(nil), nil
}

// proven is the recipient, where the keys that somebody holds prove it; else "".
func (r *recovery) proven(store string, k keys) string {
	if r == nil {
		return ""
	}
	proves := func(key, proof []byte) bool {
		want, err := r.proof(store, key)
		return err == nil && hmac.Equal(want, proof)
	}
	if !proves(k.clinic, r.ClinicProof) || k.patients != nil && !proves(k.patients, r.PatientsProof) {
		return ""
	}
	return r.Recipient
}

// newRecovery wraps both keys of a store for the identity of a code.
func newRecovery(code, store string, k keys) (recovery, error) {
	id, err := age.ParseX25519Identity(TidyCode(code))
	if err != nil {
		return recovery{}, ErrWrongCode
	}
	var out bytes.Buffer
	w, err := age.Encrypt(&out, id.Recipient())
	if err != nil {
		return recovery{}, err
	}
	for _, key := range [...][]byte{k.clinic, k.patients} {
		if _, err := w.Write(key); err != nil {
			return recovery{}, err
		}
	}
	if err := w.Close(); err != nil {
		return recovery{}, err
	}
	r := recovery{Recipient: id.Recipient().String(), Keys: out.Bytes()}
	if r.ClinicProof, err = r.proof(store, k.clinic); err == nil {
		r.PatientsProof, err = r.proof(store, k.patients)
	}
	return r, err
}

// open unwraps both keys. ErrWrongCode.
func (r recovery) open(code string) (keys, error) {
	id, err := age.ParseX25519Identity(TidyCode(code))
	if err != nil {
		return keys{}, ErrWrongCode
	}
	if r.Recipient != id.Recipient().String() {
		if _, err := age.Decrypt(bytes.NewReader(r.Keys), id); err == nil {
			return keys{}, damaged("the recovery code's recipient was changed")
		}
		return keys{}, ErrWrongCode
	}
	in, err := age.Decrypt(bytes.NewReader(r.Keys), id)
	if err != nil {
		return keys{}, ErrWrongCode
	}
	both, err := io.ReadAll(io.LimitReader(in, 2*keyLen+1))
	if err != nil || len(both) != 2*keyLen {
		return keys{}, damaged("the recovery code's keys")
	}
	return keys{clinic: both[:keyLen:keyLen], patients: both[keyLen:]}, nil
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
