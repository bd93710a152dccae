// Package vectors carries the golden vectors into programs: the tests of
// package protocol and of the simulated pen and the conformance suite read the
// same files. README.md says what is in them. It knows no message; the files
// are the same for an implementation in any language.
package vectors

import (
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"path"
	"strings"
)

// Files holds the vectors, a folder for each kind of case. It is never written
// to.
//
//go:embed message frame cobs descriptor hash calibration log firmware session lease judge
var Files embed.FS

// ErrVector is a file that is not what README.md says.
var ErrVector = errors.New("broken vector")

// Bytes are bytes that a file spells as lower-case hexadecimal.
type Bytes []byte

// UnmarshalText reads hexadecimal. It refuses upper case, so that a file has
// one form.
func (b *Bytes) UnmarshalText(text []byte) error {
	if strings.ToLower(string(text)) != string(text) {
		return errors.New("upper-case hexadecimal")
	}
	raw, err := hex.DecodeString(string(text))
	*b = raw
	return err
}

// MarshalText writes hexadecimal.
func (b Bytes) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(b)), nil }

// load reads every file of a folder in the order of the names.
func load[T any](folder string, parse func(name string, raw []byte) (T, error)) ([]T, error) {
	entries, err := Files.ReadDir(folder)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrVector, err)
	}
	var list []T
	for _, e := range entries {
		raw, err := Files.ReadFile(path.Join(folder, e.Name()))
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrVector, err)
		}
		v, err := parse(strings.TrimSuffix(e.Name(), ".json"), raw)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", folder, err)
		}
		list = append(list, v)
	}
	return list, nil
}

func refuse(name string, err error) error { return fmt.Errorf("%w: %s: %w", ErrVector, name, err) }
