package vault

import (
	"crypto/cipher"
	"runtime"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/crypto/chacha20poly1305"
)

// KDF is the work of one try of a passphrase: the parameters of argon2id (RFC 9106).
// The zero value is none.
type KDF struct {
	Time    uint32 `json:"time"`       // passes
	Memory  uint32 `json:"memory_kib"` // KiB
	Threads uint8  `json:"threads"`    // lanes
}

// valid bounds what a file may ask for.
func (k KDF) valid() bool {
	return k.Time >= 1 && k.Time <= maxTime && k.Threads >= 1 && k.Threads <= maxLanes &&
		k.Memory >= 8*uint32(k.Threads) && k.Memory <= maxMemory
}

// Tune finds the work that takes about a quarter of a second on this computer. It
// takes about half a second.
func Tune() KDF {
	k := KDF{Time: 1, Memory: tuneMemory, Threads: uint8(min(tuneThreads, runtime.NumCPU()))}
	begun := time.Now()
	k.key([]byte("passphrase"), make([]byte, saltLen))
	one := max(time.Since(begun), time.Millisecond)
	k.Time = uint32(min(max(int64(tuneTo/one), 1), maxTime))
	return k
}

func (k KDF) key(passphrase, salt []byte) []byte {
	return argon2.IDKey(passphrase, salt, k.Time, k.Memory, k.Threads, keyLen)
}

// box is what wraps keys by a passphrase.
func (k KDF) box(passphrase, salt []byte) (cipher.AEAD, error) {
	key := k.key(passphrase, salt)
	defer clear(key)
	return chacha20poly1305.NewX(key)
}

// CheckPassphrase says whether a passphrase may be set for a sign-in name. ErrWeak:
// it has fewer than 10 characters or more than 1,024 bytes, or it is little more than
// one character or the sign-in name.
func CheckPassphrase(signIn string, passphrase []byte) error {
	if len(passphrase) > maxPassphraseBytes || !utf8.Valid(passphrase) {
		return ErrWeak
	}
	runes := []rune(strings.ToLower(string(passphrase)))
	distinct := slices.Clone(runes)
	slices.Sort(distinct)
	without := strings.ReplaceAll(string(runes), SignInName(signIn), "")
	switch {
	case len(runes) < minPassphraseRunes, len(slices.Compact(distinct)) < minDistinct:
		return ErrWeak
	case signIn != "" && utf8.RuneCountInString(without) < min(minBesideName, len(runes)) && len(without) < len(string(runes)):
		return ErrWeak
	}
	return nil
}

// SignInName is a sign-in name as two are compared: lower case, without spaces
// around it.
func SignInName(typed string) string { return strings.ToLower(strings.TrimSpace(typed)) }

// CheckSignInName says whether a sign-in name may be used: ErrName unless it has 1 to
// 40 letters, digits, dots, hyphens and underscores.
func CheckSignInName(typed string) error {
	name := SignInName(typed)
	if name == "" || utf8.RuneCountInString(name) > maxSignInRunes || !utf8.ValidString(name) {
		return ErrName
	}
	for _, r := range name {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(".-_", r) {
			return ErrName
		}
	}
	return nil
}
