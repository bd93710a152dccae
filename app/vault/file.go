package vault

import (
	"bufio"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"filippo.io/age"

	"stipple/app/coded"
)

// FileCodeLen is how many characters the code of a file for another room has: 100
// random bits, which nobody guesses and one can still type.
const FileCodeLen = 20

// fileCodeAlphabet leaves out I, L, O and U, which people misread.
const fileCodeAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// What can go wrong with a file for another room.
var (
	// ErrNotSealedFile: it is no file that EncryptFile made, or asks for more work than
	// any of those. Code "not_sealed_file".
	ErrNotSealedFile = coded.New("not_sealed_file", "the file is none that was made for another room")
	// ErrFileCode: not the code of this file. Code "file_code".
	ErrFileCode = coded.New("file_code", "not the code of this file")
	// ErrFileDamaged: the file was changed, or is cut off. Code "file_damaged".
	ErrFileDamaged = coded.New("file_damaged", "the file was changed or is not whole")
)

// NewFileCode makes the code of one file.
func NewFileCode() (string, error) {
	raw := make([]byte, FileCodeLen)
	if _, err := io.ReadFull(rand.Reader, raw); err != nil {
		return "", fmt.Errorf("make a file's code: %w", err)
	}
	for i, b := range raw {
		raw[i] = fileCodeAlphabet[int(b)%len(fileCodeAlphabet)] // 32 divides 256
	}
	return string(raw), nil
}

// tidyFileCode is a code as it was made, of what a person typed.
func tidyFileCode(typed string) string {
	return strings.Map(func(r rune) rune {
		switch r = unicode.ToUpper(r); {
		case r == 'O':
			return '0'
		case r == 'I', r == 'L':
			return '1'
		case strings.ContainsRune(fileCodeAlphabet, r):
			return r
		}
		return -1
	}, typed)
}

// EncryptFile makes an age file on w that opens with a code alone. It must be closed.
func EncryptFile(w io.Writer, code string) (io.WriteCloser, error) {
	return encryptFile(w, code, fileWork)
}

func encryptFile(w io.Writer, code string, work int) (io.WriteCloser, error) {
	to, err := age.NewScryptRecipient(tidyFileCode(code))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFileCode, err)
	}
	to.SetWorkFactor(work)
	return age.Encrypt(w, to)
}

// DecryptFile reads what EncryptFile made. It takes up to a second and 256 MiB to find
// out whether the code fits: a file that asks for more is refused before. Reading
// gives ErrFileDamaged where the file was changed or cut off.
//
// Errors: ErrNotSealedFile; ErrFileCode; r's own, wrapped.
func DecryptFile(r io.Reader, code string) (io.Reader, error) {
	id, err := age.NewScryptIdentity(tidyFileCode(code))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFileCode, err)
	}
	id.SetMaxWorkFactor(maxFileWork)
	source := &failing{from: r}
	in := bufio.NewReader(source)
	if head, err := in.Peek(len(ageMagic)); string(head) != ageMagic {
		return nil, errors.Join(source.err, fmt.Errorf("%w: %w", ErrNotSealedFile, err))
	}
	plain, err := age.Decrypt(in, id)
	var none *age.NoIdentityMatchError
	switch {
	case err == nil:
		return &openedFile{plain, source}, nil
	case source.err != nil:
		return nil, source.err
	case errors.As(err, &none) && slices.Contains(none.StanzaTypes, "scrypt"):
		return nil, fmt.Errorf("%w: %w", ErrFileCode, err)
	}
	return nil, fmt.Errorf("%w: %w", ErrNotSealedFile, err)
}

// ageMagic is how every age file begins.
const ageMagic = "age-encryption.org/v1\n"

// failing remembers the disk's error, which is none of the file's content.
type failing struct {
	from io.Reader
	err  error
}

func (f *failing) Read(p []byte) (int, error) {
	n, err := f.from.Read(p)
	if err != nil && err != io.EOF {
		f.err = fmt.Errorf("read the file: %w", err)
	}
	return n, err
}

// openedFile tells what is wrong with the file from what is wrong with the disk.
type openedFile struct {
	plain  io.Reader
	source *failing
}

func (o *openedFile) Read(p []byte) (int, error) {
	n, err := o.plain.Read(p)
	switch {
	case err == nil, err == io.EOF:
	case o.source.err != nil:
		err = o.source.err
	default:
		err = fmt.Errorf("%w: %w", ErrFileDamaged, err)
	}
	return n, err
}
