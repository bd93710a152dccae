package vault

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"
)

// testWork takes no time.
const testWork = 2

func sealedFile(t *testing.T, code, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := encryptFile(&b, code, testWork)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func unseal(file []byte, code string) (string, error) {
	r, err := DecryptFile(bytes.NewReader(file), code)
	if err != nil {
		return "", err
	}
	plain, err := io.ReadAll(r)
	return string(plain), err
}

func TestFileForAnotherRoom(t *testing.T) {
	var b bytes.Buffer
	if w, err := EncryptFile(&b, "0123456789ABCDEFGHJK"); err != nil || w.Close() != nil || !bytes.Contains(b.Bytes(), fmt.Appendf(nil, " %d\n", fileWork)) {
		t.Error(err)
	}
	if _, err := unseal(b.Bytes(), "0123456789ABCDEFGHJK"); err != nil {
		t.Error(err)
	}
	made, err := NewFileCode()
	if err != nil || len(made) != FileCodeLen {
		t.Fatal(made, err)
	}
	file := sealedFile(t, made, "who they are")
	if bytes.Contains(file, []byte("who")) {
		t.Error("it can be read")
	}
	for _, typed := range []string{made, strings.ToLower(made), made[:4] + "-" + made[4:8] + " " + made[8:], strings.NewReplacer("0", "o", "1", "l").Replace(made)} {
		if got, err := unseal(file, typed); got != "who they are" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
	}
	other, _ := NewFileCode()
	if other == made {
		t.Error("the same code twice")
	}
	for _, wrong := range []string{other, "", "-", made[1:]} {
		if got, err := unseal(file, wrong); !errors.Is(err, ErrFileCode) || got != "" {
			t.Errorf("with %q: %q, %v", wrong, got, err)
		}
	}
}

// A changed bit anywhere, and a cut anywhere, is found; nothing panics.
func TestChangedFileForAnotherRoom(t *testing.T) {
	const text = "who they are"
	code := "0123456789ABCDEFGHJK"
	file := sealedFile(t, code, text)
	known := func(err error) bool {
		return errors.Is(err, ErrNotSealedFile) || errors.Is(err, ErrFileCode) || errors.Is(err, ErrFileDamaged)
	}
	for i := range file {
		changed := bytes.Clone(file)
		changed[i] ^= 1
		if got, err := unseal(changed, code); !known(err) || strings.Contains(got, text) {
			t.Errorf("byte %d: %q, %v", i, got, err)
		}
		if i%7 == 0 {
			if _, err := unseal(file[:i], code); !known(err) {
				t.Errorf("cut at %d: %v", i, err)
			}
		}
	}
}

func TestFileThatAsksForTooMuchWork(t *testing.T) {
	file := sealedFile(t, "0123456789ABCDEFGHJK", "x")
	for _, work := range []int{maxFileWork + 1, 22, 30, 64} {
		asks := bytes.Replace(file, fmt.Appendf(nil, " %d\n", testWork), fmt.Appendf(nil, " %d\n", work), 1)
		if bytes.Equal(asks, file) {
			t.Fatal("no work factor in the file")
		}
		if _, err := unseal(asks, "0123456789ABCDEFGHJK"); !errors.Is(err, ErrNotSealedFile) {
			t.Errorf("2^%d: %v", work, err)
		}
	}
}

// A backup is no such file, and a disk that fails says so.
func TestOtherFiles(t *testing.T) {
	_, _, s, _ := made(t)
	var b bytes.Buffer
	w, err := s.Encrypt(&b)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for name, file := range map[string][]byte{"backup": b.Bytes(), "empty": nil, "table": []byte("Name;Number\n")} {
		if _, err := unseal(file, "0123456789ABCDEFGHJK"); !errors.Is(err, ErrNotSealedFile) {
			t.Errorf("%s: %v", name, err)
		}
	}
	pulled := errors.New("pulled")
	file := sealedFile(t, "0123456789ABCDEFGHJK", strings.Repeat("x", 1<<17))
	for _, n := range []int{0, 50, 1 << 16, 1<<17 - 100} {
		r := io.MultiReader(bytes.NewReader(file[:n]), iotest.ErrReader(pulled))
		plain, err := DecryptFile(r, "0123456789ABCDEFGHJK")
		if err == nil {
			_, err = io.Copy(io.Discard, plain)
		}
		if !errors.Is(err, pulled) || errors.Is(err, ErrFileDamaged) {
			t.Errorf("after %d bytes: %v", n, err)
		}
	}
}
