package vault

import (
	"bytes"
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
}

// newRecovery wraps both keys for the identity of a code.
func newRecovery(code string, k keys) (recovery, error) {
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
	return recovery{Recipient: id.Recipient().String(), Keys: out.Bytes()}, nil
}

// open unwraps both keys. ErrWrongCode.
func (r recovery) open(code string) (keys, error) {
	id, err := age.ParseX25519Identity(TidyCode(code))
	if err != nil {
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
// closed. ErrWrongCode for a training store, which has none.
func (s *Slots) Encrypt(w io.Writer) (io.WriteCloser, error) {
	recipient, err := age.ParseX25519Recipient(s.Recipient())
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
