package backup

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
	"testing/iotest"
	"testing/synctest"
)

// Whatever the pieces, what is written is what was given, and the hash is its. In a
// bubble, which ends only where no goroutine is left behind.
func TestHashed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		data := make([]byte, 3*hashBytes+17)
		rng := rand.NewChaCha8([32]byte{7})
		_, _ = rng.Read(data)
		want := sha256.Sum256(data)
		for name, write := range map[string]func(io.Writer) error{
			"at once": func(w io.Writer) error { _, err := w.Write(data); return err },
			"copied":  func(w io.Writer) error { _, err := io.Copy(w, iotest.HalfReader(bytes.NewReader(data))); return err },
			"in pieces": func(w io.Writer) error {
				for rest := data; len(rest) > 0; {
					n := min(len(rest), 1+int(rng.Uint64()%(hashBytes/3)))
					if _, err := w.Write(rest[:n]); err != nil {
						return err
					}
					rest = rest[n:]
				}
				return nil
			},
		} {
			var out bytes.Buffer
			sum, err := hashed(&out, write)
			if err != nil || !bytes.Equal(sum, want[:]) || !bytes.Equal(out.Bytes(), data) {
				t.Errorf("%s: %d bytes, %x, %v", name, out.Len(), sum, err)
			}
		}
	})
}

func TestHashedThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("broken")
		_, err := hashed(io.Discard, func(w io.Writer) error {
			_, err := io.Copy(w, io.MultiReader(bytes.NewReader(make([]byte, hashBytes+1)), iotest.ErrReader(broken)))
			return err
		})
		if !errors.Is(err, broken) {
			t.Errorf("of reading: %v", err)
		}
		if _, err = hashed(&failing{to: io.Discard, left: 1}, func(w io.Writer) error {
			_, err := w.Write(make([]byte, 3*hashBytes))
			return err
		}); !errors.Is(err, errStick) {
			t.Errorf("of writing: %v", err)
		}
		defer func() {
			if recover() == nil {
				t.Error("a panic was swallowed")
			}
		}()
		_, _ = hashed(io.Discard, func(w io.Writer) error {
			_, _ = w.Write([]byte("half"))
			panic("damage")
		})
	})
}
