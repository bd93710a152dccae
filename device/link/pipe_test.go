package link

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"
)

func TestPipeReturnsWhatThereIs(t *testing.T) {
	a, b := Pipe()
	if n, err := a.Write([]byte("abc")); n != 3 || err != nil {
		t.Fatalf("Write = %d, %v", n, err)
	}
	p := make([]byte, 2)
	if n, err := b.Read(p); n != 2 || err != nil || string(p) != "ab" {
		t.Fatalf("Read = %d, %v, %q", n, err, p)
	}
	if n, err := b.Read(p); n != 1 || err != nil || p[0] != 'c' {
		t.Fatalf("Read = %d, %v, %q", n, err, p)
	}
}

func TestPipeBothDirectionsAreIndependent(t *testing.T) {
	a, b := Pipe()
	mustWrite(t, a, "to b")
	mustWrite(t, b, "to a")
	if got := mustRead(t, a); got != "to a" {
		t.Errorf("a read %q", got)
	}
	if got := mustRead(t, b); got != "to b" {
		t.Errorf("b read %q", got)
	}
}

func TestPipeReadWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := Pipe()
		got := make(chan string)
		go func() { got <- mustRead(t, b) }()
		synctest.Wait() // the reader is durably blocked, or this would hang
		mustWrite(t, a, "late")
		if s := <-got; s != "late" {
			t.Errorf("read %q", s)
		}
	})
}

func TestPipeWriteBlocksWhenFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := Pipe()
		want := bytes.Repeat([]byte{7}, PipeCapacity+5)
		done := make(chan error, 1)
		go func() {
			_, err := a.Write(want)
			done <- err
		}()
		synctest.Wait()
		select {
		case err := <-done:
			t.Fatalf("write over the capacity returned %v without a reader", err)
		default:
		}
		got := make([]byte, len(want))
		if _, err := io.ReadFull(b, got); err != nil || !bytes.Equal(got, want) {
			t.Fatalf("read %v", err)
		}
		if err := <-done; err != nil {
			t.Fatalf("write = %v", err)
		}
	})
}

func TestPipeClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := Pipe()
		mustWrite(t, a, "last")
		full := make(chan error, 1)
		go func() {
			_, err := b.Write(make([]byte, PipeCapacity+1))
			full <- err
		}()
		waiting := make(chan error, 1)
		go func() {
			// a reads b's bytes until its own Close wakes it.
			_, err := io.Copy(io.Discard, a)
			waiting <- err
		}()
		synctest.Wait()
		for range 2 {
			if err := a.Close(); err != nil {
				t.Fatalf("Close = %v", err)
			}
		}
		if err := <-full; err != nil {
			t.Errorf("a write that was read before the close = %v", err)
		}
		if err := <-waiting; !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("a read that was waiting at its own close = %v", err)
		}
		if got := mustRead(t, b); got != "last" {
			t.Errorf("what was in flight = %q", got)
		}
		if _, err := b.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
			t.Errorf("read behind the other end's close = %v", err)
		}
		if _, err := b.Write([]byte{1}); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("write to a closed end = %v", err)
		}
		if _, err := a.Write([]byte{1}); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("write on a closed end = %v", err)
		}
	})
}

// Whatever sizes the writes and reads have, the same bytes come out in order.
func TestPipeKeepsOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOfN(rapid.Byte(), 0, 4096).Draw(t, "bytes")
		a, b := Pipe()
		rest := want
		var got []byte
		for len(rest) > 0 {
			n := rapid.IntRange(1, len(rest)).Draw(t, "write")
			if _, err := a.Write(rest[:n]); err != nil {
				t.Fatalf("write: %v", err)
			}
			rest = rest[n:]
			p := make([]byte, rapid.IntRange(1, n).Draw(t, "read"))
			m, err := b.Read(p)
			if err != nil || m == 0 {
				t.Fatalf("read: %d, %v", m, err)
			}
			got = append(got, p[:m]...)
		}
		if err := a.Close(); err != nil {
			t.Fatalf("close: %v", err)
		}
		tail, err := io.ReadAll(b)
		if err != nil {
			t.Fatalf("tail: %v", err)
		}
		if got = append(got, tail...); !bytes.Equal(got, want) {
			t.Fatalf("got %d bytes, want %d", len(got), len(want))
		}
	})
}

func mustWrite(t *testing.T, w io.Writer, s string) {
	t.Helper()
	if _, err := io.WriteString(w, s); err != nil {
		t.Errorf("write %q: %v", s, err)
	}
}

func mustRead(t *testing.T, r io.Reader) string {
	t.Helper()
	p := make([]byte, 64)
	n, err := r.Read(p)
	if err != nil {
		t.Errorf("read: %v", err)
	}
	return string(p[:n])
}
